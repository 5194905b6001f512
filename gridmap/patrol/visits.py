"""Visits: runs of presence long enough to count, and how long ago the last one was."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.patrol.intervals import Floats, Intervals, seconds_within, unite, unite_by
from gridmap.patrol.presence import OUTSIDE, Shapes, cells_of_points

MERGE_S = 60.0
"""Runs of presence less than this [s] apart are one visit."""
ON_FOOT_S, BY_VEHICLE_S = 60.0, 20.0
"""Seconds from which a run counts as a visit."""
DEPTH_M = 15.0
"""A fix this far [m] past the border, or as far as its accuracy, has left its cell."""


def find_visits(
    pieces: pd.DataFrame, segments: pd.DataFrame, fixes: pd.DataFrame, cells: Shapes
) -> pd.DataFrame:
    """Visits of any unit to each cell.

    Parameters
    ----------
    pieces : DataFrame
        From :func:`gridmap.patrol.presence.split_segments`.
    segments : DataFrame
        The valid segments that the pieces were cut from, with their index.
    fixes : DataFrame
        Clean fixes the segments join.
    cells : ndarray of Polygon
        The cells.

    Returns
    -------
    DataFrame
        cell, start_s, end_s, least_s; by cell and time.

    Notes
    -----
    A visit is a maximal run of presence; runs less than 60 s apart merge. It counts from 60 s of
    presence, or 20 s of presence by vehicle (bike or car); ``least_s`` is the one that applied.
    Presence is first smoothed at the borders (:func:`settle`), for visits only (MEASURES.md 4).

    Examples
    --------
    >>> from gridmap.patrol import measure_patrol
    >>> from gridmap.samples import toy_district
    >>> visits = measure_patrol(toy_district()).visits
    >>> (visits.end_s - visits.start_s).tolist(), visits.least_s.tolist()
    ([150.0, 150.0], [60.0, 60.0])
    """
    settled = settle(pieces, segments, fixes, cells)
    settled = settled[settled["cell"] != OUTSIDE]
    driven = settled["segment"].map(segments["mode"]).isin(["bike", "car"])
    by_vehicle = unite_by(*(settled.loc[driven, c] for c in ("cell", "start_s", "end_s")))
    anyhow = unite_by(settled["cell"], settled["start_s"], settled["end_s"])
    nobody = Intervals(np.empty(0), np.empty(0))
    found = [_runs(cell, anyhow[cell], by_vehicle.get(cell, nobody)) for cell in sorted(anyhow)]
    table = np.vstack([np.empty((0, 4)), *found])
    visits = pd.DataFrame(table, columns=["cell", "start_s", "end_s", "least_s"])
    return visits.astype({"cell": "int64"})


def settle(
    pieces: pd.DataFrame, segments: pd.DataFrame, fixes: pd.DataFrame, cells: Shapes
) -> pd.DataFrame:
    """Pieces with the flicker at cell borders given back to the cell the unit was in.

    Parameters
    ----------
    pieces, segments, fixes, cells
        As for :func:`find_visits`.

    Returns
    -------
    DataFrame
        The pieces, some with another cell.

    Notes
    -----
    A change of cell counts when a fix lies past the border by min(accuracy, 15 m), or for two
    fixes in a row (MEASURES.md 4). A fix without accuracy needs the full 15 m. After a gap the
    unit is where its fix says.
    """
    raw = cells_of_points(fixes["x_m"].to_numpy(), fixes["y_m"].to_numpy(), cells)
    first = segments["first"].to_numpy()
    linked = np.zeros(len(raw), dtype=bool)
    linked[first + 1] = True
    told = _settled_cells(raw, linked, fixes, cells)
    row = pd.Series(first, index=segments.index).reindex(pieces["segment"]).to_numpy()
    cell = pieces["cell"].to_numpy()
    at_start, at_end = (cell == raw[row]), (cell == raw[row + 1])
    smooth = np.where(at_start & (raw[row] != told[row]), told[row], cell)
    late = at_end & ~at_start & (raw[row + 1] != told[row + 1])
    back = at_start & at_end & (told[row] == raw[row]) & (told[row + 1] != raw[row + 1])
    return pieces.assign(cell=np.where(late | back, told[row + 1], smooth))


def pauses(visits: pd.DataFrame, start_s: float, end_s: float) -> pd.DataFrame:
    """Frequency, intermittency and freshness of each visited cell over a period.

    Parameters
    ----------
    visits : DataFrame
        From :func:`find_visits`.
    start_s, end_s : float
        The period [s].

    Returns
    -------
    DataFrame
        By cell: visits, pause_median_s, pause_p90_s, pause_max_s (end of a visit to the start of
        the next; empty with fewer than two), freshness_s (age of the last visit at the end of the
        period), freshness_mean_s.

    Notes
    -----
    Over a period P with stretches g_k without a visit, the mean freshness is Σ g_k² ÷ 2|P|
    (MEASURES.md 4). Cells never visited are absent: their freshness is no number.

    Examples
    --------
    >>> seen = pd.DataFrame({"cell": [0, 0], "start_s": [10.0, 60.0], "end_s": [20.0, 70.0]})
    >>> pauses(seen, 0.0, 100.0).loc[0, ["pause_max_s", "freshness_s", "freshness_mean_s"]].tolist()
    [40.0, 30.0, 13.0]
    """
    rows = {cell: _pause_row(group, start_s, end_s) for cell, group in visits.groupby("cell")}
    names = ["visits", "pause_median_s", "pause_p90_s", "pause_max_s"]
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=[*names, "freshness_s", "freshness_mean_s"], dtype="float64"
    )


def _runs(cell: int, anyhow: Intervals, by_vehicle: Intervals) -> Floats:
    # Runs exactly 60 s apart stay two, so the closing distance must lie just under 60 s.
    runs = unite(anyhow.start, anyhow.end, closing_s=np.nextafter(MERGE_S, 0))
    present = seconds_within(anyhow, runs.start, runs.end)
    driven = seconds_within(by_vehicle, runs.start, runs.end)
    least = np.where(driven >= BY_VEHICLE_S, BY_VEHICLE_S, ON_FOOT_S)
    table = np.column_stack([np.full(len(least), cell), runs.start, runs.end, least])
    return table[(present >= ON_FOOT_S) | (driven >= BY_VEHICLE_S)]


def _settled_cells(
    raw: npt.NDArray[np.int64], linked: npt.NDArray[np.bool_], fixes: pd.DataFrame, cells: Shapes
) -> npt.NDArray[np.int64]:
    points = np.asarray(shapely.points(fixes["x_m"], fixes["y_m"]))
    depth = fixes["accuracy_m"].fillna(DEPTH_M).clip(upper=DEPTH_M).to_numpy()
    again = np.r_[(raw[1:] == raw[:-1]) & linked[1:], False]
    grid: list[shapely.Geometry] = []
    told = raw.copy()
    for i in np.flatnonzero(linked):
        state = told[i - 1]
        if raw[i] == state or again[i]:
            continue
        if state == OUTSIDE:
            grid = grid or [shapely.union_all(cells).boundary]
            away = shapely.distance(points[i], grid[0])
        else:
            away = shapely.distance(points[i], cells[state])
        if away < depth[i]:
            told[i] = state
    return told


def _pause_row(visits: pd.DataFrame, start_s: float, end_s: float) -> list[float]:
    start, end = visits["start_s"].to_numpy(), visits["end_s"].to_numpy()
    between = start[1:] - end[:-1]
    around = np.clip(np.r_[start, end_s] - np.r_[start_s, end], 0.0, None)
    spread = [np.nan] * 3
    if len(between):
        spread = [*np.quantile(between, [0.5, 0.9]), between.max()]
    mean = float((around**2).sum() / (2 * (end_s - start_s))) if end_s > start_s else np.nan
    return [len(start), *spread, around[-1], mean]
