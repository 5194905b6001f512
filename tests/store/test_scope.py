"""Who sees what: each role and table, and nothing without a scope."""

import json

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from gridmap.errors import ScopeError
from gridmap.samples import EAST, WEST
from gridmap.store import reads
from gridmap.store import tables as t
from gridmap.store.scope import Scope, scoped

pytestmark = pytest.mark.store
HIDDEN = ("fix_batches", "presence_due", "scans", "unit_days")
PROTECTED = [name for name in t.metadata.tables if name not in HIDDEN]
GROUND = {"districts": 1, "communities": 2, "roads": 4, "buildings": 4, "landuse": 2}
NOTHING = dict.fromkeys(PROTECTED, 0)
WHOLE = NOTHING | GROUND | {"cells": 4, "sites": 3, "service_areas": 1, "duties": 4, "posts": 4}
WHOLE |= {"cell_sites": 2, "service_curves": 3, "catchments": 1, "site_loads": 2}
ACCOUNTS = {"roles": 4}
# 4 cells × (accountable, pharmacy, camera share) are 12 rows; patrol adds 4 shares and 4 windows.
SEEN = {
    "planner": WHOLE
    | {"population": 4, "unserved": 1, "coverage": 16, "gaps": 3, "summaries": 4 + 1},
    "liaison": WHOLE
    | {"cameras": 2, "views": 1, "blind_spots": 1, "presence": 2, "requirements": 2}
    | {"coverage": 20, "gaps": 4, "summaries": 5},
    "admin": WHOLE | ACCOUNTS | {"coverage": 16, "gaps": 3, "summaries": 5},
    # the cell nw: its own rows, duties of p1 here and p3 for the whole other community
    "worker": NOTHING
    | GROUND
    | {"cells": 1, "sites": 1, "duties": 2, "posts": 2, "requirements": 2, "coverage": 5}
    | {"gaps": 1, "cell_sites": 1},
}


def counts(connection):
    return {
        name: connection.scalar(select(func.count()).select_from(t.metadata.tables[name]))
        for name in PROTECTED
    }


@pytest.mark.parametrize("role", ["planner", "liaison", "admin"])
def test_a_role_sees_its_tables_and_no_others(see, role):
    with see(role) as connection:
        assert counts(connection) == SEEN[role]


def test_a_worker_sees_the_rows_of_own_cells_only(see):
    with see("worker", cells=("nw",)) as connection:
        assert counts(connection) == SEEN["worker"]
        assert set(reads.read_coverage(connection, 1)["cell_id"]) == {"nw"}


def test_a_worker_without_cells_sees_no_cell(see):
    with see("worker") as connection:
        seen = counts(connection)
    assert seen["cells"] == seen["coverage"] == seen["gaps"] == seen["sites"] == 0


@pytest.mark.parametrize("role", ["worker", "planner", "liaison", "admin"])
@pytest.mark.parametrize("table", HIDDEN)
def test_what_keeps_tracks_in_order_is_out_of_reach_of_every_role(see, role, table):
    with see(role, cells=("nw",)) as connection, pytest.raises(DBAPIError, match="permission"):
        connection.execute(select(t.metadata.tables[table]))


@pytest.mark.parametrize("role", ["worker", "planner", "liaison", "admin"])
@pytest.mark.parametrize("table", ["shifts", "fixes"])
def test_raw_tracks_of_others_are_out_of_reach_of_every_role(see, role, table):
    with see(role, cells=("nw",)) as connection:
        assert connection.execute(select(t.metadata.tables[table])).all() == []


def test_partitions_of_fixes_are_out_of_reach_too(see):
    with see("liaison") as connection, pytest.raises(DBAPIError, match="permission"):
        connection.execute(text("SELECT * FROM fixes_20260302"))


def test_a_community_limits_a_liaison_to_its_cells(see):
    with see("liaison", communities=(WEST,)) as connection:
        assert set(reads.read_cells(connection, 1)["cell_id"]) == {"nw", "sw"}
        assert reads.read_cameras(connection, 1)["camera_id"].tolist() == ["cam1"]
        assert set(reads.read_gaps(connection, 1)["community_code"]) == {WEST}


def test_communities_and_cells_add_up(see):
    with see("planner", communities=(WEST,), cells=("se",)) as connection:
        assert set(reads.read_cells(connection, 1)["cell_id"]) == {"nw", "sw", "se"}


def test_another_district_is_not_seen(see):
    with see("liaison", districts=(2,)) as connection:
        assert sum(counts(connection).values()) == 0
        with pytest.raises(ScopeError, match="not among those"):
            reads.read_district(connection, 1)


def test_without_a_scope_nothing_is_seen(app_engine):
    with app_engine.connect() as connection:
        assert counts(connection) == NOTHING


def test_a_scope_ends_with_its_transaction(app_engine):
    with scoped(app_engine, Scope(1, "liaison", (1,))) as connection:
        assert connection.scalar(select(func.count()).select_from(t.cells)) == 4
    with app_engine.connect() as connection:
        assert counts(connection) == NOTHING


def test_planners_see_patrol_of_this_week_in_no_form(owner_engine, app_engine):
    with owner_engine.connect() as connection:
        change = connection.begin()
        connection.execute(text("UPDATE districts SET as_of = current_date - 6"))
        connection.execute(text("SET LOCAL ROLE gridmap_owner"))
        scope = json.dumps(
            {"role": "planner", "district_ids": [1], "community_codes": None, "cell_ids": None}
        )
        connection.execute(text("SELECT set_config('app.scope', :s, true)"), {"s": scope})
        late = connection.scalar(text("SELECT gridmap_late_districts()"))
        change.rollback()
    assert late == []


