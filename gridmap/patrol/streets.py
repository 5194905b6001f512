"""Streets: which share of each street's length was walked or driven, whatever the direction."""

from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridmap.patrol.intervals import Floats, unite_by

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
    """Share of each street's length covered by patrols.

    Parameters
    ----------
    segments : DataFrame
        Valid segments.
    roads : GeoDataFrame
        Layer ``roads`` in the same metric CRS.

    Returns
    -------
    DataFrame
        On the index of ``roads``: length_m, covered_m, covered_share, covered (from 80 %).

    Notes
    -----
    Baseline matching: segments of at most 60 s are cut into steps of at most 20 m; each step
    goes to the street nearest to its middle within 20 m (all of them where several are equally
    near), and covers the stretch between the feet of its two ends. A street crossed is covered
    for next to nothing, since the feet coincide (MEASURES.md 4, street coverage).

    Examples
    --------
    >>> from gridmap.patrol.fixes import clean_fixes
    >>> from gridmap.patrol.segments import join_segments
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> segments = join_segments(clean_fixes(toy["shifts"], toy["fixes"]))
    >>> street_coverage(segments, toy["roads"]).covered_m.round(6).tolist()
    [0.0, 300.0, 0.0, 0.0]
    """
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


def street_share(coverage: pd.DataFrame) -> float | None:
    """Covered length ÷ total length of all streets; None without streets.

    Examples
    --------
    >>> street_share(pd.DataFrame({"length_m": [100.0, 300.0], "covered_m": [100.0, 0.0]}))
    0.25
    """
    total = float(coverage["length_m"].sum())
    return float(coverage["covered_m"].sum()) / total if total > 0 else None


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
