"""Groups of people, such as those over 60, of whom the layer ``population`` has counts."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from gridmap.services.demand import Demand
from gridmap.services.network import FloatArray


def named_groups(norms: pd.DataFrame) -> Iterator[tuple[int, str]]:
    """Rows of the norms that are for a group, and the column of ``population`` that counts it.

    Examples
    --------
    >>> list(named_groups(pd.DataFrame({"group": [None, "population_60_plus"]})))
    [(1, 'population_60_plus')]
    """
    if "group" in norms:
        for number, group in enumerate(norms["group"]):
            if isinstance(group, str) and group:
                yield number, group


def counts_group(demand: Demand, population: Any, group: str) -> bool:
    """Whether the layer that the people come from counts a group in any of its rows.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> from gridmap.services.demand import place_people
    >>> toy = toy_district()
    >>> counts_group(place_people(toy), toy["population"], "population_60_plus")
    False
    """
    there = population is not None and group in population and demand.layer == "population"
    return bool(there and np.isfinite(figures_of(population, group)).any())


def people_of_group(demand: Demand, population: Any, group: str) -> FloatArray:
    """People of a group at each demand point: its part of the row the point comes from.

    Parameters
    ----------
    demand : Demand
        People at points.
    population : GeoDataFrame
        Layer ``population``, from which they come.
    group : str
        Its column with the people of the group.

    Returns
    -------
    ndarray, shape (points,)
        0 where the row has no figure of the group.

    Notes
    -----
    A group lives where everybody of its row does; more of a group than people in all count as all
    of them (MEASURES.md 3, demand).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> from gridmap.services.demand import place_people
    >>> toy = toy_district()
    >>> people = toy["population"].assign(population_60_plus=[50.0, 16.0, 0.0, None])
    >>> people_of_group(place_people(toy), people, "population_60_plus").tolist()
    [50.0, 16.0, 0.0, 0.0]
    """
    every, mine = (figures_of(population, name) for name in ("population", group))
    known = (every > 0) & np.isfinite(mine)
    part = np.divide(mine, every, out=np.zeros(len(every)), where=known)
    origin = demand.points["origin"].to_numpy(dtype=np.int64)
    return np.asarray(demand.people * np.clip(part, 0, 1)[origin], dtype=np.float64)


def figures_of(frame: Any, name: str) -> FloatArray:
    """Column as numbers; NaN where the column or a value is missing.

    Examples
    --------
    >>> figures_of(pd.DataFrame({"minutes": ["5", None]}), "minutes").tolist()
    [5.0, nan]
    """
    if name not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(pd.to_numeric(frame[name], errors="coerce"), dtype=np.float64)
