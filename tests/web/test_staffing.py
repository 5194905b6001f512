"""Staffing and who answers, as pages and as an answer to programs, in the scope of each role."""

import io

import openpyxl
import pytest

from gridmap.samples import EAST, toy_district
from gridmap.store.scope import Scope, scoped
from tests.web.conftest import close_app, csrf, make_app, sign_in

pytestmark = pytest.mark.store
ENGLISH = {"Accept-Language": "en"}
TABS = ("cells", "rules", "load", "absences", "suggestion")


@pytest.mark.parametrize("language", ["zh-CN", "zh-TW", "en"])
@pytest.mark.parametrize("tab", TABS)
def test_every_part_of_staffing_opens_in_every_language(site, signed_in, tab, language):
    path = f"/d/{site.toy}/staffing?tab={tab}&on=2026-03-02"
    assert signed_in("planner").get(path, headers={"Accept-Language": language}).status_code == 200


@pytest.mark.parametrize("tab", TABS)
def test_hostile_names_are_text_on_every_part(site, signed_in, tab):
    page = signed_in("planner").get(f"/d/{site.hostile}/staffing?tab={tab}&on=2026-03-02").text
    assert "<img src=x" not in page


def test_the_parts_say_their_figures(site, signed_in):
    def ask(tab):
        path = f"/d/{site.toy}/staffing?tab={tab}&on=2026-03-02"
        return " ".join(signed_in("planner").get(path, headers=ENGLISH).text.split())

    assert "each community: at least 4 × guard" in ask("rules")
    load = ask("load")
    assert "2 posts have no duty on this day" in load
    assert '<td class="num" data-label="Households">120</td>' in load
    # Two cells of 200 m × 200 m with a street on two sides, or one of them.
    assert '<td class="num" data-label="Street length">800 m</td>' in load
    assert "No post is away" in ask("absences")


def test_a_suggestion_is_shown_with_its_bound(site, signed_in):
    path = f"/d/{site.toy}/staffing?tab=suggestion&on=2025-06-01"
    page = " ".join(signed_in("planner").get(path, headers=ENGLISH).text.split())
    assert "would have <strong>120</strong>" in page
    assert "This is proved to be the best." in page
    assert "1 cells would change hands" in page or "1 cell" in page


def test_who_answers_for_a_cell_by_name_with_its_levels(site, signed_in):
    path = f"/d/{site.toy}/answers?q=South-east&on=2026-03-02"
    page = " ".join(signed_in("liaison").get(path, headers=ENGLISH).text.split())
    assert "<strong>community head</strong> p3, East, answers for South-east." in page
    assert "no post of the cell itself is there" in page


def test_a_place_that_is_no_cell_is_offered_to_choose(site, signed_in):
    page = signed_in("planner").get(f"/d/{site.toy}/answers?q=pharmacy", headers=ENGLISH).text
    assert "Which place do you mean?" in page
    assert "lon=" in page


@pytest.mark.parametrize("role", ["worker", "planner", "liaison", "admin"])
def test_programs_get_the_answer_as_json_in_the_scope_of_the_reader(site, signed_in, role):
    path = f"/api/d/{site.toy}/answers?cell=nw&on=2026-03-02"
    told = signed_in(role).get(path).json
    assert told["post"]["post_id"] == "p1"
    assert (told["level"], told["on"]) == ("cell", "2026-03-02")
    assert [one["level"] for one in told["levels"]] == ["cell", "community", "street", "district"]


def test_a_position_finds_its_cell(site, signed_in):
    from gridmap.crs import WGS84, project

    middle = project(toy_district()["cells"], WGS84).geometry.iloc[1].centroid
    path = f"/api/d/{site.toy}/answers?lon={middle.x}&lat={middle.y}&on=2026-03-02"
    told = signed_in("planner").get(path).json
    assert (told["cell"]["cell_id"], told["post"]["post_id"]) == ("ne", "p3")
    outside = f"/api/d/{site.toy}/answers?lon=0&lat=0"
    assert (
        signed_in("planner").get(outside, headers={"Accept": "application/json"}).status_code == 404
    )


@pytest.mark.parametrize("query", ["", "cell=nw&lon=1&lat=1", "lon=x&lat=1", "cell=nw&on=soon"])
def test_a_question_that_cannot_be_read_is_a_400(site, signed_in, query):
    answer = signed_in("planner").get(
        f"/api/d/{site.toy}/answers?{query}", headers={"Accept": "application/json"}
    )
    assert answer.status_code == 400


def test_a_worker_is_not_told_of_cells_of_others(site, signed_in):
    answer = signed_in("worker").get(
        f"/api/d/{site.toy}/answers?cell=se", headers={"Accept": "application/json"}
    )
    assert answer.status_code == 404
    assert signed_in("worker").get("/api/d/987/answers?cell=nw").status_code == 403


def test_the_roster_comes_as_a_workbook_and_its_template_empty(site, signed_in):
    base = f"/d/{site.toy}/staffing/roster.xlsx"
    empty, filled = (signed_in("planner").get(base + extra) for extra in ("", "?filled=yes"))
    rows = [
        openpyxl.load_workbook(io.BytesIO(one.data))["posts"].max_row for one in (empty, filled)
    ]
    assert rows == [5, 9]


