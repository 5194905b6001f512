"""Patrol windows in their order in time, and runs of windows that fell short alike."""

from collections.abc import Mapping

import pandas as pd

SPAN = "/"
"""Joins the first and the last window of a run: ``day@2026-03-02/day@2026-03-04``."""


def window_start(
    window: pd.Series, timezone: str, starts: Mapping[str, str] | None = None
) -> pd.Series:
    """Moment at which windows start.

    Parameters
    ----------
    window : Series of str
        Windows as ``name@YYYY-MM-DD`` with the local day on which they start; empty where none.
    timezone : str
        IANA zone of the local times.
    starts : mapping of str to str, optional
        Local start such as ``08:00`` by name of the window; default midnight.

    Returns
    -------
    Series of datetime64[us, UTC]
        Empty where there is no window.

    Notes
    -----
    A local time that daylight saving skips is moved to the end of the skipped hour; one that it
    repeats is the first of the two.

    Examples
    --------
    >>> moments = window_start(pd.Series(["day@2026-03-02", ""]), "Asia/Shanghai", {"day": "08:00"})
    >>> moments.astype("str").tolist()
    ['2026-03-02 00:00:00+00:00', nan]
    """
    parts = window.fillna("").str.extract(r"^(.*)@(\d{4}-\d\d-\d\d)$")
    clock = parts[0].map(dict(starts or {})).astype("str").fillna("00:00")
    local = pd.to_datetime(parts[1]) + pd.to_timedelta(clock + ":00")
    first = local.dt.tz_localize(
        timezone, ambiguous=local.notna().to_numpy(), nonexistent="shift_forward"
    )
    return first.dt.tz_convert("UTC").astype("datetime64[us, UTC]")


def runs_of_windows(rows: pd.DataFrame, start: pd.Series) -> pd.Series:
    """Find runs of neighbouring windows with the same status, and give each a number.

    Parameters
    ----------
    rows : DataFrame
        Rows of the coverage table, met ones included.
    start : Series
        From :func:`window_start`, on the same index.

    Returns
    -------
    Series of int
        Equal for rows of one cell and measure whose windows follow each other, no other window
        being due between them, and have the same status. A row without a window is its own run.

    Examples
    --------
    >>> day = pd.Series(pd.to_datetime(["2026-03-04", "2026-03-02", "2026-03-03", "2026-03-05"]))
    >>> rows = pd.DataFrame({"cell_id": "nw", "measure": "patrol.presence", "window": "",
    ...     "status": ["missed", "missed", "missed", "met"]})
    >>> runs_of_windows(rows, day).tolist()
    [1, 1, 1, 2]
    """
    order = rows.assign(start=start).sort_values(
        ["cell_id", "measure", "start", "window"], kind="stable"
    )
    named = order[["cell_id", "measure", "status"]]
    fresh = (named != named.shift()).any(axis=1) | order["start"].isna()
    return fresh.cumsum().reindex(rows.index)


def merge_runs(gaps: pd.DataFrame) -> pd.DataFrame:
    """One row for each run: sums of what is and what is asked, the span of windows.

    Parameters
    ----------
    gaps : DataFrame
        Rows with ``run`` and ``start`` (:func:`runs_of_windows`), ``value``, ``required``,
        ``shortfall``, ``score``, ``quality`` and ``window``; of other columns the first is kept.

    Notes
    -----
    The quality of a run is its worst.

    Examples
    --------
    >>> rows = pd.DataFrame({"run": [1, 1], "start": pd.to_datetime(["2026-03-02", "2026-03-03"]),
    ...     "window": ["a@2026-03-02", "a@2026-03-03"], "value": [0.0, 1.0], "required": 2.0,
    ...     "shortfall": [2.0, 1.0], "score": 0.25, "quality": ["good", "poor"]})
    >>> merge_runs(rows)[["window", "shortfall", "score", "quality"]].values.tolist()
    [['a@2026-03-02/a@2026-03-03', 3.0, 0.5, 'poor']]
    """
    ordered = gaps.sort_values(["run", "start"], kind="stable")
    grouped = ordered.groupby("run", sort=True)
    sums = grouped[["value", "required", "shortfall", "score"]].sum(min_count=1)
    merged = ordered.drop_duplicates("run").set_index("run")
    merged[sums.columns] = sums
    last = grouped["window"].last()
    single = last == merged["window"]
    merged["window"] = merged["window"].where(single, merged["window"] + SPAN + last)
    worst = ordered["quality"].map({"good": 0, "estimated": 1, "poor": 2}).groupby(ordered["run"])
    merged["quality"] = worst.max().map({0: "good", 1: "estimated", 2: "poor"})
    return merged.reset_index(drop=True)
