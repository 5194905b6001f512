"""Plans followed, checkpoints scanned, beats balanced, hours guessed: numbers from paper."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.patrol.adherence import route_adherence, unplanned_presence
from gridmap.patrol.beats import beat_balance, beat_loads, predictability
from gridmap.patrol.checkpoints import checkpoint_compliance, judge_scans

UNITS = pd.Series(["u", "v"])


def walk(*rows):
    """Segments as (shift, start, end, x0, y0, x1, y1)."""
    names = ["shift", "start_s", "end_s", "x0_m", "y0_m", "x1_m", "y1_m"]
    return pd.DataFrame(rows, columns=names)


def plans(*rows, line=((0, 0), (100, 0), (100, 100))):
    names = ["plan_id", "unit_id", "start_s", "end_s"]
    shapes = [shapely.LineString(line)] * len(rows)
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=names), geometry=shapes)


def told(segments, *rows, **kwargs):
    return route_adherence(segments, UNITS, plans(*rows, **kwargs)).iloc[0]


def test_a_route_walked_to_its_end_is_met():
    track = walk((0, 0, 100, 0, 5, 95, 5), (0, 100, 200, 95, 5, 95, 100))
    row = told(track, ("p", "u", 0, 200))
    assert row["status"] == "met"
    # 5 m inside the bend, the feet jump from 95 m to 105 m along the line: nothing is left out.
    assert row["covered_share"] == pytest.approx(1.0)
    assert (row["on_route_share"], row["lateness_s"]) == (1.0, 0.0)


def test_time_off_the_route_is_told_apart_from_unknown_time():
    # 50 s on the line, 50 s far away, 100 s without a position
    track = walk((0, 0, 50, 0, 0, 50, 0), (0, 50, 100, 500, 0, 550, 0))
    row = told(track, ("p", "u", 0, 200))
    assert (row["planned_s"], row["known_s"], row["on_route_s"]) == (200, 100, 50)
    assert (row["on_route_share"], row["covered_share"]) == (0.5, 0.25)
    assert row["status"] == "partly"


def test_half_a_route_is_half_covered():
    row = told(walk((0, 0, 100, 0, 5, 95, 5)), ("p", "u", 0, 200))
    assert row["covered_share"] == pytest.approx(0.475)
    assert row["status"] == "partly"


@pytest.mark.parametrize(("y", "share"), [(20.0, 1.0), (20.1, 0.0)])
def test_twenty_metres_from_the_line_is_on_the_route_and_more_is_not(y, share):
    row = told(walk((0, 0, 50, 10, -y, 60, -y)), ("p", "u", 0, 50))
    assert row["on_route_share"] == share


def test_a_plan_without_any_position_is_unknown_and_one_ignored_is_missed():
    assert told(walk(), ("p", "u", 0, 50))["status"] == "unknown"
    away = walk((0, 0, 50, 900, 0, 950, 0))
    row = told(away, ("p", "u", 0, 50))
    assert (row["status"], row["covered_share"]) == ("missed", 0.0)
    assert np.isnan(row["lateness_s"])


def test_lateness_counts_from_the_planned_start_and_another_unit_does_not_count():
    track = walk((1, 0, 100, 0, 0, 100, 0), (0, 30, 60, 0, 0, 30, 0))
    assert told(track, ("p", "u", 10, 100))["lateness_s"] == 20.0


def test_a_segment_is_clipped_to_the_time_of_the_plan():
    row = told(walk((0, 0, 100, 0, 0, 100, 0)), ("p", "u", 50, 100))
    assert (row["known_s"], row["covered_share"]) == (50.0, 0.25)


def test_time_outside_every_plan_of_the_unit_is_unplanned():
    track = walk((0, 0, 100, 0, 0, 9, 0), (1, 0, 60, 0, 0, 9, 0))
    rows = unplanned_presence(track, UNITS, plans(("p", "u", 20, 50), ("q", "u", 40, 70)))
    assert rows.loc[0].tolist() == [100, 50, 50]
    assert rows.loc[1].tolist() == [60, 0, 60]


HOURS = pd.to_datetime([f"2026-03-02T0{n}:00Z" for n in range(1, 5)])
SHIFTS = pd.DataFrame({"shift_id": ["s"], "start": HOURS[:1], "end": HOURS[2:3]})
POINTS = gpd.GeoDataFrame(
    {"checkpoint_id": ["c", "d"]}, geometry=[shapely.Point(0, 0), shapely.Point(1000, 0)]
)


def scanned(*rows):
    names = ["checkpoint_id", "shift_id", "time", "accuracy_m", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=names), geometry="geometry")


@pytest.mark.parametrize(
    ("checkpoint", "shift", "hour", "accuracy", "x", "verdict"),
    [
        ("c", "s", 1, 0.0, 50.0, "good"),
        ("c", "s", 1, 0.0, 50.1, "too_far"),
        ("c", "s", 1, 10.0, 70.0, "good"),
        ("c", "s", 1, None, 50.0, "good"),
        ("c", "s", 1, None, 60.0, "too_far"),
        ("c", "s", 3, 0.0, 0.0, "off_duty"),
        ("c", "other", 1, 0.0, 0.0, "off_duty"),
        ("zz", "s", 1, 0.0, 0.0, "unknown_checkpoint"),
        ("c", "s", 1, 0.0, None, "no_position"),
    ],
)
def test_a_scan_counts_near_its_checkpoint_and_on_duty(
    checkpoint, shift, hour, accuracy, x, verdict
):
    where = None if x is None else shapely.Point(x, 0)
    scans = scanned((checkpoint, shift, HOURS[hour], accuracy, where))
    assert judge_scans(scans, POINTS, SHIFTS).tolist() == [verdict]


def test_a_checkpoint_is_met_partly_missed_or_unknown():
    window = pd.DataFrame(
        {"checkpoint_id": ["*"], "window": ["am"], "start": HOURS[0], "end": HOURS[3], "scans": 2}
    )
    scans = scanned(*[("c", "s", HOURS[1], 0.0, None)] * 2, ("d", "s", HOURS[1], 0.0, None))
    told = checkpoint_compliance(scans, pd.Series(["good", "no_position", "good"]), POINTS, window)
    assert told["status"].tolist() == ["unknown", "partly"]
    told = checkpoint_compliance(scans, pd.Series(["good", "good", "too_far"]), POINTS, window)
    assert told["status"].tolist() == ["met", "missed"]
    assert told["refused"].tolist() == [0, 1]


def test_even_beats_have_no_gini_and_one_that_does_all_nearly_one():
    assert beat_balance(pd.Series([5.0] * 4)) == {"gini": 0.0, "cv": 0.0, "max_over_mean": 1.0}
    assert beat_balance(pd.Series([0.0, 0.0, 0.0, 8.0]))["gini"] == 0.75
    assert beat_balance(pd.Series([], dtype=float))["gini"] is None


def test_loads_of_beats_sum_to_that_of_their_cells():
    beats = pd.DataFrame({"beat_id": list("nnsss"), "cell_id": list("abbcc")})
    loads = beat_loads(beats, pd.Series({"a": 1.0, "b": 2.0, "c": 3.0}))
    assert loads.sum() == 6.0


def test_visits_at_one_hour_are_as_predictable_as_can_be():
    same = pd.Series(pd.date_range("2026-03-02T22:30", periods=9, freq="24h", tz="Asia/Shanghai"))
    told = predictability(pd.Series(["a"] * 9), same, "Asia/Shanghai").loc["a"]
    assert told.tolist() == [9.0, 0.0, 22.0, 1.0]


def test_few_visits_say_nothing_about_their_hours():
    few = pd.Series(pd.date_range("2026-03-02", periods=7, freq="3h", tz="Asia/Shanghai"))
    told = predictability(pd.Series(["a"] * 7), few, "Asia/Shanghai").loc["a"]
    assert told["visits"] == 7.0
    assert told.drop("visits").isna().all()


def test_half_the_visits_at_one_hour_and_half_at_another_have_one_bit():
    day = pd.date_range("2026-03-02T08:00", periods=24, freq="12h", tz="Asia/Shanghai")
    told = predictability(pd.Series(["a"] * 24), pd.Series(day), "Asia/Shanghai").loc["a"]
    assert told["entropy_share"] == pytest.approx(1 / np.log2(24))
    assert (told["likely_hour"], told["likely_share"]) == (8.0, 0.5)