@pytest.fixture
def own(scratch):
    """A site of its own, whose rows may change."""
    from sqlalchemy.orm import Session

    from gridmap.store import accounts
    from gridmap.store.load import load_district
    from tests.web.conftest import PASSWORD

    number = load_district(scratch.owner, toy_district())
    with Session(scratch.owner) as session:
        parts = [accounts.Part(number)]
        accounts.add_user(session, "planner", "planner", parts, password=PASSWORD)
        cell = [accounts.Part(number, cell_id="nw")]
        accounts.add_user(session, "worker", "worker", cell, password=PASSWORD)
        session.commit()
    app = make_app(scratch)
    browsers = {name: app.test_client() for name in ("planner", "worker")}
    for name, browser in browsers.items():
        sign_in(browser, name)
    yield number, browsers, scratch
    close_app(app)


def post(browser, path, **fields):
    token = csrf(browser.get("/account", follow_redirects=True).text)
    return browser.post(path, data={**fields, "csrf_token": token})


def answer(browser, number, cell="nw", on="2026-03-04"):
    return browser.get(f"/api/d/{number}/answers?cell={cell}&on={on}").json


def test_an_absence_entered_counts_at_once_and_ends_when_the_post_is_back(own):
    number, browsers, _ = own
    planner = browsers["planner"]
    path = f"/d/{number}/staffing/absences"
    told = {"post_id": "p1", "from": "2026-03-03", "stand_in": "p4", "reason": "leave"}
    assert post(planner, path, **told).status_code == 302
    for browser in browsers.values():
        found = answer(browser, number)
        assert (found["post"]["post_id"], found["post"]["role"]) == ("p4", "medic")
        assert found["instead_of"] == "p1"
    page = planner.get(f"/d/{number}/staffing?tab=absences&on=2026-03-04").text
    mark = page.split('name="absence_id" value="')[1].split('"')[0]
    assert post(planner, path + "/end", absence_id=mark, to="2026-03-04").status_code == 302
    assert answer(planner, number)["post"]["post_id"] == "p1"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"post_id": "p9"}, "no post p9"),
        ({"stand_in": "p1"}, "cannot stand in for itself"),
        ({"to": "2026-03-03"}, "must lie after"),
        ({"reason": "flu"}, "Unknown kind of absence"),
        ({"from": ""}, "Expected a day"),
    ],
)
def test_a_wrong_absence_is_refused_with_the_reason(own, fields, said):
    number, browsers, _ = own
    told = {"post_id": "p1", "from": "2026-03-03"} | fields
    refused = post(browsers["planner"], f"/d/{number}/staffing/absences", **told)
    assert refused.status_code == 400
    assert said in refused.text


def test_a_worker_enters_no_absence(own):
    number, browsers, _ = own
    path = f"/d/{number}/staffing/absences"
    assert post(browsers["worker"], path, post_id="p1").status_code == 403


def test_a_suggestion_is_written_once_it_was_looked_at(own):
    number, browsers, _ = own
    planner = browsers["planner"]
    page = planner.get(f"/d/{number}/staffing?tab=suggestion&on=2025-06-01").text
    seen = page.split('name="seen" value="')[1].split('"')[0]
    asked = {"on": "2025-06-01", "role": "grid_head", "by": "", "start": "2025-07-01"}
    path = f"/d/{number}/staffing/apply"
    assert post(planner, path, **asked, seen="of another day").status_code == 400
    assert answer(planner, number, "se", "2025-07-02")["post"]["post_id"] == "p3"
    assert post(planner, path, **asked, seen=seen).status_code == 302
    assert answer(planner, number, "se", "2025-07-02")["post"]["post_id"] == "p2"
    assert answer(planner, number, "se", "2025-06-30")["post"]["post_id"] == "p3"


def test_the_database_lets_only_planners_of_the_place_write_absences(own):
    from sqlalchemy.exc import DBAPIError

    from gridmap.errors import ScopeError
    from gridmap.store import rosters

    number, _, store = own
    import datetime as dt

    day = dt.date(2026, 3, 3)
    west = toy_district()["cells"]["community_code"].iloc[0]
    for role, limits, post_id, allowed in (
        ("planner", (None, None), "p1", True),
        ("planner", ((west,), None), "p1", True),
        ("planner", ((EAST,), None), "p1", False),
        ("liaison", (None, None), "p1", False),
        ("worker", (None, ("nw",)), "p1", False),
    ):
        with store.app.connect() as probe:
            probe.close()
        try:
            with scoped(store.app, Scope(1, role, (number,), *limits)) as connection:
                rosters.add_absence(connection, number, post_id, day)
            done = True
        except (ScopeError, DBAPIError):
            done = False
        assert done is allowed, (role, limits)


def test_absences_entered_on_a_page_outlive_a_load_of_the_file(own):
    from gridmap.store.load import load_district

    number, browsers, store = own
    told = {"post_id": "p1", "from": "2026-03-03", "stand_in": "p4"}
    post(browsers["planner"], f"/d/{number}/staffing/absences", **told)
    assert load_district(store.owner, toy_district()) == number
    assert answer(browsers["planner"], number)["post"]["post_id"] == "p4"


def test_programs_ask_two_a_second_and_no_more(own):
    number, browsers, _ = own
    asked = [
        browsers["worker"].get(f"/api/d/{number}/answers?cell=nw").status_code for _ in range(121)
    ]
    assert (asked[119], asked[120]) == (200, 429)
