"""Plan cameras for a district: what ``gridmap plan cameras`` and the page of plans ask for."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd

from gridmap.cameras.ground import Ground
from gridmap.district import District
from gridmap.errors import InputError
from gridmap.io.files import replacing
from gridmap.io.results import read_table, synthetic_mark, write_geopackage, write_json, write_table
from gridmap.io.tables import read_csv
from gridmap.plan.candidates import FACADE, POLE
from gridmap.plan.greedy import choose_greedily
from gridmap.plan.options import Question
from gridmap.plan.proof import choose_exactly
from gridmap.progress import Progress, silent
from gridmap.studies.camera_plan import MOST_MOUNTS, Planned, begin_plan, finish_plan
from gridmap.studies.cover import cover, write_cover

_DECIMALS = 6


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
    begun = begin_plan(
        district,
        question,
        candidates=candidates,
        kinds=kinds,
        mount_height_m=mount_height_m,
        most_mounts=most_mounts,
        on=on,
        ground=ground,
        progress=progress,
    )
    progress("plan: choosing", 0, 0)
    choice = choose_greedily(begun.choices.problem)
    if question.time_limit_s > 0 and not choice.proved:
        progress("plan: proving", 0, 0)
        choice = choose_exactly(begun.choices.problem, choice, question.time_limit_s)
    progress("plan: measuring", 0, 0)
    return finish_plan(begun, choice)


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
