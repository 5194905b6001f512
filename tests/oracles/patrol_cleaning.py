"""The plain method of cleaning and joining fixes, frame by frame: what the engine must equal."""

from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.crs import WGS84, project
from gridmap.patrol.fixes import (
    FUTURE_S,
    MAX_ACCURACY_M,
    NULL_ISLAND_M,
    STALE_S,
    Tracks,
)
from gridmap.patrol.segments import GAP_INTERVALS, GAP_LIMITS_S
from gridmap.patrol.spikes import SPEEDS_MPS, reach_m

Step = Callable[[pd.DataFrame, pd.DataFrame], npt.NDArray[np.bool_]]


def clean_fixes(
    shifts: pd.DataFrame, fixes: gpd.GeoDataFrame, now: datetime | None = None
) -> Tracks:
    """Clean fixes in the order of MEASURES.md 4, with an account of each step."""
    duty = _shifts_in_seconds(shifts)
    frame = _fixes_in_seconds(fixes, duty)
    steps: dict[str, Step] = {
        "off_shift": _on_shift,
        "out_of_range": _in_range(fixes),
        "clock": _clock_agrees(_seconds(pd.Series([now]), duty.origin)[0]),
        "duplicate": _first_of_its_time,
        "spike": _no_spike,
    }
    account = {"given": len(frame)}
    for name, step in steps.items():
        kept = step(frame, duty.shifts)
        account[name] = int((~kept).sum())
        frame = frame[kept].sort_values(["shift", "time_s"], kind="stable", ignore_index=True)
    account["kept"] = len(frame)
    columns = ["shift", "time_s", "x_m", "y_m", "accuracy_m"]
    return Tracks(duty.shifts, frame[columns], duty.origin, MappingProxyType(account))


def drop_spikes(
    shift: npt.NDArray[np.int64],
    time_s: npt.NDArray[np.float64],
    place: npt.NDArray[np.complex128],
    mode: pd.Series,
) -> npt.NDArray[np.bool_]:
    """Mask of the fixes to keep: a spike has two neighbours too fast and a bypass that is not."""
    keep = np.ones(len(shift), dtype=bool)
    if len(shift) < 3:
        return keep
    fast, bypass = (_too_fast(shift, time_s, place, mode, lag) for lag in (1, 2))
    same = (shift[:-2] == shift[2:]) & fast[:-1] & fast[1:] & ~bypass
    spike = np.r_[False, same, False]
    run_starts = spike & ~np.r_[False, spike[:-1]]
    since = np.arange(len(spike)) - np.maximum.accumulate(
        np.where(run_starts, np.arange(len(spike)), 0)
    )
    keep[spike & (since % 2 == 0)] = False
    return keep


def _too_fast(
    shift: npt.NDArray[np.int64],
    time_s: npt.NDArray[np.float64],
    place: npt.NDArray[np.complex128],
    mode: pd.Series,
    lag: int,
) -> npt.NDArray[np.bool_]:
    far = np.abs(place[lag:] - place[:-lag]) > reach_m(time_s[lag:] - time_s[:-lag], mode[lag:])
    return far & (shift[lag:] == shift[:-lag])


def _shifts_in_seconds(shifts: pd.DataFrame) -> Tracks:
    good = shifts[shifts["end"] > shifts["start"]].sort_values("shift_id", ignore_index=True)
    origin = good["start"].min().floor("D") if len(good) else pd.Timestamp(0, tz="UTC")
    duty = good[["shift_id", "unit_id"]].copy()
    duty["mode"] = good["mode"].where(good["mode"].isin(list(SPEEDS_MPS)), "foot")
    duty["start_s"] = _seconds(good["start"], origin)
    duty["end_s"] = _seconds(good["end"], origin)
    return Tracks(duty, pd.DataFrame(), origin, MappingProxyType({}))


def _fixes_in_seconds(fixes: Any, duty: Tracks) -> pd.DataFrame:
    shapes = np.asarray(fixes.geometry, dtype=object)
    rows = pd.Series(duty.shifts.index, index=duty.shifts["shift_id"])
    frame = pd.DataFrame(
        {
            "shift": fixes["shift_id"].map(rows).fillna(-1).astype("int64"),
            "time_s": _seconds(fixes["time"], duty.origin),
            "x_m": shapely.get_x(shapes),
            "y_m": shapely.get_y(shapes),
            "accuracy_m": fixes["accuracy_m"].astype("float64"),
        }
    )
    received = fixes["received"] if "received" in fixes else pd.Series(pd.NaT, fixes.index)
    frame["late_s"] = _seconds(received, duty.origin) - frame["time_s"]
    return frame


def _seconds(moments: pd.Series, origin: pd.Timestamp) -> npt.NDArray[np.float64]:
    zoned = pd.to_datetime(moments, utc=True)
    passed = (zoned - origin) / pd.Timedelta(seconds=1)
    return np.asarray(passed, dtype=np.float64)


