from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.errors import InputError, MissingLayerError
from gridmap.grid.principles import describe_grid
from gridmap.grid.quality import examine_tiling
from gridmap.io.districts import read_district
from gridmap.samples import TOY_CRS, at, box, line, toy_district
from gridmap.studies.divide import divide
from gridmap.studies.divide_streets import divide_along_streets
from gridmap.studies.division_report import report_division, tell_report

TOY = toy_district()
SHARED = Path(__file__).parents[3] / "../shared/data"
CODE = "110101001001"


def frame(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=TOY_CRS)


def district(streets, households, communities=None, **layers):
    """A square of 400 m with streets (kind, line) and households at points."""
    kinds, lines = zip(*streets, strict=True)
    spots, counts = zip(*households, strict=True)
    shapes = communities or [box(0, 0, 400, 400)]
    codes = [f"11010100100{n + 1}" for n in range(len(shapes))]
    return TOY.with_layers(
        communities=frame(shapes, code=codes, name=codes),
        roads=frame(lines, highway=list(kinds)),
        population=frame(
            [at(*spot) for spot in spots],
            population=[3.0 * count for count in counts],
            households=[float(count) for count in counts],
        ),
        **({"landuse": TOY["landuse"].iloc[:0]} | layers),
    )


def rules(made):
    return {one.rule: one for one in made.findings}


QUARTERS = [
    ("residential", line((0, 200), (400, 200))),
    ("residential", line((200, 0), (200, 400))),
]
CENTRES = [(100, 300), (300, 300), (100, 100), (300, 100)]


def test_four_blocks_of_two_hundred_make_two_cells_of_four_hundred():
    made = divide_along_streets(district(QUARTERS, [(c, 200) for c in CENTRES]), 400)
    assert made.cells["households"].tolist() == [400, 400]
    assert made.cells.area.tolist() == [80_000, 80_000]
    assert made.cells["code"].tolist() == [f"{CODE}001", f"{CODE}002"]
    assert made.cells["grid_version"].tolist() == ["streets-400"] * 2
    assert made.findings == []
    assert made.source == "layer population"


def test_cells_lie_on_either_side_of_the_main_street():
    main = [("primary", line((0, 200), (400, 200))), ("residential", line((200, 0), (200, 400)))]
    made = divide_along_streets(district(main, [(c, 200) for c in CENTRES]), 400)
    assert [shape.bounds[2] - shape.bounds[0] for shape in made.cells.geometry] == [400, 400]


def test_cells_of_a_community_never_cross_its_border():
    halves = [box(0, 0, 200, 400), box(200, 0, 400, 400)]
    made = divide_along_streets(district(QUARTERS, [(c, 100) for c in CENTRES], halves), 400)
    assert made.cells.area.tolist() == [80_000, 80_000]
    assert rules(made)["target_over_community"].ids == (CODE, "110101001002")


def test_a_block_too_large_is_divided_along_its_path():
    path = [("residential", line((0, 100), (400, 100))), ("footway", line((200, 100), (200, 400)))]
    made = divide_along_streets(district(path, [((100, 300), 400), ((300, 300), 400)]), 400)
    assert sorted(made.cells["households"])[-2:] == [400, 400]
    assert "block_too_large" not in rules(made)


def test_a_block_too_large_without_a_path_is_one_cell_and_is_listed():
    made = divide_along_streets(district(QUARTERS, [(CENTRES[0], 1500), (CENTRES[3], 400)]), 400)
    found = rules(made)["block_too_large"]
    large = made.cells[made.cells["households"] == 1500]
    assert found.ids == tuple(large["cell_id"])
    assert "up to 1,500" in found.found


def test_the_report_tells_deviations_apart_from_the_blocks_that_are_too_large():
    homes = [(CENTRES[0], 1500), (CENTRES[3], 420)]
    told = report_division(divide(district(QUARTERS, homes), "streets", households=400), 400)
    totals = told["totals"]
    assert totals["oversized"] == 1
    assert totals["deviation_max_share"] == pytest.approx(1100 / 400)
    assert totals["deviation_max_apart_share"] == pytest.approx(20 / 400)
    assert tell_report(told)[1] == (
        "apart from 1 cells that are one block over 500 households: off the target by 5 % (p95), "
        "at most 5 %"
    )


