"""Pages of patrol: what liaisons see and do, and what a planner must not learn from them."""

import re

import pytest

from tests.web.conftest import HOSTILE, csrf

pytestmark = pytest.mark.store
ENGLISH = {"Accept-Language": "en"}
PAGES = ("", "/map", "/gaps", "/streets", "/routes", "/beats", "/quality", "/live")


@pytest.fixture
def look(site, signed_in):
    def open_one(path, role="liaison", district=None):
        return signed_in(role).get(f"/d/{district or site.toy}{path}", headers=ENGLISH)

    return open_one


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_every_page_of_patrol_opens_for_a_liaison(site, signed_in, path, language):
    answer = signed_in("liaison").get(
        f"/d/{site.toy}/patrol{path}", headers={"Accept-Language": language}
    )
    assert answer.status_code == 200
    assert answer.text.count('aria-current="page"') >= 2


@pytest.mark.parametrize("path", PAGES[1:])
@pytest.mark.parametrize("role", ["worker", "planner", "admin"])
def test_no_page_that_tells_of_windows_opens_for_others(look, path, role):
    assert look(f"/patrol{path}", role).status_code == 403


def test_a_planner_sees_no_window_whatever_the_address_asks(look):
    for asked in ("", "?window=day@2026-03-02", "?by=day", "?by=period"):
        # The frame and the links repeat the reader's own address; what is told is the content.
        page = look(f"/patrol{asked}", "planner").text.split('<main id="content"')[1]
        page = re.sub(r'href="[^"]*"', "", page.split("</main>")[0])
        assert "@2026" not in page
        assert "08:00" not in page
        assert "evening" not in page
        assert "due windows" not in page
        assert "%" not in re.search(r'<table class="stack" data-twin>.*?</table>', page, re.S)[0]


def test_a_planner_sees_nothing_of_the_last_week_on_the_sheet_of_a_cell(look):
    page = look("/cells/nw", "planner").text
    assert 'id="patrol-history"' not in page
    assert "day@2026-03-02" not in page


def test_text_of_a_district_is_never_markup(look, site):
    for path in PAGES:
        assert HOSTILE not in look(f"/patrol{path}", district=site.hostile).text


def test_the_overview_names_both_bounds_the_denominator_and_the_quality(look):
    page = look("/patrol").text
    sentence = re.search(r'<p class="sentence">(.*?)</p>', page, re.DOTALL).group(1)
    assert re.sub(r"<[^>]+>|\u202f", "", sentence) == "50.0% to 100.0% of 4 due windows were met."
    assert "of duty time unknown" in page
    assert "good fixes for" in page


@pytest.mark.parametrize("by", ["period", "day", "community", "street", "nothing"])
def test_rates_by_anything_add_up_to_all_due_windows(look, by):
    page = look(f"/patrol?by={by}").text
    due = re.findall(r'<td class="num" data-label="Due">(\d+)</td>', page)
    assert sum(map(int, due)) == 4


@pytest.mark.parametrize("window", ["day@2026-03-02", "@2026-03-02", "day@", "nothing@never", ""])
def test_the_map_opens_on_a_window_a_day_a_period_or_the_last_one(look, window):
    page = look(f"/patrol/map?window={window}").text
    assert "of 4 due windows were met" in re.sub(r"<[^>]+>", "", page)
    assert len(re.findall(r"<tr data-cell-id=", page)) == 4


def test_the_sheet_of_a_cell_shows_every_window_of_every_day_to_a_liaison(look):
    page = look("/cells/sw").text
    strip = re.search(r'<table class="patrol-strip">.*?</table>', page, re.DOTALL).group(0)
    assert "unknown" in strip
    assert "min" in strip


def gaps_of(page):
    return re.findall(r'name="gap" value="([^"]+)\|(\d+)"', page)


def act(site, browser, gaps, **form):
    address = f"/d/{site.toy}/patrol/gaps"
    token = csrf(browser.get(address).text)
    marks = [f"{gap}|{revision}" for gap, revision in gaps]
    return browser.post(address, data={"csrf_token": token, "gap": marks, **form}, headers=ENGLISH)


