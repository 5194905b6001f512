"""Ground around a camera, or of a whole district, read once and kept for the next request."""

import datetime as dt
import threading
from collections import OrderedDict
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from sqlalchemy import Connection

from gridmap.cameras.ground import prepare_ground
from gridmap.crs import WGS84, project
from gridmap.district import District
from gridmap.errors import InputError, ScopeError
from gridmap.schema import conform
from gridmap.store import reads
from gridmap.store.scope import Scope
from gridmap.store.shapes import read_crs, read_shapes
from gridmap.studies.camera_trial import Neighbourhood, farthest_m

BLOCK_M = 100.0
"""Cameras within one square of this width [m] share a neighbourhood."""
_AROUND = ("roads", "landuse", "buildings", "walls")
_KEPT, _KEPT_REACHES = 12, 512
_reaches: dict[tuple[str, ...], float] = {}
_known: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
_lock = threading.Lock()
_busy: dict[tuple[Any, ...], threading.Lock] = {}


def remember(key: tuple[Any, ...], make: Any) -> Any:
    """Take what was made under a key, or make it now; who asks meanwhile waits for it.

    Examples
    --------
    >>> remember(("example",), lambda: 3), remember(("example",), lambda: 4)
    (3, 3)
    """
    with _lock:
        turn = _busy.setdefault(key, threading.Lock())
    with turn:
        with _lock:
            if key in _known:
                _known.move_to_end(key)
                return _known[key]
        made = make()
        with _lock:
            _known[key] = made
            _busy.pop(key, None)
            while len(_known) > _KEPT:
                _known.popitem(last=False)
    return made


def read_camera(
    connection: Connection, scope: Scope, district_id: int, camera_id: str
) -> gpd.GeoDataFrame:
    """Row of one camera in the metric CRS of its district.

    Raises
    ------
    ScopeError
        If there is no such camera in scope.
    InputError
        If none is named.
    """
    if not camera_id:
        raise InputError("Expected camera_id, the identifier of a camera; found none.")
    cameras = read_every_camera(connection, scope, district_id)
    mine = cameras[cameras["camera_id"] == camera_id]
    if mine.empty:
        raise ScopeError(f"Camera {camera_id[:80]} is not among those you may see.")
    return mine.reset_index(drop=True)


def read_every_camera(connection: Connection, scope: Scope, district_id: int) -> gpd.GeoDataFrame:
    """All cameras in scope in the metric CRS of their district."""
    crs = read_crs(connection, district_id)
    key = ("cameras", *version_of(connection, scope, district_id))
    cameras: gpd.GeoDataFrame = remember(
        key, lambda: read_shapes(connection, district_id, "cameras", crs)
    )
    return cameras


