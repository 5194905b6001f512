"""Long work beside the request: whose it is, how far it is, and how it ends or is ended."""

import time

import pytest
from sqlalchemy import text, update

from gridmap.errors import InputError, MissingLayerError
from gridmap.store import jobs as store
from gridmap.store import tables as t
from gridmap.store.scope import Scope, scoped
from gridmap.studies.jobs import Wanted, begin_job
from tests.store import long_work
from tests.store.toy_coverage import load_toy

pytestmark = pytest.mark.store


@pytest.fixture
def desk(scratch):
    """A district, two accounts, and ways to ask, read and wait."""
    load_toy(scratch.owner)
    with scratch.owner.begin() as connection:
        rows = [{"username": name, "fs_uniquifier": name} for name in ("ann", "bo")]
        users = connection.execute(t.users.insert().returning(t.users.c.id), rows).scalars().all()
    return Desk(scratch, users)


class Desk:
    def __init__(self, made, users):
        self.made, self.users = made, users

    def scope(self, who=0, role="liaison", **limits):
        return Scope(self.users[who], role, (1,), **limits)

    def begin(self, work, *given, question=None, who=0, kind="test"):
        wanted = Wanted(kind, question or {}, work, lambda _: given)
        return begin_job(self.made.app, self.scope(who), 1, wanted)

    def read(self, number, **scope):
        with scoped(self.made.app, self.scope(**scope)) as connection:
            return store.read_job(connection, 1, number)

    def wait(self, number, until=lambda job: not job.going, most_s=60, **scope):
        end = time.monotonic() + most_s
        while not until(job := self.read(number, **scope)):
            assert time.monotonic() < end, job
            time.sleep(0.05)
        return job

    def stop(self, number, **scope):
        with scoped(self.made.app, self.scope(**scope)) as connection:
            store.ask_to_stop(connection, 1, number)


def test_work_runs_beside_and_its_answer_stays(desk):
    job = desk.wait(desk.begin(long_work.add, 2, 3))
    assert (job.state, job.answer, job.error) == ("done", {"sum": 5}, "")
    assert job.running_s > 0


def test_what_it_is_given_is_read_in_the_scope_of_whoever_asks(desk):
    def read(connection):
        return connection.scalar(text("SELECT count(*) FROM cells")), 0

    wanted = Wanted("test", {}, long_work.add, read)
    some = {"cell_ids": ("nw",), "community_codes": ()}
    answers = [
        desk.wait(begin_job(desk.made.app, desk.scope(**limits), 1, wanted), **limits).answer
        for limits in ({}, some)
    ]
    assert answers == [{"sum": 4}, {"sum": 1}]


def test_a_job_tells_its_stage_and_stops_when_it_is_told_to(desk, tmp_path):
    mark = tmp_path / "alive"
    number = desk.begin(long_work.last_forever, mark)
    running = desk.wait(number, lambda job: job.stage == "lasting" and job.done > 0)
    assert 0 < running.share < 1
    desk.stop(number)
    job = desk.wait(number)
    assert (job.state, job.error, job.answer) == ("stopped", "", None)
    mark.unlink()
    time.sleep(0.3)
    assert not mark.exists()


def test_work_that_never_looks_up_is_ended_too(desk):
    number = desk.begin(long_work.never_look_up)
    desk.wait(number, lambda job: job.stage == "deaf")
    desk.stop(number)
    assert desk.wait(number, most_s=15).state == "stopped"


def test_a_second_job_waits_for_the_first_and_can_be_stopped_while_it_waits(desk, tmp_path):
    first = desk.begin(long_work.last_forever, tmp_path / "alive")
    desk.wait(first, lambda job: job.stage == "lasting")
    second = desk.begin(long_work.add, 1, 1, question={"second": True})
    assert desk.read(second).state == "waiting"
    desk.stop(second)
    assert desk.wait(second).state == "stopped"
    third = desk.begin(long_work.add, 1, 1, question={"third": True})
    desk.stop(first)
    assert desk.wait(third).answer == {"sum": 2}


