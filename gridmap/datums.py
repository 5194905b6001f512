"""Chinese map datums: WGS 84 (and CGCS2000), GCJ-02 and BD-09, vectorised.

Maps and phones in China show positions moved by some hundred metres. Both public offset formulas
are smooth and nearly constant over metres, so their inverse is a fixed point that is reached in
a few steps.
"""

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import shapely

from gridmap.errors import CRSError

Datum = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
DATUMS: tuple[Datum, ...] = get_args(Datum)
Degrees = npt.NDArray[np.float64]
Position = tuple[Degrees, Degrees]

_AXIS_M = 6_378_245.0
_ECCENTRICITY_2 = 0.00669342162296594323
"""Krasovsky 1940, the ellipsoid of the public formula."""
_LON_RANGE, _LAT_RANGE = (72.004, 137.8347), (0.8293, 55.8271)
_PRECISION_DEG = 1e-9
_MOST_STEPS = 12


def to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, datum: Datum) -> Position:
    """Positions of a Chinese datum in WGS 84.

    Parameters
    ----------
    lon, lat : array-like, shape (n,)
        Longitude and latitude [°] in ``datum``.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09"}
        Datum of the positions.

    Returns
    -------
    tuple of ndarray, shape (n,)
        Longitude and latitude [°] in WGS 84.

    Raises
    ------
    CRSError
        If the datum is not one of these.

    Notes
    -----
    CGCS2000 and WGS 84 differ by centimetres and are treated as equal. The inverse is the fixed
    point of ``p = q - (F(p) - p)``, iterated until a step is under 1e-9° (0.1 mm); F is the
    public forward formula. Outside the rectangle 72.004–137.8347° E, 0.8293–55.8271° N, where
    the formula has no offset, positions are handed back as they are. NaN stays NaN.

    Examples
    --------
    >>> lon, lat = to_wgs84([116.397477], [39.908692], "gcj02")
    >>> round(float(lon[0]), 4), round(float(lat[0]), 4)
    (116.3912, 39.9073)
    """
    _check(datum)
    x, y = _degrees(lon), _degrees(lat)
    if datum in ("wgs84", "cgcs2000"):
        return x, y
    inside = _covered(x, y)
    u, v = x[inside], y[inside]
    p, q = u.copy(), v.copy()
    for _ in range(_MOST_STEPS):
        forward_x, forward_y = _shift(p, q, datum)
        step_x, step_y = u - forward_x, v - forward_y
        p, q = p + step_x, q + step_y
        if max(np.abs(step_x).max(initial=0), np.abs(step_y).max(initial=0)) < _PRECISION_DEG:
            break
    x[inside], y[inside] = p, q
    return x, y


def from_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, datum: Datum) -> Position:
    """Positions of WGS 84 in a Chinese datum, by the public forward formulas.

    Parameters
    ----------
    lon, lat : array-like, shape (n,)
        Longitude and latitude [°] in WGS 84.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09"}
        Datum wanted.

    Returns
    -------
    tuple of ndarray, shape (n,)
        Longitude and latitude [°] in ``datum``.

    Raises
    ------
    CRSError
        If the datum is not one of these.

    Examples
    --------
    >>> lon, lat = from_wgs84([24.94], [60.17], "gcj02")
    >>> float(lon[0]), float(lat[0])
    (24.94, 60.17)
    """
    _check(datum)
    x, y = _degrees(lon), _degrees(lat)
    if datum in ("wgs84", "cgcs2000"):
        return x, y
    inside = _covered(x, y)
    x[inside], y[inside] = _shift(x[inside], y[inside], datum)
    return x, y


def shapes_to_wgs84(shapes: Any, datum: Datum) -> npt.NDArray[np.object_]:
    """Geometries in longitude and latitude of a Chinese datum, every vertex moved to WGS 84.

    Examples
    --------
    >>> moved = shapes_to_wgs84([shapely.Point(116.397477, 39.908692)], "gcj02")
    >>> round(moved[0].x, 4)
    116.3912
    """

    def move(lonlat: Degrees) -> Degrees:
        return np.column_stack(to_wgs84(lonlat[:, 0], lonlat[:, 1], datum))

    return np.asarray(shapely.transform(np.asarray(shapes, dtype=object), move), dtype=object)


def _check(datum: str) -> None:
    if datum not in DATUMS:
        raise CRSError(f"Unknown datum '{datum}'; expected one of {', '.join(DATUMS)}.")


def _degrees(values: npt.ArrayLike) -> Degrees:
    return np.atleast_1d(np.array(values, dtype=np.float64))


def _covered(lon: Degrees, lat: Degrees) -> npt.NDArray[np.bool_]:
    in_lon = (lon >= _LON_RANGE[0]) & (lon <= _LON_RANGE[1])
    return in_lon & (lat >= _LAT_RANGE[0]) & (lat <= _LAT_RANGE[1])


def _shift(lon: Degrees, lat: Degrees, datum: Datum) -> Position:
    x, y = _gcj02(lon, lat)
    return (x, y) if datum == "gcj02" else _bd09(x, y)


def _gcj02(lon: Degrees, lat: Degrees) -> Position:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    shared = (20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)) * 2 / 3
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + shared
    north_m += (20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3)) * 2 / 3
    north_m += (160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30)) * 2 / 3
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + shared
    east_m += (20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3)) * 2 / 3
    east_m += (150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30)) * 2 / 3
    phi = np.radians(lat)
    w2 = 1 - _ECCENTRICITY_2 * np.sin(phi) ** 2
    meridian_m = _AXIS_M * (1 - _ECCENTRICITY_2) / (w2 * np.sqrt(w2))
    parallel_m = _AXIS_M / np.sqrt(w2) * np.cos(phi)
    return lon + np.degrees(east_m / parallel_m), lat + np.degrees(north_m / meridian_m)


def _bd09(lon: Degrees, lat: Degrees) -> Position:
    wave = np.pi * 3000 / 180
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * wave)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * wave)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006
