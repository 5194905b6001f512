"""Poses: which cameras count on a date, where they look, and how far at which level."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridmap.cameras.models import OPTICS, fill_optics
from gridmap.cameras.optics import (
    EDITION,
    EDITIONS,
    RANGE,
    field_of_view,
    ground_reach,
    level_of_slant,
    level_range,
    levels,
)
from gridmap.cameras.presets import presets_of
from gridmap.cameras.walls import Walls, stand_outside
from gridmap.schema import Finding, Severity

ALL_ROUND_DEG = 360.0
DEFAULT_HFOV_DEG = 90.0
"""Field of view [°] of a camera with a heading and nothing else: a 2.8 mm lens sees 88°."""
LIKELY_RANGE_M = 3000.0
"""Range [m] above which a camera's is doubted: metres were written as something else."""
RIGHT_ANGLE_DEG = 90.0
SCREEN_ONLY = "monitor"
"""A level of 2014 that is for watching screens; coverage is not measured at it."""
USUAL_ASPECT = 9 / 16
"""Height ÷ width of a sensor of which only the width is known."""
_PLACE = ["x_m", "y_m", "heading_deg"]
RANGES = frozenset({RANGE}).union(*(levels(one)["level"] for one in EDITIONS))
"""Columns of poses that are ranges, of any edition."""

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
    cameras: Any,
    walls: Walls,
    on: date | None = None,
    edition: str = EDITION,
    *,
    working_only: bool = True,
    scenario: str | None = None,
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
    working_only : bool
        Whether broken cameras are left out; else they count as if they worked.
    scenario : {"low", "base", "high"}, optional
        What cameras without optics and range are taken to be; default: they do not count.

    Returns
    -------
    DataFrame
        On the index of ``cameras``: camera_id, kind, x_m, y_m, snapped_m, inside, wall_m,
        heading_deg, heading_error_deg, hfov_deg, mount_height_m, near_m (blind zone, 0 if
        unknown), presets, optics (bool), assumed_hfov, assumed_optics, reason (empty where it
        counts, else a key of
        :data:`REASONS`), and one column of ranges [m] per level (``range`` for cameras without
        optics).

    Notes
    -----
    Focal length, sensor and pixels together are optics; a camera without them counts under the
    level ``range`` with its range_m. Dome and fisheye cameras, and cameras of which neither kind
    nor field is known, see all round unless they have a heading; any other camera without one
    cannot be drawn and is not counted. A stated field of view goes before that of the optics;
    with a heading and neither, 90° is assumed. A camera on private ground is looked at for privacy
    and not counted. A camera goes out of use on the day ``status_on`` of its status, if that is
    told: looked at for an earlier day it counts. Where mounting height and tilt are known the near
    blind zone is cut away and the range ends at the far limit; a fisheye's range is measured from
    the lens.

    Examples
    --------
    >>> from gridmap.cameras.walls import merge_walls
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> poses = pose_cameras(toy["cameras"], merge_walls(toy["buildings"]))
    >>> poses[["camera_id", "heading_deg", "hfov_deg", "range", "reason"]].values.tolist()
    [['cam1', 45.0, 90.0, 50.0, ''], ['cam2', 0.0, 360.0, 20.0, '']]
    """
    cameras = fill_optics(cameras, scenario)
    shapes = np.asarray(cameras.geometry, dtype=object)
    drawn = pd.DataFrame(
        {"x_m": shapely.get_x(shapes), "y_m": shapely.get_y(shapes)}, index=cameras.index
    )
    outside = stand_outside(drawn, walls, cameras["heading_deg"])
    poses = pd.concat([cameras[["camera_id", "kind"]], outside], axis=1)
    poses["optics"] = (cameras[list(OPTICS)] > 0).all(axis=1)
    poses["assumed_optics"] = cameras["assumed_optics"]
    poses["assumed_hfov"] = False
    height = pd.to_numeric(cameras["mount_height_m"]).astype("float64")
    poses["mount_height_m"] = height.where(height > 0)
    poses["presets"] = presets_of(cameras)
    rough = cameras.get("heading_error_deg", pd.Series(np.nan, index=cameras.index))
    poses["heading_error_deg"] = pd.to_numeric(rough).astype("float64")
    _aim(poses, cameras)
    _reach(poses, cameras, edition)
    _limit(poses, cameras, edition)
    poses["reason"] = _reasons(poses, cameras, on, working_only)
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


def pose_findings(cameras: Any, poses: pd.DataFrame, cells: Any) -> list[Finding]:
    """List values of cameras that were not taken as they stand, and places that are odd.

    Parameters
    ----------
    cameras : GeoDataFrame
        Layer ``cameras``.
    poses : DataFrame
        From :func:`pose_cameras`.
    cells : GeoDataFrame
        Layer ``cells``.

    Returns
    -------
    list of Finding
        One per rule with cameras.

    Examples
    --------
    >>> from gridmap.cameras.walls import merge_walls
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> low = toy["cameras"].assign(mount_height_m=0.0)
    >>> poses = pose_cameras(low, merge_walls(toy["buildings"]))
    >>> [one.rule for one in pose_findings(low, poses, toy["cells"])]
    ['zero_height']
    """
    drawn = poses["reason"].isin(["", "private"])
    reach = poses[list(RANGES.intersection(poses))].max(axis=1)
    tree = shapely.STRtree(np.asarray(cells.geometry, dtype=object))
    places = shapely.points(poses[["x_m", "y_m"]].to_numpy(dtype=np.float64))
    away = np.full(len(poses), np.inf)
    row, distance = tree.query_nearest(places, return_distance=True, all_matches=False)
    away[row[0]] = distance
    rules: list[tuple[str, Severity, Any, str, str]] = [
        (
            "zero_height",
            "warning",
            pd.to_numeric(cameras["mount_height_m"]) <= 0,
            "the mounting height is 0 or less; it is taken as unknown",
            "Fill in mount_height_m, the height of the lens above ground.",
        ),
        (
            "field_over_360",
            "warning",
            cameras["hfov_deg"] > ALL_ROUND_DEG,
            "the field of view is over 360°; it is taken as all round",
            "Give hfov_deg a value above 0 and up to 360.",
        ),
        (
            "unlikely_range",
            "warning",
            cameras["range_m"] > LIKELY_RANGE_M,
            f"the range is over {LIKELY_RANGE_M:,.0f} m; it is taken as it stands",
            "Check range_m, which is in metres, or fill in the optics.",
        ),
        (
            "wrong_tilt",
            "warning",
            cameras["tilt_deg"].abs() > RIGHT_ANGLE_DEG,
            "the tilt is over 90°; where its view begins and ends is doubtful",
            "Give tilt_deg a value from 0, level, to 90, straight down.",
        ),
        (
            "turned_heading",
            "note",
            ~cameras["heading_deg"]
            .dropna()
            .between(0.0, ALL_ROUND_DEG)
            .reindex(cameras.index, fill_value=True),
            "the heading is not from 0° to 360°; whole turns are taken off",
            "Check heading_deg, clockwise from north.",
        ),
        (
            "outside_district",
            "warning",
            drawn & (away > reach.to_numpy()),
            "the camera stands so far from every cell that it sees none of them",
            "Check its position and the datum of the file it came from.",
        ),
        (
            "sees_no_ground",
            "warning",
            drawn & ~(reach > 0),
            "the near blind zone begins beyond its range; the camera sees no ground",
            "Check mount_height_m, tilt_deg and the optics.",
        ),
        (
            "assumed_optics",
            "warning",
            drawn & poses["assumed_optics"],
            "nothing is known of its optics; a scenario is taken",
            "Fill in model, or focal_mm, sensor_width_mm and pixels_wide.",
        ),
        (
            "rough_heading",
            "note",
            drawn & (poses["heading_error_deg"] > 0),
            "the heading is an estimate, as one of eight winds is; its own view may be far off",
            "Survey heading_deg, and empty heading_error_deg.",
        ),
        (
            "same_place",
            "note",
            drawn & poses.where(drawn)[_PLACE].duplicated(keep=False),
            "cameras stand at one point and look the same way",
            "Check that none is listed twice.",
        ),
    ]
    ids = cameras["camera_id"]
    return [
        Finding(rule, severity, "cameras", tuple(ids[np.asarray(mask, dtype=bool)]), text, remedy)
        for rule, severity, mask, text, remedy in rules
        if np.asarray(mask, dtype=bool).any()
    ]


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
    toured = poses["heading_deg"].isna() & (poses["presets"].str.len() > 0)
    main = [max(one, key=lambda preset: preset.weight) for one in poses["presets"][toured]]
    poses.loc[toured, "heading_deg"] = [one.heading_deg for one in main]


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


def _limit(poses: pd.DataFrame, cameras: pd.DataFrame, edition: str) -> None:
    """Cut ranges at the far limit, and tell the near blind zone, where the tilt is known."""
    fisheye, height = cameras["kind"] == "fisheye", poses["mount_height_m"]
    sensor_mm = cameras["sensor_height_mm"].fillna(cameras["sensor_width_mm"] * USUAL_ASPECT)
    focal_mm = cameras["focal_mm"]
    vfov = field_of_view(sensor_mm, focal_mm.where(focal_mm > 0))
    near, far = ground_reach(height, cameras["tilt_deg"].astype("float64"), vfov)
    tilted = poses["optics"] & ~fisheye & ~np.isnan(near)
    poses["near_m"] = np.where(tilted, near, 0.0)
    measured = [RANGE, *(name for name in levels(edition)["level"] if name in poses)]
    for level in measured:
        slant = pd.Series(level_of_slant(poses[level], height), index=poses.index)
        reach = poses[level].mask(fisheye & poses["optics"], slant)
        # A camera whose blind zone ends beyond its range sees nothing at that level.
        reach = np.where(tilted, np.minimum(reach, far), reach)
        poses[level] = np.where(reach > poses["near_m"], reach, 0.0)


def _status_on(cameras: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    """Status on a day: what became of a camera later had not happened then."""
    status = cameras["status"].astype("object")
    if "status_on" not in cameras:
        return status
    later = pd.to_datetime(cameras["status_on"]) > day
    return status.mask(later & status.isin(["broken", "removed"]), "working")


def _reasons(
    poses: pd.DataFrame, cameras: pd.DataFrame, on: date | None, working_only: bool
) -> pd.Series:
    day = pd.Timestamp(on) if on else pd.Timestamp.max
    out = {"planned", "removed"} | ({"broken"} if working_only else set())
    causes = {
        "proposed": cameras["proposed"].fillna(False).astype(bool),
        "not_working": _status_on(cameras, day).isin(out),
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
