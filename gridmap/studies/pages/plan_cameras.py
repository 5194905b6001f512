"""The page of camera plans: asked for a part of a district, chosen at once, shown on the map."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from gridmap.cameras.models import camera_models
from gridmap.cameras.optics import EDITION, levels
from gridmap.cameras.poses import SCREEN_ONLY
from gridmap.errors import InputError
from gridmap.plan.candidates import DEFAULT_MODEL, FACADE, POLE
from gridmap.plan.options import Question, chosen_cells
from gridmap.store import reads
from gridmap.store.scope import Scope
from gridmap.studies.camera_trial import Neighbourhood
from gridmap.studies.pages.camera_ground import (
    day_of,
    lonlat_of,
    open_whole,
    remember,
    version_of,
)
from gridmap.studies.pages.listing import Order, list_rows, plain_rows
from gridmap.studies.plan_cameras import Planned, cells_of, plan_for, tell_plan

MOST_COUNT = 60
"""Cameras that a page plans at most; more by the command."""
MOST_MOUNTS = 300
"""Mounts that a page chooses from; more by the command."""
PROOF_S = 5.0
"""Seconds [s] that a page spends on the proof."""
MOST_PIECES = 8_000
"""Points of ground that a page looks at."""
KINDS: Mapping[str, tuple[str, ...]] = {
    "both": (POLE, FACADE),
    "pole": (POLE,),
    "facade": (FACADE,),
}
CHANGES = ("add", "reaim", "remove")
_DIGITS, _SIMPLER_M = 7, 0.2


@dataclass(frozen=True)
class Asked:
    """What the address asks for; ``count`` is None as long as nothing is asked."""

    count: int | None = None
    area: str = ""
    level: str = "detect"
    model: str = DEFAULT_MODEL
    mounts: str = "both"
    price: float = 1.0
    max_facade: float | None = None
    no_homes: bool = False
    reaim: int = 0
    remove: bool = False


def read_asked(told: Mapping[str, str]) -> Asked:
    """Read what an address asks for.

    Raises
    ------
    InputError
        If a number is none or out of bounds, or a choice is not offered.

    Examples
    --------
    >>> read_asked({"count": "5", "reaim": "2"})
    Asked(count=5, area='', level='detect', model='4mp_2.8_1/2.7', mounts='both', price=1.0,
          max_facade=None, no_homes=False, reaim=2, remove=False)
    >>> read_asked({"count": "many"})
    Traceback (most recent call last):
    gridmap.errors.InputError: Expected a number from 0 to 60 as count; found 'many'.
    """
    plain = Asked()
    count = _number(told, "count", MOST_COUNT)
    most = _number(told, "max_facade", 1e6)
    price = _number(told, "price", 1e6)
    return Asked(
        count=None if count is None else int(count),
        area=told.get("area", ""),
        level=_choice(told, "level", plain.level, level_choices()),
        model=_choice(told, "model", plain.model, model_choices()),
        mounts=_choice(told, "mounts", plain.mounts, list(KINDS)),
        price=plain.price if price is None else price,
        max_facade=most,
        no_homes=told.get("no_homes") == "1",
        reaim=int(_number(told, "reaim", MOST_COUNT) or 0),
        remove=told.get("remove") == "1",
    )


def level_choices() -> list[str]:
    """Levels of picture quality to choose from."""
    return [name for name in levels(EDITION)["level"] if name != SCREEN_ONLY]


def model_choices() -> list[str]:
    """Kinds of cameras to choose from."""
    table = camera_models()
    return [name for name in table.index if table["kind"][name] in ("fixed", "fisheye")]


def _models() -> list[dict[str, Any]]:
    table = camera_models().reindex(model_choices()).reset_index()
    return plain_rows(table[["model", "label_en", "label_zh_Hans", "label_zh_Hant"]])


def _choice(told: Mapping[str, str], name: str, plain: str, known: list[str]) -> str:
    text = told.get(name) or plain
    if text not in known:
        raise InputError(f"Expected {name} among {', '.join(known)}; found '{text}'.")
    return text


def _number(told: Mapping[str, str], name: str, most: float) -> float | None:
    text = told.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= most:
        raise InputError(f"Expected a number from 0 to {most:g} as {name}; found '{text}'.")
    return value


def camera_plan_page(
    connection: Connection,
    scope: Scope,
    district_id: int,
    order: Order,
    told: Mapping[str, str],
) -> dict[str, Any]:
    """Answer a question about cameras to add, turn and remove; without one, offer the choices.

    Returns
    -------
    dict
        ``areas`` (communities), ``levels``, ``models``, ``asked``, ``error`` (empty if all is
        well) and ``found``: None, or status, certain_share, gap, before, after, changes (rows),
        cells (a Listing), shapes and places (features), bounds, findings, mounts, views.
    """
    areas = plain_rows(reads.read_communities(connection, district_id)[["code", "name"]])
    page: dict[str, Any] = {"areas": areas, "levels": level_choices(), "models": _models()}
    page |= {"asked": Asked(), "error": "", "found": None}
    try:
        page["asked"] = read_asked(told)
        if page["asked"].count is not None:
            planned, around = _planned(connection, scope, district_id, page["asked"])
            page["found"] = _found(planned, around, order)
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
    planned, around = _planned(connection, scope, district_id, asked)
    return {
        "type": "FeatureCollection",
        "plan": tell_plan(planned, around.district),
        "features": _places(planned, around),
    }


def _planned(
    connection: Connection, scope: Scope, district_id: int, asked: Asked
) -> tuple[Planned, Neighbourhood]:
    around = open_whole(connection, scope, district_id)
    key = ("plan", *version_of(connection, scope, district_id), asked)

    def make() -> Planned:
        cells = cells_of(around.district, [], [asked.area] if asked.area else [])
        chosen = chosen_cells(around.district, cells)
        public_m2 = float(around.ground.area_m2[chosen].sum())
        question = Question(
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
            time_limit_s=PROOF_S,
        )
        return plan_for(
            around.district,
            question,
            kinds=KINDS[asked.mounts],
            most_mounts=MOST_MOUNTS,
            on=day_of(connection, district_id),
            ground=around.ground,
        )

    planned: Planned = remember(key, make)
    return planned, around


def _found(planned: Planned, around: Neighbourhood, order: Order) -> dict[str, Any]:
    plan, crs = planned.plan, around.district.crs
    cells = pd.DataFrame(planned.cells.drop(columns="geometry"))
    shown = cells[cells["in_area"] | (cells["gained_m2"].abs() > 0.5)]
    asked_first = order if order.sort else Order("gained_m2", True, order.page)
    area = planned.cells[planned.cells["in_area"]]
    (whole,) = lonlat_of([shapely.box(*area.total_bounds)], crs)
    return {
        "status": planned.status,
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
