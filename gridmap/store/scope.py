"""Who may see what: row-level security, set for one transaction.

The scope travels as one JSON setting, ``app.scope``, that ends with its transaction. Policies in
the database read it (migration 0003): no scope, no rows; a malformed scope is an error; a worker
without cells or communities sees no cell.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, Engine, text

from gridmap.errors import ScopeError

ROLES = ("worker", "planner", "liaison", "admin")
"""Roles of users, from the narrowest view to the keeper of accounts."""
_SET = text("SELECT set_config('app.scope', :scope, true)")


@dataclass(frozen=True)
class Scope:
    """What one user may see.

    Attributes
    ----------
    user_id : int or None
        The user; None for the command line.
    role : str
        One of :data:`ROLES`.
    district_ids : tuple of int
        Districts the user may open.
    community_codes, cell_ids : tuple of str, optional
        Limits inside these districts: rows of any of these communities **or** cells. None for
        both means the whole district (never for a worker).

    Examples
    --------
    >>> Scope(7, "worker", (1,), cell_ids=("nw",)).is_whole
    False
    >>> Scope(7, "king", (1,))
    Traceback (most recent call last):
        ...
    gridmap.errors.ScopeError: Unknown role 'king'; expected one of worker, planner, liaison, admin.
    """

    user_id: int | None
    role: str
    district_ids: tuple[int, ...] = ()
    community_codes: tuple[str, ...] | None = None
    cell_ids: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise ScopeError(f"Unknown role '{self.role}'; expected one of {', '.join(ROLES)}.")

    @property
    def is_whole(self) -> bool:
        """Whether whole districts are in scope."""
        unlimited = self.community_codes is None and self.cell_ids is None
        return unlimited and self.role != "worker"

    @property
    def key(self) -> str:
        """Short hash of all but the user: equal for users who see the same rows.

        Examples
        --------
        >>> Scope(1, "planner", (1,)).key == Scope(2, "planner", (1,)).key
        True
        """
        seen = {name: value for name, value in asdict(self).items() if name != "user_id"}
        return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()[:16]


@contextmanager
def scoped(engine: Engine, scope: Scope) -> Iterator[Connection]:
    """One transaction in which only rows of the scope are seen.

    Parameters
    ----------
    engine : Engine
        From :func:`gridmap.store.engines.open_engine`; its sessions run as ``gridmap_app``.
    scope : Scope
        What the user may see.

    Yields
    ------
    Connection
        Commits on success, rolls back on error; the scope ends with it.
    """
    with engine.begin() as connection:
        connection.execute(_SET, {"scope": json.dumps(asdict(scope))})
        yield connection


def set_sign_in(connection: Connection) -> None:
    """Let this transaction look accounts up (to sign a user in) and nothing else."""
    connection.execute(_SET, {"scope": json.dumps({"role": "sign_in"})})
