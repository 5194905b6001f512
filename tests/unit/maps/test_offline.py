"""The map that stands alone: what is in the file, and what is not."""

import base64
import hashlib
import json
import re
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap import schema
from gridmap.errors import AssetError, InputError
from gridmap.maps import assets
from gridmap.maps.offline import _layers, draw_offline_map
from gridmap.maps.offline_shapes import _lighter, features, plain_row, street_features
from gridmap.maps.offline_tables import GAPS_SHOWN, gap_table, measure_tables
from gridmap.rows import coverage_rows
from gridmap.samples import TOY_CRS, box, line, toy_district

HOSTILE = "</script><script>alert(1)</script>${alert(2)}\u2028"


def rows_of(**columns: Any) -> pd.DataFrame:
    cells = ["nw", "ne", "sw", "se"]
    told = {"value": [1.0, 0.5, 0.0, None], "required": 1.0, "unit": "share"} | columns
    told = {"status": ["met", "partly", "missed", "unknown"]} | told
    return coverage_rows(cells, "pharmacy.walk_share", **told).assign(dimension="services")


def page_of(**changes: Any) -> str:
    toy = toy_district()
    told = {
        "name": toy.name,
        "cells": toy["cells"],
        "coverage": rows_of(),
        "gaps": schema.empty("gaps", toy.crs),
        "summary": {},
        "base": {"roads": toy["roads"], "sites": toy["sites"]},
        "at": "2026-03-02",
        "language": "en",
    }
    return draw_offline_map(**{**told, **changes})


def facts_of(page: str) -> dict[str, Any]:
    found = re.search(r'id="map_offline_view">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


def gaps_of(count: int, shape: Any = None) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "gap_id": [f"g{n}" for n in range(count)],
            "rank": np.arange(count, 0, -1.0),
            "dimension": "services",
            "measure": "pharmacy.walk_share",
            "cell_id": "nw",
            "status": "missed",
            "since": pd.NaT,
        },
        geometry=[shape or box(0, 200, 200, 400)] * count,
        crs=TOY_CRS,
    )


def test_the_page_names_no_other_host_and_links_to_nothing() -> None:
    page = page_of()
    assert not re.search(r"<(script|img|link|iframe)[^>]+(src|href)=", page)
    assert not re.search(r"url\(\s*[\"']?(https?:)?//", page)


def test_the_policy_names_exactly_the_scripts_of_the_page() -> None:
    page = page_of(name=HOSTILE)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
    policy = policy.replace("&#39;", "'")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = {
        f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'"
        for one in scripts
    }
    told = re.search(r"script-src ([^;]*)", policy).group(1)
    assert set(told.split()) == hashes
    assert "default-src 'none'" in policy


def test_names_from_the_district_cannot_leave_their_json() -> None:
    toy = toy_district()
    cells = toy["cells"].assign(name=HOSTILE)
    page = page_of(name=HOSTILE, cells=cells, coverage=rows_of(reason=HOSTILE), attribution=HOSTILE)
    assert "<script>alert" not in page
    assert facts_of(page)["cells"][0]["properties"]["name"] == HOSTILE
    assert facts_of(page)["attribution"] == HOSTILE


def test_rows_of_single_patrol_windows_stay_out() -> None:
    window = rows_of(window="day@2026-03-02").assign(measure="patrol.presence", dimension="patrol")
    both = pd.concat([rows_of(), window])
    keys = [one["key"] for one in facts_of(page_of(coverage=both))["measures"]]
    assert keys == ["pharmacy.walk_share"]


def test_unknown_stays_unknown_and_a_cell_without_a_row_has_no_status() -> None:
    rows = rows_of()[lambda frame: frame.cell_id != "sw"]
    [told] = measure_tables(toy_district()["cells"], rows, {}, "2026-03-02")
    assert told["status"] == "mp-u"
    assert told["value"] == [1, 0.5, None, None]


def test_a_headline_has_figure_denominator_date_and_quality_in_three_languages() -> None:
    summary = {
        "population": 500.0,
        "services": {
            "pharmacy": {"norm_m": 500.0, "population_served": 375.0, "served_share": 0.75}
        },
    }
    quality = ["good", "estimated", "good", "good"]
    cells = toy_district()["cells"]
    [told] = measure_tables(cells, rows_of(quality=quality), summary, "2026-03-02")
    english = told["headline"]["en"]
    assert "75.0 % of 500 people" in english
    assert "125 do not · 2026-03-02 · figures of 1 cells" in english
    assert "500 人中的 75.0 %" in told["headline"]["zh_Hans"]
    assert "公尺" in told["headline"]["zh_Hant"]


def test_a_headline_without_a_service_counts_the_cells_with_a_demand() -> None:
    [told] = measure_tables(toy_district()["cells"], rows_of(), {}, "2026-03-02")
    assert told["headline"]["en"].startswith(
        "1 of 4 cells with a demand meet it · 1 partly · 1 missed · 1 unknown"
    )


