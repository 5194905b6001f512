"""Access on foot: from people and sites to the nearest way, and along the ways to the next site."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csgraph, vstack

from gridmap.services.network import FloatArray, IntArray, WalkNetwork, least_matrix
from gridmap.units import SNAP_FINDING_M

TIE_M = 0.001
"""Edges equally near within this [m] are all tried, so the order of rows cannot decide."""


@dataclass(frozen=True, eq=False)
class Snaps:
    """Where subjects (sites or demand points) meet the network, sorted by subject.

    Attributes
    ----------
    subject : ndarray of int, shape (k,)
        Position of the subject; one subject may meet several edges.
    edge : ndarray of int, shape (k,)
        Edge it meets.
    start_m, stop_m : ndarray, shape (k,)
        Where along the edge [m]; equal for a point, the stretch inside for a polygon.
    access_m : ndarray, shape (k,)
        Straight leg from the subject to the edge [m].
    """

    subject: IntArray
    edge: IntArray
    start_m: FloatArray
    stop_m: FloatArray
    access_m: FloatArray

    def of(self, subjects: npt.NDArray[np.bool_]) -> "Snaps":
        """Only the snaps of the subjects marked in a mask over all subjects."""
        kept = subjects[self.subject]
        return Snaps(*(column[kept] for column in self._columns))

    @property
    def _columns(self) -> tuple[Any, ...]:
        return self.subject, self.edge, self.start_m, self.stop_m, self.access_m


def snap(network: WalkNetwork, shapes: Any) -> Snaps:
    """Nearest edge (not node) of every shape, with the access leg.

    Parameters
    ----------
    network : WalkNetwork
        Network to walk on.
    shapes : array-like of geometry, shape (n,)
        Points or polygons in the CRS of the network [m].

    Returns
    -------
    Snaps
        Empty for every subject if the network has no edge.

    Notes
    -----
    A point walks straight to the nearest edge. A polygon (a park, a campus) is entered wherever a
    way runs into it, without a leg; one that no way enters is left from its outline to the nearest
    edge. Edges equally near within :data:`TIE_M` all count (MEASURES.md 3).

    Where the nearest edge belongs to a fragment of the network (see
    :attr:`WalkNetwork.is_main`), the nearest edge of the rest within
    :data:`gridmap.units.SNAP_FINDING_M` counts beside it: a footway that the map forgot to join
    does not cut off the clinic that stands on it.

    Examples
    --------
    >>> from gridmap.samples import at, toy_district
    >>> from gridmap.services.network import lay_network
    >>> network = lay_network(toy_district()["roads"])
    >>> snap(network, [at(40, 340)]).access_m.tolist()
    [40.0]
    """
    shapes = np.asarray(shapes, dtype=object)
    if not len(network.edges) or not len(shapes):
        return _empty_snaps()
    every = np.arange(len(shapes))
    entered = _enter(network, shapes)
    walked = _walk_to(network, shapes, np.setdiff1d(every, entered.subject))
    nearest = _stack([entered, walked])
    on_main = nearest.subject[network.is_main[nearest.edge]]
    second = _walk_to_main(network, shapes, np.setdiff1d(nearest.subject, on_main))
    met = _stack([nearest, second])
    order = np.lexsort((met.start_m, met.edge, met.subject))
    return Snaps(*(column[order] for column in met._columns))


def node_distances(network: WalkNetwork, sites: Sequence[Snaps]) -> FloatArray:
    """Measure the walking distance from every node to the nearest site of each group.

    Parameters
    ----------
    network : WalkNetwork
        Network to walk on.
    sites : sequence of Snaps
        One group of sites for each type.

    Returns
    -------
    ndarray, shape (groups, nodes)
        Distance [m]; inf where no site can be reached.

    Notes
    -----
    One search by Dijkstra for each group, started from a virtual node that is linked to both ends
    of every edge where a site stands, at the length of the way between (ALGORITHMS.md).

    Examples
    --------
    >>> from gridmap.samples import at, toy_district
    >>> from gridmap.services.network import lay_network
    >>> network = lay_network(toy_district()["roads"])
    >>> float(node_distances(network, [snap(network, [at(100, 300)])]).max())
    500.0
    """
    n, groups = len(network.xy), len(sites)
    group = np.repeat(np.arange(groups), [len(one.edge) for one in sites])
    together = _stack(sites)
    _, node, metres = ways_of_sites(network, together)
    links = least_matrix(np.tile(group, 2), node, metres, (groups, n + groups))
    streets = network.graph.copy()
    streets.resize((n, n + groups))
    whole = vstack([streets, links], format="csr")
    found = csgraph.dijkstra(whole, directed=True, indices=np.arange(n, n + groups))
    return np.asarray(found, dtype=np.float64)[:, :n]


def walk_distances(
    network: WalkNetwork, demand: Snaps, size: int, sites: Sequence[Snaps], node_m: FloatArray
) -> FloatArray:
    """Measure the walk from every demand point to the nearest site of each group.

    Parameters
    ----------
    network : WalkNetwork
        Network to walk on.
    demand : Snaps
        Where the demand points meet the network.
    size : int
        Number of demand points.
    sites : sequence of Snaps
        One group of sites for each type.
    node_m : ndarray, shape (groups, nodes)
        Distances of the nodes [m], from :func:`node_distances`.

    Returns
    -------
    ndarray, shape (groups, size)
        Distance [m], both access legs included; inf where no site can be reached.

    Notes
    -----
    d = leg + min(offset + d(first end), rest + d(last end)); a site on the same edge is measured
    directly along it (MEASURES.md 3).

    Examples
    --------
    >>> from gridmap.samples import at, toy_district
    >>> from gridmap.services.network import lay_network
    >>> network = lay_network(toy_district()["roads"])
    >>> home, shop = (snap(network, [one]) for one in (at(40, 340), at(100, 300)))
    >>> walk_distances(network, home, 1, [shop], node_distances(network, [shop])).tolist()
    [[100.0]]
    """
    node, _, along_m, _ = ways_of_homes(network, demand)
    (u, v), (to_u, to_v) = node.reshape(2, -1), along_m.reshape(2, -1)
    way = np.minimum(node_m[:, u] + to_u, node_m[:, v] + to_v)
    group = np.repeat(np.arange(len(sites)), [len(one.edge) for one in sites])
    stood, row, straight_m = along_one_edge(network, demand, _stack(sites), by_snap=True)
    np.minimum.at(way, (group[stood], row), straight_m)
    result = np.full((len(sites), size), np.inf)
    leg_m = network.leg_pace * demand.access_m
    first = np.flatnonzero(np.diff(demand.subject, prepend=-1))
    if len(first):
        result[:, demand.subject[first]] = np.minimum.reduceat(way + leg_m, first, axis=1)
    return result


def ways_of_sites(network: WalkNetwork, sites: Snaps) -> tuple[IntArray, IntArray, FloatArray]:
    """Ways into sites from both ends of every edge where one stands: first ends, then last ends.

    Returns
    -------
    tuple of ndarray
        Site, node and metres, access leg included, each of shape (2 × snaps,).

    Examples
    --------
    >>> from gridmap.samples import at, toy_district
    >>> from gridmap.services.network import lay_network
    >>> network = lay_network(toy_district()["roads"])
    >>> ways_of_sites(network, snap(network, [at(40, 340)]))[2].tolist()
    [80.0, 100.0]
    """
    length = network.length_m[sites.edge]
    forth, back = network.counted(sites.edge, sites.start_m, length - sites.stop_m)
    leg_m = network.leg_pace * sites.access_m
    metres = np.concatenate([leg_m + forth, leg_m + back])
    return np.tile(sites.subject, 2), network.ends[sites.edge].T.ravel(), metres


def ways_of_homes(
    network: WalkNetwork, demand: Snaps
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Ways from demand points to both ends of the edges they meet: first ends, then last ends.

    Returns
    -------
    tuple of ndarray
        Node, demand point, metres along the edge and metres of the access leg, each of shape
        (2 × snaps,).

    Examples
    --------
    >>> from gridmap.samples import at, toy_district
    >>> from gridmap.services.network import lay_network
    >>> network = lay_network(toy_district()["roads"])
    >>> node, point, along_m, leg_m = ways_of_homes(network, snap(network, [at(40, 340)]))
    >>> along_m.tolist(), leg_m.tolist()
    ([40.0, 60.0], [40.0, 40.0])
    """
    length = network.length_m[demand.edge]
    forth, back = network.counted(demand.edge, length - demand.stop_m, demand.start_m)
    node = network.ends[demand.edge].T.ravel()
    along_m = np.concatenate([back, forth])
    leg_m = network.leg_pace * np.tile(demand.access_m, 2)
    return node, np.tile(demand.subject, 2), along_m, leg_m


