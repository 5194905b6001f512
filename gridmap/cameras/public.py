"""Public space: the ground that camera coverage is measured on, cell by cell."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

Shapes = npt.NDArray[np.object_]

STREET_WIDTHS_M: Mapping[str, float] = MappingProxyType(
    {
        "motorway": 20.0,
        "trunk": 18.0,
        "primary": 16.0,
        "secondary": 14.0,
        "tertiary": 12.0,
        "unclassified": 9.0,
        "residential": 9.0,
        "pedestrian": 8.0,
        "living_street": 7.0,
        "road": 7.0,
        "service": 4.0,
        "busway": 4.0,
        "footway": 3.0,
        "cycleway": 3.0,
        "track": 3.0,
        "bridleway": 2.0,
        "path": 2.0,
        "steps": 2.0,
        "trail": 2.0,
    }
)
"""Width of a street between its façades or edges [m] by kind; planning values of this project.

Ramps (``…_link``) are half as wide as their road. Kinds not named here (corridor, construction,
proposed, raceway, …) are no public ground.
"""
PUBLIC_KINDS = frozenset({"square", "park", "parking", "pedestrian"})
"""Kinds of ground that are public."""
PRIVATE_KINDS = frozenset({"private", "military", "construction"})
"""Kinds of ground that are not public even where a street runs across."""
_CLOSED = frozenset({"private", "no"})
_ARC_SEGMENTS = 4


def public_ground(cells: Shapes, roads: Any, landuse: Any, buildings: Shapes) -> Shapes:
    """Public space of each cell.

    Parameters
    ----------
    cells : ndarray of Polygon
        The cells.
    roads, landuse : GeoDataFrame
        Layers in the CRS of the cells. Where the columns exist, ``tunnel``, a negative ``layer``
        and ``access`` private or no leave a row out.
    buildings : ndarray of Polygon
        Footprints.

    Returns
    -------
    ndarray of Geometry, shape (n,)
        One geometry per cell, empty where the cell has none.

    Notes
    -----
    P = streets (centre lines widened by kind, tunnels left out) ∪ squares ∪ parks ∪ public
    parking ∪ pedestrian areas − buildings − private ground, cut at the cell's border
    (MEASURES.md 5).

    Examples
    --------
    Two streets of 200 m × 9 m cross in each cell: 2 × 200 × 9 − 9² = 3,519 m². A square adds
    40² − (2 × 40 × 9 − 9²) = 961 m² in the north-west, a park 60² m² in the south-east.

    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> ground = public_ground(
    ...     toy["cells"].geometry.to_numpy(), toy["roads"], toy["landuse"],
    ...     toy["buildings"].geometry.to_numpy())
    >>> shapely.area(ground).round(3).tolist()
    [4480.0, 3519.0, 3519.0, 7119.0]
    """
    pieces = np.r_[_street_ground(roads), _ground_of(landuse, PUBLIC_KINDS)]
    private = np.asarray(landuse.geometry[_of_kind(landuse, PRIVATE_KINDS)], dtype=object)
    ground = _union_in_cells(pieces, cells)
    return shapely.difference(ground, _union_in_cells(np.r_[buildings, private], cells))


def parts_in_cells(
    shapes: Shapes, cells: Shapes, size: Callable[[Shapes], Any] = shapely.area
) -> pd.DataFrame:
    """Parts of shapes inside cells.

    Parameters
    ----------
    shapes, cells : ndarray of Polygon
        Shapes to cut, and what to cut them by.
    size : function
        What a part must have: an area, or, of lines, a length.

    Returns
    -------
    DataFrame
        row (of shapes), cell, part (geometry); only parts with a size.

    Examples
    --------
    >>> wide = np.array([shapely.box(0, 0, 2, 1)])
    >>> halves = parts_in_cells(wide, np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 9, 9)]))
    >>> shapely.area(halves.part).tolist()
    [1.0, 1.0]
    """
    row, cell = shapely.STRtree(cells).query(shapes, predicate="intersects")
    part = shapely.intersection(shapes[row], cells[cell])
    real = size(part) > 0
    return pd.DataFrame({"row": row[real], "cell": cell[real], "part": part[real]})


def union_by_cell(parts: pd.DataFrame, count: int) -> Shapes:
    """Union of the parts of each cell; an empty polygon where there are none.

    Examples
    --------
    >>> one = pd.DataFrame({"cell": [1], "part": [shapely.box(0, 0, 1, 1)]})
    >>> shapely.area(union_by_cell(one, 2)).tolist()
    [0.0, 1.0]
    """
    united = np.full(count, shapely.Polygon(), dtype=object)
    ordered = parts.sort_values("cell", kind="stable")
    shapes = np.asarray(ordered["part"], dtype=object)
    numbers, first = np.unique(ordered["cell"].to_numpy(dtype=np.int64), return_index=True)
    for number, start, end in zip(numbers, first, np.r_[first[1:], len(shapes)], strict=False):
        united[number] = shapely.union_all(shapes[start:end])
    return united


def open_streets(roads: Any) -> Shapes:
    """Centre lines of the streets that are public ground.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> shapely.length(open_streets(toy_district()["roads"])).tolist()
    [400.0, 400.0, 400.0, 400.0]
    """
    return np.asarray(roads.geometry, dtype=object)[is_open(roads)]


def is_open(roads: Any) -> npt.NDArray[np.bool_]:
    """Whether streets are public ground.

    Examples
    --------
    >>> is_open(pd.DataFrame({"highway": ["residential", "corridor"]})).tolist()
    [True, False]
    """
    return _open_widths(roads) > 0


def _street_ground(roads: Any) -> Shapes:
    width = _open_widths(roads)
    lines = np.asarray(roads.geometry, dtype=object)[width > 0]
    return shapely.buffer(lines, width[width > 0] / 2, quad_segs=_ARC_SEGMENTS)


def _open_widths(roads: Any) -> npt.NDArray[np.float64]:
    """Width of each street [m], 0 where it is no public ground."""
    kind = roads["highway"].astype("str")
    link = kind.str.endswith("_link")
    named = kind.str.removesuffix("_link").map(STREET_WIDTHS_M).astype("float64")
    width = named * np.where(link, 0.5, 1.0)
    kept = width.notna() & _open(roads) & ~_underground(roads)
    return width.where(kept, 0.0).to_numpy()


def _ground_of(landuse: Any, kinds: frozenset[str]) -> Shapes:
    kept = _of_kind(landuse, kinds) & _open(landuse)
    return np.asarray(landuse.geometry[kept], dtype=object)


def _of_kind(landuse: Any, kinds: frozenset[str]) -> pd.Series:
    return landuse["kind"].isin(kinds)


def _open(frame: Any) -> pd.Series:
    return ~_told(frame, "access").isin(_CLOSED)


def _underground(roads: Any) -> pd.Series:
    tunnel = ~_told(roads, "tunnel").isin(["", "no", "false", "0", "nan", "None"])
    return tunnel | (pd.to_numeric(_told(roads, "layer"), errors="coerce") < 0)


def _told(frame: Any, column: str) -> pd.Series:
    if column not in frame:
        return pd.Series("", index=frame.index, dtype="str")
    return frame[column].astype("str").fillna("").str.lower()


def _union_in_cells(shapes: Shapes, cells: Shapes) -> Shapes:
    return union_by_cell(parts_in_cells(shapes, cells), len(cells))
