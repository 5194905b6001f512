"""Key periods by calendar, regimes by zone, and requirements that contradict each other."""

from datetime import date

import pandas as pd
import pytest

from gridmap.errors import InputError
from gridmap.patrol.calendars import calendar
from gridmap.patrol.regimes import (
    asked_of,
    cell_weights,
    place_class_weights,
    regimes,
    requirements_of_zones,
)
from gridmap.patrol.requirements import Period, due_windows, why_not_due
from gridmap.samples import toy_district
from gridmap.schema import conform

CELLS = pd.Series(["a", "b"])


def asked(**columns):
    row = {"cell_id": ["*"], "window": ["w"], "minutes": [5.0]}
    return conform(pd.DataFrame(row | columns), "requirements")


def periods(**columns):
    return conform(pd.DataFrame({"window": ["w"]} | columns), "key_periods")


def days(requirements, key_periods, first, last, zone="Asia/Shanghai"):
    period = Period(date.fromisoformat(first), date.fromisoformat(last), zone)
    due, findings = due_windows(requirements, CELLS, period, key_periods)
    return [name[-5:] for name in due.loc[due["cell_id"] == "a", "window"]], findings


def test_working_days_leave_out_holidays_and_take_in_worked_weekends():
    cn = periods(calendar=["cn"], days=["workday"])
    told, findings = days(asked(), cn, "2026-02-11", "2026-03-02")
    assert told == [
        "02-11",
        "02-12",
        "02-13",
        "02-14",
        "02-24",
        "02-25",
        "02-26",
        "02-27",
        "02-28",
        "03-02",
    ]
    assert findings == []


def test_days_off_are_weekends_and_holidays_without_the_worked_ones():
    cn = periods(calendar=["cn"], days=["day_off"])
    assert days(asked(), cn, "2025-09-26", "2025-10-12")[0] == (
        ["09-27", "10-01", "10-02", "10-03", "10-04", "10-05", "10-06", "10-07", "10-08", "10-12"]
    )


def test_holidays_are_those_of_the_notice():
    cn = periods(calendar=["cn"], days=["holiday"])
    assert days(asked(), cn, "2026-04-30", "2026-05-10")[0] == [f"05-0{n}" for n in range(1, 6)]


def test_without_a_calendar_working_days_are_monday_to_friday():
    plain = periods(days=["workday"])
    assert days(asked(), plain, "2026-02-13", "2026-02-17")[0] == ["02-13", "02-16", "02-17"]


def test_weekdays_and_dates_narrow_a_key_period():
    june = periods(valid_from=["2026-06-02"], valid_to=["2026-06-09"])
    assert days(asked(weekdays=["2"]), june, "2026-05-01", "2026-06-30")[0] == ["06-02", "06-09"]


def test_several_rows_for_a_window_each_add_days_and_a_day_comes_once():
    two = conform(
        pd.DataFrame(
            {
                "window": ["w", "w"],
                "calendar": ["cn", None],
                "days": ["holiday", None],
                "valid_from": [None, "2026-01-03"],
                "valid_to": [None, "2026-01-04"],
            }
        ),
        "key_periods",
    )
    assert days(asked(), two, "2026-01-01", "2026-01-06")[0] == ["01-01", "01-02", "01-03", "01-04"]


def test_a_holiday_window_across_midnight_begins_on_the_holiday():
    cn = periods(calendar=["cn"], days=["holiday"])
    night = asked(start=["22:00"], end=["02:00"])
    period = Period(date(2026, 1, 2), date(2026, 1, 5), "Asia/Shanghai")
    due, _ = due_windows(night, CELLS, period, cn)
    last = due.iloc[-1]
    assert last["window"] == "w@2026-01-03"
    assert last["end"] == pd.Timestamp("2026-01-03T18:00:00Z")


def test_an_unknown_calendar_is_refused_and_the_known_are_named():
    with pytest.raises(InputError, match="Unknown holiday calendar 'xx'; known are cn"):
        days(asked(), periods(calendar=["xx"]), "2026-01-01", "2026-01-02")


def test_an_unknown_kind_of_day_is_refused():
    odd = pd.DataFrame({"window": ["w"], "days": ["feast"]})
    with pytest.raises(InputError, match="workday, day_off, holiday.*found feast"):
        days(asked(), odd, "2026-01-01", "2026-01-02")


def test_a_year_the_calendar_does_not_know_is_found():
    cn = periods(calendar=["cn"], days=["workday"])
    told, findings = days(asked(), cn, "2031-01-01", "2031-01-03")
    assert told == ["01-01", "01-02", "01-03"]
    assert [one.rule for one in findings] == ["calendar_ends"]
    assert "2031" in findings[0].found


def test_a_key_period_that_ends_before_it_begins_is_found_and_never_due():
    odd = periods(valid_from=["2026-06-09"], valid_to=["2026-06-02"])
    told, findings = days(asked(), odd, "2026-06-01", "2026-06-30")
    assert told == []
    assert [one.rule for one in findings] == ["period_ends_early"]


