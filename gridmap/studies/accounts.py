"""Accounts from the command line: add, change the password, list."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from sqlalchemy.orm import Session

from gridmap.errors import InputError
from gridmap.store import accounts
from gridmap.store.accounts import Part
from gridmap.studies.database import owning


@dataclass(frozen=True)
class Place:
    """Part of a district as told on the command line; nothing else told means all of it."""

    district: str
    communities: Sequence[str] = ()
    cells: Sequence[str] = ()
    posts: Sequence[str] = ()


def add_user(
    username: str,
    role: str,
    place: Place | None = None,
    *,
    password: str | None = None,
    database: str | None = None,
) -> str | None:
    """Add a user who may see a place.

    Returns
    -------
    str or None
        The password if one was made; it is shown once and stored nowhere.

    Raises
    ------
    InputError
        If the name is taken, the district not loaded, or a role without accounts to keep is
        given no district.
    """
    if place is None and role != "admin":
        raise InputError(f"A {role} sees a district: name it with --district (code or name).")
    with owning(database) as engine, Session(engine) as session, session.begin():
        parts = _parts(session, place) if place else []
        return accounts.add_user(session, username, role, parts, password=password)[1]


def set_password(
    username: str, password: str | None = None, *, database: str | None = None
) -> str | None:
    """Give a user a new password, ending all sessions; it is returned if it was made."""
    with owning(database) as engine, Session(engine) as session, session.begin():
        return accounts.set_password(session, username, password)


def list_users(database: str | None = None) -> pd.DataFrame:
    """All accounts with role and scope."""
    with owning(database) as engine, engine.connect() as connection:
        return accounts.list_users(connection)


def _parts(session: Session, place: Place) -> list[Part]:
    number = accounts.find_district(session.connection(), place.district)
    limited = [
        *(Part(number, community_code=one) for one in place.communities),
        *(Part(number, cell_id=one) for one in place.cells),
        *(Part(number, post_id=one) for one in place.posts),
    ]
    return limited or [Part(number)]
