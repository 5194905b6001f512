"""Presence: the time of each segment split exactly at cell borders, and its union over units."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.patrol.intervals import Floats, Intervals, unite_by

OUTSIDE = -1
"""Cell number of time spent outside the grid."""
SLOT_S = 900.0
"""Length of a slot of the presence table [s]; slots begin on the quarter hour in UTC."""
_CONVEX_TOLERANCE = 1e-9
_INTERVAL_BY_SIZE = ((0.0, 100.0, 200.0, 500.0), (0.0, 15.0, 30.0, 60.0))
ESTIMATED_INTERVALS = 3.0
"""Up to this many times the good interval a figure is an estimate, beyond it is poor."""

Shapes = npt.NDArray[np.object_]


def good_interval(cells: Shapes) -> Floats:
    """Longest fix interval at which presence in a cell is observed rather than guessed [s].

    Parameters
    ----------
    cells : ndarray of Polygon
        The cells; their size is the square root of their area.

    Notes
    -----
    60 s at 500 m, 30 s at 200 m, 15 s at 100 m (MEASURES.md 4, sampling quality), linear between,
    proportional below 100 m, 60 s above 500 m.

    Examples
    --------
    >>> good_interval(np.array([shapely.box(0, 0, 200, 200), shapely.box(0, 0, 900, 900)])).tolist()
    [30.0, 60.0]
    """
    return np.interp(np.sqrt(shapely.area(cells)), *_INTERVAL_BY_SIZE)


def quality_of(interval_s: Floats, good_s: Floats) -> npt.NDArray[np.object_]:
    """Quality of figures made from fixes at some interval: good, estimated or poor.

    Parameters
    ----------
    interval_s : ndarray, shape (n,)
        Fix interval [s]; empty where there is no fix at all.
    good_s : ndarray, shape (n,)
        From :func:`good_interval` [s].

    Examples
    --------
    >>> quality_of(np.array([20.0, 50.0, 300.0, np.nan]), np.full(4, 30.0)).tolist()
    ['good', 'estimated', 'poor', 'poor']
    """
    labels = [interval_s <= good_s, interval_s <= ESTIMATED_INTERVALS * good_s]
    return np.select(labels, ["good", "estimated"], default="poor").astype(object)


def cells_of_points(x_m: Floats, y_m: Floats, cells: Shapes) -> npt.NDArray[np.int64]:
    """Find the cell each point lies in, by number; on a shared border the first of the cells.

    Examples
    --------
    >>> pair = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> cells_of_points(np.array([0.5, 1.0, 1.5, 9.0]), np.full(4, 0.5), pair).tolist()
    [0, 0, 1, -1]
    """
    point, cell = shapely.STRtree(cells).query(shapely.points(x_m, y_m), predicate="intersects")
    first = np.full(len(x_m), len(cells), dtype=np.int64)
    np.minimum.at(first, point, cell)
    return np.where(first == len(cells), OUTSIDE, first)


def split_segments(segments: pd.DataFrame, cells: Shapes) -> pd.DataFrame:
    """Pieces of valid segments, one for each stretch in one cell.

    Parameters
    ----------
    segments : DataFrame
        Valid rows of :func:`gridmap.patrol.segments.join_segments`, on any index.
    cells : ndarray of Polygon
        The cells; convex or not.

    Returns
    -------
    DataFrame
        segment (row label of ``segments``), cell (number, or -1 outside the grid), start_s, end_s,
        observed. The pieces of a segment follow each other without gap or overlap.

    Notes
    -----
    The share of a straight segment's length inside a cell is the share of its time; a segment
    without length belongs whole to its cell; time on a shared border goes to the first of its
    cells. A segment with both ends in one convex cell stays whole; all others are cut by
    geometry. Seconds are *observed* where both ends lie in the cell and the interval is at most
    :func:`good_interval`; all others are *inferred* from the straight line (MEASURES.md 4).

    Examples
    --------
    >>> from gridmap.patrol.fixes import clean_fixes
    >>> from gridmap.patrol.segments import join_segments
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> segments = join_segments(clean_fixes(toy["shifts"], toy["fixes"]))
    >>> pieces = split_segments(segments, toy["cells"].geometry.to_numpy())
    >>> (pieces.end_s - pieces.start_s).groupby(pieces.cell).sum().tolist()
    [150.0, 150.0]
    """
    ends = segments[["x0_m", "y0_m", "x1_m", "y1_m"]].to_numpy().T
    from_cell, to_cell = (cells_of_points(ends[n], ends[n + 1], cells) for n in (0, 2))
    convex = np.r_[_is_convex(cells), False]
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


def presence_slots(
    pieces: pd.DataFrame, visits: pd.DataFrame, cell_ids: npt.ArrayLike, origin: pd.Timestamp
) -> pd.DataFrame:
    """Presence of each cell by quarter hours.

    Parameters
    ----------
    pieces : DataFrame
        From :func:`split_segments`.
    visits : DataFrame
        cell, start_s, end_s of counted visits.
    cell_ids : sequence of str
        Names of the cells by number.
    origin : Timestamp
        The moment that is second 0, on a quarter hour.

    Returns
    -------
    DataFrame
        cell_id, slot_start (UTC), observed_s, inferred_s, visits (those that begin in the slot).
        Seconds are presence W, a union over units, so that a slot never has more than 900 s;
        what one unit was observed for is observed, whatever was inferred of another.

    Examples
    --------
    >>> from gridmap.patrol import measure_patrol
    >>> from gridmap.samples import toy_district
    >>> measure_patrol(toy_district()).presence.inferred_s.tolist()
    [150.0, 150.0]
    """
    inside = pieces[pieces["cell"] != OUTSIDE]
    anywhere = _by_slot(presence_of_cells(inside), "any_s")
    seen = _by_slot(presence_of_cells(inside[inside["observed"]]), "observed_s")
    slots = visits.assign(slot=np.floor(visits["start_s"] / SLOT_S).astype("int64"))
    count = slots.groupby(["cell", "slot"]).size().rename("visits")
    table = pd.concat([anywhere, seen, count], axis=1).fillna(0.0).sort_index().reset_index()
    return pd.DataFrame(
        {
            "cell_id": np.asarray(cell_ids, dtype=object)[table["cell"].to_numpy(dtype=np.int64)],
            "slot_start": origin + pd.to_timedelta(table["slot"] * SLOT_S, unit="s"),
            "observed_s": table["observed_s"],
            "inferred_s": (table["any_s"] - table["observed_s"]).clip(lower=0.0),
            "visits": table["visits"].astype("int64"),
        }
    ).astype({"cell_id": "str"})


def presence_of_cells(pieces: pd.DataFrame) -> dict[int, Intervals]:
    """Presence W of each cell: the union of intervals with any unit in it (MEASURES.md 4).

    Examples
    --------
    >>> two = pd.DataFrame({"cell": [3, 3], "start_s": [0.0, 0.0], "end_s": [600.0, 600.0]})
    >>> presence_of_cells(two)[3].total_s
    600.0
    """
    return unite_by(pieces["cell"], pieces["start_s"], pieces["end_s"])


def _is_convex(cells: Shapes) -> npt.NDArray[np.bool_]:
    hull = shapely.area(shapely.convex_hull(cells))
    return hull - shapely.area(cells) <= _CONVEX_TOLERANCE * hull


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


def _by_slot(presence: dict[int, Intervals], name: str) -> pd.Series:
    cell = np.repeat(list(presence), [len(one.start) for one in presence.values()]).astype(int)
    start = np.concatenate([one.start for one in presence.values()] or [np.empty(0)])
    end = np.concatenate([one.end for one in presence.values()] or [np.empty(0)])
    first = np.floor(start / SLOT_S).astype("int64")
    count = np.maximum(np.ceil(end / SLOT_S).astype("int64") - first, 1)
    row = np.repeat(np.arange(len(start)), count)
    slot = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    seconds = np.minimum(end[row], (slot + 1) * SLOT_S) - np.maximum(start[row], slot * SLOT_S)
    table = pd.DataFrame({"cell": cell[row], "slot": slot, name: seconds})
    return table.groupby(["cell", "slot"])[name].sum()
