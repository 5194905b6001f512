"""Lay a regular pattern over communities: every cell is clipped to its community."""

import geopandas as gpd
import h3
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap import schema
from gridmap.crs import WGS84, project
from gridmap.errors import InputError
from gridmap.grid.codes import SERIAL_DIGITS, code_cells, number_cells
from gridmap.grid.slivers import MICROMETRE, absorb_slivers

SLIVER_SHARE = 0.25
"""A piece smaller than this share of a whole cell of the pattern is given to a neighbour."""
MOST_CELLS = 2_000_000
"""A pattern of more cells than this is refused: the size is a slip of the pen."""
HEXAGON_SHARE = np.sqrt(3) / 2
"""Area of a regular hexagon of width 1 across its flats."""


def lay_squares(
    communities: gpd.GeoDataFrame,
    size_m: float,
    *,
    sliver_share: float = SLIVER_SHARE,
    serial_digits: int = SERIAL_DIGITS,
) -> gpd.GeoDataFrame:
    """Square cells, clipped to each community.

    Parameters
    ----------
    communities : GeoDataFrame
        Communities with ``code`` and ``name`` in a metric CRS.
    size_m : float
        Side of a square [m].
    sliver_share : float
        Pieces below this share of a whole square are given to a neighbour [0-1].
    serial_digits : int
        Digits of the serial in the cell codes.

    Returns
    -------
    GeoDataFrame
        Cells with the columns of the schema, sorted by ``cell_id``; ``code`` follows
        :func:`gridmap.grid.codes.number_cells`, ``grid_version`` is e.g. ``square-500``.

    Raises
    ------
    InputError
        If the size is not positive, or makes more cells than codes or memory allow.

    Notes
    -----
    The squares are anchored at multiples of ``size_m`` in the CRS, not at the boundary: a boundary
    that is corrected moves no other cell. The cells of a community tile it exactly: no cell
    crosses a community border, pieces that a border cut apart become cells of their own, and
    those below ``sliver_share`` join the neighbour with the longest shared border
    (MEASURES.md 1, seamless and belongs).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> cells = lay_squares(toy_district().communities, 200)
    >>> cells.cell_id.tolist()[:2], cells.area.tolist()
    (['110101001001001', '110101001001002'], [40000.0, 40000.0, 40000.0, 40000.0])
    """
    _check_size(communities, size_m, size_m**2)
    west, south, east, north = communities.total_bounds
    column = np.arange(np.floor(west / size_m), np.ceil(east / size_m))
    row = np.arange(np.floor(south / size_m), np.ceil(north / size_m))
    x, y = (grid.ravel() * size_m for grid in np.meshgrid(column, row))
    squares = shapely.box(x, y, x + size_m, y + size_m)
    pattern = gpd.GeoDataFrame({"row": -np.round(y / size_m)}, geometry=squares)
    return _cut(communities, pattern, f"square-{size_m:g}", sliver_share * size_m**2, serial_digits)


def lay_hexagons(
    communities: gpd.GeoDataFrame,
    size_m: float,
    *,
    sliver_share: float = SLIVER_SHARE,
    serial_digits: int = SERIAL_DIGITS,
) -> gpd.GeoDataFrame:
    """Hexagonal cells, a corner to the north, clipped to each community.

    Parameters
    ----------
    communities : GeoDataFrame
        Communities with ``code`` and ``name`` in a metric CRS.
    size_m : float
        Width across the flats, which is also the distance of neighbouring centres [m].
    sliver_share : float
        Pieces below this share of a whole hexagon are given to a neighbour [0-1].
    serial_digits : int
        Digits of the serial in the cell codes.

    Returns
    -------
    GeoDataFrame
        As :func:`lay_squares`; ``grid_version`` is e.g. ``hexagon-500``.

    Raises
    ------
    InputError
        If the size is not positive, or makes more cells than codes or memory allow.

    Notes
    -----
    A whole hexagon has √3 ÷ 2 · size² of area. Rows lie √3 ÷ 2 · size apart, every second one
    shifted by half a hexagon; the pattern is anchored at the origin of the CRS.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> cells = lay_hexagons(toy_district().communities, 100)
    >>> float(round(cells.area.sum(), 3)), cells.grid_version.iloc[0]
    (160000.0, 'hexagon-100')
    """
    _check_size(communities, size_m, HEXAGON_SHARE * size_m**2)
    hexagons, row = _hexagons(communities.total_bounds, size_m)
    pattern = gpd.GeoDataFrame({"row": -row}, geometry=hexagons)
    smallest_m2 = sliver_share * HEXAGON_SHARE * size_m**2
    return _cut(communities, pattern, f"hexagon-{size_m:g}", smallest_m2, serial_digits)


