"""What of the public space is seen: per cell and level, seen twice, and not at all."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.cameras.depth import Depth, arrange
from gridmap.cameras.public import Shapes
from gridmap.units import BLIND_SPOT_MIN_M2, BLIND_SPOT_MIN_WIDTH_M

Floats = npt.NDArray[np.float64]
_ARC_SEGMENTS = 2


class Seen(NamedTuple):
    """Public space seen in each cell.

    Attributes
    ----------
    any_view : ndarray of Geometry, shape (n,)
        Seen by any camera, at its lowest level.
    level_m2, street_m : DataFrame
        Area seen [m²] and length of streets seen [m], cells × levels.
    any_m2, twice_m2, any_street_m : ndarray, shape (n,)
        Area seen by one camera or more, by two or more [m²]; length of streets seen by any [m].
    depth : Depth
        Pieces of all ground by the cameras that see them at their lowest level.
    """

    any_view: Shapes
    level_m2: pd.DataFrame
    street_m: pd.DataFrame
    any_m2: Floats
    twice_m2: Floats
    any_street_m: Floats
    depth: Depth


def measure_seen(
    views: pd.DataFrame, levels: list[str], public: Shapes, streets: Shapes | None = None
) -> Seen:
    """Area of public space and length of streets seen in each cell.

    Parameters
    ----------
    views : DataFrame
        camera_id, level, geometry of counted cameras.
    levels : list of str
        Levels to measure.
    public : ndarray of Geometry
        Public space per cell.
    streets : ndarray of Geometry, optional
        Streets per cell; default none.

    Returns
    -------
    Seen

    Notes
    -----
    Per cell area(P ∩ U_L) with U_L the union of views at the level, and likewise the length of
    streets; depth is that of the cameras' widest views (MEASURES.md 5).

    Examples
    --------
    >>> views = pd.DataFrame({"camera_id": ["a", "b"], "level": ["range"] * 2})
    >>> views["geometry"] = [shapely.box(0, 0, 6, 10), shapely.box(4, 0, 9, 10)]
    >>> seen = measure_seen(views, ["range"], np.array([shapely.box(0, 0, 10, 10)]))
    >>> float(seen.any_m2[0]), float(seen.twice_m2[0])
    (90.0, 20.0)
    """
    lines = np.full(len(public), shapely.LineString(), dtype=object) if streets is None else streets
    unions = {
        level: union_over_cells(_shapes(views[views["level"] == level]), public) for level in levels
    }
    # A camera's widest view is its first level, since the levels come farthest first.
    widest = views[views["level"].isin(levels)].drop_duplicates("camera_id")
    used = widest["level"].unique()
    sole = used[0] if len(used) == 1 else None
    whole = union_over_cells(_shapes(widest), public) if sole is None else unions[sole]
    any_view = shapely.intersection(public, whole)
    depth = arrange(_shapes(widest))
    twice = union_over_cells(depth.face[depth.times >= 2], public, tiled=True)
    seen_m2 = {
        level: shapely.area(any_view if level == sole else shapely.intersection(public, union))
        for level, union in unions.items()
    }
    street_m = {
        level: shapely.length(shapely.intersection(lines, union)) for level, union in unions.items()
    }
    return Seen(
        any_view,
        pd.DataFrame(seen_m2),
        pd.DataFrame(street_m),
        shapely.area(any_view),
        shapely.area(shapely.intersection(public, twice)),
        shapely.length(shapely.intersection(lines, whole)),
        depth,
    )


def union_over_cells(shapes: Shapes, public: Shapes, *, tiled: bool = False) -> Shapes:
    """Union of the shapes that touch each cell's public space, not cut at the cell.

    Parameters
    ----------
    shapes : ndarray of Polygon
        Views, or pieces of ground.
    public : ndarray of Geometry
        Public space of each cell.
    tiled : bool
        Whether the shapes are pieces that do not overlap and share corners exactly.

    Examples
    --------
    >>> views = np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)])
    >>> union = union_over_cells(views, np.array([shapely.box(0, 0, 1, 1)]))
    >>> shapely.area(union).tolist()
    [3.0]
    """
    united = np.full(len(public), shapely.Polygon(), dtype=object)
    if not len(shapes):
        return united
    cell, row = shapely.STRtree(shapes).query(public, predicate="intersects")
    merge = shapely.coverage_union_all if tiled else shapely.disjoint_subset_union_all
    order = np.lexsort((row, cell))
    for part in np.split(order, np.flatnonzero(np.diff(cell[order])) + 1):
        if len(part):
            united[cell[part[0]]] = merge(shapes[row[part]])
    return united


def blind_spots(
    public: Shapes,
    seen: Shapes,
    weight: Floats | float = 1.0,
    weigh: Callable[[Shapes], Floats] | None = None,
) -> pd.DataFrame:
    """Public ground that no camera sees, in pieces of at least 4 m² and 1 m width.

    Parameters
    ----------
    public, seen : ndarray of Geometry, shape (n,)
        Public space and what is seen of it, per cell.
    weight : float or ndarray, shape (n,)
        What a square metre of each cell weighs: incidents, gaps of patrol.
    weigh : function, optional
        Weight of pieces of ground by their class of place, times that of the cell; default 1.

    Returns
    -------
    DataFrame
        cell (number), area_m2, weight, rank (1 has the most area × weight), geometry.

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
    unseen = _without(public, seen)
    core = shapely.buffer(unseen, -radius, quad_segs=_ARC_SEGMENTS)
    opened = shapely.intersection(shapely.buffer(core, radius, quad_segs=_ARC_SEGMENTS), unseen)
    parts, cell = shapely.get_parts(opened, return_index=True)
    area = shapely.area(parts)
    large = area >= BLIND_SPOT_MIN_M2
    heavy = np.broadcast_to(np.asarray(weight, dtype=np.float64), len(public))[cell[large]]
    heavy = heavy if weigh is None else heavy * weigh(parts[large])
    spots = pd.DataFrame({"cell": cell[large], "area_m2": area[large], "weight": heavy})
    spots["geometry"] = parts[large]
    order = np.lexsort((spots["cell"], -spots["area_m2"] * spots["weight"]))
    spots = spots.iloc[order].reset_index(drop=True)
    spots.insert(2, "rank", np.arange(1.0, len(spots) + 1))
    return spots


