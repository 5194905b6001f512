"""Figures of quality of patrol, and routes as plain values, on the drawing."""

import json

import pandas as pd
import pytest

from gridmap.errors import InputError
from gridmap.patrol import measure_patrol
from gridmap.samples import toy_district
from gridmap.studies.pages.patrol_routes import RouteQuestion, plan_work, read_question
from gridmap.studies.patrol_results import BINS_S, patrol_of, read_patrol, write_patrol


@pytest.fixture(scope="module")
def told():
    toy = toy_district()
    return patrol_of({"patrol": measure_patrol(toy)}, toy)


def test_unknown_time_by_day_adds_up_to_that_of_the_summary():
    toy = toy_district()
    late = pd.Timedelta(hours=18)
    shifts = toy["shifts"].assign(start=toy["shifts"].start + late, end=toy["shifts"].end + late)
    fixes = toy["fixes"].assign(time=toy["fixes"].time + late)
    moved = toy.with_layers(shifts=shifts, fixes=fixes)
    found = measure_patrol(moved)
    days = patrol_of({"patrol": found}, moved)["patrol_facts"]["unknown"]
    for name in ("on_duty_s", "unknown_s"):
        assert sum(one[name] for one in days) == pytest.approx(found.summary[name], abs=1e-6)


def test_every_interval_is_in_one_class(told):
    (foot,) = told["patrol_facts"]["intervals"]
    assert len(foot["counts"]) == len(BINS_S)
    assert sum(foot["counts"]) == foot["fixes"] == len(toy_district()["fixes"]) - 1


def test_communities_stand_in_where_there_are_no_beats_and_share_all_street(told):
    beats = told["patrol_facts"]["beats"]
    assert beats["kind"] == "community"
    assert sum(one["cells"] for one in beats["rows"]) == 4
    assert set(beats["balance"]) == {"presence_s", "visits", "street_m"}


def test_a_district_with_beats_is_told_by_them():
    toy = toy_district().with_layers(
        beats=pd.DataFrame({"beat_id": ["b1", "b1", "b2"], "cell_id": ["nw", "ne", "ne"]})
    )
    found = measure_patrol(toy)
    beats = patrol_of({"patrol": found}, toy)["patrol_facts"]["beats"]
    # 150 s in each of nw and ne; ne is shared by both beats.
    assert {one["beat_id"]: one["presence_s"] for one in beats["rows"]} == {"b1": 225, "b2": 75}


def test_what_is_written_is_read_back(told, tmp_path):
    class Cover:
        patrol_streets = told["patrol_streets"]
        patrol_facts = told["patrol_facts"]

    write_patrol(Cover, tmp_path, "")
    again = read_patrol(tmp_path, None)
    assert again["patrol_facts"] == json.loads(json.dumps(told["patrol_facts"]))
    assert again["patrol_streets"]["covered_m"].tolist() == pytest.approx(
        told["patrol_streets"]["covered_m"].tolist()
    )


def test_nothing_is_told_where_patrol_was_not_measured(tmp_path):
    toy = toy_district()
    assert patrol_of({}, toy)["patrol_facts"] == {}
    assert read_patrol(tmp_path, toy.crs)["patrol_streets"].empty


def test_a_tour_comes_as_plain_values_with_its_files():
    pytest.importorskip("rustworkx")
    told = plan_work(toy_district(), pd.DataFrame(), RouteQuestion("tour", units=1))
    json.dumps(told, allow_nan=False)
    assert told["summary"]["streets_m"] == 1600.0
    assert told["files"]["gpx"].startswith("<?xml")
    assert json.loads(told["files"]["geojson"])["features"]
    lon, lat = told["routes"][0]["line"][0]
    assert (round(lon), round(lat)) == (117, 40)


def test_gap_routes_tell_what_they_would_close(monkeypatch):
    pytest.importorskip("pyvrp")
    monkeypatch.setattr("gridmap.studies.pages.patrol_routes._SEARCH_S", 0.2)
    toy = toy_district()
    past = measure_patrol(toy).rows
    told = plan_work(toy, past, read_question({"kind": "gaps", "on": "2026-03-03", "units": "1"}))
    json.dumps(told, allow_nan=False)
    assert told["closes"]["due"] == told["summary"]["due"] > 0
    assert (
        told["closes"]["met"] + told["closes"]["partly"] + told["closes"]["missed"]
        == (told["closes"]["due"])
    )


@pytest.mark.parametrize("asked", [{"units": "0"}, {"kind": "war"}, {"begin": "25:00"}])
def test_a_question_that_cannot_be_read_is_refused(asked):
    with pytest.raises(InputError, match="Expected"):
        read_question(asked)
