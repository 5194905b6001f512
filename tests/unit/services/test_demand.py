from datetime import date

import geopandas as gpd
import pandas as pd
import pytest

from gridmap.errors import InputError
from gridmap.samples import TOY_CRS, at, box, toy_district
from gridmap.services import measure_services
from gridmap.services.demand import (
    IS_ESTIMATE,
    ON_ANY_BUILDING,
    ON_GROUND,
    ON_HOMES,
    ON_LAND,
    place_people,
)


def squares(*shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=TOY_CRS)


def buildings(*shapes, use, levels=None):
    return squares(*shapes, use=use, levels=levels or [None] * len(shapes))


def by_cell(demand):
    cells = toy_district()["cells"]["cell_id"]
    inside = demand.points[demand.points["cell"] >= 0]
    people = inside.groupby("cell")["people"].sum()
    return {cells[int(cell)]: round(float(count), 6) for cell, count in people.items()}


def test_points_of_the_population_stay_where_they_are():
    demand = place_people(toy_district())
    assert demand.points.geometry.tolist() == [at(40, 340), at(340, 340), at(150, 50), at(250, 150)]
    assert demand.points["reason"].tolist() == [""] * 4
    assert demand.population == 500.0


def test_people_of_a_square_are_spread_by_floor_area_over_its_homes():
    # 40 × 40 × 6 and 20 × 20 × 1 storeys; the office is left out
    toy = toy_district().with_layers(
        population=squares(box(0, 200, 400, 400), population=[1000.0]),
        buildings=buildings(
            box(20, 320, 60, 360),
            box(300, 320, 320, 340),
            box(100, 320, 140, 360),
            use=["residential", "house", "office"],
            levels=[6.0, 1.0, 20.0],
        ),
    )
    demand = place_people(toy)
    assert by_cell(demand) == {"nw": 960.0, "ne": 40.0}
    assert set(demand.points["reason"]) == {ON_HOMES}


def test_buildings_of_unknown_use_are_homes_only_where_none_is_tagged():
    toy = toy_district().with_layers(
        population=squares(
            box(0, 200, 200, 400), box(200, 200, 400, 400), population=[100.0, 100.0]
        ),
        buildings=buildings(
            box(20, 320, 40, 340),
            box(60, 320, 80, 340),
            box(320, 320, 340, 340),
            box(360, 320, 380, 340),
            use=["apartments", "yes", None, "school"],
        ),
    )
    demand = place_people(toy)
    assert demand.people.tolist() == [100.0, 100.0]
    assert demand.points.geometry.tolist() == [at(30, 330), at(330, 330)]
    assert demand.points["reason"].tolist() == [ON_HOMES, ON_ANY_BUILDING]


def test_unknown_storeys_are_the_median_of_the_known_ones_or_come_from_the_height():
    shapes = [box(x, 320, x + 10, 330) for x in (10, 30, 50, 70)]
    layer = squares(
        *shapes,
        use=["house"] * 4,
        levels=[2.0, 4.0, None, None],
        height_m=[None, None, 18.0, None],
    )
    toy = toy_district().with_layers(
        population=squares(box(0, 200, 200, 400), population=[160.0]), buildings=layer
    )
    # 2, 4, 18 m ÷ 3 m = 6 and the median 4 storeys: 16 in all
    assert place_people(toy).people.tolist() == pytest.approx([20.0, 40.0, 60.0, 40.0])


def test_a_square_without_buildings_is_cut_by_the_cells():
    toy = toy_district().with_layers(
        population=squares(box(150, 210, 250, 230), population=[100.0]),
        buildings=buildings(use=[]),
    )
    demand = place_people(toy)
    assert by_cell(demand) == {"nw": 50.0, "ne": 50.0}
    assert demand.points.geometry.tolist() == [at(175, 220), at(225, 220)]
    assert set(demand.points["reason"]) == {ON_GROUND}


def test_a_square_across_the_boundary_keeps_the_share_of_its_area_inside():
    toy = toy_district().with_layers(
        population=squares(box(-100, 200, 100, 400), box(900, 0, 950, 50), population=[300.0, 7.0])
    )
    demand = place_people(toy)
    # the half inside has a home: all its people go there, the others are counted as outside
    assert by_cell(demand) == {"nw": 150.0}
    assert demand.outside_people == pytest.approx(157.0)


def test_people_at_points_outside_the_cells_are_counted_outside():
    toy = toy_district().with_layers(
        population=squares(at(-50, 50), at(50, 50), population=[9.0, 1.0])
    )
    demand = place_people(toy)
    assert demand.population == 1.0
    assert demand.outside_people == 9.0


def test_a_point_on_a_common_border_belongs_to_the_cell_whose_id_sorts_first():
    toy = toy_district()
    people = squares(at(200, 200), population=[5.0])
    assert by_cell(place_people(toy.with_layers(population=people))) == {"ne": 5.0}
    turned = toy.with_layers(population=people, cells=toy["cells"].iloc[::-1])
    (cell,) = place_people(turned).cell
    assert turned["cells"]["cell_id"][cell] == "ne"


def test_a_point_in_a_crack_between_cells_is_not_lost():
    people = squares(at(200 + 5e-7, 300), population=[5.0])
    cells = toy_district()["cells"]
    apart = cells.set_geometry(cells.geometry.scale(1 - 1e-8, 1 - 1e-8))
    demand = place_people(toy_district().with_layers(population=people, cells=apart))
    assert demand.population == 5.0


