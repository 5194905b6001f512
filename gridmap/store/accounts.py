"""Accounts: who may sign in, with which role, for which part of which district.

The models are those Flask-Security needs (``FSQLALiteUserDatastore(db, User, Role)``): users sign
in with ``username``; ``email`` may stay empty. So the application sets
``SECURITY_USER_IDENTITY_ATTRIBUTES`` to ``username`` and, because hashes here are plain argon2id,
``SECURITY_PASSWORD_HASH = "argon2"`` with ``SECURITY_PASSWORD_SINGLE_HASH = True``.

Reading accounts to sign a user in needs an engine prepared by
:func:`gridmap.store.engines.serve_sign_in`; changing them needs the scope of an admin
(``Session(bind=connection)`` inside ``scoped(engine, Scope(…, "admin"))``) or the owner engine.
"""

import datetime as dt
import re
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import argon2
import pandas as pd
from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import Connection, Text, cast, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, relationship

from gridmap.errors import InputError, ScopeError, name_ids
from gridmap.store import tables as t
from gridmap.store.scope import ROLES, Scope

PASSWORD_MIN_LENGTH = 10
_NAME = re.compile(r"[a-z0-9][\w.@-]{1,63}")
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Base(DeclarativeBase):
    """Base of the mapped classes; their tables are those of :mod:`gridmap.store.tables`."""

    metadata = t.metadata


class Role(Base, RoleMixin):
    """One of worker, planner, liaison and admin."""

    __table__ = t.roles

    id: Mapped[int]
    name: Mapped[str]
    description: Mapped[str | None]


class UserScope(Base):
    """Part of a district a user may see: all of it, or one community, cell or post."""

    __table__ = t.user_scopes

    id: Mapped[int]
    user_id: Mapped[int]
    district_id: Mapped[int]
    community_code: Mapped[str | None]
    cell_id: Mapped[str | None]
    post_id: Mapped[str | None]


