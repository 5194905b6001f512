"""The fast judge of windows against the plain one, on chance cases of whole and broken seconds."""

import numpy as np
import pandas as pd
import pytest

from gridmap.patrol.compliance import CellTimes, Unknown, Visited, judge_windows
from gridmap.patrol.intervals import NEVER, Intervals, unite
from gridmap.patrol.visits import MERGE_S
from tests.oracles.compliance import judge_windows as judge_plainly

DAY = 24 * 3600.0


def runs(rng, count, longest, whole):
    start = rng.uniform(0, DAY, count)
    end = start + rng.uniform(0, longest, count)
    if whole:
        start, end = np.floor(start), np.ceil(end) + 1
    return unite(start, end)


def drawn(seed, whole, cells=12, busy=25):
    rng = np.random.default_rng(seed)
    visited = {}
    for cell in range(0, cells, 2):
        presence = runs(rng, int(rng.integers(1, busy)), 400, whole)
        joined = unite(*presence, closing_s=MERGE_S - 1e-3)
        least = rng.choice([20.0, 60.0], len(joined.start))
        kept = joined.end - joined.start >= least
        visited[cell] = Visited(
            presence, Intervals(joined.start[kept], joined.end[kept]), least[kept]
        )
    windows = np.sort(np.round(rng.uniform(0, DAY, (40, 2)), 0 if whole else 6), axis=1)
    windows = windows[windows[:, 1] > windows[:, 0]]
    due = pd.DataFrame(np.tile(windows, (cells, 1)), columns=["start_s", "end_s"])
    due["cell"] = np.repeat(np.arange(cells), len(windows))
    for name, most in (("minutes", 20), ("visits", 6), ("max_freshness_min", 400)):
        asked = rng.integers(0, most, len(due)).astype(float)
        due[name] = np.where(rng.uniform(size=len(due)) < 0.4, np.nan, asked)
    unknown = Unknown(runs(rng, int(rng.integers(0, 30)), 1500, whole), float(rng.choice([20, 60])))
    return due, visited, unknown


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_the_fast_judge_says_what_the_plain_one_says(seed, whole):
    due, visited, unknown = drawn(seed, whole)
    ours, plain = (judge(due, visited, unknown) for judge in (judge_windows, judge_plainly))
    assert ours["status"].tolist() == plain["status"].tolist()
    assert set(plain["status"]) == {"met", "unknown", "partly", "missed"}
    for name in ("presence_s", "visits_made", "longest_pause_s", "unknown_s", "shortfall_min"):
        np.testing.assert_allclose(ours[name], plain[name], atol=1e-6)
    if whole:
        assert ours["reason"].tolist() == plain["reason"].tolist()


def test_flat_arrays_and_cells_one_by_one_are_the_same_question():
    due, visited, unknown = drawn(3, whole=True)
    assert judge_windows(due, CellTimes.of(visited), unknown).equals(
        judge_windows(due, visited, unknown)
    )


def test_nothing_due_is_judged_as_nothing():
    due, visited, unknown = drawn(1, whole=True)
    none = judge_windows(due.iloc[:0], visited, unknown)
    assert none.empty
    assert "reason" in none


def test_rows_keep_the_index_they_came_with():
    due, visited, unknown = drawn(2, whole=True)
    mixed = due.sample(frac=1, random_state=0)
    told = judge_windows(mixed, visited, unknown)
    assert told.loc[due.index].equals(judge_windows(due, visited, unknown))


def test_compiled_loops_and_plain_loops_say_the_same():
    from gridmap import compiled

    due, visited, unknown = drawn(5, whole=False)
    plain = compiled._without_compiler("gridmap.patrol.bestcase")
    import gridmap.patrol.bestcase as fast

    times = CellTimes.of(visited)
    from gridmap.patrol.compliance import _rows_seen

    cell = due["cell"].to_numpy(dtype=np.int64)
    bounds = np.ascontiguousarray(due[["start_s", "end_s"]].to_numpy())
    p_rows = _rows_seen(cell, bounds, times.presence_cell, times.presence, 0.0)
    v_rows = _rows_seen(cell, bounds, times.visit_cell, times.visits, MERGE_S)
    told = []
    for run in (fast, plain):
        known, best = np.zeros((2, len(due), 3))
        presence, visits = (*times.presence, p_rows), (*times.visits, times.least_s, v_rows)
        some = np.arange(len(due))
        run.known_in_windows(bounds, some, *presence, *visits, known)
        maybe = (*unknown.any_s, unknown.least_s, MERGE_S)
        run.best_in_windows(bounds, some, *presence, *visits, *maybe, known, best)
        told.append(np.hstack([known, best]))
    assert np.array_equal(*told)
    assert NEVER.total_s == 0.0
