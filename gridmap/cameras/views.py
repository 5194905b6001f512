"""View polygons: what cameras see between the walls, by an exact sweep over bearings."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.cameras.bearings import HEAP_FROM
from gridmap.cameras.walls import Walls, local_edges
from gridmap.compiled import loops

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
FULL = 2 * np.pi
CHORD_DEG = 1.0
"""Arcs are drawn as chords of this angle [°]."""
AT_ONCE = 1_000
"""Cameras swept in one go; bounds the memory of a large district."""
SWEEP = "gridmap.cameras.sweep"
"""Module of the loops of the sweep."""
_REACH, _CHORDS_PER_SECTOR = "gridmap.cameras.reach", 10


class View(NamedTuple):
    """What one camera sees.

    Attributes
    ----------
    shape : Polygon or MultiPolygon
        View polygon; its arcs are chords of 1°.
    area_m2 : float
        Area in closed form, arcs exact [m²].
    facade_m, facade_home_m : float
        Length of the walls that bound the view, all and of homes [m].
    """

    shape: shapely.Geometry
    area_m2: float
    facade_m: float
    facade_home_m: float


class Views(NamedTuple):
    """What many cameras see, each at one range; arrays of what :class:`View` has."""

    shape: npt.NDArray[np.object_]
    area_m2: Floats
    facade_m: Floats
    facade_home_m: Floats


@dataclass(frozen=True, eq=False)
class Sectors:
    """Sectors of many cameras, in each of which one wall, or none, is in front.

    Attributes
    ----------
    aims : ndarray, shape (n, 5)
        x [m], y [m], first bearing [rad, counter-clockwise from east], width [rad], range [m].
    ends : ndarray of int, shape (n + 1,)
        Sectors of camera k are ``ends[k]:ends[k + 1]``.
    bounds : ndarray, shape (m, 2)
        Angles from the first bearing [rad].
    poles : ndarray, shape (m, 2)
        Poles of the walls' lines, in the frame that begins at the first bearing [1/m].
    wall : ndarray of int, shape (m,)
        Number of the wall, -1 where there is none within range.
    home : ndarray of bool
        Which walls are homes'.
    """

    aims: Floats
    ends: Numbers
    bounds: Floats
    poles: Floats
    wall: Numbers
    home: npt.NDArray[np.bool_]


def aim_at(
    x_m: Floats, y_m: Floats, heading_deg: Floats, hfov_deg: Floats, range_m: Floats
) -> Floats:
    """Places, bearings and ranges as the sweep takes them.

    Parameters
    ----------
    x_m, y_m : ndarray, shape (n,)
        Where the cameras look from [m].
    heading_deg, hfov_deg : ndarray, shape (n,)
        Bearing of the axis clockwise from north, and field of view [°].
    range_m : ndarray, shape (n,)
        How far each sees at most [m].

    Returns
    -------
    ndarray, shape (n, 5)
        As in :class:`Sectors`.

    Examples
    --------
    >>> one = np.ones(1)
    >>> aim_at(0 * one, 0 * one, 0 * one, 90 * one, 40 * one).round(3).tolist()
    [[0.0, 0.0, 0.785, 1.571, 40.0]]
    """
    width = np.radians(np.clip(hfov_deg, 0.0, 360.0))
    first = np.radians((90.0 - np.asarray(heading_deg)) % 360.0) - width / 2
    return np.column_stack([x_m, y_m, first, width, range_m]).astype(np.float64)


def sweep(
    edges: Floats,
    home: npt.NDArray[np.bool_],
    near: tuple[Numbers, Numbers],
    aims: Floats,
    *,
    sided: bool = False,
    heap_from: int | None = None,
) -> Sectors:
    """Sweep the bearings of all cameras: which wall is in front, from which angle to which.

    Parameters
    ----------
    edges : ndarray, shape (m, 4)
        Walls x0, y0, x1, y1 [m]; walls may share corners but not cross (merge footprints first).
    home : ndarray of bool, shape (m,)
        Which walls are homes'.
    near : tuple of ndarray of int
        Numbers of the walls near each camera, one after the other, and where each begins and ends.
    aims : ndarray, shape (n, 5)
        From :func:`aim_at`.
    sided : bool
        Whether walls have what is built on their left, so that only one side can be seen.
    heap_from : int, optional
        Number of walls from which the nearest is kept in a heap; default 2,000.

    Returns
    -------
    Sectors

    Notes
    -----
    Events are the bearings of wall ends, of walls' crossings with the circle of range, and of the
    field's limits; a wall across the first bearing is split there, and what lies beyond the field
    is dropped. Between two neighbouring events the order of walls cannot change, so the wall
    nearest at the middle bearing is the one seen (MEASURES.md 5; ALGORITHMS.md, camera sweep).
    Compiled by numba where the extra ``fast`` is installed, else the same loops in plain Python.

    Examples
    --------
    >>> aims = aim_at(*np.array([[0.0], [0.0], [0.0], [90.0], [40.0]]))
    >>> wall, every = np.array([[-50.0, 10.0, 50.0, 10.0]]), (np.array([0]), np.array([0, 1]))
    >>> sweep(wall, np.array([True]), every, aims).wall.tolist()
    [0]
    """
    numbers, offsets = (np.ascontiguousarray(one, dtype=np.int64) for one in near)
    limit = HEAP_FROM if heap_from is None else heap_from
    ends, bounds, poles, wall = loops(SWEEP, len(numbers)).sweep_all(
        np.ascontiguousarray(edges), numbers, offsets, aims, sided, limit
    )
    return Sectors(aims, ends, bounds, poles, wall, home)


def reach(sectors: Sectors, range_m: Floats, plane: bool | npt.NDArray[np.bool_] = False) -> Views:
    """Draw the views of all cameras, each at one range no farther than it was swept.

    Parameters
    ----------
    sectors : Sectors
        From :func:`sweep`.
    range_m : ndarray, shape (n,)
        Range of each camera [m]; 0 sees nothing.
    plane : bool or ndarray of bool
        Whether sight ends at the plane across the axis at the range instead of the arc. Such a
        camera must be swept to the corners of its field, range ÷ cos(hFOV ÷ 2).

    Returns
    -------
    Views

    Notes
    -----
    Closed forms: an open sector has ½ R² Δ, one before a wall or plane ½ d₀ d₁ sin Δ; façade seen
    is the distance between the two hits (MEASURES.md 5). The chords of 1° make the drawn polygon
    up to 0.0051 % smaller; ``area_m2`` has no such bias.

    Examples
    --------
    >>> aims = aim_at(*np.array([[0.0], [0.0], [0.0], [90.0], [60.0]]))
    >>> nothing = np.empty(0, np.int64), np.zeros(2, np.int64)
    >>> open_ground = sweep(np.empty((0, 4)), np.empty(0, bool), nothing, aims)
    >>> [reach(open_ground, np.array([40.0]), plane).area_m2.round(1) for plane in (False, True)]
    [array([1256.6]), array([1600.])]
    """
    far = np.asarray(range_m, dtype=np.float64)
    caps = _caps(sectors.aims, far, np.broadcast_to(plane, far.shape))
    offsets, corners, figures = loops(_REACH, _CHORDS_PER_SECTOR * len(sectors.wall)).reach_all(
        sectors.ends, sectors.bounds, sectors.poles, sectors.wall, sectors.home, sectors.aims,
        far, caps, np.radians(CHORD_DEG),
    )  # fmt: skip
    return Views(_draw(offsets, corners), *figures.T)


def draw_views(
    aims: Floats,
    ranges_m: Floats,
    walls: Walls,
    plane: bool | npt.NDArray[np.bool_] = False,
) -> tuple[list[Views], pd.DataFrame]:
    """Draw views of many cameras at several ranges, and list the homes they hit.

    Parameters
    ----------
    aims : ndarray, shape (n, 5)
        From :func:`aim_at`, with the farthest range.
    ranges_m : ndarray, shape (n, k)
        Ranges [m]; 0 sees nothing.
    walls : Walls
        From :func:`gridmap.cameras.walls.merge_walls`.
    plane : bool or ndarray of bool, shape (n,)
        Whether sight ends at a plane.

    Returns
    -------
    list of Views
        One for each of the k ranges.
    hits : DataFrame
        From :func:`home_hits`, with ``row`` counting all cameras. A thousand are swept at a time.

    Examples
    --------
    >>> from gridmap.cameras.walls import merge_walls
    >>> from gridmap.samples import toy_district
    >>> walls = merge_walls(toy_district()["buildings"])
    >>> aims = aim_at(*np.array([[500_040.0], [4_400_310.0], [0.0], [90.0], [40.0]]))
    >>> (views,), hits = draw_views(aims, np.array([[40.0]]), walls)
    >>> float(views.facade_home_m[0].round(3)), hits.distance_m.round(3).tolist()
    (20.0, [10.0])
    """
    told: list[list[Views]] = []
    hits = []
    across = np.broadcast_to(plane, len(aims))
    for start in range(0, max(len(aims), 1), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        near = local_edges(aims[some], walls)
        sectors = sweep(walls.edges, walls.home, near, aims[some], sided=True)
        told.append([reach(sectors, far, across[some]) for far in ranges_m[some].T])
        hit = home_hits(sectors)
        hits.append(hit.assign(row=hit["row"] + start))
    views = [
        Views(*map(np.concatenate, zip(*level, strict=True))) for level in zip(*told, strict=True)
    ]
    return views, pd.concat(hits, ignore_index=True)


def home_hits(sectors: Sectors) -> pd.DataFrame:
    """Bearings under which cameras look at the façades of homes.

    Parameters
    ----------
    sectors : Sectors
        From :func:`sweep`.

    Returns
    -------
    DataFrame
        row (number of the camera), from_deg and to_deg (bearings clockwise from north; ``to`` may
        pass 360), distance_m (nearest point), facade_m (length seen), wall (number of the edge).

    Examples
    --------
    >>> aims = aim_at(*np.array([[0.0], [0.0], [0.0], [90.0], [40.0]]))
    >>> wall, every = np.array([[-50.0, 10.0, 50.0, 10.0]]), (np.array([0]), np.array([0, 1]))
    >>> home_hits(sweep(wall, np.array([True]), every, aims)).round(6).values.tolist()
    [[0.0, 315.0, 405.0, 10.0, 20.0, 0.0]]
    """
    hit = np.flatnonzero(sectors.wall >= 0)
    hit = hit[sectors.home[sectors.wall[hit]]]
    row = np.searchsorted(sectors.ends, hit, side="right") - 1
    return hits_of(sectors.aims, row, sectors.bounds[hit], sectors.poles[hit], sectors.wall[hit])


def hits_of(
    aims: Floats, row: Numbers, bounds: Floats, poles: Floats, wall: Numbers
) -> pd.DataFrame:
    """Bearings, distances and lengths of walls seen, from their angles and poles.

    Examples
    --------
    >>> aims = aim_at(*np.array([[0.0], [0.0], [0.0], [90.0], [40.0]]))
    >>> none = np.empty((0, 2))
    >>> len(hits_of(aims, np.empty(0, int), none, none, np.empty(0, int)))
    0
    """
    low, high = bounds.T
    strength, foot = np.hypot(*poles.T), np.arctan2(poles[:, 1], poles[:, 0])
    foot = foot + FULL * np.round(((low + high) / 2 - foot) / FULL)
    nearest = np.clip(foot, low, high)
    along = np.tan(high - foot) - np.tan(low - foot)
    left = np.degrees(np.pi / 2 - aims[row, 2])
    start = (left - np.degrees(high)) % 360.0
    return pd.DataFrame(
        {
            "row": row,
            "from_deg": start,
            "to_deg": start + np.degrees(high - low),
            "distance_m": 1.0 / (strength * np.cos(nearest - foot)),
            "facade_m": along / strength,
            "wall": wall,
        }
    )


def look(
    edges: Floats,
    home: npt.NDArray[np.bool_],
    *,
    x_m: float,
    y_m: float,
    heading_deg: float,
    hfov_deg: float,
    range_m: float,
    plane: bool = False,
) -> View:
    """View of one camera between walls that are all looked at.

    Parameters
    ----------
    edges : ndarray, shape (n, 4)
        Walls x0, y0, x1, y1 [m], as :func:`sweep` takes them.
    home : ndarray of bool, shape (n,)
        Which walls are homes'.
    x_m, y_m : float
        Where it stands, outside every building [m].
    heading_deg : float
        Bearing of the axis clockwise from north [°]; any multiple of 360 may be added.
    hfov_deg : float
        Horizontal field of view [°]; 360 or more is all round.
    range_m : float
        How far it sees [m].
    plane : bool
        Whether sight ends at the plane across the axis instead of the arc.

    Returns
    -------
    View

    Examples
    --------
    A wall 10 m north of a camera that looks north with 90°: the view is a triangle of 100 m².

    >>> wall = np.array([[-50.0, 10.0, 50.0, 10.0]])
    >>> aim = {"x_m": 0.0, "y_m": 0.0, "heading_deg": 0.0, "hfov_deg": 90.0}
    >>> view = look(wall, np.array([True]), **aim, range_m=40.0)
    >>> round(view.area_m2, 6), round(view.facade_home_m, 6)
    (100.0, 20.0)
    """
    corner_m = range_m / np.cos(np.radians(hfov_deg) / 2) if plane else range_m
    place = (np.array([one]) for one in (x_m, y_m, heading_deg, hfov_deg, corner_m))
    every = np.arange(len(edges)), np.array([0, len(edges)])
    views = reach(sweep(edges, home, every, aim_at(*place)), np.array([range_m]), plane)
    return View(views.shape[0], *(float(one[0]) for one in views[1:]))


def _caps(aims: Floats, range_m: Floats, plane: npt.NDArray[np.bool_]) -> Floats:
    """Pole of the plane that ends sight, in the frame of each camera; zero for an arc."""
    strength = np.divide(1.0, range_m, out=np.zeros_like(range_m), where=plane & (range_m > 0))
    middle = aims[:, 3] / 2
    return np.column_stack([np.cos(middle), np.sin(middle)]) * strength[:, None]


def _draw(offsets: Numbers, corners: Floats) -> npt.NDArray[np.object_]:
    """Polygons from rings; where a ring touches itself, its parts."""
    shapes = np.full(len(offsets) - 1, shapely.Polygon(), dtype=object)
    drawn = np.flatnonzero(np.diff(offsets) >= 4)
    if len(drawn):
        rings = np.r_[0, np.cumsum(np.diff(offsets)[drawn])]
        if rings[-1] < len(corners):
            corners = corners[np.repeat(np.diff(offsets) >= 4, np.diff(offsets))]
        parts = (rings, np.arange(len(rings)))
        shapes[drawn] = shapely.from_ragged_array(shapely.GeometryType.POLYGON, corners, parts)
    for row in np.flatnonzero(~shapely.is_valid(shapes)):
        shapes[row] = polygons_only(shapely.make_valid(shapes[row]))
    return shapes


def polygons_only(shape: shapely.Geometry) -> shapely.Geometry:
    """Polygon parts of a shape, without lines and points.

    Examples
    --------
    >>> spike = shapely.from_wkt("GEOMETRYCOLLECTION (LINESTRING (1 0, 2 0), POINT (3 3))")
    >>> polygons_only(spike).is_empty
    True
    """
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
