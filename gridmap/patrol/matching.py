"""Matching of tracks to streets: where streets run close together the likeliest of them.

Where two streets lie within reach of a step, which of them was walked is decided for the whole
run of steps (a hidden-Markov model; Newson and Krumm 2009), so that a track between two parallel
streets does not jump from one to the other.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gridmap.compiled import compiled
from gridmap.patrol.intervals import Floats

Ints = npt.NDArray[np.int64]
SPREAD_M = 8.0
"""Standard deviation of a position from its street [m]: a planning value for phones in towns."""
TURN_M = 15.0
"""A change of street costs as much as this much [m] of detour."""
_MOST = 6
"""Streets weighed for one step at most, the nearest first."""


def likeliest(
    step: Ints, road: Ints, distance: Floats, run: Ints, touching: Any
) -> npt.NDArray[np.bool_]:
    """Choose one street for each step of a track.

    Parameters
    ----------
    step, road, distance : ndarray, shape (k,)
        Candidates: the step, the street, and how far the step's middle lies from it [m]; ascending
        by step, then by distance.
    run : ndarray of int, shape (steps,)
        Number of the track each step belongs to; steps of one track follow each other.
    touching : csr_array of bool, shape (streets, streets)
        Which streets touch.

    Returns
    -------
    ndarray of bool, shape (k,)
        Whether the candidate is the one chosen.

    Notes
    -----
    Cost of a candidate: (distance ÷ 8 m)² ÷ 2. Cost of going on: nothing on the same street,
    15 m ÷ 8 m onto one that touches it, three times that onto any other. The path of least cost is
    found by dynamic programming.

    Examples
    --------
    >>> from scipy import sparse
    >>> step, road = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 0, 0, 1])
    >>> distance = np.array([2.0, 18.0, 9.0, 11.0, 2.0, 18.0])
    >>> apart = sparse.csr_array((2, 2), dtype=bool)
    >>> road[likeliest(step, road, distance, np.zeros(3, dtype=np.int64), apart)].tolist()
    [0, 0, 0]
    """
    first = np.searchsorted(step, np.arange(len(run) + 1))
    chosen = np.zeros(len(step), dtype=bool)
    touching.sort_indices()
    arrays = (first.astype(np.int64), road, distance, run, touching.indptr, touching.indices)
    _search(*arrays, chosen)
    return chosen


def touching_streets(lines: Any) -> Any:
    """Which streets meet, as a sparse matrix.

    Examples
    --------
    >>> cross = [shapely.LineString([(0, 0), (9, 0)]), shapely.LineString([(9, 0), (9, 9)])]
    >>> touching_streets(cross).toarray().tolist()
    [[True, True], [True, True]]
    """
    from scipy import sparse

    one, two = shapely.STRtree(lines).query(lines, predicate="intersects")
    size = (len(lines), len(lines))
    return sparse.csr_array((np.ones(len(one), dtype=bool), (one, two)), shape=size)


@compiled
def _meet(a: int, b: int, start: Any, others: Any) -> bool:
    low, high = start[a], start[a + 1]
    place = low + np.searchsorted(others[low:high], b)
    return place < high and others[place] == b


@compiled
def _search(  # noqa: PLR0917
    first: Ints, road: Ints, distance: Floats, run: Ints, start: Any, others: Any, chosen: Any
) -> None:
    """Forward over the steps of each run, then back along what cost least."""
    cost, back = np.zeros(len(road)), np.full(len(road), -1)
    previous = -1
    for step in range(len(first) - 1):
        low, high = first[step], min(first[step + 1], first[step] + _MOST)
        if previous >= 0 and run[step] != run[previous]:
            _trace(first[previous], first[previous + 1], cost, back, chosen)
            previous = -1
        for k in range(low, high):
            near = 0.5 * (distance[k] / SPREAD_M) ** 2
            cost[k] = near
            if previous >= 0:
                end = min(first[previous + 1], first[previous] + _MOST)
                back[k], least = _arrive(k, first[previous], end, road, cost, start, others)
                cost[k] = least + near
        if high > low:
            previous = step
    if previous >= 0:
        _trace(first[previous], first[previous + 1], cost, back, chosen)


@compiled
def _arrive(  # noqa: PLR0917
    k: int, low: int, high: int, road: Ints, cost: Floats, start: Any, others: Any
) -> tuple[int, float]:
    """From which candidate of the step before this one is reached at least cost."""
    least, best = np.inf, -1
    for p in range(low, high):
        change = 0.0
        if road[p] != road[k]:
            change = TURN_M / SPREAD_M
            if not _meet(road[p], road[k], start, others):
                change *= 3.0
        if cost[p] + change < least:
            least, best = cost[p] + change, p
    return best, least


@compiled
def _trace(low: int, high: int, cost: Floats, back: Ints, chosen: Any) -> None:
    best = low
    for k in range(low, min(high, low + _MOST)):
        if cost[k] < cost[best]:
            best = k
    while best >= 0:
        chosen[best] = True
        best = back[best]
