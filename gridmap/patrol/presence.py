"""Presence: the union over units of the time in each cell, by quarter hours."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
import shapely

from gridmap.patrol.intervals import Floats, Spans, unite_spans
from gridmap.patrol.lattices import OUTSIDE, Shapes

SLOT_S = 900.0
"""Length of a slot of the presence table [s]; slots begin on the quarter hour in UTC."""
_INTERVAL_BY_SIZE = ((0.0, 100.0, 200.0, 500.0), (0.0, 15.0, 30.0, 60.0))
ESTIMATED_INTERVALS = 3.0
"""Up to this many times the good interval a figure is an estimate, beyond it is poor."""


def good_interval(cells: Shapes) -> Floats:
    """Longest fix interval at which presence in a cell is observed rather than guessed [s].

    Parameters
    ----------
    cells : ndarray of Polygon
        The cells; their size is the square root of their area.

    Notes
    -----
    60 s at 500 m, 30 s at 200 m, 15 s at 100 m (MEASURES.md 4, sampling quality), linear between,
    proportional below 100 m, 60 s above 500 m.

    Examples
    --------
    >>> good_interval(np.array([shapely.box(0, 0, 200, 200), shapely.box(0, 0, 900, 900)])).tolist()
    [30.0, 60.0]
    """
    return np.interp(np.sqrt(shapely.area(cells)), *_INTERVAL_BY_SIZE)


def quality_of(interval_s: Floats, good_s: Floats) -> npt.NDArray[np.object_]:
    """Quality of figures made from fixes at some interval: good, estimated or poor.

    Parameters
    ----------
    interval_s : ndarray, shape (n,)
        Fix interval [s]; empty where there is no fix at all.
    good_s : ndarray, shape (n,)
        From :func:`good_interval` [s].

    Examples
    --------
    >>> quality_of(np.array([20.0, 50.0, 300.0, np.nan]), np.full(4, 30.0)).tolist()
    ['good', 'estimated', 'poor', 'poor']
    """
    labels = [interval_s <= good_s, interval_s <= ESTIMATED_INTERVALS * good_s]
    return np.select(labels, ["good", "estimated"], default="poor").astype(object)


def presence_slots(
    runs: pd.DataFrame, visits: pd.DataFrame, cell_ids: npt.ArrayLike, origin: pd.Timestamp
) -> pd.DataFrame:
    """Presence of each cell by quarter hours.

    Parameters
    ----------
    runs : DataFrame
        From :func:`gridmap.patrol.dwell.split_tracks`.
    visits : DataFrame
        cell, start_s, end_s of counted visits.
    cell_ids : sequence of str
        Names of the cells by number.
    origin : Timestamp
        The moment that is second 0, on a quarter hour.

    Returns
    -------
    DataFrame
        cell_id, slot_start (UTC), observed_s, inferred_s, visits (those that begin in the slot).
        Seconds are presence W, a union over units, so that a slot never has more than 900 s;
        what one unit was observed for is observed, whatever was inferred of another.

    Examples
    --------
    >>> from gridmap.patrol import measure_patrol
    >>> from gridmap.samples import toy_district
    >>> measure_patrol(toy_district()).presence.inferred_s.tolist()
    [150.0, 150.0]
    """
    anyone = by_slot(presence_of(runs))
    seen = by_slot(presence_of(runs[runs["observed"].to_numpy(dtype=bool)]))
    begun = np.floor(visits["start_s"].to_numpy(dtype=float) / SLOT_S).astype(np.int64)
    cell = np.r_[anyone.cell, visits["cell"].to_numpy(dtype=np.int64)]
    slot = np.r_[anyone.slot, begun]
    width = int(slot.max(initial=0)) + 1
    keys, place = np.unique(cell * width + slot, return_inverse=True)
    any_s = np.bincount(place[: len(anyone.cell)], anyone.seconds, minlength=len(keys))
    count = np.bincount(place[len(anyone.cell) :], minlength=len(keys))
    seen_s = np.zeros(len(keys))
    seen_s[np.searchsorted(keys, seen.cell * width + seen.slot)] = seen.seconds
    return pd.DataFrame(
        {
            "cell_id": np.asarray(cell_ids, dtype=object)[keys // width],
            "slot_start": origin + pd.to_timedelta(keys % width * SLOT_S, unit="s"),
            "observed_s": seen_s,
            "inferred_s": np.maximum(any_s - seen_s, 0.0),
            "visits": count.astype(np.int64),
        }
    ).astype({"cell_id": "str"})


def presence_of(runs: pd.DataFrame) -> Spans:
    """Presence W of each cell: the union of runs of any unit in it (MEASURES.md 4).

    Parameters
    ----------
    runs : DataFrame
        cell, start_s, end_s; what lies outside the grid is left out.

    Examples
    --------
    >>> two = pd.DataFrame({"cell": [3, 3], "start_s": [0.0, 0.0], "end_s": [600.0, 600.0]})
    >>> presence_of(two).end.tolist()
    [600.0]
    """
    cell = runs["cell"].to_numpy(dtype=np.int64)
    inside = cell != OUTSIDE
    return unite_spans(cell[inside], *(runs[c].to_numpy()[inside] for c in ("start_s", "end_s")))


class SlotTimes(NamedTuple):
    """Seconds of each cell in each quarter hour where there are any, by cell and slot.

    Attributes
    ----------
    cell, slot : ndarray of int
        Number of the cell, and of the quarter hour since the origin.
    seconds : ndarray
        Time [s].
    """

    cell: npt.NDArray[np.int64]
    slot: npt.NDArray[np.int64]
    seconds: Floats


def by_slot(spans: Spans) -> SlotTimes:
    """Share out intervals to quarter hours.

    Parameters
    ----------
    spans : Spans
        Intervals by cell; of one cell they may overlap, then seconds add up.

    Examples
    --------
    >>> by_slot(Spans(np.array([4]), np.array([600.0]), np.array([1000.0]))).seconds.tolist()
    [300.0, 100.0]
    """
    first = np.floor(spans.start / SLOT_S).astype(np.int64)
    count = np.maximum(np.ceil(spans.end / SLOT_S).astype(np.int64) - first, 1)
    row = np.repeat(np.arange(len(first)), count)
    slot = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    begin, end = np.maximum(spans.start[row], slot * SLOT_S), (slot + 1) * SLOT_S
    seconds = np.minimum(spans.end[row], end) - begin
    width = int(slot.max(initial=0)) + 1
    keys, place = np.unique(spans.key[row] * width + slot, return_inverse=True)
    return SlotTimes(
        keys // width, keys % width, np.bincount(place, seconds, len(keys)).astype(np.float64)
    )


def slot_matrix(spans: Spans, cells: int) -> sp.csr_array:
    """Cells by quarter hours as a sparse matrix of seconds [s].

    Parameters
    ----------
    spans : Spans
        Presence (:func:`presence_of`), or runs as they are for dwell.
    cells : int
        How many cells there are.

    Examples
    --------
    >>> spans = Spans(np.array([1]), np.array([600.0]), np.array([1000.0]))
    >>> slot_matrix(spans, 2).toarray().tolist()
    [[0.0, 0.0], [300.0, 100.0]]
    """
    times = by_slot(spans)
    width = int(times.slot.max(initial=0)) + 1
    return sp.csr_array((times.seconds, (times.cell, times.slot)), shape=(cells, width))