@pytest.mark.parametrize(
    "scope",
    [
        '{"role": "planner"}',
        '{"role": "planner", "district_ids": []}',
        '{"role": "king", "district_ids": [1], "community_codes": null, "cell_ids": null}',
        '{"district_ids": [1], "community_codes": null, "cell_ids": null}',
        "{}",
        "null",
        '"liaison"',
        "[1]",
        "",
    ],
)
def test_a_malformed_scope_shows_no_row(app_engine, scope):
    with app_engine.begin() as connection:
        connection.execute(text("SELECT set_config('app.scope', :s, true)"), {"s": scope})
        assert counts(connection) == NOTHING


def test_a_scope_that_forgets_its_limits_shows_no_cell(app_engine):
    with app_engine.begin() as connection:
        scope = '{"role": "liaison", "district_ids": [1]}'
        connection.execute(text("SELECT set_config('app.scope', :s, true)"), {"s": scope})
        seen = counts(connection)
    assert seen["cells"] == seen["coverage"] == seen["cameras"] == 0


@pytest.mark.parametrize("scope", ["{", "liaison", '{"district_ids": "1"}', "'; DROP TABLE cells"])
def test_a_scope_that_cannot_be_read_is_an_error(app_engine, scope):
    with app_engine.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(text("SELECT set_config('app.scope', :s, true)"), {"s": scope})
        counts(connection)


awkward = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cell=st.one_of(awkward, st.sampled_from(["nw') OR ('1'='1", '{"x"}', '","ne', "nw%", "*"])))
def test_a_scope_value_is_only_ever_a_value(see, cell):
    with see("worker", cells=(cell,)) as connection:
        seen = set(connection.scalars(select(t.cells.c.cell_id)))
    assert seen == ({cell} & {"nw", "ne", "sw", "se"})


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cells=st.none() | st.sets(st.sampled_from(["nw", "ne", "sw", "se", "elsewhere"])),
    communities=st.none() | st.sets(st.sampled_from([WEST, EAST, "x"])),
    role=st.sampled_from(["worker", "planner", "liaison", "admin"]),
)
def test_no_table_shows_a_cell_that_is_out_of_scope(see, cells, communities, role):
    belongs = {"nw": WEST, "sw": WEST, "ne": EAST, "se": EAST}
    allowed = {
        cell
        for cell, community in belongs.items()
        if cell in (cells or ()) or community in (communities or ())
    }
    if cells is None and communities is None and role != "worker":
        allowed = set(belongs)
    limits = [None if one is None else tuple(sorted(one)) for one in (communities, cells)]
    with see(role, (1,), *limits) as connection:
        for table in (
            t.cells, t.coverage, t.gaps, t.presence, t.cameras, t.blind_spots, t.unserved,
            t.cell_sites,
        ):  # fmt: skip
            assert set(connection.scalars(select(table.c.cell_id))) <= allowed, table.name
        assert set(connection.scalars(select(t.cells.c.cell_id))) == allowed


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        ("INSERT INTO posts (district_id, post_id, role) VALUES (1, 'x', 'y')", "row-level"),
        ("UPDATE districts SET version = 0", "permission"),
        ("UPDATE coverage SET status = 'met'", "permission"),
        ("TRUNCATE cells", "permission"),
        ("ALTER TABLE cells DISABLE ROW LEVEL SECURITY", "must be owner"),
        ("SET ROLE gridmap_owner", "permission"),
        ("COPY cells TO '/tmp/cells'", "privileges"),
    ],
)
def test_an_order_against_the_layers_of_a_district_is_refused(see, statement, refused):
    with see("admin") as connection, pytest.raises(DBAPIError, match=refused):
        connection.execute(text(statement))


@pytest.mark.parametrize("role", ["worker", "planner", "liaison", "admin"])
def test_no_role_deletes_a_row_of_coverage_that_no_rule_of_ones_own_made(see, owner, role):
    there = owner.scalar(select(func.count()).select_from(t.coverage))
    with see(role, cells=("nw",) if role == "worker" else None) as connection:
        assert connection.execute(text("DELETE FROM coverage")).rowcount == 0
    assert owner.scalar(select(func.count()).select_from(t.coverage)) == there > 0


@pytest.mark.parametrize("role", ["worker", "liaison", "admin"])
def test_cells_and_duties_are_edited_by_planners_of_the_whole_district_only(see, role):
    for limits in ({}, {"cells": ("nw",)}):
        with see(role, **limits) as connection:
            for change in ("cells SET grid_version = 'x'", "duties SET valid_to = '2026-01-01'"):
                assert connection.execute(text(f"UPDATE {change}")).rowcount == 0
    with see("planner", communities=(WEST,)) as connection:
        assert connection.execute(text("DELETE FROM cells")).rowcount == 0


def test_every_table_forces_row_level_security(owner):
    rows = owner.execute(
        text(
            "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class "
            "JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'public' "
            "AND relkind IN ('r', 'p') AND NOT relispartition "
            "AND relname NOT IN ('spatial_ref_sys', 'alembic_version')"
        )
    )
    assert dict(tuple(row) for row in rows) == dict.fromkeys(t.metadata.tables, True)


def test_the_role_of_the_application_cannot_bypass_anything(app_engine):
    with app_engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles "
                "WHERE rolname = current_user"
            )
        ).one()
    assert tuple(row) == ("gridmap_app", False, False, False, False)
