"""Models, presets, tilt, status and odd values of cameras."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.cameras import measure_cameras
from gridmap.cameras.ground import prepare_ground
from gridmap.cameras.models import camera_models, fill_optics
from gridmap.cameras.optics import ground_reach, level_range
from gridmap.cameras.poses import pose_cameras
from gridmap.cameras.presets import merge_fields, read_presets
from gridmap.cameras.uncertainty import draw_bands
from gridmap.errors import InputError
from gridmap.samples import TOY_CRS, at, toy_district

OPTICS = {"focal_mm": 2.8, "sensor_width_mm": 5.37, "pixels_wide": 2688.0}


def toy_with(*cameras):
    rows = [{"camera_id": f"c{n}", "kind": "dome", **one} for n, one in enumerate(cameras)]
    places = [row.pop("at", at(100, 100)) for row in rows]
    layer = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=places, crs=TOY_CRS)
    bare = toy_district()
    return bare.with_layers(cameras=layer, buildings=bare["buildings"].iloc[:0])


def rules(told):
    return {one.rule: one.ids for one in told.findings}


def test_the_model_of_the_worked_example_reaches_56_22_11_and_6_metres():
    model = camera_models().loc["4mp_2.8_1/2.7"]
    dori = np.array([25.0, 62.5, 125.0, 250.0])
    far = level_range(model["pixels_wide"], model["focal_mm"], model["sensor_width_mm"], dori)
    assert far.round(1).tolist() == [56.1, 22.4, 11.2, 5.6]


def test_a_model_stands_for_its_optics_and_what_is_stated_goes_first():
    told = fill_optics(toy_with({"model": "4mp_4_1/2.7", "focal_mm": 6.0})["cameras"])
    assert told[["focal_mm", "pixels_wide"]].iloc[0].tolist() == [6.0, 2688.0]


def test_an_unknown_model_is_named_with_its_camera():
    with pytest.raises(InputError, match="seven eyes.*c0"):
        fill_optics(toy_with({"model": "seven eyes"})["cameras"])


def test_unknown_optics_are_a_scenario_with_a_range_of_results_and_said_so():
    district = toy_with({})
    assert measure_cameras(district).summary["counted"] == 0
    told = [measure_cameras(district, scenario=one) for one in ("low", "base", "high")]
    shares = [one.summary["seen_share"]["detect"] for one in told]
    assert 0 < shares[0] < shares[1] < shares[2]
    assert rules(told[0])["assumed_optics"] == ("c0",)
    with pytest.raises(InputError, match="low, base, high"):
        measure_cameras(district, scenario="hopeful")


@pytest.mark.parametrize(
    ("text", "told"),
    [("0", [0]), ("360", [0]), ("725", [5]), ("N", [0]), ("sw;NE", [225, 45]), ("东北", [45]),
     ("90;270", [90, 270]), ("-90", [270])],
)  # fmt: skip
def test_bearings_are_read_as_people_write_them(text, told):
    assert [one.heading_deg for one in read_presets(text)] == told


@pytest.mark.parametrize("text", ["", ";", "north-ish", "12x", "0@0", "90@-1"])
def test_what_is_no_bearing_says_what_is_expected(text):
    with pytest.raises(InputError, match="Expected bearings"):
        read_presets(text)


def test_fields_that_pass_north_and_overlap_merge_into_one():
    assert merge_fields([(350.0, 60.0), (20.0, 60.0)]) == [(5.0, 90.0)]
    assert merge_fields([(0.0, 200.0), (180.0, 200.0)]) == [(0.0, 360.0)]


@pytest.mark.parametrize(("ptz", "share"), [("presets", 0.5), ("instant", 0.25), ("reach", 1.0)])
def test_a_ptz_camera_counts_by_presets_or_where_it_points_or_all_around(ptz, share):
    camera = {"kind": "ptz", "hfov_deg": 90.0, "range_m": 30.0, "presets": "0@2;180"}
    told = measure_cameras(toy_with(camera), ptz=ptz)
    assert told.views["area_m2"].tolist() == pytest.approx([np.pi * 900 * share])
    assert shapely.is_valid(told.views.geometry.iloc[0])


def test_ground_seen_part_of_the_time_counts_in_part_and_is_no_blind_spot():
    ptz = {"kind": "ptz", "hfov_deg": 90.0, "range_m": 30.0, "presets": "0@3;180"}
    fixed = {"kind": "fixed", "hfov_deg": 90.0, "range_m": 30.0, "heading_deg": 0.0}
    shares = {}
    for name, cameras, mode in (
        ("some", [ptz], "instant"),
        ("all", [ptz], "presets"),
        ("one", [fixed], "presets"),
        ("both", [ptz, fixed], "instant"),
    ):
        told = measure_cameras(toy_with(*cameras), ptz=mode)
        shares[name] = told.summary["seen_m2"]["range"]
        if name in {"some", "all"}:
            shares[f"{name} blind"] = told.blind_spots["area_m2"].sum()
    other = shares["all"] - shares["one"]
    assert shares["some"] == pytest.approx(0.75 * shares["one"] + 0.25 * other, rel=1e-6)
    assert shares["both"] == pytest.approx(shares["one"] + 0.25 * other, rel=1e-6)
    assert shares["some blind"] == pytest.approx(shares["all blind"])


def test_privacy_looks_at_the_full_reach_of_a_ptz_camera_whatever_counts():
    camera = {
        "kind": "ptz",
        "heading_deg": 180.0,
        "hfov_deg": 60.0,
        "range_m": 60.0,
        "at": at(40, 310),
    }
    district = toy_with(camera).with_layers(buildings=toy_district()["buildings"])
    told = measure_cameras(district)
    assert told.views["facade_residential_m"].tolist() == pytest.approx([40.0])
    assert told.hits["camera_id"].tolist() == ["c0"]


def test_the_near_blind_zone_and_the_far_limit_are_cut_away():
    camera = OPTICS | {"mount_height_m": 5.5, "tilt_deg": 45.0, "kind": "fixed", "heading_deg": 0.0}
    vfov = np.degrees(2 * np.arctan(5.37 * 9 / 16 / 5.6))
    near, far = ground_reach(5.5, 45.0, vfov)
    field = np.arctan(5.37 / 5.6) * 2
    views = measure_cameras(toy_with(camera)).views.set_index("level")
    assert near < far < 22.0
    assert views.loc["detect", "area_m2"] == pytest.approx((far**2 - near**2) * field / 2)
    assert views.loc["detect", "geometry"].area == pytest.approx(
        views.loc["detect", "area_m2"], rel=1e-4
    )
    assert views.loc["observe", "area_m2"] == views.loc["detect", "area_m2"]


def test_a_camera_that_looks_up_sees_no_ground_and_is_listed():
    camera = OPTICS | {
        "mount_height_m": 5.0,
        "tilt_deg": -60.0,
        "kind": "fixed",
        "heading_deg": 0.0,
    }
    told = measure_cameras(toy_with(camera, {"range_m": 5.0}))
    assert rules(told)["sees_no_ground"] == ("c0",)
    assert told.views["camera_id"].tolist() == ["c1"]


def test_a_camera_that_sees_straight_down_has_no_blind_zone():
    assert ground_reach(6.0, 80.0, 40.0)[0] == 0.0
    assert np.isinf(ground_reach(6.0, 10.0, 40.0)[1])
    assert np.isnan(ground_reach(6.0, np.nan, 40.0)[0])


def test_a_fisheye_measures_its_range_from_the_lens():
    camera = OPTICS | {"kind": "fisheye", "mount_height_m": 4.5}
    views = measure_cameras(toy_with(camera)).views.set_index("level")
    slant = 2688 * 2.8 / 5.37 / 250
    assert views.loc["identify", "area_m2"] == pytest.approx(np.pi * (slant**2 - 9))


def test_a_camera_broken_since_a_day_counts_before_it():
    district = toy_with({"range_m": 9.0, "status": "broken", "status_on": "2026-03-02"})
    assert measure_cameras(district, on=date(2026, 3, 1)).summary["counted"] == 1
    assert measure_cameras(district, on=date(2026, 3, 2)).summary["counted"] == 0
    assert measure_cameras(district).summary["counted"] == 0
    assert measure_cameras(district, working_only=False).summary["counted"] == 1


@pytest.mark.parametrize(
    ("camera", "rule"),
    [
        ({"mount_height_m": 0.0, "range_m": 9.0}, "zero_height"),
        ({"hfov_deg": 400.0, "heading_deg": 0.0, "range_m": 9.0}, "field_over_360"),
        ({"at": at(50_000, 0), "range_m": 9.0}, "outside_district"),
        ({"at": at(-40, -40), "range_m": 9.0}, "outside_district"),
        ({"hfov_deg": -5.0, "heading_deg": 0.0, "range_m": 9.0}, "wrong_field"),
        ({"hfov_deg": 0.0, "heading_deg": 0.0, "range_m": 9.0}, "wrong_field"),
    ],
)
def test_odd_values_are_findings_and_never_a_wrong_polygon(camera, rule):
    told = measure_cameras(toy_with(camera, {"range_m": 9.0, "at": at(300, 300)}))
    assert rules(told)[rule] == ("c0",)
    assert shapely.is_valid(told.views.geometry).all()


def test_two_cameras_at_one_point_are_noted_and_count_as_depth_two():
    told = measure_cameras(toy_with({"range_m": 9.0}, {"range_m": 9.0}))
    assert rules(told)["same_place"] == ("c0", "c1")
    assert told.depth["depth"].tolist() == [2]
    assert told.summary["redundancy"] == pytest.approx(2.0)
    assert told.overlap["waste_share"].tolist() == pytest.approx([1.0, 1.0])


def test_streets_and_communities_have_their_shares():
    told = measure_cameras(toy_with({"range_m": 20.0}))
    assert told.summary["street_share"]["range"] == pytest.approx(80 / 1600, rel=1e-3)
    parts = told.communities.set_index("community_code")
    assert parts["seen_m2"].sum() == pytest.approx(told.summary["seen_m2"]["range"])
    assert sorted(parts["seen_share"] > 0) == [False, True]


def test_bands_of_chance_hold_the_total_and_repeat_with_the_seed():
    district = toy_with({"range_m": 20.0}, {"range_m": 30.0, "at": at(300, 300)})
    ground = prepare_ground(district)
    poses = pose_cameras(district["cameras"], ground.walls)
    one, two = (draw_bands(poses, ["range"], ground, district.crs, draws=12, seed=3) for _ in "ab")
    pd.testing.assert_frame_equal(one.totals, two.totals)
    whole = measure_cameras(district).summary["seen_share"]["range"]
    assert one.totals["p10"][0] <= one.totals["p50"][0] <= one.totals["p90"][0] <= whole * 1.01
    assert one.totals["p10"][0] > 0.9 * whole


def test_free_standing_walls_are_lines_of_the_ground():
    district = toy_with({"range_m": 20.0, "at": at(100, 105)})
    fence = gpd.GeoDataFrame(
        geometry=[shapely.LineString([at(60, 110), at(140, 110)])], crs=TOY_CRS
    )
    behind = prepare_ground(district, fence)
    told = measure_cameras(district, ground=behind).views.geometry.iloc[0]
    assert told.covers(at(100, 109))
    assert not told.covers(at(100, 111))
