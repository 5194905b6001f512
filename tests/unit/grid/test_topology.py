"""Shared borders: hand-drawn tilings with numbers from paper."""

import geopandas as gpd
import pytest
import shapely

from gridmap.errors import InputError
from gridmap.grid import reshape
from gridmap.grid.topology import build_topology


def tiling_of(shapes, community=None):
    """Cells a, b, c … of one community unless said otherwise."""
    names = [chr(97 + n) for n in range(len(shapes))]
    frame = {"cell_id": names, "community_code": community or ["x"] * len(shapes)}
    return build_topology(gpd.GeoDataFrame(frame, geometry=list(shapes), crs=4548))


def areas(tiling):
    return {cell: round(shape.area, 6) for cell, shape in sorted(tiling.shapes.items())}


def do(tiling, edit, *told):
    with tiling.edit() as step:
        edit(tiling, *told)
    return step


THREE = (shapely.box(0, 0, 20, 10), shapely.box(0, 10, 10, 20), shapely.box(10, 10, 20, 20))


def test_a_corner_on_the_side_of_a_neighbour_is_a_vertex_of_both():
    tiling = tiling_of(THREE)
    assert {arc.cells for arc in tiling.arcs()} == {("a", "b"), ("a", "c"), ("b", "c")}
    do(tiling, reshape.move_vertex, (10, 10), (12, 8))
    assert areas(tiling) == {"a": 180.0, "b": 120.0, "c": 100.0}


def test_corners_a_centimetre_apart_are_one():
    tiling = tiling_of([shapely.box(0, 0, 10, 10), shapely.box(10.01, 0.005, 20, 10)])
    assert len(tiling.arcs()) == 1
    step = do(tiling, reshape.insert_vertex, (10, 5), (12, 5))
    assert step.touched == ("a", "b")
    assert sum(areas(tiling).values()) == pytest.approx(200, abs=0.2)


@pytest.mark.parametrize(
    ("at", "to", "reason"),
    [
        ((0, 0), (1, 1), "fixed"),
        ((10, 10), (30, 10), "outside community"),
        ((10, 10), (-5, 10), "outside community"),
        ((3, 3), (4, 4), "No corner"),
        ((10, 10), (10, 20), "on another corner"),
    ],
)
def test_what_would_break_the_tiling_is_refused_and_nothing_changes(at, to, reason):
    tiling = tiling_of(THREE)
    before = dict(tiling.shapes)
    with pytest.raises(InputError, match=reason):
        do(tiling, reshape.move_vertex, at, to)
    assert all(tiling.shapes[cell] is shape for cell, shape in before.items())


def test_the_end_of_a_border_slides_past_a_corner_of_the_community():
    tiling = tiling_of([shapely.box(0, 0, 20, 10), shapely.box(0, 10, 20, 20)])
    do(tiling, reshape.move_vertex, (0, 10), (0, 4))
    assert areas(tiling) == {"a": 140.0, "b": 260.0}
    do(tiling, reshape.move_vertex, (0, 4), (3, -1))
    # What is left of a is the quadrilateral (3, 0), (20, 0), (20, 10): 85 m².
    assert areas(tiling) == {"a": 85.0, "b": 315.0}
    with pytest.raises(InputError, match="lies .* m from the border"):
        do(tiling, reshape.move_vertex, (3, 0), (3, -90))


def test_a_border_between_two_borders_moves_whole_with_its_ends():
    tiling = tiling_of([shapely.box(0, 0, 20, 10), shapely.box(0, 10, 20, 20)])
    do(tiling, reshape.move_arc, (10, 10), (0, 3))
    assert areas(tiling) == {"a": 260.0, "b": 140.0}


def test_the_border_of_a_community_is_fixed_from_either_side():
    tiling = tiling_of([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)], ["x", "y"])
    assert tiling.arcs() == []
    for edit, told in (
        (reshape.insert_vertex, ((10, 5), (9, 5))),
        (reshape.move_arc, ((10, 5), (1, 0))),
        (reshape.merge_cells, (["a", "b"],)),
    ):
        with pytest.raises(InputError, match="fixed|do not share"):
            do(tiling, edit, *told)


def test_an_enclave_keeps_its_hole_through_merging_and_splitting():
    hole = shapely.box(4, 4, 6, 6)
    ring = shapely.Polygon(shapely.box(0, 0, 10, 10).exterior.coords, [hole.exterior.coords])
    tiling = tiling_of([ring, hole, shapely.box(10, 0, 20, 10)])
    do(tiling, reshape.merge_cells, ["a", "c"])
    assert areas(tiling) == {"a": 196.0, "b": 4.0}
    do(tiling, reshape.split_cell, "a", [(9, -1), (9, 11)], "d")
    assert areas(tiling) == {"a": 110.0, "b": 4.0, "d": 86.0}
    assert len(tiling.shapes["d"].interiors) == 1
    do(tiling, reshape.merge_cells, ["d", "b"])
    assert areas(tiling) == {"a": 110.0, "d": 90.0}
    assert not tiling.shapes["d"].interiors


def test_a_cell_that_is_closed_all_round_by_one_other_has_one_closed_arc():
    hole = shapely.box(4, 4, 6, 6)
    ring = shapely.Polygon(shapely.box(0, 0, 10, 10).exterior.coords, [hole.exterior.coords])
    tiling = tiling_of([ring, hole])
    (arc,) = tiling.arcs()
    assert arc.vertices[0] == arc.vertices[-1]
    do(tiling, reshape.move_arc, (5, 4), (1, 1))
    assert areas(tiling) == {"a": 96.0, "b": 4.0}


def test_cells_that_overlap_along_a_border_are_named():
    with pytest.raises(InputError, match="a and b lie on the same side"):
        tiling_of([shapely.box(0, 0, 10, 10), shapely.box(0, 0, 5, 10)])


def test_two_cells_of_one_id_are_refused():
    frame = {"cell_id": ["a", "a"], "community_code": ["x", "x"]}
    cells = gpd.GeoDataFrame(frame, geometry=list(THREE[:2]), crs=4548)
    with pytest.raises(InputError, match="twice: a"):
        build_topology(cells)


@pytest.mark.parametrize("line", [[(0, 2), (0, 8)], [(10, 10), (20, 10)], [(0, 5), (5, 5), (0, 5)]])
def test_a_line_along_a_border_or_back_to_its_begin_parts_nothing(line):
    tiling = tiling_of(THREE)
    before = dict(tiling.shapes)
    with pytest.raises(InputError):
        do(tiling, reshape.split_cell, "a", line, "d")
    assert dict(tiling.shapes) == before
