"""Views by the plain method: every wall against every bearing, one camera at a time, in numpy.

It stood in for the compiled sweep until that came, and now judges it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from gridmap.cameras.views import CHORD_DEG, View

Floats = npt.NDArray[np.float64]
FULL = 2 * np.pi
_SAME_ANGLE = 1e-12


class _Spans(NamedTuple):
    """Angles that walls span, and which wall each span belongs to."""

    low: Floats
    high: Floats
    wall: npt.NDArray[np.int64]


class _Sectors(NamedTuple):
    """Sectors between neighbouring events: bearings, distances at both, and the wall hit."""

    low: Floats
    high: Floats
    near: Floats
    far: Floats
    wall: npt.NDArray[np.int64]


def plain_look(
    edges: Floats,
    home: npt.NDArray[np.bool_],
    *,
    x_m: float,
    y_m: float,
    heading_deg: float,
    hfov_deg: float,
    range_m: float,
) -> View:
    """View of one camera."""
    width = np.radians(min(hfov_deg, 360.0))
    start = np.radians(90.0 - heading_deg) - width / 2
    clipped, number = _clip_to_range(edges - np.array([x_m, y_m, x_m, y_m]), range_m)
    turned = _turn(clipped, start)
    sectors = _nearest_walls(turned, _bearings(turned, width), width, range_m)
    shape = _draw(sectors, start, width, range_m, np.array([x_m, y_m]))
    return View(shape, *_measure(sectors, range_m, home[number]))


def _clip_to_range(edges: Floats, range_m: float) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Keep the parts of walls inside the circle, and drop walls seen edge-on."""
    start, way = edges[:, :2], edges[:, 2:] - edges[:, :2]
    a = (way**2).sum(axis=1)
    b = (start * way).sum(axis=1)
    root = b**2 - a * ((start**2).sum(axis=1) - range_m**2)
    reached = (root > 0) & (a > 0)
    half, a, b = np.sqrt(root[reached]), a[reached], b[reached]
    first, last = np.clip((-b - half) / a, 0, 1), np.clip((-b + half) / a, 0, 1)
    start, way = start[reached], way[reached]
    parts = np.hstack([start + first[:, None] * way, start + last[:, None] * way])
    turns = np.abs(_cross(parts)) > _SAME_ANGLE * range_m**2
    kept = turns & (last > first)
    return parts[kept], np.flatnonzero(reached)[kept]


def _turn(edges: Floats, start: float) -> Floats:
    """Walls turned so that the field begins at angle 0, each counter-clockwise."""
    cos, sin = np.cos(start), np.sin(start)
    x, y = edges[:, 0::2], edges[:, 1::2]
    turned = np.empty_like(edges)
    turned[:, 0::2], turned[:, 1::2] = cos * x + sin * y, cos * y - sin * x
    backwards = _cross(turned) < 0
    turned[backwards] = turned[backwards][:, [2, 3, 0, 1]]
    return turned


def _bearings(edges: Floats, width: float) -> _Spans:
    """Angles each wall spans inside the field; a wall across angle 0 spans two stretches."""
    dot = edges[:, 0] * edges[:, 2] + edges[:, 1] * edges[:, 3]
    low = np.arctan2(edges[:, 1], edges[:, 0]) % FULL
    high = low + np.arctan2(_cross(edges), dot)
    every = np.arange(len(edges))
    wraps = high > FULL
    lows = np.r_[low, np.zeros(int(wraps.sum()))]
    highs = np.r_[np.minimum(high, FULL), high[wraps] - FULL]
    owner = np.r_[every, every[wraps]]
    highs = np.minimum(highs, width)
    kept = highs - lows > _SAME_ANGLE
    return _Spans(lows[kept], highs[kept], owner[kept])


def _nearest_walls(edges: Floats, spans: _Spans, width: float, range_m: float) -> _Sectors:
    low, high, owner = spans
    events = np.unique(np.r_[0.0, width, low, high])
    events = events[np.r_[True, np.diff(events) > _SAME_ANGLE]]
    first, last = events[:-1], events[1:]
    middle = (first + last) / 2
    if not len(owner):
        open_m = np.full(len(first), range_m)
        return _Sectors(first, last, open_m, open_m, np.full(len(first), -1))
    crosses = (low[None, :] <= middle[:, None]) & (middle[:, None] <= high[None, :])
    away = np.where(crosses, _hit(edges[owner][None, :, :], middle[:, None]), np.inf)
    nearest = away.argmin(axis=1)
    blocked = np.isfinite(away[np.arange(len(middle)), nearest])
    wall = np.where(blocked, owner[nearest], -1)
    near = np.where(blocked, _hit(edges[wall], first), range_m)
    far = np.where(blocked, _hit(edges[wall], last), range_m)
    return _Sectors(first, last, np.minimum(near, range_m), np.minimum(far, range_m), wall)


def _hit(edges: Floats, angle: Floats) -> Floats:
    """Distance along a bearing to the line of a wall [m]."""
    way_x, way_y = edges[..., 2] - edges[..., 0], edges[..., 3] - edges[..., 1]
    moment = edges[..., 0] * way_y - edges[..., 1] * way_x
    with np.errstate(divide="ignore", invalid="ignore"):
        return moment / (np.cos(angle) * way_y - np.sin(angle) * way_x)


def _measure(
    sectors: _Sectors, range_m: float, home: npt.NDArray[np.bool_]
) -> tuple[float, float, float]:
    angle = sectors.high - sectors.low
    blocked = sectors.wall >= 0
    product = sectors.near * sectors.far
    area = np.where(blocked, product * np.sin(angle), range_m**2 * angle).sum() / 2
    square = sectors.near**2 + sectors.far**2 - 2 * product * np.cos(angle)
    facade = np.where(blocked, np.sqrt(np.maximum(square, 0.0)), 0.0)
    homes = facade[blocked][home[sectors.wall[blocked]]].sum()
    return float(area), float(facade.sum()), float(homes)


def _draw(
    sectors: _Sectors, start: float, width: float, range_m: float, here: Floats
) -> shapely.Geometry:
    blocked = sectors.wall >= 0
    step = np.radians(CHORD_DEG)
    chords = np.ceil((sectors.high - sectors.low) / step - 1e-9).astype(np.int64).clip(min=1)
    count = np.where(blocked, 1, chords) + 1
    row = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    share = number / (count - 1)[row]
    angle = sectors.low[row] + share * (sectors.high - sectors.low)[row]
    away = np.where(number == 0, sectors.near[row], sectors.far[row])
    away = np.where(blocked[row], away, range_m)
    rim = np.column_stack([np.cos(angle + start), np.sin(angle + start)]) * away[:, None] + here
    ring = rim if width >= FULL - _SAME_ANGLE else np.vstack([here, rim])
    return _valid(shapely.Polygon(ring))


def _valid(shape: shapely.Geometry) -> shapely.Geometry:
    if shapely.is_valid(shape):
        return shape
    parts = shapely.get_parts(shapely.make_valid(shape))
    polygons = shapely.get_parts(parts)
    return shapely.union_all(polygons[shapely.get_dimensions(polygons) == 2])


def _cross(edges: Floats) -> Floats:
    return edges[:, 0] * edges[:, 3] - edges[:, 1] * edges[:, 2]
