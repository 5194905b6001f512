"""p-center: the least radius within which some allowed choice of sites reaches everybody."""

import time

import numpy as np

from gridmap.errors import InputError
from gridmap.plan.siting.answers import Answer, reaches_all, settle, value_of, within_radius
from gridmap.plan.siting.greedy import choose_greedily
from gridmap.plan.siting.models import lay_model
from gridmap.plan.siting.problem import Floats, Ints, Siting
from gridmap.plan.solver import Cancelled, solve
from gridmap.progress import Progress


def choose_centre(
    asked: Siting, time_limit_s: float, progress: Progress, cancelled: Cancelled
) -> Answer:
    """Choose sites so that the farthest walk is as short as possible.

    Raises
    ------
    InputError
        If no allowed choice reaches everybody whom some place can reach.

    Notes
    -----
    Halving over the sorted walks; at each radius either a choice in steps reaches everybody, or
    the covering model decides whether any choice does (Minieka 1970). A radius the solver could
    not decide in time ends the search; what was proved until then is the bound.
    """
    began = time.monotonic()
    ends = began + time_limit_s
    radii = _radii(asked)
    low, high, best, stopped = 0, len(radii), None, False
    steps = max(int(np.ceil(np.log2(max(len(radii), 2)))) + 1, 1)
    for number in range(steps + 1):
        if low >= high:
            break
        progress("plan: radius", number, steps)
        # The largest radius first: whether there is any choice at all.
        middle = (low + high) // 2 if number else high - 1
        found = _at_radius(asked, float(radii[middle]), ends, cancelled)
        if isinstance(found, str):
            if found == "unknown":
                stopped = True
                break
            low = middle + 1
        else:
            best, high = found, int(np.searchsorted(radii, value_of(asked, found)))
    if best is None:
        best = _without_choice(asked, radii, stopped=stopped)
    bound = float(radii[low]) if low < len(radii) else 0.0
    seconds = time.monotonic() - began
    return settle(asked, best, bound, stopped=stopped, seconds=seconds)


def _radii(asked: Siting) -> Floats:
    """List walks that may be the farthest: from the least that nobody can beat."""
    points = np.flatnonzero(asked.reachable)
    walks = asked.distance_m[points][:, np.flatnonzero(asked.usable)]
    least = np.full(len(points), np.inf)
    np.minimum.at(least, np.repeat(np.arange(len(points)), np.diff(walks.indptr)), walks.data)
    return np.unique(walks.data[walks.data >= least.max(initial=0.0)])


def _at_radius(asked: Siting, radius_m: float, ends: float, cancelled: Cancelled) -> Ints | str:
    """Find a choice that reaches everybody within a radius, or why there is none."""
    within = within_radius(asked, radius_m)
    if not reaches_all(within):
        return "none"
    if not asked.closable:
        quick = choose_greedily(within)
        if np.isfinite(value_of(within, quick)):
            return quick
    left_s = ends - time.monotonic()
    if left_s <= 0:
        return "unknown"
    model = lay_model(within)
    found = solve(
        np.zeros(len(model.cost)), model.rows, model.low, model.high, integer=model.whole,
        least=model.least, most=model.most, time_limit_s=left_s, cancelled=cancelled,
    )  # fmt: skip
    if found.infeasible:
        return "none"
    if found.x is None:
        return "unknown"
    return model.places[found.x[: len(model.places)] > 0.5]


def _without_choice(asked: Siting, radii: Floats, *, stopped: bool) -> Ints:
    if not len(radii):
        return np.flatnonzero(asked.existing).astype(np.int64)
    if stopped:
        raise InputError(
            "Time ran out before any choice of sites was found that reaches everybody. Allow more "
            "seconds, more sites or a larger budget."
        )
    raise InputError(
        f"No allowed choice of sites reaches all {int(asked.reachable.sum())} points with people "
        "whom some candidate can reach, at any distance. Allow more sites, a larger budget or "
        "capacity, or let sites stand nearer to each other."
    )
