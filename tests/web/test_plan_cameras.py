"""The page of camera plans over HTTP."""

import json
import re
import time

import pytest
from sqlalchemy import text

from tests.web.conftest import csrf

pytestmark = pytest.mark.store


def page(browser, site, **asked):
    return browser.get(f"/d/{site.toy}/plan/cameras", query_string=asked)


def test_without_a_number_the_page_offers_the_choices(site, signed_in):
    text = page(signed_in("liaison"), site).text
    assert "Say how many cameras you have" in text
    assert 'name="count"' in text and "plan-wire" not in text


def test_a_plan_has_a_table_of_changes_cells_before_and_after_and_its_certainty(site, signed_in):
    answer = page(signed_in("liaison"), site, count=2, reaim=1)
    assert answer.status_code == 200
    assert "2 cameras added" in answer.text
    assert "of the best possible gain." in answer.text
    assert "Cells before and after" in answer.text and "Façades of homes seen" in answer.text
    wire = answer.text.split('id="plan-wire">')[1].split("</script>")[0]
    told = json.loads(wire)
    assert [one["properties"]["change"] for one in told["places"]].count("add") == 2


def test_a_plan_for_a_community_stays_in_it(site, signed_in):
    west, all_ = (
        page(signed_in("liaison"), site, count=1, area=area) for area in ("110101001001", "")
    )
    assert west.status_code == all_.status_code == 200
    assert west.text.count("data-cell-id") < all_.text.count("data-cell-id")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"count": "many"}, "Expected a number from 0 to 60"),
        ({"count": "-1"}, "Expected a number from 0 to 60"),
        ({"count": "nan"}, "Expected a number from 0 to 60"),
        ({"count": "0"}, "Nothing to plan"),
        ({"count": "1", "level": "monitor"}, "Expected level among"),
        ({"count": "1", "model": "brand-x"}, "Expected model among"),
        ({"count": "1", "area": "nowhere"}, "No cells belong to a community"),
        ({"count": "60"}, "at most as many cameras as mounts"),
    ],
)
def test_what_cannot_be_planned_is_said_on_the_page_and_the_form_stays(
    site, signed_in, asked, words
):
    answer = page(signed_in("liaison"), site, **asked)
    assert answer.status_code == 200
    assert words in answer.text and 'role="alert"' in answer.text
    assert 'name="count"' in answer.text


def test_the_export_has_place_azimuth_and_figures(site, signed_in):
    address = f"/d/{site.toy}/plan/cameras.geojson"
    answer = signed_in("liaison").get(address, query_string={"count": 1})
    told = json.loads(answer.text)
    assert answer.mimetype == "application/geo+json"
    assert told["plan"]["status"] == "optimal"
    (new,) = [one for one in told["features"] if one["properties"]["change"] == "add"]
    lon, lat = new["geometry"]["coordinates"]
    assert 100 < lon < 130 and 35 < lat < 45
    assert new["properties"]["heading_deg"] % 30 == 0
    assert signed_in("liaison").get(address).status_code == 400


def test_only_liaisons_plan_cameras(site, signed_in):
    for role in ("worker", "planner", "admin"):
        assert page(signed_in(role), site, count=1).status_code == 403


@pytest.fixture
def slow(monkeypatch):
    """A plan that is not proved with the page, so that its proof runs beside."""
    monkeypatch.setattr("gridmap.studies.pages.plan_cameras._SMALL", 0)
    monkeypatch.setattr("gridmap.studies.pages.plan_cameras.choose_greedily", _poor_choice)


def _poor_choice(problem):
    """The greedy choice, with a bound that proves nothing."""
    from dataclasses import replace

    from gridmap.plan.greedy import choose_greedily

    found = choose_greedily(problem)
    return replace(found, bound=found.value * 1.5, proved=False)


def _ended(browser, site, text):
    number = int(re.search(r'id="job-(\d+)"', text).group(1))
    end = time.monotonic() + 90
    while True:
        told = browser.get(
            f"/d/{site.toy}/jobs/{number}", headers={"Accept": "application/json"}
        ).json
        if told["state"] not in ("waiting", "running"):
            return number, told
        assert time.monotonic() < end, told
        time.sleep(0.2)


@pytest.mark.usefixtures("slow")
def test_what_is_not_proved_at_once_is_answered_and_proved_beside(site, signed_in):
    browser = signed_in("liaison")
    first = page(browser, site, count=1, price=2)
    assert "of the best possible gain." in first.text and "Proved:" not in first.text
    number, told = _ended(browser, site, first.text)
    assert told["state"] == "done" and told["kind"] == "camera_proof"
    assert "Proved: no other choice" in told["says"]
    again = page(browser, site, count=1, price=2)
    assert "Proved: no other choice" in again.text and "<progress" not in again.text
    export = f"/d/{site.toy}/plan/cameras.geojson"
    status = [
        json.loads(browser.get(export, query_string={"count": 1, "price": 2, "job": job}).text)
        for job in (number, 0)
    ]
    assert [one["plan"]["status"] for one in status] == ["optimal", "greedy"]


@pytest.mark.usefixtures("slow")
def test_a_stopped_proof_leaves_the_plan_and_is_begun_again_by_a_button(site, signed_in):
    browser = signed_in("liaison")
    first = page(browser, site, count=1, price=3).text
    number = int(re.search(r'id="job-(\d+)"', first).group(1))
    with site.store.owner.begin() as connection:
        order = "UPDATE jobs SET state = 'stopped', answer = NULL WHERE id = :job"
        connection.execute(text(order), {"job": number})
    stopped = page(browser, site, count=1, price=3).text
    assert "of the best possible gain." in stopped and "Stopped." in stopped
    assert "Look for a better choice, or a proof" in stopped
    sent = {"count": "1", "price": "3", "csrf_token": csrf(stopped)}
    answer = browser.post(f"/d/{site.toy}/plan/cameras/proof", data=sent)
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/plan/cameras?count=1&price=3")
    later = browser.get(answer.headers["Location"]).text
    other, told = _ended(browser, site, later)
    assert other != number and told["state"] == "done"


def test_a_proof_of_nothing_is_refused(site, signed_in):
    browser = signed_in("liaison")
    token = csrf(browser.get("/account", follow_redirects=True).text)
    answer = browser.post(f"/d/{site.toy}/plan/cameras/proof", data={"csrf_token": token})
    assert answer.status_code == 400
