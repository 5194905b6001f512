"""The sea: ground to the right of the coastline, which OSM draws as a line and not as an area."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from gridmap.crs import WGS84, project
from gridmap.io.osm.account import Tally
from gridmap.io.osm.elements import Way

_REACH_M = 100.0
_BESIDE_M = 0.2
_BEYOND_SHARE = 0.01


def lay_sea(coasts: list[Way], ring: Any, crs: CRS, tally: Tally) -> gpd.GeoDataFrame:
    """Sea inside the district, as ground of kind ``water``.

    Parameters
    ----------
    coasts : list of Way
        Ways ``natural=coastline``; water lies to their right.
    ring : Polygon or MultiPolygon
        Outline of the district.
    crs : CRS
        Metric CRS of the outline.
    tally : Tally
        Told of coastline that was drawn on to the outline, and of faces with both banks.

    Returns
    -------
    GeoDataFrame
        Columns ``osm_id``, ``kind``, ``name``.

    Notes
    -----
    An extract is cut between nodes, so a coastline may end shortly before the outline: up to 100 m
    it is drawn straight on to the nearest point of it, and a note says so.
    """
    lines = project(gpd.GeoSeries(list(_runs(coasts)), crs=WGS84), crs, "coastline")
    shores = lines.to_numpy()
    bridges = _bridges(shores, ring)
    if len(bridges):
        longest_m = shapely.length(bridges).max()
        tally.note(
            f"coastline: {len(bridges)} ends drawn up to {longest_m:.0f} m on to the boundary"
        )
    faces = _faces([ring.boundary, *shores, *bridges], ring)
    right, left = (_hits(faces, shores, side) for side in (1, -1))
    both = right & left
    tally.drop("area of sea", "coastline has gaps", [f"face {n + 1}" for n in np.flatnonzero(both)])
    sea = faces[right & ~left]
    return gpd.GeoDataFrame(
        {"osm_id": "coastline", "kind": ["water"] * len(sea), "name": None}, geometry=sea, crs=crs
    )


def _runs(coasts: list[Way]) -> Iterator[shapely.LineString]:
    for way in coasts:
        for known, places in groupby(way.places, key=lambda place: place is not None):
            run = [place for place in places if place is not None] if known else []
            if len(run) > 1:
                yield shapely.LineString(run)


def _bridges(lines: np.ndarray, ring: Any) -> np.ndarray:
    """Short lines from the ends of coastlines across the outline, where these fall short of it."""
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    places, times = np.unique(shapely.get_coordinates(ends), axis=0, return_counts=True)
    loose = shapely.points(places[times == 1])
    loose = loose[shapely.contains_properly(ring, loose)]
    links = shapely.get_coordinates(shapely.shortest_line(loose, ring.boundary)).reshape(-1, 2, 2)
    reach_m = np.hypot(*(links[:, 1] - links[:, 0]).T)
    links = links[(reach_m > 0) & (reach_m <= _REACH_M)]
    # A little beyond the outline, so that the two lines surely cross.
    links[:, 1] += (links[:, 1] - links[:, 0]) * _BEYOND_SHARE
    return np.asarray(shapely.linestrings(links))


def _faces(lines: list[Any], ring: Any) -> np.ndarray:
    noded = shapely.union_all(lines)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside = shapely.contains(ring, shapely.point_on_surface(faces))
    return np.asarray(faces[inside])


def _hits(faces: np.ndarray, lines: np.ndarray, side: int) -> np.ndarray:
    """Whether a face lies beside a coastline, to its right (1) or left (-1)."""
    hit = np.zeros(len(faces), dtype=bool)
    for line in lines:
        corners = shapely.get_coordinates(line)
        step = np.diff(corners, axis=0)
        length = np.hypot(step[:, 0], step[:, 1])[:, None]
        normal = np.column_stack([step[:, 1], -step[:, 0]]) / length
        spots = shapely.points(corners[:-1] + step / 2 + side * _BESIDE_M * normal)
        hit[shapely.STRtree(faces).query(spots, predicate="within")[1]] = True
    return hit
