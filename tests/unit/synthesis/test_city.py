"""A synthetic city: what it must be at any size, at sizes that are quickly made."""

import hashlib

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap import schema
from gridmap.checks import check_district
from gridmap.errors import InputError
from gridmap.grid.code_rules import code_rules
from gridmap.grid.quality import examine_tiling, measure_tiling
from gridmap.reference import site_types
from gridmap.studies.sample import BASE_DAY
from gridmap.studies.sample_city import make_city


@pytest.fixture(scope="module", params=[24, 100, 500])
def city(request):
    return make_city(request.param, units=6)


@pytest.fixture(scope="module")
def town():
    return make_city(100, seed=5, units=6)


def _digest(district):
    told = hashlib.sha256()
    for name in sorted(district.layers):
        frame = pd.DataFrame(district[name])
        if "geometry" in frame:
            frame["geometry"] = shapely.to_wkb(np.asarray(frame["geometry"], dtype=object))
        told.update(frame.to_csv().encode())
    return told.hexdigest()


def test_it_has_the_cells_that_were_asked_for_and_the_area_in_proportion(city):
    count = len(city["cells"])
    assert count in {24, 100, 500}
    assert city.outline.area / count == pytest.approx(1_452e6 / 3_311, rel=1e-6)
    assert city["population"]["population"].sum() == round(2_000_000 * count / 3_311)


def test_cells_tile_communities_and_communities_the_district(city):
    assert examine_tiling(city["cells"], city["communities"]) == []
    table = measure_tiling(city["cells"], city["communities"])
    assert table[["gap_m2", "overlap_m2", "outside_m2"]].max().max() < 1e-6
    assert city["communities"].area.sum() == pytest.approx(city.outline.area, abs=1e-3)


def test_every_cell_and_community_is_one_piece_without_holes_of_others(city):
    for name in ("cells", "communities", "boundary"):
        shapes = city[name].geometry
        assert (shapes.geom_type == "Polygon").all(), name
        assert shapes.is_valid.all()


def test_codes_are_official_unique_and_name_the_community(city):
    cells, communities = city["cells"], city["communities"]
    assert cells["code"].is_unique
    assert cells["code"].str.fullmatch(r"990101\d{9}").all()
    assert (cells["code"].str[:12] == cells["community_code"]).all()
    assert communities["code"].str.fullmatch(r"990101\d{6}").all()
    assert (communities["code"].str[:9] == communities["street_code"]).all()
    assert code_rules()["cell-15"].decode(cells["code"].iloc[0]).serial >= 1


def test_streets_and_communities_have_different_chinese_names(city):
    communities = city["communities"]
    assert communities["name"].is_unique
    assert communities.groupby("street_code")["street_name"].nunique().eq(1).all()
    assert communities["name"].str.fullmatch(r"[一-鿿]+(社区|村)").all()
    assert city["roads"]["name"].str.fullmatch(r"[一-鿿]+").all()


def test_every_household_lives_in_one_cell_and_cells_know_their_people(city):
    cells, homes = city["cells"], city["population"]
    home, cell = cells.sindex.query(homes.geometry, predicate="within")
    assert (np.bincount(home, minlength=len(homes)) == 1).all()
    counted = np.bincount(cell, homes["population"].to_numpy()[home], len(cells))
    assert counted.tolist() == cells["population"].tolist()
    households = np.bincount(cell, homes["households"].to_numpy()[home], len(cells))
    assert households.tolist() == cells["households"].tolist()
    assert (homes["population"] >= 1).all()


def test_basic_cells_are_balanced_and_dedicated_ones_say_what_for(city):
    cells = city["cells"]
    basic = cells[cells["kind"] == "basic"]
    assert basic["population"].quantile(0.9) < 1.6 * basic["population"].median()
    assert cells["name"][cells["kind"] == "dedicated"].str.contains("专属网格").all()
    assert not basic["name"].str.contains("专属").any()


def test_streets_are_one_network_and_meet_at_shared_corners(city):
    lines = city["roads"].geometry.to_numpy()
    ends = [np.round(shapely.get_coordinates(shapely.get_point(lines, at)), 3) for at in (0, -1)]
    _, node = np.unique(np.vstack(ends), axis=0, return_inverse=True)
    tail, head = node.reshape(2, -1)
    size = int(node.max()) + 1
    _, part = connected_components(coo_array((np.ones(len(tail)), (tail, head)), (size, size)))
    length = np.bincount(part[tail], shapely.length(lines))
    assert length.max() / length.sum() >= 0.95


def test_no_street_crosses_another_between_corners_but_over_rivers_and_rails(city):
    roads = city["roads"]
    lines = roads.geometry.to_numpy()
    one, _ = shapely.STRtree(lines).query(lines, predicate="crosses")
    crossing = roads.iloc[np.unique(one)]
    beside = crossing["name"].isin(["滨江路", "滨河路", "沿铁路"]) | crossing["bridge"].notna()
    assert len(crossing) <= 0.002 * len(roads) + 2 * beside.sum()


