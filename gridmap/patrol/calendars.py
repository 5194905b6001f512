"""Calendars: which local days are working days, days off and public holidays."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.errors import InputError, name_ids
from gridmap.reference import read_reference

DAY_KINDS = ("workday", "day_off", "holiday")
"""Kinds of days a key period can be asked for; ``day_off`` includes holidays."""
_SATURDAY = 6


@dataclass(frozen=True, eq=False)
class Calendar:
    """Public holidays and working-day swaps of one place.

    Attributes
    ----------
    name : str
        Short name, e.g. ``cn``.
    holidays, swaps : ndarray of datetime64[D]
        Days off by law or notice, and days of a weekend that are worked instead.
    years : frozenset of int
        Years it knows; beyond them only weekends count.
    """

    name: str
    holidays: npt.NDArray[np.datetime64]
    swaps: npt.NDArray[np.datetime64]
    years: frozenset[int]

    def kinds(self, days: pd.Series) -> pd.DataFrame:
        """Tell of each local day whether it is a workday, a day off, a holiday.

        Examples
        --------
        >>> days = pd.Series(pd.to_datetime(["2026-02-14", "2026-02-16", "2026-03-07"]))
        >>> calendar("cn").kinds(days).values.tolist()
        [[True, False, False], [False, True, True], [False, True, False]]
        """
        holiday = days.isin(self.holidays)
        weekend = days.dt.isocalendar().day.astype("int64") >= _SATURDAY
        workday = ~holiday & (~weekend | days.isin(self.swaps))
        return pd.DataFrame({"workday": workday, "day_off": ~workday, "holiday": holiday})


@cache
def calendar(name: str) -> Calendar:
    """Read a calendar of ``geodata/reference/holidays.csv``.

    Parameters
    ----------
    name : str
        Name of the calendar; empty for weekends alone.

    Raises
    ------
    InputError
        If there is no such calendar; the message lists those there are.

    Examples
    --------
    >>> sorted(calendar("cn").years), len(calendar("cn").swaps)
    ([2025, 2026], 11)
    """
    table = read_reference("holidays.csv")
    if name and name not in set(table["calendar"]):
        known = name_ids(sorted(set(table["calendar"])))
        raise InputError(
            f"Unknown holiday calendar '{name}'; known are {known}. Name one of them, leave the "
            "column 'calendar' empty for weekends alone, or add rows to holidays.csv."
        )
    own = table[table["calendar"] == name]
    days = {kind: _days(own[own["kind"] == kind]) for kind in ("holiday", "workday")}
    years = {int(day[:4]) for day in own["first"]}
    return Calendar(name, days["holiday"], days["workday"], frozenset(years))


def _days(rows: pd.DataFrame) -> npt.NDArray[np.datetime64]:
    spans = zip(rows["first"], rows["last"], strict=True)
    parts = [np.arange(np.datetime64(a), np.datetime64(b) + 1) for a, b in spans]
    return np.concatenate([np.empty(0, dtype="datetime64[D]"), *parts])
