"""Compiled loops and NumPy give the same bits."""

import numpy as np
import pandas as pd
import pytest

from gridmap.patrol import order
from gridmap.patrol.dwell import cell_grid, split_tracks
from gridmap.patrol.fixes import clean_fixes
from gridmap.patrol.order import time_order
from tests.unit.patrol.test_dwell import FORMS, wandering

pytest.importorskip("numba")


@pytest.mark.parametrize("form", ["squares", "hexagons", "crooked", "sparse"])
def test_compiled_loops_and_numpy_give_the_same_bits(form, monkeypatch):
    district = wandering(FORMS[form], 11, spread=70.0)
    cells = district["cells"].geometry.to_numpy()
    told = []
    for enough in (1, 1 << 60):
        monkeypatch.setattr(order, "WORTH_SWEEPING", enough)
        tracks = clean_fixes(district["shifts"], district["fixes"])
        told.append((tracks, split_tracks(tracks, cell_grid(cells))))
    (tracks, ours), (others, theirs) = told
    assert dict(tracks.account) == dict(others.account)
    assert len(ours.runs) > 50
    for one, other in (
        (tracks.fixes, others.fixes), (ours.runs, theirs.runs), (ours.stays, theirs.stays),
        (ours.unknown, theirs.unknown),
    ):  # fmt: skip
        pd.testing.assert_frame_equal(one, other, check_exact=True)


@pytest.mark.parametrize("unit", [1, 1000, 1_000_000])
@pytest.mark.parametrize("enough", [1, 1 << 60])
def test_fixes_are_ordered_by_group_and_time_and_equal_ones_stay(unit, enough, monkeypatch):
    monkeypatch.setattr(order, "WORTH_SWEEPING", enough)
    rng = np.random.default_rng(4)
    group, time_us = rng.integers(0, 9, 500), rng.integers(-40, 40, 500) * unit
    assert (time_order(group, time_us) == np.lexsort((time_us, group))).all()


def test_times_too_long_to_pack_are_ordered_all_the_same():
    group, time_us = np.array([1 << 20, 0, 1 << 20, 0]), np.array([1 << 61, 7, 3, 1])
    assert time_order(group, time_us).tolist() == [3, 1, 2, 0]
    assert time_order(group % 3, time_us).tolist() == [3, 1, 2, 0]
