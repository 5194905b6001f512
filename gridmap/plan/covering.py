"""Covering models: which views, at most one at each place, cover the most ground.

Here is the model; :mod:`gridmap.plan.greedy` chooses quickly, with a bound of its own, and
:mod:`gridmap.plan.proof` chooses exactly.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from gridmap.errors import InputError

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
NEW, KEEP, TURN = 0, 1, 2
"""Kinds of views: of a new camera, of one that stands as it does, of one that is turned."""
NONE = -1
LEAST = 1e-9
"""Worth below which nothing is gained."""


@dataclass(frozen=True, eq=False)
class Covering:
    """Views to choose from, and what they cover.

    Attributes
    ----------
    seen : csr_array, shape (views, pieces)
        1 where a view covers a piece of ground.
    weight : ndarray, shape (pieces,)
        What each piece is worth once it is covered as often as it needs.
    need, have : ndarray, shape (pieces,)
        How often a piece is to be covered (1 or 2), and is whatever is chosen.
    place : ndarray of int, shape (views,)
        Place of each view; at most one view of each place is chosen.
    kind : ndarray of int, shape (views,)
        :data:`NEW`, :data:`KEEP` or :data:`TURN`. A place with a KEEP view has a camera.
    facade_m : ndarray, shape (views,)
        Façade of homes in each view [m].
    count : int
        New cameras at most; each removed one frees one more.
    removable : frozenset of int
        Places whose camera may go; any other stays, as it is or turned.
    turns : int
        Cameras turned at most.
    price_per_m : float
        Worth of ground that a metre of façade costs.
    turn_price : float
        Worth of ground that turning a camera costs.
    most_facade_m : float
        Façade of homes in all new and turned views together at most [m].
    """

    seen: sparse.csr_array
    weight: Floats
    need: Numbers
    have: Numbers
    place: Numbers
    kind: Numbers
    facade_m: Floats
    count: int
    removable: frozenset[int] = frozenset()
    turns: int = 0
    price_per_m: float = 0.0
    turn_price: float = 0.0
    most_facade_m: float = np.inf

    @property
    def price(self) -> Floats:
        """What choosing each view costs, in worth of ground."""
        return self.price_per_m * self.facade_m + self.turn_price * (self.kind == TURN)

    @property
    def places(self) -> int:
        """Number of places."""
        return int(self.place.max(initial=-1)) + 1


@dataclass(frozen=True, eq=False)
class Choice:
    """Views chosen.

    Attributes
    ----------
    views : ndarray of int
        Their numbers, ascending.
    value : float
        Worth of the ground covered less prices.
    bound : float
        No choice is worth more.
    proved : bool
        Whether the value is proved to be the best.
    stopped : bool
        Whether time ran out before the solver had finished.
    method : str
        ``greedy`` or ``exact``: where the views come from.
    """

    views: Numbers
    value: float
    bound: float
    proved: bool = False
    stopped: bool = False
    method: str = "greedy"

    @property
    def gap(self) -> float:
        """How much better the best could be, relative to the bound [0-1]."""
        if self.bound - self.value <= LEAST * max(1.0, abs(self.bound)):
            return 0.0
        return float((self.bound - self.value) / max(abs(self.bound), 1e-12))

    def certain_share(self, base: float) -> float:
        """Share of the most that can be gained over a base that this choice gains at least [0-1].

        Examples
        --------
        >>> Choice(np.array([0]), 8.0, 10.0).certain_share(4.0)
        0.6666666666666666
        """
        most = self.bound - base
        if self.proved or most <= 0:
            return 1.0
        return float(np.clip((self.value - base) / most, 0.0, 1.0))


def merge_pieces(problem: Covering) -> Covering:
    """Covering with pieces that the same views cover made one; pieces that none covers go.

    Notes
    -----
    Every view gets two random 64-bit numbers from a fixed seed; pieces whose views have the same
    sums, need and have are taken as equal (chance of error below 1e-20 for a million pieces).

    Examples
    --------
    >>> seen = sparse.csr_array([[1, 1, 0, 0], [1, 1, 1, 0]])
    >>> one = np.ones(4, int)
    >>> told = merge_pieces(Covering(seen, np.array([1.0, 2, 4, 8]), one, 0 * one,
    ...     np.arange(2), np.zeros(2, int), np.zeros(2), 1))
    >>> sorted(told.weight.tolist())
    [3.0, 4.0]
    """
    columns = problem.seen.tocsc()
    counts = np.diff(columns.indptr)
    open_ = np.flatnonzero((counts > 0) & (problem.weight > 0) & (problem.have < problem.need))
    if not len(open_):
        nothing = np.empty(0, dtype=np.int64)
        none = sparse.csr_array((problem.seen.shape[0], 0))
        return replace(problem, seen=none, weight=np.empty(0), need=nothing, have=nothing)
    columns = columns[:, open_]
    marks = np.random.default_rng(0).integers(0, 2**63, (columns.shape[0], 2), dtype=np.uint64)
    sums = np.add.reduceat(marks[columns.indices], columns.indptr[:-1], axis=0)
    state = np.column_stack([problem.need[open_], problem.have[open_]]).astype(np.uint64)
    _, first, group = np.unique(
        np.hstack([sums, state]), axis=0, return_index=True, return_inverse=True
    )
    rows = open_[first]
    return replace(
        problem,
        seen=sparse.csr_array(columns[:, first]),
        weight=np.bincount(group.ravel(), problem.weight[open_]).astype(np.float64),
        need=problem.need[rows],
        have=problem.have[rows],
    )


def value_of(problem: Covering, views: npt.ArrayLike) -> float:
    """Worth of what views cover, less their prices.

    Notes
    -----
    Σ weight · min(need, times covered) ÷ need − Σ price; what is covered whatever is chosen
    counts as well.

    Examples
    --------
    >>> seen = sparse.csr_array([[1, 0], [1, 1]])
    >>> one = np.ones(2, int)
    >>> told = Covering(seen, np.array([3.0, 4.0]), one, 0 * one, np.arange(2), 0 * one,
    ...                 np.array([0.0, 1.0]), 1, price_per_m=0.5)
    >>> value_of(told, [0]), value_of(told, [0, 1])
    (3.0, 6.5)
    """
    chosen = np.asarray(views, dtype=np.int64)
    times = times_covered(problem, chosen)
    met = np.minimum(times, problem.need) / problem.need
    return float((problem.weight * met).sum() - problem.price[chosen].sum())


def check_covering(problem: Covering) -> None:
    """Refuse limits that cannot be.

    Raises
    ------
    InputError
        If the number or a limit is below zero, or there is nothing to choose from.
    """
    if problem.count < 0 or problem.turns < 0:
        raise InputError(
            f"Expected a number of cameras of 0 or more; found {problem.count} new and "
            f"{problem.turns} turned."
        )
    if not problem.most_facade_m >= 0:
        raise InputError(
            f"Expected at most 0 m or more of façade; found {problem.most_facade_m:g} m."
        )


def times_covered(problem: Covering, views: Numbers) -> Floats:
    """Count how often each piece is covered, by the views and whatever is chosen."""
    chosen = np.zeros(problem.seen.shape[0])
    np.add.at(chosen, views, 1.0)
    return np.asarray(problem.have + chosen @ problem.seen, dtype=np.float64)


def worth_left(problem: Covering, times: Floats) -> Floats:
    """Worth of one more view of each piece."""
    return np.where(times < problem.need, problem.weight / problem.need, 0.0)
