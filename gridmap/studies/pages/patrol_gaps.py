"""Gaps of patrol to act on: what was missed, what was done about it, and by what right."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gridmap.store import gap_actions as store
from gridmap.store import patrol, reads
from gridmap.store.gap_actions import LONGEST_REASON, STATES, Act
from gridmap.store.scope import Scope
from gridmap.studies.pages.listing import Order, list_rows, plain_rows

__all__ = ["LONGEST_REASON", "STATES", "Act", "act_on_gaps", "gap_history", "patrol_gaps_page"]
FILTERS = ("state", "status", "period", "community")


def patrol_gaps_page(
    connection: Connection, district_id: int, order: Order, asked: dict[str, str]
) -> dict[str, Any]:
    """List gaps of patrol with what was done about each.

    Parameters
    ----------
    connection : Connection
        In the scope of a liaison.
    district_id : int
    order : Order
        Order and page of the table.
    asked : dict of str to str
        Any of :data:`FILTERS`, and ``gap``: one whose history is told.

    Returns
    -------
    dict
        ``counts`` by state, ``total``, ``chosen`` (filters as used), ``periods`` and
        ``communities`` there are, ``rows`` (a Listing), ``targets`` to assign to (beats, posts,
        shifts) and ``history`` of the gap asked for (None, or the gap and its actions).
    """
    gaps = _gaps(connection, district_id)
    counts = gaps["state"].value_counts()
    shown, chosen = _narrowed(gaps, asked)
    history = None
    if asked.get("gap") in set(gaps["gap_id"]):
        gap = plain_rows(gaps[gaps["gap_id"] == asked["gap"]])[0]
        history = {"gap": gap, "actions": gap_history(connection, district_id, asked["gap"])}
    places = reads.read_communities(connection, district_id)[["code", "name"]]
    return {
        "counts": {state: int(counts.get(state, 0)) for state in STATES},
        "total": len(gaps),
        "chosen": chosen,
        "periods": sorted(gaps["period"].unique()),
        "communities": plain_rows(places[places["code"].isin(gaps["community_code"])]),
        "rows": list_rows(shown, order, ["rank"]),
        "targets": _targets(connection, district_id, gaps),
        "history": history,
    }


def gap_history(connection: Connection, district_id: int, gap_id: str) -> list[dict[str, Any]]:
    """Actions on one gap, the newest first."""
    return plain_rows(store.read_history(connection, district_id, gap_id))


def act_on_gaps(
    connection: Connection,
    scope: Scope,
    district_id: int,
    act: Act,
    seen: Sequence[tuple[str, int]],
) -> int:
    """Do something about gaps; see :func:`gridmap.store.gap_actions.act_on_gaps`."""
    return store.act_on_gaps(connection, scope, district_id, act, seen)


def _gaps(connection: Connection, district_id: int) -> pd.DataFrame:
    gaps = reads.read_gaps(connection, district_id, limit=None, dimension="patrol")
    states = store.read_states(connection, district_id).drop_duplicates("gap_id")
    gaps = gaps.merge(states, on="gap_id", how="left")
    names = reads.read_cells(connection, district_id).set_index("cell_id")["name"]
    return gaps.assign(
        revision=gaps["revision"].astype("float64").fillna(0).astype("int64"),
        state=gaps["state"].astype("object").fillna(store.OPEN),
        cell_name=gaps["cell_id"].map(names).fillna(gaps["cell_id"]),
        # Neighbouring windows are one gap; it is of the period that begins it.
        period=gaps["window"].fillna("").str.split("@").str[0],
    )


def _narrowed(gaps: pd.DataFrame, asked: dict[str, str]) -> tuple[pd.DataFrame, dict[str, str]]:
    columns = dict(zip(FILTERS, ("state", "status", "period", "community_code"), strict=True))
    chosen = {}
    for name, column in columns.items():
        wanted = asked.get(name) or ""
        # A link may name a state that no gap is in any more: it then shows none, and says so.
        known = wanted in STATES if name == "state" else wanted in set(gaps[column])
        chosen[name] = wanted if known else ""
        if chosen[name]:
            gaps = gaps[gaps[column] == wanted]
    return gaps, chosen


def _targets(
    connection: Connection, district_id: int, gaps: pd.DataFrame
) -> dict[str, list[dict[str, str]]]:
    """Beats, posts by role and place, and shifts: a period that gaps are of, on the next days."""
    duties = reads.read_duties(connection, district_id)
    posts = duties.drop_duplicates("post_id").sort_values("post_id")
    beats = patrol.list_beats(connection, district_id)
    return {
        "beat": [{"value": one, "name": one} for one in beats],
        "post": [
            {"value": str(row.post_id), "name": str(row.post_id), "role": str(row.role or "")}
            for row in posts.itertuples()
        ],
        "shift": [{"value": one, "name": one} for one in sorted(gaps["period"].unique()) if one],
    }
