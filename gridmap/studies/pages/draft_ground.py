"""The ground of a draft: opened once and kept, drawn for the map, told for the table."""

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from gridmap.crs import WGS84, project
from gridmap.errors import InputError, StaleEditionError
from gridmap.grid.draft import Draft
from gridmap.grid.faces import Place, draw_face
from gridmap.store import drafts as store
from gridmap.store import reads

MOST_SHOWN = 400
"""Cells sent to a page at once; of a larger community only those in view."""
MOST_METRES = 500.0
"""Farthest a border is shifted at once [m]."""
_DIGITS = 8
_KEPT = 6
_open: OrderedDict[tuple[Any, ...], Draft] = OrderedDict()
_lock = threading.Lock()


def open_draft(connection: Connection, kept: store.StoredDraft, community: str) -> Draft:
    """Open the cells of one community as a draft has them.

    Notes
    -----
    Borders of communities are fixed, so operations in one never reach another: one community is
    read and its operations are done again. The last few are kept between requests, under the
    version of the district; whoever asks has read the draft in a scope of their own before.

    Raises
    ------
    StaleEditionError
        If the operations do not fit the cells: the grid has moved on.
    """
    wanted = [one for one in kept.operations if one["community"] == community]
    with _lock:
        draft = _open.pop(_key(connection, kept, community), None)
    if draft is None:
        draft = Draft(*store.read_ground(connection, kept.district_id, community))
    shared = 0
    for one, other in zip(draft.operations, wanted, strict=False):
        if one != other:
            break
        shared += 1
    while len(draft.operations) > shared:
        draft.undo()
    if draft.replay(wanted[shared:]) < len(wanted) - shared:
        raise StaleEditionError(
            f"The edits of draft '{kept.title}' do not fit the cells of community {community} any "
            "more: the grid has changed. Nothing was changed; replay the draft on the new grid."
        )
    return draft


def keep_open(
    connection: Connection, kept: store.StoredDraft, community: str, draft: Draft
) -> None:
    """Keep a draft that is open for the next request about it."""
    with _lock:
        _open[_key(connection, kept, community)] = draft
        while len(_open) > _KEPT:
            _open.popitem(last=False)


def metric_operation(draft: Draft, told: Any, community: str) -> dict[str, Any]:
    """Operation in metres from one in longitude and latitude [°].

    Raises
    ------
    InputError
        If a place is none, or what is asked for does not exist.
    """
    if not isinstance(told, dict):
        raise InputError("Expected an operation as an object with 'op'; found something else.")
    kind = told.get("op")
    if kind == "between":
        told = _shift_between(draft, told)
    elif kind == "halve":
        told = _halve(draft, told)
    else:
        told = {name: _metric(draft, name, value) for name, value in told.items()}
    return {**told, "community": community}


def draw_draft(
    draft: Draft,
    kept: store.StoredDraft,
    community: str,
    window: Sequence[float] | None = None,
) -> dict[str, Any]:
    """Cells, borders and corners as plain values in longitude and latitude [°].

    Returns
    -------
    dict
        ``revision``, ``community``, ``undo`` and ``redo`` (how many), ``cells`` and ``before``
        (features), ``borders`` (``cells``, ``line``), ``corners`` (``at``, ``kind`` ``free``,
        ``slide`` or ``locked``), ``problems``, ``balance``, ``changed``.
    """
    shown = _in_view(draft, window)
    changed = draft.changed()
    return {
        "revision": kept.revision,
        "community": community,
        "undo": len(kept.operations),
        "redo": len(kept.undone),
        "cells": _cells(draft, shown, set(changed)),
        "before": _features(_base_outlines(draft, changed)),
        **_borders(draft, shown),
        "problems": [one._asdict() for one in draft.problems()],
        "balance": _plain(draft.balance()),
        "changed": changed,
    }


def tell_cells(draft: Draft) -> dict[str, Any]:
    """Rows for the table beside the map, those out of band first; and pairs of neighbours."""
    changed = set(draft.changed())
    names = cell_names(draft)
    figures = draft.figures()
    rows = [
        {"cell_id": cell, "name": names.get(cell) or cell, "changed": cell in changed,
         **one._asdict()}
        for cell, one in figures.items()
    ]  # fmt: skip
    rows.sort(key=lambda row: (row["band"] in ("in", "dedicated"), row["name"]))
    pairs = sorted({tuple(sorted(arc.cells)) for arc in draft.tiling.arcs()})
    outline = gpd.GeoSeries(list(draft.tiling.shapes.values()), crs=draft.base.crs)
    return {
        "cells": rows[:MOST_SHOWN],
        "cell_count": len(rows),
        "borders": pairs[:MOST_SHOWN],
        "bounds": [float(n) for n in project(outline, WGS84).total_bounds],
        "windowed": len(rows) > MOST_SHOWN,
        "balance": _plain(draft.balance()),
        "problems": [one._asdict() for one in draft.problems()],
        "basis": draft.homes.basis,
        "band": draft.band,
    }


