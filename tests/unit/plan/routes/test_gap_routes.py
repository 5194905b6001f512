"""Due windows as visits, and routes that close them."""

import numpy as np
import pandas as pd
import pytest

from gridmap.errors import InputError
from gridmap.patrol.compliance import CellTimes, Unknown, judge_windows
from gridmap.patrol.intervals import NEVER, Intervals
from gridmap.plan.routes.gap_routes import plan_gap_routes
from gridmap.plan.routes.gap_visits import stop_points, visits_wanted
from gridmap.plan.routes.ways import distances_between, join_places, lay_ways, lines_between
from gridmap.samples import TOY_CRS, at, line, toy_district

HOUR = 3600.0


def due(**columns):
    row = {"cell": [0], "start_s": [0.0], "end_s": [2 * HOUR], "visits": [1.0]}
    more = {"minutes": [np.nan], "max_freshness_min": [np.nan], "weight": [1.0], "deficit": [1.0]}
    return pd.DataFrame(row | more | columns)


def roads(*lines, **columns):
    import geopandas as gpd

    kinds = {"highway": "residential"} | columns
    return gpd.GeoDataFrame(kinds, index=range(len(lines)), geometry=list(lines), crs=TOY_CRS)


@pytest.mark.parametrize("edge", ["from_s", "until_s"])
@pytest.mark.parametrize(
    "asked",
    [
        {"visits": [3.0]},
        {"visits": [2.0], "minutes": [30.0]},
        {"visits": [1.0], "max_freshness_min": [40.0]},
        {"visits": [np.nan], "minutes": [12.0], "max_freshness_min": [25.0]},
        {"visits": [4.0], "minutes": [8.0], "max_freshness_min": [100.0]},
    ],
)
def test_a_window_with_all_its_visits_made_first_or_last_thing_is_met(asked, edge):
    wanted = due(**asked)
    visits = visits_wanted(wanted, 0.0, 2 * HOUR)
    start = visits[edge].to_numpy(float)
    stays = Intervals(start, start + visits["stay_s"].to_numpy(float))
    cell = np.zeros(len(start), dtype=np.int64)
    times = CellTimes(cell, stays, cell, stays, np.full(len(start), 60.0))
    assert judge_windows(wanted, times, Unknown(NEVER, 60.0))["status"].tolist() == ["met"]


def test_a_window_beyond_the_shift_asks_for_no_visit():
    assert visits_wanted(due(start_s=[HOUR], end_s=[2 * HOUR]), 0.0, HOUR).empty


def test_the_prize_grows_with_weight_and_deficit():
    told = visits_wanted(due(weight=[3.0], deficit=[0.5]), 0.0, HOUR, worth_s=1000.0)
    assert told["prize_s"].tolist() == [1500]


def test_by_car_a_visit_is_shorter():
    assert visits_wanted(due(), 0.0, HOUR, "car")["stay_s"].tolist() == [20]
    assert visits_wanted(due(), 0.0, HOUR, "foot")["stay_s"].tolist() == [60]


def test_a_route_closes_what_it_says_and_keeps_to_its_shift():
    toy = toy_district()
    wanted = pd.concat([due(cell=[n]) for n in range(4)], ignore_index=True)
    plan = plan_gap_routes(
        lay_ways(toy["roads"]), toy["cells"], wanted, [at(0, 100)], from_s=0, until_s=HOUR,
        limit_s=0.2,
    )  # fmt: skip
    assert plan.expected["status"].tolist() == ["met"] * 4
    assert plan.lines["stops"].tolist() == [4]
    assert 0 <= plan.lines["start_s"][0] < plan.lines["end_s"][0] <= HOUR
    assert plan.lines["geometry"][0].length == pytest.approx(plan.lines["length_m"][0])
    assert plan.left_out == {"not weighed": 0, "not made": 0}


