"""Removal: cameras whose view others have as well, and which of them may go together."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

Shapes = npt.NDArray[np.object_]
REMOVAL_SHARE = 0.8
"""A camera of whose view others have more than this is a candidate for removal."""
_SHOWN = 3


def overlap_with_others(camera_id: pd.Series, views: Shapes) -> pd.DataFrame:
    """Share of each view that other cameras have as well, with whom, and which may go.

    Parameters
    ----------
    camera_id : Series
        Cameras, one view each.
    views : ndarray of Polygon
        Their widest views.

    Returns
    -------
    DataFrame
        On camera_id: overlap_share (empty where nothing is seen), with (list of dict: camera_id,
        share; the largest three), removal (whether it may go together with all others marked).

    Notes
    -----
    Over 80 % of its view is had by others (MEASURES.md 5). Of two that see the same only one may
    go: candidates are taken in the order of their overlap, each judged against those that stay.

    Examples
    --------
    >>> views = np.array([shapely.box(0, 0, 10, 10), shapely.box(0, 0, 10, 10)])
    >>> told = overlap_with_others(pd.Series(["a", "b"]), views)
    >>> told["overlap_share"].tolist(), told["removal"].tolist()
    ([1.0, 1.0], [True, False])
    """
    area = shapely.area(views)
    pairs = _shared(views, area)
    near: dict[Any, Any] = {row: part["other"].to_numpy() for row, part in pairs.groupby("row")}
    share = np.full(len(views), np.nan)
    for row in np.flatnonzero(area > 0).tolist():
        share[row] = _covered(views, area, row, near.get(row, np.empty(0, int)))
    return pd.DataFrame(
        {
            "overlap_share": share,
            "with": [_others(pairs, camera_id, row) for row in range(len(views))],
            "removal": _may_go(views, area, share, near),
        },
        index=pd.Index(camera_id, name="camera_id"),
    )


def _shared(views: Shapes, area: npt.NDArray[np.float64]) -> pd.DataFrame:
    row, other = shapely.STRtree(views).query(views, predicate="intersects")
    row, other = row[row != other], other[row != other]
    both = shapely.area(shapely.intersection(views[row], views[other]))
    pairs = pd.DataFrame({"row": row, "other": other, "share": both / area[row]})
    return pairs[both > 0].sort_values(["row", "share"], ascending=[True, False])


def _covered(
    views: Shapes, area: npt.NDArray[np.float64], row: int, others: npt.NDArray[np.int64]
) -> float:
    both = shapely.area(shapely.intersection(views[row], shapely.union_all(views[others])))
    return float(min(1.0, both / area[row]))


def _others(pairs: pd.DataFrame, camera_id: pd.Series, row: int) -> list[dict[str, object]]:
    mine = pairs[pairs["row"] == row].head(_SHOWN)
    names = camera_id.to_numpy()[mine["other"].to_numpy()]
    return [
        {"camera_id": str(name), "share": round(float(share), 4)}
        for name, share in zip(names, mine["share"], strict=True)
    ]


def _may_go(
    views: Shapes,
    area: npt.NDArray[np.float64],
    share: npt.NDArray[np.float64],
    near: dict[Any, Any],
) -> npt.NDArray[np.bool_]:
    """Mark those that may go together, so that what each sees stays seen beyond the limit.

    A camera that goes may be what covered one that went before, so those are judged again.
    """
    gone = np.zeros(len(views), dtype=bool)
    wanted = np.flatnonzero(share > REMOVAL_SHARE)
    for row in wanted[np.argsort(-share[wanted], kind="stable")]:
        gone[row] = True
        touched = [row, *(one for one in near.get(row, ()) if gone[one])]
        left = [_covered(views, area, one, near[one][~gone[near[one]]]) for one in touched]
        gone[row] = min(left) > REMOVAL_SHARE
    return gone
