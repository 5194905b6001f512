"""Walls: footprints merged into the edges that block sight, and cameras moved out of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.reference import is_home

Floats = npt.NDArray[np.float64]
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
        x0, y0, x1, y1 [m].
    home : ndarray of bool, shape (n,)
        Whether the edge belongs to a home.
    tree : STRtree
        Of the edges.
    """

    blocks: npt.NDArray[np.object_]
    edges: Floats
    home: npt.NDArray[np.bool_]
    tree: shapely.STRtree


def merge_walls(buildings: Any) -> Walls:
    """Merge footprints and take their edges.

    Parameters
    ----------
    buildings : GeoDataFrame
        Layer ``buildings`` in a metric CRS.

    Returns
    -------
    Walls

    Notes
    -----
    Walls between touching buildings vanish; where footprints overlap, a wall is a home's if any
    of them is a home (MEASURES.md 5). Every building blocks whatever its height, so a view over a
    low roof is not counted: coverage errs on the low side there. Canopies have no walls.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> walls = merge_walls(toy_district()["buildings"])
    >>> len(walls.blocks), len(walls.edges), int(walls.home.sum())
    (4, 16, 8)
    """
    walled = buildings[~buildings["use"].isin(CANOPIES)]
    shapes = np.asarray(walled.geometry, dtype=object)
    merged = shapely.union_all(_polygons(shapely.make_valid(shapes)))
    blocks = _polygons(np.array([merged]))
    rings = shapely.get_rings(blocks)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    edges = np.hstack([corners[:-1], corners[1:]])[ring[:-1] == ring[1:]]
    lines = np.asarray(shapely.linestrings(edges.reshape(-1, 2, 2)))
    homes = shapes[is_home(walled["use"])]
    return Walls(blocks, edges, _belong(edges, homes), shapely.STRtree(lines))


def stand_outside(cameras: pd.DataFrame, walls: Walls) -> pd.DataFrame:
    """Move cameras that stand on or just inside a footprint to the front of its wall.

    Parameters
    ----------
    cameras : DataFrame
        x_m, y_m.
    walls : Walls
        From :func:`merge_walls`.

    Returns
    -------
    DataFrame
        On the index of ``cameras``: x_m, y_m where the camera looks from, snapped_m (how far it
        was moved; 0 for most) and inside (too deep in a building to be moved).

    Notes
    -----
    Up to 2 m (MEASURES.md 5). The camera then stands 1 cm in front of the wall.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> walls = merge_walls(toy_district()["buildings"])
    >>> place = pd.DataFrame({"x_m": [500_021.0, 500_040.0], "y_m": [4_400_340.0] * 2})
    >>> told = stand_outside(place, walls)
    >>> told.snapped_m.round(2).tolist(), told.inside.tolist()
    ([1.01, 0.0], [False, True])
    """
    points = np.asarray(shapely.points(cameras["x_m"], cameras["y_m"]))
    told = pd.DataFrame(
        {"x_m": cameras["x_m"], "y_m": cameras["y_m"], "snapped_m": 0.0, "inside": False}
    )
    if not len(walls.blocks):
        return told
    # A camera a hair outside its wall would see that wall edge-on, that is, not at all.
    point, _ = shapely.STRtree(walls.blocks).query(
        points, predicate="dwithin", distance=STAND_OFF_M / 2
    )
    for row in np.unique(point):
        place = _front_of_wall(points[row], walls)
        label = cameras.index[row]
        if place is None:
            told.loc[label, "inside"] = True
        else:
            moved = float(np.hypot(*(place - shapely.get_coordinates(points[row])[0])))
            told.loc[label, ["x_m", "y_m", "snapped_m"]] = [*place, moved]
    return told


def local_edges(x_m: float, y_m: float, range_m: float, walls: Walls) -> npt.NDArray[np.int64]:
    """Find the edges within range of a place, by number."""
    return walls.tree.query(shapely.Point(x_m, y_m), predicate="dwithin", distance=range_m)


def _front_of_wall(point: shapely.Point, walls: Walls) -> Floats | None:
    near, distance = walls.tree.query_nearest(point, return_distance=True, all_matches=True)
    if distance[0] > SNAP_M:
        return None
    here = shapely.get_coordinates(point)[0]
    for edge in near:
        start, end = walls.edges[edge, :2], walls.edges[edge, 2:]
        along = (end - start) / np.hypot(*(end - start))
        foot = start + np.clip((here - start) @ along, 0.0, np.hypot(*(end - start))) * along
        for normal in (np.array([-along[1], along[0]]), np.array([along[1], -along[0]])):
            place = foot + STAND_OFF_M * normal
            if not shapely.intersects(walls.blocks, shapely.Point(place)).any():
                return place
    return None


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
