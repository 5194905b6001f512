"""The plain share of streets covered: nearest street of each step, one union for each street."""

from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridmap.patrol.intervals import Floats
from tests.oracles.patrol_intervals import unite_by

MATCH_M = 20.0
"""A track this far [m] from a street is on it."""
STEP_M = 20.0
"""Tracks are matched in steps of at most this length [m]."""
OBSERVED_S = 60.0
"""Segments longer than this [s] are guesses and match no street."""
COVERED_SHARE = 0.8
"""Share of its length from which a street counts as covered."""
_DETOUR = 1.5
"""A step may advance this many times its length along a street before it counts as a jump."""


def street_coverage(segments: pd.DataFrame, roads: Any) -> pd.DataFrame:
    """Share of each street's length covered, street by street."""
    lines = np.asarray(roads.geometry, dtype=object)
    length = shapely.length(lines)
    covered = np.zeros(len(lines))
    ends = _steps(segments[segments["interval_s"] <= OBSERVED_S])
    if len(ends) and len(lines):
        road, low, high = _match(ends, lines)
        series = (pd.Series(values) for values in (road, low, high))
        for number, parts in unite_by(*series).items():
            covered[number] = min(parts.total_s, length[number])
    share = np.divide(covered, length, out=np.zeros_like(length), where=length > 0)
    return pd.DataFrame(
        {
            "length_m": length,
            "covered_m": covered,
            "covered_share": share,
            "covered": share >= COVERED_SHARE,
        },
        index=roads.index,
    )


def _steps(segments: pd.DataFrame) -> Floats:
    """Cut segments into steps: rows of x0, y0, x1, y1."""
    ends = segments[["x0_m", "y0_m", "x1_m", "y1_m"]].to_numpy(dtype=float)
    length = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
    ends, length = ends[length > 0], length[length > 0]
    count = np.ceil(length / STEP_M).astype(np.int64)
    row = np.repeat(np.arange(len(ends)), count)
    number = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    low, high = (number / count[row])[:, None], ((number + 1) / count[row])[:, None]
    start, way = ends[row, :2], ends[row, 2:] - ends[row, :2]
    return np.hstack([start + low * way, start + high * way])


def _match(ends: Floats, lines: Any) -> tuple[Any, Floats, Floats]:
    middle = shapely.points((ends[:, :2] + ends[:, 2:]) / 2)
    step, road = shapely.STRtree(lines).query_nearest(
        middle, max_distance=MATCH_M, all_matches=True
    )
    feet = [
        shapely.line_locate_point(lines[road], shapely.points(ends[step, n : n + 2]))
        for n in (0, 2)
    ]
    low, high = np.minimum(*feet), np.maximum(*feet)
    length = np.hypot(ends[step, 2] - ends[step, 0], ends[step, 3] - ends[step, 1])
    near = high - low <= _DETOUR * length + 1e-6
    return road[near], low[near], high[near]
