import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.errors import InputError
from gridmap.grid.code_rules import code_rules
from gridmap.grid.divide import lay_h3, lay_hexagons, lay_squares, size_for_households
from gridmap.grid.quality import examine_tiling, measure_tiling
from gridmap.grid.slivers import absorb_slivers
from gridmap.samples import TOY_CRS, at, box, toy_district

WEST = "110101001001"


def communities(*shapes, codes=None):
    codes = codes or [f"11010100100{n + 1}" for n in range(len(shapes))]
    return gpd.GeoDataFrame(
        {"code": codes, "name": [f"C{n}" for n in range(len(shapes))]},
        geometry=list(shapes),
        crs=TOY_CRS,
    )


def test_squares_of_the_drawing_are_its_four_cells():
    cells = lay_squares(toy_district().communities, 200)
    east = "110101001002"
    assert cells["code"].tolist() == [f"{WEST}001", f"{WEST}002", f"{east}001", f"{east}002"]
    assert cells.geometry.iloc[0].equals(box(0, 200, 200, 400))
    assert cells.geometry.iloc[1].equals(box(0, 0, 200, 200))
    assert set(cells["kind"]) == {"basic"}
    assert cells["name"].tolist() == ["West 1", "West 2", "East 1", "East 2"]


def test_serials_run_west_to_east_then_north_to_south():
    cells = lay_squares(communities(box(0, 0, 300, 200)), 100)
    corner = [(b[0] - 500_000, b[1] - 4_400_000) for b in cells.bounds.to_numpy()]
    assert corner == [(0, 100), (100, 100), (200, 100), (0, 0), (100, 0), (200, 0)]


def test_a_cell_never_crosses_a_community_border():
    ground = communities(box(0, 0, 130, 200), box(130, 0, 400, 200))
    cells = lay_squares(ground, 100)
    own = ground.set_index("code").geometry.reindex(cells["community_code"]).to_numpy()
    assert shapely.covers(own, cells.geometry.to_numpy()).all()


def test_a_sliver_joins_the_neighbour_with_the_longest_shared_border():
    # 120 m wide: the strip of 20 m x 100 m in each row is 20 % of a square, below a quarter.
    cells = lay_squares(communities(box(0, 0, 120, 200)), 100)
    assert cells.area.round(6).tolist() == [12_000.0, 12_000.0]
    assert cells.geom_type.unique().tolist() == ["Polygon"]


def test_a_piece_above_the_threshold_is_a_cell_of_its_own():
    cells = lay_squares(communities(box(0, 0, 130, 100)), 100)
    assert sorted(cells.area.round(6)) == [3_000.0, 10_000.0]


def test_slivers_that_only_touch_each_other_grow_together():
    cells = lay_squares(communities(box(0, 0, 10, 1000)), 100)
    # Ten pieces of 1,000 m² join until none is below 2,500 m².
    assert (cells.area >= 2_500 - 1e-6).all()
    assert cells.area.sum() == pytest.approx(10_000)


def test_a_community_smaller_than_a_sliver_is_one_cell():
    cells = lay_squares(communities(box(190, 190, 210, 210)), 200)
    assert cells.area.round(6).tolist() == [400.0]


def test_an_island_that_is_a_sliver_joins_the_nearest_cell():
    ground = shapely.MultiPolygon([box(0, 0, 200, 200), box(450, 0, 460, 10)])
    cells = lay_squares(communities(ground), 200)
    assert len(cells) == 1
    assert cells.geom_type.tolist() == ["MultiPolygon"]
    assert cells.area.sum() == pytest.approx(40_100)


def test_a_large_island_is_a_cell_of_its_own():
    ground = shapely.MultiPolygon([box(0, 0, 200, 200), box(400, 0, 600, 200)])
    assert lay_squares(communities(ground), 200).geom_type.tolist() == ["Polygon", "Polygon"]


def test_a_river_that_cuts_a_square_makes_two_cells():
    ground = box(0, 0, 200, 200).difference(box(95, -1, 105, 201))
    cells = lay_squares(communities(ground), 200)
    assert cells.area.round(6).tolist() == [19_000.0, 19_000.0]


def test_a_hexagon_has_its_width_across_the_flats():
    cells = lay_hexagons(communities(box(0, 0, 2000, 2000)), 100)
    whole = cells[cells.geometry.count_coordinates() == 7]
    widths = whole.bounds.maxx - whole.bounds.minx
    assert widths.median() == pytest.approx(100)
    assert whole.area.median() == pytest.approx(np.sqrt(3) / 2 * 100**2)


def test_h3_cells_keep_the_index_of_h3_and_cover_the_ground():
    cells = lay_h3(communities(box(0, 0, 2000, 2000)), 9)
    assert cells["h3"].is_unique
    assert cells.area.sum() == pytest.approx(4_000_000, abs=1)
    assert cells["grid_version"].unique().tolist() == ["h3-9"]


