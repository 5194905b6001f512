from datetime import date

import pandas as pd
import pytest

from gridmap.errors import MissingLayerError
from gridmap.samples import EAST, toy_district
from gridmap.staffing import answer_for, duties_on, idle_posts, measure_staffing, vacant_since

TOY = toy_district()


def duties(*rows):
    frame = pd.DataFrame(rows, columns=["post_id", "cell_id", "accountable"])
    return frame.assign(valid_from=None, valid_to=None)


def status_of(district, on):
    rows = measure_staffing(district, on).rows
    rows = rows[rows["measure"] == "staffing.accountable"].set_index("cell_id")
    return rows["status"].to_dict(), rows["reason"].to_dict()


def test_in_june_2025_three_cells_have_their_own_post_and_the_fourth_that_of_its_community():
    found = answer_for(TOY["cells"], TOY["duties"], date(2025, 6, 1))
    assert found["level"].to_dict() == {"nw": "own", "ne": "own", "sw": "own", "se": "community"}
    assert found["post_id"].to_dict() == {"nw": "p1", "ne": "p2", "sw": "p1", "se": "p3"}


def test_in_march_2026_the_north_east_falls_back_to_its_community_too():
    found = answer_for(TOY["cells"], TOY["duties"], date(2026, 3, 2))
    assert found["post_id"].to_dict() == {"nw": "p1", "ne": "p3", "sw": "p1", "se": "p3"}
    statuses, reasons = status_of(TOY, date(2026, 3, 2))
    assert statuses == {"nw": "met", "ne": "partly", "sw": "met", "se": "partly"}
    assert reasons["se"] == "a post of its community answers"


def test_a_duty_holds_on_its_first_day_and_no_longer_on_its_valid_to():
    held = [
        "p2" in duties_on(TOY["duties"], day)["post_id"].tolist()
        for day in (date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1))
    ]
    assert held == [False, True, True, False]


def test_before_all_duties_nobody_answers_and_every_cell_is_vacant():
    found = measure_staffing(TOY, date(2024, 6, 1))
    assert found.summary == {"posts": 4, "cells_without_accountable": 4, "vacant": 4}
    assert set(found.rows.query("measure == 'staffing.accountable'")["status"]) == {"missed"}
    assert found.load.empty


def test_two_accountable_posts_are_partly_met_and_say_so():
    more = duties(("p1", "nw", True), ("p2", "nw", True), ("p1", "nw", True))
    statuses, reasons = status_of(TOY.with_layers(duties=more), date(2026, 1, 1))
    assert statuses["nw"] == "partly"
    assert reasons["nw"] == "more accountable posts than required"


def test_the_same_post_named_twice_counts_once():
    twice = duties(("p1", "nw", True), ("p1", "nw", True))
    assert status_of(TOY.with_layers(duties=twice), date(2026, 1, 1))[0]["nw"] == "met"


def test_a_duty_that_says_nothing_of_accountability_does_not_answer():
    unsaid = duties(("p1", "nw", None), ("p2", "nw", False), ("p3", EAST, None))
    found = answer_for(TOY["cells"], TOY.with_layers(duties=unsaid)["duties"], date(2026, 1, 1))
    assert set(found["level"]) == {"nobody"}
    assert found["posts"].to_dict() == {"nw": 2, "ne": 0, "sw": 0, "se": 0}


def test_posts_without_a_duty_are_idle():
    assert idle_posts(TOY["posts"], TOY["duties"], date(2026, 3, 2)) == ["p2", "p4"]


def test_two_posts_required_leave_one_vacant_where_one_answers():
    found = measure_staffing(TOY, date(2025, 6, 1), required=2)
    assert found.summary["vacant"] == 5
    assert found.rows["shortfall"].iloc[:4].tolist() == [1.0, 1.0, 1.0, 2.0]


def test_a_vacancy_dates_from_the_end_of_the_last_accountable_duty():
    found = vacant_since(TOY, date(2026, 3, 2))
    assert found.index.tolist() == ["ne", "se"]
    assert found["ne"] == pd.Timestamp(2026, 1, 1)
    assert pd.isna(found["se"])


def test_the_load_of_a_post_counts_cells_people_and_streets():
    street_m = pd.Series({"nw": 400.0, "sw": 300.0, "ne": 10.0, "se": 20.0})
    load = measure_staffing(TOY, date(2025, 6, 1), street_m=street_m).load
    assert load.loc["p1"].to_dict() == {
        "cells": 2.0,
        "households": 120.0,
        "population": 300.0,
        "street_m": 700.0,
    }


def test_without_duties_the_error_names_the_layer():
    bare = TOY.with_layers(duties=TOY["duties"].iloc[:0])
    with pytest.raises(MissingLayerError, match="'duties'"):
        measure_staffing(bare, date(2026, 1, 1))


def test_the_order_of_duties_does_not_matter():
    turned = TOY["duties"].iloc[::-1]
    one = answer_for(TOY["cells"], TOY["duties"], date(2025, 6, 1))
    pd.testing.assert_frame_equal(one, answer_for(TOY["cells"], turned, date(2025, 6, 1)))
