import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.errors import InputError
from gridmap.grid.blocks import absorb_small, block_borders, dissolve, join_plots, lay_plots
from gridmap.grid.dedicated import take_dedicated
from gridmap.grid.streets import MAIN, OUTLINE, PATH, RIVER, STREET, close_ends, take_lines
from gridmap.samples import TOY_CRS, box, line, toy_district

TOY = toy_district()


def ground(*shapes):
    codes = [f"11010100100{n + 1}" for n in range(len(shapes))]
    return gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=list(shapes), crs=TOY_CRS)


def ways(*ranked):
    ranks, shapes = zip(*ranked, strict=True) if ranked else ((), ())
    return gpd.GeoDataFrame({"rank": list(ranks)}, geometry=list(shapes), crs=TOY_CRS)


SQUARE = ground(box(0, 0, 400, 400))


def nothing(plots):
    return np.zeros(len(plots.ground), dtype=bool)


def test_streets_that_cross_without_a_shared_vertex_are_noded():
    cross = ways((STREET, line((0, 200), (400, 200))), (STREET, line((200, 0), (200, 400))))
    plots = lay_plots(SQUARE, cross)
    assert plots.ground.area.tolist() == [40_000] * 4
    assert plots.borders["length_m"].tolist() == [200] * 4
    assert (plots.borders["rank"] == STREET).all()


def test_a_dead_end_divides_nothing():
    plots = lay_plots(SQUARE, ways((STREET, line((0, 200), (300, 200)))))
    assert plots.ground.area.tolist() == [160_000]
    assert plots.borders.empty


def test_streets_that_run_beyond_the_district_are_cut_at_its_border():
    plots = lay_plots(SQUARE, ways((MAIN, line((-500, 100), (900, 100)))))
    assert sorted(plots.ground.area) == [40_000, 120_000]
    assert plots.borders["rank"].tolist() == [MAIN]


def test_the_border_of_a_community_divides_and_is_never_shared():
    two = ground(box(0, 0, 200, 400), box(200, 0, 400, 400))
    plots = lay_plots(two, ways((STREET, line((0, 100), (400, 100)))))
    assert len(plots.ground) == 4
    assert len(plots.borders) == 2


def test_ground_that_two_communities_claim_goes_to_the_lower_code():
    two = ground(box(0, 0, 220, 400), box(200, 0, 400, 400))
    plots = lay_plots(two, ways()).ground
    area = plots.area.groupby(plots["community_code"]).sum()
    assert area.tolist() == [88_000, 72_000]


def test_plots_that_only_a_path_parts_are_one_block():
    path = (PATH, line((0, 200), (400, 200)))
    plots = lay_plots(SQUARE, ways(path, (STREET, line((200, 0), (200, 400)))))
    assert len(plots.ground) == 4
    assert len(set(join_plots(plots).tolist())) == 2


def test_the_outline_of_a_campus_parts_it_from_the_block_around():
    campus = np.array([box(100, 100, 300, 300)], dtype=object)
    plots = lay_plots(SQUARE, ways((STREET, line((0, 200), (400, 200)))), campus)
    inside = plots.ground["dedicated"] == 0
    assert plots.ground.area[inside].sum() == 40_000
    assert (plots.borders["rank"] == OUTLINE).any()
    blocks = join_plots(plots)
    assert not set(blocks[inside]) & set(blocks[~inside])


def test_a_median_strip_joins_one_side_and_blocks_are_not_joined_across_the_street():
    street = ways((MAIN, line((0, 200), (400, 200))), (MAIN, line((0, 210), (400, 210))))
    plots = lay_plots(SQUARE, street)
    block = absorb_small(plots, join_plots(plots), nothing(plots), nothing(plots))
    area = sorted(np.bincount(np.unique(block, return_inverse=True)[1], plots.ground.area))
    assert area == [76_000, 84_000]


