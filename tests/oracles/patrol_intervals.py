"""Unions and pauses of intervals, one interval after the other."""

import numpy as np
import pandas as pd

from gridmap.patrol.intervals import TOUCHING_S, Intervals


def unite_by(key: pd.Series, start: pd.Series, end: pd.Series) -> dict[int, Intervals]:
    """Union of intervals for each key; those that touch are one."""
    found: dict[int, list[list[float]]] = {}
    for name, low, high in sorted(zip(key, start, end, strict=True)):
        parts = found.setdefault(int(name), [])
        if parts and low <= parts[-1][1] + TOUCHING_S:
            parts[-1][1] = max(parts[-1][1], high)
        else:
            parts.append([low, high])
    return {name: Intervals(*np.array(parts).T) for name, parts in found.items()}


def longest_pause(inside: Intervals, start: float, end: float) -> float:
    """Longest stretch [s] of one window that no interval touches."""
    reached, longest = start, 0.0
    for low, high in zip(inside.start, inside.end, strict=True):
        if high > start and low < end:
            longest = max(longest, max(low, start) - reached)
            reached = min(high, end)
    return float(max(longest, end - reached))
