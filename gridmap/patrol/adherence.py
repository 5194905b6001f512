"""Plan against actual: was the route walked, when was it begun, what was done without a plan."""

from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridmap.patrol.intervals import Floats, seconds_within, unite

ROUTE_M = 20.0
"""Within this of its line [m] a unit is on its planned route."""
_STEP_M = 10.0


def route_adherence(segments: pd.DataFrame, unit_of_shift: pd.Series, plans: Any) -> pd.DataFrame:
    """Measure how far planned routes were followed.

    Parameters
    ----------
    segments : DataFrame
        Valid segments: shift, start_s, end_s, x0_m, y0_m, x1_m, y1_m.
    unit_of_shift : Series of str
        Unit of each shift, by the values of ``segments.shift``.
    plans : GeoDataFrame
        plan_id, unit_id, start_s, end_s, geometry (LineString in the CRS of the segments).

    Returns
    -------
    DataFrame
        On the index of ``plans``: planned_s, known_s (of it with a position), on_route_s,
        on_route_share (of the known time), covered_share (of the line's length), lateness_s (until
        first on the route; empty if never), status.

    Notes
    -----
    A step of a segment, at most 10 m, is on the route if its middle lies within 20 m of the line
    (MEASURES.md 4, plan adherence). Time without a position is neither on nor off the route: a plan
    without any position is ``unknown``. ``met`` from 80 % of the length covered, ``partly`` from
    anything, else ``missed``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> line = shapely.LineString([(0, 0), (100, 0)])
    >>> plan = {"plan_id": ["p"], "unit_id": ["u"], "start_s": [0.0], "end_s": [100.0]}
    >>> plans = gpd.GeoDataFrame(plan, geometry=[line])
    >>> walk = {"shift": [0], "start_s": [10.0], "end_s": [60.0], "x0_m": [0.0], "y0_m": [5.0]}
    >>> segments = pd.DataFrame(walk | {"x1_m": [50.0], "y1_m": [5.0]})
    >>> told = route_adherence(segments, pd.Series(["u"]), plans).iloc[0]
    >>> [float(told[n]) for n in ("known_s", "on_route_share", "covered_share", "lateness_s")]
    [50.0, 1.0, 0.5, 10.0]
    """
    unit = unit_of_shift.reindex(segments["shift"]).to_numpy()
    rows = [_follow(segments[unit == plan.unit_id], plan) for plan in plans.itertuples()]
    names = ["known_s", "on_route_s", "covered_share", "lateness_s"]
    told = pd.DataFrame(rows, columns=names, index=plans.index, dtype="float64")
    known = told["known_s"]
    told.insert(0, "planned_s", plans["end_s"] - plans["start_s"])
    told.insert(3, "on_route_share", (told["on_route_s"] / known).where(known > 0))
    told["status"] = np.select(
        [known <= 0, told["covered_share"] >= 0.8, told["on_route_s"] > 0],
        ["unknown", "met", "partly"],
        default="missed",
    )
    return told


def unplanned_presence(
    segments: pd.DataFrame, unit_of_shift: pd.Series, plans: pd.DataFrame
) -> pd.DataFrame:
    """Known duty time of each shift inside and outside the plans of its unit.

    Parameters
    ----------
    segments, unit_of_shift, plans
        As for :func:`route_adherence`.

    Returns
    -------
    DataFrame
        By shift: known_s, planned_s (while a plan of the unit ran), unplanned_s.

    Examples
    --------
    >>> plans = pd.DataFrame({"unit_id": ["u"], "start_s": [0.0], "end_s": [40.0]})
    >>> walk = pd.DataFrame({"shift": [0, 0], "start_s": [10.0, 30.0], "end_s": [30.0, 60.0]})
    >>> unplanned_presence(walk, pd.Series(["u"]), plans).values.tolist()
    [[50.0, 30.0, 20.0]]
    """
    unit = unit_of_shift.reindex(segments["shift"]).to_numpy()
    start, end = (segments[name].to_numpy(dtype=float) for name in ("start_s", "end_s"))
    within = np.zeros(len(segments))
    for name, own in plans.groupby("unit_id"):
        mine = unit == name
        ran = unite(own["start_s"].to_numpy(float), own["end_s"].to_numpy(float))
        within[mine] = seconds_within(ran, start[mine], end[mine])
    told = pd.DataFrame({"known_s": end - start, "planned_s": within})
    told = told.groupby(segments["shift"].to_numpy()).sum()
    return told.assign(unplanned_s=told["known_s"] - told["planned_s"])


def _follow(own: pd.DataFrame, plan: Any) -> tuple[float, float, float, float]:
    """Known and on-route seconds, share of the line covered, seconds late."""
    steps = _steps_between(own, plan.start_s, plan.end_s)
    seconds = steps[:, 1] - steps[:, 0]
    middle = shapely.points((steps[:, 2:4] + steps[:, 4:6]) / 2)
    on = np.asarray(shapely.dwithin(middle, plan.geometry, ROUTE_M))
    if not on.any():
        return float(seconds.sum()), 0.0, 0.0, np.nan
    feet = [
        shapely.line_locate_point(plan.geometry, shapely.points(steps[on, n : n + 2]))
        for n in (2, 4)
    ]
    length = np.hypot(steps[on, 4] - steps[on, 2], steps[on, 5] - steps[on, 3])
    low, high = np.minimum(*feet), np.maximum(*feet)
    # Inside a bend feet move faster than the unit; a step that jumps along the line, where the
    # line comes back near itself, covers nothing.
    near = high - low <= 1.5 * length + ROUTE_M
    covered = unite(low[near], high[near]).total_s / plan.geometry.length
    late = max(float(steps[on, 0].min() - plan.start_s), 0.0)
    return float(seconds.sum()), float(seconds[on].sum()), min(float(covered), 1.0), late


def _steps_between(own: pd.DataFrame, start_s: float, end_s: float) -> Floats:
    """Segments inside a time, cut into steps: rows of start_s, end_s, x0, y0, x1, y1."""
    names = ["start_s", "end_s", "x0_m", "y0_m", "x1_m", "y1_m"]
    rows = own[names].to_numpy(dtype=float)
    rows = rows[(rows[:, 1] > start_s) & (rows[:, 0] < end_s) & (rows[:, 1] > rows[:, 0])]
    if not len(rows):
        return np.empty((0, 6))
    span = (rows[:, 1] - rows[:, 0])[:, None]
    first = (np.maximum(rows[:, :1], start_s) - rows[:, :1]) / span
    last = (np.minimum(rows[:, 1:2], end_s) - rows[:, :1]) / span
    way = rows[:, 4:6] - rows[:, 2:4]
    count = np.maximum(np.ceil(np.hypot(*way.T) * (last - first)[:, 0] / _STEP_M), 1).astype(int)
    row = np.repeat(np.arange(len(rows)), count)
    number = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    low, high = (
        first[row] + (last - first)[row] * ((number + n) / count[row])[:, None] for n in (0, 1)
    )
    moments = [rows[row, :1] + part * span[row] for part in (low, high)]
    places = [rows[row, 2:4] + part * way[row] for part in (low, high)]
    return np.hstack([*moments, *places])
