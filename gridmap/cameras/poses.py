"""Poses: which cameras count on a date, where they look, and how far at which level."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridmap.cameras.optics import EDITION, RANGE, field_of_view, level_range, levels
from gridmap.cameras.walls import Walls, stand_outside

ALL_ROUND_DEG = 360.0
DEFAULT_HFOV_DEG = 90.0
"""Field of view [°] of a camera with a heading and nothing else: a 2.8 mm lens sees 88°."""
SCREEN_ONLY = "monitor"
"""A level of 2014 that is for watching screens; coverage is not measured at it."""
_OPTICS = ("focal_mm", "sensor_width_mm", "pixels_wide")

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "proposed": "only proposed",
        "not_working": "planned, broken or removed",
        "not_yet_in_use": "goes into use after the date",
        "indoor": "stands indoors",
        "no_range": "has neither optics nor a range",
        "no_heading": "has no heading",
        "wrong_field": "has a field of view of 0° or less",
        "inside_building": "stands more than 2 m inside a building",
        "private": "stands on private ground",
    }
)
"""Why a camera is not counted, in the order in which reasons are looked for."""


def pose_cameras(
    cameras: Any, walls: Walls, on: date | None = None, edition: str = EDITION
) -> pd.DataFrame:
    """Pose of every camera, and whether it counts.

    Parameters
    ----------
    cameras : GeoDataFrame
        Layer ``cameras`` in a metric CRS.
    walls : Walls
        From :func:`gridmap.cameras.walls.merge_walls`.
    on : date, optional
        Day for which cameras count; default: any day.
    edition : str
        Edition of IEC/EN 62676-4.

    Returns
    -------
    DataFrame
        On the index of ``cameras``: camera_id, x_m, y_m, snapped_m, heading_deg, hfov_deg,
        optics (bool), reason (empty where it counts, else a key of :data:`REASONS`), and one
        column of ranges [m] per level (``range`` for cameras without optics).

    Notes
    -----
    Focal length, sensor and pixels together are optics; a camera without them counts under the
    level ``range`` with its range_m. Dome and fisheye cameras, and cameras of which neither kind
    nor field is known, see all round unless they have a heading; any other camera without one
    cannot be drawn and is not counted. A stated field of view goes before that of the optics;
    with a heading and neither, 90° is assumed. A camera on private ground is looked at for privacy
    and not counted. A PTZ camera counts where it points (``instant``); its full reach belongs to
    the privacy audit.

    Examples
    --------
    >>> from gridmap.cameras.walls import merge_walls
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> poses = pose_cameras(toy["cameras"], merge_walls(toy["buildings"]))
    >>> poses[["camera_id", "heading_deg", "hfov_deg", "range", "reason"]].values.tolist()
    [['cam1', 45.0, 90.0, 50.0, ''], ['cam2', 0.0, 360.0, 20.0, '']]
    """
    shapes = np.asarray(cameras.geometry, dtype=object)
    drawn = pd.DataFrame(
        {"x_m": shapely.get_x(shapes), "y_m": shapely.get_y(shapes)}, index=cameras.index
    )
    poses = pd.concat([cameras["camera_id"], stand_outside(drawn, walls)], axis=1)
    poses["optics"] = (cameras[list(_OPTICS)] > 0).all(axis=1)
    poses["assumed_hfov"] = False
    _aim(poses, cameras)
    _reach(poses, cameras, edition)
    poses["reason"] = _reasons(poses, cameras, on)
    return poses


def level_names(poses: pd.DataFrame, edition: str = EDITION) -> list[str]:
    """Levels that any counted camera has a range for, the farthest first.

    Parameters
    ----------
    poses : DataFrame
        From :func:`pose_cameras`.
    edition : str
        Edition of IEC/EN 62676-4.

    Notes
    -----
    Where no camera counts, the level is ``range``: nothing is seen at any.

    Examples
    --------
    >>> from gridmap.cameras.walls import merge_walls
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> level_names(pose_cameras(toy["cameras"], merge_walls(toy["buildings"])))
    ['range']
    """
    counted = poses[poses["reason"] == ""]
    measured = [name for name in levels(edition)["level"] if name != SCREEN_ONLY]
    return [name for name in (RANGE, *measured) if (counted[name] > 0).any()] or [RANGE]


def _aim(poses: pd.DataFrame, cameras: pd.DataFrame) -> None:
    optical = pd.Series(np.nan, index=cameras.index)
    known = poses["optics"]
    optical[known] = field_of_view(
        cameras.loc[known, "sensor_width_mm"], cameras.loc[known, "focal_mm"]
    )
    turned = cameras["heading_deg"].notna()
    stated = cameras["hfov_deg"].fillna(optical)
    unknown = ~cameras["kind"].isin(["fixed", "ptz"]) & stated.isna()
    round_about = ~turned & (cameras["kind"].isin(["dome", "fisheye"]) | unknown)
    poses["assumed_hfov"] = turned & stated.isna()
    field = stated.fillna(DEFAULT_HFOV_DEG).clip(upper=ALL_ROUND_DEG)
    poses["hfov_deg"] = field.mask(round_about, ALL_ROUND_DEG)
    poses["heading_deg"] = (cameras["heading_deg"] % 360.0).mask(
        ~turned & (poses["hfov_deg"] >= ALL_ROUND_DEG), 0.0
    )


def _reach(poses: pd.DataFrame, cameras: pd.DataFrame, edition: str) -> None:
    known = poses["optics"]
    poses[RANGE] = cameras["range_m"].where(~known & (cameras["range_m"] > 0), 0.0)
    optical = cameras.loc[known]
    density = levels(edition).set_index("level")["pixels_per_m"].drop(SCREEN_ONLY, errors="ignore")
    for level, pixels_per_m in density.items():
        far = pd.Series(0.0, index=cameras.index)
        far[known] = level_range(
            optical["pixels_wide"], optical["focal_mm"], optical["sensor_width_mm"], pixels_per_m
        )
        poses[level] = far


def _reasons(poses: pd.DataFrame, cameras: pd.DataFrame, on: date | None) -> pd.Series:
    day = pd.Timestamp(on) if on else pd.Timestamp.max
    causes = {
        "proposed": cameras["proposed"].fillna(False).astype(bool),
        "not_working": cameras["status"].isin(["planned", "broken", "removed"]),
        "not_yet_in_use": cameras["in_use_on"] > day,
        "indoor": cameras["zone"] == "indoor",
        "no_range": ~poses["optics"] & (poses[RANGE] <= 0),
        "no_heading": poses["heading_deg"].isna(),
        "wrong_field": poses["hfov_deg"] <= 0,
        "inside_building": poses["inside"],
        "private": cameras["zone"] == "private",
    }
    reason = np.select([causes[name].to_numpy(dtype=bool) for name in REASONS], list(REASONS), "")
    return pd.Series(reason, index=cameras.index).astype("str")
