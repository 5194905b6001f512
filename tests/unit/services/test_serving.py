"""What serves each cell, and how many people live how far: the toy district on paper."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from gridmap.samples import toy_district
from gridmap.services.demand import place_people
from gridmap.services.network import lay_network
from gridmap.services.reach import measure_reach
from gridmap.services.serving import COLUMNS, coverage_curves, list_serving
from gridmap.services.sites import open_sites, planned_sites

DAY = date(2026, 3, 2)
NORMS = pd.DataFrame({"type": ["pharmacy", "library"], "norm_m": [300.0, 1000.0]})


def reach_of(toy, on=DAY):
    sites = open_sites(toy["sites"], on)
    return measure_reach(lay_network(toy["roads"]), place_people(toy), sites, NORMS)


def listed(toy, on=DAY):
    return list_serving(reach_of(toy, on), toy["cells"], toy["sites"], on)


def with_sites(toy, **changed):
    return toy.with_layers(sites=toy["sites"].assign(**changed))


def test_each_cell_lists_the_walks_of_its_people_to_open_and_planned_sites():
    found = listed(toy_district()).set_index(["cell_id", "state"])
    assert found.loc[("nw", "open"), ["site_id", "walk_m", "nearest_share"]].tolist() == [
        "s1", 100.0, 1.0,
    ]  # fmt: skip
    assert found.loc[("se", "open"), "norm_share"] == 0
    assert found.loc[("sw", "open"), "norm_share"] == 1
    assert found.loc[("ne", "planned"), ["site_id", "walk_m"]].tolist() == ["s3", 80.0]
    assert not found["from_middle"].any()


def test_a_planned_site_that_opens_is_the_nearest_of_whom_it_is_nearer_to():
    toy = with_sites(toy_district(), proposed=False)
    found = listed(toy)
    assert set(found["state"]) == {"open"}
    first = found[found["place"] == 1].set_index("cell_id")["site_id"]
    assert first.to_dict() == {"nw": "s1", "ne": "s3", "sw": "s1", "se": "s3"}
    assert (found.groupby("cell_id")["nearest_share"].sum() == 1).all()


def test_a_site_that_opens_later_is_planned_until_then_and_one_that_closed_is_neither():
    toy = toy_district()
    later = with_sites(toy, proposed=False, opened_on=pd.Timestamp("2026-06-01"))
    assert set(planned_sites(later["sites"], DAY)["site_id"]) == {"s1", "s2", "s3"}
    assert set(listed(later)["state"]) == {"planned"}
    closed = with_sites(toy, closed_on=pd.Timestamp("2026-03-02"))
    assert planned_sites(closed["sites"], DAY).empty
    assert listed(closed).empty
    assert list(listed(closed)) == list(COLUMNS)


def test_a_cell_where_nobody_lives_is_measured_from_its_middle():
    toy = toy_district()
    people = toy["population"]
    inside = people.within(toy["cells"].set_index("cell_id").geometry["se"])
    found = listed(toy.with_layers(population=people[~inside])).set_index(["cell_id", "state"])
    assert found["from_middle"].groupby("cell_id").all().to_dict() == {
        "nw": False, "ne": False, "sw": False, "se": True,
    }  # fmt: skip
    assert found.loc[("se", "open"), "nearest_share"] == 1


def test_no_more_than_three_sites_are_listed_and_the_one_of_most_people_comes_first():
    toy = toy_district()
    one = toy["sites"].iloc[[0]]
    many = [
        one.assign(site_id=f"m{number}", geometry=one.geometry.translate(10.0 * number))
        for number in range(5)
    ]
    found = listed(toy.with_layers(sites=pd.concat(many, ignore_index=True)))
    assert found.groupby("cell_id")["place"].apply(list).map(len).max() <= 3
    for _, rows in found.groupby("cell_id"):
        assert rows["nearest_share"].is_monotonic_decreasing
        assert (rows["least_m"] <= rows["walk_m"] + 1e-9).all()


@pytest.mark.parametrize(("limit_m", "people"), [(0, 0), (100, 200), (250, 200), (300, 460)])
def test_the_curve_counts_the_people_within_each_distance(limit_m, people):
    curve = coverage_curves(reach_of(toy_district()))
    walk = curve[(curve["curve"] == "walk") & (curve["type"] == "pharmacy")].set_index("x")["y"]
    assert walk[limit_m] == people


def test_a_straight_line_never_serves_fewer_and_a_type_without_sites_has_no_curve():
    curve = coverage_curves(reach_of(toy_district()))
    assert set(curve["type"]) == {"pharmacy"}
    wide = curve.pivot(index="x", columns="curve", values="y")
    assert (wide["line"] >= wide["walk"]).all()
    assert np.all(np.diff(wide["walk"]) >= 0)
