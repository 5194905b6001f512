from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.errors import InputError
from gridmap.samples import TOY_CRS, at, toy_district
from gridmap.services import measure_services
from gridmap.services.fairness import LOAD_COLUMNS, no_fairness
from gridmap.services.shared_type import Sharing
from gridmap.services.sheet import NO_SITE, NOBODY

DAY = date(2026, 3, 2)
NORMS = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0]})


def pharmacies(*places, **columns):
    """District of the drawing with pharmacies at these places."""
    sites = gpd.GeoDataFrame(
        {
            "site_id": [f"s{n}" for n in range(len(places))],
            "type": ["pharmacy"] * len(places),
            **columns,
        },
        geometry=[at(*place) for place in places],
        crs=TOY_CRS,
    )
    return toy_district().with_layers(sites=sites)


def measure(district, norms=NORMS):
    return measure_services(district, norms, DAY)


def read(measured, measure, column="value"):
    rows = measured.rows[measured.rows["measure"] == f"pharmacy.{measure}"]
    return dict(zip(rows["cell_id"], rows[column], strict=True))


# homes of 200, 160, 100, 40 people walk 100, 280, 300, 400 m to (100, 300) and
# 500, 280, 200, 100 m to (300, 100)
BOTH = ((100, 300), (300, 100))


def test_access_of_a_cell_is_that_on_paper():
    found = measure(pharmacies(*BOTH, capacity=[46.0, 50.0]))
    # zones end at 400, 800, 1200 m; around site 1 are 500 people, around site 2 100 + 160 + 40 and
    # 200 · 0.68 farther away
    one, two = 46 / 500, 50 / 436
    assert read(found, "access_e2sfca") == pytest.approx(
        {"nw": 1000 * (one + 0.68 * two), "ne": 1000 * (one + two),
         "sw": 1000 * (one + two), "se": 1000 * (one + two)}
    )  # fmt: skip
    assert set(read(found, "access_e2sfca", "unit").values()) == {"places per 1,000 people"}
    assert set(read(found, "access_e2sfca", "status").values()) == {"not_due"}
    assert read(found, "access_e2sfca", "weight") == {"nw": 200, "ne": 160, "sw": 100, "se": 40}
    assert "1 to 400 m, 0.68 to 800 m, 0.22 to 1200 m" in read(found, "access_e2sfca", "rule")["nw"]
    assert "low-medium" in read(found, "access_e2sfca", "source")["nw"]


def test_what_is_shared_out_is_what_the_sites_offer():
    found = measure(pharmacies(*BOTH, capacity=[46.0, 50.0]))
    access, people = read(found, "access_e2sfca"), read(found, "access_e2sfca", "weight")
    assert sum(access[cell] * people[cell] for cell in access) == pytest.approx(96_000, rel=1e-9)
    assert found.summary["pharmacy"]["access_per_1000"] == pytest.approx(96_000 / 500)


def test_the_first_supply_that_is_known_of_every_site_is_shared():
    floor = measure(pharmacies(*BOTH, capacity=[46.0, np.nan], floor_area_m2=[80.0, 90.0]))
    assert floor.summary["pharmacy"]["supply"] == "floor_area"
    assert "known of 1 of 2" in read(floor, "access_e2sfca", "reason")["nw"]
    none = measure(pharmacies(*BOTH))
    assert none.summary["pharmacy"]["supply"] == "sites"
    assert none.summary["pharmacy"]["access_per_1000"] == pytest.approx(4.0)


def test_loads_of_the_nearest_add_up_and_overfull_sites_are_counted():
    found = measure(pharmacies(*BOTH, capacity=[300.0, 200.0]))
    loads = found.fairness.site_loads
    assert list(loads) == list(LOAD_COLUMNS)
    nearest = loads[loads["kind"] == "nearest"]
    # home 2 is as near to both: the first
    assert nearest["people"].tolist() == [360.0, 140.0, 0.0]
    assert nearest["people_over"].tolist()[:2] == [60.0, 0.0]
    assert pd.isna(nearest["site_id"].iloc[-1])
    told = found.summary["pharmacy"]
    assert (told["overloaded_sites"], told["people_over"]) == (1, 60.0)
    assert read(found, "catchment_load") == pytest.approx(
        {"nw": 1.2, "ne": 1.2, "sw": 0.7, "se": 0.7}
    )


def test_within_capacity_as_few_as_can_be_are_left_out():
    found = measure(pharmacies(*BOTH, capacity=[300.0, 150.0]))
    within = found.fairness.site_loads.query("kind == 'capacity'")
    assert within["people"].tolist() == [300.0, 150.0, 50.0]
    assert found.summary["pharmacy"]["people_without_place"] == 50.0


