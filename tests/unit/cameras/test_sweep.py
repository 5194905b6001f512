"""The compiled sweep: against the plain method, with a heap, without numba, and at planes."""

import importlib.util
import sys

import numpy as np
import pytest
import shapely
import shapely.affinity

from gridmap import compiled
from gridmap.cameras import sweep as loops
from gridmap.cameras.views import aim_at, draw_views, home_hits, look, reach, sweep
from gridmap.cameras.walls import local_edges, walls_of
from tests.oracles.cameras_plain import plain_look

RNG = np.random.default_rng(7)


def town(count=60, span=70, seed=3):
    rng = np.random.default_rng(seed)
    corner, size = rng.uniform(-span, span, (count, 2)), rng.uniform(2, 14, (count, 2))
    boxes = [shapely.box(*a, *(a + b)) for a, b in zip(corner, size, strict=True)]
    turned = [
        shapely.affinity.rotate(one, a)
        for one, a in zip(boxes, rng.uniform(0, 90, count), strict=True)
    ]
    kept = np.array([one for one in turned if one.distance(shapely.Point(0, 0)) > 1], dtype=object)
    return walls_of(kept, kept[::2])


def aims_of(count, fov, far, seed=5):
    rng = np.random.default_rng(seed)
    one = np.ones(count)
    return aim_at(rng.uniform(-0.5, 0.5, count), rng.uniform(-0.5, 0.5, count),
                  rng.uniform(-720, 720, count), fov * one, far * one)  # fmt: skip


@pytest.mark.parametrize("fov", [3.0, 47.0, 90.0, 180.0, 271.0, 359.0, 360.0])
@pytest.mark.parametrize("seed", range(4))
def test_all_cameras_at_once_see_what_the_plain_method_sees_one_by_one(fov, seed):
    walls, aims = town(seed=seed), aims_of(8, fov, 60.0, seed)
    (views,), hits = draw_views(aims, aims[:, 4:5], walls)
    for n, (x, y, first, width, far) in enumerate(aims):
        heading = 90 - np.degrees(first + width / 2)
        plain = plain_look(
            walls.edges, walls.home, x_m=x, y_m=y, heading_deg=heading, hfov_deg=fov, range_m=far
        )
        assert views.area_m2[n] == pytest.approx(plain.area_m2, rel=1e-9)
        assert views.facade_m[n] == pytest.approx(plain.facade_m, rel=1e-7, abs=1e-7)
        assert views.facade_home_m[n] == pytest.approx(plain.facade_home_m, rel=1e-7, abs=1e-7)
        mine = hits.loc[hits["row"] == n, "facade_m"].sum()
        assert mine == pytest.approx(plain.facade_home_m, rel=1e-7, abs=1e-7)


def test_a_heap_finds_the_same_walls_as_a_list():
    walls, aims = town(400, 120), aims_of(20, 360.0, 150.0)
    near = local_edges(aims, walls)
    by_list = sweep(walls.edges, walls.home, near, aims, sided=True)
    by_heap = sweep(walls.edges, walls.home, near, aims, sided=True, heap_from=0)
    assert by_list.wall.tolist() == by_heap.wall.tolist()
    assert by_list.bounds.tolist() == by_heap.bounds.tolist()


def test_seeing_walls_from_one_side_changes_nothing_outside_of_buildings():
    walls, aims = town(), aims_of(10, 200.0, 60.0)
    near = local_edges(aims, walls)
    one, both = (
        reach(sweep(walls.edges, walls.home, near, aims, sided=side), aims[:, 4])
        for side in (True, False)
    )
    assert one.area_m2 == pytest.approx(both.area_m2, rel=1e-12)


def without_numba(name, monkeypatch):
    """A fresh copy of a module of loops, made as if numba were not installed."""
    monkeypatch.setitem(sys.modules, "numba", None)
    origin = importlib.util.find_spec(f"gridmap.cameras.{name}").origin
    spec = importlib.util.spec_from_file_location(f"plain_{name}", origin)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_with_and_without_numba_answers_are_identical(monkeypatch):
    pytest.importorskip("numba")
    walls, aims = town(), aims_of(6, 300.0, 60.0)
    near = local_edges(aims, walls)
    monkeypatch.setattr("gridmap.compiled.WORTH_COMPILING", 0)
    fast = sweep(walls.edges, walls.home, near, aims, sided=True)
    plain = without_numba("sweep", monkeypatch)
    assert not hasattr(plain.sweep_all, "py_func")
    assert hasattr(loops.sweep_all, "py_func")
    for heap_from in (0, 2000):
        ends, bounds, poles, wall = plain.sweep_all(walls.edges, *near, aims, True, heap_from)
        assert ends.tolist() == fast.ends.tolist()
        assert wall.tolist() == fast.wall.tolist()
        assert np.array_equal(bounds, fast.bounds)
        assert np.array_equal(poles, fast.poles)
    told = reach(fast, aims[:, 4])
    slow = without_numba("reach", monkeypatch).reach_all(
        fast.ends, fast.bounds, fast.poles, fast.wall, fast.home, aims, aims[:, 4].copy(),
        np.zeros((len(aims), 2)), np.radians(1.0),
    )  # fmt: skip
    assert np.array_equal(slow[2], np.column_stack(told[1:]))


