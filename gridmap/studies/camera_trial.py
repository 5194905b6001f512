"""One camera tried out: what it would see elsewhere, turned, or with other optics.

Nothing is stored. Whatever does not change with the camera (walls, public space, what the other
cameras see) is worked out once for a neighbourhood and kept in it.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.cameras.audit import ASSUMED_MOUNT_M, FACE_PX_PER_M, PRIVATE_GROUND
from gridmap.cameras.drawing import draw_poses
from gridmap.cameras.ground import Ground
from gridmap.cameras.masking import propose_masks
from gridmap.cameras.optics import EDITION, levels
from gridmap.cameras.poses import level_names, pose_cameras
from gridmap.cameras.seen import union_over_cells
from gridmap.cameras.uncertainty import DRAWS, draw_bands
from gridmap.district import District
from gridmap.units import MIN_PUBLIC_M2

ANY = "any"
"""Level at which a camera counts with all that it sees, however little detail there is."""
_LEAST_M2, _LEAST_M = 0.01, 0.1


class Terms(NamedTuple):
    """What counts: edition of IEC/EN 62676-4, day, and whether broken cameras are left out."""

    edition: str = EDITION
    on: date | None = None
    working_only: bool = True


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """A part of a district in which a camera is tried out.

    Attributes
    ----------
    district : District
        Cells, roads, landuse and buildings around, and all cameras that see any of the cells.
    ground : Ground
        From :func:`gridmap.cameras.ground.prepare_ground`.
    kept : dict
        What was worked out before.
    """

    district: District
    ground: Ground
    kept: dict[Any, Any] = field(default_factory=dict)

    def views(self, terms: Terms) -> gpd.GeoDataFrame:
        """Draw the cameras that count; the farthest level of each comes first."""
        if terms not in self.kept:
            poses = _pose(self.district["cameras"], self.ground, terms)
            names = level_names(poses, terms.edition)
            drawn = draw_poses(poses, names, self.ground, self.district.crs).views
            self.kept[terms] = drawn[drawn["counted"]]
        views: gpd.GeoDataFrame = self.kept[terms]
        return views


class Look(NamedTuple):
    """What a camera sees, and what becomes of its surroundings.

    Attributes
    ----------
    reason : str
        Why it does not count (a key of :data:`gridmap.cameras.poses.REASONS`), empty if it does.
    blind : str
        Why nothing can be drawn of it, empty if it can.
    pose : dict
        x_m, y_m, snapped_m, wall_m, heading_deg, hfov_deg, near_m, assumed_hfov, optics.
    views : GeoDataFrame
        level, range_m, area_m2, public_m2, public_share, facade_m, facade_residential_m and
        geometry, the farthest first.
    cells : DataFrame
        cell_id, public_m2, before_m2, after_m2, before, after (shares at the level asked for) of
        the cells that it sees, or saw where the map has it.
    streets : DataFrame
        name, highway, seen_m: streets in its widest view.
    overlap : DataFrame
        camera_id, share of its widest view that this other camera sees too.
    overlap_share : float or None
        Share of its widest view that any other camera sees too.
    privacy : dict
        facade_m and facade_most_m (façades of homes seen for certain, and at most [m]),
        facade_125_m (of the latter at 125 px/m or more; None without optics), nearest_home_m,
        private_m2 and masks, as :func:`gridmap.cameras.audit.audit_privacy` tells them; empty
        where nothing is drawn.
    """

    reason: str
    blind: str
    pose: dict[str, Any]
    views: gpd.GeoDataFrame
    cells: pd.DataFrame
    streets: pd.DataFrame
    overlap: pd.DataFrame
    overlap_share: float | None
    privacy: dict[str, Any]


def try_camera(
    around: Neighbourhood, camera: gpd.GeoDataFrame, terms: Terms, level: str = ANY
) -> Look:
    """Look through one camera, as it is or as it might be.

    Parameters
    ----------
    around : Neighbourhood
        Reaching as far as the camera may see.
    camera : GeoDataFrame
        One row of the layer ``cameras`` in the CRS of the neighbourhood; if a camera of this
        camera_id is there already, it is the one that changes.
    terms : Terms
        What counts.
    level : str
        Level at which the change of cells is told.

    Returns
    -------
    Look

    Notes
    -----
    A camera that is proposed, planned, broken or not yet in use is drawn all the same and told as
    not counted; what becomes of the cells is then what would, if it counted. Per cell and level
    after = area(P ∩ (U ∪ V)) ÷ area(P), with U the union of what all others see and V its view:
    the same as measuring the district with the camera changed.

    Examples
    --------
    >>> from gridmap.cameras.ground import prepare_ground
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> around = Neighbourhood(toy, prepare_ground(toy))
    >>> turned = toy["cameras"].iloc[[0]].assign(heading_deg=90.0)
    >>> look = try_camera(around, turned, Terms())
    >>> look.reason, look.views["level"].tolist(), look.cells["cell_id"].tolist()
    ('', ['range'], ['sw'])
    """
    ground = around.ground
    standing = camera.assign(status="working", proposed=False, in_use_on=pd.NaT)
    pose = _pose(standing, ground, terms)
    blind = str(pose["reason"].iloc[0])
    views, hits = _views(pose, around, terms)
    name = camera["camera_id"].iloc[0]
    widest = views.geometry.iloc[0] if len(views) else shapely.Polygon()
    others = around.views(terms)
    others = others[others["camera_id"] != name]
    overlap, share = _overlap(widest, others)
    return Look(
        reason=str(_pose(camera, ground, terms)["reason"].iloc[0])
        if _waits(camera, terms)
        else blind,
        blind="" if blind == "private" else blind,
        pose={str(key): value for key, value in pose.iloc[0].items()},
        views=views,
        cells=_cells(around, str(name), _at(views, level), terms, level),
        streets=_streets(around, widest),
        overlap=overlap,
        overlap_share=share,
        privacy=_privacy(around, pose, views, hits, terms) if len(views) else {},
    )


def farthest_m(cameras: gpd.GeoDataFrame, edition: str = EDITION) -> npt.NDArray[np.float64]:
    """How far each camera may see at most [m], whatever stands in its way.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> farthest_m(toy_district()["cameras"]).tolist()
    [50.0, 20.0]
    """
    from gridmap.cameras.walls import walls_of

    nothing = np.empty(0, dtype=object)
    poses = pose_cameras(cameras, walls_of(nothing, nothing), None, edition)
    names = level_names(poses.assign(reason=""), edition)
    return poses[names].max(axis=1).to_numpy(dtype=np.float64)


def _pose(cameras: gpd.GeoDataFrame, ground: Ground, terms: Terms) -> pd.DataFrame:
    return pose_cameras(
        cameras, ground.walls, terms.on, terms.edition, working_only=terms.working_only
    )


def _views(
    pose: pd.DataFrame, around: Neighbourhood, terms: Terms
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    names = level_names(pose.assign(reason=""), terms.edition)
    views, hits = draw_poses(pose, names, around.ground, around.district.crs)
    views = views[views["area_m2"] > 0].reset_index(drop=True)
    shapes = np.asarray(views.geometry, dtype=object)
    row, cell = _tree(around).query(shapes, predicate="intersects")
    on_public = shapely.area(shapely.intersection(shapes[row], around.ground.public[cell]))
    views["public_m2"] = np.bincount(row, on_public, len(views)).astype(np.float64)
    views["public_share"] = np.clip(views["public_m2"] / views["area_m2"], 0.0, 1.0)
    views["range_m"] = [float(pose[name].iloc[0]) for name in views["level"]]
    return views, hits


def _tree(around: Neighbourhood) -> shapely.STRtree:
    if "tree" not in around.kept:
        around.kept["tree"] = shapely.STRtree(around.ground.public)
    tree: shapely.STRtree = around.kept["tree"]
    return tree


def _at(views: pd.DataFrame, level: str) -> npt.NDArray[np.object_]:
    """Shapes of views at a level; at ``any`` the widest of each camera."""
    some = views.drop_duplicates("camera_id") if level == ANY else views[views["level"] == level]
    return np.asarray(some["geometry"], dtype=object)


def _cells(
    around: Neighbourhood,
    name: str,
    shapes: npt.NDArray[np.object_],
    terms: Terms,
    level: str,
) -> pd.DataFrame:
    views = around.views(terms)
    before = _at(views[views["camera_id"] == name], level)
    both = np.r_[before, shapes]
    touched = np.unique(_tree(around).query(both, predicate="intersects")[1]).astype(int)
    open_ground = _left_open(around, name, touched, terms, level)
    public = around.ground.area_m2[touched]
    left = shapely.area(open_ground)
    seen = [
        public - left + shapely.area(shapely.intersection(open_ground, _one(view)))
        for view in (before, shapes)
    ]
    table = pd.DataFrame({"cell_id": around.ground.cell_id[touched], "public_m2": public})
    table["before_m2"], table["after_m2"] = seen
    enough = public >= MIN_PUBLIC_M2
    for when, area in zip(("before", "after"), seen, strict=True):
        part = np.divide(area, public, out=np.full(len(public), np.nan), where=enough)
        table[when] = np.clip(part, 0.0, 1.0)
    table["gain"] = table["after_m2"] - table["before_m2"]
    order = np.lexsort((table["cell_id"], -table["gain"].abs().round(6)))
    return table.drop(columns="gain").iloc[order].reset_index(drop=True)


def _one(shapes: npt.NDArray[np.object_]) -> shapely.Geometry:
    return shapes[0] if len(shapes) else shapely.Polygon()


def _left_open(
    around: Neighbourhood, name: str, cells: npt.NDArray[np.int64], terms: Terms, level: str
) -> npt.NDArray[np.object_]:
    """Public space of cells that no other camera sees; each is worked out once."""
    known = around.kept.setdefault((terms, level, name), {})
    new = np.array([cell for cell in cells if cell not in known], dtype=int)
    if len(new):
        views = around.views(terms)
        others = _at(views[views["camera_id"] != name], level)
        public = around.ground.public[new]
        seen = union_over_cells(others, public)
        known.update(zip(new.tolist(), shapely.difference(public, seen), strict=True))
    found = np.empty(len(cells), dtype=object)
    found[:] = [known[cell] for cell in cells.tolist()]
    return found


def _streets(around: Neighbourhood, view: shapely.Geometry) -> pd.DataFrame:
    if "roads" not in around.kept:
        roads = around.district["roads"]
        lines = np.asarray(roads.geometry, dtype=object)
        around.kept["roads"] = (roads[["name", "highway"]], lines, shapely.STRtree(lines))
    roads, lines, tree = around.kept["roads"]
    near = tree.query(view, predicate="intersects")
    table = pd.DataFrame(roads.iloc[near]).reset_index(drop=True)
    table["seen_m"] = shapely.length(shapely.intersection(lines[near], view))
    named = table["name"].notna()
    table["highway"] = table["highway"].where(~named)
    summed = table.groupby(["name", "highway"], dropna=False, as_index=False)["seen_m"].sum()
    seen = summed[summed["seen_m"] >= _LEAST_M]
    return seen.sort_values("seen_m", ascending=False, kind="stable").reset_index(drop=True)


def _overlap(view: shapely.Geometry, others: pd.DataFrame) -> tuple[pd.DataFrame, float | None]:
    area = shapely.area(view)
    widest = others.drop_duplicates("camera_id")
    shapes = np.asarray(widest["geometry"], dtype=object)
    near = np.flatnonzero(shapely.intersects(shapes, view)) if area > 0 else np.empty(0, int)
    common = shapely.intersection(shapes[near], view)
    table = pd.DataFrame({"camera_id": widest["camera_id"].to_numpy()[near]})
    table["share"] = shapely.area(common) / area if area > 0 else np.empty(0)
    table = table[table["share"] * area >= _LEAST_M2]
    share = float(shapely.area(shapely.union_all(common)) / area) if area > 0 else None
    return table.sort_values("share", ascending=False, ignore_index=True), share


def _waits(camera: pd.DataFrame, terms: Terms) -> bool:
    """Whether it may not count for what the list says of it, wherever it looks."""
    row = camera.iloc[0]
    idle = pd.notna(row["status"]) and row["status"] != "working"
    later = terms.on is not None and row["in_use_on"] > pd.Timestamp(terms.on)
    return bool(idle or later or (pd.notna(row["proposed"]) and row["proposed"]))


def _privacy(
    around: Neighbourhood,
    pose: pd.DataFrame,
    views: gpd.GeoDataFrame,
    hits: pd.DataFrame,
    terms: Terms,
) -> dict[str, Any]:
    # One drawing is there already: for certain of a lens of unknown height, else at most.
    unknown = bool(pose["mount_height_m"].isna().iloc[0])
    again = pose.assign(mount_height_m=ASSUMED_MOUNT_M if unknown else np.nan)
    names = views["level"].tolist()
    other = draw_poses(again, names, around.ground, around.district.crs)
    sure, most = (views, other.views) if unknown else (other.views, views)
    hits = other.hits if unknown else hits
    certain = float(sure["facade_residential_m"].max()) if len(sure) else 0.0
    table = levels(terms.edition)
    dense = most["level"].isin(table["level"][table["pixels_per_m"] == FACE_PX_PER_M])
    row = pose.iloc[0]
    bearings = propose_masks(hits, row["heading_deg"], 360.0 if row["presets"] else row["hfov_deg"])
    return {
        "facade_m": certain,
        "facade_most_m": max(certain, float(most["facade_residential_m"].max())),
        "facade_125_m": float(most["facade_residential_m"][dense].sum()) if row["optics"] else None,
        "nearest_home_m": float(hits["distance_m"].min()) if len(hits) else None,
        "private_m2": _private_m2(around, views.geometry.iloc[0]),
        "masks": [one._asdict() for one in bearings],
    }


def _private_m2(around: Neighbourhood, view: shapely.Geometry) -> float:
    landuse = around.district["landuse"]
    grounds = np.asarray(landuse.geometry[landuse["kind"].isin(PRIVATE_GROUND)], dtype=object)
    near = grounds[shapely.intersects(grounds, view)]
    if not len(near):
        return 0.0
    public = around.ground.public[_tree(around).query(view, predicate="intersects")]
    mine = shapely.intersection(shapely.union_all(shapely.make_valid(near)), view)
    return float(shapely.area(shapely.difference(mine, shapely.union_all(public))))


def band_m2(
    around: Neighbourhood, camera: gpd.GeoDataFrame, terms: Terms
) -> tuple[float, float] | None:
    """Area that nine of ten errors of position and azimuth leave to its widest view, and one does.

    Returns
    -------
    tuple of float, or None
        10 % and 90 % quantile [m²]; None where nothing is drawn.

    Notes
    -----
    The errors of :mod:`gridmap.cameras.uncertainty`, drawn for as many copies of the camera at
    once.

    Examples
    --------
    >>> from gridmap.cameras.ground import prepare_ground
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> around = Neighbourhood(toy, prepare_ground(toy))
    >>> low, high = band_m2(around, toy["cameras"].iloc[[0]], Terms())
    >>> 0 < low <= high < 2000
    True
    """
    pose = _pose(
        camera.assign(status="working", proposed=False, in_use_on=pd.NaT), around.ground, terms
    )
    if pose["reason"].iloc[0] not in ("", "private"):
        return None
    names = level_names(pose.assign(reason=""), terms.edition)
    copies = pd.concat([pose.assign(reason="")] * DRAWS, ignore_index=True)
    copies["camera_id"] = copies.index.astype(str)
    told = draw_bands(copies, names[:1], around.ground, around.district.crs, draws=1)
    low, high = np.quantile(told.cameras["p50_m2"], (0.1, 0.9))
    return float(low), float(high)
