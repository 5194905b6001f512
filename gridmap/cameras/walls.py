"""Walls: footprints merged into the edges that block sight, and cameras moved out of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.reference import is_home

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]
Numbers = npt.NDArray[np.int64]
CANOPIES = frozenset({"canopy", "carport", "roof"})
"""Uses of buildings without walls: they neither block sight nor take public ground away."""
SNAP_M = 2.0
"""A camera inside a footprint is moved to a wall up to this far [m] away."""
STAND_OFF_M = 0.01
"""Cameras on a wall stand this far [m] in front of it; nearer than half of it is on the wall."""
_SAME_WALL_M = 0.01


@dataclass(frozen=True, eq=False)
class Walls:
    """Edges of merged footprints.

    Attributes
    ----------
    blocks : ndarray of Polygon
        Merged footprints, courtyards open.
    edges : ndarray, shape (n, 4)
        x0, y0, x1, y1 [m], what is built on the left; a free-standing wall is there twice, once
        in each direction.
    home : ndarray of bool, shape (n,)
        Whether the edge belongs to a home.
    tree : STRtree
        Of the edges.
    block_tree : STRtree
        Of the footprints.
    """

    blocks: npt.NDArray[np.object_]
    edges: Floats
    home: npt.NDArray[np.bool_]
    tree: shapely.STRtree
    block_tree: shapely.STRtree


def merge_walls(buildings: Any, lines: Any = None) -> Walls:
    """Merge footprints and take their edges.

    Parameters
    ----------
    buildings : GeoDataFrame
        Layer ``buildings`` in a metric CRS.
    lines : GeoDataFrame or GeoSeries, optional
        Free-standing walls as lines, in the same CRS.

    Returns
    -------
    Walls

    Notes
    -----
    Walls between touching buildings vanish; where footprints overlap, a wall is a home's if any
    of them is a home (MEASURES.md 5). Footprints whose rings touch or cross themselves are made
    valid first. Canopies have no walls. Every building blocks here, whatever its height; what is
    seen over low ones is the matter of :mod:`gridmap.cameras.relief`.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> walls = merge_walls(toy_district()["buildings"])
    >>> len(walls.blocks), len(walls.edges), int(walls.home.sum())
    (4, 16, 8)
    """
    walled = buildings[~buildings["use"].isin(CANOPIES)]
    shapes = np.asarray(walled.geometry, dtype=object)
    free = None if lines is None else np.asarray(lines.geometry, dtype=object)
    return walls_of(shapes, shapes[is_home(walled["use"])], free)


def walls_of(shapes: Shapes, homes: Shapes, lines: Shapes | None = None) -> Walls:
    """Walls of footprints and free-standing walls.

    Parameters
    ----------
    shapes : ndarray of Polygon
        Footprints.
    homes : ndarray of Polygon
        Footprints of homes; walls along them are homes'.
    lines : ndarray of LineString, optional
        Free-standing walls; what of them lies in a footprint is dropped, crossings are cut.

    Returns
    -------
    Walls

    Examples
    --------
    >>> fence = np.array([shapely.LineString([(5, 5), (15, 5)])])
    >>> house = np.array([shapely.box(0, 0, 10, 10)])
    >>> walls = walls_of(house, house, fence)
    >>> len(walls.edges), shapely.length(shapely.linestrings(walls.edges[-1].reshape(2, 2)))
    (6, np.float64(5.0))
    """
    blocks = merge_shapes(shapes)
    edges = _ring_edges(blocks)
    mine = _belong(edges, homes)
    if lines is not None and len(lines):
        free = _free_edges(lines, blocks)
        edges = np.vstack([edges, free, free[:, [2, 3, 0, 1]]])
        mine = np.r_[mine, np.zeros(2 * len(free), dtype=bool)]
    segments = np.asarray(shapely.linestrings(edges.reshape(-1, 2, 2)))
    return Walls(blocks, edges, mine, shapely.STRtree(segments), shapely.STRtree(blocks))


def merge_shapes(shapes: Shapes) -> Shapes:
    """Merge footprints into polygons that neither overlap nor cross themselves, outer rings left.

    Examples
    --------
    >>> two = np.array([shapely.box(0, 0, 2, 2), shapely.box(1, 0, 3, 2)])
    >>> shapely.area(merge_shapes(two)).tolist()
    [6.0]
    """
    parts = _polygons(shapely.make_valid(shapes))
    merged = _polygons(np.array([shapely.disjoint_subset_union_all(parts)]))
    return np.asarray(shapely.orient_polygons(merged), dtype=object)


def cut_out(shapes: Shapes, walls: Walls) -> Shapes:
    """Shapes without what of them lies in footprints.

    Parameters
    ----------
    shapes : ndarray of Geometry
        Ground or lines.
    walls : Walls
        From :func:`merge_walls`.

    Notes
    -----
    Each shape is cut by the footprints that it meets, not by all of them together.

    Examples
    --------
    >>> house = np.array([shapely.box(0, 0, 4, 9)])
    >>> street = np.array([shapely.LineString([(-5, 5), (15, 5)])])
    >>> shapely.length(cut_out(street, walls_of(house, house))).tolist()
    [16.0]
    """
    left = np.array(shapes, dtype=object)
    row, block = walls.block_tree.query(left, predicate="intersects")
    order = np.lexsort((block, row))
    touched, nth = np.unique(row[order], return_inverse=True)
    if len(touched):
        # Merged footprints do not overlap, so together they are one valid shape without a union.
        roofs = shapely.multipolygons(walls.blocks[block[order]], indices=nth)
        left[touched] = shapely.difference(left[touched], roofs)
    return left


def stand_outside(
    cameras: pd.DataFrame, walls: Walls, heading_deg: pd.Series | None = None
) -> pd.DataFrame:
    """Move cameras that stand on or just inside a footprint to the front of its wall.

    Parameters
    ----------
    cameras : DataFrame
        x_m, y_m.
    walls : Walls
        From :func:`merge_walls`.
    heading_deg : Series, optional
        Where they look [°]; a camera on a free-standing wall stands on the side it looks to.

    Returns
    -------
    DataFrame
        On the index of ``cameras``: x_m, y_m where the camera looks from, snapped_m (how far it
        was moved; 0 for most), inside (too deep in a building to be moved) and wall_m (how far
        in, for those).

    Notes
    -----
    Up to 2 m (MEASURES.md 5). The camera then stands 1 cm in front of the wall.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> walls = merge_walls(toy_district()["buildings"])
    >>> place = pd.DataFrame({"x_m": [500_021.0, 500_040.0], "y_m": [4_400_340.0] * 2})
    >>> told = stand_outside(place, walls)
    >>> told.snapped_m.round(2).tolist(), told.inside.tolist(), told.wall_m.tolist()
    ([1.01, 0.0], [False, True], [0.0, 20.0])
    """
    place = cameras[["x_m", "y_m"]].to_numpy(dtype=np.float64, copy=True)
    here = place.copy()
    inside, depth = np.zeros(len(place), dtype=bool), np.zeros(len(place))
    within = _on_blocks(place, walls)
    rows, fronts, depths = _fronts_of_walls(place, within, walls)
    inside[within], depth[rows] = True, depths
    standing = ~np.isnan(fronts[:, 0]) & (depths <= SNAP_M)
    here[rows[standing]], inside[rows[standing]] = fronts[standing], False
    _leave_lines(here, np.setdiff1d(np.arange(len(place)), within), walls, heading_deg)
    return pd.DataFrame(
        {
            "x_m": here[:, 0],
            "y_m": here[:, 1],
            "snapped_m": np.hypot(*(here - place).T),
            "inside": inside,
            "wall_m": np.where(inside, depth, 0.0),
        },
        index=cameras.index,
    )


def local_edges(aims: Floats, walls: Walls) -> tuple[Numbers, Numbers]:
    """Edges within range of each camera, as one ragged array.

    Parameters
    ----------
    aims : ndarray, shape (n, 5)
        x [m], y [m], two angles, range [m].
    walls : Walls
        From :func:`merge_walls`.

    Returns
    -------
    numbers, offsets : ndarray of int
        Those of camera k are ``numbers[offsets[k]:offsets[k + 1]]``.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> walls = merge_walls(toy_district()["buildings"])
    >>> aims = np.array([[500_100.0, 4_400_100.0, 0.0, 6.28, 30.0], [0.0, 0.0, 0.0, 6.28, 30.0]])
    >>> [one.tolist() for one in local_edges(aims, walls)]
    [[10, 11], [0, 2, 2]]
    """
    points = shapely.points(aims[:, :2])
    row, edge = walls.tree.query(points, predicate="dwithin", distance=aims[:, 4])
    offsets = np.zeros(len(aims) + 1, dtype=np.int64)
    np.cumsum(np.bincount(row, minlength=len(aims)), out=offsets[1:])
    return edge[np.lexsort((edge, row))].astype(np.int64), offsets


def _on_blocks(place: Floats, walls: Walls) -> Numbers:
    # A camera a hair outside its wall would see that wall edge-on, that is, not at all.
    row, _ = walls.block_tree.query(
        shapely.points(place), predicate="dwithin", distance=STAND_OFF_M / 2
    )
    return np.unique(row)


def _fronts_of_walls(
    place: Floats, within: Numbers, walls: Walls
) -> tuple[Numbers, Floats, Floats]:
    """For each camera within: the first free place in front of a nearest wall, and how far off."""
    (row, edge), away = walls.tree.query_nearest(
        shapely.points(place[within]), return_distance=True, all_matches=True
    )
    fronts, free = _in_front(place[within[row]], walls.edges[edge], walls)
    chosen = np.full((len(within), 2), np.nan)
    depth = np.zeros(len(within))
    depth[row] = away
    # Two places for each edge; the best is written last: well clear of every wall, the first edge.
    for worth in (1, 2):
        for side in (1, 0):
            for n in np.flatnonzero(free[:, side] == worth)[::-1]:
                chosen[row[n]] = fronts[n, side]
    return within, chosen, depth


def _in_front(here: Floats, edges: Floats, walls: Walls) -> tuple[Floats, Numbers]:
    """Places 1 cm off the nearest point of edges: 0 built over, 1 outside, 2 clear of all walls."""
    start, way = edges[:, :2], edges[:, 2:] - edges[:, :2]
    length = np.hypot(*way.T)[:, None]
    along = way / length
    foot = start + np.clip(((here - start) * along).sum(axis=1, keepdims=True), 0, length) * along
    normal = np.column_stack([along[:, 1], -along[:, 0]]) * STAND_OFF_M
    fronts = np.stack([foot + normal, foot - normal], axis=1)
    free = np.full(2 * len(edges), 2)
    places = shapely.points(fronts.reshape(-1, 2))
    for worth, distance in ((1, STAND_OFF_M / 2), (0, 0.0)):
        taken, _ = walls.block_tree.query(places, predicate="dwithin", distance=distance)
        free[taken] = worth
    return fronts, free.reshape(-1, 2)


def _leave_lines(
    here: Floats, outside: Numbers, walls: Walls, heading_deg: pd.Series | None
) -> None:
    """Cameras on a free-standing wall step off it, to the side they look to; north if unknown."""
    row, edge = walls.tree.query(
        shapely.points(here[outside]), predicate="dwithin", distance=STAND_OFF_M / 2
    )
    if not len(row):
        return
    heading = np.zeros(len(here)) if heading_deg is None else heading_deg.fillna(0.0).to_numpy()
    way = walls.edges[edge, 2:] - walls.edges[edge, :2]
    normal = np.column_stack([way[:, 1], -way[:, 0]]) / np.hypot(*way.T)[:, None]
    look = np.radians(heading[outside[row]])
    ahead = normal[:, 0] * np.sin(look) + normal[:, 1] * np.cos(look) > 0
    first = np.unique(row[ahead], return_index=True)[1]
    moved = outside[row[ahead][first]]
    here[moved] += normal[ahead][first] * STAND_OFF_M


def _ring_edges(blocks: Shapes) -> Floats:
    corners, ring = shapely.get_coordinates(shapely.get_rings(blocks), return_index=True)
    return np.hstack([corners[:-1], corners[1:]])[ring[:-1] == ring[1:]]


def _free_edges(lines: Shapes, blocks: Shapes) -> Floats:
    """Free-standing walls cut at footprints and at each other, as edges."""
    outside = shapely.difference(shapely.union_all(lines), shapely.union_all(blocks))
    pieces = shapely.get_parts(shapely.get_parts(outside))
    pieces = pieces[shapely.get_dimensions(pieces) == 1]
    corners, line = shapely.get_coordinates(pieces, return_index=True)
    return np.hstack([corners[:-1], corners[1:]])[line[:-1] == line[1:]]


def _belong(edges: Floats, homes: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    middle = (edges[:, :2] + edges[:, 2:]) / 2
    walls = shapely.STRtree(shapely.boundary(homes))
    edge, _ = walls.query(shapely.points(middle), predicate="dwithin", distance=_SAME_WALL_M)
    mine = np.zeros(len(edges), dtype=bool)
    mine[edge] = True
    return mine


def _polygons(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    parts = shapely.get_parts(shapely.get_parts(shapes))
    return parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
