"""The plain judge of windows: each cell and each window by itself, as the first version did."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.patrol.compliance import Unknown, Visited
from gridmap.patrol.intervals import (
    NEVER,
    Floats,
    Intervals,
    clip,
    rows_by,
    seconds_within,
    unite,
)
from gridmap.patrol.visits import MERGE_S
from tests.oracles.patrol_intervals import longest_pause

_WORTH_SAYING_S = 60.0
"""Unknown time [s] from which a reason speaks of it."""
_TOLERANCE = 1e-6
"""Seconds that rounding may take from a demand."""


def judge_windows(due: pd.DataFrame, visited: dict[int, Visited], unknown: Unknown) -> pd.DataFrame:
    """Judge every due (cell, window), one after the other."""
    cell = due["cell"].to_numpy(dtype=np.int64)
    bounds = due[["start_s", "end_s"]].to_numpy(dtype=float)
    known = np.zeros((len(due), 3))
    possible = np.zeros((len(due), 3))
    blank = Visited(NEVER, NEVER, np.empty(0))
    for number, rows in rows_by(cell).items():
        one = visited.get(number, blank)
        known[rows] = _made(one, bounds[rows])
        possible[rows] = _could_be(one, unknown, bounds[rows], known[rows])
    wanted = due[["minutes", "visits", "max_freshness_min"]].to_numpy(dtype=float)
    return _verdict(due, known, possible, wanted, seconds_within(unknown.any_s, *bounds.T))


def _made(one: Visited, bounds: Floats) -> Floats:
    """Presence [s], visits, longest pause [s] in each window."""
    presence = seconds_within(one.presence, bounds[:, 0], bounds[:, 1])
    # Visits smoothed at the borders may reach where nobody was: then there is none to count.
    was = presence > 0
    counts = np.where(was, [_counts(one, start, end).sum() for start, end in bounds], 0)
    pause = [
        longest_pause(one.visits if some else NEVER, start, end)
        for some, (start, end) in zip(was, bounds, strict=True)
    ]
    return np.column_stack([presence, counts, pause])


def _could_be(one: Visited, unknown: Unknown, bounds: Floats, known: Floats) -> Floats:
    """Presence, visits and pause, had unknown time been spent in the best way."""
    maybe = unknown.any_s
    wide = unite(np.r_[one.presence.start, maybe.start], np.r_[one.presence.end, maybe.end])
    presence = seconds_within(wide, bounds[:, 0], bounds[:, 1])
    more, pause = np.zeros(len(bounds)), np.zeros(len(bounds))
    for i, (start, end) in enumerate(bounds):
        room = _room(one, unknown, start, end)
        more[i] = np.floor((room.end - room.start + MERGE_S) / (unknown.least_s + MERGE_S)).sum()
        around = one.visits if known[i, 0] > 0 else _outside(one.visits, start, end)
        longer = _lengthened(around, clip(maybe, start, end))
        seen = unite(np.r_[room.start, longer.start], np.r_[room.end, longer.end])
        pause[i] = longest_pause(seen, start, end)
    return np.column_stack([presence, known[:, 1] + more, pause])


def _room(one: Visited, unknown: Unknown, start: float, end: float) -> Intervals:
    """Stretches of a window where unknown time and presence that is no visit could make one."""
    made = one.visits.start[_counts(one, start, end)], one.visits.end[_counts(one, start, end)]
    here, present = clip(unknown.any_s, start, end), clip(one.presence, start, end)
    free = seconds_within(Intervals(*made), present.start, present.end) <= 0
    first, last = np.r_[here.start, present.start[free]], np.r_[here.end, present.end[free]]
    room, filled = unite(first, last, closing_s=MERGE_S), unite(first, last)
    enough = seconds_within(filled, room.start, room.end) >= unknown.least_s - _TOLERANCE
    enough &= seconds_within(here, room.start, room.end) > 0
    return Intervals(room.start[enough], room.end[enough])


def _counts(one: Visited, start: float, end: float) -> npt.NDArray[np.bool_]:
    """Which visits are long enough inside a window to count for it."""
    inside = np.minimum(one.visits.end, end) - np.maximum(one.visits.start, start)
    return inside >= one.least_s - _TOLERANCE


def _outside(visits: Intervals, start: float, end: float) -> Intervals:
    """Parts of visits before a window; of those that begin in it or later, the parts after."""
    before = visits.start < start
    first = np.where(before, visits.start, np.maximum(visits.start, end))
    last = np.where(before, np.minimum(visits.end, start), visits.end)
    return Intervals(first[last > first], last[last > first])


def _lengthened(visits: Intervals, maybe: Intervals) -> Intervals:
    """Visits, each with the unknown time around that could have belonged to it."""
    runs = unite(np.r_[visits.start, maybe.start], np.r_[visits.end, maybe.end], closing_s=MERGE_S)
    visited = seconds_within(visits, runs.start, runs.end) > 0
    return Intervals(runs.start[visited], runs.end[visited])


def _satisfied(figures: Floats, wanted: Floats) -> npt.NDArray[np.bool_]:
    enough = figures[:, :2] >= wanted[:, :2] * [60.0, 1.0] - _TOLERANCE
    fresh = figures[:, 2] <= wanted[:, 2] * 60.0 + _TOLERANCE
    good = np.column_stack([enough, fresh]) | np.isnan(wanted)
    return np.asarray(good.all(axis=1))


def _verdict(
    due: pd.DataFrame, known: Floats, possible: Floats, wanted: Floats, unknown_s: Floats
) -> pd.DataFrame:
    met, could = _satisfied(known, wanted), _satisfied(possible, wanted)
    some = (known[:, 0] > 0) | (known[:, 1] > 0)
    status = np.select([met, could, some], ["met", "unknown", "partly"], default="missed")
    missing = np.nan_to_num(np.clip(wanted[:, :2] * [60.0, 1.0] - known[:, :2], 0.0, None))
    table = pd.DataFrame(
        {
            "presence_s": known[:, 0],
            "visits_made": known[:, 1],
            "longest_pause_s": known[:, 2],
            "unknown_s": unknown_s,
            "status": status,
            "shortfall_min": np.where(met, 0.0, np.maximum(missing[:, 0] / 60, missing[:, 1])),
        },
        index=due.index,
    )
    table["reason"] = [
        _reason(*row)
        for row in zip(status, known.tolist(), wanted.tolist(), unknown_s.tolist(), strict=True)
    ]
    return table


def _reason(status: str, known: list[float], wanted: list[float], unknown_s: float) -> str:
    made = (known[0] / 60, known[1], known[2] / 60)
    text = [
        phrase.format(have, want)
        for phrase, have, want in zip(_PHRASES, made, wanted, strict=True)
        if not np.isnan(want)
    ]
    if status != "met" and unknown_s >= _WORTH_SAYING_S:
        could = "could" if status == "unknown" else "could not"
        text.append(f"{unknown_s / 60:.0f} min of duty unknown {could} cover the rest")
    return "; ".join(text)


_PHRASES = (
    "{:.1f} of {:g} min present",
    "{:.0f} of {:g} visits",
    "longest absence {:.0f} min, at most {:g}",
)