def test_a_share_of_nobody_served_still_names_how_many_there_are() -> None:
    served = {"norm_m": 500.0, "population_served": 0.0, "served_share": 0.0}
    summary = {"population": 500.0, "services": {"pharmacy": served}}
    [told] = measure_tables(toy_district()["cells"], rows_of(), summary, "2026-03-02")
    assert "0.0 % of 500 people" in told["headline"]["en"]


def test_only_the_first_gaps_by_rank_are_listed_and_the_whole_count_is_told() -> None:
    gaps = gaps_of(GAPS_SHOWN + 5)
    listed = gap_table(gaps, toy_district()["cells"])
    assert [one["properties"]["rank"] for one in listed] == list(range(1, GAPS_SHOWN + 1))
    assert facts_of(page_of(gaps=gaps))["gaps_total"] == GAPS_SHOWN + 5


def test_a_gap_as_large_as_its_cell_borrows_the_shape_of_the_cell() -> None:
    cells = toy_district()["cells"]
    assert gap_table(gaps_of(1), cells)[0]["geometry"] is None
    assert gap_table(gaps_of(1, box(0, 200, 50, 250)), cells)[0]["geometry"] is not None


def test_empty_and_missing_shapes_are_left_out() -> None:
    frame = gpd.GeoDataFrame(
        {"name": ["a", "b", "c"]}, geometry=[box(0, 0, 1, 1), None, shapely.Polygon()], crs=TOY_CRS
    )
    assert [one["properties"]["name"] for one in features(frame, ["name"])] == ["a"]


def test_coordinates_have_six_decimals_and_no_height() -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.force_3d(box(0, 0, 9, 9), 7.0)], crs=TOY_CRS)
    [ring] = features(frame)[0]["geometry"]["coordinates"]
    assert all(len(corner) == 2 for corner in ring)
    assert all(round(value, 6) == value for corner in ring for value in corner)


def test_links_count_as_their_streets_and_paths_are_left_out() -> None:
    roads = gpd.GeoDataFrame(
        {"highway": ["primary_link", "footway", "residential", None]},
        geometry=[line((0, 0), (9, 9))] * 4,
        crs=TOY_CRS,
    )
    assert [one["properties"]["highway"] for one in street_features(roads)] == [
        "primary",
        "residential",
    ]


def test_numbers_that_are_not_finite_never_reach_the_page() -> None:
    assert plain_row({"a": np.inf, "b": -np.inf, "c": pd.NA, "d": np.float64(2.5)}) == {"d": 2.5}


def test_layers_that_are_not_given_are_not_offered() -> None:
    assert set(facts_of(page_of(base={}))["layers"]) == set()


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "en"])
def test_the_page_opens_in_the_language_asked_for(language: str) -> None:
    page = page_of(language=language)
    assert f'<html lang="{language.replace("_", "-")}">' in page
    assert set(facts_of(page)["languages"]) == {"zh_Hans", "zh_Hant", "en"}
    with pytest.raises(InputError, match="zh_Hant"):
        page_of(language="de")


def test_without_the_browser_files_it_says_what_to_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    assets.inline_text.cache_clear()
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    with pytest.raises(AssetError, match="scripts/assets"):
        page_of()


def test_a_district_without_any_measure_still_has_a_map() -> None:
    assert facts_of(page_of(coverage=rows_of().head(0)))["measures"] == []


def test_fewer_corners_keep_outlines_and_drop_only_holes_too_small_to_see():
    dented = shapely.Polygon([(0, 0), (50, 0.5), (100, 0), (100, 100), (0, 100)])
    tiny = shapely.box(200, 0, 201, 1)
    holed = (
        shapely.box(300, 0, 400, 100)
        - shapely.box(310, 10, 311, 11)
        - shapely.box(340, 40, 380, 80)
    )
    light = _lighter(np.array([shapely.MultiPolygon([dented, tiny]), holed], dtype=object), 5.0)
    assert [len(one.exterior.coords) for one in light[0].geoms] == [5, 5]
    assert light[0].geoms[1].equals(tiny)
    assert [len(one.coords) for one in light[1].interiors] == [5]


def test_a_heavy_layer_of_service_areas_shows_only_ground_within_the_norm(monkeypatch):
    areas = gpd.GeoDataFrame(
        {"type": "market", "minutes": [5.0, np.nan]}, geometry=[box(0, 0, 9, 9)] * 2, crs=TOY_CRS
    )
    assert [len(_layers({"service_areas": areas})["service_areas"])] == [2]
    monkeypatch.setattr("gridmap.maps.offline._MANY_CORNERS", 9)
    [norm] = _layers({"service_areas": areas})["service_areas"]
    assert norm["properties"] == {"type": "market"}
