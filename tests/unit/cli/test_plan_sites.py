"""gridmap plan sites, from a file to a folder, and the lists it refuses."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest

from gridmap.cli import main
from gridmap.errors import InputError, StoppedError
from gridmap.io.districts import write_district
from gridmap.samples import TOY_CRS, at, toy_district
from gridmap.studies.compare import compare
from gridmap.studies.cover import read_cover
from gridmap.studies.plan_sites import SitingQuestion, plan_sites

DAY = "2026-03-02"


@pytest.fixture(scope="module")
def toy_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("plan") / "toy.gpkg"
    write_district(toy_district(), path)
    return path


def plan(toy_file, out, *more):
    words = ["plan", "sites", str(toy_file), "--type", "pharmacy", "--norm-m", "250"]
    return main([*words, "--at", DAY, "-o", str(out), *more])


def listed(points, **columns):
    return gpd.GeoDataFrame(columns, geometry=points, crs=TOY_CRS)


def ask(objective="mclp", count=1, candidates=None, district=None, **more):
    pd_day = pd.Timestamp(DAY).date()
    question = SitingQuestion(
        "pharmacy", objective, more.pop("norm_m", 250.0), count, on=pd_day, source="streets", **more
    )
    return plan_sites(district or toy_district(), question, candidates=candidates)


def test_a_plan_fills_a_folder_that_compares_with_what_was_before(toy_file, tmp_path, capsys):
    out = tmp_path / "plan"
    assert plan(toy_file, out, "--objective", "mclp", "--count", "1", "--from", "streets") == 0
    told = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    assert told["status"] == "optimal" and told["value"] == told["bound"] == 400.0
    assert told["before"]["people_served"] == 200.0 and told["after"]["people_served"] == 400.0
    layers = {name for name, _ in pyogrio.list_layers(out / "plan.gpkg")}
    assert layers == {"chosen", "candidates", "closed", "unreachable", "served"}
    assert pd.read_csv(out / "frontier.csv")["people"].tolist() == [200, 400]
    found = compare(read_cover(out / "before"), read_cover(out))
    row = found.measures.set_index("measure").loc["pharmacy.walk_share"]
    assert row["people_better"] == 200.0 and row["worse"] == 0
    assert "certainty proved" in capsys.readouterr().out


def test_the_coverage_after_is_that_of_the_plan(toy_file, tmp_path):
    out = tmp_path / "plan"
    assert plan(toy_file, out, "--objective", "p-median", "--count", "2", "--from", "cells") == 0
    told = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    served = summary["services"]["pharmacy"]["population_served"]
    assert served == pytest.approx(told["after"]["people_served"])


def test_people_whom_no_candidate_can_serve_are_told(toy_file, tmp_path, capsys):
    out = tmp_path / "plan"
    places = listed([at(100, 100)], id=["a"])
    places.to_crs(4326).to_file(tmp_path / "places.geojson")
    more = ("--objective", "lscp", "--candidates", str(tmp_path / "places.geojson"))
    assert plan(toy_file, out, *more, "--plan-only") == 0
    captured = capsys.readouterr()
    assert "cannot be served by any candidate" in captured.err
    lost = gpd.read_file(out / "plan.gpkg", layer="unreachable")
    told = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    assert lost["people"].sum() == told["unreachable_people"] > 0
    assert (lost["nearest_m"] > 250).all()


def test_a_list_without_a_crs_is_refused_and_leaves_nothing(toy_file, tmp_path, capsys):
    (tmp_path / "places.csv").write_text("id,x,y\na,500000,4400000\n", encoding="utf-8")
    out = tmp_path / "plan"
    more = ("--objective", "mclp", "--count", "1", "--candidates", str(tmp_path / "places.csv"))
    assert plan(toy_file, out, *more) == 2
    assert "gridmap:" in capsys.readouterr().err
    assert not out.exists() and [one.name for one in tmp_path.iterdir()] == ["places.csv"]


def test_a_list_in_the_wrong_crs_says_that_nothing_lies_in_the_district(toy_file, tmp_path, capsys):
    wrong = gpd.GeoDataFrame({"id": ["a"]}, geometry=[at(100, 100)], crs=32635)
    wrong.to_file(tmp_path / "places.gpkg")
    more = ("--objective", "mclp", "--count", "1", "--candidates", str(tmp_path / "places.gpkg"))
    assert plan(toy_file, tmp_path / "plan", *more) == 2
    assert "None of the 1 candidates lies in the district" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"id": ["a", "a"]}, "the same id twice: a"),
        (
            {"id": ["a", "b"], "capacity": [0, 5]},
            "capacity is a number above 0 people; not so at a",
        ),
        ({"id": ["a", "b"], "capacity": ["many", 5]}, "not so at a"),
        ({"id": ["a", "b"], "cost": [1, -5]}, "cost is a number 0 or more; not so at b"),
    ],
)
def test_a_faulty_list_is_refused(columns, told):
    with pytest.raises(InputError, match=told):
        ask(candidates=listed([at(100, 100), at(300, 100)], **columns))


def test_an_empty_list_is_refused():
    with pytest.raises(InputError, match="list of candidates is empty"):
        ask(candidates=listed([], id=[]))


def test_a_candidate_outside_the_district_is_left_out_and_told():
    found = ask(candidates=listed([at(300, 100), at(900, 100)], id=["in", "out"]))
    assert found.chosen["place_id"].tolist() == ["in"]
    assert ("candidate_outside", ("out",)) in [(one.rule, one.ids) for one in found.findings]


def far_district():
    """The toy district with ground that reaches 5 km beyond its streets."""
    from gridmap.samples import box

    toy = toy_district()
    wide = toy["boundary"].set_geometry([box(0, 0, 5400, 400)])
    return toy.with_layers(boundary=wide)


def test_a_candidate_3_km_from_any_street_is_left_out_and_told():
    places = listed([at(300, 100), at(3400, 100)], id=["near", "far"])
    found = ask(candidates=places, district=far_district())
    assert ("candidate_out_of_reach", ("far",)) in [(o.rule, o.ids) for o in found.findings]
    with pytest.raises(InputError, match="more than 1000 m from any walkable way: far"):
        ask(candidates=places[1:], district=far_district())


def test_more_sites_than_candidates_are_refused():
    with pytest.raises(InputError, match="new sites are 0 to 4 .*, not 9"):
        ask(count=9)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"norm_m": 0.0}, "the norm is a distance above 0 m"),
        ({"norm_m": np.nan}, "the norm is a distance above 0 m"),
        ({"capacity": 0.0}, "a capacity is above 0 people"),
        ({"apart_m": -1.0}, "0 m or more"),
        ({"close": 5}, "cannot be closed"),
    ],
)
def test_impossible_numbers_are_refused(more, told):
    with pytest.raises(InputError, match=told):
        ask(**more)


def test_a_budget_that_buys_nothing_leaves_the_sites_as_they_are():
    found = ask(budget=0.5)
    assert found.chosen.empty and found.after["people_served"] == found.before["people_served"]


def test_a_negative_population_is_refused():
    toy = toy_district()
    people = toy["population"].assign(population=[200.0, -160.0, 100.0, 40.0])
    with pytest.raises(InputError, match="population of 0 or more"):
        ask(district=toy.with_layers(population=people))


def test_a_site_without_capacity_is_refused_where_capacities_count():
    toy = toy_district()
    sites = toy["sites"].assign(capacity=[0.0, 5.0, 5.0])
    with pytest.raises(InputError, match="capacity above 0 people; found 0 or less at s1"):
        ask(district=toy.with_layers(sites=sites), capacity=50.0)


def test_a_closed_site_is_replaced_and_gone_from_the_coverage(toy_file, tmp_path):
    out = tmp_path / "plan"
    more = ("--objective", "mclp", "--count", "0", "--close", "--from", "cells")
    assert plan(toy_file, out, *more) == 0
    told = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["services"]["pharmacy"]["sites"] == told["after"]["sites"]
    assert told["after"]["people_served"] >= told["before"]["people_served"]


def test_a_plan_can_be_stopped():
    pd_day = pd.Timestamp(DAY).date()
    asked = SitingQuestion("pharmacy", "p-median", 250.0, 1, on=pd_day, source="streets")
    with pytest.raises(StoppedError):
        plan_sites(toy_district(), asked, cancelled=lambda: True)


def test_the_folder_is_untouched_when_work_is_interrupted(toy_file, tmp_path, monkeypatch):
    def interrupt(*_args, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr("gridmap.studies.siting_files.write_geopackage", interrupt)
    out = tmp_path / "plan"
    more = ("--objective", "mclp", "--count", "1", "--from", "streets", "--plan-only")
    assert plan(toy_file, out, *more) == 130
    assert not list(tmp_path.iterdir())