def test_gaps_are_accepted_found_by_their_state_and_taken_back(site, signed_in, look):
    browser = signed_in("liaison")
    gaps = gaps_of(look("/patrol/gaps").text)[:2]
    done = act(site, browser, gaps, action="accept", reason="building site")
    assert done.status_code == 303
    page = browser.get(done.headers["Location"], headers=ENGLISH).text
    assert f"Accepted: {len(gaps)} gap" in page
    assert "building site" in page
    accepted = gaps_of(look("/patrol/gaps?state=accepted").text)
    assert accepted == [(gap, str(int(revision) + 1)) for gap, revision in gaps]
    history = look(f"/patrol/gaps?gap={gaps[0][0]}").text
    assert re.search(r"<strong>Accepted</strong>.*building site.*you", history, re.DOTALL)
    assert act(site, browser, accepted, action="undo").status_code == 303
    assert not gaps_of(look("/patrol/gaps?state=accepted").text)


def test_whoever_saw_an_older_state_is_told_so(site, signed_in, look):
    browser = signed_in("liaison")
    gap, revision = gaps_of(look("/patrol/gaps").text)[0]
    asked = {"action": "assign", "target": "post:p1"}
    assert act(site, browser, [(gap, revision)], **asked).status_code == 303
    late = act(site, browser, [(gap, revision)], action="dispute", reason="no")
    assert late.status_code == 409
    act(site, browser, [(gap, int(revision) + 1)], action="undo")


@pytest.mark.parametrize(
    "form",
    [
        {"action": "accept"},
        {"action": "assign", "target": ""},
        {"action": "assign", "target": "shift:day", "day": "tomorrow"},
        {"action": "steal", "reason": "x"},
        {},
    ],
)
def test_an_action_that_lacks_something_is_a_bad_request(site, signed_in, look, form):
    gaps = gaps_of(look("/patrol/gaps").text)[:1]
    assert act(site, signed_in("liaison"), gaps, **form).status_code == 400


def test_acting_on_nothing_or_on_what_is_not_there_changes_nothing(site, signed_in):
    browser = signed_in("liaison")
    told = {"action": "accept", "reason": "x"}
    assert act(site, browser, [], **told).status_code == 400
    assert act(site, browser, [("made up", 0)], **told).status_code == 404


def test_acting_needs_the_mark_of_the_page(site, signed_in):
    answer = signed_in("liaison").post(
        f"/d/{site.toy}/patrol/gaps", data={"action": "accept", "reason": "x", "gap": "a|0"}
    )
    assert answer.status_code == 400


def test_the_account_of_cleaning_adds_up(look):
    page = re.sub(r"<[^>]+>", " ", look("/patrol/quality").text)
    assert re.search(r"Outside a shift.*Wrong clock.*Sent twice.*Jump and back", page, re.DOTALL)
    assert "fixes were used" in page


def test_beats_name_no_unit_and_no_post(look):
    page = look("/patrol/beats").text
    assert "communities stand in" in page
    assert not re.search(r"\bu1\b|\bp1\b", page)


def test_streets_add_up_to_the_district_by_length(look):
    page = re.sub(r"<[^>]+>", "", look("/patrol/streets").text).replace("\u202f", " ")
    assert re.search(r"18\.8 % of 1 600 m of street", page)


def test_who_is_on_duty_is_told_to_liaisons_only_and_never_kept_by_a_browser(site, look):
    answer = look("/patrol/live.json")
    assert answer.json["units"] == []
    assert answer.headers["Cache-Control"] == "no-store"
    assert look("/patrol/live.json", "planner").status_code == 403


def test_a_plan_of_routes_that_is_not_there_has_no_file(look):
    assert look("/patrol/routes.gpx?job=999").status_code == 404
    assert look("/patrol/routes?job=999").status_code == 404


@pytest.mark.parametrize("asked", ["units=0", "units=99", "begin=noon", "kind=war", "minutes=x"])
def test_a_question_about_routes_that_cannot_be_read_says_what_was_expected(look, asked):
    page = look(f"/patrol/routes?{asked}")
    assert page.status_code == 200
    assert "Expected" in page.text
