"""Long work beside the request: begun by a page, told of its progress, stopped at will.

The work runs in a process of its own, so that it takes no turns from the threads that answer
requests and can be ended at any moment, even inside a solver. What it works on is read before, in
the scope of whoever asks; the process itself knows no database. A thread of the server
writes its progress into the table of jobs (:mod:`gridmap.store.jobs`) and looks whether it is to
stop; so any worker of the server can tell of it, and a reload of the page loses nothing.
"""

import atexit
import contextlib
import json
import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from gridmap.errors import GridmapError
from gridmap.progress import Progress
from gridmap.store import jobs as store
from gridmap.store.reads import read_district
from gridmap.store.scope import Scope, scoped

Work = Callable[..., Any]
"""A function of a module: ``work(*given, progress=...)`` returns plain values (JSON)."""
Read = Callable[[Connection], tuple[Any, ...]]
"""Reads what the work is given, on a connection in the scope of whoever asked."""
BEAT_S = 0.5
"""Progress is written, and the wish to stop looked for, at most once in this time [s]."""
_GRACE_S = 2.0
_PLACES = threading.BoundedSemaphore(1)
_PRELOADED = ["gridmap.plan.proof", "gridmap.district"]
_LOG = logging.getLogger(__name__)
_ended = threading.Event()


class Wanted(NamedTuple):
    """What a page wants to be worked out.

    Attributes
    ----------
    kind : str
        What kind of work; together with the question it tells jobs apart.
    question : mapping
        Plain values: the arguments of the page's address.
    work : callable
        A function of a module (a process of its own must find it): ``work(*given,
        progress=progress)`` returns plain values. It calls ``progress(stage, done, total)`` now
        and then; that raises InterruptedError once it is to stop.
    read : callable
        ``read(connection)`` returns the tuple ``given``; it runs in the scope, beside the request,
        and everything in the tuple can be pickled.
    """

    kind: str
    question: Mapping[str, Any]
    work: Work
    read: Read


@dataclass(frozen=True)
class _Asked:
    """A job in the hands of this server."""

    engine: Engine
    scope: Scope
    job_id: int
    wanted: Wanted

    def write(self, **changed: Any) -> bool:
        with scoped(self.engine, self.scope) as connection:
            return store.write_job(connection, self.job_id, **changed)


class _Stopped(Exception):  # noqa: N818  a wish, no error
    """The reader wants no answer any more, or the server ends."""


def begin_job(engine: Engine, scope: Scope, district_id: int, wanted: Wanted) -> int:
    """Ask for long work; what was asked before of the same district as it is now is not done twice.

    Parameters
    ----------
    engine : Engine
        From :func:`gridmap.store.engines.open_engine`; ``connection.engine`` of a page's own.
    scope : Scope
        Of whoever asks.
    district_id : int
    wanted : Wanted
        What is to be done.

    Returns
    -------
    int
        Number of the job: a new one, or the one that waits, runs or is done already.

    Raises
    ------
    InputError
        If the account has too many jobs that have not ended.
    """
    with scoped(engine, scope) as connection:
        version = int(read_district(connection, district_id)["version"])
        which: dict[str, Any] = {
            "kind": wanted.kind,
            "question": wanted.question,
            "version": version,
        }
        known = store.find_job(connection, district_id, **which)
        if known is not None and (known.going or known.state == store.DONE):
            return known.id
        number = store.ask_job(connection, scope, district_id, **which)
    asked = _Asked(engine, scope, number, wanted)
    threading.Thread(target=_follow, args=(asked,), name=f"job-{number}", daemon=True).start()
    return number


def _follow(asked: _Asked) -> None:
    """Wait for a place, read, let the work run, and write how it ends."""
    try:
        _wait_for_place(asked)
        try:
            answer = _run(asked)
        finally:
            _PLACES.release()
        asked.write(state=store.DONE, answer=answer)
    except _Stopped:
        why = store.INTERRUPTED if _ended.is_set() else ""
        _end(asked, store.STOPPED, why)
    except GridmapError as error:
        _end(asked, store.FAILED, str(error))
    except Exception:
        _LOG.exception("job %s failed", asked.job_id)
        _end(asked, store.FAILED, store.BROKEN)


