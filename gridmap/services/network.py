"""The walking network: walkable ways of the layer ``roads``, split at every vertex."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from gridmap.schema import Finding
from gridmap.services.travel import WALL, Travel, is_told, walkable, words_of

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

VERTEX_GRID_M = 0.001
"""Vertices closer than this [m] are one place: float noise, not a gap in the street."""

FRAGMENT_M = 1000.0
"""A component with less street than this [m] is a fragment: a footway nobody joined to the map."""


@dataclass(frozen=True, eq=False)
class WalkNetwork:
    """Walkable ways as straight edges between vertices, walked both ways.

    Attributes
    ----------
    xy : ndarray, shape (n, 2)
        Places of the nodes [m].
    ends : ndarray of int, shape (m, 2)
        First and last node of each edge; no edge has twice the same, no two edges have both.
    road : ndarray of int, shape (m,)
        Position of the way in the roads it was laid from.
    component : ndarray of int, shape (n,)
        Connected part of each node; 0 is the one with most street length.
    pace : ndarray, shape (m, 2), optional
        How often each metre of an edge counts, walked forth and back: 2 where people are half as
        fast as usual, inf where nobody may go. Without it every metre counts once.
    leg_pace : float
        How often a metre of an access leg counts.
    """

    xy: FloatArray
    ends: IntArray
    road: IntArray
    component: IntArray
    pace: FloatArray | None = None
    leg_pace: float = 1.0

    def counted(
        self, edge: IntArray, forth_m: FloatArray, back_m: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Metres on edges as they count by :attr:`pace`, walked forth and back."""
        if self.pace is None:
            return forth_m, back_m
        forth, back = self.pace[edge].T
        # no way at all costs nothing, also where nobody may go
        return (
            np.multiply(forth_m, forth, out=np.zeros(len(edge)), where=forth_m > 0),
            np.multiply(back_m, back, out=np.zeros(len(edge)), where=back_m > 0),
        )

    @cached_property
    def length_m(self) -> FloatArray:
        """Length of each edge [m], shape (m,)."""
        return _lengths(self.xy, self.ends)

    @cached_property
    def edges(self) -> npt.NDArray[np.object_]:
        """Each edge as a straight line, shape (m,)."""
        if not len(self.ends):
            return np.empty(0, dtype=object)
        return np.asarray(shapely.linestrings(self.xy[self.ends]), dtype=object)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Spatial index of :attr:`edges`."""
        return shapely.STRtree(self.edges)

    @cached_property
    def graph(self) -> Any:
        """Walks between neighbours as a sparse matrix (n, n) for :mod:`scipy.sparse.csgraph`.

        Searches start at the sites, while people walk towards them: the entry (a, b) is the walk
        from b to a [m].
        """
        u, v = self.ends.T
        every = np.arange(len(self.ends))
        metres = np.concatenate(self.counted(every, self.length_m, self.length_m))
        a, b, real = np.concatenate([v, u]), np.concatenate([u, v]), np.isfinite(metres)
        return least_matrix(a[real], b[real], metres[real], (len(self.xy), len(self.xy)))

    @cached_property
    def is_main(self) -> BoolArray:
        """Whether each edge belongs to the largest component or one of :data:`FRAGMENT_M`."""
        part = self.component[self.ends[:, 0]]
        part_m = np.bincount(part, weights=self.length_m)
        # Equally long components are all the largest, so the order of rows cannot decide.
        return np.asarray(part_m[part] >= min(FRAGMENT_M, part_m.max() - VERTEX_GRID_M))

    @property
    def outside_share(self) -> float | None:
        """Share of street length outside the largest component; None without any street."""
        total = self.length_m.sum()
        if total == 0:
            return None
        outside = self.component[self.ends[:, 0]] > 0
        return float(self.length_m[outside].sum() / total)


def lay_network(roads: Any, travel: Travel | None = None) -> WalkNetwork:
    """Lay the network of the ways that are open to people.

    Parameters
    ----------
    roads : GeoDataFrame
        Layer ``roads`` in a metric CRS; whole ways or ways already split. Rows that are
        ``blocked`` are closed; those of the kind ``barrier`` are walls that close every piece of
        way they cross or touch on their level.
    travel : Travel, optional
        How people move; default on foot at the same speed everywhere.

    Returns
    -------
    WalkNetwork
        Every vertex is a node, every piece between two vertices an edge.

    Notes
    -----
    Two ways meet at a common vertex if one of them ends there, or if both pass through it on the
    same level (``bridge``, ``tunnel`` and ``layer`` agree). A bridge over a street therefore does
    not connect to it, but connects to the ways at its ends. Lines that cross without a common
    vertex never meet. Of parallel edges one is kept, as fast as the fastest each way; edges
    without length are dropped (MEASURES.md 3).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> network = lay_network(toy_district()["roads"])
    >>> len(network.xy), len(network.ends), float(network.length_m.sum()), network.outside_share
    (12, 12, 1600.0, 0.0)
    """
    told = travel is not None and not travel.is_plain
    chosen = np.flatnonzero(travel.opens(roads) if travel is not None else walkable(roads))
    shapes = np.asarray(roads.geometry, dtype=object)[chosen]
    lines, way = shapely.get_parts(shapes, return_index=True)
    places, line = shapely.get_coordinates(lines, include_z=told, return_index=True)
    places, heights = places[:, :2], places[:, 2:].ravel()
    levels = _levels(roads)
    level = levels[chosen][way]
    node, first = _join_vertices(places, line, level)
    along = _not_walled(roads, levels, places, np.flatnonzero(line[1:] == line[:-1]), level[line])
    drawn = np.column_stack([node[along], node[along + 1]])
    ends, xy = np.sort(drawn, axis=1), places[first]
    kept, same = _merge_parallel(ends)
    road = chosen[way[line[along]]]
    pace = None
    if travel is not None and told:
        of_row = travel.pace_of(roads)[road]
        of_row = np.where((drawn[:, 0] > drawn[:, 1])[:, None], of_row[:, ::-1], of_row)
        pace = np.full((len(kept), 2), np.inf)
        np.minimum.at(pace, same[same >= 0], of_row[same >= 0])
        pace *= _climbs(travel, xy, ends[kept], heights[first])
    leg_pace = 1.0 if travel is None else travel.leg_pace
    return WalkNetwork(xy, ends[kept], road[kept], _components(xy, ends[kept]), pace, leg_pace)


def network_findings(network: WalkNetwork) -> Iterator[Finding]:
    """Tell what is doubtful about a network: no way at all, or ways cut off from the rest.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> list(network_findings(lay_network(toy_district()["roads"])))
    []
    """
    share = network.outside_share
    if share is None:
        yield Finding(
            "no_walkable_way",
            "warning",
            "roads",
            (),
            "expected ways people can walk on, found none; nobody reaches any site",
            "Add footways and streets to the layer 'roads', or fill its column 'walkable'.",
        )
    elif share > 0:
        parts = int(network.component.max()) + 1
        cut_off = np.unique(network.road[network.component[network.ends[:, 0]] > 0])
        yield Finding(
            "network_in_parts",
            "warning" if share > 0.05 else "note",
            "roads",
            tuple(f"row {n + 1}" for n in cut_off),
            f"expected one connected walking network, found {parts} parts; "
            f"{share:.1%} of the length lies outside the largest",
            "Join ways at common vertices where people can in fact walk through.",
        )


def least_matrix(rows: IntArray, columns: IntArray, values: FloatArray, shape: Any) -> Any:
    """Sparse matrix in which the least of several values for one place is kept.

    Notes
    -----
    scipy adds duplicate entries, which would make parallel edges longer; explicit zeros stay, so
    that a site exactly on a node costs nothing.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([0, 0])
    >>> least_matrix(one, one + 1, np.array([5.0, 3.0]), (2, 2)).toarray().tolist()
    [[0.0, 3.0], [0.0, 0.0]]
    """
    order = np.lexsort((values, columns, rows))
    rows, columns, values = rows[order], columns[order], values[order]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    start = np.searchsorted(rows[new], np.arange(shape[0] + 1))
    return sparse.csr_matrix((values[new], columns[new], start), shape=shape)


def _levels(roads: pd.DataFrame) -> IntArray:
    """Level of each way as a number: ways on one level agree in bridge, tunnel and layer."""
    layer = pd.to_numeric(words_of(roads, "layer"), errors="coerce").fillna(0)
    bridge, tunnel = (is_told(roads, name) for name in ("bridge", "tunnel"))
    told = pd.DataFrame({"layer": layer, "bridge": bridge, "tunnel": tunnel})
    number = told.groupby(list(told), sort=True).ngroup()
    return np.asarray(number, dtype=np.int64)


def _join_vertices(xy: FloatArray, line: IntArray, level: IntArray) -> tuple[IntArray, IntArray]:
    """Node of each vertex, and one vertex of each node."""
    place = _unique_places(xy)
    is_end = np.ones(len(line), dtype=bool)
    is_end[1:-1] = (line[1:-1] != line[:-2]) | (line[1:-1] != line[2:])
    ended = np.bincount(place, weights=is_end, minlength=1) > 0
    floor = np.where(ended[place], 0, level[line] + 1) if len(line) else line
    key = place * (int(level.max(initial=0)) + 2) + floor
    _, first, node = np.unique(key, return_index=True, return_inverse=True)
    return node.astype(np.int64), first.astype(np.int64)


def _unique_places(xy: FloatArray) -> IntArray:
    if not len(xy):
        return np.empty(0, dtype=np.int64)
    grid = np.rint(xy / VERTEX_GRID_M).astype(np.int64)
    grid -= grid.min(axis=0)
    key = grid[:, 0] * (grid[:, 1].max() + 1) + grid[:, 1]
    return np.unique(key, return_inverse=True)[1].astype(np.int64)


def _merge_parallel(ends: IntArray) -> tuple[IntArray, IntArray]:
    """Rows to keep, one of each pair of nodes, none that ends where it begins; and for each row
    the place of the one that is kept for it, -1 for those without length.

    Edges are straight, so those between one pair of nodes are equally long.
    """
    real = np.flatnonzero(ends[:, 0] != ends[:, 1])
    key = ends[real, 0] * (ends.max(initial=0) + 1) + ends[real, 1]
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty(len(first), dtype=np.int64)
    place[order] = np.arange(len(first))
    same = np.full(len(ends), -1, dtype=np.int64)
    same[real] = place[group]
    return real[first[order]], same


def _not_walled(
    roads: Any, levels: IntArray, places: FloatArray, along: IntArray, level: IntArray
) -> IntArray:
    """Pieces of way, by their first vertex, that no wall on their level crosses or touches."""
    walls = np.flatnonzero(words_of(roads, "highway") == WALL)
    if not len(walls) or not len(along):
        return along
    corners = np.stack([places[along], places[along + 1]], axis=1)
    pieces = np.asarray(shapely.linestrings(corners), dtype=object)
    shapes = np.asarray(roads.geometry, dtype=object)[walls]
    wall, piece = shapely.STRtree(pieces).query(shapes, predicate="intersects")
    stopped = piece[levels[walls[wall]] == level[along[piece]]]
    return np.delete(along, np.unique(stopped))


def _climbs(travel: Travel, xy: FloatArray, ends: IntArray, heights: FloatArray) -> FloatArray:
    """Factor of the slope of each edge, forth and back; 1 where a height is missing."""
    if travel.climb is None or not len(ends):
        return np.ones((len(ends), 2))
    slope = (heights[ends[:, 1]] - heights[ends[:, 0]]) / _lengths(xy, ends)
    factor = np.column_stack([travel.climb(slope), travel.climb(-slope)])
    return np.where(np.isnan(slope)[:, None], 1.0, factor)


def _lengths(xy: FloatArray, ends: IntArray) -> FloatArray:
    step = xy[ends[:, 1]] - xy[ends[:, 0]]
    return np.hypot(step[:, 0], step[:, 1])


def _components(xy: FloatArray, ends: IntArray) -> IntArray:
    n = len(xy)
    links = sparse.csr_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(n, n))
    count, label = csgraph.connected_components(links, directed=False)
    length = np.bincount(label[ends[:, 0]], weights=_lengths(xy, ends), minlength=count)
    rank = np.empty(count, dtype=np.int64)
    rank[np.argsort(-length, kind="stable")] = np.arange(count)
    return rank[label]
