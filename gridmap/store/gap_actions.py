"""What was done about gaps: a row for each action, never changed; the last one tells the state.

An action names the revision it saw. Its own is the next one, and no two rows of a gap share a
revision, so of two who act at once the second is told. Taking back is an action too: it restores
the state before the last action that still holds. All functions run in the scope of a liaison.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.exc import IntegrityError

from gridmap.errors import InputError, MissingLayerError, StaleDraftError, name_ids
from gridmap.store import tables as t
from gridmap.store.reads import read_frame
from gridmap.store.scope import Scope

OPEN, ASSIGNED, ACCEPTED, DISPUTED = "open", "assigned", "accepted", "disputed"
STATES = (OPEN, ASSIGNED, ACCEPTED, DISPUTED)
"""What a gap can be."""
BECOMES = {"assign": ASSIGNED, "accept": ACCEPTED, "dispute": DISPUTED, "reopen": OPEN}
"""What a gap is after each action; ``undo`` gives it the state it had."""
UNDO = "undo"
TARGETS = ("beat", "post", "shift")
LONGEST_REASON = 500
"""Characters of a reason."""
MOST_AT_ONCE = 200
"""Gaps that one action may be about."""
_TOLD = ("state", "target_kind", "target", "reason")


@dataclass(frozen=True)
class Act:
    """An action on gaps.

    Attributes
    ----------
    action : str
        A key of :data:`BECOMES`, or ``undo``.
    target_kind, target : str
        To what a gap is assigned: one of :data:`TARGETS`, and which.
    reason : str
        Why; needed to accept and to dispute.
    """

    action: str
    target_kind: str = ""
    target: str = ""
    reason: str = ""

    def checked(self) -> "Act":
        """Return the action if it can be done.

        Raises
        ------
        InputError
            If something is missing or unknown.

        Examples
        --------
        >>> Act("accept", reason="Building site until May").checked().action
        'accept'
        """
        if self.action not in BECOMES and self.action != UNDO:
            known = ", ".join([*BECOMES, UNDO])
            raise InputError(f"Expected one of the actions {known}; found '{self.action[:20]}'.")
        if self.action == "assign" and (self.target_kind not in TARGETS or not self.target):
            raise InputError(
                "A gap is assigned to a beat, a post or a shift; found none. Choose one."
            )
        if self.action in ("accept", "dispute") and not self.reason:
            raise InputError("Expected a reason; found none. Say in a few words why.")
        if len(self.reason) > LONGEST_REASON or len(self.target) > 200:
            raise InputError(
                f"Expected a reason of at most {LONGEST_REASON} characters; found "
                f"{len(self.reason)}. Shorten it."
            )
        return self


def read_states(connection: Connection, district_id: int) -> pd.DataFrame:
    """Read what gaps are since their last action.

    Returns
    -------
    DataFrame
        gap_id, revision, state, target_kind, target, reason, at; gaps that nobody acted on have no
        row: they are open, at revision 0.
    """
    a = t.gap_actions.c
    columns = [a.gap_id, a.revision, a.state, a.target_kind, a.target, a.reason, a.at]
    query = (
        select(*columns)
        .where(a.district_id == district_id)
        .ext(distinct_on(a.gap_id))
        .order_by(a.gap_id, a.revision.desc())
    )
    return read_frame(connection, query)


def read_history(connection: Connection, district_id: int, gap_id: str) -> pd.DataFrame:
    """Read all actions on one gap, the newest first; who acted is told as "you" or not at all."""
    a = t.gap_actions.c
    own = (a.user_id == func.gridmap_scope().op("->>")("user_id").cast(a.user_id.type)).label("own")
    columns = [a.revision, a.action, a.state, a.target_kind, a.target, a.reason, a.at, own]
    query = select(*columns).where(a.district_id == district_id, a.gap_id == gap_id)
    return read_frame(connection, query.order_by(a.revision.desc()))


def act_on_gaps(
    connection: Connection,
    scope: Scope,
    district_id: int,
    act: Act,
    seen: Sequence[tuple[str, int]],
) -> int:
    """Do something about gaps, all of them or none; returns how many.

    Parameters
    ----------
    connection : Connection
    scope : Scope
        Of the liaison who acts.
    district_id : int
    act : Act
        What is done.
    seen : sequence of (str, int)
        Gaps, each with the revision at which it was seen.

    Raises
    ------
    InputError
        If nothing is chosen, too much is, or something is missing.
    MissingLayerError
        If a gap is not in scope any more.
    StaleDraftError
        If somebody acted on one of them meanwhile.
    """
    act = act.checked()
    wanted = dict(seen)
    if not 0 < len(wanted) <= MOST_AT_ONCE:
        raise InputError(
            f"Expected 1 to {MOST_AT_ONCE} gaps; found {len(wanted)}. Choose gaps in the list."
        )
    places = _places(connection, district_id, list(wanted))
    before = _last_states(connection, district_id, list(wanted))
    stale = [one for one in wanted if before.get(one, {}).get("revision", 0) != wanted[one]]
    if stale:
        raise _stale(stale)
    rows = [
        {
            "district_id": district_id,
            "gap_id": one,
            **places[one],
            "revision": wanted[one] + 1,
            "action": act.action,
            **_becomes(connection, district_id, act, one),
            "user_id": scope.user_id,
        }
        for one in wanted
    ]
    try:
        with connection.begin_nested():
            connection.execute(insert(t.gap_actions), rows)
    except IntegrityError as error:
        raise _stale(list(wanted)) from error
    return len(rows)


def _stale(gaps: Sequence[str]) -> StaleDraftError:
    return StaleDraftError(
        f"Somebody acted on {name_ids(gaps)} meanwhile; nothing was changed. Reload the list and "
        "look at what was done."
    )


def _places(connection: Connection, district_id: int, gaps: list[str]) -> dict[str, Any]:
    g = t.gaps.c
    query = select(g.gap_id, g.cell_id, g.community_code).where(
        g.district_id == district_id, g.dimension == "patrol", g.gap_id.in_(gaps)
    )
    found = {
        row.gap_id: {"cell_id": row.cell_id, "community_code": row.community_code}
        for row in connection.execute(query)
    }
    missing = [one for one in gaps if one not in found]
    if missing:
        raise MissingLayerError(
            f"There is no gap of patrol {name_ids(missing)} in your scope any more. Reload the "
            "list."
        )
    return found


def _last_states(connection: Connection, district_id: int, gaps: list[str]) -> dict[str, Any]:
    states = read_states(connection, district_id)
    states = states[states["gap_id"].isin(gaps)]
    return {str(row["gap_id"]): row for row in states.to_dict("records")}


def _becomes(connection: Connection, district_id: int, act: Act, gap_id: str) -> dict[str, str]:
    if act.action != UNDO:
        target = (act.target_kind, act.target) if act.action == "assign" else ("", "")
        return dict(zip(_TOLD, (BECOMES[act.action], *target, act.reason), strict=True))
    return _restored(read_history(connection, district_id, gap_id), gap_id)


def _restored(history: pd.DataFrame, gap_id: str) -> dict[str, str]:
    """State before the last action that was not taken back yet."""
    holding: list[Any] = []
    for row in history.iloc[::-1].to_dict("records"):
        if row["action"] != UNDO:
            holding.append(row)
        elif holding:
            holding.pop()
    if not holding:
        raise InputError(f"There is nothing to take back of {name_ids([gap_id])}. Reload the list.")
    if len(holding) == 1:
        return dict(zip(_TOLD, (OPEN, "", "", ""), strict=True))
    return {name: str(holding[-2][name]) for name in _TOLD}
