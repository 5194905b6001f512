"""gridmap plan cameras, from a file to a folder."""

import json

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from gridmap.cli import main
from gridmap.io.districts import write_district
from gridmap.samples import at, toy_district
from gridmap.studies.compare import compare
from gridmap.studies.cover import read_cover


@pytest.fixture(scope="module")
def toy_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("plan") / "toy.gpkg"
    write_district(toy_district(), path)
    return path


def plan(toy_file, out, *more):
    return main(["plan", "cameras", str(toy_file), "-o", str(out), "--sample-m", "4", *more])


def test_a_plan_fills_a_folder_that_can_be_compared_with_its_base(toy_file, tmp_path, capsys):
    out = tmp_path / "plan"
    assert plan(toy_file, out, "--count", "2", "--reaim", "--remove", "--at", "2026-03-02") == 0
    told = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    assert told["status"] == "optimal" and told["gap"] == 0.0 and told["added"] == 2
    assert told["after"]["share"] > told["before"]["share"]
    layers = {name for name, _ in pyogrio.list_layers(out / "cameras.gpkg")}
    assert layers == {"add", "reaim", "remove"}
    add = gpd.read_file(out / "cameras.gpkg", layer="add")
    assert add["proposed"].all() and add["heading_deg"].notna().all()
    cells = pd.read_csv(out / "cells.csv")
    assert (cells["seen_after_m2"] >= cells["seen_before_m2"] - 1e-6).all()
    assert compare(read_cover(out / "before"), read_cover(out / "after")).gaps_before > 0
    assert "certainty proved" in capsys.readouterr().out


def test_candidates_of_a_file_are_the_only_mounts(toy_file, tmp_path):
    places = gpd.GeoDataFrame(
        {"id": ["a", "b"]}, geometry=[at(100, 60), at(300, 200)], crs=toy_district().crs
    )
    places.to_crs(4326).to_file(tmp_path / "places.geojson")
    out = tmp_path / "plan"
    more = ("--candidates", str(tmp_path / "places.geojson"), "--plan-only")
    assert plan(toy_file, out, "--count", "2", *more) == 0
    add = gpd.read_file(out / "cameras.gpkg", layer="add")
    assert sorted(add["mount_id"]) == ["a", "b"]
    assert not (out / "before").exists()


def test_weights_of_a_file_move_the_plan(toy_file, tmp_path):
    (tmp_path / "w.csv").write_text("cell_id,weight\nsw,50\n", encoding="utf-8")
    out = tmp_path / "plan"
    more = ("--weights", str(tmp_path / "w.csv"), "--plan-only", "--weight", "park=0")
    assert plan(toy_file, out, "--count", "1", *more) == 0
    cells = pd.read_csv(out / "cells.csv").set_index("cell_id")
    assert cells["gained_m2"].idxmax() == "sw"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--count", "0"), "Nothing to plan"),
        (("--count", "1", "--level", "monitor"), "Expected a level"),
        (("--count", "1", "--levels", "2030"), "edition"),
        (("--count", "1", "--mounts", "tree"), "kinds pole and facade"),
        (("--count", "1", "--weight", "square"), "square=2"),
        (("--count", "1", "--mount-height-m", "0"), "--mount-height-m"),
        (("--count", "1", "--community", "x"), "community 'x'"),
        (("--count", "1", "--candidates", "nowhere.csv"), "nowhere.csv"),
        (("--count", "1", "--patrol", "nowhere"), "nowhere"),
    ],
)
def test_bad_input_ends_with_one_message_and_nothing_written(
    toy_file, tmp_path, capsys, more, words
):
    out = tmp_path / "plan"
    assert plan(toy_file, out, *more) == 2
    assert words in capsys.readouterr().err
    assert not out.exists()
