"""From fixes to segments: which stretches of a shift are known, and which are not."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.patrol.fixes import Tracks
from gridmap.patrol.order import sweeps_for
from gridmap.patrol.spikes import SPEEDS_MPS, reach_at, speeds_of

GAP_LIMITS_S = (120.0, 300.0)
"""Least and greatest gap limit [s]."""
GAP_INTERVALS = 2.5
"""Gap limit as a multiple of the unit's median interval."""


def gap_limits(tracks: Tracks) -> pd.Series:
    """Gap limit of each shift [s]: between fixes further apart nothing is known.

    Notes
    -----
    G = max(120 s, 2.5 × the unit's median interval), at most 300 s (MEASURES.md 4).

    Examples
    --------
    >>> from gridmap.patrol.fixes import clean_fixes
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> gap_limits(clean_fixes(toy["shifts"], toy["fixes"])).tolist()
    [125.0]
    """
    shift, time_s = (tracks.fixes[name].to_numpy() for name in ("shift", "time_s"))
    code, units = pd.factorize(tracks.shifts["unit_id"])
    least, greatest = GAP_LIMITS_S
    limit = np.full(len(units), least)
    begin, end = _rows_of(shift, len(code))
    mine = [time_s[first:last] for first, last in zip(begin, end, strict=True)]
    count = np.maximum(end - begin - 1, 0)
    # Shift by shift, so that what is compared stays in the processor's cache.
    brief = [np.count_nonzero(np.diff(times) <= least / GAP_INTERVALS) for times in mine]
    total, many = (np.bincount(code, n, minlength=len(units)) for n in (count, brief))
    # Where more than half of the intervals are that short, so is the median: nothing to sort.
    for unit in np.flatnonzero((total > 0) & (2 * many <= total)):
        intervals = np.concatenate([np.diff(mine[n]) for n in np.flatnonzero(code == unit)])
        limit[unit] = np.clip(GAP_INTERVALS * np.median(intervals), least, greatest)
    return pd.Series(limit[code], index=tracks.shifts.index)


def _rows_of(shift: npt.NDArray[np.int64], count: int) -> tuple[Any, Any]:
    """First row and last row (excluded) of each shift, of fixes sorted by shift."""
    bounds = np.searchsorted(shift, np.arange(count + 1))
    return bounds[:-1], bounds[1:]


class Steps(NamedTuple):
    """What lies between each fix and the next, for fixes sorted by shift and time.

    Attributes
    ----------
    same : ndarray of bool
        Both fixes are of one shift.
    valid : ndarray of bool
        The unit is known to have gone straight from one to the other.
    interval_s : ndarray
        Time between them [s].
    """

    same: npt.NDArray[np.bool_]
    valid: npt.NDArray[np.bool_]
    interval_s: npt.NDArray[np.float64]


def steps_of(
    fixes: dict[str, Any],
    limit_s: npt.NDArray[np.float64],
    speeds_mps: npt.NDArray[np.float64],
) -> Steps:
    """Which steps are valid: 0 < dt ≤ G and distance ≤ reach (MEASURES.md 4).

    Parameters
    ----------
    fixes : dict of str to ndarray
        shift, time_s, x_m, y_m, sorted by shift and time.
    limit_s : ndarray
        Gap limit by shift [s], from :func:`gap_limits`.
    speeds_mps : ndarray, shape (2, shifts)
        From :func:`gridmap.patrol.spikes.speeds_of`.

    Examples
    --------
    >>> one = {"shift": np.zeros(3, int), "time_s": np.array([0.0, 10, 500])}
    >>> one |= {"x_m": np.array([0.0, 9, 9]), "y_m": np.zeros(3)}
    >>> steps_of(one, np.array([120.0]), np.array([[4.0], [8.0]])).valid.tolist()
    [True, False]
    """
    shift = fixes["shift"]
    sweeps = sweeps_for(len(shift))
    if sweeps is not None:
        places = (fixes[name] for name in ("time_s", "x_m", "y_m"))
        told = sweeps.valid_steps(shift, *places, limit_s, speeds_mps)
        return Steps(told > 0, told == 2, np.diff(fixes["time_s"]))
    same, interval = shift[1:] == shift[:-1], np.diff(fixes["time_s"])
    length = np.hypot(np.diff(fixes["x_m"]), np.diff(fixes["y_m"]))
    plausible = length <= reach_at(interval, speeds_mps[:, shift[:-1]])
    timely = (interval > 0) & (interval <= limit_s[shift[:-1]])
    return Steps(same, same & timely & plausible, interval)


