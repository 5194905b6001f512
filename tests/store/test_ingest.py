"""Fixes come in: kept inside an open shift of the sender's own, once, and counted otherwise."""

import datetime as dt
import logging
import time
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gridmap.errors import InputError, ScopeError
from gridmap.store import accounts, shifts
from gridmap.store import tables as t
from gridmap.store.live import live_units
from gridmap.store.scope import Scope, scoped
from gridmap.studies.ingest import read_batch, read_osmand, take_batch, take_from_device
from tests.conftest import Databases, _database

pytestmark = pytest.mark.store
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Place:
    """A database with the toy district, its workers, and the middle of its cells."""

    store: Databases
    worker: Scope
    other: Scope
    lon: float
    lat: float

    @property
    def app(self) -> Engine:
        return self.store.app


@pytest.fixture(scope="module")
def home(server):
    from tests.store.toy_coverage import load_toy

    with _database(server) as made:
        load_toy(made.owner)
        with Session(made.owner) as session:
            numbers = [
                accounts.add_user(
                    session, name, "worker", [accounts.Part(1, cell_id="nw")], password=PASSWORD
                )[0].id
                for name in ("one", "two")
            ]
            accounts.add_user(session, "watcher", "liaison", [accounts.Part(1)], password=PASSWORD)
            session.commit()
        with made.owner.connect() as connection:
            west, south, east, north = connection.scalar(select(t.districts.c.bounds))
        one, two = (Scope(number, "worker", (1,), (), ("nw",)) for number in numbers)
        yield Place(made, one, two, (west + east) / 2 - 1e-4, (south + north) / 2 + 1e-4)


@pytest.fixture
def place(home):
    with home.store.owner.begin() as connection:
        for table in ("fixes", "fix_batches", "fix_refusals", "presence_due", "last_positions"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text("DELETE FROM shifts WHERE entered_at IS NOT NULL"))
        connection.execute(text("DELETE FROM devices"))
    return home


def open_for(place, scope=None, begun_s=600):
    """An open shift that began ten minutes ago."""
    scope = scope or place.worker
    with scoped(place.app, scope) as connection:
        shift_id = shifts.open_shift(connection, 1, scope.user_id)
    with place.store.owner.begin() as connection:
        connection.execute(
            text("UPDATE shifts SET start = start - make_interval(secs => :s) WHERE shift_id = :i"),
            {"s": begun_s, "i": shift_id},
        )
    return shift_id


def fix(place, ago_s, **changed):
    return {
        "time": time.time() - ago_s,
        "lat": place.lat,
        "lon": place.lon,
        "accuracy": 8,
    } | changed


def send(place, fixes, number="1", phone="", scope=None):
    body = {"batch": number, "phone": phone, "fixes": fixes}
    with scoped(place.app, scope or place.worker) as connection:
        return take_batch(connection, read_batch(body), 1)


def count(place, table=t.fixes):
    with place.store.owner.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_fixes_inside_an_open_shift_are_kept_by_time(place):
    shift_id = open_for(place)
    told = send(place, [fix(place, 10), fix(place, 40), fix(place, 20)])
    assert (told["taken"], told["duplicate"], told["refused"]) == (3, 0, {})
    with scoped(place.app, place.worker) as connection:
        track = shifts.read_track(connection, 1, shift_id)
    assert len(track) == 3
    assert track["time"].is_monotonic_increasing


def test_a_batch_sent_twice_counts_once_and_gets_the_same_answer(place):
    open_for(place)
    fixes = [fix(place, 10), fix(place, 20, accuracy=9000)]
    first, again = send(place, fixes), send(place, fixes)
    assert first["taken"] == again["taken"] == 1
    assert again["again"]
    assert count(place) == 1
    assert refusals(place) == {"out_of_range": 1}


