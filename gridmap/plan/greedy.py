"""Choosing views step by step, with a bound that certifies how good the choice is."""

import heapq
import time
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gridmap.plan.covering import (
    KEEP,
    LEAST,
    NEW,
    TURN,
    Choice,
    Covering,
    check_covering,
    times_covered,
    value_of,
    worth_left,
)

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
_ROUNDS = 20
_BETTER = 1e-6


def choose_greedily(problem: Covering, time_limit_s: float = 5.0) -> Choice:
    """Choose views step by step, the best next one each time, and exchange what can be bettered.

    Parameters
    ----------
    problem : Covering
        Merge its pieces first.
    time_limit_s : float
        Seconds [s] for the exchanges; what is found until then is returned.

    Returns
    -------
    Choice
        With the certificate of :func:`certify`; proved only where value and bound meet.

    Notes
    -----
    Cameras that stand come first: those that cost more façade than they cover are removed where
    they may be, then turned where that gains more than the price of turning, then new ones are
    added by lazy evaluation, then single exchanges are tried until none helps. Without places
    that compete (one view at each), limits of façade and prices, the result is worth at least
    1 − 1/e of the best (Nemhauser, Wolsey & Fisher 1978); with several views at each place, at
    least half.

    Examples
    --------
    >>> from scipy import sparse
    >>> seen = sparse.csr_array([[1, 1, 0], [0, 1, 1], [0, 0, 1]])
    >>> one = np.ones(3, int)
    >>> told = Covering(seen, np.array([3.0, 2, 2]), one, 0 * one, np.arange(3), 0 * one,
    ...                 np.zeros(3), 2)
    >>> found = choose_greedily(told)
    >>> found.views.tolist(), found.value
    ([0, 1], 7.0)
    """
    check_covering(problem)
    until = time.monotonic() + time_limit_s
    start = _standing(problem)
    limited = bool(np.isfinite(problem.most_facade_m))
    found = [
        _build(problem, start, by_metre=by_metre, until=until)
        for by_metre in ((False, True) if limited else (False,))
    ]
    values = [value_of(problem, one) for one in (start, *found)]
    best = int(np.argmax(values))
    views, value = [start, *found][best], values[best]
    bound = max(value, min(certify(problem, one) for one in (start, *found)))
    told = Choice(np.sort(views), value, bound)
    return replace(told, proved=told.gap == 0.0)


def certify(problem: Covering, views: npt.ArrayLike) -> float:
    """Bound on the value of every choice, from the gains that are left after some views.

    Notes
    -----
    What is covered gains ever less from one more view, so any choice is worth at most what these
    views cover together plus, for each place, its best gain less its price: of the new places
    those that are allowed in number, of the others what must or may be done there. Limits of
    façade are left out, which keeps the bound true and makes it looser.

    Examples
    --------
    >>> from scipy import sparse
    >>> seen = sparse.csr_array([[1, 1, 0], [0, 1, 1], [0, 0, 1]])
    >>> one = np.ones(3, int)
    >>> told = Covering(seen, np.array([3.0, 2, 2]), one, 0 * one, np.arange(3), 0 * one,
    ...                 np.zeros(3), 1)
    >>> certify(told, []), certify(told, [0])
    (5.0, 7.0)
    """
    chosen = np.asarray(views, dtype=np.int64)
    covered = value_of(problem, chosen) + problem.price[chosen].sum()
    gains = problem.seen @ worth_left(problem, times_covered(problem, chosen)) - problem.price
    new = _best_by_place(problem, gains, problem.kind == NEW)
    keep = _best_by_place(problem, gains, problem.kind == KEEP)
    turn = _best_by_place(problem, gains, problem.kind == TURN)
    there = np.isfinite(keep)
    go = np.zeros(problem.places, dtype=bool)
    go[list(problem.removable)] = True
    stay = np.where(go, np.maximum(keep, 0.0), keep)[there]
    better = np.maximum(turn[there] - stay, 0.0)
    added = np.sort(np.maximum(new[~there], 0.0))[::-1]
    allowed = problem.count + len(problem.removable)
    turned = np.sort(better)[::-1][: problem.turns]
    return float(covered + stay.sum() + turned.sum() + added[:allowed].sum())


def tidy(problem: Covering, views: npt.ArrayLike) -> Numbers:
    """Leave out new views that add nothing, and undo removals that serve nothing.

    Examples
    --------
    >>> from scipy import sparse
    >>> seen = sparse.csr_array([[1, 1], [0, 1]])
    >>> two = np.ones(2, int)
    >>> told = Covering(seen, np.ones(2), two, 0 * two, np.arange(2), 0 * two, np.zeros(2), 2)
    >>> tidy(told, [0, 1]).tolist()
    [0]
    """
    chosen = np.sort(np.asarray(views, dtype=np.int64))
    times = times_covered(problem, chosen)
    for view in chosen[problem.kind[chosen] == NEW].tolist():
        times[_row(problem, view)] -= 1
        if _row_gain(problem, times, view) <= LEAST:
            chosen = chosen[chosen != view]
        else:
            times[_row(problem, view)] += 1
    for view in _gone(problem, chosen):
        if _spare(problem, chosen) > 0 and _row_gain(problem, times, view) >= -LEAST:
            chosen = np.append(chosen, view)
            times[_row(problem, view)] += 1
    return np.sort(chosen)


