"""Proof of a p-median: places are taken in and out in turn, each branch under its own bound."""

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gridmap.plan.siting.problem import Bools, Floats, Ints

ROUNDS = 120
"""Steps of the search for the bound of a branch."""
_PATIENCE = 8


@dataclass(frozen=True, eq=False)
class Rest:
    """What is left of a p-median problem: few places, and pairs that a better choice may use.

    Attributes
    ----------
    start, points, cost : ndarray
        Pairs by place.
    worst : ndarray
        Cost of each point without any site.
    must : ndarray of bool
        Places that are open in every better choice.
    most : int
        Places open at most.
    step : float
        By how much two costs differ at least, or 0.
    loops : module
        From :func:`gridmap.compiled.loops`.
    """

    start: Ints
    points: Ints
    cost: Floats
    worst: Floats
    must: Bools
    most: int
    step: float
    loops: Any


@dataclass(frozen=True, eq=False)
class _Branch:
    price: Floats
    inside: Bools
    allowed: Bools


def branch(
    rest: Rest, price: Floats, cost: float, ends: float, over: Callable[[], bool]
) -> tuple[float, Ints | None, float]:
    """Look through all choices that could be cheaper than one at hand.

    Parameters
    ----------
    rest : Rest
        What is left.
    price : ndarray
        Prices of points with a good bound.
    cost : float
        Cost of the choice at hand.
    ends : float
        Monotonic second at which to stop.
    over : function
        Asked at each branch whether to give up; may raise.

    Returns
    -------
    cost : float
        Cost of the cheapest choice known.
    places : ndarray of int or None
        That choice, where one cheaper than at hand was found.
    bound : float
        No choice is cheaper; equal to the cost where all was looked through.

    Notes
    -----
    The branch with the lowest bound comes first. Each has its own subgradient search, started from
    the prices of its parent; places whose reduced cost shows that they cannot (or must) be part of
    a cheaper choice are fixed before it is divided (Beasley 1993).
    """
    best: Ints | None = None
    waiting: list[tuple[float, int, _Branch]] = []
    first = _Branch(price, rest.must, np.ones(len(rest.must), dtype=bool))
    heapq.heappush(waiting, (-np.inf, 0, first))
    number = 0
    while waiting:
        bound, _, node = waiting[0]
        if _done(rest, bound, cost):
            return cost, best, cost
        if over() or time.monotonic() > ends:
            return cost, best, min(bound, cost)
        heapq.heappop(waiting)
        found, prices, paid, choice = _bound(rest, node, cost)
        if paid < cost - 1e-9 * max(cost, 1.0):
            cost, best = float(paid), choice
        found = max(float(found), bound)
        if _done(rest, found, cost):
            continue
        for child in _divide(rest, _Branch(prices, node.inside, node.allowed), cost):
            number += 1
            heapq.heappush(waiting, (found, number, child))
    return cost, best, cost


def _done(rest: Rest, bound: float, cost: float) -> bool:
    slack = rest.step * (1 - 1e-6) if rest.step else 5e-7 * abs(cost)
    return bound > cost - slack


def _bound(rest: Rest, node: _Branch, cost: float) -> Any:
    return rest.loops.bound_by_prices(
        rest.start, rest.points, rest.cost, rest.worst, node.allowed, node.inside,
        int(node.inside.sum()), rest.most, node.price.copy(), cost,
        rest.step * (1 - 1e-6) if rest.step else 5e-7 * abs(cost), ROUNDS, _PATIENCE,
    )  # fmt: skip


def _divide(rest: Rest, node: _Branch, cost: float) -> list[_Branch]:
    """Fix what is clear, then take one place out and in."""
    saving = np.zeros(len(node.inside))
    rest.loops.price_places(node.price, rest.start, rest.points, rest.cost, node.allowed, saving)
    held = int(node.inside.sum())
    picked = rest.loops.choose_priced(saving, node.allowed, node.inside, held, rest.most)
    bound = float(node.price.sum() + saving[picked].sum())
    room = cost - (rest.step * (1 - 1e-6) if rest.step else 0.0) - bound
    room += 1e-9 * max(abs(cost), 1.0)
    chosen = np.zeros(len(saving), dtype=bool)
    chosen[picked] = True
    free = chosen & ~node.inside
    full = len(picked) == rest.most
    dearest = float(saving[free].max(initial=-np.inf)) if full else 0.0
    others = node.allowed & ~chosen
    # Nothing can come in where all that is open must stay.
    out = others & (saving - dearest > room) if np.isfinite(dearest) else others
    instead = min(float(saving[others].min(initial=0.0)), 0.0)
    must = free & (instead - saving > room)
    inside, allowed = node.inside | must, node.allowed & ~out
    left = np.flatnonzero(free & ~must)
    if not len(left):
        left = np.flatnonzero(allowed & ~inside)
    if not len(left) or int(inside.sum()) >= rest.most:
        last = _Branch(node.price, inside, inside)
        same = bool((inside == node.inside).all() and (node.allowed == inside).all())
        return [] if same else [last]
    one = left[int(saving[left].argmin())]
    without, within = allowed.copy(), inside.copy()
    without[one], within[one] = False, True
    return [_Branch(node.price, inside, without), _Branch(node.price, within, allowed)]
