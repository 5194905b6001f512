"""Slow, obvious answers for patrol: every tenth of a second looked at by itself."""

import itertools
import statistics
from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.district import District
from gridmap.samples import EAST0, NORTH0, TOY_CRS

Fix = tuple[float, float, float]
"""Seconds after the start of the day, x and y of the drawing [m]."""
MONDAY = pd.Timestamp("2026-03-02T00:00:00+08:00")


def patrolled(
    cells: Mapping[str, shapely.Polygon],
    shifts: Mapping[str, tuple[str, float, float, str]],
    fixes: Mapping[str, Sequence[Fix]],
    requirements: pd.DataFrame | None = None,
    accuracy_m: float = 5.0,
) -> District:
    """District drawn near the origin: shifts are (unit, start, end, mode), fixes by shift."""
    flat = [(shift, *fix) for shift, track in fixes.items() for fix in track]
    moved = [
        shapely.transform(one, lambda xy: xy + np.array([EAST0, NORTH0])) for one in cells.values()
    ]
    layers: dict[str, pd.DataFrame] = {
        "boundary": gpd.GeoDataFrame(
            {"name": ["Drawn"]}, geometry=[shapely.union_all(moved).convex_hull], crs=TOY_CRS
        ),
        "cells": gpd.GeoDataFrame(
            {"cell_id": list(cells), "community_code": "110101001001"}, geometry=moved, crs=TOY_CRS
        ),
        "shifts": pd.DataFrame(
            [
                (name, unit, _moment(start), _moment(end), mode)
                for name, (unit, start, end, mode) in shifts.items()
            ],
            columns=["shift_id", "unit_id", "start", "end", "mode"],
        ),
        "fixes": gpd.GeoDataFrame(
            {
                "shift_id": [row[0] for row in flat],
                "time": pd.DatetimeIndex([_moment(row[1]) for row in flat], tz="UTC"),
                "accuracy_m": accuracy_m,
            },
            geometry=[shapely.Point(EAST0 + row[2], NORTH0 + row[3]) for row in flat],
            crs=TOY_CRS,
        ),
    }
    if requirements is not None:
        layers["requirements"] = requirements
    return District.of(layers, "Asia/Shanghai")


def sampled_time(
    cells: Mapping[str, shapely.Polygon],
    shifts: Mapping[str, tuple[str, float, float, str]],
    fixes: Mapping[str, Sequence[Fix]],
    step_s: float = 0.1,
) -> dict[str, float]:
    """Seconds by cell, ``outside`` and ``unknown``, asked at every step of every shift."""
    spent = dict.fromkeys([*cells, "outside", "unknown"], 0.0)
    limit = {unit: _gap_limit(unit, shifts, fixes) for unit, *_ in shifts.values()}
    for name, (unit, start, end, mode) in shifts.items():
        track = sorted(fixes.get(name, ()))
        for n in range(round((end - start) / step_s)):
            moment = start + (n + 0.5) * step_s
            spent[_where(moment, track, cells, limit[unit], mode)] += step_s
    return spent


def visits_by_second(present: Sequence[bool], least_s: int = 60) -> list[tuple[int, int]]:
    """Visits of one cell on foot from a flag for each second."""
    runs: list[list[int]] = []
    for second, there in enumerate(present):
        if there and runs and second - runs[-1][1] < 60:
            runs[-1][1] = second + 1
            runs[-1][2] += 1
        elif there:
            runs.append([second, second + 1, 1])
    return [(start, end) for start, end, count in runs if count >= least_s]


def _gap_limit(
    unit: str,
    shifts: Mapping[str, tuple[str, float, float, str]],
    fixes: Mapping[str, Sequence[Fix]],
) -> float:
    intervals = []
    for name, (owner, *_) in shifts.items():
        times = sorted(fix[0] for fix in fixes.get(name, ()))
        intervals += [b - a for a, b in itertools.pairwise(times) if owner == unit]
    median = statistics.median(intervals) if intervals else 0.0
    return min(max(120.0, 2.5 * median), 300.0)


def _where(
    moment: float,
    track: Sequence[Fix],
    cells: Mapping[str, shapely.Polygon],
    limit: float,
    mode: str,
) -> str:
    for (t0, x0, y0), (t1, x1, y1) in itertools.pairwise(track):
        if t0 <= moment < t1:
            reach = {"foot": 4 * (t1 - t0) + 4 * min(t1 - t0, 10), "bike": 12 * (t1 - t0)}
            reach["car"] = 42 * (t1 - t0)
            if t1 - t0 > limit or np.hypot(x1 - x0, y1 - y0) > reach[mode]:
                return "unknown"
            share = (moment - t0) / (t1 - t0)
            place = shapely.Point(x0 + share * (x1 - x0), y0 + share * (y1 - y0))
            return next((c for c in sorted(cells) if cells[c].intersects(place)), "outside")
    return "unknown"


def _moment(seconds: float) -> pd.Timestamp:
    return (MONDAY + pd.Timedelta(microseconds=round(seconds * 1e6))).tz_convert("UTC")
