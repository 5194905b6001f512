"""Loops over the windows of cells where anybody was: what is known, and what could be at best.

Imported by :func:`gridmap.compiled.loops`. Arrays of intervals are disjoint and ascending; those of
all cells lie one after the other, and ``first`` and ``last`` bound the few that a window can see.
"""

import numpy as np
import numpy.typing as npt

from gridmap.compiled import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_TOUCHING_S = 1e-9
_TOLERANCE_S = 1e-6


@compiled
def known_in_windows(  # noqa: PLR0917
    window: Floats,
    some: Ints,
    p_start: Floats,
    p_end: Floats,
    p_rows: Ints,
    v_start: Floats,
    v_end: Floats,
    least: Floats,
    v_rows: Ints,
    known: Floats,
) -> None:
    """Fill in presence [s], visits and longest pause [s] of each window in ``some``.

    Visits are smoothed at the borders of cells and may reach where nobody was: they count for a
    window only if somebody was in the cell within it.
    """
    for w in some:
        start, end = window[w, 0], window[w, 1]
        seconds = 0.0
        for k in range(p_rows[w, 0], p_rows[w, 1]):
            seconds += max(min(p_end[k], end) - max(p_start[k], start), 0.0)
        visits, reach, pause = 0.0, start, -np.inf
        last = v_rows[w, 1] if seconds > 0 else v_rows[w, 0]
        for k in range(v_rows[w, 0], last):
            low, high = max(v_start[k], start), min(v_end[k], end)
            if high - low >= least[k] - _TOLERANCE_S:
                visits += 1.0
            if high > low:
                pause = max(pause, low - reach)
                reach = high
        known[w, 0], known[w, 1], known[w, 2] = seconds, visits, max(pause, end - reach)


@compiled
def best_in_windows(  # noqa: PLR0917
    window: Floats,
    some: Ints,
    p_start: Floats,
    p_end: Floats,
    p_rows: Ints,
    v_start: Floats,
    v_end: Floats,
    least: Floats,
    v_rows: Ints,
    m_start: Floats,
    m_end: Floats,
    unknown_least: float,
    merge: float,
    known: Floats,
    best: Floats,
) -> None:
    """Fill in the same figures, had unknown time (``m``) been spent in the best way."""
    most_p = most_v = 0
    for w in some:
        most_p = max(most_p, p_rows[w, 1] - p_rows[w, 0])
        most_v = max(most_v, v_rows[w, 1] - v_rows[w, 0])
    here = np.empty((len(m_start) + 1, 2))
    free = np.empty((most_p + 1, 2))
    room = np.empty((len(m_start) + most_p + 1, 2))
    longer, beside = np.empty((most_v + 1, 2)), np.empty((most_v + 1, 2))
    for w in some:
        start, end = window[w, 0], window[w, 1]
        p0, p1, v0, v1 = p_rows[w, 0], p_rows[w, 1], v_rows[w, 0], v_rows[w, 1]
        count = _clip(m_start, m_end, start, end, here)
        best[w, 0] = _union(here, count, p_start, p_end, p0, p1, start, end)
        loose = _free(p_start, p_end, p0, p1, v_start, v_end, least, v0, v1, start, end, free)
        rooms, more = _rooms(here, count, free, loose, merge, unknown_least, room)
        best[w, 1] = known[w, 1] + more
        nobody = known[w, 0] <= 0
        around = _beside(v_start, v_end, v0, v1, start, end, nobody, beside)
        runs = _lengthened(here, count, beside, around, merge, longer)
        best[w, 2] = _pause(room, rooms, longer, runs, start, end)


@compiled
def _clip(first: Floats, last: Floats, start: float, end: float, out: Floats) -> int:
    """Parts of the intervals inside the window."""
    count = 0
    k = np.searchsorted(last, start)
    while k < len(first) and first[k] < end:
        low, high = max(first[k], start), min(last[k], end)
        if high > low:
            out[count, 0], out[count, 1] = low, high
            count += 1
        k += 1
    return count


@compiled
def _union(  # noqa: PLR0917
    here: Floats, count: int, p_start: Floats, p_end: Floats, p0: int, p1: int,
    start: float, end: float,
) -> float:  # fmt: skip
    """Seconds of presence and unknown time together."""
    seconds, reach = 0.0, start
    i, k = 0, p0
    while i < count or k < p1:
        if k >= p1 or (i < count and here[i, 0] <= p_start[k]):
            low, high = here[i, 0], here[i, 1]
            i += 1
        else:
            low, high = max(p_start[k], start), min(p_end[k], end)
            k += 1
        if high > reach:
            seconds += high - max(low, reach)
            reach = high
    return seconds