def lay_h3(
    communities: gpd.GeoDataFrame,
    resolution: int,
    *,
    sliver_share: float = SLIVER_SHARE,
    serial_digits: int = SERIAL_DIGITS,
) -> gpd.GeoDataFrame:
    """H3 cells, clipped to each community.

    Parameters
    ----------
    communities : GeoDataFrame
        Communities with ``code`` and ``name`` in a metric CRS.
    resolution : int
        H3 resolution, 0 to 15 (9: about 0.1 km²).
    sliver_share : float
        Pieces below this share of a mean whole cell are given to a neighbour [0-1].
    serial_digits : int
        Digits of the serial in the cell codes.

    Returns
    -------
    GeoDataFrame
        As :func:`lay_squares`, with the H3 index of the largest piece in the column ``h3``;
        ``grid_version`` is e.g. ``h3-9``.

    Raises
    ------
    InputError
        If the resolution is not one of H3, or makes more cells than codes or memory allow.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> cells = lay_h3(toy_district().communities, 9)
    >>> round(cells.area.sum()), cells.grid_version.iloc[0], cells.h3.str.len().unique().tolist()
    (160000, 'h3-9', [15])
    """
    if resolution not in range(16):
        raise InputError(f"H3 has the resolutions 0 to 15, found {resolution}.")
    whole_m2 = h3.average_hexagon_area(resolution, unit="m^2")
    _check_size(communities, 1.0, whole_m2)
    pattern = _h3_pattern(communities, resolution)
    smallest_m2 = sliver_share * float(pattern.area.mean())
    return _cut(communities, pattern, f"h3-{resolution}", smallest_m2, serial_digits)


def size_for_households(
    households: float, area_m2: float, target: float, method: str = "square"
) -> float:
    """Size of the cells that hold a target number of households on average.

    Parameters
    ----------
    households : float
        Households of the district.
    area_m2 : float
        Area of the district [m²].
    target : float
        Households wanted per cell.
    method : {"square", "hexagon"}
        What ``size_m`` of the result means: a side, or the width across flats.

    Returns
    -------
    float
        Size [m], rounded to 10 m (at least 10 m).

    Raises
    ------
    InputError
        If there are no households or the target is not positive.

    Notes
    -----
    cell area = area · target ÷ households: right on average, not for each cell.

    Examples
    --------
    >>> size_for_households(4000, 1_000_000, 400)
    320.0
    """
    if not (households > 0 and target > 0):
        raise InputError(
            f"Cells of {target:g} households need a positive target and a population layer with "
            f"households; found {households:g} households. Give --size-m instead."
        )
    cell_m2 = area_m2 * target / households
    size_m = np.sqrt(cell_m2 / (HEXAGON_SHARE if method == "hexagon" else 1.0))
    return float(max(10.0, round(size_m / 10) * 10))


def _check_size(communities: gpd.GeoDataFrame, size_m: float, whole_m2: float) -> None:
    if not (np.isfinite(size_m) and size_m > 0):
        raise InputError(f"The size of a cell must be a positive number of metres, found {size_m}.")
    west, south, east, north = communities.total_bounds
    count = (east - west) * (north - south) / whole_m2
    if count > MOST_CELLS:
        raise InputError(
            f"Cells of {whole_m2:.3g} m² would make about {count:.2g} cells over this district; "
            f"gridmap lays at most {MOST_CELLS:,}. Use larger cells."
        )


def _hexagons(
    bounds: npt.NDArray[np.float64], size_m: float
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.float64]]:
    west, south, east, north = bounds
    radius_m, step_m = size_m / np.sqrt(3), HEXAGON_SHARE * size_m
    # Corners come from integer positions on a half-hexagon lattice, so neighbours share them bit
    # for bit.
    column = np.arange(np.floor(west / size_m) - 1, np.ceil(east / size_m) + 2)
    row = np.arange(np.floor(south / step_m) - 1, np.ceil(north / step_m) + 2)
    i, j = (grid.ravel() for grid in np.meshgrid(column, row))
    across = 2 * i + np.mod(j, 2)
    x_steps = across[:, None] + np.array([0, 1, 1, 0, -1, -1])
    y_steps = 3 * j[:, None] + np.array([2, 1, -1, -2, -1, 1])
    corners = np.stack([x_steps * size_m / 2, y_steps * radius_m / 2], axis=-1)
    return np.asarray(shapely.polygons(corners)), j


