"""Relief: sight over buildings lower than the camera, where heights are known."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.cameras.views import (
    SWEEP,
    Sectors,
    Views,
    draw_views,
    hits_of,
    polygons_only,
    reach,
    sweep,
)
from gridmap.cameras.walls import CANOPIES, Walls, cut_out, local_edges, merge_shapes, walls_of
from gridmap.compiled import loops
from gridmap.reference import is_home
from gridmap.units import STOREY_HEIGHT_M, TARGET_HEIGHT_M

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]


class Band(NamedTuple):
    """Walls as cameras of some mounting height meet them.

    Attributes
    ----------
    blocking : Walls
        What blocks sight for coverage: all that is as high as the camera, or of unknown height.
    firm : Walls
        What blocks sight for privacy: only what is known to be as high as the camera.
    through : Walls
        What is lower, or may be: its façades are seen, and so may be those behind.
    low : ndarray of Polygon or LineString
        Buildings and walls known to be lower.
    low_m : ndarray
        Their heights [m].
    """

    blocking: Walls
    firm: Walls
    through: Walls
    low: Shapes
    low_m: Floats


class Relief:
    """Buildings and free-standing walls by height.

    Parameters
    ----------
    buildings : GeoDataFrame
        Layer ``buildings``; height_m, else levels of 3 m each, else unknown.
    lines : GeoDataFrame, optional
        Layer ``walls``, with height_m where it is known.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> relief = Relief(toy_district()["buildings"])
    >>> relief.height_m.tolist(), len(relief.at(7.0).low)
    ([18.0, 15.0, 6.0, 9.0], 1)
    """

    def __init__(self, buildings: Any, lines: Any = None) -> None:
        walled = buildings[~buildings["use"].isin(CANOPIES)]
        self.shape: Shapes = np.asarray(walled.geometry, dtype=object)
        self.home = is_home(walled["use"])
        self.height_m = _heights(walled)
        self.line: Shapes = np.empty(0, dtype=object)
        self.line_m = np.empty(0)
        if lines is not None and len(lines):
            self.line = np.asarray(lines.geometry, dtype=object)
            self.line_m = _heights(lines)
        known = np.r_[self.height_m, self.line_m]
        self._steps = np.unique(known[~np.isnan(known)])
        self._band = cache(self._make)

    def at(self, mount_height_m: float) -> Band:
        """Walls as a camera at this height [m] meets them; kept for all that meet the same."""
        return self._band(self.step(mount_height_m))

    def step(self, mount_height_m: float) -> int:
        """Count the known heights below a mounting height [m]: equal numbers meet equal walls."""
        return int(np.searchsorted(self._steps, mount_height_m, side="left"))

    def _make(self, step: int) -> Band:
        under = self._steps[step - 1] if step else -np.inf
        low, line_low = self.height_m <= under, self.line_m <= under
        high, line_high = self.height_m > under, self.line_m > under
        firm = walls_of(self.shape[high], self.shape[high & self.home], self.line[line_high])
        all_known = np.array_equal(high, ~low) and np.array_equal(line_high, ~line_low)
        open_ = ~high & (shapely.area(self.shape) > 0)
        rest = cut_out(merge_shapes(self.shape[open_]), firm)
        homes = self.shape[open_ & self.home]
        return Band(
            firm
            if all_known
            else walls_of(self.shape[~low], self.shape[~low & self.home], self.line[~line_low]),
            firm,
            walls_of(np.array([polygons_only(one) for one in rest], dtype=object), homes),
            np.r_[self.shape[low], self.line[line_low]],
            np.r_[self.height_m[low], self.line_m[line_low]],
        )


def draw_over(
    aims: Floats,
    ranges_m: Floats,
    band: Band,
    mount_height_m: Floats,
    *,
    plane: bool | npt.NDArray[np.bool_] = False,
    target_height_m: float = TARGET_HEIGHT_M,
    at_most: bool = False,
) -> tuple[list[Views], pd.DataFrame]:
    """Draw views of cameras that see over what is lower than they are.

    Parameters
    ----------
    aims, ranges_m, plane
        As :func:`gridmap.cameras.views.draw_views` has them.
    band : Band
        From :meth:`Relief.at`, the same for all these cameras.
    mount_height_m : ndarray, shape (n,)
        Heights of the lenses [m].
    target_height_m : float
        Height at which a person is looked at [m].
    at_most : bool
        Whether to draw what may be seen at most: only what is known to be as high as a camera
        blocks, and nothing casts a shadow. Façades and hits are the same.

    Returns
    -------
    list of Views, DataFrame
        As :func:`gridmap.cameras.views.draw_views`.

    Notes
    -----
    Behind a building of height b at distance d nothing is seen up to k · d, with
    k = (h − h_t) ÷ (h − b) (MEASURES.md 5): the shadow is what lies between each of its walls and
    that wall enlarged k times from the camera. A building of unknown height blocks for coverage;
    for façades it is looked at and does not block, so they are an upper bound. Only walls that
    face the camera count.

    Examples
    --------
    A wall 2 m high and 10 m away, seen from 5 m up at a target on the ground: its shadow ends at
    10 · 5 ÷ 3 = 16.7 m.

    >>> import geopandas as gpd
    >>> from gridmap.cameras.views import aim_at
    >>> town = gpd.GeoDataFrame({"use": ["shed"], "height_m": [2.0]},
    ...                         geometry=[shapely.box(-50, 10, 50, 10.001)])
    >>> aims = aim_at(*np.array([[0.0], [0.0], [0.0], [90.0], [40.0]]))
    >>> (view,), _ = draw_over(aims, np.array([[40.0]]), Relief(town).at(5.0), np.array([5.0]),
    ...                        target_height_m=0.0)
    >>> round(float(view.area_m2[0])), round(40**2 * np.pi / 4 - (100 / 0.36 - 100))
    (1079, 1079)
    """
    firm = band.firm
    sectors = sweep(firm.edges, firm.home, local_edges(aims, firm), aims, sided=True)
    if at_most or band.blocking is firm:
        across = np.broadcast_to(plane, len(aims))
        views = [reach(sectors, far, across) for far in ranges_m.T]
    else:
        views, _ = draw_views(aims, ranges_m, band.blocking, plane)
    if not at_most:
        _cast(views, _shadows(aims, band, mount_height_m, target_height_m))
    hits = _hits(aims, band, sectors)
    at_home = hits[hits["home"]]
    facade, homes = facade_within(hits, ranges_m), facade_within(at_home, ranges_m)
    told = [
        one._replace(facade_m=facade[:, level], facade_home_m=homes[:, level])
        for level, one in enumerate(views)
    ]
    return told, at_home.drop(columns="home").reset_index(drop=True)


def facade_within(hits: pd.DataFrame, ranges_m: Floats) -> Floats:
    """Length of façade within each range [m], cameras × ranges.

    Parameters
    ----------
    hits : DataFrame
        row, distance_m (to the wall's nearest part seen), near_m and far_m (how far along the wall
        its ends lie from the foot of the camera), foot_m (distance of the wall's line).
    ranges_m : ndarray, shape (n, k)
        Ranges [m].

    Examples
    --------
    >>> hit = pd.DataFrame({"row": [0], "foot_m": [3.0], "near_m": [-6.0], "far_m": [6.0]})
    >>> facade_within(hit, np.array([[10.0, 5.0, 2.0]])).tolist()
    [[12.0, 8.0, 0.0]]
    """
    total = np.zeros(ranges_m.shape)
    row = hits["row"].to_numpy()
    foot, near, far = (hits[name].to_numpy()[:, None] for name in ("foot_m", "near_m", "far_m"))
    half = np.sqrt(np.maximum(ranges_m[row] ** 2 - foot**2, 0.0))
    np.add.at(total, row, np.maximum(np.minimum(far, half) - np.maximum(near, -half), 0.0))
    return total


def _hits(aims: Floats, band: Band, sectors: Sectors) -> pd.DataFrame:
    """Façades before what blocks for privacy: of what blocks, and of what is seen through."""
    seen = np.flatnonzero(sectors.wall >= 0)
    row = np.searchsorted(sectors.ends, seen, side="right") - 1
    lines = np.hstack([sectors.bounds[seen], sectors.poles[seen]])
    front = _told(aims, row, lines, sectors.wall[seen], band.firm)
    numbers, offsets = local_edges(aims, band.through)
    ends, found, wall = loops(SWEEP, len(numbers)).through_all(
        band.through.edges, numbers, offsets, aims,
        sectors.ends, sectors.bounds, sectors.poles, sectors.wall,
    )  # fmt: skip
    row = np.repeat(np.arange(len(aims)), np.diff(ends))
    behind = _told(aims, row, found, wall, band.through)
    return pd.concat([front, behind], ignore_index=True)


def _told(aims: Floats, row: Numbers, lines: Floats, wall: Numbers, walls: Walls) -> pd.DataFrame:
    bounds, poles = lines[:, :2], lines[:, 2:]
    told = hits_of(aims, row, bounds, poles, wall)
    foot = 1.0 / np.hypot(*poles.T)
    turn = np.arctan2(poles[:, 1], poles[:, 0])
    middle = bounds.mean(axis=1)
    turn = turn + 2 * np.pi * np.round((middle - turn) / (2 * np.pi))
    return told.assign(
        foot_m=foot,
        near_m=foot * np.tan(bounds[:, 0] - turn),
        far_m=foot * np.tan(bounds[:, 1] - turn),
        home=walls.home[wall],
    )


def _cast(views: list[Views], shadows: list[tuple[int, shapely.Geometry]]) -> None:
    """Take shadows out of views."""
    for drawn in views:
        for row, shadow in shadows:
            if not drawn.area_m2[row] > 0:
                continue
            left = polygons_only(shapely.difference(drawn.shape[row], shadow))
            drawn.area_m2[row] -= shapely.area(drawn.shape[row]) - shapely.area(left)
            drawn.shape[row] = left


def _shadows(
    aims: Floats, band: Band, mount_height_m: Floats, target_height_m: float
) -> list[tuple[int, shapely.Geometry]]:
    """Shadows of lower buildings near each camera, with the number of the camera."""
    if not len(band.low):
        return []
    points = shapely.points(aims[:, :2])
    row, low = shapely.STRtree(band.low).query(points, predicate="dwithin", distance=aims[:, 4])
    found = []
    for n in np.unique(row):
        some = low[row == n]
        ratio = (mount_height_m[n] - target_height_m) / (mount_height_m[n] - band.low_m[some])
        found.append((int(n), _shadow(aims[n, :2], band.low[some], ratio)))
    return found


def _shadow(here: Floats, shapes: Shapes, ratio: Floats) -> shapely.Geometry:
    flat = shapely.get_dimensions(shapes) == 2
    casting = np.flatnonzero(ratio > 1.0)
    lines = np.where(flat, shapely.boundary(shapes), shapes)[casting]
    parts, owner = shapely.get_parts(lines, return_index=True)
    corners, part = shapely.get_coordinates(parts, return_index=True)
    same = part[:-1] == part[1:]
    start, end = corners[:-1][same] - here, corners[1:][same] - here
    far = ratio[casting[owner[part[:-1][same]]]][:, None]
    quads = np.stack([start, end, end * far, start * far], axis=1) + here
    standing = np.abs(start[:, 0] * end[:, 1] - start[:, 1] * end[:, 0]) > 1e-9
    cast = shapely.polygons(quads[standing])
    return shapely.union_all(np.r_[cast, shapely.make_valid(shapes[flat])])


def _heights(frame: Any) -> Floats:
    """Height [m] of buildings or walls; empty where nothing is known."""
    height = np.full(len(frame), np.nan)
    for name, unit_m in (("levels", STOREY_HEIGHT_M), ("height_m", 1.0)):
        if name in frame:
            told = pd.to_numeric(frame[name]).to_numpy(dtype=np.float64) * unit_m
            height = np.where(told > 0, told, height)
    return height
