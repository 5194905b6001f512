"""Requirements as calendar rules: which cell is due in which window on which local day."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from gridmap.schema import Finding

DEMANDS = ("visits", "minutes", "max_freshness_min")
"""What a requirement can ask for."""
EVERY_DAY = "1234567"
_INSTANT = pd.Timedelta(microseconds=1)


@dataclass(frozen=True)
class Period:
    """Local days over which patrol is judged.

    Attributes
    ----------
    first, last : date
        Both included.
    timezone : str
        IANA zone of the local days.
    """

    first: date
    last: date
    timezone: str

    @property
    def bounds(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """First moment of the first day and of the day after the last, in UTC."""
        days = pd.DatetimeIndex([self.first, self.last + pd.Timedelta(days=1)])
        start, end = to_utc(pd.Series(days), self.timezone)
        return start, end


def judged_period(
    shifts: pd.DataFrame, timezone: str, since: date | None = None, until: date | None = None
) -> Period:
    """Local days from the first to the last shift, unless told otherwise.

    Parameters
    ----------
    shifts : DataFrame
        Layer ``shifts``, at least one.
    timezone : str
        IANA zone.
    since, until : date, optional
        First and last local day (included).

    Returns
    -------
    Period

    Notes
    -----
    A shift that ends at midnight does not make the next day judged.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> judged_period(toy_district()["shifts"], "Asia/Shanghai").first.isoformat()
    '2026-03-02'
    """
    zone = ZoneInfo(timezone)
    first = since or shifts["start"].min().tz_convert(zone).date()
    last = until or (shifts["end"].max() - _INSTANT).tz_convert(zone).date()
    return Period(first, last, timezone)


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


def due_windows(
    requirements: pd.DataFrame, cell_ids: pd.Series, period: Period
) -> tuple[pd.DataFrame, list[Finding]]:
    """Every (cell, window occurrence) that lies wholly inside the judged period.

    Parameters
    ----------
    requirements : DataFrame
        Layer ``requirements``.
    cell_ids : Series of str
        All cells.
    period : Period
        From :func:`judged_period`.

    Returns
    -------
    DataFrame
        cell_id, window (``name@local start date``), start, end (UTC), visits, minutes,
        max_freshness_min, weight; by cell and start.
    list of Finding
        Requirements for unknown cells, without any demand, or contradicting another.

    Notes
    -----
    A window belongs to the local day on which it starts; an end at or before the start lies on
    the next day. ``*`` means every cell, except cells with a row of their own for a window of the
    same name: their own rows replace it altogether. Where two rows ask for the same window on
    the same day, the one asking for more minutes, then visits, then freshness counts.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> period = judged_period(toy["shifts"], toy.timezone)
    >>> due, findings = due_windows(toy["requirements"], toy["cells"].cell_id, period)
    >>> due[["cell_id", "window"]].values.tolist()[0], len(due), findings
    (['ne', 'day@2026-03-02'], 4, [])
    """
    asked = requirements.reset_index(drop=True)
    empty = asked[list(DEMANDS)].isna().all(axis=1)
    stray = ~asked["cell_id"].isin([*cell_ids, "*"])
    findings = [
        *_finding("unknown_cell", asked[stray]["cell_id"], _UNKNOWN_CELL),
        *_finding("no_demand", asked[empty]["window"], _NO_DEMAND),
    ]
    days = _occurrences(asked[~empty & ~stray], period)
    every = pd.DataFrame({"cell_id": cell_ids.to_numpy()})
    named = asked.loc[~empty & (asked["cell_id"] != "*"), ["cell_id", "window"]]
    general = every.merge(days[days["cell_id"] == "*"].drop(columns="cell_id"), how="cross")
    own = pd.MultiIndex.from_frame(named)
    replaced = pd.MultiIndex.from_frame(general[["cell_id", "window"]]).isin(own)
    due = pd.concat([general[~replaced], days[days["cell_id"] != "*"]], ignore_index=True)
    due["window"] = due["window"] + "@" + due["day"].dt.strftime("%Y-%m-%d")
    due = due.sort_values(
        ["minutes", "visits", "max_freshness_min"], ascending=[False, False, True]
    )
    double = due.duplicated(["cell_id", "window"])
    findings += _finding("contradicting_requirement", due["window"][double].unique(), _DOUBLE)
    columns = ["cell_id", "window", "start", "end", *DEMANDS, "weight"]
    return due[~double].sort_values(["cell_id", "start", "window"], ignore_index=True)[
        columns
    ], findings


_UNKNOWN_CELL = (
    "a requirement names a cell that does not exist",
    "Correct the cell_id, or write * for every cell.",
)
_NO_DEMAND = (
    "a requirement asks for neither visits, minutes nor freshness",
    "Fill one of these columns, or remove the row.",
)
_DOUBLE = (
    "two rows ask for the same window in the same cell on the same day; the stricter one counts",
    "Keep one of them, or give the windows different names.",
)


def _finding(rule: str, ids: pd.Series | np.ndarray, text: tuple[str, str]) -> list[Finding]:
    if not len(ids):
        return []
    return [Finding(rule, "warning", "requirements", tuple(map(str, ids)), *text)]


def _occurrences(asked: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Each requirement on each of its local days, if its window lies wholly in the period."""
    days = pd.DataFrame({"day": pd.date_range(period.first, period.last, freq="D")})
    frame = asked.merge(days, how="cross")
    weekday = frame["day"].dt.isocalendar().day.astype("str")
    wanted = frame["weekdays"].fillna(EVERY_DAY).replace("", EVERY_DAY)
    on_day = [one in many for one, many in zip(weekday, wanted, strict=True)]
    frame = frame[np.array(on_day, dtype=bool)]
    start = pd.to_timedelta(frame["start"].fillna("00:00") + ":00")
    end = pd.to_timedelta(frame["end"].fillna("24:00") + ":00")
    end = end.where(end > start, end + pd.Timedelta(days=1))
    frame = frame.assign(
        start=to_utc(frame["day"] + start, period.timezone),
        end=to_utc(frame["day"] + end, period.timezone),
        weight=frame["weight"].fillna(1.0),
    )
    first, last = period.bounds
    return frame[
        (frame["start"] >= first) & (frame["end"] <= last) & (frame["end"] > frame["start"])
    ]
