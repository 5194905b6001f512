"""What somebody with a session of the application, and SQL in hand, still cannot do."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gridmap.samples import EAST, WEST
from gridmap.store.scope import Scope, scoped
from tests.store.toy_coverage import load_toy

pytestmark = pytest.mark.store
OPEN_TO_THE_APPLICATION = {
    "gridmap_post_cells",
    "gridmap_posts_in_sight",
    "gridmap_carry_edition",
    "gridmap_own_unit",
    "gridmap_take_fixes",
}
"""Functions with the rights of the owner that the application may call; triggers are not called."""
KEPT_BY_ADMINS = {"users", "user_roles", "user_scopes", "ended_sessions"}


@pytest.fixture
def own(scratch):
    """A toy district that may be changed; function that runs SQL in the scope of a role."""
    load_toy(scratch.owner)

    def run(statement, role="planner", communities=None, cells=None, districts=(1,)):
        scope = Scope(1, role, districts, communities, cells)
        with scoped(scratch.app, scope) as connection:
            return connection.execute(text(statement)).rowcount

    run.owner = scratch.owner
    run.app = scratch.app
    return run


def test_functions_with_the_rights_of_the_owner_look_into_temporary_tables_last(owner):
    paths = owner.execute(
        text(
            "SELECT proname, array_to_string(proconfig, ';') FROM pg_proc "
            "WHERE prosecdef AND proname LIKE 'gridmap%'"
        )
    ).all()
    wrong = [name for name, path in paths if not (path or "").endswith("pg_temp")]
    assert paths
    assert not wrong


def test_the_application_calls_no_more_of_them_than_it_needs(owner):
    rows = owner.execute(
        text(
            "SELECT proname FROM pg_proc WHERE prosecdef AND prorettype <> 'trigger'::regtype "
            "AND proname LIKE 'gridmap%' AND has_function_privilege('gridmap_app', oid, 'EXECUTE')"
        )
    )
    everybody = owner.execute(
        text(
            "SELECT proname FROM pg_proc p, aclexplode(coalesce(proacl, acldefault('f', proowner)))"
            " WHERE prosecdef AND prorettype <> 'trigger'::regtype AND grantee = 0 "
            "AND proname LIKE 'gridmap%'"
        )
    )
    assert set(rows.scalars()) <= OPEN_TO_THE_APPLICATION
    assert not everybody.scalars().all()


def test_a_temporary_table_in_the_place_of_a_real_one_lends_nobody_the_rights_of_the_owner(own):
    with scoped(own.app, Scope(1, "planner", (1,))) as connection:
        for statement in (
            "CREATE TEMP TABLE districts (id integer, version bigint)",
            "INSERT INTO pg_temp.districts VALUES (1, 0)",
            "CREATE TEMP TABLE caught (who text)",
            "GRANT ALL ON pg_temp.districts, caught TO PUBLIC",
            "CREATE FUNCTION pg_temp.catch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "INSERT INTO pg_temp.caught VALUES (current_user); RETURN NEW; END $$",
            "CREATE TRIGGER catch BEFORE UPDATE ON pg_temp.districts "
            "FOR EACH ROW EXECUTE FUNCTION pg_temp.catch()",
            "UPDATE cells SET grid_version = grid_version",
        ):
            connection.execute(text(statement))
        assert connection.execute(text("SELECT who FROM caught")).scalars().all() == []


@pytest.mark.parametrize(
    ("role", "limits"),
    [
        ("worker", {"cells": ("nw",)}),
        ("planner", {"communities": (WEST,)}),
        ("planner", {"districts": (2,)}),
        ("liaison", {}),
        ("admin", {}),
    ],
)
def test_whoever_is_no_planner_of_the_whole_district_changes_no_row_of_it(own, role, limits):
    with own.owner.connect() as connection:
        columns = connection.execute(
            text(
                "SELECT table_name, min(column_name) FROM information_schema.column_privileges "
                "WHERE grantee = 'gridmap_app' AND privilege_type = 'UPDATE' GROUP BY 1"
            )
        ).all()
        tables = connection.scalars(
            text(
                "SELECT table_name FROM information_schema.table_privileges "
                "WHERE grantee = 'gridmap_app' AND privilege_type = 'DELETE'"
            )
        ).all()
    kept = KEPT_BY_ADMINS if role == "admin" else set()
    orders = [f'UPDATE {one} SET "{c}" = "{c}"' for one, c in columns if one not in kept]
    orders += [f"DELETE FROM {one}" for one in tables if one not in kept]
    assert len(orders) > 10
    assert {order: own(order, role, **limits) for order in orders} == dict.fromkeys(orders, 0)


@pytest.mark.parametrize(
    ("role", "limits"),
    [
        ("worker", {"cells": ("nw",)}),
        ("planner", {"communities": (WEST,)}),
        ("planner", {"districts": (2,)}),
        ("liaison", {}),
        ("admin", {}),
    ],
)
@pytest.mark.parametrize(
    "row",
    [
        "cells (district_id, cell_id, community_code) VALUES (1, 'x', '1')",
        "duties (district_id, post_id, cell_id) VALUES (1, 'p1', 'se')",
        "posts (district_id, post_id, role) VALUES (1, 'x', 'y')",
        'coverage (district_id, cell_id, dimension, measure, "window", status, quality) '
        "VALUES (1, 'nw', 'standards', 'half_day.share', '', 'met', 'good')",
        "drafts (district_id, user_id, title, base_edition) VALUES (1, 1, 'x', 1)",
        "scenarios (district_id, user_id, title, base) VALUES (1, 1, 'x', '')",
        'lineage (district_id, old_cell_id, new_cell_id, kind, "on") '
        "VALUES (1, 'nw', 'se', 'merge', '2026-01-01')",
        "standards_rules VALUES (1, 'half_day', '', '', '', '', '', '', '', '', '', '', 'yes')",
        "grid_states VALUES (1, '{}')",
    ],
)
def test_whoever_is_no_planner_of_the_whole_district_adds_no_row_to_it(own, role, limits, row):
    with pytest.raises(DBAPIError, match="row-level security"):
        own(f"INSERT INTO {row}", role, **limits)


def test_a_planner_writes_coverage_of_own_rules_of_standards_alone(own):
    row = (
        "INSERT INTO coverage "
        '(district_id, cell_id, dimension, measure, "window", status, quality) '
    )
    own("INSERT INTO standards_rules VALUES (1, 'mine', '', '', '', '', '', '', '', '', '', '', "
        "'yes')")  # fmt: skip
    assert own(row + "VALUES (1, 'nw', 'standards', 'mine.share', '', 'met', 'good')") == 1
    for dimension, measure in (
        ("patrol", "mine.share"),
        ("standards", "theirs.share"),
        ("services", "pharmacy.walk_share"),
    ):
        with pytest.raises(DBAPIError, match="row-level security"):
            own(row + f"VALUES (1, 'nw', '{dimension}', '{measure}', '', 'met', 'good')")
    assert own("DELETE FROM coverage") == 1
    with pytest.raises(DBAPIError, match="permission"):
        own("UPDATE coverage SET status = 'met'")


def test_a_planner_changes_no_column_of_a_cell_but_its_version(own):
    assert own("UPDATE cells SET grid_version = 'x'") == 4
    for column in ("population = 0", "community_code = '1'", "geometry = NULL", "district_id = 2"):
        with pytest.raises(DBAPIError, match="permission"):
            own(f"UPDATE cells SET {column}")


def test_a_planner_enters_no_absence_of_a_post_that_has_left_the_community(own):
    row = "INSERT INTO absences (district_id, post_id, \"from\") VALUES (1, 'p1', '2026-03-02')"
    assert own(row, communities=(WEST,)) == 1
    own("UPDATE duties SET valid_to = '2026-03-01' WHERE post_id = 'p1'")
    with pytest.raises(DBAPIError, match="row-level security"):
        own(row, communities=(WEST,))


def test_findings_of_the_grid_are_read_by_whom_their_cells_are_in_sight_of(own):
    with own.owner.begin() as connection:
        for number, (cell, community) in enumerate([("nw", WEST), ("se", EAST)], 1):
            for statement in (
                "INSERT INTO grid_findings (district_id, number, principle, rule, severity, layer,"
                f" found, remedy) VALUES (1, {number}, '', '', '', 'cells', '{cell}', '')",
                "INSERT INTO grid_finding_cells (district_id, number, place, cell_id, "
                f"community_code) VALUES (1, {number}, 1, '{cell}', '{community}')",
            ):
                connection.execute(text(statement))
    assert own("SELECT found FROM grid_findings") == 2
    assert own("SELECT found FROM grid_findings", communities=(WEST,)) == 1
    assert own("SELECT found FROM grid_findings", "worker", cells=("nw",)) == 0


def test_only_the_grid_just_published_is_carried_and_only_once(own):
    with pytest.raises(DBAPIError, match="not the grid in force"):
        own("SELECT gridmap_carry_edition(1, 'toy-1')")


def test_no_figure_grows_on_the_way_to_a_new_grid(own):
    with (
        pytest.raises(DBAPIError, match="do not add up"),
        scoped(own.app, Scope(1, "planner", (1,))) as connection,
    ):
        for statement in (
            "UPDATE districts SET grid_edition = 2",
            "INSERT INTO editions (district_id, number, grid_version, valid_from) "
            "VALUES (1, 2, 'x', '2026-07-01')",
            'INSERT INTO lineage (district_id, old_cell_id, new_cell_id, kind, "on", grid_version,'
            " area_share) VALUES (1, 'nw', 'sw', 'merge', '2026-07-01', 'x', 1000)",
            "SELECT gridmap_carry_edition(1, 'x')",
        ):
            connection.execute(text(statement))
