"""Laws of cameras that hold for any town."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.affinity
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gridmap.cameras import measure_cameras
from gridmap.cameras.views import look
from gridmap.cameras.walls import merge_walls
from gridmap.samples import TOY_CRS, at, toy_district

quick = settings(max_examples=30, deadline=None)
number = st.floats(-60, 60).map(lambda v: round(v, 2))
block = st.tuples(number, number, st.integers(2, 30), st.integers(2, 30), st.integers(0, 89))
town = st.lists(block, min_size=0, max_size=12)
headings = st.floats(-720, 720).map(lambda v: round(v, 1))
fields = st.integers(5, 360)


def shapes_of(blocks):
    drawn = [
        shapely.affinity.rotate(shapely.box(x, y, x + w, y + h), turn)
        for x, y, w, h, turn in blocks
    ]
    return [one for one in drawn if one.distance(shapely.Point(0, 0)) > 0.5]


def seen(shapes, heading=0.0, fov=360.0, far=50.0, place=(0.0, 0.0)):
    layer = gpd.GeoDataFrame(geometry=list(shapes), crs=TOY_CRS)
    walls = merge_walls(layer.assign(use=pd.Series("house", index=layer.index, dtype="str")))
    aim = {"x_m": place[0], "y_m": place[1], "heading_deg": heading, "hfov_deg": fov}
    return look(walls.edges, walls.home, **aim, range_m=far)


@quick
@given(town, headings, fields)
def test_views_are_valid_and_no_larger_than_their_sector(blocks, heading, fov):
    view = seen(shapes_of(blocks), heading, fov)
    assert shapely.is_valid(view.shape)
    assert view.area_m2 <= np.pi * 50**2 * fov / 360 * (1 + 1e-12)
    assert view.shape.area == pytest.approx(view.area_m2, rel=1e-4)


@quick
@given(town, headings, st.integers(5, 300), st.integers(1, 60), st.floats(5, 60))
def test_a_larger_field_or_range_never_sees_less(blocks, heading, fov, wider, farther):
    shapes = shapes_of(blocks)
    small = seen(shapes, heading, fov, 30.0).area_m2
    assert small <= seen(shapes, heading, fov + wider, 30.0).area_m2 + 1e-6
    assert small <= seen(shapes, heading, fov, 30.0 + farther).area_m2 + 1e-6


@quick
@given(town, block, headings, fields)
def test_one_more_building_never_sees_more(blocks, extra, heading, fov):
    few, many = shapes_of(blocks), shapes_of([*blocks, extra])
    assert seen(many, heading, fov).area_m2 <= seen(few, heading, fov).area_m2 + 1e-6


@quick
@given(town, headings, fields, st.integers(0, 359), st.integers(-500, 500))
def test_turning_and_moving_the_world_changes_nothing(blocks, heading, fov, turn, shift):
    shapes = shapes_of(blocks)
    # GIS turns counter-clockwise, bearings run clockwise.
    turned = [shapely.affinity.rotate(one, turn, origin=(0, 0)) for one in shapes]
    moved = [shapely.affinity.translate(one, shift, -shift) for one in turned]
    here = seen(shapes, heading, fov)
    there = seen(moved, heading - turn, fov, place=(shift, -shift))
    assert there.area_m2 == pytest.approx(here.area_m2, rel=1e-6)
    assert there.facade_m == pytest.approx(here.facade_m, rel=1e-5, abs=1e-5)


@quick
@given(town, st.integers(10, 350))
def test_two_fields_side_by_side_see_what_one_of_both_sees(blocks, cut):
    shapes = shapes_of(blocks)
    left, right = seen(shapes, cut / 2, cut), seen(shapes, (360 + cut) / 2, 360 - cut)
    whole = seen(shapes)
    assert left.area_m2 + right.area_m2 == pytest.approx(whole.area_m2, rel=1e-9)
    assert left.facade_m + right.facade_m == pytest.approx(whole.facade_m, rel=1e-9, abs=1e-6)


place = st.tuples(st.integers(5, 395), st.integers(5, 395), st.integers(5, 80), fields)


def toy_with(places):
    layer = gpd.GeoDataFrame(
        {
            "camera_id": [f"c{n}" for n in range(len(places))],
            "kind": "fixed",
            "heading_deg": [7.0 * x for x, *_ in places],
            "range_m": [float(far) for *_, far, _ in places],
            "hfov_deg": [float(fov) for *_, fov in places],
        },
        geometry=[at(x, y) for x, y, *_ in places],
        crs=TOY_CRS,
    )
    return toy_district().with_layers(cameras=layer)


def share_rows(told):
    return told.rows[told.rows["measure"] == "camera.share_range"].reset_index(drop=True)


@settings(max_examples=8, deadline=None)
@given(st.lists(place, min_size=2, max_size=5))
def test_one_more_camera_never_lowers_coverage(places):
    few, many = measure_cameras(toy_with(places[:-1])), measure_cameras(toy_with(places))
    assert (share_rows(many)["value"] >= share_rows(few)["value"] - 1e-9).all()
    assert many.summary["depth_2_share"] >= few.summary["depth_2_share"] - 1e-9


@settings(max_examples=8, deadline=None)
@given(st.lists(place, min_size=1, max_size=5))
def test_covered_and_gap_add_up_and_the_union_is_at_most_the_sum(places):
    told = measure_cameras(toy_with(places))
    rows, total = share_rows(told), told.summary["public_area_m2"]
    covered = (rows["value"] * rows["weight"]).sum()
    assert covered + rows["shortfall"].sum() == pytest.approx(total, abs=1e-6)
    assert told.summary["seen_m2"]["range"] <= told.views["area_m2"].sum() + 1e-6
    assert told.blind_spots["area_m2"].sum() <= rows["shortfall"].sum() + 1e-6


@settings(max_examples=8, deadline=None)
@given(st.lists(place, min_size=2, max_size=5), st.randoms())
def test_the_order_of_cameras_does_not_matter(places, random):
    assume(len(set(places)) > 1)
    district = toy_with(places)
    shuffled = district["cameras"].sample(frac=1, random_state=random.randint(0, 9999))
    one = measure_cameras(district).summary
    other = measure_cameras(district.with_layers(cameras=shuffled)).summary
    assert one["seen_m2"]["range"] == pytest.approx(other["seen_m2"]["range"])
    assert one["depth_2_share"] == pytest.approx(other["depth_2_share"])
