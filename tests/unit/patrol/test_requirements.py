"""Calendar rules: which windows are due on which local days."""

from datetime import date

import pandas as pd
import pytest

from gridmap.patrol.requirements import Period, due_windows, judged_period, to_utc
from gridmap.samples import toy_district
from gridmap.schema import conform

CELLS = pd.Series(["a", "b"])


def asked(**columns):
    row = {"cell_id": ["*"], "window": ["w"], "minutes": [5.0]}
    return conform(pd.DataFrame(row | columns), "requirements")


def windows(requirements, first, last, zone="Europe/Helsinki"):
    period = Period(date.fromisoformat(first), date.fromisoformat(last), zone)
    return due_windows(requirements, CELLS, period)


def test_the_judged_period_runs_from_the_first_to_the_last_shift_in_local_days():
    shifts = toy_district()["shifts"]
    late = shifts.assign(end=pd.Timestamp("2026-03-04T16:00:00Z"))
    period = judged_period(late, "Asia/Shanghai")
    assert (period.first, period.last) == (date(2026, 3, 2), date(2026, 3, 4))
    midnight = shifts.assign(end=pd.Timestamp("2026-03-03T16:00:00Z"))
    assert judged_period(midnight, "Asia/Shanghai").last == date(2026, 3, 3)


def test_dates_given_go_before_the_shifts():
    period = judged_period(
        toy_district()["shifts"], "Asia/Shanghai", date(2026, 3, 1), date(2026, 3, 9)
    )
    assert (period.first, period.last) == (date(2026, 3, 1), date(2026, 3, 9))


def test_a_rule_for_weekdays_is_due_on_those_only():
    due, _ = windows(asked(weekdays=["15"]), "2026-03-02", "2026-03-08")
    assert sorted(due["window"].unique()) == ["w@2026-03-02", "w@2026-03-06"]


def test_a_rule_without_weekdays_and_hours_is_due_all_day_every_day():
    due, _ = windows(asked(), "2026-03-02", "2026-03-03")
    assert len(due) == 4
    assert (due["end"] - due["start"]).unique().tolist() == [pd.Timedelta(days=1)]


def test_a_window_across_midnight_belongs_to_the_day_it_starts_on():
    due, _ = windows(asked(start=["22:00"], end=["02:00"]), "2026-03-02", "2026-03-04")
    assert due["window"].unique().tolist() == ["w@2026-03-02", "w@2026-03-03"]
    assert due["end"].iloc[0] == pd.Timestamp("2026-03-03T00:00:00Z")


def test_a_window_that_leaves_the_judged_period_is_not_due():
    due, _ = windows(asked(start=["22:00"], end=["02:00"]), "2026-03-02", "2026-03-02")
    assert due.empty


@pytest.mark.parametrize(
    ("day", "start", "end", "hours"),
    [
        ("2026-03-28", "22:00", "06:00", 7),  # clocks go forward in the night to the 29th
        ("2026-10-24", "22:00", "06:00", 9),  # clocks go back in the night to the 25th
        ("2026-03-29", "00:00", "24:00", 23),
        ("2026-10-25", "00:00", "24:00", 25),
        ("2026-03-29", "02:30", "03:30", 0.5),  # 03:30 does not exist: it ends at 04:00
        ("2026-10-25", "02:30", "03:30", 1),  # 03:30 comes twice: the first one counts
    ],
)
def test_windows_survive_the_change_of_clocks(day, start, end, hours):
    after = (date.fromisoformat(day) + pd.Timedelta(days=1)).isoformat()
    due, _ = windows(asked(start=[start], end=[end]), day, after)
    first = due[due["window"] == f"w@{day}"]
    assert (first["end"] - first["start"]).unique().tolist() == [pd.Timedelta(hours=hours)]


def test_a_window_inside_the_missing_hour_is_not_due():
    due, _ = windows(asked(start=["03:15"], end=["03:45"]), "2026-03-29", "2026-03-29")
    assert due.empty


def test_windows_that_touch_on_the_wall_clock_touch_in_utc():
    edges = pd.Series(pd.date_range("2026-10-25", periods=25, freq="h"))
    moments = to_utc(edges, "Europe/Helsinki")
    assert moments.is_monotonic_increasing
    assert moments.iloc[-1] - moments.iloc[0] == pd.Timedelta(hours=25)


def test_a_cell_with_a_rule_of_its_own_does_not_follow_the_general_one():
    both = asked(cell_id=["*", "b"], window=["w", "w"], minutes=[5.0, 30.0], weekdays=["1", "2"])
    due, findings = windows(both, "2026-03-02", "2026-03-03")
    assert due[["cell_id", "window", "minutes"]].values.tolist() == [
        ["a", "w@2026-03-02", 5.0],
        ["b", "w@2026-03-03", 30.0],
    ]
    assert findings == []


def test_rules_that_contradict_each_other_are_found_and_the_stricter_counts():
    twice = asked(cell_id=["a", "a"], window=["w", "w"], minutes=[5.0, 30.0])
    due, findings = windows(twice, "2026-03-02", "2026-03-02")
    assert due["minutes"].tolist() == [30.0]
    assert [one.rule for one in findings] == ["contradicting_requirement"]


def test_a_rule_for_a_cell_that_does_not_exist_is_found():
    due, findings = windows(asked(cell_id=["zz"]), "2026-03-02", "2026-03-02")
    assert due.empty
    assert (findings[0].rule, findings[0].ids) == ("unknown_cell", ("zz",))


def test_a_rule_that_asks_for_nothing_is_found():
    due, findings = windows(asked(minutes=[None]), "2026-03-02", "2026-03-02")
    assert due.empty
    assert [one.rule for one in findings] == ["no_demand"]


def test_a_rule_without_weight_weighs_one():
    due, _ = windows(asked(), "2026-03-02", "2026-03-02")
    assert due["weight"].tolist() == [1.0, 1.0]