def join_segments(tracks: Tracks) -> pd.DataFrame:
    """Segments between consecutive fixes of a shift.

    Parameters
    ----------
    tracks : Tracks
        Clean fixes.

    Returns
    -------
    DataFrame
        One row per segment: shift, mode, first (row of its first fix), start_s, end_s, interval_s,
        x0_m, y0_m, x1_m, y1_m, and valid: 0 < dt ≤ G and distance ≤ reach (MEASURES.md 4).

    Examples
    --------
    >>> from gridmap.patrol.fixes import clean_fixes
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> segments = join_segments(clean_fixes(toy["shifts"], toy["fixes"]))
    >>> len(segments), bool(segments.valid.all()), float(segments.interval_s.sum())
    (6, True, 300.0)
    """
    fixes: dict[str, Any] = {str(n): column.to_numpy() for n, column in tracks.fixes.items()}
    limit, speeds = gap_limits(tracks).to_numpy(), speeds_of(tracks.shifts["mode"])
    steps = steps_of(fixes, limit, speeds)
    first = np.flatnonzero(steps.same)
    joined = pd.DataFrame(
        {
            "shift": fixes["shift"][first],
            "first": first,
            "start_s": fixes["time_s"][first],
            "end_s": fixes["time_s"][first + 1],
            "interval_s": steps.interval_s[first],
            "x0_m": fixes["x_m"][first],
            "y0_m": fixes["y_m"][first],
            "x1_m": fixes["x_m"][first + 1],
            "y1_m": fixes["y_m"][first + 1],
            "valid": steps.valid[first],
        }
    )
    mode = pd.Categorical(tracks.shifts["mode"], categories=list(SPEEDS_MPS))
    named = pd.Categorical.from_codes(mode.codes[joined["shift"]], dtype=mode.dtype)
    joined.insert(1, "mode", pd.Series(named))
    return joined


def unknown_time(tracks: Tracks, segments: pd.DataFrame) -> pd.DataFrame:
    """Stretches of duty in which nobody knows where the unit was.

    Parameters
    ----------
    tracks : Tracks
        Shifts and clean fixes.
    segments : DataFrame
        From :func:`join_segments`.

    Returns
    -------
    DataFrame
        shift, mode, start_s, end_s: from the start of the shift to its first fix, from its last
        fix to its end, every segment that is not valid, and whole shifts without a fix.

    Examples
    --------
    >>> from gridmap.patrol.fixes import clean_fixes
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> tracks = clean_fixes(toy["shifts"], toy["fixes"])
    >>> unknown = unknown_time(tracks, join_segments(tracks))
    >>> float((unknown.end_s - unknown.start_s).sum())
    3300.0
    """
    shifts = tracks.shifts
    shift, time_s = (tracks.fixes[name].to_numpy() for name in ("shift", "time_s"))
    first, last = shifts["end_s"].to_numpy(copy=True), shifts["end_s"].to_numpy(copy=True)
    begin, close = _rows_of(shift, len(shifts))
    some = close > begin
    first[some], last[some] = time_s[begin[some]], time_s[close[some] - 1]
    broken = segments.loc[~segments["valid"]]
    every = np.arange(len(shifts))
    whose = np.r_[every, broken["shift"].to_numpy(dtype=np.int64), every]
    start = np.r_[shifts["start_s"], broken["start_s"], last]
    end = np.r_[first, broken["end_s"], shifts["end_s"]]
    some = end > start
    table = {"shift": whose[some], "mode": shifts["mode"].to_numpy()[whose[some]]}
    return pd.DataFrame(table | {"start_s": start[some], "end_s": end[some]})
