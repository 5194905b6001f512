"""The models handed to the solver: which places may be open, who is served, what that is worth."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from gridmap.plan.siting.problem import LSCP, MCLP, Bools, Floats, Ints, Siting
from gridmap.plan.siting.reduce import merge_equal, shrink_cover


@dataclass(frozen=True, eq=False)
class Model:
    """A model to be made small: its first variables are the places.

    Attributes
    ----------
    places : ndarray of int
        Place of each of the first variables.
    cost : ndarray
        Objective.
    rows : csr_array
        Constraints, with ``low`` and ``high``.
    low, high : ndarray
        Bounds of the rows.
    whole : ndarray of bool
        Variables that are whole numbers.
    least, most : ndarray
        Bounds of the variables.
    base : float
        Added to the objective.
    """

    places: Ints
    cost: Floats
    rows: sparse.csr_array
    low: Floats
    high: Floats
    whole: Bools
    least: Floats
    most: Floats
    base: float = 0.0


def lay_model(asked: Siting, twice: float | None = None) -> Model:
    """Lay the model of a question (p-center goes by LSCP at a radius).

    Parameters
    ----------
    asked : Siting
        The question.
    twice : float, optional
        Value of the objective to keep (cost at most, people at least), while people covered twice
        are made many.

    Notes
    -----
    x of a place is 0 or 1, y of a point its share served. LSCP: min Σ cost x, Σ x ≥ need over the
    places within the norm (Toregas et al. 1971). MCLP: max Σ people y, need · y ≤ Σ x (Church &
    ReVelle 1974). With capacities, and for p-median, y of a point and a place: Σ y ≤ 1, y ≤ x,
    Σ people y ≤ capacity · x. Backup: 2 z ≤ Σ x (Hogan & ReVelle 1986).
    """
    if asked.capacity is not None or asked.objective not in {LSCP, MCLP}:
        return _assignment(asked)
    return _covering(asked, twice)


def _covering(asked: Siting, twice: float | None) -> Model:
    places, points = _left(asked, lasting=twice is not None)
    covers = sparse.csr_array(asked.covers[points][:, places])
    need: Any = asked.needs[points]
    people: Any = asked.people[points]
    if not (asked.objective == LSCP and twice is None):
        group, first = merge_equal(covers, need)
        people = np.bincount(group, weights=people, minlength=len(first))
        covers, need = sparse.csr_array(covers[first]), need[first]
    n, m = covers.shape
    rows, low, high, least, most = _sides(asked, places)
    if asked.objective == LSCP and twice is None:
        return Model(
            places, _price(asked, places), sparse.vstack([covers, rows], format="csr"),
            np.r_[need, low], np.r_[np.full(n, np.inf), high], np.ones(m, bool), least, most,
        )  # fmt: skip
    if twice is None:
        linked = sparse.hstack([covers, -sparse.diags_array(need.astype(float))])
        return Model(
            places, np.r_[np.zeros(m), -people],
            sparse.vstack([linked, _beside(rows, n)], format="csr"),
            np.r_[np.zeros(n), low], np.r_[np.full(n, np.inf), high],
            np.r_[np.ones(m, bool), need > 1], np.r_[least, np.zeros(n)], np.r_[most, np.ones(n)],
        )  # fmt: skip
    return _second(asked, twice, (places, covers, people, need))


def _second(
    asked: Siting, kept: float, parts: tuple[Ints, sparse.csr_array, Floats, Ints]
) -> Model:
    """Many people covered twice, while the first objective keeps its value."""
    places, covers, people, need = parts
    n, m = covers.shape
    rows, low, high, least, most = _sides(asked, places)
    one: Any = sparse.eye_array(n)
    none = sparse.csr_array((n, n))
    doubled: Any = sparse.hstack([covers, none, -2.0 * one])
    slack = 1e-7 * max(abs(kept), 1.0)
    if asked.objective == LSCP:
        first = sparse.hstack([covers, none, none])
        worth = sparse.csr_array(np.r_[_price(asked, places), np.zeros(2 * n)][None])
        limits = (np.r_[need.astype(float), -np.inf], np.r_[np.full(n, np.inf), kept + slack])
    else:
        first = sparse.hstack([covers, -one, none])
        worth = sparse.csr_array(np.r_[np.zeros(m), people, np.zeros(n)][None])
        limits = (np.r_[np.zeros(n), kept - slack], np.full(n + 1, np.inf))
    return Model(
        places, np.r_[np.zeros(m + n), -people],
        sparse.vstack([first, worth, doubled, _beside(rows, 2 * n)], format="csr"),
        np.r_[limits[0], np.zeros(n), low], np.r_[limits[1], np.full(n, np.inf), high],
        np.r_[np.ones(m, bool), np.zeros(n, bool), np.ones(n, bool)],
        np.r_[least, np.zeros(2 * n)], np.r_[most, np.ones(2 * n)],
    )  # fmt: skip


def _left(asked: Siting, *, lasting: bool) -> tuple[Ints, Ints]:
    """Places and points worth being in the model."""
    places = np.flatnonzero(asked.usable)
    points = np.flatnonzero(asked.reachable)
    if lasting or asked.need > 1 or asked.backup:
        return places, points
    fixed = asked.existing if asked.closable == 0 else np.zeros(asked.size[1], dtype=bool)
    have = asked.covers[points] @ fixed.astype(float)
    if asked.objective == LSCP:
        points = points[have == 0]
    if len(asked.conflicts):
        return places, points
    covers = sparse.csr_array(asked.covers[points][:, places])
    if asked.objective == MCLP:
        # What existing sites serve is no reason for a new one.
        open_rows = np.flatnonzero(have == 0)
        covers = sparse.csr_array(covers[open_rows])
    _, first = merge_equal(covers)
    row, column = shrink_cover(
        sparse.csr_array(covers[first]),
        asked.cost[places],
        ~asked.existing[places],
        rows=asked.objective == LSCP,
    )
    if asked.objective == LSCP:
        points = points[first[row]]
    return places[column], points


def _assignment(asked: Siting) -> Model:
    """Points and places in pairs: with capacities, or where every metre counts."""
    places = np.flatnonzero(asked.usable)
    points = np.flatnonzero(asked.reachable)
    by_walk = asked.objective not in {LSCP, MCLP}
    walks = sparse.csr_array((asked.distance_m if by_walk else asked.covers)[points][:, places])
    people: Any = asked.people[points]
    if not by_walk:
        group, first = merge_equal(walks)
        people = np.bincount(group, weights=people, minlength=len(first))
        walks = sparse.csr_array(walks[first])
    n, m = walks.shape
    row, column = np.repeat(np.arange(n), np.diff(walks.indptr)), walks.indices
    k = len(row)
    pair = np.arange(k)
    once = sparse.csr_array((np.ones(k), (row, pair)), shape=(n, k))
    linked = sparse.csr_array((np.ones(k), (pair, column)), shape=(k, m))
    parts: list[Any] = [
        sparse.hstack([sparse.csr_array((n, m)), once]),
        sparse.hstack([linked, -sparse.eye_array(k)]),
    ]
    least_row = np.r_[np.ones(n) if asked.objective == LSCP else np.full(n, -np.inf), np.zeros(k)]
    most_row = np.r_[np.ones(n), np.full(k, np.inf)]
    if asked.capacity is not None:
        limit = asked.capacity[places]
        full = np.flatnonzero(np.isfinite(limit))
        load = sparse.csr_array((people[row], (column, pair)), shape=(m, k))[full]
        room = sparse.csr_array((-limit[full], (np.arange(len(full)), full)), shape=(len(full), m))
        parts.append(sparse.hstack([room, load]))
        least_row = np.r_[least_row, np.full(len(full), -np.inf)]
        most_row = np.r_[most_row, np.zeros(len(full))]
    rows, low, high, least, most = _sides(asked, places)
    worth = {
        LSCP: np.zeros(k),
        MCLP: -people[row],
    }.get(asked.objective, people[row] * (walks.data - asked.far))
    price = _price(asked, places) if asked.objective == LSCP else np.zeros(m)
    return Model(
        places, np.r_[price, worth],
        sparse.vstack([*parts, _beside(rows, k)], format="csr"),
        np.r_[least_row, low], np.r_[most_row, high], np.r_[np.ones(m, bool), np.zeros(k, bool)],
        np.r_[least, np.zeros(k)], np.r_[most, np.ones(k)],
        base=asked.far * float(asked.people.sum()) if by_walk else 0.0,
    )  # fmt: skip


def _sides(asked: Siting, places: Ints) -> tuple[sparse.csr_array, Floats, Floats, Floats, Floats]:
    """Rows that hold for any objective, and the bounds of the places."""
    m = len(places)
    existing = asked.existing[places]
    lines: list[sparse.csr_array] = []
    low: list[float] = []
    high: list[float] = []

    def add(row: Floats, least: float, most: float) -> None:
        lines.append(sparse.csr_array(row[None]))
        low.append(least)
        high.append(most)

    standing = int(asked.existing.sum())
    if asked.closable:
        add(existing.astype(float), standing - asked.closable, np.inf)
    if asked.count is not None:
        add(np.ones(m), -np.inf, standing + asked.count)
    if np.isfinite(asked.budget):
        add(np.where(existing, 0.0, asked.cost[places]), -np.inf, asked.budget)
    for clique in cliques(_local(asked.conflicts, places, asked.size[1]), m):
        row = np.zeros(m)
        row[clique] = 1.0
        add(row, -np.inf, 1.0)
    rows = sparse.vstack(lines, format="csr") if lines else sparse.csr_array((0, m))
    least_x = (existing & (asked.closable == 0)).astype(float)
    return rows, np.array(low), np.array(high), least_x, np.ones(m)


def cliques(pairs: Ints, size: int) -> list[list[int]]:
    """Group what contradicts each other, so that every pair lies in one group.

    Examples
    --------
    >>> cliques(np.array([[0, 1], [0, 2], [1, 2], [2, 3]]), 4)
    [[0, 1, 2], [2, 3]]
    """
    near: list[set[int]] = [set() for _ in range(size)]
    for one, other in pairs.tolist():
        near[one].add(other)
        near[other].add(one)
    done: set[tuple[int, int]] = set()
    found = []
    for one, other in pairs.tolist():
        if (one, other) in done:
            continue
        clique, common = [one, other], near[one] & near[other]
        while common:
            step = min(common)
            clique.append(step)
            common &= near[step]
        clique.sort()
        done.update((a, b) for n, a in enumerate(clique) for b in clique[n + 1 :])
        found.append(clique)
    return found


def _local(pairs: Ints, places: Ints, size: int) -> Ints:
    number = np.full(size, -1, dtype=np.int64)
    number[places] = np.arange(len(places))
    local = number[pairs]
    return local[(local >= 0).all(axis=1)]


def _price(asked: Siting, places: Ints) -> Floats:
    paid = ~asked.existing[places] | (asked.closable > 0)
    return np.where(paid, asked.cost[places], 0.0)


def _beside(rows: sparse.csr_array, more: int) -> sparse.csr_array:
    """Rows over the places, widened by variables they do not touch."""
    return sparse.csr_array(sparse.hstack([rows, sparse.csr_array((rows.shape[0], more))]))
