"""What a report of a plan tells: the district before and after, read from folders of results."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd

from gridmap.errors import FileFormatError, InputError
from gridmap.io.results import read_json, read_result_layers, write_json
from gridmap.studies.cover import Cover, read_cover
from gridmap.studies.service_facts import ServiceFacts, facts_of_folder

PLAN_FILE = "plan.json"
"""What ``gridmap plan sites`` says of its answer."""
SCENARIO_FILE = "scenario.json"
"""What ``gridmap plan scenario`` says of the difference that it makes."""
_LAYERS = ("chosen", "closed", "unreachable", "served")
_TYPE_COLUMNS = (
    "type", "people", "norm_before_m", "norm_after_m", "sites_before", "sites_after",
    "served_before", "served_after", "gained", "lost",
)  # fmt: skip
_UNSERVED = ("unserved_before", "unserved_after")
_CELL_COLUMNS = ("type", "cell_id", "people", "served_before", "served_after")


@dataclass(frozen=True, eq=False)
class PlanFacts:
    """A plan of sites or a scenario beside what is.

    Attributes
    ----------
    district : str
        Its name.
    day : date or None
        Day it holds for.
    synthetic : tuple of str
        Layers that are made up.
    siting : mapping or None
        Contents of ``plan.json`` of a plan of sites; None of a scenario.
    cells : GeoDataFrame
        ``cell_id``, ``name``, polygons.
    types : DataFrame
        For each type that changes ``people``, ``norm_before_m``, ``norm_after_m``,
        ``sites_before``, ``sites_after``, ``served_before``, ``served_after``, and the people
        ``gained`` and ``lost``, cell by cell.
    changes : DataFrame
        For each type and cell ``people``, ``served_before``, ``served_after``, ``share_before``,
        ``share_after``, ``gained``.
    chosen, closed, unreachable : GeoDataFrame
        New sites, sites to close, people beyond all candidates; empty for a scenario.
    frontier : DataFrame
        ``sites``, ``people``, ``share``, ``bound``, ``gap``, ``proved``.
    """

    district: str
    day: date | None
    synthetic: tuple[str, ...]
    siting: Mapping[str, Any] | None
    cells: gpd.GeoDataFrame
    types: pd.DataFrame
    changes: pd.DataFrame
    chosen: gpd.GeoDataFrame
    closed: gpd.GeoDataFrame
    unreachable: gpd.GeoDataFrame
    frontier: pd.DataFrame


def read_plan(folder: Path, against: str | Path | None = None) -> PlanFacts:
    """Read a plan of sites, a scenario, or two results that are to be compared.

    Parameters
    ----------
    folder : path
        What ``gridmap plan sites`` or ``gridmap plan scenario`` wrote, or results of services.
    against : path, optional
        Results from before; default what the folder itself says of it.

    Raises
    ------
    FileFormatError
        If a file is missing or damaged.
    InputError
        If the two results have no cell in common.
    """
    if against is not None:
        return _between(against, folder)
    if (folder / PLAN_FILE).exists():
        return _of_siting(folder)
    return _of_scenario(folder)


def write_difference(types: pd.DataFrame, cells: pd.DataFrame, folder: Path) -> None:
    """Write what a scenario changes into its folder, for :func:`read_plan`."""
    told = [frame.astype(object).where(frame.notna(), None) for frame in (types, cells)]
    content = {
        name: one.to_dict("records") for name, one in zip(("types", "cells"), told, strict=True)
    }
    write_json(content, folder / SCENARIO_FILE)


def _of_siting(folder: Path) -> PlanFacts:
    told = read_json(folder / PLAN_FILE)
    layers = read_result_layers(folder / "plan.gpkg")
    missing = [name for name in _LAYERS if name not in layers]
    absent = [name for name in ("type", "before", "after", "question") if name not in told]
    if missing or absent:
        raise FileFormatError(
            f"'{folder}' is no whole plan: expected the layers {', '.join(_LAYERS)} in plan.gpkg "
            f"and the answer in {PLAN_FILE}; missing: {', '.join([*missing, *absent])}. Run "
            "gridmap plan sites again."
        )
    served = layers["served"]
    changes = pd.DataFrame(served.drop(columns="geometry")).assign(type=told["type"])
    before, after = told["before"], told["after"]
    norm = told["question"]["norm_m"]
    figures = (
        told["type"], before["people"], norm, norm, before["sites"], after["sites"],
        before["people_served"], after["people_served"], *_both_ways(served["gained"]),
    )  # fmt: skip
    on = told["question"].get("on")
    return PlanFacts(
        district=told["district"],
        day=date.fromisoformat(on) if on else None,
        synthetic=tuple(told.get("synthetic", ())),
        siting=told,
        cells=served[["cell_id", "name", "geometry"]],
        types=pd.DataFrame([dict(zip(_TYPE_COLUMNS, figures, strict=True))]),
        changes=changes,
        chosen=layers["chosen"],
        closed=layers["closed"],
        unreachable=layers["unreachable"],
        frontier=pd.DataFrame(told.get("frontier", [])),
    )


def _of_scenario(folder: Path) -> PlanFacts:
    told, after = read_json(folder / SCENARIO_FILE), read_cover(folder)
    types = pd.DataFrame(told["types"]).reindex(columns=list(_TYPE_COLUMNS))
    keys = ["type", "cell_id"]
    cells = pd.DataFrame(told["cells"]).reindex(columns=[*keys, *_UNSERVED])
    figures = facts_of_folder(after, folder).figures
    both = figures[figures["type"].isin(types["type"])].merge(cells, on=keys, how="left")
    gained = (both["unserved_before"] - both["unserved_after"]).astype(float).fillna(0.0)
    changes = both.assign(served_after=both["served"], served_before=both["served"] - gained)
    return _scenario(after, types, changes)


def _between(before: str | Path, after: str | Path) -> PlanFacts:
    covers = read_cover(before), read_cover(after)
    first, second = (
        facts_of_folder(cover, place) for cover, place in zip(covers, (before, after), strict=True)
    )
    keys = ["type", "cell_id"]
    figures = ["people", "served"]
    both = first.figures[[*keys, *figures]].merge(
        second.figures[[*keys, *figures]], on=keys, suffixes=("_before", "_after")
    )
    if both.empty:
        raise InputError(
            f"'{before}' and '{after}' have no type and cell in common, so they cannot be "
            "compared. Measure both with the same grid and the same norms."
        )
    changes = both.rename(columns={"people_after": "people"})
    return _scenario(covers[1], _types_between(first, second, changes), changes)


def _types_between(
    first: ServiceFacts, second: ServiceFacts, changes: pd.DataFrame
) -> pd.DataFrame:
    gained = changes["served_after"] - changes["served_before"]
    rows = []
    for kind in second.types.index.intersection(first.types.index):
        old, new = first.types.loc[kind], second.types.loc[kind]
        figures = (
            kind, new["people"], old["norm_m"], new["norm_m"], old["sites"], new["sites"],
            old["served"], new["served"], *_both_ways(gained[changes["type"] == kind]),
        )  # fmt: skip
        rows.append(dict(zip(_TYPE_COLUMNS, figures, strict=True)))
    table = pd.DataFrame(rows, columns=list(_TYPE_COLUMNS))
    pairs = (("norm_before_m", "norm_after_m"), ("sites_before", "sites_after"))
    changed = table[["gained", "lost"]].sum(axis=1) > 0
    for was, now in pairs:
        changed |= table[was] != table[now]
    return table[changed].reset_index(drop=True)


def _scenario(after: Cover, types: pd.DataFrame, changes: pd.DataFrame) -> PlanFacts:
    lived = changes["people"].where(changes["people"] > 0).astype(float)
    told = changes[list(_CELL_COLUMNS)].assign(
        gained=changes["served_after"] - changes["served_before"],
        share_before=(changes["served_before"] / lived).clip(0, 1),
        share_after=(changes["served_after"] / lived).clip(0, 1),
    )
    cells = after.cells[["cell_id", "name", "geometry"]]
    names = dict(zip(cells["cell_id"], cells["name"].fillna(cells["cell_id"]), strict=True))
    told = told[told["type"].isin(types["type"])]
    told = told.assign(name=[names.get(one, one) for one in told["cell_id"]])
    none = gpd.GeoDataFrame({"people": []}, geometry=[], crs=cells.crs)
    return PlanFacts(
        district=after.summary["district"],
        day=_day(after.at, after.summary["timezone"]),
        synthetic=after.synthetic,
        siting=None,
        cells=cells,
        types=types,
        changes=told.reset_index(drop=True),
        chosen=none,
        closed=none,
        unreachable=none,
        frontier=pd.DataFrame(),
    )


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def _both_ways(gained: pd.Series) -> tuple[float, float]:
    """People who gain and people who lose, cell by cell."""
    return float(gained.clip(lower=0).sum()), float((-gained).clip(lower=0).sum())
