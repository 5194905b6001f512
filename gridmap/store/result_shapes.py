"""Results with their geometry in the metric CRS of the district, as files hand them out."""

from typing import Any

import geopandas as gpd
import shapely
from pyproj import CRS
from sqlalchemy import Connection, func, select

from gridmap.crs import WGS84, project
from gridmap.store import tables as t
from gridmap.store.reads import read_frame

_OWN = {"gid", "district_id", "geometry", "drawn", "outline"}
"""Columns that mean nothing outside the database."""


def read_result_shapes(
    connection: Connection, district_id: int, name: str, crs: CRS, **equal: str
) -> gpd.GeoDataFrame:
    """Rows of a table with geometry in scope, in the order in which they were loaded.

    Parameters
    ----------
    connection : Connection
        In the scope of the reader.
    district_id : int
    name : str
        Table, such as ``catchments`` or ``gaps``.
    crs : CRS
        Metric CRS of the district.
    **equal : str
        Values of columns; an empty one filters nothing.
    """
    table = t.metadata.tables[name]
    columns: list[Any] = [one for one in table.c if one.name not in _OWN]
    query = select(*columns, func.ST_AsBinary(table.c.geometry).label("geometry"))
    query = query.where(
        table.c.district_id == district_id,
        *(table.c[key] == value for key, value in equal.items() if value),
    )
    found = read_frame(connection, query.order_by(table.c.gid))
    shapes = shapely.from_wkb([bytes(one) for one in found.pop("geometry")])
    frame = gpd.GeoDataFrame(found, geometry=list(shapes), crs=WGS84)
    return project(frame, crs, name)