def test_where_places_are_for_few_only_the_nearest_is_told_and_it_is_said():
    found = measure(pharmacies(*BOTH, capacity=[20.0, 20.0]))
    assert set(found.fairness.site_loads["kind"]) == {"nearest"}
    assert found.summary["pharmacy"]["people_without_place"] is None
    rules = {one.rule: one.ids for one in found.findings}
    assert rules["catchments_within_capacity_left_out"] == ("pharmacy",)


def test_without_capacities_nothing_is_overfull():
    found = measure(pharmacies(*BOTH))
    assert found.summary["pharmacy"]["overloaded_sites"] is None
    assert not (found.rows["measure"] == "pharmacy.catchment_load").any()


def test_capacity_of_zero_leaves_everybody_over_and_nothing_to_share():
    found = measure(pharmacies((100, 300), capacity=[0.0]))
    told = found.summary["pharmacy"]
    assert (told["people_over"], told["gini"], told["access_per_1000"]) == (500.0, None, 0.0)
    assert np.isnan(list(read(found, "catchment_load").values())).all()


def test_a_negative_capacity_is_refused_by_name():
    with pytest.raises(InputError, match=r"'capacity' of 0 or more.*s1"):
        measure(pharmacies(*BOTH, capacity=[5.0, -1.0]))


def test_catchments_tile_the_cells_and_hold_their_people():
    found = measure(pharmacies(*BOTH, capacity=[300.0, 150.0]))
    cells = toy_district()["cells"]
    for _, drawn in found.fairness.catchments.groupby("kind"):
        assert drawn["area_m2"].sum() == pytest.approx(160_000.0, rel=1e-9)
        assert shapely.union_all(drawn.geometry.to_numpy()).equals(
            shapely.union_all(cells.geometry.to_numpy())
        )
    nearest = found.fairness.catchments.query("kind == 'nearest'").set_index("site_id")
    assert nearest.loc["s0", "people"] == 360
    assert nearest.geometry["s1"].contains(at(250, 150))
    assert not nearest.geometry["s0"].contains(at(250, 150))
    assert nearest.crs == TOY_CRS


def test_a_type_without_sites_has_no_access_and_no_catchments():
    found = measure(toy_district(), pd.DataFrame({"type": ["library"], "norm_m": [800.0]}))
    rows = found.rows[found.rows["measure"] == "library.access_e2sfca"]
    assert rows["value"].tolist() == [0.0] * 4
    assert set(rows["quality"]) == {"poor"}
    assert set(rows["reason"]) == {NO_SITE}
    assert found.summary["library"]["gini"] is None
    assert found.fairness.catchments.empty
    assert found.fairness.site_loads["people"].tolist() == [500.0]


def test_sites_that_nobody_can_walk_to_leave_everybody_with_nobody():
    far = pharmacies((100, 300))
    island = gpd.GeoDataFrame(
        {"highway": ["path", "residential"]},
        geometry=[shapely.LineString([at(99, 300), at(101, 300)]),
                  shapely.LineString([at(0, 0), at(400, 0), at(400, 1_500)])],
        crs=TOY_CRS,
    )  # fmt: skip
    found = measure(far.with_layers(roads=island), NORMS)
    lost = found.fairness.site_loads
    assert lost["people"].sum() == 500.0
    assert set(found.fairness.catchments["site_id"].fillna("")) <= {"", "s0"}


def test_people_outside_the_cells_take_no_place():
    people = gpd.GeoDataFrame(
        {"population": [100.0, 900.0]}, geometry=[at(40, 340), at(500, 300)], crs=TOY_CRS
    )
    found = measure(pharmacies((100, 300), capacity=[50.0]).with_layers(population=people))
    nearest = found.fairness.site_loads.query("kind == 'nearest'")
    assert nearest["people"].sum() == 100.0
    assert read(found, "access_e2sfca")["nw"] == pytest.approx(500.0)
    assert read(found, "access_e2sfca", "reason")["ne"].startswith(NOBODY)


def test_where_nobody_lives_at_all_everything_is_empty_and_no_error():
    people = toy_district()["population"].assign(population=0.0)
    found = measure(pharmacies((100, 300), capacity=[50.0]).with_layers(population=people))
    told = found.summary["pharmacy"]
    assert (told["gini"], told["access_per_1000"], told["overloaded_sites"]) == (None, None, 0)
    assert found.fairness.lorenz.empty
    assert found.fairness.catchments.empty


def test_the_lorenz_table_runs_from_nobody_to_all():
    curve = measure(pharmacies(*BOTH)).fairness.lorenz
    assert len(curve) == 101
    assert curve.iloc[0].tolist() == ["pharmacy", 0.0, 0.0]
    assert curve.iloc[-1].tolist() == ["pharmacy", 1.0, 1.0]


