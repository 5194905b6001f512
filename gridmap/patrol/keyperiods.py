"""Key periods: on which local days a window is due, and when it begins and ends in UTC."""

from datetime import date

import numpy as np
import pandas as pd

from gridmap.errors import InputError, name_ids
from gridmap.patrol.calendars import DAY_KINDS, calendar
from gridmap.schema import Finding

EVERY_DAY = "1234567"
_RULES = ("calendar", "days", "valid_from", "valid_to")


def to_utc(local: pd.Series, timezone: str) -> pd.Series:
    """Local wall times as UTC; every wall time has exactly one answer.

    Parameters
    ----------
    local : Series of datetime
        Without zone.
    timezone : str
        IANA zone.

    Notes
    -----
    A wall time that occurs twice (clocks set back) is its first occurrence; one that never occurs
    (clocks set forward) is the first moment after the gap. So windows that touch on the wall
    clock touch in UTC: none overlap, none leave a hole.

    Examples
    --------
    >>> wall = pd.Series(pd.to_datetime(["2026-03-29 03:30", "2026-10-25 03:30"]))
    >>> to_utc(wall, "Europe/Helsinki").dt.strftime("%H:%M").tolist()
    ['01:00', '00:30']
    """
    first = np.ones(len(local), dtype=bool)
    zoned = local.dt.tz_localize(timezone, nonexistent="shift_forward", ambiguous=first)
    return zoned.dt.tz_convert("UTC")


def occurrences(
    rules: pd.DataFrame,
    first: date,
    last: date,
    timezone: str,
    key_periods: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Each rule on each local day it is due.

    Parameters
    ----------
    rules : DataFrame
        window, weekdays, start, end; ``calendar``, ``days``, ``valid_from`` and ``valid_to`` where
        these columns are there.
    first, last : date
        Local days, both included.
    timezone : str
        IANA zone.
    key_periods : DataFrame, optional
        Layer ``key_periods``: the same four columns by window. Of several rows for one window
        any may make a day due.

    Returns
    -------
    DataFrame
        rule (row of ``rules``), window (``name@day``), start, end (UTC).
    list of Finding
        Periods that end before they begin, and years no calendar knows.

    Raises
    ------
    InputError
        If a calendar or a kind of day is not known.

    Notes
    -----
    A day is due if its weekday is among ``weekdays``, its kind in the calendar is ``days``
    (``workday``, ``day_off``, ``holiday``; weekends alone without a calendar) and it lies from
    ``valid_from`` to ``valid_to``, both included. A window that changes of the clock leave no
    time is not due (MEASURES.md 4, key periods).

    Examples
    --------
    >>> asked = pd.DataFrame({"window": ["w"], "weekdays": [None], "start": ["08:00"]})
    >>> asked = asked.assign(end="09:00", calendar="cn", days="workday")
    >>> due, _ = occurrences(asked, date(2026, 2, 13), date(2026, 2, 24), "Asia/Shanghai")
    >>> due.window.tolist()
    ['w@2026-02-13', 'w@2026-02-14', 'w@2026-02-24']
    """
    dated = _dated(rules, key_periods)
    days = pd.DataFrame({"day": pd.date_range(first, last, freq="D")})
    frame = dated.merge(days, how="cross")
    weekday = frame["day"].dt.isocalendar().day.astype("str")
    wanted = frame["weekdays"].astype("object").fillna(EVERY_DAY).replace("", EVERY_DAY)
    on_day = [one in many for one, many in zip(weekday, wanted, strict=True)]
    due = np.array(on_day, dtype=bool) & _in_calendar(frame)
    due &= ~(frame["day"] < frame["valid_from"]) & ~(frame["day"] > frame["valid_to"])
    frame = frame[due].drop_duplicates(["rule", "day"])
    start = _offset(frame["start"], "00:00")
    end = _offset(frame["end"], "24:00")
    end = end.where(end > start, end + pd.Timedelta(days=1))
    frame = pd.DataFrame(
        {
            "rule": frame["rule"],
            "window": frame["window"].astype("str") + "@" + frame["day"].dt.strftime("%Y-%m-%d"),
            "start": to_utc(frame["day"] + start, timezone),
            "end": to_utc(frame["day"] + end, timezone),
        }
    )
    return frame[frame["end"] > frame["start"]], _findings(dated, first, last)


def _dated(rules: pd.DataFrame, key_periods: pd.DataFrame | None) -> pd.DataFrame:
    """Rules with the calendar and the dates of their key period, one row for each of both."""
    frame = rules.assign(rule=np.arange(len(rules)))
    for name in _RULES:
        if name not in frame:
            frame[name] = None
    if key_periods is not None and len(key_periods):
        named = frame["window"].isin(key_periods["window"])
        known = frame[named].drop(columns=list(_RULES))
        told = key_periods.reindex(columns=["window", *_RULES])
        frame = pd.concat([frame[~named], known.merge(told, on="window")], ignore_index=True)
    for name in ("valid_from", "valid_to"):
        frame[name] = pd.to_datetime(frame[name], errors="coerce").astype("datetime64[us]")
    for name in ("calendar", "days"):
        frame[name] = frame[name].astype("object").fillna("")
    odd = frame.loc[~frame["days"].isin(["", *DAY_KINDS]), "days"]
    if len(odd):
        raise InputError(
            f"A key period is due on one of {', '.join(DAY_KINDS)} (empty: on all days); found "
            f"{name_ids(sorted(set(odd)))}. Correct the column 'days' of key_periods."
        )
    return frame[["rule", "window", "weekdays", "start", "end", *_RULES]]


def _in_calendar(frame: pd.DataFrame) -> np.ndarray:
    good = np.ones(len(frame), dtype=bool)
    both, names = pd.factorize(frame["calendar"] + "/" + frame["days"])
    for number, told in enumerate(names.tolist()):
        name, _, kind = told.rpartition("/")
        rows = np.flatnonzero(both == number)
        kinds = calendar(name).kinds(frame["day"].iloc[rows])
        if kind:
            good[rows] = kinds[kind].to_numpy()
    return good


def _offset(clock: pd.Series, usual: str) -> pd.Series:
    return pd.to_timedelta(clock.astype("object").fillna(usual).astype("str") + ":00")


def _findings(dated: pd.DataFrame, first: date, last: date) -> list[Finding]:
    found = []
    backwards = dated[dated["valid_to"] < dated["valid_from"]]
    if len(backwards):
        ids = tuple(map(str, backwards["window"].unique()))
        text = "a key period ends before it begins and is never due"
        found.append(
            Finding("period_ends_early", "warning", "key_periods", ids, text, "Correct its dates.")
        )
    years = set(range(first.year, last.year + 1))
    for name in sorted(set(dated.loc[dated["days"] != "", "calendar"]) - {""}):
        missing = sorted(years - calendar(str(name)).years)
        if missing:
            text = f"calendar '{name}' knows nothing of {name_ids(missing)}: weekends alone count"
            remedy = "Add the holidays of that year to holidays.csv."
            found.append(Finding("calendar_ends", "warning", "key_periods", (name,), text, remedy))
    return found
