"""Smaller covering problems with the same answer: equal and dominated rows and columns removed."""

from typing import Any

import numpy as np
from scipy import sparse

from gridmap.plan.siting.problem import Bools, Floats, Ints

_ROOM = 60_000_000
"""Pairs that a product of the matrix with itself may have: above, dominance is not looked for."""


def merge_equal(covers: sparse.csr_array, *beside: Any) -> tuple[Ints, Ints]:
    """Group rows that are covered by the same columns and agree in the numbers beside them.

    Parameters
    ----------
    covers : csr_array of 0 and 1, shape (rows, columns)
        Which column covers which row, indices sorted.
    *beside : array-like, shape (rows,)
        Numbers in which rows of a group agree.

    Returns
    -------
    group : ndarray of int, shape (rows,)
        Group of each row.
    first : ndarray of int
        First row of each group.

    Examples
    --------
    >>> covers = sparse.csr_array([[1, 0], [1, 1], [1, 0]])
    >>> merge_equal(covers)[0].tolist()
    [0, 1, 0]
    """
    covers.sort_indices()
    start, index = covers.indptr, covers.indices
    columns = [np.asarray(one).tolist() for one in beside]
    seen: dict[Any, int] = {}
    group = np.empty(covers.shape[0], dtype=np.int64)
    first: list[int] = []
    for row in range(covers.shape[0]):
        key = (index[start[row] : start[row + 1]].tobytes(), *(one[row] for one in columns))
        group[row] = seen.setdefault(key, len(seen))
        if group[row] == len(first):
            first.append(row)
    return group, np.array(first, dtype=np.int64)


def needed_rows(covers: sparse.csr_array) -> Bools:
    """Rows that must be asked for: any other is covered whenever one of these is.

    Examples
    --------
    >>> needed_rows(sparse.csr_array([[1, 0, 0], [1, 1, 0], [0, 0, 1]])).tolist()
    [True, False, True]
    """
    size = np.diff(covers.indptr)
    pair = _overlaps(covers)
    if pair is None:
        return np.ones(covers.shape[0], dtype=bool)
    one, other, common = pair
    inside = (common == size[one]) & (one != other)
    # Of equal rows the first stays.
    inside &= (size[one] < size[other]) | (one < other)
    keep = np.ones(covers.shape[0], dtype=bool)
    keep[other[inside]] = False
    return keep


def useful_columns(covers: sparse.csr_array, cost: Floats, replaceable: Bools) -> Bools:
    """Columns worth a thought: no other one covers at least the same for no more.

    Parameters
    ----------
    covers : csr_array of 0 and 1, shape (rows, columns)
        Which column covers which row.
    cost : ndarray, shape (columns,)
        What each column costs.
    replaceable : ndarray of bool, shape (columns,)
        Columns that may take the place of another, or be replaced; the others stay.

    Examples
    --------
    >>> covers = sparse.csr_array([[1, 1, 0], [0, 1, 1]])
    >>> useful_columns(covers, np.ones(3), np.ones(3, bool)).tolist()
    [False, True, False]
    """
    turned = sparse.csr_array(covers.T)
    size = np.diff(turned.indptr)
    keep = ~replaceable | (size > 0)
    pair = _overlaps(turned)
    if pair is None:
        return keep
    one, other, common = pair
    inside = (common == size[one]) & (one != other) & (cost[other] <= cost[one])
    inside &= replaceable[one] & replaceable[other]
    same = (size[one] == size[other]) & (cost[one] == cost[other])
    inside &= ~same | (other < one)
    keep[one[inside]] = False
    return keep


def shrink_cover(
    covers: sparse.csr_array, cost: Floats, replaceable: Bools, *, rows: bool
) -> tuple[Ints, Ints]:
    """Rows and columns that are left of a covering problem, removed in turn until nothing goes.

    Parameters
    ----------
    covers, cost, replaceable
        See :func:`useful_columns`.
    rows : bool
        Whether every row must be covered, so that a dominated row can go, too.

    Returns
    -------
    rows, columns : ndarray of int
        What is left.

    Notes
    -----
    Row i goes if the columns that cover some other row all cover i; column j goes if another
    covers all that j does and costs no more (Toregas & ReVelle 1973; see ALGORITHMS.md).

    Examples
    --------
    >>> covers = sparse.csr_array([[1, 1, 0], [0, 1, 1], [0, 0, 1]])
    >>> [one.tolist() for one in shrink_cover(covers, np.ones(3), np.ones(3, bool), rows=True)]
    [[0, 2], [1, 2]]
    """
    row, column = (np.arange(size, dtype=np.int64) for size in covers.shape)
    while True:
        left = len(row), len(column)
        now = sparse.csr_array(covers[row][:, column])
        column = column[useful_columns(now, cost[column], replaceable[column])]
        if rows:
            now = sparse.csr_array(covers[row][:, column])
            row = row[needed_rows(now)]
        if (len(row), len(column)) == left:
            return row, column


def _overlaps(covers: sparse.csr_array) -> tuple[Ints, Ints, Floats] | None:
    """Pairs of rows with the number of columns they have in common; None where too many."""
    per_column = np.bincount(covers.indices, minlength=covers.shape[1]).astype(np.float64)
    if float(per_column @ per_column) > _ROOM:
        return None
    product: Any = sparse.coo_array(covers @ covers.T)
    return product.coords[0], product.coords[1], product.data
