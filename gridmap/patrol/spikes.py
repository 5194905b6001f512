"""How far a unit can get, and fixes that it cannot have been at."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.patrol.order import sweeps_for

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
PEAK_S = 10.0
"""How long [s] a unit may keep its peak speed."""
TORN_FIXES, TORN_SHARE = 5, 0.2
"""From so many spikes, and such a share of its fixes, a shift looks like two phones in one."""
SPEEDS_MPS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"foot": (4.0, 8.0), "bike": (12.0, 12.0), "car": (42.0, 42.0)}
)
"""Highest sustained and peak speed [m/s] by mode."""


def reach_m(seconds: npt.NDArray[np.float64], mode: pd.Series) -> npt.NDArray[np.float64]:
    """Farthest a unit can get in some time [m].

    Parameters
    ----------
    seconds : ndarray, shape (n,)
        Times [s].
    mode : Series of str
        ``foot``, ``bike`` or ``car``.

    Notes
    -----
    v_sustained · t + (v_peak − v_sustained) · min(t, 10 s): on foot 8 m/s for ten seconds and
    4 m/s from then on, bike 12 m/s, car 42 m/s (MEASURES.md 4, cleaning).

    Examples
    --------
    >>> reach_m(np.array([10.0, 60.0]), pd.Series(["foot", "foot"])).tolist()
    [80.0, 280.0]
    """
    return reach_at(seconds, speeds_of(mode))


def reach_at(seconds: Floats, speeds_mps: Floats) -> Floats:
    """Farthest a unit can get [m], from its sustained and peak speed; see :func:`reach_m`.

    Examples
    --------
    >>> reach_at(np.array([60.0]), np.array([[4.0], [8.0]])).tolist()
    [280.0]
    """
    sustained, peak = speeds_mps
    return np.asarray(sustained * seconds + (peak - sustained) * np.minimum(seconds, PEAK_S))


def speeds_of(mode: pd.Series) -> Floats:
    """Sustained and peak speed [m/s] of each mode, as two rows.

    Examples
    --------
    >>> speeds_of(pd.Series(["foot", "car"])).tolist()
    [[4.0, 42.0], [8.0, 42.0]]
    """
    pairs = [SPEEDS_MPS[name] for name in mode]
    return np.array(pairs, dtype=np.float64).reshape(-1, 2).T


def drop_spikes(
    shift: Numbers, time_s: Floats, x_m: Floats, y_m: Floats, speeds_mps: Floats
) -> Flags:
    """Mask of the fixes to keep: a spike has two neighbours too fast and a bypass that is not.

    Parameters
    ----------
    shift, time_s, x_m, y_m : ndarray, shape (n,)
        Sorted by shift and time.
    speeds_mps : ndarray, shape (2, shifts)
        Sustained and peak speed of each shift.

    Notes
    -----
    Fixes are looked at in order. Dropping one makes its successor's way plausible again, so of
    several candidates in a row the first, third, … are dropped.

    Examples
    --------
    >>> walk = np.array([0, 10, 9000, 30, 40.0])
    >>> shift, feet = np.zeros(5, dtype=int), np.array([[4.0], [8.0]])
    >>> drop_spikes(shift, 10.0 * np.arange(5), walk, np.zeros(5), feet).tolist()
    [True, True, False, True, True]
    """
    keep = np.ones(len(shift), dtype=bool)
    if len(shift) < 3:
        return keep
    sweeps = sweeps_for(len(shift))
    if sweeps is not None:
        fast = sweeps.fast_steps(shift, time_s, x_m, y_m, speeds_mps)
    else:
        reach = reach_at(np.diff(time_s), speeds_mps[:, shift[:-1]])
        far = np.hypot(np.diff(x_m), np.diff(y_m)) > reach
        fast = far & (shift[1:] == shift[:-1])
    # Few fixes have two fast neighbours: only those are asked for the bypass.
    first = np.flatnonzero(fast[:-1] & fast[1:])
    bypass = np.hypot(x_m[first + 2] - x_m[first], y_m[first + 2] - y_m[first])
    reach = reach_at(time_s[first + 2] - time_s[first], speeds_mps[:, shift[first]])
    spike = first[bypass <= reach] + 1
    keep[_every_other(spike)] = False
    return keep


def _every_other(spike: Numbers) -> Numbers:
    """Of each run of neighbouring rows the first, third, …"""
    place = np.arange(len(spike))
    begins = np.r_[True, np.diff(spike) > 1] if len(spike) else spike > 0
    return spike[(place - np.maximum.accumulate(np.where(begins, place, 0))) % 2 == 0]


def often_torn(shift: Numbers, kept: Flags, count: int) -> Flags:
    """Find the shifts of which so many fixes are spikes that no receiver errs so often.

    Parameters
    ----------
    shift, kept : ndarray, shape (n,)
        Shift of each fix, and whether it is no spike.
    count : int
        How many shifts there are.

    Examples
    --------
    >>> often_torn(np.zeros(10, dtype=int), np.arange(10) % 2 == 0, 2).tolist()
    [True, False]
    """
    given = np.bincount(shift, minlength=count)
    spikes = np.bincount(shift[~kept], minlength=count)
    return (spikes >= TORN_FIXES) & (spikes >= TORN_SHARE * given)
