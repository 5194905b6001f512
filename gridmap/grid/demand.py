"""Households of a few cells, counted from where people live, each household in one cell only."""

from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.grid.place import place_points


class Homes:
    """Where households live, and in which cell.

    Points belong to one cell each, blocks give every cell the share of their ground; both keep
    their sum whatever borders move. Where nothing says where people live, the households of a
    cell are spread evenly over the ground it has at the start.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells at the start, with ``cell_id``, ``households`` and ``population``.
    population : GeoDataFrame, optional
        Layer ``population``: points or polygons with ``households`` or ``population``.

    Attributes
    ----------
    basis : str
        ``counted`` (households of the layer), ``people`` (people of the layer, at the households
        a head of the cells), ``area`` (spread over the ground) or ``unknown``.
    """

    def __init__(self, cells: gpd.GeoDataFrame, population: gpd.GeoDataFrame | None = None) -> None:
        self.basis, weight, shapes = _weigh(cells, population)
        is_point = shapely.get_type_id(shapes) == 0
        self._points, self._point_weight = shapes[is_point], weight[is_point]
        self._blocks, self._block_weight = shapes[~is_point], weight[~is_point]
        self._block_m2 = shapely.area(self._blocks)
        self._tree = shapely.STRtree(self._blocks)
        self._own = _owners(self._points, cells)

    def middle(self, cell: str) -> tuple[float, float] | None:
        """Place [m] with half of a cell's households on each side of it; None without points."""
        own = self._own.get(cell, ())
        if not len(own):
            return None
        xy, weight = shapely.get_coordinates(self._points[own]), self._point_weight[own]
        east, north = (_weighted_median(along, weight) for along in xy.T)
        return east, north

    def count(self, shapes: Mapping[str, Any]) -> dict[str, float | None]:
        """Households of cells with the points they have; of blocks the share of their ground."""
        if self.basis == "unknown":
            return dict.fromkeys(shapes)
        none = np.zeros(0, dtype=np.int64)
        of_points = {c: self._point_weight[self._own.get(c, none)].sum() for c in shapes}
        return {c: float(n + self._in_blocks(shapes[c])) for c, n in of_points.items()}

    def rehouse(self, touched: Iterable[str], shapes: Mapping[str, Any]) -> dict[str, Any]:
        """Give the points of touched cells to those of them that are there now.

        Parameters
        ----------
        touched : iterable of str
            Cells that an edit changed, made or removed.
        shapes : mapping of str to Polygon
            Outlines of those that are there.

        Returns
        -------
        dict
            What the touched cells had before; :meth:`settle` puts it back.
        """
        before = {cell: self._own.pop(cell, None) for cell in touched}
        lived = [own for own in before.values() if own is not None]
        moving = np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *lived]))
        if len(moving) and shapes:
            tree = shapely.STRtree(list(shapes.values()))
            nearest = tree.query_nearest(self._points[moving], all_matches=False)[1]
            for place, cell in enumerate(shapes):
                self._own[cell] = moving[nearest == place]
        return before

    def settle(self, before: Mapping[str, Any]) -> None:
        """Put back who lived where."""
        for cell, own in before.items():
            self._own.pop(cell, None)
            if own is not None:
                self._own[cell] = own

    def _in_blocks(self, shape: Any) -> float:
        near = self._tree.query(shape, predicate="intersects")
        if not len(near):
            return 0.0
        inside = shapely.area(shapely.intersection(self._blocks[near], shape))
        return float((self._block_weight[near] * inside / self._block_m2[near]).sum())


def _weigh(cells: gpd.GeoDataFrame, population: gpd.GeoDataFrame | None) -> tuple[str, Any, Any]:
    """Households on each support, and what they rest on."""
    own = pd.to_numeric(cells["households"], errors="coerce")
    people = pd.to_numeric(cells["population"], errors="coerce")
    if population is not None and len(population):
        shapes = population.geometry.to_numpy()
        counted = pd.to_numeric(population["households"], errors="coerce")
        if counted.notna().any():
            return "counted", counted.fillna(0.0).to_numpy(), shapes
        if own.sum() > 0 and people.sum() > 0:
            a_head = own.sum() / people.sum()
            return "people", population["population"].fillna(0.0).to_numpy() * a_head, shapes
    known = own.notna().any()
    return ("area" if known else "unknown"), own.fillna(0.0).to_numpy(), cells.geometry.to_numpy()


def _owners(points: Any, cells: gpd.GeoDataFrame) -> dict[str, Any]:
    placed = place_points(gpd.GeoSeries(points, crs=cells.crs), cells)
    order = np.argsort(placed, kind="stable")
    bounds = np.searchsorted(placed[order], np.arange(len(cells) + 1))
    ids = cells["cell_id"].astype(str).to_numpy()
    return {ids[n]: order[bounds[n] : bounds[n + 1]] for n in range(len(cells))}


def _weighted_median(along: Any, weight: Any) -> float:
    order = np.argsort(along, kind="stable")
    summed = np.cumsum(weight[order])
    place = int(np.searchsorted(summed, summed[-1] / 2))
    after = order[min(place + 1, len(order) - 1)]
    return float((along[order[place]] + along[after]) / 2)
