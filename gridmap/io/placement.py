"""Whether layers lie where their CRS says: in degrees if it is in degrees, near the boundary."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import schema
from gridmap.crs import WGS84, project
from gridmap.schema import Finding

_FAR_M = 20_000.0


def examine_crs(name: str, frame: Any) -> Iterator[Finding]:
    """Find a CRS that is missing, or that expects degrees where there are none.

    Examples
    --------
    >>> metres = gpd.GeoDataFrame(geometry=[shapely.Point(385000, 6672000)], crs=4326)
    >>> [one.rule for one in examine_crs("cameras", metres)]
    ['wrong_crs']
    """
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        return
    if frame.crs is None:
        yield Finding(
            "missing_crs",
            "error",
            name,
            (),
            "the layer declares no coordinate reference system; expected one such as EPSG:4326",
            "Declare it in the file (a .prj for a Shapefile); gridmap never guesses.",
        )
    elif frame.crs.is_geographic and (wrong := _beyond_degrees(frame)).any():
        ids = row_names(name, frame)[wrong]
        shown = frame.geometry[wrong].iloc[0].bounds[:2]
        yield Finding(
            "wrong_crs",
            "error",
            name,
            tuple(ids),
            f"{frame.crs.name} expects degrees (longitude within ±180, latitude within ±90), "
            f"found {shown[0]:.1f}, {shown[1]:.1f}",
            "Declare the CRS the coordinates are in, or swap the two if they are exchanged.",
        )


def _beyond_degrees(frame: gpd.GeoDataFrame) -> pd.Series:
    bounds = frame.geometry.bounds
    lon = (bounds["minx"] < -180) | (bounds["maxx"] > 180)
    return lon | (bounds["miny"] < -90) | (bounds["maxy"] > 90)


def row_names(name: str, frame: pd.DataFrame) -> pd.Series:
    """Name rows by their id, else by their number in the file, from 1.

    Examples
    --------
    >>> row_names("roads", pd.DataFrame({"highway": ["path"]})).tolist()
    ['row 1']
    """
    column = schema.layer(name).id_column
    if column in frame.columns:
        return frame[column].astype("str")
    return pd.Series([f"row {n + 1}" for n in range(len(frame))], index=frame.index)


def examine_place(layers: Mapping[str, Any], findings: Iterable[Finding] = ()) -> Iterator[Finding]:
    """Find layers that lie as a whole far from the boundary: their CRS is declared wrongly.

    Parameters
    ----------
    layers : mapping of str to DataFrame
        Layers in their own CRS, the boundary among them.
    findings : iterable of Finding
        What :func:`examine_crs` found; the layers it names are passed over.
    """
    faulty = {one.layer for one in findings if one.rule in {"missing_crs", "wrong_crs"}}
    boundary = layers.get("boundary")
    if not isinstance(boundary, gpd.GeoDataFrame) or boundary.empty or "boundary" in faulty:
        return
    district = _extent(boundary)
    for name, frame in layers.items():
        if name in {"boundary", *faulty} or not isinstance(frame, gpd.GeoDataFrame):
            continue
        far_m = _apart_m(district, _extent(frame))
        if far_m > _FAR_M:
            yield Finding(
                "wrong_crs",
                "error",
                name,
                (),
                f"the whole layer lies {far_m / 1000:,.0f} km from the boundary if it is in "
                f"{frame.crs.name}, as declared",
                "Declare the CRS the coordinates are in, or swap the two if they are exchanged.",
            )


def _extent(frame: gpd.GeoDataFrame) -> Any:
    shapes = frame.geometry[~(frame.geometry.isna() | frame.geometry.is_empty)]
    if shapes.empty:
        return shapely.Polygon()
    # Points all over the frame around the rows follow any projection, also of a single point.
    west, south, east, north = shapes.total_bounds
    x, y = np.meshgrid(np.linspace(west, east, 9), np.linspace(south, north, 9))
    points = shapely.multipoints(np.column_stack([x.ravel(), y.ravel()]))
    return project(gpd.GeoSeries([points], crs=frame.crs), WGS84).iloc[0].convex_hull


def _apart_m(district: Any, extent: Any) -> float:
    """Distance [m] between two outlines in degrees, to within some per cent; 0 if one is empty."""
    if district.is_empty or extent.is_empty:
        return 0.0
    if not np.isfinite(extent.bounds).all():
        return np.inf
    scale = np.array([np.cos(np.radians(district.centroid.y)), 1.0]) * 111_195
    here, there = (shapely.transform(one, lambda xy: xy * scale) for one in (district, extent))
    return float(here.distance(there))
