"""Geometry for a map that stands alone: light GeoJSON features in longitude and latitude."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.crs import WGS84, project

DECIMALS = 6
"""Decimals of a coordinate [°]: 0.1 m, finer than any measure here."""
COARSE_M = 5.0
"""Lines that may move so far [m] do with one decimal less: 1 m."""
_WIDE = frozenset({"motorway", "trunk", "primary", "secondary"})
_STREETS = frozenset(
    {"tertiary", "unclassified", "residential", "living_street", "pedestrian", "road", "busway"}
)
_LINK = "_link"
_CORNERS_OF_RING = 4


def features(
    frame: gpd.GeoDataFrame, columns: Sequence[str] = (), tolerance_m: float = 0.0
) -> list[dict[str, Any]]:
    """GeoJSON features of a layer, simplified and rounded.

    Parameters
    ----------
    frame : GeoDataFrame
        Layer in a metric CRS.
    columns : sequence of str
        Columns to keep as properties; absent ones are left out, as are empty values.
    tolerance_m : float
        How far [m] a line may move when it is simplified.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> first = features(toy_district()["cells"], ["cell_id"])[0]
    >>> first["properties"], first["geometry"]["type"], len(first["geometry"]["coordinates"][0])
    ({'cell_id': 'nw'}, 'Polygon', 5)
    """
    shapes = _lonlat(frame.geometry, tolerance_m)
    kept = [name for name in columns if name in frame.columns]
    told = [plain_row(row) for row in frame[kept].to_dict("records")]
    return [
        {"type": "Feature", "properties": properties, "geometry": json.loads(text)}
        for properties, text in zip(told, shapely.to_geojson(shapes), strict=True)
        if text is not None
    ]


def street_features(roads: gpd.GeoDataFrame, tolerance_m: float = 2.0) -> list[dict[str, Any]]:
    """Streets as one feature for each of two widths; paths are left out to stay light.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> [one["properties"] for one in street_features(toy_district()["roads"])]
    [{'highway': 'residential'}]
    """
    kind = roads["highway"].astype(str).str.removesuffix(_LINK)
    found = []
    for name, members in (("primary", _WIDE), ("residential", _STREETS)):
        lines = _lonlat(roads.geometry[kind.isin(members)], tolerance_m)
        parts = shapely.get_parts(lines[~shapely.is_missing(lines)])
        if len(parts):
            shape = json.loads(str(shapely.to_geojson(shapely.multilinestrings(parts))))
            found.append({"type": "Feature", "properties": {"highway": name}, "geometry": shape})
    return found


def lonlat_bounds(frames: Iterable[gpd.GeoDataFrame]) -> tuple[float, float, float, float]:
    """West, south, east and north [°] around all layers.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> [round(v, 2) for v in lonlat_bounds([toy_district()["cells"]])]
    [117.0, 39.73, 117.0, 39.74]
    """
    every = np.vstack([project(f.geometry, WGS84).total_bounds for f in frames if not f.empty])
    low, high = every[:, :2].min(axis=0), every[:, 2:].max(axis=0)
    west, south, east, north = (float(v) for v in np.round([*low, *high], DECIMALS))
    return west, south, east, north


def plain_row(row: dict[Any, Any]) -> dict[str, Any]:
    """Row as plain JSON values without the empty ones.

    Examples
    --------
    >>> plain_row({"a": float("nan"), "b": 2.0, "c": pd.Timestamp("2026-03-02"), "d": True})
    {'b': 2, 'c': '2026-03-02T00:00:00', 'd': True}
    """
    return {str(k): plain(v) for k, v in row.items() if not _is_empty(v)}


def plain(value: Any) -> Any:
    """Value as JSON has it: whole numbers without a point, times as ISO 8601, else text."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | float | np.number):
        number = float(value)
        return int(number) if number.is_integer() else float(f"{number:.6g}")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _is_empty(value: Any) -> bool:
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    return isinstance(value, float | np.floating) and not np.isfinite(value)


def _lonlat(shapes: gpd.GeoSeries, tolerance_m: float) -> Any:
    """Shapes in degrees as an array; what is empty becomes missing."""
    light = _lighter(shapes.to_numpy(), tolerance_m) if tolerance_m > 0 else shapes.to_numpy()
    degrees = project(gpd.GeoSeries(light, crs=shapes.crs), WGS84).to_numpy()
    flat = shapely.force_2d(degrees)
    decimals = DECIMALS - (tolerance_m >= COARSE_M)
    rounded = shapely.transform(flat, lambda xy: np.round(xy, decimals))
    return np.where(shapely.is_empty(rounded) | shapely.is_missing(rounded), None, rounded)


def _lighter(shapes: Any, tolerance_m: float) -> Any:
    """Shapes with fewer corners: every ring for itself, as they are only looked at.

    To keep whole layers from touching themselves takes a minute for a million corners.
    """
    light = np.array(shapes, dtype=object)
    solid = shapely.get_dimensions(light) == 2
    light[~solid] = shapely.simplify(light[~solid], tolerance_m, preserve_topology=False)
    if solid.any():
        parts, row = shapely.get_parts(light[solid], return_index=True)
        parts = _fewer_corners(parts, tolerance_m)
        light[solid] = [
            one[0] if len(one) == 1 else shapely.multipolygons(one)
            for one in np.split(parts, np.flatnonzero(np.diff(row)) + 1)
        ]
    return light


def _fewer_corners(polygons: Any, tolerance_m: float) -> Any:
    """Polygons with simplified rings; holes that vanish are left out, outlines that do are kept."""
    rings, row = shapely.get_rings(polygons, return_index=True)
    outline = np.diff(row, prepend=-1) > 0
    lines = shapely.simplify(rings, tolerance_m, preserve_topology=False)
    flat = shapely.get_num_coordinates(lines) < _CORNERS_OF_RING
    lines = np.where(flat, rings, lines)
    kept = outline | ~flat
    return shapely.polygons(lines[kept], indices=row[kept])