def test_a_fix_sent_again_in_another_batch_is_a_duplicate_and_the_more_accurate_stays(place):
    shift_id = open_for(place)
    moment = time.time() - 30
    for number, accuracy in (("1", 30), ("2", 5), ("3", 50)):
        told = send(place, [fix(place, 0, time=moment, accuracy=accuracy)], number)
    assert (told["taken"], told["duplicate"]) == (0, 1)
    with scoped(place.app, place.worker) as connection:
        assert shifts.read_track(connection, 1, shift_id)["accuracy_m"].tolist() == [5]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"time": "2026-03-02T08:00:00"}, "no_zone"),
        ({"time": "yesterday"}, "unreadable"),
        ({"lat": None}, "unreadable"),
        ({"lat": 0, "lon": 0}, "out_of_range"),
        ({"lat": float("nan")}, "out_of_range"),
        ({"accuracy": 5000}, "out_of_range"),
        ({"accuracy": -1}, "out_of_range"),
        ({"lat": -33.9, "lon": 18.4}, "elsewhere"),
        ({"time": time.time() + 3600}, "clock"),
        ({"time": time.time() - 3000}, "off_shift"),
    ],
)
def test_bad_input_is_refused_with_its_reason_and_the_rest_is_kept(place, changed, reason):
    open_for(place)
    told = send(place, [fix(place, 10), fix(place, 20, **changed), fix(place, 30)])
    assert told["taken"] == 2
    assert told["refused"] == {reason: 1}
    assert told["rows"] == {reason: [2]}
    assert refusals(place) == {reason: 1}
    assert count(place) == 2


def test_an_off_shift_fix_is_refused_before_storage_and_no_position_is_logged(place, caplog):
    caplog.set_level(logging.DEBUG)
    told = send(place, [fix(place, 10)])
    assert told["taken"] == 0
    assert told["refused"] == {"off_shift": 1}
    assert count(place) == count(place, t.last_positions) == 0
    spoken = caplog.text + whole_database(place)
    assert str(place.lat)[:8] not in spoken
    assert str(place.lon)[:8] not in spoken


def test_a_refused_statement_tells_no_position(place, caplog):
    caplog.set_level(logging.DEBUG)
    scope = Scope(1, "planner", (1,))
    with pytest.raises(Exception, match="refused the fixes") as told:
        from gridmap.store.ingest import take_fixes

        with scoped(place.app, scope) as connection:
            take_fixes(connection, "1", "", [(time.time(), place.lon, place.lat, 5.0)], {})
    import traceback

    spoken = "".join(traceback.format_exception(told.value)) + caplog.text
    assert str(place.lat)[:8] not in spoken


def test_fixes_of_a_pause_are_refused_and_those_after_it_kept(place):
    open_for(place)
    with scoped(place.app, place.worker) as connection:
        shifts.pause_shift(connection, 1)
    assert send(place, [fix(place, -5)], "1")["refused"] == {"off_shift": 1}
    with scoped(place.app, place.worker) as connection:
        assert shifts.find_open(connection, 1).state == "paused"
        shifts.resume_shift(connection, 1)
    assert send(place, [fix(place, -5)], "2")["taken"] == 1


def test_a_shift_that_never_closes_ends_by_the_rule(place):
    open_for(place, begun_s=shifts.LONGEST_SHIFT_H * 3600 + 60)
    with place.store.owner.begin() as connection:
        connection.execute(
            text(
                "UPDATE shifts SET \"end\" = start + interval '12 hours' WHERE user_id IS NOT NULL"
            )
        )
    assert send(place, [fix(place, 10)], "1")["refused"] == {"off_shift": 1}
    assert send(place, [fix(place, 3600)], "2")["taken"] == 1
    with scoped(place.app, place.worker) as connection:
        assert [one.state for one in shifts.list_shifts(connection, 1)] == ["ended"]
        assert shifts.find_open(connection, 1) is None
        shifts.open_shift(connection, 1, place.worker.user_id)


