"""Routes of a district: planned, written, opened by GDAL, asked for on the command line."""

import json
import xml.etree.ElementTree as ET
from datetime import date

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from gridmap.cli import main
from gridmap.errors import InputError
from gridmap.io.districts import write_district
from gridmap.samples import toy_district
from gridmap.studies.plan_routes import plan_gaps, plan_tour
from gridmap.studies.route_files import write_routes


@pytest.fixture(scope="module")
def gaps():
    return plan_gaps(toy_district(), limit_s=0.2, on=date(2026, 3, 3))


def test_windows_met_before_ask_for_no_visit(gaps):
    assert gaps.expected["cell_id"].tolist() == ["se", "sw"]
    assert gaps.expected["deficit"].tolist() == [0.5, 0.5]
    assert gaps.summary["expected"] == {"met": 2, "partly": 0, "missed": 0}


def test_routes_and_stops_are_files_that_gdal_opens(gaps, tmp_path):
    write_routes(gaps, toy_district(), tmp_path / "out")
    layers = {name for name, _ in pyogrio.list_layers(tmp_path / "out/routes.gpx")}
    assert {"tracks", "waypoints"} <= layers
    tracks = gpd.read_file(tmp_path / "out/routes.gpx", layer="tracks")
    points = gpd.read_file(tmp_path / "out/routes.gpx", layer="waypoints")
    lines = gpd.read_file(tmp_path / "out/routes.geojson")
    stops = gpd.read_file(tmp_path / "out/stops.geojson")
    assert (len(tracks), len(lines)) == (1, 1)
    assert len(points) == len(stops) == gaps.summary["visits"]
    assert points["time"].notna().all()
    assert lines.crs.to_epsg() == 4326
    back = lines.to_crs(gaps.routes.crs)
    assert back.length[0] == pytest.approx(gaps.routes.length[0], abs=0.1)
    assert shapely.hausdorff_distance(tracks.geometry[0], lines.geometry[0]) < 1e-6
    told = json.loads((tmp_path / "out/plan.json").read_text("utf-8"))
    assert told["expected"]["met"] == 2
    assert len(pd.read_csv(tmp_path / "out/expected.csv")) == 2


def test_names_from_data_are_text_in_gpx(gaps, tmp_path):
    from dataclasses import replace

    odd = gaps.stops.assign(window="<x>&\"'")
    write_routes(replace(gaps, stops=odd), toy_district(), tmp_path / "out")
    tree = ET.parse(tmp_path / "out/routes.gpx")
    said = [one.text for one in tree.iter("{http://www.topografix.com/GPX/1/1}desc")]
    assert any("<x>&\"'" in (text or "") for text in said)


def test_a_tour_covers_the_streets_of_the_cells_asked_for():
    toy = toy_district()
    whole, part = plan_tour(toy), plan_tour(toy, cells=["nw"])
    assert whole.summary["streets_m"] == 1600.0
    assert part.summary["streets_m"] < 800.0
    assert whole.routes.length[0] == pytest.approx(whole.summary["length_m"])


def test_a_tour_for_two_units_begins_and_ends_at_the_start_for_both():
    toy = toy_district()
    plan = plan_tour(toy, 2)
    ends = {line.coords[n] for line in plan.routes.geometry for n in (0, -1)}
    assert (len(plan.routes), len(ends)) == (2, 1)


def test_nothing_due_is_nothing_to_do():
    toy = toy_district()
    none = toy["requirements"].assign(weekdays="7")
    plan = plan_gaps(toy.with_layers(requirements=none), on=date(2026, 3, 3))
    assert plan.is_empty
    assert plan.summary["due"] == 0


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"units": 0}, "at least one unit.*found 0"),
        ({"minutes": 0}, "more than 0 minutes"),
        ({"starts": ["nowhere"]}, "id of a site or lon,lat.*'nowhere'"),
        ({"starts": ["0,0"]}, "off the network"),
        ({"cells": ["zz"]}, "No such cell: zz"),
        ({"begin": "25:99"}, "local time such as 08:00, found '25:99'"),
    ],
)
def test_bad_wishes_are_refused_with_what_to_do(asked, told):
    with pytest.raises(InputError, match=told):
        plan_gaps(toy_district(), **{"limit_s": 0.1} | asked)


def test_the_command_writes_a_folder_and_says_what_it_closes(tmp_path, capsys):
    write_district(toy_district(), tmp_path / "toy.gpkg")
    asked = ["plan", "routes", str(tmp_path / "toy.gpkg"), "--time-limit-s", "0.2"]
    assert main([*asked, "--at", "2026-03-03", "-o", str(tmp_path / "out")]) == 0
    assert "closes    2 of 2 gaps" in capsys.readouterr().out
    assert (tmp_path / "out/routes.gpx").exists()
    assert main([*asked, "--kind", "tour", "-o", str(tmp_path / "tour")]) == 0
    assert "no shorter tour exists" in capsys.readouterr().out


def test_the_command_says_when_there_is_nothing_to_do_and_writes_nothing(tmp_path, capsys):
    toy = toy_district()
    idle = toy.with_layers(requirements=toy["requirements"].assign(weekdays="7"))
    write_district(idle, tmp_path / "toy.gpkg")
    asked = ["plan", "routes", str(tmp_path / "toy.gpkg"), "--at", "2026-03-03"]
    assert main([*asked, "-o", str(tmp_path / "out")]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_a_cancelled_search_leaves_nothing_behind():
    def cancel(stage, _done, _total):
        if stage == "routes: searching":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plan_gaps(toy_district(), on=date(2026, 3, 3), progress=cancel)
