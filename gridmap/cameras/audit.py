"""The privacy audit: what each camera sees that it should not, what it lacks, what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.cameras.drawing import draw_poses
from gridmap.cameras.ground import Ground, prepare_ground
from gridmap.cameras.masking import ground_levels, masked_share, propose_masks
from gridmap.cameras.measures import CameraMeasures
from gridmap.cameras.optics import EDITION, RANGE, levels
from gridmap.cameras.poses import pose_cameras
from gridmap.cameras.privacy import paper_reasons
from gridmap.cameras.prohibited import prohibited_reasons
from gridmap.cameras.removal import REMOVAL_SHARE, overlap_with_others
from gridmap.cameras.verdicts import judge_camera, rank_cameras, summarise
from gridmap.district import District

Shapes = npt.NDArray[np.object_]
FACE_PX_PER_M = 125.0
"""Density [px/m] from which a known person can be told at a window."""
ASSUMED_MOUNT_M = 6.0
"""Height [m] of a lens of which none is told: a pole or a first floor; what is known to be lower
does not hide homes from it."""
PRIVATE_GROUND = frozenset(
    {"private", "military", "construction", "residential", "allotments", "parking_private"}
    | {"居住", "住宅", "私人"}
)
"""Kinds of ground that are private unless they are public space."""
COLUMNS = (
    "camera_id", "rank", "verdict", "operator", "kind", "zone", "cell_id", "facade_m",
    "facade_most_m", "facade_125_m", "homes_125", "nearest_home_m", "densest_px_per_m",
    "facade_by_level", "private_m2", "outside_public_share", "masked_share", "overlap_share",
    "removal", "overlaps", "masks", "reasons", "in_use_on", "filed_on", "reviewed_on",
)  # fmt: skip
"""Columns of the audit."""


@dataclass(frozen=True, eq=False)
class WatchedMeasures(CameraMeasures):
    """What cameras measured, and the audit of their privacy.

    Attributes
    ----------
    privacy : DataFrame
        From :func:`audit_privacy`.
    """

    privacy: pd.DataFrame


def with_audit(
    measured: CameraMeasures,
    district: District,
    ground: Ground,
    on: date | None = None,
    edition: str = EDITION,
) -> WatchedMeasures:
    """Measures with their audit, and its totals in the summary under ``privacy``.

    Examples
    --------
    >>> from gridmap.cameras import measure_cameras
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> ground = prepare_ground(toy)
    >>> told = with_audit(measure_cameras(toy, ground=ground), toy, ground)
    >>> told.summary["privacy"]["audited"], len(told.privacy)
    (2, 2)
    """
    audit = audit_privacy(district, on, ground=ground, edition=edition)
    told = {name: getattr(measured, name) for name in measured.__dataclass_fields__}
    told["summary"] = measured.summary | {"privacy": summarise(audit)}
    return WatchedMeasures(**told, privacy=audit)


def audit_privacy(
    district: District,
    on: date | None = None,
    *,
    ground: Ground | None = None,
    edition: str = EDITION,
) -> pd.DataFrame:
    """Judge every camera by what it sees of homes, and by its papers.

    Parameters
    ----------
    district : District
        With cells and cameras; buildings, landuse, roads and sites where it has them.
    on : date, optional
        Day on which papers are looked at.
    ground : Ground, optional
        From :func:`gridmap.cameras.ground.prepare_ground`; default: made from the district.
    edition : {"2014", "2025"}
        Edition of IEC/EN 62676-4 for the densities.

    Returns
    -------
    DataFrame
        One row per camera that was not removed, the worst first, in the columns :data:`COLUMNS`:
        ``facade_m`` and ``facade_most_m`` (façades of homes seen for certain, and at most, where
        buildings of unknown height stand between [m]), ``facade_125_m`` (of the latter at 125 px/m
        or more; empty without optics), ``homes_125`` (True, False or None: unknown),
        ``facade_by_level`` (m by level), ``private_m2``, ``outside_public_share``,
        ``masks`` (list of dict), ``reasons`` (list of dict with ``code``), ``verdict``.

    Raises
    ------
    MissingLayerError
        If the district has no cells or no cameras.

    Notes
    -----
    MEASURES.md 5: a PTZ camera is judged by its full reach; a building of unknown height does not
    block for privacy. A lens of unknown height is taken to hang :data:`ASSUMED_MOUNT_M` high.
    Cameras that are proposed, planned, broken or on private ground are judged like all others.
    ``private_m2`` and ``outside_public_share`` count only what is seen for certain; the share is
    that of the view within the cells.

    Examples
    --------
    A camera in front of a home's wall that looks north-east, along 20 m of it:

    >>> import geopandas as gpd
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> here = gpd.points_from_xy([500_040, 500_100], [4_400_310, 4_400_100], crs=toy.crs)
    >>> told = audit_privacy(toy.with_layers(cameras=toy["cameras"].set_geometry(here)))
    >>> told[["camera_id", "verdict", "facade_m"]].round(1).values.tolist()
    [['cam1', 'refused', 20.0], ['cam2', 'papers', 0.0]]
    """
    district.needs("cells", "cameras")
    ground = prepare_ground(district) if ground is None else ground
    layer = district["cameras"]
    layer = layer[layer["status"] != "removed"].reset_index(drop=True)
    poses = _poses(layer, ground, edition)
    seen = _seen(poses, ground, district, edition)
    table = pd.DataFrame({"camera_id": layer["camera_id"]}).join(seen, on="camera_id")
    for name in ("operator", "kind", "zone", "in_use_on", "filed_on", "reviewed_on"):
        table[name] = layer.get(name)
    places = np.asarray(layer.geometry, dtype=object)
    table["cell_id"] = _cells(district["cells"], places)
    table["private_m2"], table["outside_public_share"] = _ground_seen(table, district, ground)
    table = table.join(_overlaps(layer, table, on), on="camera_id")
    views = _or_empty(table["open_view"])
    told = {
        "prohibited": prohibited_reasons(district, layer, places, views),
        "papers": paper_reasons(layer, on),
        "blind": poses["reason"].tolist(),
        "homes_125": [one if isinstance(one, bool) else None for one in table["homes_125"]],
        "facade_by_level": [
            one if isinstance(one, dict) else {} for one in table["facade_by_level"]
        ],
        "masks": [one if isinstance(one, list) else [] for one in table["masks"]],
    }
    table = table.assign(**{name: objects(values) for name, values in told.items()})
    judged = [judge_camera(row) for row in table.to_dict("records")]
    table["verdict"] = objects([verdict for verdict, _ in judged])
    table["reasons"] = objects([reasons for _, reasons in judged])
    return rank_cameras(table)[list(COLUMNS)]


def objects(values: Sequence[Any]) -> pd.Series:
    """Values of any kind as a column, as they are.

    Examples
    --------
    >>> objects([None, True, [1]]).tolist()
    [None, True, [1]]
    """
    return pd.Series(list(values), dtype=object)


def _poses(layer: Any, ground: Ground, edition: str) -> pd.DataFrame:
    """Poses of all that stands or may come to stand; a PTZ camera as what it can turn to."""
    turning = layer["kind"] == "ptz"
    plain = layer.assign(
        proposed=False,
        status="working",
        in_use_on=pd.NaT,
        heading_deg=layer["heading_deg"].mask(turning, 0.0),
        hfov_deg=layer["hfov_deg"].mask(turning, 360.0),
        tilt_deg=layer["tilt_deg"].mask(turning),
    )
    if "presets" in layer:
        plain["presets"] = layer["presets"].mask(turning)
    poses = pose_cameras(plain, ground.walls, None, edition)
    poses.loc[turning, "kind"] = "dome"
    poses["reason"] = poses["reason"].mask(poses["reason"] == "private", "")
    return poses


def _seen(poses: pd.DataFrame, ground: Ground, district: District, edition: str) -> pd.DataFrame:
    """Measure the homes each camera sees, for certain and at most, with views and masks."""
    drawn = poses[poses["reason"] == ""]
    ranges = [RANGE, *ground_levels(poses)]
    mount = drawn["mount_height_m"]
    unknown = drawn.assign(mount_height_m=np.nan, **{RANGE: drawn[ranges].max(axis=1)})
    assumed = drawn.assign(mount_height_m=mount.fillna(ASSUMED_MOUNT_M))
    sure = draw_poses(unknown, [RANGE], ground, district.crs)
    most = draw_poses(assumed, ranges, ground, district.crs, at_most=True)
    told = pd.DataFrame(index=pd.Index(drawn["camera_id"], name="camera_id"))
    told["facade_m"] = _widest(sure.views)["facade_residential_m"].reindex(told.index).fillna(0.0)
    widest = _widest(most.views).reindex(told.index)
    told["facade_most_m"] = widest["facade_residential_m"].fillna(0.0)
    told["facade_most_m"] = told[["facade_m", "facade_most_m"]].max(axis=1)
    told["view"] = _widest(sure.views)["geometry"].reindex(told.index)
    told["open_view"] = widest["geometry"]
    told["facade_by_level"] = objects(_by_level(most.views, told.index)).to_numpy()
    dense_m, homes_125 = _at_density(told, drawn, edition)
    told["facade_125_m"], told["homes_125"] = dense_m, objects(homes_125).to_numpy()
    told["nearest_home_m"] = most.hits.groupby("camera_id")["distance_m"].min()
    told["densest_px_per_m"] = _density(drawn, edition) / told["nearest_home_m"]
    masks, told["masked_share"] = _masks(drawn, most.hits)
    told["masks"] = objects(masks).to_numpy()
    return told


def _widest(views: pd.DataFrame) -> pd.DataFrame:
    """View of each camera at its first level, which reaches farthest."""
    return views.drop_duplicates("camera_id").set_index("camera_id")


def _by_level(views: pd.DataFrame, index: pd.Index) -> list[dict[str, float]]:
    told: dict[Any, dict[str, float]] = {name: {} for name in index}
    rows = views[["camera_id", "level", "facade_residential_m"]]
    for name, level, length in rows.itertuples(index=False):
        told[name][level] = round(float(length), 3)
    return list(told.values())


def _at_density(
    told: pd.DataFrame, drawn: pd.DataFrame, edition: str
) -> tuple[list[float], list[bool | None]]:
    """Façade at 125 px/m or more; unknown without optics, unless no home is in sight at all."""
    table = levels(edition)
    level = table["level"][table["pixels_per_m"] == FACE_PX_PER_M].iloc[0]
    optics = drawn["optics"].to_numpy(dtype=bool)
    dense = np.array([one.get(level, 0.0) for one in told["facade_by_level"]])
    none = told["facade_most_m"].to_numpy() <= 0
    dense_m = np.where(optics | none, np.where(none, 0.0, dense), np.nan)
    return dense_m.tolist(), [None if np.isnan(one) else bool(one > 0) for one in dense_m]


def _density(drawn: pd.DataFrame, edition: str) -> npt.NDArray[np.float64]:
    """Pixels per metre at one metre: N f ÷ w; empty without optics."""
    table = levels(edition).set_index("level")["pixels_per_m"]
    known = [name for name in table.index if name in drawn]
    if drawn.empty or not known:
        return np.full(len(drawn), np.nan)
    # The range of a level is N f ÷ (w L), unless a tilt cuts it: the closest level is cut last.
    product = (drawn[known] * table[known]).max(axis=1)
    return product.where(drawn["optics"] & (product > 0)).to_numpy(dtype=np.float64)


def _masks(
    drawn: pd.DataFrame, hits: pd.DataFrame
) -> tuple[list[list[dict[str, Any]]], list[float]]:
    by_camera = dict(list(hits.groupby("camera_id")))
    none = hits.iloc[:0]
    masks, shares = [], []
    for pose in drawn.to_dict("records"):
        mine = by_camera.get(pose["camera_id"], none)
        field = 360.0 if pose["presets"] else pose["hfov_deg"]
        told = propose_masks(mine, pose["heading_deg"], field)
        masks.append([one._asdict() for one in told])
        shares.append(masked_share(told, field))
    return masks, shares


def _ground_seen(
    table: pd.DataFrame, district: District, ground: Ground
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Private ground in view [m²], and the share of the view in the cells that is not public."""
    known = ~table["view"].isna().to_numpy()
    views = _or_empty(table["view"])
    public = _area_over(views, ground.public)
    within = _area_over(views, np.asarray(district["cells"].geometry, dtype=object))
    private = _area_over(views, _private_ground(district, ground))
    share = np.divide(public, within, out=np.full(len(views), np.nan), where=within > 0)
    return np.where(known, private, np.nan), np.where(known, np.clip(1 - share, 0, 1), np.nan)


