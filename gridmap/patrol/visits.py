"""Visits: runs of presence long enough to count, and how long ago the last one was."""

import numpy as np
import pandas as pd

from gridmap.patrol.intervals import Floats, Spans, unite_spans
from gridmap.patrol.lattices import Numbers
from gridmap.patrol.presence import presence_of

MERGE_S = 60.0
"""Runs of presence less than this [s] apart are one visit."""
ON_FOOT_S, BY_VEHICLE_S = 60.0, 20.0
"""Seconds from which a run counts as a visit."""


def find_visits(stays: pd.DataFrame) -> pd.DataFrame:
    """Visits of any unit to each cell.

    Parameters
    ----------
    stays : DataFrame
        From :func:`gridmap.patrol.dwell.split_tracks`: presence smoothed at the borders.

    Returns
    -------
    DataFrame
        cell, start_s, end_s, least_s; by cell and time.

    Notes
    -----
    A visit is a maximal run of presence; runs less than 60 s apart merge. It counts from 60 s of
    presence, or 20 s of presence by vehicle (bike or car); ``least_s`` is the one that applied.
    Presence is smoothed at the borders for visits only (MEASURES.md 4).

    Examples
    --------
    >>> from gridmap.patrol import measure_patrol
    >>> from gridmap.samples import toy_district
    >>> visits = measure_patrol(toy_district()).visits
    >>> (visits.end_s - visits.start_s).tolist(), visits.least_s.tolist()
    ([150.0, 150.0], [60.0, 60.0])
    """
    anyhow, by_vehicle = presence_of(stays), presence_of(stays[stays["driven"].to_numpy(bool)])
    # Runs exactly 60 s apart stay two, so the closing distance must lie just under 60 s.
    runs = unite_spans(*anyhow, closing_s=np.nextafter(MERGE_S, 0))
    present, driven = (_seconds_in(runs, spans) for spans in (anyhow, by_vehicle))
    least = np.where(driven >= BY_VEHICLE_S, BY_VEHICLE_S, ON_FOOT_S)
    table = {"cell": runs.key, "start_s": runs.start, "end_s": runs.end, "least_s": least}
    counts = (present >= ON_FOOT_S) | (driven >= BY_VEHICLE_S)
    return pd.DataFrame({name: column[counts] for name, column in table.items()})


def pauses(visits: pd.DataFrame, start_s: float, end_s: float) -> pd.DataFrame:
    """Frequency, intermittency and freshness of each visited cell over a period.

    Parameters
    ----------
    visits : DataFrame
        From :func:`find_visits`.
    start_s, end_s : float
        The period [s].

    Returns
    -------
    DataFrame
        By cell: visits, pause_median_s, pause_p90_s, pause_max_s (end of a visit to the start of
        the next; empty with fewer than two), freshness_s (age of the last visit at the end of the
        period), freshness_mean_s.

    Notes
    -----
    Over a period P with stretches g_k without a visit, the mean freshness is Σ g_k² ÷ 2|P|
    (MEASURES.md 4). Cells never visited are absent: their freshness is no number.

    Examples
    --------
    >>> seen = pd.DataFrame({"cell": [0, 0], "start_s": [10.0, 60.0], "end_s": [20.0, 70.0]})
    >>> pauses(seen, 0.0, 100.0).loc[0, ["pause_max_s", "freshness_s", "freshness_mean_s"]].tolist()
    [40.0, 30.0, 13.0]
    """
    cell, start, end = (visits[name].to_numpy() for name in ("cell", "start_s", "end_s"))
    keys, first, count = np.unique(cell, return_index=True, return_counts=True)
    last = first + count - 1
    between = start[1:] - end[:-1]
    same = cell[1:] == cell[:-1]
    around = np.zeros((3, len(keys)))
    around[0] = np.clip(start[first] - start_s, 0.0, None) ** 2
    around[1] = np.clip(end_s - end[last], 0.0, None)
    group = np.repeat(np.arange(len(keys)), np.maximum(count - 1, 0))
    around[2] = np.bincount(group, np.clip(between[same], 0.0, None) ** 2, len(keys))
    mean = (around[0] + around[1] ** 2 + around[2]) / (2 * (end_s - start_s))
    spread = _quantiles(between[same], count - 1, (0.5, 0.9, 1.0))
    names = ["visits", "pause_median_s", "pause_p90_s", "pause_max_s"]
    columns = [count, *spread, around[1], mean if end_s > start_s else np.full(len(keys), np.nan)]
    table = dict(zip([*names, "freshness_s", "freshness_mean_s"], columns, strict=True))
    return pd.DataFrame(table, index=keys, dtype="float64")


def _seconds_in(runs: Spans, spans: Spans) -> Floats:
    """Seconds of spans within the run that each lies in."""
    count = len(runs.key)
    key, start = np.r_[runs.key, spans.key], np.r_[runs.start, spans.start]
    is_span = np.arange(len(key)) >= count
    order = np.lexsort((is_span, start, key))
    run = np.cumsum(~is_span[order]) - 1
    span = order[is_span[order]] - count
    seconds = (spans.end - spans.start)[span]
    return np.bincount(run[is_span[order]], seconds, minlength=count).astype(np.float64)


def _quantiles(values: Floats, count: Numbers, shares: tuple[float, ...]) -> list[Floats]:
    """Quantiles of values that lie group by group, linear between neighbours."""
    group = np.repeat(np.arange(len(count)), count)
    ordered = np.r_[values[np.lexsort((values, group))], np.nan]
    begin = np.cumsum(count) - count
    found = []
    for share in shares:
        place = share * np.maximum(count - 1, 0)
        low = np.floor(place).astype(np.int64)
        high = np.minimum(low + 1, np.maximum(count - 1, 0))
        below, above = (np.where(count > 0, begin + n, len(values)) for n in (low, high))
        found.append(ordered[below] + (place - low) * (ordered[above] - ordered[below]))
    return found
