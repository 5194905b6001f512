"""Plans of cameras on the toy district, and on ground drawn by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap import schema
from gridmap.cameras import measure_cameras
from gridmap.cameras.ground import prepare_ground
from gridmap.errors import InputError
from gridmap.plan.cameras import plan_cameras
from gridmap.plan.candidates import generate_mounts, turn_mounts
from gridmap.plan.listed import listed_mounts
from gridmap.plan.options import Question, area_of
from gridmap.plan.views import draw_options, sample_ground
from gridmap.samples import TOY_CRS, at, box, toy_district
from gridmap.studies.plan_cameras import plan_for

MODEL = "4mp_2.8_1/2.7"


@pytest.fixture(scope="module")
def toy():
    return toy_district()


@pytest.fixture(scope="module")
def ground(toy):
    return prepare_ground(toy)


def listed(points, **columns):
    return gpd.GeoDataFrame(columns, geometry=points, crs=TOY_CRS)


def optics(toy, rows):
    """Layer of fixed cameras with optics: id, point, heading."""
    frame = gpd.GeoDataFrame(
        {
            "camera_id": [row[0] for row in rows],
            "kind": "fixed",
            "heading_deg": [row[2] for row in rows],
            "model": MODEL,
            "zone": "public",
            "status": "working",
        },
        geometry=[row[1] for row in rows],
        crs=TOY_CRS,
    )
    return toy.with_layers(cameras=schema.conform(frame, "cameras"))


def test_figures_before_and_after_are_those_that_cover_measures(toy, ground):
    found = plan_for(toy, Question(3, reaim=1, sample_m=4.0), ground=ground)
    for cameras, told, suffix in (
        (toy["cameras"], found.before, "before"),
        (found.plan.after, found.after, "after"),
    ):
        measured = measure_cameras(toy.with_layers(cameras=cameras), ground=ground)
        rows = measured.rows.set_index(["measure", "cell_id"])["value"]
        lowest = "camera.share_any" if suffix == "after" else "camera.share_range"
        share = rows[lowest].reindex(found.cells["cell_id"]).to_numpy()
        assert found.cells[f"share_{suffix}"].to_numpy() == pytest.approx(share)
        assert told["cameras"] == measured.summary["counted"]
        homes = measured.summary["facade_residential_m"]
        assert told["facade_residential_m"] == pytest.approx(homes)


def test_what_points_promise_is_what_the_engine_measures(toy, ground):
    found = plan_for(toy, Question(4, sample_m=1.0), ground=ground)
    gained = found.after["seen_m2"] - found.before["seen_m2"]
    promised = found.plan.choice.value - found.plan.base_value
    assert promised == pytest.approx(gained, rel=0.01)
    assert found.plan.add["gain_m2"].sum() == pytest.approx(promised)
    assert found.plan.add["gain_m2"].is_monotonic_decreasing


def test_at_most_one_camera_hangs_at_a_mount(toy, ground):
    point = listed([at(100, 100), at(300, 100)], mount_id=["a", "b"])
    found = plan_for(toy, Question(2, sample_m=4.0), candidates=point, ground=ground)
    assert sorted(found.plan.add["mount_id"]) == ["a", "b"]


def test_homes_in_view_stay_within_the_limit_when_the_engine_measures_the_plan(toy, ground):
    # Two look north at homes 20 m away: 2 · 20 · 5.37 ÷ (2 · 2.8) = 38.357 m of façade each.
    places = [at(40, 300), at(340, 300), at(100, 200)]
    near = listed(places, mount_id=["w", "e", "m"], heading_deg=[0.0, 0.0, 0.0])
    free = plan_for(toy, Question(3, sample_m=1.0), candidates=near, ground=ground)
    assert free.after["facade_residential_m"] == pytest.approx(2 * 38.357, abs=0.01)
    kept = plan_for(
        toy, Question(3, max_facade_m=50.0, sample_m=1.0), candidates=near, ground=ground
    )
    assert len(kept.plan.add) == 2
    before = measure_cameras(toy, ground=ground).summary["facade_residential_m"]
    after = measure_cameras(toy.with_layers(cameras=kept.plan.after), ground=ground)
    assert after.summary["facade_residential_m"] - before <= 50.0
    assert kept.plan.choice.value < free.plan.choice.value
    assert kept.status == "optimal"


def test_a_price_turns_cameras_away_from_homes(toy, ground):
    near = listed([at(40, 310)], mount_id=["w"])
    free = plan_for(toy, Question(1, sample_m=4.0), candidates=near, ground=ground)
    dear = plan_for(
        toy, Question(1, price_m2_per_m=100.0, sample_m=4.0), candidates=near, ground=ground
    )
    seen = [one.after["facade_residential_m"] for one in (free, dear)]
    assert seen[1] < seen[0] or seen == [0.0, 0.0]
    assert dear.after["facade_residential_m"] == 0.0


def test_no_new_view_has_a_home_at_125_px_per_m_where_that_is_forbidden(toy, ground):
    close = listed([at(40, 316)], mount_id=["w"])
    told = plan_for(
        toy, Question(1, no_homes_125=True, sample_m=4.0), candidates=close, ground=ground
    )
    assert told.after["facade_125_m"] == 0.0
    views = draw_options(
        turn_mounts(listed_mounts(close, ground, toy.outline).table), ground, "detect"
    )
    assert (views["facade_125_m"] > 0).any()


def test_a_camera_that_looks_at_a_wall_is_turned_before_one_is_added(toy, ground):
    # It stands on the street south of a school wall, 40 m wide, and looks at nothing but that.
    district = optics(toy, [("c", at(240, 63), 180.0), ("d", at(100, 200), 0.0)])
    found = plan_for(district, Question(0, reaim=1, sample_m=1.0), ground=ground)
    assert found.plan.reaim["camera_id"].tolist() == ["c"]
    assert found.plan.reaim["heading_before_deg"].tolist() == [180.0]
    assert found.plan.add.empty
    after = found.plan.after.set_index("camera_id")["heading_deg"]
    assert after["c"] == found.plan.reaim["heading_deg"].iloc[0] and after["d"] == 0.0
    gained = found.after["seen_m2"] - found.before["seen_m2"]
    assert found.plan.reaim["gain_m2"].iloc[0] == pytest.approx(gained, rel=0.02)


def test_a_camera_that_another_replaces_and_that_sees_homes_goes_and_frees_one(toy, ground):
    twins = [("a", at(40, 305), 0.0), ("b", at(40.5, 305), 0.0), ("c", at(300, 100), 0.0)]
    district = optics(toy, twins)
    far = listed([at(100, 60)], mount_id=["m"])
    kept = plan_for(district, Question(1, sample_m=2.0), candidates=far, ground=ground)
    assert kept.plan.remove.empty
    two = listed([at(100, 60), at(300, 200)], mount_id=["m", "n"])
    freed = plan_for(
        district, Question(1, remove=True, sample_m=2.0), candidates=two, ground=ground
    )
    assert len(freed.plan.remove) == 1 and len(freed.plan.add) == 2
    assert freed.plan.remove["overlap_share"].iloc[0] > 0.8
    assert len(freed.plan.after) == 4
    assert freed.after["facade_residential_m"] < freed.before["facade_residential_m"]


def test_cameras_outside_the_area_are_left_alone_and_their_ground_needs_nothing(toy, ground):
    district = optics(toy, [("c", at(240, 63), 180.0)])
    found = plan_for(
        district, Question(1, reaim=5, remove=True, cells=("nw",), sample_m=2.0), ground=ground
    )
    assert found.plan.reaim.empty and found.plan.remove.empty
    inside = area_of(toy, ("nw",))
    assert shapely.intersects(inside, np.asarray(found.plan.add.geometry, dtype=object)).all()
    assert found.before["public_m2"] == pytest.approx(ground.area_m2[0])


def test_ground_that_counts_only_seen_twice_draws_two_cameras(toy, ground):
    places = listed([at(100, 60), at(100, 140), at(300, 200)], mount_id=["a", "b", "c"])
    twice = plan_for(
        toy, Question(2, twice=("sw",), cells=("sw", "se"), sample_m=2.0),
        candidates=places, ground=ground,
    )  # fmt: skip
    once = plan_for(
        toy, Question(2, cells=("sw", "se"), sample_m=2.0), candidates=places, ground=ground
    )
    assert twice.after["twice_m2"] >= once.after["twice_m2"]


def test_weights_draw_cameras(toy, ground):
    for cell in ("sw", "ne"):
        found = plan_for(toy, Question(1, cell_weight={cell: 50.0}, sample_m=4.0), ground=ground)
        gained = found.cells.set_index("cell_id")["gained_m2"]
        assert gained.idxmax() == cell


def test_the_same_question_has_the_same_answer(toy, ground):
    first, second = (plan_for(toy, Question(3, sample_m=4.0), ground=ground) for _ in range(2))
    pd.testing.assert_frame_equal(
        pd.DataFrame(first.plan.add.drop(columns="geometry")),
        pd.DataFrame(second.plan.add.drop(columns="geometry")),
    )


def test_sampled_areas_add_up_to_the_public_space_of_each_cell(ground):
    points = sample_ground(ground.public, np.arange(4), 3.0)
    assert points.groupby("cell")["area_m2"].sum().to_numpy() == pytest.approx(ground.area_m2)


def test_generated_mounts_stand_free_on_public_ground_and_apart(toy, ground):
    mounts = generate_mounts(toy["roads"], ground, toy.outline).table
    points = np.asarray(mounts.geometry, dtype=object)
    public = shapely.union_all(ground.public)
    assert shapely.intersects(shapely.buffer(public, 0.05), points).all()
    tree = shapely.STRtree(points)
    near = tree.query(points, predicate="dwithin", distance=9.999)
    assert near.shape[1] == len(points)


def test_facades_carry_mounts_only_where_they_face_public_space(toy):
    square = gpd.GeoDataFrame({"kind": ["square"]}, geometry=[box(120, 90, 160, 120)], crs=TOY_CRS)
    district = toy.with_layers(landuse=schema.conform(square, "landuse"))
    ground = prepare_ground(district)
    told = generate_mounts(district["roads"], ground, district.outline, kinds=("facade",)).table
    assert set(shapely.get_y(told.geometry).round(2)) == {4_400_119.99}


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"count": 0}, "Nothing to plan"),
        ({"count": -1}, "0 or more"),
        ({"count": 500}, "at most as many cameras as mounts"),
        ({"count": 1, "level": "monitor"}, "Expected a level"),
        ({"count": 1, "level": "outline"}, "Expected a level"),
        ({"count": 1, "models": ("brand-x",)}, "Unknown model"),
        ({"count": 1, "models": ()}, "Unknown model"),
        ({"count": 1, "models": ("unknown_base",)}, "Unknown model"),
        ({"count": 1, "step_deg": 0.0}, "step between azimuths"),
        ({"count": 1, "cells": ("x",)}, "Unknown cells x"),
        ({"count": 1, "twice": ("x",)}, "Unknown cells x"),
        ({"count": 1, "price_m2_per_m": float("nan")}, "price_m2_per_m"),
        ({"count": 1, "max_facade_m": -1.0}, "max_facade_m"),
        ({"count": 1, "sample_m": 0.0}, "distance of points"),
        ({"count": 1, "cell_weight": {"x": 1.0}}, "does not have: x"),
        ({"count": 1, "cell_weight": {"nw": -1.0}}, "weights of 0 or more"),
        ({"count": 1, "class_weight": {"square": float("inf")}}, "weights of 0 or more"),
    ],
)
def test_a_question_that_cannot_be_answered_says_what_was_expected(toy, ground, question, words):
    with pytest.raises(InputError, match=words):
        plan_for(toy, Question(**{"sample_m": 4.0} | question), ground=ground)


def test_a_limit_of_privacy_that_every_view_breaks_is_named(toy, ground):
    # Between two walls of homes, every way that shows public ground shows homes.
    one_way = listed([at(40, 310)], mount_id=["w"], heading_deg=[0.0])
    with pytest.raises(InputError, match="limit of privacy cannot be kept.*façade of homes"):
        plan_for(
            toy, Question(1, max_facade_m=1.0, sample_m=4.0), candidates=one_way, ground=ground
        )
    with pytest.raises(InputError, match="125 px/m"):
        close = listed([at(40, 316)], mount_id=["w"], heading_deg=[0.0])
        plan_for(toy, Question(1, no_homes_125=True, sample_m=4.0), candidates=close, ground=ground)


def test_a_level_that_no_candidate_reaches_is_an_error(toy, ground):
    # A fisheye 30 m up sees 250 px/m nowhere on the ground.
    high = listed([at(100, 60)], mount_id=["m"], mount_height_m=[30.0])
    question = Question(1, level="identify", models=("fisheye_5mp_1.05_1/2.5",), sample_m=4.0)
    with pytest.raises(InputError, match="No candidate reaches the level 'identify'"):
        plan_for(toy, question, candidates=high, ground=ground)


def test_an_area_without_public_ground_is_an_error(toy):
    bare = toy.with_layers(
        roads=schema.empty("roads", TOY_CRS), landuse=schema.empty("landuse", TOY_CRS)
    )
    with pytest.raises(InputError, match=r"Nothing can be mounted"):
        plan_for(bare, Question(1))
    with pytest.raises(InputError, match="no public ground"):
        plan_for(bare, Question(1), candidates=listed([at(100, 100)], mount_id=["m"]))


def test_candidates_outside_twice_or_inside_buildings_are_left_out_and_named(toy, ground):
    rows = listed(
        [at(100, 60), at(100, 60.1), at(140, 140), at(900, 60)], mount_id=["a", "b", "c", "d"]
    )
    told = listed_mounts(rows, ground, toy.outline)
    assert told.table["mount_id"].tolist() == ["a"]
    assert {one.rule: one.ids for one in told.findings} == {
        "candidate_outside": ("d",),
        "candidate_twice": ("b",),
        "candidate_inside": ("c",),
    }


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (listed([], mount_id=[]), "is empty"),
        (listed([at(900, 900)], mount_id=["a"]), "None of the 1 candidates lies in the area"),
        (listed([at(140, 140)], mount_id=["a"]), "inside buildings: a"),
        (listed([box(0, 0, 1, 1)], mount_id=["a"]), "no point at a"),
        (listed([at(100, 60), at(100, 80)], mount_id=["a", "a"]), "same id at a"),
        (listed([at(100, 60)], mount_id=["a"], mount_height_m=[0.0]), "mount_height_m at a"),
        (listed([at(100, 60)], mount_id=["a"], heading_deg=["x"]), "heading_deg at a"),
        (listed([at(100, 60)], mount_id=["a"], model=["brand-x"]), "unknown model brand-x at a"),
    ],
)
def test_a_list_that_cannot_be_used_says_why(toy, ground, rows, words):
    with pytest.raises(InputError, match=words):
        listed_mounts(rows, ground, toy.outline)


def test_a_listed_mount_with_a_heading_is_not_turned_and_with_optics_keeps_them(toy, ground):
    rows = listed(
        [at(100, 60), at(100, 140)], id=["a", "b"], heading_deg=[370.0, np.nan],
        focal_mm=[np.nan, 6.0], sensor_width_mm=[np.nan, 5.37], pixels_wide=[np.nan, 2688.0],
    )  # fmt: skip
    views = turn_mounts(
        listed_mounts(rows, ground, toy.outline).table, (MODEL, "2mp_4_1/2.8"), 90.0
    )
    mine = views[views["mount_id"] == "a"]
    assert mine["heading_deg"].tolist() == [10.0, 10.0]
    assert mine["model"].tolist() == [MODEL, "2mp_4_1/2.8"]
    other = views[views["mount_id"] == "b"]
    assert other["heading_deg"].tolist() == [0.0, 90.0, 180.0, 270.0]
    assert other["focal_mm"].eq(6.0).all() and other["model"].isna().all()


def test_time_that_runs_out_is_said_with_a_gap(toy, ground):
    mounts = generate_mounts(toy["roads"], ground, toy.outline).table
    found = plan_cameras(toy, mounts, Question(6, sample_m=1.5, time_limit_s=0.0), ground)
    assert not found.choice.proved and 0 < found.choice.gap < 1
    assert 0.5 < found.certain_share < 1
    proved = plan_cameras(toy, mounts, Question(6, sample_m=4.0, time_limit_s=60.0), ground)
    assert proved.choice.proved and proved.choice.gap == 0.0 and proved.certain_share == 1.0
