"""Laws of staffing: absences take away, stand-ins give back, every cell is answered for once."""

import datetime as dt

import hypothesis.strategies as st
import pandas as pd
from hypothesis import given, settings

from gridmap.plan.parts import least_largest, split_evenly
from gridmap.samples import EAST, WEST, toy_district
from gridmap.staffing import answer_for, measure_staffing
from tests.oracles.staffing import who_answers

TOY = toy_district()
START = dt.date(2026, 3, 1)
POSTS = ["p1", "p2", "p3", "p4"]
STRENGTH = {"missed": 0, "partly": 1, "met": 2}
LEVEL = {"nobody": 0, "community": 1, "own": 2}

days = st.integers(0, 6)
absence = st.tuples(
    st.sampled_from(POSTS), days, st.none() | st.integers(7, 9), st.none() | st.sampled_from(POSTS)
)
one_each = st.lists(absence, max_size=4, unique_by=lambda one: one[0])
duty = st.tuples(
    st.sampled_from(POSTS),
    st.sampled_from(["nw", "ne", "sw", "se", WEST, EAST]),
    st.booleans(),
    st.none() | days,
    st.none() | st.integers(7, 9),
)
duties = st.lists(duty, min_size=1, max_size=8)


def date_of(day):
    return None if day is None else (START + dt.timedelta(days=day)).isoformat()


def district(told_duties, told_absences):
    held = pd.DataFrame(
        [(p, c, a, date_of(f), date_of(t)) for p, c, a, f, t in told_duties],
        columns=["post_id", "cell_id", "accountable", "valid_from", "valid_to"],
    )
    away = pd.DataFrame(
        [(p, date_of(f), date_of(t), s) for p, f, t, s in told_absences],
        columns=["post_id", "from", "to", "stand_in_post_id"],
    )
    return TOY.with_layers(duties=held, absences=away)


def statuses(ready, day):
    rows = measure_staffing(ready, START + dt.timedelta(days=day)).rows
    rows = rows[rows["measure"] == "staffing.accountable"]
    return rows["status"].map(STRENGTH).to_numpy()


@given(duties, one_each, days)
@settings(max_examples=60, deadline=None)
def test_who_answers_is_what_asking_one_by_one_says(held, away, day):
    ready = district(held, away)
    found = answer_for(
        ready["cells"], ready["duties"], START + dt.timedelta(days=day), ready["absences"]
    )
    assert found.index.is_unique
    for cell, community in zip(
        ready["cells"]["cell_id"], ready["cells"]["community_code"], strict=True
    ):
        level, post = who_answers(cell, community, held, away, day)
        assert found.loc[cell, "level"] == level
        assert (None if pd.isna(found.loc[cell, "post_id"]) else found.loc[cell, "post_id"]) == post


@given(duties, one_each, absence, days)
@settings(max_examples=60, deadline=None)
def test_one_more_absence_never_raises_coverage(held, away, more, day):
    if more[0] in {one[0] for one in away}:
        return
    before, after = district(held, away), district(held, [*away, more])
    assert (statuses(after, day) <= statuses(before, day)).all()


@given(duties, one_each, st.sampled_from(POSTS), days)
@settings(max_examples=60, deadline=None)
def test_naming_a_stand_in_never_lowers_coverage(held, away, instead, day):
    if not away:
        return
    bare = [(*away[0][:3], None), *away[1:]]
    named = [(*away[0][:3], instead), *away[1:]]
    assert (statuses(district(held, named), day) >= statuses(district(held, bare), day)).all()


@given(st.lists(st.integers(0, 50), min_size=1, max_size=14), st.data())
@settings(max_examples=40, deadline=None)
def test_parts_hold_every_node_once_and_never_beat_the_bound(load, data):
    count = data.draw(st.integers(1, len(load)))
    pairs = [(n, n + 1) for n in range(len(load) - 1)]
    found = split_evenly(load, pairs, count, time_limit_s=2)
    sums = pd.Series(load).groupby(found.part).sum()
    assert sums.index.tolist() == list(range(count))
    assert sums.sum() == sum(load)
    assert sums.max() == found.value >= found.bound >= least_largest(load, count)
    assert found.connected
