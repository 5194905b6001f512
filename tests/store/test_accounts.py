"""Accounts: who is let in, with which scope; passwords are argon2id and never stored plainly."""

import datetime as dt

import argon2
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gridmap.errors import InputError, ScopeError
from gridmap.samples import EAST, WEST
from gridmap.store import accounts
from gridmap.store import tables as t
from gridmap.store.accounts import Part
from gridmap.store.engines import open_engine, serve_sign_in
from gridmap.store.scope import Scope, scoped, set_sign_in

pytestmark = pytest.mark.store
DAY = dt.date(2026, 3, 2)


@pytest.fixture
def session(owner):
    with Session(owner, join_transaction_mode="create_savepoint") as opened:
        yield opened


def test_a_made_password_is_returned_once_and_stored_as_a_hash(session, owner):
    user, made = accounts.add_user(session, "Wang", "planner", [Part(1)])
    stored = owner.scalar(select(t.users.c.password).where(t.users.c.username == "wang"))
    assert stored.startswith("$argon2id$")
    assert made not in stored
    assert argon2.PasswordHasher().verify(stored, made)
    assert (user.role, user.active) == ("planner", True)


def test_a_given_password_is_not_returned(session):
    _, made = accounts.add_user(session, "li", "admin", password="long enough indeed")
    assert made is None


@pytest.mark.parametrize(
    ("name", "role", "parts", "password", "told"),
    [
        ("x y", "planner", [], None, "A user name has"),
        ("zhao", "king", [], None, "Unknown role 'king'"),
        ("zhao", "planner", [], "short", "at least 10 characters"),
        ("zhao", "worker", [Part(1)], None, "own cells only"),
        ("TAKEN", "planner", [], None, "already a user 'taken'"),
    ],
)
def test_an_account_that_cannot_be_is_refused(session, name, role, parts, password, told):
    accounts.add_user(session, "taken", "planner")
    with pytest.raises(InputError, match=told):
        accounts.add_user(session, name, role, parts, password=password)


def test_a_new_password_ends_all_sessions(session):
    user, _ = accounts.add_user(session, "wang", "planner", [Part(1)])
    mark = user.fs_uniquifier
    made = accounts.set_password(session, "WANG")
    assert user.fs_uniquifier != mark
    assert argon2.PasswordHasher().verify(user.password, made)


def test_a_name_that_is_not_there_is_named_with_those_that_are(session):
    accounts.add_user(session, "wang", "planner")
    with pytest.raises(InputError, match="no user 'wong'; there are: wang"):
        accounts.set_password(session, "wong")


def test_the_list_shows_role_and_scope(session, owner):
    accounts.add_user(session, "wang", "worker", [Part(1, post_id="p1"), Part(1, cell_id="se")])
    listed = accounts.list_users(owner)
    assert listed[["username", "role", "scopes"]].values.tolist() == [
        ["wang", "worker", "Toy district: p1, se"]
    ]


def test_nothing_is_given_that_is_not_there(session):
    for part, told in (
        (Part(987654), "no district 987654"),
        (Part(1, cell_id="nowhere"), "no community, cell or post nowhere"),
    ):
        with pytest.raises(InputError, match=told):
            accounts.add_user(session, "wang", "planner", [part])


def test_a_worker_sees_the_cells_of_the_post_on_that_day(session, owner):
    user, _ = accounts.add_user(session, "wang", "worker", [Part(1, post_id="p2")])
    before = accounts.scope_of(owner, user.id, 1, dt.date(2025, 6, 1))
    assert before == Scope(user.id, "worker", (1,), (), ("ne",))
    # the duty of p2 ended on 1 January 2026
    assert accounts.scope_of(owner, user.id, 1, DAY).cell_ids == ()


def test_a_post_for_a_community_sees_all_its_cells(session, owner):
    user, _ = accounts.add_user(session, "wang", "worker", [Part(1, post_id="p3")])
    assert accounts.scope_of(owner, user.id, 1, DAY).cell_ids == ("ne", "se")


def test_a_planner_of_a_community_is_limited_to_it(session, owner):
    user, _ = accounts.add_user(session, "wang", "planner", [Part(1, community_code=WEST)])
    assert accounts.scope_of(owner, user.id, 1) == Scope(user.id, "planner", (1,), (WEST,), ())
    assert accounts.scope_of(owner, user.id).community_codes == ()


def test_a_whole_district_outweighs_a_part_of_it(session, owner):
    parts = [Part(1, community_code=EAST), Part(1)]
    user, _ = accounts.add_user(session, "wang", "liaison", parts)
    assert accounts.scope_of(owner, user.id, 1).is_whole


def test_another_district_or_a_closed_account_has_no_scope(session, owner):
    user, _ = accounts.add_user(session, "wang", "planner", [Part(1)])
    with pytest.raises(ScopeError, match="District 2"):
        accounts.scope_of(owner, user.id, 2)
    accounts.set_active(session, "wang", False)
    with pytest.raises(ScopeError, match="closed"):
        accounts.scope_of(owner, user.id, 1)


def test_changing_the_parts_keeps_a_worker_within_cells(session):
    user, _ = accounts.add_user(session, "wang", "worker", [Part(1, cell_id="nw")])
    accounts.set_parts(session, "wang", [Part(1, cell_id="se")])
    assert [one.cell_id for one in user.scopes] == ["se"]
    with pytest.raises(InputError, match="own cells only"):
        accounts.set_parts(session, "wang", [Part(1)])


def test_a_district_is_found_by_code_name_or_number(owner):
    assert {accounts.find_district(owner, key) for key in ("110101", "Toy district", "1")} == {1}
    with pytest.raises(InputError, match=r"No district 'Atlantis'.*Toy district \(110101\)"):
        accounts.find_district(owner, "Atlantis")


def test_signing_in_reads_accounts_and_nothing_else(scratch):
    with Session(scratch.owner) as session, session.begin():
        accounts.add_user(session, "wang", "admin")
    engine = serve_sign_in(open_engine(scratch.text_url()))
    with Session(engine) as session, session.begin():
        user = accounts.find_user(session, "wang")
        assert user.role == "admin"
        user.password = accounts.hash_password("another long one")
        assert session.scalar(select(t.cells.c.gid)) is None
    with engine.connect() as connection, pytest.raises(DBAPIError, match="row-level security"):
        connection.execute(t.users.insert().values(username="x", fs_uniquifier="x"))
    with engine.begin() as connection:
        assert connection.execute(t.users.delete()).rowcount == 0
        assert connection.execute(t.user_scopes.delete()).rowcount == 0
    engine.dispose()


def test_an_admin_keeps_accounts_through_the_application(scratch):
    with scoped(scratch.app, Scope(1, "admin")) as connection, Session(connection) as session:
        accounts.add_user(session, "wang", "planner")
        session.commit()
    for role, seen in (("admin", 1), ("planner", 0), ("liaison", 0), ("worker", 0)):
        with scoped(scratch.app, Scope(1, role)) as connection:
            assert len(accounts.list_users(connection)) == seen


def test_no_other_role_makes_accounts(scratch):
    with (
        scoped(scratch.app, Scope(1, "liaison")) as connection,
        pytest.raises(DBAPIError, match="row-level security"),
    ):
        connection.execute(t.users.insert().values(username="x", fs_uniquifier="x"))


def test_the_sign_in_scope_ends_with_its_transaction(scratch):
    with scratch.app.begin() as connection:
        set_sign_in(connection)
        assert connection.scalar(text("SELECT gridmap_role()")) == "sign_in"
    with scratch.app.begin() as connection:
        assert connection.scalar(text("SELECT gridmap_role()")) == ""
