"""Borders of cells against the ground: what runs along a street, what crosses a cell."""

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]

MAIN_STREETS = frozenset({"motorway", "trunk", "primary", "secondary"})
"""Streets that people do not cross by the way: a cell should lie on one side of them."""
STREETS = MAIN_STREETS | frozenset(
    {"tertiary", "unclassified", "residential", "living_street", "pedestrian", "road"}
)
"""Public streets; links of the same kinds (``primary_link``) belong to them."""
WATER = frozenset({"water", "river", "canal", "riverbank", "basin", "reservoir", "lake", "sea"})
RAILWAY_GROUND = frozenset({"railway"})

ALONG_M = 10.0
"""A border this near to a street's centre line [m] runs along it."""
ALONG_DEG = 30.0
"""Largest angle [°] between a border and the street it runs along; one that crosses does not."""
INTERIOR_M = 20.0
"""Ground deeper inside a cell than this [m] is its interior."""
BANK_M2 = 1000.0
"""Both banks must be at least this large [m²] for water to divide a cell."""
_NO = frozenset({"", "no", "nan", "none", "<na>", "false", "0"})


class Segments(NamedTuple):
    """Straight pieces of lines: start, vector to the end, length [m], and the row they are of."""

    start: Floats
    step: Floats
    length_m: Floats
    row: Places

    @property
    def lines(self) -> Shapes:
        """The pieces as geometries."""
        return np.asarray(shapely.linestrings(np.stack([self.start, self.start + self.step], 1)))


def take_streets(
    roads: gpd.GeoDataFrame, kinds: frozenset[str] = STREETS, *, links: bool = True
) -> Shapes:
    """Lines of these kinds of street, slip roads (links) among them where asked for.

    A street in a tunnel is not on the ground that cells divide and is left out.

    Examples
    --------
    >>> from gridmap.reference import RAILS
    >>> from gridmap.samples import toy_district
    >>> roads = toy_district()["roads"]
    >>> len(take_streets(roads)), len(take_streets(roads, RAILS))
    (4, 0)
    """
    kind = roads["highway"].astype("str")
    if links:
        kind = kind.str.removesuffix("_link")
    chosen = kind.isin(kinds).to_numpy(bool) & ~in_tunnel(roads)
    return np.asarray(roads.geometry[chosen].to_numpy(), dtype=object)


