"""Devices and the worker's page over HTTP: tokens, batches, shifts, the own track."""

import logging
import re
import time

import pytest
from sqlalchemy import select, text

from gridmap.store import tables as t
from tests.web.conftest import HOSTILE, csrf

pytestmark = pytest.mark.store


@pytest.fixture
def clean(site):
    """No shift, no fix and no device of another test."""
    with site.store.owner.begin() as connection:
        for table in ("fixes", "fix_batches", "fix_refusals", "last_positions", "devices"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text("DELETE FROM shift_disputes"))
        connection.execute(text("DELETE FROM shifts WHERE entered_at IS NOT NULL"))
    return site


def middle(site):
    with site.store.owner.connect() as connection:
        west, south, east, north = connection.scalar(
            select(t.districts.c.bounds).where(t.districts.c.id == site.toy)
        )
    return {"lon": (west + east) / 2 - 1e-4, "lat": (south + north) / 2 + 1e-4}


def change(site, browser, verb):
    path = f"/d/{site.toy}/shift"
    mark = csrf(browser.get(f"{path}/").text)
    return browser.post(f"{path}/change", data={"do": verb, "csrf_token": mark})


def backdate(site):
    with site.store.owner.begin() as connection:
        connection.execute(
            text("UPDATE shifts SET start = start - interval '10 min' WHERE entered_at IS NOT NULL")
        )


def issue(site, browser, unit):
    path = f"/d/{site.toy}/devices"
    mark = csrf(browser.get(path).text)
    page = browser.post(path, data={"unit": unit, "csrf_token": mark}).text
    return re.search(r'class="token">([^<]+)<', page).group(1)


def own_unit(site):
    with site.store.owner.connect() as connection:
        return connection.scalar(
            select(t.shifts.c.unit_id).where(t.shifts.c.entered_at.isnot(None))
        )


def test_a_tracker_reports_for_an_open_shift_by_get_by_form_and_by_json(clean, signed_in, client):
    assert change(clean, signed_in("worker"), "open").status_code == 303
    backdate(clean)
    token = issue(clean, signed_in("liaison"), own_unit(clean))
    now = int(time.time())
    told = {name: str(value) for name, value in middle(clean).items()} | {"id": token}
    first = client.get("/ingest/osmand", query_string=told | {"timestamp": str(now - 30)})
    second = client.post("/ingest/osmand", data=told | {"timestamp": str(now - 20)})
    spot = middle(clean)
    coords = {"latitude": spot["lat"], "longitude": spot["lon"], "accuracy": 7}
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 10))
    body = {"device_id": token, "location": {"timestamp": stamp, "coords": coords}}
    third = client.post("/ingest/osmand", json=body)
    assert [one.json["taken"] for one in (first, second, third)] == [1, 1, 1]
    again = client.post("/ingest/osmand", json=body).json
    assert again["again"]


def test_a_batch_of_a_device_needs_its_token_and_tells_counts(clean, signed_in, client):
    change(clean, signed_in("worker"), "open")
    backdate(clean)
    token = issue(clean, signed_in("liaison"), own_unit(clean))
    spot = middle(clean)
    fixes = [{"time": time.time() - one, **spot, "accuracy": 5} for one in (30, 20, 5000)]
    body = {"batch": "b1", "fixes": fixes}
    assert client.post("/ingest/fixes", json=body).status_code == 403
    wrong = {"Authorization": "Bearer guess"}
    assert client.post("/ingest/fixes", json=body, headers=wrong).status_code == 403
    right = {"Authorization": f"Bearer {token}"}
    told = client.post("/ingest/fixes", json=body, headers=right).json
    assert (told["taken"], told["refused"], told["again"]) == (2, {"off_shift": 1}, False)
    assert client.post("/ingest/fixes", json=body, headers=right).json["again"]


@pytest.mark.parametrize("body", [None, [], {"fixes": 1}, {"batch": "", "fixes": []}, {"batch": 1}])
def test_what_is_no_batch_is_refused(clean, client, body):
    told = client.post("/ingest/fixes", json=body, headers={"Authorization": "Bearer x"})
    assert told.status_code == 400