@pytest.mark.parametrize(
    "lay", [lambda c: lay_squares(c, 70), lambda c: lay_hexagons(c, 90), lambda c: lay_h3(c, 11)]
)
def test_every_pattern_tiles_crooked_communities(lay):
    whole = shapely.Polygon([at(0, 0), at(700, 40), at(650, 500), at(300, 390), at(-80, 520)])
    knife = shapely.LineString([at(-100, 210), at(260, 333), at(800, 101)])
    ground = communities(*shapely.ops.split(whole, knife).geoms)
    cells = lay(ground)
    assert examine_tiling(cells, ground) == []
    assert cells.area.sum() == pytest.approx(ground.area.sum(), abs=0.01)
    assert cells.is_valid.all()
    assert (cells.geom_type == "Polygon").all()


def test_an_edited_boundary_moves_no_other_cell():
    before = lay_squares(communities(box(0, 0, 400, 400)), 100)
    after = lay_squares(communities(box(-250, 0, 400, 400)), 100)
    old = {shape.wkt for shape in before.geometry.normalize()}
    assert old <= {shape.wkt for shape in after.geometry.normalize()}


def test_codes_decode_to_their_community():
    cells = lay_squares(toy_district().communities, 100)
    parts = [code_rules()["cell-15"].decode(code) for code in cells["code"]]
    assert [one.community_code for one in parts] == cells["community_code"].tolist()


@pytest.mark.parametrize("size", [0, -5, np.nan, np.inf])
def test_a_size_that_is_no_length_is_refused(size):
    with pytest.raises(InputError, match="positive number of metres"):
        lay_squares(toy_district().communities, size)


def test_a_size_of_a_hair_is_refused_before_memory_is_gone():
    with pytest.raises(InputError, match="at most 2,000,000"):
        lay_squares(toy_district().communities, 0.01)


def test_an_unknown_h3_resolution_is_refused():
    with pytest.raises(InputError, match="0 to 15"):
        lay_h3(toy_district().communities, 16)


def test_more_cells_than_the_serial_can_count_is_a_clear_error():
    with pytest.raises(InputError, match=r"up to 999 cells.*--serial-digits 4"):
        lay_squares(communities(box(0, 0, 400, 400)), 10)
    cells = lay_squares(communities(box(0, 0, 400, 400)), 10, serial_digits=4)
    assert len(cells) == 1600
    assert cells["code"].str.len().unique().tolist() == [16]


def test_the_size_for_a_number_of_households_makes_cells_of_that_number_on_average():
    assert size_for_households(100, 10_000, 1) == 10
    hexagon = size_for_households(1000, 1_000_000, 100, "hexagon")
    assert np.sqrt(3) / 2 * hexagon**2 == pytest.approx(100_000, rel=0.05)
    with pytest.raises(InputError, match="--size-m"):
        size_for_households(0, 10_000, 400)


def test_a_tiling_with_a_hole_and_an_overlap_says_how_much():
    ground = communities(box(0, 0, 200, 100))
    cells = gpd.GeoDataFrame(
        {"cell_id": ["a", "b"], "community_code": ground["code"].iloc[0]},
        geometry=[box(0, 0, 110, 100), box(100, 0, 190, 100)],
        crs=TOY_CRS,
    )
    found = measure_tiling(cells, ground).iloc[0]
    assert found["gap_m2"] == pytest.approx(1_000)
    assert found["overlap_m2"] == pytest.approx(1_000)
    assert found["overlapping"] == ("a", "b")
    assert [one.rule for one in examine_tiling(cells, ground)] == ["tiling_gap", "tiling_overlap"]


def test_a_cell_outside_its_community_or_of_an_unknown_one_is_a_finding():
    ground = communities(box(0, 0, 100, 100))
    cells = gpd.GeoDataFrame(
        {"cell_id": ["a", "b"], "community_code": [ground["code"].iloc[0], "nowhere"]},
        geometry=[box(0, 0, 150, 100), box(200, 0, 300, 100)],
        crs=TOY_CRS,
    )
    found = {one.rule: one.ids for one in examine_tiling(cells, ground)}
    assert found == {"cell_outside_community": ("a",), "unknown_community": ("b",)}


def test_two_slivers_side_by_side_become_one_group():
    pieces = gpd.GeoDataFrame(
        {"community_code": ["a"] * 3},
        geometry=[box(0, 0, 1, 10), box(1, 0, 2, 10), box(2, 0, 30, 10)],
        crs=TOY_CRS,
    )
    assert len(set(absorb_slivers(pieces, 15.0))) == 2


def test_slivers_never_join_across_a_community_border():
    pieces = gpd.GeoDataFrame(
        {"community_code": ["a", "b"]}, geometry=[box(0, 0, 1, 10), box(1, 0, 30, 10)], crs=TOY_CRS
    )
    assert absorb_slivers(pieces, 15.0).tolist() == [0, 1]
