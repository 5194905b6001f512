"""The page of camera plans: asked for a part of a district, chosen at once, shown on the map."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from gridmap.cameras.models import camera_models
from gridmap.errors import InputError
from gridmap.plan.covering import Choice
from gridmap.plan.greedy import choose_greedily
from gridmap.plan.options import Question, chosen_cells
from gridmap.plan.proof import choice_of, choose_exactly, prove
from gridmap.store import reads
from gridmap.store.jobs import DONE, Job, find_job, read_job
from gridmap.store.scope import Scope
from gridmap.studies.camera_plan import Begun, Planned, begin_plan, finish_plan
from gridmap.studies.camera_trial import Neighbourhood
from gridmap.studies.jobs import Wanted, begin_job
from gridmap.studies.pages.camera_ground import (
    day_of,
    lonlat_of,
    open_whole,
    remember,
    version_of,
)
from gridmap.studies.pages.camera_question import (
    KINDS,
    Asked,
    level_choices,
    model_choices,
    read_asked,
)
from gridmap.studies.pages.listing import Order, list_rows, plain_rows
from gridmap.studies.plan_cameras import cells_of, tell_plan

MOST_MOUNTS = 300
"""Mounts that a page chooses from; more by the command."""
PROOF = "camera_proof"
"""Kind of the jobs that prove a plan."""
PROOF_S = 120.0
"""Seconds [s] that a proof may take beside the page."""
_SMALL, _SMALL_S = 20_000, 1.0
MOST_PIECES = 8_000
"""Points of ground that a page looks at."""
GREEDY = "0"
"""Number of the job that stands for the choice made in steps, before any proof."""
CHANGES = ("add", "reaim", "remove")
_DIGITS, _SIMPLER_M = 7, 0.2


def _models() -> list[dict[str, Any]]:
    table = camera_models().reindex(model_choices()).reset_index()
    return plain_rows(table[["model", "label_en", "label_zh_Hans", "label_zh_Hant"]])


def camera_plan_page(
    connection: Connection,
    scope: Scope,
    district_id: int,
    order: Order,
    told: Mapping[str, str],
) -> dict[str, Any]:
    """Answer a question about cameras to add, turn and remove; without one, offer the choices.

    The choice made in steps is answered at once; what is not proved then is proved beside, and
    the page tells of that job.

    Returns
    -------
    dict
        ``areas`` (communities), ``levels``, ``models``, ``asked``, ``error`` (empty if all is
        well), ``job`` (the proof, None where none is needed) and ``found``: None, or status,
        certain_share, gap, before, after, changes (rows), cells (a Listing), shapes and places
        (features), bounds, findings, mounts, views, job (number of the job that it is of, or 0).
    """
    areas = plain_rows(reads.read_communities(connection, district_id)[["code", "name"]])
    page: dict[str, Any] = {"areas": areas, "levels": level_choices(), "models": _models()}
    page |= {"asked": Asked(), "error": "", "found": None, "job": None}
    try:
        page["asked"] = read_asked(told)
        if page["asked"].count is not None:
            around = open_whole(connection, scope, district_id)
            desk = _Desk(connection, scope, district_id, page["asked"])
            page["job"] = _proof_of(desk, told)
            page["found"] = _found(*_planned(desk, page["job"]), around, order)
    except InputError as error:
        page["error"] = str(error)
    return page


def export_camera_plan(
    connection: Connection, scope: Scope, district_id: int, told: Mapping[str, str]
) -> dict[str, Any]:
    """Plan as GeoJSON in longitude and latitude, with its figures.

    Raises
    ------
    InputError
        If nothing is asked, or the question cannot be answered.
    """
    asked = read_asked(told)
    if asked.count is None:
        raise InputError("Nothing was asked: give count, the number of cameras to add.")
    desk = _Desk(connection, scope, district_id, asked)
    planned, _ = _planned(desk, None if told.get("job") == GREEDY else _known_proof(desk, told))
    around = open_whole(connection, scope, district_id)
    return {
        "type": "FeatureCollection",
        "plan": tell_plan(planned, around.district),
        "features": _places(planned, around),
    }


def prove_again(
    connection: Connection, scope: Scope, district_id: int, told: Mapping[str, str]
) -> int:
    """Begin the proof of a plan (again); returns the number of the job.

    Raises
    ------
    InputError
        If nothing is asked, the question cannot be answered, or too much is asked at once.
    """
    asked = read_asked(told)
    if asked.count is None:
        raise InputError("Nothing was asked: give count, the number of cameras to add.")
    return _begin_proof(_Desk(connection, scope, district_id, asked), told)


class _Desk(NamedTuple):
    """Who asks what, and where it is read."""

    connection: Connection
    scope: Scope
    district_id: int
    asked: Asked


def _question(told: Mapping[str, str]) -> dict[str, str]:
    """Arguments of the address that the choice depends on."""
    return {one.name: told[one.name] for one in fields(Asked) if told.get(one.name)}


def _known_proof(desk: _Desk, told: Mapping[str, str]) -> Job | None:
    """Proof of this very question, on the district as it is now."""
    version = reads.read_district(desk.connection, desk.district_id)["version"]
    return find_job(desk.connection, desk.district_id, PROOF, _question(told), version)


def _proof_of(desk: _Desk, told: Mapping[str, str]) -> Job | None:
    """Proof that is known or begun now; None where none is needed or begun."""
    known = _known_proof(desk, told)
    if known is not None or _begun(desk)[1].proved:
        return known
    try:
        number = _begin_proof(desk, told)
    except InputError:
        # Too many jobs at once: the plan is shown all the same, and may be proved later.
        return None
    return read_job(desk.connection, desk.district_id, number)


def _begin_proof(desk: _Desk, told: Mapping[str, str]) -> int:
    begun, greedy = _begun(desk)
    given = (begun.choices.problem, greedy, PROOF_S)
    wanted = Wanted(PROOF, _question(told), prove, lambda _: given)
    return begin_job(desk.connection.engine, desk.scope, desk.district_id, wanted)


def _key(desk: _Desk, what: str) -> tuple[Any, ...]:
    return (what, *version_of(desk.connection, desk.scope, desk.district_id), desk.asked)


def _begun(desk: _Desk) -> tuple[Begun, Choice]:
    """Gather what there is to choose from, and choose in steps; a small plan is proved at once."""
    around = open_whole(desk.connection, desk.scope, desk.district_id)

    def make() -> tuple[Begun, Choice]:
        begun = begin_plan(
            around.district,
            _asked_of(desk.asked, around),
            kinds=KINDS[desk.asked.mounts],
            most_mounts=MOST_MOUNTS,
            on=day_of(desk.connection, desk.district_id),
            ground=around.ground,
        )
        problem = begun.choices.problem
        choice = choose_greedily(problem)
        if not choice.proved and problem.seen.nnz <= _SMALL:
            choice = choose_exactly(problem, choice, _SMALL_S)
        return begun, choice

    begun: tuple[Begun, Choice] = remember(_key(desk, "plan begun"), make)
    return begun


def _planned(desk: _Desk, job: Job | None) -> tuple[Planned, int]:
    """Plan of the job where it is done, else of the choice made in steps; and the job's number."""
    begun, greedy = _begun(desk)
    number = job.id if job is not None and job.state == DONE else 0

    def make() -> Planned:
        told = job.answer if job is not None and number else None
        return finish_plan(begun, choice_of(told, begun.choices.problem) if told else greedy)

    planned: Planned = remember((*_key(desk, "plan"), number), make)
    return planned, number


