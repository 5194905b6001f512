"""View polygons against closed forms, shadows cut out by hand, and single points."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.affinity

from gridmap.cameras.views import look
from gridmap.cameras.walls import merge_walls, stand_outside
from tests.oracles.cameras import sees, shadow_view

NO_WALLS = np.empty((0, 4))
NO_HOMES = np.empty(0, dtype=bool)


def walls_of(*shapes, use="residential"):
    layer = gpd.GeoDataFrame(geometry=list(shapes), crs=4548)
    return merge_walls(layer.assign(use=pd.Series(use, index=layer.index, dtype="str")))


def view(walls, place=(0.0, 0.0), heading=0.0, fov=360.0, far=50.0):
    aim = {"x_m": place[0], "y_m": place[1], "heading_deg": heading, "hfov_deg": fov}
    return look(walls.edges, walls.home, **aim, range_m=far)


@pytest.mark.parametrize("fov", [1.0, 90.0, 180.0, 270.0, 359.0, 360.0])
def test_open_ground_is_a_sector(fov):
    seen = look(NO_WALLS, NO_HOMES, x_m=3, y_m=4, heading_deg=20, hfov_deg=fov, range_m=30)
    assert seen.area_m2 == pytest.approx(np.pi * 30**2 * fov / 360, rel=1e-12)
    assert 0 <= 1 - seen.shape.area / seen.area_m2 < 5.2e-5
    assert seen.facade_m == 0.0


def test_a_field_beyond_full_circle_sees_no_more_than_all_round():
    wide = look(NO_WALLS, NO_HOMES, x_m=0, y_m=0, heading_deg=0, hfov_deg=725, range_m=10)
    assert wide.area_m2 == pytest.approx(np.pi * 100)


@pytest.mark.parametrize("heading", [0.0, 360.0, -360.0, 720.0])
def test_bearing_zero_is_north_and_wraps(heading):
    seen = look(NO_WALLS, NO_HOMES, x_m=0, y_m=0, heading_deg=heading, hfov_deg=60, range_m=10)
    assert seen.shape.covers(shapely.Point(0, 9))
    assert seen.shape.covers(shapely.Point(-3, 8))
    assert not seen.shape.covers(shapely.Point(0, -1))


@pytest.mark.parametrize(("heading", "east", "north"), [(90, 9, 0), (180, 0, -9), (270, -9, 0)])
def test_bearings_run_clockwise_from_north(heading, east, north):
    seen = look(NO_WALLS, NO_HOMES, x_m=0, y_m=0, heading_deg=heading, hfov_deg=60, range_m=10)
    assert seen.shape.covers(shapely.Point(east, north))


def test_a_camera_facing_a_wall_sees_a_triangle():
    seen = view(walls_of(shapely.box(-100, 10, 100, 20)), heading=0, fov=90)
    assert seen.area_m2 == pytest.approx(100.0, rel=1e-12)
    assert seen.shape.area == pytest.approx(100.0, rel=1e-9)
    assert (seen.facade_m, seen.facade_home_m) == pytest.approx((20.0, 20.0))


def test_a_camera_behind_a_wall_sees_nothing_beyond_it():
    seen = view(walls_of(shapely.box(-100, 10, 100, 20)), heading=0, fov=90)
    assert not seen.shape.intersects(shapely.box(-50, 11, 50, 50))


def test_a_camera_in_a_courtyard_sees_the_courtyard_and_no_more():
    ring = shapely.box(-30, -30, 30, 30) - shapely.box(-10, -10, 10, 10)
    seen = view(walls_of(ring), place=(2.0, 3.0))
    assert seen.area_m2 == pytest.approx(400.0)
    assert seen.facade_m == pytest.approx(80.0)


def test_a_street_between_two_rows_is_seen_to_the_end_of_range():
    rows = walls_of(shapely.box(-200, 5, 200, 15), shapely.box(-200, -15, 200, -5))
    half = np.arcsin(5 / 50)
    by_hand = 2 * (50**2 * half) + 2 * (5 * 50 * np.cos(half))
    assert view(rows).area_m2 == pytest.approx(by_hand, rel=1e-12)


def test_buildings_that_overlap_block_as_one():
    apart = walls_of(shapely.box(-10, 10, 5, 20), shapely.box(0, 10, 10, 20))
    together = walls_of(shapely.box(-10, 10, 10, 20))
    assert view(apart).area_m2 == pytest.approx(view(together).area_m2, rel=1e-12)


def test_the_wall_of_an_office_is_no_home():
    seen = view(walls_of(shapely.box(-100, 10, 100, 20), use="office"), fov=90)
    assert (round(seen.facade_m, 9), seen.facade_home_m) == (20.0, 0.0)


def test_a_camera_on_a_wall_looks_away_from_it():
    walls = walls_of(shapely.box(-100, -10, 100, 0))
    told = stand_outside(cameras_at((0, 0)), walls)
    assert told["inside"].tolist() == [False]
    seen = view(walls, place=(told["x_m"][0], told["y_m"][0]), far=20.0)
    assert seen.area_m2 == pytest.approx(np.pi * 200, rel=2e-3)


def test_a_camera_a_hair_outside_its_wall_does_not_look_through_it():
    walls = walls_of(shapely.box(-100, -10, 100, 0))
    told = stand_outside(cameras_at((0, 1e-10)), walls)
    seen = view(walls, place=(told["x_m"][0], told["y_m"][0]), far=20.0)
    assert not seen.shape.intersects(shapely.box(-50, -50, 50, -0.01))


def test_a_canopy_has_no_walls():
    roof = walls_of(shapely.box(-10, 10, 10, 20), use="roof")
    assert view(roof).area_m2 == pytest.approx(np.pi * 2500)


def test_a_camera_just_inside_a_wall_is_moved_to_its_front():
    walls = walls_of(shapely.box(-100, -10, 100, 0))
    told = stand_outside(cameras_at((0, -1.5), (0, -4), (0, 3)), walls)
    assert told["inside"].tolist() == [False, True, False]
    assert told["y_m"].tolist() == pytest.approx([0.01, -4, 3])


def test_a_camera_at_the_corner_of_a_building_finds_the_open_side():
    walls = walls_of(shapely.box(0, 0, 10, 10))
    told = stand_outside(cameras_at((0, 0), (10, 10)), walls)
    assert told["inside"].tolist() == [False, False]
    assert not shapely.intersects(walls.blocks[0], shapely.points(told[["x_m", "y_m"]])).any()


def cameras_at(*places):
    return pd.DataFrame(np.array(places, dtype=float), columns=["x_m", "y_m"])


def town(seed, count=25):
    rng = np.random.default_rng(seed)
    corner, size = rng.uniform(-60, 60, (count, 2)), rng.uniform(3, 20, (count, 2))
    boxes = [shapely.box(*a, *(a + b)) for a, b in zip(corner, size, strict=True)]
    turned = [
        shapely.affinity.rotate(one, angle, origin=(0, 0))
        for one, angle in zip(boxes, rng.uniform(0, 360, count), strict=True)
    ]
    open_ground = shapely.Point(0, 0).buffer(3)
    return [one for one in turned if not one.intersects(open_ground)], rng


@pytest.mark.parametrize("seed", range(12))
def test_views_agree_with_shadows_cut_out_of_the_sector(seed):
    shapes, rng = town(seed)
    walls = walls_of(*shapes)
    heading, fov = rng.uniform(-400, 400), rng.choice([20.0, 90.0, 200.0, 360.0])
    seen = view(walls, heading=heading, fov=fov)
    slow = shadow_view(shapely.union_all(shapes), (0, 0), heading, fov, 50.0)
    assert seen.area_m2 == pytest.approx(slow.area, rel=1e-5)
    assert shapely.symmetric_difference(seen.shape, slow).area < 1e-4 * slow.area + 0.01


@pytest.mark.parametrize("seed", range(4))
def test_views_agree_point_by_point(seed):
    shapes, rng = town(seed + 100)
    blocks = shapely.union_all(shapes)
    seen = view(walls_of(*shapes), heading=30.0, fov=250.0)
    for place in rng.uniform(-50, 50, (400, 2)):
        point = shapely.Point(place)
        if seen.shape.boundary.distance(point) > 0.02:
            assert seen.shape.covers(point) == sees(blocks, (0, 0), 30.0, 250.0, 50.0, place)


def test_facade_seen_is_the_length_of_the_view_along_walls():
    shapes, _ = town(5)
    walls = walls_of(*shapes)
    seen = view(walls)
    along = shapely.intersection(
        seen.shape.boundary, shapely.buffer(shapely.union_all(walls.blocks).boundary, 1e-6)
    )
    assert seen.facade_m == pytest.approx(along.length, rel=1e-3)
    assert seen.facade_home_m == pytest.approx(seen.facade_m)


def test_walls_of_homes_and_offices_stay_apart_where_they_touch():
    walls = merge_walls(
        gpd.GeoDataFrame(
            {"use": ["house", "office", None]},
            geometry=[shapely.box(0, 0, 10, 10), shapely.box(10, 0, 30, 10),
                      shapely.box(50, 50, 60, 60)],
            crs=4548,
        )
    )  # fmt: skip
    length = np.hypot(walls.edges[:, 2] - walls.edges[:, 0], walls.edges[:, 3] - walls.edges[:, 1])
    assert length[walls.home].sum() == pytest.approx(30.0)
    assert length.sum() == pytest.approx(120.0)


def test_no_building_is_no_wall():
    walls = walls_of()
    assert (len(walls.edges), len(walls.blocks)) == (0, 0)
    assert stand_outside(cameras_at((0, 0)), walls)["inside"].tolist() == [False]
