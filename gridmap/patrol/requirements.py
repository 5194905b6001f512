"""Requirements as calendar rules: which cell is due in which window on which local day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.patrol.contradictions import asked_for_nothing, demand_findings, stricter
from gridmap.patrol.keyperiods import occurrences, to_utc
from gridmap.schema import Finding

DEMANDS = ("visits", "minutes", "max_freshness_min")
"""What a requirement can ask for."""
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


def due_windows(
    requirements: pd.DataFrame,
    cell_ids: pd.Series,
    period: Period,
    key_periods: pd.DataFrame | None = None,
    cell_weight: Mapping[str, float] | None = None,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Every (cell, window occurrence) that lies wholly inside the judged period.

    Parameters
    ----------
    requirements : DataFrame
        Layer ``requirements``, with the rows of regimes where there are any
        (:func:`gridmap.patrol.regimes.asked_of`).
    cell_ids : Series of str
        All cells.
    period : Period
        From :func:`judged_period`.
    key_periods : DataFrame, optional
        Layer ``key_periods``: on which days of a calendar, and between which dates, windows of a
        name are due.
    cell_weight : mapping of str to float, optional
        Weight of a cell whose requirement has none; default 1.

    Returns
    -------
    DataFrame
        cell_id, window (``name@local start date``), start, end (UTC), visits, minutes,
        max_freshness_min, weight; by cell and start.
    list of Finding
        Requirements for unknown cells, without any demand, that cannot be met, that are never due,
        or that contradict another.

    Raises
    ------
    InputError
        If a key period names a calendar that is not known.

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
    empty = asked_for_nothing(asked)
    stray = ~asked["cell_id"].isin([*cell_ids, "*"])
    rules = asked[~empty & ~stray].reset_index(drop=True)
    days, undated = occurrences(rules, period.first, period.last, period.timezone, key_periods)
    first, last = period.bounds
    days = days[(days["start"] >= first) & (days["end"] <= last)]
    cell, rule = _cells_asked(rules, asked[~empty], cell_ids)
    due = _spread(rules, days, cell, rule)
    due["weight"] = _weights(due, cell_ids, cell_weight or {})
    due, doubled = stricter(due, cell_ids)
    findings = [*demand_findings(asked, empty, stray, days), *undated, *doubled]
    names = cell_ids.astype("str").array
    rank = np.argsort(np.argsort(cell_ids.to_numpy(dtype=object)))
    order = np.lexsort((due["window"], due["start"], rank[due["cell"]]))
    due = due.iloc[order].reset_index(drop=True)
    due["cell_id"] = names.take(due["cell"].to_numpy())
    return due[["cell_id", "window", "start", "end", *DEMANDS, "weight"]], findings


def why_not_due(
    requirements: pd.DataFrame, cell_ids: pd.Series, due: pd.DataFrame, period: Period
) -> pd.Series:
    """Say of each cell without a due window why there is none.

    Parameters
    ----------
    requirements : DataFrame
        What was asked, as for :func:`due_windows`.
    cell_ids : Series of str
        All cells.
    due : DataFrame
        From :func:`due_windows`.
    period : Period
        The days judged.

    Returns
    -------
    Series of str
        On the index of ``cell_ids``; empty for cells with due windows.

    Examples
    --------
    >>> from datetime import date
    >>> asked = pd.DataFrame({"cell_id": ["a"], "window": ["w"], "weekdays": ["7"]})
    >>> monday = Period(date(2026, 3, 2), date(2026, 3, 2), "Asia/Shanghai")
    >>> none = pd.DataFrame({"cell_id": []})
    >>> why_not_due(asked, pd.Series(["a", "b"]), none, monday).tolist()
    ['none of its windows (w) falls on 2026-03-02', 'no requirement names this cell']
    """
    general = requirements["cell_id"] == "*"
    windows = {
        cell: ", ".join(sorted(set(rows)))
        for cell, rows in requirements.groupby("cell_id")["window"]
    }
    shared = windows.get("*", "") if general.any() else ""
    days = period.first.isoformat()
    days += "" if period.first == period.last else f" to {period.last.isoformat()}"
    told = [
        f"none of its windows ({windows.get(cell, shared)}) falls on {days}"
        if windows.get(cell, shared)
        else "no requirement names this cell"
        for cell in cell_ids
    ]
    return pd.Series(told, index=cell_ids.index).mask(cell_ids.isin(due["cell_id"]), "")


def _cells_asked(
    rules: pd.DataFrame, named: pd.DataFrame, cell_ids: pd.Series
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Every (cell, rule) that holds: rules for all cells yield to a cell's own of that name."""
    general = rules["cell_id"] == "*"
    number = pd.Series(np.arange(len(cell_ids)), index=cell_ids.to_numpy())
    own = np.flatnonzero(~general)
    cells = [number[rules["cell_id"][own]].to_numpy(dtype=np.int64)]
    chosen = [own]
    replaced = named[named["cell_id"] != "*"].groupby("window")["cell_id"].unique()
    for rule in np.flatnonzero(general):
        others = replaced.get(rules["window"][rule], ())
        rest = np.flatnonzero(~cell_ids.isin(others).to_numpy())
        cells.append(rest)
        chosen.append(np.full(len(rest), rule))
    return np.concatenate(cells).astype(np.int64), np.concatenate(chosen).astype(np.int64)


def _spread(
    rules: pd.DataFrame,
    days: pd.DataFrame,
    cell: npt.NDArray[np.int64],
    rule: npt.NDArray[np.int64],
) -> pd.DataFrame:
    """One row for each (cell, rule) on each day the rule is due."""
    days = days.sort_values("rule", kind="stable", ignore_index=True)
    count = np.bincount(days["rule"], minlength=len(rules))
    before = np.cumsum(count) - count
    each = count[rule]
    within = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
    due = days.iloc[np.repeat(before[rule], each) + within].reset_index(drop=True)
    due["cell"] = np.repeat(cell, each)
    wanted = rules[[*DEMANDS, "weight"]].iloc[due["rule"]].reset_index(drop=True)
    return pd.concat([due, wanted.astype("float64")], axis=1)


def _weights(due: pd.DataFrame, cell_ids: pd.Series, of_cell: Mapping[str, float]) -> pd.Series:
    usual = cell_ids.map(of_cell).astype("float64").fillna(1.0).to_numpy()
    return due["weight"].fillna(pd.Series(usual[due["cell"]], index=due.index))
