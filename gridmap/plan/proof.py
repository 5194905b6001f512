"""Choosing views exactly: the covering model handed to the solver, with its bound."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from gridmap.errors import InputError
from gridmap.plan.covering import KEEP, LEAST, NEW, TURN, Choice, Covering, check_covering, value_of
from gridmap.plan.greedy import choose_greedily, tidy
from gridmap.plan.solver import solve
from gridmap.progress import Progress, silent

Floats = npt.NDArray[np.float64]
SAME = 1e-6
"""Relative gap up to which value and bound are the same: both are sums of many numbers."""

_STAGE = "plan: proving"
_TELL_S = 0.5


def choose_exactly(
    problem: Covering, start: Choice | None = None, time_limit_s: float = 60.0
) -> Choice:
    """Choose the best views, by integer programming.

    Parameters
    ----------
    problem : Covering
        Merge its pieces first.
    start : Choice, optional
        From :func:`choose_greedily`, kept where the solver finds nothing better in time.
    time_limit_s : float
        Seconds [s].

    Returns
    -------
    Choice
        ``proved`` only if the solver proved it; else with the bound that it reached.

    Notes
    -----
    max Σ (w ÷ need) y − Σ price x over x in {0, 1}; y ≤ Σ x over the views that cover the piece
    (plus have), y ≤ need, at most one view of each place, limits on new and turned views and on
    their façade. Whole x make whole y, so y is continuous (maximal covering, Church & ReVelle
    1974).

    Examples
    --------
    >>> seen = sparse.csr_array([[1, 1, 0], [0, 1, 1], [0, 0, 1]])
    >>> one = np.ones(3, int)
    >>> told = Covering(seen, np.array([3.0, 2, 2]), one, 0 * one, np.arange(3), 0 * one,
    ...                 np.zeros(3), 1)
    >>> found = choose_exactly(told)
    >>> found.views.tolist(), found.value, found.proved
    ([0], 5.0, True)
    """
    check_covering(problem)
    first = choose_greedily(problem) if start is None else start
    views, pieces = problem.seen.shape
    rows, low, high = _limits(problem)
    fixed = float((problem.weight * np.minimum(problem.have, problem.need) / problem.need).sum())
    found = solve(
        np.r_[problem.price, -problem.weight / problem.need],
        rows,
        low,
        high,
        integer=np.arange(views + pieces) < views,
        most=np.r_[np.ones(views), (problem.need - problem.have).clip(min=0)],
        time_limit_s=time_limit_s,
    )
    bound = min(first.bound, fixed - found.bound)
    picked, method = first.views, first.method
    if found.x is not None:
        better = tidy(problem, np.flatnonzero(found.x[:views] > 0.5))
        if value_of(problem, better) > first.value + LEAST:
            picked, method = better, "exact"
    value = value_of(problem, picked)
    told = Choice(picked, value, max(bound, value), stopped=found.stopped, method=method)
    if told.gap > SAME:
        return told
    return replace(told, bound=value, proved=True)


def prove(
    problem: Covering, start: Choice, time_limit_s: float, *, progress: Progress = silent
) -> dict[str, Any]:
    """Prove a choice or find a better one, told as plain values that can be kept.

    Parameters
    ----------
    problem : Covering
    start : Choice
        From :func:`choose_greedily`.
    time_limit_s : float
        Seconds [s].
    progress : Progress
        Told of the seconds that are over.

    Returns
    -------
    dict
        What :func:`choice_of` reads, with ``better`` (whether it is another choice than
        ``start``) and ``certain_share`` (it gains at least this share of the most [0-1]).

    Examples
    --------
    >>> seen = sparse.csr_array([[1, 1, 0], [0, 1, 1], [0, 0, 1]])
    >>> one = np.ones(3, int)
    >>> told = Covering(seen, np.array([3.0, 2, 2]), one, 0 * one, np.arange(3), 0 * one,
    ...                 np.zeros(3), 1)
    >>> found = prove(told, Choice(np.array([1]), 4.0, 7.0), 10.0)
    >>> found["views"], found["better"], found["certain_share"]
    ([0], True, 1.0)
    >>> choice_of(found, told).value
    5.0
    """
    progress(_STAGE, 0, 0)
    with _telling_time(time_limit_s, progress):
        found = choose_exactly(problem, start, time_limit_s)
    base = value_of(problem, np.flatnonzero(problem.kind == KEEP))
    return {
        "views": found.views.tolist(),
        "value": found.value,
        "bound": found.bound,
        "proved": found.proved,
        "stopped": found.stopped,
        "method": found.method,
        "better": bool(found.value > start.value + LEAST),
        "certain_share": found.certain_share(base),
        "shape": list(problem.seen.shape),
    }


def choice_of(told: Mapping[str, Any], problem: Covering) -> Choice:
    """Read a choice from what :func:`prove` told of the same problem.

    Raises
    ------
    InputError
        If it was told of another problem.
    """
    if list(told["shape"]) != list(problem.seen.shape):
        raise InputError(
            f"Expected a choice of {problem.seen.shape[0]} views; found one of "
            f"{told['shape'][0]}: it was made on other ground. Ask again."
        )
    views = np.array(told["views"], dtype=np.int64)
    figures = (float(told["value"]), float(told["bound"]))
    return Choice(views, *figures, told["proved"], told["stopped"], told["method"])


@contextmanager
def _telling_time(limit_s: float, progress: Progress) -> Iterator[None]:
    """Tell how much of the time is over while the solver works: it tells nothing itself."""
    over = threading.Event()
    begun = time.monotonic()

    def tell() -> None:
        # Stopping the solver is the business of whoever listens.
        with suppress(InterruptedError):
            while not over.wait(_TELL_S):
                progress(_STAGE, int(time.monotonic() - begun), max(1, int(limit_s)))

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


def _limits(problem: Covering) -> tuple[sparse.csr_array, Floats, Floats]:
    """Rows of the model over views and pieces, with their bounds."""
    views, pieces = problem.seen.shape
    number = np.arange(views)
    places = sparse.csr_array((np.ones(views), (problem.place, number)), (problem.places, views))
    held = np.zeros(problem.places)
    held[problem.place[problem.kind == KEEP]] = 1.0
    held[list(problem.removable)] = 0.0
    stays = np.isin(problem.place, list(problem.removable))
    chosen = np.vstack(
        [
            (problem.kind == NEW) + 1.0 * stays,
            problem.kind == TURN,
            np.where(problem.kind == KEEP, 0.0, problem.facade_m),
        ]
    )
    most_m = problem.most_facade_m
    over_views = sparse.vstack([-problem.seen.T, places, sparse.csr_array(chosen)])
    over_pieces = sparse.vstack(
        [sparse.eye_array(pieces), sparse.csr_array((problem.places + len(chosen), pieces))]
    )
    low = np.r_[np.full(pieces, -np.inf), held, np.full(3, -np.inf)]
    limit = [problem.count + len(problem.removable), problem.turns, most_m]
    high = np.r_[np.zeros(pieces), np.ones(problem.places), limit]
    return sparse.csr_array(sparse.hstack([over_views, over_pieces])), low, high
