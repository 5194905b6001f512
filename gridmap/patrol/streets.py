"""Streets: which share of each street's length was walked or driven, whatever the direction."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.compiled import loops
from gridmap.patrol.intervals import Floats, unite
from gridmap.patrol.order import sweeps_for

Ints = npt.NDArray[np.int64]
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
_TIE_M = 1e-6
_SQUARE_M = 40.0
_MOST_SQUARES = 4_000_000
_NEVER_DRIVEN = frozenset({"footway", "pedestrian", "steps", "path", "corridor", "cycleway"})
_NEVER_WALKED = frozenset({"motorway", "motorway_link"})


def street_coverage(
    segments: pd.DataFrame, roads: Any, *, whole_track: bool = False
) -> pd.DataFrame:
    """Share of each street's length covered by patrols.

    Parameters
    ----------
    segments : DataFrame
        Valid segments.
    roads : GeoDataFrame
        Layer ``roads`` in the same metric CRS.
    whole_track : bool
        See :func:`match_streets`.

    Returns
    -------
    DataFrame
        On the index of ``roads``: length_m, covered_m, covered_share, covered (from 80 %).

    Notes
    -----
    See :func:`match_streets`. A street crossed is covered for next to nothing, since the feet of a
    step across it coincide (MEASURES.md 4, street coverage).

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
    return covered_by(match_streets(segments, roads, whole_track=whole_track), roads)


def match_streets(segments: pd.DataFrame, roads: Any, *, whole_track: bool = False) -> pd.DataFrame:
    """Stretches of streets that patrols went along.

    Parameters
    ----------
    segments : DataFrame
        Valid segments: shift, mode, start_s, end_s, interval_s, x0_m, y0_m, x1_m, y1_m.
    roads : GeoDataFrame
        Layer ``roads`` in the same metric CRS.
    whole_track : bool
        Whether the track as a whole decides where several streets are within reach: slower, and
        steadier between streets that run close together. Default: each step takes the nearest.

    Returns
    -------
    DataFrame
        road (row of ``roads``), low_m and high_m (along it), start_s, end_s.

    Notes
    -----
    Segments of at most 60 s are cut into steps of at most 20 m; each step goes to a street within
    20 m of its middle, and covers the stretch between the feet of its two ends. On foot no
    motorway is matched, nor a way that nobody may walk; by car no footway. A step goes to the
    nearest street, or to the likeliest for the track as a whole
    (:func:`gridmap.patrol.matching.likeliest`); to all of them where several are equally near.

    Examples
    --------
    >>> from gridmap.patrol.fixes import clean_fixes
    >>> from gridmap.patrol.segments import join_segments
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> segments = join_segments(clean_fixes(toy["shifts"], toy["fixes"]))
    >>> sorted(set(match_streets(segments, toy["roads"]).road))
    [1]
    """
    lines = np.asarray(roads.geometry, dtype=object)
    known = segments[segments["interval_s"] <= OBSERVED_S]
    if not len(known) or not len(lines):
        return _pass_table(np.empty(0, dtype=np.int64), np.empty((0, 4)))
    sweeps = sweeps_for(len(known), "gridmap.patrol.street_sweeps")
    if sweeps is not None and not whole_track:
        return _swept(sweeps, known, lines, np.stack(_open_to(roads)))
    ends, row, moments = _steps(known)
    choose = _likeliest if whole_track else _nearest
    step, road = choose(ends, known.iloc[row], lines, roads)
    feet = [
        shapely.line_locate_point(lines[road], shapely.points(ends[step, n : n + 2]))
        for n in (0, 2)
    ]
    low, high = np.minimum(*feet), np.maximum(*feet)
    length = np.hypot(ends[step, 2] - ends[step, 0], ends[step, 3] - ends[step, 1])
    near = high - low <= _DETOUR * length + 1e-6
    told = np.column_stack([low, high, moments[step]])
    return _pass_table(road[near], told[near])


def covered_by(
    passes: pd.DataFrame, roads: Any, start_s: float | None = None, end_s: float | None = None
) -> pd.DataFrame:
    """Share of each street's length covered in a period.

    Parameters
    ----------
    passes : DataFrame
        From :func:`match_streets`.
    roads : GeoDataFrame
        The same streets.
    start_s, end_s : float, optional
        Only what was begun from the first and before the second moment [s].

    Returns
    -------
    DataFrame
        As :func:`street_coverage`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (100, 0)])])
    >>> twice = {"road": 0, "low_m": [0.0, 40.0], "high_m": [60.0, 90.0], "start_s": [0.0, 9.0]}
    >>> passes = pd.DataFrame(twice)
    >>> [float(covered_by(passes, street, since).covered_m[0]) for since in (None, 5.0)]
    [90.0, 50.0]
    """
    begun = passes["start_s"]
    wanted = (begun >= (-np.inf if start_s is None else start_s)) & (
        begun < (np.inf if end_s is None else end_s)
    )
    length = shapely.length(np.asarray(roads.geometry, dtype=object))
    covered = np.minimum(_union_by_road(passes[wanted], length), length)
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


