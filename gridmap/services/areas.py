"""Service areas: the ground that can be reached on foot from the sites of a type."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gridmap.services.access import Snaps
from gridmap.services.network import BoolArray, FloatArray, IntArray, WalkNetwork

STRIP_M = 30.0
"""Ground counts as reached up to this distance [m] beside a reached piece of street."""

_QUAD_SEGMENTS = 4
_MAX_CORNERS = 256

Shapes = npt.NDArray[np.object_]
Pieces = tuple[IntArray, FloatArray, FloatArray]
"""Edge, start [m] and stop [m] of reached pieces of street."""


class ReachedGround:
    """Turn reached pieces of street into ground, remembering what was joined before.

    The edges are halved by place again and again, and the strips beside the edges of each part are
    joined once, from single edges up to all of them. A service area is then the union of the
    largest such blocks that are reached whole and of the strips at its rim: a block of a thousand
    edges has few corners left, so far fewer meet than from edge to edge. Other threads may run
    meanwhile.

    Parameters
    ----------
    network : WalkNetwork
        Network the pieces belong to.
    """

    def __init__(self, network: WalkNetwork) -> None:
        self._network = network
        self._blocks, self._of_edge = _join_blocks(_strip(network.edges), halve_by_place(network))

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
        # What lies apart is joined apart, without noding the whole district for it.
        return shapely.disjoint_subset_union_all(np.concatenate([*self._whole_blocks(full), rim]))

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


def halve_by_place(network: WalkNetwork) -> IntArray:
    """Halve the edges by place until each is alone; numbers that begin with the same bits are near.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> from gridmap.services.network import lay_network
    >>> network = lay_network(toy_district()["roads"])
    >>> len(set(halve_by_place(network).tolist())) == len(network.ends)
    True
    """
    if not len(network.ends):
        return np.empty(0, dtype=np.int64)
    # Fragments are seldom reached: among other edges they would keep blocks from being whole.
    part = (~network.is_main).astype(np.int64)
    middle = network.xy[network.ends].mean(axis=1)
    while (size := np.bincount(part)).max() > 1:
        low, high = np.full((len(size), 2), np.inf), np.full((len(size), 2), -np.inf)
        np.minimum.at(low, part, middle)
        np.maximum.at(high, part, middle)
        longer = np.argmax(high - low, axis=1)[part]
        order = np.lexsort((middle[np.arange(len(part)), longer], part))
        place = np.empty(len(part), dtype=np.int64)
        place[order] = np.arange(len(part)) - (np.cumsum(size) - size)[part[order]]
        part = 2 * part + (2 * place >= size[part])
    return part


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


def _join_blocks(strips: Shapes, part: IntArray) -> tuple[list[Shapes], list[IntArray]]:
    """Ground of single edges, of the halves they come from, up to all; and the block of each."""
    blocks, of_edge = [strips], [np.arange(len(strips))]
    for level in range(int(part.max(initial=0)).bit_length() + 1):
        block = np.unique(part >> level, return_inverse=True)[1]
        pairs = np.unique(np.column_stack([block, of_edge[-1]]), axis=0)
        ground = blocks[-1][pairs[:, 1]]
        fresh = np.diff(pairs[:, 0], prepend=-1) > 0
        joined, other = ground[fresh], pairs[~fresh, 0]
        if len(other):
            joined[other] = shapely.union(joined[other], ground[~fresh])
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
