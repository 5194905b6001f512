"""What of the public space is seen: per cell and level, seen twice, and not at all."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.cameras.public import Shapes, parts_in_cells, union_by_cell
from gridmap.units import BLIND_SPOT_MIN_M2, BLIND_SPOT_MIN_WIDTH_M

_ARC_SEGMENTS = 2


class Seen(NamedTuple):
    """Public space seen in each cell.

    Attributes
    ----------
    any_view : ndarray of Geometry, shape (n,)
        Seen by any camera, at its lowest level.
    level_m2 : DataFrame
        Area seen [m²], cells × levels.
    any_m2, twice_m2 : ndarray, shape (n,)
        Area seen by one camera or more, by two or more [m²].
    """

    any_view: Shapes
    level_m2: pd.DataFrame
    any_m2: npt.NDArray[np.float64]
    twice_m2: npt.NDArray[np.float64]


def measure_seen(views: pd.DataFrame, levels: list[str], public: Shapes) -> Seen:
    """Area of public space seen in each cell.

    Parameters
    ----------
    views : DataFrame
        camera_id, level, geometry of counted cameras.
    levels : list of str
        Levels to measure.
    public : ndarray of Geometry
        Public space per cell.

    Returns
    -------
    Seen

    Notes
    -----
    Per cell area(P ∩ U_L) with U_L the union of views at the level; depth 2 is the union of the
    pairwise overlaps of the cameras' widest views (MEASURES.md 5).

    Examples
    --------
    >>> views = pd.DataFrame({"camera_id": ["a", "b"], "level": ["range"] * 2})
    >>> views["geometry"] = [shapely.box(0, 0, 6, 10), shapely.box(4, 0, 9, 10)]
    >>> seen = measure_seen(views, ["range"], np.array([shapely.box(0, 0, 10, 10)]))
    >>> float(seen.any_m2[0]), float(seen.twice_m2[0])
    (90.0, 20.0)
    """
    areas = {}
    parts: dict[str, pd.DataFrame] = {}
    for level in levels:
        at_level = views[views["level"] == level]
        parts[level] = parts_in_cells(np.asarray(at_level["geometry"], dtype=object), public)
        areas[level] = shapely.area(union_by_cell(parts[level], len(public)))
    # A camera's widest view is its first level, since the levels come farthest first.
    widest = views[views["level"].isin(levels)].drop_duplicates("camera_id")
    everywhere = parts_in_cells(np.asarray(widest["geometry"], dtype=object), public)
    any_view = union_by_cell(everywhere, len(public))
    twice = union_by_cell(_overlaps(everywhere), len(public))
    return Seen(any_view, pd.DataFrame(areas), shapely.area(any_view), shapely.area(twice))


def blind_spots(public: Shapes, seen: Shapes) -> pd.DataFrame:
    """Public ground that no camera sees, in pieces of at least 4 m² and 1 m width.

    Parameters
    ----------
    public, seen : ndarray of Geometry, shape (n,)
        Public space and what is seen of it, per cell.

    Returns
    -------
    DataFrame
        cell (number), area_m2, rank (1 is the largest), geometry.

    Notes
    -----
    Width by opening: what a disc of 1 m diameter can reach without leaving the unseen ground
    (MEASURES.md 5).

    Examples
    --------
    >>> ground = np.array([shapely.box(0, 0, 30, 10)])
    >>> spots = blind_spots(ground, np.array([shapely.box(0, 0, 20, 9.5)]))
    >>> spots.cell.tolist(), spots.area_m2.round().tolist()
    ([0], [100.0])
    """
    radius = BLIND_SPOT_MIN_WIDTH_M / 2
    unseen = shapely.difference(public, seen)
    core = shapely.buffer(unseen, -radius, quad_segs=_ARC_SEGMENTS)
    opened = shapely.intersection(shapely.buffer(core, radius, quad_segs=_ARC_SEGMENTS), unseen)
    parts, cell = shapely.get_parts(opened, return_index=True)
    area = shapely.area(parts)
    large = area >= BLIND_SPOT_MIN_M2
    spots = pd.DataFrame({"cell": cell[large], "area_m2": area[large], "geometry": parts[large]})
    spots = spots.sort_values(["area_m2", "cell"], ascending=[False, True], ignore_index=True)
    spots.insert(2, "rank", np.arange(1.0, len(spots) + 1))
    return spots


def _overlaps(parts: pd.DataFrame) -> pd.DataFrame:
    shapes = np.asarray(parts["part"], dtype=object)
    cell = parts["cell"].to_numpy()
    if not len(shapes):
        return parts
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = (one < other) & (cell[one] == cell[other])
    one, other = one[pairs], other[pairs]
    both = shapely.intersection(shapes[one], shapes[other])
    return pd.DataFrame({"cell": cell[one], "part": both})
