"""Requirements that ask for nothing, for the impossible, or for two things at once."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.patrol.visits import BY_VEHICLE_S, MERGE_S
from gridmap.schema import Finding, Severity

Flags = npt.NDArray[np.bool_]
_DEMANDS = ("visits", "minutes", "max_freshness_min")


def asked_for_nothing(asked: pd.DataFrame) -> pd.Series:
    """Which requirements have no demand at all.

    Examples
    --------
    >>> rows = pd.DataFrame({"visits": [None, 1.0], "minutes": [None, None]})
    >>> asked_for_nothing(rows.assign(max_freshness_min=None)).tolist()
    [True, False]
    """
    return asked[list(_DEMANDS)].isna().all(axis=1)


def demand_findings(
    asked: pd.DataFrame, empty: pd.Series, stray: pd.Series, days: pd.DataFrame
) -> list[Finding]:
    """Tell what is wrong with single requirements.

    Parameters
    ----------
    asked : DataFrame
        All requirements.
    empty, stray : Series of bool
        Those without demand, and those of unknown cells.
    days : DataFrame
        rule (row among those neither empty nor stray), start, end of each occurrence.

    Notes
    -----
    n visits need at least n × 20 s and 60 s between two of them, even by vehicle; minutes cannot
    be more than the window has; an absence as long as the window is never too long.

    Examples
    --------
    >>> rows = pd.DataFrame({"cell_id": ["a"], "window": ["w"], "visits": [None]})
    >>> rows = rows.assign(minutes=[90.0], max_freshness_min=None)
    >>> hour = pd.to_datetime(["2026-03-02T01:00Z", "2026-03-02T02:00Z"])
    >>> day = pd.DataFrame({"rule": [0], "start": hour[:1], "end": hour[1:]})
    >>> none = pd.Series([False])
    >>> [one.rule for one in demand_findings(rows, none, none, day)]
    ['cannot_be_met']
    """
    rules = asked[~empty & ~stray].reset_index(drop=True)
    seconds = (days["end"] - days["start"]).dt.total_seconds().groupby(days["rule"]).min()
    length_s = seconds.reindex(rules.index)
    wanted = {name: rules[name].astype("float64") for name in _DEMANDS}
    visits_s = wanted["visits"] * BY_VEHICLE_S + (wanted["visits"] - 1) * MERGE_S
    impossible = (wanted["minutes"] * 60 > length_s) | (visits_s > length_s)
    negative = pd.concat(wanted.values(), axis=1).lt(0).any(axis=1)
    idle = wanted["max_freshness_min"] * 60 >= length_s
    named = rules["window"].astype("str") + " of " + rules["cell_id"].astype("str")
    return [
        *_finding("unknown_cell", asked[stray]["cell_id"], *_UNKNOWN_CELL),
        *_finding("no_demand", asked[empty]["window"], *_NO_DEMAND),
        *_finding("cannot_be_met", named[impossible], *_IMPOSSIBLE),
        *_finding("negative_demand", named[negative], *_NEGATIVE),
        *_finding("freshness_beyond_window", named[idle & ~impossible], *_IDLE, severity="note"),
    ]


def stricter(due: pd.DataFrame, cell_ids: pd.Series) -> tuple[pd.DataFrame, list[Finding]]:
    """Of rows that ask for the same window in the same cell on the same day, the strictest.

    Parameters
    ----------
    due : DataFrame
        cell (number), window, minutes, visits, max_freshness_min.
    cell_ids : Series of str
        All cells.

    Examples
    --------
    >>> due = pd.DataFrame({"cell": 0, "window": "w@2026-03-02", "minutes": [5.0, 9.0]})
    >>> due = due.assign(visits=None, max_freshness_min=None)
    >>> stricter(due, pd.Series(["a"]))[0].minutes.tolist()
    [9.0]
    """
    window, windows = pd.factorize(due["window"])
    key = due["cell"].to_numpy(dtype=np.int64) * max(len(windows), 1) + window
    double = pd.Series(key).duplicated(keep=False).to_numpy()
    if not double.any():
        return due, []
    some = due[double].sort_values(
        ["minutes", "visits", "max_freshness_min"], ascending=[False, False, True]
    )
    kept = some[~some.duplicated(["cell", "window"])]
    cells = cell_ids.iloc[kept["cell"].to_numpy()].astype("str").to_numpy()
    ids = kept["window"].astype("str") + " of " + cells
    return pd.concat([due[~double], kept]), _finding(
        "contradicting_requirement", ids.sort_values(), *_DOUBLE
    )


_UNKNOWN_CELL = (
    "a requirement names a cell that does not exist",
    "Correct the cell_id, or write * for every cell.",
)
_NO_DEMAND = (
    "a requirement asks for neither visits, minutes nor freshness",
    "Fill one of these columns, or remove the row.",
)
_IMPOSSIBLE = (
    "a requirement asks for more minutes or visits than its window has room for",
    "Lengthen the window or ask for less: it can never be met.",
)
_NEGATIVE = (
    "a requirement asks for less than nothing",
    "Write numbers of 0 or more.",
)
_IDLE = (
    "the longest absence allowed is as long as the window: it asks for nothing",
    "Ask for a shorter absence, or for a visit.",
)
_DOUBLE = (
    "two rows ask for the same window in the same cell on the same day; the stricter one counts",
    "Keep one of them, or give the windows different names.",
)


def _finding(
    rule: str, ids: pd.Series, text: str, remedy: str, severity: Severity = "warning"
) -> list[Finding]:
    if not len(ids):
        return []
    told = tuple(map(str, ids))
    return [Finding(rule, severity, "requirements", told, text, remedy)]
