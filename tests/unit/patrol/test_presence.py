"""Dwell split exactly at borders, presence, visits and freshness."""

import itertools

import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.patrol import measure_patrol
from gridmap.patrol.presence import good_interval
from gridmap.patrol.visits import pauses
from gridmap.samples import toy_district
from tests.oracles.patrol import patrolled, sampled_time, visits_by_second

PAIR = {"a": shapely.box(0, 0, 100, 100), "b": shapely.box(100, 0, 200, 100)}
SHIFT = {"s": ("u", 0.0, 1000.0, "foot")}


def dwell(patrol):
    rows = patrol.rows[patrol.rows["measure"] == "patrol.dwell_s"]
    return dict(zip(rows["cell_id"], rows["value"], strict=True))


def test_the_toy_walk_spends_150_seconds_in_each_northern_cell():
    patrol = measure_patrol(toy_district())
    assert dwell(patrol) == {"ne": 150.0, "nw": 150.0, "se": 0.0, "sw": 0.0}
    assert patrol.summary["unknown_s"] == 3300.0
    assert patrol.presence["inferred_s"].tolist() == [150.0, 150.0]


def test_a_crossing_is_split_by_length():
    patrol = measure_patrol(patrolled(PAIR, SHIFT, {"s": [(0, 70, 50), (40, 110, 50)]}))
    assert dwell(patrol) == pytest.approx({"a": 30.0, "b": 10.0})


def test_a_unit_that_stands_still_stays_whole_in_its_cell():
    patrol = measure_patrol(patrolled(PAIR, SHIFT, {"s": [(0, 50, 50), (100, 50, 50)]}))
    assert dwell(patrol) == {"a": 100.0, "b": 0.0}


def test_time_on_a_shared_border_goes_to_exactly_one_cell():
    patrol = measure_patrol(patrolled(PAIR, SHIFT, {"s": [(0, 100, 20), (50, 100, 60)]}))
    assert dwell(patrol) == {"a": 50.0, "b": 0.0}


def test_a_walk_along_a_border_and_then_off_it_is_counted_once():
    cells = {"a": PAIR["a"], "b": PAIR["b"], "c": shapely.box(0, 100, 200, 200)}
    fixes = {"s": [(0, 20, 100), (100, 180, 100)]}
    assert dwell(measure_patrol(patrolled(cells, SHIFT, fixes))) == pytest.approx(
        {"a": 50.0, "b": 50.0, "c": 0.0}
    )


def test_a_cell_with_a_bay_is_cut_by_geometry():
    bay = shapely.box(0, 0, 100, 100) - shapely.box(40, 50, 60, 100)
    patrol = measure_patrol(patrolled({"a": bay}, SHIFT, {"s": [(0, 10, 80), (40, 90, 80)]}))
    assert dwell(patrol) == pytest.approx({"a": 30.0})
    assert patrol.summary["outside_s"] == pytest.approx(10.0)


def test_a_cell_passed_between_two_fixes_is_inferred_not_observed():
    cells = {"a": shapely.box(0, 0, 200, 200), "b": shapely.box(200, 0, 260, 200)}
    cells["c"] = shapely.box(260, 0, 500, 200)
    fixes = {"s": [(0, 150, 50), (10, 180, 50), (40, 280, 50), (50, 300, 50)]}
    slots = measure_patrol(patrolled(cells, SHIFT, fixes)).presence.set_index("cell_id")
    assert slots.loc["b", ["observed_s", "inferred_s"]].tolist() == pytest.approx([0.0, 18.0])
    assert slots.loc["a", ["observed_s", "inferred_s"]].tolist() == pytest.approx([10.0, 6.0])


def test_dwell_agrees_with_looking_every_tenth_of_a_second():
    rng = np.random.default_rng(7)
    cells = {
        "a": shapely.box(0, 0, 100, 100),
        "b": shapely.Polygon([(100, 0), (200, 0), (130, 50), (200, 100), (100, 100)]),
        "c": shapely.box(0, 100, 200, 150),
    }
    shifts = {"s": ("u", 0.0, 900.0, "foot"), "t": ("v", 100.0, 700.0, "bike")}
    fixes = {}
    for name, (_, start, end, _) in shifts.items():
        times = np.sort(rng.choice(np.arange(start, end), 30, replace=False))
        walk = np.cumsum(rng.normal(0, 25, (30, 2)), axis=0) + np.array([100, 70])
        fixes[name] = [(t, x, y) for t, (x, y) in zip(times.tolist(), walk.tolist(), strict=True)]
    found = measure_patrol(patrolled(cells, shifts, fixes))
    assert found.account["spike"] == 0
    told = dwell(found) | {
        "outside": found.summary["outside_s"], "unknown": found.summary["unknown_s"]
    }  # fmt: skip
    assert told == pytest.approx(sampled_time(cells, shifts, fixes), abs=3.0)


