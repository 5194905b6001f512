"""Long work as it is kept: what was asked, how far it is, and its answer.

All functions run on a connection in the scope of whoever asked: nobody else has rows here.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from gridmap.errors import InputError, MissingLayerError
from gridmap.store import tables as t
from gridmap.store.scope import Scope

WAITING, RUNNING, DONE, STOPPED, FAILED = "waiting", "running", "done", "stopped", "failed"
GOING = (WAITING, RUNNING)
"""States of a job that has not ended."""
KEPT_DAYS = 14
"""Days [d] that an ended job is kept."""
SILENT_S = 45
"""Seconds [s] without a sign of its server after which a job counts as interrupted."""
MOST_AT_ONCE = 3
"""Jobs of one account that wait or run at once."""
INTERRUPTED, DIED, BROKEN = "interrupted", "died", "broken"
"""Errors that are no message: the server was stopped, the work was killed, or is at fault."""
_LONGEST_TEXT = 600


@dataclass(frozen=True)
class Job:
    """A job as it is kept.

    Attributes
    ----------
    id, district_id : int
        Its number, and its district.
    kind : str
        What kind of work.
    question : dict
        What was asked, as the address has it.
    version : int
        Version of the district that it is about.
    state : str
        ``waiting``, ``running``, ``done``, ``stopped`` or ``failed``.
    stage : str
        What it is doing.
    done, total : int
        Steps of the stage; total is 0 where it is not known.
    answer : any
        Plain values; None before it is done.
    error : str
        Why it failed: a message, or one of :data:`INTERRUPTED`, :data:`DIED`, :data:`BROKEN`.
    stop_asked : bool
        Whether it was told to stop.
    running_s : float
        Seconds [s] since it began, until it ended.
    """

    id: int
    district_id: int
    kind: str
    question: dict[str, Any]
    version: int
    state: str
    stage: str
    done: int
    total: int
    answer: Any
    error: str
    stop_asked: bool
    running_s: float = 0.0

    @property
    def going(self) -> bool:
        """Whether it waits or runs."""
        return self.state in GOING

    @property
    def share(self) -> float | None:
        """Share of the stage that is done [0-1]; None where it is not known."""
        return min(1.0, self.done / self.total) if self.total > 0 else None


def ask_job(
    connection: Connection,
    scope: Scope,
    district_id: int,
    *,
    kind: str,
    question: Mapping[str, Any],
    version: int,
) -> int:
    """Enter a job that waits; returns its number. Old ones of the same account are forgotten.

    Raises
    ------
    InputError
        If the account has :data:`MOST_AT_ONCE` jobs that have not ended.
    """
    j = t.jobs.c
    old = j.ended_at < func.now() - dt.timedelta(days=KEPT_DAYS)
    connection.execute(delete(t.jobs).where(old))
    _end_silent(connection)
    going = connection.scalar(select(func.count()).where(j.state.in_(GOING))) or 0
    if going >= MOST_AT_ONCE:
        raise InputError(
            f"Expected at most {MOST_AT_ONCE} jobs at once; found {going} of yours that have not "
            "ended. Wait for one, or stop it."
        )
    row = insert(t.jobs).values(
        district_id=district_id,
        owner=scope.user_id,
        scope=func.gridmap_scope(),
        kind=kind,
        question=dict(question),
        version=version,
    )
    return int(connection.execute(row.returning(j.id)).scalar_one())


def read_job(connection: Connection, district_id: int, job_id: int) -> Job:
    """One job.

    Raises
    ------
    MissingLayerError
        If there is no such job in scope.
    """
    found = _read(connection, t.jobs.c.district_id == district_id, t.jobs.c.id == job_id)
    if found is None:
        raise MissingLayerError(
            f"There is no job {job_id} of yours in this district: it was asked for by somebody "
            "else, in another scope, or is forgotten. Ask again."
        )
    return found


def find_job(
    connection: Connection, district_id: int, kind: str, question: Mapping[str, Any], version: int
) -> Job | None:
    """Job that was asked for last with this question about this version of the district."""
    j = t.jobs.c
    return _read(
        connection,
        j.district_id == district_id,
        j.kind == kind,
        j.question == dict(question),
        j.version == version,
    )


def list_jobs(connection: Connection, district_id: int) -> list[Job]:
    """Jobs of the reader in a district, the newest first."""
    _end_silent(connection)
    query = _select().where(t.jobs.c.district_id == district_id)
    rows = connection.execute(query.order_by(t.jobs.c.id.desc()).limit(100))
    return [_job(row) for row in rows]


def ask_to_stop(connection: Connection, district_id: int, job_id: int) -> None:
    """Tell a job to stop; one that has ended stays as it is."""
    j = t.jobs.c
    mine = (j.district_id == district_id, j.id == job_id, j.state.in_(GOING))
    connection.execute(update(t.jobs).where(*mine).values(stop_asked=True))


def write_job(connection: Connection, job_id: int, **changed: Any) -> bool:
    """Write how far a job is, with a sign of life; returns whether it is to go on.

    Parameters
    ----------
    connection : Connection
    job_id : int
    **changed
        Any of ``state``, ``stage``, ``done``, ``total``, ``answer`` and ``error``.

    Notes
    -----
    A job that has ended, is forgotten or whose district is gone is not written, and is not to
    go on.
    """
    j = t.jobs.c
    state = changed.get("state")
    if state == RUNNING:
        changed["begun_at"] = func.clock_timestamp()
    elif state is not None:
        changed["ended_at"] = func.clock_timestamp()
    for name in ("stage", "error"):
        if name in changed:
            changed[name] = str(changed[name])[:_LONGEST_TEXT]
    row = (
        update(t.jobs)
        .where(j.id == job_id, j.state.in_(GOING))
        .values(beat_at=func.clock_timestamp(), **changed)
        .returning(j.stop_asked)
    )
    told = connection.execute(row).scalar_one_or_none()
    return told is False


def _select() -> Any:
    j = t.jobs.c
    names = [j[name] for name in list(Job.__dataclass_fields__)[:-1]]
    end = func.coalesce(j.ended_at, func.clock_timestamp())
    running = func.coalesce(func.extract("epoch", end - j.begun_at), 0.0)
    return select(*names, running.label("running_s"))


def _read(connection: Connection, *which: Any) -> Job | None:
    _end_silent(connection)
    query = _select().where(*which).order_by(t.jobs.c.id.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _job(row)


def _job(row: Any) -> Job:
    told: dict[str, Any] = row._asdict()
    return Job(**{**told, "running_s": float(told["running_s"])})


def _end_silent(connection: Connection) -> None:
    """End jobs whose server has given no sign for long: it was stopped, and they with it."""
    j = t.jobs.c
    silent = j.beat_at < func.clock_timestamp() - dt.timedelta(seconds=SILENT_S)
    connection.execute(
        update(t.jobs)
        .where(j.state.in_(GOING), silent)
        .values(state=STOPPED, error=INTERRUPTED, ended_at=func.clock_timestamp())
    )
