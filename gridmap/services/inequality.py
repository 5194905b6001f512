"""Inequality: how unevenly something is spread over people, by Lorenz and Gini."""

import numpy as np
import pandas as pd

from gridmap.errors import InputError
from gridmap.services.fair_access import refuse_wrong
from gridmap.services.network import FloatArray


def lorenz_curve(values: FloatArray, people: FloatArray) -> pd.DataFrame:
    """Lorenz curve of something that people of places have, each person counted once.

    Parameters
    ----------
    values : ndarray, shape (n,)
        What each person of a place has (access, metres …); NaN where it is not known.
    people : ndarray, shape (n,)
        People of each place.

    Returns
    -------
    DataFrame
        ``people_share`` and ``value_share`` [0–1], from (0, 0) to (1, 1), those who have least
        first; empty where nobody lives, nothing is known, or nobody has anything.

    Raises
    ------
    InputError
        If values or people are negative, or people are not known.

    Notes
    -----
    Places in rising order of value; shares of people and of value × people added up (Lorenz 1905).

    Examples
    --------
    >>> lorenz_curve(np.array([3.0, 1.0]), np.array([10.0, 10.0])).values.tolist()
    [[0.0, 0.0], [0.5, 0.25], [1.0, 1.0]]
    """
    values, people = np.asarray(values, dtype=float), np.asarray(people, dtype=float)
    if values.shape != people.shape:
        raise InputError(
            f"Expected as many values as places; found {len(values)} and {len(people)}."
        )
    refuse_wrong(people, "people of the places")
    kept = ~np.isnan(values) & (people > 0)
    refuse_wrong(values[kept], "values of the places")
    order = np.flatnonzero(kept)[np.argsort(values[kept], kind="stable")]
    heads = np.concatenate([[0.0], np.cumsum(people[order])])
    whole = np.concatenate([[0.0], np.cumsum(values[order] * people[order])])
    if not whole[-1] > 0:
        return pd.DataFrame({"people_share": [], "value_share": []}, dtype="float64")
    return pd.DataFrame({"people_share": heads / heads[-1], "value_share": whole / whole[-1]})


def gini(values: FloatArray, people: FloatArray) -> float | None:
    """Gini coefficient of something that people of places have, each person counted once.

    Parameters
    ----------
    values, people : ndarray, shape (n,)
        As for :func:`lorenz_curve`.

    Returns
    -------
    float or None
        0 where everybody has the same (also with one place), towards 1 where few have all; None
        where nobody lives, nothing is known, or nobody has anything.

    Notes
    -----
    1 − Σ_k (P_k − P_{k−1})(L_k + L_{k−1}) over the Lorenz curve, which equals
    Σ_i Σ_j p_i p_j |x_i − x_j| ÷ (2 P² μ) (Gini 1912; trapezoids as in Brown 1994).

    Examples
    --------
    >>> gini(np.array([3.0, 1.0]), np.array([10.0, 10.0])), gini(np.array([2.0]), np.array([7.0]))
    (0.25, 0.0)
    """
    curve = lorenz_curve(values, people)
    if curve.empty:
        return None
    heads, whole = curve["people_share"].to_numpy(), curve["value_share"].to_numpy()
    under = float((np.diff(heads) * (whole[1:] + whole[:-1])).sum())
    return min(max(1.0 - under, 0.0), 1.0)


def thinned_curve(curve: pd.DataFrame, steps: int = 100) -> pd.DataFrame:
    """Lorenz curve at equal steps of people, read off its straight pieces: for drawing.

    Examples
    --------
    >>> thinned_curve(lorenz_curve(np.array([1.0]), np.array([4.0])), 2).values.tolist()
    [[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]]
    """
    if curve.empty:
        return curve
    at = np.linspace(0.0, 1.0, steps + 1)
    read = np.interp(at, curve["people_share"], curve["value_share"])
    return pd.DataFrame({"people_share": at, "value_share": read})
