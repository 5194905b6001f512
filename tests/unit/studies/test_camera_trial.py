"""A camera tried out: the same answer as measuring the whole district with the camera changed."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.cameras import measure_cameras
from gridmap.cameras.audit import audit_privacy
from gridmap.cameras.ground import prepare_ground
from gridmap.errors import InputError
from gridmap.samples import toy_district
from gridmap.studies.camera_trial import ANY, Neighbourhood, Terms, farthest_m, try_camera
from gridmap.studies.pages.camera import change_camera

OPTICS = {"focal_mm": 2.8, "sensor_width_mm": 5.37, "pixels_wide": 1920.0, "range_m": np.nan}


@pytest.fixture(scope="module")
def around():
    toy = toy_district()
    return Neighbourhood(toy, prepare_ground(toy))


def camera_of(around, name="cam1", **changed):
    cameras = around.district["cameras"]
    return cameras[cameras["camera_id"] == name].reset_index(drop=True).assign(**changed)


def with_camera(around, camera):
    cameras = around.district["cameras"]
    others = cameras[cameras["camera_id"] != camera["camera_id"].iloc[0]]
    changed = pd.concat([others, camera], ignore_index=True)
    return around.district.with_layers(cameras=gpd.GeoDataFrame(changed, crs=cameras.crs))


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"heading_deg": 0.0},
        {"heading_deg": 271.0, "hfov_deg": 40.0},
        {"range_m": 5.0},
        {**OPTICS, "heading_deg": 90.0},
        {**OPTICS, "mount_height_m": 4.0, "tilt_deg": 20.0},
    ],
)
def test_the_cells_after_a_trial_are_those_of_the_district_measured_with_it(around, changed):
    camera = camera_of(around, **changed)
    look = try_camera(around, camera, Terms())
    told = measure_cameras(with_camera(around, camera))
    rows = told.rows
    names = [name for name in rows["measure"].unique() if name.startswith("camera.share_")]
    measure = "camera.share_any" if "camera.share_any" in names else names[0]
    shares = rows[rows["measure"] == measure].set_index("cell_id")["value"]
    after = look.cells.set_index("cell_id")["after"]
    assert len(after)
    np.testing.assert_allclose(after, shares.reindex(after.index), rtol=0, atol=1e-9)
    mine = told.views[told.views["camera_id"] == "cam1"].set_index("level")
    np.testing.assert_allclose(
        look.views.set_index("level")["area_m2"], mine["area_m2"], rtol=1e-12
    )


@pytest.mark.parametrize("heading", [0.0, 45.0, 180.0, 300.0])
@pytest.mark.parametrize("height", [np.nan, 3.0, 9.0])
def test_privacy_of_a_trial_is_that_of_the_audit(around, heading, height):
    camera = camera_of(around, heading_deg=heading, mount_height_m=height, **OPTICS)
    told = try_camera(around, camera, Terms()).privacy
    audit = audit_privacy(with_camera(around, camera)).set_index("camera_id").loc["cam1"]
    for name in ("facade_m", "facade_most_m", "facade_125_m", "private_m2"):
        assert told[name] == pytest.approx(audit[name], abs=1e-6), name
    assert told["masks"] == audit["masks"]


def test_the_camera_as_it_is_changes_nothing(around):
    look = try_camera(around, camera_of(around), Terms())
    np.testing.assert_array_equal(look.cells["before_m2"], look.cells["after_m2"])


def test_a_cell_the_camera_no_longer_sees_is_told_with_its_loss(around):
    away = camera_of(around)
    away = away.set_geometry(gpd.GeoSeries([shapely.Point(500_300, 4_400_300)], crs=away.crs))
    cells = try_camera(around, away, Terms()).cells.set_index("cell_id")
    assert cells.loc["sw", "after_m2"] < cells.loc["sw", "before_m2"]
    assert cells.loc["ne", "after_m2"] > cells.loc["ne", "before_m2"]


@pytest.mark.parametrize(
    ("changed", "reason", "drawn"),
    [
        ({"status": "broken"}, "not_working", True),
        ({"proposed": True}, "proposed", True),
        ({"zone": "private"}, "private", True),
        ({"zone": "indoor"}, "indoor", False),
        ({"range_m": np.nan}, "no_range", False),
        ({"heading_deg": np.nan, "kind": "fixed"}, "no_heading", False),
        ({"hfov_deg": 0.0}, "wrong_field", False),
    ],
)
def test_what_does_not_count_says_why_and_is_drawn_where_it_can_be(around, changed, reason, drawn):
    look = try_camera(around, camera_of(around, **changed), Terms())
    assert look.reason == reason
    assert bool(len(look.views)) == drawn
    assert bool(look.privacy) == drawn


def test_a_camera_deep_in_a_building_says_how_far_the_wall_is(around):
    inside = camera_of(around)
    place = shapely.Point(500_040, 4_400_340)
    look = try_camera(around, inside.set_geometry(gpd.GeoSeries([place], crs=inside.crs)), Terms())
    assert look.blind == "inside_building"
    assert look.pose["wall_m"] == pytest.approx(20.0)


def test_overlap_is_the_share_that_others_see_too(around):
    twin = camera_of(around, camera_id="twin")
    look = try_camera(around, twin, Terms())
    assert look.overlap_share == pytest.approx(1.0, abs=1e-9)
    assert look.overlap["camera_id"].tolist() == ["cam1"]


def test_levels_of_2025_are_those_of_its_table(around):
    look = try_camera(around, camera_of(around, **OPTICS), Terms("2025"), "discern")
    assert look.views["level"].tolist()[:3] == ["overview", "outline", "discern"]
    assert (np.diff(look.views["area_m2"]) < 0).all()


def test_a_reach_does_not_ask_for_walls(around):
    cameras = around.district["cameras"]
    assert farthest_m(cameras).tolist() == [50.0, 20.0]
    far = farthest_m(camera_of(around, **OPTICS))
    assert far[0] == pytest.approx(1920 * 2.8 / (5.37 * 25))


def test_a_turned_camera_loses_its_presets_and_another_change_keeps_them(around):
    camera = camera_of(around, presets="0;90")
    assert change_camera(camera, {"heading_deg": 200})["presets"].isna().all()
    assert change_camera(camera, {"heading_deg": 45.0})["presets"].tolist() == ["0;90"]
    assert change_camera(camera, {"range_m": 10})["presets"].tolist() == ["0;90"]


@pytest.mark.parametrize(
    "told",
    [
        {"hfov_deg": float("nan")},
        {"hfov_deg": -1},
        {"heading_deg": "north"},
        {"pixels_wide": 1e9},
        {"range_m": float("inf")},
        {"mount_height_m": [1]},
        {"kind": "drone"},
        {"model": "${alert(1)}"},
        {"lon": 24.9},
        {"lon": float("nan"), "lat": 60.0},
        {"lon": 24.9, "lat": 95.0},
    ],
)
def test_what_no_camera_may_have_is_refused_with_its_name(around, told):
    with pytest.raises(InputError) as error:
        change_camera(camera_of(around), told)
    assert any(name in str(error.value) for name in ("lat", *told))


def test_what_is_told_is_plain_enough_for_json(around):
    look = try_camera(around, camera_of(around), Terms(), ANY)
    assert json.dumps({**look.privacy, "share": look.overlap_share}, allow_nan=False)
