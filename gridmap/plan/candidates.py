"""Where cameras could be mounted: poles along streets, façades, or a list; and where they look."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap import schema
from gridmap.cameras.ground import Ground
from gridmap.cameras.models import OPTICS, camera_models
from gridmap.cameras.public import open_streets
from gridmap.cameras.walls import STAND_OFF_M
from gridmap.errors import InputError, name_ids
from gridmap.schema import Finding

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]

POLE, FACADE, LISTED = "pole", "facade", "listed"
"""Kinds of mounts."""
POLE_SPACING_M = 50.0
"""Distance of poles along a street [m]."""
FACADE_SPACING_M = 25.0
"""Distance of mounts along façades [m]."""
NEAR_M = 10.0
"""Generated mounts keep this distance [m] from each other; crossings go first, then poles."""
FACING_M = 3.0
"""A façade faces public space if there is some this far [m] in front of it."""
KERB_M = 0.5
"""Poles stand this far [m] inside the edge of the street's public ground."""
DEFAULT_MODEL = "4mp_2.8_1/2.7"
"""Kind of camera to plan with unless told otherwise."""
AZIMUTH_STEP_DEG = 30.0
_FOOT_KINDS = frozenset({"footway", "path", "steps", "cycleway", "trail", "bridleway", "track"})


@dataclass(frozen=True, eq=False)
class Mounts:
    """Places for cameras.

    Attributes
    ----------
    table : GeoDataFrame
        mount_id, mount (pole, facade, listed), mount_height_m, heading_deg and model (empty where
        free to choose), the optics where a list states them, geometry (point).
    findings : list of Finding
        Places that were moved, merged or left out.
    """

    table: gpd.GeoDataFrame
    findings: list[Finding]


def generate_mounts(
    roads: Any,
    ground: Ground,
    area: shapely.Geometry,
    *,
    kinds: tuple[str, ...] = (POLE, FACADE),
    mount_height_m: float | None = None,
    most: int | None = None,
) -> Mounts:
    """Lay mounts along streets, at crossings and on façades that face public space.

    Parameters
    ----------
    roads : GeoDataFrame
        Layer ``roads`` in the CRS of the ground.
    ground : Ground
        From :func:`gridmap.cameras.ground.prepare_ground`.
    area : Polygon or MultiPolygon
        Where mounts may stand.
    kinds : tuple of str
        ``pole``, ``facade`` or both.
    mount_height_m : float, optional
        Height of all lenses [m]; default unknown, so every building blocks.
    most : int, optional
        Mounts at most; facades are thinned out first, evenly.

    Returns
    -------
    Mounts

    Raises
    ------
    InputError
        If nothing can be mounted in the area, or a kind is not known.

    Notes
    -----
    Poles stand at the edge of the street, at crossings and every 50 m between; streets for feet
    only have none. Every mount keeps 10 m from those before it.

    Examples
    --------
    >>> from gridmap.cameras.ground import prepare_ground
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> ground = prepare_ground(toy)
    >>> told = generate_mounts(toy["roads"], ground, toy.outline)
    >>> told.table["mount"].value_counts().to_dict()
    {'pole': 36}
    """
    wrong = [one for one in kinds if one not in (POLE, FACADE)]
    if wrong or not kinds:
        raise InputError(
            f"Expected mounts of the kinds {POLE} and {FACADE}; found "
            f"{name_ids(wrong) or 'none'}. Name one or both."
        )
    public = shapely.union_all(ground.public)
    shapely.prepare(public)
    places, told = [], []
    for kind, lay in ((POLE, _lay_poles), (FACADE, _lay_facades)):
        if kind in kinds:
            found = lay(roads, ground, public)
            places.append(found[shapely.intersects_xy(area, found)])
            told += [kind] * len(places[-1])
    place = np.vstack(places)
    kept = keep_apart(place, NEAR_M)
    kept = _thinned(kept, np.array(told, dtype=object), most)
    if not len(kept):
        raise InputError(
            "Nothing can be mounted in this area: it has no streets and no façades that face "
            "public space. Choose a larger area, or give a list of candidates."
        )
    table = gpd.GeoDataFrame(
        {
            "mount_id": [f"m{number + 1}" for number in range(len(kept))],
            "mount": np.array(told, dtype=object)[kept],
            "mount_height_m": np.nan if mount_height_m is None else mount_height_m,
            "heading_deg": np.nan,
            "model": None,
        },
        geometry=shapely.points(place[kept]),
        crs=roads.crs,
    )
    return Mounts(table, [])


