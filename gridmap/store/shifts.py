"""Shifts that workers open, rest and close; what was kept of them; devices that report for a unit.

A shift ends by itself: its end is written when it opens, and closing only brings it forward. So a
phone that dies leaves no shift open for ever, and no job has to look for it.
"""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, func, insert, select, text, update

from gridmap.errors import InputError
from gridmap.store import tables as t
from gridmap.store.reads import read_frame

LONGEST_SHIFT_H = 12
"""A shift that nobody closes ends after this many hours [h]; the database allows 16."""
GOING = ("open", "paused")
"""States of a shift that goes on."""
MODES = ("foot", "bike", "car")
TOKEN_LETTERS = 32
LONGEST_DISPUTE = 1000
_FUTURE = "tstzmultirange(tstzrange(now(), NULL))"


@dataclass(frozen=True)
class OwnShift:
    """A shift as its worker sees it; ``state`` is open, paused, closed or ended (by the rule)."""

    shift_id: str
    unit_id: str
    mode: str
    start: dt.datetime
    end: dt.datetime
    state: str
    phone: str
    fixes: int
    last_fix: dt.datetime | None


def open_shift(connection: Connection, district_id: int, user_id: int, mode: str = "foot") -> str:
    """Open a shift now; its identifier is made anew and says nothing about who opened it.

    Raises
    ------
    InputError
        If the worker has an open shift, or the way to move is unknown.
    """
    if mode not in MODES:
        raise InputError(f"Expected a way to move of {', '.join(MODES)}; found '{mode[:20]}'.")
    if find_open(connection, district_id) is not None:
        raise InputError("A shift is open already. Close it before opening another.")
    shift_id = secrets.token_hex(8)
    connection.execute(
        insert(t.shifts)
        .inline()
        .values(
            district_id=district_id,
            shift_id=shift_id,
            unit_id=func.gridmap_own_unit(district_id),
            start=func.now(),
            end=text(f"now() + interval '{LONGEST_SHIFT_H} hours'"),
            mode=mode,
            user_id=user_id,
            entered_at=func.now(),
        )
    )
    return shift_id


def pause_shift(connection: Connection, district_id: int) -> None:
    """Rest: from now on nothing is kept, until the shift is taken up again."""
    s = t.shifts.c
    _change(
        connection,
        district_id,
        "open",
        pauses=s.pauses + text('tstzmultirange(tstzrange(now(), "end"))'),
    )


def resume_shift(connection: Connection, district_id: int) -> None:
    """Take the shift up again."""
    s = t.shifts.c
    _change(connection, district_id, "paused", pauses=s.pauses - text(_FUTURE))


def close_shift(connection: Connection, district_id: int) -> None:
    """Close the open shift now."""
    s = t.shifts.c
    _change(
        connection, district_id, "", end=func.now(), closed_at=func.now(),
        pauses=s.pauses - text(_FUTURE),
    )  # fmt: skip


def take_over(connection: Connection, district_id: int) -> None:
    """Let the next phone that reports be the one whose fixes count."""
    _change(connection, district_id, "", phone=None)


def find_open(connection: Connection, district_id: int) -> OwnShift | None:
    """Find the worker's shift that is open or rests."""
    found = [one for one in list_shifts(connection, district_id, 1) if one.state in GOING]
    return found[0] if found else None


def list_shifts(connection: Connection, district_id: int, most: int = 20) -> list[OwnShift]:
    """Own shifts of the worker in scope, the latest first."""
    rows = connection.execute(
        text("""
            SELECT s.shift_id, s.unit_id, coalesce(s.mode, 'foot') AS mode, s.start, s."end",
              CASE WHEN s.closed_at IS NOT NULL THEN 'closed' WHEN s."end" <= now() THEN 'ended'
                WHEN s.pauses @> now() THEN 'paused' ELSE 'open' END AS state,
              coalesce(s.phone, '') AS phone, f.fixes, f.last_fix
            FROM shifts s, LATERAL (
              SELECT count(*) AS fixes, max(f.time) AS last_fix FROM fixes f
              WHERE f.district_id = s.district_id AND f.shift_id = s.shift_id
                AND f.day BETWEEN (s.start AT TIME ZONE 'UTC')::date
                              AND (s."end" AT TIME ZONE 'UTC')::date) f
            WHERE s.district_id = :district AND s.entered_at IS NOT NULL
              AND s.user_id = (gridmap_scope() ->> 'user_id')::integer
            ORDER BY s.start DESC, s.gid DESC LIMIT :most"""),
        {"district": district_id, "most": most},
    )
    return [OwnShift(**row._mapping) for row in rows]


