"""Slow, obvious answers for cameras: shadows cut out of a sector, and points asked one by one."""

import numpy as np
import shapely

_FAR = 1e6


def shadow_view(
    blocks: shapely.Geometry,
    place: tuple[float, float],
    heading_deg: float,
    hfov_deg: float,
    range_m: float,
    chord_deg: float = 0.05,
) -> shapely.Geometry:
    """View polygon: the sector of sight minus the shadow of every wall."""
    here = np.array(place)
    view = _sector(here, heading_deg, hfov_deg, range_m, chord_deg)
    corners, ring = shapely.get_coordinates(
        shapely.get_rings(shapely.get_parts(blocks)), return_index=True
    )
    for n in np.flatnonzero(ring[:-1] == ring[1:]):
        start, end = corners[n], corners[n + 1]
        far = [here + (corner - here) * _FAR for corner in (end, start)]
        shadow = shapely.convex_hull(shapely.MultiPoint([start, end, *far]))
        if shadow.area > 0:
            view = shapely.difference(view, shadow)
    return view


def sees(
    blocks: shapely.Geometry,
    place: tuple[float, float],
    heading_deg: float,
    hfov_deg: float,
    range_m: float,
    point: tuple[float, float],
) -> bool:
    """Whether one point is in range, in the field, and behind no building."""
    east, north = point[0] - place[0], point[1] - place[1]
    bearing = np.degrees(np.arctan2(east, north))
    off_axis = abs((bearing - heading_deg + 180) % 360 - 180)
    if np.hypot(east, north) > range_m or off_axis > hfov_deg / 2:
        return False
    ray = shapely.LineString([place, point])
    return bool(shapely.intersection(ray, blocks).length < 1e-9)


def _sector(
    here: np.ndarray, heading_deg: float, hfov_deg: float, range_m: float, chord_deg: float
) -> shapely.Geometry:
    steps = int(np.ceil(min(hfov_deg, 360.0) / chord_deg))
    bearings = np.radians(heading_deg + np.linspace(-0.5, 0.5, steps + 1) * min(hfov_deg, 360.0))
    rim = here + range_m * np.column_stack([np.sin(bearings), np.cos(bearings)])
    return shapely.Polygon(rim if hfov_deg >= 360 else np.vstack([here, rim]))
