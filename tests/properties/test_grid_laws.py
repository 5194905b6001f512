"""Laws of the grid, the joins and the gap register."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.coverage import find_gaps, gather
from gridmap.grid.divide import lay_hexagons, lay_squares
from gridmap.grid.join import assign_points, share_areas, share_lines, sum_into_cells
from gridmap.grid.quality import measure_tiling
from gridmap.rows import coverage_rows, judge
from gridmap.samples import TOY_CRS, at, line, toy_district
from tests.oracles.grid import area_by_cell, cell_of_point, length_by_cell

CELLS = toy_district()["cells"]
coordinate = st.integers(-10, 50).map(lambda n: n * 10.0)
places = st.tuples(coordinate, coordinate)
sizes = st.sampled_from([60.0, 75.0, 110.0, 333.3])
lays = st.sampled_from([lay_squares, lay_hexagons])


@st.composite
def grounds(draw):
    """Two to four crooked communities that share borders: a hull cut by lines."""
    corners = draw(st.lists(places, min_size=4, max_size=8, unique=True))
    hull = shapely.MultiPoint([at(x, y) for x, y in corners]).convex_hull.buffer(20)
    ground = [hull]
    for (x, y), (u, v) in draw(st.lists(st.tuples(places, places), max_size=2)):
        if (x, y) != (u, v):
            half = shapely.LineString([at(x, y), at(u, v)]).buffer(1000, single_sided=True)
            ground = [
                part
                for whole in ground
                for piece in (whole.intersection(half), whole.difference(half))
                for part in shapely.get_parts(piece)
                if part.area > 1
            ]
    codes = [f"1101010010{n:02}" for n in range(len(ground))]
    return gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=ground, crs=TOY_CRS)


@settings(max_examples=40, deadline=None)
@given(grounds(), sizes, lays)
def test_cells_tile_their_communities_whatever_their_shape(ground, size_m, lay):
    cells = lay(ground, size_m)
    found = measure_tiling(cells, ground)
    worst = found[["gap_m2", "overlap_m2", "outside_m2"]].to_numpy().max()
    assert worst < 0.01
    assert cells.area.sum() == pytest.approx(ground.area.sum(), abs=0.01)
    assert cells["cell_id"].is_unique
    assert set(cells["community_code"]) == set(ground["code"])
    assert cells.is_valid.all()


@settings(max_examples=15, deadline=None)
@given(grounds(), sizes, lays, st.randoms(use_true_random=False))
def test_the_order_of_communities_does_not_matter(ground, size_m, lay, random):
    rows = list(range(len(ground)))
    random.shuffle(rows)
    one = lay(ground, size_m).set_index("cell_id").geometry
    other = lay(ground.iloc[rows], size_m).set_index("cell_id").geometry
    assert one.index.tolist() == other.index.tolist()
    assert one.symmetric_difference(other).area.max() < 1e-3


@settings(max_examples=15, deadline=None)
@given(grounds(), st.integers(-5, 5), st.integers(-5, 5))
def test_a_shift_by_whole_cells_changes_nothing_but_the_place(ground, east, north):
    moved = ground.set_geometry(ground.translate(100 * east, 100 * north))
    one, other = lay_squares(ground, 100), lay_squares(moved, 100)
    assert one["cell_id"].tolist() == other["cell_id"].tolist()
    assert other.area.to_numpy() == pytest.approx(one.area.to_numpy(), abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.lists(places, min_size=1, max_size=20))
def test_every_point_has_the_cell_that_the_slow_way_finds(spots):
    points = gpd.GeoSeries([at(x, y) for x, y in spots], crs=TOY_CRS)
    found = assign_points(points, CELLS)
    expected = [cell_of_point(point, CELLS) for point in points]
    assert [None if pd.isna(one) else one for one in found] == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(places, min_size=2, max_size=6, unique=True))
def test_the_length_of_a_line_is_conserved(corners):
    shape = line(*corners)
    lines = gpd.GeoSeries([shapely.unary_union(shape)], crs=TOY_CRS)
    found = share_lines(lines, CELLS).set_index("cell_id")["length_m"]
    assert found.to_dict() == pytest.approx(length_by_cell(lines[0], CELLS), abs=1e-6)
    outside = lines[0].difference(CELLS.union_all()).length
    assert found.sum() + outside == pytest.approx(lines[0].length)


@settings(max_examples=40, deadline=None)
@given(grounds())
def test_areas_and_people_are_conserved(ground):
    found = share_areas(ground.geometry, CELLS)
    inside = ground.geometry.intersection(CELLS.union_all()).area
    by_row = found.groupby("row")["area_m2"].sum().reindex(ground.index, fill_value=0.0)
    assert by_row.to_numpy() == pytest.approx(inside.to_numpy(), abs=1e-6)
    first = found[found["row"] == 0].set_index("cell_id")["area_m2"]
    assert first.to_dict() == pytest.approx(area_by_cell(ground.geometry[0], CELLS), abs=1e-6)
    people = ground.assign(population=100.0)
    counted = sum_into_cells(people, CELLS, ["population"])["population"].sum()
    assert counted == pytest.approx(100 * (inside / ground.area).sum())


shares = st.lists(st.floats(0, 1), min_size=4, max_size=4)


@settings(max_examples=60, deadline=None)
@given(shares, st.permutations(range(4)))
def test_covered_and_gap_make_the_whole_and_row_order_does_not_matter(values, order):
    value = np.round(np.array(values), 3)
    weight = CELLS["population"].to_numpy()
    rows = coverage_rows(
        CELLS["cell_id"],
        "pharmacy.walk_share",
        value=value,
        required=1.0,
        status=judge(value, 1.0),
        shortfall=(1 - value) * weight,
        weight=weight,
    )
    table = gather({"services": rows.iloc[list(order)]}, CELLS)
    gaps = find_gaps(table, CELLS)
    served = float((value * weight).sum() / weight.sum())
    assert served + gaps["score"].sum() == pytest.approx(1.0)
    pd.testing.assert_frame_equal(gaps, find_gaps(gather({"services": rows}, CELLS), CELLS))
    # With one gap in each cell the rank goes by score alone; last digits decide nothing.
    assert gaps["score"].round(12).is_monotonic_decreasing


@settings(max_examples=60, deadline=None)
@given(grounds(), st.lists(places, min_size=1, max_size=20))
def test_crooked_cells_hold_the_points_that_the_slow_way_finds(ground, spots):
    cells = ground.rename(columns={"code": "cell_id"})
    points = gpd.GeoSeries([at(x, y) for x, y in spots], crs=TOY_CRS)
    expected = [cell_of_point(point, cells) for point in points]
    assert [None if pd.isna(one) else one for one in assign_points(points, cells)] == expected
