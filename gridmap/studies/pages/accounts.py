"""Accounts, sign-ins and the audit log, as their pages show them."""

import uuid
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from gridmap.errors import InputError
from gridmap.store import accounts, audit, reads
from gridmap.store.scope import Scope, scoped
from gridmap.studies.pages.listing import Listing, Order, plain_rows

LIMITS = ("", "community", "cell", "post")
"""What a scope may be limited to inside its district; empty is the whole of it."""
_SESSION_ENDS = ("sign_out_everywhere", "change_password")
_READ_BACK = 2_000
"""Entries of the log that are searched for the sign-ins of one account."""


def list_accounts(connection: Connection) -> list[dict[str, Any]]:
    """All accounts, for an admin."""
    return plain_rows(accounts.list_users(connection))


def parts_of(district_id: int | None, kind: str, limits: str) -> list[accounts.Part]:
    """Parts of a district, as a form names them.

    Parameters
    ----------
    district_id : int, optional
        The district; without it there are no parts.
    kind : str
        One of :data:`LIMITS`.
    limits : str
        Codes, separated by spaces or commas.

    Raises
    ------
    InputError
        If limits are asked for and no code is given, or the kind is unknown.

    Examples
    --------
    >>> [part.cell_id for part in parts_of(1, "cell", "nw, ne")]
    ['nw', 'ne']
    >>> parts_of(None, "", "")
    []
    """
    if kind not in LIMITS:
        raise InputError(f"Unknown limit '{kind}'; expected community, cell, post or none.")
    if district_id is None:
        return []
    if not kind:
        return [accounts.Part(district_id)]
    codes = limits.replace(",", " ").split()
    if not codes:
        raise InputError(f"Name at least one {kind} by its code, or choose the whole district.")
    column = {"community": "community_code", "cell": "cell_id", "post": "post_id"}[kind]
    return [accounts.Part(district_id, **{column: code}) for code in codes]


def add_account(
    connection: Connection, scope: Scope, username: str, role: str, parts: list[accounts.Part]
) -> str:
    """Add an account with a password made for it; the change and its audit entry go together.

    Returns
    -------
    str
        The password; it is stored nowhere and must be shown now.
    """
    with Session(bind=connection) as session:
        _, made = accounts.add_user(session, username, role, parts)
        session.flush()
        audit.add_entry(connection, scope, "add_user", username=username, user_role=role)
    return made or ""


def renew_password(connection: Connection, scope: Scope, username: str) -> str:
    """Give an account a new password made for it and end its sessions."""
    with Session(bind=connection) as session:
        made = accounts.set_password(session, username)
        audit.add_entry(connection, scope, "set_password", username=username)
    return made or ""


def change_account(
    connection: Connection,
    scope: Scope,
    username: str,
    *,
    active: bool | None = None,
    role: str | None = None,
    parts: list[accounts.Part] | None = None,
) -> None:
    """Open or close an account, or give it another role and scope.

    Raises
    ------
    InputError
        If an admin would close or demote the own account, or a worker would see a whole district.
    """
    with Session(bind=connection) as session:
        user = accounts.find_user(session, username)
        if user.id == scope.user_id:
            raise InputError(
                "Nobody closes or demotes the own account. Ask another administrator to do it."
            )
        if active is not None:
            accounts.set_active(session, username, active)
        if role is not None:
            _set_role(session, user, role)
            accounts.set_parts(session, username, parts or [])
        session.flush()
        audit.add_entry(
            connection, scope, "change_user", username=username, active=active, user_role=role
        )


def end_sessions(session: Session, username: str) -> None:
    """End all sessions of an account by changing the mark they carry."""
    accounts.find_user(session, username).fs_uniquifier = uuid.uuid4().hex
    session.flush()


def list_sign_ins(engine: Engine, user_id: int | None) -> list[dict[str, Any]]:
    """Sign-ins of one account since all its sessions were last ended, latest first.

    The log is for admins; here it is read on behalf of the account it tells of, and nothing but
    that account's entries leaves this function.
    """
    with scoped(engine, Scope(user_id, "admin", ())) as connection:
        log = reads.read_audit(connection, limit=_READ_BACK)
    own = log[log["user_id"] == user_id]
    ends = own[own["action"].isin(_SESSION_ENDS)]["id"].max()
    since = own if pd.isna(ends) else own[own["id"] > ends]
    rows = plain_rows(since[since["action"] == "sign_in"])
    return [{"at": row["at"], **_place_of(row["detail"])} for row in rows]


def audit_page(connection: Connection, order: Order) -> dict[str, Any]:
    """Newest entries of the log, and whether it is whole.

    Returns
    -------
    dict
        ``intact`` and ``rows`` (a Listing).
    """
    seal = audit.verify(connection)
    page = min(max(1, order.page), max(1, -(-seal.entries // order.size)))
    entries = reads.read_audit(connection, order.size, (page - 1) * order.size)
    people = accounts.list_users(connection)
    names = dict(zip(people["id"], people["username"], strict=True))
    rows = plain_rows(entries.assign(username=entries["user_id"].map(names)))
    return {"intact": seal.is_whole, "rows": Listing(rows, seal.entries, page, order.size)}


def _set_role(session: Session, user: accounts.User, role: str) -> None:
    found = session.scalar(select(accounts.Role).where(accounts.Role.name == role))
    if found is None:
        raise InputError(f"Unknown role '{role}'; expected worker, planner, liaison or admin.")
    user.roles = [found]
    session.flush()


def _place_of(detail: dict[str, Any] | None) -> dict[str, Any]:
    told = detail or {}
    return {"agent": told.get("agent"), "address": told.get("address")}