def test_little_work_waits_for_no_compiler_unless_it_is_there_already(monkeypatch):
    pytest.importorskip("numba")
    name, enough = "gridmap.cameras.sweep", compiled.WORTH_COMPILING
    assert hasattr(compiled.loops(name, 0).sweep_all, "py_func")
    monkeypatch.delitem(sys.modules, name)
    assert not hasattr(compiled.loops(name, enough - 1).sweep_all, "py_func")
    assert hasattr(compiled.loops(name, enough).sweep_all, "py_func")


def test_a_nearer_range_from_the_same_sweep_is_that_of_its_own_sweep():
    walls, far = town(), aims_of(10, 120.0, 60.0)
    near = far.copy()
    near[:, 4] = 23.0
    both, _ = draw_views(far, np.column_stack([far[:, 4], near[:, 4]]), walls)
    (own,), _ = draw_views(near, near[:, 4:5], walls)
    assert both[1].area_m2 == pytest.approx(own.area_m2, rel=1e-9)
    assert both[1].facade_m == pytest.approx(own.facade_m, rel=1e-7, abs=1e-7)


def test_a_plane_is_a_triangle_on_open_ground_and_27_percent_larger_than_the_arc_at_90_degrees():
    none = np.empty((0, 4)), np.empty(0, dtype=bool)
    aim = {"x_m": 0.0, "y_m": 0.0, "heading_deg": 30.0, "hfov_deg": 90.0, "range_m": 20.0}
    plane, arc = look(*none, **aim, plane=True), look(*none, **aim)
    assert plane.area_m2 == pytest.approx(400.0)
    assert plane.shape.area == pytest.approx(400.0)
    assert plane.area_m2 / arc.area_m2 == pytest.approx(4 / np.pi)


@pytest.mark.parametrize("seed", range(6))
def test_a_plane_is_the_arc_of_its_corners_cut_at_the_plane(seed):
    walls = town(seed=seed)
    aim = {"x_m": 0.0, "y_m": 0.0, "heading_deg": 0.0, "hfov_deg": 100.0}
    plane = look(walls.edges, walls.home, **aim, range_m=30.0, plane=True)
    corner = look(walls.edges, walls.home, **aim, range_m=30.0 / np.cos(np.radians(50)))
    assert plane.area_m2 == pytest.approx(
        shapely.intersection(corner.shape, shapely.box(-99, 0, 99, 30)).area, rel=1e-9
    )


def test_homes_are_hit_under_the_bearings_at_which_they_stand():
    house = np.array([shapely.box(10, -5, 20, 5)])
    walls = walls_of(house, house)
    aims = aim_at(*np.array([[0.0], [0.0], [90.0], [120.0], [50.0]]))
    hits = home_hits(sweep(walls.edges, walls.home, local_edges(aims, walls), aims, sided=True))
    half = np.degrees(np.arctan(0.5))
    assert hits[["from_deg", "to_deg", "distance_m", "facade_m"]].to_numpy() == pytest.approx(
        np.array([[90 - half, 90 + half, 10.0, 10.0]])
    )


def test_rings_that_touch_or_cross_themselves_are_made_valid_first():
    eight = shapely.Polygon([(10, -5), (20, 5), (20, -5), (10, 5)])
    walls = walls_of(np.array([eight]), np.empty(0, dtype=object))
    view = look(
        walls.edges, walls.home, x_m=0.0, y_m=0.0, heading_deg=90.0, hfov_deg=170.0, range_m=40.0
    )
    assert shapely.is_valid(view.shape)
    assert shapely.intersection(view.shape, shapely.make_valid(eight)).area < 1e-6


def test_a_free_standing_wall_blocks_from_both_sides():
    fence = np.array([shapely.LineString([(-50, 10), (50, 10)])])
    walls = walls_of(np.empty(0, dtype=object), np.empty(0, dtype=object), fence)
    for y, heading in ((0.0, 0.0), (20.0, 180.0)):
        aims = aim_at(*np.array([[0.0], [y], [heading], [90.0], [40.0]]))
        (views,), _ = draw_views(aims, aims[:, 4:5], walls)
        assert views.area_m2 == pytest.approx([100.0])
