"""The loops of p-median; asked for by :func:`gridmap.compiled.loops`.

Costs are people × metres. Columns (places) hold their points, rows (points) hold their places from
the cheapest on; ``worst`` is what a point costs without any site.
"""

# ruff: noqa: PLR0917 - compiled loops take their arrays by position
import numpy as np

from gridmap.compiled import compiled
from gridmap.plan.siting.problem import Bools, Floats, Ints

_GAIN = 1e-9


@compiled
def add_up(values: Floats) -> float:
    """Sum in the order of the values: the same with and without the compiler."""
    total = 0.0
    for value in values:
        total += value
    return total


@compiled
def find_two(
    point: int,
    row_start: Ints,
    row_place: Ints,
    row_cost: Floats,
    worst: Floats,
    opened: Bools,
    first: Ints,
    second: Ints,
    low: Floats,
    next_low: Floats,
) -> None:
    """Cheapest and second cheapest open place of a point; -1 where it has none."""
    first[point], second[point] = -1, -1
    low[point], next_low[point] = worst[point], worst[point]
    for k in range(row_start[point], row_start[point + 1]):
        if opened[row_place[k]]:
            if first[point] < 0:
                first[point], low[point] = row_place[k], row_cost[k]
            else:
                second[point], next_low[point] = row_place[k], row_cost[k]
                return


@compiled
def weigh_entry(
    j: int,
    start: Ints,
    points: Ints,
    cost: Floats,
    first: Ints,
    low: Floats,
    next_low: Floats,
    both: Floats,
) -> float:
    """Tell what opening j gains; ``both`` is what it saves where an open place closes for it."""
    gain = 0.0
    both[:] = 0.0
    for k in range(start[j], start[j + 1]):
        i = points[k]
        if cost[k] < low[i]:
            gain += low[i] - cost[k]
            if first[i] >= 0:
                both[first[i]] += next_low[i] - low[i]
        elif cost[k] < next_low[i] and first[i] >= 0:
            both[first[i]] += next_low[i] - cost[k]
    return gain


@compiled
def weigh_exits(first: Ints, low: Floats, next_low: Floats, loss: Floats) -> None:
    """Tell what closing each open place would lose, were no other opened."""
    loss[:] = 0.0
    for i in range(len(first)):
        if first[i] >= 0:
            loss[first[i]] += next_low[i] - low[i]


@compiled
def best_exit(
    j: int, opened: Bools, existing: Bools, closable: int, loss: Floats, both: Floats
) -> int:
    """Open place whose closing costs least when j opens; -1 where none may close."""
    closed = 0
    for r in range(len(opened)):
        if existing[r] and not opened[r]:
            closed += 1
    out, least = -1, np.inf
    for r in range(len(opened)):
        if opened[r]:
            free = not existing[r] or closed < closable or (existing[j] and closed > 0)
            if free and loss[r] - both[r] < least:
                least, out = loss[r] - both[r], r
    return out


@compiled
def note_entry(
    j: int,
    start: Ints,
    points: Ints,
    cost: Floats,
    first: Ints,
    second: Ints,
    low: Floats,
    next_low: Floats,
) -> None:
    """Note that j is open now."""
    for k in range(start[j], start[j + 1]):
        i = points[k]
        if cost[k] < low[i]:
            second[i], next_low[i] = first[i], low[i]
            first[i], low[i] = j, cost[k]
        elif cost[k] < next_low[i]:
            second[i], next_low[i] = j, cost[k]


@compiled
def interchange(
    start: Ints,
    points: Ints,
    cost: Floats,
    row_start: Ints,
    row_place: Ints,
    row_cost: Floats,
    worst: Floats,
    opened: Bools,
    existing: Bools,
    closable: int,
    most: int,
) -> float:
    """Open places while there is room, then swap one for another while that costs less.

    Changes ``opened``; gives the cost. Whitaker's fast interchange with the losses and gains of
    Resende & Werneck (2007): what closing r loses and opening j gains, corrected where both touch
    the same point.
    """
    places, size = len(opened), len(worst)
    first, second = np.full(size, -1), np.full(size, -1)
    low, next_low = worst.copy(), worst.copy()
    loss, both = np.zeros(places), np.zeros(places)
    least_gain = _GAIN * max(add_up(worst), 1.0)
    for i in range(size):
        find_two(i, row_start, row_place, row_cost, worst, opened, first, second, low, next_low)
    weigh_exits(first, low, next_low, loss)
    unchanged, j = 0, -1
    while unchanged < places:
        j = (j + 1) % places
        unchanged += 1
        if opened[j]:
            continue
        gain = weigh_entry(j, start, points, cost, first, low, next_low, both)
        out = -1
        if opened.sum() >= most:
            out = best_exit(j, opened, existing, closable, loss, both)
            if out < 0:
                continue
            gain += both[out] - loss[out]
        if gain <= least_gain:
            continue
        unchanged = 0
        opened[j] = True
        if out >= 0:
            opened[out] = False
        note_entry(j, start, points, cost, first, second, low, next_low)
        for i in range(size):
            if out >= 0 and (first[i] == out or second[i] == out):
                find_two(
                    i, row_start, row_place, row_cost, worst, opened, first, second, low, next_low
                )
        weigh_exits(first, low, next_low, loss)
    return add_up(low)


