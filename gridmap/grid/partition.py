"""Group blocks into connected cells of about one weight: METIS, then repair."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from gridmap.errors import InputError, name_ids
from gridmap.progress import Progress, silent

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

TOLERANCE_SHARE = 0.05
"""A cell this near to the target is right; a block that alone exceeds it is a cell of its own."""
SLACK_SHARE = 0.01
"""A deviation this small costs nothing: shape decides there."""
ROUNDS, TRIES, ATTEMPTS = 20, 8, 3
"""Most rounds of repair, random trees per pair, and seeds that are tried where cells stay off."""
METIS_NITER, METIS_UFACTOR = 30, 10
FINEST_WEIGHT = 1e-6
"""Weights are rounded to this share of the target, so that the order of sums cannot decide."""


class Grouping(NamedTuple):
    """Blocks grouped into cells.

    Attributes
    ----------
    label : ndarray of int
        Cell of each block, numbered from 0 in the order of their first block.
    oversized : ndarray of int
        Blocks that alone exceed the target by more than the tolerance.
    """

    label: Ints
    oversized: Ints


def group_blocks(
    weight: npt.ArrayLike,
    borders: pd.DataFrame,
    target: float,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> Grouping:
    """Group blocks into connected cells of about the target weight.

    Parameters
    ----------
    weight : array-like of float, shape (n,)
        Weight of each block, e.g. households; not negative.
    borders : DataFrame
        ``one``, ``other`` (blocks that share a border, each pair once) and ``cost`` > 0 (what it
        costs to cut there, e.g. metres, less along a main street).
    target : float
        Weight wanted for a cell, in the unit of the weights.
    seed : int
        The same seed gives the same cells.
    progress : callable
        Told of the connected parts that are finished.

    Returns
    -------
    Grouping
        Every cell is connected by ``borders``.

    Raises
    ------
    InputError
        If a weight is negative or not a number, or the target is not positive.

    Notes
    -----
    A block over the target stays alone. Each connected part of the others is divided into k cells,
    k being the number that brings their mean nearest to the target: METIS k-way with contiguity,
    fragments joined, then :func:`gridmap.grid.moves.improve`. A part of less than half a target
    joins the block over the target that it shares most border with, where it has one
    (MEASURES.md 1, automatic division).

    Examples
    --------
    >>> ring = pd.DataFrame({"one": [0, 1, 2, 0], "other": [1, 2, 3, 3], "cost": 1.0})
    >>> group_blocks([100, 300, 100, 300], ring, 400).label.tolist()
    [0, 0, 1, 1]
    """
    weights = _checked(weight, target)
    matrix = _matrix(borders, len(weights))
    alone = weights > target * (1 + TOLERANCE_SHARE)
    label = np.where(alone, np.arange(len(weights)), -1)
    parts = _parts(matrix, ~alone)
    for done, part in enumerate(parts):
        progress("grouping", done, len(parts))
        label[part] = _taker(part, weights, matrix, alone, target)
        if label[part[0]] < 0:
            label[part] = part[_divide(weights[part], _within(matrix, part), target, seed)]
    progress("grouping", len(parts), len(parts))
    return Grouping(_numbered(label), np.flatnonzero(alone))


def count_cells(weight: float, target: float) -> int:
    """Count the cells that bring the mean weight nearest to the target.

    Examples
    --------
    >>> [count_cells(weight, 400) for weight in (0, 150, 533, 534, 1000)]
    [1, 1, 1, 2, 3]
    """
    fewer = max(1, int(weight // target))
    more = fewer + 1
    return fewer if weight / fewer - target <= target - weight / more else more


def _checked(weight: npt.ArrayLike, target: float) -> Floats:
    weights = np.asarray(weight, dtype=np.float64)
    if not (np.isfinite(target) and target > 0):
        raise InputError(f"The target of a cell must be a positive number, found {target}.")
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(wrong):
        raise InputError(
            f"Weights of blocks must be numbers from 0 up; found {name_ids(weights[wrong])} for "
            f"block {name_ids(wrong)}. Correct the layer they come from."
        )
    finest = target * FINEST_WEIGHT
    return np.asarray(np.round(weights / finest) * finest)


def _matrix(borders: pd.DataFrame, count: int) -> sparse.csr_array:
    one, other = borders["one"].to_numpy(np.int64), borders["other"].to_numpy(np.int64)
    cost = borders["cost"].to_numpy(np.float64)
    both = (np.concatenate([one, other]), np.concatenate([other, one]))
    matrix = sparse.csr_array((np.tile(cost, 2), both), shape=(count, count))
    matrix.sum_duplicates()
    return matrix


def _parts(matrix: sparse.csr_array, chosen: npt.NDArray[np.bool_]) -> list[Ints]:
    """Find the connected parts of the chosen blocks, in the order of their first block."""
    places = np.flatnonzero(chosen)
    if not len(places):
        return []
    count, part = csgraph.connected_components(_within(matrix, places), directed=False)
    order = np.argsort(part, kind="stable")
    return np.split(places[order], np.cumsum(np.bincount(part, minlength=count))[:-1])


def _within(matrix: sparse.csr_array, places: Ints) -> sparse.csr_array:
    inner = matrix[places][:, places]
    inner.sort_indices()
    return inner


def _taker(
    part: Ints,
    weights: Floats,
    matrix: sparse.csr_array,
    alone: npt.NDArray[np.bool_],
    target: float,
) -> int:
    """Block over the target that takes a light part in; -1 where there is none."""
    if weights[part].sum() >= target / 2:
        return -1
    beside = np.asarray(matrix[part].sum(axis=0)).ravel() * alone
    return int(beside.argmax()) if beside.any() else -1


def _divide(weights: Floats, matrix: sparse.csr_array, target: float, seed: int) -> Ints:
    """Cell of each block of one connected part, as the position of one of its blocks."""
    cells = min(count_cells(weights.sum(), target), len(weights))
    if cells == 1:
        return np.zeros(len(weights), dtype=np.int64)
    best, least = np.zeros(0, dtype=np.int64), np.inf
    for attempt in range(ATTEMPTS):
        label, load = _attempt(weights, matrix, cells, seed + 1000 * attempt)
        off = np.abs(load / load.mean() - 1)
        if (off**3).sum() < least:
            best, least = label, float((off**3).sum())
        if off.max() <= TOLERANCE_SHARE:
            break
    return _first_of(best)


def _attempt(
    weights: Floats, matrix: sparse.csr_array, cells: int, seed: int
) -> tuple[Ints, Floats]:
    from gridmap.grid.moves import improve

    label = _join_fragments(_by_metis(weights, matrix, cells, seed), weights, matrix)
    row = np.repeat(np.arange(len(weights)), np.diff(matrix.indptr))
    cut = matrix.data[label[row] != label[matrix.indices]].sum()
    load = improve(
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int64),
        matrix.data / max(cut / cells, np.finfo(float).tiny),
        weights,
        label,
        parts=cells,
        target=weights.sum() / cells if weights.any() else 1.0,
        slack=SLACK_SHARE,
        rounds=ROUNDS,
        tries=TRIES,
        seed=seed,
    )
    return label, load if weights.any() else np.ones(cells)


def _by_metis(weights: Floats, matrix: sparse.csr_array, cells: int, seed: int) -> Ints:
    import pymetis

    whole = np.round(weights * (1e8 / max(weights.sum(), 1e-9))).astype(np.int64)
    costs = np.maximum(1, np.round(matrix.data * (1000 / matrix.data.max()))).astype(np.int64)
    options: Any = pymetis.Options(seed=seed, contig=1, niter=METIS_NITER, ufactor=METIS_UFACTOR)
    graph = pymetis.CSRAdjacency(
        adj_starts=matrix.indptr.astype(np.int64), adjacent=matrix.indices.astype(np.int64)
    )
    _, label = pymetis.part_graph(
        cells, graph, vweights=whole, eweights=costs, recursive=False, options=options
    )
    return np.asarray(label, dtype=np.int64)


def _join_fragments(label: Ints, weights: Floats, matrix: sparse.csr_array) -> Ints:
    """Give every fragment of a cell but the heaviest to the lightest cell beside it."""
    row = np.repeat(np.arange(len(label)), np.diff(matrix.indptr))
    load = np.bincount(label, weights, label.max() + 1)
    result = label.copy()
    while True:
        same = result[row] == result[matrix.indices]
        inner = sparse.csr_array(
            (same[same], (row[same], matrix.indices[same])), shape=matrix.shape
        )
        count, piece = csgraph.connected_components(inner, directed=False)
        cell = np.zeros(count, dtype=np.int64)
        cell[piece] = result
        heavy = np.bincount(piece, weights, count) + 1e-9 * np.bincount(piece)
        order = np.lexsort((np.arange(count), -heavy, cell))
        lesser = order[1:][cell[order[1:]] == cell[order[:-1]]]
        if not len(lesser):
            return result
        members = np.flatnonzero(piece == lesser[0])
        near = result[matrix[members].indices]
        near = np.unique(near[near != cell[lesser[0]]])
        taker = near[load[near].argmin()]
        load[cell[lesser[0]]] -= weights[members].sum()
        load[taker] += weights[members].sum()
        result[members] = taker


def _first_of(label: Ints) -> Ints:
    """Position of the first block of the cell of each block."""
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    return np.asarray(first[inverse], dtype=np.int64)


def _numbered(label: Ints) -> Ints:
    first = _first_of(label)
    return np.asarray(np.unique(first, return_inverse=True)[1], dtype=np.int64)
