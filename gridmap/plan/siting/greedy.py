"""A choice in steps, within all limits: what is kept where the solver finds nothing in time."""

import numpy as np

from gridmap.plan.siting.answers import nearest_m, served_times, shares
from gridmap.plan.siting.problem import LSCP, MCLP, Bools, Floats, Ints, Siting


def choose_greedily(asked: Siting) -> Ints:
    """Open the place that gains most for its cost, until nothing is gained or allowed.

    Parameters
    ----------
    asked : Siting
        The question. Existing sites stay; none is closed.

    Returns
    -------
    ndarray of int
        Open places; for LSCP not always enough of them.

    Examples
    --------
    >>> asked = Siting([[10.0, 90], [80, 20]], [5, 7], "mclp", 50, [False] * 2, count=1)
    >>> choose_greedily(asked).tolist()
    [1]
    """
    opened = asked.existing.copy()
    near = _neighbours(asked)
    allowed = asked.usable & ~opened
    for one in np.flatnonzero(opened):
        allowed[near[one]] = False
    new, spent = 0, 0.0
    most = asked.size[1] if asked.count is None else asked.count
    while new < most:
        gain = _gains(asked, np.flatnonzero(opened))
        fits = allowed & (spent + asked.cost <= asked.budget)
        worth = np.where(fits, gain / np.maximum(asked.cost, 1e-12), -np.inf)
        best = int(worth.argmax()) if len(worth) else 0
        if not len(worth) or not worth[best] > 0:
            break
        opened[best], allowed[best] = True, False
        allowed[near[best]] = False
        new, spent = new + 1, spent + float(asked.cost[best])
    return np.flatnonzero(opened).astype(np.int64)


def _neighbours(asked: Siting) -> list[Ints]:
    found: list[list[int]] = [[] for _ in range(asked.size[1])]
    for one, other in asked.conflicts.tolist():
        found[one].append(other)
        found[other].append(one)
    return [np.array(one, dtype=np.int64) for one in found]


def _gains(asked: Siting, opened: Ints) -> Floats:
    """Count what each place adds; with a capacity not more than it can hold."""
    if asked.objective in {LSCP, MCLP}:
        lacking = _lacking(asked, opened)
        gain = np.asarray(asked.covers.T @ lacking)
    else:
        before = np.minimum(nearest_m(asked, opened), asked.far)
        walks = asked.distance_m
        row = np.repeat(np.arange(walks.shape[0]), np.diff(walks.indptr))
        saved = asked.people[row] * np.maximum(before[row] - walks.data, 0.0)
        gain = np.bincount(walks.indices, weights=saved, minlength=walks.shape[1])
    if asked.capacity is not None and asked.objective in {LSCP, MCLP}:
        gain = np.minimum(gain, asked.capacity)
    return np.asarray(gain, dtype=np.float64)


def _lacking(asked: Siting, opened: Ints) -> Floats:
    wanted: Bools = asked.reachable
    if asked.capacity is not None:
        return np.where(wanted, (1 - shares(asked, opened)) * asked.people, 0.0)
    short = np.clip(asked.needs - served_times(asked, opened), 0, None)
    weight = np.where(asked.objective == LSCP, 1.0 + asked.people, asked.people)
    return np.where(wanted, weight * short / asked.needs, 0.0)