def along_one_edge(
    network: WalkNetwork, demand: Snaps, sites: Snaps, *, by_snap: bool = False
) -> tuple[IntArray, IntArray, FloatArray]:
    """Measure the walks to sites that stand on the very edge of the demand.

    Parameters
    ----------
    network : WalkNetwork
        Network to walk on.
    demand, sites : Snaps
        Where demand points and sites meet it.
    by_snap : bool
        Tell sites by the row of their snap, not by their position.

    Returns
    -------
    tuple of ndarray
        Site, row of the demand snaps, and metres without the leg of the demand.

    Examples
    --------
    >>> from gridmap.samples import at, toy_district
    >>> from gridmap.services.network import lay_network
    >>> network = lay_network(toy_district()["roads"])
    >>> home, shop = (snap(network, [one]) for one in (at(50, 320), at(80, 300)))
    >>> [one.tolist() for one in along_one_edge(network, home, shop)]
    [[0], [0], [30.0]]
    """
    row, site = _pairs_on_edges(network, demand.edge, sites.edge)
    before = np.maximum(sites.start_m[site] - demand.start_m[row], 0)
    after = np.maximum(demand.start_m[row] - sites.stop_m[site], 0)
    forth, back = network.counted(demand.edge[row], before, after)
    metres = np.maximum(forth, back) + network.leg_pace * sites.access_m[site]
    return site if by_snap else sites.subject[site], row, metres


