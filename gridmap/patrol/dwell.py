"""Dwell: the time of every track split exactly at cell borders, as runs in one cell each."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.patrol.fixes import Tracks
from gridmap.patrol.intervals import Floats
from gridmap.patrol.lattices import OUTSIDE, Flags, Numbers, Shapes
from gridmap.patrol.lookups import Lookup, lookup_of
from gridmap.patrol.presence import good_interval
from gridmap.patrol.segments import Steps, gap_limits, steps_of, unknown_time
from gridmap.patrol.spikes import speeds_of

BATCH = 500_000
"""Fixes worked on at once, about: whole shifts, so that memory stays bounded."""
DEPTH_M = 15.0
"""A fix this far [m] past the border, or as far as its accuracy, has left its cell."""


@dataclass(frozen=True, eq=False)
class CellGrid:
    """Cells with what is asked of them again and again.

    Attributes
    ----------
    cells : ndarray of Polygon
        The cells by number.
    lookup : Lookup
        Finds the cell of a place and cuts segments at borders.
    """

    cells: Shapes
    lookup: Lookup

    @cached_property
    def good_s(self) -> Floats:
        """Longest interval that still observes, by cell; outside it is any [s]."""
        return np.r_[good_interval(self.cells), np.inf]

    @cached_property
    def rim(self) -> shapely.Geometry:
        """Border between the grid and what lies outside."""
        rim = shapely.union_all(self.cells).boundary
        shapely.prepare(rim)
        return rim

    def away_m(self, x_m: Floats, y_m: Floats, cell: Numbers) -> Floats:
        """How far points lie from a cell, or within the grid from the outside [m]."""
        points, away = np.asarray(shapely.points(x_m, y_m)), np.empty(len(x_m))
        out = cell == OUTSIDE
        away[~out] = shapely.distance(points[~out], self.cells[cell[~out]])
        if out.any():
            away[out] = shapely.distance(points[out], self.rim)
        return away


@dataclass(frozen=True, eq=False)
class Dwell:
    """Where the time of shifts went.

    Attributes
    ----------
    runs : DataFrame
        shift, cell (number, or -1 outside the grid), start_s, end_s, observed, interval_s2
        (Σ time × fix interval [s²]): maximal runs in one cell, by shift and time.
    stays : DataFrame
        shift, cell, start_s, end_s, driven: the runs smoothed at the borders, for visits only.
    unknown : DataFrame
        shift, mode, start_s, end_s: duty of which nobody knows where it was spent.
    """

    runs: pd.DataFrame
    stays: pd.DataFrame
    unknown: pd.DataFrame


class _Pieces(NamedTuple):
    """Stretches of valid steps in one cell each, in order of their step."""

    row: Numbers
    cell: Numbers
    start_s: Floats
    end_s: Floats
    observed: Flags


def cell_grid(cells: Shapes, points: int = 1_000_000) -> CellGrid:
    """Cells made ready for looking up about so many places.

    Examples
    --------
    >>> grid = cell_grid(np.array([shapely.box(0, 0, 200, 200)]))
    >>> grid.good_s.tolist()
    [30.0, inf]
    """
    return CellGrid(cells, lookup_of(cells, points))


def split_tracks(tracks: Tracks, grid: CellGrid) -> Dwell:
    """Split the time of all tracks exactly at the borders of cells.

    Parameters
    ----------
    tracks : Tracks
        Clean fixes, by shift and time.
    grid : CellGrid
        From :func:`cell_grid`.

    Returns
    -------
    Dwell
        Σ runs + unknown = time on duty.

    Notes
    -----
    The share of a straight segment's length inside a cell is the share of its time; a segment
    without length belongs whole to its cell; time on a shared border goes to the first of its
    cells. Seconds are *observed* where both ends lie in the cell and the interval is at most
    :func:`gridmap.patrol.presence.good_interval`; all others are *inferred* from the straight line
    (MEASURES.md 4). Most segments stay in one cell and are never cut.

    Examples
    --------
    >>> from gridmap.patrol.fixes import clean_fixes
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> grid = cell_grid(toy["cells"].geometry.to_numpy())
    >>> runs = split_tracks(clean_fixes(toy["shifts"], toy["fixes"]), grid).runs
    >>> (runs.end_s - runs.start_s).groupby(runs.cell).sum().tolist()
    [150.0, 150.0]
    """
    limit, speeds = gap_limits(tracks).to_numpy(), speeds_of(tracks.shifts["mode"])
    driven = tracks.shifts["mode"].isin(["bike", "car"]).to_numpy()
    runs, stays, broken = [], [], []
    for part in _batches(tracks.fixes["shift"].to_numpy()):
        fixes: dict[str, Any] = {str(n): c.to_numpy()[part] for n, c in tracks.fixes.items()}
        steps = steps_of(fixes, limit, speeds)
        home = grid.lookup.locate(fixes["x_m"], fixes["y_m"])
        pieces = _pieces(fixes, steps, home, grid)
        runs.append(_runs(fixes, steps, pieces))
        settled = _settled(pieces, fixes, steps, home, grid)
        stays.append(_stays(fixes, pieces, settled, driven))
        broken.append(_broken(fixes, steps))
    unknown = unknown_time(tracks, pd.concat(broken, ignore_index=True))
    return Dwell(pd.concat(runs, ignore_index=True), pd.concat(stays, ignore_index=True), unknown)


def settled_cells(home: Numbers, linked: Flags, fixes: dict[str, Any], grid: CellGrid) -> Numbers:
    """Cell each fix counts for in visits: the one it was in before, until it has surely left.

    Parameters
    ----------
    home : ndarray of int
        Cell each fix lies in.
    linked : ndarray of bool
        Whether a valid step leads to the fix.
    fixes : dict of str to ndarray
        x_m, y_m, accuracy_m.
    grid : CellGrid
        The cells.

    Notes
    -----
    A change of cell counts when a fix lies past the border by min(accuracy, 15 m), or for two
    fixes in a row (MEASURES.md 4). A fix without accuracy needs the full 15 m. After a gap the
    unit is where its fix says. Only fixes that change the cell for one fix are in doubt; where
    several follow each other, each is asked again once the one before is settled.
    """
    told = home.copy()
    again = np.r_[(home[1:] == home[:-1]) & linked[1:], False]
    changed = np.r_[False, home[1:] != home[:-1]]
    doubt = np.flatnonzero(linked & changed & ~again)
    doubtful = np.zeros(len(home) + 1, dtype=bool)
    doubtful[doubt] = True
    depth = np.fmin(fixes["accuracy_m"][doubt], DEPTH_M)
    deep = np.full(len(home), DEPTH_M)
    deep[doubt] = depth
    state = np.r_[OUTSIDE, home[:-1]]
    while len(doubt):
        away = grid.away_m(fixes["x_m"][doubt], fixes["y_m"][doubt], state[doubt])
        back = (away < deep[doubt]) | (home[doubt] == state[doubt])
        told[doubt] = np.where(back, state[doubt], home[doubt])
        following = doubt[doubtful[doubt + 1]] + 1
        following = following[told[following - 1] != state[following]]
        state[following] = told[following - 1]
        doubt = following
    return told


def _batches(shift: Numbers) -> Iterator[slice]:
    """Parts of about a batch each that hold whole shifts."""
    begin = 0
    while begin < len(shift):
        end = begin + BATCH
        if end < len(shift):
            end = int(np.searchsorted(shift, shift[end - 1], side="right"))
        yield slice(begin, end)
        begin = end
    if not len(shift):
        yield slice(0, 0)


def _pieces(fixes: dict[str, Any], steps: Steps, home: Numbers, grid: CellGrid) -> _Pieces:
    first = np.flatnonzero(steps.valid)
    x, y, time_s = fixes["x_m"], fixes["y_m"], fixes["time_s"]
    ends = np.stack([x[first], y[first], x[first + 1], y[first + 1]])
    moves = (ends[0] != ends[2]) | (ends[1] != ends[3])
    crossing = moves & ~grid.lookup.stays(ends, home[first], home[first + 1])
    cuts = grid.lookup.cut(ends[:, crossing])
    count = np.ones(len(first), dtype=np.int64)
    count[crossing] = np.bincount(cuts.row, minlength=int(crossing.sum()))
    row = np.repeat(first, count)
    place = np.flatnonzero(np.repeat(crossing, count))
    cell, start, end = home[row], time_s[row], time_s[row + 1]
    begun, interval = start[place], steps.interval_s[row[place]]
    cell[place], start[place] = cuts.cell, begun + cuts.low * interval
    end[place] = np.where(cuts.high == 1, end[place], begun + cuts.high * interval)
    observed = (home[row] == cell) & (home[row + 1] == cell)
    observed &= steps.interval_s[row] <= grid.good_s[cell]
    return _Pieces(row, cell, start, end, observed)


def _runs(fixes: dict[str, Any], steps: Steps, pieces: _Pieces) -> pd.DataFrame:
    row, cell, start, end, observed = pieces
    opens = _opens(row, start, end, fixes["shift"], cell, observed)
    begin, close = np.flatnonzero(opens), np.flatnonzero(np.r_[opens[1:], len(row) > 0])
    squared = (end - start) * steps.interval_s[row]
    return pd.DataFrame(
        {
            "shift": fixes["shift"][row[begin]],
            "cell": cell[begin],
            "start_s": start[begin],
            "end_s": end[close],
            "observed": observed[begin],
            "interval_s2": np.add.reduceat(squared, begin) if len(begin) else squared,
        }
    )


def _stays(fixes: dict[str, Any], pieces: _Pieces, settled: Numbers, driven: Flags) -> pd.DataFrame:
    opens = _opens(pieces.row, pieces.start_s, pieces.end_s, fixes["shift"], settled)
    begin, close = np.flatnonzero(opens), np.flatnonzero(np.r_[opens[1:], len(settled) > 0])
    shift = fixes["shift"][pieces.row[begin]]
    return pd.DataFrame(
        {
            "shift": shift,
            "cell": settled[begin],
            "start_s": pieces.start_s[begin],
            "end_s": pieces.end_s[close],
            "driven": driven[shift],
        }
    )


def _opens(
    row: Numbers, start: Floats, end: Floats, shift: Numbers, *marks: npt.NDArray[Any]
) -> Flags:
    """Pieces that begin a run: another mark, another shift, or a gap before."""
    fresh = (start[1:] != end[:-1]) | (shift[row[1:]] != shift[row[:-1]])
    for mark in marks:
        fresh |= mark[1:] != mark[:-1]
    return np.r_[np.ones(min(len(row), 1), dtype=bool), fresh]


def _settled(
    pieces: _Pieces, fixes: dict[str, Any], steps: Steps, home: Numbers, grid: CellGrid
) -> Numbers:
    """Cell of each piece with the flicker at borders given back to the cell the unit was in."""
    told = settled_cells(home, np.r_[False, steps.valid], fixes, grid)
    moved = told != home
    some = np.flatnonzero(moved[pieces.row] | moved[pieces.row + 1])
    row, cell = pieces.row[some], pieces.cell[some]
    at_start, at_end = (cell == home[row]), (cell == home[row + 1])
    smooth = np.where(at_start & moved[row], told[row], cell)
    back = at_end & moved[row + 1] & (~at_start | ~moved[row])
    settled = pieces.cell.copy()
    settled[some] = np.where(back, told[row + 1], smooth)
    return settled


def _broken(fixes: dict[str, Any], steps: Steps) -> pd.DataFrame:
    """List the steps within a shift that are not valid."""
    first = np.flatnonzero(steps.same & ~steps.valid)
    time_s = fixes["time_s"]
    return pd.DataFrame(
        {
            "shift": fixes["shift"][first],
            "start_s": time_s[first],
            "end_s": time_s[first + 1],
            "valid": np.zeros(len(first), dtype=bool),
        }
    )
