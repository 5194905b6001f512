"""Cameras of a district: who counts, rows, summary and findings."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap import schema
from gridmap.cameras import measure_cameras
from gridmap.errors import MissingLayerError
from gridmap.io.districts import read_district, write_district
from gridmap.samples import TOY_CRS, at, box, toy_district

TOY = toy_district()

OPTICS = {"focal_mm": 2.8, "sensor_width_mm": 5.37, "pixels_wide": 2688.0}


def toy_with(*cameras, **layers):
    rows = [{"camera_id": f"c{n}", "kind": "dome", **one} for n, one in enumerate(cameras)]
    places = [row.pop("at", at(100, 100)) for row in rows]
    layer = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=places, crs=TOY_CRS)
    return toy_district().with_layers(cameras=layer, **layers)


def rules(measures):
    return {one.rule: one.ids for one in measures.findings}


def shares(measures, measure):
    rows = measures.rows[measures.rows["measure"] == measure]
    return dict(zip(rows["cell_id"], rows["value"], strict=True))


def test_the_toy_cameras_see_what_paper_says():
    told = measure_cameras(toy_district())
    assert told.summary["counted"] == told.summary["cameras"] == 2
    # cam2 sees the crossing of two streets within 20 m: two strips of 9 m, less their crossing.
    strip = 2 * (4.5 * np.sqrt(20**2 - 4.5**2) + 20**2 * np.arcsin(4.5 / 20))
    assert shares(told, "camera.share_range")["ne"] == pytest.approx((2 * strip - 81) / 3519, 1e-3)
    assert told.summary["depth_2_share"] == 0.0


def test_a_camera_with_optics_counts_at_the_four_dori_levels():
    told = measure_cameras(toy_with(OPTICS | {"range_m": 500.0}))
    assert list(told.summary["seen_m2"]) == ["detect", "observe", "recognise", "identify"]
    assert told.views["area_m2"].tolist() == pytest.approx(
        [np.pi * r**2 for r in 2688 * 2.8 / 5.37 / np.array([25, 62.5, 125, 250])], rel=0.2
    )


def test_the_edition_of_2025_has_its_own_levels():
    told = measure_cameras(toy_with(OPTICS), edition="2025")
    assert list(told.summary["seen_m2"])[:2] == ["overview", "outline"]


def test_where_some_have_optics_and_some_only_a_range_all_ground_seen_at_all_is_judged():
    told = measure_cameras(toy_with(OPTICS, {"range_m": 20.0, "at": at(300, 300)}))
    assert list(told.summary["seen_m2"])[:2] == ["range", "detect"]
    required = told.rows[told.rows["required"].notna()]
    assert required["measure"].unique().tolist() == ["camera.share_any"]
    values = shares(told, "camera.share_any")
    assert values["sw"] == shares(told, "camera.share_detect")["sw"] > 0
    assert values["ne"] == shares(told, "camera.share_range")["ne"] > 0


@pytest.mark.parametrize(
    ("camera", "reason"),
    [
        ({"proposed": True, "range_m": 20.0}, "proposed"),
        ({"status": "planned", "range_m": 20.0}, "not_working"),
        ({"status": "broken", "range_m": 20.0}, "not_working"),
        ({"status": "removed", "range_m": 20.0}, "not_working"),
        ({"in_use_on": "2026-03-03", "range_m": 20.0}, "not_yet_in_use"),
        ({"zone": "indoor", "range_m": 20.0}, "indoor"),
        ({"zone": "private", "range_m": 20.0}, "private"),
        ({}, "no_range"),
        ({"range_m": 0.0}, "no_range"),
        ({"kind": "fixed", "range_m": 20.0}, "no_heading"),
        ({"kind": "ptz", "range_m": 20.0}, "no_heading"),
        ({"heading_deg": 10.0, "hfov_deg": -5.0, "range_m": 20.0}, "wrong_field"),
        ({"at": at(140, 140), "range_m": 20.0}, "inside_building"),
    ],
)
def test_a_camera_that_does_not_count_says_why(camera, reason):
    told = measure_cameras(toy_with(camera, {"range_m": 10.0}), on=date(2026, 3, 2))
    assert told.summary["counted"] == 1
    assert rules(told)[reason] == ("c0",)


def test_a_camera_counts_from_the_day_it_goes_into_use():
    district = toy_with({"in_use_on": "2026-03-03", "range_m": 20.0})
    assert measure_cameras(district, on=date(2026, 3, 3)).summary["counted"] == 1


def test_a_private_camera_is_looked_at_and_covers_nothing():
    told = measure_cameras(toy_with({"zone": "private", "range_m": 300.0, "at": at(100, 300)}))
    assert told.views["counted"].tolist() == [False]
    assert told.summary["seen_m2"] == {"range": 0.0}
    assert told.summary["facade_residential_m"] > 0


def test_the_summary_names_every_camera_that_is_not_counted_with_its_reason():
    toy = toy_district()
    cameras = toy["cameras"]
    cameras.loc[0, "zone"] = "indoor"
    summary = measure_cameras(toy.with_layers(cameras=cameras)).summary
    assert (summary["counted"], summary["not_counted"]) == (1, {"indoor": ["cam1"]})


def test_heading_zero_is_north_and_not_missing():
    told = measure_cameras(
        toy_with({"kind": "fixed", "heading_deg": 0.0, "hfov_deg": 60.0, "range_m": 30.0})
    )
    view = told.views.geometry.iloc[0]
    assert view.covers(at(100, 120))
    assert not view.intersects(box(0, 0, 400, 99))


def test_a_heading_without_a_field_is_taken_as_90_degrees_and_said_so():
    told = measure_cameras(toy_with({"kind": "fixed", "heading_deg": 720.0, "range_m": 10.0}))
    assert told.views["area_m2"].tolist() == pytest.approx([np.pi * 25])
    assert "assumed_field" in rules(told)


def test_a_camera_on_its_wall_is_moved_and_listed():
    told = measure_cameras(toy_with({"at": at(121, 140), "range_m": 10.0}))
    assert told.summary["counted"] == 1
    assert rules(told)["snapped_to_wall"] == ("c0",)


def test_papers_are_asked_for_once_a_camera_stands():
    good = {
        "range_m": 10.0, "sign": True, "in_use_on": "2026-01-01", "filed_on": "2026-01-20",
        "retention_days": 30.0, "purpose": "traffic",
    }  # fmt: skip
    late = good | {"filed_on": "2026-03-20"}
    unfiled = good | {"filed_on": None}
    fresh = good | {"filed_on": None, "in_use_on": "2026-02-20"}
    planned = {"range_m": 10.0, "status": "planned"}
    told = rules(
        measure_cameras(toy_with(good, late, unfiled, fresh, planned), on=date(2026, 3, 2))
    )
    assert told["not_filed"] == ("c1", "c2")
    assert not {"no_sign", "no_retention", "no_purpose"} & set(told)


def test_findings_are_counted_by_camera():
    told = measure_cameras(toy_district())
    assert told.summary["findings"] == sum(len(one.ids) for one in told.findings) == 10


def test_homes_are_homes_in_chinese_words_too():
    camera = {"zone": "private", "range_m": 300.0, "at": at(100, 300)}
    district = toy_with(camera)
    uses = district["buildings"]["use"].replace({"residential": "住宅", "apartments": "宿舍"})
    said = district.with_layers(buildings=district["buildings"].assign(use=uses))
    english, chinese = (measure_cameras(one).summary for one in (district, said))
    assert chinese["facade_residential_m"] == english["facade_residential_m"] > 0


def test_buildings_of_unknown_use_make_homes_a_lower_bound():
    buildings = toy_district()["buildings"].assign(use=["residential", None, "office", None])
    told = measure_cameras(toy_district().with_layers(buildings=buildings))
    assert rules(told)["unknown_use"] == ("row 2", "row 4")
    assert told.summary["findings"] == 10


def test_covered_and_unseen_ground_add_up_to_public_ground():
    told = measure_cameras(toy_district())
    share = told.rows[told.rows["measure"] == "camera.share_range"]
    seen = (share["value"] * share["weight"]).sum()
    assert seen + share["shortfall"].sum() == pytest.approx(told.summary["public_area_m2"])
    assert seen == pytest.approx(told.summary["seen_m2"]["range"])


def test_a_cell_with_under_100_square_metres_of_public_space_has_no_share():
    roads = toy_district()["roads"].iloc[:0]
    landuse = gpd.GeoDataFrame(
        {"kind": ["park", "park"]}, geometry=[box(0, 0, 9, 9), box(300, 0, 330, 30)], crs=TOY_CRS
    )
    told = measure_cameras(toy_district().with_layers(roads=roads, landuse=landuse))
    rows = told.rows[told.rows["measure"] == "camera.share_range"].set_index("cell_id")
    assert np.isnan(rows.loc["sw", "value"])
    assert rows["status"].to_dict() == {
        "nw": "not_due", "ne": "not_due", "sw": "not_due", "se": "missed"
    }  # fmt: skip
    assert "under 100" in rows.loc["sw", "reason"]


def test_a_district_without_public_ground_has_no_share():
    bare = toy_district()
    empty = {name: bare[name].iloc[:0] for name in ("roads", "landuse", "buildings")}
    told = measure_cameras(bare.with_layers(**empty)).summary
    assert (told["public_area_m2"], told["seen_share"], told["blind_spots"]) == (
        0.0, {"range": None}, 0
    )  # fmt: skip


def test_a_district_without_cameras_says_what_is_missing():
    bare = toy_district()
    with pytest.raises(MissingLayerError, match="cameras"):
        measure_cameras(bare.with_layers(cameras=bare["cameras"].iloc[:0]))


def test_two_cameras_at_one_point_see_the_same_ground_twice():
    told = measure_cameras(toy_with({"range_m": 20.0}, {"range_m": 20.0})).summary
    assert told["depth_2_share"] == pytest.approx(told["seen_share"]["range"])


def test_views_never_enter_a_building():
    told = measure_cameras(toy_with({"range_m": 150.0}))
    overlap = shapely.intersection(
        told.views.geometry.to_numpy()[:, None], toy_district()["buildings"].geometry.to_numpy()
    )
    assert shapely.area(overlap).max() < 1e-6


def test_a_heading_told_as_one_of_eight_winds_is_said_to_be_an_estimate():
    rough = TOY["cameras"].assign(heading_error_deg=[22.5, np.nan])
    found = measure_cameras(TOY.with_layers(cameras=rough)).findings
    assert [one.ids for one in found if one.rule == "rough_heading"] == [("cam1",)]


def test_a_rough_heading_has_a_wider_band_than_a_surveyed_one():
    from gridmap.cameras.ground import prepare_ground
    from gridmap.cameras.poses import pose_cameras
    from gridmap.cameras.uncertainty import draw_bands

    ground = prepare_ground(TOY)
    width = []
    for error in (np.nan, 22.5):
        layer = TOY["cameras"].assign(heading_error_deg=error, hfov_deg=[60.0, np.nan])
        poses = pose_cameras(layer, ground.walls)
        told = draw_bands(poses, ["range"], ground, TOY.crs, draws=30, position_m=0.0).cameras
        width.append(float((told["p90_m2"] - told["p10_m2"]).iloc[0]))
    assert width[1] > width[0]


def test_blind_spots_weigh_by_the_place_they_lie_in():
    spots = measure_cameras(TOY).blind_spots
    assert spots["weight"].between(1.0, 3.0).all()
    assert spots["weight"].max() > 1.0
    heavy = (spots["area_m2"] * spots["weight"]).to_numpy()
    assert (np.diff(heavy) <= 1e-6).all()


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("range_m", 1e9, "unlikely_range"),
        ("tilt_deg", 95.0, "wrong_tilt"),
        ("heading_deg", 725.0, "turned_heading"),
        ("heading_deg", -90.0, "turned_heading"),
    ],
)
def test_a_value_no_camera_has_is_told(column, value, rule):
    from gridmap.cameras.poses import pose_cameras, pose_findings
    from gridmap.cameras.walls import merge_walls

    toy = toy_district()
    walls = merge_walls(toy["buildings"])
    told = {}
    for name, cameras in (("good", toy["cameras"]), ("odd", toy["cameras"].copy())):
        if name == "odd":
            cameras[column] = cameras[column].astype("float64")
            cameras.loc[cameras.index[0], column] = value
        found = pose_findings(cameras, pose_cameras(cameras, walls), toy["cells"])
        told[name] = {one.rule: one.ids for one in found}
    assert rule not in told["good"]
    assert told["odd"][rule] == ("cam1",)


def test_a_focal_length_of_zero_is_no_optics_and_no_fault():
    from gridmap.cameras.poses import pose_cameras
    from gridmap.cameras.walls import merge_walls

    toy = toy_district()
    blank = toy["cameras"].assign(focal_mm=0.0, sensor_width_mm=5.37, pixels_wide=2560.0)
    poses = pose_cameras(blank, merge_walls(toy["buildings"]))
    assert not poses["optics"].any()
    assert (poses["reason"] == "").all()


def test_a_wall_in_the_district_file_ends_what_a_camera_sees(tmp_path):
    toy = toy_district()
    place = toy["cameras"].geometry.iloc[0]
    line = shapely.LineString([(place.x - 60, place.y + 10), (place.x + 60, place.y + 10)])
    wall = gpd.GeoDataFrame({"kind": ["wall"]}, geometry=[line], crs=toy.crs)
    write_district(toy.with_layers(walls=schema.conform(wall, "walls")), tmp_path / "toy.gpkg")
    walled = read_district(tmp_path / "toy.gpkg")
    views = measure_cameras(walled).views.set_index("camera_id").geometry
    assert views["cam1"].bounds[3] == pytest.approx(place.y + 10, abs=1e-6)
    assert views["cam1"].area < measure_cameras(toy).views.geometry.iloc[0].area
