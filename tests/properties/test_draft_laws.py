"""Laws of a draft: whatever is edited, the cells tile their communities, and undo is exact."""

import hypothesis.strategies as st
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings

from gridmap.errors import InputError
from gridmap.grid.draft import Draft
from gridmap.grid.quality import measure_tiling
from gridmap.samples import EAST0, NORTH0, toy_district

AREA_M2 = 160_000.0
HOUSEHOLDS = 200.0
places = st.tuples(st.integers(-20, 420), st.integers(-20, 420)).map(
    lambda at: [EAST0 + at[0], NORTH0 + at[1]]
)
picks = st.integers(0, 10_000)
steps = st.lists(
    st.tuples(
        st.sampled_from(["move", "insert", "insert", "delete", "shift", "merge", "split"]),
        picks,
        places,
        places,
    ),
    min_size=1,
    max_size=12,
)


def draft_of_toy():
    toy = toy_district()
    return Draft(toy["cells"], toy["population"], band=(20, 70))


def operation(draft, kind, pick, one, other):
    """An operation at something that is there, towards anything."""
    arcs = draft.tiling.arcs()
    arc = arcs[pick % len(arcs)] if arcs else None
    cells = sorted(draft.tiling.cells)
    if kind == "split" or arc is None:
        return {"op": "split", "cell": cells[pick % len(cells)], "line": [one, other]}
    if kind == "merge":
        return {"op": "merge", "cells": list(arc.cells)}
    corner = draft.tiling.xy[arc.vertices[pick % len(arc.vertices)]]
    start, end = (np.array(draft.tiling.xy[v]) for v in arc.vertices[:2])
    middle = ((start + end) / 2).tolist()
    community = draft.tiling.community[arc.cells[0]]
    return {
        "move": {"op": "move", "at": corner, "to": one, "community": community},
        "insert": {"op": "insert", "at": middle, "to": one},
        "delete": {"op": "delete", "at": corner},
        "shift": {"op": "shift", "at": middle, "by": [(pick % 41) - 20, (pick % 37) - 18]},
    }[kind]


def snapshot(draft):
    cells = draft.cells()
    return (
        {cell: shape.wkb for cell, shape in draft.tiling.shapes.items()},
        draft.tiling.cells.copy(),
        draft.figures(),
        cells.to_wkb().to_dict("list"),
    )


def do(draft, told):
    """Do what can be done; what cannot leaves everything as it was."""
    before = snapshot(draft)
    try:
        draft.apply(told)
    except InputError:
        assert same(snapshot(draft), before)
        return False
    return True


def same(one, other):
    """Whether two snapshots are alike; missing values equal each other, order does not count."""
    return repr(ordered(one)) == repr(ordered(other))


def ordered(value):
    if isinstance(value, tuple):
        return [ordered(one) for one in value]
    return sorted(value.items()) if isinstance(value, dict) else value


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_any_sequence_of_edits_keeps_the_tiling_its_area_and_its_households(wanted):
    draft = draft_of_toy()
    communities = toy_district().communities
    for one in wanted:
        do(draft, operation(draft, *one))
        cells = draft.cells()
        assert cells.area.sum() == pytest.approx(AREA_M2, abs=1e-5)
        table = measure_tiling(cells, communities)
        for fault in ("gap_m2", "overlap_m2", "outside_m2"):
            assert table[fault].to_numpy() == pytest.approx(0, abs=1e-4)
        counted = sum(one.households for one in draft.figures().values())
        assert counted == pytest.approx(HOUSEHOLDS, abs=1e-9)
        assert shapely.is_valid(cells.geometry.to_numpy()).all()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_undo_gives_back_the_very_same_and_redo_does_it_again(wanted):
    draft = draft_of_toy()
    trail = [snapshot(draft)]
    trail.extend(snapshot(draft) for one in wanted if do(draft, operation(draft, *one)))
    for before in reversed(trail[:-1]):
        draft.undo()
        assert same(snapshot(draft)[0], before[0])
        assert same(snapshot(draft)[2:], before[2:])
    for after in trail[1:]:
        draft.redo()
        assert same(snapshot(draft)[0], after[0])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_operations_written_down_and_replayed_give_the_same_cells(wanted):
    draft = draft_of_toy()
    for one in wanted:
        do(draft, operation(draft, *one))
    again = draft_of_toy()
    assert again.replay(draft.operations) == len(draft.operations)
    assert same(snapshot(again)[0], snapshot(draft)[0])
    assert again.operations == draft.operations
