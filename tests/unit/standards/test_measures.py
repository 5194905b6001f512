from datetime import date, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from gridmap.errors import MissingLayerError
from gridmap.samples import EAST, WEST, toy_district
from gridmap.standards import gather_facts, measure_standards, rules_of_rows, shipped_rules
from gridmap.studies.standards import judge_standards

TOY = toy_district()
DAY = date(2026, 3, 2)


def rule(kind, fact, parameters, scope="community", name="r", unit="m²"):
    row = {
        "id": name, "kind": kind, "scope": scope, "fact": fact, "parameters": parameters,
        "text_en": "t", "source": "s", "unit": unit,
    }  # fmt: skip
    return rules_of_rows([row])[0]


def judged(asked, district=TOY, **more):
    return measure_standards(district, [asked], DAY, **more)


def with_premises(**columns):
    table = pd.DataFrame({"community_code": [WEST, EAST], **columns})
    return TOY.with_layers(premises=table)


def test_premises_of_communities_add_up_to_streets_and_the_district():
    district = with_premises(office_m2=[90.0, 120.0], service_m2=[200.0, 150.0])
    found = judged(rule("threshold", "office_m2+service_m2", "at_least=600", "district"), district)
    assert found.results[["value", "shortfall", "status"]].values.tolist() == [
        [560.0, 40.0, "partly"]
    ]


def test_a_sum_with_an_unknown_part_is_unknown_and_never_missed():
    district = with_premises(office_m2=[90.0, None])
    by_community = judged(rule("threshold", "office_m2", "at_least=100"), district)
    assert by_community.results["status"].tolist() == ["partly", "unknown"]
    assert gather_facts(district, DAY).tables["district"]["office_m2"].isna().all()


def test_a_missing_denominator_is_unknown():
    cells = TOY["cells"].assign(households=[0.0, 64.0, 0.0, None])
    asked = rule("threshold", "sites.pharmacy", "at_least=1; per=households; each_of=100")
    other = rule("threshold", "cells", "at_least=1", name="q")
    found = measure_standards(TOY.with_layers(cells=cells), [asked, other], DAY).results
    found = found[found["rule"] == "r"]
    assert found["status"].tolist() == ["unknown", "unknown"]
    assert found["reason"].tolist() == ["nothing to divide by", "not known: households"]


def test_both_conditions_must_hold_and_their_parts_are_told():
    district = with_premises(office_m2=[90.0, 120.0], service_m2=[250.0, 210.0])
    found = judged(rule("all_of", "", "office_m2>=100; service_m2>=200"), district)
    first = found.results.iloc[0]
    assert (first["value"], first["required"], first["shortfall"]) == (290.0, 300.0, 10.0)
    assert first["detail"] == "office_m2 90 of 100; service_m2 250 of 200"
    assert found.summary["r"]["met"] == 1


def test_one_part_that_falls_short_decides_though_the_other_is_unknown():
    district = with_premises(office_m2=[90.0, 150.0], service_m2=[None, None], rooms=[1, 2])
    district = district.with_layers(premises=district["premises"].assign(service_m2=[None, 0.0]))
    found = judged(rule("all_of", "", "office_m2>=100; service_m2>=200"), district).results
    assert found["status"].tolist() == ["partly", "partly"]
    assert found["value_high"].iloc[0] == 290.0
    assert found["shortfall"].iloc[0] == 10.0


def test_an_interval_of_sites_stays_an_interval():
    found = judged(rule("ratio", "sites.health_station", "of=cells; low=2; high=3", "district"))
    row = found.results.iloc[0]
    assert (row["required"], row["required_high"]) == (2.0, 2.0)
    assert (row["value"], row["shortfall"], row["status"]) == (1.0, 1.0, "partly")


def test_posts_are_counted_once_in_each_unit():
    facts = gather_facts(TOY, DAY).tables
    assert facts["community"]["posts.grid_head"].tolist() == [1.0, 0.0]
    assert facts["district"]["posts"].tolist() == [2.0]
    before = gather_facts(TOY, date(2025, 6, 1)).tables
    assert before["district"]["posts"].tolist() == [3.0]


def test_proposed_and_closed_sites_do_not_count():
    sites = TOY["sites"].assign(closed_on=["2026-03-02", None, None])
    closed = gather_facts(TOY.with_layers(sites=sites), DAY)
    assert "sites.pharmacy" not in closed.available()


