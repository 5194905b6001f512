"""A draft of the toy district: figures, problems, difference, and operations that are none."""

import math

import pytest

from gridmap.errors import InputError
from gridmap.grid.draft import Draft
from gridmap.grid.operations import read_operation
from gridmap.samples import EAST0, NORTH0, WEST, toy_district


@pytest.fixture
def draft():
    toy = toy_district()
    return Draft(toy["cells"], toy["population"], band=(20, 70))


def at(x, y):
    return [EAST0 + x, NORTH0 + y]


def test_households_follow_the_ground_they_live_on(draft):
    # 200 people, 80 households, live at (40, 340): all in the western half.
    told = draft.apply({"op": "split", "cell": "nw", "line": [at(90, 190), at(90, 410)]})
    homes = {cell: one.households for cell, one in told.figures.items()}
    # sw has a new corner on its border, and what it had. The smaller part is the new one.
    assert homes == {"nw": 0.0, "nw-2": 80.0, "sw": 40.0}
    rules = {(one.rule, one.cell_id) for one in told.problems}
    assert {rule for rule, _ in rules} == {"over_band", "under_band"}


def test_the_difference_names_what_was_adjusted_what_is_gone_and_what_is_new(draft):
    draft.apply({"op": "merge", "cells": ["ne", "se"]})
    draft.apply({"op": "move", "at": at(0, 200), "to": at(0, 180), "community": WEST})
    table = draft.difference().set_index("cell_id")
    assert table["change"].to_dict() == {
        "ne": "adjusted", "nw": "adjusted", "se": "gone", "sw": "adjusted",
    }  # fmt: skip
    assert table.loc["nw", ["area_m2_before", "area_m2_after"]].tolist() == [40_000, 42_000]
    assert table.loc["ne", "households_after"] == 80


def test_balance_before_and_after(draft):
    draft.apply({"op": "merge", "cells": ["ne", "se"]})
    told = draft.balance()
    assert (told["before"]["cells"], told["after"]["cells"]) == (4, 3)
    # Households 80, 64, 40, 16 have the mean 50 and σ = √588.
    assert told["before"]["households_cv"] == pytest.approx(math.sqrt(588) / 50)
    assert told["before"]["households_max_to_mean"] == 80 / 50
    assert draft.balance([WEST])["after"]["cells"] == 2


def test_cells_keep_their_rows_until_they_are_changed(draft):
    draft.apply({"op": "split", "cell": "nw", "line": [at(100, 190), at(100, 410)]})
    cells = draft.cells().set_index("cell_id")
    start = draft.base.set_index("cell_id")
    assert cells.loc["se"].equals(start.loc["se"])
    assert cells.loc["nw-2", "code"] is None or cells["code"].isna()["nw-2"]
    assert cells.loc["nw-2", "community_code"] == WEST
    assert cells["households"].sum() == start["households"].sum()
    assert cells["population"].sum() == pytest.approx(start["population"].sum())


def test_a_move_there_and_back_changes_nothing(draft):
    draft.apply({"op": "insert", "at": at(100, 200), "to": at(100, 230)})
    draft.apply({"op": "move", "at": at(100, 230), "to": at(100, 200)})
    assert draft.changed() == []
    assert draft.difference().empty


def test_without_people_households_spread_over_the_ground():
    toy = toy_district()
    draft = Draft(toy["cells"])
    assert draft.homes.basis == "area"
    told = draft.apply({"op": "move", "at": at(0, 200), "to": at(0, 100), "community": WEST})
    # nw gains a quarter of sw: 80 + 40 ÷ 4.
    assert told.figures["nw"].households == pytest.approx(90)


def test_nothing_to_undo_or_redo_is_said(draft):
    for step in (draft.undo, draft.redo):
        with pytest.raises(InputError, match="nothing to"):
            step()
    draft.apply({"op": "merge", "cells": ["nw", "sw"]})
    draft.undo()
    draft.apply({"op": "merge", "cells": ["ne", "se"]})
    with pytest.raises(InputError, match="nothing to redo"):
        draft.redo()


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        "undo",
        {"op": "melt"},
        {"op": "delete"},
        {"op": "delete", "at": [1]},
        {"op": "delete", "at": [math.nan, 0]},
        {"op": "delete", "at": [math.inf, 0]},
        {"op": "delete", "at": [True, False]},
        {"op": "delete", "at": ["1", "2"]},
        {"op": "delete", "at": [0, 0], "also": 1},
        {"op": "merge", "cells": "ab"},
        {"op": "merge", "cells": ["a", ""]},
        {"op": "merge", "cells": ["a", "b\0"]},
        {"op": "merge", "cells": [f"c{n}" for n in range(51)]},
        {"op": "split", "cell": "a", "line": [[0, 0]]},
        {"op": "split", "cell": "a", "line": [[0, 0], [0, 0]]},
        {"op": "split", "cell": "a", "line": [[0, n] for n in range(501)]},
        {"op": "split", "cell": "a" * 65, "line": [[0, 0], [1, 1]]},
    ],
)
def test_what_is_no_operation_is_refused(told):
    with pytest.raises(InputError):
        read_operation(told)
