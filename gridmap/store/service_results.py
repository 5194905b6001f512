"""What the services dimension left beside its rows: sites of cells, curves, people not served."""

import pandas as pd
from sqlalchemy import Connection, and_, case, func, select

from gridmap.store import tables as t
from gridmap.store.reads import read_frame

SHARE = "walk_share"
"""Measure whose rows tell how many people are served."""


def read_cell_sites(connection: Connection, district_id: int, cell_id: str) -> pd.DataFrame:
    """Sites that serve a cell, by type, open ones first, the one of most people first."""
    s = t.cell_sites.c
    columns = [one for one in s if one.name not in ("gid", "district_id", "community_code")]
    query = select(*columns).where(s.district_id == district_id, s.cell_id == cell_id)
    return read_frame(connection, query.order_by(s.type, s.state, s.place))


def read_curves(connection: Connection, district_id: int, site_type: str) -> pd.DataFrame:
    """Curves of a type: ``curve``, ``x``, ``y``, in rising order of x."""
    c = t.service_curves.c
    query = select(c.curve, c.x, c.y).where(c.district_id == district_id, c.type == site_type)
    return read_frame(connection, query.order_by(c.curve, c.x, c.y))


def read_loads(connection: Connection, district_id: int, site_type: str) -> pd.DataFrame:
    """Read the people of every catchment of a type, by kind; most of them first."""
    s = t.site_loads.c
    columns = [one for one in s if one.name not in ("gid", "district_id", "type")]
    query = select(*columns).where(s.district_id == district_id, s.type == site_type)
    return read_frame(connection, query.order_by(s.kind, s.site_id.is_(None), s.people.desc()))


def read_types(connection: Connection, district_id: int) -> pd.DataFrame:
    """Totals of every facility type over the cells in scope.

    Returns
    -------
    DataFrame
        ``type``; ``people`` and ``served`` where the share is known; ``cells``, ``cells_missed``;
        ``poor`` and ``estimated`` (cells of that quality); ``source`` of the norm. All rests on
        the rows of ``walk_share``.
    """
    v = t.coverage.c
    known = and_(v.value.is_not(None), v.weight > 0)
    kind = func.left(v.measure, -len(f".{SHARE}")).label("type")
    query = (
        select(
            kind,
            func.sum(v.weight).filter(known).label("people"),
            func.sum(v.weight * v.value).filter(known).label("served"),
            func.count().label("cells"),
            func.count(case((v.status == "missed", 1))).label("cells_missed"),
            func.count(case((v.quality == "poor", 1))).label("poor"),
            func.count(case((v.quality == "estimated", 1))).label("estimated"),
            func.max(v.source).label("source"),
        )
        .where(
            v.district_id == district_id,
            v.dimension == "services",
            v.measure.like(f"%.{SHARE}"),
        )
        .group_by(v.measure)
        .order_by(v.measure)
    )
    return read_frame(connection, query)


def read_site_totals(connection: Connection, district_id: int) -> pd.DataFrame:
    """Sites in scope, for counting: ``type``, days, and what is known of their size."""
    s = t.sites.c
    columns = [
        s.site_id, s.type, s.proposed, s.opened_on, s.closed_on, s.capacity, s.floor_area_m2,
    ]  # fmt: skip
    return read_frame(connection, select(*columns).where(s.district_id == district_id))
