"""Public space, what is seen of it, and blind spots."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.cameras.public import public_ground
from gridmap.cameras.seen import blind_spots, measure_seen

CELL = np.array([shapely.box(0, 0, 100, 100)])


def ground(roads=(), landuse=(), buildings=(), **columns):
    streets = gpd.GeoDataFrame(
        {"highway": pd.Series([kind for kind, _ in roads], dtype="str")},
        geometry=[line for _, line in roads],
        crs=4548,
    ).assign(**columns)
    land = gpd.GeoDataFrame(
        {"kind": pd.Series([kind for kind, _ in landuse], dtype="str")},
        geometry=[shape for _, shape in landuse],
        crs=4548,
    )
    told = public_ground(CELL, streets, land, np.array(list(buildings), dtype=object))
    return float(shapely.area(told)[0])


def across(y):
    return shapely.LineString([(-50, y), (150, y)])


@pytest.mark.parametrize(
    ("kind", "width"),
    [("residential", 9), ("footway", 3), ("primary_link", 8), ("corridor", 0), ("proposed", 0)],
)
def test_a_street_is_as_wide_as_its_kind(kind, width):
    assert ground([(kind, across(50))]) == pytest.approx(100 * width)


@pytest.mark.parametrize(
    "column", [{"tunnel": "yes"}, {"layer": "-1"}, {"access": "private"}, {"access": "no"}]
)
def test_streets_underground_or_private_are_not_public(column):
    assert ground([("residential", across(50))], **column) == 0.0


@pytest.mark.parametrize(
    "column", [{"tunnel": "no"}, {"tunnel": None}, {"layer": 1}, {"access": "yes"}]
)
def test_streets_above_ground_are_public(column):
    assert ground([("residential", across(50))], **column) == pytest.approx(900.0)


@pytest.mark.parametrize("kind", ["square", "park", "parking", "pedestrian"])
def test_squares_parks_and_parking_are_public(kind):
    assert ground(landuse=[(kind, shapely.box(0, 0, 20, 20))]) == pytest.approx(400.0)


def test_other_ground_is_not_public():
    assert ground(landuse=[("residential", shapely.box(0, 0, 20, 20))]) == 0.0


def test_buildings_and_private_ground_are_taken_out():
    square = [("square", shapely.box(0, 0, 20, 20)), ("private", shapely.box(0, 0, 10, 10))]
    assert ground(landuse=square, buildings=[shapely.box(15, 0, 20, 20)]) == pytest.approx(200.0)


def test_ground_that_overlaps_counts_once():
    assert ground(
        [("residential", across(50))], [("square", shapely.box(0, 40, 100, 60))]
    ) == pytest.approx(2000.0)


def seen_of(*boxes):
    views = pd.DataFrame(
        {
            "camera_id": [str(n) for n in range(len(boxes))],
            "level": "range",
            "geometry": [shapely.box(*one) for one in boxes],
        }
    )
    return measure_seen(views, ["range"], CELL)


def test_views_that_overlap_count_once_and_their_overlap_is_depth_two():
    seen = seen_of((0, 0, 60, 100), (40, 0, 100, 100), (50, 0, 55, 100))
    assert seen.level_m2["range"].tolist() == pytest.approx([10_000.0])
    assert seen.twice_m2.tolist() == pytest.approx([2000.0])


def test_no_view_sees_nothing():
    seen = seen_of()
    assert (seen.any_m2[0], seen.twice_m2[0]) == (0.0, 0.0)


def spots_of(*seen):
    return blind_spots(CELL, np.array([shapely.union_all([shapely.box(*one) for one in seen])]))


def test_all_ground_unseen_is_one_blind_spot():
    assert spots_of()["area_m2"].tolist() == pytest.approx([10_000.0], rel=1e-3)


def test_blind_spots_are_ranked_by_area():
    spots = spots_of((0, 10, 100, 70))
    assert spots["rank"].tolist() == [1.0, 2.0]
    assert spots["area_m2"].tolist() == pytest.approx([3000.0, 1000.0], rel=1e-2)


def test_a_strip_of_90_centimetres_is_no_blind_spot():
    assert spots_of((0, 0.9, 100, 100)).empty


def test_a_hole_under_4_square_metres_is_no_blind_spot():
    hole = shapely.box(0, 0, 100, 100) - shapely.box(10, 10, 11.9, 11.9)
    assert blind_spots(CELL, np.array([hole])).empty
    hole = shapely.box(0, 0, 100, 100) - shapely.box(10, 10, 12.5, 12.5)
    assert len(blind_spots(CELL, np.array([hole]))) == 1
