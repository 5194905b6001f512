"""What pages of patrol read: windows counted by place, streets walked, figures of quality.

Every function takes a connection in the scope of the reader, as in :mod:`gridmap.store.reads`; to
others than liaisons these tables have no rows.
"""

from typing import Any, Literal

import pandas as pd
from sqlalchemy import Connection, func, select
from sqlalchemy.sql.elements import ColumnElement

from gridmap.store import tables as t
from gridmap.store.reads import read_frame

PRESENCE = "patrol.presence"
"""Measure of a cell in one window."""


def count_windows(connection: Connection, district_id: int) -> pd.DataFrame:
    """Count due windows by window, community and status, with those of good quality.

    Returns
    -------
    DataFrame
        window, community_code, status, rows, good.
    """
    c = t.coverage.c
    query = (
        select(
            c.window,
            c.community_code,
            c.status,
            func.count().label("rows"),
            func.count().filter(c.quality == "good").label("good"),
        )
        .where(c.district_id == district_id, c.measure == PRESENCE)
        .group_by(c.window, c.community_code, c.status)
    )
    return read_frame(connection, query)


def count_by_beat(connection: Connection, district_id: int) -> pd.DataFrame:
    """Count due windows by beat and status: a cell in several beats counts in each of them."""
    c, b = t.coverage.c, t.beats.c
    query = (
        select(b.beat_id, c.status, func.count().label("rows"))
        .join_from(t.coverage, t.beats, (b.district_id == c.district_id) & (b.cell_id == c.cell_id))
        .where(c.district_id == district_id, c.measure == PRESENCE)
        .group_by(b.beat_id, c.status)
    )
    return read_frame(connection, query)


def list_beats(connection: Connection, district_id: int) -> list[str]:
    """Beats with a cell in scope."""
    b = t.beats.c
    query = select(b.beat_id).where(b.district_id == district_id).distinct().order_by(b.beat_id)
    return list(connection.scalars(query))


def read_cell_windows(connection: Connection, district_id: int, cell_id: str) -> pd.DataFrame:
    """Windows of one cell: window, value [min], required [min], status, quality, reason."""
    c = t.coverage.c
    query = select(c.window, c.value, c.required, c.status, c.quality, c.reason).where(
        c.district_id == district_id, c.measure == PRESENCE, c.cell_id == cell_id
    )
    return read_frame(connection, query.order_by(c.window))


def read_facts(connection: Connection, district_id: int) -> dict[str, Any]:
    """Figures of quality by kind: ``cleaning``, ``intervals``, ``unknown``, ``beats``."""
    f = t.patrol_facts.c
    rows = connection.execute(select(f.kind, f.body).where(f.district_id == district_id))
    return {str(row.kind): row.body for row in rows}


def sum_streets(connection: Connection, district_id: int) -> dict[str, Any]:
    """Sum streets up: pieces, length_m, covered_m, never_m (of which nobody walked anything)."""
    s = t.patrol_streets.c
    query = select(
        func.count().label("pieces"),
        func.coalesce(func.sum(s.length_m), 0.0).label("length_m"),
        func.coalesce(func.sum(s.covered_m), 0.0).label("covered_m"),
        func.coalesce(func.sum(s.length_m).filter(s.covered_m <= 0), 0.0).label("never_m"),
        func.coalesce(func.sum(s.length_m).filter(s.covered), 0.0).label("full_m"),
    ).where(s.district_id == district_id)
    return dict(connection.execute(query).mappings().one())


def list_streets(
    connection: Connection, district_id: int, by: Literal["name", "highway"] = "name"
) -> pd.DataFrame:
    """Streets by name, or by kind: label, pieces, length_m, covered_m, covered_share, bounds [°].

    Pieces without a name are one row with an empty label.
    """
    s = t.patrol_streets.c
    label: ColumnElement[Any] = func.coalesce(s[by], "").label("label")
    box = func.ST_Extent(s.geometry)
    query = (
        select(
            label,
            func.count().label("pieces"),
            func.sum(s.length_m).label("length_m"),
            func.sum(s.covered_m).label("covered_m"),
            (func.sum(s.covered_m) / func.nullif(func.sum(s.length_m), 0.0)).label("covered_share"),
            func.count().filter(s.covered_m <= 0).label("untouched"),
            *(
                getattr(func, name)(box).label(side)
                for name, side in (
                    ("ST_XMin", "west"), ("ST_YMin", "south"), ("ST_XMax", "east"),
                    ("ST_YMax", "north"),
                )
            ),
        )
        .where(s.district_id == district_id)
        .group_by(label)
    )  # fmt: skip
    return read_frame(connection, query)
