"""Rows of the coverage table: how a measure of any dimension is written down and judged."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap import schema

FloatLike = float | npt.NDArray[np.float64] | pd.Series
TOLERANCE = 1e-9
"""A value this close under what is required counts as met."""


def coverage_rows(cell_id: Any, measure: Any, **columns: Any) -> pd.DataFrame:
    """Rows of the coverage table, without the columns ``dimension`` and ``grid_version``.

    Parameters
    ----------
    cell_id : sequence of str
        The cells, one for each row.
    measure : str or sequence of str
        Name of the measure.
    **columns : scalar or sequence
        Any other column of the table; a scalar holds for all rows. ``status`` defaults to
        ``not_due``, ``quality`` to ``good``, numbers to empty.

    Raises
    ------
    TypeError
        If a column is not one of the coverage table.

    Examples
    --------
    >>> rows = coverage_rows(["a", "b"], "pharmacy.walk_share", value=[1.0, 0.5], unit="share")
    >>> rows[["cell_id", "value", "status"]].values.tolist()
    [['a', 1.0, 'not_due'], ['b', 0.5, 'not_due']]
    """
    every = schema.layer("coverage").columns
    known = {name: every[name] for name in every if name not in ("dimension", "grid_version")}
    if unknown := set(columns) - set(known):
        raise TypeError(f"not columns of the coverage table: {sorted(unknown)}")
    given = {"status": "not_due", "quality": "good"} | columns
    given |= {"cell_id": np.asarray(cell_id, dtype=object), "measure": measure}
    plain = {
        name: one.to_numpy() if isinstance(one, pd.Series) else one for name, one in given.items()
    }
    told = {name: plain.get(name) for name in known}
    frame = pd.DataFrame(told, index=range(len(given["cell_id"])))
    return frame.astype(
        {name: "float64" if known[name].type == "number" else "str" for name in known}
    )


def judge(value: FloatLike, required: FloatLike) -> npt.NDArray[np.object_]:
    """Status of values against what is required, where more is better.

    Parameters
    ----------
    value, required : float or array-like, shape (n,)
        In the same unit. An empty value is unknown; where nothing is required, nothing is due.

    Returns
    -------
    ndarray of str, shape (n,)
        ``met``, ``partly``, ``missed``, ``unknown`` or ``not_due``.

    Examples
    --------
    >>> judge(np.array([1.0, 0.4, 0.0, np.nan]), 1.0).tolist()
    ['met', 'partly', 'missed', 'unknown']
    >>> judge(np.array([0.4]), np.nan).tolist()
    ['not_due']
    """
    have, want = np.broadcast_arrays(
        np.atleast_1d(np.asarray(value, dtype=float)), np.asarray(required, dtype=float)
    )
    conditions = [np.isnan(want), np.isnan(have), have >= want - TOLERANCE, have <= 0]
    chosen = np.select(conditions, ["not_due", "unknown", "met", "missed"], default="partly")
    return chosen.astype(object)
