"""Made-up walks for the benchmarks of patrol: unsorted fixes over square or crooked cells."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.patrol.fixes import RawFixes, Tracks, clean_arrays, shifts_in_seconds

SIDE_M = 500.0
COLUMNS, ROWS = 58, 57
INTERVAL_S = 10
A_SHIFT = 2880
START = pd.Timestamp("2026-03-02T00:00:00Z")


def walk_of(count: int, seed: int = 0) -> tuple[pd.DataFrame, RawFixes]:
    """Shifts and as many unsorted fixes: eight hours on foot, a fix every ten seconds."""
    rng = np.random.default_rng(seed)
    units = int(np.ceil(count / A_SHIFT))
    heading = rng.normal(0, 0.3, (units, A_SHIFT)).cumsum(axis=1)
    pace = rng.uniform(0, 2.4, (units, A_SHIFT)) * INTERVAL_S
    extent = np.array([COLUMNS, ROWS]) * SIDE_M
    place = rng.uniform(0.1, 0.9, (units, 2)) * extent
    x = _kept_in(place[:, :1] + (pace * np.cos(heading)).cumsum(axis=1), extent[0]).ravel()[:count]
    y = _kept_in(place[:, 1:] + (pace * np.sin(heading)).cumsum(axis=1), extent[1]).ravel()[:count]
    row = np.arange(count)
    mixed = rng.permutation(count)
    time_us = row % A_SHIFT * INTERVAL_S * 1_000_000
    accuracy = np.full(count, 5.0)
    raw = RawFixes(row[mixed] // A_SHIFT, time_us[mixed], x[mixed], y[mixed], accuracy)
    return _shifts(units), raw


def square_cells() -> npt.NDArray[Any]:
    """3,306 squares of 500 m."""
    n = np.arange(COLUMNS * ROWS)
    x, y = n % COLUMNS * SIDE_M, n // COLUMNS * SIDE_M
    return np.asarray(shapely.box(x, y, x + SIDE_M, y + SIDE_M))


def crooked_cells(seed: int = 1) -> npt.NDArray[Any]:
    """As many cells with crooked borders of fourteen corners a side, tiling the same ground."""
    rng = np.random.default_rng(seed)
    steps = np.linspace(0, 1, 15)[:-1]
    bends = rng.uniform(-25, 25, (2, COLUMNS + 1, ROWS + 1, 14))
    bends[..., 0] = 0
    bends[0, :, [0, -1]] = bends[1, [0, -1], :] = 0

    def side(i: int, j: int, along_x: bool) -> npt.NDArray[np.float64]:
        run, bend = steps * SIDE_M, bends[0 if along_x else 1, i, j]
        x, y = (run, bend) if along_x else (bend, run)
        return np.column_stack([i * SIDE_M + x, j * SIDE_M + y])

    def cell(i: int, j: int) -> Any:
        corner = np.array([[i + 1, j + 1], [i, j + 1]]) * SIDE_M
        top, left = side(i, j + 1, True)[:0:-1], side(i, j, False)[:0:-1]
        ring = [side(i, j, True), side(i + 1, j, False), corner[:1], top, corner[1:], left]
        return shapely.Polygon(np.vstack(ring))

    return np.array([cell(n % COLUMNS, n // COLUMNS) for n in range(COLUMNS * ROWS)])


def cleaned(shifts: pd.DataFrame, raw: RawFixes) -> Tracks:
    """Fixes as the engine takes them."""
    return clean_arrays(shifts_in_seconds(shifts), raw)


def _kept_in(place: npt.NDArray[np.float64], extent: float) -> npt.NDArray[np.float64]:
    """Turn walks back at the border, so that no step grows longer."""
    return np.asarray(np.abs((place + extent) % (2 * extent) - extent))


def _shifts(units: int) -> pd.DataFrame:
    # Zero-padded, so that the order of names is the order of numbers.
    names = [f"{n:06d}" for n in range(units)]
    end = START + pd.Timedelta(seconds=A_SHIFT * INTERVAL_S)
    table = {"shift_id": names, "unit_id": names, "start": START, "end": end, "mode": "foot"}
    return pd.DataFrame(table)
