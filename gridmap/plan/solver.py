"""The mixed-integer solver: the only place that imports it.

HiGHS through :func:`scipy.optimize.milp`; a model is one sparse matrix. Every answer tells its
bound and its gap, and is called proved only when the two meet.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from gridmap.errors import StoppedError

Floats = npt.NDArray[np.float64]
PROVED_GAP = 1e-6
"""Relative gap between value and bound up to which a solution counts as proved."""
_TIME_LIMIT, _INFEASIBLE = 1, 2
_LISTEN_S = 0.05
Cancelled = Callable[[], bool]
"""Asked now and then while something runs: whether to give it up."""


@dataclass(frozen=True, eq=False)
class Solution:
    """What the solver found.

    Attributes
    ----------
    x : ndarray or None
        Values of the variables; None where no solution was found.
    value : float
        Objective of ``x``; infinite where there is none.
    bound : float
        No solution is better than this; -inf where the solver proved nothing.
    infeasible : bool
        Whether the solver proved that there is no solution.
    stopped : bool
        Whether time ran out.
    """

    x: Floats | None
    value: float
    bound: float
    infeasible: bool = False
    stopped: bool = False

    @property
    def gap(self) -> float:
        """Relative gap between value and bound [0-1]; infinite where nothing was found."""
        return relative_gap(self.value, self.bound)

    @property
    def proved(self) -> bool:
        """Whether the solution is proved to be the best."""
        return self.x is not None and self.gap <= PROVED_GAP


def relative_gap(value: float, bound: float) -> float:
    """Gap between a value to be made small and its bound, relative to the value.

    Examples
    --------
    >>> relative_gap(100.0, 90.0), relative_gap(0.0, 0.0), relative_gap(float("inf"), 1.0)
    (0.1, 0.0, inf)
    """
    if not np.isfinite(value) or not np.isfinite(bound):
        return float("inf")
    if value <= bound:
        return 0.0
    return float((value - bound) / max(abs(value), 1e-12))


def solve(
    cost: npt.ArrayLike,
    rows: sparse.sparray | sparse.spmatrix,
    low: npt.ArrayLike,
    high: npt.ArrayLike,
    *,
    integer: npt.ArrayLike,
    least: npt.ArrayLike = 0.0,
    most: npt.ArrayLike = 1.0,
    time_limit_s: float | None = None,
    cancelled: Cancelled | None = None,
) -> Solution:
    """Minimise cost · x subject to low ≤ rows · x ≤ high and least ≤ x ≤ most.

    Parameters
    ----------
    cost : array-like, shape (n,)
        Objective.
    rows : sparse matrix, shape (m, n)
        Constraints.
    low, high : array-like, shape (m,)
        Bounds of the rows; ``-inf`` and ``inf`` where there is none.
    integer : array-like of bool, shape (n,)
        Which variables are whole numbers.
    least, most : array-like, shape (n,)
        Bounds of the variables; default 0 and 1.
    time_limit_s : float, optional
        Seconds [s] after which the best solution so far and its bound are returned.
    cancelled : function, optional
        Asked while the solver runs, beside it; an interrupt from the keyboard is heard then, too.

    Raises
    ------
    StoppedError
        If it was cancelled. The solver itself cannot be interrupted: it runs on, unheard, until
        its time limit, so give one.

    Returns
    -------
    Solution
        Never called proved unless value and bound meet.

    Notes
    -----
    HiGHS stops by default at a relative gap of 1e-4; here it goes on to 0. To maximise, give the
    cost with its sign turned; value and bound are then turned, too.

    Examples
    --------
    Two of three things, weights 3, 2 and 4, as light as can be:

    >>> found = solve([3, 2, 4], sparse.csr_array([[1, 1, 1]]), [2], [2], integer=[True] * 3)
    >>> found.value, found.bound, found.proved, found.x.tolist()
    (5.0, 5.0, True, [1.0, 1.0, 0.0])
    """
    weights = np.asarray(cost, dtype=float)
    whole = np.broadcast_to(np.asarray(integer, dtype=bool), weights.shape)
    options: Any = {"mip_rel_gap": 0.0}
    if time_limit_s is not None:
        options["time_limit"] = time_limit_s
    limits = LinearConstraint(
        sparse.csc_array(rows), np.asarray(low, float), np.asarray(high, float)
    )
    bounds = Bounds(np.asarray(least, float), np.asarray(most, float))

    def run() -> Any:
        return milp(
            weights,
            integrality=whole.astype(int),
            bounds=bounds,
            constraints=limits,
            options=options,
        )

    found = run() if cancelled is None else _beside(run, cancelled)
    if found.x is None:
        bound = getattr(found, "mip_dual_bound", None)
        return Solution(
            None,
            np.inf,
            -np.inf if bound is None else float(bound),
            infeasible=found.status == _INFEASIBLE,
            stopped=found.status == _TIME_LIMIT,
        )
    x = np.where(whole, np.rint(found.x), found.x)
    bound = found.mip_dual_bound if found.mip_dual_bound is not None else found.fun
    return Solution(x, float(found.fun), float(bound), stopped=found.status == _TIME_LIMIT)


def _beside(run: Callable[[], Any], cancelled: Cancelled) -> Any:
    """Run in a thread (the solver lets go of Python), so that a wish to stop is heard."""
    told: dict[str, Any] = {}

    def work() -> None:
        try:
            told["found"] = run()
        except BaseException as error:
            told["error"] = error

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    while worker.is_alive():
        worker.join(_LISTEN_S)
        if worker.is_alive() and cancelled():
            raise StoppedError("The work was stopped before it was done; nothing was kept.")
    if "error" in told:
        raise told["error"]
    return told["found"]
