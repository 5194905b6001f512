"""What a report of services tells, brought together from a folder of results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap import reference
from gridmap.errors import InputError
from gridmap.io.results import read_result_layers
from gridmap.schema import Finding
from gridmap.studies.cover import Cover
from gridmap.studies.service_results import SITES_FILE

SHARE = "walk_share"
_BESIDE = ("walk_mean_m", "walk_p90_m")
MEASURES = (SHARE, *_BESIDE)
"""Measures of a type that a report tells cell by cell."""
_OF_THE_DISTRICT = (
    "distance_p50_m", "distance_p90_m", "gini", "access_per_1000", "supply", "overloaded_sites",
    "people_over", "people_without_place", "floor_area_m2", "sites_floor_known",
    "sites_large_enough", "sites_planned", "served_share_planned", "sites_required", "ratio_met",
)  # fmt: skip
"""Figures of a type that are known of the whole district only."""
QUALITIES = ("good", "estimated", "poor")


@dataclass(frozen=True, eq=False)
class ServiceFacts:
    """Services of a district on a day, in the scope of whoever asks.

    Attributes
    ----------
    district : str
        Its name.
    day : date
        Day it holds for.
    whole : bool
        Whether it is about all of the district; figures of the whole are left out otherwise.
    synthetic : tuple of str
        Layers that are made up.
    cells : GeoDataFrame
        ``cell_id``, ``name``, ``community``, polygons in the metric CRS.
    types : DataFrame
        By type, the least served first and those without a site last: ``people``, ``served``,
        ``share``, ``unserved``, ``cells``, ``cells_short``, ``norm_m``, ``sites``, ``capacity``,
        ``floor_norm_m2``, ``people_per_site``, counts of cells by quality, ``rule``, ``source``,
        and the figures of the summary.
    figures : DataFrame
        ``type``, ``cell_id``, ``people``, ``served``, ``unserved``, ``share``, ``mean_m``,
        ``p90_m``, ``status``, ``quality``, ``reason``; most people not served first.
    sites : GeoDataFrame
        ``type``, ``kind`` of catchment, ``site_id``, ``site_name``, ``people``, ``walk_mean_m``,
        ``walk_p90_m``, ``capacity``, ``floor_area_m2``, ``floor_norm_m2``; geometry where known.
        A row without ``site_id`` holds the people with nobody.
    curves : DataFrame
        ``type``, ``curve``, ``x``, ``y``.
    gaps : GeoDataFrame
        Gaps of services by rank.
    ratios : mapping of str to tuple of str
        By type, text and status of a rule of a ratio that was judged.
    layers : mapping of str to GeoDataFrame
        Ground within reach, catchments, homes of people not served; empty where not asked for.
    findings : sequence of Finding
        What was doubtful.
    """

    district: str
    day: date
    whole: bool
    synthetic: tuple[str, ...]
    cells: gpd.GeoDataFrame
    types: pd.DataFrame
    figures: pd.DataFrame
    sites: gpd.GeoDataFrame
    curves: pd.DataFrame
    gaps: gpd.GeoDataFrame
    ratios: Mapping[str, tuple[str, str]]
    layers: Mapping[str, gpd.GeoDataFrame]
    findings: Sequence[Finding]

    @property
    def people(self) -> float | None:
        """People of the cells that the report is about; None where they are not known."""
        known = self.types["people"].max() if len(self.types) else np.nan
        return float(known) if known > 0 else None


def facts_of_folder(cover: Cover, folder: str | Path, only: str = "") -> ServiceFacts:
    """Bring together what a folder of results knows of services.

    Parameters
    ----------
    cover : Cover
        Read from the folder.
    folder : path
        Where the sites stand, where they were written.
    only : str
        A type; default all.

    Raises
    ------
    InputError
        If the folder holds no services, or not that type.

    Examples
    --------
    >>> from datetime import datetime
    >>> from gridmap.samples import toy_district
    >>> from gridmap.studies.cover import cover
    >>> told = cover(toy_district(), ["services"], at=datetime(2026, 3, 2, 12))
    >>> facts_of_folder(told, "", "pharmacy").types[["people", "served"]].values.tolist()
    [[500.0, 500.0]]
    """
    if "services" not in cover.summary:
        raise InputError(
            f"'{folder}' holds no services: expected the dimension 'services', found "
            f"{', '.join(sorted(set(cover.coverage['dimension']))) or 'nothing'}. Measure them "
            f"with: gridmap cover DISTRICT --dimension services -o {folder}"
        )
    whole = cover.cells[["cell_id", "name", "community_code", "geometry"]]
    lorenz = cover.lorenz.rename(columns={"people_share": "x", "value_share": "y"})
    made = gather_facts(
        cover.coverage,
        cover.summary["services"],
        whole.rename(columns={"community_code": "community"}),
        cover.site_loads,
        register=_sites_in(Path(folder), cover.cells.crs),
        only=only,
    )
    day = cover.at.astimezone(ZoneInfo(cover.summary["timezone"])).date()
    return ServiceFacts(
        district=cover.summary["district"],
        day=day,
        whole=True,
        synthetic=cover.synthetic,
        curves=_of(pd.concat([cover.service_curves, lorenz.assign(curve="lorenz.e2sfca")]), only),
        gaps=gaps_of(cover.gaps, only),
        ratios=judged_ratios(cover.standards),
        layers={
            "service_areas": _of(cover.service_areas, only),
            "catchments": _of(cover.catchments, only),
            "unserved": _of(cover.unserved, only),
        },
        findings=[one for one in cover.findings if one.rule != "dimension_left_out"],
        **made,
    )


def gather_facts(
    coverage: pd.DataFrame,
    summary: Mapping[str, Mapping[str, Any]],
    cells: gpd.GeoDataFrame,
    loads: pd.DataFrame,
    *,
    register: gpd.GeoDataFrame,
    only: str = "",
    whole: bool = True,
) -> dict[str, Any]:
    """Tables of a report from the rows of the coverage table.

    Parameters
    ----------
    coverage : DataFrame
        Coverage rows, of which those of services count.
    summary : mapping
        Figures of each type, as in ``summary.json``.
    cells, loads, register : DataFrame
        Cells, loads of sites, and the sites themselves.
    only : str
        A type; default all.
    whole : bool
        Whether the rows are about the whole district.

    Returns
    -------
    dict
        ``cells``, ``types``, ``figures`` and ``sites`` of :class:`ServiceFacts`.

    Raises
    ------
    InputError
        If there is no such type.
    """
    known = sorted(summary)
    if only and only not in summary:
        raise InputError(
            f"There is no type '{only}' in these results: expected one of {', '.join(known)}. "
            "Choose one of them, or leave the type out."
        )
    chosen = [only] if only else known
    figures = _figures(coverage, chosen)
    sites = _loaded_sites(_of(loads, only), register)
    return {
        "cells": cells.reset_index(drop=True),
        "types": _types(figures, summary, sites, chosen, whole=whole),
        "figures": figures,
        "sites": sites,
    }


def gaps_of(gaps: gpd.GeoDataFrame, only: str) -> gpd.GeoDataFrame:
    """Gaps of services by rank, of one type or all."""
    mine = gaps[gaps["dimension"] == "services"]
    kinds = mine["measure"].str.rpartition(".")[0]
    mine = mine.assign(type=kinds)
    return _of(mine, only).sort_values("rank").reset_index(drop=True)


def _of(frame: Any, only: str) -> Any:
    return frame[frame["type"] == only].reset_index(drop=True) if only else frame


def _figures(coverage: pd.DataFrame, chosen: Sequence[str]) -> pd.DataFrame:
    subject = coverage["measure"].str.partition(".")
    mine = subject[0].isin(chosen) & (coverage["dimension"] == "services")
    rows = coverage.assign(type=subject[0], figure=subject[2])[mine]
    found = rows[rows["figure"] == SHARE].set_index(["type", "cell_id"])
    people = found["weight"].astype(float)
    share = found["value"].astype(float)
    table = pd.DataFrame(
        {
            "people": people,
            "served": (people * share).where(people > 0, people),
            "share": share,
            **{name: found[name] for name in ("status", "quality", "reason", "rule", "source")},
        }
    )
    table.insert(2, "unserved", table["people"] - table["served"])
    for name in _BESIDE:
        beside = rows[rows["figure"] == name].set_index(["type", "cell_id"])["value"]
        table[name.removeprefix("walk_")] = beside.astype(float).reindex(table.index)
    order = table.assign(worst=-table["unserved"].fillna(0)).sort_values("worst", kind="stable")
    return order.drop(columns="worst").reset_index()


def _types(
    figures: pd.DataFrame,
    summary: Mapping[str, Mapping[str, Any]],
    sites: pd.DataFrame,
    chosen: Sequence[str],
    *,
    whole: bool,
) -> pd.DataFrame:
    by, lived = figures.groupby("type"), figures[figures["people"].ne(0)]
    near = sites[(sites["kind"] == "nearest") & sites["site_id"].notna()].groupby("type")
    table = pd.DataFrame(
        {
            "people": by["people"].sum(min_count=1),
            "served": by["served"].sum(min_count=1),
            "cells": figures[figures["people"] > 0].groupby("type").size(),
            "cells_short": figures[figures["unserved"] > 0].groupby("type").size(),
            "rule": by["rule"].first(),
            "source": by["source"].first(),
            "capacity": near["capacity"].sum(min_count=1),
            **{one: (lived["quality"] == one).groupby(lived["type"]).sum() for one in QUALITIES},
        },
        index=pd.Index(list(chosen), name="type"),
    )  # fmt: skip
    for name in ("norm_m", "sites", *(_OF_THE_DISTRICT if whole else ())):
        table[name] = pd.Series({kind: summary[kind].get(name) for kind in chosen}, dtype=object)
    for name in () if whole else _OF_THE_DISTRICT:
        table[name] = None
    for name in ("cells", "cells_short", "sites", *QUALITIES):
        table[name] = table[name].fillna(0).astype("int64")
    table["share"] = (table["served"] / table["people"].where(table["people"] > 0)).clip(0, 1)
    table["unserved"] = table["people"] - table["served"]
    norms = reference.norms().drop_duplicates("type").set_index("type")
    floor = norms["floor_area_min_m2"].reindex(table.index).astype(float)
    table["floor_norm_m2"] = floor.where(_explains_floor(table, sites, floor))
    order = table.assign(none=table["sites"] == 0).sort_values(["none", "share"], kind="stable")
    return order.drop(columns="none")


def _explains_floor(table: pd.DataFrame, sites: pd.DataFrame, floor: pd.Series) -> pd.Series:
    """Whether the floor norm that ships is the one by which the sites were counted."""
    near = sites[(sites["kind"] == "nearest") & sites["site_id"].notna()]
    large = near["floor_area_m2"] >= near["type"].map(floor)
    counted = large.groupby(near["type"]).sum().reindex(table.index).fillna(0)
    told = pd.to_numeric(table["sites_large_enough"], errors="coerce")
    return told.isna() | (told == counted)


def _loaded_sites(loads: pd.DataFrame, register: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    places = register.drop_duplicates("site_id").set_index("site_id")
    table = loads.reset_index(drop=True).copy()
    places = places.reindex(table["site_id"])
    table["floor_area_m2"] = places["floor_area_m2"].astype(float).to_numpy()
    shapes = np.asarray(places.geometry, dtype=object)
    return gpd.GeoDataFrame(table, geometry=list(shapes), crs=register.crs)


def _sites_in(folder: Path, crs: Any) -> gpd.GeoDataFrame:
    """Sites of a folder; none from one that was written without them."""
    path = folder / SITES_FILE
    if path.exists():
        return read_result_layers(path)["sites"]
    none = pd.DataFrame({"site_id": pd.Series(dtype="str"), "floor_area_m2": []}, dtype=object)
    return gpd.GeoDataFrame(none, geometry=[], crs=crs)


def judged_ratios(standards: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Find the rules of ratios that were judged: id and worst status by type."""
    from gridmap.standards import shipped_rules

    found: dict[str, tuple[str, str]] = {}
    for rule in shipped_rules():
        units = standards[standards["rule"] == rule.id] if len(standards) else standards
        if rule.kind == "ratio" and rule.row["fact"].startswith("sites.") and len(units):
            status = next(
                (one for one in ("missed", "partly", "unknown") if (units["status"] == one).any()),
                "met",
            )
            found[rule.row["fact"].removeprefix("sites.")] = (rule.id, status)
    return found
