"""Raw fixes are dropped on time, partition by partition, and each drop leaves a proof.

The proof is an entry of the audit log, whose entries are chained by hashes: which day was dropped,
when, how many fixes of how many shifts it held. It holds no position and names nobody.
"""

import datetime as dt
from dataclasses import dataclass

from psycopg import sql
from sqlalchemy import Connection, Engine, delete, func, text

from gridmap.errors import InputError
from gridmap.store import tables as t
from gridmap.store.audit import add_entry
from gridmap.store.copying import open_cursor, partition_of
from gridmap.store.scope import Scope

FIXES_LIVE_DAYS, FIXES_LIVE_AT_MOST_DAYS = 14, 30
"""Days [d] that raw positions are kept, and at most (PRIVACY.md 3)."""
ACTION = "retention"
_PARTITIONS = text(
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
    "WHERE i.inhparent = 'fixes'::regclass AND c.relname < :first ORDER BY c.relname"
)


@dataclass(frozen=True)
class Dropped:
    """A day of raw fixes that is gone: the partition, its fixes and the shifts they were of."""

    partition: str
    fixes: int
    shifts: int


def drop_fixes(connection: Connection, before: dt.date) -> list[Dropped]:
    """Drop the raw fixes of all days before one, and what was worked out for single units.

    Presence per cell and quarter of an hour stays.

    Parameters
    ----------
    connection : Connection
        Of the owner; all or nothing with its transaction.
    before : date
        The first day (UTC) that is kept.

    Returns
    -------
    list of Dropped
        By day; each has an entry in the audit log.
    """
    found = [
        _drop(connection, name)
        for name in connection.scalars(_PARTITIONS, {"first": partition_of(before)}).all()
    ]
    for table in (t.presence_due, t.fix_refusals):
        connection.execute(delete(table).where(table.c.day < before))
    # Days of units are local: east of Greenwich one begins on the UTC day before.
    connection.execute(delete(t.unit_days).where(t.unit_days.c.day <= before))
    old = dt.datetime.combine(before, dt.time(), dt.UTC)
    connection.execute(delete(t.fix_batches).where(t.fix_batches.c.entered_at < old))
    connection.execute(delete(t.last_positions).where(t.last_positions.c.until < func.now()))
    return found


def retain(
    engine: Engine, days: int = FIXES_LIVE_DAYS, today: dt.date | None = None
) -> list[Dropped]:
    """Drop raw fixes older than some days.

    Raises
    ------
    InputError
        If they would be kept longer than allowed.
    """
    if not 1 <= days <= FIXES_LIVE_AT_MOST_DAYS:
        raise InputError(
            f"Raw positions live 1 to {FIXES_LIVE_AT_MOST_DAYS} days, {FIXES_LIVE_DAYS} unless "
            f"said otherwise; found {days}."
        )
    first = (today or dt.datetime.now(dt.UTC).date()) - dt.timedelta(days=days)
    with engine.begin() as connection:
        return drop_fixes(connection, first)


def _drop(connection: Connection, name: str) -> Dropped:
    cursor, table = open_cursor(connection), sql.Identifier(name)
    # What is counted is what is dropped: nobody adds a fix in between.
    cursor.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(table))
    cursor.execute(
        sql.SQL("SELECT count(*), count(DISTINCT (district_id, shift_id)) FROM {}").format(table)
    )
    fixes, shifts = cursor.fetchone() or (0, 0)
    cursor.execute(sql.SQL("DROP TABLE {}").format(table))
    add_entry(
        connection, Scope(None, "admin"), ACTION, layer="fixes",
        partition=name, fixes=fixes, shifts=shifts,
    )  # fmt: skip
    return Dropped(name, fixes, shifts)
