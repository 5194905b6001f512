"""Visits that would close due windows: how many, how long, when, and what each is worth."""

from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridmap.patrol.visits import BY_VEHICLE_S, MERGE_S, ON_FOOT_S
from gridmap.plan.routes.ways import Ways

WORTH_S = 1800.0
"""Seconds of walking that a missed window of weight 1 is worth: a planning value."""
_APART_S = MERGE_S + 60.0
"""Least pause between two visits of one cell, so that they count as two [s]."""


def visits_wanted(
    due: pd.DataFrame, from_s: float, until_s: float, mode: str = "foot", worth_s: float = WORTH_S
) -> pd.DataFrame:
    """Break due windows into visits with time windows and prizes.

    Parameters
    ----------
    due : DataFrame
        start_s, end_s, visits, minutes, max_freshness_min, weight, deficit (0–1).
    from_s, until_s : float
        When units are out, on the same clock [s].
    mode : {"foot", "bike", "car"}
        How they move: on foot a visit counts from 60 s, else from 20 s.
    worth_s : float
        What a window of weight 1 and deficit 1 is worth, in seconds of moving.

    Returns
    -------
    DataFrame
        due (row of ``due``), part, from_s and until_s (when it may begin), stay_s, prize_s.

    Notes
    -----
    Within the part L of a window that units are out, n visits are asked for: those demanded, or
    ⌈L ÷ F⌉ − 1 if an absence of at most F is, whichever is more. Minutes are spread over them. Each
    may begin around its share of L: by half a share less the pause that keeps two visits apart,
    or by (F − L ÷ (n + 1)) ÷ 2 if that is less, so that no absence grows beyond F. The prize of a
    window is shared by its visits.

    Examples
    --------
    >>> one = {"start_s": [0.0], "end_s": [7200.0], "visits": [2.0], "minutes": [10.0]}
    >>> due = pd.DataFrame(one | {"max_freshness_min": [np.nan], "weight": 1.0, "deficit": 1.0})
    >>> visits_wanted(due, 0, 7200)[["from_s", "until_s", "stay_s", "prize_s"]].values.tolist()
    [[60, 3240, 300, 900], [3660, 6840, 300, 900]]
    """
    low = np.maximum(due["start_s"].to_numpy(float), from_s)
    high = np.minimum(due["end_s"].to_numpy(float), until_s)
    span = high - low
    least = ON_FOOT_S if mode == "foot" else BY_VEHICLE_S
    fresh = due["max_freshness_min"].to_numpy(float) * 60
    asked = np.nan_to_num(due["visits"].to_numpy(float))
    often = np.nan_to_num(np.ceil(span / np.where(fresh > 0, fresh, np.nan)) - 1)
    count = np.maximum(np.maximum(asked, often), 1.0).astype(np.int64)
    count[~(span >= least)] = 0
    row = np.repeat(np.arange(len(due)), count)
    part = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    share = span[row] / count[row]
    minutes = np.nan_to_num(due["minutes"].to_numpy(float))[row] * 60
    stay = np.ceil(np.maximum(minutes / count[row], least))
    middle, slack = _slots(span[row], count[row], part, fresh[row])
    slack = np.maximum(np.minimum(slack, (share - _APART_S) / 2), 0.0)
    begin = np.clip(middle - slack, 0.0, np.maximum(span[row] - stay, 0.0))
    end = np.clip(middle + slack - stay, begin, np.maximum(span[row] - stay, begin))
    prize = worth_s * (due["weight"] * due["deficit"]).to_numpy(float)[row] / count[row]
    visits = pd.DataFrame(
        {
            "due": row,
            "part": part,
            "from_s": np.ceil(low[row] + begin),
            "until_s": np.floor(low[row] + end),
            "stay_s": stay,
            "prize_s": np.rint(prize),
        }
    ).astype("int64")
    fits = (visits["until_s"] >= visits["from_s"]) & (stay <= span[row]) & (visits["prize_s"] > 0)
    return visits[fits].reset_index(drop=True)


def _slots(
    span: np.ndarray, count: np.ndarray, part: np.ndarray, fresh: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Middle of the time of each visit, and how far it may be from there."""
    step = span / (count + 1)
    half = (fresh - step) / 2
    even = span / count
    is_fresh = fresh > 0
    middle = np.where(is_fresh, step * (part + 1), even * (part + 0.5))
    return middle, np.where(is_fresh, half, even / 2)


def stop_points(cells: Any, ways: Ways) -> Any:
    """Where a route stops in each cell: the corner of streets nearest to its middle.

    Parameters
    ----------
    cells : GeoDataFrame
        The cells, in the CRS of the ways.
    ways : Ways
        From :func:`gridmap.plan.routes.ways.lay_ways`.

    Returns
    -------
    ndarray of Point
        A node of the largest part of the network inside the cell; where there is none, the
        middle of the cell itself.

    Examples
    --------
    >>> from gridmap.plan.routes.ways import lay_ways
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> len(stop_points(toy["cells"], lay_ways(toy["roads"])))
    4
    """
    shapes = np.asarray(cells.geometry, dtype=object)
    middle = np.asarray(shapely.point_on_surface(shapes), dtype=object)
    network = ways.network
    nodes = np.asarray(shapely.points(network.xy[network.component == 0]), dtype=object)
    cell, node = shapely.STRtree(nodes).query(shapes, predicate="intersects")
    far = shapely.distance(nodes[node], middle[cell])
    order = np.lexsort((node, far, cell))
    first, at = np.unique(cell[order], return_index=True)
    middle[first] = nodes[node[order][at]]
    return middle
