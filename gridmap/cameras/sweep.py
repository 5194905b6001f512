"""The loops of the angular sweep; asked for by :func:`gridmap.compiled.loops`.

Angles [rad] run counter-clockwise from the left limit of each field; a wall is kept as the pole of
its line, the vector a with a · u = 1 ÷ distance along the bearing u. So the nearest wall along a
bearing is the one of the largest a · u, without a division or an angle.
"""

# ruff: noqa: PLR0917 - compiled loops take their arrays by position
import math

import numpy as np

from gridmap.cameras.bearings import OPEN, SAME_ANGLE, Floats, Numbers
from gridmap.compiled import compiled

_FULL = 2 * math.pi


@compiled
def span_walls(
    edges: Floats,
    numbers: Numbers,
    aim: Floats,
    sided: bool,
    low: Floats,
    high: Floats,
    pole: Floats,
    wall: Numbers,
) -> int:
    """Angles that the walls near one camera span; a wall across the first bearing spans two."""
    count = 0
    cos, sin = math.cos(aim[2]), math.sin(aim[2])
    width, reach2 = aim[3], aim[4] * aim[4]
    for number in numbers:
        x0, y0 = edges[number, 0] - aim[0], edges[number, 1] - aim[1]
        way_x, way_y = edges[number, 2] - edges[number, 0], edges[number, 3] - edges[number, 1]
        moment = x0 * way_y - y0 * way_x
        if sided and moment > 0:
            continue
        a = way_x * way_x + way_y * way_y
        b = x0 * way_x + y0 * way_y
        root = b * b - a * (x0 * x0 + y0 * y0 - reach2)
        if root <= 0 or a <= 0:
            continue
        half = math.sqrt(root)
        first, last = max((-b - half) / a, 0.0), min((-b + half) / a, 1.0)
        if last <= first or abs(moment) * (last - first) <= SAME_ANGLE * reach2:
            continue
        if moment < 0:
            first, last = last, first
        px, py = x0 + first * way_x, y0 + first * way_y
        qx, qy = x0 + last * way_x, y0 + last * way_y
        start = math.atan2(cos * py - sin * px, cos * px + sin * py)
        if start < 0:
            start += _FULL
        end = start + math.atan2(abs(px * qy - py * qx), px * qx + py * qy)
        pole_x, pole_y = way_y / moment, -way_x / moment
        for turn in range(2):
            from_, to = max(start - turn * _FULL, 0.0), min(end - turn * _FULL, width)
            if to - from_ > SAME_ANGLE:
                low[count], high[count], wall[count] = from_, to, number
                pole[count, 0] = cos * pole_x + sin * pole_y
                pole[count, 1] = cos * pole_y - sin * pole_x
                count += 1
    return count


@compiled
def _nearer(one: int, other: int, pole: Floats, ux: float, uy: float) -> bool:
    return pole[one, 0] * ux + pole[one, 1] * uy > pole[other, 0] * ux + pole[other, 1] * uy


@compiled
def _sift_up(heap: Numbers, place: Numbers, at: int, pole: Floats, ux: float, uy: float) -> None:
    while at > 0:
        above = (at - 1) // 2
        if not _nearer(heap[at], heap[above], pole, ux, uy):
            break
        heap[at], heap[above] = heap[above], heap[at]
        place[heap[at]], place[heap[above]] = at, above
        at = above


@compiled
def _sift_down(
    heap: Numbers, size: int, place: Numbers, at: int, pole: Floats, ux: float, uy: float
) -> None:
    while True:
        best = at
        for child in range(2 * at + 1, min(2 * at + 3, size)):
            if _nearer(heap[child], heap[best], pole, ux, uy):
                best = child
        if best == at:
            break
        heap[at], heap[best] = heap[best], heap[at]
        place[heap[at]], place[heap[best]] = at, best
        at = best


@compiled
def _leave(
    active: Numbers,
    size: int,
    place: Numbers,
    span: int,
    heaped: bool,
    pole: Floats,
    ux: float,
    uy: float,
) -> int:
    """Take a span out of those that are crossed now; compared where all of them still stand."""
    at = place[span]
    size -= 1
    moved = active[size]
    active[at] = moved
    place[moved] = at
    if heaped and at < size:
        _sift_down(active, size, place, at, pole, ux, uy)
        _sift_up(active, place, place[moved], pole, ux, uy)
    return size


@compiled
def _front(active: Numbers, size: int, heaped: bool, pole: Floats, ux: float, uy: float) -> int:
    """Span in front among those crossed now, -1 if there are none."""
    if size == 0:
        return -1
    best = active[0]
    if heaped:
        return best
    most = pole[best, 0] * ux + pole[best, 1] * uy
    for n in range(1, size):
        span = active[n]
        value = pole[span, 0] * ux + pole[span, 1] * uy
        if value > most:
            most, best = value, span
    return best


