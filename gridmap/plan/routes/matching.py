"""Pairs of least length: the only importer of rustworkx (extra ``plan``)."""

from typing import Any

import numpy as np
import numpy.typing as npt

from gridmap.errors import AssetError

EXACT_BELOW = 600
"""Up to so many nodes every pair may be matched; above, each with its nearest only."""
NEAREST = 15
"""Pairs tried for each node above that number."""
_PER_M = 1000


def pair_nearest(far_m: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Match nodes in pairs so that the sum of their distances is least.

    Parameters
    ----------
    far_m : ndarray, shape (n, n)
        Distances [m], symmetric; n is even; inf where there is no way.

    Returns
    -------
    list of (int, int)
        n ÷ 2 pairs.

    Raises
    ------
    AssetError
        If rustworkx is not installed.

    Notes
    -----
    A perfect matching of most weight on negated lengths (Edmonds' blossoms). Lengths are counted in
    millimetres, so that the answer is exact for whole numbers. Up to 600 nodes all pairs are tried;
    above, the 15 nearest of each, and more where these leave a node alone.

    Examples
    --------
    >>> line = np.abs(np.subtract.outer([0.0, 1.0, 10.0, 12.0], [0.0, 1.0, 10.0, 12.0]))
    >>> sorted(sorted(pair) for pair in pair_nearest(line))
    [[0, 1], [2, 3]]
    """
    count = len(far_m)
    if not count:
        return []
    nearest = count - 1 if count <= EXACT_BELOW else NEAREST
    while True:
        pairs = _matched(far_m, nearest)
        if len(pairs) * 2 == count or nearest >= count - 1:
            return pairs
        nearest = min(2 * nearest, count - 1)


def _matched(far_m: npt.NDArray[np.float64], nearest: int) -> list[tuple[int, int]]:
    rustworkx = _rustworkx()
    count = len(far_m)
    if nearest >= count - 1:
        one, two = np.triu_indices(count, 1)
    else:
        near = np.argpartition(far_m + np.diag(np.full(count, np.inf)), nearest, axis=1)
        ends = np.column_stack([np.repeat(np.arange(count), nearest), near[:, :nearest].ravel()])
        one, two = np.unique(np.sort(ends, axis=1), axis=0).T
    length = far_m[one, two]
    there = np.isfinite(length)
    one, two, length = one[there], two[there], np.rint(length[there] * _PER_M).astype(np.int64)
    weight = int(length.max(initial=0)) + 1 - length
    graph = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(count))
    graph.add_edges_from(list(zip(one.tolist(), two.tolist(), weight.tolist(), strict=True)))
    found = rustworkx.max_weight_matching(graph, max_cardinality=True, weight_fn=int)
    return [(int(a), int(b)) for a, b in found]


def _rustworkx() -> Any:
    try:
        import rustworkx
    except ImportError as error:
        raise AssetError(
            "Street tours need rustworkx, which is not installed. Install the extra: "
            "pip install 'gridmap[plan]'."
        ) from error
    return rustworkx
