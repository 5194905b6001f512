"""Engines: where the database is and as whom gridmap talks to it.

Every session takes one of two roles, whatever login the address names: ``gridmap_app`` reads
under row-level security (the web application), ``gridmap_owner`` loads and migrates.
"""

import os
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from gridmap.errors import StoreError
from gridmap.store.scope import set_sign_in

APP, OWNER = "gridmap_app", "gridmap_owner"
VARIABLE = "GRIDMAP_DATABASE"


def database_url(url: str | None = None, *, role: str = APP) -> URL:
    """Address of the database: the one given, else ``GRIDMAP_DATABASE``, else the private one.

    Raises
    ------
    StoreError
        If the address cannot be read, or no database is known.
    """
    given = url or os.environ.get(VARIABLE)
    if not given:
        from gridmap.store import cluster

        return cluster.url_for(role)
    try:
        return make_url(given).set(drivername="postgresql+psycopg")
    except ArgumentError:
        raise StoreError(
            f"Expected a database address such as postgresql://user@host/gridmap in --database or "
            f"{VARIABLE}; what was given cannot be read."
        ) from None


def is_private(url: str | None = None) -> bool:
    """Whether the private database is meant: no address is given, nor in the environment."""
    return not (url or os.environ.get(VARIABLE))


def open_engine(url: str | None = None, **options: Any) -> Engine:
    """Engine whose sessions run as ``gridmap_app``: no scope, no rows.

    Parameters
    ----------
    url : str, optional
        Address; default ``GRIDMAP_DATABASE``, else the private database.
    **options
        Passed to :func:`sqlalchemy.create_engine` (pool sizes).

    Raises
    ------
    StoreError
        On connecting, if the login may not take the role or would escape row-level security.
    """
    return _engine(database_url(url, role=APP), APP, options)


def open_owner_engine(url: str | None = None, **options: Any) -> Engine:
    """Engine whose sessions run as ``gridmap_owner``: for loading, accounts and upkeep."""
    return _engine(database_url(url, role=OWNER), OWNER, options)


def serve_sign_in(engine: Engine) -> Engine:
    """Engine prepared for accounts: every transaction may look users up and nothing else.

    For Flask-SQLAlchemy-Lite, whose engines are made from settings: call it once for each.
    """
    for name, listener in (("connect", _take_app), ("begin", set_sign_in)):
        if not event.contains(engine, name, listener):
            event.listen(engine, name, listener)
    return engine


def _engine(url: URL, role: str, options: dict[str, Any]) -> Engine:
    # A statement prepared once is planned for any tile, and that plan is twice as slow.
    options = {"connect_args": {"prepare_threshold": None}} | options
    engine = create_engine(url, pool_pre_ping=True, **options)
    event.listen(engine, "connect", _take_app if role == APP else _take_owner)
    return engine


def _take_app(session: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    _take_role(session, APP)


def _take_owner(session: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    _take_role(session, OWNER)


def _take_role(session: Any, role: str) -> None:
    """Take the role for good, and refuse it where it would escape row-level security."""
    import psycopg

    try:
        with session.cursor() as cursor:
            cursor.execute(f"SET ROLE {role}")
            cursor.execute(
                "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
            )
            escapes = cursor.fetchone()[0]
        session.commit()
    except psycopg.Error as error:
        session.rollback()
        raise StoreError(
            f"The database login cannot act as {role}: {str(error).strip()}. Run gridmap db "
            f"migrate with this address first, or grant it: GRANT {role} TO <login>."
        ) from error
    if escapes:
        raise StoreError(
            f"Role {role} escapes row-level security. Expected NOSUPERUSER NOBYPASSRLS; correct "
            f"it with: ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS."
        )