def read_track(connection: Connection, district_id: int, shift_id: str) -> pd.DataFrame:
    """Read what is kept of an own shift, by time: time, lon_deg, lat_deg, accuracy_m."""
    f = t.fixes.c
    return read_frame(
        connection,
        select(
            f.time,
            func.ST_X(f.geometry).label("lon_deg"),
            func.ST_Y(f.geometry).label("lat_deg"),
            f.accuracy_m,
        )
        .where(f.district_id == district_id, f.shift_id == shift_id)
        .order_by(f.time),
    )


def dispute(
    connection: Connection, district_id: int, user_id: int, shift_id: str, words: str
) -> None:
    """Say something against what was recorded of an own shift; the liaison reads it.

    Raises
    ------
    InputError
        If nothing is said, or the shift is not the worker's.
    """
    if not words or len(words) > LONGEST_DISPUTE:
        raise InputError(f"Expected a text of 1 to {LONGEST_DISPUTE} letters; found {len(words)}.")
    if shift_id not in {one.shift_id for one in list_shifts(connection, district_id, 200)}:
        raise InputError("This shift is not among your own. Choose one of the list.")
    connection.execute(
        insert(t.shift_disputes)
        .inline()
        .values(district_id=district_id, user_id=user_id, shift_id=shift_id, text=words)
    )


def list_disputes(connection: Connection, district_id: int) -> pd.DataFrame:
    """Disputes in scope, the latest first: shift_id, text, entered_at."""
    d = t.shift_disputes.c
    return read_frame(
        connection,
        select(d.id, d.shift_id, d.text, d.entered_at)
        .where(d.district_id == district_id)
        .order_by(d.id.desc()),
    )


def issue_device(
    connection: Connection, district_id: int, user_id: int, unit_id: str, label: str = ""
) -> str:
    """Issue a token to a device of a unit; it is told once and kept as a hash.

    Raises
    ------
    InputError
        If no unit is named.
    """
    if not unit_id or len(unit_id) > 80:
        raise InputError("Expected the name of a unit (a post), of 1 to 80 letters.")
    token = secrets.token_urlsafe(TOKEN_LETTERS * 3 // 4)
    connection.execute(
        insert(t.devices)
        .inline()
        .values(
            district_id=district_id,
            unit_id=unit_id,
            label=label[:80],
            token_hash=hash_token(token),
            issued_by=user_id,
        )
    )
    return token


def revoke_device(connection: Connection, district_id: int, number: int) -> None:
    """Take a token back at once.

    Raises
    ------
    InputError
        If there is no such token in force.
    """
    d = t.devices.c
    done = connection.execute(
        update(t.devices)
        .where(d.district_id == district_id, d.id == number, d.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )
    if not done.rowcount:
        raise InputError(f"There is no token {number} in force. Reload the list.")


def list_devices(connection: Connection, district_id: int) -> pd.DataFrame:
    """Devices of a district: id, unit_id, label, issued_at, revoked_at; never the token."""
    d = t.devices.c
    return read_frame(
        connection,
        select(d.id, d.unit_id, d.label, d.issued_at, d.revoked_at)
        .where(d.district_id == district_id)
        .order_by(d.revoked_at.isnot(None), d.unit_id, d.id),
    )


def list_units(connection: Connection, district_id: int) -> list[str]:
    """Units that may have a device: the posts in scope."""
    p = t.posts.c
    query = select(p.post_id).where(p.district_id == district_id).order_by(p.post_id)
    return list(connection.scalars(query))


def hash_token(token: str) -> str:
    """Hash of a token; tokens are random and long, so a plain hash cannot be turned around.

    Examples
    --------
    >>> len(hash_token("t"))
    64
    """
    return hashlib.sha256(token.encode()).hexdigest()


def _change(connection: Connection, district_id: int, state: str, **values: Any) -> None:
    now = find_open(connection, district_id)
    if now is None or (state and now.state != state):
        raise InputError(
            "The shift is not open any more, or was changed meanwhile. Reload the page."
        )
    s = t.shifts.c
    connection.execute(
        update(t.shifts)
        .where(s.district_id == district_id, s.shift_id == now.shift_id)
        .values(**values)
    )
