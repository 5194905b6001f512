"""Long work over HTTP: progress, its part of a page, JSON, stopping, and whose it is."""

import time
from urllib.parse import parse_qsl

import pytest

from gridmap.studies.jobs import Wanted, begin_job
from tests.store import long_work
from tests.web.conftest import csrf

pytestmark = pytest.mark.store


@pytest.fixture
def ask(site):
    """Function that begins a job in the name of a role."""
    from sqlalchemy import text

    from gridmap.store.scope import Scope

    def begin(work, *given, role="liaison", **question):
        with site.store.owner.connect() as connection:
            user = connection.scalar(
                text("SELECT id FROM users WHERE username = :who"), {"who": role}
            )
        wanted = Wanted("camera_proof", question, work, lambda _: given)
        scope = Scope(user, role, (site.toy,))
        return begin_job(site.store.app, scope, site.toy, wanted)

    return begin


def look(browser, site, number, **asked):
    return browser.get(
        f"/d/{site.toy}/jobs/{number}", query_string=asked, headers={"Accept": "application/json"}
    )


def part(browser, site, number, **asked):
    return browser.get(f"/d/{site.toy}/jobs/{number}", query_string={"part": 1, **asked})


def wait(browser, site, number, until):
    end = time.monotonic() + 60
    while not until(told := look(browser, site, number).json):
        assert time.monotonic() < end, told
        time.sleep(0.1)
    return told


def stop(browser, site, number):
    page = browser.get("/account", follow_redirects=True).text
    return browser.post(f"/d/{site.toy}/jobs/{number}/stop", data={"csrf_token": csrf(page)})


def test_a_running_job_shows_its_progress_and_is_stopped_by_a_button(
    site, signed_in, ask, tmp_path
):
    browser = signed_in("liaison")
    number = ask(long_work.last_forever, tmp_path / "alive", count="7", mark="a")
    wait(browser, site, number, lambda told: told["share"])
    page = browser.get(f"/d/{site.toy}/jobs/{number}").text
    assert "<progress" in page and 'role="status"' in page and "lasting …" in page
    assert f"/d/{site.toy}/jobs/{number}/stop" in page and 'hx-trigger="every 1s"' in page
    answer = stop(browser, site, number)
    assert answer.status_code == 303
    path, _, query = answer.headers["Location"].partition("?")
    assert path == f"/d/{site.toy}/plan/cameras"
    assert dict(parse_qsl(query)) == {"count": "7", "mark": "a", "job": str(number)}
    told = wait(browser, site, number, lambda told: told["state"] == "stopped")
    assert told["says"] == "Stopped."


def test_the_part_is_said_aloud_only_where_it_changes_and_ends_asking(
    site, signed_in, ask, tmp_path
):
    browser = signed_in("liaison")
    number = ask(long_work.last_forever, tmp_path / "alive", mark="b")
    wait(browser, site, number, lambda told: told["stage"] == "lasting")
    first = part(browser, site, number)
    assert f"innerHTML:#job-{number}-said" in first.text
    again = part(browser, site, number, heard="running:0:lasting")
    assert "said" not in again.text and "hx-get" in again.text
    stop(browser, site, number)
    wait(browser, site, number, lambda told: told["state"] == "stopped")
    last = part(browser, site, number, heard="running:0:lasting", then="reload")
    assert "hx-get" not in last.text and "Stopped." in last.text
    assert last.headers["HX-Refresh"] == "true"
    assert "HX-Refresh" not in part(browser, site, number).headers


def test_stopping_without_the_mark_of_the_form_is_refused(site, signed_in, ask):
    number = ask(long_work.refuse, mark="c")
    answer = signed_in("liaison").post(f"/d/{site.toy}/jobs/{number}/stop")
    assert answer.status_code == 400


def test_work_that_fails_says_so_in_words(site, signed_in, ask):
    browser = signed_in("liaison")
    for work, words in (
        (long_work.refuse, "Expected three sites; found none."),
        (long_work.vanish, "short of memory"),
        (long_work.break_down, "Something went wrong on our side"),
    ):
        number = ask(work, mark=work.__name__)
        told = wait(browser, site, number, lambda told: told["state"] == "failed")
        assert words in told["says"] and "Traceback" not in told["says"]


def test_nobody_else_sees_a_job_or_stops_it(site, signed_in, ask):
    number = ask(long_work.refuse, mark="d")
    for role in ("worker", "planner", "admin"):
        assert look(signed_in(role), site, number).status_code == 404
        assert stop(signed_in(role), site, number).status_code == 404
    assert look(signed_in("liaison"), site, number, district=2).status_code == 200
    listed = signed_in("liaison").get(f"/d/{site.toy}/jobs").text
    assert f"Proof of a plan of cameras {number}" in listed
    assert "Nothing was asked for" in signed_in("worker").get(f"/d/{site.toy}/jobs").text


def test_a_question_that_names_parts_of_the_address_leads_nowhere_else(site, signed_in, ask):
    number = ask(long_work.refuse, _external="1", _scheme="evil", count="1")
    told = look(signed_in("liaison"), site, number).json
    assert told["address"] == f"/d/{site.toy}/plan/cameras?count=1&job={number}"
