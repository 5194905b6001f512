"""The loops from sectors to views: cut at a range, measured in closed form, drawn as rings.

Like the sweep, asked for by :func:`gridmap.compiled.loops`.
"""

# ruff: noqa: PLR0917 - compiled loops take their arrays by position
import math

import numpy as np
import numpy.typing as npt

from gridmap.cameras.bearings import OPEN, SAME_ANGLE, Floats, Numbers
from gridmap.compiled import compiled

CAP = -2
"""What bounds a sector that neither a wall nor the arc bounds: the plane of equal density."""
_FULL = 2 * math.pi
_SAME_PLACE_M = 1e-9


@compiled
def _inside_arc(
    start: float, end: float, ax: float, ay: float, reach_m: float
) -> tuple[float, float]:
    """Part of a sector in which its wall is within range; empty where ``from`` ≥ ``to``."""
    strength = math.hypot(ax, ay) * reach_m
    if strength <= 1.0:
        return end, end
    half, foot = math.acos(1.0 / strength), math.atan2(ay, ax)
    # The foot of the wall's line may be told a turn away from the sector.
    foot += _FULL * round((0.5 * (start + end) - foot) / _FULL)
    return max(start, foot - half), min(end, foot + half)


@compiled
def _inside_cap(
    start: float, end: float, ax: float, ay: float, cx: float, cy: float
) -> tuple[float, float]:
    """Part of a sector in which its wall is nearer than the plane across the axis."""
    dx, dy = ax - cx, ay - cy
    first = dx * math.cos(start) + dy * math.sin(start)
    last = dx * math.cos(end) + dy * math.sin(end)
    if first >= 0 and last >= 0:
        return start, end
    if first <= 0 and last <= 0:
        return end, end
    turn = math.atan2(dx, -dy) if first > 0 else math.atan2(-dx, dy)
    turn += _FULL * round((0.5 * (start + end) - turn) / _FULL)
    turn = min(max(turn, start), end)
    return (start, turn) if first > 0 else (turn, end)


@compiled
def cut_sector(
    start: float,
    end: float,
    ax: float,
    ay: float,
    number: int,
    reach_m: float,
    cap: Floats,
    parts: Floats,
    kinds: Numbers,
) -> int:
    """Cut one sector at the range: parts that a wall bounds, and parts that the range bounds."""
    beyond = OPEN if cap[0] == 0.0 and cap[1] == 0.0 else CAP
    if number < 0:
        from_, to = end, end
    elif beyond == OPEN:
        from_, to = _inside_arc(start, end, ax, ay, reach_m)
    else:
        from_, to = _inside_cap(start, end, ax, ay, cap[0], cap[1])
    if to - from_ <= SAME_ANGLE:
        parts[0, 0], parts[0, 1], kinds[0] = start, end, beyond
        return 1
    made = 0
    if from_ - start > SAME_ANGLE:
        parts[made, 0], parts[made, 1], kinds[made] = start, from_, beyond
        made += 1
    else:
        from_ = start
    parts[made, 0], parts[made, 1], kinds[made] = from_, to, number
    made += 1
    if end - to > SAME_ANGLE:
        parts[made, 0], parts[made, 1], kinds[made] = to, end, beyond
        made += 1
    else:
        parts[made - 1, 1] = end
    return made


@compiled
def _put(corners: Floats, count: int, x: float, y: float) -> int:
    """Write one corner unless it is where the one before is."""
    if count > 0:
        before = abs(corners[count - 1, 0] - x) + abs(corners[count - 1, 1] - y)
        if before <= _SAME_PLACE_M:
            return count
    corners[count, 0], corners[count, 1] = x, y
    return count + 1


