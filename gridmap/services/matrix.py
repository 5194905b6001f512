"""Distances between every demand point and every site near it, and the nearest sites of each."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph, vstack

from gridmap.compiled import WORTH_COMPILING, loops
from gridmap.services.access import Snaps, along_one_edge, ways_of_homes, ways_of_sites
from gridmap.services.network import FloatArray, IntArray, WalkNetwork, least_matrix

SEARCH = "gridmap.services.search"
_WORTH_LOADING = 3_000_000
"""Steps up to which scipy's compiled search is done before numba is loaded."""
_ROOM = 4_000_000
"""Distances that the search without compiler holds at a time (32 MB)."""


@dataclass(frozen=True, eq=False)
class _Task:
    """Who walks where: points and sites on a network, and how far at most."""

    network: WalkNetwork
    demand: Snaps
    size: int
    sites: Snaps
    count: int
    limit_m: float


def site_distances(  # noqa: PLR0917 - two sets of points on one network
    network: WalkNetwork, demand: Snaps, size: int, sites: Snaps, count: int, limit_m: float
) -> sparse.csr_array:
    """Measure the walk from every demand point to every site within a limit.

    Parameters
    ----------
    network : WalkNetwork
        Network to walk on.
    demand, sites : Snaps
        Where demand points and sites meet it (see :func:`gridmap.services.access.snap`).
    size, count : int
        Number of demand points and of sites; some may meet no way.
    limit_m : float
        Longest walk to look for, access legs included [m]; inf for all.

    Returns
    -------
    csr_array, shape (size, count)
        Distance [m]; only pairs within the limit are stored, a distance of 0 too. So ``.nnz``
        counts pairs, and what is not stored is too far, not near.

    Notes
    -----
    One search by Dijkstra from every site that ends at the limit, as compiled loops where numba is
    installed; else batches of sites by scipy. Both add the same numbers in the same order, so the
    answers are equal bit by bit. Besides the answer (12 bytes for each pair), memory grows with
    points and streets, not with points times sites (ALGORITHMS.md, Nearest site).

    Examples
    --------
    >>> from gridmap.samples import at, toy_district
    >>> from gridmap.services.access import snap
    >>> from gridmap.services.network import lay_network
    >>> network = lay_network(toy_district()["roads"])
    >>> homes, shops = snap(network, [at(40, 340), at(300, 100)]), snap(network, [at(100, 300)])
    >>> found = site_distances(network, homes, 2, shops, 1, limit_m=300)
    >>> found.shape, found.nnz, float(found[0, 0])
    ((2, 1), 1, 100.0)
    """
    if not size or not count or not len(demand.edge) or not len(sites.edge):
        return sparse.csr_array((size, count), dtype=np.float64)
    if not _worth_compiling(network, count):
        return _search_by_scipy(_Task(network, demand, size, sites, count, limit_m))
    streets, seeds, beside = _search_parts(network, demand, sites, count)
    node, point, along_m, leg_m = ways_of_homes(network, demand)
    order = np.argsort(node, kind="stable")
    first = np.searchsorted(node[order], np.arange(len(network.xy) + 1))
    homes = first, point[order], along_m[order], leg_m[order]
    first, row, metres = loops(SEARCH, WORTH_COMPILING).search_sites(
        streets, seeds, homes, beside, size, float(limit_m)
    )
    return sparse.csc_array((metres, row, first), shape=(size, count)).tocsr()


def nearest_sites(  # noqa: PLR0917 - two sets of points on one network
    network: WalkNetwork,
    demand: Snaps,
    size: int,
    sites: Snaps,
    count: int,
    k: int,
    limit_m: float = np.inf,
) -> tuple[IntArray, FloatArray]:
    """Find the sites nearest on foot to every demand point.

    Parameters
    ----------
    network : WalkNetwork
        Network to walk on.
    demand, sites : Snaps
        Where demand points and sites meet it.
    size, count : int
        Number of demand points and of sites.
    k : int
        How many sites to find for each point.
    limit_m : float
        Longest walk to look for [m].

    Returns
    -------
    site : ndarray of int, shape (size, k)
        Position of the sites, nearest first; equally near ones by position; -1 where there are
        no more.
    metres : ndarray, shape (size, k)
        Walking distance [m], access legs included; inf where there is no site.

    Notes
    -----
    One search from all sites at once in which every node keeps its k nearest sites (compiled
    loops; a shorter loop for k = 1); without numba, the distances of :func:`site_distances` in
    batches, with the same answers (ALGORITHMS.md, Nearest site).

    Examples
    --------
    >>> from gridmap.samples import at, toy_district
    >>> from gridmap.services.access import snap
    >>> from gridmap.services.network import lay_network
    >>> network = lay_network(toy_district()["roads"])
    >>> homes = snap(network, [at(40, 340)])
    >>> shops = snap(network, [at(300, 300), at(100, 300)])
    >>> site, metres = nearest_sites(network, homes, 1, shops, 2, k=3)
    >>> site.tolist(), metres.tolist()
    ([[1, 0, -1]], [[100.0, 300.0, inf]])
    """
    nothing = np.full((size, k), -1, dtype=np.int64), np.full((size, k), np.inf)
    if not size or not count or not len(demand.edge) or not len(sites.edge):
        return nothing
    if not _worth_compiling(network, count):
        return _nearest_by_scipy(_Task(network, demand, size, sites, count, limit_m), *nothing)
    if k == 1:
        return _nearest_one(_Task(network, demand, size, sites, count, limit_m), *nothing)
    streets, seeds, (first, point, metres) = _search_parts(network, demand, sites, count)
    site = np.repeat(np.arange(count), np.diff(first))
    order = np.argsort(point, kind="stable")
    starts = np.searchsorted(point[order], np.arange(size + 1))
    beside = starts, site[order], metres[order]
    node, point, along_m, leg_m = ways_of_homes(network, demand)
    order = np.argsort(point, kind="stable")
    starts = np.searchsorted(point[order], np.arange(size + 1))
    homes = starts, node[order], along_m[order], leg_m[order]
    found = loops(SEARCH, WORTH_COMPILING).search_nearest(
        streets, seeds, homes, beside, k, float(limit_m)
    )
    return found[0], found[1]


