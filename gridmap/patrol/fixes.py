"""Fixes made clean, step by step, each step counting what it removed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.crs import WGS84, project
from gridmap.errors import InputError, name_ids
from gridmap.patrol.order import time_order
from gridmap.patrol.spikes import SPEEDS_MPS, drop_spikes, often_torn, speeds_of

MAX_ACCURACY_M = 500.0
"""A position less certain than this [m] is no position."""
NULL_ISLAND_M = 1.0
"""A fix this close [m] to longitude 0, latitude 0 is a receiver without a position."""
FUTURE_S = 60.0
"""A clock this far [s] ahead of the receiving clock is wrong."""
STALE_S = 72 * 3600.0
"""A fix that arrived later than this [s] after its own time is put aside."""
Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
NOT_A_TIME = np.iinfo(np.int64).min
_US = 1_000_000


class RawFixes(NamedTuple):
    """Fixes as they came, as arrays in any order.

    Attributes
    ----------
    shift : ndarray of int
        Row of the shift, or -1.
    time_us : ndarray of int
        Microseconds after the origin of the tracks; the least number there is for no time at all.
    x_m, y_m : ndarray
        Place [m].
    accuracy_m : ndarray
        How certain the place is [m]; empty where the phone did not say.
    late_s : ndarray, optional
        How long after its own time a fix arrived [s]; empty where nobody knows.
    """

    shift: Numbers
    time_us: Numbers
    x_m: Floats
    y_m: Floats
    accuracy_m: Floats
    late_s: Floats | None = None


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
    torn : tuple of str
        Shifts whose fixes jump to and fro, as if two phones sent with one identifier.
    """

    shifts: pd.DataFrame
    fixes: pd.DataFrame
    origin: pd.Timestamp
    account: Mapping[str, int]
    torn: tuple[str, ...] = ()

    @property
    def on_duty_s(self) -> float:
        """Time on duty over all shifts [s]."""
        return float((self.shifts["end_s"] - self.shifts["start_s"]).sum())


