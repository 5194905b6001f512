"""Service areas: the ground that can be reached on foot from the sites of a type."""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gridmap.services.access import Snaps
from gridmap.services.network import BoolArray, FloatArray, IntArray, WalkNetwork

STRIP_M = 30.0
"""Ground counts as reached up to this distance [m] beside a reached piece of street."""

_QUAD_SEGMENTS = 4
_LEAF = 5
_BRANCHES = 5
_MAX_CORNERS = 256

Shapes = npt.NDArray[np.object_]
Pieces = tuple[IntArray, FloatArray, FloatArray]
"""Edge, start [m] and stop [m] of reached pieces of street."""


class ReachedGround:
    """Turn reached pieces of street into ground, remembering what was joined before.

    The edges are ordered along a Morton curve and joined as a tree, level by level: a branch whose
    edges are all reached was joined when the tree was made, one without any is skipped, so only
    the rim of a service area costs work. All joints of a level are one call, during which other
    threads may run.

    Parameters
    ----------
    network : WalkNetwork
        Network the pieces belong to.
    """

    def __init__(self, network: WalkNetwork) -> None:
        self._network = network
        order = _along_a_curve(network)
        self._rank = np.argsort(order)
        self._strips = _strip(network.edges[order])
        self._whole = [_join_rows(_rows_of(self._strips, _LEAF))]
        while len(self._whole[-1]) > 1:
            self._whole.append(_join_rows(_rows_of(self._whole[-1], _BRANCHES)))

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
        full = np.zeros(len(self._rank), dtype=bool)
        full[self._rank[edge[complete]]] = True
        loose = np.flatnonzero(~complete & ~full[self._rank[edge]])
        edge, start_m, stop_m = edge[loose], start_m[loose], stop_m[loose]
        leaves = self._join_leaves(full, self._rank[edge], self._strips_of(edge, start_m, stop_m))
        return self._join_branches(leaves, _rows_of(full, _LEAF, absent=True).all(axis=1))

    def _join_leaves(self, full: BoolArray, place: IntArray, rim: Shapes) -> Shapes:
        """Ground of each leaf: all of it, its reached edges and rim, or None."""
        whole = _rows_of(full, _LEAF, absent=True).all(axis=1)
        reached = np.flatnonzero(full & ~np.repeat(whole, _LEAF)[: len(full)])
        leaf = np.concatenate([reached, place]) // _LEAF
        strips = np.concatenate([self._strips[reached], rim])
        order = np.argsort(leaf, kind="stable")
        numbers, first, count = np.unique(leaf[order], return_index=True, return_counts=True)
        rows = np.full((len(numbers), int(count.max(initial=0))), None, dtype=object)
        column = np.arange(len(order)) - np.repeat(first, count)
        rows[np.repeat(np.arange(len(numbers)), count), column] = strips[order]
        joined = self._whole[0].copy()
        joined[~whole] = None
        joined[numbers] = _join_rows(rows)
        return joined

    def _join_branches(self, ground: Shapes, whole: BoolArray) -> Any:
        """Ground of the topmost branch."""
        for level in self._whole[1:]:
            children = _rows_of(ground, _BRANCHES)
            whole = _rows_of(whole, _BRANCHES, absent=True).all(axis=1)
            mixed = ~whole & ~(children == None).all(axis=1)  # noqa: E711  element by element
            ground = level.copy()
            ground[~whole] = None
            ground[mixed] = _join_rows(children[mixed])
        return ground[0]

    def _strips_of(self, edge: IntArray, start_m: FloatArray, stop_m: FloatArray) -> Shapes:
        first, last = (self._network.xy[self._network.ends[edge, side]] for side in (0, 1))
        length = self._network.length_m[edge]
        corners = [first + (last - first) * (m / length)[:, None] for m in (start_m, stop_m)]
        return _strip(np.asarray(shapely.linestrings(np.stack(corners, axis=1)), dtype=object))


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
    left = limit_m - node_m[network.ends]
    from_first = np.clip(left[:, 0], 0, length)
    from_last = np.clip(left[:, 1], 0, length)
    full = from_first + from_last >= length
    one, two = (np.flatnonzero(~full & (part > 0)) for part in (from_first, from_last))
    edge, low, high = _beside_sites(sites, limit_m, from_first, length - from_last)
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
    sites: Snaps, limit_m: float, reached_to: FloatArray, reached_from: FloatArray
) -> Pieces:
    """Pieces around sites in mid-edge, without what is reached from the ends of the edge."""
    rest = limit_m - sites.access_m
    low = np.maximum(sites.start_m - rest, reached_to[sites.edge])
    high = np.minimum(sites.stop_m + rest, reached_from[sites.edge])
    real = (rest > 0) & (low < high)
    return sites.edge[real], low[real], high[real]


def _strip(lines: Shapes) -> Shapes:
    return np.asarray(shapely.buffer(lines, STRIP_M, quad_segs=_QUAD_SEGMENTS), dtype=object)


def _rows_of(values: npt.NDArray[Any], size: int, *, absent: bool | None = None) -> Any:
    """Values in rows of a size; the last row is filled up with what stands for an absent one."""
    rows = np.full(-(-len(values) // size) * size, absent, dtype=values.dtype)
    rows[: len(values)] = values
    return rows.reshape(-1, size)


def _join_rows(rows: npt.NDArray[np.object_]) -> Shapes:
    """Union of each row; None in a row counts as nothing."""
    if not rows.size:
        return np.empty(len(rows), dtype=object)
    return np.asarray(shapely.union_all(rows, axis=1), dtype=object)


def _along_a_curve(network: WalkNetwork) -> IntArray:
    """Order of the edges along a Morton curve through their middles: near in it, near on earth."""
    middle = network.xy[network.ends].mean(axis=1)
    low = middle.min(axis=0, initial=np.inf)
    span = float((middle.max(axis=0, initial=-np.inf) - low).max(initial=0)) or 1.0
    grid = ((middle - low) / span * 65535).astype(np.int64)
    code = np.zeros(len(grid), dtype=np.int64)
    for bit in range(16):
        code |= ((grid[:, 0] >> bit) & 1) << (2 * bit)
        code |= ((grid[:, 1] >> bit) & 1) << (2 * bit + 1)
    return np.argsort(code, kind="stable")


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
