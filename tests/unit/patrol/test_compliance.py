"""Due windows met, partly met, missed or unknown."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.errors import MissingLayerError
from gridmap.patrol import measure_patrol
from gridmap.patrol.compliance import Unknown, Visited, judge_windows
from gridmap.patrol.intervals import Intervals
from gridmap.samples import toy_district
from tests.oracles.patrol import patrolled

CELLS = {"a": shapely.box(0, 0, 100, 100), "b": shapely.box(100, 0, 200, 100)}
HOUR = 3600.0


def standing(start, end, x=50.0, step=60.0):
    return [(t, x, 50.0) for t in np.arange(start, end + 1, step).tolist()]


def rule(**asks):
    given = {"cell_id": ["a"], "window": ["w"], "start": ["00:00"], "end": ["01:00"]}
    return pd.DataFrame(given | {name: [value] for name, value in asks.items()})


def verdict(requirements, track, shift=(0.0, HOUR), **kwargs):
    district = patrolled(CELLS, {"s": ("u", *shift, "foot")}, {"s": track}, requirements)
    rows = measure_patrol(district, **kwargs).rows
    return rows[rows["measure"] == "patrol.presence"].iloc[0]


def test_the_toy_day_is_met_in_the_north_and_unknown_in_the_south():
    patrol = measure_patrol(toy_district())
    rows = patrol.rows[patrol.rows["measure"] == "patrol.presence"]
    status = dict(zip(rows["cell_id"], rows["status"], strict=True))
    assert status == {"nw": "met", "ne": "met", "sw": "unknown", "se": "unknown"}
    assert rows["window"].unique().tolist() == ["day@2026-03-02"]
    low, high = patrol.summary["rate_low"], patrol.summary["rate_high"]
    assert (low, high) == (0.5, 1.0)


def test_enough_minutes_are_met():
    row = verdict(rule(minutes=30), standing(0, 1800) + standing(1860, 3600, x=150))
    assert (row["status"], row["required"]) == ("met", 30.0)
    assert row["value"] == pytest.approx(30.5)
    assert row["shortfall"] == 0.0


def test_some_minutes_are_partly_met_where_nothing_is_unknown():
    row = verdict(rule(minutes=30), standing(0, 600) + standing(660, 3600, x=150))
    assert (row["status"], row["shortfall"]) == ("partly", pytest.approx(19.5))


def test_nobody_there_and_nothing_unknown_is_missed():
    row = verdict(rule(minutes=30), standing(0, 3600, x=150))
    assert (row["status"], row["value"], row["shortfall"]) == ("missed", 0.0, 30.0)


def test_unknown_time_that_could_cover_the_deficit_makes_it_unknown():
    row = verdict(rule(minutes=30), standing(0, 1680))
    assert row["status"] == "unknown"
    assert "32 min of duty unknown could cover the rest" in row["reason"]


def test_unknown_time_too_short_for_the_deficit_leaves_it_partly_met():
    row = verdict(rule(minutes=30), standing(0, 600) + standing(660, 2700, x=150))
    assert row["status"] == "partly"
    assert "15 min of duty unknown could not cover the rest" in row["reason"]


def test_unknown_time_outside_the_window_does_not_count():
    row = verdict(rule(minutes=30), standing(0, 3600, x=150), shift=(0.0, 3 * HOUR))
    assert row["status"] == "missed"


def test_visits_are_counted_apart_from_minutes():
    track = standing(0, 600) + standing(660, 1200, x=150) + standing(1260, 3600)
    assert verdict(rule(visits=2), track)["status"] == "met"
    row = verdict(rule(visits=3), track)
    assert (row["status"], row["required"], row["shortfall"]) == ("partly", 0.0, 1.0)


def test_a_visit_needs_a_minute_of_unknown_time_to_be_possible():
    track = standing(0, 3540, x=150)
    assert verdict(rule(visits=1), track)["status"] == "unknown"
    assert verdict(rule(visits=1), [*track, (3550, 150, 50)])["status"] == "missed"


def test_unknown_time_can_make_a_visit_of_presence_that_was_too_short_for_one():
    # 50 s in the cell, then the end of the shift 40 s later: it may have stayed for a visit.
    track = [*standing(0, 3480, x=150.0), (3510.0, 99.0, 50.0), (3560.0, 50.0, 50.0)]
    row = verdict(rule(visits=1), track)
    assert 0 < row["value"] * 60 < 60
    assert row["status"] == "unknown"


def test_two_unknown_stretches_close_together_are_room_for_one_visit_only():
    maybe = Intervals(np.array([0.0, 100.0]), np.array([70.0, 170.0]))
    due = pd.DataFrame({"cell": [0], "start_s": [0.0], "end_s": [HOUR], "visits": [2.0]})
    due = due.assign(minutes=np.nan, max_freshness_min=np.nan)
    assert judge_windows(due, {}, Unknown(maybe, 60.0))["status"].tolist() == ["missed"]
    assert judge_windows(due.assign(visits=1.0), {}, Unknown(maybe, 60.0))["status"].tolist() == [
        "unknown"
    ]


def test_unknown_time_beside_a_visit_may_have_lengthened_it():
    visit = Intervals(np.array([0.0]), np.array([600.0]))
    unknown = Unknown(Intervals(np.array([600.0]), np.array([640.0])), 60.0)
    due = pd.DataFrame({"cell": [0], "start_s": [0.0], "end_s": [HOUR], "visits": [np.nan]})
    due = due.assign(minutes=np.nan, max_freshness_min=49.5)
    seen = {0: Visited(visit, visit, np.array([60.0]))}
    assert judge_windows(due, seen, unknown)["status"].tolist() == ["unknown"]


def test_absence_longer_than_allowed_is_not_met():
    track = standing(0, 600) + standing(660, 3600, x=150)
    assert verdict(rule(max_freshness_min=60), track)["status"] == "met"
    assert verdict(rule(max_freshness_min=45), track)["status"] == "partly"


def test_unknown_time_in_the_middle_could_have_kept_the_cell_fresh():
    track = standing(0, 600) + standing(660, 1500, x=150) + standing(2400, 3600, x=150)
    assert verdict(rule(max_freshness_min=30), track)["status"] == "unknown"


def test_a_window_without_anybody_on_duty_is_missed():
    row = verdict(
        rule(minutes=1), standing(7200, 8000), shift=(7200.0, 9000.0), since=date(2026, 3, 2)
    )
    assert row["status"] == "missed"


def test_the_rate_has_two_bounds_and_a_cell_knows_both():
    patrol = measure_patrol(toy_district())
    rows = patrol.rows[patrol.rows["measure"] == "patrol.met_share"].set_index("cell_id")
    assert rows.loc["sw", ["value", "status"]].tolist() == [0.0, "unknown"]
    assert "0% to 100%" in rows.loc["sw", "reason"]
    assert rows.loc["nw", "status"] == "met"


def test_a_cell_with_missed_and_unknown_windows_is_unknown_not_missed():
    rules = pd.DataFrame(
        {
            "cell_id": ["a", "a"],
            "window": ["first", "second"],
            "start": ["00:00", "01:00"],
            "end": ["01:00", "02:00"],
            "minutes": [30, 30],
        }
    )
    shifts = {"s": ("u", 0.0, 2 * HOUR, "foot")}
    patrol = measure_patrol(patrolled(CELLS, shifts, {"s": standing(0, 3600, x=150.0)}, rules))
    rows = patrol.rows[patrol.rows["cell_id"] == "a"].set_index("measure")
    assert sorted(rows.loc["patrol.presence", "status"]) == ["missed", "unknown"]
    assert rows.loc["patrol.met_share", ["value", "status"]].tolist() == [0.0, "unknown"]


def test_a_district_without_requirements_has_nothing_due():
    patrol = measure_patrol(patrolled(CELLS, {"s": ("u", 0, 60, "foot")}, {}))
    assert (patrol.summary["due"], patrol.summary["rate_low"]) == (0, None)
    assert set(patrol.rows["status"]) == {"not_due"}


def test_a_district_without_shifts_says_what_is_missing():
    district = patrolled(CELLS, {}, {})
    with pytest.raises(MissingLayerError, match="shifts"):
        measure_patrol(district)


def test_shifts_that_end_before_they_begin_or_overlap_are_found():
    shifts = {"s": ("u", 0, 60, "foot"), "t": ("u", 30, 90, "foot"), "x": ("u", 50, 10, "foot")}
    found = measure_patrol(patrolled(CELLS, shifts, {})).findings
    assert {one.rule: one.ids for one in found} == {
        "shift_without_time": ("x",),
        "overlapping_shifts": ("t", "x"),
    }


def test_only_impossible_shifts_leave_nothing_known():
    patrol = measure_patrol(patrolled(CELLS, {"x": ("u", 50, 10, "foot")}, {"x": [(20, 1, 1)]}))
    assert patrol.summary["on_duty_s"] == 0.0
    assert patrol.account["off_shift"] == 1


def test_a_visit_smoothed_at_the_border_meets_no_window_in_which_nobody_was():
    # One fix 3 m past the border does not end the visit to a, though the walker was in b from
    # 27.5 s on; a second fix on the same way does. Neither makes the third minute one with
    # somebody in a: what was not met cannot become missed by knowing more.
    asked = rule(visits=1).assign(start="00:02", end="00:03")
    few = [(0.0, 99.0, 50.0), (110.0, 103.0, 50.0), (220.0, 99.0, 50.0)]
    told = [verdict(asked, track, (0.0, 230.0)) for track in (few, [*few, (55.0, 101.0, 50.0)])]
    assert [(row["status"], row["value"]) for row in told] == [("missed", 0.0)] * 2


def test_an_absence_is_not_broken_by_a_visit_smoothed_at_the_border():
    asked = rule(max_freshness_min=0.5).assign(start="00:02", end="00:03")
    track = [(0.0, 99.0, 50.0), (110.0, 103.0, 50.0), (220.0, 99.0, 50.0)]
    assert verdict(asked, track, (0.0, 230.0))["status"] == "missed"