def test_nothing_found_has_the_columns_of_something_found():
    none, some = no_fairness(TOY_CRS), measure(pharmacies(*BOTH)).fairness
    for name in ("catchments", "site_loads", "lorenz", "rows"):
        assert list(getattr(none, name)) == list(getattr(some, name))
        assert getattr(none, name).dtypes.equals(getattr(some, name).dtypes)


@pytest.mark.parametrize(
    ("sharing", "weights"),
    [
        # (weight of 100 to 400 m, weight of the 500 m) by method, on paper
        (Sharing("2sfca", "gaussian"), (1.0, 1.0)),
        (Sharing("e2sfca", "even"), (1.0, 1.0)),
        (Sharing("e2sfca", "stepped"), (1.0, 0.68)),
    ],
)
def test_access_is_shared_by_the_method_and_decay_asked_for(sharing, weights):
    district = pharmacies(*BOTH, capacity=[46.0, 50.0])
    found = measure_services(district, NORMS, DAY, sharing=sharing)
    near, far = weights
    one, two = 46 / (500 * near), 50 / (300 * near + 200 * far)
    name = f"access_{sharing.method}"
    assert read(found, name)["nw"] == pytest.approx(1000 * (one * near + two * far))
    assert read(found, name)["se"] == pytest.approx(1000 * (one + two) * near)
    told = found.summary["pharmacy"]
    assert (told["access_method"], told["access_decay"]) == (sharing.method, sharing.decay_name)


def test_three_steps_let_people_choose_among_sites():
    district = pharmacies(*BOTH, capacity=[46.0, 50.0])
    found = measure_services(district, NORMS, DAY, sharing=Sharing("3sfca", "stepped"))
    # G = W ÷ ΣW: nw chooses 1 ÷ 1.68 and 0.68 ÷ 1.68, all others half and half
    own, other = 1 / 1.68, 0.68 / 1.68
    one, two = 46 / (200 * own + 300 * 0.5), 50 / (200 * other * 0.68 + 300 * 0.5)
    assert read(found, "access_3sfca")["nw"] == pytest.approx(
        1000 * (one * own + two * other * 0.68)
    )
    assert read(found, "access_3sfca")["se"] == pytest.approx(1000 * (one * 0.5 + two * 0.5))
    assert "three-step floating catchment on foot" in read(found, "access_3sfca", "rule")["nw"]


def test_a_bell_says_how_wide_it_is():
    found = measure_services(pharmacies(*BOTH), NORMS, DAY, sharing=Sharing("e2sfca", "gaussian"))
    assert "weight a bell of " in read(found, "access_e2sfca", "rule")["nw"]


def test_unknown_ways_to_share_are_refused():
    with pytest.raises(InputError, match=r"4sfca.*e2sfca, 3sfca, 2sfca"):
        Sharing("4sfca")
    with pytest.raises(InputError, match=r"'linear'.*stepped"):
        Sharing("e2sfca", "linear")


def test_a_norm_for_a_group_shares_sites_among_its_people_only():
    district = pharmacies(*BOTH, capacity=[20.0, 30.0])
    people = district["population"].assign(population_3_5=[20.0, 16.0, 10.0, 4.0])
    norms = NORMS.assign(group=["population_3_5"])
    found = measure(district.with_layers(population=people), norms)
    # nw, and ne who has 280 m to either and goes to the first; then sw and se
    loads = found.fairness.site_loads
    nearest = loads[loads["kind"] == "nearest"]
    assert nearest["people"].tolist() == [36.0, 14.0, 0.0]
    assert nearest["load"].tolist()[:2] == [pytest.approx(1.8), pytest.approx(14 / 30)]
    # 50 places for 50 children: now catchments within capacity are made, and nobody is left out
    within = loads[loads["kind"] == "capacity"]
    assert within["people"].tolist() == pytest.approx([20.0, 30.0, 0.0])
    access, few = read(found, "access_e2sfca"), {"nw": 20.0, "ne": 16.0, "sw": 10.0, "se": 4.0}
    assert sum(access[cell] * few[cell] for cell in few) == pytest.approx(50_000)
    assert "population_3_5" in read(found, "access_e2sfca", "reason")["nw"]
    assert "only the people of population_3_5" in read(found, "catchment_load", "reason")["nw"]
    assert found.summary["pharmacy"]["access_group"] == "population_3_5"


def test_a_group_nobody_counts_leaves_everybody_in():
    district = pharmacies(*BOTH, capacity=[20.0, 30.0])
    norms = NORMS.assign(group=["population_3_5"])
    assert measure(district, norms).summary["pharmacy"]["access_group"] == ""
    assert read(measure(district, norms), "access_e2sfca") == read(
        measure(district), "access_e2sfca"
    )
