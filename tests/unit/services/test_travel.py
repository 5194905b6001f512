"""Other ways to move: closed ways, walls, one-way rules, speeds by kind of way, slopes."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.errors import InputError
from gridmap.samples import TOY_CRS, toy_district
from gridmap.services import measure_services
from gridmap.services.access import node_distances, snap, walk_distances
from gridmap.services.areas import reached_pieces
from gridmap.services.matrix import nearest_sites, site_distances
from gridmap.services.network import lay_network
from gridmap.services.travel import Travel, read_speeds, shipped_speeds, tobler


def roads(*lines, **columns):
    columns.setdefault("highway", ["residential"] * len(lines))
    shapes = [shapely.LineString(line) for line in lines]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=TOY_CRS)


def distance(ways, home, shop, travel=None):
    """Metres from a home to a shop, the same by every search there is."""
    network = lay_network(ways, travel)
    met, stood = (snap(network, [shapely.Point(place)]) for place in (home, shop))
    found = walk_distances(network, met, 1, [stood], node_distances(network, [stood]))[0, 0]
    _, near = nearest_sites(network, met, 1, stood, 1, 1)
    every = site_distances(network, met, 1, stood, 1, np.inf)
    assert near[0, 0] == found
    assert (every.data[0] if every.nnz else np.inf) == found
    return float(found)


def speeds(**kmh):
    rows = [("walk", kind.replace("any", "*"), one) for kind, one in kmh.items()]
    return pd.DataFrame(rows, columns=["mode", "highway", "speed_kmh"])


RING = roads([(0, 0), (100, 0)], [(100, 0), (100, 100)], [(100, 100), (0, 100)], [(0, 100), (0, 0)])


def test_a_blocked_way_is_walked_around():
    assert distance(RING, (0, 0), (100, 0)) == 100
    assert (
        distance(RING.assign(blocked=["yes", None, None, None]), (10, 0), (90, 0)) == 10 + 300 + 10
    )


def test_a_wall_stops_the_ways_on_its_level_only():
    street, bridge = [(0, 0), (200, 0)], [(0, 50), (200, 50)]
    ends = [(0, 0), (0, 50)], [(200, 0), (200, 50)]
    wall = [(100, -10), (100, 60)]
    highway = ["residential"] * 4 + ["barrier"]
    ways = roads(street, bridge, *ends, wall, highway=highway, layer=[0.0, 1.0, 0.0, 0.0, 0.0])
    assert distance(ways, (0, 0), (200, 0)) == 300
    flat = roads(street, bridge, *ends, wall, highway=highway)
    assert distance(flat, (0, 0), (200, 0)) == np.inf


def test_nobody_walks_along_a_wall():
    network = lay_network(roads([(0, 0), (100, 0)], highway=["barrier"]))
    assert len(network.edges) == 0


def test_slow_steps_count_longer_and_the_rest_stays_in_metres():
    ways = roads([(0, 0), (100, 0)], [(100, 0), (160, 0)], highway=["footway", "steps"])
    assert distance(ways, (0, 0), (160, 0), Travel(speeds=speeds(any=4.8, steps=2.4))) == 220
    assert distance(ways, (0, 0), (160, 0), Travel(speeds=speeds(any=4.8))) == 160


def test_a_kind_of_way_with_speed_zero_is_closed():
    travel = Travel(speeds=speeds(any=4.8, steps=0.0))
    ways = roads([(0, 0), (100, 0)], [(100, 0), (160, 0)], highway=["footway", "steps"])
    assert lay_network(ways, travel).length_m.sum() == 100


def test_cars_keep_to_one_way_streets_in_the_direction_of_their_line():
    once = RING.assign(oneway="yes")
    speed = Travel("drive", shipped_speeds())
    # residential: 20 km/h against the usual 30, so a metre counts one and a half
    assert distance(once, (20, 0), (80, 0), speed) == pytest.approx(60 * 1.5)
    assert distance(once, (80, 0), (20, 0), speed) == pytest.approx(340 * 1.5)
    assert distance(once.assign(oneway="-1"), (80, 0), (20, 0), speed) == pytest.approx(60 * 1.5)
    assert distance(once, (80, 0), (20, 0)) == 60


def test_bicycles_may_be_excepted_from_a_one_way_rule():
    bike = Travel("bike", shipped_speeds())
    once = RING.assign(oneway="yes")
    assert distance(once, (80, 0), (20, 0), bike) == pytest.approx(340)
    excepted = once.assign(**{"oneway:bicycle": "no"})
    assert distance(excepted, (80, 0), (20, 0), bike) == pytest.approx(60)


def test_two_one_way_streets_on_the_same_ground_lead_both_ways():
    ways = roads([(0, 0), (100, 0)], [(100, 0), (0, 0)], oneway=["yes", "yes"])
    drive = Travel("drive", shipped_speeds())
    there, back = (
        distance(ways, *ends, drive) for ends in (((20, 0), (80, 0)), ((80, 0), (20, 0)))
    )
    assert there == pytest.approx(90)
    assert back == pytest.approx(90)


@pytest.mark.parametrize(
    ("tags", "mode", "expected"),
    [
        ({"highway": "footway"}, "drive", False),
        ({"highway": "motorway"}, "drive", True),
        ({"highway": "motorway"}, "bike", False),
        ({"highway": "residential", "access": "private"}, "drive", False),
        ({"highway": "residential", "motor_vehicle": "no"}, "drive", False),
        ({"highway": "residential", "motor_vehicle": "no"}, "bike", True),
        ({"highway": "service", "access": "no", "bicycle": "yes"}, "bike", True),
        ({"highway": "river"}, "bike", False),
        ({"highway": "construction"}, "drive", False),
        ({"highway": "steps"}, "walk", True),
    ],
)
def test_a_way_is_open_to_a_mode_as_its_tags_say(tags, mode, expected):
    assert Travel(mode).opens(pd.DataFrame([tags])).tolist() == [expected]


def test_the_leg_to_the_street_is_walked_also_by_car():
    ways = roads([(0, 0), (300, 0)], highway=["primary"])
    # 48 m on foot take 36 s, in which a car at the usual 30 km/h drives 300 m
    found = distance(ways, (0, 48), (0, 0), Travel("drive", shipped_speeds()))
    assert found == pytest.approx(300)


def test_uphill_counts_longer_than_downhill_by_the_heights_of_the_line():
    hill = roads([(0, 0, 10.0), (100, 0, 20.0)])
    tilted = Travel(speeds=speeds(any=4.8), climb=tobler)
    up, down = distance(hill, (0, 0), (100, 0), tilted), distance(hill, (100, 0), (0, 0), tilted)
    assert up == pytest.approx(100 * np.exp(3.5 * 0.1))
    assert down == pytest.approx(100.0)  # e^(3.5 (0.05 - 0.05)): 10 % down is as quick as flat
    flat = roads([(0, 0), (100, 0)])
    assert distance(flat, (0, 0), (100, 0), tilted) == 100


def test_service_areas_end_where_the_minutes_do_against_the_rule():
    ways = roads([(0, 0), (1000, 0)], highway=["tertiary"], oneway=["yes"])
    network = lay_network(ways, Travel("drive", shipped_speeds()))
    shop = snap(network, [shapely.Point(600, 0)])
    pieces = reached_pieces(network, shop, node_distances(network, [shop])[0], 250.0)
    assert [one.tolist() for one in pieces] == [[0], [pytest.approx(350)], [600.0]]


def test_measures_by_bicycle_have_names_and_minutes_of_their_own():
    norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0], "minutes": [5.0]})
    found = measure_services(toy_district(), norms, date(2026, 3, 2), travel=Travel("bike"))
    assert found.summary["pharmacy"]["norm_m"] == 1250
    judged = found.rows[found.rows["required"].notna()]
    assert set(judged["measure"]) == {"pharmacy.bike_share"}
    assert set(judged["rule"]) == {"pharmacy within 5 min by bicycle"}
    assert (judged["value"] == 1).all()


def test_the_usual_walk_is_the_same_with_and_without_being_told():
    norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0]})
    answers = [
        measure_services(toy_district(), norms, date(2026, 3, 2), travel=travel).rows
        for travel in (None, Travel())
    ]
    pd.testing.assert_frame_equal(*answers)


def test_a_table_of_speeds_adds_to_those_that_ship(tmp_path):
    path = tmp_path / "speeds.csv"
    path.write_text("mode,highway,speed_kmh\nwalk,Steps,2.4\nbike,*,18\n", encoding="utf-8")
    table = read_speeds(path).set_index(["mode", "highway"])["speed_kmh"]
    assert (table["walk", "steps"], table["walk", "*"], table["bike", "*"]) == (2.4, 4.8, 18)


@pytest.mark.parametrize(
    "text",
    [
        "mode,highway\nwalk,steps\n",
        "mode,highway,speed_kmh\nfly,*,900\n",
        "mode,highway,speed_kmh\nwalk,*,-1\n",
        "mode,highway,speed_kmh\nwalk,*,fast\n",
        "mode,highway,speed_kmh\nwalk,*,4\nwalk,*,5\n",
    ],
)
def test_a_wrong_table_of_speeds_is_refused(tmp_path, text):
    path = tmp_path / "speeds.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="speeds.csv"):
        read_speeds(path)


def test_bicycles_take_a_trunk_road_only_where_a_tag_lets_them():
    ways = pd.DataFrame(
        {
            "highway": ["trunk", "trunk", "trunk_link", "motorway"],
            "bicycle": ["yes", None, "no", "yes"],
        }
    )
    assert Travel("bike").opens(ways).tolist() == [True, False, False, False]
    assert Travel("bike").pace_of(ways)[0].tolist() == pytest.approx([1.0, 1.0])
