"""Corners that cells share: near ones are one, those on the side of a neighbour become its own."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

NODE_REACH_M = 0.02
"""Corners within this distance [m] of each other, or of a side, are the same place."""


class Rings(NamedTuple):
    """Rings as numbers of shared vertices.

    Attributes
    ----------
    xy : ndarray of float
        Place of every vertex [m].
    rings : list of ndarray of int
        Vertices of every ring, the ground on its left, the first one not repeated.
    row : ndarray of int
        Position of the shape a ring belongs to.
    is_shell : ndarray of bool
        Whether a ring is the outer ring of a part; its holes follow it.
    """

    xy: Floats
    rings: list[Places]
    row: Places
    is_shell: npt.NDArray[np.bool_]


def node_rings(shapes: Any) -> Rings:
    """Rings of polygons on shared vertices.

    Parameters
    ----------
    shapes : array of Polygon or MultiPolygon
        Outlines in a metric CRS.

    Returns
    -------
    Rings
        Every place that two outlines share is one vertex of both.

    Examples
    --------
    >>> noded = node_rings([shapely.box(0, 0, 2, 2), shapely.box(2, 0, 3, 1)])
    >>> len(noded.xy), len(noded.rings[0])
    (7, 5)
    """
    parts, row = shapely.get_parts(np.asarray(shapes, dtype=object), return_index=True)
    parts = shapely.orient_polygons(parts)
    lines, part = shapely.get_rings(parts, return_index=True)
    is_shell = np.r_[True, part[1:] != part[:-1]] if len(part) else np.zeros(0, dtype=bool)
    xy, ring = shapely.get_coordinates(lines, return_index=True)
    keep = np.r_[ring[1:] == ring[:-1], False] if len(ring) else np.zeros(0, dtype=bool)
    places, vertex = np.unique(xy[keep], axis=0, return_inverse=True)
    places, vertex = _join_near(places, vertex.ravel())
    vertex, ring = _drop_repeats(vertex, ring[keep], len(lines))
    vertex, ring = _take_corners_in(places, vertex, ring)
    rings = np.split(vertex, np.flatnonzero(np.diff(ring)) + 1)
    return Rings(places, rings, row[part], is_shell)


def _join_near(places: Floats, vertex: Places) -> tuple[Floats, Places]:
    pairs = cKDTree(places).query_pairs(NODE_REACH_M, output_type="ndarray")
    size = len(places)
    joined = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    _, group = connected_components(joined, directed=False)
    _, first = np.unique(group, return_index=True)
    return places[first], group[vertex].astype(np.int64)


def _drop_repeats(vertex: Places, ring: Places, count: int) -> tuple[Places, Places]:
    """Drop corners that became the same as the one before them in their ring."""
    following = _following(vertex, ring, count)
    keep = vertex != following
    return vertex[keep], ring[keep]


def _following(vertex: Places, ring: Places, count: int) -> Places:
    size = np.bincount(ring, minlength=count)
    last = np.cumsum(size)[size > 0] - 1
    following = np.roll(vertex, -1)
    following[last] = vertex[(last - size[size > 0] + 1)]
    return following


def _take_corners_in(places: Floats, vertex: Places, ring: Places) -> tuple[Places, Places]:
    """Add the corners of others that lie on a side, in the order in which they follow on it."""
    after = _following(vertex, ring, int(ring.max()) + 1 if len(ring) else 0)
    sides = np.asarray(
        shapely.linestrings(np.stack([places[vertex], places[after]], axis=1)), dtype=object
    )
    corner, side = shapely.STRtree(sides).query(
        shapely.points(places), predicate="dwithin", distance=NODE_REACH_M
    )
    own = (corner == vertex[side]) | (corner == after[side])
    corner, side = corner[~own], side[~own]
    start = places[vertex[side]]
    along = ((places[corner] - start) * (places[after[side]] - start)).sum(axis=1)
    order = np.lexsort((along, side))
    return (
        np.insert(vertex, side[order] + 1, corner[order]),
        np.insert(ring, side[order] + 1, ring[side[order]]),
    )