def _h3_pattern(communities: gpd.GeoDataFrame, resolution: int) -> gpd.GeoDataFrame:
    # The metres around keep cells whose edges bend inwards between the two projections.
    outline = communities.geometry.union_all().buffer(50.0)
    around = gpd.GeoSeries([outline], crs=communities.crs)
    lonlat = project(around, WGS84).iloc[0]
    names = h3.h3shape_to_cells_experimental(h3.geo_to_h3shape(lonlat), resolution, "overlap")
    names = sorted(names)
    rings = [[(lon, lat) for lat, lon in h3.cell_to_boundary(name)] for name in names]
    shapes = gpd.GeoSeries([shapely.Polygon(ring) for ring in rings], crs=WGS84)
    pattern = gpd.GeoDataFrame({"h3": names}, geometry=project(shapes, communities.crs))
    height_m = np.sqrt(pattern.area.mean())
    y = pattern.geometry.centroid.y
    return pattern.assign(row=np.floor((y.max() - y) / height_m))


def _cut(
    communities: gpd.GeoDataFrame,
    pattern: gpd.GeoDataFrame,
    version: str,
    smallest_m2: float,
    serial_digits: int,
) -> gpd.GeoDataFrame:
    pieces = _clip(communities, pattern)
    merged = _merge(pieces, absorb_slivers(pieces, smallest_m2))
    serial = number_cells(merged, merged["row"])
    codes = code_cells(merged["community_code"], serial, serial_digits)
    names = merged["community_code"].map(communities.set_index("code")["name"])
    merged = merged.drop(columns="row").assign(
        **codes,
        name=names.astype("str") + " " + pd.Series(serial).astype("str"),
        kind="basic",
        grid_version=version,
    )
    return schema.conform(merged.sort_values("cell_id"), "cells")


def _clip(communities: gpd.GeoDataFrame, pattern: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Single polygons of the pattern inside each community, with their community and row."""
    ground, shapes = communities.geometry.to_numpy(), pattern.geometry.to_numpy()
    community, cell = shapely.STRtree(shapes).query(ground, predicate="intersects")
    cut = shapely.set_precision(shapes[cell], MICROMETRE)
    crossing = ~_inside(ground, shapes, community, cell)
    cut[crossing] = shapely.intersection(
        ground[community[crossing]], shapes[cell[crossing]], grid_size=MICROMETRE
    )
    parts, source = shapely.get_parts(cut, return_index=True)
    solid = (shapely.get_dimensions(parts) == 2) & (shapely.area(parts) > 0)
    parts, source = parts[solid], source[solid]
    columns = pattern.drop(columns="geometry").iloc[cell[source]].reset_index(drop=True)
    columns["community_code"] = communities["code"].to_numpy()[community[source]]
    return gpd.GeoDataFrame(columns, geometry=parts, crs=communities.crs)


def _inside(
    ground: npt.NDArray[np.object_],
    shapes: npt.NDArray[np.object_],
    community: npt.NDArray[np.int64],
    cell: npt.NDArray[np.int64],
) -> npt.NDArray[np.bool_]:
    shapely.prepare(ground)
    return np.asarray(shapely.covers(ground[community], shapes[cell]), dtype=bool)


def _merge(pieces: gpd.GeoDataFrame, group: npt.NDArray[np.int64]) -> gpd.GeoDataFrame:
    """One row per group, with the columns of its largest piece."""
    largest_first = np.lexsort((-pieces.area.to_numpy(), group))
    leader = largest_first[np.unique(group[largest_first], return_index=True)[1]]
    shapes = pieces.geometry.to_numpy().copy()
    joined = shapes[leader]
    members = pd.Series(np.arange(len(group))).groupby(group).apply(np.asarray)
    for place, rows in enumerate(members):
        if len(rows) > 1:
            joined[place] = shapely.union_all(shapes[rows], grid_size=MICROMETRE)
    return (
        pieces.iloc[leader]
        .reset_index(drop=True)
        .set_geometry(gpd.GeoSeries(joined, crs=pieces.crs))
    )
