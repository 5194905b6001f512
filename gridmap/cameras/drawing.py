"""Drawing: from poses to the views of every camera at every level, over all that it may look at."""

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.cameras.ground import Ground
from gridmap.cameras.presets import merge_fields
from gridmap.cameras.relief import draw_over
from gridmap.cameras.views import Views, aim_at, draw_views, polygons_only
from gridmap.errors import InputError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
SHAPES = ("arc", "plane")
"""Where sight ends: at a distance, or at the plane of equal density across the axis."""
PTZ_MODES = ("presets", "instant", "reach")
"""What of a PTZ camera counts: its presets, where it points (most of the time), or all around."""
WIDEST_PLANE_DEG = 170.0
"""Fields wider than this [°] have no plane; they end at the arc."""
HIT_COLUMNS = ("row", "from_deg", "to_deg", "distance_m", "facade_m", "wall")
_FINE = 90


class How(NamedTuple):
    """How views are drawn: where sight ends, and whether only what blocks for certain does."""

    sight: str
    at_most: bool


class Drawing(NamedTuple):
    """Views of cameras.

    Attributes
    ----------
    views : GeoDataFrame
        camera_id, level, area_m2, facade_m, facade_residential_m, counted, geometry.
    hits : DataFrame
        camera_id, from_deg, to_deg, distance_m, facade_m: bearings under which homes are looked
        at, at the widest level; of a PTZ camera over its full reach.
    """

    views: gpd.GeoDataFrame
    hits: pd.DataFrame


def draw_poses(
    poses: pd.DataFrame,
    levels: list[str],
    ground: Ground,
    crs: Any,
    *,
    sight: str = "arc",
    ptz: str = "presets",
    at_most: bool = False,
) -> Drawing:
    """Draw what cameras see.

    Parameters
    ----------
    poses : DataFrame
        From :func:`gridmap.cameras.poses.pose_cameras`; those that count, and those on private
        ground, are drawn.
    levels : list of str
        Levels to draw, the farthest first.
    ground : Ground
        From :func:`gridmap.cameras.ground.prepare_ground`.
    crs : CRS
        Of the ground.
    sight : {"arc", "plane"}
        Where sight ends.
    ptz : {"presets", "instant", "reach"}
        What of a PTZ camera counts.
    at_most : bool
        Whether to draw what a camera with a mounting height may see at most: only what is known
        to be as high blocks, and what is lower casts no shadow.

    Returns
    -------
    Drawing

    Raises
    ------
    InputError
        If ``sight`` or ``ptz`` is not one of those.

    Notes
    -----
    A PTZ camera without presets counts where it points. Façades and hits of a PTZ camera are
    those of its full reach whatever counts, since that is what it can look at (MEASURES.md 5).
    With a mounting height a camera sees over what is lower; without one, every building blocks.

    Examples
    --------
    >>> from gridmap.cameras.ground import prepare_ground
    >>> from gridmap.cameras.poses import pose_cameras
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> ground = prepare_ground(toy)
    >>> poses = pose_cameras(toy["cameras"], ground.walls)
    >>> draw_poses(poses, ["range"], ground, toy.crs).views["camera_id"].tolist()
    ['cam1', 'cam2']
    """
    for told, known in ((sight, SHAPES), (ptz, PTZ_MODES)):
        if told not in known:
            raise InputError(f"Expected {' or '.join(known)}; found '{told}'. Use one of these.")
    drawn = poses[poses["reason"].isin(["", "private"])].reset_index(drop=True)
    ranges = drawn[levels].to_numpy(dtype=np.float64)
    how = How(sight, at_most)
    counted, hits = _draw_looks(drawn, _looks(drawn, ptz), ranges, ground, how)
    turning = np.flatnonzero(drawn["kind"] == "ptz")
    if len(turning) and ptz != "reach":
        around = _looks(drawn.iloc[turning], "reach")
        whole, more = _draw_looks(drawn, around, ranges, ground, how)
        for level, other in zip(counted, whole, strict=True):
            level.facade_m[turning] = other.facade_m[turning]
            level.facade_home_m[turning] = other.facade_home_m[turning]
        hits = pd.concat([hits[~hits["row"].isin(turning)], more], ignore_index=True)
    hits.insert(0, "camera_id", drawn["camera_id"].to_numpy()[hits.pop("row")])
    return Drawing(_table(drawn, levels, ranges, counted, crs), hits.drop(columns="wall"))


def _looks(drawn: pd.DataFrame, ptz: str) -> pd.DataFrame:
    """Fields that each camera looks into: row, heading_deg, hfov_deg; no two of one overlap."""
    told: list[tuple[int, float, float]] = []
    plain = drawn[["heading_deg", "hfov_deg", "kind", "presets"]]
    for row, heading, field, kind, presets in plain.itertuples(name=None):
        if kind == "ptz" and ptz == "reach":
            told.append((row, 0.0, 360.0))
        elif presets and ptz == "presets":
            fields = [
                (one.heading_deg, field if np.isnan(one.hfov_deg) else one.hfov_deg)
                for one in presets
            ]
            told += [(row, *one) for one in merge_fields(fields)]
        else:
            told.append((row, heading, field))
    return pd.DataFrame(told, columns=["row", "heading_deg", "hfov_deg"])


