"""Laws of catchments, fair access and inequality."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array

from gridmap.compiled import WORTH_COMPILING, loops
from gridmap.services.catchments import allocate_nearest, nearest_pairs, site_loads
from gridmap.services.decay import known_decay
from gridmap.services.fair_access import share_supply
from gridmap.services.inequality import gini, lorenz_curve
from gridmap.services.transport import LOOPS, allocate_within_capacity
from tests.oracles.catchments import cheapest_seats, gini_by_pairs, nearest_site, shared_supply

metres = st.one_of(st.none(), st.sampled_from([0.0, 10.0, 400.0, 800.0]), st.floats(0, 1500))
counts = st.one_of(st.just(0.0), st.floats(0.1, 500))
decays = st.sampled_from(["even", "stepped", "stepped_fast", "gaussian"])
methods = st.sampled_from(["e2sfca", "3sfca"])


def stored(walks, sites):
    """Sparse matrix of walks: None is no pair, 0 is a pair."""
    pairs = [(i, j, d) for i, row in enumerate(walks) for j, d in enumerate(row) if d is not None]
    rows, columns, values = zip(*pairs, strict=True) if pairs else ([], [], [])
    shape = (len(walks), sites)
    return csr_array((np.array(values, dtype=float), (rows, columns)), shape=shape)


@st.composite
def towns(draw, most_homes=8, most_sites=5):
    """Walks, people and sizes of a few homes and sites."""
    homes, sites = draw(st.integers(1, most_homes)), draw(st.integers(1, most_sites))
    walks = [[draw(metres) for _ in range(sites)] for _ in range(homes)]
    people = [draw(counts) for _ in range(homes)]
    return walks, people, [draw(counts) for _ in range(sites)]


@settings(max_examples=150, deadline=None)
@given(towns(), decays, methods)
def test_access_is_what_sharing_pair_by_pair_gives(town, name, method):
    walks, people, supply = town
    decay = known_decay(name, 1200.0)
    found = share_supply(
        stored(walks, len(supply)), np.array(people), np.array(supply), decay, method
    )
    expected = shared_supply(
        walks, people, supply, lambda d: float(decay.weigh(np.array([d]))[0]), method == "3sfca"
    )
    np.testing.assert_allclose(found.access, expected, rtol=1e-9, atol=1e-12)


@settings(max_examples=150, deadline=None)
@given(towns(), decays, methods)
def test_supply_is_conserved_over_sites_with_people_in_reach(town, name, method):
    walks, people, supply = town
    found = share_supply(
        stored(walks, len(supply)), np.array(people), np.array(supply),
        known_decay(name, 1200.0), method,
    )  # fmt: skip
    shared = (found.access * people).sum()
    assert shared == pytest.approx(np.array(supply)[found.reaches_people].sum(), rel=1e-9)


@settings(max_examples=100, deadline=None)
@given(towns(), decays)
def test_more_supply_takes_access_from_nobody(town, name):
    walks, people, supply = town
    decay, matrix = known_decay(name, 1200.0), stored(walks, len(supply))
    before = share_supply(matrix, np.array(people), np.array(supply), decay).access
    more = np.array(supply) + np.eye(len(supply))[0] * 10
    assert (share_supply(matrix, np.array(people), more, decay).access >= before - 1e-12).all()


spreads = st.lists(st.tuples(st.floats(0, 100), st.integers(0, 20)), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(spreads)
def test_gini_is_half_the_mean_difference_between_any_two_people(rows):
    values, people = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    expected = gini_by_pairs(values.tolist(), people.tolist())
    found = gini(values, people)
    if expected is None or found is None:
        assert expected == found
    else:
        assert found == pytest.approx(expected, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(spreads)
def test_a_lorenz_curve_rises_bends_up_and_ends_at_one(rows):
    values, people = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    curve = lorenz_curve(values, people).to_numpy()
    if len(curve):
        assert curve[0].tolist() == [0, 0]
        assert curve[-1] == pytest.approx([1, 1])
        assert (np.diff(curve, axis=0) >= 0).all()
        assert (curve[:, 1] <= curve[:, 0] + 1e-12).all()


@settings(max_examples=120, deadline=None)
@given(towns())
def test_nearest_catchments_are_disjoint_and_add_up_to_all_people(town):
    walks, people, capacity = town
    found = allocate_nearest(*nearest_pairs(stored(walks, len(capacity))), np.array(people))
    assert found.demand.tolist() == list(range(len(people)))
    expected = [nearest_site(row) for row in walks]
    assert found.site.tolist() == [-1 if one is None else one for one in expected]
    loads = site_loads(found, np.array(capacity))
    assert loads["people"].sum() + found.unserved_people == pytest.approx(sum(people), rel=1e-9)


@settings(max_examples=120, deadline=None)
@given(towns(most_homes=12, most_sites=5))
def test_catchments_within_capacity_keep_to_it_add_up_and_are_proved_best(town):
    walks, people, capacity = town
    found = allocate_within_capacity(
        stored(walks, len(capacity)), np.array(people), np.array(capacity)
    )
    who = found.allocation
    by_point = np.bincount(who.demand, weights=who.people, minlength=len(people))
    np.testing.assert_allclose(by_point, people, rtol=1e-9, atol=1e-9)
    loads = site_loads(who, np.array(capacity))
    assert (loads["people"] <= np.array(capacity) + 1e-6).all()
    assert loads["people"].sum() + who.unserved_people == pytest.approx(sum(people), rel=1e-9)
    assert who.person_m == pytest.approx(found.bound_person_m, rel=1e-6, abs=1e-3)
    assert all(walks[i][j] == d for i, j, d in zip(who.demand, who.site, who.walk_m) if j >= 0)  # noqa: B905


@settings(max_examples=80, deadline=None)
@given(towns(most_homes=12, most_sites=5))
def test_catchments_within_capacity_walk_as_little_as_a_linear_program_says(town):
    walks, people, capacity = town
    found = allocate_within_capacity(
        stored(walks, len(capacity)), np.array(people), np.array(capacity)
    ).allocation
    pairs = [(i, j, d) for i, row in enumerate(walks) for j, d in enumerate(row) if d is not None]
    pairs += [(i, len(capacity), 1e5) for i in range(len(people))]
    home = np.array([[i == one for i, _, _ in pairs] for one in range(len(people))])
    site = np.array([[j == one for _, j, _ in pairs] for one in range(len(capacity))])
    best = linprog([d for *_, d in pairs], site, capacity, home, people)
    assert found.person_m + 1e5 * found.unserved_people == pytest.approx(best.fun, abs=1e-2)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.one_of(st.none(), st.integers(0, 9))] * 2, st.integers(0, 2)),
        min_size=1, max_size=4,
    ),
    st.tuples(st.integers(0, 3), st.integers(0, 3)),
)  # fmt: skip
def test_nobody_finds_better_seats_by_trying_them_all(rows, places):
    walks = [[None if d is None else float(d) for d in row[:2]] for row in rows]
    people = [row[2] for row in rows]
    found = allocate_within_capacity(
        stored(walks, 2), np.array(people, dtype=float), np.array(places, dtype=float)
    ).allocation
    assert (found.unserved_people, found.person_m) == pytest.approx(
        cheapest_seats(walks, people, places), abs=1e-6
    )


def test_compiled_and_plain_loops_allocate_alike():
    rng = np.random.default_rng(3)
    start = np.arange(0, 40 * 6 + 1, 6)
    cost = np.round(rng.uniform(0, 900, 240))
    cost[5::6] = 1e4
    first = np.array([6 * n + int(np.argmin(cost[6 * n : 6 * n + 6])) for n in range(40)])
    pairs = start, np.tile(np.arange(6), 40), cost, np.repeat(np.arange(40), 6)
    asked = pairs, first, rng.integers(1, 9, 40) * 1.0, np.array([30, 20, 40, 0, 25, np.inf]), 1e-9
    plain = loops(LOOPS, 0).pass_on(*asked)
    fast = loops(LOOPS, WORTH_COMPILING).pass_on(*asked)
    for one, other in zip(plain, fast, strict=True):
        np.testing.assert_array_equal(one, other)
