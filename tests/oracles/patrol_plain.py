"""The plain method of dwell and visits, segment by segment with geometry: the engine's oracle."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.patrol.dwell import DEPTH_M
from gridmap.patrol.intervals import Floats, Intervals, seconds_within, unite
from gridmap.patrol.lattices import OUTSIDE, Shapes
from gridmap.patrol.presence import good_interval
from gridmap.patrol.visits import BY_VEHICLE_S, MERGE_S, ON_FOOT_S
from tests.oracles.patrol_intervals import unite_by


def cells_of_points(x_m: Floats, y_m: Floats, cells: Shapes) -> npt.NDArray[np.int64]:
    """Find the cell each point lies in, by number; on a shared border the first of the cells."""
    point, cell = shapely.STRtree(cells).query(shapely.points(x_m, y_m), predicate="intersects")
    first = np.full(len(x_m), len(cells), dtype=np.int64)
    np.minimum.at(first, point, cell)
    return np.where(first == len(cells), OUTSIDE, first)


def split_segments(segments: pd.DataFrame, cells: Shapes) -> pd.DataFrame:
    """Pieces of valid segments, one for each stretch in one cell."""
    ends = segments[["x0_m", "y0_m", "x1_m", "y1_m"]].to_numpy().T
    from_cell, to_cell = (cells_of_points(ends[n], ends[n + 1], cells) for n in (0, 2))
    convex = np.r_[is_convex(cells), False]
    moves = (ends[0] != ends[2]) | (ends[1] != ends[3])
    crossing = moves & ((from_cell != to_cell) | ~convex[from_cell])
    row, low, high, cell = _cut(ends[:, crossing], np.flatnonzero(crossing), cells)
    whole = np.flatnonzero(~crossing)
    rows = np.r_[whole, row]
    low, high = np.r_[np.zeros(len(whole)), low], np.r_[np.ones(len(whole)), high]
    cell = np.r_[from_cell[whole], cell]
    start, length = segments["start_s"].to_numpy()[rows], segments["interval_s"].to_numpy()[rows]
    limit = np.r_[good_interval(cells), np.inf][cell]
    at_home = (from_cell[rows] == cell) & (to_cell[rows] == cell)
    frame = pd.DataFrame(
        {
            "segment": segments.index.to_numpy()[rows],
            "cell": cell,
            "start_s": start + low * length,
            "end_s": np.where(high == 1, segments["end_s"].to_numpy()[rows], start + high * length),
            "observed": at_home & (length <= limit),
        }
    )
    return frame.sort_values(["segment", "start_s"], ignore_index=True)


def _cut(
    ends: Floats, row: npt.NDArray[np.int64], cells: Shapes
) -> tuple[npt.NDArray[np.int64], Floats, Floats, npt.NDArray[np.int64]]:
    """Cut moving segments where they meet a border: row, first and last share, cell."""
    x0, y0, x1, y1 = ends
    lines = np.asarray(shapely.linestrings(np.stack([ends[:2].T, ends[2:].T], axis=1)))
    line, cell = shapely.STRtree(cells).query(lines, predicate="intersects")
    parts = shapely.intersection(lines[line], cells[cell])
    corners, part = shapely.get_coordinates(parts, return_index=True)
    owner = line[part]
    along = (corners[:, 0] - x0[owner]) * (x1 - x0)[owner]
    along += (corners[:, 1] - y0[owner]) * (y1 - y0)[owner]
    share = np.clip(along / ((x1 - x0) ** 2 + (y1 - y0) ** 2)[owner], 0.0, 1.0)
    every = np.arange(len(row))
    owner = np.r_[owner, every, every]
    share = np.r_[share, np.zeros(len(row)), np.ones(len(row))]
    order = np.lexsort((share, owner))
    owner, share = owner[order], share[order]
    stretch = (owner[1:] == owner[:-1]) & (share[1:] > share[:-1])
    mine, low, high = owner[:-1][stretch], share[:-1][stretch], share[1:][stretch]
    middle = (low + high) / 2
    x, y = x0[mine] + middle * (x1 - x0)[mine], y0[mine] + middle * (y1 - y0)[mine]
    return row[mine], low, high, cells_of_points(x, y, cells)


def find_visits(
    pieces: pd.DataFrame, segments: pd.DataFrame, fixes: pd.DataFrame, cells: Shapes
) -> pd.DataFrame:
    """Visits of any unit to each cell."""
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
    """Pieces with the flicker at cell borders given back to the cell the unit was in."""
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


def _runs(cell: int, anyhow: Intervals, by_vehicle: Intervals) -> Floats:
    # Runs exactly 60 s apart stay two, so the closing distance must lie just under 60 s.
    runs = unite(anyhow.start, anyhow.end, closing_s=np.nextafter(MERGE_S, 0))
    present = seconds_within(anyhow, runs.start, runs.end)
    driven = seconds_within(by_vehicle, runs.start, runs.end)
    least = np.where(driven >= BY_VEHICLE_S, BY_VEHICLE_S, ON_FOOT_S)
    table = np.column_stack([np.full(len(least), cell), runs.start, runs.end, least])
    return table[(present >= ON_FOOT_S) | (driven >= BY_VEHICLE_S)]


def is_convex(cells: Shapes) -> npt.NDArray[np.bool_]:
    """Which cells are convex."""
    hull = shapely.area(shapely.convex_hull(cells))
    return hull - shapely.area(cells) <= 1e-9 * hull
