"""Sessions that were ended. A signed cookie is good until it is old, so its end is remembered.

Both functions run on a connection for signing in (:func:`gridmap.store.engines.serve_sign_in`).
"""

import datetime as dt
import hashlib

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from gridmap.store import tables as t


def end_session(connection: Connection, session_id: str, kept: dt.timedelta) -> None:
    """Remember that a session has ended.

    Parameters
    ----------
    connection : Connection
    session_id : str
        Random name of the session; only its hash is stored.
    kept : timedelta
        How long a cookie may live: ends older than this are forgotten.
    """
    old = t.ended_sessions.c.ended_at < func.now() - kept
    connection.execute(delete(t.ended_sessions).where(old))
    ended = insert(t.ended_sessions).values(mark=_mark(session_id))
    connection.execute(ended.on_conflict_do_nothing())


def has_ended(connection: Connection, session_id: str) -> bool:
    """Whether a session was ended."""
    known = select(t.ended_sessions.c.mark).where(t.ended_sessions.c.mark == _mark(session_id))
    return connection.scalar(known) is not None


def _mark(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()