@compiled
def _free(  # noqa: PLR0917
    p_start: Floats, p_end: Floats, p0: int, p1: int, v_start: Floats, v_end: Floats,
    least: Floats, v0: int, v1: int, start: float, end: float, out: Floats,
) -> int:  # fmt: skip
    """Presence in the window that belongs to no visit that counts for it."""
    count = 0
    for k in range(p0, p1):
        low, high = max(p_start[k], start), min(p_end[k], end)
        taken = high <= low
        for v in range(v0, v1):
            inside = min(v_end[v], end) - max(v_start[v], start)
            if inside >= least[v] - _TOLERANCE_S and min(v_end[v], high) > max(v_start[v], low):
                taken = True
        if not taken:
            out[count, 0], out[count, 1] = low, high
            count += 1
    return count


@compiled
def _rooms(  # noqa: PLR0917
    here: Floats, count: int, free: Floats, loose: int, merge: float, least: float, out: Floats
) -> tuple[int, float]:
    """Stretches where unknown time and free presence could make visits, and how many."""
    rooms, more = 0, 0.0
    i = k = 0
    low = high = reach = filled = maybe = 0.0
    is_open = False
    while i < count or k < loose or is_open:
        is_last = i >= count and k >= loose
        is_maybe = not is_last and (k >= loose or (i < count and here[i, 0] <= free[k, 0]))
        if not is_last:
            low, high = (here[i, 0], here[i, 1]) if is_maybe else (free[k, 0], free[k, 1])
        if is_open and (is_last or low - reach > merge):
            if filled >= least - _TOLERANCE_S and maybe > 0:
                out[rooms, 1] = reach
                more += np.floor((reach - out[rooms, 0] + merge) / (least + merge))
                rooms += 1
            is_open = False
        if is_last:
            continue
        if not is_open:
            out[rooms, 0], reach, filled, maybe, is_open = low, low, 0.0, 0.0, True
        if high > reach:
            filled += high - max(low, reach)
            reach = high
        if is_maybe:
            maybe += high - low
            i += 1
        else:
            k += 1
    return rooms, more


@compiled
def _beside(  # noqa: PLR0917
    v_start: Floats, v_end: Floats, v0: int, v1: int, start: float, end: float, nobody: bool,
    out: Floats,
) -> int:  # fmt: skip
    """Visits around the window; where nobody was in the cell, only what lies before or after."""
    count = 0
    for v in range(v0, v1):
        low, high = v_start[v], v_end[v]
        if nobody and low < end and high > start:
            if low < start:
                high = start
            elif high > end:
                low = end
            else:
                continue
        out[count, 0], out[count, 1] = low, high
        count += 1
    return count


@compiled
def _lengthened(  # noqa: PLR0917
    here: Floats, count: int, visit: Floats, visits: int, merge: float, out: Floats
) -> int:
    """Visits, each with the unknown time around that could have belonged to it."""
    runs = i = v = 0
    first = reach = 0.0
    is_open = is_visited = False
    while i < count or v < visits:
        is_maybe = v >= visits or (i < count and here[i, 0] <= visit[v, 0])
        low, high = (here[i, 0], here[i, 1]) if is_maybe else (visit[v, 0], visit[v, 1])
        if not is_open or low - reach > merge:
            if is_visited:
                out[runs, 0], out[runs, 1] = first, reach
                runs += 1
            first, reach, is_open, is_visited = low, high, True, False
        reach = max(reach, high)
        is_visited = is_visited or (not is_maybe and high > low)
        if is_maybe:
            i += 1
        else:
            v += 1
    if is_visited:
        out[runs, 0], out[runs, 1] = first, reach
        runs += 1
    return runs


@compiled
def _pause(  # noqa: PLR0917
    room: Floats, rooms: int, longer: Floats, runs: int, start: float, end: float
) -> float:
    """Longest stretch of the window that neither kind of stretch touches."""
    pause, reach = -np.inf, start
    i = k = 0
    while i < rooms or k < runs:
        if k >= runs or (i < rooms and room[i, 0] <= longer[k, 0]):
            low, high = max(room[i, 0], start), min(room[i, 1], end)
            i += 1
        else:
            low, high = max(longer[k, 0], start), min(longer[k, 1], end)
            k += 1
        if high > low:
            if low - reach > _TOUCHING_S:
                pause = max(pause, low - reach)
            reach = max(reach, high)
    return max(pause, end - reach)