def _on_shift(fixes: pd.DataFrame, shifts: pd.DataFrame) -> npt.NDArray[np.bool_]:
    if shifts.empty:
        return np.zeros(len(fixes), dtype=bool)
    start, end = (shifts[name].to_numpy()[fixes["shift"]] for name in ("start_s", "end_s"))
    return ((fixes["shift"] >= 0) & fixes["time_s"].between(start, end)).to_numpy()


def _in_range(layer: Any) -> Step:
    nowhere = project(gpd.GeoSeries([shapely.Point(0, 0)], crs=WGS84), layer.crs).iloc[0]

    def in_range(fixes: pd.DataFrame, _shifts: pd.DataFrame) -> npt.NDArray[np.bool_]:
        x, y = fixes["x_m"].to_numpy(), fixes["y_m"].to_numpy()
        accurate = ~((fixes["accuracy_m"] < 0) | (fixes["accuracy_m"] > MAX_ACCURACY_M))
        somewhere = ~(np.hypot(x - nowhere.x, y - nowhere.y) <= NULL_ISLAND_M)
        return np.isfinite(x) & np.isfinite(y) & accurate.to_numpy() & somewhere

    return in_range


def _clock_agrees(now_s: float) -> Step:
    def clock_agrees(fixes: pd.DataFrame, _shifts: pd.DataFrame) -> npt.NDArray[np.bool_]:
        ahead = (fixes["time_s"] > now_s + FUTURE_S) | (fixes["late_s"] < -FUTURE_S)
        return ~(ahead | (fixes["late_s"] > STALE_S)).to_numpy()

    return clock_agrees


def _first_of_its_time(fixes: pd.DataFrame, shifts: pd.DataFrame) -> npt.NDArray[np.bool_]:
    named = fixes.assign(unit=shifts["unit_id"].reindex(fixes["shift"]).to_numpy())
    best = named.sort_values(["accuracy_m", "x_m", "y_m", "shift"], na_position="last")
    return (~best.duplicated(["unit", "time_s"])).reindex(fixes.index).to_numpy(dtype=bool)


def _no_spike(fixes: pd.DataFrame, shifts: pd.DataFrame) -> npt.NDArray[np.bool_]:
    place = fixes["x_m"].to_numpy() + 1j * fixes["y_m"].to_numpy()
    mode = shifts["mode"].reindex(fixes["shift"]).reset_index(drop=True)
    return drop_spikes(fixes["shift"].to_numpy(), fixes["time_s"].to_numpy(), place, mode)


def gap_limits(tracks: Tracks) -> pd.Series:
    """Gap limit of each shift [s]: between fixes further apart nothing is known."""
    shift = tracks.fixes["shift"]
    interval = tracks.fixes["time_s"].diff()[shift.eq(shift.shift())]
    unit = tracks.shifts["unit_id"].reindex(shift[interval.index]).to_numpy()
    median = interval.groupby(unit).median()
    least, greatest = GAP_LIMITS_S
    limit = (GAP_INTERVALS * median).clip(least, greatest)
    return tracks.shifts["unit_id"].map(limit).fillna(least)


def join_segments(tracks: Tracks) -> pd.DataFrame:
    """Segments between consecutive fixes of a shift."""
    fixes = tracks.fixes
    here = fixes.iloc[:-1].reset_index(names="first")
    there = fixes.iloc[1:].reset_index(drop=True)
    joined = pd.DataFrame(
        {
            "shift": here["shift"],
            "mode": tracks.shifts["mode"].reindex(here["shift"]).to_numpy(),
            "first": here["first"],
            "start_s": here["time_s"],
            "end_s": there["time_s"],
            "interval_s": there["time_s"] - here["time_s"],
            "x0_m": here["x_m"],
            "y0_m": here["y_m"],
            "x1_m": there["x_m"],
            "y1_m": there["y_m"],
        }
    )[here["shift"].eq(there["shift"])].reset_index(drop=True)
    length = np.hypot(joined["x1_m"] - joined["x0_m"], joined["y1_m"] - joined["y0_m"])
    limit = gap_limits(tracks).reindex(joined["shift"]).to_numpy()
    plausible = length <= reach_m(joined["interval_s"].to_numpy(), joined["mode"])
    joined["valid"] = joined["interval_s"].between(0, limit, inclusive="right") & plausible
    return joined


def unknown_time(tracks: Tracks, segments: pd.DataFrame) -> pd.DataFrame:
    """Stretches of duty in which nobody knows where the unit was."""
    shifts = tracks.shifts
    times = tracks.fixes.groupby("shift")["time_s"]
    first = times.min().reindex(shifts.index).fillna(shifts["end_s"])
    last = times.max().reindex(shifts.index).fillna(shifts["end_s"])
    columns = ["shift", "mode", "start_s", "end_s"]
    named = shifts.reset_index(names="shift")
    before = named.assign(end_s=first.to_numpy())[columns]
    after = named.assign(start_s=last.to_numpy())[columns]
    between = segments.loc[~segments["valid"], columns]
    every = pd.concat([before, between, after], ignore_index=True)
    return every[every["end_s"] > every["start_s"]].reset_index(drop=True)
