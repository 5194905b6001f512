"""Routing with prizes and time windows: the only importer of PyVRP (extra ``plan``)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gridmap.errors import AssetError, InputError
from gridmap.progress import Progress, silent

Seconds = npt.NDArray[np.int64]
FAR_S = 10**8
"""Stands for a way that does not exist [s]: about three years."""


@dataclass(frozen=True)
class Unit:
    """One patrol unit: where it starts and ends, and when it is out.

    Attributes
    ----------
    start, end : int
        Places (rows of the matrix).
    from_s, until_s : int
        Earliest start and latest return [s].
    """

    start: int
    end: int
    from_s: int
    until_s: int


@dataclass(frozen=True)
class Visit:
    """One visit that may be made.

    Attributes
    ----------
    place : int
        Row of the matrix.
    from_s, until_s : int
        It may begin between these moments [s].
    stay_s : int
        How long it lasts [s].
    prize_s : int
        Seconds of moving it is worth.
    must : bool
        Whether it has to be made, whatever it costs.
    """

    place: int
    from_s: int
    until_s: int
    stay_s: int
    prize_s: int = 0
    must: bool = False


@dataclass(frozen=True)
class Stop:
    """A visit in a route: which one, and from when to when [s]."""

    visit: int
    from_s: int
    until_s: int


@dataclass(frozen=True)
class Solved:
    """Routes for all units, best first found within the time.

    Attributes
    ----------
    routes : tuple of (unit, tuple of Stop)
        Units that stay at home are absent.
    starts : tuple of int
        When each route begins [s].
    left_out : tuple of int
        Visits that nobody makes.
    cost : int
        Seconds of moving plus the prizes of visits left out.
    feasible : bool
        Whether all time windows and visits that must be made are kept.
    """

    routes: tuple[tuple[int, tuple[Stop, ...]], ...]
    starts: tuple[int, ...]
    left_out: tuple[int, ...]
    cost: int
    feasible: bool


def solve_routes(
    move_s: Seconds,
    units: Sequence[Unit],
    visits: Sequence[Visit],
    *,
    limit_s: float = 5.0,
    seed: int = 0,
    progress: Progress = silent,
) -> Solved:
    """Choose visits and order them, so that moving costs least and prizes missed are few.

    Parameters
    ----------
    move_s : ndarray of int, shape (n, n)
        Time from place to place [s]; :data:`FAR_S` or more where there is no way.
    units : sequence of Unit
        At least one.
    visits : sequence of Visit
        At least one.
    limit_s : float
        Time to search [s].
    seed : int
        Of the search.
    progress : Progress
        Told of the time that has passed; what it raises ends the search.

    Returns
    -------
    Solved

    Raises
    ------
    InputError
        Without units, or with a time window that ends before it begins.
    AssetError
        If PyVRP is not installed.

    Notes
    -----
    A heuristic (iterated local search): the answer is good, and neither proved best nor the same on
    a slower machine. With the same seed and number of steps it is the same.

    Examples
    --------
    >>> line = np.abs(np.subtract.outer([0, 60, 120], [0, 60, 120]))
    >>> visits = [Visit(1, 0, 900, 60, 1000), Visit(2, 0, 900, 60, 1000)]
    >>> found = solve_routes(line, [Unit(0, 0, 0, 3600)], visits, limit_s=0.1)
    >>> found.cost, len(found.routes[0][1])
    (240, 2)
    """
    _check(units, visits)
    pyvrp = _pyvrp()
    matrix = np.minimum(np.asarray(move_s, dtype=np.int64), FAR_S)
    problem = _problem(pyvrp, matrix, units, visits)
    began = time.monotonic()

    def stops(_best: float) -> bool:
        passed = time.monotonic() - began
        progress("routes: searching", int(min(passed, limit_s)), int(np.ceil(limit_s)))
        return passed >= limit_s

    told = pyvrp.solve(problem, stops, seed=seed, collect_stats=False, display=False)
    return _solved(told.best, len(visits))


def _check(units: Sequence[Unit], visits: Sequence[Visit]) -> None:
    if not units:
        raise InputError("Expected at least one unit to walk; found 0. Give --units 1 or more.")
    spans = {
        "unit": [(one.from_s, one.until_s) for one in units],
        "visit": [(one.from_s, one.until_s) for one in visits],
    }
    for what, rows in spans.items():
        wrong = [n for n, (begin, end) in enumerate(rows, 1) if end < begin]
        if wrong:
            raise InputError(
                f"The time window of {what} {wrong[0]} ends before it begins "
                f"({len(wrong)} such). Correct its times."
            )


def _pyvrp() -> Any:
    try:
        import pyvrp
    except ImportError as error:
        raise AssetError(
            "Routes with time windows need PyVRP, which is not installed. Install the extra: "
            "pip install 'gridmap[plan]'."
        ) from error
    return pyvrp


def _problem(pyvrp: Any, matrix: Seconds, units: Sequence[Unit], visits: Sequence[Visit]) -> Any:
    places = [pyvrp.Location(0, 0) for _ in range(len(matrix))]
    ends = sorted({one.start for one in units} | {one.end for one in units})
    depot = {place: n for n, place in enumerate(ends)}
    clients = [
        pyvrp.Client(
            one.place,
            service_duration=one.stay_s,
            tw_early=one.from_s,
            tw_late=one.until_s,
            prize=one.prize_s,
            required=one.must,
        )
        for one in visits
    ]
    # One type for each unit, so that a route names its unit.
    types = [
        pyvrp.VehicleType(
            1,
            start_depot=depot[one.start],
            end_depot=depot[one.end],
            tw_early=one.from_s,
            tw_late=one.until_s,
        )
        for one in units
    ]
    depots = [pyvrp.Depot(place) for place in ends]
    return pyvrp.ProblemData(places, clients, depots, types, [matrix], [matrix])


def _solved(best: Any, count: int) -> Solved:
    routes = []
    starts = []
    for route in best.routes():
        stops = tuple(
            Stop(one.idx, one.start_time, one.end_time)
            for one in route.schedule()
            if one.is_client()
        )
        if stops:
            routes.append((int(route.vehicle_type()), stops))
            starts.append(int(route.start_time()))
    made = {stop.visit for _, stops in routes for stop in stops}
    left_out = tuple(sorted(set(range(count)) - made))
    cost = int(best.distance_cost() + best.uncollected_prizes())
    return Solved(tuple(routes), tuple(starts), left_out, cost, bool(best.is_feasible()))
