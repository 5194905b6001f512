"""Balance of beats and predictability of visits: for liaisons, of places and never of persons."""

import numpy as np
import pandas as pd

from gridmap.patrol.intervals import Floats

LEAST_VISITS = 8
"""Fewer visits say nothing about their hours."""
_HOURS = 24


def beat_balance(load: pd.Series) -> dict[str, float | None]:
    """How evenly a load lies on beats.

    Parameters
    ----------
    load : Series
        One figure for each beat: seconds of presence, visits, metres of street.

    Returns
    -------
    dict
        gini (0 even, towards 1 all on one), cv (standard deviation ÷ mean), max_over_mean; None
        without beats or without any load.

    Notes
    -----
    Gini = Σ (2k − n − 1) x_k ÷ (n Σ x) over ascending x (MEASURES.md 4, beat balance).

    Examples
    --------
    >>> beat_balance(pd.Series([1.0, 1.0, 4.0]))
    {'gini': 0.3333333333333333, 'cv': 0.7071067811865476, 'max_over_mean': 2.0}
    >>> beat_balance(pd.Series([0.0]))
    {'gini': None, 'cv': None, 'max_over_mean': None}
    """
    x = np.sort(load.dropna().to_numpy(dtype=float))
    total = x.sum()
    if not total > 0:
        return {"gini": None, "cv": None, "max_over_mean": None}
    n = len(x)
    gini = ((2 * np.arange(1, n + 1) - n - 1) * x).sum() / (n * total)
    return {
        "gini": float(gini),
        "cv": float(x.std() / x.mean()),
        "max_over_mean": float(x.max() / x.mean()),
    }


def beat_loads(beats: pd.DataFrame, by_cell: pd.Series) -> pd.Series:
    """Sum of a figure of cells for each beat.

    Parameters
    ----------
    beats : DataFrame
        Layer ``beats``: beat_id, cell_id.
    by_cell : Series
        Figure of each cell by cell_id; cells without one count 0.

    Notes
    -----
    A cell in several beats is shared out evenly, so the loads of all beats sum to that of cells.

    Examples
    --------
    >>> beats = pd.DataFrame({"beat_id": ["n", "n", "s"], "cell_id": ["a", "b", "b"]})
    >>> beat_loads(beats, pd.Series({"a": 10.0, "b": 4.0})).to_dict()
    {'n': 12.0, 's': 2.0}
    """
    rows = beats.drop_duplicates(["beat_id", "cell_id"])
    shared = rows.groupby("cell_id")["beat_id"].transform("size")
    figure = rows["cell_id"].map(by_cell).astype("float64").fillna(0.0)
    return (figure / shared).groupby(rows["beat_id"]).sum()


def predictability(subject: pd.Series, start: pd.Series, timezone: str) -> pd.DataFrame:
    """How evenly the visits of each cell or beat spread over the hours of the day.

    Parameters
    ----------
    subject : Series of str
        Cell or beat of each visit.
    start : Series of datetime
        When it began, with zone.
    timezone : str
        IANA zone of the local hours.

    Returns
    -------
    DataFrame
        By subject: visits, entropy_share (1 as even as that many visits can be, 0 always the same
        hour; empty under 8 visits), likely_hour, likely_share.

    Notes
    -----
    H = −Σ p_h log₂ p_h over the 24 local hours, divided by log₂ min(24, n), the most that n
    visits can have (Shannon 1948; MEASURES.md 4, predictability). Patrols that always come at the
    same hour can be waited out; this figure is for liaisons and about places.

    Examples
    --------
    >>> day = pd.date_range("2026-03-02", periods=8, freq="3h", tz="Asia/Shanghai")
    >>> told = predictability(pd.Series(["a"] * 8), pd.Series(day), "Asia/Shanghai")
    >>> told.values.tolist()
    [[8.0, 1.0, 0.0, 0.125]]
    """
    hour = start.dt.tz_convert(timezone).dt.hour.to_numpy(dtype=np.int64)
    code, names = pd.factorize(subject, sort=True)
    known = code >= 0
    cell = np.bincount(code[known] * _HOURS + hour[known], minlength=len(names) * _HOURS)
    counts = cell.reshape(-1, _HOURS).astype(float)
    visits = counts.sum(axis=1)
    share = counts / np.maximum(visits, 1)[:, None]
    entropy = _entropy(share) / np.log2(np.clip(visits, 2, _HOURS))
    table = pd.DataFrame(
        {
            "visits": visits,
            "entropy_share": np.where(visits >= LEAST_VISITS, entropy, np.nan),
            "likely_hour": share.argmax(axis=1).astype(float),
            "likely_share": share.max(axis=1),
        },
        index=pd.Index(names),
    )
    table.loc[table["visits"] < LEAST_VISITS, ["likely_hour", "likely_share"]] = np.nan
    return table


def _entropy(share: Floats) -> Floats:
    logs = np.log2(np.where(share > 0, share, 1.0))
    return np.asarray(-(share * logs).sum(axis=1) + 0.0)
