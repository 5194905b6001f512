"""The privacy audit on hand-drawn ground, with numbers from paper."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap import schema
from gridmap.cameras.audit import audit_privacy
from gridmap.cameras.ground import prepare_ground
from gridmap.cameras.masking import Mask, facade_behind_masks, merge_bearings
from gridmap.cameras.poses import pose_cameras
from gridmap.cameras.verdicts import summarise
from gridmap.samples import toy_district
from tests.oracles.masking import bearings_that_meet_homes

TOY = toy_district()
X, Y = 500_100.0, 4_400_100.0
"""Where the camera stands: on the crossing of the south-western cell."""
OPTICS = {"focal_mm": 2.8, "sensor_width_mm": 5.37, "pixels_wide": 2688}
PAPERS = {
    "sign": True, "purpose": "traffic", "retention_days": 30.0, "in_use_on": "2026-01-01",
    "filed_on": "2026-01-20", "reviewed_on": "2026-02-01",
}  # fmt: skip
DAY = date(2026, 3, 2)


def scene(buildings, cameras, **layers):
    """The toy with other buildings (box, use, height) and cameras (offset east, north, columns)."""
    shapes = [shapely.box(X + a, Y + b, X + c, Y + d) for (a, b, c, d), _, _ in buildings]
    drawn = gpd.GeoDataFrame(
        {"use": [use for _, use, _ in buildings], "height_m": [h for *_, h in buildings]},
        geometry=shapes,
        crs=TOY.crs,
    )
    points = [shapely.Point(X + east, Y + north) for east, north, _ in cameras]
    rows = [{"camera_id": f"c{n}", "kind": "fixed", "zone": "public", "status": "working"} | told
            for n, (_, _, told) in enumerate(cameras)]  # fmt: skip
    placed = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=points, crs=TOY.crs)
    return TOY.with_layers(
        buildings=schema.conform(drawn, "buildings"),
        cameras=schema.conform(placed, "cameras"),
        **layers,
    )


def north(**told):
    return {"heading_deg": 0.0, "hfov_deg": 90.0, "range_m": 40.0} | told


HOME = ((-50, 10, 50, 20), "apartments", 20.0)


def one(district, on=DAY):
    return audit_privacy(district, on).iloc[0]


def test_a_home_ten_metres_away_is_seen_along_twenty_metres():
    told = one(scene([HOME], [(0, 0, north())]))
    assert told["facade_m"] == pytest.approx(20.0)
    assert told["facade_most_m"] == pytest.approx(20.0)
    assert told["nearest_home_m"] == pytest.approx(10.0)


def test_density_at_the_home_follows_from_the_optics():
    # 2688 × 2.8 ÷ (5.37 × 10) = 140.2 px/m; 125 px/m reach 11.21 m: 2 √(11.21² − 10²) = 10.14 m.
    told = one(scene([HOME], [(0, 0, north(**OPTICS))]))
    assert told["densest_px_per_m"] == pytest.approx(140.2, abs=0.1)
    reach = 2688 * 2.8 / (5.37 * 125)
    assert told["facade_125_m"] == pytest.approx(2 * np.sqrt(reach**2 - 100), abs=1e-3)
    assert told["homes_125"] is True


def test_without_optics_the_density_is_unknown_unless_no_home_is_in_sight():
    assert one(scene([HOME], [(0, 0, north())]))["homes_125"] is None
    away = one(scene([HOME], [(0, 0, north(heading_deg=180.0))]))
    assert away["homes_125"] is False
    assert away["facade_125_m"] == 0.0


def test_the_mask_covers_the_wall_with_a_degree_on_both_sides():
    # A wall from 5 m left to 5 m right at 10 m: ±26.565°.
    wall = ((-5, 10, 5, 20), "apartments", 20.0)
    (mask,) = one(scene([wall], [(0, 0, north())]))["masks"]
    assert mask["from_deg"] == pytest.approx(360 - 26.565 - 1, abs=1e-3)
    assert mask["to_deg"] == pytest.approx(360 + 26.565 + 1, abs=1e-3)
    assert mask["left_share"] == pytest.approx(0.5 - np.tan(np.radians(27.565)) / 2, abs=1e-4)


def test_a_building_of_unknown_height_does_not_block_for_privacy():
    front = ((-50, 8, 50, 9), "office", None)
    told = one(scene([front, HOME], [(0, 0, north())]))
    assert told["facade_m"] == 0.0
    assert told["facade_most_m"] == pytest.approx(20.0)
    assert told["verdict"] == "mask"
    assert told["reasons"][0]["code"] == "homes_maybe"


def test_a_building_known_to_be_high_blocks():
    front = ((-50, 8, 50, 9), "office", 20.0)
    told = one(scene([front, HOME], [(0, 0, north())]))
    assert told["facade_most_m"] == 0.0
    assert told["masks"] == []


def test_a_ptz_camera_is_judged_by_its_full_reach():
    told = one(scene([HOME], [(0, 0, north(kind="ptz", heading_deg=180.0, hfov_deg=10.0))]))
    assert told["facade_m"] == pytest.approx(2 * np.sqrt(40**2 - 10**2))


@pytest.mark.parametrize(
    ("changed", "verdict", "code"),
    [
        ({"purpose": "更衣室门口"}, "refused", "prohibited_purpose"),
        ({"sign": False}, "papers", "no_sign"),
        ({"filed_on": "2026-02-15"}, "papers", "filed_late"),
        ({"retention_days": 90.0}, "papers", "long_retention"),
        ({"retention_days": -5.0}, "papers", "no_retention"),
        ({"retention_days": 100_000.0}, "papers", "no_retention"),
        ({"reviewed_on": None}, "papers", "never_reviewed"),
        ({"range_m": None}, "unknown", "view_unknown"),
    ],
)
def test_each_fault_has_its_verdict_and_reason(changed, verdict, code):
    told = one(scene([HOME], [(0, 0, north(heading_deg=180.0) | PAPERS | changed)]))
    assert told["verdict"] == verdict
    assert code in [reason["code"] for reason in told["reasons"]]


def test_a_camera_with_its_papers_that_sees_no_home_is_in_order():
    told = one(scene([HOME], [(0, 0, north(heading_deg=180.0) | PAPERS)]))
    assert (told["verdict"], told["reasons"]) == ("in_order", [])


def test_filing_is_due_thirty_days_after_use_and_says_since_when():
    told = one(scene([HOME], [(0, 0, north(heading_deg=180.0) | PAPERS | {"filed_on": None})]))
    (reason,) = told["reasons"]
    assert reason == {"code": "not_filed", "since": "2026-01-31"}
    early = scene([HOME], [(0, 0, north(heading_deg=180.0) | PAPERS | {"filed_on": None})])
    assert "not_filed" not in {each["code"] for each in one(early, date(2026, 1, 31))["reasons"]}


def test_an_indoor_camera_in_a_toilet_is_refused_and_one_that_looks_at_it_is_masked():
    toilet = ((-5, 10, 5, 20), "toilets", 4.0)
    inside = one(scene([toilet], [(0, 15, north(zone="indoor") | PAPERS)]))
    assert inside["reasons"][0] == {"code": "prohibited_inside", "place": "toilet"}
    assert inside["verdict"] == "refused"
    outside = one(scene([toilet], [(0, 0, north() | PAPERS)]))
    assert outside["reasons"][0] == {"code": "prohibited_view", "place": "toilet"}
    assert outside["verdict"] == "mask"


def test_of_two_cameras_that_see_the_same_only_one_may_go():
    audit = audit_privacy(scene([], [(0, 0, north(heading_deg=180.0))] * 2), DAY)
    assert audit["removal"].sum() == 1
    gone = audit[audit["removal"]].iloc[0]
    stays = audit[~audit["removal"]].iloc[0]
    assert gone["overlaps"][0] == {"camera_id": stays["camera_id"], "share": 1.0}


def test_proposed_cameras_are_judged_and_removed_ones_are_not():
    cameras = [(0, 0, north(proposed=True)), (0, 0, north(status="removed"))]
    audit = audit_privacy(scene([HOME], cameras), DAY)
    assert audit["camera_id"].tolist() == ["c0"]
    assert audit["facade_m"].iloc[0] == pytest.approx(20.0)
    assert not any("sign" in one["code"] for one in audit["reasons"].iloc[0])


def test_a_district_whose_cameras_were_all_removed_has_an_empty_audit():
    audit = audit_privacy(scene([HOME], [(0, 0, north(status="removed"))]), DAY)
    assert len(audit) == 0
    assert summarise(audit)["verdicts"]["refused"] == 0


@pytest.mark.parametrize("seed", range(6))
def test_masks_leave_no_home_and_cover_every_ray_that_meets_one(seed):
    random = np.random.default_rng(seed)
    buildings, homes, others = [], [], []
    for _ in range(7):
        east, up = random.uniform(-45, 45, 2)
        box = (east, up, east + random.uniform(3, 15), up + random.uniform(3, 15))
        if shapely.box(*box).distance(shapely.Point(0, 0)) < 3:
            continue
        use = "house" if random.random() < 0.5 else "office"
        buildings.append((box, use, 30.0))
        (homes if use == "house" else others).append(shapely.box(*box))
    # A home that another building overlaps has no wall there: rays must not be asked in it.
    others = [one.difference(shapely.union_all(homes).buffer(1e-6)) for one in others]
    heading = float(random.uniform(0, 360))
    field = float(random.choice([60.0, 90.0, 200.0, 360.0]))
    told = {"heading_deg": heading, "hfov_deg": field, "range_m": 40.0, "mount_height_m": 4.0}
    district = scene(buildings, [(0, 0, told)])
    audit = one(district)
    masks = [Mask(**each) for each in audit["masks"]]
    for bearing in bearings_that_meet_homes(0, 0, heading, field, 40.0, homes, others):
        inside = [(bearing - each.from_deg) % 360 <= each.to_deg - each.from_deg for each in masks]
        assert any(inside), bearing
    ground = prepare_ground(district)
    poses = pose_cameras(district["cameras"], ground.walls)
    before = facade_behind_masks(poses, {}, ground, district.crs)
    after = facade_behind_masks(poses, {"c0": masks}, ground, district.crs)
    assert before["c0"] == pytest.approx(audit["facade_most_m"], abs=1e-6)
    assert after["c0"] == pytest.approx(0.0, abs=1e-9)


def test_bearings_that_run_past_north_are_one_mask():
    assert merge_bearings(np.array([350.0, 1.0]), np.array([359.0, 10.0])) == [(349.0, 371.0)]
    assert merge_bearings(np.array([0.0]), np.array([359.0])) == [(0.0, 360.0)]