@compiled
def sweep_one(
    low: Floats,
    high: Floats,
    pole: Floats,
    wall: Numbers,
    count: int,
    width: float,
    heaped: bool,
    sectors: Floats,
    poles: Floats,
    hit: Numbers,
) -> int:
    """Sectors of one camera from the spans of its walls; returns how many there are."""
    angle = np.empty(2 * count)
    angle[:count], angle[count:] = low[:count], high[:count]
    order = np.argsort(angle, kind="mergesort")
    active, place = np.empty(count + 1, np.int64), np.empty(count + 1, np.int64)
    size, made, event, here = 0, 0, 0, 0.0
    ux, uy = 1.0, 0.0
    while here < width:
        # Bearings that are one: what ends here goes before what begins here.
        group = event
        while group < 2 * count and angle[order[group]] - here <= SAME_ANGLE:
            group += 1
        for n in range(event, group):
            if order[n] >= count:
                size = _leave(active, size, place, order[n] - count, heaped, pole, ux, uy)
        there = width if group == 2 * count else min(angle[order[group]], width)
        if width - there <= SAME_ANGLE:
            there = width
        middle = (here + there) / 2
        ux, uy = math.cos(middle), math.sin(middle)
        for n in range(event, group):
            span = order[n]
            if span < count:
                active[size], place[span] = span, size
                size += 1
                if heaped:
                    _sift_up(active, place, size - 1, pole, ux, uy)
        front = _front(active, size, heaped, pole, ux, uy)
        number = OPEN if front < 0 else wall[front]
        if made > 0 and hit[made - 1] == number:
            sectors[made - 1, 1] = there
        else:
            sectors[made, 0], sectors[made, 1], hit[made] = here, there, number
            poles[made, 0] = 0.0 if front < 0 else pole[front, 0]
            poles[made, 1] = 0.0 if front < 0 else pole[front, 1]
            made += 1
        event, here = group, there
    return made


@compiled
def sweep_all(
    edges: Floats, numbers: Numbers, offsets: Numbers, aims: Floats, sided: bool, heap_from: int
) -> tuple[Numbers, Floats, Floats, Numbers]:
    """Sectors of all cameras as one ragged array: offsets, bounds, poles and walls hit."""
    most = 0
    for n in range(len(aims)):
        most = max(most, offsets[n + 1] - offsets[n])
    low, high, wall = np.empty(2 * most), np.empty(2 * most), np.empty(2 * most, np.int64)
    pole = np.empty((2 * most, 2))
    room = 4 * len(numbers) + 2 * len(aims) + 4 * most + 2
    sectors, poles, hit = np.empty((room, 2)), np.empty((room, 2)), np.empty(room, np.int64)
    ends = np.zeros(len(aims) + 1, np.int64)
    for n in range(len(aims)):
        near = numbers[offsets[n] : offsets[n + 1]]
        count = span_walls(edges, near, aims[n], sided, low, high, pole, wall)
        at, heaped = ends[n], count > heap_from
        ends[n + 1] = at + sweep_one(
            low, high, pole, wall, count, aims[n, 3], heaped, sectors[at:], poles[at:], hit[at:]
        )
    total = ends[len(aims)]
    return ends, sectors[:total].copy(), poles[:total].copy(), hit[:total].copy()


@compiled
def through_one(
    low: Floats,
    high: Floats,
    pole: Floats,
    wall: Numbers,
    count: int,
    sectors: Floats,
    poles: Floats,
    hit: Numbers,
    found: Floats,
    walls: Numbers,
    made: int,
) -> int:
    """Parts of see-through walls of one camera that stand before every wall that blocks."""
    for span in range(count):
        for n in range(len(sectors)):
            start, end = max(low[span], sectors[n, 0]), min(high[span], sectors[n, 1])
            if end - start <= SAME_ANGLE:
                continue
            ux, uy = math.cos((start + end) / 2), math.sin((start + end) / 2)
            strength = pole[span, 0] * ux + pole[span, 1] * uy
            if hit[n] >= 0 and poles[n, 0] * ux + poles[n, 1] * uy > strength:
                continue
            found[made, 0], found[made, 1] = start, end
            found[made, 2], found[made, 3] = pole[span, 0], pole[span, 1]
            walls[made] = wall[span]
            made += 1
    return made


@compiled
def through_all(
    edges: Floats,
    numbers: Numbers,
    offsets: Numbers,
    aims: Floats,
    ends: Numbers,
    sectors: Floats,
    poles: Floats,
    hit: Numbers,
) -> tuple[Numbers, Floats, Numbers]:
    """See-through walls seen by all cameras: offsets, (from, to, pole) and walls."""
    most = 0
    for n in range(len(aims)):
        most = max(most, offsets[n + 1] - offsets[n])
    low, high, wall = np.empty(2 * most), np.empty(2 * most), np.empty(2 * most, np.int64)
    pole = np.empty((2 * most, 2))
    bounds = np.zeros(len(aims) + 1, np.int64)
    found, walls = np.empty((0, 4)), np.empty(0, np.int64)
    for n in range(len(aims)):
        near = numbers[offsets[n] : offsets[n + 1]]
        count = span_walls(edges, near, aims[n], True, low, high, pole, wall)
        some = slice(ends[n], ends[n + 1])
        made, room = bounds[n], bounds[n] + 2 * count * (ends[n + 1] - ends[n])
        if room > len(found):
            more, others = np.empty((2 * room, 4)), np.empty(2 * room, np.int64)
            more[:made], others[:made] = found[:made], walls[:made]
            found, walls = more, others
        bounds[n + 1] = through_one(
            low, high, pole, wall, count, sectors[some], poles[some], hit[some], found, walls, made
        )
    total = bounds[len(aims)]
    return bounds, found[:total].copy(), walls[:total].copy()
