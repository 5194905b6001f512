"""What a plan of cameras may choose from: the question, and the views that answer to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.cameras.ground import Ground
from gridmap.cameras.optics import EDITION
from gridmap.cameras.removal import overlap_with_others
from gridmap.district import District
from gridmap.errors import InputError, name_ids
from gridmap.plan.candidates import AZIMUTH_STEP_DEG, DEFAULT_MODEL, turn_mounts
from gridmap.plan.covering import KEEP, NEW, TURN
from gridmap.plan.views import draw_options
from gridmap.schema import Finding

Shapes = npt.NDArray[np.object_]
TURN_PRICE_M2 = 25.0
"""Public ground [m²] that turning a camera must gain."""
NO_WEIGHTS: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class Question:
    """What a plan is asked for.

    Attributes
    ----------
    count : int
        New cameras at most.
    level, edition : str
        Level of picture quality, and the edition of IEC/EN 62676-4 that defines it.
    cells : tuple of str
        Cells to plan for; none: all.
    models : tuple of str
        Kinds of cameras to choose from.
    step_deg : float
        Angle between azimuths [°].
    price_m2_per_m : float
        Public ground [m²] that a metre of façade of homes in view costs.
    max_facade_m : float
        Façade of homes in all new and turned views together at most [m].
    no_homes_125 : bool
        Whether no new or turned camera may see a home at 125 px/m or more.
    reaim : int
        Cameras turned at most.
    remove : bool
        Whether cameras of whose view others have over 80 % may go, each for a new one.
    turn_price_m2 : float
        Public ground that turning a camera must gain [m²].
    twice : tuple of str
        Cells whose ground counts in full only when seen by two.
    cell_weight, class_weight : mapping of str to float
        Weights of cells by cell_id and of kinds of landuse; others weigh 1.
    sample_m : float, optional
        Distance of the points that stand for the ground [m].
    time_limit_s : float
        Seconds [s] for the exact model; 0 leaves it at the greedy choice.
    """

    count: int
    level: str = "detect"
    edition: str = EDITION
    cells: tuple[str, ...] = ()
    models: tuple[str, ...] = (DEFAULT_MODEL,)
    step_deg: float = AZIMUTH_STEP_DEG
    price_m2_per_m: float = 0.0
    max_facade_m: float = np.inf
    no_homes_125: bool = False
    reaim: int = 0
    remove: bool = False
    turn_price_m2: float = TURN_PRICE_M2
    twice: tuple[str, ...] = ()
    cell_weight: Mapping[str, float] = field(default_factory=lambda: NO_WEIGHTS)
    class_weight: Mapping[str, float] = field(default_factory=lambda: NO_WEIGHTS)
    sample_m: float | None = None
    time_limit_s: float = 60.0


@dataclass(frozen=True, eq=False)
class Options:
    """Views to choose from.

    Attributes
    ----------
    cameras, views : GeoDataFrame
        Row by row: the camera as it would be, and what it would see.
    place, kind : ndarray of int
        As :class:`gridmap.plan.covering.Covering` has them.
    removable : frozenset of int
        Places whose camera may go.
    standing : GeoDataFrame
        Views of the cameras that stand, ``movable`` where they may be turned or removed.
    overlap : DataFrame
        From :func:`gridmap.cameras.removal.overlap_with_others`.
    findings : list of Finding
        Candidates that nothing is seen from.
    """

    cameras: gpd.GeoDataFrame
    views: gpd.GeoDataFrame
    place: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    removable: frozenset[int]
    standing: gpd.GeoDataFrame
    overlap: pd.DataFrame
    findings: list[Finding]


def check_question(question: Question, mounts: int) -> None:
    """Refuse numbers that cannot be.

    Raises
    ------
    InputError
        Says which, and what was expected.
    """
    if question.count < 0 or question.reaim < 0:
        raise InputError(
            f"Expected numbers of cameras of 0 or more; found {question.count} to add and "
            f"{question.reaim} to turn."
        )
    if question.count == 0 and not question.reaim and not question.remove:
        raise InputError(
            "Nothing to plan: no camera to add, to turn or to remove. Ask for 1 or more."
        )
    if question.count > mounts:
        raise InputError(
            f"Expected at most as many cameras as mounts; found {question.count} cameras for "
            f"{mounts} mounts. Ask for fewer, or give more candidates."
        )
    for name in ("price_m2_per_m", "turn_price_m2", "max_facade_m", "time_limit_s"):
        if not getattr(question, name) >= 0:
            raise InputError(f"Expected {name} of 0 or more; found {getattr(question, name):g}.")


def chosen_cells(district: District, cells: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Numbers of the cells to plan for; all where none is named.

    Raises
    ------
    InputError
        If a cell is not known.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> chosen_cells(toy_district(), ("sw",)).tolist()
    [2]
    """
    district.needs("cells")
    ids = district["cells"]["cell_id"]
    unknown = [one for one in cells if one not in set(ids)]
    if unknown:
        raise InputError(
            f"Unknown cells {name_ids(unknown)}; use the cell_id of cells of the district."
        )
    return np.flatnonzero(ids.isin(cells) if cells else np.ones(len(ids), dtype=bool))


def area_of(district: District, cells: tuple[str, ...]) -> shapely.Geometry:
    """Ground of the cells to plan for as one geometry.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> area_of(toy_district(), ("sw",)).area
    40000.0
    """
    shapes = np.asarray(district["cells"].geometry, dtype=object)
    area = shapely.union_all(shapes[chosen_cells(district, cells)])
    shapely.prepare(area)
    return area


