"""Fixes made clean, step by step, each step counting what it removed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.crs import WGS84, project

MAX_ACCURACY_M = 500.0
"""A position less certain than this [m] is no position."""
NULL_ISLAND_M = 1.0
"""A fix this close [m] to longitude 0, latitude 0 is a receiver without a position."""
FUTURE_S = 60.0
"""A clock this far [s] ahead of the receiving clock is wrong."""
STALE_S = 72 * 3600.0
"""A fix that arrived later than this [s] after its own time is put aside."""
PEAK_S = 10.0
"""How long [s] a unit may keep its peak speed."""
SPEEDS_MPS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"foot": (4.0, 8.0), "bike": (12.0, 12.0), "car": (42.0, 42.0)}
)
"""Highest sustained and peak speed [m/s] by mode."""

Step = Callable[[pd.DataFrame, pd.DataFrame], npt.NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class Tracks:
    """Shifts and their clean fixes, all times in seconds since ``origin``.

    Attributes
    ----------
    shifts : DataFrame
        shift_id, unit_id, mode, start_s, end_s; only shifts that end after they begin.
    fixes : DataFrame
        shift (row of ``shifts``), time_s, x_m, y_m, accuracy_m; by shift, then time.
    origin : Timestamp
        A midnight in UTC.
    account : mapping of str to int
        Fixes given, removed by each step, and kept.
    """

    shifts: pd.DataFrame
    fixes: pd.DataFrame
    origin: pd.Timestamp
    account: Mapping[str, int]

    @property
    def on_duty_s(self) -> float:
        """Time on duty over all shifts [s]."""
        return float((self.shifts["end_s"] - self.shifts["start_s"]).sum())


def clean_fixes(
    shifts: pd.DataFrame, fixes: gpd.GeoDataFrame, now: datetime | None = None
) -> Tracks:
    """Clean fixes in the order of MEASURES.md 4, with an account of each step.

    Parameters
    ----------
    shifts : DataFrame
        Layer ``shifts``.
    fixes : GeoDataFrame
        Layer ``fixes`` in a metric CRS. A column ``received`` (times with zone), where there is
        one, is the clock that the fixes' own clock is checked against.
    now : datetime, optional
        Moment with zone after which a fix lies in the future; default: no such check.

    Returns
    -------
    Tracks

    Notes
    -----
    On-shift gate → type and range (finite position that is not longitude 0 latitude 0, accuracy
    not negative and at most 500 m) → clock (future, stale) → de-duplication on (unit, time)
    keeping the best accuracy → stable sort → spikes (:func:`drop_spikes`).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> tracks = clean_fixes(toy["shifts"], toy["fixes"])
    >>> tracks.account["given"], tracks.account["kept"], tracks.on_duty_s
    (7, 7, 3600.0)
    """
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


def on_duty(fixes: pd.DataFrame, shifts: pd.DataFrame) -> pd.Series:
    """Whether each fix lies inside the shift it names; others must not be kept (PRIVACY.md 3).

    Parameters
    ----------
    fixes, shifts : DataFrame
        The layers; both bounds of a shift belong to it.

    Returns
    -------
    Series of bool
        On the index of the fixes; no position is looked at.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> late = toy["fixes"].assign(time=toy["fixes"]["time"] + pd.Timedelta(minutes=57))
    >>> on_duty(late, toy["shifts"]).tolist()
    [True, True, True, True, False, False, False]
    """
    times = shifts.drop_duplicates("shift_id").set_index("shift_id")[["start", "end"]]
    told = times.reindex(fixes["shift_id"]).set_axis(fixes.index)
    return (fixes["time"] >= told["start"]) & (fixes["time"] <= told["end"])


def reach_m(seconds: npt.NDArray[np.float64], mode: pd.Series) -> npt.NDArray[np.float64]:
    """Farthest a unit can get in some time [m].

    Parameters
    ----------
    seconds : ndarray, shape (n,)
        Times [s].
    mode : Series of str
        ``foot``, ``bike`` or ``car``.

    Notes
    -----
    v_sustained · t + (v_peak − v_sustained) · min(t, 10 s): on foot 8 m/s for ten seconds and
    4 m/s from then on, bike 12 m/s, car 42 m/s (MEASURES.md 4, cleaning).

    Examples
    --------
    >>> reach_m(np.array([10.0, 60.0]), pd.Series(["foot", "foot"])).tolist()
    [80.0, 280.0]
    """
    sustained = mode.map({name: pair[0] for name, pair in SPEEDS_MPS.items()}).to_numpy(float)
    peak = mode.map({name: pair[1] for name, pair in SPEEDS_MPS.items()}).to_numpy(float)
    return sustained * seconds + (peak - sustained) * np.minimum(seconds, PEAK_S)


def drop_spikes(
    shift: npt.NDArray[np.int64],
    time_s: npt.NDArray[np.float64],
    place: npt.NDArray[np.complex128],
    mode: pd.Series,
) -> npt.NDArray[np.bool_]:
    """Mask of the fixes to keep: a spike has two neighbours too fast and a bypass that is not.

    Parameters
    ----------
    shift, time_s, place : ndarray, shape (n,)
        Sorted by shift and time; places as complex numbers x + iy [m].
    mode : Series of str, shape (n,)
        How the unit of each fix moves.

    Notes
    -----
    Fixes are looked at in order. Dropping one makes its successor's way plausible again, so of
    several candidates in a row the first, third, … are dropped.

    Examples
    --------
    >>> walk = np.array([0, 10, 9000, 30, 40], dtype=complex)
    >>> shift, feet = np.zeros(5, dtype=int), pd.Series(["foot"] * 5)
    >>> drop_spikes(shift, 10.0 * np.arange(5), walk, feet).tolist()
    [True, True, False, True, True]
    """
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
