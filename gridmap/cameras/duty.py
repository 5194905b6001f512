"""Duty: what cameras that turn see at a moment, when each bearing has its share of time."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.cameras.depth import arrange
from gridmap.cameras.drawing import Drawing, draw_poses
from gridmap.cameras.ground import Ground
from gridmap.cameras.public import Shapes
from gridmap.cameras.seen import Seen, union_over_cells

Floats = npt.NDArray[np.float64]


def spread_duty(poses: pd.DataFrame) -> pd.DataFrame:
    """Poses with a row for each bearing of every camera that turns.

    Parameters
    ----------
    poses : DataFrame
        From :func:`gridmap.cameras.poses.pose_cameras`.

    Returns
    -------
    DataFrame
        With ``duty``, the share of time of each bearing; 1 for a camera that does not turn. One
        without presets looks where it points.

    Examples
    --------
    >>> from gridmap.cameras.presets import read_presets
    >>> poses = pd.DataFrame({"camera_id": ["a"], "heading_deg": [0.0], "hfov_deg": [60.0],
    ...                       "presets": [read_presets("0;90@3")]})
    >>> spread_duty(poses)[["heading_deg", "hfov_deg", "duty"]].values.tolist()
    [[0.0, 60.0, 0.25], [90.0, 60.0, 0.75]]
    """
    count = poses["presets"].str.len().clip(lower=1).to_numpy(dtype=np.int64)
    spread = poses.iloc[np.repeat(np.arange(len(poses)), count)].copy()
    looks = [
        (one.heading_deg, one.hfov_deg, one.weight) if one else (np.nan, np.nan, 1.0)
        for presets in poses["presets"]
        for one in (presets or [None])
    ]
    heading, field, duty = np.array(looks, dtype=np.float64).reshape(-1, 3).T
    spread["heading_deg"] = np.where(np.isnan(heading), spread["heading_deg"], heading)
    spread["hfov_deg"] = np.where(np.isnan(field), spread["hfov_deg"], field)
    spread["duty"] = duty
    spread["presets"] = pd.Series(
        [[] for _ in range(len(spread))], index=spread.index, dtype=object
    )
    return spread.reset_index(drop=True)


def expected_size(
    views: Shapes,
    camera: npt.NDArray[Any],
    duty: Floats,
    ground: Shapes,
    size: Callable[[Shapes], Any] = shapely.area,
) -> Floats:
    """Size of ground that is seen at a moment, on average, of each cell.

    Parameters
    ----------
    views : ndarray of Polygon, shape (n,)
        Views of bearings.
    camera : ndarray of str, shape (n,)
        The camera of each.
    duty : ndarray, shape (n,)
        Share of time of each; those of one camera add up to 1 at most.
    ground : ndarray of Geometry
        Ground, or streets, of each cell.
    size : function
        Area, or length.

    Returns
    -------
    ndarray
        [m²] or [m] by cell.

    Notes
    -----
    Cameras turn independently, so ground that bearings of cameras c see with shares p_c is seen
    with 1 − Π (1 − p_c). What a camera sees all the time counts in full.

    Examples
    --------
    Half of the time each of two cameras sees the same 100 m²: three quarters of it at a moment.

    >>> both = np.array([shapely.box(0, 0, 10, 10)] * 2)
    >>> expected_size(both, np.array(["a", "b"]), np.array([0.5, 0.5]), both[:1]).tolist()
    [75.0]
    """
    always = duty >= 1.0
    sure = shapely.intersection(ground, union_over_cells(views[always], ground))
    told = np.asarray(size(sure), dtype=np.float64)
    some = np.flatnonzero(~always & (shapely.area(views) > 0))
    if not len(some):
        return told
    pieces = arrange(views[some]).face
    share = _seen_share(pieces, views[some], camera[some], duty[some])
    left = shapely.difference(ground, sure)
    cell, piece = shapely.STRtree(pieces).query(left, predicate="intersects")
    seen = size(shapely.intersection(left[cell], pieces[piece]))
    return told + np.bincount(cell, seen * share[piece], len(ground))


def at_a_moment(
    poses: pd.DataFrame, ground: Ground, seen: Seen, drawing: Drawing, sight: str
) -> tuple[Seen, Drawing]:
    """Put what is seen at a moment, on average, in place of what is seen at some time.

    Parameters
    ----------
    poses : DataFrame
        From :func:`gridmap.cameras.poses.pose_cameras`.
    ground : Ground
        From :func:`gridmap.cameras.ground.prepare_ground`.
    seen, drawing : Seen, Drawing
        By all bearings.
    sight : {"arc", "plane"}
        Where sight ends.

    Returns
    -------
    Seen, Drawing
        Areas and lengths weighted by duty. Shapes, depth and what is never seen stay those of all
        bearings.
    """
    spread = spread_duty(poses)
    levels = [str(name) for name in seen.level_m2]
    named = spread.assign(camera_id=np.arange(len(spread)))
    views = draw_poses(named, levels, ground, None, sight=sight, ptz="instant").views
    at = views["camera_id"].to_numpy(dtype=np.int64)
    views = views.assign(
        duty=spread["duty"].to_numpy()[at], owner=spread["camera_id"].to_numpy()[at]
    )
    mean = (views["area_m2"] * views["duty"]).groupby([views["owner"], views["level"]]).sum()
    own = drawing.views
    asked = pd.MultiIndex.from_frame(own[["camera_id", "level"]])
    counted = views[views["counted"]]
    area = {name: _expected(counted[counted["level"] == name], ground.public) for name in levels}
    streets = {
        name: _expected(counted[counted["level"] == name], ground.streets, shapely.length)
        for name in levels
    }
    widest = counted.drop_duplicates("camera_id")
    told = seen._replace(
        level_m2=pd.DataFrame(area),
        street_m=pd.DataFrame(streets),
        any_m2=_expected(widest, ground.public),
        any_street_m=_expected(widest, ground.streets, shapely.length),
    )
    return told, drawing._replace(views=own.assign(area_m2=mean.reindex(asked).to_numpy()))


def _expected(
    views: pd.DataFrame, ground: Shapes, size: Callable[[Shapes], Any] = shapely.area
) -> Floats:
    shapes = np.asarray(views["geometry"], dtype=object)
    return expected_size(
        shapes, views["owner"].to_numpy(), views["duty"].to_numpy(dtype=np.float64), ground, size
    )


def _seen_share(pieces: Shapes, views: Shapes, camera: npt.NDArray[Any], duty: Floats) -> Floats:
    """Share of time at which any camera sees each piece."""
    inside = shapely.STRtree(shapely.point_on_surface(pieces))
    view, piece = inside.query(views, predicate="contains")
    pairs = pd.DataFrame({"piece": piece, "camera": camera[view], "duty": duty[view]})
    by_camera = pairs.groupby(["piece", "camera"], as_index=False)["duty"].sum()
    missed = (1.0 - by_camera["duty"].clip(upper=1.0)).groupby(by_camera["piece"]).prod()
    return 1.0 - missed.reindex(range(len(pieces)), fill_value=1.0).to_numpy()
