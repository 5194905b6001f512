"""The ground of catchments: every piece of ground goes with the people who live nearest to it."""

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import Voronoi, cKDTree

from gridmap.services.network import FloatArray, IntArray

_SAME_PLACE_M = 0.01
"""Demand points nearer than this [m] are drawn as one place."""
_FAR = 10.0
"""Helper places stand this many times the size of the ground away, so that all borders end."""


class CatchmentGround:
    """Ground cut up by the nearest demand point, ready to be joined by their sites.

    Made once for a district; each :meth:`draw` then only keeps the borders between points of
    different sites, so its work grows with the length of borders and not with the points.

    Parameters
    ----------
    points : ndarray of point, shape (n,)
        Demand points with people.
    cells : array-like of polygon
        The cells whose ground is cut up.

    Notes
    -----
    Ground where nobody lives goes with the nearest demand point in a straight line: a picture of
    catchments, while the figures rest on walks. As borders run midway between demand points,
    everybody lies in the ground of the own site (MEASURES.md 3).
    """

    def __init__(self, points: npt.NDArray[np.object_], cells: Any) -> None:
        self._ground = shapely.union_all(np.asarray(cells, dtype=object))
        shapely.prepare(self._ground)
        spots = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
        self._origin = shapely.get_coordinates(shapely.centroid(self._ground))[:1]
        rounded = np.round((spots - self._origin) / _SAME_PLACE_M).astype(np.int64)
        _, first, self.place = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
        self.place = self.place.ravel()
        self._spots = spots[first] - self._origin
        self._tree = cKDTree(self._spots)
        self._sides, self._lines = self._borders()

    def draw(self, site: IntArray) -> tuple[IntArray, npt.NDArray[np.object_]]:
        """Join the ground of the points of each site.

        Parameters
        ----------
        site : ndarray of int, shape (n,)
            Site of each demand point; -1 for nobody. Of points at one place the first counts.

        Returns
        -------
        site : ndarray of int
            Each site with ground, in order, nobody first.
        ground : ndarray of polygon or multipolygon
            Its ground; together they tile the cells.

        Examples
        --------
        >>> from gridmap.samples import at, box
        >>> homes = np.array([at(50, 100), at(150, 100), at(350, 100)], dtype=object)
        >>> ground = CatchmentGround(homes, [box(0, 0, 400, 200)])
        >>> sites, shapes = ground.draw(np.array([1, 1, 0]))
        >>> sites.tolist(), shapely.area(shapes).round(6).tolist()
        ([0, 1], [30000.0, 50000.0])
        """
        if not len(self._spots):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=object)
        of_place = np.empty(len(self._spots), dtype=np.int64)
        of_place[self.place[::-1]] = site[::-1]
        label = np.append(of_place, -2)
        one, two = np.minimum(self._sides, len(of_place)).T
        faces = shapely.get_parts(shapely.polygonize(self._lines[label[one] != label[two]]))
        inner = shapely.get_coordinates(shapely.point_on_surface(faces)) - self._origin
        whose = of_place[self._tree.query(inner)[1]]
        order = np.argsort(whose, kind="stable")
        sites, number = np.unique(whose[order], return_inverse=True)
        shapes = np.asarray(shapely.multipolygons(faces[order], indices=number), dtype=object)
        shapes = self._clip(shapes)
        real = shapely.area(shapes) > 0
        return sites[real], shapes[real]

    def _borders(self) -> tuple[IntArray, npt.NDArray[np.object_]]:
        """Borders between neighbouring places and around all, with the places on both sides."""
        if not len(self._spots):
            return np.empty((0, 2), dtype=np.int64), np.empty(0, dtype=object)
        west, south, east, north = shapely.bounds(self._ground)
        reach = _FAR * float(np.hypot(east - west, north - south))
        reach += _FAR * float(np.abs(self._spots).max())
        turns = np.arange(8) * (np.pi / 4)
        helpers = reach * np.column_stack([np.cos(turns), np.sin(turns)])
        cut = Voronoi(np.vstack([self._spots, helpers]))
        sides, ends = cut.ridge_points, np.array(cut.ridge_vertices)
        inside = (sides.min(axis=1) < len(self._spots)) & (ends.min(axis=1) >= 0)
        corners: FloatArray = cut.vertices[ends[inside]] + self._origin
        return sides[inside].astype(np.int64), np.asarray(
            shapely.linestrings(corners), dtype=object
        )

    def _clip(self, shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
        """Keep what lies on the ground of the cells; polygon parts only."""
        within = shapely.contains_properly(self._ground, shapes)
        clipped = shapes.copy()
        clipped[~within] = shapely.intersection(shapes[~within], self._ground)
        return np.array([_polygonal(shape) for shape in clipped], dtype=object)


def draw_catchments(
    ground: CatchmentGround,
    site: IntArray,
    names: npt.NDArray[np.object_],
    people: FloatArray,
    crs: Any,
) -> gpd.GeoDataFrame:
    """Draw one allocation as a layer.

    Parameters
    ----------
    ground : CatchmentGround
        Of the demand points.
    site : ndarray of int, shape (n,)
        Site of each demand point; -1 for nobody.
    names : ndarray of str, shape (sites,)
        Ids of the sites.
    people : ndarray, shape (sites + 1,)
        People of each site, and last of nobody.
    crs : CRS
        Of the ground.

    Returns
    -------
    GeoDataFrame
        ``site_id`` (empty for nobody), ``people``, ``area_m2``, geometry.

    Examples
    --------
    >>> from gridmap.samples import TOY_CRS, at, box
    >>> ground = CatchmentGround(np.array([at(50, 100)], dtype=object), [box(0, 0, 400, 200)])
    >>> names, people = np.array(["s1"], dtype=object), np.array([30.0, 0.0])
    >>> drawn = draw_catchments(ground, np.array([0]), names, people, TOY_CRS)
    >>> drawn[["site_id", "people", "area_m2"]].values.tolist()
    [['s1', 30.0, 80000.0]]
    """
    sites, shapes = ground.draw(site)
    told = {
        "site_id": pd.array(np.array([*names, None], dtype=object)[sites], dtype="str"),
        "people": people[sites],
        "area_m2": shapely.area(shapes),
    }
    return gpd.GeoDataFrame(told, geometry=shapes, crs=crs)


def _polygonal(shape: Any) -> Any:
    if shapely.get_type_id(shape) != shapely.GeometryType.GEOMETRYCOLLECTION:
        flat = shapely.get_dimensions(shape) < 2
        return shapely.Polygon() if flat else shape
    parts = shapely.get_parts(shape)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
