"""Depth: how many cameras see the same ground, and what each of them sees alone."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.errors import InputError

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]
GRID_M = 1e-3
"""Where boundaries do not close when cut at each other exactly, they are cut on this grid [m]."""
AREA_TOLERANCE = 1e-6
"""Share by which Σ k · A_k may differ from the sum of all areas."""


class Depth(NamedTuple):
    """Ground in pieces that the same cameras see.

    Attributes
    ----------
    face : ndarray of Polygon, shape (n,)
        Pieces; they do not overlap.
    times : ndarray of int, shape (n,)
        How many views see each; 0 inside a ring of views.
    sole : ndarray of int, shape (n,)
        The view that sees it, where there is only one, else -1.
    area_m2 : ndarray, shape (n,)
        Area of each [m²].
    """

    face: Shapes
    times: npt.NDArray[np.int64]
    sole: npt.NDArray[np.int64]
    area_m2: Floats


def arrange(views: Shapes) -> Depth:
    """Cut views at each other's boundaries, and count how many lie over each piece.

    Parameters
    ----------
    views : ndarray of Polygon
        One view of each camera.

    Returns
    -------
    Depth

    Raises
    ------
    InputError
        If the areas do not add up; the views are not valid polygons then.

    Notes
    -----
    All boundaries are cut at each other, pieces are the rings between them, and a point in each
    is asked for its views. Checked each time: Σ k · A_k = Σ area (MEASURES.md 5). Where exact
    cutting leaves a ring open, it is done again on a grid of a millimetre.

    Examples
    --------
    >>> two = np.array([shapely.box(0, 0, 6, 10), shapely.box(4, 0, 9, 10)])
    >>> depth = arrange(two)
    >>> sorted(zip(depth.times.tolist(), depth.area_m2.tolist()))
    [(1, 30.0), (1, 40.0), (2, 20.0)]
    """
    drawn = np.flatnonzero(~shapely.is_empty(views))
    total = float(shapely.area(views).sum())
    for grid in (None, GRID_M):
        depth = _cut(views, drawn, grid)
        off = abs(float((depth.times * depth.area_m2).sum()) - total)
        if off <= AREA_TOLERANCE * max(total, 1.0):
            return depth
    raise InputError(
        f"Expected the pieces of {len(views)} views to add up to {total:.3f} m²; found them "
        f"{off:.3f} m² off. A view is no valid polygon: draw the views again with make_valid."
    )


def depth_areas(depth: Depth) -> pd.DataFrame:
    """Area seen by exactly k cameras.

    Returns
    -------
    DataFrame
        depth (k), area_m2.

    Examples
    --------
    >>> views = np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)])
    >>> depth_areas(arrange(views)).values.tolist()
    [[1.0, 2.0], [2.0, 1.0]]
    """
    area = np.bincount(depth.times, weights=depth.area_m2)
    levels = np.flatnonzero(area > 0)
    levels = levels[levels > 0]
    return pd.DataFrame({"depth": levels, "area_m2": area[levels]})


def redundancy(depth: Depth) -> float | None:
    """Sum of areas ÷ area of the union; 1 where no ground is seen twice, None where none is seen.

    Examples
    --------
    >>> redundancy(arrange(np.array([shapely.box(0, 0, 2, 1)] * 2)))
    2.0
    """
    union = float(depth.area_m2[depth.times > 0].sum())
    return float((depth.times * depth.area_m2).sum()) / union if union > 0 else None


def waste_share(depth: Depth, area_m2: Floats) -> Floats:
    """Share of each view that other cameras see as well.

    Parameters
    ----------
    depth : Depth
        From :func:`arrange`.
    area_m2 : ndarray, shape (n,)
        Area of the views, in their order [m²].

    Notes
    -----
    1 − marginal ÷ own area, where marginal is what no other camera sees (MEASURES.md 5). Empty
    where a camera sees nothing.

    Examples
    --------
    >>> views = np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 2, 1)])
    >>> waste_share(arrange(views), shapely.area(views)).tolist()
    [0.5, 1.0]
    """
    alone = depth.sole >= 0
    marginal = np.bincount(depth.sole[alone], weights=depth.area_m2[alone], minlength=len(area_m2))
    share = np.divide(marginal, area_m2, out=np.full(len(area_m2), np.nan), where=area_m2 > 0)
    return np.clip(1.0 - share, 0.0, 1.0)


def _cut(views: Shapes, drawn: npt.NDArray[np.int64], grid: float | None) -> Depth:
    lines = shapely.union_all(shapely.boundary(views[drawn]), grid_size=grid)
    face = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    inside = shapely.STRtree(shapely.point_on_surface(face))
    view, piece = inside.query(views[drawn], predicate="contains")
    count = np.bincount(piece, minlength=len(face))
    sole = np.full(len(face), -1)
    sole[piece] = drawn[view]
    sole[count != 1] = -1
    return Depth(np.asarray(face, dtype=object), count, sole, shapely.area(face))
