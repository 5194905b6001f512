"""Share of streets walked, whatever the direction."""

from itertools import pairwise

import pandas as pd
import pytest

from gridmap.patrol.fixes import clean_fixes
from gridmap.patrol.segments import join_segments
from gridmap.patrol.streets import (
    covered_by,
    match_streets,
    never_covered,
    street_coverage,
    street_share,
)
from gridmap.samples import TOY_CRS, line, toy_district
from tests.oracles.patrol import patrolled


def walked(roads, fixes):
    import geopandas as gpd
    import shapely

    district = patrolled(
        {"a": shapely.box(0, 0, 500, 500)}, {"s": ("u", 0.0, 9000.0, "foot")}, {"s": fixes}
    )
    segments = join_segments(clean_fixes(district["shifts"], district["fixes"]))
    layer = gpd.GeoDataFrame({"highway": "residential"}, index=range(len(roads)),
                             geometry=roads, crs=TOY_CRS)  # fmt: skip
    return street_coverage(segments[segments["valid"]], layer)


def track(*corners):
    return [(30.0 * n, x, y) for n, (x, y) in enumerate(corners)]


def test_a_walk_down_part_of_a_street_covers_that_part():
    told = walked([line((0, 0), (200, 0))], track((10, 5), (50, 5), (90, 5)))
    assert told["covered_m"].tolist() == pytest.approx([80.0])
    assert told["covered"].tolist() == [False]


def test_walking_back_covers_nothing_more():
    out = track((0, 5), (80, 5), (160, 5), (80, 5), (0, 5))
    told = walked([line((0, 0), (200, 0))], out)
    assert told["covered_m"].tolist() == pytest.approx([160.0])
    assert told["covered"].tolist() == [True]


def test_a_street_that_is_crossed_is_not_covered():
    roads = [line((0, 0), (200, 0)), line((100, -100), (100, 100))]
    told = walked(roads, track((0, 0), (100, 0), (200, 0)))
    assert told["covered_m"].tolist() == pytest.approx([200.0, 0.0])


def test_a_track_more_than_20_metres_away_is_on_another_street():
    assert walked([line((0, 0), (200, 0))], track((0, 21), (100, 21)))["covered_m"].tolist() == [0]


def test_standing_still_covers_no_street():
    assert walked([line((0, 0), (200, 0))], track((50, 0), (50, 0)))["covered_m"].tolist() == [0]


def test_a_segment_of_more_than_a_minute_matches_no_street():
    told = walked([line((0, 0), (200, 0))], [(0.0, 0, 0), (61.0, 100, 0), (91.0, 150, 0)])
    assert told["covered_m"].tolist() == pytest.approx([50.0])


def test_the_share_of_no_street_is_none():
    assert street_share(pd.DataFrame({"length_m": [], "covered_m": []})) is None
    told = street_coverage(walk_of_toy(), toy_district()["roads"].iloc[:0])
    assert told.empty


def walk_of_toy():
    toy = toy_district()
    return join_segments(clean_fixes(toy["shifts"], toy["fixes"]))


def test_the_toy_walk_covers_300_of_1600_metres():
    told = street_coverage(walk_of_toy(), toy_district()["roads"])
    assert street_share(told) == pytest.approx(0.1875)


def drawn_roads(*roads, **columns):
    import geopandas as gpd

    kinds = {"highway": "residential"} | columns
    return gpd.GeoDataFrame(kinds, index=range(len(roads)), geometry=list(roads), crs=TOY_CRS)


def moved(*corners, mode="foot", every_s=10.0):
    from gridmap.samples import EAST0, NORTH0

    rows = [
        (0, mode, n * every_s, (n + 1) * every_s, every_s, *a, *b)
        for n, (a, b) in enumerate(pairwise(corners))
    ]
    names = ["shift", "mode", "start_s", "end_s", "interval_s", "x0_m", "y0_m", "x1_m", "y1_m"]
    table = pd.DataFrame(rows, columns=names)
    for axis, shift in (("x", EAST0), ("y", NORTH0)):
        table[[f"{axis}0_m", f"{axis}1_m"]] += shift
    return table


@pytest.mark.parametrize("seed", range(8))
def test_the_nearest_streets_are_those_of_the_plain_method(seed):
    import numpy as np

    from tests.oracles.streets_nearest import street_coverage as plainly

    rng = np.random.default_rng(seed)
    streets = [line(*map(tuple, rng.uniform(0, 400, (2, 2)))) for _ in range(12)]
    track = moved(*map(tuple, rng.uniform(0, 400, (40, 2))))
    roads = drawn_roads(*streets)
    told, plain = street_coverage(track, roads), plainly(track, roads)
    assert told["covered_m"].tolist() == pytest.approx(plain["covered_m"].tolist(), abs=1e-6)
    assert told["covered_m"].sum() > 0


