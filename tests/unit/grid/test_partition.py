import importlib.util
import sys

import numpy as np
import pandas as pd
import pytest

from gridmap.errors import InputError
from gridmap.grid import moves
from gridmap.grid.partition import _join_fragments, _matrix, count_cells, group_blocks
from tests.oracles.division import hangs_together, least_imbalance


def lattice(rows, columns, cost=1.0):
    """Blocks in rows and columns, each beside four others."""
    place = np.arange(rows * columns).reshape(rows, columns)
    right = np.stack([place[:, :-1].ravel(), place[:, 1:].ravel()])
    down = np.stack([place[:-1].ravel(), place[1:].ravel()])
    one, other = np.concatenate([right, down], axis=1)
    return pd.DataFrame({"one": one, "other": other, "cost": cost})


def loads(label, weight):
    return np.bincount(label, weight)


def pairs_of(borders):
    return list(zip(borders["one"], borders["other"], strict=True))


def test_a_row_of_equal_blocks_is_cut_in_the_middle():
    assert group_blocks([100] * 8, lattice(1, 8), 400).label.tolist() == [0] * 4 + [1] * 4


@pytest.mark.parametrize("seed", range(8))
def test_two_cells_of_few_blocks_are_as_even_as_can_be(seed):
    lots = np.random.default_rng(seed)
    weight, borders = lots.integers(10, 90, 9).astype(float), lattice(3, 3)
    label = group_blocks(weight, borders, weight.sum() / 2, seed=seed).label
    off = abs(np.diff(loads(label, weight))[0])
    slack = 2 * 0.01 * weight.sum() / 2
    assert off <= max(least_imbalance(weight.tolist(), pairs_of(borders)), slack) + 1e-9


def test_the_cut_runs_along_the_main_street_where_balance_allows_it():
    borders = lattice(4, 4)
    across = (borders["one"] % 4 == 1) & (borders["other"] == borders["one"] + 1)
    borders.loc[across, "cost"] = 0.1
    label = group_blocks(np.full(16, 50.0), borders, 400).label.reshape(4, 4)
    assert (label[:, :2] == 0).all()
    assert (label[:, 2:] == 1).all()


def test_a_block_over_the_target_stays_alone_and_is_named():
    grouping = group_blocks([900, 200, 200, 200, 200], lattice(1, 5), 400)
    assert grouping.oversized.tolist() == [0]
    assert grouping.label.tolist() == [0, 1, 1, 2, 2]


def test_a_light_part_that_a_large_block_cuts_off_joins_it():
    grouping = group_blocks([50, 900, 200, 200], lattice(1, 4), 400)
    assert grouping.label.tolist() == [0, 0, 1, 1]


def test_parts_that_share_no_border_never_share_a_cell():
    borders = lattice(1, 4)
    borders = borders[borders["one"] != 1]
    label = group_blocks([100, 100, 100, 100], borders, 400).label
    assert label.tolist() == [0, 0, 1, 1]


def test_blocks_without_weight_are_one_cell():
    assert group_blocks(np.zeros(6), lattice(2, 3), 400).label.tolist() == [0] * 6


def test_nothing_to_group_is_no_cell():
    assert group_blocks([], lattice(1, 1), 400).label.tolist() == []


def test_fragments_join_the_lightest_cell_beside_them():
    borders = lattice(1, 5)
    label = np.array([0, 1, 0, 0, 2])
    joined = _join_fragments(label, np.array([10.0, 30, 50, 50, 20]), _matrix(borders, 5))
    assert joined.tolist() == [1, 1, 0, 0, 2]


@pytest.mark.parametrize(
    ("weight", "target", "told"),
    [
        ([1, -2], 400, "found -2.0 for block 1"),
        ([1, np.nan], 400, "found nan for block 1"),
        ([1, 2], 0, "positive number, found 0"),
        ([1, 2], np.nan, "positive number"),
    ],
)
def test_weights_and_targets_that_cannot_be_are_refused(weight, target, told):
    with pytest.raises(InputError) as error:
        group_blocks(weight, lattice(1, 2), target)
    assert told in str(error.value)


def test_the_number_of_cells_brings_the_mean_nearest_to_the_target():
    for weight in range(1, 3000, 7):
        best = count_cells(weight, 400)
        off = abs(weight / best - 400)
        assert all(off <= abs(weight / k - 400) + 1e-9 for k in range(1, 12))


def test_hundreds_of_blocks_keep_what_the_bench_promises():
    lots = np.random.default_rng(3)
    weight, borders = np.round(lots.gamma(2.0, 25.0, 900)), lattice(30, 30)
    label = group_blocks(weight, borders, 400).label
    off = np.abs(loads(label, weight) / weight.sum() * (label.max() + 1) - 1)
    assert np.quantile(off, 0.95) <= 0.03
    assert off.max() <= 0.05
    for cell in range(label.max() + 1):
        assert hangs_together(set(np.flatnonzero(label == cell).tolist()), pairs_of(borders))


def test_plain_python_gives_the_same_cells_as_compiled_loops(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    plain_spec = importlib.util.spec_from_file_location("plain_moves", moves.__file__)
    plain = importlib.util.module_from_spec(plain_spec)
    plain_spec.loader.exec_module(plain)
    lots = np.random.default_rng(5)
    weight, borders = np.round(lots.gamma(2.0, 25.0, 100)), lattice(10, 10)
    matrix = _matrix(borders, 100)
    indptr, indices = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64)
    answers = []
    for module in (moves, plain):
        label = np.arange(100) // 10
        load = module.improve(
            indptr,
            indices,
            matrix.data,
            weight,
            label,
            parts=10,
            target=weight.sum() / 10,
            slack=0.01,
            rounds=6,
            tries=4,
            seed=1,
        )
        answers.append((label.tolist(), load.tolist()))
    assert answers[0] == answers[1]
    assert not hasattr(plain._run, "py_func")
