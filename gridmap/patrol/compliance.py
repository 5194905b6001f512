"""Compliance: each due window met, partly met, missed, or unknown, with the reason."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.compiled import loops
from gridmap.patrol.intervals import Floats, Intervals, seconds_within, unite
from gridmap.patrol.reasons import why
from gridmap.patrol.visits import BY_VEHICLE_S, MERGE_S, ON_FOOT_S

Ints = npt.NDArray[np.int64]
_TOLERANCE = 1e-6
"""Seconds that rounding may take from a demand."""
_STEPS = 20
"""About how many intervals one window of a visited cell looks at."""


class Visited(NamedTuple):
    """What is known of one cell: presence, and visits with the seconds each counts from."""

    presence: Intervals
    visits: Intervals
    least_s: Floats


class CellTimes(NamedTuple):
    """What is known of all cells, as flat arrays ordered by cell and time.

    Attributes
    ----------
    presence_cell, presence : ndarray of int, Intervals
        Cell of each run of presence, and its bounds [s].
    visit_cell, visits, least_s : ndarray of int, Intervals, ndarray
        Cell of each visit, its bounds [s], and the seconds it counts from.
    """

    presence_cell: Ints
    presence: Intervals
    visit_cell: Ints
    visits: Intervals
    least_s: Floats

    @classmethod
    def of(cls, visited: Mapping[int, Visited]) -> "CellTimes":
        """Join what is known of single cells.

        Examples
        --------
        >>> seen = unite(np.array([0.0]), np.array([90.0]))
        >>> CellTimes.of({7: Visited(seen, seen, np.array([60.0]))}).visit_cell.tolist()
        [7]
        """
        cells = sorted(visited)
        known = [visited[cell] for cell in cells]

        def flat(parts: list[Floats]) -> Floats:
            return np.concatenate([np.empty(0), *parts])

        def repeated(counts: list[int]) -> Ints:
            return np.repeat(np.array(cells, dtype=np.int64), np.array(counts, dtype=np.int64))

        return cls(
            repeated([len(one.presence.start) for one in known]),
            Intervals(*(flat([one.presence[n] for one in known]) for n in (0, 1))),
            repeated([len(one.visits.start) for one in known]),
            Intervals(*(flat([one.visits[n] for one in known]) for n in (0, 1))),
            flat([one.least_s for one in known]),
        )


class Unknown(NamedTuple):
    """Duty time of which nobody knows where it was spent.

    Attributes
    ----------
    any_s : Intervals
        Union over all units [s].
    least_s : float
        Seconds from which a visit of such a unit would count.
    """

    any_s: Intervals
    least_s: float


def unknown_of(stretches: pd.DataFrame) -> Unknown:
    """Unknown duty time of all units, united.

    Parameters
    ----------
    stretches : DataFrame
        From :func:`gridmap.patrol.segments.unknown_time`.

    Examples
    --------
    >>> late = pd.DataFrame({"mode": ["foot"], "start_s": [0.0], "end_s": [9.0]})
    >>> unknown_of(late).any_s.total_s
    9.0
    """
    vehicle = stretches["mode"].isin(["bike", "car"]).any()
    every = unite(stretches["start_s"].to_numpy(float), stretches["end_s"].to_numpy(float))
    return Unknown(every, BY_VEHICLE_S if vehicle else ON_FOOT_S)


def judge_windows(
    due: pd.DataFrame, visited: Mapping[int, Visited] | CellTimes, unknown: Unknown
) -> pd.DataFrame:
    """Judge every due (cell, window).

    Parameters
    ----------
    due : DataFrame
        cell (number), start_s, end_s, visits, minutes, max_freshness_min.
    visited : dict of int to Visited, or CellTimes
        What is known of each cell where anybody was.
    unknown : Unknown
        Duty time that could have been spent anywhere.

    Returns
    -------
    DataFrame
        On the index of ``due``: presence_s, visits_made, longest_pause_s, unknown_s, status,
        shortfall_min, reason.

    Notes
    -----
    Met: every demand is met. Unknown: not met, and the unknown duty time of the units on duty in
    the window could cover what is missing of every demand. Partly: anybody was there. Missed:
    nobody was (MEASURES.md 4). Presence could at most grow to the union of presence and unknown
    time. A stretch of unknown time, with presence less than 60 s away that is no visit by itself,
    could hold at most ⌊(length + 60) ÷ (least + 60)⌋ further visits, if it has ``least`` seconds
    of either; the longest absence could at best be that outside visits and such stretches. A visit
    counts for a window when the part inside it is long enough to be a visit, and somebody was in
    the cell within the window: visits are smoothed at borders and may reach where nobody was. The
    shortfall of visits is taken as 1 min for each.

    Windows in which nobody was in the cell differ by their bounds only, and are judged once for all
    cells; the others run through :mod:`gridmap.patrol.bestcase`.

    Examples
    --------
    >>> late = pd.DataFrame({"mode": [], "start_s": [], "end_s": []})
    >>> window = {"cell": [0], "start_s": [0.0], "end_s": [3600.0], "visits": [1.0]}
    >>> due = pd.DataFrame(window | {"minutes": [2.0], "max_freshness_min": [np.nan]})
    >>> judge_windows(due, {}, unknown_of(late)).status.tolist()
    ['missed']
    """
    times = visited if isinstance(visited, CellTimes) else CellTimes.of(visited)
    bounds = np.ascontiguousarray(due[["start_s", "end_s"]].to_numpy(dtype=float))
    wanted = due[["minutes", "visits", "max_freshness_min"]].to_numpy(dtype=float)
    group, first = _same_windows(bounds)
    unknown_s = seconds_within(unknown.any_s, *bounds[first].T)[group]
    cell = due["cell"].to_numpy(dtype=np.int64)
    known, met, could = _figures(cell, bounds, wanted, times, unknown, group=group)
    some = (known[:, 0] > 0) | (known[:, 1] > 0)
    kind = np.select([met, could, some], [0, 1, 2], default=3)
    missing = np.fmax(wanted[:, :2] * [60.0, 1.0] - known[:, :2], 0.0)
    return pd.DataFrame(
        {
            "presence_s": known[:, 0],
            "visits_made": known[:, 1],
            "longest_pause_s": known[:, 2],
            "unknown_s": unknown_s,
            "status": _STATUSES.take(kind),
            "shortfall_min": np.where(met, 0.0, np.maximum(missing[:, 0] / 60, missing[:, 1])),
            "reason": why(kind, known, wanted, unknown_s),
        },
        index=due.index,
        copy=False,
    )


_STATUSES = pd.array(["met", "unknown", "partly", "missed"], dtype="str")


def rate_bounds(status: pd.Series) -> tuple[float | None, float | None]:
    """Coverage rate with unknown taken as missed, and with unknown taken as met.

    Examples
    --------
    >>> rate_bounds(pd.Series(["met", "unknown", "missed", "met"]))
    (0.5, 0.75)
    >>> rate_bounds(pd.Series([], dtype="str"))
    (None, None)
    """
    if status.empty:
        return None, None
    met, unknown = (status == "met").mean(), (status == "unknown").mean()
    return float(met), float(met + unknown)


def _figures(
    cell: Ints,
    bounds: Floats,
    wanted: Floats,
    times: CellTimes,
    unknown: Unknown,
    *,
    group: Ints,
) -> tuple[Floats, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Tell what each window had, whether that was enough, and whether it could have been."""
    p_rows = _rows_seen(cell, bounds, times.presence_cell, times.presence, 0.0)
    v_rows = _rows_seen(cell, bounds, times.visit_cell, times.visits, MERGE_S)
    known = np.zeros((len(cell), 3))
    known[:, 2] = bounds[:, 1] - bounds[:, 0]
    seen = (p_rows[:, 1] > p_rows[:, 0]) | (v_rows[:, 1] > v_rows[:, 0])
    run = loops("gridmap.patrol.bestcase", int(seen.sum()) * _STEPS)
    presence = (*times.presence, p_rows)
    visits = (*times.visits, times.least_s, v_rows)
    run.known_in_windows(bounds, np.flatnonzero(seen), *presence, *visits, known)
    met = _satisfied(known, wanted)
    best = known.copy()
    # Where nobody was, the best case depends on the window alone: one row stands for all.
    blank = np.flatnonzero(~seen & ~met)
    stands = np.full(int(group.max(initial=-1)) + 1, -1, dtype=np.int64)
    stands[group[blank]] = blank
    asked = np.concatenate([np.flatnonzero(seen & ~met), stands[stands >= 0]])
    maybe = (*unknown.any_s, unknown.least_s, MERGE_S)
    run.best_in_windows(bounds, asked, *presence, *visits, *maybe, known, best)
    best[blank] = best[stands[group[blank]]]
    return known, met, met | _satisfied(best, wanted)