def test_too_many_reports_of_one_token_are_refused(clean, client, monkeypatch):
    answers = {
        client.get("/ingest/osmand?id=flood&lat=1&lon=1&timestamp=1").status_code
        for _ in range(700)
    }
    assert answers == {403, 429}


def test_off_shift_positions_and_tokens_are_in_no_log(clean, client, signed_in, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    token = issue(clean, signed_in("liaison"), "nobody")
    told = {"id": token, "lat": "60.1234567", "lon": "24.7654321", "timestamp": str(time.time())}
    assert client.get("/ingest/osmand", query_string=told).json["refused"] == {"off_shift": 1}
    out, err = capfd.readouterr()
    with clean.store.owner.connect() as connection:
        log = str(connection.execute(text("SELECT a::text FROM audit_log a")).all())
    for secret in ("60.1234567", "24.7654321", token):
        assert secret not in out + err + caplog.text + log


def test_the_worker_opens_pauses_resumes_and_closes_a_shift(clean, signed_in):
    browser, path = signed_in("worker"), f"/d/{clean.toy}/shift/"
    states = []
    for verb in ("open", "pause", "resume", "close"):
        assert change(clean, browser, verb).status_code == 303
        states.append(re.search(r'data-shift-state="(\w+)"', browser.get(path).text).group(1))
    assert states == ["open", "paused", "open", "none"]
    assert change(clean, browser, "close").status_code == 400
    assert change(clean, browser, "dance").status_code == 400


def test_the_page_sends_batches_with_the_mark_of_its_forms(clean, signed_in):
    browser, path = signed_in("worker"), f"/d/{clean.toy}/shift"
    change(clean, browser, "open")
    backdate(clean)
    body = {"batch": "p1", "fixes": [{"time": time.time() - 5, **middle(clean), "accuracy": 5}]}
    assert browser.post(f"{path}/fixes", json=body).status_code == 400
    mark = {"X-CSRFToken": csrf(browser.get(f"{path}/").text)}
    assert browser.post(f"{path}/fixes", json=body, headers=mark).json["taken"] == 1
    page = browser.get(f"{path}/")
    assert "geolocation=(self)" in page.headers["Permissions-Policy"]
    assert "geolocation=()" in browser.get("/account").headers["Permissions-Policy"]
    shift = re.search(r"track.gpx\?shift=(\w+)", page.text).group(1)
    assert len(browser.get(f"{path}/track?shift={shift}").json["rows"]) == 1
    gpx = browser.get(f"{path}/track.gpx?shift={shift}")
    assert gpx.mimetype == "application/gpx+xml"
    assert gpx.text.count("<trkpt") == 1
    assert browser.get(f"{path}/track.gpx?shift=other").status_code == 400


def test_a_worker_says_a_word_against_a_shift_and_it_is_shown_as_text(clean, signed_in):
    browser, path = signed_in("worker"), f"/d/{clean.toy}/shift"
    change(clean, browser, "open")
    page = browser.get(f"{path}/").text
    shift = re.search(r'name="shift" value="(\w+)"', page).group(1)
    told = {"shift": shift, "text": HOSTILE, "csrf_token": csrf(page)}
    assert browser.post(f"{path}/dispute", data=told).status_code == 303
    shown = browser.get(f"{path}/").text
    assert "You said" in shown
    assert HOSTILE not in shown


def test_a_token_is_shown_once_and_can_be_taken_back(clean, signed_in, client):
    liaison, path = signed_in("liaison"), f"/d/{clean.toy}/devices"
    token = issue(clean, liaison, "p1")
    page = liaison.get(path).text
    assert token not in page
    number = re.search(r'name="device" value="(\d+)"', page).group(1)
    told = {"device": number, "csrf_token": csrf(page)}
    assert liaison.post(f"{path}/revoke", data=told).status_code == 303
    assert client.get(f"/ingest/osmand?id={token}&lat=1&lon=1&timestamp=1").status_code == 403
    assert liaison.post(f"{path}/revoke", data=told).status_code == 400
