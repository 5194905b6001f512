"""Layers with their geometry in the metric CRS of the district, whole or around a place.

All functions run on a connection in the scope of the reader, as in :mod:`gridmap.store.reads`.
"""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import shapely
from pyproj import CRS
from sqlalchemy import Connection, func, select

from gridmap import schema
from gridmap.crs import WGS84, project
from gridmap.store import tables as t
from gridmap.store.reads import read_frame


def read_crs(connection: Connection, district_id: int) -> CRS:
    """Metric CRS of a district in scope."""
    return CRS.from_user_input(
        connection.scalar(select(t.districts.c.crs).where(t.districts.c.id == district_id))
    )


def read_shapes(
    connection: Connection,
    district_id: int,
    name: str,
    crs: CRS,
    *conditions: Any,
    box: Sequence[float] | None = None,
) -> gpd.GeoDataFrame:
    """Rows of a layer in scope, as the schema has them, with the tags that tell public ground.

    Parameters
    ----------
    connection : Connection
    district_id : int
    name : str
        Layer with geometry.
    crs : CRS
        Metric CRS of the district, from :func:`read_crs`.
    *conditions
        Conditions on the layer's table.
    box : sequence of float, optional
        x, y, x, y [m]: only what touches it, of a layer that is drawn in tiles.
    """
    table = t.LAYERS[name]
    known = (*schema.layer(name).columns, *t.GROUND_TAGS.get(name, ()))
    columns = [table.c[one] for one in known]
    shape = func.ST_AsBinary(table.c.geometry).label("geometry")
    query = select(*columns, shape).where(table.c.district_id == district_id, *conditions)
    if box is not None:
        around = func.ST_MakeEnvelope(*map(float, box), crs.to_epsg())
        query = query.where(table.c.drawn.op("&&")(func.ST_Transform(around, 3857)))
    found = read_frame(connection, query.order_by(table.c.gid))
    shapes = shapely.from_wkb([bytes(one) for one in found.pop("geometry")])
    frame = gpd.GeoDataFrame(found, geometry=list(shapes), crs=WGS84)
    return schema.conform(project(frame, crs, name), name)
