"""Slow, obvious ways to join layers to cells: one shape and one cell after the other."""

import geopandas as gpd


def cell_of_point(point, cells: gpd.GeoDataFrame) -> str | None:
    """First cell whose closed polygon holds the point."""
    for cell_id, ground in zip(cells["cell_id"], cells.geometry, strict=True):
        if ground.intersects(point):
            return cell_id
    return None


def length_by_cell(line, cells: gpd.GeoDataFrame) -> dict[str, float]:
    """Each cell takes what is left of the line inside it."""
    return _take(line, cells, lambda shape: shape.length)


def area_by_cell(area, cells: gpd.GeoDataFrame) -> dict[str, float]:
    """Each cell takes what is left of the area inside it."""
    return _take(area, cells, lambda shape: shape.area)


def _take(shape, cells, measure) -> dict[str, float]:
    found = {}
    for cell_id, ground in zip(cells["cell_id"], cells.geometry, strict=True):
        share = measure(shape.intersection(ground))
        if share > 0:
            found[cell_id] = share
        shape = shape.difference(ground)
    return found