def test_a_shift_too_short_for_all_leaves_the_least_worth():
    toy = toy_district()
    wanted = pd.concat([due(cell=[n], weight=[w]) for n, w in ((0, 1.0), (3, 9.0))])
    plan = plan_gap_routes(
        lay_ways(toy["roads"]), toy["cells"], wanted.reset_index(drop=True), [at(200, 100)],
        from_s=0, until_s=500, limit_s=0.2,
    )  # fmt: skip
    assert plan.expected["status"].tolist() == ["missed", "met"]
    assert plan.left_out["not made"] == 1


def test_only_the_visits_worth_most_are_weighed():
    toy = toy_district()
    wanted = pd.concat([due(cell=[n], weight=[n + 1.0]) for n in range(4)], ignore_index=True)
    plan = plan_gap_routes(
        lay_ways(toy["roads"]), toy["cells"], wanted, [at(0, 100)], from_s=0, until_s=HOUR,
        limit_s=0.1, most=2,
    )  # fmt: skip
    assert plan.left_out["not weighed"] == 2
    assert plan.expected["planned"].tolist() == [0, 0, 1, 1]


def test_two_units_share_the_visits():
    toy = toy_district()
    wanted = pd.concat([due(cell=[n], end_s=[600.0]) for n in range(4)], ignore_index=True)
    plan = plan_gap_routes(
        lay_ways(toy["roads"]), toy["cells"], wanted, [at(0, 100), at(0, 100)], from_s=0,
        until_s=HOUR, limit_s=0.3,
    )  # fmt: skip
    assert plan.lines["unit"].tolist() == [0, 1]
    assert plan.stops.groupby("unit").size().sum() == len(plan.stops)


def test_no_unit_no_shift_and_a_start_off_the_network_are_refused():
    toy = toy_district()
    ways = lay_ways(toy["roads"])
    for starts, until_s, told in (
        ([], HOUR, "at least one unit.*found 0"),
        ([at(0, 0)], 0.0, "ends before it begins"),
        ([at(0, 0), at(9000, 0)], HOUR, "off the network.*place 2"),
    ):
        with pytest.raises(InputError, match=told):
            plan_gap_routes(ways, toy["cells"], due(), starts, from_s=0, until_s=until_s)


def test_stops_lie_inside_their_cells():
    toy = toy_district()
    points = stop_points(toy["cells"], lay_ways(toy["roads"]))
    assert all(c.intersects(p) for c, p in zip(toy["cells"].geometry, points, strict=True))


def test_a_car_keeps_to_one_way_streets_and_a_walker_does_not():
    block = [line((0, 0), (100, 0)), line((100, 0), (100, 100)), line((100, 100), (0, 100)),
             line((0, 100), (0, 0))]  # fmt: skip
    streets = roads(*block, oneway=["yes", "no", "no", "-1"])
    ends = [at(0, 0), at(100, 0)]
    by_car = distances_between(join_places(lay_ways(streets, "car"), ends))
    assert by_car.round(6).tolist() == [[0.0, 100.0], [float("inf"), 0.0]]
    on_foot = distances_between(join_places(lay_ways(streets, "foot"), ends))
    assert on_foot.round(6).tolist() == [[0.0, 100.0], [100.0, 0.0]]


def test_cars_stay_off_footways_and_bikes_do_not_use_motorways():
    streets = roads(line((0, 0), (100, 0)), line((0, 0), (0, 50)), highway=["footway", "motorway"])
    assert lay_ways(streets, "car").network.length_m.sum() == 50.0
    with pytest.raises(InputError, match="no way for units on bike"):
        lay_ways(streets, "bike")
    with pytest.raises(InputError, match="foot, bike, car; found 'boat'"):
        lay_ways(streets, "boat")


def test_a_line_between_places_leaves_and_meets_the_street_at_their_feet():
    ways = lay_ways(roads(line((0, 0), (300, 0))))
    places = join_places(ways, [at(50, 40), at(250, -30)])
    drawn, legs = lines_between(places, [0, 1])
    assert legs.tolist() == pytest.approx([270.0])
    assert drawn.length == pytest.approx(270.0)
    assert len(drawn.coords) == 4