def never_covered(coverage: pd.DataFrame, roads: Any) -> pd.DataFrame:
    """Streets that no patrol went along at all, the longest first.

    Parameters
    ----------
    coverage : DataFrame
        From :func:`street_coverage`.
    roads : GeoDataFrame
        The same streets.

    Returns
    -------
    DataFrame
        name, highway, length_m, on the index of ``roads``.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> roads = toy_district()["roads"]
    >>> none = pd.DataFrame({"covered_m": [0.0, 3.0, 0.0, 0.0], "length_m": 400.0})
    >>> len(never_covered(none, roads))
    3
    """
    gone = coverage["covered_m"] <= 0
    named = roads.loc[gone, [name for name in ("name", "highway") if name in roads]]
    table = pd.DataFrame(named).assign(length_m=coverage["length_m"][gone])
    return table.sort_values("length_m", ascending=False, kind="stable")


def street_share(coverage: pd.DataFrame) -> float | None:
    """Covered length ÷ total length of all streets; None without streets.

    Examples
    --------
    >>> street_share(pd.DataFrame({"length_m": [100.0, 300.0], "covered_m": [100.0, 0.0]}))
    0.25
    """
    total = float(coverage["length_m"].sum())
    return float(coverage["covered_m"].sum()) / total if total > 0 else None


def _pass_table(road: Ints, told: Floats) -> pd.DataFrame:
    names = ("low_m", "high_m", "start_s", "end_s")
    return pd.DataFrame({"road": road} | dict(zip(names, told.T, strict=True)))