def test_two_officers_together_are_dwell_twice_and_presence_once():
    shifts = {"s": ("u", 0.0, 600.0, "foot"), "t": ("v", 0.0, 600.0, "foot")}
    track = [(60.0 * n, 50, 50) for n in range(11)]
    patrol = measure_patrol(patrolled(PAIR, shifts, {"s": track, "t": track}))
    assert dwell(patrol)["a"] == 1200.0
    assert patrol.presence[["observed_s", "inferred_s"]].sum().sum() == 600.0


def test_a_slot_of_a_quarter_hour_never_holds_more_than_900_seconds():
    track = [(60.0 * n, 50, 50) for n in range(61)]
    patrol = measure_patrol(patrolled(PAIR, {"s": ("u", 0.0, 3600.0, "foot")}, {"s": track}))
    assert (patrol.presence["observed_s"] + patrol.presence["inferred_s"]).tolist() == [900.0] * 4
    assert patrol.presence["visits"].tolist() == [1, 0, 0, 0]


def visits_of(track, mode="foot", accuracy_m=5.0):
    shift = {"s": ("u", 0.0, 3000.0, mode)}
    patrol = measure_patrol(patrolled(PAIR, shift, {"s": track}, accuracy_m=accuracy_m))
    return patrol.visits.groupby("cell_id").size().to_dict()


def test_a_visit_counts_from_60_seconds_on_foot_and_20_by_car():
    short = [(0, 50, 50), (30, 55, 50), (59, 60, 50)]
    assert visits_of(short) == {}
    assert visits_of([*short, (60, 60, 50)]) == {"a": 1}
    assert visits_of([(0, 50, 50), (20, 60, 50)], mode="car") == {"a": 1}


def test_runs_less_than_60_seconds_apart_are_one_visit():
    def out_and_back(away):
        legs = [(0, 50, 50), (100, 50, 50), (101, 150, 50), (100 + away, 150, 50)]
        return [*legs, (101 + away, 50, 50), (300, 50, 50)]

    assert visits_of(out_and_back(50), mode="car")["a"] == 1
    assert visits_of(out_and_back(70), mode="car")["a"] == 2


def test_visits_agree_with_a_look_at_every_second():
    rng = np.random.default_rng(3)
    times = np.cumsum(rng.integers(5, 40, 60)).astype(float)
    inside = np.repeat(rng.random(20) < 0.5, 3)
    track = [(t, 50.0 if there else 150.0, 50.0) for t, there in zip(times, inside, strict=True)]
    moved = measure_patrol(patrolled(PAIR, {"s": ("u", 0.0, 3000.0, "car")}, {"s": track}))
    present = np.zeros(3000, dtype=bool)
    for (t0, x0, _), (t1, x1, _) in itertools.pairwise(track):
        half = (t0 + t1) / 2
        start, end = (t0 if x0 == 50 else half), (t1 if x1 == 50 else half)
        present[round(start) : round(end)] |= end > start
    mine = moved.visits[moved.visits["cell_id"] == "a"]
    told = visits_by_second(present.tolist(), least_s=20)
    assert len(mine) == len(told)
    assert (mine["end_s"] - mine["start_s"]).tolist() == pytest.approx(
        [end - start for start, end in told], abs=1.0
    )


def test_flicker_at_a_border_makes_no_visit():
    flicker = [(10.0 * n, 104.0 if n % 2 else 90.0, 50.0) for n in range(40)]
    assert visits_of(flicker) == {"a": 1}


def test_two_fixes_in_a_row_past_a_border_have_crossed_it():
    crossed = [(10.0 * n, 104.0 if n >= 20 else 90.0, 50.0) for n in range(40)]
    assert visits_of(crossed) == {"a": 1, "b": 1}


def test_pauses_are_counted_from_the_end_of_a_visit_to_the_start_of_the_next():
    seen = pd.DataFrame({"cell": 0, "start_s": [0.0, 100.0, 400.0], "end_s": [50.0, 200.0, 500.0]})
    told = pauses(seen, 0.0, 600.0).loc[0]
    assert told["pause_median_s"] == 125.0
    assert told["pause_max_s"] == 200.0
    assert told["freshness_s"] == 100.0
    assert told["freshness_mean_s"] == (50**2 + 200**2 + 100**2) / 1200


def test_a_cell_never_seen_has_no_freshness_and_says_since_when():
    rows = measure_patrol(toy_district()).rows
    fresh = rows[rows["measure"] == "patrol.freshness_h"].set_index("cell_id")
    assert np.isnan(fresh.loc["sw", "value"])
    assert fresh.loc["sw", "reason"] == "never seen since 2026-03-02"
    assert fresh.loc["ne", "value"] == 3300 / 3600


@pytest.mark.parametrize(
    ("side", "seconds"), [(50, 7.5), (100, 15), (200, 30), (350, 45), (900, 60)]
)
def test_small_cells_need_frequent_fixes(side, seconds):
    assert good_interval(np.array([shapely.box(0, 0, side, side)])).tolist() == [seconds]
