"""The engine and the plain method on the same district, piece by piece."""

import numpy as np
import pandas as pd
import pytest

from gridmap.district import District
from gridmap.patrol.dwell import CellGrid, Dwell, cell_grid, split_tracks
from gridmap.patrol.fixes import Tracks, clean_fixes
from gridmap.patrol.lattices import OUTSIDE
from gridmap.patrol.lookups import Lookup
from gridmap.patrol.presence import presence_of
from gridmap.patrol.visits import find_visits
from tests.oracles import patrol_cleaning, patrol_plain
from tests.oracles.patrol_intervals import unite_by


def assert_engine_equals_plain(district: District, lookup: Lookup | None = None) -> None:
    """Clean, split, unite and visit both ways; every figure must agree."""
    ordered = district["cells"].sort_values("cell_id", ignore_index=True)
    cells = np.asarray(ordered.geometry, dtype=object)
    ours = clean_fixes(district["shifts"], district["fixes"])
    plain = patrol_cleaning.clean_fixes(district["shifts"], district["fixes"])
    assert dict(ours.account) == dict(plain.account)
    pd.testing.assert_frame_equal(ours.fixes, plain.fixes, check_exact=True)
    pd.testing.assert_frame_equal(ours.shifts, plain.shifts, check_exact=True)
    grid = cell_grid(cells) if lookup is None else CellGrid(cells, lookup)
    dwell = split_tracks(ours, grid)
    segments = patrol_cleaning.join_segments(plain)
    valid = segments[segments["valid"]]
    pieces = patrol_plain.split_segments(valid, cells)
    _assert_same_dwell(dwell, pieces, len(cells))
    _assert_same_presence(dwell, pieces)
    visits = patrol_plain.find_visits(pieces, valid, plain.fixes, cells)
    pd.testing.assert_frame_equal(find_visits(dwell.stays), visits, rtol=0, atol=1e-6)
    _assert_same_unknown(dwell, patrol_cleaning.unknown_time(plain, segments))
    assert_conserved(ours, dwell)


def assert_conserved(tracks: Tracks, dwell: Dwell) -> None:
    """Every second of duty is in a cell, outside, or unknown."""
    spent = sum(float((t["end_s"] - t["start_s"]).sum()) for t in (dwell.runs, dwell.unknown))
    assert spent == pytest.approx(tracks.on_duty_s, abs=1e-6)


def seconds_by_cell(table: pd.DataFrame, cells: int) -> np.ndarray:
    """Seconds of each cell, the outside last."""
    place = table["cell"].to_numpy().astype(np.int64) % (cells + 1)
    return np.bincount(place, table["end_s"] - table["start_s"], minlength=cells + 1)


def _assert_same_dwell(dwell: Dwell, pieces: pd.DataFrame, cells: int) -> None:
    for some in (True, False):
        mine, theirs = (t[t["observed"] == some] for t in (dwell.runs, pieces))
        np.testing.assert_allclose(
            seconds_by_cell(mine, cells), seconds_by_cell(theirs, cells), rtol=0, atol=1e-6
        )


def _assert_same_presence(dwell: Dwell, pieces: pd.DataFrame) -> None:
    inside = pieces[pieces["cell"] != OUTSIDE]
    theirs = unite_by(inside["cell"], inside["start_s"], inside["end_s"])
    mine = presence_of(dwell.runs)
    for cell, intervals in theirs.items():
        rows = mine.key == cell
        total = float((mine.end - mine.start)[rows].sum())
        assert total == pytest.approx(intervals.total_s, abs=1e-6)
    assert set(mine.key.tolist()) == set(theirs)


def _assert_same_unknown(dwell: Dwell, theirs: pd.DataFrame) -> None:
    order = ["shift", "start_s", "end_s"]
    mine, other = (
        t[order].sort_values(order, ignore_index=True).astype("float64")
        for t in (dwell.unknown, theirs)
    )
    pd.testing.assert_frame_equal(mine, other, check_exact=True)
