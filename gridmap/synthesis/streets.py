"""Streets as a graph, and walks along its shortest paths."""

from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from gridmap.reference import BARRIERS

_FOOTPATHS = frozenset(
    {"footway", "steps", "path", "pedestrian", "corridor", "trail", "bridleway", "elevator"}
)
_NO_CAR = _FOOTPATHS | BARRIERS | {"cycleway", "track"}
_NO_BIKE = BARRIERS | {"steps", "corridor", "motorway", "motorway_link", "trunk", "trunk_link"}
_NEVER = -9999


@dataclass(frozen=True, eq=False)
class Streets:
    """Graph of the streets one can use in a mode, in its largest connected part.

    Attributes
    ----------
    nodes : ndarray, shape (n, 2)
        Places of the nodes [m].
    weights : csr_array, shape (n, n)
        Length of the shortest street between neighbours [m].
    bends : dict of (int, int) to ndarray
        Coordinates along that street, from the first node to the second.
    """

    nodes: npt.NDArray[np.float64]
    weights: "csr_array[np.float64, tuple[int, int]]"
    bends: dict[tuple[int, int], npt.NDArray[np.float64]]

    def path(self, start: int, end: int) -> npt.NDArray[np.float64]:
        """Coordinates of the shortest path between two nodes [m], both ends included."""
        _, before = dijkstra(self.weights, indices=[end], return_predecessors=True)
        stops = [start]
        while stops[-1] != end and before[0, stops[-1]] != _NEVER:
            stops.append(int(before[0, stops[-1]]))
        pieces = [self.bends[pair] for pair in pairwise(stops)]
        return np.vstack([self.nodes[[start]], *pieces])


def usable(roads: gpd.GeoDataFrame, mode: str) -> gpd.GeoDataFrame:
    """Streets that a patrol in this mode uses.

    Parameters
    ----------
    roads : GeoDataFrame
        Streets with ``highway`` and ``walkable``.
    mode : {"foot", "bike", "car"}
        How the patrol moves.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> len(usable(toy_district()["roads"], "car"))
    4
    """
    if mode == "foot":
        return roads[roads["walkable"].fillna(True).astype(bool).to_numpy()]
    closed = _NO_CAR if mode == "car" else _NO_BIKE
    return roads[~roads["highway"].isin(closed).to_numpy()]


def link_streets(roads: gpd.GeoDataFrame) -> Streets:
    """Graph of streets that are split where they meet.

    Parameters
    ----------
    roads : GeoDataFrame
        One row per edge, in a metric CRS; ends within a centimetre are one node.

    Examples
    --------
    >>> from gridmap.samples import line
    >>> import geopandas as gpd
    >>> roads = gpd.GeoDataFrame(geometry=[line((0, 0), (30, 0)), line((30, 0), (30, 40))])
    >>> streets = link_streets(roads)
    >>> (streets.path(0, 2)[-1] - streets.path(0, 2)[0]).tolist(), float(streets.weights.sum())
    ([30.0, 40.0], 140.0)
    """
    lines = roads.geometry.to_numpy()
    first, last = shapely.get_point(lines, 0), shapely.get_point(lines, -1)
    ends = np.round(np.vstack([shapely.get_coordinates(first), shapely.get_coordinates(last)]), 2)
    nodes, number = np.unique(ends.astype(np.float64), axis=0, return_inverse=True)
    start, end = number.reshape(2, -1)
    bends: dict[tuple[int, int], npt.NDArray[np.float64]] = {}
    length = shapely.length(lines)
    # Longest first, so that of parallel streets the shortest stays.
    for n in np.argsort(-length, kind="stable"):
        along = shapely.get_coordinates(lines[n])
        bends[int(start[n]), int(end[n])] = along
        bends[int(end[n]), int(start[n])] = along[::-1]
    return _largest_part(nodes, bends)


def _largest_part(
    nodes: npt.NDArray[np.float64], bends: dict[tuple[int, int], npt.NDArray[np.float64]]
) -> Streets:
    pairs = np.array(list(bends), dtype=int)
    length = np.array([np.hypot(*np.diff(one, axis=0).T).sum() for one in bends.values()])
    shape = (len(nodes), len(nodes))
    whole = csr_array((length, (pairs[:, 0], pairs[:, 1])), shape=shape)
    _, part = connected_components(whole, directed=False)
    kept = np.flatnonzero(part == np.bincount(part).argmax())
    place = np.full(len(nodes), -1)
    place[kept] = np.arange(len(kept))
    inner = {(int(place[a]), int(place[b])): one for (a, b), one in bends.items() if place[a] >= 0}
    return Streets(nodes[kept], whole[kept][:, kept], inner)
