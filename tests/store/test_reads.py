"""What pages read back, with figures from the drawing."""

import datetime as dt

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from gridmap.errors import ScopeError
from gridmap.samples import EAST
from gridmap.store import reads, totals
from gridmap.store.search import search

pytestmark = pytest.mark.store
WINDOW = "day@2026-03-02"


def test_districts_are_listed_with_what_a_page_needs(see):
    with see("planner") as connection:
        listed = reads.list_districts(connection)
        told = reads.read_district(connection, 1)
    assert listed["name"].tolist() == ["Toy district"]
    assert told["as_of"] == dt.date(2026, 3, 2)
    assert (told["crs"], told["timezone"]) == ("EPSG:4548", "Asia/Shanghai")
    west, south, east, north = told["bounds"]
    assert 116.9 < west < east < 117.1
    assert 39.6 < south < north < 39.8
    assert told["counts"]["fixes"] == 7


def test_the_summary_leaves_out_what_the_role_may_not_see(see):
    with see("liaison") as connection:
        assert reads.read_summary(connection, 1)["patrol"] == {"due": 5, "met": 2}
    with see("worker", cells=("nw",)) as connection:
        assert reads.read_summary(connection, 1) == {}


def test_a_cell_comes_with_all_about_it(see):
    with see("liaison") as connection:
        told = reads.read_cell(connection, 1, "nw")
    assert (told["cell"]["community"], told["cell"]["households"]) == ("West", 80.0)
    assert told["duties"][["post_id", "role"]].values.tolist() == [["p1", "grid_head"]]
    assert set(told["coverage"]["dimension"]) == {"staffing", "services", "patrol", "cameras"}
    assert told["gaps"]["gap_id"].tolist() == ["g4"]
    assert told["sites"]["site_id"].tolist() == ["s1"]
    assert told["neighbours"]["cell_id"].tolist() == ["ne", "se", "sw"]


def test_a_cell_out_of_scope_and_one_that_is_not_there_sound_the_same(see):
    with see("worker", cells=("nw",)) as connection:
        for cell in ("se", "atlantis"):
            with pytest.raises(ScopeError, match=f"Cell {cell} is not among those you may see"):
                reads.read_cell(connection, 1, cell)


def test_a_duty_that_ended_is_not_shown_and_that_of_the_community_is(see):
    with see("planner") as connection:
        now = reads.read_duties(connection, 1, ["ne"])
        before = reads.read_duties(connection, 1, ["ne"], dt.date(2025, 12, 31))
    assert now[["post_id", "whole_community"]].values.tolist() == [["p3", True]]
    assert sorted(before["post_id"]) == ["p2", "p3"]


def test_gaps_come_in_pages_by_rank_and_are_counted(see):
    with see("liaison") as connection:
        assert totals.count_gaps(connection, 1) == 4
        page = reads.read_gaps(connection, 1, limit=2, offset=1)
        assert totals.count_gaps(connection, 1, community_code=EAST) == 2
        only = reads.read_gaps(connection, 1, dimension="services", status="missed")
        with pytest.raises(TypeError, match="not filtered by"):
            totals.count_gaps(connection, 1, colour="red")
    assert page["gap_id"].tolist() == ["g2", "g3"]
    assert only["people"].tolist() == [40.0]
    assert (only["east"] > only["west"]).all()


def test_coverage_is_filtered_by_measure_window_and_cell(see):
    with see("liaison") as connection:
        rows = reads.read_coverage(connection, 1, measure="patrol.presence", window=WINDOW)
        one = reads.read_coverage(connection, 1, measure="pharmacy.walk_share", cell_id="ne")
        statuses = totals.count_statuses(connection, 1, "pharmacy.walk_share")
        shares = totals.read_shares(connection, 1, ["pharmacy.walk_share"]).set_index("measure")
    assert rows.set_index("cell_id")["value"].to_dict() == {"nw": 2.5, "ne": 2.5, "sw": 0, "se": 0}
    assert one["value"].tolist() == [0.5]
    assert statuses.set_index("status")["rows"].to_dict() == {"met": 2, "partly": 1, "missed": 1}
    assert shares.loc["pharmacy.walk_share", "required"]


def test_ranks_fall_into_classes_of_about_equally_many(see):
    with see("liaison") as connection:
        assert totals.read_rank_classes(connection, 1, 2) == [(1, 2), (3, 4)]
        assert totals.read_rank_classes(connection, 1, 5, status="no such") == []


def test_sites_cameras_presence_and_requirements_come_with_their_places(see):
    with see("liaison") as connection:
        pharmacies = reads.read_sites(connection, 1, type="pharmacy")
        cameras = reads.read_cameras(connection, 1, cell_id="sw")
        presence = reads.read_presence(
            connection, 1, since=dt.datetime(2026, 3, 2, tzinfo=dt.UTC),
            until=dt.datetime(2026, 3, 3, tzinfo=dt.UTC),
        )  # fmt: skip
        rules = reads.read_requirements(connection, 1, "sw")
        assert reads.read_blind_spots(connection, 1)["area_m2"].tolist() == [40.0]
        assert reads.read_views(connection, 1, "range")["camera_id"].tolist() == ["cam1"]
    assert pharmacies["lon"].between(116.9, 117.1).all()
    assert cameras["heading_deg"].tolist() == [45.0]
    assert presence["observed_s"].tolist() == [150.0, 150.0]
    assert rules["window"].tolist() == ["day"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nw", {("cell", "nw")}),
        ("EAST", {("community", EAST), ("cell", "ne"), ("cell", "se"), ("site", "s2"),
                  ("street", "East Lane")}),
        ("pharm", {("site", "s1"), ("site", "s3")}),
        ("lane", {("street", "West Lane"), ("street", "East Lane")}),
        ("%", set()), ("_", set()), ("\\", set()), ("  ", set()), ("' OR 1=1 --", set()),
    ],
)  # fmt: skip
def test_search_finds_names_and_codes_and_takes_signs_as_they_are(see, text, found):
    with see("planner") as connection:
        rows = search(connection, 1, text)
    assert set(zip(rows["kind"], rows["id"], strict=True)) == found


def test_search_stays_in_scope(see):
    with see("worker", cells=("nw",)) as connection:
        rows = search(connection, 1, "pharmacy")
    assert rows["id"].tolist() == ["s1"]


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_text_can_be_searched_for(see, text):
    with see("planner") as connection:
        search(connection, 1, text)
