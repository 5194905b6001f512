"""p-median: interchange from several starts, a Lagrangian bound, and the solver on what is left."""

import math
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from gridmap.compiled import loops
from gridmap.errors import StoppedError
from gridmap.plan.siting.answers import Answer, settle
from gridmap.plan.siting.branching import Rest, branch
from gridmap.plan.siting.problem import Bools, Floats, Ints, Siting
from gridmap.plan.solver import PROVED_GAP, Cancelled, relative_gap, solve
from gridmap.progress import Progress

LOOPS = "gridmap.plan.siting.median_loops"
ROUNDS = 1500
"""Steps of the search for a bound at most."""
MOST_PAIRS = 1_500_000
"""Pairs of points and places up to which the rest goes to the solver."""
MANY_SITES = 20
"""Sites from which the solver comes before the branches: bounds are tight, choices are many."""
_SHAKES = 40
_SHAKEN_SHARE = 0.25
_PATIENCE = 20


@dataclass(frozen=True, eq=False)
class Medians:
    """A p-median problem as columns and rows of costs.

    Attributes
    ----------
    column : csc_array
        Cost of each pair, by places.
    worst : ndarray
        Cost of each point without any site.
    usable, existing : ndarray of bool
        Places that may be open, and that are.
    closable, most : int
        Existing sites that may be closed, sites open at most.
    """

    column: Any
    worst: Floats
    usable: Bools
    existing: Bools
    closable: int
    most: int

    @cached_property
    def by_place(self) -> tuple[Ints, Ints, Floats]:
        """Start of each place, its points and their costs."""
        return (
            self.column.indptr.astype(np.int64),
            self.column.indices.astype(np.int64),
            self.column.data,
        )

    @cached_property
    def by_point(self) -> tuple[Ints, Ints, Floats]:
        """Start of each point, its places and their costs, the cheapest first."""
        start, point, cost = self.by_place
        place = np.repeat(np.arange(len(start) - 1), np.diff(start))
        order = np.lexsort((place, cost, point))
        first = np.searchsorted(point[order], np.arange(len(self.worst) + 1))
        return first.astype(np.int64), place[order], cost[order]

    @cached_property
    def loops(self) -> Any:
        """The loops, compiled where that pays."""
        return loops(LOOPS, 100 * self.column.nnz)

    @property
    def keep(self) -> int:
        """Existing sites that must stay."""
        return int(self.existing.sum()) - self.closable

    @property
    def step(self) -> float:
        """By how much two different costs differ at least: 1 for whole numbers, else 0."""
        whole = np.array_equal(np.rint(self.column.data), self.column.data)
        whole &= np.array_equal(np.rint(self.worst), self.worst)
        return 1.0 if whole and self.worst.sum() < 2**52 else 0.0

    def improve(self, opened: Bools) -> float:
        """Open and swap places until nothing is gained; changes ``opened``, gives the cost."""
        return float(
            self.loops.interchange(
                *self.by_place, *self.by_point, self.worst, opened, self.existing, self.closable,
                self.most,
            )
        )  # fmt: skip


def lay_medians(asked: Siting) -> Medians:
    """Costs of a question: people × metres of whom some place could serve."""
    points = np.flatnonzero(asked.reachable)
    walks = sparse.csr_array(asked.distance_m[points])
    people = asked.people[points]
    row = np.repeat(np.arange(len(points)), np.diff(walks.indptr))
    useful = asked.usable[walks.indices]
    cost = people[row] * walks.data
    column = sparse.csr_array(
        (cost[useful], (row[useful], walks.indices[useful])), shape=walks.shape
    ).tocsc()
    column.sort_indices()
    return Medians(
        column, people * asked.far, asked.usable, asked.existing, asked.closable, asked.most_sites
    )


def choose_medians(
    asked: Siting, time_limit_s: float, progress: Progress, cancelled: Cancelled
) -> Answer:
    """Choose sites so that people walk as little as possible in all.

    Notes
    -----
    Fast interchange from several starts and shakes; the Lagrangian relaxation of the rule that
    each point has one place gives the bound; places and pairs that cannot belong to a better
    choice are fixed by reduced costs, and HiGHS solves what is left (ALGORITHMS.md, p-median).
    People whom no chosen place serves are charged ``far`` metres.
    """
    began = time.monotonic()
    ends = began + time_limit_s
    laid = lay_medians(asked)
    beyond = float(asked.people[~asked.reachable].sum() * asked.far)
    search = _Search(laid, ends, progress, cancelled)
    search.start()
    search.bind()
    stopped = time.monotonic() > ends and not search.proved
    if not search.proved and not stopped:
        stopped = search.finish()
    return settle(
        asked,
        np.flatnonzero(search.opened),
        search.bound + beyond,
        stopped=stopped,
        seconds=time.monotonic() - began,
        method=search.method,
    )


