"""Dwell: the time of every track split exactly at cell borders, as runs in one cell each."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from gridmap.patrol.fixes import Tracks
from gridmap.patrol.intervals import Floats
from gridmap.patrol.lattices import OUTSIDE, Cuts, Flags, Numbers, Shapes
from gridmap.patrol.lookups import Lookup, lookup_of
from gridmap.patrol.order import sweeps_for
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


class _Crossed(NamedTuple):
    """Steps that leave their cell: row, number of stretches so far, and the stretches."""

    row: Numbers
    ends: Numbers
    cuts: Cuts


class _Chain(NamedTuple):
    """Runs: row of the first step, cell, bounds, whether observed, Σ time × interval."""

    row: Numbers
    cell: Numbers
    start_s: Floats
    end_s: Floats
    observed: Flags
    interval_s2: Floats


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
        told = settled_cells(home, np.r_[False, steps.valid], fixes, grid)
        crossed = _crossings(fixes, steps, home, grid)
        found = _chained(fixes, steps, home, told, crossed, grid.good_s)
        runs.append(_run_table(fixes, found[0]))
        stays.append(_stay_table(fixes, found[1], driven))
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


def _crossings(fixes: dict[str, Any], steps: Steps, home: Numbers, grid: CellGrid) -> _Crossed:
    """Cut the steps that may leave their cell; all others lie in it whole."""
    x, y = fixes["x_m"], fixes["y_m"]
    crooked = home[:-1] == OUTSIDE
    if not grid.lookup.convex[:-1].all():
        crooked = ~grid.lookup.convex[home[:-1]]
    row = np.flatnonzero(steps.valid & ((home[1:] != home[:-1]) | crooked))
    ends = np.stack([x[row], y[row], x[row + 1], y[row + 1]])
    alike = home[row] == home[row + 1]
    crosses = (ends[0] != ends[2]) | (ends[1] != ends[3])
    crosses[alike] &= ~grid.lookup.stays(ends[:, alike])
    row = row[crosses]
    cuts = grid.lookup.cut(ends[:, crosses], home[row])
    return _Crossed(row, np.cumsum(np.bincount(cuts.row, minlength=len(row))), cuts)


def _chained(  # noqa: PLR0917
    fixes: dict[str, Any], steps: Steps, home: Numbers, told: Numbers, crossed: _Crossed,
    good_s: Floats,
) -> tuple[_Chain, _Chain]:  # fmt: skip
    """Chain pieces to runs as they were, and to runs smoothed at the borders."""
    sweeps = sweeps_for(len(home))
    if sweeps is None:
        return _chained_by_arrays(fixes, steps, home, told, crossed, good_s)
    _, low, high, cell = crossed.cuts
    given = (steps.valid, fixes["shift"], fixes["time_s"], home, told, good_s)
    pieces = (crossed.row, crossed.ends, low, high, cell)
    plain, smooth = (_Chain(*sweeps.chain_runs(*given, *pieces, way)) for way in (False, True))
    return plain, smooth


def _chained_by_arrays(  # noqa: PLR0917
    fixes: dict[str, Any], steps: Steps, home: Numbers, told: Numbers, crossed: _Crossed,
    good_s: Floats,
) -> tuple[_Chain, _Chain]:  # fmt: skip
    first, time_s, interval_s = np.flatnonzero(steps.valid), fixes["time_s"], steps.interval_s
    count = np.zeros(len(home), dtype=np.int64)
    count[first] = 1
    count[crossed.row] = np.diff(crossed.ends, prepend=0)
    row = np.repeat(np.arange(len(home)), count)
    count[:] = 0
    count[crossed.row] = 1
    place = np.flatnonzero(count[row])
    cell, start, end = home[row], time_s[row], time_s[row + 1]
    begun, interval = start[place], interval_s[row[place]]
    _, low, high, cell[place] = crossed.cuts
    start[place] = begun + low * interval
    end[place] = np.where(high == 1, end[place], begun + high * interval)
    observed = (home[row] == cell) & (home[row + 1] == cell)
    observed &= interval_s[row] <= good_s[cell]
    squared = (end - start) * interval_s[row]
    given = (fixes["shift"], row, start, end, squared)
    plain = _chain_of(*given, cell, observed)
    settled = _settled(row, cell, home, told)
    return plain, _chain_of(*given, settled, np.zeros(len(row), dtype=bool))


def _chain_of(  # noqa: PLR0917
    shift: Numbers, row: Numbers, start: Floats, end: Floats, squared: Floats, cell: Numbers,
    observed: Flags,
) -> _Chain:  # fmt: skip
    """Join pieces with the same cell and observation that follow each other without a gap."""
    opens = np.ones(len(row), dtype=bool)
    opens[1:] = (start[1:] != end[:-1]) | (shift[row[1:]] != shift[row[:-1]])
    opens[1:] |= (cell[1:] != cell[:-1]) | (observed[1:] != observed[:-1])
    begin, close = np.flatnonzero(opens), np.flatnonzero(np.r_[opens[1:], len(row) > 0])
    # One after the other, as a loop adds up: pairwise sums differ in the last bits.
    total = np.bincount(np.cumsum(opens) - 1, squared, minlength=len(begin))
    bounds = start[begin], end[close]
    return _Chain(row[begin], cell[begin], *bounds, observed[begin], total.astype(np.float64))


def _settled(row: Numbers, cell: Numbers, home: Numbers, told: Numbers) -> Numbers:
    """Cell of each piece with the flicker at borders given back to the cell the unit was in."""
    moved = told != home
    some = np.flatnonzero(moved[row] | moved[row + 1])
    row, was = row[some], cell[some]
    at_start, at_end = (was == home[row]), (was == home[row + 1])
    smooth = np.where(at_start & moved[row], told[row], was)
    back = at_end & moved[row + 1] & (~at_start | ~moved[row])
    settled = cell.copy()
    settled[some] = np.where(back, told[row + 1], smooth)
    return settled


def _run_table(fixes: dict[str, Any], runs: _Chain) -> pd.DataFrame:
    table = {"shift": fixes["shift"][runs.row], "cell": runs.cell}
    table |= {"start_s": runs.start_s, "end_s": runs.end_s, "observed": runs.observed}
    return pd.DataFrame(table | {"interval_s2": runs.interval_s2})


def _stay_table(fixes: dict[str, Any], runs: _Chain, driven: Flags) -> pd.DataFrame:
    shift = fixes["shift"][runs.row]
    table = {"shift": shift, "cell": runs.cell, "start_s": runs.start_s, "end_s": runs.end_s}
    return pd.DataFrame(table | {"driven": driven[shift]})


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
