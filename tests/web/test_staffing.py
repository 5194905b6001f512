"""Staffing and who answers, as pages and as an answer to programs, in the scope of each role."""

import io
import re

import openpyxl
import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from gridmap.samples import EAST, toy_district
from gridmap.store.scope import Scope, scoped
from tests.web.conftest import close_app, csrf, make_app, sign_in

pytestmark = pytest.mark.store
ENGLISH = {"Accept-Language": "en"}
TABS = ("cells", "rules", "load", "absences", "suggestion", "import")


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


def workbook(**sheets):
    """Workbook of these sheets: headings, then rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


GOOD = {
    "posts": [["post_id", "role"], ["p9", "grid_head"], ["p1", "grid_head"]],
    "duties": [
        ["post_id", "cell_id", "accountable", "valid_from"],
        ["p9", "se", "yes", "2026-03-01"],
    ],
    "absences": [["post_id", "from", "to", "reason"], ["p3", "2026-03-03", "2026-03-09", "leave"]],
}


def upload(browser, number, content, name="roster.xlsx"):
    token = csrf(browser.get("/account", follow_redirects=True).text)
    fields = {"csrf_token": token, "file": FileStorage(io.BytesIO(content), name)}
    # In memory: the client itself leaves the file of a large body open.
    boundary, body = encode_multipart(fields)
    return browser.post(
        f"/d/{number}/staffing/roster",
        data=body,
        content_type=f'multipart/form-data; boundary="{boundary}"',
        headers=ENGLISH,
    )


def sealed(page):
    return re.search(r'name="sealed" value="([^"]+)"', page.text)[1]


def apply_rows(browser, number, page):
    return post(browser, f"/d/{number}/staffing/roster/apply", sealed=sealed(page))


def test_a_roster_is_looked_at_first_and_then_answers_at_once(own):
    number, browsers, database = own
    planner = browsers["planner"]
    page = upload(planner, number, workbook(**GOOD))
    assert page.status_code == 200
    assert "<strong>4</strong> rows were read without an error" in page.text
    assert answer(planner, number, "se")["post"]["post_id"] == "p3"
    assert apply_rows(planner, number, page).status_code == 302
    assert answer(planner, number, "se")["post"]["post_id"] == "p9"
    again = upload(planner, number, workbook(**GOOD))
    assert "The district has all of this already" in again.text
    with database.owner.connect() as connection:
        told = connection.exec_driver_sql(
            "SELECT detail FROM audit_log WHERE action = 'import_roster'"
        ).scalars()
        assert [one["posts"] for one in told] == [2]


def test_every_error_of_a_roster_stands_in_a_row_and_the_others_can_be_imported(own):
    number, browsers, _ = own
    bad = {
        "posts": [["post_id", "role"], ["p9", "grid_head"], ["p8", None]],
        "duties": [
            ["post_id", "cell_id", "accountable", "valid_from", "valid_to"],
            ["p9", "se", "yes", "2026-03-01", None],
            ["p9", "nowhere", "perhaps", "2026-13-01", None],
            ["ghost", "nw", "yes", "2026-03-05", "2026-03-01"],
        ],
    }
    page = upload(browsers["planner"], number, workbook(**bad))
    assert page.status_code == 422
    text = " ".join(page.text.split())
    assert "<strong>3</strong> of 5 rows have errors" in text
    for found in (
        "&#39;nowhere&#39;",
        "&#39;perhaps&#39;",
        "&#39;2026-13-01&#39;",
        "&#39;ghost&#39;",
    ):
        assert found in text
    assert "a day after 2026-03-05" in text and "yes or no" in text
    assert "Import the rows without errors" in text
    assert apply_rows(browsers["planner"], number, page).status_code == 302
    assert answer(browsers["planner"], number, "se")["post"]["post_id"] == "p9"


def test_a_cell_that_two_posts_would_answer_for_is_told_before(own):
    number, browsers, _ = own
    rows = [["post_id", "cell_id", "accountable"], ["p2", "nw", "yes"]]
    page = upload(browsers["planner"], number, workbook(duties=rows))
    assert "For 1 cell two posts would answer at once: nw" in " ".join(page.text.split())


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"not a workbook", "roster.xlsx", "roster.xlsx"),
        (b"PK\x03\x04 truncated", "roster.xlsx", "roster.xlsx"),
        (b"post_id,role\np9,guard\n", "roster.csv", "Expected a workbook"),
        (workbook(people=[["name"], ["x"]]), "roster.xlsx", "none of the sheets"),
        (
            workbook(
                posts=[["post_id", "role", "身份证号"], ["p9", "guard", "110101199001011234"]]
            ),
            "roster.xlsx",
            "身份证号",
        ),
        (b"", "roster.xlsx", "roster.xlsx"),
    ],
)
def test_what_is_no_roster_is_refused_with_its_reason_and_nothing_changes(own, content, name, told):
    number, browsers, _ = own
    page = upload(browsers["planner"], number, content, name)
    assert page.status_code == 422
    assert told in page.text and "Nothing was changed." in page.text
    assert "110101199001011234" not in page.text


def test_formulas_and_hostile_names_of_a_workbook_stay_text(own):
    number, browsers, _ = own
    rows = [["post_id", "role", "organisation"], ["p9", "guard", "<img src=x onerror=alert(1)>"]]
    duties = [["post_id", "cell_id"], ["<script>alert(1)</script>", "=cmd|'/c calc'!A1"]]
    page = upload(browsers["planner"], number, workbook(posts=rows, duties=duties))
    assert "<img src=x" not in page.text and "<script>alert" not in page.text


def test_rows_of_another_district_or_changed_on_the_way_are_refused(own):
    number, browsers, _ = own
    page = upload(browsers["planner"], number, workbook(**GOOD))
    path = f"/d/{number}/staffing/roster/apply"
    changed = sealed(page)[:-3] + "abc"
    for one in (changed, "", "x.y.z"):
        assert post(browsers["planner"], path, sealed=one).status_code == 400
    assert post(browsers["worker"], path, sealed=sealed(page)).status_code == 403
    without = browsers["planner"].post(path, data={"sealed": sealed(page)})
    assert without.status_code == 400
    assert answer(browsers["planner"], number, "se")["post"]["post_id"] == "p3"


def test_a_workbook_of_a_large_district_is_taken_and_one_beyond_the_limit_is_not(own):
    import random

    number, browsers, _ = own
    draw = random.Random(1)
    rows = [[f"q{n}-{draw.getrandbits(64):x}", "guard", f"{draw.getrandbits(480):x}"]
            for n in range(12_000)]  # fmt: skip
    content = workbook(posts=[["post_id", "role", "organisation"], *rows])
    assert len(content) > 1 << 20
    page = upload(browsers["planner"], number, content)
    assert page.status_code == 200
    assert apply_rows(browsers["planner"], number, page).status_code == 302
    assert upload(browsers["planner"], number, b"PK" + bytes(10 << 20)).status_code == 413


def test_a_planner_of_a_part_is_not_offered_the_import_and_may_not_do_it(own):
    from sqlalchemy.orm import Session

    from gridmap.store import accounts
    from tests.web.conftest import PASSWORD

    number, browsers, database = own
    with Session(database.owner) as session:
        part = [accounts.Part(number, community_code=EAST)]
        accounts.add_user(session, "east", "planner", part, password=PASSWORD)
        session.commit()
    browser = browsers["worker"].application.test_client()
    sign_in(browser, "east")
    page = browser.get(f"/d/{number}/staffing?tab=import", headers=ENGLISH).text
    assert "Only a planner of the whole district" in page and 'type="file"' not in page
    assert upload(browser, number, workbook(**GOOD)).status_code == 403


def test_a_row_with_the_key_of_one_there_replaces_it_also_where_the_first_day_is_empty(own):
    number, browsers, database = own
    head = ["post_id", "cell_id", "accountable", "valid_from", "valid_to"]
    for end in ("2026-05-01", "2026-06-01"):
        rows = [["p2", "se", "no", None, end]]
        page = upload(browsers["planner"], number, workbook(duties=[head, *rows]))
        assert apply_rows(browsers["planner"], number, page).status_code == 302
    with database.owner.connect() as connection:
        told = connection.exec_driver_sql(
            "SELECT community_code, valid_to::text FROM duties WHERE post_id = 'p2' AND "
            "cell_id = 'se' AND valid_from IS NULL"
        ).all()
    assert [tuple(one) for one in told] == [(EAST, "2026-06-01")]


def test_the_part_for_imports_begins_with_the_form_and_reads_no_workbook(site, signed_in):
    page = signed_in("planner").get(f"/d/{site.toy}/staffing?tab=import").text
    assert "Import posts, duties and absences" in page
    assert "rows were read" not in page
