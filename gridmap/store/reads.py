"""What pages read: every query runs on a scoped connection, so row-level security decides.

All functions take a :class:`sqlalchemy.Connection` from :func:`gridmap.store.scope.scoped` and
return frames with plain columns (coordinates in longitude and latitude [°]) or dictionaries.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, or_, select
from sqlalchemy.sql.elements import SQLColumnExpression

from gridmap.errors import ScopeError
from gridmap.store import tables as t

GAP_FILTERS = ("dimension", "measure", "status", "community_code", "cell_id", "window")
"""Columns the gap list can be narrowed by."""


def list_districts(connection: Connection) -> pd.DataFrame:
    """Districts in scope: id, key, name, timezone, version, as_of, loaded_at, synthetic."""
    d = t.districts.c
    return read_frame(
        connection,
        select(d.id, d.key, d.name, d.timezone, d.version, d.as_of, d.loaded_at, d.synthetic)
        .order_by(d.name),
    )  # fmt: skip


def read_district(connection: Connection, district_id: int) -> dict[str, Any]:
    """One district: name, crs, timezone, bounds, version, as_of, provenance, synthetic, counts.

    Returns
    -------
    dict
        ``bounds`` is west, south, east, north [°]; ``provenance`` a list of dicts (layer, source,
        licence, dated, synthetic, note); ``counts`` rows per layer (of fixes only the count).

    Raises
    ------
    ScopeError
        If the district is not in scope, or does not exist: which of the two is not said.
    """
    columns = [c for c in t.districts.c if c.name != "geometry"]
    row = connection.execute(select(*columns).where(t.districts.c.id == district_id)).mappings()
    found = row.one_or_none()
    if found is None:
        raise ScopeError(f"District {district_id} is not among those you may open.")
    return dict(found)


def read_summary(connection: Connection, district_id: int) -> dict[str, Any]:
    """Totals as in ``summary.json``; dimensions the role may not see are left out."""
    s = t.summaries.c
    rows = connection.execute(select(s.dimension, s.body).where(s.district_id == district_id))
    summary: dict[str, Any] = {}
    for dimension, body in rows:
        summary |= {dimension: body} if dimension else body
    return summary


def read_cells(
    connection: Connection, district_id: int, community_code: str | None = None
) -> pd.DataFrame:
    """Cells in scope with the name of their community and their bounds [°], by cell_id."""
    c = t.cells.c
    query = (
        select(*_plain(t.cells), t.communities.c.name.label("community"), *_bounds(c.geometry))
        .join(
            t.communities,
            and_(
                t.communities.c.district_id == c.district_id,
                t.communities.c.code == c.community_code,
            ),
            isouter=True,
        )
        .where(c.district_id == district_id, *_equal(c.community_code, community_code))
        .order_by(c.cell_id)
    )
    return read_frame(connection, query)


def read_communities(connection: Connection, district_id: int) -> pd.DataFrame:
    """Communities of the district with their bounds [°], by code."""
    c = t.communities.c
    query = select(*_plain(t.communities), *_bounds(c.geometry)).where(c.district_id == district_id)
    return read_frame(connection, query.order_by(c.code))


def read_cell(
    connection: Connection, district_id: int, cell_id: str, on: dt.date | None = None
) -> dict[str, Any]:
    """All about one cell: what the cell sheet shows.

    Parameters
    ----------
    connection : Connection
    district_id : int
    cell_id : str
    on : date, optional
        Day on which duties hold; default the day the coverage was computed for.

    Returns
    -------
    dict
        ``cell`` (dict) and the frames ``duties``, ``coverage``, ``gaps``, ``sites`` and
        ``neighbours`` (cell_id, name).

    Raises
    ------
    ScopeError
        If the cell is not in scope, or does not exist.
    """
    cells = read_cells(connection, district_id)
    mine = cells[cells["cell_id"] == cell_id]
    if mine.empty:
        raise ScopeError(f"Cell {cell_id} is not among those you may see.")
    return {
        "cell": {str(name): value for name, value in mine.iloc[0].items()},
        "duties": read_duties(connection, district_id, [cell_id], on),
        "coverage": read_coverage(connection, district_id, cell_id=cell_id),
        "gaps": read_gaps(connection, district_id, cell_id=cell_id, limit=None),
        "sites": read_sites(connection, district_id, cell_id=cell_id),
        "neighbours": _neighbours(connection, district_id, cell_id),
    }


def read_coverage(
    connection: Connection,
    district_id: int,
    *,
    dimension: str | None = None,
    measure: str | Sequence[str] | None = None,
    window: str | None = None,
    cell_id: str | None = None,
) -> pd.DataFrame:
    """Rows of the coverage table in scope, with the columns of ``schema.csv``.

    A large district has half a million of them: a page asks for the measures that it shows.
    """
    c = t.coverage.c
    query = (
        select(*_plain(t.coverage))
        .where(
            c.district_id == district_id,
            *_equal(c.dimension, dimension),
            *_among(c.measure, measure),
            *_equal(c.window, window),
            *_equal(c.cell_id, cell_id),
        )
        .order_by(c.dimension, c.measure, c.window, c.cell_id)
    )
    return read_frame(connection, query)


def read_gaps(
    connection: Connection,
    district_id: int,
    *,
    limit: int | None = 100,
    offset: int = 0,
    **filters: str | None,
) -> pd.DataFrame:
    """Gaps in scope by rank, one page of them, with the bounds [°] of each.

    Parameters
    ----------
    connection : Connection
    district_id : int
    limit, offset : int
        Page; None for all.
    **filters : str, optional
        Any of :data:`GAP_FILTERS`; None filters nothing.
    """
    g = t.gaps.c
    query = select(*_plain(t.gaps), *_bounds(g.geometry)).where(*gap_filters(district_id, filters))
    return read_frame(connection, query.order_by(g.rank, g.gap_id).limit(limit).offset(offset))


def read_duties(
    connection: Connection,
    district_id: int,
    cell_ids: Sequence[str] | None = None,
    on: dt.date | None = None,
) -> pd.DataFrame:
    """Who answers: duties that hold on a day, with the post's role and organisation.

    Parameters
    ----------
    connection : Connection
    district_id : int
    cell_ids : sequence of str, optional
        Cells asked for; duties of their whole community are included.
    on : date, optional
        Default: the day the coverage was computed for, else today.

    Returns
    -------
    DataFrame
        post_id, cell_id, community_code, accountable, valid_from, valid_to, role, organisation,
        full_time, whole_community.
    """
    d, p = t.duties.c, t.posts.c
    day = func.coalesce(on, _as_of(district_id), func.current_date())
    columns = [
        *(c for c in _plain(t.duties)),
        p.role,
        p.organisation,
        p.full_time,
        (d.cell_id == d.community_code).label("whole_community"),
    ]
    query = (
        select(*columns)
        .join(t.posts, and_(p.district_id == d.district_id, p.post_id == d.post_id))
        .where(
            d.district_id == district_id,
            or_(d.valid_from.is_(None), d.valid_from <= day),
            or_(d.valid_to.is_(None), d.valid_to > day),
        )
        .order_by(d.cell_id, d.accountable.desc().nulls_last(), d.post_id)
    )
    if cell_ids is not None:
        own = select(t.cells.c.community_code).where(
            t.cells.c.district_id == district_id, t.cells.c.cell_id.in_(cell_ids)
        )
        query = query.where(or_(d.cell_id.in_(cell_ids), d.cell_id.in_(own)))
    return read_frame(connection, query)


def read_sites(
    connection: Connection,
    district_id: int,
    type: str | None = None,  # noqa: A002  the column's name
    cell_id: str | None = None,
) -> pd.DataFrame:
    """Service sites in scope with lon and lat [°]."""
    return _places(connection, t.sites, district_id, type=type, cell_id=cell_id)


def read_cameras(
    connection: Connection, district_id: int, cell_id: str | None = None
) -> pd.DataFrame:
    """Cameras with exact position (liaisons only; others get no row). The caller audits it."""
    return _places(connection, t.cameras, district_id, cell_id=cell_id)


def read_views(connection: Connection, district_id: int, level: str | None = None) -> pd.DataFrame:
    """Read what each camera sees: camera_id, level, area_m2, façade metres; no geometry."""
    v = t.views.c
    query = select(*_plain(t.views)).where(v.district_id == district_id, *_equal(v.level, level))
    return read_frame(connection, query.order_by(v.camera_id, v.level))


def read_blind_spots(connection: Connection, district_id: int, limit: int = 100) -> pd.DataFrame:
    """Largest blind spots by rank, with bounds [°]."""
    b = t.blind_spots.c
    query = select(*_plain(t.blind_spots), *_bounds(b.geometry)).where(b.district_id == district_id)
    return read_frame(connection, query.order_by(b.rank).limit(limit))


def read_requirements(
    connection: Connection, district_id: int, cell_id: str | None = None
) -> pd.DataFrame:
    """Read what patrol is due; with a cell, the rules of that cell and those for every cell."""
    r = t.requirements.c
    query = select(*_plain(t.requirements)).where(r.district_id == district_id)
    if cell_id is not None:
        query = query.where(r.cell_id.in_((cell_id, "*")))
    return read_frame(connection, query.order_by(r.cell_id, r.window))


def read_presence(
    connection: Connection,
    district_id: int,
    cell_id: str | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> pd.DataFrame:
    """Seconds and visits per cell and quarter of an hour, from ``since`` to before ``until``."""
    p = t.presence.c
    query = select(*_plain(t.presence)).where(p.district_id == district_id)
    query = query.where(*_equal(p.cell_id, cell_id))
    if since is not None:
        query = query.where(p.slot_start >= since)
    if until is not None:
        query = query.where(p.slot_start < until)
    return read_frame(connection, query.order_by(p.cell_id, p.slot_start))


def read_audit(connection: Connection, limit: int = 100, offset: int = 0) -> pd.DataFrame:
    """Newest entries of the audit log (admins only)."""
    a = t.audit_log.c
    columns = [a.id, a.at, a.user_id, a.role, a.action, a.district_id, a.layer, a.detail]
    return read_frame(
        connection, select(*columns).order_by(a.id.desc()).limit(limit).offset(offset)
    )


def read_frame(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    """Rows of a query as a frame."""
    rows = connection.execute(query)
    # As plain tuples: of a Row pandas asks in vain, one by one, whether it is something else.
    return pd.DataFrame(list(map(tuple, rows)), columns=list(rows.keys()))


def _plain(table: Table) -> list[ColumnElement[Any]]:
    hidden = {"gid", "district_id", "geometry", "drawn"}
    return [one for one in table.c if one.name not in hidden]


def _among(
    column: ColumnElement[Any], values: str | Sequence[str] | None
) -> list[ColumnElement[bool]]:
    if values is None or isinstance(values, str):
        return _equal(column, values)
    return [column.in_(values)]


def _equal(column: ColumnElement[Any], value: str | None) -> list[ColumnElement[bool]]:
    return [] if value is None else [column == value]


def _bounds(geometry: SQLColumnExpression[Any]) -> list[ColumnElement[Any]]:
    return [
        func.ST_XMin(geometry).label("west"),
        func.ST_YMin(geometry).label("south"),
        func.ST_XMax(geometry).label("east"),
        func.ST_YMax(geometry).label("north"),
    ]


def _places(
    connection: Connection, table: Table, district_id: int, **filters: str | None
) -> pd.DataFrame:
    centre = func.ST_PointOnSurface(table.c.geometry)
    query = select(
        *_plain(table), func.ST_X(centre).label("lon"), func.ST_Y(centre).label("lat")
    ).where(table.c.district_id == district_id)
    for name, value in filters.items():
        query = query.where(*_equal(table.c[name], value))
    return read_frame(connection, query.order_by(table.c.gid))


def gap_filters(district_id: int, filters: Mapping[str, str | None]) -> list[ColumnElement[bool]]:
    """Conditions on gaps: those of the district that pass the filters."""
    if unknown := set(filters) - set(GAP_FILTERS):
        raise TypeError(f"gaps are not filtered by {sorted(unknown)}")
    chosen = [one for name, value in filters.items() for one in _equal(t.gaps.c[name], value)]
    return [t.gaps.c.district_id == district_id, *chosen]


def _as_of(district_id: int) -> Any:
    return select(t.districts.c.as_of).where(t.districts.c.id == district_id).scalar_subquery()


def _neighbours(connection: Connection, district_id: int, cell_id: str) -> pd.DataFrame:
    here, near = t.cells.alias("here"), t.cells.alias("near")
    query = (
        select(near.c.cell_id, near.c.name)
        .join(here, here.c.district_id == near.c.district_id)
        .where(
            here.c.district_id == district_id,
            here.c.cell_id == cell_id,
            near.c.cell_id != cell_id,
            func.ST_DWithin(near.c.drawn, here.c.drawn, 0.5),
        )
        .order_by(near.c.cell_id)
    )
    return read_frame(connection, query)
