"""Cells that are rectangles or hexagons of one lattice: found by arithmetic, cut by arithmetic."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from gridmap.patrol.intervals import Floats
from gridmap.patrol.order import sweeps_for

OUTSIDE = -1
"""Cell number of time spent outside the grid."""
MOST_PLACES = 4_000_000
"""A lattice with more places than this is looked up as a raster instead."""
SAME_SHARE = 1e-12
"""Crossings this close, as a share of the segment, are one."""
_ON_A_LINE = -2
_NEAR = 1e-6
_ALIKE = 1e-7

Shapes = npt.NDArray[np.object_]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Cuts(NamedTuple):
    """Stretches of cut segments: by segment, then along it, without gap or overlap.

    Attributes
    ----------
    row : ndarray of int
        Number of the segment.
    low, high : ndarray
        Share of the segment where the stretch begins and ends.
    cell : ndarray of int
        Cell of the stretch, or -1.
    """

    row: Numbers
    low: Floats
    high: Floats
    cell: Numbers


def cells_by_geometry(x_m: Floats, y_m: Floats, tree: shapely.STRtree) -> Numbers:
    """Find the cell each point lies in, by number; on a shared border the first of the cells.

    Examples
    --------
    >>> pair = shapely.STRtree([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> cells_by_geometry(np.array([0.5, 1.0, 1.5, 9.0]), np.full(4, 0.5), pair).tolist()
    [0, 0, 1, -1]
    """
    count = len(tree.geometries)
    point, cell = tree.query(shapely.points(x_m, y_m), predicate="intersects")
    first = np.full(len(x_m), count, dtype=np.int64)
    np.minimum.at(first, point, cell)
    return np.where(first == count, OUTSIDE, first)


def stretches(ends: Floats, row: Numbers, share: Floats) -> tuple[Numbers, Floats, Floats, Floats]:
    """Stretches between the crossings of each segment, and the middle of each.

    Parameters
    ----------
    ends : ndarray, shape (4, n)
        x0, y0, x1, y1 of the segments [m].
    row, share : ndarray
        Segment and place along it of each crossing, in any order; the ends need not be there.

    Returns
    -------
    tuple
        row, low, high, and the middles as an array of shape (2, k).

    Examples
    --------
    >>> ends = np.array([[0.0], [0.0], [10.0], [0.0]])
    >>> row, low, high, middle = stretches(ends, np.array([0]), np.array([0.4]))
    >>> low.tolist(), high.tolist(), middle[0].tolist()
    ([0.0, 0.4], [0.4, 1.0], [2.0, 7.0])
    """
    count = ends.shape[1]
    inner = (share > SAME_SHARE) & (share < 1 - SAME_SHARE)
    every = np.arange(count)
    owner = np.r_[every, row[inner], every]
    along = np.r_[np.zeros(count), share[inner], np.ones(count)]
    order = np.lexsort((along, owner))
    owner, along = owner[order], along[order]
    # Of crossings in one place the first stays, so that stretches chain without a gap.
    apart = np.ones(len(owner), dtype=bool)
    apart[1:] = (owner[1:] != owner[:-1]) | (along[1:] - along[:-1] > SAME_SHARE)
    owner, along = owner[apart], along[apart]
    same = owner[1:] == owner[:-1]
    mine, low, high = owner[:-1][same], along[:-1][same], along[1:][same]
    half = (low + high) / 2
    x0, y0, x1, y1 = ends[:, mine]
    return mine, low, high, np.stack([x0 + half * (x1 - x0), y0 + half * (y1 - y0)])


def join_equal(cuts: Cuts) -> Cuts:
    """Join neighbouring stretches of a segment that lie in the same cell.

    Examples
    --------
    >>> rows, cell = np.array([0, 0, 0]), np.array([4, 4, 5])
    >>> joined = join_equal(Cuts(rows, np.array([0, 0.2, 0.5]), np.array([0.2, 0.5, 1.0]), cell))
    >>> joined.high.tolist(), joined.cell.tolist()
    ([0.5, 1.0], [4, 5])
    """
    if not len(cuts.row):
        return cuts
    row, low, high, cell = cuts
    opens = np.r_[True, (row[1:] != row[:-1]) | (cell[1:] != cell[:-1])]
    closes = np.r_[opens[1:], True]
    return Cuts(row[opens], low[opens], high[closes], cell[opens])


@dataclass(frozen=True, eq=False)
class Rectangles:
    """Upright rectangles: the cell of a place is one look into a table.

    Attributes
    ----------
    x_lines, y_lines : ndarray
        Every coordinate at which a side lies, ascending [m].
    table : ndarray of int, shape (len(x_lines) + 1, len(y_lines) + 1)
        Cell between each two lines; the rim is outside.
    """

    x_lines: Floats
    y_lines: Floats
    table: Numbers

    def locate(self, x_m: Floats, y_m: Floats) -> Numbers:
        """Cell of each point; on a shared border the first of the cells."""
        sweeps = sweeps_for(len(x_m))
        if sweeps is not None:
            found = sweeps.find_places(self.x_lines, self.y_lines, self.table, x_m, y_m)
            on = np.flatnonzero(found == _ON_A_LINE)
            i, j = _between(self.x_lines, x_m[on]), _between(self.y_lines, y_m[on])
            found[on] = self._first_around(x_m[on], y_m[on], i, j)
            return np.asarray(found)
        i, j = _between(self.x_lines, x_m), _between(self.y_lines, y_m)
        found = self.table[i, j]
        edge = (self.x_lines[i - 1] == x_m) | (self.y_lines[j - 1] == y_m)
        on = np.flatnonzero(edge)
        if len(on):
            found[on] = self._first_around(x_m[on], y_m[on], i[on], j[on])
        return found

    @property
    def convex(self) -> Flags:
        """Which cells a straight line with both ends inside never leaves; the outside is none."""
        return np.r_[np.ones(int(self.table.max(initial=OUTSIDE)) + 1, dtype=bool), False]

    def stays(self, ends: Floats) -> Flags:
        """Segments outside the grid at both ends that surely pass no cell: arithmetic is unsure."""
        return np.zeros(ends.shape[1], dtype=bool)

    def cut(self, ends: Floats, home: Numbers) -> Cuts:  # noqa: ARG002
        """Cut segments at the lines of the lattice."""
        x0, y0, x1, y1 = ends
        found = [_crossings(self.x_lines, x0, x1), _crossings(self.y_lines, y0, y1)]
        row, share = (np.concatenate(part) for part in zip(*found, strict=True))
        mine, low, high, middle = stretches(ends, row, share)
        return join_equal(Cuts(mine, low, high, self.locate(*middle)))

    def _first_around(self, x: Floats, y: Floats, i: Numbers, j: Numbers) -> Numbers:
        """Least cell number among those whose border a point lies on."""
        left, down = self.x_lines[i - 1] == x, self.y_lines[j - 1] == y
        around = [self.table[i, j], self.table[i - left, j], self.table[i, j - down]]
        around.append(self.table[i - left, j - down])
        every = np.stack(around)
        least = np.where(every == OUTSIDE, np.iinfo(np.int64).max, every).min(axis=0)
        return np.where(least == np.iinfo(np.int64).max, OUTSIDE, least)


@dataclass(frozen=True, eq=False)
class Hexagons:
    """Equal hexagons of one honeycomb: axial rounding, and geometry only close to a side.

    Attributes
    ----------
    normals : ndarray, shape (3, 2)
        Unit normals of the three pairs of sides.
    apothem_m : float
        Distance of a side from the middle [m].
    origin : ndarray, shape (2,)
        Middle of the first cell [m].
    table : ndarray of int
        Cell by axial number, with a rim of outside.
    least : tuple of int
        Axial numbers of the table's first corner.
    tree : STRtree
        The cells, for places within a millionth of a side.
    """

    normals: Floats
    apothem_m: float
    origin: Floats
    table: Numbers
    least: tuple[int, int]
    tree: shapely.STRtree

    def locate(self, x_m: Floats, y_m: Floats) -> Numbers:
        """Cell of each point; on a shared border the first of the cells."""
        along = self._along(x_m, y_m)
        q, r, depth = _axial(along)
        i = np.clip(q - self.least[0], 0, self.table.shape[0] - 1)
        j = np.clip(r - self.least[1], 0, self.table.shape[1] - 1)
        found = self.table[i, j]
        near = np.flatnonzero(depth > 1 - _NEAR)
        if len(near):
            found[near] = cells_by_geometry(x_m[near], y_m[near], self.tree)
        return found

    @property
    def convex(self) -> Flags:
        """Which cells a straight line with both ends inside never leaves; the outside is none."""
        return np.r_[np.ones(len(self.tree.geometries), dtype=bool), False]

    def stays(self, ends: Floats) -> Flags:
        """Segments outside the grid at both ends that surely pass no cell: arithmetic is unsure."""
        return np.zeros(ends.shape[1], dtype=bool)

    def cut(self, ends: Floats, home: Numbers) -> Cuts:  # noqa: ARG002
        """Cut segments at the lines on which sides lie; most such cuts are joined again."""
        start, end = self._along(*ends[:2]), self._along(*ends[2:])
        found = [_whole_numbers(a, b) for a, b in zip(start, end, strict=True)]
        row, share = (np.concatenate(part) for part in zip(*found, strict=True))
        mine, low, high, middle = stretches(ends, row, share)
        return join_equal(Cuts(mine, low, high, self.locate(*middle)))

    def _along(self, x_m: Floats, y_m: Floats) -> Floats:
        """Distance from the origin along each normal, in apothems; sides lie at whole numbers."""
        x, y = x_m - self.origin[0], y_m - self.origin[1]
        return (self.normals[:, :1] * x + self.normals[:, 1:] * y) / self.apothem_m


def rectangles_of(cells: Shapes) -> Rectangles | None:
    """Table of cells that are all upright rectangles, or nothing.

    Parameters
    ----------
    cells : ndarray of Polygon
        The cells; they may leave gaps and overlap.

    Examples
    --------
    >>> pair = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> rectangles_of(pair).locate(np.array([0.5, 1.0, 1.5, 9.0]), np.full(4, 0.5)).tolist()
    [0, 0, 1, -1]
    >>> rectangles_of(np.array([shapely.Point(0, 0).buffer(5)])) is None
    True
    """
    bounds = shapely.bounds(cells)
    if not len(cells) or not np.isfinite(bounds).all() or not _upright(cells, bounds):
        return None
    x_lines, i = np.unique(bounds[:, [0, 2]], return_inverse=True)
    y_lines, j = np.unique(bounds[:, [1, 3]], return_inverse=True)
    if (len(x_lines) + 1) * (len(y_lines) + 1) > MOST_PLACES:
        return None
    table = np.full((len(x_lines) + 1, len(y_lines) + 1), OUTSIDE, dtype=np.int64)
    # Backwards, so that of overlapping cells the first one stands.
    for n in range(len(cells) - 1, -1, -1):
        table[i[n, 0] + 1 : i[n, 1] + 1, j[n, 0] + 1 : j[n, 1] + 1] = n
    return Rectangles(x_lines, y_lines, table)


def hexagons_of(cells: Shapes) -> Hexagons | None:
    """Table of cells that are all equal hexagons of one honeycomb, or nothing.

    Examples
    --------
    >>> angle = np.radians(np.arange(0, 360, 60))
    >>> one = shapely.Polygon(np.column_stack([np.cos(angle), np.sin(angle)]))
    >>> comb = np.array([one, shapely.transform(one, lambda xy: xy + [1.5, np.sqrt(0.75)])])
    >>> hexagons_of(comb).locate(np.array([0.0, 1.5, 9.0]), np.array([0.0, 0.9, 0.0])).tolist()
    [0, 1, -1]
    """
    corners = _six_corners(cells)
    if corners is None:
        return None
    middle = corners.mean(axis=1)
    shape = corners[0] - middle[0]
    sides = (shape + np.roll(shape, -1, axis=0)) / 2
    reach = np.hypot(*sides.T)
    radius = np.hypot(*shape.T)
    size = float(radius.mean())
    alike = np.abs(corners - middle[:, None, :] - shape).max() <= _ALIKE * size
    if not alike or np.ptp(reach) > _ALIKE * size or np.ptp(radius) > _ALIKE * size:
        return None
    apothem = float(reach.mean())
    normals = sides[:3] / apothem
    along = ((middle - middle[0]) @ normals.T) / apothem
    return _honeycomb(cells, normals, apothem, middle[0], along)


def _honeycomb(
    cells: Shapes, normals: Floats, apothem: float, origin: Floats, along: Floats
) -> Hexagons | None:
    q, r, depth = _axial(along.T)
    if depth.max() > _NEAR:
        return None
    least = int(q.min()) - 1, int(r.min()) - 1
    size = int(q.max()) - least[0] + 2, int(r.max()) - least[1] + 2
    if size[0] * size[1] > MOST_PLACES or len(np.unique(q * size[1] * 4 + r)) < len(q):
        return None
    table = np.full(size, OUTSIDE, dtype=np.int64)
    table[q - least[0], r - least[1]] = np.arange(len(q))
    return Hexagons(normals, apothem, origin, table, least, shapely.STRtree(cells))


def _axial(along: Floats) -> tuple[Numbers, Numbers, Floats]:
    """Nearest hexagon by axial numbers, and how far out of its middle (1 is its side).

    Notes
    -----
    With normals 60° apart, u1 = u0 + u2 and middles lie where u0 = 2q + r, u2 = r − q, so that
    q = (u0 − u2) ÷ 3 and r = (u0 + 2 u2) ÷ 3; cube rounding picks the nearest.
    """
    q, r = (along[0] - along[2]) / 3, (along[0] + 2 * along[2]) / 3
    whole = np.rint(np.stack([q, r, -q - r]))
    off = np.abs(whole - np.stack([q, r, -q - r]))
    worst = off.argmax(axis=0)
    a = np.where(worst == 0, -whole[1] - whole[2], whole[0])
    b = np.where(worst == 1, -whole[0] - whole[2], whole[1])
    middle = np.stack([2 * a + b, a + 2 * b, b - a])
    return a.astype(np.int64), b.astype(np.int64), np.abs(along - middle).max(axis=0)


def _between(lines: Floats, value: Floats) -> Numbers:
    """How many lines lie at or before each value."""
    count = len(lines)
    step = (lines[-1] - lines[0]) / max(count - 1, 1)
    even = lines[0] + step * np.arange(count)
    if step <= 0 or np.abs(lines - even).max() > step / 4:
        return np.searchsorted(lines, value, side="right")
    with np.errstate(invalid="ignore"):
        guess = np.clip(np.floor((value - lines[0]) / step), -1, count - 1).astype(np.int64)
    fenced = np.r_[-np.inf, lines, np.inf]
    # Rounding puts the guess at most one line off.
    place = guess + 1
    place += value >= fenced[np.minimum(place + 1, count + 1)]
    place -= value < fenced[place]
    return np.minimum(place, count)


def _crossings(lines: Floats, start: Floats, end: Floats) -> tuple[Numbers, Floats]:
    """Rows of segments and shares at which they cross the lines of one direction."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    first = np.searchsorted(lines, low, side="right")
    count = np.maximum(np.searchsorted(lines, high, side="left") - first, 0)
    row, number = _each(count)
    return row, (lines[first[row] + number] - start[row]) / (end - start)[row]


def _whole_numbers(start: Floats, end: Floats) -> tuple[Numbers, Floats]:
    """Rows of segments and shares at which a coordinate passes a whole number."""
    low = np.floor(np.minimum(start, end)).astype(np.int64) + 1
    count = np.maximum(np.ceil(np.maximum(start, end)).astype(np.int64) - low, 0)
    row, number = _each(count)
    return row, (low[row] + number - start[row]) / (end - start)[row]


def _each(count: Numbers) -> tuple[Numbers, Numbers]:
    """Each row as often as it counts, with a running number."""
    row = np.repeat(np.arange(len(count)), count)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)


def _upright(cells: Shapes, bounds: Floats) -> bool:
    kinds = shapely.get_type_id(cells) == shapely.GeometryType.POLYGON
    if not kinds.all() or (shapely.get_num_coordinates(cells) != 5).any():
        return False
    corner = shapely.get_coordinates(cells).reshape(-1, 5, 2)
    on_x = (corner[:, :, 0] == bounds[:, None, 0]) | (corner[:, :, 0] == bounds[:, None, 2])
    on_y = (corner[:, :, 1] == bounds[:, None, 1]) | (corner[:, :, 1] == bounds[:, None, 3])
    sides = (np.diff(corner, axis=1) == 0).sum(axis=2) == 1
    return bool((on_x & on_y).all() and sides.all())


def _six_corners(cells: Shapes) -> npt.NDArray[np.float64] | None:
    """Corners of hexagons, each beginning at its easternmost, anticlockwise."""
    kinds = shapely.get_type_id(cells) == shapely.GeometryType.POLYGON
    if not len(cells) or not kinds.all() or (shapely.get_num_coordinates(cells) != 7).any():
        return None
    rings = shapely.get_coordinates(shapely.orient_polygons(cells)).reshape(-1, 7, 2)[:, :6]
    middle = rings.mean(axis=1, keepdims=True)
    turned = (rings - middle) @ np.array([1.0, 1e-3])
    start = turned.argmax(axis=1)
    place = (start[:, None] + np.arange(6)) % 6
    return np.asarray(rings[np.arange(len(rings))[:, None], place])