def _swept(sweeps: Any, known: pd.DataFrame, lines: Any, is_open: Any) -> pd.DataFrame:
    """Lay segments on the nearest streets by compiled loops, with sides looked up by squares."""
    side, road = _sides(lines)
    if not len(side):
        return _pass_table(np.empty(0, dtype=np.int64), np.empty((0, 4)))
    length = np.hypot(side[:, 2] - side[:, 0], side[:, 3] - side[:, 1])
    first = np.searchsorted(road, np.arange(len(lines) + 1))
    along = np.r_[0.0, np.cumsum(length)]
    before = along[:-1] - along[first[road]]
    low, high = side.reshape(-1, 2).min(axis=0), side.reshape(-1, 2).max(axis=0)
    corner, extent = low - MATCH_M - 1.0, high - low + 2 * MATCH_M + 2.0
    size = max(_SQUARE_M, float(np.sqrt(extent.prod() / _MOST_SQUARES)))
    shape = tuple((extent // size).astype(int) + 1)
    start, which = sweeps.buckets_of(side, corner, size, shape, MATCH_M)
    ends = known[["x0_m", "y0_m", "x1_m", "y1_m"]].to_numpy(dtype=float)
    times = known[["start_s", "end_s"]].to_numpy(dtype=float)
    by_car = known["mode"].eq("car").fillna(False).to_numpy(dtype=bool)
    ground = (is_open, corner, size, shape, start, which)
    limits = (STEP_M, MATCH_M, _DETOUR)
    streets = (side, road, first, before)
    return _pass_table(*sweeps.pass_streets(ends, times, by_car, *streets, *ground, *limits))


def _sides(lines: Any) -> tuple[Floats, Ints]:
    """Straight sides of streets in order, and the street of each."""
    parts, owner = shapely.get_parts(lines, return_index=True)
    corners, part = shapely.get_coordinates(parts, return_index=True)
    joined = part[1:] == part[:-1]
    sides = np.hstack([corners[:-1], corners[1:]])[joined]
    return np.ascontiguousarray(sides), owner[part[:-1][joined]].astype(np.int64)


def _steps(segments: pd.DataFrame) -> tuple[Floats, Ints, Floats]:
    """Cut segments into steps: rows of x0, y0, x1, y1; their segment; when they begin and end."""
    ends = segments[["x0_m", "y0_m", "x1_m", "y1_m"]].to_numpy(dtype=float)
    times = segments[["start_s", "end_s"]].to_numpy(dtype=float)
    length = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
    moving = np.flatnonzero(length > 0)
    count = np.ceil(length[moving] / STEP_M).astype(np.int64)
    row = np.repeat(moving, count)
    number = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    each = np.repeat(count, count)
    low, high = (number / each)[:, None], ((number + 1) / each)[:, None]
    start, way = ends[row, :2], ends[row, 2:] - ends[row, :2]
    span = np.diff(times, axis=1)[row]
    moments = times[row, :1] + np.hstack([low, high]) * span
    return np.hstack([start + low * way, start + high * way]), row, moments


def _nearest(ends: Floats, of_step: pd.DataFrame, lines: Any, roads: Any) -> tuple[Ints, Ints]:
    """Give each step the nearest street that is open to it, all where several are equally near."""
    middle = np.asarray(shapely.points((ends[:, :2] + ends[:, 2:]) / 2), dtype=object)
    by_car = of_step["mode"].eq("car").fillna(False).to_numpy(dtype=bool)
    found = []
    for mine, streets in zip((by_car, ~by_car), _open_to(roads), strict=True):
        steps, usable = np.flatnonzero(mine), np.flatnonzero(streets)
        if len(steps) and len(usable):
            tree = shapely.STRtree(lines[usable])
            step, road = tree.query_nearest(middle[steps], max_distance=MATCH_M, all_matches=True)
            found.append((steps[step], usable[road]))
    none = [(np.empty(0, dtype=np.int64),) * 2]
    step, road = (np.concatenate(part) for part in zip(*(found or none), strict=True))
    order = np.lexsort((road, step))
    return step[order].astype(np.int64), road[order].astype(np.int64)


def _likeliest(ends: Floats, of_step: pd.DataFrame, lines: Any, roads: Any) -> tuple[Ints, Ints]:
    """Give each step its street: the only one within reach, or the likeliest of several."""
    middle = np.asarray(shapely.points((ends[:, :2] + ends[:, 2:]) / 2), dtype=object)
    step, road = shapely.STRtree(lines).query(middle, predicate="dwithin", distance=MATCH_M)
    by_car = of_step["mode"].eq("car").fillna(False).to_numpy(dtype=bool)
    driven, walked = _open_to(roads)
    open_to = np.where(by_car[step], driven[road], walked[road])
    step, road = step[open_to], road[open_to]
    distance = np.asarray(shapely.distance(middle[step], lines[road]), dtype=float)
    order = np.lexsort((road, distance, step))
    step, road, distance = step[order], road[order], distance[order]
    chosen = np.bincount(step, minlength=len(ends))[step] == 1
    if chosen.all():
        return step, road
    # Imported by name and not above: the compiler is loaded only where there is much to do.
    matching = loops("gridmap.patrol.matching", len(step) * 4)
    chosen = matching.likeliest(
        step, road, distance, _runs(ends, of_step), matching.touching_streets(lines)
    )
    best = np.full(len(ends), np.inf)
    best[step[chosen]] = distance[chosen]
    alike = np.abs(distance - best[step]) <= _TIE_M
    return step[alike], road[alike]


def _open_to(roads: Any) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    kind = roads["highway"] if "highway" in roads else pd.Series("", index=roads.index)
    walked = ~kind.isin(_NEVER_WALKED)
    if "walkable" in roads:
        told = roads["walkable"].astype("boolean")
        walked = told.fillna(walked.astype("boolean"))
    return (~kind.isin(_NEVER_DRIVEN)).to_numpy(dtype=bool), walked.to_numpy(dtype=bool)


def _runs(ends: Floats, of_step: pd.DataFrame) -> Ints:
    """Give each step the number of the unbroken track it belongs to."""
    shift = of_step["shift"].to_numpy()
    breaks = (shift[1:] != shift[:-1]) | (np.abs(ends[1:, :2] - ends[:-1, 2:]) > _TIE_M).any(axis=1)
    return np.r_[0, np.cumsum(breaks)].astype(np.int64)


def _union_by_road(passes: pd.DataFrame, length: Floats) -> Floats:
    """Length of the union of stretches on each street [m]."""
    road = passes["road"].to_numpy(dtype=np.int64)
    if not len(road):
        return np.zeros(len(length))
    # Streets laid one after the other on one line, a metre apart: one union for all of them.
    before = np.r_[0.0, np.cumsum(length + 1.0)]
    low, high = (passes[name].to_numpy(dtype=float) for name in ("low_m", "high_m"))
    runs = unite(before[road] + low, before[road] + high)
    owner = np.searchsorted(before, (runs.start + runs.end) / 2, side="right") - 1
    total = np.bincount(owner, weights=runs.end - runs.start, minlength=len(length))
    return total.astype(np.float64)