def test_a_rule_holds_only_where_its_condition_does():
    asked = rule("threshold", "sites.police_room", "at_least=1; where=households>=100")
    found = judged(asked)
    assert found.results["status"].tolist() == ["missed", "not_due"]
    assert found.summary["r"]["units"] == 1
    assert set(found.rows["status"]) == {"missed", "not_due"}


def test_a_fact_nobody_has_is_a_finding_that_names_rule_fact_and_those_there_are():
    rules = [
        rule("threshold", "rooms", "at_least=1"),
        rule("threshold", "cells", "at_least=1", name="q"),
    ]
    found = measure_standards(TOY, rules, DAY)
    told = next(one for one in found.findings if one.rule == "unknown_fact")
    assert told.ids == ("r",)
    assert "rooms" in told.found
    assert "sites.pharmacy" in told.found
    assert set(found.rows["measure"]) == {"q.met"}
    assert found.summary["r"]["unknown"] == 2


def test_a_misspelt_site_type_is_a_finding():
    rules = [rule("threshold", "sites.helth_station", "at_least=1")]
    found = measure_standards(TOY, rules, DAY)
    assert [one.rule for one in found.findings] == ["unknown_site_type"]


def test_if_nothing_can_be_judged_the_error_says_what_is_missing():
    with pytest.raises(MissingLayerError, match="rooms"):
        judged(rule("threshold", "rooms", "at_least=1"))


def test_a_reserve_rule_with_a_step_down_warns():
    asked = rule("reserve", "area_m2", "of=area_m2; below=50000; below_percent=3; above_percent=2")
    told = [one for one in judged(asked).findings if one.rule == "rule_not_monotone"]
    assert len(told) == 1
    assert "falls from 1500 to 1000 m²" in told[0].found


def test_figures_that_contradict_each_other_are_findings_and_no_gap():
    district = with_premises(part_a=[2.0, 2.0], part_b=[3.0, 3.0], whole=[5.0, 6.0])
    found = judged(rule("sum", "part_a|part_b", "total=whole"), district)
    assert found.results["status"].tolist() == ["met", "missed"]
    assert found.rows.empty
    assert [one.ids for one in found.findings] == [(EAST,)]


def test_too_many_households_in_a_cell_is_missed_by_what_is_too_much():
    found = judged(rule("threshold", "households", "at_least=20; at_most=70", "cell"))
    rows = found.results.set_index("unit_id")
    assert rows["status"].to_dict() == {"nw": "missed", "ne": "met", "sw": "met", "se": "partly"}
    assert rows["shortfall"].to_dict() == {"nw": 10.0, "ne": 0.0, "sw": 0.0, "se": 4.0}


def test_reports_are_judged_by_the_half_day():
    zone = ZoneInfo("Asia/Shanghai")
    reports = pd.DataFrame(
        {
            "cell_id": ["nw", "nw", "se"],
            "reported": [datetime(2026, 3, 2, hour, tzinfo=zone) for hour in (9, 9, 13)],
            "settled": [datetime(2026, 3, 2, hour, tzinfo=zone) for hour in (11, 13, 23)],
        }
    )
    found = judged(rule("deadline", "", "half_day=yes"), reports=reports)
    assert found.results[["value", "required", "status"]].values.tolist() == [
        [1.0, 2.0, "partly"],
        [1.0, 1.0, "met"],
    ]


def test_walking_distances_are_measured_where_a_rule_asks_and_noted_where_they_cannot_be():
    near = rule("within", "sites.pharmacy", "norm_m=300", "district", unit="people")
    other = rule("threshold", "cells", "at_least=1", name="q")
    found = judge_standards(TOY, [near, other], DAY).results.set_index("rule")
    assert found.loc["r", ["value", "required"]].tolist() == [460.0, 500.0]
    without = TOY.with_layers(roads=TOY["roads"].iloc[:0])
    blind = judge_standards(without, [near, other], DAY)
    assert "walks_not_measured" in {one.rule for one in blind.findings}
    assert set(blind.results["status"]) == {"unknown", "met"}


def test_the_shipped_rules_are_judged_on_the_toy():
    found = measure_standards(TOY, shipped_rules(), DAY)
    assert found.summary["police_room"]["missed"] == 2
    assert {"units", "met", "shortfall", "unit"} <= set(found.summary["police_room"])
    assert set(found.units["leads"]) == {True, False}
