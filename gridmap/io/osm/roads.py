"""Streets: ways split where they share a vertex, so that every row is one edge of the graph."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.crs import WGS84
from gridmap.io.osm.account import Tally
from gridmap.io.osm.elements import Way, lines_of
from gridmap.io.osm.tags import is_street, is_walkable, kind_of_line, name_of, oneway_of

_KEPT_TAGS = ("access", "foot", "bridge", "tunnel", "layer", "surface", "maxspeed")


def split_streets(ways: list[Way], tally: Tally) -> gpd.GeoDataFrame:
    """Streets as edges between graph nodes, in longitude and latitude.

    Parameters
    ----------
    ways : list of Way
        Streets as the file has them.
    tally : Tally
        Told of nodes that are not in the file and of ways with fewer than two nodes.

    Returns
    -------
    GeoDataFrame
        Columns ``osm_id`` (of the way), ``part`` (number of the edge in its way), ``highway``,
        ``name``, ``walkable``, ``oneway`` and a few tags as they are.

    Notes
    -----
    Graph nodes are the ends of ways and every node that is used at least twice. Crossing lines
    without a shared node (bridges, tunnels) stay apart. A node the file lacks ends an edge.
    """
    stops = pd.DataFrame(lines_of(ways), columns=["way", "node", "place"])
    whole = stops["place"].notna().to_numpy()
    _report(ways, stops, whole, tally)
    run = _runs(stops["way"].to_numpy(), whole)
    stops, run = stops[whole].reset_index(drop=True), run[whole]
    edge = _edges(stops["node"].to_numpy(), run)
    rows = np.repeat(np.arange(len(stops)), edge.repeats)
    places = np.array(stops["place"].tolist(), dtype=float).reshape(-1, 2)[rows]
    lines = shapely.linestrings(places, indices=edge.numbers) if len(rows) else places[:, 0]
    first = np.unique(edge.numbers, return_index=True)[1]
    return _with_tags(ways, stops["way"].to_numpy(dtype=int)[rows[first]], lines)


class _Edges:
    """How often each stop is repeated, and the edge each repeated stop belongs to."""

    def __init__(self, repeats: np.ndarray, numbers: np.ndarray) -> None:
        self.repeats = repeats
        self.numbers = numbers


def _runs(way: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Give every stop the number of its unbroken run; a missing node begins a new one."""
    new_way = np.r_[True, way[1:] != way[:-1]] if len(way) else np.empty(0, dtype=bool)
    return np.cumsum(new_way | ~whole)


def _edges(node: np.ndarray, run: np.ndarray) -> _Edges:
    starts = np.r_[True, run[1:] != run[:-1]] if len(run) else np.empty(0, dtype=bool)
    ends = np.r_[run[1:] != run[:-1], True] if len(run) else np.empty(0, dtype=bool)
    _, inverse, count = np.unique(node, return_inverse=True, return_counts=True)
    inner = (count[inverse] >= 2) & ~starts & ~ends
    repeats = np.where(inner, 2, 1)
    # A graph node inside a run ends one edge and begins the next: it stands twice.
    begins = np.zeros(int(repeats.sum()), dtype=bool)
    last = np.cumsum(repeats) - 1
    begins[last[inner | starts]] = True
    numbers = np.cumsum(begins) - 1
    size = np.bincount(numbers) if len(numbers) else np.empty(0, dtype=int)
    return _drop_single(repeats, numbers, size, starts & ends)


def _drop_single(
    repeats: np.ndarray, numbers: np.ndarray, size: np.ndarray, alone: np.ndarray
) -> _Edges:
    """Without runs of a single node, which make no line."""
    kept = size[numbers] > 1 if len(numbers) else np.empty(0, dtype=bool)
    renumbered = np.unique(numbers[kept], return_inverse=True)[1]
    return _Edges(np.where(alone, 0, repeats), renumbered)


def _report(ways: list[Way], stops: pd.DataFrame, whole: np.ndarray, tally: Tally) -> None:
    cut = stops["way"][~whole].unique()
    tally.drop("street", "part beyond the edge of the file", [ways[n].osm_id for n in cut])
    present = stops["way"][whole].value_counts()
    short = [way.osm_id for n, way in enumerate(ways) if present.get(n, 0) < 2]
    tally.drop("street", "fewer than two nodes in the file", short)


def _with_tags(ways: list[Way], way: np.ndarray, lines: Any) -> gpd.GeoDataFrame:
    table = pd.DataFrame(
        {
            "osm_id": [one.osm_id for one in ways],
            "highway": [kind_of_line(one.tags) for one in ways],
            "name": [name_of(one.tags) for one in ways],
            "walkable": [is_street(one.tags) and is_walkable(one.tags) for one in ways],
            "oneway": [oneway_of(one.tags) for one in ways],
            **{key: [one.tags.get(key) for one in ways] for key in _KEPT_TAGS},
        }
    )
    edges = table.iloc[way].reset_index(drop=True)
    edges.insert(1, "part", edges.groupby("osm_id").cumcount())
    return gpd.GeoDataFrame(edges, geometry=lines, crs=WGS84)