def _same_windows(bounds: Floats) -> tuple[Ints, Ints]:
    """Give each distinct window a number, and name one row of each."""
    start, _ = pd.factorize(bounds[:, 0])
    end, ends = pd.factorize(bounds[:, 1])
    group, _ = pd.factorize(start * max(len(ends), 1) + end)
    first = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.int64)
    first[group[::-1]] = np.arange(len(group))[::-1]
    return group.astype(np.int64), first


def _rows_seen(cell: Ints, bounds: Floats, of_cell: Ints, runs: Intervals, around_s: float) -> Ints:
    """First and last row (excluded) of the runs of its cell that each window may touch."""
    if not len(of_cell) or not len(cell):
        return np.zeros((len(cell), 2), dtype=np.int64)
    low = min(float(runs.start.min()), float(bounds.min())) - around_s - 1.0
    high = max(float(runs.end.max()), float(bounds.max())) + around_s + 1.0
    number = max(int(of_cell.max()), int(cell.max())) + 1
    # Whole ticks make one ascending key of cell and time; rounding errs towards looking.
    tick = max(1e-6, (high - low) * number / 2**61)
    span = int((high - low) / tick) + 2

    def key(cells: Ints, moment: Floats, sign: int) -> Ints:
        return cells * span + np.int64(sign) + ((moment - low) / tick).astype(np.int64)

    first = np.searchsorted(key(of_cell, runs.end, 1), key(cell, bounds[:, 0] - around_s, -1))
    last = np.searchsorted(key(of_cell, runs.start, -1), key(cell, bounds[:, 1] + around_s, 1))
    return np.column_stack([first, np.maximum(first, last)]).astype(np.int64)


def _satisfied(figures: Floats, wanted: Floats) -> npt.NDArray[np.bool_]:
    good = np.ones(len(wanted), dtype=bool)
    for n, unit in enumerate((60.0, 1.0, 60.0)):
        # Minutes and visits are at least, the longest absence is at most; nan asks for nothing.
        short = (wanted[:, n] * unit - figures[:, n]) * (1.0, 1.0, -1.0)[n] > _TOLERANCE
        good &= ~short
    return good