@pytest.mark.parametrize(
    ("demand", "rule"),
    [
        ({"minutes": [61.0]}, "cannot_be_met"),
        ({"visits": [46.0]}, "cannot_be_met"),  # 46 × 20 s + 45 × 60 s = 3620 s
        ({"minutes": [-1.0]}, "negative_demand"),
        ({"minutes": [None], "max_freshness_min": [60.0]}, "freshness_beyond_window"),
    ],
)
def test_what_cannot_be_met_or_asks_for_nothing_is_found(demand, rule):
    hour = asked(start=["08:00"], end=["09:00"], **demand)
    _, findings = days(hour, None, "2026-03-02", "2026-03-02")
    assert [one.rule for one in findings] == [rule]
    assert findings[0].ids == ("w of *",)


@pytest.mark.parametrize("demand", [{"minutes": [60.0]}, {"visits": [45.0]}])
def test_what_can_just_be_met_is_no_finding(demand):
    hour = asked(start=["08:00"], end=["09:00"], **demand)
    assert days(hour, None, "2026-03-02", "2026-03-02")[1] == []


def test_every_regime_states_its_zone_its_focus_and_where_it_comes_from():
    table = regimes()
    assert set(table["zone"]) == {"inner", "outer"}
    assert set(table["focus"]) == {"focus_time", "focus_street", "full"}
    assert len(table.groupby(["zone", "focus"])) == 6
    assert table[["source", "confidence"]].notna().all(axis=None)
    assert table[["visits", "minutes"]].notna().all(axis=None)


def test_no_regime_contradicts_itself():
    zones = pd.DataFrame({"cell_id": "a", "regime": regimes()["regime"].unique()})
    rules = requirements_of_zones(zones)
    period = Period(date(2026, 3, 1), date(2026, 3, 8), "Asia/Shanghai")
    _, findings = due_windows(rules, CELLS, period)
    assert findings == []


def test_school_windows_of_a_regime_are_due_on_working_days_only():
    zones = pd.DataFrame({"cell_id": ["a"], "regime": ["inner_focus_time"]})
    period = Period(date(2026, 2, 14), date(2026, 2, 15), "Asia/Shanghai")
    due, _ = due_windows(requirements_of_zones(zones), CELLS, period)
    assert due["window"].tolist() == [
        "inner_focus_time.school_in@2026-02-14",
        "inner_focus_time.school_out@2026-02-14",
        "inner_focus_time.evening@2026-02-14",
        "inner_focus_time.evening@2026-02-15",
    ]


def test_an_unknown_regime_or_class_of_place_is_refused():
    zones = pd.DataFrame({"cell_id": ["a"], "regime": ["middle"], "place_class": ["moon"]})
    with pytest.raises(InputError, match="Unknown regime of patrol middle.*inner_full"):
        requirements_of_zones(zones)
    with pytest.raises(InputError, match="Unknown class of place moon.*school"):
        cell_weights(zones, CELLS)


def test_the_class_of_place_weighs_rows_without_a_weight_of_their_own():
    period = Period(date(2026, 3, 2), date(2026, 3, 2), "Asia/Shanghai")
    rules = asked(window=["v"])
    due, _ = due_windows(rules, CELLS, period, None, {"a": place_class_weights()["school"]})
    assert due["weight"].tolist() == [3.0, 1.0]
    due, _ = due_windows(rules.assign(weight=7.0), CELLS, period, None, {"a": 3.0})
    assert due["weight"].tolist() == [7.0, 7.0]


def test_a_district_with_zones_asks_for_its_regimes_beside_its_own_rows():
    toy = toy_district()
    zones = pd.DataFrame({"cell_id": ["*"], "regime": ["outer_full"], "place_class": ["market"]})
    rules, _, weights = asked_of(toy.with_layers(patrol_zones=zones))
    assert "outer_full.day" in rules["window"].tolist()
    assert "day" in rules["window"].tolist()
    assert set(weights.values()) == {2.0}


def test_a_cell_without_due_windows_says_why():
    period = Period(date(2026, 3, 2), date(2026, 3, 3), "Asia/Shanghai")
    sunday = asked(cell_id=["a"], weekdays=["7"])
    due, _ = due_windows(sunday, CELLS, period)
    told = why_not_due(sunday, CELLS, due, period)
    assert told.tolist() == [
        "none of its windows (w) falls on 2026-03-02 to 2026-03-03",
        "no requirement names this cell",
    ]
    due, _ = due_windows(asked(), CELLS, period)
    assert why_not_due(asked(), CELLS, due, period).tolist() == ["", ""]


def test_holidays_of_the_calendar_never_lie_on_worked_days():
    cn = calendar("cn")
    assert not set(cn.holidays) & set(cn.swaps)
    weekday = pd.Series(cn.swaps).dt.isocalendar().day
    assert set(weekday) <= {6, 7}
