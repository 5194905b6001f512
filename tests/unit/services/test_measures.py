from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from gridmap.district import District
from gridmap.errors import InputError, MissingLayerError
from gridmap.samples import TOY_CRS, at, box, line, toy_district
from gridmap.services import measure_services
from gridmap.services.sheet import CUT_OFF, NO_SITE, NOBODY

DAY = date(2026, 3, 2)


def norms(**norm_m):
    return pd.DataFrame(
        {
            "type": list(norm_m),
            "norm_m": [float(value) for value in norm_m.values()],
            "source": ["a standard"] * len(norm_m),
            "confidence": ["from_memory"] * len(norm_m),
        }
    )


def sites(*rows):
    types, places = zip(*rows, strict=True)
    ids = [f"s{n}" for n in range(len(rows))]
    return gpd.GeoDataFrame({"site_id": ids, "type": types}, geometry=list(places), crs=TOY_CRS)


def read(measured, measure, column="value"):
    rows = measured.rows[measured.rows["measure"] == measure]
    return dict(zip(rows["cell_id"], rows[column], strict=True))


def without(district, *names):
    return District.of({name: f for name, f in district.layers.items() if name not in names})


@pytest.fixture
def measured():
    return measure_services(toy_district(), norms(pharmacy=300, health_station=200), DAY)


def test_the_summary_of_the_drawing_is_that_on_paper(measured):
    # pharmacy: 100, 280, 300 m for 200, 160, 100 people are within 300 m, 400 m for 40 is not
    walked = {
        kind: {
            name: value
            for name, value in told.items()
            if name not in measured.fairness.summary[kind] and "planned" not in name
        }
        for kind, told in measured.summary.items()
    }
    assert walked == {
        "pharmacy": {
            "norm_m": 300.0,
            "sites": 1,
            "population_served": 460.0,
            "served_share": 0.92,
            "cells_unserved": 1,
            "distance_p50_m": 280.0,
            "distance_p90_m": 300.0,
        },
        "health_station": {
            "norm_m": 200.0,
            "sites": 1,
            "population_served": 140.0,
            "served_share": 0.28,
            "cells_unserved": 2,
            "distance_p50_m": 280.0,
            "distance_p90_m": 500.0,
        },
    }
    assert measured.population == 500.0


def test_every_cell_has_a_row_for_every_measure_of_every_type(measured):
    names = "walk_share walk_mean_m walk_p50_m walk_p90_m walk_max_m line_share unserved_people"
    expected = {f"{t}.{n}" for t in ("pharmacy", "health_station") for n in names.split()}
    expected |= {"pharmacy.area_share", "health_station.area_share"}
    expected |= {"pharmacy.access_e2sfca", "health_station.access_e2sfca"}
    expected |= {"pharmacy.walk_share_planned"}
    assert set(measured.rows["measure"]) == expected
    assert len(measured.rows) == 4 * len(expected)
    assert not measured.rows.duplicated(["cell_id", "measure"]).any()


def test_a_walk_share_row_carries_requirement_weight_shortfall_and_rule(measured):
    rows = measured.rows
    (row,) = rows[(rows.measure == "pharmacy.walk_share") & (rows.cell_id == "se")].to_dict(
        "records"
    )
    assert row["status"] == "missed"
    assert (row["value"], row["required"], row["shortfall"], row["weight"]) == (0, 1, 40, 40)
    assert (row["unit"], row["quality"]) == ("share", "good")
    assert row["rule"] == "pharmacy within 300 m on foot"
    assert row["source"] == "a standard (confidence: from_memory)"


def test_straight_lines_stand_beside_walks_and_say_so(measured):
    # in a straight line 354, 243, 158 and 71 m to the health station
    assert read(measured, "health_station.line_share") == {"nw": 0, "ne": 0, "sw": 1, "se": 1}
    assert set(read(measured, "health_station.line_share", "status").values()) == {"not_due"}
    assert all("straight" in w for w in read(measured, "pharmacy.line_share", "reason").values())


def test_people_not_served_are_listed_by_cell_where_they_live(measured):
    pharmacy = measured.unserved[measured.unserved["type"] == "pharmacy"]
    assert pharmacy[["cell_id", "people"]].to_numpy().tolist() == [["se", 40.0]]
    assert pharmacy.geometry.iloc[0].geoms[0] == at(250, 150)
    assert measured.unserved.crs == TOY_CRS


