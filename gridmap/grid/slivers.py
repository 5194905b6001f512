"""Slivers: pieces of a pattern that a border cut off, given to a neighbour."""

import heapq
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

MICROMETRE = 1e-6
"""Grid [m] on which cuts and unions are rounded, so that neighbours share exact corners."""


def absorb_slivers(pieces: gpd.GeoDataFrame, smallest_m2: float) -> npt.NDArray[np.int64]:
    """Group pieces so that no group is smaller than a threshold where a neighbour can take it.

    Parameters
    ----------
    pieces : GeoDataFrame
        Polygons with ``community_code``, on a fresh index.
    smallest_m2 : float
        Groups below this area [m²] are given away.

    Returns
    -------
    ndarray of int
        For each piece the index of the piece whose group it belongs to.

    Notes
    -----
    Always the smallest group goes first, to the neighbour of the same community with the longest
    shared border (then the larger, then the earlier one). A group without such a neighbour, e.g.
    an island, goes to the nearest piece of its community; a community smaller than the threshold
    stays one cell.

    Examples
    --------
    >>> strip = [shapely.box(0, 0, 1, 10), shapely.box(1, 0, 11, 10)]
    >>> pieces = gpd.GeoDataFrame({"community_code": ["a", "a"]}, geometry=strip)
    >>> absorb_slivers(pieces, 25.0).tolist()
    [1, 1]
    """
    area_m2 = pieces.geometry.area.to_numpy()
    borders = shared_borders(pieces, area_m2 < smallest_m2)
    group = give_away(area_m2, borders, smallest_m2)
    lonely = np.flatnonzero(_group_area(group, area_m2) < smallest_m2)
    return _join_nearest(pieces, group, lonely)


def shared_borders(
    polygons: gpd.GeoDataFrame, chosen: npt.NDArray[np.bool_] | None = None
) -> pd.DataFrame:
    """Length of the border that polygons of one community share.

    Parameters
    ----------
    polygons : GeoDataFrame
        Polygons with ``community_code``.
    chosen : ndarray of bool, optional
        Only pairs with at least one chosen polygon; default all.

    Returns
    -------
    DataFrame
        ``one``, ``other`` (positions, one < other) and ``length_m`` > 0.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> shared_borders(toy_district()["cells"]).values.tolist()
    [[0.0, 2.0, 200.0], [1.0, 3.0, 200.0]]
    """
    shapes = polygons.geometry.to_numpy()
    community = polygons["community_code"].to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    wanted = (one < other) & (community[one] == community[other])
    if chosen is not None:
        wanted &= chosen[one] | chosen[other]
    one, other = one[wanted], other[wanted]
    length_m = _border_length(shapes[one], shapes[other])
    table = pd.DataFrame({"one": one, "other": other, "length_m": length_m})
    table = table[table["length_m"] > MICROMETRE]
    return table.sort_values(["one", "other"], ignore_index=True)


def _border_length(one: npt.NDArray[np.object_], other: npt.NDArray[np.object_]) -> npt.ArrayLike:
    shared = shapely.intersection(
        shapely.boundary(one), shapely.boundary(other), grid_size=MICROMETRE
    )
    return shapely.length(shared)


def give_away(
    area_m2: npt.NDArray[np.float64], borders: pd.DataFrame, smallest_m2: float
) -> npt.NDArray[np.int64]:
    """Merge pieces below a size, the smallest first, over the borders they share.

    Parameters
    ----------
    area_m2 : ndarray
        Size of each piece [m²].
    borders : DataFrame
        Of :func:`shared_borders`: ``one``, ``other``, ``length_m``, each pair once.
    smallest_m2 : float
        Groups below this size [m²] go to the neighbour with the longest border.

    Returns
    -------
    ndarray of int
        For each piece the index of the piece whose group it belongs to.
    """
    group = np.arange(len(area_m2))
    size = dict(enumerate(area_m2.tolist()))
    neighbours = _neighbours(borders)
    queue = [(area, n) for n, area in size.items() if area < smallest_m2 and n in neighbours]
    heapq.heapify(queue)
    while queue:
        area, small = heapq.heappop(queue)
        around = neighbours.get(small)
        if size.get(small) != area or not around:
            continue
        taker = max(around, key=lambda n: (around[n], size[n], -n))
        _merge(small, taker, size, neighbours)
        group[small] = taker
        if size[taker] < smallest_m2:
            heapq.heappush(queue, (size[taker], taker))
    return _roots(group)


def _neighbours(borders: pd.DataFrame) -> dict[int, dict[int, float]]:
    table: dict[int, dict[int, float]] = {}
    for one, other, length_m in borders.itertuples(index=False):
        table.setdefault(int(one), {})[int(other)] = length_m
        table.setdefault(int(other), {})[int(one)] = length_m
    return table


def _merge(
    small: int, taker: int, size: dict[int, float], neighbours: dict[int, dict[int, float]]
) -> None:
    size[taker] += size.pop(small)
    for other, length_m in neighbours.pop(small).items():
        del neighbours[other][small]
        if other != taker:
            neighbours[taker][other] = neighbours[taker].get(other, 0.0) + length_m
            neighbours[other][taker] = neighbours[taker][other]


def _roots(group: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    while (group[group] != group).any():
        group = group[group]
    return group


def _group_area(
    group: npt.NDArray[np.int64], area_m2: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    return np.asarray(np.bincount(group, area_m2, len(group))[group], dtype=np.float64)


def _join_nearest(
    pieces: gpd.GeoDataFrame, group: npt.NDArray[np.int64], lonely: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    shapes, community = pieces.geometry.to_numpy(), pieces["community_code"].to_numpy()
    home = group.copy()
    for root in np.unique(group[lonely]):
        others = np.flatnonzero((community == community[root]) & (group != root))
        others = others[~np.isin(others, lonely)]
        if len(others):
            mine = shapely.multipolygons(_parts(shapes[group == root]))
            home[group == root] = group[others[shapely.distance(mine, shapes[others]).argmin()]]
    return home


def _parts(shapes: Sequence[shapely.Polygon] | npt.NDArray[np.object_]) -> list[shapely.Polygon]:
    return list(shapely.get_parts(shapes))
