"""Optics: from lens, sensor and pixels to field of view, pixel density and range per level."""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.errors import InputError
from gridmap.reference import read_reference
from gridmap.units import TARGET_HEIGHT_M

Floats = npt.NDArray[np.float64]
FloatLike = float | Floats | pd.Series

EDITION = "2014"
"""Edition of IEC/EN 62676-4 whose levels are used unless told otherwise."""
EDITIONS = ("2014", "2025")
"""Editions whose levels are data: DORI with monitor, and the seven of 2025."""
RANGE = "range"
"""Level of a camera without optics: as far as its stated range."""


@cache
def levels(edition: str = EDITION) -> pd.DataFrame:
    """Levels of picture quality of one edition of IEC/EN 62676-4, the lowest first.

    Parameters
    ----------
    edition : {"2014", "2025"}
        DORI (with monitor), or the seven levels of 2025.

    Returns
    -------
    DataFrame
        level, pixels_per_m [px/m], label_zh_Hans, label_zh_Hant, label_en, source, confidence.

    Raises
    ------
    InputError
        If there is no such edition.

    Examples
    --------
    >>> levels().pixels_per_m.tolist()
    [12.5, 25.0, 62.5, 125.0, 250.0]
    >>> levels("2025").level.tolist()[:3]
    ['overview', 'outline', 'discern']
    """
    table = read_reference("camera_levels.csv")
    chosen = table[table["edition"] == edition].drop(columns="edition").reset_index(drop=True)
    if chosen.empty:
        known = ", ".join(table["edition"].unique())
        raise InputError(
            f"Expected an edition of IEC/EN 62676-4 among {known}; found '{edition}'. Use one of "
            "these, or add its levels to geodata/reference/camera_levels.csv."
        )
    chosen["pixels_per_m"] = chosen["pixels_per_m"].astype(float)
    return chosen


def field_of_view(sensor_width_mm: FloatLike, focal_mm: FloatLike) -> Any:
    """Horizontal field of view [°].

    Parameters
    ----------
    sensor_width_mm, focal_mm : float or array-like
        Width of the sensor and focal length [mm].

    Notes
    -----
    hFOV = 2 · atan(w ÷ 2f), rectilinear lens (MEASURES.md 5).

    Examples
    --------
    >>> round(float(field_of_view(5.37, 2.8)), 1)
    87.6
    """
    return np.degrees(2 * np.arctan(np.asarray(sensor_width_mm) / (2 * np.asarray(focal_mm))))


def pixel_density(pixels_wide: FloatLike, hfov_deg: FloatLike, depth_m: FloatLike) -> Any:
    """Pixels per metre at some depth on the axis [px/m].

    Parameters
    ----------
    pixels_wide : float or array-like
        Pixels across the picture.
    hfov_deg : float or array-like
        Horizontal field of view [°].
    depth_m : float or array-like
        Distance along the axis [m].

    Notes
    -----
    N ÷ (2 z tan(hFOV ÷ 2)) (MEASURES.md 5).

    Examples
    --------
    >>> round(float(pixel_density(2560, field_of_view(5.37, 2.8), 10.0)), 1)
    133.5
    """
    half = np.tan(np.radians(np.asarray(hfov_deg)) / 2)
    return np.asarray(pixels_wide) / (2 * np.asarray(depth_m) * half)


def level_range(
    pixels_wide: FloatLike,
    focal_mm: FloatLike,
    sensor_width_mm: FloatLike,
    pixels_per_m: FloatLike,
) -> Any:
    """Range up to which a level is reached on the axis [m].

    Parameters
    ----------
    pixels_wide : float or array-like
        Pixels across the picture.
    focal_mm, sensor_width_mm : float or array-like
        Focal length and width of the sensor [mm].
    pixels_per_m : float or array-like
        Pixel density of the level [px/m].

    Notes
    -----
    z_L = N f ÷ (w L) (MEASURES.md 5). The range is used as the radius of an arc, which is
    conservative: off the axis the density at the same radius is higher.

    Examples
    --------
    4 MP (2688 pixels across), 2.8 mm, 1/2.7" (5.37 mm wide), at the four DORI levels:

    >>> dori = np.array([25.0, 62.5, 125.0, 250.0])
    >>> [round(float(z), 1) for z in level_range(2688, 2.8, 5.37, dori)]
    [56.1, 22.4, 11.2, 5.6]
    """
    across = np.asarray(sensor_width_mm) * np.asarray(pixels_per_m)
    return np.asarray(pixels_wide) * np.asarray(focal_mm) / across


def ground_reach(
    mount_height_m: FloatLike,
    tilt_deg: FloatLike,
    vfov_deg: FloatLike,
    target_height_m: float = TARGET_HEIGHT_M,
) -> tuple[Any, Any]:
    """Nearest and farthest distance at which a tilted camera sees a target [m].

    Parameters
    ----------
    mount_height_m : float or array-like
        Height of the lens [m].
    tilt_deg : float or array-like
        Angle of the axis below the horizon [°].
    vfov_deg : float or array-like
        Vertical field of view [°].
    target_height_m : float
        Height of the target [m].

    Returns
    -------
    near_m, far_m : float or ndarray
        Empty (NaN) where a value is missing; far_m is infinite where the field reaches the
        horizon, near_m where it stays above it, and 0 where it reaches straight down or the lens
        is not above the target.

    Notes
    -----
    Near blind zone (h − h_t) ÷ tan(tilt + vFOV÷2), far limit with tilt − vFOV÷2 (MEASURES.md 5).

    Examples
    --------
    >>> near, far = ground_reach(5.5, 30.0, 40.0, target_height_m=1.5)
    >>> round(float(near), 2), round(float(far), 2)
    (3.36, 22.69)
    """
    above = np.maximum(np.asarray(mount_height_m, dtype=np.float64) - target_height_m, 0.0)
    tilt, half = np.asarray(tilt_deg, dtype=np.float64), np.asarray(vfov_deg, dtype=np.float64) / 2
    limits = []
    for angle in (tilt + half, tilt - half):
        slope = np.tan(np.radians(np.clip(angle, 0.0, 90.0)))
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = np.where(angle >= 90.0, 0.0, above / slope)
        limits.append(
            np.where(np.isnan(angle + above), np.nan, np.where(angle <= 0, np.inf, distance))
        )
    return limits[0], limits[1]


def level_of_slant(slant_m: FloatLike, mount_height_m: FloatLike) -> Any:
    """Distance on the ground of a range that is measured from the lens [m].

    Parameters
    ----------
    slant_m : float or array-like
        Range along the sight line [m], as :func:`level_range` gives it for a fisheye, whose density
        is the same in every direction (equidistant projection).
    mount_height_m : float or array-like
        Height of the lens [m]; unknown counts as that of the target.

    Notes
    -----
    √(z² − (h − h_t)²), 0 where the ground is out of range.

    Examples
    --------
    >>> float(level_of_slant(5.0, 4.5))
    4.0
    """
    above = np.nan_to_num(np.asarray(mount_height_m, dtype=np.float64) - TARGET_HEIGHT_M)
    return np.sqrt(np.maximum(np.asarray(slant_m) ** 2 - np.maximum(above, 0.0) ** 2, 0.0))
