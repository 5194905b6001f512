"""The loop of what-if questions: labels of the nearest site spread over a network.

Import this module where it is used: it imports numba where that is installed. The answers are the
same without it.
"""

import heapq

import numpy as np
import numpy.typing as npt

from gridmap.compiled import compiled

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@compiled
def spread(  # noqa: PLR0917  arrays, as compiled loops take them
    start: Ints,
    neighbour: Ints,
    metres: Floats,
    node_m: Floats,
    node_site: Ints,
    seed_node: Ints,
    seed_m: Floats,
    seed_site: Ints,
) -> int:
    """Let seeds improve the labels of a network, as far as they are better and no farther.

    Parameters
    ----------
    start, neighbour, metres : ndarray
        Network as a symmetric CSR matrix; lengths above 0 [m].
    node_m, node_site : ndarray, shape (nodes,)
        Distance to the nearest site [m] and its rank; changed in place. Of sites equally far the
        one of lower rank is nearest, so that the answer does not depend on the order of work.
    seed_node, seed_m, seed_site : ndarray, shape (seeds,)
        Nodes that are offered a label.

    Returns
    -------
    int
        Labels that were settled.

    Notes
    -----
    Dijkstra's algorithm with labels (distance, rank) in lexicographic order, corrected where a
    label improves. Sums are taken from the site outwards, so that every order of work ends with
    the same bits.
    """
    waiting = [(0.0, np.int64(0), np.int64(0)) for _ in range(0)]
    for n in range(len(seed_node)):
        node, m, site = seed_node[n], seed_m[n], seed_site[n]
        if m < node_m[node] or (m == node_m[node] and site < node_site[node]):
            node_m[node] = m
            node_site[node] = site
            heapq.heappush(waiting, (m, site, node))
    settled = 0
    while len(waiting) > 0:
        m, site, node = heapq.heappop(waiting)
        if m != node_m[node] or site != node_site[node]:
            continue
        settled += 1
        for k in range(start[node], start[node + 1]):
            far, other = m + metres[k], neighbour[k]
            if far < node_m[other] or (far == node_m[other] and site < node_site[other]):
                node_m[other] = far
                node_site[other] = site
                heapq.heappush(waiting, (far, site, other))
    return settled
