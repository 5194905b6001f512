"""Slow, obvious answers for routes: every pairing, every order of visits."""

import itertools
from collections import Counter
from functools import cache

import numpy as np

INF = float("inf")


def all_pairs(xy, ends):
    """Lengths of shortest ways by Floyd and Warshall."""
    far = np.full((len(xy), len(xy)), INF)
    np.fill_diagonal(far, 0.0)
    for a, b in ends:
        length = float(np.hypot(*(xy[a] - xy[b])))
        far[a, b] = far[b, a] = min(far[a, b], length)
    for k in range(len(xy)):
        far = np.minimum(far, far[:, [k]] + far[[k]])
    return far


def least_repeat(xy, ends):
    """Least length to walk twice: every way to pair the odd nodes is tried."""
    degree = Counter(itertools.chain.from_iterable(map(tuple, ends)))
    odd = tuple(n for n, d in sorted(degree.items()) if d % 2)
    far = all_pairs(xy, ends)

    @cache
    def best(rest):
        if not rest:
            return 0.0
        first, *others = rest
        return min(far[first, o] + best(tuple(x for x in others if x != o)) for o in others)

    return best(odd)


def walks_every_street(nodes, ends, allowed):
    """Whether a closed walk goes over every street, and only over what is allowed."""
    steps = {frozenset(pair) for pair in itertools.pairwise(nodes)}
    return (
        nodes[0] == nodes[-1]
        and {frozenset(pair) for pair in map(tuple, ends)} <= steps
        and steps <= {frozenset(pair) for pair in map(tuple, allowed)}
    )


def least_cost(move_s, units, visits):
    """Least cost of routes: every share of the visits among units, in every order."""
    best = INF
    for owner in itertools.product(range(len(units) + 1), repeat=len(visits)):
        if any(v.must and o == len(units) for v, o in zip(visits, owner, strict=True)):
            continue
        cost = sum(v.prize_s for v, o in zip(visits, owner, strict=True) if o == len(units))
        for number, unit in enumerate(units):
            mine = [v for v, o in zip(visits, owner, strict=True) if o == number]
            orders = itertools.permutations(mine)
            cost += (
                min((_moving(move_s, unit, order) for order in orders), default=0) if mine else 0
            )
        best = min(best, cost)
    return best


def _moving(move_s, unit, order):
    """Moving time of one order, infinite where a window or the shift is missed."""
    clock, place, moved = unit.from_s, unit.start, 0
    for visit in order:
        step = move_s[place][visit.place]
        clock, moved, place = max(clock + step, visit.from_s), moved + step, visit.place
        if clock > visit.until_s:
            return INF
        clock += visit.stay_s
    home = move_s[place][unit.end]
    return moved + home if clock + home <= unit.until_s else INF
