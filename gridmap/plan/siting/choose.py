"""Choosing sites: each question by the method that suits it, each answer with its bound."""

import time
from dataclasses import replace

import numpy as np

from gridmap.errors import InputError
from gridmap.plan.siting.answers import Answer, settle, value_of
from gridmap.plan.siting.centre import choose_centre
from gridmap.plan.siting.greedy import choose_greedily
from gridmap.plan.siting.medians import choose_medians
from gridmap.plan.siting.models import Model, lay_model
from gridmap.plan.siting.problem import LSCP, MCLP, P_CENTER, P_MEDIAN, Ints, Siting
from gridmap.plan.solver import Cancelled, Solution, solve
from gridmap.progress import Progress, silent

MOST_PAIRS = 4_000_000
"""Pairs of points and places up to which a model with capacities or limits is laid."""
_TELL_S = 10.0


def never() -> bool:
    """Answer "do not stop": the default of everything that can be cancelled.

    Examples
    --------
    >>> never()
    False
    """
    return False


def choose_sites(
    asked: Siting,
    time_limit_s: float = 60.0,
    *,
    progress: Progress = silent,
    cancelled: Cancelled = never,
) -> Answer:
    """Choose the sites that serve people best.

    Parameters
    ----------
    asked : Siting
        The question.
    time_limit_s : float
        Seconds [s] after which the best choice so far is given, with its bound.
    progress : Progress
        Told of each stage.
    cancelled : function
        Asked while work goes on.

    Returns
    -------
    Answer
        ``proved`` only where value and bound meet. People whom no place can serve
        (:attr:`Siting.reachable`) are left out of lscp and p-center, count as not served in mclp
        and as ``far`` in p-median.

    Raises
    ------
    InputError
        If no choice does what is asked, with what stands in the way.
    StoppedError
        If it was cancelled.

    Notes
    -----
    LSCP (Toregas et al. 1971), MCLP (Church & ReVelle 1974), p-median (Hakimi 1964), p-center
    (Minieka 1970), backup (Hogan & ReVelle 1986); exact through HiGHS (MEASURES.md 7).

    Examples
    --------
    Three places, four points; one place serves three of the points within 50 m:

    >>> walks = [[10.0, 40, 90], [60, 30, 90], [90, 45, 70], [99, 99, 20]]
    >>> found = choose_sites(Siting(walks, [1, 2, 3, 4], "mclp", 50, [False] * 3, count=1))
    >>> found.open.tolist(), found.value, found.proved
    ([1], 6.0, True)
    >>> found = choose_sites(Siting(walks, [1, 2, 3, 4], "lscp", 50, [False] * 3))
    >>> found.open.tolist(), found.value, found.bound
    ([1, 2], 2.0, 2.0)
    """
    if not time_limit_s > 0:
        raise InputError(f"The time limit is a number of seconds above 0, not {time_limit_s}.")
    _refuse_impossible(asked)
    if asked.objective == P_CENTER:
        return choose_centre(asked, time_limit_s, progress, cancelled)
    if asked.objective == P_MEDIAN and asked.plain:
        return choose_medians(asked, time_limit_s, progress, cancelled)
    return _by_model(asked, time_limit_s, progress, cancelled)


def _by_model(
    asked: Siting, time_limit_s: float, progress: Progress, cancelled: Cancelled
) -> Answer:
    began = time.monotonic()
    progress("plan: model", 0, 0)
    pairs = asked.distance_m if asked.objective == P_MEDIAN else asked.covers
    if pairs.nnz > MOST_PAIRS and (asked.capacity is not None or asked.objective == P_MEDIAN):
        raise InputError(
            f"{pairs.nnz:,} pairs of people and places are too many for this kind of question "
            f"(at most {MOST_PAIRS:,}). Take fewer candidates, a smaller norm, or leave out "
            "capacities, costs and distances between sites."
        )
    model = lay_model(asked)
    progress("plan: solver", 0, 0)
    found = _solve(model, time_limit_s, cancelled)
    if found.infeasible:
        raise InputError(_why_infeasible(asked, cancelled))
    opened, bound, method = _better_of(asked, model, found)
    if opened is None:
        raise InputError(
            f"Time ran out after {time_limit_s:g} s before any choice of sites was found that does "
            f"what is asked; it takes at least {bound:g}. Allow more seconds or ask for less."
        )
    if asked.backup == "then" and time.monotonic() - began < time_limit_s:
        opened = _with_backup(asked, opened, time_limit_s, cancelled)
    seconds = time.monotonic() - began
    return settle(asked, opened, bound, stopped=found.stopped, seconds=seconds, method=method)


