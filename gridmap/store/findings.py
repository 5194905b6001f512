"""What a grid is like against its principles: written with the district, read by its page.

These figures are no rows of the coverage table: they say what a cell is, not what covers it, have
no requirement that a gap could follow from, and would change every ranking of gaps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select

from gridmap import schema
from gridmap.store import tables as t
from gridmap.store.inserts import insert_rows
from gridmap.store.reads import read_frame

_JUDGED_BY = (t.communities, t.cells, t.roads, t.landuse, t.sites, t.posts, t.duties)
_TABLES = (t.grid_states, t.grid_findings, t.grid_finding_cells, t.grid_figures)


@dataclass(frozen=True, eq=False)
class GridRows:
    """Rows that describe the grid of one district.

    Attributes
    ----------
    state : mapping
        Totals, balance, band and what was not judged, as plain values.
    findings : DataFrame
        ``number``, ``principle``, ``rule``, ``severity``, ``layer``, ``found``, ``remedy``.
    cells : DataFrame
        ``number`` of the finding, ``place``, ``cell_id``, ``community_code``.
    figures : DataFrame
        ``measure``, ``cell_id``, ``community_code``, ``value``, ``status``.
    """

    state: Mapping[str, Any]
    findings: pd.DataFrame
    cells: pd.DataFrame
    figures: pd.DataFrame


def write_grid(connection: Connection, district_id: int, rows: GridRows | None) -> None:
    """Replace what is kept about the grid of a district; without rows nothing is kept."""
    for table in _TABLES:
        connection.execute(delete(table).where(table.c.district_id == district_id))
    if rows is None:
        return
    connection.execute(insert(t.grid_states).values(district_id=district_id, body=dict(rows.state)))
    for table, frame in (
        (t.grid_findings, rows.findings),
        (t.grid_finding_cells, rows.cells),
        (t.grid_figures, rows.figures),
    ):
        if len(frame):
            insert_rows(connection, table, frame.assign(district_id=district_id))


def read_grid_layers(connection: Connection, district_id: int) -> dict[str, pd.DataFrame]:
    """Read the layers that a grid is judged by, in longitude and latitude, within the scope."""
    layers = {"boundary": _read_layer(connection, t.districts, t.districts.c.id == district_id)}
    for table in _JUDGED_BY:
        frame = _read_layer(connection, table, table.c.district_id == district_id)
        if len(frame):
            layers[table.name] = frame
    return layers


def _read_layer(connection: Connection, table: Table, own: ColumnElement[bool]) -> pd.DataFrame:
    known = schema.layer("boundary" if table is t.districts else table.name).columns
    columns = [table.c[name] for name in known]
    if "geometry" not in table.c:
        return read_frame(connection, select(*columns).where(own))
    frame = read_frame(connection, select(*columns, func.ST_AsBinary(table.c.geometry)).where(own))
    shapes = shapely.from_wkb(frame.iloc[:, -1].map(bytes).to_numpy(dtype=object))
    return gpd.GeoDataFrame(frame.iloc[:, :-1], geometry=shapes, crs=4326)


def read_grid_state(connection: Connection, district_id: int) -> dict[str, Any]:
    """Totals of the grid; empty where none were kept or the reader sees a part only."""
    s = t.grid_states.c
    body = connection.scalar(select(s.body).where(s.district_id == district_id))
    return dict(body or {})


def read_grid_findings(connection: Connection, district_id: int) -> pd.DataFrame:
    """Read findings by principle; none whose cells are all out of scope."""
    f, c = t.grid_findings.c, t.grid_finding_cells.c
    seen = select(c.number).where(c.district_id == district_id)
    query = select(f.number, f.principle, f.rule, f.severity, f.layer, f.found, f.remedy).where(
        f.district_id == district_id, f.number.in_(seen)
    )
    return read_frame(connection, query.order_by(f.number))


def read_finding_cells(connection: Connection, district_id: int) -> pd.DataFrame:
    """Cells in scope of every finding, worst first."""
    c = t.grid_finding_cells.c
    query = select(c.number, c.place, c.cell_id, c.community_code).where(
        c.district_id == district_id
    )
    return read_frame(connection, query.order_by(c.number, c.place))


def read_grid_figures(connection: Connection, district_id: int) -> pd.DataFrame:
    """Figures in scope: measure, cell_id, community_code, value, status."""
    g = t.grid_figures.c
    query = select(g.measure, g.cell_id, g.community_code, g.value, g.status).where(
        g.district_id == district_id
    )
    return read_frame(connection, query.order_by(g.measure, g.cell_id))
