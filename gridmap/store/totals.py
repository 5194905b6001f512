"""Sums and counts that the database makes: a page reads no row that it does not show.

Every function takes a connection in the scope of the reader, as in :mod:`gridmap.store.reads`.
"""

from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Connection, and_, func, select

from gridmap.store import tables as t
from gridmap.store.reads import gap_filters, read_frame


def read_shares(connection: Connection, district_id: int, measures: Sequence[str]) -> pd.DataFrame:
    """Read measures as one share each.

    Returns
    -------
    DataFrame
        measure, share (Σ weight·value ÷ Σ weight over the cells with a value) and required
        (whether any cell asks for it).
    """
    c = t.coverage.c
    known = and_(c.value.is_not(None), c.weight.is_not(None))
    weight = func.nullif(func.sum(c.weight).filter(known), 0.0)
    query = (
        select(
            c.measure,
            (func.sum(c.value * c.weight) / weight).label("share"),
            func.bool_or(c.required.is_not(None)).label("required"),
        )
        .where(c.district_id == district_id, c.measure.in_(measures))
        .group_by(c.measure)
    )
    return read_frame(connection, query)


def count_statuses(connection: Connection, district_id: int, measure: str) -> pd.DataFrame:
    """Rows of a measure by window and status: window, status, rows."""
    c = t.coverage.c
    query = (
        select(c.window, c.status, func.count().label("rows"))
        .where(c.district_id == district_id, c.measure == measure)
        .group_by(c.window, c.status)
    )
    return read_frame(connection, query)


def read_rank_classes(
    connection: Connection, district_id: int, count: int = 5, **filters: str | None
) -> list[tuple[int, int]]:
    """First and last rank of classes of about equally many cells, each by its first gap.

    A map shows the first gap of a place alone; classes of all gaps would paint every cell alike.
    """
    first = (
        select(func.min(t.gaps.c.rank).label("rank"))
        .where(t.gaps.c.rank.is_not(None), *gap_filters(district_id, filters))
        .group_by(t.gaps.c.cell_id)
        .subquery()
        .c
    )
    place = func.ntile(count).over(order_by=first.rank).label("place")
    r = select(first.rank, place).subquery().c
    bounds = select(func.min(r.rank), func.max(r.rank)).group_by(r.place).order_by(r.place)
    return [(int(low), int(high)) for low, high in connection.execute(bounds)]


def count_gaps(connection: Connection, district_id: int, **filters: str | None) -> int:
    """Gaps in scope that pass the filters, for paging."""
    query = select(func.count()).select_from(t.gaps).where(*gap_filters(district_id, filters))
    return connection.execute(query).scalar_one()
