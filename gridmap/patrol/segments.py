"""From fixes to segments: which stretches of a shift are known, and which are not."""

import numpy as np
import pandas as pd

from gridmap.patrol.fixes import Tracks, reach_m

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
    shift = tracks.fixes["shift"]
    interval = tracks.fixes["time_s"].diff()[shift.eq(shift.shift())]
    unit = tracks.shifts["unit_id"].reindex(shift[interval.index]).to_numpy()
    median = interval.groupby(unit).median()
    least, greatest = GAP_LIMITS_S
    limit = (GAP_INTERVALS * median).clip(least, greatest)
    return tracks.shifts["unit_id"].map(limit).fillna(least)


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
    fixes = tracks.fixes
    here = fixes.iloc[:-1].reset_index(names="first")
    there = fixes.iloc[1:].reset_index(drop=True)
    joined = pd.DataFrame(
        {
            "shift": here["shift"],
            "mode": tracks.shifts["mode"].reindex(here["shift"]).to_numpy(),
            "first": here["first"],
            "start_s": here["time_s"],
            "end_s": there["time_s"],
            "interval_s": there["time_s"] - here["time_s"],
            "x0_m": here["x_m"],
            "y0_m": here["y_m"],
            "x1_m": there["x_m"],
            "y1_m": there["y_m"],
        }
    )[here["shift"].eq(there["shift"])].reset_index(drop=True)
    length = np.hypot(joined["x1_m"] - joined["x0_m"], joined["y1_m"] - joined["y0_m"])
    limit = gap_limits(tracks).reindex(joined["shift"]).to_numpy()
    plausible = length <= reach_m(joined["interval_s"].to_numpy(), joined["mode"])
    joined["valid"] = joined["interval_s"].between(0, limit, inclusive="right") & plausible
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
    times = tracks.fixes.groupby("shift")["time_s"]
    first = times.min().reindex(shifts.index).fillna(shifts["end_s"])
    last = times.max().reindex(shifts.index).fillna(shifts["end_s"])
    columns = ["shift", "mode", "start_s", "end_s"]
    named = shifts.reset_index(names="shift")
    before = named.assign(end_s=first.to_numpy())[columns]
    after = named.assign(start_s=last.to_numpy())[columns]
    between = segments.loc[~segments["valid"], columns]
    every = pd.concat([before, between, after], ignore_index=True)
    return every[every["end_s"] > every["start_s"]].reset_index(drop=True)