@compiled
def _arc(
    corners: Floats, count: int, start: float, end: float, reach_m: float, chord: float
) -> int:
    """Corners of an arc as chords; returns how many corners there are then."""
    steps = max(math.ceil((end - start) / chord - 1e-9), 1)
    turn_x, turn_y = math.cos((end - start) / steps), math.sin((end - start) / steps)
    x, y = reach_m * math.cos(start), reach_m * math.sin(start)
    count = _put(corners, count, x, y)
    # Turned step by step, which is a tenth of the work of a sine each; at most 360 steps.
    for _ in range(steps):
        x, y = turn_x * x - turn_y * y, turn_y * x + turn_x * y
        count = _put(corners, count, x, y)
    return count


@compiled
def reach_one(
    sectors: Floats,
    poles: Floats,
    hit: Numbers,
    home: npt.NDArray[np.bool_],
    reach_m: float,
    cap: Floats,
    chord: float,
    corners: Floats,
    figures: Floats,
) -> int:
    """Ring and figures (area, façade, façade of homes) of one camera at one range."""
    parts, kinds = np.empty((3, 2)), np.empty(3, np.int64)
    count, area, facade, homes = 0, 0.0, 0.0, 0.0
    for n in range(len(sectors)):
        made = cut_sector(
            sectors[n, 0],
            sectors[n, 1],
            poles[n, 0],
            poles[n, 1],
            hit[n],
            reach_m,
            cap,
            parts,
            kinds,
        )
        for part in range(made):
            start, end, kind = parts[part, 0], parts[part, 1], kinds[part]
            if kind == OPEN:
                area += 0.5 * reach_m * reach_m * (end - start)
                count = _arc(corners, count, start, end, reach_m, chord)
                continue
            ax, ay = (cap[0], cap[1]) if kind == CAP else (poles[n, 0], poles[n, 1])
            c0, s0, c1, s1 = math.cos(start), math.sin(start), math.cos(end), math.sin(end)
            near, far = 1.0 / (ax * c0 + ay * s0), 1.0 / (ax * c1 + ay * s1)
            area += 0.5 * near * far * math.sin(end - start)
            count = _put(corners, count, near * c0, near * s0)
            count = _put(corners, count, far * c1, far * s1)
            if kind >= 0:
                length = math.hypot(far * c1 - near * c0, far * s1 - near * s0)
                facade += length
                homes += length if home[kind] else 0.0
    figures[0], figures[1], figures[2] = area, facade, homes
    return count


@compiled
def reach_all(
    ends: Numbers,
    sectors: Floats,
    poles: Floats,
    hit: Numbers,
    home: npt.NDArray[np.bool_],
    aims: Floats,
    reach_m: Floats,
    caps: Floats,
    chord: float,
) -> tuple[Numbers, Floats, Floats]:
    """Rings and figures of all cameras at one range each: ring offsets, corners, figures."""
    count = len(aims)
    figures, offsets = np.zeros((count, 3)), np.zeros(count + 1, np.int64)
    corners = np.empty((8 * len(sectors) + count * (int(_FULL / chord) + 8), 2))
    for n in range(count):
        at, start, cos, sin = offsets[n], 0, math.cos(aims[n, 2]), math.sin(aims[n, 2])
        offsets[n + 1] = at
        if reach_m[n] <= 0:
            continue
        if aims[n, 3] < _FULL - SAME_ANGLE:
            corners[at, 0], corners[at, 1], start = 0.0, 0.0, 1
        some = slice(ends[n], ends[n + 1])
        made = start + reach_one(
            sectors[some], poles[some], hit[some], home, reach_m[n], caps[n], chord,
            corners[at + start :], figures[n],
        )  # fmt: skip
        made = at + _put(corners[at:], made, corners[at, 0], corners[at, 1])
        corners[made - 1] = corners[at]
        for k in range(at, made):
            x, y = corners[k, 0], corners[k, 1]
            corners[k, 0], corners[k, 1] = (
                aims[n, 0] + cos * x - sin * y,
                aims[n, 1] + cos * y + sin * x,
            )
        offsets[n + 1] = made
    return offsets, corners[: offsets[count]].copy(), figures
