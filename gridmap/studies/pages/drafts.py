"""Editing borders as a draft: begin, edit, undo, look at the difference, publish."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection

from gridmap.errors import InputError, StaleDraftError
from gridmap.grid.draft import MOST_OPERATIONS, Draft, Recheck
from gridmap.grid.lineage import trace_lineage
from gridmap.store import drafts as store
from gridmap.store import editions, reads
from gridmap.store.audit import add_entry
from gridmap.store.scope import Scope
from gridmap.store.shapes import read_shapes
from gridmap.studies.grid_rows import renew_grid
from gridmap.studies.pages import draft_ground as ground
from gridmap.studies.pages.listing import plain_rows


def drafts_page(connection: Connection, district_id: int, user_id: int | None) -> dict[str, Any]:
    """List the drafts of a district.

    Returns
    -------
    dict
        ``open`` and ``closed`` (rows with ``own``, ``stale``), and ``edition`` (the one in force).
    """
    edition = editions.current_edition(connection, district_id)
    listed = store.list_drafts(connection, district_id)
    # One draft that is still open would make the numbers of the others 2.0.
    numbered = listed.assign(published_edition=listed["published_edition"].astype("Int64"))
    rows = plain_rows(numbered)
    for row in rows:
        row["own"] = row["user_id"] == user_id
        row["stale"] = row["state"] == "open" and row["base_edition"] != edition
    return {
        "open": [row for row in rows if row["state"] == "open"],
        "closed": [row for row in rows if row["state"] != "open"],
        "edition": edition,
        "has_cells": bool(len(store.count_cells(connection, district_id))),
    }


def begin_draft(connection: Connection, district_id: int, user_id: int | None, title: str) -> int:
    """Begin a draft of the grid in force; returns its number."""
    edition = editions.current_edition(connection, district_id)
    return store.begin_draft(connection, district_id, user_id, title, edition)


def draft_page(
    connection: Connection, district_id: int, draft_id: int, community: str = "", cell: str = ""
) -> dict[str, Any]:
    """Page on which a draft is edited, one community at a time.

    Parameters
    ----------
    connection : Connection
    district_id, draft_id : int
    community : str, optional
        Its code; default that of the cell, else of the last operation, else the first.
    cell : str, optional
        Cell to start from.

    Returns
    -------
    dict
        ``draft``, ``stale``, ``communities``, ``community``, ``bounds`` [°], ``windowed`` (whether
        the map is sent only what is in view), ``cells`` (rows), ``borders`` (pairs of neighbours).
    """
    kept = store.read_draft(connection, district_id, draft_id)
    communities = plain_rows(store.count_cells(connection, district_id))
    edited = {op["community"] for op in kept.operations}
    for row in communities:
        row["edited"] = row["code"] in edited
    known = [row["code"] for row in communities]
    last = kept.operations[-1]["community"] if kept.operations else ""
    of_cell = store.community_of_cell(connection, district_id, cell) if cell else None
    wished = [community, of_cell, last, *known]
    chosen = next((code for code in wished if code and code in known), "")
    stale = kept.base_edition != editions.current_edition(connection, district_id)
    page = {
        "draft": kept,
        "stale": stale,
        "communities": communities,
        "community": chosen,
        "most_operations": MOST_OPERATIONS,
    }
    if stale or not chosen or kept.state != "open":
        return page
    draft = ground.open_draft(connection, kept, chosen)
    ground.keep_open(connection, kept, chosen, draft)
    return {**page, **ground.tell_cells(draft)}


def draft_ground(
    connection: Connection,
    district_id: int,
    draft_id: int,
    community: str,
    window: Sequence[float] | None = None,
) -> dict[str, Any]:
    """Answer the map of a draft: cells, borders and corners of a community as plain values.

    Parameters
    ----------
    connection : Connection
    district_id, draft_id : int
    community : str
        Its code.
    window : sequence of float, optional
        West, south, east, north [°]: only cells that meet it.
    """
    kept = store.read_draft(connection, district_id, draft_id)
    draft = ground.open_draft(connection, kept, community)
    told = ground.draw_draft(draft, kept, community, window)
    ground.keep_open(connection, kept, community, draft)
    return told


def edit_draft(
    connection: Connection,
    district_id: int,
    draft_id: int,
    told: Any,
    *,
    community: str,
    revision: int,
    window: Sequence[float] | None = None,
) -> dict[str, Any]:
    """Do, undo or redo an operation; answers what :func:`draft_ground` does, and what to look at.

    Parameters
    ----------
    connection : Connection
    district_id, draft_id : int
    told : mapping or str
        An operation with places in longitude and latitude [°] (``shift`` by metres), or ``undo``
        or ``redo``. Beside those of :mod:`gridmap.grid.operations`: ``between`` (cells a, b and
        ``metres`` towards b) and ``halve`` (cell, ``along`` ``ns`` or ``ew``).
    community : str
        Whose cells are edited.
    revision : int
        Revision of the draft the editor saw.
    window : sequence of float, optional
        As for :func:`draft_ground`.

    Raises
    ------
    StaleDraftError
        If the draft has moved on. Nothing is changed.
    InputError
        If it cannot be done. Nothing is changed.
    """
    kept = store.read_draft(connection, district_id, draft_id)
    if kept.revision != revision or kept.state != "open":
        raise StaleDraftError(
            f"Draft '{kept.title}' is at revision {kept.revision} ({kept.state}); this edit was "
            f"made on revision {revision}. Nothing was changed; reload the draft to go on."
        )
    if told in ("undo", "redo"):
        kept, community, recheck, draft = _step_back(connection, kept, str(told))
    else:
        draft = ground.open_draft(connection, kept, community)
        recheck = draft.apply(ground.metric_operation(draft, told, community))
        if len(kept.operations) >= MOST_OPERATIONS:
            raise InputError(
                f"A draft holds {MOST_OPERATIONS} operations at most. Publish it, then begin "
                "another; this one was not done."
            )
        kept = replace(kept, operations=[*kept.operations, draft.operations[-1]], undone=[])
    revision = store.write_draft(connection, kept, operations=kept.operations, undone=kept.undone)
    kept = replace(kept, revision=revision)
    told = ground.draw_draft(draft, kept, community, window)
    ground.keep_open(connection, kept, community, draft)
    return {**told, "touched": [*recheck.figures, *recheck.removed]}


def difference_page(connection: Connection, district_id: int, draft_id: int) -> dict[str, Any]:
    """Show what a draft changes: cells before and after, and the balance of the communities.

    Returns
    -------
    dict
        ``draft``, ``stale``, ``rows``, ``balance``, ``outlines`` (old and new, as features),
        ``problems``, ``bounds``, ``first_day`` and ``today`` for publishing.
    """
    kept = store.read_draft(connection, district_id, draft_id)
    edition = editions.current_edition(connection, district_id)
    if kept.base_edition != edition or kept.state != "open":
        return {"draft": kept, "stale": True, "rows": []}
    drafts = {code: ground.open_draft(connection, kept, code) for code in edited_communities(kept)}
    names = store.count_cells(connection, district_id).set_index("code")["name"]
    balance = [
        {"community": names.get(code, code), **draft.balance()} for code, draft in drafts.items()
    ]
    cells = {id_: name for one in drafts.values() for id_, name in ground.cell_names(one).items()}
    rows = [row for draft in drafts.values() for row in plain_rows(draft.difference())]
    return {
        "draft": kept,
        "stale": False,
        "names": cells,
        "rows": [{**row, "name": cells.get(row["cell_id"], row["cell_id"])} for row in rows],
        "balance": balance,
        "problems": [one for draft in drafts.values() for one in draft.problems()],
        **ground.outline_difference(drafts.values()),
        **_days(connection, district_id),
    }


def publish_draft(
    connection: Connection,
    scope: Scope,
    district_id: int,
    draft_id: int,
    *,
    revision: int,
    on: dt.date,
) -> editions.Edition:
    """Put the drafted grid in force from a day on.

    Raises
    ------
    StaleEditionError
        If another grid was put in force since the draft began. Nothing is changed.
    StaleDraftError
        If the draft moved on. Nothing is changed.
    InputError
        If the draft changes nothing, or the day cannot be. Nothing is changed.
    """
    kept = store.read_draft(connection, district_id, draft_id)
    if kept.revision != revision:
        raise StaleDraftError(
            f"Draft '{kept.title}' was edited since this page was opened. Nothing was published; "
            "look at its difference again."
        )
    old = editions.read_cells_on(connection, district_id)
    drafts = {code: ground.open_draft(connection, kept, code) for code in edited_communities(kept)}
    if not any(draft.changed() for draft in drafts.values()):
        raise InputError("This draft changes no cell. Edit a border first, then publish it.")
    others = old[~old["community_code"].isin(list(drafts))]
    parts = [others, *(draft.cells() for draft in drafts.values())]
    cells = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=old.crs)
    people = read_shapes(connection, district_id, "population", old.crs)
    lineage = trace_lineage(old, cells, on, people)
    edition = editions.publish_edition(
        connection,
        district_id,
        cells,
        lineage,
        on,
        expected_version=kept.base_edition,
        author=scope.role,
    )
    facts = reads.read_district(connection, district_id)
    # Figures and findings of the grid page are of cells: those of the old ones would stay.
    renew_grid(connection, district_id, facts["timezone"], max(on, facts["as_of"] or on))
    store.write_draft(connection, kept, state="published", published_edition=edition.number)
    add_entry(
        connection, scope, "publish", district_id=district_id, layer="cells",
        draft=draft_id, edition=edition.number, operations=len(kept.operations),
    )  # fmt: skip
    return edition


def discard_draft(connection: Connection, district_id: int, draft_id: int) -> str:
    """Close a draft without publishing it; returns its title."""
    kept = store.read_draft(connection, district_id, draft_id)
    store.write_draft(connection, kept, state="discarded")
    return kept.title


def rebase_draft(connection: Connection, district_id: int, draft_id: int) -> dict[str, int]:
    """Replay a draft on the grid now in force.

    Returns
    -------
    dict
        ``kept`` and ``dropped``: operations that could be done again, and those that could not
        because the ground under them changed (they stay first to be redone).
    """
    kept = store.read_draft(connection, district_id, draft_id)
    edition = editions.current_edition(connection, district_id)
    there = set(store.count_cells(connection, district_id)["code"])
    done: list[dict[str, Any]] = []
    dropped: list[dict[str, Any]] = []
    drafts: dict[str, Draft] = {}
    for operation in kept.operations:
        code = operation["community"]
        if code in there and code not in drafts:
            drafts[code] = Draft(*store.read_ground(connection, district_id, code))
        try:
            drafts[code].apply(operation)
        except (InputError, KeyError):
            dropped.append(operation)
        else:
            done.append(drafts[code].operations[-1])
    store.write_draft(connection, kept, operations=done, undone=[], base_edition=edition)
    return {"kept": len(done), "dropped": len(dropped)}


def edited_communities(kept: store.StoredDraft) -> list[str]:
    """Communities in which a draft has operations, in their order."""
    return list(dict.fromkeys(operation["community"] for operation in kept.operations))


def _step_back(
    connection: Connection, kept: store.StoredDraft, told: str
) -> tuple[store.StoredDraft, str, Recheck, Draft]:
    """Undo the last operation, or redo the one undone last, whatever community it is in."""
    if not (kept.operations if told == "undo" else kept.undone):
        raise InputError(f"There is nothing to {told} in this draft.")
    operation = kept.operations[-1] if told == "undo" else kept.undone[-1]
    community = operation["community"]
    draft = ground.open_draft(connection, kept, community)
    if told == "undo":
        recheck = draft.undo()
        done, undone = kept.operations[:-1], [*kept.undone, operation]
    else:
        recheck = draft.apply(operation)
        done, undone = [*kept.operations, operation], kept.undone[:-1]
    return replace(kept, operations=done, undone=undone), community, recheck, draft


def _days(connection: Connection, district_id: int) -> dict[str, Any]:
    """First day a new grid may be in force from, and today, both in the district's zone."""
    zone = reads.read_district(connection, district_id)["timezone"]
    today = dt.datetime.now(ZoneInfo(zone)).date()
    begun = editions.read_editions(connection, district_id)["valid_from"].dropna()
    first = pd.Timestamp(begun.iloc[0]).date() if len(begun) else None
    return {"today": today, "first_day": first}
