"""Catchments: the people of every place allocated to sites, and what that means for each site."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from gridmap.services.distribution import weighted_means, weighted_quantiles
from gridmap.services.fair_access import refuse_wrong
from gridmap.services.network import BoolArray, FloatArray, IntArray

NOBODY = -1
"""Site of people to whom none is allocated."""


@dataclass(frozen=True, eq=False)
class Allocation:
    """Who goes where: each row some people of one demand point and their one site.

    Attributes
    ----------
    demand : ndarray of int, shape (n,)
        Demand point, in order.
    site : ndarray of int, shape (n,)
        Their site; -1 for nobody.
    people : ndarray, shape (n,)
        How many; the rows of a demand point add up to its people.
    walk_m : ndarray, shape (n,)
        How far they walk [m]; NaN to nobody.
    """

    demand: IntArray
    site: IntArray
    people: FloatArray
    walk_m: FloatArray

    @property
    def served(self) -> BoolArray:
        """Which rows have a site."""
        return self.site != NOBODY

    @property
    def person_m(self) -> float:
        """Metres that all of them walk together [m]."""
        return float((self.people * np.where(self.served, self.walk_m, 0.0)).sum())

    @property
    def unserved_people(self) -> float:
        """People to whom no site is allocated."""
        return float(self.people[~self.served].sum())

    def main_site(self, size: int) -> IntArray:
        """Site of most people of each of so many demand points; -1 where that is nobody.

        Of equally many the first site counts, a site before nobody.
        """
        last = np.where(self.served, self.site, np.iinfo(np.int64).max)
        order = np.lexsort((last, -self.people, self.demand))
        first = order[np.flatnonzero(np.diff(self.demand[order], prepend=-1))]
        main = np.full(size, NOBODY, dtype=np.int64)
        main[self.demand[first]] = self.site[first]
        return main


def allocate_nearest(site: IntArray, walk_m: FloatArray, people: FloatArray) -> Allocation:
    """Allocate the people of every demand point to the site nearest on foot.

    Parameters
    ----------
    site : ndarray of int, shape (n,)
        Nearest site of each point, the first of equally near ones; -1 where none can be reached
        (:func:`gridmap.services.matrix.nearest_sites`, :func:`nearest_pairs`).
    walk_m : ndarray, shape (n,)
        How far it is [m].
    people : ndarray, shape (n,)
        People of each point.

    Raises
    ------
    InputError
        If people are negative or not known.

    Notes
    -----
    Every point has one site, so catchments are disjoint and add up to all people, nobody's
    included (MEASURES.md 3). Capacity is not looked at.

    Examples
    --------
    >>> near = allocate_nearest(np.array([1, -1]), np.array([80.0, np.inf]), np.array([30.0, 2.0]))
    >>> near.person_m, near.unserved_people
    (2400.0, 2.0)
    """
    people = np.asarray(people, dtype=np.float64)
    refuse_wrong(people, "people of the demand points")
    site = np.asarray(site, dtype=np.int64)
    far = np.where(site == NOBODY, np.nan, walk_m)
    return Allocation(np.arange(len(site)), site, people, far)


def nearest_pairs(walk_m: Any) -> tuple[IntArray, FloatArray]:
    """Nearest site of each row of a sparse matrix of walks, the first of equally near ones.

    Returns
    -------
    site : ndarray of int, shape (n,)
        -1 where no pair is stored.
    metres : ndarray, shape (n,)
        inf there.

    Examples
    --------
    >>> site, metres = nearest_pairs(csr_array(np.array([[9.0, 5.0, 5.0], [0.0, 0.0, 0.0]])))
    >>> site.tolist(), metres.tolist()
    ([1, -1], [5.0, inf])
    """
    pairs = csr_array(walk_m)
    row = np.repeat(np.arange(pairs.shape[0]), np.diff(pairs.indptr))
    order = np.lexsort((pairs.indices, pairs.data, row))
    first = order[np.flatnonzero(np.diff(row[order], prepend=-1))]
    site = np.full(pairs.shape[0], NOBODY, dtype=np.int64)
    metres = np.full(pairs.shape[0], np.inf)
    site[row[first]], metres[row[first]] = pairs.indices[first], pairs.data[first]
    return site, metres


def site_loads(allocation: Allocation, capacity: FloatArray) -> pd.DataFrame:
    """Describe what an allocation means for each site.

    Parameters
    ----------
    allocation : Allocation
        Who goes where.
    capacity : ndarray, shape (sites,)
        People each site can serve; NaN where it is not known.

    Returns
    -------
    DataFrame
        One row per site: ``people``, ``walk_mean_m``, ``walk_p90_m``, ``walk_max_m`` (empty
        without people), ``capacity``, ``load`` (people ÷ capacity; empty without capacity, or
        with one of 0), ``people_over`` (people − capacity where more; empty without capacity).

    Notes
    -----
    A site with capacity 0 serves nobody: all its people are over, its load has no value. A site
    whose capacity is not known is never called overfull (MEASURES.md 3).

    Examples
    --------
    >>> who = Allocation(*map(np.array, ([0, 1], [0, 0], [30.0, 10.0], [100.0, 300.0])))
    >>> site_loads(who, np.array([25.0]))[["people", "walk_mean_m", "load", "people_over"]].values
    array([[ 40. , 150. ,   1.6,  15. ]])
    """
    return pd.DataFrame(load_columns(allocation, capacity))


def load_columns(allocation: Allocation, capacity: FloatArray) -> dict[str, FloatArray]:
    """Give the columns of :func:`site_loads` as arrays, for many types in a row.

    Examples
    --------
    >>> who = Allocation(*map(np.array, ([0], [0], [30.0], [100.0])))
    >>> load_columns(who, np.array([20.0]))["people_over"].tolist()
    [10.0]
    """
    capacity = np.asarray(capacity, dtype=np.float64)
    count, site = len(capacity), allocation.site
    people = np.bincount(
        site[allocation.served], weights=allocation.people[allocation.served], minlength=count
    )
    farthest = np.full(count, -np.inf)
    counted = allocation.served & (allocation.people > 0)
    np.maximum.at(farthest, site[counted], allocation.walk_m[counted])
    walks = allocation.walk_m, allocation.people, site, count
    return {
        "people": people,
        "walk_mean_m": weighted_means(*walks),
        "walk_p90_m": weighted_quantiles(*walks, (0.9,))[0],
        "walk_max_m": np.where(np.isfinite(farthest), farthest, np.nan),
        "capacity": capacity,
        "load": np.divide(people, capacity, out=np.full(count, np.nan), where=capacity > 0),
        "people_over": np.maximum(people - capacity, 0.0),
    }