def gather_options(
    district: District,
    mounts: gpd.GeoDataFrame,
    question: Question,
    ground: Ground,
    pose: Mapping[str, Any],
) -> Options:
    """Gather the views to choose from: of cameras as they stand, turned, and new.

    Raises
    ------
    InputError
        If no candidate reaches the level, or none keeps the limits of privacy.
    """
    findings: list[Finding] = []
    layer = _unbuilt_left_out(district["cameras"])
    standing = draw_options(layer, ground, question.level, question.edition, **pose)
    overlap = overlap_with_others(standing["camera_id"], shapes_of(standing))
    new = _new_cameras(mounts, layer, question)
    drawn = draw_options(new, ground, question.level, question.edition)
    _check_reach(new, drawn, question)
    kept = drawn[(drawn["facade_125_m"] <= 0) | (not question.no_homes_125)]
    _check_privacy(drawn, kept, new, question, findings)
    local = layer.loc[standing.index]
    here = np.asarray(shapely.intersects(area_of(district, question.cells), shapes_of(local)))
    turned = _turned(local[here], question)
    turns = draw_options(turned, ground, question.level, question.edition)
    turns = turns[(turns["facade_125_m"] <= 0) | (not question.no_homes_125)]
    may_go = overlap["removal"].to_numpy() & (standing["facade_residential_m"] > 0) & here
    turnable = local["camera_id"].isin(turned["of"]).to_numpy()
    movable = here & ((may_go & question.remove) | turnable)
    keep = standing[movable]
    held = [f"held {name}" for name in [*keep["camera_id"], *turned["of"].loc[turns.index]]]
    free = [f"free {name}" for name in new["mount_id"].loc[kept.index]]
    _, place = np.unique(np.array([*held, *free], dtype=object), return_inverse=True)
    going = may_go[movable] & question.remove
    parts = (local.loc[keep.index], turned.loc[turns.index], new.loc[kept.index])
    return Options(
        pd.concat(parts, ignore_index=True),
        pd.concat([keep, turns, kept], ignore_index=True),
        place.astype(np.int64),
        np.repeat([KEEP, TURN, NEW], [len(keep), len(turns), len(kept)]),
        frozenset(place[: len(keep)][going].tolist()),
        standing.assign(movable=movable),
        overlap,
        findings,
    )


def _unbuilt_left_out(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return layer[~layer["proposed"].fillna(False).astype(bool)].reset_index(drop=True)


def _new_cameras(mounts: gpd.GeoDataFrame, layer: Any, question: Question) -> gpd.GeoDataFrame:
    new = turn_mounts(mounts, question.models, question.step_deg)
    taken = sorted(set(new["camera_id"]) & set(layer["camera_id"]))
    if taken:
        raise InputError(
            f"Candidates would get ids that cameras have: {name_ids(taken)}. Rename the mounts."
        )
    return new


def _check_reach(new: Any, drawn: Any, question: Question) -> None:
    if drawn.empty:
        raise InputError(
            f"No candidate reaches the level '{question.level}': with these optics and heights "
            f"none of {len(new)} views has ground in range. Choose a lower level, another model, "
            "or check mounting heights."
        )


def _check_privacy(
    drawn: Any, kept: Any, new: Any, question: Question, findings: list[Finding]
) -> None:
    """Refuse a limit of privacy that nothing keeps; name the mounts that it closes."""
    least = kept["facade_residential_m"].min() if len(kept) else np.inf
    if kept.empty or (question.count and least > question.max_facade_m):
        limit = (
            "sees no home at 125 px/m or more"
            if kept.empty
            else f"keeps to {question.max_facade_m:g} m of façade of homes "
            f"(the least is {least:.1f} m)"
        )
        raise InputError(
            f"The limit of privacy cannot be kept: none of {len(drawn)} candidate views {limit}. "
            "Allow more, choose other mounts, or a model with fewer pixels per metre."
        )
    closed = set(new["mount_id"]) - set(new["mount_id"].loc[kept.index])
    if closed:
        findings.append(
            Finding(
                "candidate_not_used",
                "note",
                "candidates",
                tuple(sorted(closed)),
                "nothing is seen from the candidate at this level, or it sees homes too closely",
                "Nothing to do, or move it.",
            )
        )


def _turned(local: gpd.GeoDataFrame, question: Question) -> gpd.GeoDataFrame:
    """Cameras as they could be turned: fixed ones that look one way."""
    angle = np.arange(0.0, 360.0 - 1e-9, question.step_deg)
    one_way = local["heading_deg"].notna() & ~local["kind"].isin(["ptz", "fisheye"])
    one_way &= ~(local["hfov_deg"] >= 360)
    if "presets" in local:
        one_way &= local["presets"].isna()
    some = local[one_way] if question.reaim else local.iloc[:0]
    row = np.repeat(np.arange(len(some)), len(angle))
    turned = some.iloc[row].reset_index(drop=True)
    heading = np.tile(angle, len(some))
    turned["of"] = turned["camera_id"]
    turned["heading_before_deg"] = turned["heading_deg"]
    away = np.abs((heading - turned["heading_deg"].to_numpy() + 180.0) % 360.0 - 180.0)
    turned["heading_deg"] = heading
    turned["camera_id"] = [
        f"{name}\0{angle:g}" for name, angle in zip(turned["of"], heading, strict=True)
    ]
    return turned[away > 1.0].reset_index(drop=True)


def shapes_of(frame: Any) -> Shapes:
    """Geometries of a frame as an array."""
    return np.asarray(frame.geometry, dtype=object)
