"""Reports of cells against a deadline: how many were due, how many were settled in time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from gridmap.errors import InputError
from gridmap.standards.deadlines import Deadline, WorkingCalendar, due_at
from gridmap.standards.rules import Rule

_NEEDED = ("cell_id", "reported", "settled")


def deadline_of(rule: Rule, calendar: WorkingCalendar | None = None) -> Deadline:
    """Deadline that a rule of kind deadline sets.

    Examples
    --------
    >>> from gridmap.standards.rules import shipped_rules
    >>> rules = {rule.id: rule for rule in shipped_rules()}
    >>> deadline_of(rules["half_day"]).half_day
    True
    """
    told = rule.parameters
    working = told.number("working_hours")
    hours = working if working is not None else told.number("hours")
    urgent = told.number("urgent_hours")
    counts_work = working is not None or ("half_day" in told.named and calendar is not None)
    return Deadline(
        half_day="half_day" in told.named,
        hours=None if hours is None else float(hours),
        minimum_minutes=float(told.number("minimum_minutes") or 0),
        urgent_hours=None if urgent is None else float(urgent),
        calendar=(calendar or WorkingCalendar()) if counts_work else None,
    )


def count_in_time(
    reports: pd.DataFrame, rule: Rule, until: datetime, calendar: WorkingCalendar | None = None
) -> pd.DataFrame:
    """Count the reports of each cell that were due, and those settled in time.

    Parameters
    ----------
    reports : DataFrame
        ``cell_id``, ``reported``, ``settled`` (aware times; empty while open) and, optionally,
        ``urgent``.
    rule : Rule
        Of kind deadline.
    until : datetime
        Local moment of the study; its zone is that of local times. What is still open and not yet
        due then does not count.
    calendar : WorkingCalendar, optional
        Working days and hours.

    Returns
    -------
    DataFrame
        On ``cell_id``: ``cases.RULE`` and ``in_time.RULE``.

    Raises
    ------
    InputError
        If a column is missing, or a report has no time.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> from gridmap.standards.rules import shipped_rules
    >>> zone = ZoneInfo("Asia/Shanghai")
    >>> reports = pd.DataFrame({"cell_id": ["nw", "nw"],
    ...     "reported": [datetime(2026, 3, 2, 9, 30, tzinfo=zone)] * 2,
    ...     "settled": [datetime(2026, 3, 2, 12, tzinfo=zone), None]})
    >>> rule = next(one for one in shipped_rules() if one.id == "half_day")
    >>> count_in_time(reports, rule, datetime(2026, 3, 3, tzinfo=zone)).values.tolist()
    [[2.0, 1.0]]
    """
    _check(reports)
    deadline = deadline_of(rule, calendar)
    outcomes = [_in_time(row, deadline, until) for row in reports.astype(object).to_dict("records")]
    told = pd.DataFrame(
        {
            f"cases.{rule.id}": [float(one is not None) for one in outcomes],
            f"in_time.{rule.id}": [float(bool(one)) for one in outcomes],
        }
    )
    return told.groupby(reports["cell_id"].to_numpy(dtype=object)).sum()


def _in_time(row: Mapping[Any, Any], deadline: Deadline, until: datetime) -> bool | None:
    """Whether a report was settled in time; None while there is time left."""
    reported = row["reported"].astimezone(until.tzinfo)
    due = due_at(reported, deadline, urgent=row.get("urgent") is True)
    if pd.isna(row["settled"]):
        return None if due > until else False
    return bool(row["settled"] <= due)


def _check(reports: pd.DataFrame) -> None:
    missing = [name for name in _NEEDED if name not in reports]
    if missing:
        raise InputError(f"Reports need the columns {', '.join(_NEEDED)}; missing {missing}.")
    if reports["reported"].isna().any():
        raise InputError(f"{int(reports['reported'].isna().sum())} reports have no time.")
