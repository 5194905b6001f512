import numpy as np
import pytest
import shapely

from gridmap.samples import toy_district
from gridmap.synthesis.ground import house_people, lay_communities


def test_communities_tile_the_district_without_gap_or_overlap():
    toy = toy_district()
    found = lay_communities(toy.outline, toy["buildings"], 3, "110101", np.random.default_rng(0))
    shapes = found.geometry.to_numpy()
    assert shapely.area(shapes).sum() == pytest.approx(toy.outline.area, abs=1e-6)
    assert shapely.union_all(shapes).symmetric_difference(toy.outline).area < 1e-6


def test_community_codes_have_twelve_digits_and_begin_with_the_county():
    toy = toy_district()
    found = lay_communities(toy.outline, toy["buildings"], 3, "110101", np.random.default_rng(0))
    assert found["code"].str.fullmatch(r"110101\d{6}").all()
    assert found["code"].is_unique


def test_people_sum_to_the_total_and_live_only_in_homes():
    toy = toy_district()
    homes = house_people(toy["buildings"], toy.outline, 501, np.random.default_rng(3))
    assert homes["population"].sum() == 501
    assert (homes["population"] % 1 == 0).all()
    assert len(homes) == 2, "the office and the school are not lived in"
    assert (homes["households"] <= homes["population"]).all()


def test_a_taller_building_of_the_same_kind_houses_more_people():
    toy = toy_district()
    buildings = toy["buildings"].iloc[[0, 0]].reset_index(drop=True)
    buildings["levels"] = [2.0, 20.0]
    homes = house_people(buildings, toy.outline, 1000, np.random.default_rng(0))
    assert homes["population"].iloc[1] > 5 * homes["population"].iloc[0]
