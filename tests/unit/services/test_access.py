import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.samples import TOY_CRS, at, box, toy_district
from gridmap.services.access import line_distances, node_distances, snap, walk_distances
from gridmap.services.network import lay_network


def walk(network, homes, *groups):
    sites = [snap(network, group) for group in groups]
    node_m = node_distances(network, sites)
    return walk_distances(network, snap(network, homes), len(homes), sites, node_m)


@pytest.fixture
def streets():
    return lay_network(toy_district()["roads"])


def straight(*lines):
    frame = gpd.GeoDataFrame(
        {"highway": ["footway"] * len(lines)}, geometry=list(lines), crs=TOY_CRS
    )
    return lay_network(frame)


HOMES = [at(40, 340), at(340, 340), at(150, 50), at(250, 150)]


def test_walks_of_the_drawing_are_those_on_paper(streets):
    # legs 40, 40, 50, 50 m; the rest along the four streets
    found = walk(streets, HOMES, [at(100, 300)], [at(300, 100)])
    assert found.tolist() == [[100, 280, 300, 400], [500, 280, 200, 100]]


def test_the_nearest_of_several_sites_counts(streets):
    found = walk(streets, HOMES, [at(100, 300), at(300, 100)])
    assert found.tolist() == [[100, 280, 200, 100]]


def test_two_points_on_one_edge_are_measured_along_it(streets):
    assert walk(streets, [at(150, 110)], [at(180, 95)]).tolist() == [[10 + 30 + 5]]


def test_a_detour_round_the_block_is_never_shorter_than_the_edge_itself():
    # a long edge whose ends are joined by a short cut of other streets
    bent = straight(
        shapely.LineString([(0, 0), (100, 0)]),
        shapely.LineString([(0, 0), (0, 1), (100, 1), (100, 0)]),
    )
    home, site = shapely.Point(10, -5), shapely.Point(90, -5)
    assert walk(bent, [home], [site]).tolist() == [[5 + 80 + 5]]


def test_a_home_between_two_equally_near_streets_takes_the_better_one(streets):
    # 50 m from South Street and from East Lane: both ways are tried
    assert walk(streets, [at(250, 150)], [at(300, 180)]).tolist() == [[50 + 30]]
    assert walk(streets, [at(250, 150)], [at(220, 100)]).tolist() == [[50 + 30]]


def test_a_site_exactly_on_a_crossing_costs_no_leg(streets):
    assert walk(streets, [at(100, 300)], [at(100, 300)]).tolist() == [[0.0]]


def test_people_on_an_island_of_streets_reach_nobody():
    apart = straight(
        shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(0, 500), (100, 500)])
    )
    home, site = shapely.Point(50, 490), shapely.Point(50, 10)
    assert walk(apart, [home], [site]).tolist() == [[np.inf]]


def test_a_type_without_site_is_infinitely_far(streets):
    assert np.isinf(walk(streets, HOMES, [])).all()


def test_without_streets_nobody_walks_anywhere():
    nowhere = straight()
    assert walk(nowhere, [at(0, 0)], [at(1, 1)]).tolist() == [[np.inf]]


def test_without_people_the_answer_is_empty(streets):
    assert walk(streets, [], [at(0, 0)]).shape == (1, 0)


def test_a_park_is_entered_where_a_street_runs_into_it(streets):
    # North Street crosses x = 180 … 220: from x = 40 the park begins 140 m away
    park = box(180, 280, 220, 320)
    assert walk(streets, [at(40, 340)], [park]).tolist() == [[40 + 140]]
    assert walk(streets, [at(200, 299)], [park]).tolist() == [[1]]


def test_a_park_beside_the_street_is_left_from_its_outline(streets):
    # nearest edge is North Street, 20 m below the park; its corner x = 180 is reached first
    park = box(180, 320, 220, 360)
    snaps = snap(streets, [park])
    assert snaps.access_m.tolist() == [20.0]
    (found,) = walk(streets, [at(40, 340)], [park])[0]
    assert 40 + 140 + 20 <= found <= 40 + 180 + 20


def test_straight_lines_are_measured_to_the_outline():
    far = line_distances([box(0, 0, 10, 10), at(500, 0)], [at(40, 5), at(5, 5), at(490, 0)])
    assert far.tolist() == [30.0, 0.0, 10.0]
    assert np.isinf(line_distances([], [at(0, 0)])).all()
