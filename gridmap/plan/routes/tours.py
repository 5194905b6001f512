"""Street-covering tours: every street of an area walked, and as little as possible twice."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from gridmap.errors import InputError
from gridmap.plan.routes.matching import EXACT_BELOW, pair_nearest
from gridmap.plan.routes.ways import walk_back
from gridmap.progress import Progress, silent

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_BATCH = 128


@dataclass(frozen=True, eq=False)
class Tour:
    """A closed walk over all streets asked for.

    Attributes
    ----------
    nodes : ndarray of int
        Nodes in order; the first is also the last.
    streets_m : float
        Length of the streets asked for [m].
    repeated_m : float
        Length walked beyond that [m].
    joined_m : float
        The part of it that joins streets which do not touch [m].
    air_m : float
        The part of it where no way leads and the line is straight [m].
    parts : int
        Disconnected parts that were joined.
    exact : bool
        Whether no shorter tour exists: streets in one part, all pairs of odd nodes tried.
    """

    nodes: Ints
    streets_m: float
    repeated_m: float
    joined_m: float
    air_m: float
    parts: int
    exact: bool

    @property
    def length_m(self) -> float:
        """Length of the whole tour [m]."""
        return self.streets_m + self.repeated_m


def cover_streets(
    xy: Floats,
    ends: Ints,
    wanted: npt.NDArray[np.bool_],
    start: int | None = None,
    progress: Progress = silent,
) -> Tour:
    """Find a short closed walk over all streets asked for.

    Parameters
    ----------
    xy : ndarray, shape (n, 2)
        Places of the nodes [m].
    ends : ndarray of int, shape (m, 2)
        First and last node of each edge, walked both ways.
    wanted : ndarray of bool, shape (m,)
        Edges to cover; the others may be used to get from one to the next.
    start : int, optional
        Node where the tour begins and ends; default the first it covers.
    progress : Progress
        Told of each stage.

    Returns
    -------
    Tour

    Raises
    ------
    InputError
        If no edge is asked for.

    Notes
    -----
    The route inspection problem (Guan 1962): nodes with an odd number of streets are matched in
    pairs of least total distance, the ways between them are walked twice, and a closed walk over
    all of it exists (Euler). Streets in several parts, or away from the start, are first joined by
    a spanning tree of shortest ways, by a straight line where no way leads: then the tour is short,
    but not proved shortest (the rural postman problem is hard).

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 50.0], [0.0, 50.0]])
    >>> ladder = np.array([[0, 1], [1, 2], [2, 3], [3, 0], [0, 2]])
    >>> tour = cover_streets(xy, ladder, np.ones(5, dtype=bool))
    >>> round(tour.repeated_m, 3), tour.exact, tour.nodes[0] == tour.nodes[-1]
    (111.803, True, np.True_)
    """
    if not wanted.any():
        raise InputError(
            "There is no street to cover in this area. Choose cells or a community with streets."
        )
    step = xy[ends[:, 1]] - xy[ends[:, 0]]
    length = np.hypot(step[:, 0], step[:, 1])
    graph = _graph(len(xy), ends, length)
    progress("tour: parts", 0, 3)
    joined, parts, air_m = _join_parts(xy, ends[wanted], graph, start)
    links = np.vstack([ends[wanted], joined])
    joined_m = float(_lengths(xy, joined).sum())
    progress("tour: odd nodes", 1, 3)
    reach = _graph(len(xy), np.vstack([ends, joined]), np.r_[length, _lengths(xy, joined)])
    odd = np.flatnonzero(np.bincount(links.ravel(), minlength=len(xy)) % 2)
    twice, is_exact = _pair_odd(reach, odd)
    progress("tour: walk", 2, 3)
    first = int(links[0, 0]) if start is None else start
    nodes = _closed_walk(np.vstack([links, twice]), first)
    streets_m = float(length[wanted].sum())
    repeated_m = joined_m + float(_lengths(xy, twice).sum())
    progress("tour: walk", 3, 3)
    whole = is_exact and not len(joined)
    return Tour(nodes, streets_m, repeated_m, joined_m, air_m, parts, whole)


def split_tour(tour: Tour, xy: Floats, units: int) -> list[Ints]:
    """Cut a tour into pieces of equal length, one for each unit.

    Parameters
    ----------
    tour : Tour
        From :func:`cover_streets`.
    xy : ndarray, shape (n, 2)
        Places of the nodes [m].
    units : int
        How many; at most one for each edge of the tour.

    Raises
    ------
    InputError
        If it is less than one.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]])
    >>> square = np.array([[0, 1], [1, 2], [2, 3], [3, 0]])
    >>> tour = cover_streets(xy, square, np.ones(4, dtype=bool), start=0)
    >>> [len(piece) for piece in split_tour(tour, xy, 2)]
    [3, 3]
    """
    if units < 1:
        raise InputError(f"Expected at least one unit to walk; found {units}. Give --units 1.")
    walked = np.r_[0.0, np.cumsum(_lengths(xy, np.column_stack([tour.nodes[:-1], tour.nodes[1:]])))]
    marks = np.searchsorted(walked, np.arange(1, units) * walked[-1] / units)
    cuts = np.unique(np.r_[0, marks, len(tour.nodes) - 1])
    return [tour.nodes[a : b + 1] for a, b in pairwise(cuts.tolist())]


def shortest_way(graph: Any, source: int, target: int) -> list[int]:
    """Nodes of the shortest way; the two ends alone where there is none.

    Examples
    --------
    >>> line = _graph(3, np.array([[0, 1], [1, 2]]), np.ones(2))
    >>> shortest_way(line, 0, 2)
    [0, 1, 2]
    """
    far, before = csgraph.dijkstra(graph, indices=[source], return_predecessors=True)
    return walk_back(before[0], target) if np.isfinite(far[0, target]) else [source, target]


def network_graph(xy: Floats, ends: Ints) -> Any:
    """Lengths between nodes as a symmetric sparse array [m]."""
    return _graph(len(xy), ends, _lengths(xy, ends))


def _graph(count: int, ends: Ints, length: Floats) -> Any:
    """Symmetric lengths; of parallel edges, which are straight and equally long, one."""
    both = np.sort(ends, axis=1)
    _, kept = np.unique(both[:, 0] * np.int64(count) + both[:, 1], return_index=True)
    a, b = both[kept].T
    data = np.maximum(length[kept], 1e-9)
    rows, columns = np.r_[a, b], np.r_[b, a]
    return sparse.csr_array((np.r_[data, data], (rows, columns)), shape=(count, count))


def _lengths(xy: Floats, ends: Ints) -> Floats:
    step = xy[ends[:, 1]] - xy[ends[:, 0]]
    return np.hypot(step[:, 0], step[:, 1])


def _join_parts(
    xy: Floats, streets: Ints, graph: Any, start: int | None
) -> tuple[Ints, int, float]:
    """Edges that join the parts of the streets, and the start, by shortest ways."""
    label = _part_of(len(xy), streets)
    used = np.unique(streets)
    if start is not None and start not in used:
        used = np.append(used, start)
    part = np.unique(label[used], return_inverse=True)[1]
    links: list[tuple[int, int]] = []
    air_m = 0.0
    reached = part == 0
    while not reached.all():
        # From all that is joined so far to the nearest node of another part.
        far, before, _ = csgraph.dijkstra(
            graph, indices=used[reached], min_only=True, return_predecessors=True
        )
        others = used[~reached]
        best = int(others[np.argmin(far[others])])
        if np.isfinite(far[best]):
            path = walk_back(before, best)
            links += pairwise(path)
        else:
            near, best = _nearest(xy, used[reached], others)
            links.append((near, best))
            air_m += float(np.hypot(*(xy[near] - xy[best])))
        reached |= part == part[np.flatnonzero(used == best)[0]]
    parts = len(np.unique(label[streets]))
    return np.array(links, dtype=np.int64).reshape(-1, 2), parts, air_m


def _part_of(count: int, streets: Ints) -> Ints:
    graph = sparse.csr_array(
        (np.ones(len(streets)), (streets[:, 0], streets[:, 1])), shape=(count, count)
    )
    return np.asarray(csgraph.connected_components(graph, directed=False)[1], dtype=np.int64)


def _nearest(xy: Floats, some: Ints, others: Ints) -> tuple[int, int]:
    tree = shapely.STRtree(np.asarray(shapely.points(xy[some]), dtype=object))
    near, far = tree.query_nearest(shapely.points(xy[others]), return_distance=True)
    best = int(np.argmin(far))
    return int(some[near[1, best]]), int(others[near[0, best]])


def _pair_odd(graph: Any, odd: Ints) -> tuple[Ints, bool]:
    """Edges to walk again, so that every node has an even number of them."""
    if not len(odd):
        return np.empty((0, 2), dtype=np.int64), True
    far = np.empty((len(odd), len(odd)))
    for first in range(0, len(odd), _BATCH):
        batch = odd[first : first + _BATCH]
        far[first : first + _BATCH] = csgraph.dijkstra(graph, indices=batch)[:, odd]
    pairs = pair_nearest(far)
    again: list[tuple[int, int]] = []
    for first in range(0, len(pairs), _BATCH):
        some = pairs[first : first + _BATCH]
        _, before = csgraph.dijkstra(
            graph, indices=odd[[a for a, _ in some]], return_predecessors=True
        )
        for row, (_, target) in enumerate(some):
            path = walk_back(before[row], int(odd[target]))
            again += pairwise(path)
    return np.array(again, dtype=np.int64).reshape(-1, 2), len(odd) <= EXACT_BELOW


def _closed_walk(links: Ints, start: int) -> Ints:
    """Every link once, in one closed walk (Hierholzer)."""
    leaving: dict[int, list[tuple[int, int]]] = {}
    for number, (a, b) in enumerate(links.tolist()):
        leaving.setdefault(a, []).append((b, number))
        leaving.setdefault(b, []).append((a, number))
    walked = np.zeros(len(links), dtype=bool).tolist()
    trail, done = [start], []
    while trail:
        ways = leaving.get(trail[-1], [])
        while ways and walked[ways[-1][1]]:
            ways.pop()
        if ways:
            node, number = ways.pop()
            walked[number] = True
            trail.append(node)
        else:
            done.append(trail.pop())
    return np.array(done, dtype=np.int64)