def test_a_closed_shift_takes_what_was_measured_before_and_nothing_after(place):
    open_for(place)
    with scoped(place.app, place.worker) as connection:
        shifts.close_shift(connection, 1)
    told = send(place, [fix(place, 60), fix(place, -20)])
    assert (told["taken"], told["refused"]) == (1, {"off_shift": 1})


def test_shift_ids_rotate(place):
    first = open_for(place)
    with scoped(place.app, place.worker) as connection:
        shifts.close_shift(connection, 1)
    second = open_for(place)
    assert first != second
    assert len(first) == 16


def test_a_second_shift_is_not_opened_beside_the_first(place):
    open_for(place)
    with scoped(place.app, place.worker) as connection, pytest.raises(InputError, match="open alr"):
        shifts.open_shift(connection, 1, place.worker.user_id)


def test_the_database_opens_no_shift_in_the_past_and_none_for_others(place):
    values = {"district_id": 1, "shift_id": "x", "unit_id": f"worker-{place.worker.user_id}"}
    late = text(
        'INSERT INTO shifts (district_id, shift_id, unit_id, start, "end", user_id, entered_at) '
        "VALUES (1, 'x', :unit_id, now() - make_interval(hours => :ago), now(), :who, now())"
    )
    for ago, who in ((3, place.worker.user_id), (0, place.other.user_id)):
        with (
            pytest.raises(DBAPIError, match="row-level security"),
            scoped(place.app, place.worker) as connection,
        ):
            connection.execute(late, values | {"ago": ago, "who": who})


def test_of_two_phones_in_one_shift_only_the_first_counts_until_the_worker_changes(place):
    open_for(place)
    assert send(place, [fix(place, 30)], "1", "left")["taken"] == 1
    assert send(place, [fix(place, 20)], "2", "right")["refused"] == {"other_phone": 1}
    with scoped(place.app, place.worker) as connection:
        shifts.take_over(connection, 1)
    assert send(place, [fix(place, 10)], "3", "right")["taken"] == 1


def test_a_worker_reads_own_shifts_and_fixes_and_nobody_elses(place):
    shift_id = open_for(place)
    send(place, [fix(place, 10)])
    for scope in (place.other, Scope(9, "liaison", (1,)), Scope(9, "admin", (1,))):
        with scoped(place.app, scope) as connection:
            assert shifts.list_shifts(connection, 1) == []
            assert shifts.read_track(connection, 1, shift_id).empty


def test_a_device_reports_for_the_open_shift_of_its_unit_until_its_token_is_taken_back(place):
    open_for(place)
    unit = f"worker-{place.worker.user_id}"
    liaison = Scope(3, "liaison", (1,))
    with scoped(place.app, liaison) as connection:
        token = shifts.issue_device(connection, 1, 3, unit, "phone 1")
        listed = shifts.list_devices(connection, 1)
    assert token not in listed.to_csv()
    told = {"lat": str(place.lat), "lon": str(place.lon), "accuracy": "9"}
    now = str(int(time.time()) - 5)
    assert take_from_device(place.app, token, read_osmand(told | {"timestamp": now}))["taken"] == 1
    with scoped(place.app, liaison) as connection:
        shifts.revoke_device(connection, 1, int(listed["id"][0]))
    with pytest.raises(ScopeError, match="taken back"):
        take_from_device(place.app, token, read_osmand(told | {"timestamp": now}))
    with pytest.raises(ScopeError, match="not known"):
        take_from_device(place.app, "guess", read_osmand(told | {"timestamp": now}))


@pytest.mark.parametrize("role", ["worker", "planner"])
def test_tokens_are_issued_by_liaisons_and_admins_only(place, role):
    scope = Scope(place.worker.user_id, role, (1,))
    with pytest.raises(DBAPIError, match="row-level"), scoped(place.app, scope) as connection:
        shifts.issue_device(connection, 1, place.worker.user_id, "p1")


