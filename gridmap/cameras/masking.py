"""Masking angles: bearings to blank out in a camera so that it sees no façade of a home."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.cameras.drawing import draw_poses
from gridmap.cameras.ground import Ground
from gridmap.cameras.optics import RANGE
from gridmap.cameras.poses import RANGES
from gridmap.cameras.presets import merge_fields

Floats = npt.NDArray[np.float64]
MARGIN_DEG = 1.0
"""Masks reach this far [°] beyond the homes they cover."""
NARROWEST_GAP_DEG = 2.0
"""Masks with less than this [°] between them become one: nobody aims at so thin a slit."""
ROUND_DEG = 360.0
_FLAT_PICTURE_DEG = 170.0
_NOTHING_DEG = 1e-9


class Mask(NamedTuple):
    """One interval of bearings to mask.

    Attributes
    ----------
    from_deg, to_deg : float
        Bearings clockwise from north; ``from`` is 0 up to 360, ``to`` may pass 360 [°].
    left_share, right_share : float or None
        The same in the picture, 0 at its left edge and 1 at its right; None where the picture is
        not flat (all-round and turning cameras are masked by bearing).
    """

    from_deg: float
    to_deg: float
    left_share: float | None
    right_share: float | None


def merge_bearings(
    from_deg: Floats, to_deg: Floats, margin_deg: float = MARGIN_DEG
) -> list[tuple[float, float]]:
    """Merge intervals of bearings, each widened by a margin, into as few as cover them all.

    Parameters
    ----------
    from_deg, to_deg : ndarray
        Bearings clockwise from north, ``to`` not before ``from`` [°].
    margin_deg : float
        Added at both ends [°].

    Returns
    -------
    list of tuple of float
        Begin (0 up to 360) and end (may pass 360) of each, in the order of the begins; one of
        (0, 360) where nothing is left open.

    Examples
    --------
    >>> merge_bearings(np.array([350.0, 5.0, 100.0]), np.array([362.0, 20.0, 110.0]))
    [(99.0, 111.0), (349.0, 381.0)]
    """
    if not len(from_deg):
        return []
    width = np.asarray(to_deg) - from_deg + 2 * margin_deg
    start = (np.asarray(from_deg) - margin_deg) % ROUND_DEG
    order = np.argsort(start, kind="stable")
    found = [[float(start[order[0]]), float(start[order[0]] + width[order[0]])]]
    for low, high in zip(start[order[1:]], start[order[1:]] + width[order[1:]], strict=True):
        if low - found[-1][1] < NARROWEST_GAP_DEG:
            found[-1][1] = max(found[-1][1], float(high))
        else:
            found.append([float(low), float(high)])
    # The last may run past north into the first ones.
    while len(found) > 1 and found[0][0] + ROUND_DEG - found[-1][1] < NARROWEST_GAP_DEG:
        found[-1][1] = max(found[-1][1], found[0][1] + ROUND_DEG)
        del found[0]
    if found[0][1] - found[0][0] > ROUND_DEG - NARROWEST_GAP_DEG:
        return [(0.0, ROUND_DEG)]
    return [(low, high) for low, high in found]


def propose_masks(hits: pd.DataFrame, heading_deg: float, hfov_deg: float) -> list[Mask]:
    """Masks of one camera for all the homes it looks at.

    Parameters
    ----------
    hits : DataFrame
        from_deg, to_deg: bearings under which homes are looked at [°].
    heading_deg, hfov_deg : float
        Bearing of the axis, and the field [°].

    Returns
    -------
    list of Mask
        Within the field, clockwise from its left edge.

    Notes
    -----
    Every hit lies in a mask, with :data:`MARGIN_DEG` on both sides where the field goes on. In a
    flat picture the bearing θ off the axis is at ½ + tan θ ÷ (2 tan(hFOV ÷ 2)) of its width.

    Examples
    --------
    A façade from 30° left of the axis to 10° right of it, in a field of 90°:

    >>> hits = pd.DataFrame({"from_deg": [330.0], "to_deg": [370.0]})
    >>> mask, = propose_masks(hits, 0.0, 90.0)
    >>> mask.from_deg, mask.to_deg, round(mask.left_share, 3), round(mask.right_share, 3)
    (329.0, 371.0, 0.2, 0.597)
    """
    merged = merge_bearings(hits["from_deg"].to_numpy(), hits["to_deg"].to_numpy())
    field = min(hfov_deg, ROUND_DEG)
    if field >= ROUND_DEG:
        return [Mask(low, high, None, None) for low, high in merged]
    first = heading_deg - field / 2
    cut = []
    if merged == [(0.0, ROUND_DEG)]:
        return [_in_picture(0.0, field, first, field)]
    for low, high in merged:
        start = (low - first) % ROUND_DEG
        # A mask that begins before the left edge reaches into the field from beyond it.
        for begin in (start - ROUND_DEG, start):
            left, right = max(begin, 0.0), min(begin + high - low, field)
            if right - left > _NOTHING_DEG:
                cut.append((left, right))
    return [_in_picture(left, right, first, field) for left, right in sorted(cut)]


def open_bearings(
    masks: Sequence[Mask], heading_deg: float, hfov_deg: float
) -> list[tuple[float, float]]:
    """Bearings of a field that no mask covers.

    Returns
    -------
    list of tuple of float
        Begin and end [°]; the end may pass 360.

    Examples
    --------
    >>> open_bearings([Mask(350.0, 370.0, None, None)], 0.0, 90.0)
    [(315.0, 350.0), (370.0, 405.0)]
    """
    field = min(hfov_deg, ROUND_DEG)
    first = (heading_deg - field / 2) % ROUND_DEG
    taken = sorted(
        (begin, begin + one.to_deg - one.from_deg)
        for one in masks
        for begin in (
            (one.from_deg - first) % ROUND_DEG - ROUND_DEG,
            (one.from_deg - first) % ROUND_DEG,
        )
    )
    left, at = [], 0.0
    for low, high in taken:
        if min(low, field) - at > _NOTHING_DEG:
            left.append((first + at, first + min(low, field)))
        at = max(at, high)
    if field - at > _NOTHING_DEG:
        left.append((first + at, first + field))
    return left


def masked_share(masks: Sequence[Mask], hfov_deg: float) -> float:
    """Share of the field that masks cover, by angle.

    Examples
    --------
    >>> masked_share([Mask(350.0, 370.0, None, None)], 80.0)
    0.25
    """
    return float(min(1.0, sum(one.to_deg - one.from_deg for one in masks) / hfov_deg))


def facade_behind_masks(
    poses: pd.DataFrame, masks: dict[Any, list[Mask]], ground: Ground, crs: Any
) -> pd.Series:
    """Façade of homes that cameras still see with their masks set, asked of the engine again.

    Parameters
    ----------
    poses : DataFrame
        From :func:`gridmap.cameras.poses.pose_cameras`; all are drawn.
    masks : dict of list of Mask
        Masks by camera_id; a camera that is not there has none.
    ground : Ground
        From :func:`gridmap.cameras.ground.prepare_ground`.
    crs : CRS
        Of the ground.

    Returns
    -------
    Series of float
        Length [m] on camera_id; 0 where masks do what they are for.

    Notes
    -----
    Each open interval of bearings is drawn as a camera of its own, so this rests on the sweep and
    not on the hits from which the masks were made.
    """
    parts: list[dict[Any, Any]] = []
    for number, pose in enumerate(poses.to_dict("records")):
        free = [
            one
            for field in fields_of(pose)
            for one in open_bearings(masks.get(pose["camera_id"], []), *field)
        ]
        for low, high in free:
            aimed = {"heading_deg": (low + high) / 2 % ROUND_DEG, "hfov_deg": high - low}
            alone = {"camera_id": f"{number}:{len(parts)}", "kind": "fixed", "presets": ()}
            parts.append(pose | aimed | alone | {"reason": "", "owner": pose["camera_id"]})
    total = pd.Series(0.0, index=pd.Index(poses["camera_id"], name="camera_id"))
    if not parts:
        return total
    looks = pd.DataFrame(parts)
    ranges = [name for name in looks if name == RANGE or name in ground_levels(looks)]
    views = draw_poses(looks, ranges, ground, crs).views
    widest = views.groupby("camera_id")["facade_residential_m"].max()
    owner = looks.set_index("camera_id")["owner"].reindex(widest.index)
    return total.add(widest.groupby(owner.to_numpy()).sum(), fill_value=0.0)


def fields_of(pose: Mapping[Any, Any]) -> list[tuple[float, float]]:
    """Fields that a camera looks into: heading and width [°]; several where it has presets.

    Examples
    --------
    >>> fields_of({"heading_deg": 45.0, "hfov_deg": 90.0, "presets": ()})
    [(45.0, 90.0)]
    """
    field = float(pose["hfov_deg"])
    if not pose["presets"]:
        return [(float(pose["heading_deg"]), field)]
    told = [
        (one.heading_deg, field if np.isnan(one.hfov_deg) else one.hfov_deg)
        for one in pose["presets"]
    ]
    return merge_fields(told)


def ground_levels(poses: pd.DataFrame) -> list[str]:
    """Levels of picture quality that poses have ranges for, besides the stated range.

    Examples
    --------
    >>> ground_levels(pd.DataFrame({"range": [1.0], "detect": [0.0], "x_m": [0.0]}))
    ['detect']
    """
    return [str(name) for name in poses if name in RANGES and name != RANGE]


def _in_picture(left: float, right: float, first: float, field: float) -> Mask:
    low = (first + left) % ROUND_DEG
    high = low + right - left
    if field >= _FLAT_PICTURE_DEG:
        return Mask(low, high, None, None)
    half = np.tan(np.radians(field) / 2)
    at = np.tan(np.radians(np.array([left, right]) - field / 2)) / (2 * half) + 0.5
    return Mask(low, high, *(float(np.clip(one, 0.0, 1.0)) for one in at))
