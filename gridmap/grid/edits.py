"""Edits of cells: merge, split, move a border. Each gives the whole new grid from a day on."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.ops import split

from gridmap.errors import InputError, name_ids
from gridmap.grid.codes import number_cells, rows_of
from gridmap.grid.editions import GridEdit, check_known, make_edition
from gridmap.grid.numbering import Numbering, name_cells
from gridmap.units import TILING_TOLERANCE_M2

END_REACH_M = 0.5
"""A line that stops so far [m] before the border of a cell still cuts it."""


def merge_cells(
    cells: gpd.GeoDataFrame,
    cell_ids: Sequence[str],
    on: dt.date,
    *,
    name: str | None = None,
    numbering: Numbering | None = None,
    weights: gpd.GeoDataFrame | None = None,
    grid_version: str | None = None,
) -> GridEdit:
    """Merge neighbouring cells of one community into a new cell.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells in force, in a metric CRS.
    cell_ids : sequence of str
        Two or more of them.
    on : date
        First day of the new grid.
    name : str, optional
        Name of the new cell; default that of the largest.
    numbering, weights, grid_version : optional
        How the new cell is named; see :class:`Numbering` and
        :func:`gridmap.grid.lineage.trace_lineage`.

    Raises
    ------
    InputError
        If a cell is unknown, there are fewer than two, they belong to two communities, they do
        not touch, or the day lies before the grid in force.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> edit = merge_cells(toy_district()["cells"], ["nw", "sw"], dt.date(2026, 7, 1))
    >>> edit.cells[["cell_id", "population"]].values.tolist()[-1]
    ['110101001001003', 300.0]
    >>> edit.past.cell_id.tolist(), edit.lineage.kind.tolist()
    (['nw', 'sw'], ['same', 'merge', 'same', 'merge'])
    """
    chosen = _choose(cells, cell_ids)
    if len(chosen) < 2:
        raise InputError(
            f"A merge takes two cells or more, found {name_ids(cell_ids)}. Name the others, too."
        )
    _check_one_community(chosen)
    _check_together(chosen)
    largest = chosen.loc[[chosen.area.idxmax()]]
    merged = largest.assign(
        geometry=gpd.GeoSeries([chosen.union_all()], index=largest.index, crs=cells.crs),
        kind="dedicated" if (chosen["kind"] == "dedicated").all() else "basic",
        name=name or largest["name"].to_numpy(),
    )
    merged = name_cells(merged, cells, numbering, merged=True)
    fresh = pd.concat([cells.drop(chosen.index), merged], ignore_index=True)
    return make_edition(cells, fresh, on, weights=weights, grid_version=grid_version)


def split_cell(
    cells: gpd.GeoDataFrame,
    cell_id: str,
    on: dt.date,
    *,
    line: Any = None,
    parts: Sequence[Any] | None = None,
    numbering: Numbering | None = None,
    weights: gpd.GeoDataFrame | None = None,
    grid_version: str | None = None,
) -> GridEdit:
    """Split a cell by a line, or into given parts.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells in force, in a metric CRS.
    cell_id : str
        The cell.
    on : date
        First day of the new grid.
    line : LineString, optional
        From border to border of the cell, in the CRS of the cells.
    parts : sequence of Polygon, optional
        Parts that cover the cell, instead of a line.
    numbering, weights, grid_version : optional
        As for :func:`merge_cells`.

    Raises
    ------
    InputError
        If the line does not cut the cell, the parts do not cover it, cover each other or lie
        outside it; the message says by how much.

    Examples
    --------
    >>> from gridmap.samples import line, toy_district
    >>> cut = line((100, 0), (100, 200))
    >>> edit = split_cell(toy_district()["cells"], "sw", dt.date(2026, 7, 1), line=cut)
    >>> edit.cells[["cell_id", "population"]].values.tolist()[-2:]
    [['110101001001003', 50.0], ['110101001001004', 50.0]]
    """
    if (line is None) == (parts is None):
        raise InputError("A split takes either a line or parts. Give one of the two.")
    chosen = _choose(cells, [cell_id])
    whole = chosen.geometry.iloc[0]
    shapes = _cut(whole, line, cell_id) if parts is None else list(parts)
    _check_parts(shapes, whole, cell_id)
    pieces = chosen.loc[chosen.index.repeat(len(shapes))].reset_index(drop=True)
    pieces = pieces.set_geometry(gpd.GeoSeries(shapes, crs=cells.crs))
    order = np.argsort(number_cells(pieces, rows_of(pieces)))
    pieces = name_cells(pieces.iloc[order].reset_index(drop=True), cells, numbering)
    fresh = pd.concat([cells.drop(chosen.index), pieces], ignore_index=True)
    return make_edition(cells, fresh, on, weights=weights, grid_version=grid_version)


def adjust_border(
    cells: gpd.GeoDataFrame,
    giver: str,
    taker: str,
    ground: Any,
    on: dt.date,
    *,
    weights: gpd.GeoDataFrame | None = None,
    grid_version: str | None = None,
) -> GridEdit:
    """Move the border between two cells: ground goes from one to the other; both keep their names.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells in force, in a metric CRS.
    giver, taker : str
        Cells of one community.
    ground : Polygon
        What goes over; only what lies in the giver counts.
    on : date
        First day of the new grid.
    weights, grid_version : optional
        As for :func:`merge_cells`.

    Raises
    ------
    InputError
        If no ground of the giver is meant, all of it is, or the ground does not touch the taker.

    Examples
    --------
    >>> from gridmap.samples import box, toy_district
    >>> strip = box(0, 180, 200, 200)
    >>> edit = adjust_border(toy_district()["cells"], "sw", "nw", strip, dt.date(2026, 7, 1))
    >>> edit.lineage.query("kind == 'adjust'").area_m2.tolist()
    [40000.0, 4000.0, 36000.0]
    """
    if giver == taker:
        raise InputError(f"Ground goes from one cell to another, found {giver} twice.")
    chosen = _choose(cells, [giver, taker]).set_index("cell_id")
    _check_one_community(chosen.reset_index())
    before = chosen.geometry[giver]
    moved = shapely.intersection(before, shapely.make_valid(ground))
    if moved.area <= TILING_TOLERANCE_M2:
        raise InputError(
            f"The ground to move lies in cell {giver} with {moved.area:.1f} m²; expected more than "
            f"{TILING_TOLERANCE_M2:g} m². Draw it over the cell that gives."
        )
    left = shapely.difference(before, moved)
    if left.area <= TILING_TOLERANCE_M2:
        raise InputError(
            f"The ground to move is all of cell {giver}. Merge the two cells instead: gridmap grid "
            "merge."
        )
    grown = shapely.union(chosen.geometry[taker], moved)
    if len(shapely.get_parts(grown)) > len(shapely.get_parts(chosen.geometry[taker])):
        raise InputError(
            f"The ground to move does not touch cell {taker}; it would lie apart. Draw it up to "
            "the border between the two."
        )
    shapes = pd.Series({giver: left, taker: grown})
    return reshape_cells(cells, shapes, on, weights=weights, grid_version=grid_version)


def reshape_cells(
    cells: gpd.GeoDataFrame,
    shapes: Mapping[str, Any] | pd.Series,
    on: dt.date,
    *,
    weights: gpd.GeoDataFrame | None = None,
    grid_version: str | None = None,
) -> GridEdit:
    """Give cells new outlines that together cover the same ground.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells in force, in a metric CRS.
    shapes : mapping of str to Polygon
        New outlines by ``cell_id``.
    on, weights, grid_version
        As for :func:`merge_cells`.

    Raises
    ------
    InputError
        If a cell is unknown, the outlines do not cover the same ground, or ground would go to
        another community.

    Examples
    --------
    >>> from gridmap.samples import box, toy_district
    >>> shapes = {"nw": box(0, 150, 200, 400), "sw": box(0, 0, 200, 150)}
    >>> edit = reshape_cells(toy_district()["cells"], shapes, dt.date(2026, 7, 1))
    >>> edit.cells.population.tolist()
    [225.0, 160.0, 75.0, 40.0]
    """
    given = pd.Series(shapes)
    chosen = _choose(cells, list(given.index))
    fresh = cells.copy()
    drawn = given.reindex(chosen["cell_id"])
    fresh.loc[chosen.index, fresh.geometry.name] = gpd.GeoSeries(
        drawn.to_numpy(), index=chosen.index, crs=cells.crs
    )
    return make_edition(cells, fresh, on, weights=weights, grid_version=grid_version)


def _choose(cells: gpd.GeoDataFrame, cell_ids: Sequence[str]) -> gpd.GeoDataFrame:
    check_known(cell_ids, cells["cell_id"], "cell")
    return cells[cells["cell_id"].isin(cell_ids)]


def _check_one_community(chosen: pd.DataFrame) -> None:
    codes = chosen["community_code"].unique()
    if len(codes) > 1:
        raise InputError(
            f"Cells {name_ids(chosen['cell_id'])} belong to the communities {name_ids(codes)}; a "
            "cell lies in one. Merge the communities first: gridmap grid merge-communities."
        )


def _check_together(chosen: gpd.GeoDataFrame) -> None:
    shapes = chosen.geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    shared = shapely.length(shapely.intersection(shapes[one], shapes[other])) > 0
    reached, waiting = {0}, [0]
    while waiting:
        near = other[shared & (one == waiting.pop())]
        waiting += [row for row in near if row not in reached]
        reached |= set(near)
    if apart := [row for row in range(len(shapes)) if row not in reached]:
        raise InputError(
            f"Cells that are merged share borders; {name_ids(chosen['cell_id'].iloc[apart])} lies "
            f"apart from {chosen['cell_id'].iloc[0]}. Name the cells between, too."
        )


def _cut(whole: Any, line: Any, cell_id: str) -> list[Any]:
    """Parts of a cell along a line; pieces the line misses stay with the nearest part."""
    if line.geom_type != "LineString":
        raise InputError(f"A cell is split along one line, found a {line.geom_type}. Draw a line.")
    cut = _reaching(line)
    pieces = [list(split(one, cut).geoms) for one in shapely.get_parts(whole)]
    parts = [part for found in pieces if len(found) > 1 for part in found]
    if not parts:
        raise InputError(
            f"The line does not cut cell {cell_id} into parts: it should run from border to border "
            f"of the cell, and {line.intersection(whole).length:.1f} m of it lie inside. Draw it "
            "across the whole cell."
        )
    for found in pieces:
        if len(found) == 1:
            nearest = int(np.argmin([part.distance(found[0]) for part in parts]))
            parts[nearest] = shapely.union(parts[nearest], found[0])
    return parts


def _reaching(line: Any) -> Any:
    """Make a line longer at both ends: one drawn up to a border often stops a hair before it."""
    xy = shapely.get_coordinates(line)
    for end, before in ((0, 1), (-1, -2)):
        way = xy[end] - xy[before]
        xy[end] += way / max(float(np.hypot(*way)), 1e-9) * END_REACH_M
    return shapely.LineString(xy)


def _check_parts(parts: Sequence[Any], whole: Any, cell_id: str) -> None:
    shapes = np.array(parts, dtype=object)
    if len(shapes) < 2 or not (shapely.area(shapes) > TILING_TOLERANCE_M2).all():
        small = shapely.area(shapes).min() if len(shapes) else 0.0
        raise InputError(
            f"Cell {cell_id} is split into two parts or more, each over {TILING_TOLERANCE_M2:g} "
            f"m²; found {len(shapes)}, the smallest of {small:.2f} m². Draw the parts anew."
        )
    union = shapely.union_all(shapes)
    for area_m2, what in (
        (shapely.difference(whole, union).area, "are in no part"),
        (shapely.difference(union, whole).area, "lie outside the cell"),
        (shapely.area(shapes).sum() - union.area, "are in two parts"),
    ):
        if area_m2 > TILING_TOLERANCE_M2:
            raise InputError(
                f"The parts should cover cell {cell_id} exactly; {area_m2:.1f} m² {what}. Correct "
                "the outlines, or give a line to cut along."
            )
