import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.samples import TOY_CRS, at, box, toy_district
from gridmap.services.access import node_distances, snap
from gridmap.services.areas import STRIP_M, ReachedGround, area_shares, reached_pieces
from gridmap.services.network import lay_network

CAPS_M2 = 8 * STRIP_M**2 * np.sin(np.pi / 8)
"""Both round ends of a strip: a polygon of 16 corners."""


def lay(*lines):
    frame = gpd.GeoDataFrame(
        {"highway": ["footway"] * len(lines)}, geometry=list(lines), crs=TOY_CRS
    )
    return lay_network(frame)


def ground(network, sites, limit_m):
    snaps = snap(network, sites)
    (node_m,) = node_distances(network, [snaps])
    pieces = reached_pieces(network, snaps, node_m, limit_m)
    return pieces, ReachedGround(network).join(pieces)


def test_a_street_is_cut_where_the_distance_is_used_up():
    street = lay(shapely.LineString([(0, 0), (1000, 0)]))
    (edge, start_m, stop_m), area = ground(street, [shapely.Point(500, 10)], 110)
    assert (edge.tolist(), start_m.tolist(), stop_m.tolist()) == ([0], [400.0], [600.0])
    assert area.area == pytest.approx(200 * 2 * STRIP_M + CAPS_M2)
    assert area.bounds == pytest.approx((370, -30, 630, 30))


def test_reached_pieces_of_the_drawing_are_those_on_paper():
    network = lay_network(toy_district()["roads"])
    (_, start_m, stop_m), _ = ground(network, [at(100, 300)], 150)
    assert (stop_m - start_m).sum() == pytest.approx(100 + 150 + 100 + 150)


def test_an_edge_reached_from_both_ends_is_whole_only_if_they_meet():
    ring = lay(shapely.LineString([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]))
    for limit_m, length in ((150, 300), (190, 380), (200, 400), (900, 400)):
        (_, start_m, stop_m), _ = ground(ring, [shapely.Point(0, 0)], limit_m)
        assert (stop_m - start_m).sum() == pytest.approx(length)


def test_a_site_farther_from_the_street_than_the_limit_serves_no_ground():
    street = lay(shapely.LineString([(0, 0), (1000, 0)]))
    _, area = ground(street, [shapely.Point(500, 200)], 150)
    assert area.is_empty


def test_joining_by_branches_gives_the_same_as_joining_at_once():
    rng = np.random.default_rng(7)
    corners = rng.uniform(0, 900, (300, 2))
    tree = shapely.delaunay_triangles(shapely.multipoints(corners), only_edges=True)
    network = lay(*shapely.get_parts(tree))
    remembered = ReachedGround(network)
    snaps = snap(network, [shapely.Point(450, 450), shapely.Point(100, 800)])
    (node_m,) = node_distances(network, [snaps])
    for limit_m in (120, 300, 700, 5000, 120):
        edge, start_m, stop_m = reached_pieces(network, snaps, node_m, limit_m)
        lines = [
            shapely.ops.substring(network.edges[e], a, b)
            for e, a, b in zip(edge, start_m, stop_m, strict=True)
        ]
        at_once = shapely.union_all(shapely.buffer(lines, STRIP_M, quad_segs=4))
        joined = remembered.join((edge, start_m, stop_m))
        assert joined.is_valid
        assert joined.symmetric_difference(at_once).area < 1e-3


def test_shares_of_cells_do_not_depend_on_how_the_area_is_halved():
    wavy = shapely.union_all(
        [shapely.Point(x, y).buffer(30, 64) for x in range(0, 400, 50) for y in range(0, 400, 50)]
    )
    cells = np.array(
        [shapely.box(x, y, x + 70, y + 70) for x in range(0, 420, 70) for y in range(0, 420, 70)]
    )
    assert shapely.get_num_coordinates(wavy) > 2000
    direct = shapely.area(shapely.intersection(cells, wavy)) / 4900
    assert area_shares(wavy, cells) == pytest.approx(direct, abs=1e-9)


def test_an_empty_area_covers_nothing():
    assert area_shares(shapely.Polygon(), np.array([box(0, 0, 1, 1)])).tolist() == [0.0]
