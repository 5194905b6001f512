"""Ground of one facility type: who walks how far to which site, and how that is repaired."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gridmap.compiled import loops
from gridmap.plan.scenario_changes import Place
from gridmap.services.access import Snaps, snap
from gridmap.services.network import BoolArray, FloatArray, IntArray, WalkNetwork

NOBODY = np.iinfo(np.int64).max
"""Rank where no site can be reached."""
_LOOPS = "gridmap.plan.scenario_loops"


@dataclass(frozen=True, eq=False)
class Stands:
    """Sites of one type that serve, in the order of their ranks.

    Attributes
    ----------
    rank : ndarray of int, shape (k,)
        Rank of each site.
    shapes : ndarray of geometry, shape (k,)
        Where they stand [m].
    snaps : Snaps
        Where they meet the network; subjects are ranks.
    """

    rank: IntArray
    shapes: npt.NDArray[np.object_]
    snaps: Snaps

    def without(self, ranks: IntArray) -> "Stands":
        """All but some."""
        kept = ~np.isin(self.rank, ranks)
        stays = ~np.isin(self.snaps.subject, ranks)
        return Stands(self.rank[kept], self.shapes[kept], pick_snaps(self.snaps, stays))

    def joined(self, other: "Stands") -> "Stands":
        """Both, sorted by rank."""
        rank = np.concatenate([self.rank, other.rank])
        shapes = np.concatenate([self.shapes, other.shapes])
        order = np.argsort(rank, kind="stable")
        return Stands(rank[order], shapes[order], join_snaps([self.snaps, other.snaps]))


@dataclass(frozen=True, eq=False)
class Lay:
    """What all types share: the network as CSR, and the demand on it.

    Attributes
    ----------
    network : WalkNetwork
    demand : Snaps
        Where the demand points meet the network.
    points : ndarray of geometry, shape (n,)
        The demand points.
    """

    network: WalkNetwork
    demand: Snaps
    points: npt.NDArray[np.object_]

    @cached_property
    def csr(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Start, neighbour and length [m] of the network's symmetric matrix."""
        graph = self.network.graph
        whole = (np.asarray(one, dtype=np.int64) for one in (graph.indptr, graph.indices))
        return (*whole, np.asarray(graph.data, dtype=np.float64))  # type: ignore[return-value]

    @cached_property
    def places(self) -> tuple[FloatArray, FloatArray]:
        """Coordinates of the demand points [m]."""
        x, y = shapely.get_x(self.points), shapely.get_y(self.points)
        return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)

    @cached_property
    def first(self) -> IntArray:
        """First row of each subject in the demand's snaps, and the number of rows."""
        return np.searchsorted(self.demand.subject, np.arange(len(self.points) + 1))


@dataclass(frozen=True, eq=False)
class Ground:
    """Labels of one type: the nearest site of every node and demand point.

    Attributes
    ----------
    stands : Stands
        The sites.
    node_m, node_site : ndarray, shape (nodes,)
        Walk to the nearest site [m], and its rank.
    walk_m, walk_site : ndarray, shape (points,)
        Walk of each demand point, access legs included, and the rank of its nearest site.
    line_m, line_site : ndarray, shape (points,)
        Straight line to the nearest site, and the rank of one that is as near.
    """

    stands: Stands
    node_m: FloatArray
    node_site: IntArray
    walk_m: FloatArray
    walk_site: IntArray
    line_m: FloatArray
    line_site: IntArray


def lay_ground(lay: Lay, stands: Stands) -> Ground:
    """Label the network and the demand of one type from nothing."""
    nodes, points = len(lay.network.xy), len(lay.points)
    node_m, node_site = np.full(nodes, np.inf), np.full(nodes, NOBODY)
    _spread(lay, node_m, node_site, _seeds(lay.network, stands.snaps))
    everyone = np.arange(points)
    walk_m, walk_site = np.full(points, np.inf), np.full(points, NOBODY)
    walk_m[:], walk_site[:] = _walks(lay, everyone, stands, node_m, node_site)
    line_m, line_site = _nearest_in_line(stands, lay.points)
    return Ground(stands, node_m, node_site, walk_m, walk_site, line_m, line_site)