def _draw_looks(
    drawn: pd.DataFrame, looks: pd.DataFrame, ranges: Floats, ground: Ground, how: How
) -> tuple[list[Views], pd.DataFrame]:
    """Draw looks at each range, added up by camera, and list the homes they hit."""
    row = looks["row"].to_numpy(dtype=np.int64)
    plane = ((looks["hfov_deg"] <= WIDEST_PLANE_DEG) & (how.sight == "plane")).to_numpy()
    farthest = ranges[row].max(axis=1, initial=0.0)
    near = np.minimum(drawn["near_m"].to_numpy(dtype=np.float64)[row], farthest)
    aims = _aims(drawn.iloc[row], looks, farthest, plane)
    height = drawn["mount_height_m"].to_numpy(dtype=np.float64)[row]
    wanted = np.column_stack([ranges[row], near])
    views, hits = _draw_bands(aims, wanted, ground, height, plane, at_most=how.at_most)
    cut = [_cut_near(one, views[-1], aims, near, plane) for one in views[:-1]]
    hits["row"] = row[hits["row"].to_numpy(dtype=np.int64)]
    return [_by_camera(one, row, len(drawn)) for one in cut], hits


def _aims(place: pd.DataFrame, looks: pd.DataFrame, farthest: Floats, plane: Bools) -> Floats:
    field = looks["hfov_deg"].to_numpy(dtype=np.float64)
    corner = np.cos(np.radians(np.where(plane, field, 0.0)) / 2)
    heading = looks["heading_deg"].to_numpy(dtype=np.float64)
    x_m, y_m = place[["x_m", "y_m"]].to_numpy(dtype=np.float64).T
    return aim_at(x_m, y_m, heading, field, farthest / corner)


def _draw_bands(
    aims: Floats,
    ranges: Floats,
    ground: Ground,
    height_m: Floats,
    plane: Bools,
    *,
    at_most: bool,
) -> tuple[list[Views], pd.DataFrame]:
    """Draw together what meets the same walls: all without a height, and those of like heights."""
    step = np.array([-1 if np.isnan(one) else ground.relief.step(one) for one in height_m], int)
    count, found = len(aims), []
    views = [Views(np.full(count, None), *np.zeros((3, count))) for _ in range(ranges.shape[1])]
    for band in np.unique(step) if count else [-1]:
        some = np.flatnonzero(step == band)
        if band < 0:
            part, hit = draw_views(aims[some], ranges[some], ground.walls, plane[some])
        else:
            meets = ground.relief.at(height_m[some[0]])
            part, hit = draw_over(
                aims[some],
                ranges[some],
                meets,
                height_m[some],
                plane=plane[some],
                at_most=at_most,
            )
        found.append(hit.assign(row=some[hit["row"].to_numpy(dtype=np.int64)]))
        for whole, one in zip(views, part, strict=True):
            for target, source in zip(whole, one, strict=True):
                target[some] = source
    return views, pd.concat(found, ignore_index=True)[list(HIT_COLUMNS)]


def _cut_near(views: Views, close: Views, aims: Floats, near_m: Floats, plane: Bools) -> Views:
    """Take the near blind zone out of views; façades stay, since they rise into the picture."""
    some = np.flatnonzero((near_m > 0) & (views.area_m2 > 0))
    if not len(some):
        return views
    shape, area = views.shape.copy(), views.area_m2.copy()
    disc = shapely.buffer(shapely.points(aims[some, :2]), near_m[some], quad_segs=_FINE)
    zone = np.where(plane[some], close.shape[some], disc)
    left = shapely.difference(shape[some], zone)
    shape[some] = [polygons_only(one) for one in left]
    area[some] = np.maximum(area[some] - close.area_m2[some], 0.0)
    return Views(shape, area, views.facade_m, views.facade_home_m)


def _by_camera(views: Views, row: npt.NDArray[np.int64], count: int) -> Views:
    if len(row) == count and (row == np.arange(count)).all():
        return views
    shape = np.full(count, shapely.Polygon(), dtype=object)
    for number in np.unique(row):
        shape[number] = polygons_only(shapely.union_all(views.shape[row == number]))
    area, facade, homes = (np.bincount(row, one, count).astype(np.float64) for one in views[1:])
    return Views(shape, area, facade, homes)


def _table(
    drawn: pd.DataFrame, levels: list[str], ranges: Floats, views: list[Views], crs: Any
) -> gpd.GeoDataFrame:
    row, level = np.nonzero(ranges > 0)

    def of(name: str) -> Any:
        return np.column_stack([getattr(one, name) for one in views])[row, level]

    table = pd.DataFrame(
        {
            "camera_id": drawn["camera_id"].to_numpy()[row],
            "level": np.array(levels, dtype=object)[level],
            "area_m2": of("area_m2"),
            "facade_m": of("facade_m"),
            "facade_residential_m": of("facade_home_m"),
            "counted": (drawn["reason"] == "").to_numpy()[row],
        }
    )
    return gpd.GeoDataFrame(table, geometry=of("shape"), crs=crs)
