import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.errors import CRSError
from gridmap.grid.join import assign_points, share_areas, share_lines, sum_into_cells
from gridmap.samples import TOY_CRS, at, box, line, toy_district
from tests.oracles.grid import area_by_cell, cell_of_point, length_by_cell

CELLS = toy_district()["cells"]


def series(*shapes):
    return gpd.GeoSeries(list(shapes), crs=TOY_CRS)


def test_a_point_on_a_shared_border_belongs_to_exactly_one_cell_the_first():
    found = assign_points(series(at(200, 300), at(200, 200), at(400, 400)), CELLS)
    assert found.tolist() == ["nw", "nw", "ne"]


def test_a_point_outside_or_empty_belongs_to_no_cell():
    found = assign_points(series(at(401, 0), shapely.Point()), CELLS)
    assert found.isna().all()


def test_no_points_and_no_cells_are_fine():
    assert assign_points(series(), CELLS).empty
    assert assign_points(series(at(1, 1)), CELLS.iloc[:0]).isna().all()


def test_the_index_of_the_points_is_kept():
    points = series(at(300, 300)).set_axis(["here"])
    assert assign_points(points, CELLS).to_dict() == {"here": "ne"}


def test_a_line_along_a_shared_border_counts_once():
    found = share_lines(series(line((200, 0), (200, 400))), CELLS)
    assert found["length_m"].sum() == 400
    assert found["cell_id"].tolist() == ["nw", "sw"]


def test_a_line_along_a_border_that_also_leaves_the_grid_counts_once():
    found = share_lines(series(line((200, -300), (200, 50))), CELLS)
    assert found[["cell_id", "length_m"]].values.tolist() == [["sw", 50.0]]


def test_a_line_that_touches_a_cell_in_a_point_has_no_row_there():
    assert share_lines(series(line((-10, 410), (0, 400))), CELLS).empty


def test_ground_in_two_overlapping_cells_counts_once():
    cells = gpd.GeoDataFrame(
        {"cell_id": ["a", "b"]}, geometry=[box(0, 0, 100, 100), box(50, 0, 150, 100)], crs=TOY_CRS
    )
    found = share_areas(series(box(0, 0, 300, 100)), cells)
    assert found["area_m2"].tolist() == [10_000.0, 5_000.0]
    assert found["share"].sum() == pytest.approx(0.5)


def test_people_of_a_square_are_shared_by_area_and_a_point_gives_all():
    rows = gpd.GeoDataFrame(
        {"population": [100.0, 7.0], "households": [np.nan, np.nan]},
        geometry=[box(150, 300, 250, 350), at(200, 200)],
        crs=TOY_CRS,
    )
    found = sum_into_cells(rows, CELLS, ["population", "households"])
    assert found["population"].tolist() == [57.0, 50.0, 0.0, 0.0]
    assert found["households"].isna().all()


def test_a_cell_touched_only_by_a_row_without_a_figure_stays_empty():
    rows = gpd.GeoDataFrame(
        {"population": [np.nan, 5.0]}, geometry=[at(10, 10), at(390, 390)], crs=TOY_CRS
    )
    found = sum_into_cells(rows, CELLS, ["population"])["population"]
    assert found.isna().to_dict() == {"nw": False, "ne": False, "sw": True, "se": False}


def test_two_crs_are_refused():
    with pytest.raises(CRSError, match="one CRS"):
        assign_points(series(at(0, 0)).to_crs(4326), CELLS)


def test_joins_agree_with_one_cell_after_the_other():
    rng = np.random.default_rng(3)
    spots = rng.integers(-4, 14, size=(200, 2)) * 40.0
    points = series(*[at(x, y) for x, y in spots])
    assert assign_points(points, CELLS).astype(object).where(
        lambda s: s.notna(), None
    ).tolist() == [cell_of_point(point, CELLS) for point in points]
    # Corners on the lattice put many stretches on shared borders.
    lines = series(*[line(*spots[n : n + 4]) for n in range(0, 120, 4)])
    _agree(share_lines(lines, CELLS), "length_m", lines, length_by_cell)
    areas = series(*[box(x, y, x + 90, y + 130) for x, y in spots[:40]])
    _agree(share_areas(areas, CELLS), "area_m2", areas, area_by_cell)


def _agree(found: pd.DataFrame, column: str, shapes, oracle) -> None:
    for row, shape in shapes.items():
        mine = found[found["row"] == row].set_index("cell_id")[column].to_dict()
        assert mine == pytest.approx(oracle(shape, CELLS))


def test_cells_far_apart_and_of_very_different_size_hold_their_points():
    cells = gpd.GeoDataFrame(
        {"cell_id": ["tiny", "huge", "far", "none"]},
        geometry=[
            box(0, 0, 1, 1),
            box(-5000, -5000, 5000, 5000),
            box(9e5, 0, 9e5 + 1, 1),
            shapely.Polygon(),
        ],
        crs=TOY_CRS,
    )
    points = series(at(0.5, 0.5), at(1.5, 0.5), at(9e5 + 1, 1), at(5e5, 0))
    assert assign_points(points, cells).fillna("").tolist() == ["tiny", "huge", "far", ""]