def test_only_bridges_lie_over_the_river(city):
    water = city["landuse"].query("kind == 'water'").geometry.union_all().buffer(-2)
    wet = city["roads"][city["roads"].intersects(water)]
    assert wet["bridge"].notna().any()
    # The street along the bank passes over the mouth of a stream.
    assert set(wet["name"][wet["bridge"].isna()]) <= {"滨江路"}
    assert not city["buildings"].intersects(water).any()


def test_buildings_stand_apart_from_each_other_and_from_streets(city):
    buildings = city["buildings"]
    one, _ = buildings.sindex.query(buildings.geometry, predicate="overlaps")
    assert len(np.unique(one)) <= 0.01 * len(buildings)
    hit, _ = city["roads"].sindex.query(buildings.geometry, predicate="crosses")
    assert len(np.unique(hit)) <= 0.002 * len(buildings)
    assert buildings["levels"].between(1, 33).all()
    assert (buildings["height_m"] > 2.5 * buildings["levels"]).all()


def test_posts_are_about_ten_for_a_cell_and_duties_refer_to_posts_and_cells(city):
    posts, duties, cells = city["posts"], city["duties"], city["cells"]
    assert len(posts) == 10 * (len(cells) + len(city["communities"]))
    assert posts["post_id"].is_unique
    assert duties["post_id"].isin(posts["post_id"]).all()
    known = set(cells["cell_id"]) | set(city["communities"]["code"])
    assert set(duties["cell_id"]) <= known
    assert 0.90 < len(duties) / len(posts) < 1.0
    assert (duties["valid_to"].isna() | (duties["valid_to"] > duties["valid_from"])).all()


def test_sites_of_every_type_lie_in_the_district(city):
    sites = city["sites"]
    assert set(sites["type"]) == set(site_types()["type"])
    assert sites["site_id"].is_unique
    assert sites.intersects(city.outline).all()
    assert (sites.loc[sites["type"] == "park"].geom_type == "Polygon").all()


def test_cameras_stand_outdoors_with_optics_and_papers_some_missing(city):
    cameras = city["cameras"]
    inside, _ = city["buildings"].sindex.query(cameras.geometry, predicate="within")
    assert len(inside) == 0
    assert cameras["hfov_deg"].notna().all()
    assert cameras.intersects(city.outline).all()
    if len(cameras) > 60:
        assert cameras["filed_on"].isna().any()
        assert cameras["operator"].nunique() == 4


def test_fixes_lie_inside_their_shift_and_on_streets(city):
    fixes = city["fixes"].merge(city["shifts"], on="shift_id", how="left")
    assert fixes["start"].notna().all()
    assert ((fixes["time"] >= fixes["start"]) & (fixes["time"] <= fixes["end"])).all()
    tree = city["roads"].sindex
    far = tree.nearest(fixes.geometry.iloc[::40], return_all=False, return_distance=True)[1]
    assert (far < 15).mean() > 0.99


def test_checks_find_no_error(city):
    found = check_district(city, BASE_DAY)
    assert [one for one in found if one.severity == "error"] == []
    for name, frame in city.layers.items():
        _, findings = schema.examine(frame, name)
        assert [one for one in findings if one.severity == "error"] == [], name


def test_every_layer_says_that_it_is_synthetic(city):
    told = city["provenance"].set_index("layer")
    assert set(told.index) == set(city.layers) - {"provenance"}
    assert told["synthetic"].all()
    assert told["note"].str.contains("no such district").all()
    assert "合成" in city.name


def test_the_same_seed_makes_the_same_city(town):
    assert _digest(make_city(100, seed=5, units=6)) == _digest(town)


def test_another_seed_makes_another_city(town):
    other = make_city(100, seed=6, units=6)
    assert not other.outline.equals(town.outline)
    assert other["communities"]["name"].tolist() != town["communities"]["name"].tolist()


def test_the_city_is_denser_in_the_middle_than_at_the_rim():
    city = make_city(500, units=1)
    away_m = city["cells"].centroid.distance(city["cells"].union_all().centroid)
    density = city["cells"]["population"] / city["cells"].area
    near = away_m < away_m.quantile(0.2)
    assert density[near].median() > 4 * density[away_m > away_m.quantile(0.9)].median()


@pytest.mark.parametrize(("cells", "seed"), [(23, 0), (100_001, 0), (24, -1)])
def test_a_city_nobody_can_make_is_refused(cells, seed):
    with pytest.raises(InputError, match=r"24 to 100,000 cells"):
        make_city(cells, seed)


def test_more_units_than_cells_are_refused():
    with pytest.raises(InputError, match="found 25 units for 24 cells"):
        make_city(24, units=25)
