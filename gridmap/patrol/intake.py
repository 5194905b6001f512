"""What a phone sent, before anything is stored: what may be kept, and why not the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gridmap.patrol.fixes import FUTURE_S, MAX_ACCURACY_M, STALE_S, Flags, Floats

MARGIN_DEG = 0.03
"""A fix this far [°] outside the district's frame is a fix in another district (some 3 km)."""
_NOWHERE_DEG = 1e-5
REASONS = ("off_shift", "out_of_range", "elsewhere", "clock", "duplicate")
"""Why a fix is not kept, in the order in which it is asked."""


@dataclass(frozen=True, eq=False)
class Sorted:
    """Fixes sorted into those to keep and those refused.

    Attributes
    ----------
    kept : ndarray of int
        Rows to keep, by time.
    refused : dict of str to ndarray of int
        Rows refused, by reason of :data:`REASONS`.
    """

    kept: np.ndarray[tuple[int], np.dtype[np.intp]]
    refused: dict[str, np.ndarray[tuple[int], np.dtype[np.intp]]]


def sort_out(  # noqa: PLR0917  a fix is four numbers
    time_s: Floats,
    lon_deg: Floats,
    lat_deg: Floats,
    accuracy_m: Floats,
    spans: Sequence[tuple[float, float]],
    bounds: Sequence[float],
    now_s: float,
    stale_s: float = STALE_S,
) -> Sorted:
    """Sort fixes of one sender by the steps of MEASURES.md 4, the gate of the shift first.

    Parameters
    ----------
    time_s : ndarray, shape (n,)
        Times [s since 1970-01-01 UTC].
    lon_deg, lat_deg : ndarray, shape (n,)
        Places in WGS 84 [°].
    accuracy_m : ndarray, shape (n,)
        How certain they are [m]; empty where the phone did not say.
    spans : sequence of (float, float)
        Times on duty of the sender [s], pauses cut out; both bounds belong to them.
    bounds : sequence of float
        West, south, east, north of the district [°].
    now_s : float
        The receiving clock [s].
    stale_s : float
        Older than this [s] a fix is put aside; infinite for files.

    Notes
    -----
    On-shift gate → type and range → district → clock → duplicates of a moment, of which the most
    accurate stays (MEASURES.md 4, cleaning). A fix is counted once, at the first step it fails.

    Examples
    --------
    >>> one = np.array([10.0, 20.0, 20.0, 90.0])
    >>> told = sort_out(one, one * 0 + 8, one * 0 + 50, np.array([5.0, 9, 4, 5]),
    ...     [(0, 60)], (7, 49, 9, 51), 100.0)
    >>> told.kept.tolist(), {name: rows.tolist() for name, rows in told.refused.items()}
    ([0, 2], {'off_shift': [3], 'duplicate': [1]})
    """
    bad = {
        "off_shift": ~_within(time_s, spans),
        "out_of_range": _out_of_range(lon_deg, lat_deg, accuracy_m),
        "elsewhere": _elsewhere(lon_deg, lat_deg, bounds),
        "clock": (time_s > now_s + FUTURE_S) | (time_s < now_s - stale_s),
    }
    good = np.ones(len(time_s), dtype=bool)
    refused = {}
    for name, wrong in bad.items():
        if (good & wrong).any():
            refused[name] = np.flatnonzero(good & wrong)
        good &= ~wrong
    rows = np.flatnonzero(good)
    vague = np.nan_to_num(accuracy_m[rows], nan=np.inf)
    rows = rows[np.lexsort((vague, time_s[rows]))]
    again = np.r_[False, np.diff(time_s[rows]) == 0] if len(rows) else good[:0]
    if again.any():
        refused["duplicate"] = np.sort(rows[again])
    return Sorted(rows[~again], refused)


def _within(time_s: Floats, spans: Sequence[tuple[float, float]]) -> Flags:
    on_duty = np.zeros(len(time_s), dtype=bool)
    for start, end in spans:
        on_duty |= (time_s >= start) & (time_s <= end)
    return on_duty


def _out_of_range(lon_deg: Floats, lat_deg: Floats, accuracy_m: Floats) -> Flags:
    on_earth = (np.abs(lon_deg) <= 180) & (np.abs(lat_deg) <= 90)
    island = (np.abs(lon_deg) < _NOWHERE_DEG) & (np.abs(lat_deg) < _NOWHERE_DEG)
    return ~on_earth | island | (accuracy_m < 0) | (accuracy_m > MAX_ACCURACY_M)


def _elsewhere(lon_deg: Floats, lat_deg: Floats, bounds: Sequence[float]) -> Flags:
    west, south, east, north = bounds
    wide = MARGIN_DEG / max(0.1, np.cos(np.radians((south + north) / 2)))
    inside = (lon_deg >= west - wide) & (lon_deg <= east + wide)
    inside &= (lat_deg >= south - MARGIN_DEG) & (lat_deg <= north + MARGIN_DEG)
    return np.asarray(~inside)
