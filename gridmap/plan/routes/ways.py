"""Ways on foot, by bike and by car, and the places where routes begin, stop and end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from gridmap.errors import InputError
from gridmap.reference import BARRIERS
from gridmap.services.network import WalkNetwork, lay_network
from gridmap.units import SNAP_FINDING_M, WALK_SPEED_MPS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SPEED_MPS = {"foot": WALK_SPEED_MPS, "bike": 12 / 3.6, "car": 20 / 3.6}
"""Speed on patrol [m/s]: planning values of this project, walking as for services."""
_DRIVEN = frozenset(
    {"motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential"}
    | {"motorway_link", "trunk_link", "primary_link", "secondary_link", "tertiary_link"}
    | {"living_street", "service", "road"}
)
_CYCLED = _DRIVEN - {"motorway", "motorway_link"} | {"cycleway", "path", "track"}
_CLOSED = frozenset({"no", "private"})
_ONE_WAY = frozenset({"yes", "true", "1", "1.0"})
_AGAINST = frozenset({"-1", "reverse", "-1.0"})


@dataclass(frozen=True, eq=False)
class Ways:
    """A network with the directions in which it may be used.

    Attributes
    ----------
    network : WalkNetwork
        Nodes and edges.
    forward, backward : ndarray of bool, shape (m,)
        Whether each edge leads from its first node to its last, and back.
    speed_mps : float
        Speed [m/s].
    """

    network: WalkNetwork
    forward: npt.NDArray[np.bool_]
    backward: npt.NDArray[np.bool_]
    speed_mps: float


@dataclass(frozen=True, eq=False)
class Places:
    """Places joined to the nearest way: nodes of the network, feet on it, then the places.

    Attributes
    ----------
    graph : csr_array, shape (n, n)
        Lengths of the network and of the legs to the places [m].
    first : int
        Number of the first place's node.
    xy : ndarray, shape (n, 2)
        Where all nodes are [m].
    leg_m : ndarray, shape (k,)
        Straight leg of each place to its way [m]; nan where no way is near enough.
    """

    graph: Any
    first: int
    xy: Floats
    leg_m: Floats


def lay_ways(roads: Any, mode: str = "foot") -> Ways:
    """Lay the network of one way of moving.

    Parameters
    ----------
    roads : GeoDataFrame
        Layer ``roads`` in a metric CRS.
    mode : {"foot", "bike", "car"}
        How a unit moves. One-way rules hold for cars only.

    Raises
    ------
    InputError
        If the mode is none of the three, or there is no way for it.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> ways = lay_ways(toy_district()["roads"], "foot")
    >>> float(ways.network.length_m.sum()), bool(ways.backward.all())
    (1600.0, True)
    """
    if mode not in SPEED_MPS:
        raise InputError(f"A unit moves by one of {', '.join(SPEED_MPS)}; found '{mode}'.")
    roads = roads[~roads["highway"].isin(BARRIERS)].reset_index(drop=True)
    if mode != "foot":
        kinds = _DRIVEN if mode == "car" else _CYCLED
        open_to = roads["highway"].isin(kinds)
        if "access" in roads:
            open_to &= ~roads["access"].isin(_CLOSED)
        roads = roads.assign(walkable=pd.array(open_to.to_numpy(), dtype="boolean"))
    network = lay_network(roads)
    if not len(network.ends):
        raise InputError(
            f"The layer 'roads' has no way for units on {mode}; a route needs some. "
            "Import streets, or choose another --mode."
        )
    forward, backward = _directions(network, roads if mode == "car" else None)
    return Ways(network, forward, backward, SPEED_MPS[mode])


def join_places(ways: Ways, points: Any, most_m: float = SNAP_FINDING_M) -> Places:
    """Join points to the nearest edge of the largest part of the network.

    Parameters
    ----------
    ways : Ways
        From :func:`lay_ways`.
    points : array of Point
        In the same CRS.
    most_m : float
        Longest leg [m]; what lies farther is joined to nothing.

    Notes
    -----
    Two places on one edge are also joined along it, without a detour over its ends.

    Examples
    --------
    >>> from gridmap.samples import at, toy_district
    >>> ways = lay_ways(toy_district()["roads"])
    >>> places = join_places(ways, [at(40, 100), at(140, 110)])
    >>> round(float(distances_between(places)[0, 1]), 6)
    110.0
    """
    network = ways.network
    shapes = np.asarray(points, dtype=object)
    main = np.flatnonzero(network.component[network.ends[:, 0]] == 0)
    tree = shapely.STRtree(network.edges[main])
    place, hit = tree.query_nearest(shapes, max_distance=most_m, all_matches=False)
    edge = main[hit]
    leg = np.full(len(shapes), np.nan)
    leg[place] = shapely.distance(shapes[place], network.edges[edge])
    along = shapely.line_locate_point(network.edges[edge], shapes[place])
    n = len(network.xy)
    foot, own = n + np.arange(len(place)), n + len(place) + place
    out = [(foot, own, leg[place]), (own, foot, leg[place])]
    arcs = [*_arcs(network, ways), *_feet(ways, foot, edge, along), *out]
    rows, columns, lengths = (np.concatenate(part) for part in zip(*arcs, strict=True))
    size = n + len(place) + len(shapes)
    graph = sparse.coo_array((lengths, (rows, columns)), shape=(size, size))
    feet = shapely.line_interpolate_point(network.edges[edge], along)
    xy = [network.xy, *(shapely.get_coordinates(some).reshape(-1, 2) for some in (feet, shapes))]
    return Places(_least(graph), n + len(place), np.vstack(xy), leg)


def distances_between(places: Places) -> Floats:
    """Length of the shortest way from every place to every place [m]; inf where there is none.

    Examples
    --------
    >>> from gridmap.samples import at, toy_district
    >>> ways = lay_ways(toy_district()["roads"])
    >>> distances_between(join_places(ways, [at(0, 100), at(100, 0)])).round(6).tolist()
    [[0.0, 200.0], [200.0, 0.0]]
    """
    nodes = np.arange(places.first, len(places.xy))
    parts = [
        csgraph.dijkstra(places.graph, indices=batch)[:, nodes]
        for batch in np.array_split(nodes, max(len(nodes) // 64, 1))
    ]
    return np.vstack(parts) if len(nodes) else np.zeros((0, 0))


def lines_between(places: Places, stops: Sequence[int]) -> tuple[Any, Floats]:
    """Draw the way along several places.

    Returns
    -------
    LineString, ndarray
        The whole way, and the length of each leg [m].

    Examples
    --------
    >>> from gridmap.samples import at, toy_district
    >>> ways = lay_ways(toy_district()["roads"])
    >>> line, legs = lines_between(join_places(ways, [at(0, 100), at(100, 0)]), [0, 1, 0])
    >>> line.length, legs.round(6).tolist()
    (400.0, [200.0, 200.0])
    """
    nodes = np.asarray(stops, dtype=np.int64) + places.first
    sources, row = np.unique(nodes[:-1], return_inverse=True)
    far, before = csgraph.dijkstra(places.graph, indices=sources, return_predecessors=True)
    path = [int(nodes[0])]
    legs = np.zeros(len(nodes) - 1)
    for n, (source, target) in enumerate(zip(row, nodes[1:], strict=True)):
        legs[n] = far[source, target]
        path += walk_back(before[source], int(target))[1:]
    xy = places.xy[path]
    return shapely.LineString(xy if len(xy) > 1 else np.vstack([xy, xy])), legs


def walk_back(before: npt.NDArray[np.int32], target: int) -> list[int]:
    """Nodes from the source of a search to a target.

    Examples
    --------
    >>> walk_back(np.array([-9999, 0, 1], dtype=np.int32), 2)
    [0, 1, 2]
    """
    path = [target]
    while before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    return path[::-1]


def _directions(network: WalkNetwork, roads: Any) -> tuple[Any, Any]:
    both = np.ones(len(network.ends), dtype=bool)
    if roads is None or "oneway" not in roads:
        return both, both.copy()
    rule = roads["oneway"].astype("str").fillna("").str.lower()
    bound = rule.isin(_ONE_WAY | _AGAINST).to_numpy()[network.road]
    against = rule.isin(_AGAINST).to_numpy()[network.road]
    lines = np.asarray(roads.geometry, dtype=object)[network.road]
    ends = [shapely.points(network.xy[network.ends[:, n]]) for n in (0, 1)]
    middle = shapely.points(network.xy[network.ends].mean(axis=1))
    # Along a closed way the end of the last edge is also its beginning: its middle decides.
    first, half, last = (shapely.line_locate_point(lines, p) for p in (ends[0], middle, ends[1]))
    ascends = np.where(np.abs(last - first) > 2 * network.length_m, half < first, first < last)
    ascends = np.where(np.abs(last - first) > 2 * network.length_m, half > first, ascends)
    with_line = ascends != against
    return ~bound | with_line, ~bound | ~with_line


def _arcs(network: WalkNetwork, ways: Ways) -> list[tuple[Ints, Ints, Floats]]:
    a, b = network.ends.T
    length = network.length_m
    return [
        (a[ways.forward], b[ways.forward], length[ways.forward]),
        (b[ways.backward], a[ways.backward], length[ways.backward]),
    ]


def _feet(ways: Ways, foot: Ints, edge: Ints, along: Floats) -> list[tuple[Ints, Ints, Floats]]:
    """Arcs between feet of places and the ends of their edges, and along edges they share."""
    network = ways.network
    a, b = network.ends[edge].T
    rest = network.length_m[edge] - along
    forward, backward = ways.forward[edge], ways.backward[edge]
    arcs = [
        (foot[forward], b[forward], rest[forward]),
        (a[forward], foot[forward], along[forward]),
        (foot[backward], a[backward], along[backward]),
        (b[backward], foot[backward], rest[backward]),
    ]
    order = np.lexsort((along, edge))
    one, two = order[:-1], order[1:]
    shared = edge[one] == edge[two]
    for first, second, may in ((one, two, forward), (two, one, backward)):
        kept = shared & may[one]
        length = np.abs(along[first] - along[second])[kept]
        arcs.append((foot[first][kept], foot[second][kept], length))
    return arcs


def _least(graph: Any) -> Any:
    """Of several arcs between two nodes the shortest; none has length zero."""
    order = np.lexsort((graph.data, graph.col, graph.row))
    rows, columns = graph.row[order], graph.col[order]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    data = np.maximum(graph.data[order][new], 1e-9)
    return sparse.csr_array((data, (rows[new], columns[new])), shape=graph.shape)