def _standing(problem: Covering) -> Numbers:
    """Cameras as they stand, less those that cost more than they cover and may go."""
    chosen = np.flatnonzero(problem.kind == KEEP)
    times = times_covered(problem, chosen)
    for view in chosen[np.argsort(-problem.price[chosen], kind="stable")].tolist():
        if int(problem.place[view]) not in problem.removable:
            continue
        times[_row(problem, view)] -= 1
        if _row_gain(problem, times, view) < -LEAST:
            chosen = chosen[chosen != view]
        else:
            times[_row(problem, view)] += 1
    return chosen


def _build(problem: Covering, start: Numbers, *, by_metre: bool, until: float) -> Numbers:
    turned = _exchange(problem, start, until, only_turns=True)
    added = _add(problem, turned, by_metre=by_metre)
    bettered = _exchange(problem, added, until)
    return tidy(problem, _add(problem, bettered, by_metre=by_metre))


def _add(problem: Covering, start: Numbers, *, by_metre: bool) -> Numbers:
    """Add new views while they gain, the best first; gains are worked out anew only at the top."""
    chosen, times = start.tolist(), times_covered(problem, start)
    budget = _spare(problem, start)
    room_m = problem.most_facade_m - _facade(problem, start)
    taken = set(problem.place[start].tolist())
    gains = problem.seen @ worth_left(problem, times) - problem.price
    scale = 1.0 / (1.0 + problem.facade_m) if by_metre else np.ones(len(gains))
    worth = gains * scale
    new = np.flatnonzero((problem.kind == NEW) & (gains > LEAST))
    heap = [(-worth[view], int(view), 0) for view in new]
    heapq.heapify(heap)
    step = 0
    while heap and step < budget:
        _, view, known = heapq.heappop(heap)
        if int(problem.place[view]) in taken or problem.facade_m[view] > room_m + LEAST:
            continue
        if known < step:
            gain = _row_gain(problem, times, view)
            if gain > LEAST:
                heapq.heappush(heap, (-gain * scale[view], view, step))
            continue
        chosen.append(view)
        taken.add(int(problem.place[view]))
        times[_row(problem, view)] += 1
        room_m -= problem.facade_m[view]
        step += 1
    return np.array(chosen, dtype=np.int64)


def _exchange(
    problem: Covering, start: Numbers, until: float, *, only_turns: bool = False
) -> Numbers:
    """Exchange single views for better ones until none helps or time is over."""
    chosen, times = start.copy(), times_covered(problem, start)
    for _ in range(_ROUNDS):
        changed = False
        for at in range(len(chosen)):
            if time.monotonic() > until:
                return chosen
            if only_turns and problem.kind[chosen[at]] == NEW:
                continue
            old = int(chosen[at])
            times[_row(problem, old)] -= 1
            chosen[at] = _best_instead(problem, chosen, at, times, only_turns=only_turns)
            times[_row(problem, int(chosen[at]))] += 1
            changed |= int(chosen[at]) != old
        if not changed:
            break
    return chosen


def _best_instead(
    problem: Covering, chosen: Numbers, at: int, times: Floats, *, only_turns: bool
) -> int:
    """Find the best view in place of one; the same if none is better."""
    view, rest = int(chosen[at]), np.delete(chosen, at)
    place = int(problem.place[view])
    allowed = problem.place == place
    # A new camera may go elsewhere, and one that stands and goes frees one.
    if not only_turns and (problem.kind[view] == NEW or place in problem.removable):
        allowed |= problem.kind == NEW
    taken = np.zeros(problem.places, dtype=bool)
    taken[problem.place[rest]] = True
    allowed &= ~taken[problem.place]
    if _count(problem, rest, TURN) >= problem.turns:
        allowed &= problem.kind != TURN
    room_m = problem.most_facade_m - _facade(problem, rest)
    allowed &= (problem.kind == KEEP) | (problem.facade_m <= room_m + LEAST)
    if not allowed[np.arange(len(allowed)) != view].any():
        return view
    gains = problem.seen @ worth_left(problem, times) - problem.price
    now = gains[view]
    gains[~allowed] = -np.inf
    best = int(np.argmax(gains))
    return best if gains[best] > now + _BETTER else view


def _row(problem: Covering, view: int) -> Numbers:
    seen = problem.seen
    return np.asarray(seen.indices[seen.indptr[view] : seen.indptr[view + 1]], dtype=np.int64)


def _row_gain(problem: Covering, times: Floats, view: int) -> float:
    row = _row(problem, view)
    open_ = row[times[row] < problem.need[row]]
    return float((problem.weight[open_] / problem.need[open_]).sum() - problem.price[view])


def _facade(problem: Covering, views: Numbers) -> float:
    return float(problem.facade_m[views[problem.kind[views] != KEEP]].sum())


def _count(problem: Covering, views: Numbers, kind: int) -> int:
    return int((problem.kind[views] == kind).sum())


def _spare(problem: Covering, views: Numbers) -> int:
    """Count the new cameras that may still be added."""
    return problem.count + len(_gone(problem, views)) - _count(problem, views, NEW)


def _gone(problem: Covering, views: Numbers) -> list[int]:
    """KEEP views of removable places at which nothing is chosen."""
    there = set(problem.place[views].tolist())
    keep = np.flatnonzero(problem.kind == KEEP).tolist()
    return [one for one in keep if int(problem.place[one]) in problem.removable - there]


def _best_by_place(problem: Covering, gains: Floats, some: npt.NDArray[np.bool_]) -> Floats:
    best = np.full(problem.places, -np.inf)
    np.maximum.at(best, problem.place[some], gains[some])
    return best
