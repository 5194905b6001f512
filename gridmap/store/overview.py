"""Reads that sum up or search: the four tiles of the overview, and the search field."""

from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)

from gridmap.store import tables as t

_c = t.coverage.c
HEADLINES: dict[str, ColumnElement[bool]] = {
    "staffing": _c.measure == "staffing.accountable",
    "services": and_(_c.measure.like("%.walk_share"), _c.required.is_not(None)),
    "patrol": _c.measure == "patrol.met_share",
    "cameras": and_(_c.measure.like(r"camera.share\_%"), _c.required.is_not(None)),
}
"""Rows that speak for each dimension on the overview."""
_MINIMUM_SEARCH = 1


def read_overview(connection: Connection, district_id: int) -> dict[str, dict[str, Any]]:
    """Share covered in each dimension, with its bounds and the three worst cells.

    Returns
    -------
    dict
        By dimension that the role may see and that was computed: ``share`` of the weight known,
        ``low`` and ``high`` (unknown counted as missed and as met), ``weight``, ``cells`` and
        ``worst``: up to three dicts (cell_id, name, share, missing), most missing first.

    Notes
    -----
    share = Σ w·v ÷ Σ w over rows with a value v (v at most 1); rows that are not due are left out.
    The weight w is that of the coverage table: people, public m², or 1.
    """
    return {
        dimension: tile
        for dimension in HEADLINES
        if (tile := _tile(connection, district_id, dimension)) is not None
    }


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
    wanted = text.strip()[:100]
    if len(wanted) < _MINIMUM_SEARCH:
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


def _tile(connection: Connection, district_id: int, dimension: str) -> dict[str, Any] | None:
    by_cell = _shares(district_id, dimension).subquery()
    known, every, covered = (
        func.coalesce(func.sum(by_cell.c[name]), 0.0) for name in ("known", "every", "covered")
    )
    totals = connection.execute(select(func.count(), known, every, covered)).one()
    cells, weight_known, weight, weight_covered = totals
    if not cells:
        return None
    return {
        "share": weight_covered / weight_known if weight_known else None,
        "low": weight_covered / weight if weight else None,
        "high": (weight_covered + weight - weight_known) / weight if weight else None,
        "weight": weight,
        "cells": cells,
        "worst": _worst(connection, by_cell, district_id),
    }


def _shares(district_id: int, dimension: str) -> Select[Any]:
    weight = func.coalesce(_c.weight, 1.0)
    value = func.least(_c.value, 1.0)
    known = case((and_(_c.value.is_not(None), _c.status != "unknown"), weight), else_=0.0)
    return (
        select(
            _c.cell_id,
            func.sum(weight).label("every"),
            func.sum(known).label("known"),
            func.sum(known * func.coalesce(value, 0.0)).label("covered"),
        )
        .where(
            _c.district_id == district_id,
            _c.dimension == dimension,
            HEADLINES[dimension],
            _c.window == "",
            _c.status != "not_due",
        )
        .group_by(_c.cell_id)
    )


def _worst(connection: Connection, by_cell: Any, district_id: int) -> list[dict[str, Any]]:
    missing = (by_cell.c.known - by_cell.c.covered).label("missing")
    query = (
        select(
            by_cell.c.cell_id,
            t.cells.c.name,
            (by_cell.c.covered / func.nullif(by_cell.c.known, 0.0)).label("share"),
            missing,
        )
        .join(
            t.cells,
            and_(t.cells.c.cell_id == by_cell.c.cell_id, t.cells.c.district_id == district_id),
        )
        .where(by_cell.c.known - by_cell.c.covered > 1e-9)
        .order_by(missing.desc(), by_cell.c.cell_id)
        .limit(3)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


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
