"""Everything joined to its cell: points, lines by length, areas by share."""

from collections.abc import Callable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.errors import CRSError
from gridmap.grid.place import place_points

Shapes = npt.NDArray[np.object_]
Places = npt.NDArray[np.int64]
Measure = Callable[[Any], Any]
Contest = Callable[[Shapes, Shapes, Places], npt.NDArray[np.bool_]]
"""Whether another cell may claim the same part of a shape."""


def assign_points(points: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> pd.Series:
    """Cell of every point.

    Parameters
    ----------
    points : GeoDataFrame or GeoSeries
        Points in the CRS of the cells.
    cells : GeoDataFrame
        Cells with ``cell_id``.

    Returns
    -------
    Series of str
        ``cell_id`` on the index of the points; empty outside all cells and for empty points.

    Raises
    ------
    CRSError
        If the two have different CRS.

    Notes
    -----
    A point on a shared border belongs to exactly one cell: the first in the order of the cells.

    Examples
    --------
    >>> from gridmap.samples import at, toy_district
    >>> cells = toy_district()["cells"]
    >>> points = gpd.GeoSeries([at(100, 300), at(200, 200), at(500, 0)], crs=cells.crs)
    >>> assign_points(points, cells).tolist()
    ['nw', 'nw', nan]
    """
    _same_crs(points, cells)
    names = cells["cell_id"].astype("str").array.take(place_points(points, cells), allow_fill=True)
    return pd.Series(names, index=points.index, name="cell_id")


def share_lines(lines: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> pd.DataFrame:
    """Length of every line in every cell.

    Parameters
    ----------
    lines : GeoDataFrame or GeoSeries
        Lines in the CRS of the cells.
    cells : GeoDataFrame
        Cells with ``cell_id``.

    Returns
    -------
    DataFrame
        ``row`` (index of the line), ``cell_id`` and ``length_m``, one row for each pair that
        shares more than a point; sorted by line, then cell.

    Raises
    ------
    CRSError
        If the two have different CRS.

    Notes
    -----
    Length is conserved: Σ length_m of a line = its length inside the cells. What runs along a
    shared border counts once, for the first cell in the order of the cells.

    Examples
    --------
    >>> from gridmap.samples import line, toy_district
    >>> cells = toy_district()["cells"]
    >>> lines = gpd.GeoSeries([line((50, 300), (350, 300)), line((200, 0), (200, 50))], crs=4548)
    >>> share_lines(lines, cells).values.tolist()
    [[0, 'nw', 150.0], [0, 'ne', 150.0], [1, 'sw', 50.0]]
    """
    table = _share(lines, cells, shapely.length, _along_border)
    return table.rename(columns={"measure": "length_m"})[["row", "cell_id", "length_m"]]


def share_areas(areas: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> pd.DataFrame:
    """Area of every polygon in every cell, and its share of the polygon.

    Parameters
    ----------
    areas : GeoDataFrame or GeoSeries
        Polygons in the CRS of the cells.
    cells : GeoDataFrame
        Cells with ``cell_id``.

    Returns
    -------
    DataFrame
        ``row`` (index of the polygon), ``cell_id``, ``area_m2`` and ``share`` [0-1], one row for
        each pair that shares ground; sorted by polygon, then cell.

    Raises
    ------
    CRSError
        If the two have different CRS.

    Notes
    -----
    Area is conserved: Σ area_m2 of a polygon = its area inside the cells, also where cells
    overlap (ground counts for the first cell).

    Examples
    --------
    >>> from gridmap.samples import box, toy_district
    >>> cells = toy_district()["cells"]
    >>> share_areas(gpd.GeoSeries([box(150, 0, 250, 100)], crs=4548), cells).values.tolist()
    [[0, 'sw', 5000.0, 0.5], [0, 'se', 5000.0, 0.5]]
    """
    table = _share(areas, cells, shapely.area, _on_overlap).rename(columns={"measure": "area_m2"})
    own_m2 = areas.geometry.area.to_numpy()[table["place"]]
    table["share"] = table["area_m2"] / own_m2
    return table[["row", "cell_id", "area_m2", "share"]]


def sum_into_cells(
    rows: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, columns: Sequence[str]
) -> pd.DataFrame:
    """Sum counts of points and polygons per cell.

    Parameters
    ----------
    rows : GeoDataFrame
        Points and polygons with counts, e.g. the layer ``population``.
    cells : GeoDataFrame
        Cells with ``cell_id``.
    columns : sequence of str
        Columns to sum.

    Returns
    -------
    DataFrame
        The columns on index ``cell_id``, in the order of the cells. A cell that no row touches
        has 0; a cell touched only by rows without a value, and a column without any value, stay
        empty.

    Notes
    -----
    A polygon gives each cell the share of its count that its area has there; a point gives all.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> sum_into_cells(toy["population"], toy["cells"], ["population"])["population"].tolist()
    [200.0, 160.0, 100.0, 40.0]
    """
    parts = _parts_in_cells(rows, cells)
    counts = rows[list(columns)].to_numpy(dtype=float)[parts["place"]]
    weighted = pd.DataFrame(counts * parts[["share"]].to_numpy(), columns=list(columns))
    total = weighted.groupby(parts["cell_id"].to_numpy()).sum(min_count=1)
    untouched = ~cells["cell_id"].isin(parts["cell_id"]).to_numpy()
    result = total.reindex(cells["cell_id"])
    result[untouched] = 0.0
    result.loc[:, rows[list(columns)].isna().all()] = np.nan
    return result


def _parts_in_cells(rows: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> pd.DataFrame:
    flat = rows.set_axis(range(len(rows)))
    is_point = (flat.geom_type == "Point").to_numpy()
    named = assign_points(flat[is_point], cells).dropna()
    points = pd.DataFrame({"place": named.index, "cell_id": named.to_numpy(), "share": 1.0})
    areas = share_areas(flat[~is_point], cells).rename(columns={"row": "place"})
    return pd.concat([points, areas[["place", "cell_id", "share"]]], ignore_index=True).astype(
        {"place": int, "share": float}
    )


def _same_crs(one: Any, cells: gpd.GeoDataFrame) -> None:
    if one.crs != cells.crs:
        raise CRSError(
            f"Rows and cells must share one CRS; found {one.crs} and {cells.crs}. "
            "Put both into one District, which projects them."
        )


def _share(rows: Any, cells: gpd.GeoDataFrame, measure: Measure, contest: Contest) -> pd.DataFrame:
    _same_crs(rows, cells)
    shapes, ground = rows.geometry.to_numpy(), cells.geometry.to_numpy()
    row, cell = shapely.STRtree(ground).query(shapes, predicate="intersects")
    order = np.lexsort((cell, row))
    row, cell = row[order], cell[order]
    found = _measure_pairs(shapes, ground, row, cell, measure)
    again = np.isin(row, row[contest(shapes[row], ground, cell)])
    if again.any():
        found[again] = _take_turns(shapes, ground, row[again], cell[again], measure)
    table = pd.DataFrame({"place": row, "cell": cell, "measure": found})[found > 0]
    table["row"] = rows.index.to_numpy()[table["place"]]
    table["cell_id"] = cells["cell_id"].to_numpy()[table["cell"]]
    return table.reset_index(drop=True)


def _measure_pairs(
    shapes: Shapes, ground: Shapes, row: Places, cell: Places, measure: Measure
) -> npt.NDArray[np.float64]:
    shapely.prepare(ground)
    found = np.asarray(measure(shapes[row]), dtype=float)
    cut = ~shapely.covers(ground[cell], shapes[row])
    found[cut] = measure(shapely.intersection(shapes[row[cut]], ground[cell[cut]]))
    return found


def _along_border(lines: Shapes, ground: Shapes, cell: Places) -> npt.NDArray[np.bool_]:
    """Whether a stretch of the line runs along the border of the cell."""
    return np.asarray(shapely.relate_pattern(lines, ground[cell], "*1*******"), dtype=bool)


def _on_overlap(areas: Shapes, ground: Shapes, cell: Places) -> npt.NDArray[np.bool_]:
    """Whether the cell shares ground with another cell."""
    one, other = shapely.STRtree(ground).query(ground, predicate="intersects")
    pair = one < other
    one, other = one[pair], other[pair]
    shared = ~shapely.touches(ground[one], ground[other])
    contested = np.concatenate([one[shared], other[shared]])
    return np.isin(cell, contested) & (shapely.area(areas) > 0)


def _take_turns(
    shapes: Shapes, ground: Shapes, row: Places, cell: Places, measure: Measure
) -> npt.NDArray[np.float64]:
    """Cells in their order take what they share of a shape; the next gets what is left."""
    turn = pd.Series(row).groupby(row).cumcount().to_numpy()
    left = shapes.copy()
    found = np.zeros(len(row))
    for number in range(int(turn.max()) + 1):
        now = turn == number
        mine, here = row[now], ground[cell[now]]
        found[now] = measure(shapely.intersection(left[mine], here))
        left[mine] = shapely.difference(left[mine], here)
    return found
