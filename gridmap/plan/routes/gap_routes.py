"""Gap routes: which due windows several units close in one shift, and in what order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.errors import InputError
from gridmap.patrol.compliance import CellTimes, Unknown, judge_windows
from gridmap.patrol.intervals import NEVER, Intervals
from gridmap.patrol.visits import BY_VEHICLE_S, ON_FOOT_S
from gridmap.plan.routes.gap_visits import WORTH_S, stop_points, visits_wanted
from gridmap.plan.routes.vrp import FAR_S, Solved, Unit, Visit, solve_routes
from gridmap.plan.routes.ways import (
    Places,
    Ways,
    distances_between,
    join_places,
    lines_between,
)
from gridmap.progress import Progress, silent
from gridmap.units import SNAP_FINDING_M

MOST_VISITS = 250
"""Visits that are weighed at most; those worth less than the rest are left out first."""
_VISIT = ["from_s", "until_s", "stay_s", "prize_s"]


@dataclass(frozen=True, eq=False)
class GapPlan:
    """Routes that close gaps, and what they would close.

    Attributes
    ----------
    lines : DataFrame
        unit, start_s, end_s, length_m, stops, geometry (LineString), one row for each unit out.
    stops : DataFrame
        unit, order, cell, due, part, from_s, until_s, geometry (Point), in order.
    expected : DataFrame
        On the index of what was due: status and reason if the plan is walked, planned (visits).
    left_out : dict of str to int
        Visits that were not weighed or not made, by reason.
    cost_s : int
        Moving time plus prizes missed [s].
    feasible : bool
        Whether every unit is back in time.
    """

    lines: pd.DataFrame
    stops: pd.DataFrame
    expected: pd.DataFrame
    left_out: dict[str, int]
    cost_s: int
    feasible: bool


def plan_gap_routes(
    ways: Ways,
    cells: Any,
    due: pd.DataFrame,
    starts: Sequence[Any],
    *,
    from_s: float,
    until_s: float,
    mode: str = "foot",
    ends: Sequence[Any] | None = None,
    most: int = MOST_VISITS,
    worth_s: float = WORTH_S,
    limit_s: float = 10.0,
    seed: int = 0,
    progress: Progress = silent,
) -> GapPlan:
    """Plan routes for several units that close as much as they can in one shift.

    Parameters
    ----------
    ways : Ways
        Network of the way the units move.
    cells : GeoDataFrame
        The cells, in the CRS of the ways.
    due : DataFrame
        cell (row of ``cells``), start_s, end_s, visits, minutes, max_freshness_min, weight,
        deficit (0–1).
    starts : sequence of Point
        Where each unit begins: one for each unit.
    from_s, until_s : float
        When units are out [s], on the clock of ``due``.
    mode : {"foot", "bike", "car"}
        How they move.
    ends : sequence of Point, optional
        Where each unit ends; default where it began.
    most : int
        Visits weighed at most.
    worth_s : float
        Seconds of moving that a window of weight 1 and deficit 1 is worth.
    limit_s : float
        Time to search [s].
    seed : int
        Of the search.
    progress : Progress
        Told of each stage.

    Returns
    -------
    GapPlan

    Raises
    ------
    InputError
        Without units, with a shift that ends before it begins, or with a start off the network.

    Notes
    -----
    Visits are chosen and ordered so that moving time plus the prizes of visits not made is least
    (team orienteering with time windows). What would be closed counts planned stays alone: cells
    that a unit only walks through are left out, so the figure is a careful one. Nothing unknown is
    assumed: the judge is the one of compliance.

    Examples
    --------
    >>> from gridmap.plan.routes.ways import lay_ways
    >>> from gridmap.samples import at, toy_district
    >>> toy = toy_district()
    >>> window = {"cell": [0, 3], "start_s": 0.0, "end_s": 7200.0, "visits": 1.0, "minutes": 5.0}
    >>> due = pd.DataFrame(window | {"max_freshness_min": np.nan, "weight": 1.0, "deficit": 1.0})
    >>> ways, start = lay_ways(toy["roads"]), [at(100, 100)]
    >>> limits = {"from_s": 0.0, "until_s": 7200.0, "limit_s": 0.1}
    >>> plan = plan_gap_routes(ways, toy["cells"], due, start, **limits)
    >>> plan.expected.status.tolist(), len(plan.lines)
    (['met', 'met'], 1)
    """
    if not starts:
        raise InputError("Expected at least one unit to walk; found 0. Give --units 1 or more.")
    if until_s <= from_s:
        raise InputError("The shift ends before it begins. Give --minutes above 0.")
    wanted = visits_wanted(due, from_s, until_s, mode, worth_s)
    kept = wanted.nlargest(most, "prize_s", keep="first").sort_index().reset_index(drop=True)
    left = {"not weighed": len(wanted) - len(kept)}
    cell = due["cell"].to_numpy(dtype=np.int64)[kept["due"]]
    chosen, place = np.unique(cell, return_inverse=True)
    points = stop_points(cells.iloc[chosen], ways)
    home = [*starts, *(starts if ends is None else ends)]
    places = join_places(ways, [*home, *points])
    _check_homes(places, len(home))
    progress("routes: distances", 0, 0)
    move = _move_s(places, ways.speed_mps)
    units = [Unit(n, n + len(starts), int(from_s), int(until_s)) for n in range(len(starts))]
    visits = [
        Visit(len(home) + p, *row)
        for p, row in zip(place.tolist(), kept[_VISIT].to_numpy().tolist(), strict=True)
    ]
    if not visits:
        solved = Solved((), (), (), 0, feasible=True)
    else:
        solved = solve_routes(move, units, visits, limit_s=limit_s, seed=seed, progress=progress)
    left["not made"] = len(solved.left_out)
    stops = _stops(solved, kept, cell, places, visits)
    lines = _lines(solved, places, units, visits, move)
    return GapPlan(lines, stops, _expected(due, stops, mode), left, solved.cost, solved.feasible)


def _check_homes(places: Places, count: int) -> None:
    off = [n + 1 for n in range(count) if np.isnan(places.leg_m[n])]
    if off:
        raise InputError(
            f"A start or end place lies off the network: no way within {SNAP_FINDING_M:.0f} m of "
            f"place {off[0]}. Choose a place beside a street of the district's main network."
        )


def _move_s(places: Places, speed_mps: float) -> npt.NDArray[np.int64]:
    seconds = distances_between(places) / speed_mps
    return np.where(np.isfinite(seconds), np.ceil(seconds), FAR_S).astype(np.int64)


def _stops(
    solved: Solved,
    kept: pd.DataFrame,
    cell: npt.NDArray[np.int64],
    places: Places,
    visits: Sequence[Visit],
) -> pd.DataFrame:
    own = kept[["due", "part"]].to_numpy().tolist()
    rows = [
        (unit, order, int(cell[stop.visit]), *own[stop.visit],
         stop.from_s, stop.until_s, visits[stop.visit].place)
        for unit, stops in solved.routes
        for order, stop in enumerate(stops, 1)
    ]  # fmt: skip
    names = ["unit", "order", "cell", "due", "part", "from_s", "until_s", "place"]
    table = pd.DataFrame(rows, columns=names).astype("int64")
    where = places.xy[places.first + table["place"].to_numpy()].reshape(-1, 2)
    points = np.asarray(shapely.points(where), dtype=object)
    return table.drop(columns="place").assign(geometry=points)


def _lines(
    solved: Solved,
    places: Places,
    units: Sequence[Unit],
    visits: Sequence[Visit],
    move: npt.NDArray[np.int64],
) -> pd.DataFrame:
    rows = []
    for (unit, stops), begin in zip(solved.routes, solved.starts, strict=True):
        along = [units[unit].start, *(visits[s.visit].place for s in stops), units[unit].end]
        line, legs = lines_between(places, along)
        back = stops[-1].until_s + int(move[along[-2], along[-1]])
        rows.append((unit, begin, back, float(legs.sum()), len(stops), line))
    names = ["unit", "start_s", "end_s", "length_m", "stops", "geometry"]
    return pd.DataFrame(rows, columns=names)


def _expected(due: pd.DataFrame, stops: pd.DataFrame, mode: str) -> pd.DataFrame:
    """Judge each due window as if planned stays were all the presence there is."""
    ordered = stops.sort_values(["cell", "from_s"])
    cell = ordered["cell"].to_numpy(dtype=np.int64)
    stays = Intervals(ordered["from_s"].to_numpy(float), ordered["until_s"].to_numpy(float))
    least = np.full(len(cell), ON_FOOT_S if mode == "foot" else BY_VEHICLE_S)
    times = CellTimes(cell, stays, cell, stays, least)
    told = judge_windows(due, times, Unknown(NEVER, ON_FOOT_S))[["status", "reason"]]
    planned = stops["due"].value_counts().reindex(np.arange(len(due))).fillna(0)
    return told.assign(planned=planned.to_numpy(dtype=np.int64))
