"""Shifts and fixes: patrols that walk, ride and drive along real streets, and sometimes vanish."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.signal import lfilter

from gridmap.synthesis.streets import Streets, link_streets, usable

SPEED_MPS = {"foot": 1.25, "bike": 3.8, "car": 7.5}
"""Mean speed while moving [m/s], by mode."""
NOISE_M = 3.0
"""Standard deviation of the error of a position [m], which drifts as that of a receiver does."""
_NOISE_MEMORY_S = 60.0
_LARGEST_ERROR_M = 9.0
_STAND_CHANCE = 0.6
_STAND_S = (60, 420)
_LOST_S = (150, 330)
_LOST_EVERY_S = 28_800.0
_ROUNDS = (("day", 8), ("midday", 12), ("evening", 17), ("night", 22))
_HOURS = 4.0

Track = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
"""Times since the start [s] and places [m]."""


@dataclass(frozen=True)
class Unit:
    """A patrol unit: how it moves, how often it reports, and the hour its shift begins."""

    unit_id: str
    mode: str
    interval_s: int
    hour: int


def name_units(count: int = 12) -> list[Unit]:
    """Units of a district: two in three on foot, the rest by bike and car.

    Examples
    --------
    >>> [unit.mode for unit in name_units(6)]
    ['foot', 'foot', 'foot', 'foot', 'bike', 'car']
    """
    modes = ("foot", "foot", "foot", "foot", "bike", "car")
    return [
        Unit(f"U{n + 1:02d}", modes[n % 6], (10, 15, 20)[n % 3], _ROUNDS[n % 4][1])
        for n in range(count)
    ]


def walk_shifts(
    roads: gpd.GeoDataFrame,
    beats: Sequence[shapely.Geometry],
    units: Sequence[Unit],
    days: Sequence[pd.Timestamp],
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Shifts of all units over some days, and the fixes they report.

    Parameters
    ----------
    roads : GeoDataFrame
        Streets split where they meet, in a metric CRS.
    beats : sequence of Polygon
        Ground each unit prefers, one after the other.
    units : sequence of Unit
        Who patrols.
    days : sequence of Timestamp
        Local midnights with their zone.
    rng : Generator
        Source of chance.

    Returns
    -------
    shifts, fixes : DataFrame, GeoDataFrame
        Layers of the schema; every fix lies inside its shift.

    Notes
    -----
    A unit goes from one standing place of its beat to the next along the shortest path at the
    speed of its mode, stands there for one to seven minutes, and on average loses its signal once
    in two shifts, for three to five minutes. Positions have a drifting error of a few metres.
    """
    graphs = {mode: link_streets(usable(roads, mode)) for mode in {u.mode for u in units}}
    shifts, fixes = [], []
    for day in days:
        for n, unit in enumerate(units):
            beat = beats[n % len(beats)]
            start = day + pd.Timedelta(hours=unit.hour, minutes=int(rng.integers(0, 20)))
            length_s = _HOURS * 3600 + int(rng.integers(-1200, 1200))
            shift_id = f"S{day:%m%d}-{n + 1:02d}"
            shifts.append([shift_id, unit.unit_id, start, start + pd.Timedelta(seconds=length_s)])
            track = walk_beat(graphs[unit.mode], beat, SPEED_MPS[unit.mode], length_s, rng)
            fixes.append(
                report_track(track, unit.interval_s, length_s, rng).assign(
                    shift_id=shift_id, start=start
                )
            )
    table = pd.DataFrame(shifts, columns=["shift_id", "unit_id", "start", "end"])
    table["mode"] = [unit.mode for _ in days for unit in units]
    return table, lay_fixes(pd.concat(fixes, ignore_index=True), roads)


def walk_beat(
    streets: Streets,
    beat: shapely.Geometry,
    speed_mps: float,
    length_s: float,
    rng: np.random.Generator,
) -> Track:
    """Make the true track of a whole shift."""
    own = np.flatnonzero(shapely.contains_xy(beat, streets.nodes))
    own = own if len(own) else np.arange(len(streets.nodes))
    here = int(rng.choice(own))
    times, places = [0.0], [streets.nodes[here]]
    while times[-1] < length_s:
        there = (
            int(rng.choice(own)) if rng.random() < 0.85 else int(rng.integers(len(streets.nodes)))
        )
        for time_s, place in _leg(streets.path(here, there), speed_mps * rng.uniform(0.85, 1.15)):
            times.append(times[-1] + time_s)
            places.append(place)
        if rng.random() < _STAND_CHANCE or there == here:
            times.append(times[-1] + float(rng.integers(*_STAND_S)))
            places.append(places[-1])
        here = there
    return np.array(times), np.array(places)


def _leg(
    path: npt.NDArray[np.float64], speed_mps: float
) -> Iterator[tuple[float, npt.NDArray[np.float64]]]:
    step_m = np.hypot(*np.diff(path, axis=0).T)
    for length_m, place in zip(step_m, path[1:], strict=True):
        if length_m > 0:
            yield length_m / speed_mps, place


def report_track(
    track: Track, interval_s: int, length_s: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Report a track: a fix every few seconds, with an error, none while the signal is lost."""
    clock = np.arange(5.0, length_s, interval_s)
    heard = ~_lost(clock, length_s, rng)
    error = _drift(len(clock), interval_s, rng)
    x, y = (np.interp(clock, track[0], track[1][:, axis]) + error[:, axis] for axis in (0, 1))
    accuracy = np.clip(rng.gamma(4.0, 1.5, len(clock)), 3, 25).round(1)
    table = pd.DataFrame({"second": clock, "x": x, "y": y, "accuracy_m": accuracy})
    return table[heard]


def _lost(
    clock: npt.NDArray[np.float64], length_s: float, rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    count = int(rng.poisson(length_s / _LOST_EVERY_S))
    begin = rng.uniform(0, length_s, count)
    end = begin + rng.integers(*_LOST_S, count)
    inside = (clock >= begin[:, None]) & (clock < end[:, None])
    return np.logical_or.reduce(inside, axis=0)


def _drift(size: int, interval_s: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    keep = np.exp(-interval_s / _NOISE_MEMORY_S)
    fresh = rng.normal(scale=NOISE_M * np.sqrt(1 - keep**2), size=(size, 2))
    start = keep * rng.normal(scale=NOISE_M, size=(1, 2))
    error, _ = lfilter([1.0], [1.0, -keep], fresh, axis=0, zi=start)
    return np.asarray(np.clip(error, -_LARGEST_ERROR_M, _LARGEST_ERROR_M))


def lay_fixes(fixes: pd.DataFrame, roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Lay the fixes of all shifts out as a layer of the schema."""
    time = fixes["start"] + pd.to_timedelta(fixes["second"], unit="s")
    return gpd.GeoDataFrame(
        {"shift_id": fixes["shift_id"], "time": time, "accuracy_m": fixes["accuracy_m"]},
        geometry=shapely.points(fixes[["x", "y"]].round(2).to_numpy()),
        crs=roads.crs,
    )
