from datetime import date

import pandas as pd
import pytest

from gridmap.errors import InputError
from gridmap.samples import EAST, WEST, toy_district
from gridmap.staffing import (
    answer_for,
    examine_absences,
    measure_rules,
    measure_staffing,
    stand_ins_on,
    sum_rules,
    who_answers,
)

TOY = toy_district()
DAY = date(2026, 3, 2)


def absences(*rows):
    frame = pd.DataFrame(rows, columns=["post_id", "from", "to", "stand_in_post_id"])
    return TOY.with_layers(absences=frame)["absences"]


def toy_with(*rows):
    return TOY.with_layers(absences=absences(*rows))


def judged(district, on=DAY):
    rows = measure_staffing(district, on).rows.query("measure == 'staffing.accountable'")
    return rows.set_index("cell_id")[["value", "status", "reason"]].T.to_dict("list")


def test_a_stand_in_keeps_a_cell_answered_for_and_the_row_says_so():
    found = judged(toy_with(("p1", "2026-03-01", "2026-03-10", "p2")))
    assert found["nw"] == [1.0, "met", "stand-in"]
    assert found["ne"] == [0.0, "partly", "a post of its community answers"]


def test_without_a_stand_in_nobody_answers_for_the_west():
    found = measure_staffing(toy_with(("p1", "2026-03-01", None, None)), DAY)
    status = judged(toy_with(("p1", "2026-03-01", None, None)))
    assert status["nw"] == [0.0, "missed", "the accountable post is away; nobody answers"]
    assert found.summary == {"posts": 4, "cells_without_accountable": 2, "vacant": 4}


def test_a_cell_whose_head_is_away_falls_back_to_its_community():
    on = date(2025, 6, 1)
    found = judged(toy_with(("p2", "2025-05-01", "2025-07-01", None)), on)
    assert found["ne"] == [
        0.0,
        "partly",
        "the accountable post is away; a post of its community answers",
    ]


def test_an_absence_holds_from_its_first_day_to_before_the_day_back():
    away = absences(("p1", "2026-03-02", "2026-03-04", "p2"))
    days = [stand_ins_on(away, date(2026, 3, day)) for day in (1, 2, 3, 4)]
    assert days == [{}, {"p1": "p2"}, {"p1": "p2"}, {}]


def test_a_stand_in_who_is_away_is_stood_in_for_to_the_end_of_the_chain():
    away = absences(("p1", "2026-03-01", None, "p2"), ("p2", "2026-03-01", None, "p4"))
    found = answer_for(TOY["cells"], TOY["duties"], DAY, away)
    assert found.loc["nw", ["post_id", "stands_in_for", "level"]].tolist() == ["p4", "p1", "own"]


def test_stand_ins_in_a_circle_are_a_finding_and_nobody_answers():
    away = absences(
        ("p1", "2026-03-01", None, "p2"),
        ("p2", "2026-03-01", None, "p4"),
        ("p4", "2026-03-01", None, "p1"),
    )
    (finding,) = examine_absences(away, TOY["posts"], DAY)
    assert (finding.rule, finding.ids) == ("stand_in_circle", ("p1", "p2", "p4"))
    assert judged(TOY.with_layers(absences=away))["sw"][1] == "missed"


def test_unknown_posts_crossed_dates_and_overlaps_are_findings():
    away = absences(
        ("p1", "2026-03-01", "2026-03-01", None),
        ("p2", "2026-03-01", None, "p9"),
        ("p3", "2026-03-01", None, None),
        ("p3", "2026-03-02", None, "p4"),
    )
    found = {one.rule: one.ids for one in examine_absences(away, TOY["posts"], DAY)}
    assert found == {
        "overlapping_absences": ("p3",),
        "ends_before_it_begins": ("p1",),
        "unknown_post": ("p9",),
    }
    assert stand_ins_on(away, DAY)["p3"] == "p4"


def test_a_double_stays_a_double_while_one_of_the_two_is_away():
    two = pd.DataFrame(
        {"post_id": ["p1", "p2"], "cell_id": ["nw", "nw"], "accountable": [True, True]}
    )
    calm = TOY.with_layers(duties=two)
    away = calm.with_layers(absences=absences(("p1", "2026-03-01", None, None)))
    assert judged(calm)["nw"] == [2.0, "partly", "more accountable posts than required"]
    assert judged(away)["nw"] == [1.0, "partly", "more accountable posts than required"]


def test_who_is_there_answers_before_who_stands_in():
    two = pd.DataFrame(
        {"post_id": ["p1", "p3"], "cell_id": ["nw", "nw"], "accountable": [True, True]}
    )
    away = absences(("p1", "2026-03-01", None, "p2"))
    found = answer_for(TOY["cells"], TOY.with_layers(duties=two)["duties"], DAY, away)
    assert found.loc["nw", "post_id"] == "p3"
    assert pd.isna(found.loc["nw", "stands_in_for"])


def places(cell, community):
    return [
        ("cell", cell, cell),
        ("community", community, community),
        ("street", "110101001", "Old Town"),
        ("district", "110101", "Toy district"),
    ]


def ask(district, cell, community, on=DAY):
    layers = (district[name] for name in ("duties", "posts", "absences"))
    return who_answers(places(cell, community), *layers, on)


