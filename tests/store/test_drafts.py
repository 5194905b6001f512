"""Drafts in the database: who reads and writes them, revisions, and what stays as it was."""

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.exc import DBAPIError

from gridmap.errors import InputError, MissingLayerError, StaleDraftError
from gridmap.samples import WEST
from gridmap.store import drafts
from gridmap.store import tables as t
from gridmap.store.scope import Scope, scoped

pytestmark = pytest.mark.store
MERGE = {"op": "merge", "cells": ["nw", "sw"], "community": WEST}


@pytest.fixture
def planner(scratch):
    """Function that opens a connection of a planner (of another account if told so)."""
    from tests.store.toy_coverage import load_toy

    load_toy(scratch.owner)
    return lambda user=1, **limits: scoped(scratch.app, Scope(user, "planner", (1,), **limits))


def begin(planner, title="Draft"):
    with planner() as connection:
        return drafts.begin_draft(connection, 1, 1, title, 1)


def test_a_draft_is_read_as_it_was_written_by_every_planner_of_the_district(planner):
    number = begin(planner, "  North   side ")
    with planner(2) as connection:
        draft = drafts.read_draft(connection, 1, number)
        assert (draft.title, draft.state, draft.operations) == ("North side", "open", [])
        assert drafts.write_draft(connection, draft, operations=[MERGE]) == 1
    with planner() as connection:
        again = drafts.read_draft(connection, 1, number)
        assert (again.operations, again.revision, again.user_id) == ([MERGE], 1, 1)


def test_a_write_on_an_old_revision_changes_nothing(planner):
    number = begin(planner)
    with planner() as connection:
        draft = drafts.read_draft(connection, 1, number)
        drafts.write_draft(connection, draft, operations=[MERGE])
    with planner() as connection, pytest.raises(StaleDraftError, match="another window"):
        drafts.write_draft(connection, draft, operations=[])
    with planner() as connection:
        assert drafts.read_draft(connection, 1, number).operations == [MERGE]


def test_a_closed_draft_is_never_written_again(planner):
    number = begin(planner)
    with planner() as connection:
        drafts.write_draft(connection, drafts.read_draft(connection, 1, number), state="discarded")
    with planner() as connection:
        draft = drafts.read_draft(connection, 1, number)
        with pytest.raises(StaleDraftError):
            drafts.write_draft(connection, draft, state="open")
        changed = connection.execute(update(t.drafts).values(state="open"))
        assert changed.rowcount == 0


@pytest.mark.parametrize("role", ["worker", "liaison", "admin"])
def test_other_roles_neither_read_nor_begin_drafts(planner, scratch, role):
    number = begin(planner)
    with scoped(scratch.app, Scope(9, role, (1,))) as connection:
        assert drafts.list_drafts(connection, 1).empty
        with pytest.raises(MissingLayerError):
            drafts.read_draft(connection, 1, number)
    refused = pytest.raises(DBAPIError, match="row-level security")
    with refused, scoped(scratch.app, Scope(9, role, (1,))) as connection:
        drafts.begin_draft(connection, 1, 9, "x", 1)


def test_a_planner_of_a_part_or_of_another_district_sees_none(planner, scratch):
    begin(planner)
    with planner(1, community_codes=(WEST,)) as connection:
        assert drafts.list_drafts(connection, 1).empty
    with scoped(scratch.app, Scope(1, "planner", (7,))) as connection:
        assert drafts.list_drafts(connection, 1).empty


def test_nobody_begins_a_draft_in_the_name_of_another_or_deletes_one(planner):
    begin(planner)
    with pytest.raises(DBAPIError, match="row-level security"), planner() as connection:
        drafts.begin_draft(connection, 1, 2, "x", 1)
    with pytest.raises(DBAPIError, match="permission"), planner() as connection:
        connection.execute(text("DELETE FROM drafts"))
    with pytest.raises(DBAPIError, match="permission"), planner() as connection:
        connection.execute(insert(t.drafts).values(district_id=1, user_id=1, title="x",
                                                   base_edition=1, state="published"))  # fmt: skip


def test_a_draft_too_large_is_refused_by_the_database_and_stays(planner):
    number = begin(planner)
    many = [{**MERGE, "cells": [f"{n:064d}" for n in range(50)]} for _ in range(2000)]
    with pytest.raises(DBAPIError, match="ck_drafts_size"), planner() as connection:
        draft = drafts.read_draft(connection, 1, number)
        drafts.write_draft(connection, draft, operations=many)
    with planner() as connection:
        assert drafts.read_draft(connection, 1, number).revision == 0


@pytest.mark.parametrize("title", ["", "   ", "x" * 81])
def test_a_title_is_short_and_not_empty(planner, title):
    with planner() as connection, pytest.raises(InputError, match="title of 1 to 80"):
        drafts.begin_draft(connection, 1, 1, title, 1)


def test_the_ground_of_a_community_is_in_metres_with_those_who_live_there(planner):
    with planner() as connection:
        cells, people = drafts.read_ground(connection, 1, WEST)
        assert sorted(cells["cell_id"]) == ["nw", "sw"]
        assert cells.area.tolist() == pytest.approx([40_000, 40_000], abs=0.01)
        assert people["population"].sum() == 300
        with pytest.raises(MissingLayerError, match="no cells"):
            drafts.read_ground(connection, 1, "nowhere")
