"""Catchments that keep to the capacity of sites: the transport problem, solved exactly."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array, hstack

from gridmap.compiled import loops
from gridmap.errors import InputError, name_ids
from gridmap.services.catchments import NOBODY, Allocation
from gridmap.services.fair_access import refuse_wrong
from gridmap.services.network import FloatArray

LOOPS = "gridmap.services.transport_loops"
SLIGHT_SHARE = 1e-10
"""Sites may end this share of all people over their capacity: rounding, not people."""


@dataclass(frozen=True, eq=False)
class Transport:
    """Allocation that keeps to capacities, and the proof that there is no better one.

    Attributes
    ----------
    allocation : Allocation
        Who goes where; the people of a demand point may be split between sites.
    price_m : ndarray, shape (sites,)
        What one more place at the site would save [person-metres per place]; 0 where places are
        left.
    bound_person_m : float
        No allocation that leaves as few people out walks less than this [m].
    split_points : int
        Demand points whose people go to more than one place.
    need_m : ndarray, shape (demand,)
        Walk plus price of the best choice of each point [m]; of nobody's people that of leaving
        them out.
    """

    allocation: Allocation
    price_m: FloatArray
    bound_person_m: float
    split_points: int
    need_m: FloatArray

    @property
    def gap(self) -> float:
        """Relative gap between the metres walked and the bound."""
        walked = self.allocation.person_m
        return abs(walked - self.bound_person_m) / max(walked, 1.0)

    def holds_beyond(self, limit_m: float) -> bool:
        """Whether pairs farther apart than a limit, had they been given, would change nothing.

        As no price is under 0, a pair that was left out costs more than the limit; it is of no use
        to a point whose best choice costs less.
        """
        return bool((self.need_m <= limit_m).all())


def allocate_within_capacity(walk_m: Any, people: FloatArray, capacity: FloatArray) -> Transport:
    """Allocate people to sites within their capacity so that together they walk least.

    Parameters
    ----------
    walk_m : sparse matrix, shape (demand, sites)
        Walks [m]; a pair that is not stored is not allowed, a stored 0 is a walk of 0 m.
    people : ndarray, shape (demand,)
        People of each demand point; they may be split.
    capacity : ndarray, shape (sites,)
        People each site can serve; 0 serves nobody, NaN is refused.

    Returns
    -------
    Transport

    Raises
    ------
    InputError
        If people or capacities are negative or not known, or their numbers do not fit.

    Notes
    -----
    First as few people as possible are left out, then Σ people × walk is least. Everybody starts at
    the nearest site; overfull sites pass people on along shortest paths between sites (successive
    shortest paths with potentials: Ahuja, Magnanti and Orlin 1993, chapter 9), where leaving
    somebody out costs more than any detour. The potentials give prices of places and with them, by
    the dual problem, the bound; it is added up apart from the search (MEASURES.md 3, 7).

    Examples
    --------
    Both homes are nearer to the first site, which has room for one:

    >>> walks = csr_array(np.array([[10.0, 30.0], [20.0, 90.0]]))
    >>> found = allocate_within_capacity(walks, np.array([1.0, 1.0]), np.array([1.0, 5.0]))
    >>> found.allocation.site.tolist(), found.allocation.person_m, found.bound_person_m
    ([1, 0], 50.0, 50.0)
    """
    people, capacity = np.asarray(people, dtype=float), np.asarray(capacity, dtype=float)
    pairs = csr_array(walk_m)
    _check(pairs, people, capacity)
    out_m = 1.0 + (len(capacity) + 1) * float(pairs.data.max(initial=0.0))
    flow, potential, whole = _pass_on(pairs, people, capacity, out_m)
    row = np.repeat(np.arange(len(people)), np.diff(whole.indptr))
    used = np.flatnonzero(flow > 0)
    site = np.where(whole.indices[used] == len(capacity), NOBODY, whole.indices[used])
    far = np.where(site == NOBODY, np.nan, whole.data[used])
    allocation = Allocation(row[used], site.astype(np.int64), flow[used], far)
    price = np.maximum(potential[-1] - potential[:-2], 0.0)
    need = whole.data + np.append(price, 0.0)[whole.indices]
    least = np.minimum.reduceat(need, whole.indptr[:-1]) if len(people) else need
    dear = price > 0
    bound = float((people * least).sum() - (price[dear] * capacity[dear]).sum())
    bound -= out_m * allocation.unserved_people
    split = int((np.bincount(row[used], minlength=1) > 1).sum())
    return Transport(allocation, price, bound, split, np.where(people > 0, least, 0.0))


def _pass_on(
    pairs: Any, people: FloatArray, capacity: FloatArray, out_m: float
) -> tuple[FloatArray, FloatArray, Any]:
    """People on every pair, potentials, and the pairs with the way out as last column."""
    out = csr_array(np.full((len(people), 1), out_m))
    whole = (
        csr_array(hstack([pairs, out], format="csr"))
        if len(people)
        else csr_array((0, len(capacity) + 1))
    )
    start, site = (np.asarray(one, dtype=np.int64) for one in (whole.indptr, whole.indices))
    row = np.repeat(np.arange(len(people)), np.diff(start))
    order = np.lexsort((site, whole.data, row))
    first = order[start[:-1]]
    room = np.append(capacity, np.inf)
    load = np.bincount(site[first], weights=people, minlength=len(room))
    steps = int((load > room).sum()) * len(people) + len(people)
    flow, potential = loops(LOOPS, steps).pass_on(
        (start, site, whole.data, row), first, people, room, SLIGHT_SHARE * people.sum()
    )
    return flow, potential, whole


def _check(pairs: Any, people: FloatArray, capacity: FloatArray) -> None:
    if pairs.shape != (len(people), len(capacity)):
        raise InputError(
            f"Catchments expect one row of walks for each demand point and one column for each "
            f"site; found {pairs.shape} for {len(people)} points and {len(capacity)} sites."
        )
    refuse_wrong(people, "people of the demand points")
    unknown = np.flatnonzero(np.isnan(capacity))
    if len(unknown):
        raise InputError(
            f"Catchments within capacity expect the capacity of every site; it is not known for "
            f"{name_ids(f'site {n + 1}' for n in unknown)}. Fill it in, or ask for the nearest."
        )
    refuse_wrong(np.where(np.isposinf(capacity), 0.0, capacity), "capacity of the sites")