def _nearest_one(task: _Task, near: IntArray, far: FloatArray) -> tuple[IntArray, FloatArray]:
    network, demand = task.network, task.demand
    streets = _streets(network)
    by_site, row, metres = along_one_edge(network, demand, task.sites)
    metres += network.leg_pace * demand.access_m[row]
    loops(SEARCH, WORTH_COMPILING).search_one(
        streets,
        ways_of_sites(network, task.sites),
        ways_of_homes(network, demand),
        (by_site, demand.subject[row], metres),
        near.ravel(),
        far.ravel(),
        float(task.limit_m),
    )
    return near, far


def _worth_compiling(network: WalkNetwork, searches: int) -> bool:
    if find_spec("numba") is None:
        return False
    return SEARCH in sys.modules or len(network.ends) * searches >= _WORTH_LOADING


def _search_parts(network: WalkNetwork, demand: Snaps, sites: Snaps, count: int) -> tuple[Any, ...]:
    """Streets, seeds of the sites, and points on the very edge of a site, for the loops."""
    site, node, metres = ways_of_sites(network, sites)
    seeds = _starting(site, node, metres, count)
    site, row, metres = along_one_edge(network, demand, sites)
    beside = _starting(
        site, demand.subject[row], metres + network.leg_pace * demand.access_m[row], count
    )
    return _streets(network), seeds, beside


def _streets(network: WalkNetwork) -> tuple[IntArray, IntArray, FloatArray]:
    graph = network.graph
    start, end = (np.asarray(one, dtype=np.int64) for one in (graph.indptr, graph.indices))
    return start, end, graph.data


def _starting(
    site: IntArray, place: IntArray, metres: FloatArray, count: int
) -> tuple[IntArray, IntArray, FloatArray]:
    order = np.argsort(site, kind="stable")
    return np.searchsorted(site[order], np.arange(count + 1)), place[order], metres[order]


def _search_by_scipy(task: _Task) -> sparse.csr_array:
    found = [sparse.csr_array((task.size, 0), dtype=np.float64)]
    for _, metres in _batches(task):
        site, point = np.nonzero(np.isfinite(metres))
        shape = len(metres), task.size
        found.append(sparse.csr_array((metres[site, point], (site, point)), shape=shape).T.tocsr())
    return sparse.csr_array(sparse.hstack(found, format="csr"))


def _nearest_by_scipy(task: _Task, near: IntArray, far: FloatArray) -> tuple[IntArray, FloatArray]:
    k = near.shape[1]
    for first, metres in _batches(task):
        fresh = metres.T
        number = np.where(np.isinf(fresh), -1, first + np.arange(len(metres)))
        # Earlier batches come first and have the lower numbers: a stable order keeps ties.
        both, whose = np.hstack([far, fresh]), np.hstack([near, number])
        order = np.argsort(both, axis=1, kind="stable")[:, :k]
        far, near = (np.take_along_axis(one, order, axis=1) for one in (both, whose))
    return near, far


def _batches(task: _Task) -> Iterator[tuple[int, FloatArray]]:
    """First site and distances (sites, points) of one batch of sites after the other."""
    batch = max(1, _ROOM // (len(task.network.xy) + task.size + len(task.demand.edge)))
    sites = task.sites
    for first in range(0, task.count, batch):
        stop = min(first + batch, task.count)
        every = np.arange(int(sites.subject.max(initial=0)) + 1)
        some = sites.of((every >= first) & (every < stop))
        some = replace(some, subject=some.subject - first)
        yield first, _walk_all(replace(task, sites=some, count=stop - first))


def _walk_all(task: _Task) -> FloatArray:
    """Distances (sites, points); inf beyond the limit."""
    network, count, nodes = task.network, task.count, len(task.network.xy)
    links = least_matrix(*ways_of_sites(network, task.sites), (count, nodes + count))
    streets = network.graph.copy()
    streets.resize((nodes, nodes + count))
    whole = vstack([streets, links], format="csr")
    start = np.arange(nodes, nodes + count)
    node_m = csgraph.dijkstra(whole, directed=True, indices=start, limit=task.limit_m)
    node, point, along_m, leg_m = ways_of_homes(network, task.demand)
    order = np.argsort(point, kind="stable")
    way = node_m[:, node[order]] + along_m[order] + leg_m[order]
    result = np.full((count, task.size), np.inf)
    first = np.flatnonzero(np.diff(point[order], prepend=-1))
    result[:, point[order][first]] = np.minimum.reduceat(way, first, axis=1)
    site, row, metres = along_one_edge(network, task.demand, task.sites)
    metres += network.leg_pace * task.demand.access_m[row]
    np.minimum.at(result, (site, task.demand.subject[row]), metres)
    result[result > task.limit_m] = np.inf
    return result
