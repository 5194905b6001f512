"""What a phone sent is sorted by the steps of the cleaning order."""

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from gridmap.patrol.intake import REASONS, sort_out

BOUNDS = (24.0, 60.0, 25.0, 61.0)


def sorted_out(rows, spans=((0.0, 100.0),), now_s=200.0, **more):
    fixes = np.array(rows, dtype=float).reshape(-1, 4)
    return sort_out(*fixes.T, spans, BOUNDS, now_s, **more)


def test_a_fix_is_counted_once_at_the_first_step_it_fails():
    told = sorted_out([(500, 0, 0, 9000), (50, 0, 0, 9000), (50, 10, 10, 5)])
    assert {name: rows.tolist() for name, rows in told.refused.items()} == {
        "off_shift": [0],
        "out_of_range": [1],
        "elsewhere": [2],
    }


def test_the_bounds_of_a_span_belong_to_it_and_a_pause_does_not():
    rows = [(one, 24.5, 60.5, 5) for one in (0, 40, 50, 60, 100)]
    told = sorted_out(rows, spans=((0, 40), (60, 100)))
    assert told.kept.tolist() == [0, 1, 3, 4]


def test_out_of_order_fixes_are_kept_by_time_and_the_most_accurate_of_a_moment_stays():
    told = sorted_out([(9, 24.5, 60.5, 5), (3, 24.5, 60.5, np.nan), (3, 24.5, 60.5, 8)])
    assert told.kept.tolist() == [2, 0]
    assert told.refused["duplicate"].tolist() == [1]


def test_clocks_ahead_by_more_than_a_minute_and_three_days_behind_are_refused():
    spans = ((-1e9, 1e9),)
    rows = [(one, 24.5, 60.5, 5) for one in (261, 260, 200 - 72 * 3600 - 1, 200 - 72 * 3600)]
    told = sorted_out(rows, spans)
    assert told.refused["clock"].tolist() == [0, 2]
    assert sorted_out(rows[2:], spans, stale_s=np.inf).refused == {}


def test_nothing_given_is_nothing_kept():
    told = sorted_out([])
    assert len(told.kept) == 0
    assert told.refused == {}


_FIX = st.tuples(
    st.floats(-200, 300), st.floats(-200, 200), st.floats(-100, 100), st.floats(-1, 9000)
)


@given(st.lists(_FIX, max_size=30))
def test_every_fix_is_either_kept_or_refused_once(rows):
    told = sorted_out(rows)
    assert set(told.refused) <= set(REASONS)
    every = np.concatenate([told.kept, *told.refused.values()]) if rows else told.kept
    assert sorted(every.tolist()) == list(range(len(rows)))
