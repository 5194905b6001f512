"""Laws of catchments, fair access and inequality."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from gridmap.services.decay import known_decay
from gridmap.services.fair_access import share_supply
from gridmap.services.inequality import gini, lorenz_curve
from tests.oracles.catchments import gini_by_pairs, shared_supply

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
