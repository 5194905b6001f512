"""A question of siting as numbers: who walks how far to which place, and what is allowed."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from gridmap.errors import InputError, name_ids

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LSCP, MCLP, P_MEDIAN, P_CENTER = "lscp", "mclp", "p-median", "p-center"
OBJECTIVES = (LSCP, MCLP, P_MEDIAN, P_CENTER)
"""Fewest sites, most people within the norm, least walking, least farthest walk."""
BACKUP = ("", "then", "require")
"""Covered twice: not asked; as much as possible among the best; or nothing else counts."""
AT_THE_NORM_M = 1e-6
"""A walk this much [m] over the norm still meets it: rounding, not distance."""


@dataclass(frozen=True, eq=False)
class Siting:
    """A question of siting.

    Attributes
    ----------
    distance_m : csr_array, shape (points, places)
        Walk from every point to every place [m]; what is not stored cannot be walked, a stored 0
        is a walk of 0 m. See :func:`stored` for other forms.
    people : ndarray, shape (points,)
        People at each point; not negative.
    objective : str
        One of :data:`OBJECTIVES`.
    norm_m : float
        Longest walk that counts as served [m]; not used by p-median and p-center.
    existing : ndarray of bool, shape (places,)
        Places that are open already; the others are candidates.
    count : int, optional
        New sites at most; closing an existing one allows one more.
    closable : int
        Existing sites that may be closed; 0 keeps all.
    cost : ndarray, shape (places,)
        What a place costs; LSCP makes the sum small, so 1 each asks for the fewest.
    budget : float
        Sum of the cost of new sites at most.
    capacity : ndarray, optional, shape (places,)
        People each place can serve, inf without a limit; None where nobody asks.
    apart : ndarray of int, shape (k, 2)
        Pairs of places too near each other for both.
    backup : str
        One of :data:`BACKUP`; for LSCP and MCLP.
    far_m : float, optional
        Walk charged by p-median for people whom no chosen place serves [m]; default the longest
        walk that is stored.

    Raises
    ------
    InputError
        If shapes do not fit, a number is negative, NaN or infinite where it must not be, a
        capacity is 0, or options contradict each other. The message names every fault.
    """

    distance_m: Any
    people: Floats
    objective: str
    norm_m: float
    existing: Bools
    count: int | None = None
    closable: int = 0
    cost: Any = 1.0
    budget: float = np.inf
    capacity: Any = None
    apart: Any = ()
    backup: str = ""
    far_m: float | None = None

    def __post_init__(self) -> None:
        walks = stored(self.distance_m)
        put = object.__setattr__
        put(self, "distance_m", walks)
        put(self, "people", np.asarray(self.people, dtype=np.float64))
        put(self, "existing", np.asarray(self.existing, dtype=bool))
        put(self, "apart", np.asarray(self.apart, dtype=np.int64).reshape(-1, 2))
        places = walks.shape[1]
        put(self, "cost", _one_each(self.cost, places))
        if self.capacity is not None:
            put(self, "capacity", _one_each(self.capacity, places))
        faults = list(_faults(self))
        if faults:
            raise InputError("The question of siting cannot be asked: " + "; ".join(faults) + ".")

    @property
    def size(self) -> tuple[int, int]:
        """Points and places."""
        return self.distance_m.shape[0], self.distance_m.shape[1]

    @cached_property
    def covers(self) -> sparse.csr_array:
        """Ones where a place serves a point within the norm, shape (points, places)."""
        walks = self.distance_m
        near = walks.data <= self.norm_m + AT_THE_NORM_M
        rows = np.repeat(np.arange(walks.shape[0]), np.diff(walks.indptr))[near]
        pairs = rows, walks.indices[near]
        return sparse.csr_array((np.ones(len(pairs[0])), pairs), shape=walks.shape)

    @cached_property
    def usable(self) -> Bools:
        """Places that may be open at all: not too near to an existing site that must stay."""
        allowed = np.ones(self.size[1], dtype=bool)
        if self.closable == 0 and len(self.apart):
            for one, other in (self.apart.T, self.apart.T[::-1]):
                allowed[other[self.existing[one] & ~self.existing[other]]] = False
        allowed[~self.existing & (self.cost > self.budget)] = False
        return allowed

    @cached_property
    def conflicts(self) -> Ints:
        """Pairs too near each other of which at least one is new, and both may be open."""
        one, other = self.apart.T
        real = ~(self.existing[one] & self.existing[other]) & self.usable[one] & self.usable[other]
        return np.unique(np.sort(self.apart[real & (one != other)], axis=1), axis=0)

    @cached_property
    def options(self) -> Ints:
        """Places that could serve each point: within the norm (lscp, mclp), or at any distance."""
        walks = self.covers if self.objective in {LSCP, MCLP} else self.distance_m
        rows = np.repeat(np.arange(walks.shape[0]), np.diff(walks.indptr))
        return np.bincount(rows[self.usable[walks.indices]], minlength=walks.shape[0])

    @cached_property
    def reachable(self) -> Bools:
        """Points with people whom the places could serve, were all of them open.

        Where backup is required, MCLP counts only whom two places can serve; LSCP asks for two
        where there are two.
        """
        least = self.need if self.objective == MCLP else 1
        return np.asarray((self.options >= least) & (self.people > 0))

    @cached_property
    def needs(self) -> Ints:
        """Open places within the norm that each point needs to count as served."""
        most = self.options if self.objective == LSCP else np.full(self.size[0], self.need)
        return np.minimum(self.need, np.maximum(most, 1)).astype(np.int64)

    @property
    def need(self) -> int:
        """Open places within the norm that a point needs to count."""
        return 2 if self.backup == "require" else 1

    @property
    def plain(self) -> bool:
        """Whether only the numbers of new and closed sites are limited."""
        return not len(self.conflicts) and not np.isfinite(self.budget) and self.capacity is None

    @property
    def far(self) -> float:
        """Walk charged for people without any site [m]."""
        if self.far_m is not None:
            return self.far_m
        return float(self.distance_m.data.max(initial=0.0))

    @property
    def most_sites(self) -> int:
        """Sites open at most, existing ones included."""
        places = self.size[1]
        return places if self.count is None else min(int(self.existing.sum()) + self.count, places)


def stored(distances: Any) -> sparse.csr_array:
    """Distances as a sparse matrix whose stored values are walks, a stored 0 included.

    Parameters
    ----------
    distances : array-like or sparse matrix, shape (points, places)
        Walks [m]; in a dense matrix inf stands for no way.

    Returns
    -------
    csr_array
        The least of several values where a pair appears twice.

    Raises
    ------
    InputError
        If a stored walk is NaN, negative or (in a sparse matrix) infinite.

    Examples
    --------
    >>> stored([[0.0, np.inf], [5.0, 2.0]]).nnz
    3
    >>> twice = sparse.coo_array(([7.0, 4.0], ([0, 0], [0, 0])), shape=(1, 1))
    >>> stored(twice).data.tolist()
    [4.0]
    """
    given: Any = distances
    if sparse.issparse(distances):
        if given.format == "csr" and given.has_canonical_format:
            _refuse_values(given.data)
            return sparse.csr_array(given)
        pairs: Any = sparse.coo_array(given)
        (row, column), value, shape = pairs.coords, pairs.data, pairs.shape
        _refuse_values(value)
    else:
        table = np.asarray(distances, dtype=np.float64)
        if table.ndim != 2:
            raise InputError("Distances expect one row per point and one column per place.")
        _refuse_values(table[~np.isposinf(table)])
        row, column = np.nonzero(~np.isposinf(table))
        value, shape = table[row, column], table.shape
    order = np.lexsort((value, column, row))
    row, column, value = row[order], column[order], np.asarray(value, np.float64)[order]
    first = np.ones(len(row), dtype=bool)
    first[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
    start = np.searchsorted(row[first], np.arange(shape[0] + 1))
    return sparse.csr_array((value[first], column[first], start), shape=shape)


def _one_each(value: Any, places: int) -> Floats:
    return np.array(np.broadcast_to(np.asarray(value, dtype=np.float64), (places,)))


def _refuse_values(walks: Floats) -> None:
    wrong = ~np.isfinite(walks) | (walks < 0)
    if wrong.any():
        raise InputError(
            f"Distances expect numbers of 0 m or more; found {name_ids(walks[wrong])}. Leave out "
            "the pairs between which nobody can walk."
        )


def _faults(asked: Siting) -> Iterator[str]:
    points, places = asked.size
    if asked.objective not in OBJECTIVES:
        yield f"the objective is one of {', '.join(OBJECTIVES)}, not '{asked.objective}'"
    if len(asked.people) != points or len(asked.existing) != places:
        yield (
            f"{points} points and {places} places have distances, but there are "
            f"{len(asked.people)} numbers of people and {len(asked.existing)} places"
        )
        return
    yield from _faults_of_numbers(asked)
    yield from _faults_of_options(asked)


def _faults_of_numbers(asked: Siting) -> Iterator[str]:
    wrong = np.flatnonzero(~np.isfinite(asked.people) | (asked.people < 0))
    if len(wrong):
        yield (
            "people are numbers of 0 or more; found "
            f"{name_ids(asked.people[wrong])} at points {name_ids(wrong)}"
        )
    wrong = np.flatnonzero(~np.isfinite(asked.cost) | (asked.cost < 0))
    if len(wrong):
        yield f"costs are numbers of 0 or more; others at places {name_ids(wrong)}"
    if asked.capacity is not None:
        wrong = np.flatnonzero(np.isnan(asked.capacity) | (asked.capacity <= 0))
        if len(wrong):
            yield f"capacities are above 0 people; others at places {name_ids(wrong)}"
    if asked.objective in {LSCP, MCLP} and not 0 < asked.norm_m < np.inf:
        yield f"the norm is a distance above 0 m, not {asked.norm_m}"
    if np.isnan(asked.budget) or asked.budget < 0:
        yield f"the budget is 0 or more, not {asked.budget}"
    if asked.far_m is not None and not asked.distance_m.data.max(initial=0) <= asked.far_m < np.inf:
        yield "the walk charged without a site is not shorter than the longest walk"
    if ((asked.apart < 0) | (asked.apart >= asked.size[1])).any():
        yield "pairs that must lie apart name places that there are not"


def _faults_of_options(asked: Siting) -> Iterator[str]:
    new = int((~asked.existing).sum())
    if asked.count is not None and not 0 <= asked.count <= new:
        yield f"new sites are 0 to {new} (so many candidates), not {asked.count}"
    if asked.count is None and asked.objective != LSCP and np.isinf(asked.budget):
        yield f"{asked.objective} needs a number of new sites or a budget"
    if not 0 <= asked.closable <= int(asked.existing.sum()):
        yield f"existing sites are {int(asked.existing.sum())}; {asked.closable} cannot be closed"
    if asked.backup not in BACKUP:
        yield f"backup is one of 'then' and 'require', not '{asked.backup}'"
    elif asked.backup and asked.objective not in {LSCP, MCLP}:
        yield f"backup coverage goes with lscp and mclp, not with {asked.objective}"
    elif asked.backup and asked.capacity is not None:
        yield "backup coverage and capacities cannot be asked together"
