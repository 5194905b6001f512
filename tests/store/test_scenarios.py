"""Scenarios in the database: own and shared ones, revisions, and what other roles see of them."""

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from gridmap.errors import InputError, MissingLayerError, StaleDraftError
from gridmap.samples import WEST
from gridmap.store import scenarios
from gridmap.store import tables as t
from gridmap.store.scope import Scope, scoped

pytestmark = pytest.mark.store
CLOSE = {"op": "close", "site_id": "s1"}


@pytest.fixture
def planner(scratch):
    """Function that opens a connection of a planner (of another account if told so)."""
    from tests.store.toy_coverage import load_toy

    load_toy(scratch.owner)
    return lambda user=1, **limits: scoped(scratch.app, Scope(user, "planner", (1,), **limits))


def begin(planner, title="Scenario", user=1):
    with planner(user) as connection:
        base = scenarios.name_base(connection, 1)
        return scenarios.begin_scenario(connection, 1, user, title, base)


def change(planner, number, user=1, **changed):
    with planner(user) as connection:
        kept = scenarios.read_scenario(connection, 1, number)
        return scenarios.write_scenario(connection, kept, **changed)


def test_a_scenario_is_read_as_it_was_written(planner):
    number = begin(planner, "  North   side ")
    assert change(planner, number, operations=[CLOSE], headline={"served": 3}) == 1
    with planner() as connection:
        kept = scenarios.read_scenario(connection, 1, number)
        assert (kept.title, kept.operations, kept.headline) == (
            "North side",
            [CLOSE],
            {"served": 3},
        )
        listed = scenarios.list_scenarios(connection, 1)
        assert listed[["title", "changes", "shared"]].values.tolist() == [["North side", 1, False]]


def test_a_colleague_reads_a_scenario_only_while_it_is_shared(planner):
    number = begin(planner)
    with planner(2) as connection:
        assert scenarios.list_scenarios(connection, 1).empty
        with pytest.raises(MissingLayerError, match="may see"):
            scenarios.read_scenario(connection, 1, number)
    change(planner, number, shared=True)
    with planner(2) as connection:
        assert scenarios.read_scenario(connection, 1, number).user_id == 1
    change(planner, number, state="removed")
    with planner(2) as connection:
        assert scenarios.list_scenarios(connection, 1).empty


def test_only_the_owner_changes_a_shared_scenario(planner):
    number = begin(planner)
    change(planner, number, shared=True)
    with planner(2) as connection:
        kept = scenarios.read_scenario(connection, 1, number)
        with pytest.raises(StaleDraftError, match="colleague"):
            scenarios.write_scenario(connection, kept, operations=[CLOSE])
        everything = connection.execute(update(t.scenarios).values(title="mine now"))
        assert everything.rowcount == 0
    with planner() as connection:
        assert scenarios.read_scenario(connection, 1, number).title == "Scenario"


def test_of_two_windows_the_second_write_changes_nothing(planner):
    number = begin(planner)
    with planner() as connection:
        seen = scenarios.read_scenario(connection, 1, number)
    change(planner, number, operations=[CLOSE])
    with planner() as connection, pytest.raises(StaleDraftError, match="another window"):
        scenarios.write_scenario(connection, seen, operations=[])
    with planner() as connection:
        assert scenarios.read_scenario(connection, 1, number).operations == [CLOSE]


@pytest.mark.parametrize("role", ["worker", "liaison", "admin"])
def test_other_roles_see_no_scenario_and_begin_none(planner, scratch, role):
    number = begin(planner)
    change(planner, number, shared=True)
    with scoped(scratch.app, Scope(1, role, (1,))) as connection:
        assert scenarios.list_scenarios(connection, 1).empty
    refused = pytest.raises(DBAPIError, match="row-level security")
    with refused, scoped(scratch.app, Scope(1, role, (1,))) as connection:
        scenarios.begin_scenario(connection, 1, 1, "x", "")


def test_a_planner_of_a_part_or_of_another_district_sees_none(planner, scratch):
    change(planner, begin(planner), shared=True)
    with planner(1, community_codes=(WEST,)) as connection:
        assert scenarios.list_scenarios(connection, 1).empty
    with scoped(scratch.app, Scope(1, "planner", (7,))) as connection:
        assert scenarios.list_scenarios(connection, 1).empty


def test_a_scope_without_a_user_owns_nothing(planner):
    begin(planner)
    with planner(None) as connection:
        assert scenarios.list_scenarios(connection, 1).empty
    with pytest.raises(DBAPIError, match="row-level security"), planner(None) as connection:
        scenarios.begin_scenario(connection, 1, 1, "x", "")


def test_nobody_begins_a_scenario_for_another_gives_one_away_or_deletes_one(planner):
    begin(planner)
    with pytest.raises(DBAPIError, match="row-level security"), planner() as connection:
        scenarios.begin_scenario(connection, 1, 2, "x", "")
    for order in ("DELETE FROM scenarios", "UPDATE scenarios SET user_id = 2"):
        with pytest.raises(DBAPIError, match="permission"), planner() as connection:
            connection.execute(text(order))


def test_scenarios_end_with_their_district(planner, scratch):
    begin(planner)
    with scratch.owner.begin() as connection:
        connection.execute(text("DELETE FROM districts WHERE id = 1"))
        assert connection.execute(select(t.scenarios.c.id)).all() == []
    with planner() as connection, pytest.raises(MissingLayerError, match="no district 1"):
        scenarios.name_base(connection, 1)


@pytest.mark.parametrize("title", ["", "   ", "x" * 81])
def test_a_title_has_one_to_eighty_characters(planner, title):
    with pytest.raises(InputError, match="1 to 80"):
        begin(planner, title)


def test_a_planner_keeps_so_many_scenarios_and_no_more(planner, monkeypatch):
    monkeypatch.setattr(scenarios, "MOST_SCENARIOS", 1)
    begin(planner)
    with pytest.raises(InputError, match="Remove one first"):
        begin(planner)
