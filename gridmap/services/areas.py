"""Service areas: the ground that can be reached on foot from the sites of a type."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.services.access import Snaps
from gridmap.services.network import BoolArray, FloatArray, IntArray, WalkNetwork

STRIP_M = 30.0
"""Ground counts as reached up to this distance [m] beside a reached piece of street."""

_QUAD_SEGMENTS = 4
_LEVELS = 4
_STRAIGHT = -0.7
"""Cosine between two edges that may be one street: a bend of less than 45°."""
_MAX_CORNERS = 256

Shapes = npt.NDArray[np.object_]
Pieces = tuple[IntArray, FloatArray, FloatArray]
"""Edge, start [m] and stop [m] of reached pieces of street."""


class ReachedGround:
    """Turn reached pieces of street into ground, remembering what was joined before.

    The edges are ordered along streets, which run straight on over crossings, and the strips
    beside 2, 4, 8 and 16 edges in a row are joined once. A service area is then the union of the
    largest such blocks that are reached whole and of the strips at its rim: far fewer corners
    meet than from edge to edge. Other threads may run meanwhile.

    Parameters
    ----------
    network : WalkNetwork
        Network the pieces belong to.
    """

    def __init__(self, network: WalkNetwork) -> None:
        self._network = network
        street, place = order_along_streets(network)
        self._blocks, self._of_edge = _join_blocks(_strip(network.edges), street, place)

    def join(self, pieces: Pieces) -> Any:
        """Join the ground within :data:`STRIP_M` of any of the pieces.

        Parameters
        ----------
        pieces : tuple of ndarray
            Edge, start and stop [m] of each piece, as :func:`reached_pieces` makes them.

        Returns
        -------
        Polygon or MultiPolygon
            Empty without pieces.

        Examples
        --------
        >>> import numpy as np
        >>> from gridmap.samples import toy_district
        >>> from gridmap.services.network import lay_network
        >>> ground = ReachedGround(lay_network(toy_district()["roads"]))
        >>> one_edge = np.array([0]), np.array([0.0]), np.array([100.0])
        >>> round(ground.join(one_edge).area)  # 100 m × 60 m and half a circle at each end
        8755
        """
        edge, start_m, stop_m = pieces
        if not len(edge):
            return shapely.Polygon()
        complete = (start_m <= 0) & (stop_m >= self._network.length_m[edge])
        full = np.zeros(len(self._network.edges), dtype=bool)
        full[edge[complete]] = True
        loose = ~full[edge]
        rim = self._strips_of(edge[loose], start_m[loose], stop_m[loose])
        return shapely.union_all(np.concatenate([*self._whole_blocks(full), rim]))

    def _whole_blocks(self, full: BoolArray) -> Iterator[Shapes]:
        """Ground of the largest blocks all of whose edges are reached."""
        left = full
        for blocks, of_edge in zip(self._blocks[::-1], self._of_edge[::-1], strict=True):
            size = np.bincount(of_edge, minlength=len(blocks))
            whole = np.bincount(of_edge, weights=left, minlength=len(blocks)) == size
            yield blocks[whole]
            left = left & ~whole[of_edge]

    def _strips_of(self, edge: IntArray, start_m: FloatArray, stop_m: FloatArray) -> Shapes:
        first, last = (self._network.xy[self._network.ends[edge, side]] for side in (0, 1))
        length = self._network.length_m[edge]
        corners = [first + (last - first) * (m / length)[:, None] for m in (start_m, stop_m)]
        return _strip(np.asarray(shapely.linestrings(np.stack(corners, axis=1)), dtype=object))


def order_along_streets(network: WalkNetwork) -> tuple[IntArray, IntArray]:
    """Street of every edge and its place in it; streets run on where they bend least.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> from gridmap.services.network import lay_network
    >>> street, place = order_along_streets(lay_network(toy_district()["roads"]))
    >>> int(street.max()) + 1, int(place.max()) + 1
    (4, 3)
    """
    onward = _straight_on(network).tolist()
    street, place = (np.full(len(network.ends), -1, dtype=np.int64) for _ in range(2))
    loose = [half for half, other in enumerate(onward) if other < 0]
    count = 0
    # from the loose ends of streets first; what is left then are rings
    for half in [*loose, *range(0, len(onward), 2)]:
        step, here = 0, half
        while here >= 0 and street[here // 2] < 0:
            street[here // 2], place[here // 2] = count, step
            step, here = step + 1, onward[here ^ 1]
        count += step > 0
    return street, place


def reached_pieces(
    network: WalkNetwork, sites: Snaps, node_m: FloatArray, limit_m: float
) -> Pieces:
    """Pieces of street within a walking distance of the nearest of some sites.

    Parameters
    ----------
    network : WalkNetwork
        Network to walk on.
    sites : Snaps
        Where the sites meet the network.
    node_m : ndarray, shape (nodes,)
        Distance of each node to the nearest of them [m].
    limit_m : float
        Walking distance, access leg of the site included [m].

    Returns
    -------
    tuple of ndarray
        Edge, start and stop [m]; pieces are cut exactly where the distance is used up.

    Examples
    --------
    >>> from gridmap.samples import at, toy_district
    >>> from gridmap.services.access import node_distances, snap
    >>> from gridmap.services.network import lay_network
    >>> network = lay_network(toy_district()["roads"])
    >>> shop = snap(network, [at(100, 300)])
    >>> _, start_m, stop_m = reached_pieces(network, shop, node_distances(network, [shop])[0], 150)
    >>> float((stop_m - start_m).sum())
    500.0
    """
    length = network.length_m
    left = np.maximum(limit_m - node_m[network.ends], 0)
    if network.pace is not None:
        # people come towards the site: back along the edge to its first end, forth to its last
        left = left / network.pace[:, ::-1]
    from_first, from_last = np.minimum(left[:, 0], length), np.minimum(left[:, 1], length)
    full = from_first + from_last >= length
    one, two = (np.flatnonzero(~full & (part > 0)) for part in (from_first, from_last))
    edge, low, high = _beside_sites(network, sites, limit_m, (from_first, length - from_last))
    whole = np.flatnonzero(full)
    starts = [np.zeros(len(whole) + len(one)), (length - from_last)[two], low]
    stops = [length[whole], from_first[one], length[two], high]
    edges = [whole, one, two, edge]
    return np.concatenate(edges), np.concatenate(starts), np.concatenate(stops)


def area_shares(area: Any, cells: Shapes) -> FloatArray:
    """Share of each cell that lies in an area.

    Parameters
    ----------
    area : Polygon or MultiPolygon
        Any valid area.
    cells : ndarray of polygon, shape (n,)
        Cells in the same CRS.

    Returns
    -------
    ndarray, shape (n,)
        area(cell ∩ area) ÷ area(cell), 0–1.

    Notes
    -----
    The area is halved until every part is small: cutting each cell out of one polygon of many
    thousand corners would take time with the product of both.

    Examples
    --------
    >>> import numpy as np
    >>> from gridmap.samples import box
    >>> cells = np.array([box(0, 0, 200, 200), box(200, 0, 400, 200)], dtype=object)
    >>> area_shares(box(100, 0, 300, 100), cells).tolist()
    [0.25, 0.25]
    """
    parts = np.array(_halve(area), dtype=object)
    covered = np.zeros(len(cells))
    if len(parts):
        cell, part = shapely.STRtree(parts).query(cells, predicate="intersects")
        common = shapely.area(shapely.intersection(cells[cell], parts[part]))
        np.add.at(covered, cell, common)
    return np.clip(covered / shapely.area(cells), 0, 1)


def _beside_sites(
    network: WalkNetwork, sites: Snaps, limit_m: float, reached: tuple[FloatArray, FloatArray]
) -> Pieces:
    """Pieces around sites in mid-edge, without what is reached from the ends of the edge."""
    rest = limit_m - network.leg_pace * sites.access_m
    before = after = rest
    if network.pace is not None:
        before, after = (rest / pace for pace in network.pace[sites.edge].T)
    low = np.maximum(sites.start_m - before, reached[0][sites.edge])
    high = np.minimum(sites.stop_m + after, reached[1][sites.edge])
    real = (rest > 0) & (low < high)
    return sites.edge[real], low[real], high[real]


def _strip(lines: Shapes) -> Shapes:
    return np.asarray(shapely.buffer(lines, STRIP_M, quad_segs=_QUAD_SEGMENTS), dtype=object)


def _straight_on(network: WalkNetwork) -> IntArray:
    """For each end of each edge (2 × edge + side) the end of the edge straight on; -1 if none."""
    half = np.arange(2 * len(network.ends))
    node = network.ends.ravel()
    way = network.xy[network.ends[:, ::-1].ravel()] - network.xy[node]
    way /= np.repeat(network.length_m, 2)[:, None]
    told = pd.DataFrame({"node": node, "half": half})
    met = told.merge(told, on="node")
    one, other = met["half_x"].to_numpy(), met["half_y"].to_numpy()
    turn = (way[one] * way[other]).sum(axis=1)
    order = np.lexsort((other, turn, one))
    first = order[np.flatnonzero(np.diff(one[order], prepend=-1))]
    best = np.where(turn[first] < _STRAIGHT, other[first], -1)
    return np.where((best >= 0) & (best[best] == half), best, -1)


def _join_blocks(
    strips: Shapes, street: IntArray, place: IntArray
) -> tuple[list[Shapes], list[IntArray]]:
    """Ground of single edges, and of 2, 4, … edges in a row; and the block of every edge."""
    blocks, of_edge = [strips], [np.arange(len(strips))]
    for level in range(1, _LEVELS + 1):
        below = of_edge[-1]
        key = street * (int(place.max(initial=0)) + 1) + (place >> level)
        block = np.unique(key, return_inverse=True)[1]
        pairs = np.unique(np.column_stack([block, below]), axis=0)
        ground = blocks[-1][pairs[:, 1]]
        first = np.flatnonzero(np.diff(pairs[:, 0], prepend=-1))
        joined = ground[first]
        second = np.flatnonzero(np.diff(pairs[:, 0], prepend=-1) == 0)
        joined[pairs[second, 0]] = shapely.union(joined[pairs[second, 0]], ground[second])
        blocks.append(joined)
        of_edge.append(block)
    return blocks, of_edge


def _halve(area: Any) -> list[Any]:
    """Parts of an area with few corners each."""
    parts: list[Any] = []
    queue = list(shapely.get_parts(area))
    while queue:
        one = queue.pop()
        if shapely.get_num_coordinates(one) <= _MAX_CORNERS:
            parts.append(one)
            continue
        west, south, east, north = one.bounds
        across, up = (west + east) / 2, (south + north) / 2
        halves = (
            [(west, south, across, north), (across, south, east, north)]
            if east - west > north - south
            else [(west, south, east, up), (west, up, east, north)]
        )
        for half in halves:
            cut = shapely.get_parts(shapely.intersection(one, shapely.box(*half)))
            queue += [part for part in cut if shapely.get_dimensions(part) == 2]
    return parts
