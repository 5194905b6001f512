"""Siting by trying every set of places: slow and obvious, for a dozen places."""

from itertools import combinations

import numpy as np
from scipy.optimize import linprog

INF = float("inf")


def best_choice(walks, people, objective, norm_m, existing, **limits):
    """Value of the best allowed set of places, and all sets that reach it; (None, []) if none."""
    places = range(len(existing))
    found = []
    for size in range(len(existing) + 1):
        for opened in combinations(places, size):
            if not allowed(opened, existing, **limits):
                continue
            value = worth(opened, walks, people, objective, norm_m, existing, **limits)
            if value is not None:
                found.append((value, opened))
    if not found:
        return None, []
    pick = max if objective == "mclp" else min
    best = pick(value for value, _ in found)
    return best, [opened for value, opened in found if abs(value - best) <= 1e-6 * max(1, best)]


def allowed(
    opened, existing, *, count=None, closable=0, cost=None, budget=INF, apart=(), **_others
):
    """Whether a set of places keeps the limits of number, cost and distance."""
    closed = [p for p, stands in enumerate(existing) if stands and p not in opened]
    new = [p for p in opened if not existing[p]]
    if len(closed) > closable or (count is not None and len(new) > count + len(closed)):
        return False
    if sum(cost[p] if cost is not None else 1 for p in new) > budget + 1e-9:
        return False
    return not any(
        a in opened and b in opened and not (existing[a] and existing[b]) for a, b in apart
    )


def worth(
    opened, walks, people, objective, norm_m, existing,
    *, closable=0, cost=None, capacity=None, backup="", far_m=None, apart=(), budget=INF, **_others,
):  # fmt: skip
    """Value of a set of places; None where it does not serve whom it must."""
    usable = usable_places(existing, closable=closable, apart=apart, cost=cost, budget=budget)
    points = range(len(people))
    if objective == "p-median":
        far = (
            far_m if far_m is not None else max((w for r in walks for w in r if w < INF), default=0)
        )
        if capacity is not None:
            return flow(opened, walks, people, capacity, far)
        return sum(people[i] * min([walks[i][p] for p in opened] + [far]) for i in points)
    if objective == "p-center":
        wanted = [i for i in points if people[i] > 0 and any(walks[i][p] < INF for p in usable)]
        if capacity is not None:
            return narrowest(opened, walks, people, capacity, wanted)
        radius = max((min([walks[i][p] for p in opened] + [INF]) for i in wanted), default=0)
        return None if radius == INF else radius
    within = [places_near(walks[i], norm_m) for i in points]
    times = [sum(p in opened for p in within[i]) for i in points]
    twice = 2 if backup == "require" else 1
    if objective == "mclp":
        if capacity is not None:
            return served_by_flow(opened, within, people, capacity)
        return sum(people[i] for i in points if times[i] >= twice)
    options = [sum(p in usable for p in within[i]) for i in points]
    if any(people[i] > 0 and times[i] < min(twice, options[i]) for i in points):
        return None
    if capacity is not None:
        wanted = sum(people[i] for i in points if options[i])
        if served_by_flow(opened, within, people, capacity) < wanted * (1 - 1e-6):
            return None
    return sum((cost[p] if cost is not None else 1) for p in opened if closable or not existing[p])


def usable_places(existing, *, closable=0, apart=(), cost=None, budget=INF):
    """Places that may be open at all."""
    barred = set()
    for a, b in apart:
        if not closable and existing[a] != existing[b]:
            barred.add(b if existing[a] else a)
    dear = {
        p
        for p, stands in enumerate(existing)
        if not stands and (cost[p] if cost is not None else 1) > budget
    }
    return {p for p in range(len(existing)) if p not in barred | dear}


def places_near(row, norm_m):
    """Places within the norm."""
    return [p for p, metres in enumerate(row) if metres <= norm_m]


def served_by_flow(opened, within, people, capacity):
    """Most people who find room, by linear programming over every pair."""
    walks = [[0.0 if p in near else INF for p in range(len(capacity))] for near in within]
    return sum(people) - flow(opened, walks, people, capacity, 1.0)


def flow(opened, walks, people, capacity, far):
    """Least person-metres when places are limited and nobody walks farther than ``far``."""
    pairs = [(i, p) for i in range(len(people)) for p in opened if walks[i][p] < INF]
    if not pairs:
        return far * sum(people)
    rows, limits = [], []
    for i, number in enumerate(people):
        rows.append([float(pair[0] == i) for pair in pairs])
        limits.append(number)
    for p in opened:
        if capacity[p] < INF:
            rows.append([float(pair[1] == p) for pair in pairs])
            limits.append(capacity[p])
    cost = [walks[i][p] - far for i, p in pairs]
    return far * sum(people) + linprog(cost, A_ub=np.array(rows), b_ub=limits).fun


def narrowest(opened, walks, people, capacity, wanted):
    """Least radius within which all find room, by trying every one."""
    for radius in sorted({w for row in walks for w in row if w < INF}):
        near = [[p for p in places_near(row, radius) if p in opened] for row in walks]
        asked = [people[i] if i in wanted else 0 for i in range(len(people))]
        if served_by_flow(opened, near, asked, capacity) >= sum(asked) * (1 - 1e-6):
            return radius
    return None