def _pairs_on_edges(
    network: WalkNetwork, homes: IntArray, stands: IntArray
) -> tuple[IntArray, IntArray]:
    """Rows of homes and of sites that are on one edge."""
    marked = np.zeros(len(network.ends), dtype=bool)
    marked[stands] = True
    beside = np.flatnonzero(marked[homes])
    order = np.argsort(stands, kind="stable")
    first, last = (
        np.searchsorted(stands[order], homes[beside], side) for side in ("left", "right")
    )
    count = last - first
    step = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(beside, count), order[np.repeat(first, count) + step]


def line_distances(shapes: Any, points: Any) -> FloatArray:
    """Straight-line distance from every point to the nearest shape [m]; inf without a shape.

    Examples
    --------
    >>> from gridmap.samples import at
    >>> line_distances([at(100, 300)], [at(40, 340)]).round(1).tolist()
    [72.1]
    """
    result = np.full(len(points), np.inf)
    if len(shapes) and len(points):
        tree = shapely.STRtree(shapes)
        (row, _), far = tree.query_nearest(points, return_distance=True, all_matches=False)
        result[row] = far
    return result


def _empty_snaps() -> Snaps:
    whole, real = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64)
    return Snaps(whole, whole, real, real, real)


def _stack(sites: Sequence[Snaps]) -> Snaps:
    columns = zip(_empty_snaps()._columns, *(one._columns for one in sites), strict=True)
    return Snaps(*(np.concatenate(parts) for parts in columns))


def _enter(network: WalkNetwork, shapes: npt.NDArray[np.object_]) -> Snaps:
    """Stretches of edges inside polygons: there the site is reached without a leg."""
    areal = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    row, edge = network.tree.query(shapes[areal], predicate="intersects")
    inside = shapely.intersection(network.edges[edge], shapes[areal[row]])
    parts, pair = shapely.get_parts(inside, return_index=True)
    start_m, stop_m = _stretch(network, edge[pair], parts)
    return Snaps(areal[row[pair]], edge[pair], start_m, stop_m, np.zeros(len(parts)))


def _stretch(
    network: WalkNetwork, edge: IntArray, parts: npt.NDArray[np.object_]
) -> tuple[FloatArray, FloatArray]:
    origin = shapely.points(network.xy[network.ends[edge, 0]])
    corner, part = shapely.get_coordinates(parts, return_index=True)
    far = shapely.distance(shapely.points(corner), origin[part])
    first = np.flatnonzero(np.diff(part, prepend=-1))
    if not len(first):
        return np.empty(0), np.empty(0)
    return np.minimum.reduceat(far, first), np.maximum.reduceat(far, first)


def _walk_to(network: WalkNetwork, shapes: npt.NDArray[np.object_], rows: IntArray) -> Snaps:
    """Straight legs to all edges that are as near as the nearest."""
    near = network.tree.query_nearest(shapes[rows], return_distance=True, all_matches=False)
    (found, _), far = near
    row, edge = network.tree.query(shapes[rows[found]], predicate="dwithin", distance=far + TIE_M)
    return _legs(network, shapes, rows[found[row]], edge)


def _walk_to_main(network: WalkNetwork, shapes: npt.NDArray[np.object_], rows: IntArray) -> Snaps:
    """Straight legs to the nearest edges that belong to no fragment, where one is near enough."""
    chosen = np.flatnonzero(network.is_main)
    if not len(rows) or not len(chosen):
        return _empty_snaps()
    tree = shapely.STRtree(network.edges[chosen])
    (found, _), far = tree.query_nearest(
        shapes[rows], max_distance=SNAP_FINDING_M, return_distance=True, all_matches=False
    )
    row, edge = tree.query(shapes[rows[found]], predicate="dwithin", distance=far + TIE_M)
    return _legs(network, shapes, rows[found[row]], chosen[edge])


def _legs(
    network: WalkNetwork, shapes: npt.NDArray[np.object_], subject: IntArray, edge: IntArray
) -> Snaps:
    leg = shapely.shortest_line(network.edges[edge], shapes[subject])
    foot = shapely.get_coordinates(shapely.get_point(leg, 0))
    step = foot - network.xy[network.ends[edge, 0]]
    along_m = np.minimum(np.hypot(step[:, 0], step[:, 1]), network.length_m[edge])
    return Snaps(subject, edge, along_m, along_m, shapely.length(leg))
