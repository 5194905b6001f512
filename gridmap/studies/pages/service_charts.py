"""Figures for the charts of a facility type, from the curves that were measured."""

from typing import Any

import numpy as np
import pandas as pd

BAND_M = 250.0
"""Width [m] of a bar of the distribution."""
_LORENZ_POINTS = 21


def coverage_points(curves: pd.DataFrame, population: float | None) -> dict[str, list[list[float]]]:
    """Share of the people within each distance, on foot and in a straight line.

    Parameters
    ----------
    curves : DataFrame
        ``curve``, ``x`` [m], ``y`` [people].
    population : float or None
        All people.

    Returns
    -------
    dict
        Points [m, share] of ``walk`` and ``line``; empty where nothing is known.

    Examples
    --------
    >>> curves = pd.DataFrame({"curve": ["walk"] * 2, "x": [0.0, 300.0], "y": [0.0, 460.0]})
    >>> coverage_points(curves, 500.0)
    {'walk': [[0.0, 0.0], [300.0, 0.92]]}
    """
    if not population:
        return {}
    return {
        name: np.column_stack([part["x"], (part["y"] / population).round(4)]).tolist()
        for name in ("walk", "line")
        if len(part := curves[curves["curve"] == name])
    }


def distance_bands(curves: pd.DataFrame, population: float | None) -> list[dict[str, Any]]:
    """People by walking distance in bands of :data:`BAND_M`, the last one open.

    Returns
    -------
    list of dict
        ``low``, ``high`` [m] (None in the last) and ``people``; empty where nothing is known. The
        people add up to the population.

    Examples
    --------
    >>> curves = pd.DataFrame({"curve": "walk", "x": [0.0, 250.0, 500.0], "y": [0.0, 200.0, 460.0]})
    >>> [(one["low"], one["high"], one["people"]) for one in distance_bands(curves, 500.0)]
    [(0.0, 250.0, 200.0), (250.0, 500.0, 260.0), (500.0, None, 40.0)]
    """
    walk = curves[curves["curve"] == "walk"].set_index("x")["y"]
    if walk.empty or not population:
        return []
    limits = [x for x in walk.index if x > 0 and x % BAND_M == 0]
    upto = [0.0, *(float(walk[x]) for x in limits), float(population)]
    bounds: list[float | None] = [0.0, *map(float, limits), None]
    return [
        {
            "low": bounds[place],
            "high": bounds[place + 1],
            "people": max(0.0, upto[place + 1] - upto[place]),
        }
        for place in range(len(upto) - 1)
    ]


def lorenz_points(curves: pd.DataFrame) -> dict[str, list[list[float]]]:
    """Lorenz curves that are stored, by the name of what they are about.

    Examples
    --------
    >>> curves = pd.DataFrame({"curve": "lorenz.e2sfca", "x": [0.0, 1.0], "y": [0.0, 1.0]})
    >>> lorenz_points(curves)
    {'e2sfca': [[0.0, 0.0], [1.0, 1.0]]}
    """
    names = [str(one) for one in curves["curve"].unique() if str(one).startswith("lorenz.")]
    return {
        name.removeprefix("lorenz."): curves.loc[curves["curve"] == name, ["x", "y"]]
        .to_numpy()
        .tolist()
        for name in names
    }


def _thinned(curve: pd.DataFrame) -> list[list[float]]:
    """At most some twenty points of a curve, its ends among them: a page stays light."""
    places = np.linspace(0, len(curve) - 1, min(len(curve), _LORENZ_POINTS)).round().astype(int)
    return [[float(x), float(y)] for x, y in curve.to_numpy()[places].round(4)]


def gini_of(points: list[list[float]]) -> float:
    """Gini coefficient of a Lorenz curve: 1 − Σ Δx (y + y′).

    Examples
    --------
    >>> gini_of([[0.0, 0.0], [0.5, 0.25], [1.0, 1.0]])
    0.25
    """
    x, y = np.array(points, dtype=float).T
    return float(1 - (np.diff(x) * (y[1:] + y[:-1])).sum())
