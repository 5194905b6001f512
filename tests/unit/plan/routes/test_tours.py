"""Street-covering tours against every pairing, and drawn by hand."""

from itertools import pairwise

import numpy as np
import pytest

from gridmap.errors import AssetError, InputError
from gridmap.plan.routes import matching
from gridmap.plan.routes.matching import pair_nearest
from gridmap.plan.routes.tours import cover_streets, split_tour
from tests.oracles.routes import least_repeat, walks_every_street


def drawn(*streets):
    """Streets as pairs of corners, as nodes and edges."""
    corners = sorted({corner for street in streets for corner in street})
    ends = [[corners.index(a), corners.index(b)] for a, b in streets]
    return np.array(corners, dtype=float), np.array(ends)


def every(ends):
    return np.ones(len(ends), dtype=bool)


def walked(xy, nodes):
    return float(np.hypot(*np.diff(xy[nodes], axis=0).T).sum())


def test_a_block_is_walked_once_around():
    xy, ends = drawn(
        ((0, 0), (100, 0)), ((100, 0), (100, 60)), ((100, 60), (0, 60)), ((0, 60), (0, 0))
    )
    tour = cover_streets(xy, ends, every(ends))
    assert (tour.streets_m, tour.repeated_m, tour.parts, tour.exact) == (320.0, 0.0, 1, True)
    assert walked(xy, tour.nodes) == pytest.approx(320.0)


def test_a_dead_end_is_walked_there_and_back():
    xy, ends = drawn(((0, 0), (80, 0)))
    tour = cover_streets(xy, ends, every(ends))
    assert (tour.length_m, tour.repeated_m) == (160.0, 80.0)


def test_a_cross_of_four_dead_ends_is_walked_twice():
    arms = [((0, 0), end) for end in ((50, 0), (-50, 0), (0, 70), (0, -70))]
    xy, ends = drawn(*arms)
    assert cover_streets(xy, ends, every(ends)).repeated_m == pytest.approx(240.0)


@pytest.mark.parametrize("seed", range(15))
def test_no_shorter_tour_exists_in_any_pairing_of_odd_nodes(seed):
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 1000, (10, 2)).round()
    tree = [[n, rng.integers(0, n)] for n in range(1, 10)]
    more = [sorted(rng.choice(10, 2, replace=False)) for _ in range(6)]
    ends = np.unique(np.sort(np.array(tree + more), axis=1), axis=0)
    tour = cover_streets(xy, ends, every(ends), start=3)
    assert tour.exact
    assert tour.repeated_m == pytest.approx(least_repeat(xy, ends), abs=0.01)
    assert walks_every_street(tour.nodes.tolist(), ends.tolist(), ends.tolist())
    assert tour.nodes[0] == 3
    assert walked(xy, tour.nodes) == pytest.approx(tour.length_m)


def test_streets_in_two_parts_are_joined_over_other_streets_and_said_so():
    xy, ends = drawn(((0, 0), (100, 0)), ((100, 0), (130, 0)), ((130, 0), (200, 0)))
    middle = np.array([sorted(xy[pair][:, 0].tolist()) != [100.0, 130.0] for pair in ends])
    tour = cover_streets(xy, ends, middle)
    assert (tour.parts, tour.joined_m, tour.air_m, tour.exact) == (2, 30.0, 0.0, False)
    assert tour.length_m == pytest.approx(400.0)
    assert walks_every_street(tour.nodes.tolist(), ends[middle].tolist(), ends.tolist())


def test_streets_without_any_way_between_them_are_joined_by_a_straight_line_and_said_so():
    xy, ends = drawn(((0, 0), (100, 0)), ((100, 40), (200, 40)))
    tour = cover_streets(xy, ends, every(ends))
    assert (tour.parts, tour.air_m, tour.joined_m) == (2, 40.0, 40.0)
    assert tour.length_m == pytest.approx(480.0)


def test_a_start_away_from_the_streets_is_joined():
    xy, ends = drawn(((0, 0), (50, 0)), ((50, 0), (100, 0)))
    far = np.array([0.0 not in xy[pair][:, 0].tolist() for pair in ends])
    start = int(np.flatnonzero((xy == [0, 0]).all(axis=1))[0])
    tour = cover_streets(xy, ends, far, start=start)
    assert (tour.nodes[0], tour.nodes[-1], tour.parts) == (start, start, 1)
    assert (tour.streets_m, tour.length_m) == (50.0, 200.0)


def test_no_street_at_all_is_an_error_that_says_what_to_do():
    xy, ends = drawn(((0, 0), (50, 0)))
    with pytest.raises(InputError, match="no street to cover.*Choose cells"):
        cover_streets(xy, ends, ~every(ends))


def test_pieces_of_a_tour_join_and_are_about_equally_long():
    side = [(n * 10.0, 0.0) for n in range(41)]
    ring = side + [(x, 100.0) for x, _ in side[::-1]]
    xy, ends = drawn(*zip(ring, [*ring[1:], ring[0]], strict=True))
    tour = cover_streets(xy, ends, every(ends))
    pieces = split_tour(tour, xy, 3)
    assert [len(pieces), pieces[0][0], pieces[-1][-1]] == [3, tour.nodes[0], tour.nodes[-1]]
    assert all(a[-1] == b[0] for a, b in pairwise(pieces))
    lengths = [walked(xy, piece) for piece in pieces]
    assert sum(lengths) == pytest.approx(tour.length_m)
    assert max(lengths) - min(lengths) <= 200


def test_zero_units_are_refused():
    xy, ends = drawn(((0, 0), (50, 0)))
    with pytest.raises(InputError, match="at least one unit.*found 0"):
        split_tour(cover_streets(xy, ends, every(ends)), xy, 0)


def test_nearest_pairs_alone_find_the_same_pairs_on_a_long_street(monkeypatch):
    place = np.sort(np.random.default_rng(0).uniform(0, 1e5, 120))
    far = np.abs(np.subtract.outer(place, place))
    whole = sorted(sorted(p) for p in pair_nearest(far))
    monkeypatch.setattr(matching, "EXACT_BELOW", 50)
    assert sorted(sorted(p) for p in pair_nearest(far)) == whole


def test_more_pairs_are_tried_where_the_nearest_leave_a_node_alone(monkeypatch):
    # Two clusters of odd size: with near pairs only, each keeps one node to itself.
    place = np.r_[np.arange(17.0), 1e4 + np.arange(17.0)]
    monkeypatch.setattr(matching, "EXACT_BELOW", 10)
    monkeypatch.setattr(matching, "NEAREST", 3)
    pairs = pair_nearest(np.abs(np.subtract.outer(place, place)))
    assert sorted(n for pair in pairs for n in pair) == list(range(34))


def test_without_rustworkx_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "rustworkx", None)
    with pytest.raises(AssetError, match=r"pip install 'gridmap\[plan\]'"):
        pair_nearest(np.zeros((2, 2)))
