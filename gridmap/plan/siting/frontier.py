"""The frontier: how many people are served with no new site, with one, with two …"""

import time
from dataclasses import replace

import numpy as np
import pandas as pd

from gridmap.plan.siting.answers import Answer
from gridmap.plan.siting.choose import choose_sites, never
from gridmap.plan.siting.problem import MCLP, Siting
from gridmap.plan.solver import PROVED_GAP, Cancelled, relative_gap
from gridmap.progress import Progress, silent

COLUMNS = ("sites", "people", "share", "bound", "gap", "proved")


def draw_frontier(
    asked: Siting,
    most: int,
    time_limit_s: float = 60.0,
    *,
    known: Answer | None = None,
    progress: Progress = silent,
    cancelled: Cancelled = never,
) -> pd.DataFrame:
    """People within the norm against the number of new sites.

    Parameters
    ----------
    asked : Siting
        The question, of any objective; its limits hold here, too.
    most : int
        Largest number of new sites.
    time_limit_s : float
        Seconds [s] for the whole table.
    known : Answer, optional
        Answer for ``most`` sites, where the question is MCLP itself.
    progress : Progress
        Told after each number.
    cancelled : function
        Asked while work goes on.

    Returns
    -------
    DataFrame
        ``sites``, ``people`` served, ``share`` of all people, ``bound``, ``gap``, ``proved``.

    Notes
    -----
    Each row is a maximal covering problem of its own. The value never falls from row to row; it
    need not be concave, since the best two sites need not hold the best one.

    Examples
    --------
    >>> walks = [[10.0, 40, 90], [60, 30, 90], [90, 45, 70], [99, 99, 20]]
    >>> asked = Siting(walks, [1, 2, 3, 4], "lscp", 50, [False] * 3)
    >>> draw_frontier(asked, 2)[["sites", "people", "proved"]].values.tolist()
    [[0, 0.0, True], [1, 6.0, True], [2, 10.0, True]]
    """
    ends = time.monotonic() + time_limit_s
    everyone = float(asked.people.sum())
    most = min(most, int((~asked.existing).sum()))
    found: list[tuple[float, float]] = []
    for count in range(most + 1):
        progress("plan: frontier", count, most + 1)
        if found and found[-1][0] >= everyone * (1 - 1e-12):
            found.append(found[-1])
            continue
        if known is not None and known.objective == MCLP and count == most:
            found.append((known.value, known.bound))
            continue
        left_s = max((ends - time.monotonic()) / (most + 1 - count), 0.05)
        problem = replace(asked, objective=MCLP, count=count, backup=_backup(asked))
        one = (
            choose_sites(problem, left_s, cancelled=cancelled) if problem.reachable.any() else None
        )
        found.append((0.0, 0.0) if one is None else (one.value, one.bound))
    value = np.maximum.accumulate([one for one, _ in found])
    bound = np.minimum.accumulate([one for _, one in found][::-1])[::-1]
    bound = np.maximum(bound, value)
    gap = np.array([relative_gap(-a, -b) for a, b in zip(value, bound, strict=True)])
    return pd.DataFrame(
        {
            "sites": np.arange(len(value)),
            "people": value,
            "share": value / everyone,
            "bound": bound,
            "gap": np.where(gap <= PROVED_GAP, 0.0, gap),
            "proved": gap <= PROVED_GAP,
        }
    )


def _backup(asked: Siting) -> str:
    return "require" if asked.backup == "require" else ""
