"""What stands beside access, on the drawing: planned sites, floor area, ratios, groups."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from gridmap.district import District
from gridmap.errors import InputError
from gridmap.samples import TOY_CRS, at, toy_district
from gridmap.services import measure_services
from gridmap.services.demand import place_people
from gridmap.services.findings import service_findings
from gridmap.services.network import lay_network
from gridmap.services.reach import measure_reach

DAY = date(2026, 3, 2)


def norms(**columns):
    return pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0], **columns})


def changed(**layers):
    return District.of(dict(toy_district().layers) | layers, "Asia/Shanghai")


def read(measured, measure):
    rows = measured.rows[measured.rows["measure"] == measure]
    return dict(zip(rows["cell_id"], rows["value"], strict=True))


def test_planned_sites_are_told_apart_and_never_judged():
    found = measure_services(toy_district(), norms(), DAY)
    assert read(found, "pharmacy.walk_share") == {"nw": 1, "ne": 1, "sw": 1, "se": 0}
    assert read(found, "pharmacy.walk_share_planned") == {"nw": 1, "ne": 1, "sw": 1, "se": 1}
    told = found.summary["pharmacy"]
    assert (told["sites"], told["sites_planned"]) == (1, 1)
    assert (told["served_share"], told["served_share_planned"]) == (0.92, 1.0)
    planned = found.rows[found.rows["measure"] == "pharmacy.walk_share_planned"]
    assert set(planned["status"]) == {"not_due"}


def test_ratio_and_coverage_stand_side_by_side():
    # 500 people, one pharmacy for 500: the ratio is met, yet 40 people have none within the norm
    found = measure_services(toy_district(), norms(people_per_site=[500.0]), DAY).summary[
        "pharmacy"
    ]
    assert (found["sites_required"], found["ratio_met"], found["served_share"]) == (1, True, 0.92)
    found = measure_services(toy_district(), norms(people_per_site=[400.0]), DAY).summary[
        "pharmacy"
    ]
    assert (found["sites_required"], found["ratio_met"]) == (2, False)


def test_the_ratio_of_a_cell_is_that_of_its_community():
    cells = toy_district()["cells"].assign(community_code=["west", "east", "west", "east"])
    found = measure_services(changed(cells=cells), norms(people_per_site=[150.0]), DAY)
    # west: 300 people ask for 2 and have 1; east: 200 ask for 2 and have none
    assert read(found, "pharmacy.sites_ratio") == {"nw": 0.5, "sw": 0.5, "ne": 0, "se": 0}


def test_people_whose_nearest_site_is_too_small_have_no_floor_area():
    sites = toy_district()["sites"]
    for floor_m2, share in ((200.0, 1.0), (100.0, 0.0)):
        toy = changed(sites=sites.assign(floor_area_m2=floor_m2))
        found = measure_services(toy, norms(floor_area_min_m2=[150.0]), DAY)
        assert read(found, "pharmacy.floor_share") == {
            "nw": share,
            "ne": share,
            "sw": share,
            "se": 0,
        }
        told = found.summary["pharmacy"]
        assert (told["sites_floor_known"], told["sites_large_enough"]) == (1, int(share))
        assert told["floor_area_m2"] == floor_m2


def test_unknown_floor_area_is_no_small_one():
    toy = changed(sites=toy_district()["sites"].assign(floor_area_m2=np.nan))
    found = measure_services(toy, norms(floor_area_min_m2=[150.0]), DAY)
    assert "pharmacy.floor_share" not in set(found.rows["measure"])
    assert found.summary["pharmacy"]["sites_large_enough"] is None


def test_a_norm_for_a_group_counts_only_its_people():
    people = toy_district()["population"]
    old = people.assign(population_60_plus=[10.0] * len(people))
    found = measure_services(changed(population=old), norms(group=["population_60_plus"]), DAY)
    told = found.summary["pharmacy"]
    served = found.demand.loc[found.demand["cell_id"] != "se", "people"]
    assert told["group_people"] == 10.0 * len(people)
    assert 0 < told["group_served_share"] < 1
    assert read(found, "pharmacy.group_share") == {"nw": 1, "ne": 1, "sw": 1, "se": 0}
    assert served.sum() == 460


def test_a_group_nobody_counts_is_a_finding():
    found = measure_services(toy_district(), norms(group=["population_0_6"]), DAY)
    assert ("group_unknown", ("population_0_6",)) in [(one.rule, one.ids) for one in found.findings]
    assert "group" not in found.summary["pharmacy"]


@pytest.mark.parametrize("norm_m", [0.0, -5.0, np.inf])
def test_an_infeasible_norm_is_refused(norm_m):
    with pytest.raises(InputError, match="pharmacy"):
        measure_services(toy_district(), norms().assign(norm_m=norm_m), DAY)


def test_a_type_nobody_knows_is_a_finding():
    unknown = norms().assign(type="moon_base")
    found = measure_services(toy_district(), unknown, DAY)
    assert ("no_site_of_type", ("moon_base",)) in [(one.rule, one.ids) for one in found.findings]


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -1.0])
def test_a_number_of_people_that_is_none_is_refused(wrong):
    people = toy_district()["population"]
    count = people["population"].to_numpy(dtype=float)
    some = people.assign(population=np.where(np.arange(len(count)) == 0, wrong, count))
    with pytest.raises(InputError, match="population"):
        place_people(changed(population=some))


def test_sites_without_room_and_far_from_any_street_are_findings():
    toy = toy_district()
    sites = gpd.GeoDataFrame(
        {"site_id": ["a", "b"], "type": ["pharmacy"] * 2, "capacity": [0.0, 10.0]},
        geometry=[at(100, 300), at(100, 3500)],
        crs=TOY_CRS,
    )
    reach = measure_reach(lay_network(toy["roads"]), place_people(toy), sites, norms())
    told = {one.rule: one.ids for one in service_findings(reach, toy["cells"])}
    assert told["site_without_room"] == ("a",)
    assert told["site_far_from_way"] == ("b",)


def test_two_sites_with_one_id_are_refused():
    sites = toy_district()["sites"]
    with pytest.raises(InputError, match="s1"):
        changed(sites=sites.assign(site_id="s1"))