def test_the_same_question_is_not_worked_out_twice_until_the_district_changes(desk):
    first = desk.begin(long_work.add, 1, 1, question={"count": "5"})
    desk.wait(first)
    assert desk.begin(long_work.add, 1, 1, question={"count": "5"}) == first
    assert desk.begin(long_work.add, 1, 1, question={"count": "6"}) != first
    with desk.made.owner.begin() as connection:
        connection.execute(update(t.districts).values(version=t.districts.c.version + 1))
    assert desk.begin(long_work.add, 1, 1, question={"count": "5"}) != first


def test_a_stopped_question_may_be_asked_again(desk):
    first = desk.begin(long_work.never_look_up)
    desk.stop(first)
    desk.wait(first)
    again = desk.begin(long_work.add, 4, 4)
    assert again != first and desk.wait(again).answer == {"sum": 8}


@pytest.mark.parametrize(
    ("work", "error"),
    [
        (long_work.refuse, "Expected three sites; found none."),
        (long_work.break_down, "broken"),
        (long_work.vanish, "died"),
        (long_work.answer_nothing_plain, "broken"),
    ],
)
def test_work_that_fails_says_why_and_no_more(desk, work, error):
    job = desk.wait(desk.begin(work))
    assert (job.state, job.error, job.answer) == ("failed", error, None)


def test_reading_that_fails_ends_the_job(desk):
    def read(_):
        raise MissingLayerError("No cameras.")

    job = desk.wait(begin_job(desk.made.app, desk.scope(), 1, Wanted("t", {}, long_work.add, read)))
    assert (job.state, job.error) == ("failed", "No cameras.")


def test_nobody_reads_or_stops_the_job_of_another_nor_in_another_scope(desk, tmp_path):
    number = desk.begin(long_work.last_forever, tmp_path / "alive")
    others = ({"who": 1}, {"role": "planner"}, {"cell_ids": ("nw",), "community_codes": ()})
    for other in others:
        with pytest.raises(MissingLayerError):
            desk.read(number, **other)
        desk.stop(number, **other)
    assert desk.read(number).stop_asked is False
    desk.stop(number)
    desk.wait(number)
    with desk.made.app.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM jobs")) == 0


def test_a_job_cannot_be_asked_for_in_the_name_of_another(desk):
    order = text(
        "INSERT INTO jobs (district_id, owner, scope, kind, version) "
        "VALUES (1, :who, gridmap_scope(), 't', 1)"
    )
    with (
        scoped(desk.made.app, desk.scope()) as connection,
        pytest.raises(Exception, match="policy"),
    ):
        connection.execute(order, {"who": desk.users[1]})


def test_what_has_ended_is_never_written_again(desk):
    number = desk.begin(long_work.add, 1, 1)
    desk.wait(number)
    with scoped(desk.made.app, desk.scope()) as connection:
        assert store.write_job(connection, number, answer={"sum": 3}) is False
        assert store.read_job(connection, 1, number).answer == {"sum": 2}


def test_jobs_of_a_server_that_was_stopped_say_so(desk):
    with scoped(desk.made.app, desk.scope()) as connection:
        number = store.ask_job(connection, desk.scope(), 1, kind="t", question={}, version=1)
    with desk.made.owner.begin() as connection:
        connection.execute(text("UPDATE jobs SET beat_at = now() - interval '2 minutes'"))
    job = desk.read(number)
    assert (job.state, job.error) == ("stopped", "interrupted")


def test_an_account_has_three_jobs_at_once_and_old_ones_are_forgotten(desk):
    with scoped(desk.made.app, desk.scope()) as connection:
        for number in range(3):
            store.ask_job(connection, desk.scope(), 1, kind="t", question={"n": number}, version=1)
        with pytest.raises(InputError, match="at most 3 jobs at once; found 3"):
            store.ask_job(connection, desk.scope(), 1, kind="t", question={}, version=1)
    with scoped(desk.made.app, desk.scope(1)) as connection:
        store.ask_job(connection, desk.scope(1), 1, kind="t", question={}, version=1)
    with desk.made.owner.begin() as connection:
        connection.execute(
            text("UPDATE jobs SET state = 'done', ended_at = now() - interval '15 days'")
        )
    with scoped(desk.made.app, desk.scope()) as connection:
        store.ask_job(connection, desk.scope(), 1, kind="t", question={}, version=1)
        assert len(store.list_jobs(connection, 1)) == 1