def outline_difference(drafts: Iterable[Draft]) -> dict[str, Any]:
    """Outlines before and after of the cells that differ, and the bounds [°] around them."""
    old, new = [], []
    for draft in drafts:
        changed = draft.changed()
        old += _features(_base_outlines(draft, changed))["features"]
        now = {c: _drawn(draft, c) for c in changed if c in draft.tiling.cells}
        new += _features(_degrees(draft, now))["features"]
    shapes = [shapely.geometry.shape(one["geometry"]) for one in (*old, *new)]
    bounds = [float(n) for n in shapely.total_bounds(shapes)] if shapes else None
    return {
        "outlines": {
            "before": {"type": "FeatureCollection", "features": old},
            "after": {"type": "FeatureCollection", "features": new},
        },
        "bounds": bounds,
    }


def cell_names(draft: Draft) -> dict[str, str]:
    """Names of the cells that have one, by id."""
    known = draft.base.dropna(subset="name")
    return dict(zip(known["cell_id"], known["name"], strict=True))


def _key(connection: Connection, kept: store.StoredDraft, community: str) -> tuple[Any, ...]:
    version = reads.read_district(connection, kept.district_id)["version"]
    return (str(connection.engine.url), kept.district_id, version, kept.id, community)


def _metric(draft: Draft, name: str, value: Any) -> Any:
    if name in {"at", "to"}:
        return _to_metres(draft, [value])[0]
    return _to_metres(draft, value) if name == "line" else value


def _to_metres(draft: Draft, places: Any) -> list[list[float]]:
    good = isinstance(places, list) and len(places) <= 1000 and all(map(_is_lonlat, places))
    if not good:
        raise InputError(
            "Expected places as longitude and latitude in degrees, two finite numbers each; found "
            f"{str(places)[:60]}. Nothing was changed."
        )
    points = gpd.GeoSeries(shapely.points(places), crs=WGS84)
    found: list[list[float]] = shapely.get_coordinates(
        project(points, draft.base.crs).to_numpy()
    ).tolist()
    return found


def _is_lonlat(place: Any) -> bool:
    if not isinstance(place, list) or len(place) != 2:
        return False
    if not all(isinstance(n, int | float) and not isinstance(n, bool) for n in place):
        return False
    return abs(place[0]) <= 180 and abs(place[1]) <= 90


def _shift_between(draft: Draft, told: dict[str, Any]) -> dict[str, Any]:
    """Shift of the longest border between two cells towards the second."""
    cells, metres = told.get("cells"), told.get("metres")
    if not isinstance(metres, int | float) or not 0 < abs(metres) <= MOST_METRES:
        raise InputError(
            f"A border is shifted by up to {MOST_METRES:.0f} m, not 0; found {str(metres)[:20]}."
        )
    pair = {str(one) for one in cells} if isinstance(cells, list) else set()
    arcs = [
        arc for arc in draft.tiling.arcs(pair & set(draft.tiling.cells)) if set(arc.cells) == pair
    ]
    if not arcs or not isinstance(cells, list):
        raise InputError(
            f"Cells {', '.join(sorted(pair))[:80]} share no border that could be shifted. Choose "
            "two neighbours of one community."
        )
    lines = [np.array([draft.tiling.xy[v] for v in arc.vertices]) for arc in arcs]
    length = [float(np.hypot(*np.diff(line, axis=0).T).sum()) for line in lines]
    line, arc = lines[int(np.argmax(length))], arcs[int(np.argmax(length))]
    chord = line[-1] - line[0]
    if not np.hypot(*chord) > 0:
        raise InputError("A border all round a cell has no side to shift to; move its corners.")
    left = np.array([-chord[1], chord[0]]) / np.hypot(*chord)
    towards = left if arc.cells[0] == cells[1] else -left
    middle = len(line) // 2
    at = (line[middle - 1] + line[middle]) / 2
    return {"op": "shift", "at": at.tolist(), "by": (towards * metres).tolist()}


