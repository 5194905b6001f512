"""Laws of grid quality: what turning, moving, scaling and sorting may not change."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from gridmap.grid.balance import measure_balance
from gridmap.grid.boundary import length_along, metres_inside
from gridmap.grid.principles import compactness
from tests.oracles import grid_quality as oracle

metres = st.floats(-500, 500, allow_nan=False, width=32)
spots = st.tuples(metres, metres)
loads = st.lists(st.floats(0, 5000, allow_nan=False), min_size=2, max_size=12).filter(
    lambda told: sum(told) > 1
)


@st.composite
def cells_and_ways(draw):
    hull = shapely.MultiPoint(draw(st.lists(spots, min_size=4, max_size=9))).convex_hull
    if hull.geom_type != "Polygon" or hull.area < 100:
        hull = shapely.box(0, 0, 100, 100)
    pairs = draw(st.lists(st.tuples(spots, spots), min_size=1, max_size=5))
    ways = [shapely.LineString(pair) for pair in pairs if pair[0] != pair[1]]
    return hull, ways or [shapely.LineString([(0, 0), (9, 9)])]


def frame(*shapes):
    return gpd.GeoDataFrame({"cell_id": list(map(str, range(len(shapes))))}, geometry=list(shapes))


@given(cells_and_ways(), st.floats(0, 360), st.floats(0.1, 50))
def test_compactness_knows_neither_size_nor_direction(drawn, turned, scaled):
    cell = drawn[0]
    other = affinity.rotate(affinity.scale(cell, scaled, scaled), turned)
    found = compactness(gpd.GeoSeries([cell, other]))
    assert found.iloc[1] == pytest.approx(found.iloc[0], rel=1e-6)
    assert 0 < found.iloc[0] <= 1
    assert found.iloc[0] == pytest.approx(oracle.compactness(cell))


@settings(max_examples=60)
@given(cells_and_ways(), st.floats(0, 360), metres, metres)
def test_turning_and_moving_all_changes_no_length(drawn, turned, right, up):
    def moved(shape):
        return affinity.translate(affinity.rotate(shape, turned, origin=(0, 0)), right, up)

    cell, ways = drawn
    # An angle of exactly 30° may fall to either side of the limit once it is turned.
    told = {"angle_deg": 29.9871}
    here = length_along(frame(cell), np.array(ways), **told).iloc[0]
    there = length_along(frame(moved(cell)), np.array([moved(w) for w in ways]), **told).iloc[0]
    assert there == pytest.approx(here, abs=1e-3)
    inside = metres_inside(frame(cell), np.array(ways)).iloc[0]
    turned_m = metres_inside(frame(moved(cell)), np.array([moved(w) for w in ways])).iloc[0]
    assert turned_m == pytest.approx(inside, abs=1e-3)


@settings(max_examples=60)
@given(cells_and_ways())
def test_one_more_street_never_takes_ground_away_and_order_does_not_matter(drawn):
    cell, ways = drawn
    grid = frame(cell)
    every = length_along(grid, np.array(ways)).iloc[0]
    assert length_along(grid, np.array(ways[1:], dtype=object)).iloc[0] <= every + 1e-6
    assert length_along(grid, np.array(ways[::-1])).iloc[0] == pytest.approx(every, abs=1e-6)
    assert 0 <= every <= cell.length + 1e-6


@given(cells_and_ways())
def test_a_border_follows_itself_all_the_way(drawn):
    cell = drawn[0]
    assert length_along(frame(cell), np.array([cell.exterior])).iloc[0] == pytest.approx(
        cell.length
    )


@settings(max_examples=60)
@given(cells_and_ways(), st.floats(1, 60))
def test_what_lies_deeper_inside_is_never_more(drawn, depth):
    cell, ways = drawn
    deep = metres_inside(frame(cell), np.array(ways), deeper_than_m=depth).iloc[0]
    flat = metres_inside(frame(cell), np.array(ways), deeper_than_m=0.0).iloc[0]
    assert deep <= flat + 1e-6
    assert flat <= sum(way.length for way in ways) + 1e-6


@given(loads, st.floats(0.01, 100))
def test_balance_knows_neither_order_nor_unit(told, times):
    here = measure_balance(pd.DataFrame({"load": told})).loc["load"]
    there = measure_balance(pd.DataFrame({"load": [one * times for one in told[::-1]]})).loc["load"]
    for name in ("cv", "max_to_mean", "gini"):
        assert there[name] == pytest.approx(here[name], abs=1e-9)
    assert here["gini"] == pytest.approx(oracle.gini(told), abs=1e-9)
    assert 0 <= here["gini"] <= 1 - 1 / len(told) + 1e-9