def _private_ground(district: District, ground: Ground) -> Shapes:
    landuse = district["landuse"]
    shapes = np.asarray(landuse.geometry[landuse["kind"].isin(PRIVATE_GROUND)], dtype=object)
    if not len(shapes):
        return shapes
    mine = shapely.get_parts(shapely.union_all(shapely.make_valid(shapes)))
    near = [
        shapely.union_all(ground.public[cells])
        for cells in (shapely.STRtree(ground.public).query(one) for one in mine)
    ]
    return np.asarray(shapely.difference(mine, near), dtype=object)


def _area_over(views: Shapes, grounds: Shapes) -> npt.NDArray[np.float64]:
    """Area of each view over grounds that do not overlap [m²]."""
    row, ground = shapely.STRtree(grounds).query(views, predicate="intersects")
    both = shapely.area(shapely.intersection(views[row], grounds[ground]))
    return np.bincount(row, both, len(views)).astype(np.float64)


def _overlaps(layer: Any, table: pd.DataFrame, on: date | None) -> pd.DataFrame:
    """Overlap among cameras that stand and work: what is broken or planned replaces nothing."""
    working = ~layer["status"].isin(["broken", "planned"])
    working &= ~layer["proposed"].fillna(False).astype(bool)
    if on:
        working &= ~(pd.to_datetime(layer["in_use_on"]) > pd.Timestamp(on))
    some = table[working & table["view"].notna()]
    told = overlap_with_others(some["camera_id"], _or_empty(some["view"]))
    told = told.rename(columns={"with": "overlaps"}).reindex(table["camera_id"])
    told["removal"] = told["removal"].fillna(False).astype(bool)
    low = ~(told["overlap_share"] > REMOVAL_SHARE)
    told["overlaps"] = [
        [] if less or not isinstance(one, list) else one
        for one, less in zip(told["overlaps"], low, strict=True)
    ]
    return told


def _cells(cells: Any, places: Shapes) -> list[str | None]:
    row, cell = shapely.STRtree(np.asarray(cells.geometry, dtype=object)).query(
        places, predicate="intersects"
    )
    ids = cells["cell_id"].to_numpy(dtype=object)
    told: list[str | None] = [None] * len(places)
    for one, number in zip(row[::-1], cell[::-1], strict=True):
        told[one] = str(ids[number])
    return told


def _or_empty(views: pd.Series) -> Shapes:
    shapes = np.full(len(views), shapely.Polygon(), dtype=object)
    known = views.notna().to_numpy()
    shapes[known] = views.to_numpy(dtype=object)[known]
    return shapes
