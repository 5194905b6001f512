"""Laws of standards: more is never worse, intervals hold their points, splitting keeps sums."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.coverage import find_gaps, gather
from gridmap.coverage.gaps import GapFacts
from gridmap.samples import toy_district
from gridmap.standards import Facts, evaluate_rules, measure_standards, rules_of_rows
from gridmap.standards.deadlines import Deadline, due_at
from gridmap.standards.figures import Interval, band, rounded, truncated
from gridmap.standards.kinds import judge_unit
from tests.oracles import standards as slow

BETTER = {"missed": 0, "partly": 1, "met": 2}
SUPPLIED = {
    "threshold": ("have", "at_least=7"),
    "ratio": ("have", "of=base; low=2; high=3"),
    "cadence": ("have", "times=2; periods=3"),
    "reserve": ("have", "of=base; below=50; below_percent=3; above_percent=2"),
    "all_of": ("", "have>=7; more>=3"),
    "checklist": ("have|more|base", "at_least=2"),
}
counts = st.integers(0, 60)
numbers = st.fractions(-50, 50, max_denominator=40)


def rule(kind, fact, parameters, scope="community", name="r"):
    row = {
        "id": name, "kind": kind, "scope": scope, "fact": fact, "parameters": parameters,
        "text_en": "t", "source": "s", "unit": "sites",
    }  # fmt: skip
    return rules_of_rows([row])[0]


@pytest.mark.parametrize("kind", SUPPLIED)
@given(have=counts, extra=counts, more=counts, base=counts)
def test_more_supply_never_lowers_a_result(kind, have, extra, more, base):
    asked = rule(kind, *SUPPLIED[kind])
    facts = {"have": Fraction(have), "more": Fraction(more), "base": Fraction(base)}
    before = judge_unit(asked, "community", facts.get)
    after = judge_unit(asked, "community", (facts | {"have": Fraction(have + extra)}).get)
    if before.status == "not_due":
        assert after.status == "not_due"
        return
    assert BETTER[after.status] >= BETTER[before.status]
    assert after.shortfall.low <= before.shortfall.low


@given(a=numbers, b=numbers, c=numbers, d=numbers, s=st.fractions(0, 1), t=st.fractions(0, 1))
def test_interval_arithmetic_holds_the_results_of_its_points(a, b, c, d, s, t):
    one, two = Interval(min(a, b), max(a, b)), Interval(min(c, d), max(c, d))
    x, y = (i.low + part * (i.high - i.low) for i, part in ((one, s), (two, t)))
    assert x + y in one + two
    assert x - y in one - two
    assert max(x, 0) in one.above(0)


@given(served=st.integers(1, 300), low=st.integers(1, 9), wider=st.integers(0, 9))
def test_a_band_is_what_counting_up_gives(served, low, wider):
    fewest, most = slow.stations(served, low, low + wider)
    assert band(served, low, low + wider) == Interval.of(fewest, most)


@settings(deadline=None, max_examples=30)
@given(values=st.lists(st.none() | st.integers(0, 20), min_size=1, max_size=8))
def test_thresholds_agree_with_plain_arithmetic_and_unknown_stays_unknown(values):
    table = pd.DataFrame({"have": pd.Series(values, dtype="float64")})
    found = evaluate_rules(
        [rule("threshold", "have", "at_least=7")], Facts.of_table("community", table)
    )
    for value, (_, row) in zip(values, found.iterrows(), strict=True):
        status, missing = slow.threshold(value, 7)
        assert row["status"] == status
        assert pd.isna(row["shortfall"]) if missing is None else row["shortfall"] == missing


@given(part=numbers, digits=st.integers(0, 3))
def test_rounding_is_never_farther_than_cutting_off(part, digits):
    near, cut = (Fraction(one(part, digits)) for one in (rounded, truncated))
    assert abs(near - part) <= abs(cut - part)
    assert abs(near - part) <= Fraction(1, 2 * 10**digits)


@given(minute=st.integers(0, 1439))
def test_the_half_day_rule_is_due_at_noon_or_midnight(minute):
    day = datetime(2026, 3, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
    due = due_at(day + timedelta(minutes=minute), Deadline(half_day=True))
    assert due == day + timedelta(minutes=slow.half_day_end(minute))


def test_hours_are_hours_that_pass_when_clocks_are_changed():
    evening = datetime(2026, 3, 28, 23, tzinfo=ZoneInfo("Europe/Helsinki"))
    for asked, urgent in ((Deadline(hours=6), False), (Deadline(urgent_hours=6), True)):
        due = due_at(evening, asked, urgent=urgent)
        assert due.astimezone(UTC) - evening.astimezone(UTC) == timedelta(hours=6)
        assert due.hour == 6


@settings(deadline=None, max_examples=10)
@given(people=st.lists(st.none() | st.integers(0, 900), min_size=4, max_size=4))
def test_what_a_unit_lacks_is_shared_out_and_comes_back_as_one_gap(people):
    toy = toy_district()
    toy = toy.with_layers(cells=toy["cells"].assign(population=pd.Series(people, dtype="float64")))
    asked = [rule("threshold", "sites.police_room", "at_least=3", name="rooms")]
    found = measure_standards(toy, asked, date(2026, 3, 2))
    assert found.rows["shortfall"].sum() == pytest.approx(6)
    cells = toy["cells"]
    gaps = find_gaps(gather({"standards": found.rows}, cells), cells, GapFacts(units=found.units))
    assert len(gaps) == 2
    assert gaps["shortfall"].tolist() == pytest.approx([3, 3])
    assert gaps.geometry.area.sum() == pytest.approx(cells.geometry.area.sum())


@settings(deadline=None, max_examples=10)
@given(people=st.lists(st.integers(1, 900), min_size=4, max_size=4))
def test_the_score_of_a_unit_is_its_share_of_the_people(people):
    toy = toy_district()
    toy = toy.with_layers(cells=toy["cells"].assign(population=[float(one) for one in people]))
    asked = [rule("threshold", "sites.police_room", "at_least=1", name="rooms")]
    found = measure_standards(toy, asked, date(2026, 3, 2))
    cells = toy["cells"]
    gaps = find_gaps(gather({"standards": found.rows}, cells), cells, GapFacts(units=found.units))
    assert gaps["score"].sum() == pytest.approx(1)
    assert gaps["people"].sum() == sum(people)