def test_a_path_does_not_divide_a_block_of_the_right_size():
    path = [("footway", line((200, 0), (200, 400)))]
    made = divide_along_streets(district(path, [((100, 300), 200), ((300, 300), 200)]), 400)
    assert len(made.cells) == 1


def test_a_community_without_streets_is_one_block_and_says_so():
    made = divide_along_streets(district([("footway", line((0, 5), (9, 5)))], [((9, 9), 40)]), 400)
    assert rules(made)["no_streets"].ids == (CODE,)
    assert len(made.cells) == 1


def test_a_district_without_roads_is_refused():
    with pytest.raises(MissingLayerError, match="no layer 'roads'"):
        divide_along_streets(TOY.with_layers(roads=TOY["roads"].iloc[:0]))


def test_where_nobody_lives_there_is_one_cell_and_a_warning():
    made = divide_along_streets(district(QUARTERS, [(c, 0) for c in CENTRES]), 400)
    assert len(made.cells) == 1
    assert made.cells["households"].tolist() == [0]
    assert rules(made)["no_households"].severity == "warning"


def test_islands_are_cells_of_their_own_and_keep_their_people():
    island = shapely.MultiPolygon([box(0, 0, 200, 400), box(300, 0, 400, 100)])
    made = divide_along_streets(
        district(QUARTERS, [((100, 100), 300), ((350, 50), 30)], [island]), 400
    )
    assert sorted(made.cells["households"]) == [30, 300]
    assert made.cells.geom_type.tolist() == ["Polygon"] * 2


def test_a_speck_that_hangs_on_nothing_joins_the_nearest_cell_and_is_told():
    island = shapely.MultiPolygon([box(0, 0, 200, 400), box(300, 0, 310, 10)])
    made = divide_along_streets(district(QUARTERS, [((100, 100), 300)], [island]), 400)
    assert rules(made)["islet_joined"].ids == tuple(made.cells["cell_id"])
    assert made.cells.area.sum() == 80_100


def test_communities_that_overlap_are_an_error_level_finding_that_names_both():
    both = [box(0, 0, 220, 400), box(200, 0, 400, 400)]
    made = divide_along_streets(district(QUARTERS, [(c, 100) for c in CENTRES], both), 400)
    found = rules(made)["communities_overlap"]
    assert found.severity == "error"
    assert found.ids == (f"{CODE} and 110101001002",)
    assert "8,000 m²" in found.found
    assert made.cells.area.sum() == pytest.approx(160_000)


def test_communities_that_cross_themselves_are_refused():
    bow = shapely.Polygon(
        [at(0, 0).coords[0], at(9, 9).coords[0], at(9, 0).coords[0], at(0, 9).coords[0]]
    )
    with pytest.raises(InputError, match="communities"):
        TOY.with_layers(communities=frame([bow], code=[CODE], name=["Bow"]))


@pytest.mark.parametrize("target", [0.0, -4.0, np.nan, np.inf])
def test_a_target_that_cannot_be_is_refused(target):
    with pytest.raises(InputError, match="positive number of households"):
        divide_along_streets(TOY, target)


def test_negative_households_are_refused_with_their_rows():
    people = TOY["population"].assign(households=[1.0, -5.0, 2.0, 3.0])
    with pytest.raises(InputError, match=r"households from 0 up; found -5\.0 in row 1"):
        divide_along_streets(TOY.with_layers(population=people))


def test_rows_without_households_take_people_by_household_size():
    people = TOY["population"].assign(households=[50.0, np.nan, np.nan, 10.0])
    made = divide_along_streets(TOY.with_layers(population=people), 100, household_size=2.0)
    assert made.cells["households"].sum() == 50 + 80 + 50 + 10
    assert made.source == "layer population; in 2 of 4 rows people ÷ 2"