def clean_fixes(
    shifts: pd.DataFrame,
    fixes: gpd.GeoDataFrame,
    now: datetime | None = None,
    origin: pd.Timestamp | None = None,
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
    origin : Timestamp, optional
        The moment that is second 0; default: the midnight in UTC before the first shift.

    Returns
    -------
    Tracks

    Raises
    ------
    InputError
        If times have no zone: the same fix could lie hours apart.

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
    duty = shifts_in_seconds(shifts, origin)
    nowhere = project(gpd.GeoSeries([shapely.Point(0, 0)], crs=WGS84), fixes.crs).iloc[0]
    now_s = np.inf if now is None else float(_microseconds(pd.Series([now]), duty.origin)[0]) / _US
    return clean_arrays(duty, _raw_fixes(fixes, duty), (nowhere.x, nowhere.y), now_s)


def clean_arrays(
    duty: Tracks,
    raw: RawFixes,
    nowhere: tuple[float, float] = (np.inf, np.inf),
    now_s: float = np.inf,
) -> Tracks:
    """Clean fixes given as arrays; see :func:`clean_fixes`.

    Parameters
    ----------
    duty : Tracks
        Shifts, from :func:`shifts_in_seconds`.
    raw : RawFixes
        Fixes in any order.
    nowhere : tuple of float
        Where longitude 0, latitude 0 lies [m].
    now_s : float
        Moment after which a fix lies in the future [s after the origin].

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> duty = shifts_in_seconds(toy_district()["shifts"])
    >>> begin = int(duty.shifts.start_s.iloc[0]) * 1_000_000
    >>> two = RawFixes(*np.array([[0, 0], [begin + 5, begin]]), *np.ones((3, 2)))
    >>> clean_arrays(duty, two).account["kept"]
    2
    """
    refused = _refusals(duty.shifts, raw, nowhere, now_s)
    account = {"given": len(raw.shift)}
    good = np.ones(len(raw.shift), dtype=bool)
    for name, bad in refused.items():
        account[name] = int((good & bad).sum())
        good &= ~bad
    rows = np.flatnonzero(good)
    rows = rows[time_order(raw.shift[rows], raw.time_us[rows])]
    shift, time_us = raw.shift[rows], raw.time_us[rows]
    first = _first_of_their_time(duty.shifts, raw, rows, shift, time_us)
    account["duplicate"] = int((~first).sum())
    if not first.all():
        rows, shift, time_us = rows[first], shift[first], time_us[first]
    columns: dict[str, Any] = {"shift": shift, "time_s": time_us / _US}
    columns |= {name: getattr(raw, name)[rows] for name in ("x_m", "y_m", "accuracy_m")}
    time_s, x, y = columns["time_s"], columns["x_m"], columns["y_m"]
    kept = drop_spikes(shift, time_s, x, y, speeds_of(duty.shifts["mode"]))
    account["spike"], account["kept"] = int((~kept).sum()), int(kept.sum())
    doubtful = often_torn(shift, kept, len(duty.shifts))
    fixes = pd.DataFrame(columns, copy=False)
    fixes = fixes if kept.all() else fixes[kept].reset_index(drop=True)
    torn = tuple(duty.shifts["shift_id"].to_numpy()[doubtful])
    return Tracks(duty.shifts, fixes, duty.origin, MappingProxyType(account), torn)


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


def shifts_in_seconds(shifts: pd.DataFrame, origin: pd.Timestamp | None = None) -> Tracks:
    """Shifts that end after they begin, with times in seconds, as tracks without fixes.

    Parameters
    ----------
    shifts : DataFrame
        Layer ``shifts``. A shift without an end was never closed and is left out.
    origin : Timestamp, optional
        The moment that is second 0; default: the midnight in UTC before the first shift.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> shifts_in_seconds(toy_district()["shifts"]).on_duty_s
    3600.0
    """
    good = shifts[shifts["end"] > shifts["start"]].sort_values("shift_id", ignore_index=True)
    if origin is None:
        origin = good["start"].min().floor("D") if len(good) else pd.Timestamp(0, tz="UTC")
    duty = good[["shift_id", "unit_id"]].copy()
    duty["mode"] = good["mode"].where(good["mode"].isin(list(SPEEDS_MPS)), "foot")
    duty["start_s"] = _microseconds(good["start"], origin) / _US
    duty["end_s"] = _microseconds(good["end"], origin) / _US
    return Tracks(duty, pd.DataFrame(), origin, MappingProxyType({}))


def _raw_fixes(fixes: Any, duty: Tracks) -> RawFixes:
    shapes = np.asarray(fixes.geometry, dtype=object)
    time_us = _microseconds(fixes["time"], duty.origin)
    late = None
    if "received" in fixes:
        received = _microseconds(fixes["received"], duty.origin)
        known = (received != NOT_A_TIME) & (time_us != NOT_A_TIME)
        late = np.where(known, (received - time_us) / _US, np.nan)
    return RawFixes(
        shift=pd.Index(duty.shifts["shift_id"]).get_indexer(pd.Index(fixes["shift_id"])),
        time_us=time_us,
        x_m=shapely.get_x(shapes),
        y_m=shapely.get_y(shapes),
        accuracy_m=fixes["accuracy_m"].to_numpy(dtype=np.float64, na_value=np.nan),
        late_s=late,
    )


def _microseconds(moments: pd.Series, origin: pd.Timestamp) -> Numbers:
    _refuse_naive(moments)
    zoned = pd.to_datetime(moments, utc=True).dt.tz_localize(None)
    whole = zoned.to_numpy(dtype="datetime64[us]")
    passed = whole.astype(np.int64) - np.datetime64(origin.tz_localize(None), "us").astype(np.int64)
    return np.where(np.isnat(whole), NOT_A_TIME, passed)


def _refuse_naive(moments: pd.Series) -> None:
    if isinstance(moments.dtype, pd.DatetimeTZDtype):
        return
    some = moments.dropna()
    naive = [row for row, moment in some.items() if pd.Timestamp(moment).tzinfo is None]
    if naive:
        raise InputError(
            f"Expected times with a zone, found {len(naive)} without one in column "
            f"{moments.name}, such as rows {name_ids(naive)}. Write +08:00 or Z behind them."
        )


def _refusals(
    shifts: pd.DataFrame, raw: RawFixes, nowhere: tuple[float, float], now_s: float
) -> dict[str, Flags]:
    """Mark what is refused before order matters, by reason."""
    time_s = np.where(raw.time_us == NOT_A_TIME, np.nan, raw.time_us / _US)
    on_shift = raw.shift >= 0
    if len(shifts):
        start, end = (shifts[name].to_numpy()[raw.shift] for name in ("start_s", "end_s"))
        on_shift &= (time_s >= start) & (time_s <= end)
    finite = np.isfinite(raw.x_m) & np.isfinite(raw.y_m)
    vague = (raw.accuracy_m < 0) | (raw.accuracy_m > MAX_ACCURACY_M)
    island = np.hypot(raw.x_m - nowhere[0], raw.y_m - nowhere[1]) <= NULL_ISLAND_M
    clock = time_s > now_s + FUTURE_S
    if raw.late_s is not None:
        clock |= (raw.late_s < -FUTURE_S) | (raw.late_s > STALE_S)
    return {"off_shift": ~on_shift, "out_of_range": ~finite | vague | island, "clock": clock}


def _first_of_their_time(
    shifts: pd.DataFrame, raw: RawFixes, rows: Numbers, shift: Numbers, time_us: Numbers
) -> Flags:
    """Of fixes of one unit at one moment the most accurate; rows sorted by shift and time."""
    first = np.ones(len(rows), dtype=bool)
    unit = pd.factorize(shifts["unit_id"])[0]
    same = (shift[1:] == shift[:-1]) & (time_us[1:] == time_us[:-1])
    meets = _meets_another(shifts, unit)
    if not (meets.any() or same.any()):
        return first
    asked = np.r_[same, False] | np.r_[False, same] | meets[shift]
    few = np.flatnonzero(asked)
    mine = rows[few]
    keys = (shift[few], raw.y_m[mine], raw.x_m[mine], raw.accuracy_m[mine], time_us[few])
    order = few[np.lexsort((*keys, unit[shift[few]]))]
    again = (unit[shift[order[1:]]] == unit[shift[order[:-1]]]) & (
        time_us[order[1:]] == time_us[order[:-1]]
    )
    first[order[1:][again]] = False
    return first


def _meets_another(shifts: pd.DataFrame, unit: npt.NDArray[np.intp]) -> Flags:
    """Shifts that share a moment with another shift of their unit."""
    start, end = shifts["start_s"].to_numpy(), shifts["end_s"].to_numpy()
    meets = np.zeros(len(shifts), dtype=bool)
    order = np.lexsort((start, unit))
    reach: dict[int, tuple[float, int]] = {}
    for row in order.tolist():
        last, holder = reach.get(unit[row], (-np.inf, row))
        if start[row] <= last:
            meets[[row, holder]] = True
        if end[row] >= last:
            reach[unit[row]] = (end[row], row)
    return meets