def _end(asked: _Asked, state: str, why: str) -> None:
    # Without a database the job ends by its silence.
    with contextlib.suppress(SQLAlchemyError):
        asked.write(state=state, error=why)


def _wait_for_place(asked: _Asked) -> None:
    written = time.monotonic()
    while not _PLACES.acquire(timeout=BEAT_S):
        if _ended.is_set():
            raise _Stopped
        if time.monotonic() - written >= _GRACE_S:
            _go_on(asked)
            written = time.monotonic()


def _go_on(asked: _Asked, **changed: Any) -> None:
    if _ended.is_set() or not asked.write(**changed):
        raise _Stopped


def _run(asked: _Asked) -> Any:
    _go_on(asked, state=store.RUNNING, stage="reading")
    with scoped(asked.engine, asked.scope) as connection:
        given = asked.wanted.read(connection)
    _go_on(asked, stage="starting")
    here, there = _processes().Pipe()
    stop = _processes().Event()
    child = _processes().Process(
        target=_work_alone, args=(there, stop, asked.wanted.work, given), daemon=True
    )
    child.start()
    there.close()
    try:
        return _listen(asked, here)
    finally:
        stop.set()
        child.join(_GRACE_S)
        if child.is_alive():
            child.kill()
            child.join()
        here.close()


def _listen(asked: _Asked, pipe: Pipe) -> Any:
    """Hear the work until it ends; write the last word of each moment."""
    told: dict[str, Any] = {}
    written = time.monotonic()
    while True:
        heard = pipe.poll(max(0.0, written + BEAT_S - time.monotonic()))
        if heard:
            try:
                word, content = pipe.recv()
            except EOFError:
                raise GridmapError(store.DIED) from None
            if word == "done":
                return json.loads(content)
            if word == "failed":
                raise GridmapError(content)
            if word == "broken":
                _LOG.error("job %s failed: %s", asked.job_id, content)
                raise GridmapError(store.BROKEN)
            told = dict(zip(("stage", "done", "total"), content, strict=True))
        now = time.monotonic()
        if now - written >= BEAT_S:
            _go_on(asked, **told)
            told, written = {}, now


def _work_alone(pipe: Pipe, stop: Any, work: Work, given: tuple[Any, ...]) -> None:
    """Do the work in a process of its own, and tell through the pipe."""
    with contextlib.suppress(OSError):
        os.nice(5)
    try:
        answer = work(*given, progress=_teller(pipe, stop))
        pipe.send(("done", json.dumps(answer, allow_nan=False)))
    except InterruptedError:
        pass
    except GridmapError as error:
        pipe.send(("failed", str(error)))
    except Exception as error:  # the trace belongs to the log of the server
        import traceback

        pipe.send(("broken", "".join(traceback.format_exception(error))))
    finally:
        pipe.close()


def _teller(pipe: Pipe, stop: Any) -> Progress:
    last: tuple[str, float] = ("", 0.0)

    def tell(stage: str, done: int, total: int) -> None:
        nonlocal last
        if stop.is_set():
            raise InterruptedError("the job is to stop")
        now = time.monotonic()
        if stage != last[0] or now - last[1] >= BEAT_S:
            last = (stage, now)
            pipe.send(("progress", (stage, int(done), int(total))))

    return tell


def _processes() -> Any:
    """Begin processes from a clean one: a worker that has threads cannot be forked."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


@atexit.register
def _end_all() -> None:
    """Let the threads that follow jobs say that the server ends."""
    _ended.set()
    until = time.monotonic() + _GRACE_S
    for one in threading.enumerate():
        if one.name.startswith("job-"):
            one.join(max(0.0, until - time.monotonic()))
