"""Late data: one unit's day worked out anew, and the days of all units put together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from gridmap.errors import InputError, name_ids
from gridmap.patrol.dwell import CellGrid, Dwell, split_tracks
from gridmap.patrol.fixes import clean_fixes
from gridmap.patrol.presence import presence_slots
from gridmap.patrol.visits import find_visits


@dataclass(frozen=True, eq=False)
class UnitDay:
    """One unit's duty of one day, which no other unit's fixes can change.

    Attributes
    ----------
    unit_id : str
        The unit.
    origin : Timestamp
        The moment that is second 0, the same for all units of the day.
    on_duty_s : float
        Time on duty [s].
    dwell : Dwell
        Where it went; ``shift`` counts the unit's own shifts.
    account : mapping of str to int
        Fixes given, removed by each step, and kept.
    """

    unit_id: str
    origin: pd.Timestamp
    on_duty_s: float
    dwell: Dwell
    account: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class DayTotals:
    """The days of several units together.

    Attributes
    ----------
    slots : DataFrame
        cell_id, slot_start, observed_s, inferred_s, visits: presence by quarter hours.
    visits : DataFrame
        cell, start_s, end_s, least_s.
    dwell : Dwell
        Runs, stays and unknown time of all units, with ``unit_id``, by unit, shift and time.
    on_duty_s : float
        Time on duty over all units [s].
    """

    slots: pd.DataFrame
    visits: pd.DataFrame
    dwell: Dwell
    on_duty_s: float


def work_out_unit_day(
    shifts: pd.DataFrame,
    fixes: Any,
    grid: CellGrid,
    origin: pd.Timestamp,
    now: datetime | None = None,
) -> UnitDay:
    """Work out one unit's day from all its stored fixes, in whatever order they came.

    Parameters
    ----------
    shifts : DataFrame
        Shifts of one unit on one day.
    fixes : GeoDataFrame
        Every fix stored for them, those that came late included, twice or once.
    grid : CellGrid
        From :func:`gridmap.patrol.dwell.cell_grid`.
    origin : Timestamp
        The moment that is second 0, on a quarter hour: the day's midnight.
    now : datetime, optional
        Moment after which a fix lies in the future.

    Raises
    ------
    InputError
        If the shifts are of several units.

    Notes
    -----
    The gap limit follows the unit's median interval on the day (MEASURES.md 4), so a day is never
    changed by the fixes of another.

    Examples
    --------
    >>> from gridmap.patrol.dwell import cell_grid
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> grid = cell_grid(toy["cells"].geometry.to_numpy())
    >>> midnight = toy["shifts"]["start"].min().floor("D")
    >>> day = work_out_unit_day(toy["shifts"], toy["fixes"], grid, midnight)
    >>> day.on_duty_s, len(day.dwell.runs)
    (3600.0, 2)
    """
    units = shifts["unit_id"].unique()
    if len(units) != 1:
        raise InputError(
            f"Expected the shifts of one unit, found {len(units)}: {name_ids(units)}. "
            "Give the shifts of each unit by themselves."
        )
    tracks = clean_fixes(shifts, fixes, now, origin)
    dwell = split_tracks(tracks, grid)
    return UnitDay(str(units[0]), origin, tracks.on_duty_s, dwell, tracks.account)


def put_together(days: Iterable[UnitDay], cell_ids: Iterable[str]) -> DayTotals:
    """Totals of several units' days; the order they come in does not matter.

    Parameters
    ----------
    days : iterable of UnitDay
        At most one of each unit, all with one origin.
    cell_ids : iterable of str
        Names of the cells by number.

    Raises
    ------
    InputError
        If a unit comes twice, or origins differ.

    Notes
    -----
    A unit's day that was worked out anew takes the place of the old one; all else stays as it
    was. Only runs are united again, about forty times fewer than fixes.

    Examples
    --------
    >>> put_together([], []).on_duty_s
    0.0
    """
    ordered = sorted(days, key=lambda day: day.unit_id)
    _refuse_mixed(ordered)
    tables = ("runs", "stays", "unknown")
    dwell = Dwell(*(_stacked(ordered, name) for name in tables))
    visits = find_visits(dwell.stays)
    origin = ordered[0].origin if ordered else pd.Timestamp(0, tz="UTC")
    slots = presence_slots(dwell.runs, visits, list(cell_ids), origin)
    return DayTotals(slots, visits, dwell, float(sum(day.on_duty_s for day in ordered)))


def _stacked(days: list[UnitDay], name: str) -> pd.DataFrame:
    parts = [getattr(day.dwell, name).assign(unit_id=day.unit_id) for day in days]
    return pd.concat(parts, ignore_index=True) if parts else _NOTHING.copy()


def _refuse_mixed(days: list[UnitDay]) -> None:
    names = [day.unit_id for day in days]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"Expected each unit once, found {len(twice)} more often: {name_ids(twice)}. "
            "Leave out the day that was worked out before."
        )
    origins = {day.origin for day in days}
    if len(origins) > 1:
        raise InputError(
            f"Expected days with one origin, found {len(origins)}: "
            f"{name_ids(sorted(map(str, origins)))}. Put each day together by itself."
        )


_NOTHING = pd.DataFrame(
    {
        "shift": pd.Series(dtype="int64"),
        "cell": pd.Series(dtype="int64"),
        "start_s": pd.Series(dtype="float64"),
        "end_s": pd.Series(dtype="float64"),
        "observed": pd.Series(dtype="bool"),
        "interval_s2": pd.Series(dtype="float64"),
        "driven": pd.Series(dtype="bool"),
        "mode": pd.Series(dtype="object"),
        "unit_id": pd.Series(dtype="object"),
    }
)
