"""Presence follows the fixes that came; raw fixes are dropped on time and leave a proof."""

import datetime as dt
import os

import numpy as np
import pytest
from sqlalchemy import func, select, text

from gridmap.errors import InputError
from gridmap.store import audit, shifts
from gridmap.store import tables as t
from gridmap.store.retention import retain
from gridmap.store.scope import scoped
from gridmap.studies.refresh import refresh
from gridmap.studies.retention import old_backups
from tests.store import test_ingest as intake

pytestmark = pytest.mark.store
home, place = intake.home, intake.place


@pytest.fixture
def empty(place):
    with place.store.owner.begin() as connection:
        for table in ("unit_days", "presence"):
            connection.execute(text(f"DELETE FROM {table}"))
    return place


def seconds(place):
    p = t.presence.c
    with place.store.owner.connect() as connection:
        total = func.coalesce(func.sum(p.observed_s + p.inferred_s), 0.0)
        return connection.scalar(select(total))


def walk(place, first_s, last_s, step_s=10):
    return [intake.fix(place, ago) for ago in range(first_s, last_s, -step_s)]


def test_presence_is_what_the_fixes_tell(empty):
    intake.open_for(empty)
    intake.send(empty, walk(empty, 400, 99))
    done = refresh(empty.store.owner)
    assert done.unit_days >= 1
    assert seconds(empty) == pytest.approx(300, abs=1e-3)
    assert intake.count(empty, t.presence_due) == 0
    assert refresh(empty.store.owner).unit_days == 0


def test_late_fixes_change_their_own_unit_day_alone(empty):
    for scope in (empty.worker, empty.other):
        intake.open_for(empty, scope)
        intake.send(empty, walk(empty, 400, 199), scope=scope)
    refresh(empty.store.owner)
    before = computed(empty)
    alone = seconds(empty)
    intake.send(empty, walk(empty, 190, 99), "2")
    assert refresh(empty.store.owner).unit_days == 1
    after = computed(empty)
    changed = {unit for unit in after if after[unit] != before[unit]}
    assert changed == {(f"worker-{empty.worker.user_id}")}
    assert seconds(empty) == pytest.approx(alone + 100, abs=8)


def test_two_batches_in_any_order_tell_the_same_as_one(empty):
    intake.open_for(empty)
    fixes = walk(empty, 400, 99)
    intake.send(empty, fixes[15:], "2")
    refresh(empty.store.owner)
    intake.send(empty, fixes[:15], "1")
    refresh(empty.store.owner)
    assert seconds(empty) == pytest.approx(300, abs=1e-3)


def test_a_pause_is_no_presence(empty):
    shift_id = intake.open_for(empty)
    intake.send(empty, walk(empty, 400, 99))
    with empty.store.owner.begin() as connection:
        connection.execute(
            text(
                "UPDATE shifts SET pauses = tstzmultirange(tstzrange("
                "now() - interval '300 s', now() - interval '200 s')) WHERE shift_id = :i"
            ),
            {"i": shift_id},
        )
    refresh(empty.store.owner)
    assert seconds(empty) == pytest.approx(200, abs=25)


def test_two_phones_that_jump_to_and_fro_are_told(empty):
    intake.open_for(empty)
    rows = walk(empty, 400, 99)
    for row in rows[::2]:
        row["lat"] += 0.008
    intake.send(empty, rows)
    refresh(empty.store.owner)
    with empty.store.owner.connect() as connection:
        assert connection.scalars(select(t.unit_days.c.torn)).all() == [True]


def test_raw_fixes_are_dropped_on_time_and_each_day_leaves_a_chained_proof(empty):
    intake.open_for(empty)
    intake.send(empty, walk(empty, 400, 99))
    refresh(empty.store.owner)
    stayed = seconds(empty)
    later = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=15)
    kept = intake.count(empty)
    dropped = retain(empty.store.owner, today=later)
    assert sum(one.fixes for one in dropped) == kept > 0
    assert intake.count(empty) == intake.count(empty, t.unit_days) == 0
    assert seconds(empty) == stayed
    with empty.store.owner.connect() as connection:
        proofs = connection.execute(
            select(t.audit_log.c.detail).where(t.audit_log.c.action == "retention")
        ).scalars()
        told = {one["partition"]: one["fixes"] for one in proofs}
        assert audit.verify(connection).is_whole
    assert told.items() >= {one.partition: one.fixes for one in dropped}.items()


def test_nobody_keeps_raw_fixes_longer_than_thirty_days(place):
    with pytest.raises(InputError, match="1 to 30 days"):
        retain(place.store.owner, 31)


def test_backups_that_would_keep_raw_fixes_too_long_are_found_and_other_files_left(tmp_path):
    now = 1e9
    for name, head, days in (
        ("old", b"PGDMP1", 17), ("young", b"PGDMP1", 15), ("letter", b"Dear", 99),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(head)
        os.utime(tmp_path / name, (now - days * 86_400,) * 2)
    assert [one.name for one in old_backups(tmp_path, 14, now)] == ["old"]
    with pytest.raises(InputError, match="no folder"):
        old_backups(tmp_path / "none")


def test_after_a_load_the_presence_of_devices_is_worked_out_again(empty):
    from tests.store.toy_coverage import load_toy

    intake.open_for(empty)
    intake.send(empty, walk(empty, 400, 99))
    refresh(empty.store.owner)
    load_toy(empty.store.owner)
    refresh(empty.store.owner)
    today = select(func.sum(t.presence.c.observed_s)).where(
        t.presence.c.slot_start > dt.datetime.now(dt.UTC) - dt.timedelta(hours=2)
    )
    with empty.store.owner.connect() as connection:
        assert connection.scalar(today) == pytest.approx(300, abs=1e-3)


def computed(place):
    with place.store.owner.connect() as connection:
        rows = connection.execute(select(t.unit_days.c.unit_id, t.unit_days.c.computed_at))
        return dict(map(tuple, rows))


def test_the_track_of_a_closed_shift_stays_readable_until_it_is_dropped(empty):
    shift_id = intake.open_for(empty)
    intake.send(empty, walk(empty, 60, 9))
    with scoped(empty.app, empty.worker) as connection:
        shifts.close_shift(connection, 1)
        assert np.all(shifts.read_track(connection, 1, shift_id)["accuracy_m"] == 8)