def test_a_small_block_joins_over_a_lane_rather_than_a_main_street():
    plots = lay_plots(
        SQUARE,
        ways(
            (MAIN, line((0, 30), (400, 30))),
            (STREET, line((40, 0), (40, 30))),
        ),
    )
    block = absorb_small(plots, join_plots(plots), nothing(plots), nothing(plots))
    area = sorted(np.bincount(np.unique(block, return_inverse=True)[1], plots.ground.area))
    assert area == [12_000, 148_000]


def test_what_is_fixed_neither_goes_nor_takes():
    plots = lay_plots(SQUARE, ways((STREET, line((0, 2), (400, 2)))))
    fixed = ~nothing(plots)
    block = absorb_small(plots, join_plots(plots), fixed, nothing(plots))
    assert len(set(block.tolist())) == 2


def test_borders_of_blocks_sum_those_of_their_plots():
    plots = lay_plots(
        SQUARE, ways((PATH, line((0, 200), (400, 200))), (RIVER, line((100, 0), (100, 400))))
    )
    table = block_borders(plots, np.unique(join_plots(plots), return_inverse=True)[1])
    assert table[["length_m", "main"]].values.tolist() == [[400, True]]


def test_islands_of_one_community_share_no_border():
    islands = ground(shapely.MultiPolygon([box(0, 0, 100, 100), box(300, 0, 400, 100)]))
    plots = lay_plots(islands, ways())
    assert plots.ground.area.tolist() == [10_000, 10_000]
    assert plots.borders.empty


def test_dissolved_blocks_have_no_cracks():
    plots = lay_plots(TOY.communities, take_lines(TOY["roads"], TOY["landuse"]))
    whole = dissolve(plots.ground.geometry.to_numpy(), np.zeros(len(plots.ground), dtype=np.int64))
    assert whole[0].equals(box(0, 0, 400, 400))


def test_communities_without_ground_are_refused():
    flat = ground(shapely.Polygon())
    with pytest.raises(InputError, match="enclose no ground"):
        lay_plots(flat, ways())


def test_a_tunnel_divides_nothing_and_a_slip_road_ranks_as_its_street():
    roads = TOY["roads"].assign(
        highway=["primary", "trunk_link", "footway", "construction"],
        tunnel=["yes", "no", None, None],
    )
    assert take_lines(roads, TOY["landuse"])["rank"].tolist() == [MAIN, PATH]


def test_banks_of_a_river_divide_and_those_of_a_pond_do_not():
    water = gpd.GeoDataFrame(
        {"kind": ["water", "water"]},
        geometry=[box(0, 0, 400, 50), box(100, 100, 110, 110)],
        crs=TOY_CRS,
    )
    lines = take_lines(TOY["roads"].iloc[:0], water)
    assert lines["rank"].tolist() == [RIVER]


def test_a_street_that_stops_short_of_the_border_is_drawn_on_but_not_one_far_from_it():
    short = ways((STREET, line((30, 100), (370, 100))), (STREET, line((30, 250), (300, 250))))
    plots = lay_plots(SQUARE, close_ends(short, SQUARE))
    assert sorted(plots.ground.area) == [40_000, 120_000]


def test_a_street_that_goes_on_as_another_is_not_drawn_on():
    bent = ways((STREET, line((20, 0), (20, 200))), (STREET, line((20, 200), (400, 200))))
    assert len(close_ends(bent, SQUARE)) == 2


def test_dedicated_ground_is_large_enough_has_no_small_holes_and_drawn_cells_come_first():
    park = box(0, 0, 200, 200).difference(box(50, 50, 80, 80))
    landuse = gpd.GeoDataFrame(
        {"kind": ["park", "park", "residential"], "name": ["Green", "Tiny", "Homes"]},
        geometry=[park, box(300, 300, 310, 310), box(200, 200, 400, 400)],
        crs=TOY_CRS,
    )
    drawn = TOY["cells"].assign(kind=["dedicated", "basic", "basic", "basic"])
    kept = take_dedicated(landuse, drawn)
    assert kept["name"].tolist() == ["North-west", "Green"]
    assert kept["told"].tolist() == [True, False]
    assert kept.area.tolist() == [40_000, 40_000]