def test_a_track_between_two_parallel_streets_stays_on_the_one_it_came_on():
    streets = drawn_roads(line((0, 0), (200, 0)), line((0, 16), (200, 16)))
    # 1 m from the first street, but for two fixes that stray 11 m towards the second.
    track = moved(*[(10.0 * n, 11.0 if n in {10, 11} else 1.0) for n in range(21)])
    nearest = street_coverage(track, streets)["covered_m"]
    whole = street_coverage(track, streets, whole_track=True)["covered_m"]
    assert nearest[1] > 0
    assert whole.tolist() == pytest.approx([200.0, 0.0])


def test_a_real_change_of_street_is_followed_by_the_whole_track():
    streets = drawn_roads(
        line((0, 0), (100, 0)), line((100, 0), (100, 100)), line((100, 100), (200, 100))
    )
    track = moved((0, 1), (50, 1), (100, 1), (99, 50), (99, 100), (150, 101), (200, 101))
    told = street_coverage(track, streets, whole_track=True)
    assert told["covered"].tolist() == [True, True, True]


def test_a_car_covers_no_footway_and_a_walker_no_motorway():
    streets = drawn_roads(
        line((0, 0), (100, 0)), line((0, 8), (100, 8)), highway=["footway", "motorway"]
    )
    track = [(0, 2), (50, 2), (100, 2)]
    by_car = street_coverage(moved(*track, mode="car"), streets)["covered_m"]
    on_foot = street_coverage(moved(*track), streets)["covered_m"]
    assert by_car.tolist() == pytest.approx([0.0, 100.0])
    assert on_foot.tolist() == pytest.approx([100.0, 0.0])


def test_coverage_of_periods_and_streets_never_covered():
    streets = drawn_roads(line((0, 0), (100, 0)), line((0, 300), (50, 300)), name=["a", "b"])
    passes = match_streets(moved((0, 0), (50, 0), (100, 0)), streets)
    first = covered_by(passes, streets, 0.0, 10.0)
    later = covered_by(passes, streets, 10.0, 20.0)
    assert first["covered_m"].tolist() == pytest.approx([60.0, 0.0], abs=11)
    assert (first["covered_m"] + later["covered_m"])[0] == pytest.approx(100.0)
    assert never_covered(covered_by(passes, streets), streets)["name"].tolist() == ["b"]


def test_the_direction_of_a_walk_does_not_matter():
    streets = drawn_roads(line((0, 0), (100, 0)), line((100, 0), (100, 80)))
    there = [(0, 2), (50, 2), (100, 2), (101, 80)]
    for whole in (False, True):
        out, back = (
            street_coverage(moved(*corners), streets, whole_track=whole)["covered_m"].tolist()
            for corners in (there, there[::-1])
        )
        assert out == pytest.approx(back)


def chance_streets(seed):
    """Crooked, straight, branching and doubled streets of several kinds, some of two parts."""
    import geopandas as gpd
    import numpy as np
    import shapely

    rng = np.random.default_rng(seed)
    walks = rng.normal(0, 25, (60, 6, 2)).cumsum(axis=1) + rng.uniform(0, 400, (60, 1, 2))
    lines = [shapely.LineString(walk) for walk in walks.round(1)]
    grid = [line((50.0 * n, 0), (50.0 * n, 400)) for n in range(9)]
    grid += [line((0, 50.0 * n), (400, 50.0 * n)) for n in range(9)]
    two = [shapely.MultiLineString([walk[:3], walk[3:]]) for walk in walks[:5]]
    every = [*lines, *grid, grid[0], *two, line((3, 3), (3, 3))]
    kinds = rng.choice(["residential", "footway", "motorway", "primary"], len(every))
    return gpd.GeoDataFrame({"highway": kinds}, geometry=every, crs=TOY_CRS)


def chance_segments(seed, count=800):
    import numpy as np

    rng = np.random.default_rng(seed)
    places = rng.normal(0, 22, (count + 1, 2)).cumsum(axis=0) % 440 - 20
    # Half of them on whole metres, where many streets are equally near.
    places = np.where(rng.uniform(size=(count + 1, 1)) < 0.5, places.round(), places)
    start = 10.0 * np.arange(count)
    table = {"shift": 0, "start_s": start, "end_s": start + 10, "interval_s": 10.0}
    table |= {"x0_m": places[:-1, 0], "y0_m": places[:-1, 1]}
    table |= {"x1_m": places[1:, 0], "y1_m": places[1:, 1]}
    return pd.DataFrame(table | {"mode": rng.choice(["foot", "car", "bike"], count)})


@pytest.mark.parametrize("seed", range(3))
def test_compiled_loops_lay_tracks_on_the_streets_that_the_tree_finds(seed, monkeypatch):
    pytest.importorskip("numba")
    from gridmap.patrol import order

    segments, roads = chance_segments(seed), chance_streets(seed)
    tree = match_streets(segments, roads)
    monkeypatch.setattr(order, "WORTH_SWEEPING", 1)
    swept = match_streets(segments, roads)
    assert len(tree) > 500
    assert tree["road"].tolist() == swept["road"].tolist()
    pd.testing.assert_frame_equal(tree, swept, rtol=0, atol=1e-8)
