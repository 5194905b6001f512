"""How evenly a load is spread over cells: coefficient of variation, max ÷ mean, Gini."""

import numpy as np
import pandas as pd


def measure_balance(loads: pd.DataFrame) -> pd.DataFrame:
    """Evenness of each load over the cells.

    Parameters
    ----------
    loads : DataFrame
        One row per cell, one column per load (households, sites, events, street metres …);
        empty where it is not known.

    Returns
    -------
    DataFrame
        On the names of the loads: ``cells`` (with a known load), ``sum``, ``mean``, ``cv``,
        ``max_to_mean`` and ``gini``; the last three are empty where the mean is 0 or unknown.

    Notes
    -----
    cv = σ ÷ μ with the standard deviation of all cells (not of a sample). With the n loads in
    rising order, Gini = Σ (2i − n − 1)·x_i ÷ (n·Σ x), i = 1 … n: 0 where all are alike,
    (n − 1) ÷ n where one cell has everything (MEASURES.md 1: balanced).

    Examples
    --------
    >>> even = measure_balance(pd.DataFrame({"households": [100.0, 100.0], "sites": [0.0, 4.0]}))
    >>> even[["cv", "max_to_mean", "gini"]].values.tolist()
    [[0.0, 1.0, 0.0], [1.0, 2.0, 0.5]]
    """
    table = pd.DataFrame(
        {name: _describe(loads[name].dropna().to_numpy(float)) for name in loads},
        index=["cells", "sum", "mean", "cv", "max_to_mean", "gini"],
    )
    return table.T.astype({"cells": "int64"})


def _describe(load: np.ndarray) -> list[float]:
    count, total = len(load), float(load.sum())
    if not count:
        return [0, np.nan, np.nan, np.nan, np.nan, np.nan]
    mean = total / count
    if not mean > 0:
        return [count, total, mean, np.nan, np.nan, np.nan]
    rank = 2 * np.arange(1, count + 1) - count - 1
    gini = float((rank * np.sort(load)).sum() / (count * total))
    return [count, total, mean, float(load.std() / mean), float(load.max() / mean), gini]
