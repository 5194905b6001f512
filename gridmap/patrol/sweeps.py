"""Loops over many fixes, compiled; each has a twin in NumPy with the same answers, bit by bit."""

from typing import Any

import numpy as np

from gridmap.compiled import compiled
from gridmap.patrol.spikes import PEAK_S

DIGIT_BITS = 12
_SURELY_LESS = 1 - 1e-9


@compiled
def radix_sort(packed: Any, low: int, high: int) -> Any:
    """Sort whole numbers by their bits from ``low`` to ``high``, equal ones as they came."""
    count = len(packed)
    here, other = packed.copy(), np.empty(count, np.int64)
    starts = np.empty(1 << DIGIT_BITS, np.int64)
    mask = (1 << DIGIT_BITS) - 1
    for bit in range(low, high, DIGIT_BITS):
        starts[:] = 0
        for n in range(count):
            starts[(here[n] >> bit) & mask] += 1
        total = 0
        for digit in range(1 << DIGIT_BITS):
            size = starts[digit]
            starts[digit] = total
            total += size
        for n in range(count):
            digit = (here[n] >> bit) & mask
            other[starts[digit]] = here[n]
            starts[digit] += 1
        here, other = other, here
    return here


@compiled
def valid_steps(  # noqa: PLR0917
    shift: Any, time_s: Any, x_m: Any, y_m: Any, limit_s: Any, speeds: Any
) -> Any:
    """Whether a unit went straight from each fix to the next: 2 yes, 1 unknown, 0 other shift."""
    told = np.zeros(max(len(shift) - 1, 0), np.int8)
    for n in range(len(told)):
        whose = shift[n]
        if shift[n + 1] != whose:
            continue
        interval = time_s[n + 1] - time_s[n]
        sustained, peak = speeds[0, whose], speeds[1, whose]
        reach = sustained * interval + (peak - sustained) * min(interval, PEAK_S)
        far = _is_far(x_m[n + 1] - x_m[n], y_m[n + 1] - y_m[n], reach)
        told[n] = 1 if far or interval <= 0 or interval > limit_s[whose] else 2
    return told


@compiled
def fast_steps(shift: Any, time_s: Any, x_m: Any, y_m: Any, speeds: Any) -> Any:
    """Whether a unit would have had to go too fast from each fix of its shift to the next."""
    told = np.zeros(max(len(shift) - 1, 0), np.bool_)
    for n in range(len(told)):
        whose = shift[n]
        interval = time_s[n + 1] - time_s[n]
        sustained, peak = speeds[0, whose], speeds[1, whose]
        reach = sustained * interval + (peak - sustained) * min(interval, PEAK_S)
        far = _is_far(x_m[n + 1] - x_m[n], y_m[n + 1] - y_m[n], reach)
        told[n] = far and shift[n + 1] == whose
    return told


@compiled
def _is_far(dx: float, dy: float, reach: float) -> bool:
    """Whether a way is longer than a reach; the root is drawn only where it is close."""
    squared = dx * dx + dy * dy
    if squared < _SURELY_LESS * reach * reach:
        return False
    return np.hypot(dx, dy) > reach


@compiled
def reach_of(whose: Any, last: Any) -> Any:
    """Greatest end so far within each key, for keys in ascending order."""
    reach = last.copy()
    for n in range(1, len(whose)):
        if whose[n] == whose[n - 1] and reach[n - 1] > reach[n]:
            reach[n] = reach[n - 1]
    return reach


@compiled
def find_places(x_lines: Any, y_lines: Any, table: Any, x_m: Any, y_m: Any) -> Any:
    """Cell of each point in a table between even lines; -2 for points on a line."""
    found = np.empty(len(x_m), np.int64)
    columns, rows = len(x_lines), len(y_lines)
    x0, y0 = x_lines[0], y_lines[0]
    x_step = (x_lines[-1] - x0) / (columns - 1)
    y_step = (y_lines[-1] - y0) / (rows - 1)
    for n in range(len(x_m)):
        x, y = x_m[n], y_m[n]
        i = min(max(int((x - x0) / x_step) + 1, 0), columns)
        j = min(max(int((y - y0) / y_step) + 1, 0), rows)
        while i < columns and x >= x_lines[i]:
            i += 1
        while i > 0 and x < x_lines[i - 1]:
            i -= 1
        while j < rows and y >= y_lines[j]:
            j += 1
        while j > 0 and y < y_lines[j - 1]:
            j -= 1
        on = (i > 0 and x == x_lines[i - 1]) or (j > 0 and y == y_lines[j - 1])
        found[n] = -2 if on else table[i, j]
    return found


@compiled
def none_between(ends: Any, table: Any, corner: Any, pixel_m: float) -> Any:
    """Whether no marked pixel lies in the box around each segment, by a table of sums."""
    told = np.empty(ends.shape[1], np.bool_)
    columns, rows = table.shape[0] - 2.0, table.shape[1] - 2.0
    for n in range(len(told)):
        i0 = int(min(max(np.floor((ends[0, n] - corner[0]) / pixel_m), 0.0), columns))
        j0 = int(min(max(np.floor((ends[1, n] - corner[1]) / pixel_m), 0.0), rows))
        i1 = int(min(max(np.floor((ends[2, n] - corner[0]) / pixel_m), 0.0), columns))
        j1 = int(min(max(np.floor((ends[3, n] - corner[1]) / pixel_m), 0.0), rows))
        left, right, down, up = min(i0, i1), max(i0, i1) + 1, min(j0, j1), max(j0, j1) + 1
        count = table[right, up] - table[left, up] - table[right, down] + table[left, down]
        told[n] = count == 0
    return told


@compiled
def chain_runs(  # noqa: C901, PLR0917
    valid: Any, shift: Any, time_s: Any, home: Any, told: Any, good_s: Any, cut_row: Any,
    cut_end: Any, low: Any, high: Any, cut_cell: Any, smooth: bool,
) -> Any:  # fmt: skip
    """Chain pieces of steps to runs in one cell: by cell and observation, or smoothed by cell."""
    most = len(valid) + len(cut_cell)
    row, cell, seen = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.bool_)
    start, end, squared = np.empty(most), np.empty(most), np.zeros(most)
    run, cut, part = -1, 0, 0
    for n in range(len(valid)):
        if not valid[n]:
            continue
        interval = time_s[n + 1] - time_s[n]
        crosses = cut < len(cut_row) and cut_row[cut] == n
        pieces = cut_end[cut] - part if crosses else 1
        for _piece in range(pieces):
            where, begin, close = home[n], time_s[n], time_s[n + 1]
            if crosses:
                where = cut_cell[part]
                begin = time_s[n] + low[part] * interval
                if high[part] != 1:
                    close = time_s[n] + high[part] * interval
                part += 1
            at_start, at_end = where == home[n], where == home[n + 1]
            observed = at_start and at_end and interval <= good_s[where]
            if smooth:
                observed = False
                left, came = told[n] != home[n], told[n + 1] != home[n + 1]
                if at_end and came and (not at_start or not left):
                    where = told[n + 1]
                elif at_start and left:
                    where = told[n]
            if (
                run < 0
                or cell[run] != where
                or seen[run] != observed
                or end[run] != begin
                or shift[row[run]] != shift[n]
            ):
                run += 1
                row[run], cell[run], seen[run], start[run] = n, where, observed, begin
            end[run] = close
            squared[run] += (close - begin) * interval
        if crosses:
            cut += 1
    last = run + 1
    return row[:last], cell[:last], start[:last], end[:last], seen[:last], squared[:last]