def test_who_answers_names_the_cells_own_post_and_lists_the_levels():
    found = ask(TOY, "nw", WEST)
    assert found.post["post_id"] == "p1"
    assert [level.level for level in found.levels] == ["cell", "community", "street", "district"]
    assert found.answering_level.level == "cell"


def test_who_answers_names_the_stand_in_with_its_role():
    found = ask(toy_with(("p1", "2026-03-01", None, "p4")), "nw", WEST)
    assert (found.post["post_id"], found.post["role"]) == ("p4", "medic")
    assert found.levels[0].accountable["away"]


def test_who_answers_climbs_to_the_district_where_nobody_nearer_is_there():
    higher = pd.concat(
        [
            TOY["duties"],
            pd.DataFrame({"post_id": ["p4"], "cell_id": ["110101"], "accountable": [True]}),
        ]
    )
    found = ask(toy_with(("p1", "2026-03-01", None, None)).with_layers(duties=higher), "nw", WEST)
    assert (found.answering_level.level, found.post["post_id"]) == ("district", "p4")


def test_nobody_answers_where_no_level_has_a_post():
    found = ask(toy_with(("p1", "2026-03-01", None, None)), "nw", WEST)
    assert (found.answering_level, found.post) == (None, None)
    assert len(found.levels[0].posts) == 1


def test_rules_count_posts_of_a_role_in_a_community_and_its_cells():
    rules = pd.DataFrame(
        {
            "scope": ["community", "community", "district", "cell"],
            "role": ["grid_head", "*", "medic", "grid_head"],
            "minimum": [2, 1, 1, 1],
            "maximum": [None, None, None, 1],
        }
    )
    ready = TOY.with_layers(staff_rules=rules)
    found = measure_rules(ready, DAY)
    counted = found.set_index(["role", "place_id"])[["filled", "vacant", "status"]]
    assert counted.loc[("grid_head", WEST)].tolist() == [1, 1, "partly"]
    assert counted.loc[("grid_head", EAST)].tolist() == [0, 2, "missed"]
    assert counted.loc[("*", EAST)].tolist() == [1, 0, "met"]
    assert counted.loc[("medic", "110101")].tolist() == [0, 1, "missed"]
    assert counted.loc[("grid_head", "ne")].tolist() == [0, 1, "missed"]
    sums = sum_rules(found).set_index(["scope", "role"])
    assert sums.loc[("community", "grid_head"), ["places", "met", "vacant"]].tolist() == [2, 0, 3]


def test_rules_of_the_district_itself_become_rows_and_gaps_those_that_ship_do_not():
    rules = pd.DataFrame({"scope": ["cell"], "role": ["*"], "minimum": [1], "maximum": [None]})
    own = measure_staffing(TOY.with_layers(staff_rules=rules), DAY).rows
    judged_rows = own[own["measure"] == "staffing.role.any"].set_index("cell_id")["status"]
    assert judged_rows.to_dict() == {"nw": "met", "ne": "missed", "sw": "met", "se": "missed"}
    assert set(measure_staffing(TOY, DAY).rows["measure"]) == {
        "staffing.accountable",
        "staffing.posts",
    }


def test_two_posts_of_a_role_where_one_is_allowed_are_a_double():
    rules = pd.DataFrame({"scope": ["cell"], "role": ["grid_head"], "minimum": [1], "maximum": [1]})
    two = pd.DataFrame({"post_id": ["p1", "p2"], "cell_id": ["nw", "nw"]})
    found = measure_rules(TOY.with_layers(duties=two, staff_rules=rules), DAY)
    row = found.set_index("place_id").loc["nw"]
    assert row[["filled", "vacant", "double", "status"]].tolist() == [2, 0, 1, "partly"]


def test_a_site_rule_counts_open_sites_and_no_proposed_one():
    rules = pd.DataFrame(
        {"scope": ["community"], "role": ["site:pharmacy"], "minimum": [1], "maximum": [None]}
    )
    found = measure_rules(TOY.with_layers(staff_rules=rules), DAY).set_index("place_id")
    assert found["filled"].to_dict() == {WEST: 1, EAST: 0}


def test_an_absent_post_is_away_and_not_vacant():
    rules = pd.DataFrame(
        {"scope": ["cell"], "role": ["grid_head"], "minimum": [1], "maximum": [None]}
    )
    ready = toy_with(("p1", "2026-03-01", None, None)).with_layers(staff_rules=rules)
    found = measure_rules(ready, DAY).set_index("place_id")
    assert found.loc["nw", ["filled", "away", "vacant"]].tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (("planet", "*", 1, None), "scope expects one of"),
        (("cell", "guard", 3, 2), "the maximum lies under the minimum for guard"),
    ],
)
def test_impossible_rules_are_an_error(rule, said):
    columns = ["scope", "role", "minimum", "maximum"]
    rules = TOY.with_layers(staff_rules=pd.DataFrame([rule], columns=columns))["staff_rules"]
    with pytest.raises(InputError, match=said):
        measure_rules(TOY, DAY, rules)


def test_events_of_cells_are_summed_where_the_cells_have_them():
    cells = TOY["cells"].assign(events=[5.0, 1.0, 7.0, 2.0])
    load = measure_staffing(TOY.with_layers(cells=cells), DAY).load
    assert load["events"].to_dict() == {"p1": 12.0, "p3": 3.0}