def in_tunnel(roads: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Whether each way lies in a tunnel, by its column ``tunnel`` where there is one.

    Examples
    --------
    >>> import geopandas as gpd
    >>> in_tunnel(gpd.GeoDataFrame({"tunnel": ["yes", "no", None]})).tolist()
    [True, False, False]
    """
    if "tunnel" not in roads:
        return np.zeros(len(roads), dtype=bool)
    told = roads["tunnel"].astype("str").str.strip().str.lower().fillna("")
    return ~pd.Series(told).isin(_NO).to_numpy(bool)


def length_along(
    cells: gpd.GeoDataFrame,
    lines: Shapes,
    areas: Shapes | None = None,
    *,
    within_m: float = ALONG_M,
    angle_deg: float = ALONG_DEG,
) -> pd.Series:
    """Metres of each cell's border that run along a line or through an area.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells in a metric CRS.
    lines : ndarray of lines
        Streets, rivers, rails or borders in the same CRS.
    areas : ndarray of polygons, optional
        Ground whose whole inside counts, such as a river or a railway yard.
    within_m : float
        Largest distance [m] between border and line.
    angle_deg : float
        Largest angle [°] between border and line, so that a line that crosses does not count.

    Returns
    -------
    Series
        Metres on the index of the cells.

    Notes
    -----
    Exact, without sampling: the points of a straight border piece within a distance of a straight
    line piece form one interval (both are convex); the intervals of a border piece are united, so
    that two carriageways count once (MEASURES.md 1: follows the ground).

    Examples
    --------
    >>> from gridmap.samples import line, toy_district
    >>> cells = toy_district()["cells"]
    >>> length_along(cells, np.array([line((200, -50), (200, 250))])).tolist()
    [60.0, 60.0, 200.0, 200.0]
    """
    border = cut_segments(cells.geometry.to_numpy())
    parts = [_near_lines(border, cut_segments(lines), within_m, np.radians(angle_deg))]
    if areas is not None and len(areas):
        parts.append(_in_areas(border, areas))
    piece, low, high = (np.concatenate(one) for one in zip(*parts, strict=True))
    along = np.bincount(border.row[piece], _united_lengths(piece, low, high), minlength=len(cells))
    return pd.Series(along, index=cells.index)


def metres_inside(
    cells: gpd.GeoDataFrame, lines: Shapes, *, deeper_than_m: float = INTERIOR_M
) -> pd.Series:
    """Metres of lines in the interior of each cell.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells in a metric CRS.
    lines : ndarray of lines
        Main streets, rivers or rails.
    deeper_than_m : float
        A line nearer to the border than this [m] runs along it and does not count.

    Examples
    --------
    >>> from gridmap.samples import line, toy_district
    >>> cells = toy_district()["cells"]
    >>> metres_inside(cells, np.array([line((100, 0), (100, 400)), line((0, 195), (400, 195))]))
    0    160.0
    1      0.0
    2    160.0
    3      0.0
    dtype: float64
    """
    inner = shapely.buffer(cells.geometry.to_numpy(), -deeper_than_m, join_style="mitre")
    cell, line = shapely.STRtree(lines).query(inner, predicate="intersects")
    length_m = shapely.length(shapely.intersection(lines[line], inner[cell]))
    return pd.Series(np.bincount(cell, length_m, minlength=len(cells)), index=cells.index)


def water_through(cells: gpd.GeoDataFrame, water: Shapes, *, bank_m2: float = BANK_M2) -> pd.Series:
    """Metres of water that divides a cell into two banks.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells in a metric CRS.
    water : ndarray of polygons
        Rivers, canals and lakes.
    bank_m2 : float
        Least size [m²] of the second largest bank; a pond or a creek's corner divides nothing.

    Returns
    -------
    Series
        Half the outline of the water inside the cell where it divides the cell, else 0: for a
        river of length l and width w that is l + w.

    Examples
    --------
    >>> from gridmap.samples import box, toy_district
    >>> cells = toy_district()["cells"]
    >>> water_through(cells, np.array([box(90, 200, 110, 400), box(250, 50, 260, 60)])).tolist()
    [220.0, 0.0, 0.0, 0.0]
    """
    through = np.zeros(len(cells))
    shapes = cells.geometry.to_numpy()
    cell, pool = shapely.STRtree(water).query(shapes, predicate="intersects")
    for one in np.unique(cell):
        wet = shapely.intersection(shapes[one], shapely.union_all(water[pool[cell == one]]))
        banks = np.sort(shapely.area(shapely.get_parts(shapely.difference(shapes[one], wet))))
        if len(banks) > 1 and banks[-2] >= bank_m2:
            through[one] = shapely.length(wet) / 2
    return pd.Series(through, index=cells.index)


def cut_segments(shapes: Any) -> Segments:
    """Straight pieces of lines, or of the borders of polygons; pieces without length are left out.

    Examples
    --------
    >>> square = cut_segments(np.array([shapely.box(0, 0, 3, 4)]))
    >>> sorted(square.length_m.tolist()), square.row.tolist()
    ([3.0, 3.0, 4.0, 4.0], [0, 0, 0, 0])
    """
    shapes = np.asarray(shapes, dtype=object)
    flat = shapely.get_dimensions(shapes) == 2
    lines, row = shapely.get_parts(
        np.where(flat, shapely.boundary(shapes), shapes), return_index=True
    )
    xy, line = shapely.get_coordinates(lines, return_index=True)
    step = np.diff(xy, axis=0)
    length_m = np.hypot(step[:, 0], step[:, 1])
    keep = (line[1:] == line[:-1]) & (length_m > 0)
    return Segments(xy[:-1][keep], step[keep], length_m[keep], row[line[:-1][keep]])


def _near_lines(
    border: Segments, ground: Segments, within_m: float, angle: float
) -> tuple[Places, Floats, Floats]:
    """Intervals [m from the start] of border pieces near ground pieces of about their direction."""
    if not len(ground.row) or not len(border.row):
        return np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
    piece, near = shapely.STRtree(ground.lines).query(
        border.lines, predicate="dwithin", distance=within_m
    )
    along = border.step / border.length_m[:, None]
    axis = ground.step / ground.length_m[:, None]
    slope = np.abs(_cross(along[piece], axis[near]))
    piece, near = (one[slope <= np.sin(angle) + 1e-12] for one in (piece, near))
    low, high = _capsule_interval(
        border.start[piece] - ground.start[near],
        along[piece],
        axis[near],
        ground.length_m[near],
        within_m,
    )
    low, high = np.clip(low, 0, None), np.minimum(high, border.length_m[piece])
    there = high > low
    return piece[there], low[there], high[there]


def _capsule_interval(
    origin: Floats, along: Floats, axis: Floats, axis_m: Floats, radius_m: float
) -> tuple[Floats, Floats]:
    """Where the ray origin + t·along is within a radius of the piece from 0 to axis_m·axis."""
    u, v = (origin * axis).sum(1), _cross(axis, origin)
    du, dv = (along * axis).sum(1), _cross(axis, along)
    strip = _between(u, du, 0.0, axis_m), _between(v, dv, -radius_m, radius_m)
    low = np.maximum(strip[0][0], strip[1][0])
    high = np.minimum(strip[0][1], strip[1][1])
    missed = low > high
    low, high = np.where(missed, np.inf, low), np.where(missed, -np.inf, high)
    for end in (0.0, axis_m):
        middle = -((u - end) * du + v * dv)
        reach = middle**2 - ((u - end) ** 2 + v**2 - radius_m**2)
        half = np.sqrt(np.where(reach >= 0, reach, np.nan))
        low, high = np.fmin(low, middle - half), np.fmax(high, middle + half)
    return low, high


def _between(at: Floats, rate: Floats, least: Any, most: Any) -> tuple[Floats, Floats]:
    """Interval of t in which at + t·rate lies between two bounds."""
    still = np.abs(rate) < 1e-12
    divisor = np.where(still, 1.0, rate)
    one, other = (least - at) / divisor, (most - at) / divisor
    within = (at >= least) & (at <= most)
    low = np.where(still, np.where(within, -np.inf, np.inf), np.minimum(one, other))
    high = np.where(still, np.where(within, np.inf, -np.inf), np.maximum(one, other))
    return low, high


def _in_areas(border: Segments, areas: Shapes) -> tuple[Places, Floats, Floats]:
    """Intervals [m from the start] of border pieces inside polygons."""
    lines = border.lines
    piece, area = shapely.STRtree(areas).query(lines, predicate="intersects")
    inside, pair = shapely.get_parts(
        shapely.intersection(lines[piece], areas[area]), return_index=True
    )
    straight = shapely.get_type_id(inside) == 1
    inside, piece = inside[straight], piece[pair[straight]]
    ends = np.stack([shapely.get_point(inside, 0), shapely.get_point(inside, -1)], 1)
    xy = shapely.get_coordinates(ends).reshape(-1, 2, 2) - border.start[piece][:, None]
    along = border.step[piece] / border.length_m[piece][:, None]
    at_m = np.sort((xy * along[:, None]).sum(2), axis=1)
    return piece, at_m[:, 0], at_m[:, 1]


def _united_lengths(piece: Places, low: Floats, high: Floats) -> Floats:
    """Length that each interval adds to those of its piece that begin before it."""
    if not len(piece):
        return np.zeros(0)
    order = np.lexsort((low, piece))
    ranked, start, end = piece[order], low[order], high[order]
    # Pieces are laid one behind the other, so that one running maximum serves them all.
    shift = np.cumsum(np.r_[0, np.diff(ranked) != 0]) * (float(end.max()) + 1.0)
    reached = np.maximum.accumulate(end + shift)
    before = np.r_[-np.inf, reached[:-1]]
    added = np.clip(end + shift - np.maximum(start + shift, before), 0, None)
    lengths = np.empty(len(piece))
    lengths[order] = added
    return lengths


def _cross(one: Floats, other: Floats) -> Floats:
    return np.asarray(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])