def open_neighbourhood(
    connection: Connection, scope: Scope, district_id: int, camera: gpd.GeoDataFrame, edition: str
) -> Neighbourhood:
    """Ground as far around a camera as it may see, whole cells, and who else sees these cells.

    Parameters
    ----------
    connection : Connection
        In the scope.
    scope : Scope
        Whose; equal scopes share what is kept.
    district_id : int
    camera : GeoDataFrame
        One row, in the metric CRS, where it is tried out.
    edition : str
        Edition of IEC/EN 62676-4.

    Notes
    -----
    Neighbourhoods are kept by the version of the district and the scope, so that an edit of any
    layer forgets them. One that reaches far enough serves wherever it was opened; a new one
    reaches at least a block of :data:`BLOCK_M` farther than the camera sees.
    """
    reach, place = _reach(camera, edition), camera.geometry.iloc[0]
    key = ("around", *version_of(connection, scope, district_id), edition)
    found = _reaching(key, place, reach)
    if found is not None:
        return found
    size = BLOCK_M * 2.0 ** max(0, int(np.ceil(np.log2((reach + BLOCK_M) / BLOCK_M))))
    west, south = (BLOCK_M * (one // BLOCK_M) for one in (place.x, place.y))
    box = (west - size, south - size, west + BLOCK_M + size, south + BLOCK_M + size)

    def read() -> Neighbourhood:
        return _read_around(connection, scope, district_id, box, edition)

    neighbourhood: Neighbourhood = remember((*key, box), read)
    return neighbourhood


def _reaching(key: tuple[Any, ...], place: shapely.Point, reach: float) -> Neighbourhood | None:
    """Neighbourhood that is kept and reaches as far around a place, the one used last first."""
    with _lock:
        for known, neighbourhood in reversed(_known.items()):
            if known[:-1] != key:
                continue
            west, south, east, north = known[-1]
            inside = min(place.x - west, east - place.x, place.y - south, north - place.y)
            if inside >= reach:
                _known.move_to_end(known)
                found: Neighbourhood = neighbourhood
                return found
    return None


def open_whole(connection: Connection, scope: Scope, district_id: int) -> Neighbourhood:
    """Ground and cameras of all that is in scope of a district."""
    key = ("whole", *version_of(connection, scope, district_id))

    def read() -> Neighbourhood:
        crs = read_crs(connection, district_id)
        cells = read_shapes(connection, district_id, "cells", crs)
        cameras = read_every_camera(connection, scope, district_id)
        return _neighbourhood(connection, district_id, crs, cells, cameras, None)

    neighbourhood: Neighbourhood = remember(key, read)
    return neighbourhood


def place_of(lon: float, lat: float, crs: CRS) -> shapely.Point:
    """Place in the metric CRS from longitude and latitude [°]."""
    here = gpd.GeoSeries([shapely.Point(lon, lat)], crs=WGS84)
    return project(here.to_frame("geometry"), crs, "cameras").geometry.iloc[0]


def lonlat_of(shapes: Any, crs: CRS) -> Any:
    """Shapes in longitude and latitude [°]."""
    frame = gpd.GeoDataFrame(geometry=np.asarray(shapes, dtype=object), crs=crs)
    return np.asarray(project(frame, WGS84, "views").geometry, dtype=object)


def _reach(camera: gpd.GeoDataFrame, edition: str) -> float:
    """How far one camera may see [m]; wherever it stands and looks, asked for again and again."""
    fixed = camera.drop(columns=["geometry", "heading_deg"]).astype(object).iloc[0]
    key = (edition, *map(str, fixed))
    if key not in _reaches:
        if len(_reaches) >= _KEPT_REACHES:
            _reaches.clear()
        _reaches[key] = float(farthest_m(camera, edition)[0])
    return _reaches[key]


def version_of(connection: Connection, scope: Scope, district_id: int) -> tuple[Any, ...]:
    """Tell apart what is kept of a district: it changes with every edit, and with the scope."""
    # Another database, of a test or after a restore, may count its versions the same.
    told = reads.read_district(connection, district_id)
    return (str(connection.engine.url), told["loaded_at"], district_id, told["version"], scope.key)


def _read_around(
    connection: Connection,
    scope: Scope,
    district_id: int,
    box: tuple[float, float, float, float],
    edition: str,
) -> Neighbourhood:
    crs = read_crs(connection, district_id)
    cells = read_shapes(connection, district_id, "cells", crs, box=box)
    wide = np.array([box, cells.total_bounds] if len(cells) else [box])
    low, high = wide[:, :2].min(axis=0), wide[:, 2:].max(axis=0)
    every = read_every_camera(connection, scope, district_id)
    reach = farthest_m(every, edition)
    away = shapely.distance(np.asarray(every.geometry, dtype=object), shapely.box(*low, *high))
    near = away <= reach
    cameras = every[near].reset_index(drop=True)
    if near.any():
        places = shapely.get_coordinates(np.asarray(cameras.geometry, dtype=object))
        low = np.minimum(low, (places - reach[near, None]).min(axis=0))
        high = np.maximum(high, (places + reach[near, None]).max(axis=0))
    return _neighbourhood(connection, district_id, crs, cells, cameras, (*low, *high))


def _neighbourhood(  # noqa: PLR0917  one argument for each thing that was read
    connection: Connection,
    district_id: int,
    crs: CRS,
    cells: gpd.GeoDataFrame,
    cameras: gpd.GeoDataFrame,
    box: tuple[float, ...] | None,
) -> Neighbourhood:
    told = reads.read_district(connection, district_id)
    layers = {name: read_shapes(connection, district_id, name, crs, box=box) for name in _AROUND}
    boundary = pd.DataFrame({"name": [told["name"]], "code": [None]})
    outline = shapely.box(*told["bounds"])
    layers |= {
        "boundary": conform(
            project(gpd.GeoDataFrame(boundary, geometry=[outline], crs=WGS84), crs, "boundary"),
            "boundary",
        ),
        "cells": cells,
        "cameras": cameras,
    }
    district = District(layers, crs, told["timezone"])
    return Neighbourhood(district, prepare_ground(district))


def day_of(connection: Connection, district_id: int) -> dt.date | None:
    """Day the coverage was computed for."""
    day: dt.date | None = reads.read_district(connection, district_id)["as_of"]
    return day
