"""In which cell a place lies, and where a segment passes from one cell into another."""

from typing import Protocol

from gridmap.patrol.intervals import Floats
from gridmap.patrol.lattices import (
    Cuts,
    Flags,
    Numbers,
    Shapes,
    hexagons_of,
    rectangles_of,
)
from gridmap.patrol.rasters import raster_of


class Lookup(Protocol):
    """What rectangles, hexagons and polygons of any form can be asked alike."""

    def locate(self, x_m: Floats, y_m: Floats) -> Numbers:
        """Cell of each point, -1 outside; on a shared border the first of the cells."""

    @property
    def convex(self) -> Flags:
        """Which cells a straight line with both ends inside never leaves; last, the outside."""

    def stays(self, ends: Floats) -> Flags:
        """Segments (x0, y0, x1, y1) with both ends in one cell that surely do not leave it."""

    def cut(self, ends: Floats, home: Numbers) -> Cuts:
        """Stretches of segments that begin at home in one cell each, exactly at the borders."""


def lookup_of(cells: Shapes, points: int = 1_000_000) -> Lookup:
    """Quickest exact way to look up a grid.

    Parameters
    ----------
    cells : ndarray of Polygon
        The cells.
    points : int
        How many places will be looked up, about.

    Returns
    -------
    Lookup
        Upright rectangles and hexagons of one honeycomb go by arithmetic, all else by a raster
        with geometry where a border runs. Answers are the same.

    Examples
    --------
    >>> import numpy as np
    >>> from gridmap.samples import toy_district
    >>> cells = toy_district()["cells"].geometry.to_numpy()
    >>> type(lookup_of(cells)).__name__
    'Rectangles'
    """
    return rectangles_of(cells) or hexagons_of(cells) or raster_of(cells, points)
