"""Slow and obvious answers for catchments, fair access and inequality: one pair at a time."""

import math
from itertools import product


def shared_supply(walks, people, supply, weight, choose=False):
    """Supply per person at each point; ``walks`` holds None where nobody can walk."""
    w = [[0.0 if d is None else weight(d) for d in row] for row in walks]
    if choose:
        w = [[one * one / sum(row) if one else 0.0 for one in row] for row in w]
    access = [0.0] * len(people)
    for j, offered in enumerate(supply):
        around = sum(p * row[j] for p, row in zip(people, w, strict=True))
        if around > 0:
            for i, row in enumerate(w):
                access[i] += offered / around * row[j]
    return access


def gini_by_pairs(values, people):
    """Mean difference between any two persons, by the double mean."""
    pairs = product(zip(values, people, strict=True), repeat=2)
    apart = sum(p * q * abs(x - y) for (x, p), (y, q) in pairs)
    heads = sum(people)
    whole = sum(x * p for x, p in zip(values, people, strict=True))
    return apart / (2 * heads * whole) if whole > 0 else None


def nearest_site(row):
    """Site of the shortest walk, the first of several; None without one."""
    found = [(d, j) for j, d in enumerate(row) if d is not None]
    return min(found)[1] if found else None


def cheapest_seats(walks, people, places):
    """Fewest people left over and then fewest metres, trying every seat for every person.

    ``people`` and ``places`` are whole numbers; a person sits at a site or nowhere.
    """
    heads = [i for i, count in enumerate(people) for _ in range(count)]
    best = (math.inf, math.inf)
    for seats in product([None, *range(len(places))], repeat=len(heads)):
        if any(seats.count(j) > room for j, room in enumerate(places)):
            continue
        taken = [(walks[i][j]) for i, j in zip(heads, seats, strict=True) if j is not None]
        if None not in taken:
            best = min(best, (len(heads) - len(taken), sum(taken)))
    return best