def street_shares(pieces: pd.DataFrame, views: pd.DataFrame, levels: list[str]) -> pd.DataFrame:
    """Length of every street that is seen, at each level.

    Parameters
    ----------
    pieces : DataFrame
        Pieces of open streets: name, highway, part (geometry).
    views : DataFrame
        camera_id, level, geometry of counted cameras.
    levels : list of str
        Levels to measure.

    Returns
    -------
    DataFrame
        name, highway, level, street_m, seen_m, seen_share. Streets of one name are one; those
        without a name are one for each kind of street.

    Examples
    --------
    >>> way = pd.DataFrame({"name": ["Long Street"], "highway": ["residential"],
    ...     "part": [shapely.LineString([(0, 0), (40, 0)])]})
    >>> view = pd.DataFrame({"camera_id": ["a"], "level": ["range"],
    ...     "geometry": [shapely.box(-5, -5, 10, 5)]})
    >>> street_shares(way, view, ["range"])[["name", "seen_m", "seen_share"]].values.tolist()
    [['Long Street', 10.0, 0.25]]
    """
    lines = np.asarray(pieces["part"], dtype=object)
    named = pieces["name"].notna()
    keys = {"name": pieces["name"], "highway": pieces["highway"].mask(named)}
    tables = []
    for level in levels:
        union = union_over_cells(_shapes(views[views["level"] == level]), lines)
        told = pd.DataFrame(keys | {"level": level, "street_m": shapely.length(lines)})
        told["seen_m"] = shapely.length(shapely.intersection(lines, union))
        by = told.groupby(["name", "highway", "level"], dropna=False, as_index=False)
        tables.append(by.sum())
    table = pd.concat(tables, ignore_index=True)
    share = table["seen_m"] / table["street_m"]
    return table.assign(seen_share=share.where(table["street_m"] > 0))


def _without(public: Shapes, seen: Shapes) -> Shapes:
    """Public space without what is seen; nothing is cut where nothing is seen."""
    unseen = public.copy()
    some = np.flatnonzero(~shapely.is_empty(seen))
    unseen[some] = shapely.difference(public[some], seen[some])
    return unseen


def _shapes(views: pd.DataFrame) -> Shapes:
    return np.asarray(views["geometry"], dtype=object)
