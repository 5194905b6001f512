"""Quality of a grid: every figure on paper first."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap import schema
from gridmap.grid.balance import measure_balance
from gridmap.grid.boundary import (
    length_along,
    metres_inside,
    take_streets,
    water_through,
)
from gridmap.grid.examine import Thresholds, examine_grid, principle_of
from gridmap.grid.principles import PRINCIPLES, compactness, count_parts, describe_grid
from gridmap.grid.stability import examine_lineage, examine_versions
from gridmap.reference import RAILS
from gridmap.samples import TOY_CRS, WEST, box, line, toy_district
from tests.oracles import grid_quality as oracle


def grid(*shapes, **columns):
    told = {"cell_id": [f"c{n}" for n in range(len(shapes))], "community_code": WEST, **columns}
    return schema.conform(gpd.GeoDataFrame(told, geometry=list(shapes), crs=TOY_CRS), "cells")


def layer(named, shapes, **columns):
    return schema.conform(gpd.GeoDataFrame(columns, geometry=shapes, crs=TOY_CRS), named)


def community(shape):
    return layer("communities", [shape], code=[WEST], name=["West"])


def describe(cells, roads=(), landuse=(), whole=None, **told):
    roads = layer("roads", [r for _, r in roads], highway=[k for k, _ in roads])
    ground = layer("landuse", [g for _, g in landuse], kind=[k for k, _ in landuse])
    whole = whole or cells.union_all().envelope
    return describe_grid(cells, community(whole), roads, ground, **told), ground


def rules(cells, roads=(), landuse=(), limits=None, **told):
    whole = cells.union_all()
    quality, ground = describe(cells, roads, landuse, whole, **told)
    found = examine_grid(quality, cells, community(whole), ground, limits=limits)
    return {one.rule: one for one in found}


def test_a_square_has_a_compactness_of_a_quarter_of_pi_and_a_disk_of_one():
    shapes = gpd.GeoSeries([box(0, 0, 100, 100), shapely.Point(0, 0).buffer(50, quad_segs=500)])
    assert compactness(shapes).tolist() == pytest.approx([np.pi / 4, 1.0], abs=1e-5)


def test_parts_that_touch_in_a_point_are_two_and_parts_that_share_a_side_are_one():
    beside = shapely.MultiPolygon([box(0, 0, 10, 10), box(10, 0, 20, 10)])
    corner = shapely.MultiPolygon([box(0, 0, 10, 10), box(10, 10, 20, 20)])
    assert count_parts(gpd.GeoSeries([beside, corner, box(0, 0, 1, 1)])).tolist() == [1, 2, 1]


def test_balance_of_one_two_three_four_is_known():
    found = measure_balance(pd.DataFrame({"households": [4.0, 1.0, 3.0, 2.0]})).loc["households"]
    assert found["cv"] == pytest.approx(np.sqrt(1.25) / 2.5)
    assert found["max_to_mean"] == pytest.approx(1.6)
    assert found["gini"] == pytest.approx(0.25)


def test_balance_of_nothing_known_or_nothing_there_is_unknown():
    found = measure_balance(pd.DataFrame({"unknown": [np.nan] * 2, "none": [0.0, 0.0]}))
    assert found["cells"].tolist() == [0, 2]
    assert found[["cv", "max_to_mean", "gini"]].isna().all(axis=None)


def test_a_border_along_a_street_counts_and_a_street_that_crosses_it_does_not():
    cell = grid(box(0, 0, 100, 100))
    along, across = line((-50, 5), (150, 5)), line((50, -50), (50, 150))
    # 100 m of the south side, and 5 m to each side along the corners' own sides do not count.
    assert length_along(cell, np.array([along, across])).tolist() == pytest.approx([100.0])


def test_two_carriageways_beside_a_border_count_once():
    cell = grid(box(0, 0, 100, 100))
    both = np.array([line((0, 4), (100, 4)), line((30, -6), (100, -6))])
    assert length_along(cell, both).tolist() == pytest.approx([100.0])


def test_a_street_that_ends_half_way_covers_half_a_border_and_the_reach_of_its_end():
    cell = grid(box(0, 0, 100, 100))
    half = np.array([line((-30, -6), (50, -6))])
    assert length_along(cell, half).tolist() == pytest.approx([50 + np.sqrt(10**2 - 6**2)])


def test_a_slanted_street_counts_up_to_thirty_degrees():
    cell = grid(box(0, 0, 1000, 1000))
    for degrees, counted in ((29, True), (31, False)):
        rise = np.tan(np.radians(degrees)) * 100
        slanted = np.array([line((450, -rise / 2), (550, rise / 2))])
        assert (length_along(cell, slanted).iloc[0] > 0) == counted


def test_a_border_down_the_middle_of_a_river_follows_the_ground():
    cells = grid(box(0, 0, 100, 100), box(100, 0, 200, 100))
    river = np.array([box(80, -10, 120, 110)])
    assert length_along(cells, river[:0], river).tolist() == pytest.approx([140.0, 140.0])


def test_the_exact_length_is_that_of_a_walk_in_small_steps():
    rng = np.random.default_rng(3)
    ring = shapely.Polygon([(0, 0), (120, 10), (140, 90), (60, 130), (-10, 70)])
    ways = [shapely.LineString(rng.uniform(-40, 160, (4, 2))) for _ in range(8)]
    ways += [shapely.offset_curve(ring.exterior, 4.0), shapely.LineString([(0, 0), (120, 10)])]
    cell = gpd.GeoDataFrame({"cell_id": ["a"]}, geometry=[ring], crs=TOY_CRS)
    pool = np.array([shapely.Point(60, 125).buffer(12)])
    slow = oracle.length_along(ring, ways, 10.0, 30.0, pool)
    assert length_along(cell, np.array(ways), pool).iloc[0] == pytest.approx(slow, abs=1.0)


def test_metres_inside_are_those_of_a_walk_in_small_steps():
    rng = np.random.default_rng(4)
    square = shapely.box(0, 0, 150, 120)
    ways = [shapely.LineString(rng.uniform(-40, 190, (3, 2))) for _ in range(6)]
    cell = gpd.GeoDataFrame({"cell_id": ["a"]}, geometry=[square], crs=TOY_CRS)
    slow = oracle.metres_inside(square, ways, 20.0)
    assert metres_inside(cell, np.array(ways)).iloc[0] == pytest.approx(slow, abs=1.0)


def test_a_main_street_crosses_the_interior_and_one_along_the_border_does_not():
    cells = grid(box(0, 0, 200, 200), box(200, 0, 400, 200))
    main = np.array([line((100, -50), (100, 250)), line((-50, 190), (450, 190))])
    assert metres_inside(cells, main).tolist() == pytest.approx([160.0, 0.0])


def test_slip_roads_are_streets_but_cross_nothing():
    roads = layer("roads", [line((0, 0), (9, 9))] * 2, highway=["primary_link", "rail"])
    assert len(take_streets(roads)) == 1
    assert len(take_streets(roads, links=False)) == 0
    assert len(take_streets(roads, RAILS)) == 1


def test_water_divides_a_cell_only_with_ground_on_both_banks():
    cells = grid(box(0, 0, 200, 100), box(200, 0, 400, 100))
    water = np.array([box(90, -10, 110, 110), box(395, 0, 400, 100), box(250, 40, 300, 60)])
    assert water_through(cells, water).tolist() == pytest.approx([120.0, 0.0])


def test_share_in_band_and_deviation_from_the_target():
    cells = grid(
        *(box(100 * n, 0, 100 * n + 100, 100) for n in range(5)),
        households=[300, 500, 501, 200, 9000],
        kind=["basic"] * 4 + ["dedicated"],
    )
    quality, _ = describe(cells, [("residential", line((0, 0), (500, 0)))])
    totals = quality.totals
    assert (totals["judged"], totals["in_band"], totals["dedicated"]) == (4, 2, 1)
    assert totals["deviation_max_share"] == pytest.approx(0.5)
    assert quality.cells["deviation_share"].iloc[:4].tolist() == [0.25, 0.25, 101 / 400, 0.5]
    assert quality.cells["in_band"].isna().tolist() == [False] * 4 + [True]


def test_without_streets_the_ground_is_unknown_and_not_bad():
    quality, _ = describe(grid(box(0, 0, 100, 100)))
    assert quality.cells[["ground_share", "crossing_m", "street_m"]].isna().all(axis=None)
    assert np.isnan(quality.totals["ground_share"])


def test_sizes_are_found_worst_first_and_dedicated_cells_are_let_pass():
    cells = grid(
        *(box(100 * n, 0, 100 * n + 100, 100) for n in range(6)),
        households=[600, 900, 100, 0, np.nan, 5],
        kind=["basic"] * 5 + ["dedicated"],
        valid_from=["2025-01-01"] * 6,
        code=[f"{WEST}00{n}" for n in range(1, 7)],
    )
    found = rules(cells, limits=Thresholds(cv=9, max_to_mean=9))
    assert {name: one.ids for name, one in found.items()} == {
        "cell_too_large": ("c1", "c0"),
        "cell_too_small": ("c2",),
        "no_household": ("c3",),
        "households_unknown": ("c4",),
    }
    assert "up to 900" in found["cell_too_large"].found


def test_a_cell_far_above_the_mean_is_told_with_the_figures_of_balance():
    cells = grid(
        *(box(100 * n, 0, 100 * n + 100, 100) for n in range(4)), households=[100, 100, 100, 900]
    )
    found = rules(cells, band=(50, 1000))["unbalanced_cells"]
    assert found.ids == ("c3",)
    assert "3.0 × the mean" in found.found


def test_where_households_are_unknown_area_is_balanced():
    cells = grid(box(0, 0, 100, 100), box(100, 0, 200, 100), box(200, 0, 1200, 100))
    assert rules(cells)["unbalanced_cells"].ids == ("c2",)


def test_a_cell_counts_as_crossed_where_the_check_finds_it_crossed():
    cells = grid(*(box(100 * n, 0, 100 * n + 100, 100) for n in range(3)))
    roads = [
        ("primary", line((50, 0), (50, 69.9))),
        ("primary", line((150, 0), (150, 70))),
        ("residential", line((250, 0), (250, 100))),
    ]
    quality, _ = describe(cells, roads)
    assert quality.cells["crossing_m"].tolist() == pytest.approx([49.9, 50.0, 0.0])
    assert quality.totals["crossed"] == 1
    assert rules(cells, roads)["cell_crossed"].ids == ("c1",)


def test_crossed_loose_straggling_and_scattered_cells_are_found():
    two = shapely.MultiPolygon([box(0, 300, 50, 350), box(200, 300, 250, 350)])
    cells = grid(box(0, 0, 300, 300), box(300, 0, 310, 300), two)
    roads = [("primary", line((150, -10), (150, 310))), ("residential", line((300, 0), (300, 300)))]
    found = rules(cells, roads)
    assert found["cell_crossed"].ids == ("c0",)
    assert found["straggling_cell"].ids == ("c1",)
    assert found["cell_in_parts"].ids == ("c2",)


def test_a_dedicated_cell_that_holds_its_campus_but_for_a_corner_is_found():
    cells = grid(box(0, 0, 200, 200), box(200, 0, 400, 200), kind=["dedicated", "basic"])
    campus = [("university", box(50, 30, 220, 150)), ("park", box(210, 0, 399, 40))]
    assert rules(cells, landuse=campus)["dedicated_cell_cut"].ids == ("c0", "c1")


def test_a_park_in_two_basic_cells_is_a_note_and_a_small_one_is_nothing():
    cells = grid(box(0, 0, 200, 200), box(200, 0, 400, 200))
    found = rules(cells, landuse=[("park", box(100, 20, 300, 120))])
    assert found["campus_in_many_cells"].severity == "note"
    assert "campus_in_many_cells" not in rules(cells, landuse=[("park", box(180, 0, 220, 40))])


def test_a_main_street_in_a_tunnel_crosses_no_cell():
    cells = grid(box(0, 0, 400, 400))
    road = layer("roads", [line((200, -10), (200, 410))], highway=["primary"])
    whole, ground = community(box(0, 0, 400, 400)), layer("landuse", [], kind=[])
    crossed = [
        describe_grid(cells, whole, one, ground).totals["crossed"]
        for one in (road, road.assign(tunnel="yes"))
    ]
    assert crossed == [1, 0]


def test_the_campus_that_is_cut_is_told_and_not_one_that_is_whole():
    cells = grid(
        *(box(200 * n, 0, 200 * n + 200, 200) for n in range(3)),
        kind=["basic", "basic", "dedicated"],
    )
    landuse = [("university", box(410, 10, 590, 190)), ("park", box(80, 20, 280, 120))]
    found = rules(cells, landuse=landuse)
    assert found["campus_in_many_cells"].ids == ("c0", "c1")
    assert "dedicated_cell_cut" not in found


def test_every_finding_belongs_to_one_of_nine_principles_and_says_which():
    told = [rule for named in PRINCIPLES.values() for rule in named]
    assert len(PRINCIPLES) == 9
    assert len(set(told)) == len(told)
    found = rules(grid(box(0, 0, 100, 100)))
    assert found
    for rule, one in found.items():
        assert one.found.startswith(f"{principle_of(rule)}:".replace("_", " "))


def test_versions_overlap_only_while_both_are_valid():
    old = grid(box(0, 0, 100, 100), valid_from=["2020-01-01"], valid_to=["2024-01-01"])
    for begin, told in (("2024-01-01", 0), ("2023-12-31", 1)):
        new = grid(box(50, 0, 150, 100), valid_from=[begin]).assign(cell_id="new")
        both = pd.concat([old, new], ignore_index=True)
        found = examine_versions(both)
        assert len(found) == told
        assert all(one.ids == ("c0", "new") for one in found)


def test_a_cell_without_a_first_day_is_not_held_against_its_forerunner():
    old = grid(box(0, 0, 100, 100), valid_to=["2024-01-01"])
    new = grid(box(0, 0, 100, 100)).assign(cell_id="new")
    assert examine_versions(pd.concat([old, new], ignore_index=True)) == []


def test_lineage_that_sums_to_the_whole_is_in_order():
    told = pd.DataFrame(
        {"old_cell_id": ["a", "a", "b"], "new_cell_id": ["c", "d", "d"], "on": "2026-01-01"}
    ).assign(area_share=[0.25, 0.75, 1.0])
    assert examine_lineage(told, pd.Series(["a", "b", "c", "d"])) == []
    assert examine_lineage(told.iloc[1:], pd.Series(["a", "b", "c", "d"]))[0].ids == ("a",)


def test_the_gap_of_a_community_is_told_by_the_cells_beside_it():
    toy = toy_district()
    cells = toy["cells"].copy()
    cells.loc[0, "geometry"] = box(0, 210, 200, 400)
    quality = describe_grid(cells, toy.communities, toy["roads"], toy["landuse"])
    found = {one.rule: one for one in examine_grid(quality, cells, toy.communities, toy["landuse"])}
    assert set(found["tiling_gap"].ids) == {"nw", "sw"}
    assert "2000.0 m²" in found["tiling_gap"].found


def test_a_community_without_cells_is_told_as_such_and_not_as_a_gap():
    toy = toy_district()
    cells = toy["cells"][toy["cells"]["community_code"] == WEST]
    quality = describe_grid(cells, toy.communities, toy["roads"], toy["landuse"])
    found = {one.rule for one in examine_grid(quality, cells, toy.communities, toy["landuse"])}
    assert "community_without_cells" in found
    assert "tiling_gap" not in found
