"""Forget raw positions on time: as a command, every night, and before every backup."""

import datetime as dt
import os
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.exc import OperationalError

from gridmap.errors import GridmapError, InputError
from gridmap.store.audit import record
from gridmap.store.retention import (
    FIXES_LIVE_AT_MOST_DAYS,
    FIXES_LIVE_DAYS,
    Dropped,
    retain,
)
from gridmap.store.scope import Scope
from gridmap.studies.database import owning
from gridmap.studies.refresh import refresh

REFRESH_EVERY_S = 60.0
_DUMP = b"PGDMP"


def forget(
    database: str | None = None, days: int = FIXES_LIVE_DAYS, backups: str | Path | None = None
) -> tuple[list[Dropped], list[str]]:
    """Drop raw fixes older than some days; each day dropped leaves a proof in the audit log.

    Parameters
    ----------
    database : str, optional
        Address; default ``GRIDMAP_DATABASE``, else the private database.
    days : int
        Days that raw fixes live [d].
    backups : path, optional
        Folder of backups: those so old that they would keep a raw fix longer than is allowed at
        most are removed. Files that are no backup of gridmap stay.

    Returns
    -------
    tuple
        What was dropped, and the names of the backups that were removed.
    """
    with owning(database) as engine:
        dropped = retain(engine, days)
        old = [] if backups is None else old_backups(Path(backups), days)
        for file in old:
            file.unlink()
            record(engine, Scope(None, "admin"), "retention", layer="backup", file=file.name)
    return dropped, [file.name for file in old]


def old_backups(
    folder: Path, days: int = FIXES_LIVE_DAYS, now_s: float | None = None
) -> list[Path]:
    """Find the backups of a folder that hold raw fixes past their longest time.

    Notes
    -----
    A backup holds fixes of up to ``days`` days; so it may itself live 30 − ``days`` days.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder of backups '{folder}'.")
    now_s = time.time() if now_s is None else now_s
    longest_s = (FIXES_LIVE_AT_MOST_DAYS - days) * 86_400
    return sorted(
        file
        for file in folder.iterdir()
        if file.is_file() and now_s - file.stat().st_mtime > longest_s and _is_backup(file)
    )


def _is_backup(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(len(_DUMP)) == _DUMP


def keep(
    database: str | None = None,
    every_s: float = REFRESH_EVERY_S,
    days: int = FIXES_LIVE_DAYS,
    tell: Callable[[str], None] = print,
    parent: int | None = None,
) -> None:
    """Keep presence up to date and forget raw fixes once a day, until stopped.

    Parameters
    ----------
    database : str, optional
        Address; default ``GRIDMAP_DATABASE``, else the private database.
    every_s : float
        Pause between two passes [s].
    days : int
        Days that raw fixes live [d].
    tell : callable
        Hears what goes wrong; the next pass tries again.
    parent : int, optional
        Process whose end ends this one.
    """
    last: dt.date | None = None
    while parent is None or os.getppid() == parent:
        today = dt.datetime.now(dt.UTC).date()
        try:
            with owning(database) as engine:
                refresh(engine)
                if last != today:
                    retain(engine, days)
                    last = today
        except (GridmapError, OperationalError) as error:
            tell(f"gridmap: upkeep waits for its next turn: {error}")
        _rest(every_s, parent)


def _rest(seconds: float, parent: int | None) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and (parent is None or os.getppid() == parent):
        time.sleep(min(1.0, seconds))
