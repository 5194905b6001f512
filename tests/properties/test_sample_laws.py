"""Laws of what is made up: it sums, it tiles, and the seed decides it."""

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.grid.code_rules import code_rules
from gridmap.grid.quality import examine_tiling
from gridmap.samples import toy_district
from gridmap.synthesis.city.city import lay_ground
from gridmap.synthesis.city.plan import draw_plan
from gridmap.synthesis.city.scatter import whole_shares
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


@settings(deadline=None, max_examples=15)
@given(seeds, st.integers(24, 700))
def test_a_city_of_any_size_tiles_sums_and_is_connected(seed, count):
    ground = lay_ground(count, seed)
    cells, communities = ground.layers["cells"], ground.layers["communities"]
    assert len(cells) == count
    assert examine_tiling(cells, communities) == []
    assert (cells.geom_type == "Polygon").all()
    assert (communities.geom_type == "Polygon").all()
    assert cells.area.sum() == pytest.approx(ground.plan.area_m2, rel=1e-6)
    assert ground.layers["population"]["population"].sum() == ground.plan.people
    assert cells["population"].sum() == ground.plan.people


@settings(deadline=None, max_examples=15)
@given(seeds, st.integers(24, 700))
def test_codes_of_a_city_are_unique_and_say_where_a_cell_belongs(seed, count):
    ground = lay_ground(count, seed)
    cells = ground.layers["cells"]
    assert cells["code"].is_unique
    parts = pd.DataFrame([code_rules()["cell-15"].decode(code) for code in cells["code"]])
    assert parts["community_code"].tolist() == cells["community_code"].tolist()
    # Serials count from 1 without a hole in every community.
    assert (parts["serial"].groupby(cells["community_code"].to_numpy()).max()
            == cells.groupby("community_code").size()).all()  # fmt: skip


@settings(deadline=None, max_examples=10)
@given(seeds, st.integers(24, 300))
def test_the_same_seed_lays_the_same_ground(seed, count):
    first, second = lay_ground(count, seed).layers, lay_ground(count, seed).layers
    for name, layer in first.items():
        assert (shapely.to_wkb(layer.geometry) == shapely.to_wkb(second[name].geometry)).all()
        assert layer.drop(columns="geometry").equals(second[name].drop(columns="geometry"))


@settings(deadline=None)
@given(seeds, st.integers(24, 100_000))
def test_a_plan_is_in_proportion_at_every_size(seed, count):
    plan = draw_plan(count, np.random.default_rng(seed))
    assert plan.area_m2 / count == pytest.approx(1_452e6 / 3_311)
    assert plan.cells >= plan.communities >= plan.streets >= len(plan.strips)
    covered = sum((b - a) * (d - c) for a, b, c, d in plan.strips)
    assert covered == 64


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.integers(0, 10_000))
def test_whole_shares_sum_and_stray_less_than_one(weights, total):
    weight = np.array(weights) + 1e-6
    shares = whole_shares(weight, total)
    assert shares.sum() == total
    assert (np.abs(shares - weight / weight.sum() * total) < 1 + 1e-6).all()
