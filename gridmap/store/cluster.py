"""The private database: PostgreSQL in the user's data folder, reached by a unix socket only.

No TCP. Everyone who connects gives a password; passwords are random and lie in one file that only
the owner may read. Peer authentication would tie every client to the system user of the server,
who is not the one at the keyboard where root starts it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psycopg
from psycopg import sql
from sqlalchemy import URL

from gridmap.errors import StoreError
from gridmap.store.engines import APP, OWNER
from gridmap.store.revisions import newest_revision
from gridmap.store.server import (
    PORT,
    SUPERUSER,
    Server,
    answers,
    conninfo,
    find_server,
    read_passwords,
    start,
    stop,
)

DATABASE = "gridmap"


@dataclass(frozen=True)
class Status:
    """State of the private server: running or not, where, and which PostgreSQL."""

    state: Literal["absent", "stopped", "running"]
    home: Path
    sockets: Path
    version: str


def up(home: Path | None = None) -> str:
    """Start the private server, make the database and bring it up to date; quick when it runs.

    Parameters
    ----------
    home : Path, optional
        Folder to keep it in; default as for :func:`find_server`.

    Returns
    -------
    str
        Address for the web application (with its password).

    Raises
    ------
    StoreError
        If PostgreSQL or PostGIS is missing, the folder is out of reach or the server fails.
    """
    server = find_server(home)
    start(server)
    make_database(server)
    with psycopg.connect(conninfo(server, OWNER, DATABASE)) as session:
        current = session.execute("SELECT to_regclass('alembic_version')").fetchone()
        version = (
            session.execute("SELECT version_num FROM alembic_version").fetchone()
            if current and current[0]
            else None
        )
    if not version or version[0] != newest_revision():
        from gridmap.store import upkeep

        upkeep.migrate(address(server, "superuser").render_as_string(hide_password=False))
    return address(server, APP).render_as_string(hide_password=False)


def down(home: Path | None = None) -> bool:
    """Stop the private server; whether there was one to stop."""
    return stop(find_server(home))


def status(home: Path | None = None) -> Status:
    """State of the private server."""
    server = find_server(home)
    if not (server.files / "PG_VERSION").exists():
        return Status("absent", server.home, server.sockets, "")
    version = (server.files / "PG_VERSION").read_text().strip()
    state: Literal["running", "stopped"] = "running" if answers(server) else "stopped"
    return Status(state, server.home, server.sockets, version)


def url_for(role: str, home: Path | None = None) -> URL:
    """Address of the private database for ``gridmap_app``, ``gridmap_owner`` or ``superuser``.

    Raises
    ------
    StoreError
        If there is no private database yet.
    """
    server = find_server(home)
    if not server.passwords.exists():
        raise StoreError(
            "No database is known. Start the private one with gridmap db up, or name one with "
            "--database or GRIDMAP_DATABASE."
        )
    return address(server, role)


def address(server: Server, role: str, database: str = DATABASE) -> URL:
    """Address of a database of a server, with the role's password."""
    login = SUPERUSER if role == "superuser" else role
    return URL.create(
        "postgresql+psycopg",
        username=login,
        password=read_passwords(server)[login],
        database=database,
        query={"host": str(server.sockets), "port": str(PORT)},
    )


def make_database(server: Server) -> None:
    """Make the login roles and the database where they are missing."""
    passwords = read_passwords(server)
    with psycopg.connect(conninfo(server, "superuser", "postgres"), autocommit=True) as session:
        known = {row[0] for row in session.execute("SELECT rolname FROM pg_roles")}
        for role in {OWNER, APP} - known:
            session.execute(
                sql.SQL(
                    "CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE "
                    "PASSWORD {}"
                ).format(sql.Identifier(role), sql.Literal(passwords[role]))
            )
        found = session.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE])
        if found.fetchone() is None:
            session.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER)
                )
            )
