"""Plan cameras for a district: what ``gridmap plan cameras`` and the page of plans ask for."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.cameras.ground import Ground, prepare_ground
from gridmap.cameras.seen import measure_seen
from gridmap.crs import project
from gridmap.datums import Datum
from gridmap.district import District
from gridmap.errors import InputError
from gridmap.io.files import replacing
from gridmap.io.results import read_table, synthetic_mark, write_geopackage, write_json, write_table
from gridmap.io.tables import read_csv
from gridmap.io.uploads import place_upload, read_upload
from gridmap.plan.cameras import CameraPlan, plan_cameras
from gridmap.plan.candidates import FACADE, POLE, generate_mounts
from gridmap.plan.listed import listed_mounts
from gridmap.plan.options import Question, area_of, chosen_cells
from gridmap.plan.views import draw_options
from gridmap.progress import Progress, silent
from gridmap.schema import Finding
from gridmap.studies.cover import cover, write_cover
from gridmap.units import MIN_PUBLIC_M2

MOST_MOUNTS = 1_000
"""Mounts that are generated at most, unless told otherwise."""
_LEVEL = "plan"
_DECIMALS = 6


@dataclass(frozen=True, eq=False)
class Planned:
    """A plan of cameras, measured before and after.

    Attributes
    ----------
    plan : CameraPlan
        The plan.
    question : Question
        What was asked.
    cells : GeoDataFrame
        cell_id, name, in_area, public_m2, seen_before_m2, seen_after_m2, gained_m2,
        share_before, share_after (empty under 100 m² of public ground), geometry.
    before, after : dict
        cameras, seen_m2, share, twice_m2 in the area; facade_residential_m and facade_125_m of all
        cameras, homes_125 (cameras that see homes at 125 px/m or more).
    findings : list of Finding
        What was left out.
    """

    plan: CameraPlan
    question: Question
    cells: gpd.GeoDataFrame
    before: dict[str, float]
    after: dict[str, float]
    findings: list[Finding]

    @property
    def status(self) -> str:
        """Say how the plan stands: ``optimal`` (proved), ``time_limit`` or ``greedy``."""
        if self.plan.choice.proved:
            return "optimal"
        return "time_limit" if self.plan.choice.stopped else "greedy"


def plan_for(
    district: District,
    question: Question,
    *,
    candidates: gpd.GeoDataFrame | None = None,
    kinds: tuple[str, ...] = (POLE, FACADE),
    mount_height_m: float | None = None,
    most_mounts: int = MOST_MOUNTS,
    on: date | None = None,
    ground: Ground | None = None,
    progress: Progress = silent,
) -> Planned:
    """Plan cameras, and measure what the plan changes.

    Parameters
    ----------
    district : District
        With cells; roads, buildings, landuse and cameras where it has them.
    question : Question
        What is wanted.
    candidates : GeoDataFrame, optional
        Points to choose from; default: poles along streets and façades.
    kinds : tuple of str
        ``pole``, ``facade`` or both, where candidates are generated.
    mount_height_m : float, optional
        Height of generated mounts [m]; default unknown, so every building blocks.
    most_mounts : int
        Mounts generated at most.
    on : date, optional
        Day on which cameras that stand count; default: any day.
    ground : Ground, optional
        From :func:`gridmap.cameras.ground.prepare_ground`.
    progress : Progress
        Told of each stage.

    Returns
    -------
    Planned

    Raises
    ------
    InputError
        See :func:`gridmap.plan.cameras.plan_cameras`.

    Notes
    -----
    Figures before and after are measured exactly, by the engine that measures coverage, and not
    on the points that the choice was made with.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> found = plan_for(toy_district(), Question(2, sample_m=4.0))
    >>> found.status, found.before["cameras"], found.after["cameras"]
    ('optimal', 2, 4)
    """
    area = area_of(district, question.cells)
    progress("plan: ground", 0, 0)
    ground = prepare_ground(district) if ground is None else ground
    if candidates is None:
        mounts = generate_mounts(
            district["roads"],
            ground,
            area,
            kinds=kinds,
            mount_height_m=mount_height_m,
            most=most_mounts,
        )
    else:
        mounts = listed_mounts(project(candidates, district.crs, "candidates"), ground, area)
    plan = plan_cameras(district, mounts.table, question, ground, on=on, progress=progress)
    progress("plan: measuring", 0, 0)
    plan = dataclasses.replace(plan, findings=mounts.findings + plan.findings)
    return _measured(district, plan, question, ground, on)


def _measured(
    district: District,
    plan: CameraPlan,
    question: Question,
    ground: Ground,
    on: date | None,
) -> Planned:
    chosen = chosen_cells(district, question.cells)
    standing = district["cameras"]
    standing = standing[~standing["proposed"].fillna(False).astype(bool)]
    told = [
        _seen(cameras, question, ground, on)
        for cameras in (standing.reset_index(drop=True), plan.after)
    ]
    cells = district["cells"]
    table = gpd.GeoDataFrame(
        {
            "cell_id": cells["cell_id"],
            "name": cells["name"],
            "in_area": np.isin(np.arange(len(cells)), chosen),
            "public_m2": ground.area_m2,
            "seen_before_m2": told[0][0],
            "seen_after_m2": told[1][0],
            "gained_m2": told[1][0] - told[0][0],
        },
        geometry=cells.geometry,
        crs=district.crs,
    )
    enough = ground.area_m2 >= MIN_PUBLIC_M2
    for when in ("before", "after"):
        share = table[f"seen_{when}_m2"].div(table["public_m2"]).where(enough)
        table.insert(table.columns.get_loc("geometry"), f"share_{when}", share.clip(0, 1))
    public = float(ground.area_m2[chosen].sum())
    before, after = (_totals(*one, chosen, public) for one in told)
    return Planned(plan, question, table, before, after, plan.findings)


def _seen(
    cameras: Any, question: Question, ground: Ground, on: date | None
) -> tuple[Any, Any, gpd.GeoDataFrame]:
    views = draw_options(cameras, ground, question.level, question.edition, on=on)
    seen = measure_seen(views.assign(level=_LEVEL), [_LEVEL], ground.public)
    return seen.any_m2, seen.twice_m2, views


def _totals(
    seen_m2: Any, twice_m2: Any, views: gpd.GeoDataFrame, chosen: Any, public: float
) -> dict[str, float]:
    return {
        "cameras": len(views),
        "public_m2": public,
        "seen_m2": float(seen_m2[chosen].sum()),
        "share": float(seen_m2[chosen].sum()) / public,
        "twice_m2": float(twice_m2[chosen].sum()),
        "facade_residential_m": float(views["facade_residential_m"].sum()),
        "facade_125_m": float(views["facade_125_m"].sum()),
        "homes_125": int((views["facade_125_m"] > 0).sum()),
    }


def read_candidates(
    file: str | Path, *, crs: str | None = None, datum: Datum | None = None
) -> gpd.GeoDataFrame:
    """Read a list of candidates: GeoPackage, GeoJSON, CSV, XLSX with coordinates, ….

    Raises
    ------
    CRSError, FileFormatError, InputError
        If the file cannot be read, or does not say where its points lie.
    """
    rows = read_upload(file, "cameras")
    return place_upload(rows, "cameras", crs, datum)


def read_weights(file: str | Path) -> dict[str, float]:
    """Read weights of cells from a CSV with cell_id and weight.

    Raises
    ------
    InputError
        If a column is missing or a weight is no number.
    """
    rows = read_csv(Path(file))
    if not {"cell_id", "weight"} <= set(rows):
        raise InputError(
            f"{Path(file).name} expects the columns cell_id and weight; found "
            f"{', '.join(map(str, rows.columns))}."
        )
    weight = pd.to_numeric(rows["weight"], errors="coerce")
    if weight.isna().any():
        bad = rows["cell_id"][weight.isna()].astype(str).tolist()
        raise InputError(f"{Path(file).name}: no number as weight of {', '.join(bad[:5])}.")
    return dict(zip(rows["cell_id"].astype(str), weight.astype(float), strict=True))


def weigh_patrol(folder: str | Path) -> dict[str, float]:
    """Weights of cells from a result of ``gridmap cover``: 1 where patrol met all, up to 2.

    Notes
    -----
    1 + (1 − share of due windows met); unknown weighs 1.

    Raises
    ------
    InputError
        If the result has no patrol.
    """
    table = read_table(Path(folder) / "coverage.parquet")
    rows = table[(table["measure"] == "patrol.met_share") & (table["status"] != "unknown")]
    if rows.empty:
        raise InputError(
            f"'{folder}' has no figures of patrol. Make it with: gridmap cover DISTRICT "
            "--dimension patrol -o FOLDER"
        )
    weight = 2.0 - rows["value"].astype(float).clip(0, 1)
    return dict(zip(rows["cell_id"].astype(str), weight, strict=True))


def cells_of(
    district: District, cells: Sequence[str], communities: Sequence[str]
) -> tuple[str, ...]:
    """Cells that are named, or belong to communities that are, by code or name.

    Raises
    ------
    InputError
        If a community is not known or has no cells.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> cells_of(toy_district(), ["sw"], ["East"])
    ('sw', 'ne', 'se')
    """
    named = district.communities.set_index("name")["code"].to_dict()
    layer = district["cells"]
    chosen = list(cells)
    for one in communities:
        mine = layer["cell_id"][layer["community_code"] == named.get(one, one)]
        if mine.empty:
            raise InputError(
                f"No cells belong to a community '{one}'. Use the code or name of one of: "
                f"{', '.join(map(str, district.communities['name'].head(8)))}."
            )
        chosen += mine.tolist()
    return tuple(dict.fromkeys(chosen))


def tell_plan(planned: Planned, district: District) -> dict[str, Any]:
    """Contents of ``plan.json``."""
    plan, question = planned.plan, planned.question
    asked = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in dataclasses.asdict(
            dataclasses.replace(
                question,
                cell_weight=dict(question.cell_weight),
                class_weight=dict(question.class_weight),
            )
        ).items()
    }
    return {
        "district": district.name,
        "crs": district.crs.to_string(),
        "status": planned.status,
        "method": plan.choice.method,
        "objective_m2": plan.choice.value,
        "base_m2": plan.base_value,
        "bound_m2": plan.choice.bound,
        "gap": plan.choice.gap,
        "certain_share": plan.certain_share,
        "added": len(plan.add),
        "reaimed": len(plan.reaim),
        "removed": len(plan.remove),
        "before": planned.before,
        "after": planned.after,
        "mounts": plan.mounts,
        "views": plan.options,
        "pieces": plan.pieces,
        "question": asked,
        "findings": [dataclasses.asdict(one) for one in planned.findings],
        "synthetic": list(district.synthetic_layers),
        "note": "upper bound: trees and walls are not in the data; objective, base and bound in "
        "weighted square metres of sampled ground, before and after measured exactly",
    }


def write_plan(
    planned: Planned,
    district: District,
    folder: str | Path,
    *,
    on: date | None = None,
    covers: bool = True,
    progress: Progress = silent,
) -> None:
    """Write a plan into a folder, all of it or nothing.

    Parameters
    ----------
    planned : Planned
        From :func:`plan_for`.
    district : District
        What was planned for.
    folder : path
        Where; a folder that gridmap did not write is never replaced.
    on : date, optional
        Day of the covers; default today.
    covers : bool
        Whether to write the coverage before and after, for ``gridmap compare``, with maps.
    progress : Progress
        Told of each stage.

    Raises
    ------
    InputError
        If the place is taken by something else.
    """
    mark = synthetic_mark(district.synthetic_layers)
    plan = planned.plan
    with replacing(folder) as part:
        part.mkdir()
        write_json(tell_plan(planned, district), part / "plan.json")
        layers = {"add": plan.add, "reaim": plan.reaim, "remove": plan.remove}
        write_geopackage(layers, part / "cameras.gpkg", mark)
        write_geopackage({"views": plan.views}, part / "views.gpkg", mark)
        write_geopackage({"cells": planned.cells}, part / "cells.gpkg", mark)
        table = pd.DataFrame(planned.cells.drop(columns="geometry"))
        write_table(table.round(_DECIMALS), part / "cells.csv")
        if covers:
            _write_covers(planned, district, part, on, progress)


def _write_covers(
    planned: Planned, district: District, part: Path, on: date | None, progress: Progress
) -> None:
    at = None
    if on is not None:
        at = datetime.combine(on, time(12), ZoneInfo(district.timezone))
    states: Mapping[str, District] = {
        "before": district,
        "after": district.with_layers(cameras=planned.plan.after),
    }
    for name, state in states.items():
        if "cameras" not in state:
            continue
        progress(f"plan: coverage {name}", 0, 0)
        write_cover(cover(state, ["cameras"], at=at), state, part / name)