def _halve(draft: Draft, told: dict[str, Any]) -> dict[str, Any]:
    """Split of a cell by a straight line through the middle of its households."""
    cell = told.get("cell")
    if not isinstance(cell, str) or cell not in draft.tiling.shapes:
        raise InputError(f"Unknown cell: {str(cell)[:40]}. Choose a cell of the draft.")
    shape = draft.tiling.shapes[cell]
    x, y = draft.homes.middle(cell) or shape.centroid.coords[0]
    west, south, east, north = shape.buffer(10.0).bounds
    upright = [[x, south], [x, north]]
    return {
        "op": "split",
        "cell": cell,
        "line": upright if told.get("along") == "ns" else [[west, y], [east, y]],
    }


def _in_view(draft: Draft, window: Sequence[float] | None) -> list[str]:
    if window is None or len(draft.tiling.cells) <= MOST_SHOWN:
        return sorted(draft.tiling.cells)[:MOST_SHOWN]
    west, south, east, north = window
    box = gpd.GeoSeries([shapely.box(west, south, east, north)], crs=WGS84)
    west, south, east, north = (float(n) for n in project(box, draft.base.crs).total_bounds)
    return draft.tiling.cells_near((west, south, east, north))[:MOST_SHOWN]


def _cells(draft: Draft, shown: list[str], changed: set[str]) -> dict[str, Any]:
    found = _features(_degrees(draft, {cell: _drawn(draft, cell) for cell in shown}))
    names, figures = cell_names(draft), draft.figures(shown)
    for feature in found["features"]:
        cell = feature["properties"]["cell_id"]
        feature["properties"] |= {
            "name": names.get(cell) or cell,
            "changed": cell in changed,
            **figures[cell]._asdict(),
        }
    return found


def _borders(draft: Draft, shown: list[str]) -> dict[str, Any]:
    tiling = draft.tiling
    arcs = tiling.arcs(shown)
    used = sorted({v for arc in arcs for v in arc.vertices})
    places = _lonlat(draft, [tiling.xy[v] for v in used])
    at = dict(zip(used, places, strict=True))
    ends = sorted({v for arc in arcs for v in (arc.vertices[0], arc.vertices[-1])})
    ending = pd.Series([v for arc in arcs for v in (arc.vertices[0], arc.vertices[-1])])
    count = ending.value_counts()
    return {
        "borders": [
            {"cells": list(arc.cells), "line": [at[v] for v in arc.vertices]} for arc in arcs
        ],
        "corners": [{"at": at[v], "kind": _kind(draft, v, int(count[v]))} for v in ends],
    }


def _kind(draft: Draft, vertex: int, arcs: int) -> str:
    if not draft.tiling.is_on_fixed(vertex):
        return "free"
    return "slide" if arcs == 1 else "locked"


def _base_outlines(draft: Draft, changed: Iterable[str]) -> dict[str, Any]:
    wanted = draft.base[draft.base["cell_id"].isin(set(changed))]
    return _degrees(draft, dict(zip(wanted["cell_id"], wanted.geometry, strict=True)))


def _drawn(draft: Draft, cell: str) -> Any:
    return draw_face(draft.tiling.cells[cell], draft.tiling.xy)


def _degrees(draft: Draft, shapes: dict[str, Any]) -> dict[str, Any]:
    series = project(gpd.GeoSeries(list(shapes.values()), crs=draft.base.crs), WGS84)
    return dict(zip(shapes, series, strict=True))


def _lonlat(draft: Draft, places: list[Place]) -> list[list[float]]:
    points = gpd.GeoSeries(shapely.points(places) if places else [], crs=draft.base.crs)
    found = shapely.get_coordinates(project(points, WGS84).to_numpy())
    rounded: list[list[float]] = np.round(found, _DIGITS).tolist()
    return rounded


def _features(shapes: dict[str, Any]) -> dict[str, Any]:
    features = [
        {
            "type": "Feature",
            "properties": {"cell_id": cell},
            "geometry": _rounded(shapely.geometry.mapping(shape)),
        }
        for cell, shape in shapes.items()
    ]
    return {"type": "FeatureCollection", "features": features}


def _rounded(geometry: dict[str, Any]) -> dict[str, Any]:
    def digits(part: Any) -> Any:
        if isinstance(part, float):
            return round(part, _DIGITS)
        return [digits(one) for one in part]

    return {"type": geometry["type"], "coordinates": digits(geometry["coordinates"])}


def _plain(balance: dict[str, dict[str, float]]) -> dict[str, dict[str, float | None]]:
    return {
        side: {name: value if math.isfinite(value) else None for name, value in told.items()}
        for side, told in balance.items()
    }