class _Search:
    """The best choice and the best bound so far."""

    def __init__(
        self, laid: Medians, ends: float, progress: Progress, cancelled: Cancelled
    ) -> None:
        self.laid, self.ends = laid, ends
        self.progress, self.cancelled = progress, cancelled
        self.random = np.random.default_rng(0)
        self.opened = laid.existing.copy()
        self.cost, self.bound = math.inf, -math.inf
        self.price = np.zeros(len(laid.worst))
        self.method = "interchange"

    @property
    def proved(self) -> bool:
        """Whether cost and bound meet."""
        if self.laid.step and self.bound > self.cost - self.laid.step + 1e-6:
            self.bound = max(self.bound, self.cost)
        return relative_gap(self.cost, self.bound) <= PROVED_GAP

    def over(self) -> bool:
        """Whether to end now: time is up, or somebody said so."""
        if self.cancelled():
            raise StoppedError("The work was stopped before it was done; nothing was kept.")
        return time.monotonic() > self.ends

    def try_from(self, opened: Bools) -> bool:
        """Improve a choice and keep it where it is the best so far."""
        cost = self.laid.improve(opened)
        if cost < self.cost * (1 - 1e-12) - 1e-12 or self.cost == math.inf:
            self.cost, self.opened = cost, opened
            return True
        return False

    def start(self) -> None:
        """From the existing sites, then from several choices by chance."""
        self.try_from(self.laid.existing.copy())
        self.shake(8)

    def shake(self, times: int) -> None:
        """Replace a part of the best choice by chance and improve again."""
        for number in range(times):
            self.progress("plan: interchange", number, times)
            if self.over():
                return
            self.try_from(self._shaken(self.opened))

    def _shaken(self, opened: Bools) -> Bools:
        laid, result = self.laid, opened.copy()
        inside = np.flatnonzero(opened & ~laid.existing)
        outside = np.flatnonzero(~opened & ~laid.existing & laid.usable)
        number = min(max(1, round(_SHAKEN_SHARE * len(inside))), len(inside), len(outside))
        result[self.random.choice(inside, number, replace=False)] = False
        result[self.random.choice(outside, number, replace=False)] = True
        return result

    def bind(self) -> None:
        """Raise the bound; choices met on the way are improved, too."""
        laid = self.laid
        start, _, cost = laid.by_point
        has = np.diff(start) > 0
        self.price = laid.worst.copy()
        self.price[has] = cost[start[:-1][has]]
        self.price = np.minimum(laid.worst, _second_costs(laid, self.opened, self.price))
        for turn in range(8):
            self.progress("plan: bound", turn, 8)
            if self.over() or self.proved:
                return
            before = self.bound
            found, price, _, choice = laid.loops.bound_by_prices(
                *laid.by_place, laid.worst, laid.usable, laid.existing, laid.keep, laid.most,
                self.price.copy(), self.cost, max(laid.step * (1 - 1e-6), 1e-7 * self.cost),
                ROUNDS // 3, _PATIENCE,
            )  # fmt: skip
            if found > self.bound:
                self.bound, self.price = float(found), price
            better = np.zeros(len(laid.usable), dtype=bool)
            better[choice] = True
            improved = self.try_from(better)
            self.shake(_SHAKES // 8)
            if not improved and turn > 1 and self.bound - before <= 1e-5 * abs(self.bound):
                return

    def divide(self, left: "_Rest") -> None:
        """Prove by branches, or raise the bound as far as time allows."""
        rest = left.by_place(self.laid)
        cost, places, bound = branch(rest, self.price, self.cost, self.ends, self.over)
        if places is not None:
            opened = np.zeros(len(self.laid.usable), dtype=bool)
            opened[left.places[places]] = True
            if self.try_from(opened):
                self.method = "exact"
        self.bound = max(self.bound, min(bound, cost, self.cost))

    def finish(self) -> bool:
        """Fix what reduced costs allow and solve the rest; tells whether time ran out."""
        left = _reduce(self.laid, self.price, self.cost)
        pairs = len(left.row)
        if pairs > MOST_PAIRS:
            return False
        self.progress("plan: proof", 0, 0)
        branches = not self.laid.closable
        if branches and self.laid.most < MANY_SITES:
            self.divide(left)
            return not self.proved
        left_s = max(self.ends - time.monotonic(), 0.1)
        found = _solve_left(self.laid, left, left_s / 2 if branches else left_s, self.cancelled)
        if found.x is not None and found.value < self.cost:
            opened = np.zeros(len(self.laid.usable), dtype=bool)
            opened[left.places[found.x[: len(left.places)] > 0.5]] = True
            if self.try_from(opened):
                self.method = "exact"
        # What was fixed away cannot be cheaper than the choice at hand.
        rest = self.cost if found.infeasible else found.bound
        self.bound = max(self.bound, min(rest, self.cost))
        if branches and not self.proved and not self.over():
            self.divide(left)
        return not self.proved


@dataclass(frozen=True, eq=False)
class _Rest:
    """What is left of a problem: places, those that must be open, and pairs with their costs."""

    places: Ints
    must: Bools
    row: Ints
    column: Ints
    cost: Floats

    def by_place(self, laid: Medians) -> Rest:
        """Lay the same out by places, for branching."""
        order = np.lexsort((self.row, self.column))
        start = np.searchsorted(self.column[order], np.arange(len(self.places) + 1))
        return Rest(
            start.astype(np.int64),
            self.row[order],
            self.cost[order],
            laid.worst,
            self.must,
            laid.most,
            laid.step,
            laid.loops,
        )


def _second_costs(laid: Medians, opened: Bools, price: Floats) -> Floats:
    """Prices to begin with: halfway to what the second open place of each point costs."""
    start, place, cost = laid.by_point
    point = np.repeat(np.arange(len(laid.worst)), np.diff(start))
    here = opened[place]
    row, value = point[here], cost[here]
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    result = price.copy()
    result[row[rank == 0]] = value[rank == 0]
    second = rank == 1
    result[row[second]] = 0.5 * (result[row[second]] + value[second])
    return result


def _reduce(laid: Medians, price: Floats, cost: float) -> _Rest:
    """Places and pairs that can be part of a choice cheaper than the one at hand."""
    start, points, pair_cost = laid.by_place
    saving = np.zeros(len(laid.usable))
    laid.loops.price_places(price, start, points, pair_cost, laid.usable, saving)
    picked = laid.loops.choose_priced(saving, laid.usable, laid.existing, laid.keep, laid.most)
    bound = float(price.sum() + saving[picked].sum())
    inside = np.zeros(len(saving), dtype=bool)
    inside[picked] = True
    room = cost - laid.step * (1 - 1e-6) - bound + 1e-7 * max(cost, 1.0)
    free = ~laid.existing if laid.closable == 0 else np.zeros(len(saving), dtype=bool)
    # Forced in, a place takes the room of the dearest one inside, or of none at all.
    swapped = saving[inside & free].max(initial=-np.inf) if len(picked) == laid.most else 0.0
    more = np.where(inside, 0.0, saving - (swapped if np.isfinite(swapped) else 0.0))
    # Without a bound on exchange where existing sites may close, only the saving itself counts.
    if laid.closable:
        more = np.zeros(len(saving))
    allowed = laid.usable & (more <= room)
    # Forced out, its room goes to the best one outside.
    instead = min(saving[~inside & laid.usable].min(initial=0.0), 0.0)
    must = inside & free & (instead - saving > room) if not laid.closable else np.zeros_like(inside)
    must |= laid.existing & (laid.closable == 0)
    place = np.repeat(np.arange(len(saving)), np.diff(start))
    extra = np.maximum(pair_cost - price[points], 0.0) + more[place]
    kept = allowed[place] & (extra <= room) & (pair_cost < laid.worst[points])
    low = np.full(len(laid.worst), np.inf)
    np.minimum.at(low, points[must[place]], pair_cost[must[place]])
    # No point goes past a place that is open for sure.
    kept |= must[place] & (pair_cost == low[points])
    kept &= pair_cost <= low[points]
    places = np.flatnonzero(allowed | must)
    number = np.full(len(saving), -1)
    number[places] = np.arange(len(places))
    return _Rest(places, must[places], points[kept], number[place[kept]], pair_cost[kept])


def _solve_left(laid: Medians, left: _Rest, time_limit_s: float, cancelled: Cancelled) -> Any:
    n, m, k = len(laid.worst), len(left.places), len(left.row)
    pair = np.arange(k)
    once = sparse.csr_array((np.ones(k), (left.row, pair)), shape=(n, k))
    linked = sparse.csr_array((np.ones(k), (pair, left.column)), shape=(k, m))
    existing = laid.existing[left.places].astype(float)
    sides = sparse.csr_array(np.vstack([np.ones(m), existing]))
    rows = sparse.vstack(
        [
            sparse.hstack([sparse.csr_array((n, m)), once]),
            sparse.hstack([linked, -sparse.eye_array(k)]),
            sparse.hstack([sides, sparse.csr_array((2, k))]),
        ],
        format="csr",
    )
    total = float(laid.worst.sum())
    found = solve(
        np.r_[np.zeros(m), left.cost - laid.worst[left.row]],
        rows,
        np.r_[np.full(n, -np.inf), np.zeros(k), 0.0, laid.keep],
        np.r_[np.ones(n), np.full(k, np.inf), laid.most, m],
        integer=np.arange(m + k) < m,
        least=np.r_[left.must.astype(float), np.zeros(k)],
        time_limit_s=time_limit_s,
        cancelled=cancelled,
    )
    return type(found)(
        found.x, found.value + total, found.bound + total, found.infeasible, found.stopped
    )