def turn_mounts(
    mounts: gpd.GeoDataFrame,
    models: tuple[str, ...] = (DEFAULT_MODEL,),
    step_deg: float = AZIMUTH_STEP_DEG,
) -> gpd.GeoDataFrame:
    """Cameras that could hang at each mount: one for each model and azimuth.

    Parameters
    ----------
    mounts : GeoDataFrame
        From :func:`generate_mounts` or :func:`listed_mounts`.
    models : tuple of str
        Models of geodata/reference/camera_models.csv for mounts that state no optics.
    step_deg : float
        Angle between azimuths [°]; a mount with a heading has that one only, and what looks all
        round is not turned.

    Returns
    -------
    GeoDataFrame
        Layer ``cameras`` with ``mount_id`` and ``mount``; camera_id is the mount, model and
        azimuth.

    Raises
    ------
    InputError
        If a model is not known, or the step does not divide a turn into 1 to 360 parts.

    Examples
    --------
    >>> from gridmap.samples import at, TOY_CRS
    >>> one = gpd.GeoDataFrame({"mount_id": ["a"], "mount": ["pole"], "mount_height_m": [6.0],
    ...     "heading_deg": [np.nan], "model": [None]}, geometry=[at(0, 0)], crs=TOY_CRS)
    >>> turn_mounts(one, step_deg=90.0)["heading_deg"].tolist()
    [0.0, 90.0, 180.0, 270.0]
    """
    known = camera_models()
    check_models(models)
    if not 1.0 <= step_deg <= 360.0:
        raise InputError(f"Expected a step between azimuths from 1° to 360°; found {step_deg:g}°.")
    turns = np.arange(0.0, 360.0 - 1e-9, step_deg)
    parts = []
    stated = _has_optics(mounts) | mounts["model"].notna()
    for number, model in enumerate(models):
        some = mounts if number == 0 else mounts[~stated]
        free = some["model"].isna() & ~_has_optics(some)
        named = some.assign(model=some["model"].astype(object).mask(free, model))
        kind = named["model"].map(known["kind"]).fillna("fixed")
        named = named.assign(kind=kind.to_numpy(dtype=object))
        round_about = (named["kind"] == "fisheye").to_numpy()
        once = round_about | named["heading_deg"].notna().to_numpy()
        times = np.where(once, 1, len(turns))
        row = np.repeat(np.arange(len(named)), times)
        turned = named.iloc[row].reset_index(drop=True)
        heading = np.concatenate([[np.nan] if one else turns for one in once])
        turned["heading_deg"] = turned["heading_deg"].fillna(pd.Series(heading))
        parts.append(turned)
    every = pd.concat(parts, ignore_index=True)
    every["camera_id"] = [
        f"{mount}/{model}/{'round' if np.isnan(heading) else f'{heading:.0f}'}"
        for mount, model, heading in zip(
            every["mount_id"], every["model"].fillna("own"), every["heading_deg"], strict=True
        )
    ]
    every["zone"], every["status"] = "public", "working"
    frame = gpd.GeoDataFrame(every, geometry="geometry", crs=mounts.crs)
    return schema.conform(
        frame.sort_values("mount_id", kind="stable", ignore_index=True), "cameras"
    )


def check_models(models: tuple[str, ...]) -> None:
    """Refuse models that geodata/reference/camera_models.csv does not have.

    Raises
    ------
    InputError
        Names what there is.
    """
    usable = [one for one in camera_models().index if not one.startswith("unknown_")]
    wrong = [one for one in models if one not in usable]
    if wrong or not models:
        raise InputError(
            f"Unknown model of camera {name_ids(wrong) or '(none given)'}; there are: "
            f"{', '.join(usable)}. Use one of these, or state the optics in the list of candidates."
        )


def keep_apart(place: Floats, distance_m: float) -> npt.NDArray[np.int64]:
    """Rows of places that keep a distance from all rows kept before them.

    Examples
    --------
    >>> keep_apart(np.array([[0.0, 0.0], [3.0, 0.0], [6.0, 0.0]]), 4.0).tolist()
    [0, 2]
    """
    points = np.asarray(shapely.points(place), dtype=object)
    row, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=distance_m)
    before: dict[int, list[int]] = {}
    for one, two in zip(row.tolist(), other.tolist(), strict=True):
        if two < one:
            before.setdefault(one, []).append(two)
    kept = np.ones(len(place), dtype=bool)
    for one in range(len(place)):
        kept[one] = not any(kept[two] for two in before.get(one, ()))
    return np.flatnonzero(kept)