def test_a_cell_is_partly_served_where_some_of_its_people_are():
    people = gpd.GeoDataFrame(
        {"population": [30.0, 10.0]}, geometry=[at(40, 340), at(10, 210)], crs=TOY_CRS
    )
    found = measure_services(
        toy_district().with_layers(population=people), norms(pharmacy=150), DAY
    )
    # (10, 210): 90 m to North Street and to West Lane; 90 + 90 = 180 m to the pharmacy
    assert read(found, "pharmacy.walk_share")["nw"] == 0.75
    assert read(found, "pharmacy.walk_share", "status")["nw"] == "partly"
    assert read(found, "pharmacy.walk_share", "shortfall")["nw"] == 10.0
    assert read(found, "pharmacy.unserved_people")["nw"] == 10.0
    assert read(found, "pharmacy.walk_mean_m")["nw"] == 120.0
    assert read(found, "pharmacy.walk_p50_m")["nw"] == 100.0
    assert read(found, "pharmacy.walk_p90_m")["nw"] == 180.0
    assert read(found, "pharmacy.walk_max_m")["nw"] == 180.0


def test_where_nobody_lives_nothing_is_due():
    people = toy_district()["population"].iloc[:1]
    found = measure_services(
        toy_district().with_layers(population=people), norms(pharmacy=300), DAY
    )
    assert read(found, "pharmacy.walk_share", "status")["se"] == "not_due"
    assert np.isnan(read(found, "pharmacy.walk_share")["se"])
    assert read(found, "pharmacy.walk_share", "reason")["se"] == NOBODY


def test_where_the_population_is_unknown_so_is_the_share():
    toy = toy_district()
    cells = toy["cells"].assign(population=[200.0, np.nan, np.nan, np.nan])
    found = measure_services(
        without(toy, "population").with_layers(cells=cells), norms(pharmacy=300), DAY
    )
    assert read(found, "pharmacy.walk_share", "status") == {
        "nw": "met",
        "ne": "unknown",
        "sw": "unknown",
        "se": "unknown",
    }
    assert read(found, "pharmacy.walk_share", "quality")["ne"] == "poor"
    assert found.population == 200.0
    assert ("population_unknown", ("ne", "sw", "se")) in [(f.rule, f.ids) for f in found.findings]


def test_without_any_population_figures_are_empty_and_not_zero():
    toy = toy_district()
    bare = without(toy, "population").with_layers(cells=toy["cells"].drop(columns="population"))
    found = measure_services(bare, norms(pharmacy=300), DAY)
    assert found.population is None
    told = found.summary["pharmacy"]
    assert told["population_served"] is None
    assert told["served_share"] is None
    assert told["distance_p50_m"] is None
    assert told["cells_unserved"] == 0
    assert len(found.unserved) == 0
    assert read(found, "pharmacy.area_share")["nw"] > 0.3


def test_a_type_without_site_serves_nobody_and_the_map_may_be_to_blame():
    found = measure_services(toy_district(), norms(library=1000), DAY)
    assert found.summary["library"]["served_share"] == 0.0
    assert found.summary["library"]["sites"] == 0
    assert found.summary["library"]["cells_unserved"] == 4
    assert found.summary["library"]["distance_p50_m"] is None
    assert set(read(found, "library.walk_share", "status").values()) == {"missed"}
    assert set(read(found, "library.walk_share", "quality").values()) == {"poor"}
    assert set(read(found, "library.walk_share", "reason").values()) == {NO_SITE}
    assert set(read(found, "library.area_share").values()) == {0.0}
    assert len(found.service_areas) == 0
    assert found.unserved["people"].sum() == 500.0


def test_planned_sites_never_count():
    planned = measure_services(toy_district(), norms(pharmacy=300), DAY).summary["pharmacy"]
    assert planned["sites"] == 1


def test_people_on_an_island_of_streets_are_not_served_and_named():
    toy = toy_district()
    roads = toy["roads"].iloc[:2]  # South Street and North Street, no lane between them
    apart = toy.with_layers(roads=roads, sites=sites(("pharmacy", at(100, 310))))
    found = measure_services(apart, norms(pharmacy=3000), DAY)
    assert found.summary["pharmacy"]["population_served"] == 360.0
    (lost,) = [one for one in found.findings if one.rule == "people_cut_off"]
    assert lost.ids == ("sw", "se")
    assert read(found, "pharmacy.walk_share", "quality")["sw"] == "poor"
    assert read(found, "pharmacy.walk_share", "reason")["sw"] == CUT_OFF
    assert np.isnan(read(found, "pharmacy.walk_max_m")["sw"])
    assert found.unserved["cell_id"].tolist() == ["sw", "se"]


def with_path(path, *site):
    toy = toy_district()
    extra = gpd.GeoDataFrame({"highway": ["path"]}, geometry=[path], crs=TOY_CRS)
    return toy.with_layers(roads=pd.concat([toy["roads"], extra]), sites=sites(site))


def test_a_site_on_a_footway_that_the_map_forgot_to_join_is_reached_over_the_next_street():
    lonely = with_path(line((180, 200), (220, 200)), "library", at(200, 205))
    found = measure_services(lonely, norms(library=500), DAY)
    # se: 50 m to East Lane, 150 m north, 100 m west on North Street, 95 m straight to the library
    assert read(found, "library.walk_mean_m")["se"] == pytest.approx(395)
    assert "site_cut_off" not in [one.rule for one in found.findings]


