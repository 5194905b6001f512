"""Judge 277,704 (cell, window) pairs: our arrays against the plain judge, cell by cell.

A week of 2-hour windows in 3,306 cells, with a week of patrols: no peer has this question, so the
row also keeps the budget of 0.2 s.

Run: .venv/bin/python scripts/bench/patrol_compliance.py
"""

import itertools
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from _row import report, timed

from gridmap.patrol.compliance import CellTimes, Unknown, Visited, judge_windows
from gridmap.patrol.intervals import Intervals, unite
from gridmap.patrol.visits import MERGE_S

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.oracles.compliance import judge_windows as judge_plainly

CELLS, WINDOWS, WINDOW_S = 3_306, 84, 7200.0
RUNS = 150_000
UNKNOWN_RUNS = 400
BUDGET_S = 0.2


def main() -> None:
    """Check that both say the same on every twelfth cell, then time both."""
    due, visited, unknown = draw()
    size = f"{len(due):,} pairs, {RUNS:,} runs of presence, {UNKNOWN_RUNS} of unknown time"
    some = due[due["cell"] % 12 == 0]
    plain_s, plain = timed(lambda: judge_plainly(some, visited, unknown), 1)
    ours = judge_windows(some, visited, unknown)
    same = "yes" if plain["status"].equals(ours["status"].astype("str")) else "NO"
    same = same if plain["reason"].tolist() == ours["reason"].tolist() else "NO"
    times = CellTimes.of(visited)
    ours_s, told = timed(lambda: judge_windows(due, times, unknown), 5)
    print(told["status"].value_counts().to_dict(), told["reason"].nunique(), "reasons")
    report("patrol compliance", size, ours_s, "budget", BUDGET_S, same)
    scaled = plain_s * len(due) / len(some)
    report("patrol compliance", size, ours_s, "cell by cell (a twelfth, scaled)", scaled, same)


def draw() -> tuple[pd.DataFrame, dict[int, Visited], Unknown]:
    """Presence in a week, in whole seconds, more in some cells than in others."""
    rng = np.random.default_rng(0)
    week = WINDOWS * WINDOW_S
    cell = np.sort((CELLS * rng.beta(0.7, 1.5, RUNS)).astype(np.int64).clip(0, CELLS - 1))
    start = np.floor(rng.uniform(0, week - 900, RUNS))
    end = start + np.ceil(rng.exponential(180, RUNS))
    bounds = np.searchsorted(cell, np.arange(CELLS + 1))
    visited = {}
    for number, (low, high) in enumerate(itertools.pairwise(bounds)):
        presence = unite(start[low:high], end[low:high])
        visits = unite(*presence, closing_s=MERGE_S - 1e-3)
        kept = visits.end - visits.start >= MERGE_S
        counted = Intervals(visits.start[kept], visits.end[kept])
        visited[number] = Visited(presence, counted, np.full(int(kept.sum()), MERGE_S))
    window = np.arange(WINDOWS) * WINDOW_S
    due = pd.DataFrame(
        {
            "cell": np.repeat(np.arange(CELLS), WINDOWS),
            "start_s": np.tile(window, CELLS),
            "end_s": np.tile(window + WINDOW_S, CELLS),
            "visits": 2.0,
            "minutes": np.where(np.arange(CELLS * WINDOWS) % 3 == 0, np.nan, 5.0),
            "max_freshness_min": 90.0,
        }
    )
    lost = np.floor(rng.uniform(0, week - 900, UNKNOWN_RUNS))
    gone = unite(lost, lost + np.ceil(rng.exponential(240, UNKNOWN_RUNS)))
    return due, visited, Unknown(gone, MERGE_S)


if __name__ == "__main__":
    main()