def repair_ground(lay: Lay, old: Ground, gone: IntArray, added: Stands) -> Ground:
    """Take sites away and put others in; only labels that this can change are worked out.

    Parameters
    ----------
    lay : Lay
        What the old ground was laid on.
    old : Ground
        Before; it stays as it is.
    gone : ndarray of int
        Ranks of the sites that leave (a site that moves leaves and comes).
    added : Stands
        Sites that come.

    Returns
    -------
    Ground
        The same, bit by bit, as :func:`lay_ground` of the sites that are left.

    Notes
    -----
    Nodes whose nearest site left lose their label and are offered those of the nodes around them
    and of the sites beside them; nodes around a new site are offered its label. From there labels
    spread as far as they are better (ALGORITHMS.md, what-if).
    """
    stands = old.stands.without(gone).joined(added)
    node_m, node_site = old.node_m.copy(), old.node_site.copy()
    lost = np.isin(node_site, gone)
    node_m[lost], node_site[lost] = np.inf, NOBODY
    seeds = _seeds(lay.network, stands.snaps)
    frontier = _frontier(lay, node_m, node_site, lost)
    _spread(
        lay, node_m, node_site, [np.concatenate(pair) for pair in zip(seeds, frontier, strict=True)]
    )
    changed = (node_m != old.node_m) | (node_site != old.node_site)
    edges = np.concatenate(
        [old.stands.snaps.edge[np.isin(old.stands.snaps.subject, gone)], added.snaps.edge]
    )
    people = _near_change(lay, changed, edges)
    walk_m, walk_site = old.walk_m.copy(), old.walk_site.copy()
    walk_m[people], walk_site[people] = _walks(lay, people, stands, node_m, node_site)
    line_m, line_site = _repair_lines(lay, old, stands, gone, added)
    return Ground(stands, node_m, node_site, walk_m, walk_site, line_m, line_site)


def pick_snaps(snaps: Snaps, rows: Any) -> Snaps:
    """Take some rows of snaps."""
    return Snaps(
        snaps.subject[rows], snaps.edge[rows], snaps.start_m[rows], snaps.stop_m[rows],
        snaps.access_m[rows],
    )  # fmt: skip


def join_snaps(parts: Sequence[Snaps]) -> Snaps:
    """Several snaps as one."""
    names = ("subject", "edge", "start_m", "stop_m", "access_m")
    return Snaps(*(np.concatenate([getattr(one, name) for one in parts]) for name in names))


def rows_of(first: IntArray, subjects: IntArray) -> IntArray:
    """Rows of sorted subjects, given where each begins.

    Examples
    --------
    >>> rows_of(np.array([0, 2, 2, 5]), np.array([0, 2])).tolist()
    [0, 1, 2, 3, 4]
    """
    return _ranges(first[subjects], first[subjects + 1] - first[subjects])


def _seeds(network: WalkNetwork, snaps: Snaps) -> list[Any]:
    """Node, distance [m] and rank of what sites offer to the ends of their edges."""
    u, v = network.ends[snaps.edge].T
    length = network.length_m[snaps.edge]
    metres = [snaps.access_m + snaps.start_m, snaps.access_m + length - snaps.stop_m]
    return [np.concatenate([u, v]), np.concatenate(metres), np.tile(snaps.subject, 2)]


def _frontier(lay: Lay, node_m: FloatArray, node_site: IntArray, lost: BoolArray) -> list[Any]:
    """Offers of nodes that kept their label to neighbours that lost theirs."""
    start, neighbour, metres = lay.csr
    nodes = np.flatnonzero(lost)
    rows = rows_of(start, nodes)
    node = np.repeat(nodes, start[nodes + 1] - start[nodes])
    beside = neighbour[rows]
    kept = np.isfinite(node_m[beside])
    beside = beside[kept]
    return [node[kept], node_m[beside] + metres[rows[kept]], node_site[beside]]


def _spread(lay: Lay, node_m: FloatArray, node_site: IntArray, seeds: Sequence[Any]) -> None:
    steps = 3 * max(len(seeds[0]), int((node_site == NOBODY).sum()))
    loops(_LOOPS, steps).spread(
        *lay.csr, node_m, node_site, np.asarray(seeds[0], dtype=np.int64),
        np.asarray(seeds[1], dtype=np.float64), np.asarray(seeds[2], dtype=np.int64),
    )  # fmt: skip


def _near_change(lay: Lay, changed: BoolArray, edges: IntArray) -> IntArray:
    """Demand points whose walk may have changed."""
    ends = lay.network.ends
    touched = changed[ends[:, 0]] | changed[ends[:, 1]]
    touched[edges] = True
    return np.unique(lay.demand.subject[touched[lay.demand.edge]])