class User(Base, UserMixin):
    """An account."""

    __table__ = t.users

    id: Mapped[int]
    username: Mapped[str]
    email: Mapped[str | None]
    password: Mapped[str | None]
    active: Mapped[bool]
    fs_uniquifier: Mapped[str]
    confirmed_at: Mapped[dt.datetime | None]
    language: Mapped[str | None]
    created_at: Mapped[dt.datetime]
    roles: Mapped[list[Role]] = relationship(Role, secondary=t.user_roles, lazy="selectin")
    scopes: Mapped[list[UserScope]] = relationship(
        UserScope, cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def role(self) -> str:
        """Name of the user's role."""
        return self.roles[0].name


@dataclass(frozen=True)
class Part:
    """Part of a district to give to a user; nothing but the district means all of it."""

    district_id: int
    community_code: str | None = None
    cell_id: str | None = None
    post_id: str | None = None


def make_password() -> str:
    """Random password that can be read aloud: four groups of four, 79 bits.

    Examples
    --------
    >>> len(make_password())
    19
    """
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def hash_password(password: str) -> str:
    """argon2id hash of a password.

    Raises
    ------
    InputError
        If the password is shorter than 10 characters.

    Examples
    --------
    >>> hash_password("correct horse battery").startswith("$argon2id$")
    True
    """
    if len(password) < PASSWORD_MIN_LENGTH:
        raise InputError(
            f"A password needs at least {PASSWORD_MIN_LENGTH} characters; found {len(password)}. "
            "Take a longer one, or leave it out to have one made."
        )
    return argon2.PasswordHasher().hash(password)


def add_user(
    session: Session,
    username: str,
    role: str,
    parts: Iterable[Part] = (),
    *,
    password: str | None = None,
) -> tuple[User, str | None]:
    """Add an account.

    Parameters
    ----------
    session : Session
        On the owner engine, or in the scope of an admin. The caller commits.
    username : str
        What the user signs in with; letters of any case are equal.
    role : str
        worker, planner, liaison or admin.
    parts : iterable of Part
        What the user may see. A worker needs at least one community, cell or post.
    password : str, optional
        Default: a random one.

    Returns
    -------
    user : User
    made : str or None
        The password if one was made; it is stored nowhere and must be shown now.

    Raises
    ------
    InputError
        If the name is taken or unusable, the role unknown, the password short or a worker would
        see a whole district.
    """
    name = _clean_name(username)
    given = list(parts)
    found = session.scalar(select(Role).where(Role.name == role))
    if found is None:
        raise InputError(f"Unknown role '{role}'; expected one of {', '.join(ROLES)}.")
    if session.scalar(select(User).where(User.username == name)) is not None:
        raise InputError(f"There is already a user '{name}'. Choose another name.")
    _check_parts(session, role, given)
    made = make_password() if password is None else None
    user = User(
        username=name,
        password=hash_password(password or made or ""),
        active=True,
        fs_uniquifier=uuid.uuid4().hex,
        confirmed_at=dt.datetime.now(dt.UTC),
        roles=[found],
        scopes=[UserScope(**vars(one)) for one in given],
    )
    session.add(user)
    session.flush()
    return user, made


def set_password(session: Session, username: str, password: str | None = None) -> str | None:
    """Give a user a new password and end all sessions; the password is returned if it was made."""
    user = find_user(session, username)
    made = make_password() if password is None else None
    user.password = hash_password(password or made or "")
    user.fs_uniquifier = uuid.uuid4().hex
    session.flush()
    return made


def set_active(session: Session, username: str, active: bool) -> None:
    """Open or close an account; closing ends all its sessions."""
    user = find_user(session, username)
    user.active = active
    user.fs_uniquifier = uuid.uuid4().hex
    session.flush()


def set_parts(session: Session, username: str, parts: Iterable[Part]) -> None:
    """Replace what a user may see."""
    user = find_user(session, username)
    given = list(parts)
    _check_parts(session, user.role, given)
    user.scopes = [UserScope(**vars(one)) for one in given]
    session.flush()


def find_user(session: Session, username: str) -> User:
    """User by name.

    Raises
    ------
    InputError
        If there is none.
    """
    user = session.scalar(select(User).where(User.username == username.strip().lower()))
    if user is None:
        known = name_ids(session.scalars(select(User.username).order_by(User.username)))
        raise InputError(f"There is no user '{username}'; there are: {known or 'none yet'}.")
    return user


def list_users(connection: Connection) -> pd.DataFrame:
    """All accounts: username, role, active, created_at and what each may see.

    Returns
    -------
    DataFrame
        Columns id, username, role, active, language, created_at, scopes (text).
    """
    rows = connection.execute(
        select(
            t.users.c.id,
            t.users.c.username,
            t.roles.c.name.label("role"),
            t.users.c.active,
            t.users.c.language,
            t.users.c.created_at,
        )
        .join(t.user_roles, t.user_roles.c.user_id == t.users.c.id)
        .join(t.roles, t.roles.c.id == t.user_roles.c.role_id)
        .order_by(t.users.c.username)
    )
    frame = pd.DataFrame(rows.fetchall(), columns=list(rows.keys()))
    told = _say_parts(connection)
    frame["scopes"] = [told.get(one, "") for one in frame["id"]]
    return frame


def scope_of(
    connection: Connection, user_id: int, district_id: int | None = None, on: dt.date | None = None
) -> Scope:
    """Read what a user may see.

    Parameters
    ----------
    connection : Connection
        Of an engine that may read accounts (sign-in or owner).
    user_id : int
    district_id : int, optional
        District about to be opened. Without it the scope lists the user's districts and shows no
        cell unless the user sees whole districts only.
    on : date, optional
        Day on which the duties of a worker's post hold; default today in the district.

    Raises
    ------
    ScopeError
        If there is no such active user, or the district is not the user's.
    """
    role = connection.scalar(
        select(t.roles.c.name)
        .join(t.user_roles, t.user_roles.c.role_id == t.roles.c.id)
        .join(t.users, t.users.c.id == t.user_roles.c.user_id)
        .where(t.users.c.id == user_id, t.users.c.active)
    )
    if role is None:
        raise ScopeError("This account does not exist or is closed.")
    parts = _parts(connection, user_id)
    own = tuple(sorted({one.district_id for one in parts}))
    if district_id is None:
        whole = all(_is_whole(one) for one in parts) and role != "worker"
        return Scope(user_id, role, own, *((None, None) if whole else ((), ())))
    if district_id not in own:
        raise ScopeError(f"District {district_id} is not among those of this account.")
    here = [one for one in parts if one.district_id == district_id]
    if role != "worker" and any(_is_whole(one) for one in here):
        return Scope(user_id, role, (district_id,))
    communities = {one.community_code for one in here if one.community_code}
    cells = {one.cell_id for one in here if one.cell_id}
    cells |= _post_cells(connection, user_id, district_id, on)
    return Scope(user_id, role, (district_id,), tuple(sorted(communities)), tuple(sorted(cells)))


def find_district(connection: Connection, key: str) -> int:
    """Look up the number of a district by its code, name or number.

    Raises
    ------
    InputError
        If no loaded district is called so; the message lists those there are.
    """
    known = connection.execute(select(t.districts.c.id, t.districts.c.key, t.districts.c.name))
    rows = [tuple(map(str, row)) for row in known]
    for row in rows:
        if key in row:
            return int(row[0])
    names = name_ids(f"{row[2]} ({row[1]})" for row in rows) or "none yet"
    raise InputError(f"No district '{key}' is loaded; there are: {names}. Load it: gridmap db load")


def _parts(connection: Connection, user_id: int) -> list[Part]:
    mine = select(
        t.user_scopes.c.district_id,
        t.user_scopes.c.community_code,
        t.user_scopes.c.cell_id,
        t.user_scopes.c.post_id,
    ).where(t.user_scopes.c.user_id == user_id)
    return [Part(*row) for row in connection.execute(mine)]


def _post_cells(
    connection: Connection, user_id: int, district_id: int, on: dt.date | None
) -> set[str]:
    # A function of the owner: accounts may be read while signing in, duties may not.
    found = select(func.gridmap_post_cells(user_id, district_id, on).column_valued("cell_id"))
    return set(connection.scalars(found))


def _is_whole(part: Part) -> bool:
    return not (part.community_code or part.cell_id or part.post_id)


def _say_parts(connection: Connection) -> dict[int, str]:
    """Say what each user may see: districts by name, each with the codes it is limited to."""
    s = t.user_scopes.c
    name = func.coalesce(t.districts.c.name, cast(s.district_id, Text))
    code = func.coalesce(s.community_code, s.cell_id, s.post_id)
    rows = connection.execute(
        select(s.user_id, name, code)
        .outerjoin_from(t.user_scopes, t.districts, t.districts.c.id == s.district_id)
        .order_by(s.id)
    )
    told: dict[int, dict[str, list[str]]] = {}
    for user_id, district, limit in rows:
        told.setdefault(user_id, {}).setdefault(district, []).extend([limit] if limit else [])
    return {
        user_id: "; ".join(": ".join(filter(None, (d, ", ".join(c)))) for d, c in parts.items())
        for user_id, parts in told.items()
    }


def _clean_name(username: str) -> str:
    name = username.strip().lower()
    if not _NAME.fullmatch(name):
        raise InputError(f"A user name has 2 to 64 letters, digits or . _ @ -; found '{username}'.")
    return name


def _check_parts(session: Session, role: str, parts: list[Part]) -> None:
    """Refuse what is not there, or lies outside the scope of whoever gives it."""
    if role == "worker" and any(_is_whole(one) for one in parts):
        raise InputError(
            "A worker sees own cells only: name a community, cells or the post for each district."
        )
    asked = {one.district_id for one in parts}
    known = set(session.scalars(select(t.districts.c.id).where(t.districts.c.id.in_(asked))))
    if asked - known:
        raise InputError(
            f"There is no district {name_ids(sorted(asked - known))} that you may give. Choose one "
            "of those you see."
        )
    if missing := [code for one in parts for code in _missing(session, one)]:
        raise InputError(
            f"The district has no community, cell or post {name_ids(missing)}. Correct the codes."
        )


def _missing(session: Session, part: Part) -> list[str]:
    """Codes of a part that its district does not have."""
    asked = (
        (part.community_code, t.communities.c.code, t.communities.c.district_id),
        (part.cell_id, t.cells.c.cell_id, t.cells.c.district_id),
        (part.post_id, t.posts.c.post_id, t.posts.c.district_id),
    )
    return [
        code
        for code, column, district in asked
        if code
        and session.scalar(select(column).where(district == part.district_id, column == code))
        is None
    ]