def test_a_site_on_ways_of_its_own_is_a_finding():
    lonely = with_path(line((900, 200), (940, 200)), "library", at(900, 205))
    found = measure_services(lonely, norms(library=500), DAY)
    assert ("site_cut_off", ("s0",)) in [(one.rule, one.ids) for one in found.findings]


def test_sites_and_people_far_from_every_way_are_findings_with_ids():
    toy = toy_district().with_layers(
        sites=sites(("pharmacy", at(-2600, 300))),
        population=gpd.GeoDataFrame({"population": [5.0]}, geometry=[at(200, 390)], crs=TOY_CRS),
        roads=gpd.GeoDataFrame(
            {"highway": ["path"]}, geometry=[line((0, 100), (400, 100))], crs=TOY_CRS
        ),
    )
    found = measure_services(toy, norms(pharmacy=5000), DAY)
    told = {one.rule: one for one in found.findings}
    assert told["site_far_from_way"].ids == ("s0",)
    assert told["people_far_from_way"].ids == ("row 1",)
    assert read(found, "pharmacy.walk_share", "quality")["ne"] == "poor"


def test_service_areas_are_drawn_for_minutes_and_for_the_norm(measured):
    areas = measured.service_areas
    pharmacy = areas[areas["type"] == "pharmacy"]
    assert pharmacy["limit_m"].tolist() == pytest.approx([400.0, 800.0, 1200.0, 300.0])
    assert pharmacy["minutes"].tolist()[:3] == [5.0, 10.0, 15.0]
    assert np.isnan(pharmacy["minutes"].iloc[3])
    assert areas.is_valid.all()
    assert areas["area_m2"].tolist() == pytest.approx(areas.geometry.area.tolist())


def test_ground_served_and_people_served_are_different_figures():
    # 50 m along the streets of the crossing at (100, 300), cut off by nw
    found = measure_services(toy_district(), norms(pharmacy=50), DAY)
    cross = box(20, 270, 180, 330).union(box(70, 220, 130, 380))
    inner = box(50, 270, 150, 330).union(box(70, 250, 130, 350))
    share = read(found, "pharmacy.area_share")["nw"]
    assert inner.area / 40_000 < share < cross.area / 40_000
    assert read(found, "pharmacy.walk_share")["nw"] == 0.0


def test_without_streets_or_cells_the_answer_is_one_clear_error():
    with pytest.raises(MissingLayerError, match="roads"):
        measure_services(without(toy_district(), "roads"), norms(pharmacy=300), DAY)
    with pytest.raises(MissingLayerError, match="gridmap divide"):
        measure_services(without(toy_district(), "cells"), norms(pharmacy=300), DAY)


def test_streets_nobody_may_walk_on_serve_nobody():
    toy = toy_district()
    found = measure_services(
        toy.with_layers(roads=toy["roads"].assign(highway="motorway")), norms(pharmacy=300), DAY
    )
    assert found.summary["pharmacy"]["population_served"] == 0.0
    assert "no_walkable_way" in [one.rule for one in found.findings]


def test_a_district_without_sites_is_measured():
    found = measure_services(without(toy_district(), "sites"), norms(pharmacy=300), DAY)
    assert found.summary["pharmacy"]["served_share"] == 0.0


def test_norms_without_distance_ask_for_no_walk():
    asked = norms(pharmacy=300, hospital=np.nan)
    assert list(measure_services(toy_district(), asked, DAY).summary) == ["pharmacy"]
    nothing = measure_services(toy_district(), norms(hospital=np.nan), DAY)
    assert nothing.summary == {}
    assert len(nothing.rows) == 0


def test_doubled_or_impossible_norms_are_refused():
    twice = pd.concat([norms(pharmacy=300), norms(pharmacy=500)])
    with pytest.raises(InputError, match="several for pharmacy"):
        measure_services(toy_district(), twice, DAY)
    with pytest.raises(InputError, match="above 0 m"):
        measure_services(toy_district(), norms(pharmacy=0), DAY)


def test_progress_is_told_after_each_type_with_sites():
    heard = []
    measure_services(
        toy_district(),
        norms(pharmacy=300, health_station=500, library=500),
        DAY,
        lambda stage, done, total: heard.append((stage, done, total)),
    )
    assert heard == [("services", 1, 2), ("services", 2, 2)]


def test_the_layers_of_the_district_are_left_as_they_are():
    toy = toy_district()
    before = {name: frame.copy() for name, frame in toy.layers.items()}
    measure_services(toy, norms(pharmacy=300), DAY)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(toy.layers[name]))