def test_live_positions_are_for_liaisons_and_gone_when_the_shift_rests_or_ends(place):
    open_for(place)
    send(place, [fix(place, 40), fix(place, 10)])
    assert [one.unit_id for one in seen_live(place)] == [f"worker-{place.worker.user_id}"]
    assert seen_live(place)[0].cell_id
    assert seen_live(place, box=(0, 0, 1, 1)) == []
    for role in ("planner", "admin", "worker"):
        assert seen_live(place, Scope(9, role, (1,))) == []
    with scoped(place.app, place.worker) as connection:
        shifts.pause_shift(connection, 1)
    assert seen_live(place) == []
    with scoped(place.app, place.worker) as connection:
        shifts.resume_shift(connection, 1)
    send(place, [fix(place, -2)], "2")
    assert len(seen_live(place)) == 1
    with scoped(place.app, place.worker) as connection:
        shifts.close_shift(connection, 1)
    assert seen_live(place) == []


def test_a_liaison_of_one_community_sees_live_units_of_it_alone(place):
    open_for(place)
    send(place, [fix(place, 10)])
    cell = seen_live(place)[0].cell_id
    assert len(seen_live(place, Scope(9, "liaison", (1,), (), (cell,)))) == 1
    assert seen_live(place, Scope(9, "liaison", (1,), ("nowhere",), ())) == []


def test_a_late_fix_moves_no_live_position_back(place):
    open_for(place)
    send(place, [fix(place, 10)])
    before = seen_live(place)[0].time
    send(place, [fix(place, 300, lon=place.lon + 1e-4)], "2")
    assert seen_live(place)[0].time == before


def test_a_worker_disputes_own_shifts_and_the_liaison_reads_it(place):
    shift_id = open_for(place)
    with scoped(place.app, place.worker) as connection:
        shifts.dispute(connection, 1, place.worker.user_id, shift_id, "No signal in the yard")
    with scoped(place.app, Scope(3, "liaison", (1,))) as connection:
        assert shifts.list_disputes(connection, 1)["text"].tolist() == ["No signal in the yard"]
    with scoped(place.app, place.other) as connection:
        assert shifts.list_disputes(connection, 1).empty
        with pytest.raises(InputError, match="not among your own"):
            shifts.dispute(connection, 1, place.other.user_id, shift_id, "x")


def test_fixes_that_came_survive_a_load_of_the_district(place):
    from tests.store.toy_coverage import load_toy

    open_for(place)
    send(place, [fix(place, 10)])
    load_toy(place.store.owner)
    with place.store.owner.connect() as connection:
        kept = select(func.count()).where(t.fixes.c.entered_at.isnot(None))
        assert connection.scalar(kept) == 1
        assert connection.scalar(select(func.count()).select_from(t.presence_due)) == 1


def refusals(place):
    with place.store.owner.connect() as connection:
        rows = connection.execute(select(t.fix_refusals.c.reason, t.fix_refusals.c.fixes))
        return dict(map(tuple, rows))


def seen_live(place, scope=None, box=None):
    with scoped(place.app, scope or Scope(3, "liaison", (1,))) as connection:
        return live_units(connection, 1, box)


def whole_database(place):
    """Every row that could hold a position, as text."""
    names = [
        "audit_log", "fix_batches", "fix_refusals", "presence_due", "last_positions", "jobs",
        "shift_disputes",
    ]  # fmt: skip
    with place.store.owner.connect() as connection:
        return "".join(
            str(connection.execute(text(f"SELECT x::text FROM {name} x")).all()) for name in names
        )


def test_times_are_kept_to_the_microsecond(place):
    shift_id = open_for(place)
    moment = dt.datetime.now(dt.UTC).replace(microsecond=123456) - dt.timedelta(seconds=20)
    send(place, [fix(place, 0, time=moment.isoformat())])
    with scoped(place.app, place.worker) as connection:
        assert shifts.read_track(connection, 1, shift_id)["time"][0] == moment
