"""The audit log: every read of a restricted layer, append-only, each entry sealed by the next.

The database gives each entry its number, its time and a SHA-256 over its content and the hash of
the entry before (migration 0004). Nobody who works through gridmap can change or remove one.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, text

from gridmap.store import tables as t
from gridmap.store.scope import Scope, scoped

RESTRICTED = (
    "cameras", "views", "blind_spots", "presence", "fixes", "shifts", "last_positions",
)  # fmt: skip
"""Layers of which every read is recorded."""
_BROKEN = text("""
    SELECT id FROM (
      SELECT id, previous, hash, gridmap_audit_hash(a) AS computed,
             lag(hash, 1, '\\x'::bytea) OVER (ORDER BY id) AS before,
             row_number() OVER (ORDER BY id) AS place
      FROM audit_log a) AS chain
    WHERE previous <> before OR hash <> computed OR id <> place
    ORDER BY id LIMIT 1
""")


@dataclass(frozen=True)
class Seal:
    """State of the log: entries, the hash of the last, and the first broken entry if any."""

    entries: int
    last_hash: str
    broken_id: int | None

    @property
    def is_whole(self) -> bool:
        """Whether no entry was changed, removed or slipped in."""
        return self.broken_id is None


def record(
    engine: Engine,
    scope: Scope,
    action: str,
    *,
    district_id: int | None = None,
    layer: str | None = None,
    **detail: Any,
) -> None:
    """Add one entry in a transaction of its own, before the read it tells of.

    Parameters
    ----------
    engine : Engine
        Of the application.
    scope : Scope
        Whose read it is.
    action : str
        What is done: ``read``, ``export``, ``sign_in``, ``change_user`` …
    district_id, layer : optional
        What it concerns.
    **detail
        Plain values worth keeping (filters, counts); never a position.
    """
    with scoped(engine, scope) as connection:
        add_entry(connection, scope, action, district_id=district_id, layer=layer, **detail)


def add_entry(
    connection: Connection,
    scope: Scope,
    action: str,
    *,
    district_id: int | None = None,
    layer: str | None = None,
    **detail: Any,
) -> None:
    """Add one entry within a transaction, so that a change and its entry stand or fall together."""
    # inline: the entry may be written, yet not read back, by whom it tells of.
    connection.execute(
        insert(t.audit_log)
        .inline()
        .values(
            id=0,
            at=func.now(),
            user_id=scope.user_id,
            role=scope.role,
            action=action,
            district_id=district_id,
            layer=layer,
            detail=detail,
            previous=b"",
            hash=b"",
        )
    )


def verify(connection: Connection) -> Seal:
    """Check the whole chain; needs the scope of an admin, or the owner.

    Notes
    -----
    A log cut off at its end is still a whole chain: keep ``entries`` and ``last_hash`` elsewhere
    (print them, mail them) and compare.
    """
    a = t.audit_log.c
    entries = connection.execute(select(func.count()).select_from(t.audit_log)).scalar_one()
    last = connection.scalar(select(a.hash).order_by(a.id.desc()).limit(1))
    broken = connection.scalar(_BROKEN)
    return Seal(entries, last.hex() if last else "", broken)
