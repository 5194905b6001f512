"""What a choice of sites comes to: its value, the bound, and whether the two meet."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from gridmap.plan.siting.problem import LSCP, MCLP, P_CENTER, P_MEDIAN, Floats, Ints, Siting
from gridmap.plan.solver import PROVED_GAP, relative_gap, solve


@dataclass(frozen=True, eq=False)
class Answer:
    """A choice of sites.

    Attributes
    ----------
    objective : str
        What was asked for.
    open : ndarray of int
        Places that are open, existing ones that stay included, ascending.
    value : float
        What it comes to: cost of new sites and of existing ones that could have been closed
        (lscp), people served (mclp), person-metres (p-median), farthest walk [m] (p-center).
    bound : float
        No choice is better than this.
    proved : bool
        Whether value and bound meet: only then the choice is a best one.
    stopped : bool
        Whether time ran out.
    seconds : float
        Time taken [s].
    method : str
        ``exact``, ``interchange`` or ``greedy``: where the choice comes from.
    twice : float
        People within the norm of two open sites.
    """

    objective: str
    open: Ints
    value: float
    bound: float
    proved: bool
    stopped: bool
    seconds: float
    method: str
    twice: float = 0.0

    @property
    def gap(self) -> float:
        """Relative distance between value and bound [0-1]; 0 where proved."""
        if self.proved:
            return 0.0
        sign = -1.0 if self.objective == MCLP else 1.0
        return relative_gap(sign * self.value, sign * self.bound)


def settle(
    asked: Siting,
    opened: Any,
    bound: float,
    *,
    stopped: bool = False,
    seconds: float = 0.0,
    method: str = "exact",
) -> Answer:
    """Measure a choice anew and hold it against its bound.

    Parameters
    ----------
    asked : Siting
        The question.
    opened : array-like of int
        Places that are open.
    bound : float
        What no choice can beat.
    stopped : bool
        Whether time ran out.
    seconds : float
        Time taken [s].
    method : str
        Where the choice comes from.

    Notes
    -----
    The value is computed from the chosen places, never taken from the solver, which works with
    tolerances. Value and bound meet within a relative gap of 1e-6.

    Examples
    --------
    >>> asked = Siting([[10.0, 90], [80, 20]], [5, 7], "mclp", 50, [False] * 2, count=1)
    >>> found = settle(asked, [1], 8.0)
    >>> found.value, found.proved, round(found.gap, 3)
    (7.0, False, 0.143)
    """
    chosen = np.unique(np.asarray(opened, dtype=np.int64))
    value = value_of(asked, chosen)
    sign = -1.0 if asked.objective == MCLP else 1.0
    meets = np.isfinite(value) and relative_gap(sign * value, sign * bound) <= PROVED_GAP
    if meets or sign * bound > sign * value:
        bound = value
    twice = 0.0
    if asked.objective in {LSCP, MCLP}:
        twice = float(asked.people[served_times(asked, chosen) >= 2].sum())
    return Answer(
        asked.objective, chosen, value, float(bound), bool(meets), stopped, seconds, method, twice
    )


def value_of(asked: Siting, opened: Ints) -> float:
    """Value of open places by the objective; inf where they do not do what is asked.

    Examples
    --------
    >>> asked = Siting([[10.0, 90], [80, 20]], [5, 7], "p-median", 50, [False] * 2, count=1)
    >>> value_of(asked, np.array([1]))
    590.0
    """
    if asked.objective == LSCP:
        return _cost(asked, opened) if _all_served(asked, opened) else np.inf
    if asked.objective == MCLP:
        return float(shares(asked, opened) @ asked.people)
    if asked.objective == P_MEDIAN:
        if asked.capacity is not None:
            return _assigned(asked, opened, asked.distance_m, asked.far)[1]
        return float(np.minimum(nearest_m(asked, opened), asked.far) @ asked.people)
    return _farthest_m(asked, opened)


def nearest_m(asked: Siting, opened: Ints) -> Floats:
    """Walk of every point to the nearest open place [m]; inf where there is no way."""
    picked = asked.distance_m[:, opened]
    found = np.full(asked.size[0], np.inf)
    np.minimum.at(found, np.repeat(np.arange(len(found)), np.diff(picked.indptr)), picked.data)
    return found


def served_times(asked: Siting, opened: Ints) -> Ints:
    """How many open places serve every point within the norm."""
    marked = np.zeros(asked.size[1])
    marked[opened] = 1.0
    return np.rint(asked.covers @ marked).astype(np.int64)


def shares(asked: Siting, opened: Ints) -> Floats:
    """Share of the people of every point that is served within the norm (and the capacity)."""
    if asked.capacity is None:
        return (served_times(asked, opened) >= asked.needs).astype(np.float64)
    return _assigned(asked, opened, asked.covers, None)[0]


def _all_served(asked: Siting, opened: Ints) -> bool:
    wanted = asked.reachable
    lacking = float(((1 - shares(asked, opened)) * asked.people)[wanted].sum())
    return lacking <= PROVED_GAP * max(float(asked.people[wanted].sum()), 1.0)


def _cost(asked: Siting, opened: Ints) -> float:
    paid = ~asked.existing | (asked.closable > 0)
    return float(asked.cost[opened] @ paid[opened])


def _farthest_m(asked: Siting, opened: Ints) -> float:
    wanted = asked.reachable
    if asked.capacity is None:
        return float(nearest_m(asked, opened)[wanted].max(initial=0.0))
    # With capacities: the least radius at which everybody finds room.
    limits = np.unique(asked.distance_m[:, opened].data)
    low, high = 0, len(limits)
    while low < high:
        middle = (low + high) // 2
        if room_within(asked, opened, float(limits[middle])):
            high = middle
        else:
            low = middle + 1
    if low == len(limits):
        return 0.0 if not wanted.any() else np.inf
    return float(limits[low])


def room_within(asked: Siting, opened: Ints, radius_m: float) -> bool:
    """Whether all people who can be served find room in open places within a radius."""
    within = within_radius(asked, radius_m)
    return reaches_all(within) and _all_served(within, opened)


def reaches_all(asked: Siting) -> bool:
    """Whether some place could serve each point with people."""
    return bool((asked.reachable == (asked.people > 0)).all())


def within_radius(asked: Siting, radius_m: float) -> Siting:
    """Ask the same as LSCP at a radius; only who can be served at all must be."""
    wanted = np.where(asked.reachable, asked.people, 0.0)
    walks = asked.distance_m if asked.objective == P_CENTER else asked.covers
    return Siting(
        walks, wanted, LSCP, max(radius_m, 1e-9), asked.existing,
        count=asked.count, closable=asked.closable, cost=asked.cost, budget=asked.budget,
        capacity=asked.capacity, apart=asked.apart,
    )  # fmt: skip


def _assigned(
    asked: Siting, opened: Ints, walks: sparse.csr_array, far: float | None
) -> tuple[Floats, float]:
    """Shares served and person-metres of the best allocation within capacities, as a flow."""
    capacity = np.asarray(asked.capacity)
    picked = sparse.csr_array(walks[:, opened])
    row = np.repeat(np.arange(asked.size[0]), np.diff(picked.indptr))
    column, metres = picked.indices, picked.data
    people = asked.people
    outside = far * people.sum() if far is not None else 0.0
    useful = people[row] > 0
    row, column, metres = row[useful], column[useful], metres[useful]
    if not len(row):
        return np.zeros(len(people)), float(outside)
    number = np.arange(len(row))
    limited = np.flatnonzero(np.isfinite(capacity[opened]))
    whole = sparse.csr_array((np.ones(len(row)), (row, number)), shape=(len(people), len(row)))
    load = sparse.csr_array((people[row], (column, number)), shape=(len(opened), len(row)))
    found = solve(
        people[row] * (metres - far) if far is not None else -people[row],
        sparse.vstack([whole, load[limited]]),
        -np.inf * np.ones(len(people) + len(limited)),
        np.r_[np.ones(len(people)), capacity[opened][limited]],
        integer=False,
    )
    assert found.x is not None  # noqa: S101 - nobody served is always allowed
    served = np.bincount(row, weights=found.x, minlength=len(people))
    return np.clip(served, 0, 1), float(outside + found.value)
