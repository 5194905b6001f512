"""Tracks laid on the nearest streets, compiled: the twin of what ``streets`` does with a tree."""

from typing import Any

import numpy as np

from gridmap.compiled import compiled


@compiled
def buckets_of(side: Any, corner: Any, size_m: float, shape: Any, reach_m: float) -> Any:
    """Sides of streets by square: where those of each begin, and which.

    Each square lists the sides within reach of it, in their order.
    """
    columns, rows = shape
    count = np.zeros(columns * rows + 1, np.int64)
    # No place in a square lies further from its middle than half its diagonal.
    near = reach_m + size_m * 0.7072
    which = np.empty(0, np.int64)
    for turn in range(2):
        for k in range(len(side)):
            x0, y0, x1, y1 = side[k, 0], side[k, 1], side[k, 2], side[k, 3]
            i0 = max(int((min(x0, x1) - reach_m - corner[0]) / size_m), 0)
            j0 = max(int((min(y0, y1) - reach_m - corner[1]) / size_m), 0)
            i1 = min(int((max(x0, x1) + reach_m - corner[0]) / size_m), columns - 1)
            j1 = min(int((max(y0, y1) + reach_m - corner[1]) / size_m), rows - 1)
            for i in range(i0, i1 + 1):
                for j in range(j0, j1 + 1):
                    x, y = corner[0] + (i + 0.5) * size_m, corner[1] + (j + 0.5) * size_m
                    if _away(x, y, x0, y0, x1, y1) > near:
                        continue
                    place = i * rows + j
                    if turn:
                        which[count[place]] = k
                    count[place + (0 if turn else 1)] += 1
        if not turn:
            for place in range(columns * rows):
                count[place + 1] += count[place]
            which = np.empty(count[-1], np.int64)
    # The second turn moved each beginning to the next one's place.
    count[1:] = count[:-1].copy()
    count[0] = 0
    return count, which


@compiled
def pass_streets(  # noqa: PLR0917
    ends: Any, times: Any, by_car: Any, side: Any, road: Any, first: Any, before: Any,
    is_open: Any, corner: Any, size_m: float, shape: Any, start: Any, which: Any,
    step_m: float, reach_m: float, detour: float,
) -> Any:  # fmt: skip
    """Stretches of the nearest streets along each step: road, low, high, begin and close."""
    columns, rows = shape
    size = 1024
    roads, told = np.empty(size, np.int64), np.empty((size, 4))
    found = 0
    for n in range(len(ends)):
        x0, y0, dx, dy = ends[n, 0], ends[n, 1], ends[n, 2] - ends[n, 0], ends[n, 3] - ends[n, 1]
        way = np.hypot(dx, dy)
        if not way > 0:
            continue
        count = int(np.ceil(way / step_m))
        begun, span = times[n, 0], times[n, 1] - times[n, 0]
        mine = is_open[0 if by_car[n] else 1]
        for number in range(count):
            low, high = number / count, (number + 1) / count
            ax, ay, bx, by = x0 + low * dx, y0 + low * dy, x0 + high * dx, y0 + high * dy
            mx, my = (ax + bx) / 2, (ay + by) / 2
            square = _square_of(mx - corner[0], my - corner[1], size_m, columns, rows)
            if square < 0:
                continue
            some = which[start[square] : start[square + 1]]
            best = _least_away(mx, my, some, side, road, mine, reach_m)
            most = detour * np.hypot(bx - ax, by - ay) + 1e-6
            last = -1
            for k in some:
                r = road[k]
                if r == last or not mine[r] or _from_side(mx, my, side, k) > best:
                    continue
                last = r
                one = _foot(ax, ay, side, before, first[r], first[r + 1])
                two = _foot(bx, by, side, before, first[r], first[r + 1])
                if max(one, two) - min(one, two) > most:
                    continue
                if found == size:
                    size *= 2
                    roads, told = _longer(roads, told, size)
                roads[found], told[found, 0], told[found, 1] = r, min(one, two), max(one, two)
                told[found, 2], told[found, 3] = begun + low * span, begun + high * span
                found += 1
    return roads[:found], told[:found]


@compiled
def _square_of(x: float, y: float, size_m: float, columns: int, rows: int) -> int:
    i, j = int(np.floor(x / size_m)), int(np.floor(y / size_m))
    return i * rows + j if 0 <= i < columns and 0 <= j < rows else -1


@compiled
def _least_away(  # noqa: PLR0917
    x: float, y: float, some: Any, side: Any, road: Any, mine: Any, reach_m: float
) -> float:
    """Distance of a place from the nearest open street, at most the reach [m]."""
    best = reach_m
    for k in some:
        if mine[road[k]]:
            best = min(best, _from_side(x, y, side, k))
    return best


@compiled
def _from_side(x: float, y: float, side: Any, k: int) -> float:
    return _away(x, y, side[k, 0], side[k, 1], side[k, 2], side[k, 3])


@compiled
def _longer(roads: Any, told: Any, size: int) -> Any:
    more, wider = np.empty(size, np.int64), np.empty((size, 4))
    more[: len(roads)], wider[: len(told)] = roads, told
    return more, wider


@compiled
def _away(  # noqa: PLR0917
    x: float, y: float, x0: float, y0: float, x1: float, y1: float
) -> float:
    """Distance of a place from a side [m], with the very operations that GEOS uses."""
    dx, dy = x1 - x0, y1 - y0
    if dx == 0 and dy == 0:
        return np.sqrt((x - x0) * (x - x0) + (y - y0) * (y - y0))
    squared = dx * dx + dy * dy
    share = ((x - x0) * dx + (y - y0) * dy) / squared
    if share <= 0:
        return np.sqrt((x - x0) * (x - x0) + (y - y0) * (y - y0))
    if share >= 1:
        return np.sqrt((x - x1) * (x - x1) + (y - y1) * (y - y1))
    aside = ((y0 - y) * dx - (x0 - x) * dy) / squared
    return abs(aside) * np.sqrt(squared)


@compiled
def _foot(  # noqa: PLR0917
    x: float, y: float, side: Any, before: Any, first: int, last: int
) -> float:
    """How far along a street its nearest place lies [m]: the first of several."""
    least, foot = np.inf, 0.0
    for k in range(first, last):
        away = _from_side(x, y, side, k)
        if away < least:
            x0, y0 = side[k, 0], side[k, 1]
            dx, dy = side[k, 2] - x0, side[k, 3] - y0
            squared = dx * dx + dy * dy
            share = ((x - x0) * dx + (y - y0) * dy) / squared if squared > 0 else 0.0
            least, foot = away, before[k] + min(max(share, 0.0), 1.0) * np.sqrt(squared)
    return foot
