from itertools import pairwise

import numpy as np
import pytest
from scipy import sparse

from gridmap.plan import exact
from gridmap.plan.parts import least_largest, split_evenly
from gridmap.plan.solver import relative_gap, solve
from tests.oracles.staffing import most_even


def lattice(rows, columns):
    place = np.arange(rows * columns).reshape(rows, columns)
    across = [pair for line in place.tolist() for pair in pairwise(line)]
    return across + [pair for line in place.T.tolist() for pair in pairwise(line)]


def test_two_posts_share_a_row_of_cells_as_even_as_can_be():
    found = split_evenly([5, 1, 1, 1, 4], lattice(1, 5), 2)
    assert found.part.tolist() == [0, 0, 1, 1, 1]
    assert (found.value, found.bound, found.proved) == (6.0, 6.0, True)


def test_contiguity_costs_what_the_paper_says():
    # 9 1 9 1 in a row: two neighbours 10 | 10; three parts without contiguity would be 9, 9, 2.
    found = split_evenly([9, 1, 9, 1], lattice(1, 4), 2)
    assert found.value == 10.0
    # 6 2 6: apart the light ones could not join; two parts in a row are 8 and 6.
    assert split_evenly([6, 2, 6], lattice(1, 3), 2).value == 8.0


def test_the_exact_model_proves_what_the_plain_bound_cannot():
    # A star: every part but one is a single leaf, the hub takes the rest.
    load, pairs = [1, 4, 4, 4, 4], [(0, n) for n in range(1, 5)]
    found = split_evenly(load, pairs, 3)
    assert least_largest(load, 3) == 8.0
    assert (found.value, found.bound, found.proved, found.exact) == (9.0, 9.0, True, True)


def test_without_time_the_answer_keeps_its_gap_and_is_not_called_proved():
    found = split_evenly([1, 4, 4, 4, 4], [(0, n) for n in range(1, 5)], 3, time_limit_s=0)
    assert (found.value, found.bound, found.proved, found.exact) == (9.0, 8.0, False, False)
    assert found.gap == pytest.approx(1 / 9)


def test_too_many_sets_leave_the_heuristic_with_its_bound(monkeypatch):
    monkeypatch.setattr(exact, "MOST_SETS", 3)
    found = split_evenly([1, 4, 4, 4, 4], [(0, n) for n in range(1, 5)], 3)
    assert (found.exact, found.proved, found.bound) == (False, False, 8.0)


def test_as_many_posts_as_cells_give_each_cell_its_own():
    found = split_evenly([3, 1, 2], lattice(1, 3), 3)
    assert sorted(found.part.tolist()) == [0, 1, 2]
    assert found.proved


def test_one_post_takes_all():
    found = split_evenly([3, 1, 2], lattice(1, 3), 1)
    assert (found.part.tolist(), found.value, found.proved) == ([0, 0, 0], 6.0, True)


def test_islands_are_kept_whole_where_there_are_posts_enough_and_told_where_not():
    pairs = [(0, 1), (2, 3)]
    assert split_evenly([1, 1, 1, 1], pairs, 2).part.tolist() == [0, 0, 1, 1]
    alone = split_evenly([1, 1, 1, 1], pairs, 1)
    assert (alone.connected, alone.proved) == (False, False)


def test_cells_without_load_are_given_to_someone_too():
    found = split_evenly([0, 0, 0, 0], lattice(2, 2), 2)
    assert set(found.part.tolist()) == {0, 1}
    assert found.value == 0.0


def test_the_same_seed_gives_the_same_split():
    load = np.random.default_rng(3).integers(1, 900, 120)
    one, other = (split_evenly(load, lattice(10, 12), 30, seed=5) for _ in range(2))
    assert one.part.tolist() == other.part.tolist()
    assert one.connected


@pytest.mark.parametrize("seed", range(12))
def test_the_split_is_as_even_as_trying_every_one_of_them(seed):
    rng = np.random.default_rng(seed)
    load, count = rng.integers(0, 20, 8), 2 + seed % 2
    pairs = [pair for pair in lattice(2, 4) if rng.random() < 0.85]
    best = most_even(load.tolist(), pairs, count)
    found = split_evenly(load, pairs, count)
    if best is None:
        assert not found.connected
    else:
        assert (found.value, found.bound) == (best, best)
        assert found.proved


def test_the_solver_says_that_there_is_no_solution():
    found = solve([1.0, 1.0], sparse.csr_array([[1.0, 1.0]]), [3], [3], integer=True)
    assert (found.x, found.infeasible, found.proved) == (None, True, False)
    assert found.gap == np.inf


def test_continuous_variables_may_be_broken():
    rows = sparse.csr_array([[2.0, 1.0]])
    found = solve([1.0, 3.0], rows, [1], [np.inf], integer=[False, True])
    assert (found.value, found.bound, found.x.tolist()) == (0.5, 0.5, [0.5, 0.0])


def test_a_gap_is_relative_to_the_value():
    assert relative_gap(200.0, 150.0) == 0.25
    assert relative_gap(100.0, 101.0) == 0.0
