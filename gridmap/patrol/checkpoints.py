"""Checkpoints: which scans count, and which checkpoints were scanned when due."""

from typing import Any

import numpy as np
import pandas as pd
import shapely

SCAN_M = 50.0
"""A scan this near [m] to its checkpoint counts, plus twice the accuracy of its position."""
VERDICTS = ("good", "too_far", "no_position", "off_duty", "unknown_checkpoint")


def judge_scans(scans: Any, checkpoints: Any, shifts: pd.DataFrame) -> pd.Series:
    """Judge every scan.

    Parameters
    ----------
    scans : GeoDataFrame
        checkpoint_id, shift_id, time (with zone), accuracy_m, geometry (Point) in a metric CRS.
    checkpoints : GeoDataFrame
        checkpoint_id, geometry (Point), in the same CRS.
    shifts : DataFrame
        shift_id, start, end.

    Returns
    -------
    Series of str
        One of :data:`VERDICTS`, on the index of ``scans``.

    Notes
    -----
    Good: on duty, within 50 m + 2 · accuracy of its checkpoint (MEASURES.md 4). Without an
    accuracy the 50 m alone count. Of several reasons against a scan the last of the list is told.

    Examples
    --------
    >>> import geopandas as gpd
    >>> hours = pd.to_datetime(["2026-03-02T01:00Z", "2026-03-02T03:00Z"])
    >>> shifts = pd.DataFrame({"shift_id": ["s"], "start": hours[:1], "end": hours[1:]})
    >>> points = gpd.GeoDataFrame({"checkpoint_id": ["c"]}, geometry=[shapely.Point(0, 0)])
    >>> seen = {"checkpoint_id": ["c", "c"], "shift_id": "s", "time": hours[0], "accuracy_m": 10.0}
    >>> near = gpd.GeoDataFrame(seen, geometry=[shapely.Point(70, 0), shapely.Point(71, 0)])
    >>> judge_scans(near, points, shifts).tolist()
    ['good', 'too_far']
    """
    place = checkpoints.drop_duplicates("checkpoint_id").set_index("checkpoint_id").geometry
    target = place.reindex(scans["checkpoint_id"]).to_numpy()
    own = np.asarray(scans.geometry, dtype=object)
    far = shapely.distance(own, target)
    allowed = SCAN_M + 2 * scans["accuracy_m"].astype("float64").fillna(0.0).to_numpy()
    times = shifts.drop_duplicates("shift_id").set_index("shift_id")[["start", "end"]]
    begun, ended = (scans["shift_id"].map(times[name]) for name in ("start", "end"))
    on_duty = ((scans["time"] >= begun) & (scans["time"] <= ended)).to_numpy()
    absent = shapely.is_missing(own) | np.array([one is not None and one.is_empty for one in own])
    stray = ~scans["checkpoint_id"].isin(place.index).to_numpy()
    told = np.select(
        [stray, ~on_duty, absent, far > allowed],
        ["unknown_checkpoint", "off_duty", "no_position", "too_far"],
        default="good",
    )
    return pd.Series(told, index=scans.index)


def checkpoint_compliance(
    scans: Any, verdict: pd.Series, checkpoints: Any, windows: pd.DataFrame
) -> pd.DataFrame:
    """Judge every checkpoint in every window it is due.

    Parameters
    ----------
    scans : GeoDataFrame
        checkpoint_id, time.
    verdict : Series of str
        From :func:`judge_scans`.
    checkpoints : GeoDataFrame
        checkpoint_id.
    windows : DataFrame
        checkpoint_id (or ``*``), window, start, end (UTC), scans (due, default 1).

    Returns
    -------
    DataFrame
        checkpoint_id, window, due, good, refused, status (met, partly, missed, unknown).

    Notes
    -----
    Scans without a position prove nothing and refute nothing: where they could make up what is
    missing the status is unknown.

    Examples
    --------
    >>> hours = pd.to_datetime(["2026-03-02T01:00Z", "2026-03-02T03:00Z"])
    >>> window = pd.DataFrame({"checkpoint_id": ["*"], "window": ["am"]})
    >>> window = window.assign(start=hours[0], end=hours[1], scans=2.0)
    >>> scans = pd.DataFrame({"checkpoint_id": ["c"], "time": hours[:1]})
    >>> points = pd.DataFrame({"checkpoint_id": ["c", "d"]})
    >>> told = checkpoint_compliance(scans, pd.Series(["good"]), points, window)
    >>> told[["checkpoint_id", "good", "status"]].values.tolist()
    [['c', 1, 'partly'], ['d', 0, 'missed']]
    """
    general = windows["checkpoint_id"] == "*"
    every = checkpoints[["checkpoint_id"]].drop_duplicates()
    spread = every.merge(windows[general].drop(columns="checkpoint_id"), how="cross")
    due = pd.concat([windows[~general], spread], ignore_index=True).reset_index(names="row")
    due["due"] = due["scans"].astype("float64").fillna(1.0) if "scans" in due else 1.0
    seen = pd.DataFrame(
        {"checkpoint_id": scans["checkpoint_id"], "time": scans["time"], "verdict": verdict}
    )
    met = due[["row", "checkpoint_id", "start", "end"]].merge(seen, on="checkpoint_id")
    met = met[(met["time"] >= met["start"]) & (met["time"] < met["end"])]
    count = pd.crosstab(met["row"], met["verdict"]).reindex(
        index=due["row"], columns=list(VERDICTS), fill_value=0
    )
    good, blind = count["good"].to_numpy(), count["no_position"].to_numpy()
    wanted = due["due"].to_numpy()
    status = np.select(
        [good >= wanted, good + blind >= wanted, good > 0],
        ["met", "unknown", "partly"],
        default="missed",
    )
    refused = count[["too_far", "off_duty"]].sum(axis=1).to_numpy()
    table = due[["checkpoint_id", "window", "due"]].assign(good=good, refused=refused)
    return table.assign(status=status)