@compiled
def cost_of(
    chosen: Ints, start: Ints, points: Ints, cost: Floats, worst: Floats, low: Floats
) -> float:
    """Cost of chosen places; ``low`` is scratch."""
    low[:] = worst
    for j in chosen:
        for k in range(start[j], start[j + 1]):
            low[points[k]] = min(low[points[k]], cost[k])
    total = 0.0
    for i in range(len(worst)):
        total += low[i]
    return total


@compiled
def price_places(
    price: Floats, start: Ints, points: Ints, cost: Floats, usable: Bools, saving: Floats
) -> None:
    """Tell what opening each place is worth at these prices: Σ min(0, cost − price)."""
    for j in range(len(usable)):
        saving[j] = 0.0
        if usable[j]:
            total = 0.0
            for k in range(start[j], start[j + 1]):
                gap = cost[k] - price[points[k]]
                if gap < 0:
                    total += gap
            saving[j] = total


@compiled
def choose_priced(saving: Floats, usable: Bools, existing: Bools, keep: int, most: int) -> Ints:
    """Places that are worth most at their prices: ``keep`` existing at least, ``most`` in all."""
    order = np.argsort(saving, kind="mergesort")
    picked = np.zeros(len(saving), dtype=np.bool_)
    held = 0
    for j in order:
        if held == keep:
            break
        if existing[j]:
            picked[j] = True
            held += 1
    count = held
    for j in order:
        if count == most or saving[j] >= 0:
            break
        if usable[j] and not picked[j]:
            picked[j] = True
            count += 1
    return np.flatnonzero(picked)


@compiled
def move_prices(
    picked: Ints,
    start: Ints,
    points: Ints,
    cost: Floats,
    worst: Floats,
    price: Floats,
    reach: float,
) -> bool:
    """Raise prices of points that nobody serves, lower those of points served more than once."""
    size = len(price)
    lacking = np.ones(size)
    for j in picked:
        for k in range(start[j], start[j + 1]):
            if cost[k] < price[points[k]]:
                lacking[points[k]] -= 1.0
    norm = 0.0
    for i in range(size):
        if lacking[i] > 0 and price[i] >= worst[i]:
            lacking[i] = 0.0
        norm += lacking[i] * lacking[i]
    if norm == 0.0:
        return False
    for i in range(size):
        price[i] = min(max(price[i] + reach / norm * lacking[i], 0.0), worst[i])
    return True


@compiled
def bound_by_prices(
    start: Ints,
    points: Ints,
    cost: Floats,
    worst: Floats,
    usable: Bools,
    existing: Bools,
    keep: int,
    most: int,
    price: Floats,
    goal: float,
    least_gap: float,
    rounds: int,
    patience: int,
) -> tuple[float, Floats, float, Ints]:
    """Raise the Lagrangian bound by a subgradient search (Beasley 1993).

    Gives the bound, the prices it was reached with, and the cheapest choice met on the way.
    """
    saving, low = np.zeros(len(usable)), np.empty(len(worst))
    best, best_price = -np.inf, price.copy()
    cheapest, choice = np.inf, np.zeros(0, dtype=np.int64)
    step, waited = 1.0, 0
    for _ in range(rounds):
        price_places(price, start, points, cost, usable, saving)
        picked = choose_priced(saving, usable, existing, keep, most)
        value = add_up(price) + add_up(saving[picked])
        paid = cost_of(picked, start, points, cost, worst, low)
        if paid < cheapest:
            cheapest, choice = paid, picked
        goal = min(goal, cheapest)
        waited += 1
        if value > best:
            if value > best + 1e-9 * abs(best) or best == -np.inf:
                waited = 0
            best = value
            best_price[:] = price
        if waited >= patience:
            step, waited = step * 0.6, 0
            price[:] = best_price
            if step < 1e-4:
                break
            continue
        if goal - best <= least_gap:
            break
        reach = step * max(1.02 * goal - value, 1e-6 * abs(goal))
        if not move_prices(picked, start, points, cost, worst, price, reach):
            break
    return best, best_price, cheapest, choice
