"""Sight over lower buildings, against rays asked point by point."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.cameras.relief import Relief, draw_over
from gridmap.cameras.views import aim_at
from gridmap.cameras.walls import walls_of

FAR = 60.0


def buildings(shapes, heights, use="residential"):
    columns = {"use": [use] * len(shapes), "height_m": np.array(heights, dtype=float)}
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4548)


def over(frame, height, lines=None, fov=360.0, target=0.0):
    aims = aim_at(*np.array([[0.0], [0.0], [0.0], [fov], [FAR]]))
    band = Relief(frame, lines).at(height)
    (view,), hits = draw_over(aims, aims[:, 4:5], band, np.array([height]), target_height_m=target)
    return view, hits


def ray_sees(frame, height, point, target):
    """Slow and obvious: the sight line passes above every roof that it crosses."""
    ray = shapely.LineString([(0, 0), point])
    length = np.hypot(*point)
    for shape, roof in zip(frame.geometry, frame["height_m"], strict=True):
        part = shapely.intersection(ray, shape)
        if part.length < 1e-9:
            continue
        along = np.hypot(*shapely.get_coordinates(part).T)
        lowest = height + (target - height) * along.max() / length
        if np.isnan(roof) or roof >= height or lowest < roof or shape.covers(shapely.Point(point)):
            return False
    return True


@pytest.mark.parametrize("seed", range(5))
def test_views_over_roofs_agree_with_rays_point_by_point(seed):
    rng = np.random.default_rng(seed)
    corner, size = rng.uniform(-45, 45, (14, 2)), rng.uniform(3, 12, (14, 2))
    shapes = [shapely.box(*a, *(a + b)) for a, b in zip(corner, size, strict=True)]
    kept = [one for one in shapes if one.distance(shapely.Point(0, 0)) > 2]
    frame = buildings(kept, rng.choice([1.0, 2.5, 4.0, 12.0, np.nan], len(kept)))
    view, _ = over(frame, 6.0, target=1.5)
    edge = shapely.boundary(view.shape[0])
    for place in rng.uniform(-42, 42, (250, 2)):
        if edge.distance(shapely.Point(place)) > 0.05:
            seen = view.shape[0].covers(shapely.Point(place))
            assert seen == ray_sees(frame, 6.0, place, 1.5), place
    assert view.area_m2[0] == pytest.approx(view.shape[0].area, rel=1e-4)


def test_a_building_as_high_as_the_camera_blocks_for_good():
    tall = buildings([shapely.box(-100, 10, 100, 20)], [6.0])
    low = buildings([shapely.box(-100, 10, 100, 20)], [3.0])
    assert over(tall, 6.0, fov=90.0)[0].area_m2[0] == pytest.approx(100.0)
    # From 6 m over 3 m: the shadow of the far wall at 20 m ends at 40 m.
    beyond = np.pi * FAR**2 / 4
    strip = 2 * (40 * np.sqrt(FAR**2 - 40**2) / 2 + FAR**2 / 2 * (np.arcsin(40 / FAR) - 0))
    view = over(low, 6.0, fov=90.0)[0]
    assert 100.0 < view.area_m2[0] < beyond < strip + beyond
    assert not view.shape[0].covers(shapely.Point(0, 39.9))
    assert view.shape[0].covers(shapely.Point(0, 40.1))


def test_unknown_height_blocks_for_coverage_and_not_for_privacy():
    front, back = shapely.box(-100, 10, 100, 12), shapely.box(-100, 30, 100, 40)
    frame = buildings([front, back], [np.nan, 30.0])
    view, hits = over(frame, 5.0, fov=90.0)
    assert view.area_m2[0] == pytest.approx(100.0)
    assert view.facade_m[0] == pytest.approx(20.0 + 60.0)
    assert sorted(hits["distance_m"].round(6)) == [10.0, 30.0]


def test_known_heights_block_for_privacy_too():
    front, back = shapely.box(-100, 10, 100, 12), shapely.box(-100, 30, 100, 40)
    view, hits = over(buildings([front, back], [20.0, 30.0]), 5.0, fov=90.0)
    assert view.facade_m[0] == pytest.approx(20.0)
    assert len(hits) == 1


def test_a_low_fence_casts_a_shadow_and_a_fence_of_unknown_height_blocks():
    line = [shapely.LineString([(-100, 10), (100, 10)])]
    none = buildings([], [])
    low = gpd.GeoDataFrame({"height_m": [2.0]}, geometry=line, crs=4548)
    unknown = low.assign(height_m=np.nan)
    assert over(none, 4.0, unknown, fov=90.0)[0].area_m2[0] == pytest.approx(100.0)
    view = over(none, 4.0, low, fov=90.0)[0]
    shadow = 20.0**2 - 10.0**2
    assert view.area_m2[0] == pytest.approx(np.pi * FAR**2 / 4 - shadow, rel=1e-9)


def test_without_heights_the_walls_are_the_merged_footprints():
    shapes = [shapely.box(10, -5, 20, 5), shapely.box(20, -5, 30, 5)]
    band = Relief(buildings(shapes, [np.nan] * 2)).at(5.0)
    flat = walls_of(np.array(shapes), np.array(shapes))
    assert len(band.blocking.edges) == len(flat.edges)
    assert not len(band.firm.edges)
