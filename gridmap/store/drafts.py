"""Drafts of borders as they are kept: the operations that were done, in order.

A draft is what it began from and what was done since: undoing takes the last operation off the
list. Every write names the revision it saw; a draft that moved on meanwhile stays as it is.
All functions run on a connection in the scope of a planner of the whole district.
"""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection, func, insert, select, update

from gridmap.errors import InputError, MissingLayerError, StaleDraftError
from gridmap.store import tables as t
from gridmap.store.reads import read_frame
from gridmap.store.shapes import read_crs, read_shapes

LONGEST_TITLE = 80
"""Characters of a title."""


@dataclass(frozen=True)
class StoredDraft:
    """A draft as it is kept.

    Attributes
    ----------
    id, district_id : int
        Its number, and its district.
    user_id : int or None
        Account that began it.
    title : str
        What it is called.
    state : str
        ``open``, ``published`` or ``discarded``.
    base_edition : int
        Edition of the grid that it edits.
    operations, undone : list of dict
        What was done, in order; what was taken back and may be done again.
    revision : int
        Grows with every write.
    """

    id: int
    district_id: int
    user_id: int | None
    title: str
    state: str
    base_edition: int
    operations: list[dict[str, Any]]
    undone: list[dict[str, Any]]
    revision: int


def list_drafts(connection: Connection, district_id: int) -> pd.DataFrame:
    """Drafts of a district, open ones first, those changed last on top."""
    d = t.drafts.c
    steps = func.jsonb_array_length(d.operations).label("operations")
    columns = [d.id, d.user_id, d.title, d.state, d.base_edition, d.published_edition, d.changed_at]
    query = select(*columns, steps).where(d.district_id == district_id)
    return read_frame(connection, query.order_by(d.state != "open", d.changed_at.desc(), d.id))


def read_draft(connection: Connection, district_id: int, draft_id: int) -> StoredDraft:
    """One draft.

    Raises
    ------
    MissingLayerError
        If there is no such draft in scope.
    """
    names = [t.drafts.c[name] for name in StoredDraft.__dataclass_fields__]
    row = connection.execute(
        select(*names).where(t.drafts.c.district_id == district_id, t.drafts.c.id == draft_id)
    ).one_or_none()
    if row is None:
        raise MissingLayerError(
            f"There is no draft {draft_id} of borders in this district. Open the list of drafts."
        )
    return StoredDraft(*row)


def begin_draft(
    connection: Connection, district_id: int, user_id: int | None, title: str, base_edition: int
) -> int:
    """Begin a draft; returns its number.

    Raises
    ------
    InputError
        If the title is empty or too long.
    """
    title = " ".join(title.split())
    if not 0 < len(title) <= LONGEST_TITLE:
        raise InputError(
            f"A draft needs a title of 1 to {LONGEST_TITLE} characters; found {len(title)}."
        )
    row = insert(t.drafts).values(
        district_id=district_id, user_id=user_id, title=title, base_edition=base_edition
    )
    return int(connection.execute(row.returning(t.drafts.c.id)).scalar_one())


def write_draft(connection: Connection, draft: StoredDraft, **changed: Any) -> int:
    """Write what changed in an open draft; returns its new revision.

    Parameters
    ----------
    connection : Connection
    draft : StoredDraft
        As it was read; its revision must still be the one in the database.
    **changed
        Any of ``operations``, ``undone``, ``state``, ``base_edition``, ``published_edition``.

    Raises
    ------
    StaleDraftError
        If the draft was written meanwhile, published or discarded. Nothing is changed.
    """
    d = t.drafts.c
    written = connection.execute(
        update(t.drafts)
        .where(d.id == draft.id, d.revision == draft.revision, d.state == "open")
        .values(revision=draft.revision + 1, changed_at=func.now(), **changed)
    )
    if written.rowcount != 1:
        raise StaleDraftError(
            f"Draft '{draft.title}' was changed, published or discarded in another window since "
            f"revision {draft.revision}. Nothing was changed; reload it to go on from there."
        )
    return draft.revision + 1


def community_of_cell(connection: Connection, district_id: int, cell_id: str) -> str | None:
    """Code of the community of a cell; None where there is no such cell."""
    c = t.cells.c
    found: str | None = connection.scalar(
        select(c.community_code).where(c.district_id == district_id, c.cell_id == cell_id)
    )
    return found


def count_cells(connection: Connection, district_id: int) -> pd.DataFrame:
    """Communities that have cells: code, name and cells (count), by code."""
    c, p = t.cells.c, t.communities.c
    query = (
        select(
            c.community_code.label("code"),
            func.coalesce(func.min(p.name), c.community_code).label("name"),
            func.count().label("cells"),
        )
        .join_from(
            t.cells,
            t.communities,
            (p.district_id == c.district_id) & (p.code == c.community_code),
            isouter=True,
        )
        .where(c.district_id == district_id)
        .group_by(c.community_code)
    )
    return read_frame(connection, query.order_by(c.community_code))


def read_ground(
    connection: Connection, district_id: int, community: str
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Cells of a community, and where people live around them, in the district's metric CRS.

    Raises
    ------
    MissingLayerError
        If the community has no cells.
    """
    crs = read_crs(connection, district_id)
    c, p = t.cells.c, t.population.c
    own = (c.district_id == district_id, c.community_code == community)
    cells = read_shapes(connection, district_id, "cells", crs, *own)
    if cells.empty:
        raise MissingLayerError(
            f"Community {community[:40]} has no cells in this district. Choose another community."
        )
    around = select(func.ST_SetSRID(func.ST_Extent(c.geometry), 4326)).where(*own).scalar_subquery()
    near = (p.district_id == district_id, p.geometry.op("&&")(around))
    return cells, read_shapes(connection, district_id, "population", crs, *near)