def test_households_of_a_row_without_people_are_not_lost():
    people = TOY["population"].assign(population=[0.0, 1, 1, 1], households=[7.0, 1, 1, 1])
    made = divide_along_streets(TOY.with_layers(population=people), 100)
    assert made.cells["households"].sum() == pytest.approx(10)


def test_without_a_population_homes_and_then_area_stand_in():
    bare = TOY.with_layers(population=TOY["population"].iloc[:0])
    homes = divide_along_streets(bare, 100)
    assert homes.source.startswith("floor area of homes ÷ 90 m²")
    assert homes.cells["households"].isna().all()
    area = divide_along_streets(bare.with_layers(buildings=TOY["buildings"].iloc[:0]), 2000)
    assert area.source.startswith("area, 250,000 m² for a cell")


def test_a_park_is_a_cell_of_its_own_with_its_name():
    park = frame([box(0, 200, 200, 400)], kind=["park"], name=["Green"])
    made = divide_along_streets(district(QUARTERS, [(c, 130) for c in CENTRES], landuse=park), 400)
    kinds = dict(zip(made.cells["name"], made.cells["kind"], strict=True))
    assert kinds == {"Green": "dedicated", f"{CODE} 2": "basic"}
    assert made.cells["households"].tolist() == [130, 390]


def test_cells_can_be_balanced_by_sites_streets_or_several():
    sites = frame(
        [at(50, 350), at(60, 350), at(350, 50), at(340, 60)],
        site_id=list("abcd"),
        type=["pharmacy"] * 4,
    )
    ground = district(QUARTERS, [(CENTRES[0], 800), (CENTRES[1], 0)], sites=sites)
    made = divide_along_streets(ground, 400, weights=("sites",))
    inside = [sites.within(shape).sum() for shape in made.cells.geometry]
    assert inside == [2, 2]
    for weights in (("street_m",), ("population",), ("households", "sites", "street_m")):
        assert (
            examine_tiling(
                divide_along_streets(ground, 400, weights=weights).cells, ground.communities
            )
            == []
        )


def test_events_come_with_their_places():
    ground = district(QUARTERS, [(c, 200) for c in CENTRES])
    events = frame([at(50, 350), at(60, 60)]).to_crs(4326)
    made = divide_along_streets(ground, 400, weights=("events",), events=events)
    assert [events.to_crs(TOY_CRS).within(shape).sum() for shape in made.cells.geometry] == [1, 1]


@pytest.mark.parametrize(
    ("weights", "told"),
    [(("love",), "found love"), ((), "found none"), (("events",), "the district has none")],
)
def test_weights_that_cannot_be_are_refused(weights, told):
    with pytest.raises((InputError, MissingLayerError)) as error:
        divide_along_streets(TOY, 400, weights=weights)
    assert told in str(error.value)


def test_the_progress_of_every_stage_ends_complete():
    seen = {}
    divide_along_streets(
        TOY, 40, progress=lambda stage, done, total: seen.update({stage: (done, total)})
    )
    assert {"street blocks", "grouping"} <= set(seen)
    assert all(done == total for done, total in seen.values())


def test_the_provenance_says_how_the_cells_were_made():
    told = divide(TOY, "streets", households=40).district["provenance"].set_index("layer")
    assert told.loc["cells", "source"] == "laid by gridmap divide as streets-40"
    assert "people of the layer population ÷ 2.62" in told.loc["cells", "note"]


@pytest.mark.parametrize(
    ("name", "cells", "along"), [("nanjing_xinjiekou", 50, 0.9), ("helsinki_centre", 4, 0.8)]
)
def test_real_districts_are_divided_along_their_streets(name, cells, along):
    if not (SHARED / f"{name}.gpkg").exists():
        pytest.skip("the shared districts are not beside the project")
    ground = read_district(SHARED / f"{name}.gpkg")
    made = divide_along_streets(ground, 400)
    assert len(made.cells) >= cells
    assert examine_tiling(made.cells, ground.communities) == []
    quality = describe_grid(made.cells, ground.communities, ground["roads"], ground["landuse"])
    assert quality.totals["contiguous_share"] == 1
    assert quality.totals["ground_share"] >= along
