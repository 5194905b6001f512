"""Any polygon grid as a raster of cell numbers, with geometry only where a border runs."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy import ndimage

from gridmap.patrol.intervals import Floats
from gridmap.patrol.lattices import (
    Cuts,
    Flags,
    Numbers,
    Shapes,
    cells_by_geometry,
    join_equal,
    stretches,
)
from gridmap.patrol.order import sweeps_for

BORDER = -2
"""Pixel that a border crosses or touches: only geometry knows the cell."""
PIXELS_A_SIDE = 40
"""Pixels along the side of a cell of middling size."""
PIXELS = (1 << 14, 1 << 23)
"""Fewest and most pixels of a raster."""
_NEAR = 1e-6
_ON_EDGE = 1e-9
_CONVEX_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Raster:
    """Raster of cell numbers over polygons of any form.

    Attributes
    ----------
    corner : tuple of float
        Lower left corner [m].
    pixel_m : float
        Side of a pixel [m].
    numbers : ndarray of int32, shape (columns, rows)
        Cell of each pixel, -1 outside the grid, -2 where a border runs; the rim is outside.
    borders : ndarray of int32, shape (columns + 1, rows + 1)
        How many border pixels lie before a column and a row.
    convex : ndarray of bool
        Which cells are convex; the last place is the outside, which is not.
    edges : ndarray, shape (n, 4)
        Every side of a cell once: x0, y0, x1, y1 [m].
    cells, sides : STRtree
        The cells and the edges.
    """

    corner: tuple[float, float]
    pixel_m: float
    numbers: npt.NDArray[np.int32]
    borders: npt.NDArray[np.int32]
    convex: Flags
    edges: Floats
    cells: shapely.STRtree
    sides: shapely.STRtree

    def locate(self, x_m: Floats, y_m: Floats) -> Numbers:
        """Cell of each point; on a shared border the first of the cells."""
        found = self.numbers[self._pixel(x_m, y_m)].astype(np.int64)
        unsure = np.flatnonzero(found == BORDER)
        if len(unsure):
            found[unsure] = cells_by_geometry(x_m[unsure], y_m[unsure], self.cells)
        return found

    def stays(self, ends: Floats) -> Flags:
        """Segments that surely stay in one cell, or outside, as no border is near.

        Notes
        -----
        No border pixel in the box around the segment: four looks into the table of sums.
        """
        sweeps = sweeps_for(ends.shape[1])
        if sweeps is not None:
            return np.asarray(sweeps.none_between(ends, self.borders, self.corner, self.pixel_m))
        i0, j0 = self._pixel(*ends[:2])
        i1, j1 = self._pixel(*ends[2:])
        left, right = np.minimum(i0, i1), np.maximum(i0, i1) + 1
        down, up = np.minimum(j0, j1), np.maximum(j0, j1) + 1
        table = self.borders
        count = table[right, up] - table[left, up] - table[right, down] + table[left, down]
        return np.asarray(count == 0)

    def cut(self, ends: Floats, home: Numbers) -> Cuts:
        """Cut segments where they meet a side of a cell; those that meet none stay at home."""
        lines = shapely.linestrings(np.stack([ends[:2].T, ends[2:].T], axis=1))
        line, side = self.sides.query(lines)
        row, share = _meetings(ends, self.edges.T, line, side)
        mine, low, high, middle = stretches(ends, row, share)
        meets = np.zeros(ends.shape[1], dtype=bool)
        meets[row] = True
        cell, asked = home[mine], np.flatnonzero(meets[mine])
        cell[asked] = self.locate(*middle[:, asked])
        return join_equal(Cuts(mine, low, high, cell))

    def _pixel(self, x_m: Floats, y_m: Floats) -> tuple[Numbers, Numbers]:
        """Column and row; everything beyond the raster lies on its rim."""
        columns, rows = self.numbers.shape
        i = np.floor((x_m - self.corner[0]) / self.pixel_m)
        j = np.floor((y_m - self.corner[1]) / self.pixel_m)
        column = np.clip(i, 0, columns - 1).astype(np.int64)
        return column, np.clip(j, 0, rows - 1).astype(np.int64)


def raster_of(cells: Shapes, points: int = 1_000_000) -> Raster:
    """Raster of a grid of any polygons.

    Parameters
    ----------
    cells : ndarray of Polygon or MultiPolygon
        The cells, convex or not, with gaps and overlaps or without.
    points : int
        How many places will be looked up, about: few are not worth a fine raster.

    Notes
    -----
    Every pixel that a side of a cell touches is marked; what is left falls apart into connected
    pieces, each wholly in one cell or outside, so one look by geometry decides a whole piece.

    Examples
    --------
    >>> disc = raster_of(np.array([shapely.Point(0, 0).buffer(50)]))
    >>> disc.locate(np.array([0.0, 49.9, 60.0]), np.zeros(3)).tolist()
    [0, 0, -1]
    """
    edges = _sides(cells)
    x0, y0, x1, y1 = shapely.total_bounds(cells) if len(edges) else (0.0, 0.0, 1.0, 1.0)
    area = np.median(shapely.area(cells)) if len(cells) else 1.0
    least, most = PIXELS
    most = int(np.clip(8 * points, least, most))
    pixel = max(float(np.sqrt(area)) / PIXELS_A_SIDE, float(np.sqrt((x1 - x0) * (y1 - y0) / most)))
    # A pixel of rim all around, and lines that fall on no round coordinate.
    corner = (x0 - 1.37 * pixel, y0 - 1.61 * pixel)
    shape = (int((x1 - corner[0]) / pixel) + 3, int((y1 - corner[1]) / pixel) + 3)
    tree = shapely.STRtree(cells)
    marked = _marked(edges, corner, pixel, shape)
    borders = np.zeros((shape[0] + 1, shape[1] + 1), dtype=np.int32)
    borders[1:, 1:] = marked.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
    return Raster(
        corner=corner,
        pixel_m=pixel,
        numbers=_filled(marked, corner, pixel, tree),
        borders=borders,
        convex=np.r_[_is_convex(cells), False],
        edges=edges,
        cells=tree,
        sides=shapely.STRtree(np.asarray(shapely.linestrings(edges.reshape(-1, 2, 2)))),
    )


def _sides(cells: Shapes) -> Floats:
    """Sides of all cells, each once whatever its direction."""
    rings, _ = shapely.get_rings(shapely.get_parts(cells), return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    joined = np.hstack([corners[:-1], corners[1:]])[ring[1:] == ring[:-1]]
    turned = (joined[:, 0] > joined[:, 2]) | (
        (joined[:, 0] == joined[:, 2]) & (joined[:, 1] > joined[:, 3])
    )
    joined[turned] = joined[turned][:, [2, 3, 0, 1]]
    order = np.lexsort(joined.T)
    ordered = joined[order]
    fresh = np.r_[True, (ordered[1:] != ordered[:-1]).any(axis=1)] if len(ordered) else order > 0
    return np.asarray(ordered[fresh])


def _marked(
    edges: Floats, corner: tuple[float, float], pixel: float, shape: tuple[int, int]
) -> npt.NDArray[np.bool_]:
    """Pixels that a side touches, those only just not touched included."""
    ends = (edges - np.array([*corner, *corner])).T / pixel
    found = [_lines_passed(ends[n], ends[n + 2]) for n in (0, 1)]
    row, share = (np.concatenate(part) for part in zip(*found, strict=True))
    mine, low, high, middle = stretches(ends, row, share)
    x0, y0, x1, y1 = ends[:, np.r_[mine, mine]]
    place = np.r_[low, high]
    passed = np.stack([x0 + place * (x1 - x0), y0 + place * (y1 - y0)])
    marked = np.zeros(shape, dtype=bool)
    spots = np.hstack([middle, passed])
    for dx in (-_NEAR, _NEAR):
        for dy in (-_NEAR, _NEAR):
            marked[
                np.floor(spots[0] + dx).astype(np.int64), np.floor(spots[1] + dy).astype(np.int64)
            ] = True
    return marked


def _lines_passed(start: Floats, end: Floats) -> tuple[Numbers, Floats]:
    """Rows and shares at which a coordinate passes a whole number."""
    low = np.ceil(np.minimum(start, end)).astype(np.int64)
    count = np.maximum(np.floor(np.maximum(start, end)).astype(np.int64) - low + 1, 0)
    count[start == end] = 0
    row = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    return row, (low[row] + number - start[row]) / (end - start)[row]


def _filled(
    marked: npt.NDArray[np.bool_],
    corner: tuple[float, float],
    pixel: float,
    tree: shapely.STRtree,
) -> npt.NDArray[np.int32]:
    """Cell number of each pixel: one question for each connected piece without a border."""
    pieces, count = ndimage.label(~marked)
    flat = pieces.ravel()
    spot = np.zeros(count + 1, dtype=np.int64)
    spot[flat] = np.arange(len(flat))
    i, j = np.divmod(spot[1:], marked.shape[1])
    inside = cells_by_geometry(corner[0] + (i + 0.5) * pixel, corner[1] + (j + 0.5) * pixel, tree)
    return np.asarray(np.r_[BORDER, inside].astype(np.int32)[pieces])


def _meetings(ends: Floats, edges: Floats, line: Numbers, side: Numbers) -> tuple[Numbers, Floats]:
    """Rows of segments and shares at which they meet sides.

    Notes
    -----
    With d the segment, e the side and w from the segment's start to the side's: share w×e ÷ d×e
    where w×d ÷ d×e lies in [0, 1]. A side along the segment counts with both its ends. One meeting
    too many does no harm, as the middles of the stretches decide.
    """
    x0, y0, x1, y1 = ends[:, line]
    a0, b0, a1, b1 = edges[:, side]
    dx, dy, ex, ey, wx, wy = x1 - x0, y1 - y0, a1 - a0, b1 - b0, a0 - x0, b0 - y0
    size = np.hypot(dx, dy) * np.hypot(ex, ey)
    turn = dx * ey - dy * ex
    aslant = np.abs(turn) > _ON_EDGE * size
    with np.errstate(divide="ignore", invalid="ignore"):
        share, place = (wx * ey - wy * ex) / turn, (wx * dy - wy * dx) / turn
    slack, tip = _ON_EDGE + _NEAR / np.hypot(ex, ey), _ON_EDGE + _NEAR / np.hypot(dx, dy)
    met = aslant & (place >= -slack) & (place <= 1 + slack) & (share >= -tip) & (share <= 1 + tip)
    length2 = dx**2 + dy**2
    ends_at = [(wx * dx + wy * dy) / length2, ((wx + ex) * dx + (wy + ey) * dy) / length2]
    level = ~aslant
    row = np.r_[line[met], line[level], line[level]]
    return row, np.r_[share[met], ends_at[0][level], ends_at[1][level]]


def _is_convex(cells: Shapes) -> Flags:
    hull = shapely.area(shapely.convex_hull(cells))
    return np.asarray(hull - shapely.area(cells) <= _CONVEX_TOLERANCE * hull)