def test_without_a_population_layer_the_cells_are_spread_over_their_buildings():
    toy = toy_district()
    layers = {name: frame for name, frame in toy.layers.items() if name != "population"}
    demand = place_people(type(toy).of(layers))
    # nw, ne have homes; sw only an office, se a school: people stand in the middle of the cell
    assert by_cell(demand) == {"nw": 200.0, "ne": 160.0, "sw": 100.0, "se": 40.0}
    assert demand.points["reason"].tolist() == [ON_HOMES, ON_HOMES, ON_GROUND, ON_GROUND]
    assert demand.points.geometry[0] == at(40, 340)
    assert demand.layer == "cells"


def test_without_any_population_it_is_unknown_and_not_zero():
    toy = toy_district()
    layers = {name: frame for name, frame in toy.layers.items() if name != "population"}
    layers["cells"] = toy["cells"].drop(columns="population")
    demand = place_people(type(toy).of(layers))
    assert demand.population is None
    assert not demand.known.any()
    assert len(demand.points) == 0


def test_a_population_that_is_an_estimate_says_so():
    toy = toy_district()
    layer = toy["population"].assign(method=["ESTIMATE (not census)", "census", None, "人口推算"])
    told = place_people(toy.with_layers(population=layer)).points["reason"].tolist()
    assert told == [IS_ESTIMATE, "", "", IS_ESTIMATE]


def test_a_negative_population_is_refused_with_its_row():
    toy = toy_district()
    layer = toy["population"].assign(population=[200.0, -1.0, 3.0, 4.0])
    with pytest.raises(InputError, match="row 2"):
        place_people(toy.with_layers(population=layer))
    bare = {name: frame for name, frame in toy.layers.items() if name != "population"}
    bare["cells"] = toy["cells"].assign(population=[1.0, 2.0, -3.0, 4.0])
    with pytest.raises(InputError, match="sw"):
        place_people(type(toy).of(bare))


def test_a_home_across_two_squares_is_counted_in_each_by_its_part():
    home = box(90, 320, 130, 340)  # 10 m in the first square, 30 m in the second
    other = box(20, 320, 30, 340)
    toy = toy_district().with_layers(
        population=squares(
            box(0, 300, 100, 400), box(100, 300, 200, 400), population=[100.0, 60.0]
        ),
        buildings=buildings(home, other, use=["house", "house"], levels=[1.0, 1.0]),
    )
    frame = place_people(toy).points
    placed = pd.Series(frame["people"].to_numpy(), index=[p.wkt for p in frame.geometry])
    assert placed.to_dict() == pytest.approx(
        {at(95, 330).wkt: 50.0, at(25, 330).wkt: 50.0, at(115, 330).wkt: 60.0}
    )


def only_totals(population, **layers):
    """District in which nobody but communities knows how many people there are."""
    toy = toy_district()
    kept = {name: frame for name, frame in toy.layers.items() if name != "population"}
    kept["cells"] = toy["cells"].assign(population=None)
    kept["communities"] = toy["communities"].assign(population=population)
    return type(toy).of(kept | layers)


def test_totals_of_communities_are_spread_over_the_homes_in_them():
    # west: 40 × 40 × 6 storeys in nw and 20 × 20 × 1 in sw; of the east nothing is known
    homes = buildings(
        box(20, 320, 60, 360), box(20, 20, 40, 40), use=["residential", "house"], levels=[6.0, 1.0]
    )
    demand = place_people(only_totals([1000.0, None], buildings=homes))
    assert by_cell(demand) == {"nw": 960.0, "sw": 40.0}
    assert demand.layer == "communities"
    assert demand.known.tolist() == [True, False, True, False]
    assert set(demand.points["reason"]) == {ON_HOMES}
    assert demand.population == pytest.approx(1000.0)


def test_without_homes_totals_are_spread_over_residential_ground_then_over_all_ground():
    land = squares(
        box(0, 300, 100, 400), box(100, 0, 200, 50), box(250, 250, 300, 300),
        kind=["residential", "居住用地", "park"],
    )  # fmt: skip
    demand = place_people(only_totals([300.0, 80.0], buildings=buildings(use=[]), landuse=land))
    # west: 10,000 m² and 5,000 m² of residential ground; east: its two cells are equally large
    assert by_cell(demand) == {"nw": 200.0, "sw": 100.0, "ne": 40.0, "se": 40.0}
    reasons = dict(zip(demand.cell, demand.points["reason"], strict=True))
    assert [reasons[cell] for cell in range(4)] == [ON_LAND, ON_GROUND, ON_LAND, ON_GROUND]


def test_figures_of_cells_outweigh_totals_of_communities():
    toy = toy_district()
    kept = {name: frame for name, frame in toy.layers.items() if name != "population"}
    kept["communities"] = toy["communities"].assign(population=[9999.0, 9999.0])
    demand = place_people(type(toy).of(kept))
    assert (demand.layer, demand.population) == ("cells", 500.0)


def test_a_negative_total_is_refused_with_its_community():
    with pytest.raises(InputError, match="'communities'.*110101001001"):
        place_people(only_totals([-5.0, 10.0]))


def test_people_of_totals_are_estimates_and_a_note_says_how_they_were_placed():
    district = only_totals([300.0, 80.0])
    norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0]})
    found = measure_services(district, norms, date(2026, 3, 2))
    assert found.population == pytest.approx(380.0)
    shares = found.rows[found.rows["measure"] == "pharmacy.walk_share"]
    assert set(shares.loc[shares["weight"] > 0, "quality"]) == {"estimated"}
    (note,) = [one for one in found.findings if one.rule == "people_from_communities"]
    assert "people spread over the floor area of residential buildings" in note.found
