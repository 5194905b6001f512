"""The search field: cells, communities, sites and streets by name or code."""

from typing import Any

import pandas as pd
from sqlalchemy import (
    Connection,
    Select,
    Table,
    Text,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)

from gridmap.store import tables as t

LONGEST_TEXT = 100
"""Characters of a search that are looked at."""


def search(connection: Connection, district_id: int, text: str, limit: int = 20) -> pd.DataFrame:
    """Cells, communities, sites and streets whose name or code holds a text, best match first.

    Parameters
    ----------
    connection : Connection
    district_id : int
    text : str
        Any text; ``%`` and ``_`` stand for themselves.
    limit : int
        Most rows to return.

    Returns
    -------
    DataFrame
        kind (cell, community, site, street), id, name, west, south, east, north [°].
    """
    # PostgreSQL knows no zero byte in a text.
    wanted = text.replace("\0", "").strip()[:LONGEST_TEXT]
    if not wanted:
        return pd.DataFrame(columns=["kind", "id", "name", "west", "south", "east", "north"])
    found = union_all(
        _matches(
            "cell",
            t.cells,
            "cell_id",
            ("cell_id", "code", "name"),
            district_id=district_id,
            text=wanted,
        ),
        _matches(
            "community",
            t.communities,
            "code",
            ("code", "name"),
            district_id=district_id,
            text=wanted,
        ),
        _matches(
            "site", t.sites, "site_id", ("name", "site_id"), district_id=district_id, text=wanted
        ),
        _matches("street", t.roads, "name", ("name",), district_id=district_id, text=wanted),
    ).subquery()
    first = case((func.lower(found.c.name).startswith(wanted.lower(), autoescape=True), 0), else_=1)
    rows = connection.execute(
        select(found).order_by(first, func.length(found.c.name), found.c.id).limit(limit)
    )
    return pd.DataFrame(rows.fetchall(), columns=list(rows.keys()))


def _matches(
    kind: str, table: Table, identity: str, columns: tuple[str, ...], *, district_id: int, text: str
) -> Select[Any]:
    box = func.ST_Extent(table.c.geometry)
    found = or_(*(table.c[name].icontains(text, autoescape=True) for name in columns))
    name = func.coalesce(table.c.name, cast(table.c[identity], Text))
    return (
        select(
            literal(kind).label("kind"),
            table.c[identity].label("id"),
            name.label("name"),
            func.ST_XMin(box).label("west"),
            func.ST_YMin(box).label("south"),
            func.ST_XMax(box).label("east"),
            func.ST_YMax(box).label("north"),
        )
        .where(table.c.district_id == district_id, found)
        .group_by(table.c[identity], name)
    )