def _walks(
    lay: Lay, people: IntArray, stands: Stands, node_m: FloatArray, node_site: IntArray
) -> tuple[FloatArray, IntArray]:
    """Walk of some demand points and the rank of their nearest site."""
    result, nearest = np.full(len(people), np.inf), np.full(len(people), NOBODY)
    rows = rows_of(lay.first, people)
    if not len(rows):
        return result, nearest
    snaps = pick_snaps(lay.demand, rows)
    u, v = lay.network.ends[snaps.edge].T
    length = lay.network.length_m[snaps.edge]
    one, other = node_m[u] + snaps.start_m, node_m[v] + length - snaps.stop_m
    way = np.minimum(one, other)
    site = np.minimum(
        np.where(one == way, node_site[u], NOBODY), np.where(other == way, node_site[v], NOBODY)
    )
    _along(snaps, stands.snaps, way, site)
    count = lay.first[people + 1] - lay.first[people]
    met = np.flatnonzero(count)
    begin = (np.cumsum(count) - count)[met]
    total = way + snaps.access_m
    result[met] = np.minimum.reduceat(total, begin)
    is_least = total == np.repeat(result, count)
    nearest[met] = np.minimum.reduceat(np.where(is_least, site, NOBODY), begin)
    nearest[np.isinf(result)] = NOBODY
    return result, nearest


def _along(demand: Snaps, sites: Snaps, way: FloatArray, site: IntArray) -> None:
    """Let sites that stand on the very edge of the demand be reached along it."""
    order = np.argsort(sites.edge, kind="stable")
    edge = sites.edge[order]
    low, high = np.searchsorted(edge, demand.edge), np.searchsorted(edge, demand.edge, "right")
    count = high - low
    row = np.repeat(np.arange(len(demand.edge)), count)
    stood = order[_ranges(low, count)]
    before = sites.start_m[stood] - demand.start_m[row]
    after = demand.start_m[row] - sites.stop_m[stood]
    metres = np.maximum(np.maximum(before, after), 0) + sites.access_m[stood]
    least = way.copy()
    np.minimum.at(least, row, metres)
    site[least < way] = NOBODY
    way[:] = least
    tied = metres == way[row]
    np.minimum.at(site, row[tied], sites.subject[stood[tied]])


def _ranges(begin: IntArray, count: IntArray) -> IntArray:
    ends = np.cumsum(count)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(begin - (ends - count), count)


def _nearest_in_line(
    stands: Stands, points: npt.NDArray[np.object_]
) -> tuple[FloatArray, IntArray]:
    metres, site = np.full(len(points), np.inf), np.full(len(points), NOBODY)
    if len(stands.shapes) and len(points):
        tree = shapely.STRtree(stands.shapes)
        (row, found), far = tree.query_nearest(points, return_distance=True, all_matches=False)
        metres[row], site[row] = far, stands.rank[found]
    return metres, site


def _repair_lines(
    lay: Lay, old: Ground, stands: Stands, gone: IntArray, added: Stands
) -> tuple[FloatArray, IntArray]:
    metres, site = old.line_m.copy(), old.line_site.copy()
    lost = np.flatnonzero(np.isin(site, gone))
    metres[lost], site[lost] = _nearest_in_line(stands, lay.points[lost])
    for rank, shape in zip(added.rank, added.shapes, strict=True):
        far = _lines_to(lay, shape)
        nearer = far < metres
        metres[nearer], site[nearer] = far[nearer], rank
    return metres, site


def _lines_to(lay: Lay, shape: Any) -> FloatArray:
    """Straight line from every demand point to one site [m]."""
    if shapely.get_type_id(shape) != shapely.GeometryType.POINT:
        return np.asarray(shapely.distance(lay.points, shape), dtype=np.float64)
    x, y = lay.places
    east, north = x - shapely.get_x(shape), y - shapely.get_y(shape)
    # The sum of squares, as GEOS takes it: the same bits.
    return np.sqrt(east * east + north * north)


def stand(network: WalkNetwork, places: Sequence[Place]) -> Stands:
    """Places of a plan as sites that stand on a network."""
    rank = np.array([one.rank for one in places], dtype=np.int64)
    shapes = np.empty(len(places), dtype=object)
    shapes[:] = [one.shape for one in places]
    return Stands(rank, shapes, rename(snap(network, shapes), rank))


def rename(snaps: Snaps, rank: IntArray) -> Snaps:
    """Snaps whose subjects are ranks."""
    return replace(snaps, subject=rank[snaps.subject])


def part_of_snaps(lay: Lay, chosen: IntArray) -> Snaps:
    """Snaps of some homes, numbered anew."""
    rows = rows_of(lay.first, chosen)
    count = lay.first[chosen + 1] - lay.first[chosen]
    kept = Snaps(*(getattr(lay.demand, name)[rows] for name in Snaps.__dataclass_fields__))
    return replace(kept, subject=np.repeat(np.arange(len(chosen)), count))


def leg_of(network: WalkNetwork, shape: Any) -> float:
    """Straight leg from a place to the nearest way [m]; inf where there is none."""
    if not len(network.edges):
        return float("inf")
    return float(shapely.distance(network.edges[network.tree.nearest(shape)], shape))
