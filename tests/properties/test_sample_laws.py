"""Laws of what is made up: it sums, it tiles, and the seed decides it."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.samples import toy_district
from gridmap.synthesis.ground import house_people, lay_communities
from gridmap.synthesis.staff import make_posts

TOY = toy_district()
seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.integers(1, 10_000))
def test_people_always_sum_to_the_total(seed, total):
    homes = house_people(TOY["buildings"], TOY.outline, total, np.random.default_rng(seed))
    assert homes["population"].sum() == total
    assert (homes["population"] > 0).all()


@settings(deadline=None)
@given(seeds, st.integers(2, 4))
def test_communities_always_tile_the_district(seed, count):
    rng = np.random.default_rng(seed)
    found = lay_communities(TOY.outline, TOY["buildings"], count, "110101", rng)
    shapes = found.geometry.to_numpy()
    assert shapely.area(shapes).sum() == pytest.approx(TOY.outline.area)
    assert shapely.union_all(shapes).symmetric_difference(TOY.outline).area < 1e-6


@settings(deadline=None, max_examples=20)
@given(seeds)
def test_the_same_seed_makes_the_same_posts(seed):
    day = np.datetime64("2026-03-02").astype(object)
    first, second = (
        make_posts(TOY["cells"], TOY.communities, day, np.random.default_rng(seed))
        for _ in range(2)
    )
    assert first[0].equals(second[0])
    assert first[1].equals(second[1])
