"""Quantiles and means weighted by people."""

from collections.abc import Sequence

import numpy as np

from gridmap.services.network import FloatArray, IntArray


def weighted_quantiles(
    values: FloatArray, weights: FloatArray, groups: IntArray, count: int, shares: Sequence[float]
) -> FloatArray:
    """Find weighted quantiles of each group.

    Parameters
    ----------
    values : ndarray, shape (n,)
        What is ordered; inf sorts last.
    weights : ndarray, shape (n,)
        People; rows without weight do not count.
    groups : ndarray of int, shape (n,)
        Group of each row, 0 to count - 1; rows of other groups are left out.
    count : int
        Number of groups.
    shares : sequence of float
        Which quantiles, 0–1.

    Returns
    -------
    ndarray, shape (len(shares), count)
        NaN for a group without weight.

    Notes
    -----
    The quantile q is the least value v such that at least the share q of the people have a value
    of v or less (inverse of the distribution function, no interpolation): half of the people walk
    at most p50.

    Examples
    --------
    >>> values, people = np.array([100.0, 300.0, 200.0]), np.array([10.0, 10.0, 80.0])
    >>> weighted_quantiles(values, people, np.zeros(3, dtype=int), 1, [0.1, 0.5, 0.95]).tolist()
    [[100.0], [200.0], [300.0]]
    """
    kept = np.flatnonzero((groups >= 0) & (groups < count) & (weights > 0))
    order = kept[np.lexsort((values[kept], groups[kept]))]
    group, upto = groups[order], np.cumsum(weights[order])
    total = np.bincount(group, weights=weights[order], minlength=count)
    before = np.concatenate([[0.0], np.cumsum(total)])[:-1]
    start = np.searchsorted(group, np.arange(count + 1))
    result = np.full((len(shares), count), np.nan)
    filled = np.flatnonzero(total > 0)
    for row, share in enumerate(shares):
        wanted = before + share * total * (1 - 1e-12)
        found = np.clip(np.searchsorted(upto, wanted[filled]), start[filled], start[filled + 1] - 1)
        result[row, filled] = values[order][found]
    return result


def weighted_means(
    values: FloatArray, weights: FloatArray, groups: IntArray, count: int
) -> FloatArray:
    """Average the finite values of each group by weight.

    Returns
    -------
    ndarray, shape (count,)
        NaN for a group without finite value of any weight.

    Examples
    --------
    >>> values, people = np.array([100.0, 200.0, np.inf]), np.array([30.0, 10.0, 5.0])
    >>> weighted_means(values, people, np.array([0, 0, 0]), 1).tolist()
    [125.0]
    """
    kept = (groups >= 0) & (groups < count) & (weights > 0) & np.isfinite(values)
    total = np.bincount(groups[kept], weights=weights[kept], minlength=count)
    product = np.bincount(groups[kept], weights=weights[kept] * values[kept], minlength=count)
    return np.divide(product, total, out=np.full(count, np.nan), where=total > 0)