def _asked_of(asked: Asked, around: Neighbourhood) -> Question:
    cells = cells_of(around.district, [], [asked.area] if asked.area else [])
    chosen = chosen_cells(around.district, cells)
    public_m2 = float(around.ground.area_m2[chosen].sum())
    return Question(
        count=int(asked.count or 0),
        level=asked.level,
        cells=cells,
        models=(asked.model,),
        price_m2_per_m=asked.price,
        max_facade_m=np.inf if asked.max_facade is None else asked.max_facade,
        no_homes_125=asked.no_homes,
        reaim=asked.reaim,
        remove=asked.remove,
        sample_m=max(1.0, float(np.sqrt(public_m2 / MOST_PIECES))),
    )


def _found(planned: Planned, job_id: int, around: Neighbourhood, order: Order) -> dict[str, Any]:
    plan, crs = planned.plan, around.district.crs
    cells = pd.DataFrame(planned.cells.drop(columns="geometry"))
    shown = cells[cells["in_area"] | (cells["gained_m2"].abs() > 0.5)]
    asked_first = order if order.sort else Order("gained_m2", True, order.page)
    area = planned.cells[planned.cells["in_area"]]
    (whole,) = lonlat_of([shapely.box(*area.total_bounds)], crs)
    return {
        "status": planned.status,
        "job": job_id,
        "certain_share": np.floor(1000 * plan.certain_share) / 1000,
        "gap": plan.choice.gap,
        "before": planned.before,
        "after": planned.after,
        "changes": _changes(planned, around),
        "cells": list_rows(shown, asked_first),
        "shapes": _shapes(planned, around),
        "places": _places(planned, around),
        "bounds": [float(one) for one in whole.bounds],
        "findings": planned.findings,
        "mounts": plan.mounts,
        "views": plan.options,
        "whole": bool(planned.cells["in_area"].all()),
    }


