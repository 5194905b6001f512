import datetime as dt

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gridmap.district import District
from gridmap.errors import FileFormatError
from gridmap.grid.code_rules import code_rules
from gridmap.io.districts import write_district
from gridmap.samples import EAST, TOY_CRS, WEST, at, box, toy_district
from gridmap.studies.check import check_file, check_layers
from gridmap.studies.editions import unite_communities

DAY = dt.date(2025, 6, 1)


def save(layers, path):
    for name, frame in layers.items():
        frame.to_file(path, layer=name)
    return path


def rules(findings):
    return {one.rule: one for one in findings}


def test_cells_that_overlap_are_found_with_ids_and_area():
    toy = toy_district()
    cells = toy["cells"].copy()
    cells.loc[0, "geometry"] = box(0, 190, 200, 400)
    finding = rules(check_layers(toy.with_layers(cells=cells), DAY))["tiling_overlap"]
    assert finding.ids == ("nw", "sw")
    assert "2000.0 m²" in finding.found


def test_a_gap_between_cells_is_found_with_its_community_and_area():
    toy = toy_district()
    cells = toy["cells"].copy()
    cells.loc[0, "geometry"] = box(0, 210, 200, 400)
    finding = rules(check_layers(toy.with_layers(cells=cells), DAY))["tiling_gap"]
    assert "2000.0 m²" in finding.found


def test_a_cell_across_a_community_border_is_found():
    toy = toy_district()
    cells = toy["cells"].copy()
    cells.loc[0, "geometry"] = box(0, 200, 250, 400)
    assert rules(check_layers(toy.with_layers(cells=cells), DAY))["cell_outside_community"].ids == (
        "nw",
    )


def coded(codes):
    toy = toy_district()
    cells = toy["cells"].assign(code=codes)
    return rules(check_layers(toy.with_layers(cells=cells), DAY))


def test_codes_of_the_longer_rule_are_in_order_and_one_of_another_rule_is_found():
    longer = [f"{code}00000" for code in toy_district()["cells"]["code"]]
    assert "odd_cell_code" not in coded(longer)
    finding = coded([longer[0][:15], *longer[1:]])["odd_cell_code"]
    assert finding.ids == ("nw",)
    assert "rule cell-20 a cell code has 20 digits" in finding.found


def test_a_serial_that_the_rule_does_not_give_is_found():
    codes = toy_district()["cells"]["code"].tolist()
    assert coded([codes[0][:12] + "000", *codes[1:]])["odd_cell_code"].ids == ("nw",)
    assert coded(["12", *codes[1:]])["odd_cell_code"].ids == ("nw",)


def test_a_rule_that_is_named_is_the_one_that_codes_are_held_against():
    toy = toy_district()
    found = rules(check_layers(toy, DAY, code_rule=code_rules()["cell-20"]))
    assert found["odd_cell_code"].ids == ("nw", "ne", "sw", "se")


def test_cells_that_end_on_a_day_to_come_are_still_the_grid_of_today():
    toy = toy_district()
    coming = unite_communities(toy, {EAST: WEST}, dt.date(2026, 7, 1)).district
    today, then = (rules(check_layers(coming, day)) for day in (DAY, dt.date(2026, 7, 1)))
    assert "community_without_cells" not in today
    assert today["cell_too_small"].found == rules(check_layers(toy, DAY))["cell_too_small"].found
    assert "community_without_cells" not in then


def test_cells_that_have_ended_do_not_overlap_those_that_follow():
    toy = toy_district()
    old = toy["cells"].assign(valid_to="2020-01-01")
    old["cell_id"] = "old-" + old["cell_id"]
    cells = pd.concat([old, toy["cells"]], ignore_index=True)
    found = rules(check_layers(toy.with_layers(cells=cells), DAY, band=(16, 80)))
    assert set(found) == {"no_valid_from", "community_answers"}


def test_one_fault_does_not_hide_another(tmp_path):
    toy = toy_district()
    bow = shapely.Polygon([at(0, 0), at(9, 9), at(9, 0), at(0, 9)])
    landuse = gpd.GeoDataFrame({"kind": ["park", None]}, geometry=[bow, None], crs=TOY_CRS)
    cells = toy["cells"].copy()
    cells["cell_id"] = ["nw", "nw", "sw", "se"]
    cells.loc[2, "geometry"] = box(0, 0, 200, 190)
    duties = pd.DataFrame({"post_id": ["p9"], "cell_id": ["nw"], "valid_from": ["spring"]})
    layers = {"boundary": toy["boundary"], "cells": cells, "landuse": landuse}
    file = save(
        layers | {"communities": toy["communities"], "comunity": cells}, tmp_path / "a.gpkg"
    )
    gpd.GeoDataFrame(duties, geometry=[None], crs=4326).to_file(file, layer="duties")
    found = rules(check_file(file, DAY))
    assert {
        "duplicate_id",
        "invalid_geometry",
        "null_geometry",
        "missing_value",
        "unreadable_value",
        "unknown_layer",
        "unknown_post",
        "tiling_gap",
    } <= set(found)
    assert found["invalid_geometry"].ids == ("park",)
    assert all(one.remedy for one in found.values())


def test_a_layer_with_a_wrong_crs_is_told_and_left_out_of_the_comparison(tmp_path):
    toy = toy_district()
    wrong = toy["cameras"].set_crs(4326, allow_override=True)
    file = save({"boundary": toy["boundary"], "cameras": wrong}, tmp_path / "a.gpkg")
    assert [one.rule for one in check_file(file, DAY)] == ["wrong_crs"]


def test_a_file_without_a_boundary_is_told(tmp_path):
    file = save({"communities": toy_district()["communities"]}, tmp_path / "a.gpkg")
    findings = check_file(file, DAY)
    assert [(one.rule, one.severity) for one in findings] == [("missing_layer", "error")]


def test_a_layer_without_a_required_column_is_told(tmp_path):
    toy = toy_district()
    cells = toy["cells"].drop(columns="community_code")
    file = save({"boundary": toy["boundary"], "cells": cells}, tmp_path / "a.gpkg")
    assert [one.rule for one in check_file(file, DAY)] == ["missing_column"]


def test_a_sound_file_has_no_findings(tmp_path):
    bare = District.of({"boundary": toy_district()["boundary"]})
    write_district(bare, tmp_path / "a.gpkg")
    assert check_file(tmp_path / "a.gpkg", DAY) == []


def test_a_file_that_cannot_be_read_raises(tmp_path):
    (tmp_path / "a.gpkg").write_text("not a database")
    with pytest.raises(FileFormatError):
        check_file(tmp_path / "a.gpkg")