def _solve(model: Model, time_limit_s: float, cancelled: Cancelled) -> Solution:
    if not len(model.cost):
        return Solution(np.empty(0), 0.0, 0.0)
    return solve(
        model.cost, model.rows, model.low, model.high, integer=model.whole, least=model.least,
        most=model.most, time_limit_s=time_limit_s, cancelled=cancelled,
    )  # fmt: skip


def _better_of(asked: Siting, model: Model, found: Solution) -> tuple[Ints | None, float, str]:
    """Take the solver's choice, or one made in steps where that is better; with the bound."""
    bound = found.bound + model.base
    if asked.objective == LSCP and _whole_costs(asked):
        bound = float(np.ceil(bound - 1e-6))
    sign = 1.0
    if asked.objective == MCLP:
        bound, sign = -bound, -1.0
        bound = min(bound, float(asked.people[asked.reachable].sum()))
    choices: list[tuple[float, str, Ints]] = []
    if found.x is not None:
        picked = model.places[found.x[: len(model.places)] > 0.5]
        choices.append((sign * value_of(asked, picked), "exact", picked))
    if found.stopped:
        steps = choose_greedily(asked)
        choices.append((sign * value_of(asked, steps), "greedy", steps))
    choices = [one for one in choices if np.isfinite(one[0])]
    if not choices:
        return None, bound, ""
    _, method, picked = min(choices, key=lambda one: one[0])
    return picked, bound, method


def _whole_costs(asked: Siting) -> bool:
    return bool(np.array_equal(np.rint(asked.cost), asked.cost))


def _with_backup(asked: Siting, opened: Ints, time_limit_s: float, cancelled: Cancelled) -> Ints:
    """Among choices as good, the one that covers most people twice."""
    value = value_of(asked, opened)
    found = _solve_second(asked, value, time_limit_s, cancelled)
    if found is None or not np.isfinite(other := value_of(asked, found)):
        return opened
    worse = other > value * (1 + 1e-6) if asked.objective == LSCP else other < value * (1 - 1e-6)
    return opened if worse else found


def _solve_second(
    asked: Siting, value: float, time_limit_s: float, cancelled: Cancelled
) -> Ints | None:
    model = lay_model(asked, twice=value)
    found = _solve(model, time_limit_s, cancelled)
    return None if found.x is None else model.places[found.x[: len(model.places)] > 0.5]


def _refuse_impossible(asked: Siting) -> None:
    if asked.people.sum() <= 0:
        raise InputError("Nobody lives at any point: there is nothing to serve.")
    if not asked.reachable.any():
        within = f" within {asked.norm_m:g} m" if asked.objective in {LSCP, MCLP} else ""
        raise InputError(
            f"No place can serve anybody{within}: expected candidates that people can walk to. "
            "Allow a larger norm, more candidates or a larger budget."
        )


def _why_infeasible(asked: Siting, cancelled: Cancelled) -> str:
    """Tell what stands in the way, found by leaving limits out."""
    points = int(asked.reachable.sum())
    told = f"No choice of sites serves all {points} points with people that can be served"
    if asked.objective != LSCP:
        return (
            "No choice of sites keeps all limits: existing sites that stay are too near each other "
            "or cost too much. Let some be closed, or ask for less."
        )
    free = replace(asked, count=None, budget=np.inf)
    found = _solve(lay_model(free), _TELL_S, cancelled)
    if found.x is not None:
        places = lay_model(free).places[found.x[: len(lay_model(free).places)] > 0.5]
        new = int((~asked.existing[places]).sum())
        cost = float(asked.cost[places] @ ~asked.existing[places])
        return (
            f"{told} within the limits: {new} new sites costing {cost:g} would do. Allow more "
            "sites or a larger budget, or ask for the most people served (mclp)."
        )
    if asked.capacity is not None:
        room = float(asked.capacity[asked.usable].sum())
        return (
            f"{told}: {asked.people[asked.reachable].sum():g} people, places for {room:g} in all. "
            "Raise capacities, add candidates, or ask for the most people served (mclp)."
        )
    return (
        f"{told} while sites keep their distance from each other. Let them stand nearer, or ask "
        "for the most people served (mclp)."
    )
