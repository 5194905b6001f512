"""Plans of cameras, slowly: every set of views that is allowed is tried."""

from itertools import product

import numpy as np

NEW, KEEP, TURN = 0, 1, 2


def best_by_trying(problem) -> float:
    """Worth of the best choice, by trying one view or none at every place."""
    seen = problem.seen.toarray()
    options = []
    for place in range(int(problem.place.max(initial=-1)) + 1):
        mine = np.flatnonzero(problem.place == place).tolist()
        held = any(problem.kind[view] == KEEP for view in mine)
        options.append(mine if held and place not in problem.removable else [None, *mine])
    best = -np.inf
    for told in product(*options):
        views = [one for one in told if one is not None]
        if allowed(problem, views):
            best = max(best, worth(problem, seen, views))
    return best


def allowed(problem, views) -> bool:
    """Whether the limits on new cameras, on turns and on façade are kept."""
    kinds = [int(problem.kind[view]) for view in views]
    taken = {int(problem.place[view]) for view in views}
    if len(taken) < len(views):
        return False
    removed = len(problem.removable - taken)
    facade = sum(problem.facade_m[view] for view in views if problem.kind[view] != KEEP)
    return (
        kinds.count(NEW) <= problem.count + removed
        and kinds.count(TURN) <= problem.turns
        and facade <= problem.most_facade_m + 1e-9
    )


def worth(problem, seen, views) -> float:
    """Worth of what is covered, piece by piece, less what the views cost."""
    total = 0.0
    for piece in range(seen.shape[1]):
        times = problem.have[piece] + sum(seen[view, piece] for view in views)
        total += problem.weight[piece] * min(times, problem.need[piece]) / problem.need[piece]
    for view in views:
        total -= problem.price_per_m * problem.facade_m[view]
        total -= problem.turn_price * (problem.kind[view] == TURN)
    return total