def _changes(planned: Planned, around: Neighbourhood) -> list[dict[str, Any]]:
    """Rows of all changes: those that stand first, then the new ones by what they add."""
    cells = around.district["cells"]
    tree = shapely.STRtree(np.asarray(cells.geometry, dtype=object))
    rows = []
    for change in ("remove", "reaim", "add"):
        for number, row in enumerate(plain_rows(_without_shape(getattr(planned.plan, change))), 1):
            point = getattr(planned.plan, change).geometry.iloc[number - 1]
            near = tree.nearest(point)
            rows.append(
                {
                    **{name: row.get(name) for name in _FACTS},
                    "change": change,
                    "number": number if change == "add" else None,
                    "cell_id": cells["cell_id"].iloc[near],
                    "name": cells["name"].iloc[near],
                }
            )
    return rows


_FACTS = (
    "camera_id", "heading_deg", "heading_before_deg", "mount", "model", "gain_m2", "view_m2",
    "facade_residential_m", "facade_125_m", "overlap_share",
)  # fmt: skip


def _without_shape(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(frame.drop(columns="geometry"))


def _shapes(planned: Planned, around: Neighbourhood) -> list[dict[str, Any]]:
    views = planned.plan.views
    drawn = lonlat_of(
        shapely.simplify(np.asarray(views.geometry, dtype=object), 0.2), around.district.crs
    )
    return [
        _feature(shape, {"change": change, "camera_id": name})
        for shape, change, name in zip(drawn, views["change"], views["camera_id"], strict=True)
        if not shape.is_empty
    ]


def _places(planned: Planned, around: Neighbourhood) -> list[dict[str, Any]]:
    features = []
    for change in CHANGES:
        frame = getattr(planned.plan, change)
        points = lonlat_of(frame.geometry, around.district.crs) if len(frame) else []
        for number, (point, row) in enumerate(
            zip(points, plain_rows(_without_shape(frame)), strict=True), 1
        ):
            facts = {name: row.get(name) for name in _FACTS}
            told = {**facts, "change": change, "number": number}
            features.append(_feature(point, told))
    return features


def _feature(shape: Any, facts: dict[str, Any]) -> dict[str, Any]:
    rounded = shapely.transform(shape, lambda places: np.round(places, _DIGITS))
    return {
        "type": "Feature",
        "geometry": shapely.geometry.mapping(rounded),
        "properties": facts,
    }
