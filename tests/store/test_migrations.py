"""Migrations build the tables the code expects, and take them down again."""

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from gridmap.errors import StoreError
from gridmap.store import tables as t
from gridmap.store import upkeep
from gridmap.store.revisions import MIGRATIONS, newest_revision

pytestmark = pytest.mark.store
LEAKPROOF = text(
    "SELECT proleakproof FROM pg_proc "
    "WHERE oid = 'geometry_overlaps(geometry,geometry)'::regprocedure"
)


def test_the_tables_of_the_code_are_those_of_the_database(postgis):
    with postgis.owner.connect() as connection:
        assert upkeep.is_current(connection)
        assert upkeep.find_drift(connection) == []


def test_going_down_to_base_removes_everything_and_up_again_restores_it(scratch):
    url = scratch.text_url("superuser")
    upkeep.migrate(url, "base")
    engine = scratch.superuser
    assert set(inspect(engine).get_table_names()) == {"alembic_version", "spatial_ref_sys"}
    with engine.connect() as connection:
        left = connection.scalars(text("SELECT proname FROM pg_proc WHERE proname ~ '^gridmap'"))
        assert left.all() == []
        assert connection.scalar(LEAKPROOF) is False
    upkeep.migrate(url)
    with engine.connect() as connection:
        assert upkeep.find_drift(connection) == []
        assert connection.scalar(LEAKPROOF) is True


def test_migrating_twice_changes_nothing(scratch):
    upkeep.migrate(scratch.text_url("superuser"))
    with scratch.owner.connect() as connection:
        assert upkeep.is_current(connection)


def test_columns_carry_the_labels_of_the_schema(postgis):
    columns = {c["name"]: c["comment"] for c in inspect(postgis.owner).get_columns("cells")}
    assert columns["households"].startswith("户数 · households [households]: ")
    assert inspect(postgis.owner).get_table_comment("cells")["text"].startswith("网格 · cells: ")


def test_a_login_without_superuser_migrates_with_a_warning(server, scratch):
    with scratch.superuser.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE plain LOGIN CREATEROLE PASSWORD 'secret'")
        connection.exec_driver_sql("GRANT gridmap_owner, gridmap_app TO plain")
    upkeep.migrate(scratch.text_url("superuser"), "base")
    plain = scratch.url("superuser").set(username="plain", password="secret")
    try:
        with pytest.warns(UserWarning, match="slower.*LEAKPROOF"):
            upkeep.migrate(plain.render_as_string(hide_password=False))
        with scratch.owner.connect() as connection:
            assert upkeep.find_drift(connection) == []
    finally:
        with scratch.superuser.begin() as connection:
            connection.exec_driver_sql("REVOKE gridmap_owner, gridmap_app FROM plain")
            connection.exec_driver_sql("DROP ROLE plain")


def test_a_login_that_may_do_nothing_is_told_what_it_needs(scratch):
    upkeep.migrate(scratch.text_url("superuser"), "base")
    with scratch.superuser.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE nobody_much LOGIN PASSWORD 'secret'")
    poor = scratch.url("superuser").set(username="nobody_much", password="secret")
    try:
        with pytest.raises(StoreError, match="may not prepare the database"):
            upkeep.migrate(poor.render_as_string(hide_password=False))
    finally:
        with scratch.superuser.begin() as connection:
            connection.exec_driver_sql("DROP ROLE nobody_much")


def test_an_address_nobody_answers_at_is_an_error(tmp_path):
    with pytest.raises(StoreError, match="cannot be reached"):
        upkeep.migrate(f"postgresql://x@/y?host={tmp_path}")


def test_every_layer_of_the_schema_has_its_table():
    from gridmap import schema

    absent = set(schema.layers()) - set(t.LAYERS)
    # Both are columns of districts.
    assert absent == {"boundary", "provenance"}


def test_the_newest_revision_by_name_is_the_head_of_the_chain():
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_heads() == [newest_revision()]