def _lay_poles(roads: Any, ground: Ground, public: shapely.Geometry) -> Floats:  # noqa: ARG001
    """Places at crossings, then every 50 m between, at the edge of the street."""
    driven = roads[~roads["highway"].isin(_FOOT_KINDS)]
    lines = open_streets(driven)
    if not len(lines):
        return np.empty((0, 2))
    noded = shapely.line_merge(shapely.union_all(lines))
    streets = shapely.get_parts(noded)
    streets = streets[shapely.length(streets) > 0]
    ends = shapely.get_coordinates(
        np.concatenate([shapely.get_point(streets, 0), shapely.get_point(streets, -1)])
    )
    ends, count = np.unique(ends.round(3), axis=0, return_counts=True)
    crossings = ends[count >= 3]
    along, way = _along(streets, POLE_SPACING_M)
    away = np.r_[
        np.tile([[1.0, 1.0]], (len(crossings), 1)), np.column_stack([way[:, 1], -way[:, 0]])
    ]
    return _at_kerb(np.r_[crossings, along], away, public)


def _along(streets: Shapes, spacing_m: float) -> tuple[Floats, Floats]:
    """Points evenly along lines, no farther apart than told, and the way of the line there."""
    length = shapely.length(streets)
    count = np.maximum(np.ceil(length / spacing_m).astype(np.int64), 1)
    row = np.repeat(np.arange(len(streets)), count)
    first = np.repeat(np.cumsum(count) - count, count)
    part = (np.arange(len(row)) - first + 0.5) / count[row]
    here = shapely.get_coordinates(
        shapely.line_interpolate_point(streets[row], part, normalized=True)
    )
    ahead = shapely.get_coordinates(
        shapely.line_interpolate_point(streets[row], np.minimum(part + 1e-3, 1.0), normalized=True)
    )
    way = ahead - here
    return here, way / np.maximum(np.hypot(*way.T)[:, None], 1e-12)


def _at_kerb(place: Floats, away: Floats, public: shapely.Geometry) -> Floats:
    """Move places to the edge of public ground, to the first of eight sides where it is near."""
    angle = np.arctan2(away[:, 1], away[:, 0])
    best, done = place.copy(), np.zeros(len(place), dtype=bool)
    reach_m = np.arange(1.0, 13.0)
    for turn in np.radians([0, 180, 90, 270]):
        side = np.column_stack([np.cos(angle + turn), np.sin(angle + turn)])
        steps = place[:, None, :] + side[:, None, :] * reach_m[None, :, None]
        flat = steps.reshape(-1, 2)
        open_ = shapely.intersects_xy(public, flat).reshape(len(place), -1)
        edge = np.argmin(np.c_[open_, np.zeros(len(place), dtype=bool)], axis=1)
        found = ~done & (edge > 0) & (edge < len(reach_m))
        kerb = np.maximum(reach_m[np.minimum(edge, len(reach_m) - 1)] - 1.0 - KERB_M, 0.0)
        best[found] = (place + side * kerb[:, None])[found]
        done |= found
    return best[shapely.intersects_xy(public, best)]


def _lay_facades(roads: Any, ground: Ground, public: shapely.Geometry) -> Floats:  # noqa: ARG001
    """Places 1 cm in front of walls that face public space, evenly along them."""
    edges = ground.walls.edges
    long = np.hypot(*(edges[:, 2:] - edges[:, :2]).T) >= FACING_M
    walls = np.asarray(shapely.linestrings(edges[long].reshape(-1, 2, 2)))
    if not len(walls):
        return np.empty((0, 2))
    here, way = _along(walls, FACADE_SPACING_M)
    normal = np.column_stack([way[:, 1], -way[:, 0]])
    facing = shapely.intersects_xy(public, here + normal * FACING_M)
    return (here + normal * STAND_OFF_M)[facing]


def _thinned(
    kept: npt.NDArray[np.int64], kind: npt.NDArray[np.object_], most: int | None
) -> npt.NDArray[np.int64]:
    """At most so many: façades go first, evenly, then poles."""
    if most is None or len(kept) <= most:
        return kept
    poles = kept[kind[kept] == POLE]
    facades = kept[kind[kept] == FACADE]
    some = np.linspace(0, len(poles) - 1, min(most, len(poles))).astype(np.int64)
    rest = most - len(some)
    more = np.linspace(0, len(facades) - 1, min(rest, len(facades))).astype(np.int64)
    return np.sort(np.r_[poles[np.unique(some)], facades[np.unique(more)]])


def _has_optics(mounts: Any) -> pd.Series:
    if not set(OPTICS) <= set(mounts):
        return pd.Series(False, index=mounts.index)
    return (mounts[list(OPTICS)] > 0).all(axis=1)
