"""The audit log takes entries, gives none back, and shows when it was tampered with."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gridmap.store import audit, reads
from gridmap.store.scope import Scope, scoped

pytestmark = pytest.mark.store
LIAISON = Scope(7, "liaison", (1,))
ADMIN = Scope(1, "admin", (1,))


def fill(scratch, entries=3):
    for n in range(entries):
        audit.record(scratch.app, LIAISON, "read", district_id=1, layer="cameras", cell=f"c{n}")


def seal(scratch):
    with scoped(scratch.app, ADMIN) as connection:
        return audit.verify(connection)


def test_entries_are_chained_in_order(scratch):
    assert seal(scratch) == audit.Seal(0, "", None)
    fill(scratch)
    state = seal(scratch)
    assert (state.entries, state.is_whole, len(state.last_hash)) == (3, True, 64)
    with scoped(scratch.app, ADMIN) as connection:
        log = reads.read_audit(connection)
    assert log["id"].tolist() == [3, 2, 1]
    assert log["detail"].tolist() == [{"cell": "c2"}, {"cell": "c1"}, {"cell": "c0"}]
    assert log["role"].unique().tolist() == ["liaison"]


def test_only_an_admin_reads_the_log(scratch):
    fill(scratch, 1)
    with scoped(scratch.app, LIAISON) as connection:
        assert reads.read_audit(connection).empty


def test_without_a_scope_nothing_is_written(scratch):
    with scratch.app.connect() as connection, pytest.raises(DBAPIError, match="row-level security"):
        audit.add_entry(connection, LIAISON, "read")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"],
)
@pytest.mark.parametrize("engine", ["app", "owner", "superuser"])
def test_nobody_changes_an_entry(scratch, engine, statement):
    fill(scratch, 1)
    with getattr(scratch, engine).connect() as connection:
        connection.execute(text("SELECT set_config('app.scope', '{\"role\": \"admin\"}', true)"))
        with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
            connection.execute(text(statement))


@pytest.mark.parametrize(
    ("forgery", "first_broken"),
    [
        ("UPDATE audit_log SET user_id = 8 WHERE id = 2", 2),
        ("UPDATE audit_log SET detail = '{}' WHERE id = 3", 3),
        ("DELETE FROM audit_log WHERE id = 1", 2),
        ("DELETE FROM audit_log WHERE id = 2", 3),
    ],
)
def test_a_forgery_with_all_power_shows(scratch, forgery, first_broken):
    fill(scratch)
    with scratch.superuser.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text(forgery))
    assert seal(scratch).broken_id == first_broken


def test_entries_written_at_once_make_one_chain(scratch):
    threads = [threading.Thread(target=fill, args=(scratch, 5)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    state = seal(scratch)
    assert (state.entries, state.is_whole) == (20, True)


def test_an_entry_stands_or_falls_with_its_transaction(scratch):
    class HaltError(Exception):
        pass

    with pytest.raises(HaltError), scoped(scratch.app, ADMIN) as connection:
        audit.add_entry(connection, ADMIN, "change_user")
        raise HaltError
    assert seal(scratch).entries == 0
