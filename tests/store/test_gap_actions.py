"""What is done about gaps: by whom, in which order, and taken back."""

from contextlib import suppress

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DBAPIError

from gridmap.errors import InputError, MissingLayerError, StaleDraftError
from gridmap.samples import EAST, WEST
from gridmap.store import gap_actions as acts
from gridmap.store import reads
from gridmap.store import tables as t
from gridmap.store.gap_actions import Act
from gridmap.store.scope import Scope

pytestmark = pytest.mark.store
ME = Scope(1, "liaison", (1,))


class _RolledBack(Exception):  # noqa: N818  no error: nothing a test did is kept
    pass


@pytest.fixture
def desk(see):
    with suppress(_RolledBack), see("liaison") as connection:
        gap = reads.read_gaps(connection, 1, dimension="patrol").iloc[0]["gap_id"]
        yield connection, gap
        raise _RolledBack


def state_of(connection, gap):
    states = acts.read_states(connection, 1).set_index("gap_id")
    return tuple(states.loc[gap, ["revision", "state", "target"]])


def test_a_gap_is_assigned_accepted_and_taken_back_step_by_step(desk):
    connection, gap = desk
    todo = [
        (Act("assign", "post", "p1"), (1, "assigned", "p1")),
        (Act("accept", reason="building site"), (2, "accepted", "")),
        (Act("undo"), (3, "assigned", "p1")),
        (Act("undo"), (4, "open", "")),
        (Act("dispute", reason="the post was there"), (5, "disputed", "")),
        (Act("undo"), (6, "open", "")),
    ]
    for revision, (act, becomes) in enumerate(todo):
        assert acts.act_on_gaps(connection, ME, 1, act, [(gap, revision)]) == 1
        assert state_of(connection, gap) == becomes
    history = acts.read_history(connection, 1, gap)
    assert history["revision"].tolist() == [6, 5, 4, 3, 2, 1]
    assert history["own"].all()


def test_there_is_nothing_to_take_back_of_an_open_gap(desk):
    connection, gap = desk
    with pytest.raises(InputError, match="nothing to take back"):
        acts.act_on_gaps(connection, ME, 1, Act("undo"), [(gap, 0)])


def test_who_saw_an_older_revision_is_told_and_nothing_changes(desk):
    connection, gap = desk
    acts.act_on_gaps(connection, ME, 1, Act("assign", "post", "p1"), [(gap, 0)])
    with pytest.raises(StaleDraftError, match="meanwhile"):
        acts.act_on_gaps(connection, ME, 1, Act("accept", reason="late"), [(gap, 0)])
    assert state_of(connection, gap) == (1, "assigned", "p1")


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (Act("accept"), "Expected a reason"),
        (Act("dispute"), "Expected a reason"),
        (Act("assign"), "beat, a post or a shift"),
        (Act("assign", "person", "Li"), "beat, a post or a shift"),
        (Act("forget"), "Expected one of the actions"),
        (Act("accept", reason="x" * 501), "Shorten it"),
    ],
)
def test_an_act_that_lacks_something_is_refused(desk, act, said):
    connection, gap = desk
    with pytest.raises(InputError, match=said):
        acts.act_on_gaps(connection, ME, 1, act, [(gap, 0)])
    assert acts.read_states(connection, 1).empty


def test_a_gap_of_another_dimension_or_of_nowhere_is_not_there(desk):
    connection, gap = desk
    cameras = reads.read_gaps(connection, 1, dimension="cameras").iloc[0]["gap_id"]
    for stranger in (cameras, "nowhere"):
        with pytest.raises(MissingLayerError, match="in your scope"):
            acts.act_on_gaps(
                connection, ME, 1, Act("accept", reason="no"), [(gap, 0), (stranger, 0)]
            )
    assert acts.read_states(connection, 1).empty


def test_a_liaison_of_another_community_neither_sees_nor_acts(see):
    with see("liaison") as connection:
        gap = reads.read_gaps(connection, 1, dimension="patrol").iloc[0]
    own = gap["community_code"]
    other = EAST if own == WEST else WEST
    with see("liaison", communities=(other,)) as connection, pytest.raises(MissingLayerError):
        acts.act_on_gaps(connection, ME, 1, Act("accept", reason="no"), [(gap["gap_id"], 0)])


def row(gap, **changed):
    told = {
        "district_id": 1, "gap_id": gap["gap_id"], "cell_id": gap["cell_id"],
        "community_code": gap["community_code"], "revision": 1, "action": "accept",
        "state": "accepted", "reason": "because", "user_id": 1,
    }  # fmt: skip
    return insert(t.gap_actions).values(**told | changed)


@pytest.mark.parametrize(
    "changed",
    [{"user_id": 8}, {"cell_id": "se"}, {"community_code": "elsewhere"}, {"gap_id": "made up"}],
)
def test_the_database_refuses_an_action_in_anothers_name_or_elsewhere(see, changed):
    with see("liaison") as connection:
        gap = reads.read_gaps(connection, 1, dimension="patrol").iloc[0]
        with pytest.raises(DBAPIError, match="row-level security"):
            connection.execute(row(gap, **changed))


@pytest.mark.parametrize("role", ["planner", "admin", "worker"])
def test_other_roles_neither_read_nor_write_actions(see, role):
    with see("liaison") as connection:
        gap = reads.read_gaps(connection, 1, dimension="patrol").iloc[0]
    with see(role, cells=("sw",)) as connection:
        assert acts.read_states(connection, 1).empty
        with pytest.raises(DBAPIError, match="row-level security"):
            connection.execute(row(gap))


@pytest.mark.parametrize(
    "change", [update(t.gap_actions).values(reason="other"), delete(t.gap_actions)]
)
def test_an_action_is_never_changed_or_removed(desk, change):
    connection, _ = desk
    with pytest.raises(DBAPIError, match="permission denied"):
        connection.execute(change)


def test_without_a_scope_there_are_no_actions(app_engine):
    with app_engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM gap_actions")).scalar() == 0
