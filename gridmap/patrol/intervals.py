"""Sets of time intervals, as sorted arrays of starts and ends in seconds."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gridmap.patrol.order import sweeps_for

Floats = npt.NDArray[np.float64]
TOUCHING_S = 1e-9
"""Intervals this close [s] are one: the pieces of a split segment share their ends."""


class Intervals(NamedTuple):
    """Disjoint intervals in ascending order.

    Attributes
    ----------
    start, end : ndarray, shape (n,)
        Bounds [s].
    """

    start: Floats
    end: Floats

    @property
    def total_s(self) -> float:
        """Length of all intervals together [s]."""
        return float((self.end - self.start).sum())


NEVER = Intervals(np.empty(0), np.empty(0))
"""No interval at all."""


def unite(start: Floats, end: Floats, closing_s: float = TOUCHING_S) -> Intervals:
    """Union of intervals, those not more than ``closing_s`` [s] apart joined into one.

    Examples
    --------
    >>> both = unite(np.array([5.0, 0.0]), np.array([9.0, 6.0]))
    >>> both.start.tolist(), both.end.tolist()
    ([0.0], [9.0])
    """
    if not len(start):
        return NEVER
    order = np.argsort(start, kind="stable")
    first, reach = start[order], np.maximum.accumulate(end[order])
    opens = np.r_[True, first[1:] - reach[:-1] > closing_s]
    closes = np.r_[opens[1:], True]
    return Intervals(first[opens], reach[closes])


class Spans(NamedTuple):
    """Disjoint intervals of many keys, by key and then ascending.

    Attributes
    ----------
    key : ndarray of int
        Whose interval it is.
    start, end : ndarray
        Bounds [s].
    """

    key: npt.NDArray[np.int64]
    start: Floats
    end: Floats


def unite_spans(
    key: npt.NDArray[np.int64], start: Floats, end: Floats, closing_s: float = TOUCHING_S
) -> Spans:
    """Union of the intervals of each key; see :func:`unite`.

    Examples
    --------
    >>> spans = unite_spans(np.array([7, 3, 7]), np.array([5.0, 0, 0]), np.array([9.0, 1, 6]))
    >>> spans.key.tolist(), spans.end.tolist()
    ([3, 7], [1.0, 9.0])
    """
    if not len(key):
        return Spans(np.asarray(key, dtype=np.int64), *NEVER)
    order = np.lexsort((start, key))
    whose, first, last = key[order], start[order], end[order]
    reach = _reach(whose, last)
    fresh = whose[1:] != whose[:-1]
    opens = np.r_[True, fresh | (first[1:] - reach[:-1] > closing_s)]
    closes = np.r_[opens[1:], True]
    return Spans(whose[opens], first[opens], reach[closes])


def _reach(whose: npt.NDArray[np.int64], last: Floats) -> Floats:
    """Greatest end so far within each key, for keys in ascending order."""
    sweeps = sweeps_for(len(last))
    if sweeps is not None:
        return np.asarray(sweeps.reach_of(whose, last))
    # Numbers of the ends by size, lifted by key: whole numbers, so nothing is rounded.
    ranked = np.argsort(last, kind="stable")
    rank = np.empty(len(last), dtype=np.int64)
    rank[ranked] = np.arange(len(last))
    lifted = np.r_[0, np.cumsum(whose[1:] != whose[:-1])] * len(last) + rank
    return np.asarray(last[ranked[np.maximum.accumulate(lifted) % len(last)]])


def rows_by(key: npt.NDArray[np.int64]) -> dict[int, npt.NDArray[np.intp]]:
    """Positions of each key, in order.

    Examples
    --------
    >>> {name: rows.tolist() for name, rows in rows_by(np.array([7, 3, 7])).items()}
    {3: [1], 7: [0, 2]}
    """
    order = np.argsort(key, kind="stable")
    names, first = np.unique(key[order], return_index=True)
    return dict(zip(names.tolist(), np.split(order, first[1:]), strict=True)) if len(key) else {}


def seconds_within(inside: Intervals, start: Floats, end: Floats) -> Floats:
    """Seconds of the intervals inside each window.

    Parameters
    ----------
    inside : Intervals
        Disjoint, ascending.
    start, end : ndarray, shape (n,)
        Windows [s].

    Notes
    -----
    C(end) − C(start), where C(t) is the length of all that lies before t.

    Examples
    --------
    >>> day = unite(np.array([0.0, 20.0]), np.array([10.0, 30.0]))
    >>> seconds_within(day, np.array([5.0, 10.0]), np.array([25.0, 20.0])).tolist()
    [10.0, 0.0]
    """
    return _seconds_before(inside, end) - _seconds_before(inside, start)


def clip(inside: Intervals, start: float, end: float) -> Intervals:
    """Parts of the intervals inside one window.

    Examples
    --------
    >>> clip(unite(np.array([0.0]), np.array([10.0])), 5.0, 20.0).total_s
    5.0
    """
    first, last = np.maximum(inside.start, start), np.minimum(inside.end, end)
    kept = last > first
    return Intervals(first[kept], last[kept])


def _seconds_before(inside: Intervals, moment: Floats) -> Floats:
    if not len(inside.start):
        return np.zeros(len(moment))
    lengths = np.r_[0.0, np.cumsum(inside.end - inside.start)]
    begun = np.searchsorted(inside.start, moment, side="right")
    running = np.where(begun > 0, inside.end[begun - 1] - moment, 0.0)
    return lengths[begun] - np.maximum(running, 0.0)
