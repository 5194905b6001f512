"""Uncertainty: how much totals and single cameras change with errors of position and azimuth."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.cameras.drawing import draw_poses
from gridmap.cameras.ground import Ground
from gridmap.cameras.seen import union_over_cells
from gridmap.cameras.walls import stand_outside
from gridmap.progress import Progress, silent

POSITION_M = 1.0
"""Standard error of a camera's position in each direction [m]."""
AZIMUTH_DEG = 5.0
"""Standard error of a camera's heading [°]."""
DRAWS, SEED = 40, 20260101
_BAND = (0.1, 0.5, 0.9)


class Uncertainty(NamedTuple):
    """Bands of results.

    Attributes
    ----------
    totals : DataFrame
        level, p10, p50, p90: share of public space seen.
    cameras : DataFrame
        camera_id, p10_m2, p50_m2, p90_m2: area of the widest view.
    """

    totals: pd.DataFrame
    cameras: pd.DataFrame


def draw_bands(
    poses: pd.DataFrame,
    levels: list[str],
    ground: Ground,
    crs: Any,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    position_m: float = POSITION_M,
    azimuth_deg: float = AZIMUTH_DEG,
    progress: Progress = silent,
) -> Uncertainty:
    """Measure again with positions and headings off by chance.

    Parameters
    ----------
    poses : DataFrame
        From :func:`gridmap.cameras.poses.pose_cameras`.
    levels : list of str
        Levels, the farthest first.
    ground : Ground
        From :func:`gridmap.cameras.ground.prepare_ground`.
    crs : CRS
        Of the ground.
    draws, seed : int
        How often, and the seed: the same seed gives the same bands.
    position_m, azimuth_deg : float
        Standard errors of x and y [m], and of the heading [°].
    progress : Progress
        Told of each draw.

    Returns
    -------
    Uncertainty

    Notes
    -----
    Normal errors; a heading that states how far it may be off is anything within that. Told is
    the 10–90 % band of the draws (MEASURES.md 5). A camera that an error puts into
    a building stays where it is mapped. Totals are robust, single cameras are not; trees are not
    in the data, so the band is one of an upper bound.

    Examples
    --------
    >>> from gridmap.cameras.ground import prepare_ground
    >>> from gridmap.cameras.poses import pose_cameras
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> ground = prepare_ground(toy)
    >>> poses = pose_cameras(toy["cameras"], ground.walls)
    >>> told = draw_bands(poses, ["range"], ground, toy.crs, draws=5)
    >>> bool((told.totals["p10"] <= told.totals["p90"]).all()), len(told.cameras)
    (True, 2)
    """
    rng = np.random.default_rng(seed)
    counted = poses[poses["reason"] == ""]
    total = np.empty((draws, len(levels)))
    single = np.empty((draws, len(counted)))
    for draw in range(draws):
        progress("cameras: uncertainty", draw, draws)
        moved = _shaken(counted, ground, rng, position_m, azimuth_deg)
        views = draw_poses(moved, levels, ground, crs).views
        total[draw] = [_share(views[views["level"] == level], ground) for level in levels]
        widest = views.drop_duplicates("camera_id").set_index("camera_id")["area_m2"]
        single[draw] = widest.reindex(counted["camera_id"]).fillna(0.0).to_numpy()
    names = counted["camera_id"].to_numpy()
    return Uncertainty(
        _bands(total, "level", np.array(levels, dtype=object), ""),
        _bands(single, "camera_id", names, "_m2"),
    )


def _shaken(
    poses: pd.DataFrame,
    ground: Ground,
    rng: np.random.Generator,
    position_m: float,
    azimuth_deg: float,
) -> pd.DataFrame:
    place = poses[["x_m", "y_m"]] + rng.normal(0.0, position_m, (len(poses), 2))
    told = stand_outside(place, ground.walls, poses["heading_deg"])
    # One that an error carried into a building is nudged to the wall only where it hung on one.
    kept = told["inside"] | ((told["snapped_m"] > 0) & (poses["snapped_m"] == 0))
    moved = poses.copy()
    for name in ("x_m", "y_m"):
        moved[name] = told[name].where(~kept, poses[name])
    off = rng.normal(0.0, azimuth_deg, len(poses))
    rough = poses["heading_error_deg"].to_numpy(dtype=np.float64)
    even = np.nan_to_num(rough) * rng.uniform(-1.0, 1.0, len(poses))
    moved["heading_deg"] = poses["heading_deg"] + np.where(rough > 0, even, off)
    return moved


def _share(views: Any, ground: Ground) -> float:
    area = float(ground.area_m2.sum())
    union = union_over_cells(np.asarray(views["geometry"], dtype=object), ground.public)
    seen = float(shapely.area(shapely.intersection(ground.public, union)).sum())
    return seen / area if area > 0 else np.nan


def _bands(
    told: npt.NDArray[np.float64], name: str, of: npt.NDArray[Any], unit: str
) -> pd.DataFrame:
    low, middle, high = np.quantile(told, _BAND, axis=0)
    return pd.DataFrame({name: of, f"p10{unit}": low, f"p50{unit}": middle, f"p90{unit}": high})
