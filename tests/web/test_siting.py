"""The siting assistant over HTTP."""

import io
import json
import re
import time
import zipfile

import pytest
from sqlalchemy import text

from tests.web.conftest import csrf

pytestmark = pytest.mark.store
ASKED = {"type": "pharmacy", "objective": "mclp", "norm": "250", "count": "1", "source": "streets"}


def page(browser, site, **asked):
    return browser.get(f"/d/{site.toy}/plan/sites", query_string=asked)


def said(answer):
    """Text of the answer without marks and odd spaces."""
    head = answer.text.split('<section class="answer">')[1].split("</section>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", head)).replace("\u202f", " ")


@pytest.fixture
def large(site):
    """The toy district counts as one that is not answered within a request."""
    with site.store.owner.begin() as connection:
        before = connection.scalar(
            text("SELECT counts FROM districts WHERE id = :one"), {"one": site.toy}
        )
    _count(site, {**before, "roads": 1_000_000})
    yield
    _count(site, before)


def _count(site, counts):
    with site.store.owner.begin() as connection:
        connection.execute(
            text("UPDATE districts SET counts = CAST(:counts AS jsonb) WHERE id = :one"),
            {"counts": json.dumps(counts), "one": site.toy},
        )


def test_without_a_question_the_page_offers_the_choices_with_the_norm_and_its_source(
    site, signed_in
):
    answer = page(signed_in("planner"), site)
    assert answer.status_code == 200
    assert "Say how many new sites there may be" in answer.text
    assert 'data-norm="500"' in answer.text and "working assumption" in answer.text
    assert "siting-wire" not in answer.text and answer.text.count('type="radio"') == 4


def test_a_plan_tells_people_before_and_after_its_proof_and_its_bound(site, signed_in):
    answer = page(signed_in("planner"), site, **ASKED)
    told = said(answer)
    # On paper: the pharmacy serves 200 of 500 within 250 m, one crossing 200 more.
    assert "200 → 400 of 500 people would live within 250 m" in told
    assert "Proved best: no other choice among 4 places" in told
    assert "no choice of these places can serve more than 400" in told
    wire = json.loads(answer.text.split('id="siting-wire">')[1].split("</script>")[0])
    assert [one["gained"] for one in wire["chosen"]] == [200.0]
    assert sum(people for _, _, people in wire["homes"]["gained"]) == 200.0
    assert sum(people for _, _, people in wire["homes"]["left"]) == 100.0


def test_the_curve_of_the_plan_leads_to_other_numbers_of_sites(site, signed_in):
    text_of = page(signed_in("planner"), site, **ASKED).text
    chart = text_of.split("siting-frontier")[1].split('<script type="application/json">')[1]
    points = json.loads(chart.split("</script>")[0])["series"][0]["points"]
    assert [one[:2] for one in points[:2]] == [[0, 200], [1, 400]]
    assert points[0][3] is None and "count=2" in points[2][3]
    assert signed_in("planner").get(points[2][3]).status_code == 200


def test_whom_no_place_can_serve_is_told_before_anything_is_chosen(site, signed_in):
    looked = page(signed_in("planner"), site, **{**ASKED, "norm": "20", "look": "1"})
    assert "4 places to choose from" in said(looked)
    assert "people in" in said(looked) and "are beyond every site" in said(looked)
    assert "siting-chosen" not in looked.text and "Try as a scenario" not in looked.text


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"count": "0"}, "With 0 new sites there is nothing to choose"),
        ({"count": "1.5"}, "New sites are a whole number from 1 to 100"),
        ({"count": "nan"}, "New sites are a whole number from 1 to 100"),
        ({"count": ""}, "Say how many new sites there may be"),
        ({"norm": "-5"}, "The norm is a walk above 0 m"),
        ({"norm": "inf"}, "The norm is a walk above 0 m"),
        ({"norm": "0.01"}, "No candidate can serve anybody within the norm"),
        ({"budget": "0.5"}, "The budget pays for none of the candidates"),
        ({"count": "99"}, "The district does not have what is asked for"),
        ({"source": "landuse", "kind": "moon"}, "There is no place to choose from"),
        ({"source": "list"}, "Bring your list of candidates first"),
        ({"source": "list", "list": "99999"}, "The list of candidates is no longer there"),
        ({"type": "palace"}, "“palace” is not among the choices"),
        ({"objective": "best"}, "“best” is not among the choices"),
        ({"objective": "p-median", "backup": "then"}, "goes with the first two aims only"),
        ({"backup": "then", "capacity": "100"}, "cannot be asked together"),
    ],
)
def test_what_cannot_be_planned_is_said_on_the_page_and_the_form_stays(
    site, signed_in, asked, words
):
    answer = page(signed_in("planner"), site, **{**ASKED, **asked})
    assert answer.status_code == 200
    assert words in answer.text and 'role="alert"' in answer.text
    assert 'name="count"' in answer.text and "Try as a scenario" not in answer.text


def test_other_aims_say_what_they_make_small(site, signed_in):
    planner = signed_in("planner")
    few = said(page(planner, site, **{**ASKED, "objective": "lscp", "count": ""}))
    assert "Cost 2 (1 for each site" in few
    walks = said(page(planner, site, **{**ASKED, "objective": "p-median"}))
    assert "on foot on average; no choice gets below" in walks
    longest = said(page(planner, site, **{**ASKED, "objective": "p-center"}))
    assert "The longest walk is" in longest


def _bring(browser, site, content, name="places.csv", **more):
    token = csrf(page(browser, site).text)
    sent = {**ASKED, "csrf_token": token, "file": (io.BytesIO(content.encode()), name), **more}
    return browser.post(
        f"/d/{site.toy}/plan/sites/candidates", data=sent, content_type="multipart/form-data"
    )


def test_a_list_of_candidates_is_brought_kept_and_used(site, signed_in):
    planner = signed_in("planner")
    wire = page(planner, site, **ASKED).text.split('id="siting-wire">')[1].split("</script>")[0]
    spot = json.loads(wire)["chosen"][0]
    content = f"id,cost,lon,lat\nmine,2,{spot['lon']},{spot['lat']}\n"
    answer = _bring(planner, site, content, crs="EPSG:4326")
    assert answer.status_code == 303 and "source=list" in answer.headers["Location"]
    told = planner.get(answer.headers["Location"])
    assert "among 1 places does better" in said(told) and "places.csv" in told.text
    dear = planner.get(answer.headers["Location"] + "&budget=1")
    assert "The budget pays for none of the candidates" in dear.text
    number = re.search(r"list=(\d+)", answer.headers["Location"]).group(1)
    assert "“list” is" not in told.text
    listed = planner.get(f"/d/{site.toy}/jobs").text
    assert "List of candidates" in listed and "1 candidate" in listed
    with site.store.owner.connect() as connection:
        kept = connection.scalar(text("SELECT kind FROM jobs WHERE id = :n"), {"n": number})
    assert kept == "siting_list"


@pytest.mark.parametrize(
    ("content", "more", "words"),
    [
        ("id,lon,lat\n", {"crs": "EPSG:4326"}, "empty"),
        ("id,lon,lat\na,10,10\n", {"crs": "EPSG:4326"}, "Check the CRS"),
        ("id,x,y\na,500000,4400000\n", {}, "CRS"),
        ("id,lon,lat\na,116.4,39.9\na,116.4,39.9\n", {"crs": "EPSG:4326"}, "the same id twice"),
        ("id,phone,lon,lat\na,13800138000,116.4,39.9\n", {"crs": "EPSG:4326"}, "personal"),
        ("id,lon,lat\na,116.4,39.9\n", {"crs": "EPSG:0"}, "EPSG:0"),
        ("id,lon,lat\na,116.4,39.9\n", {"datum": "mars"}, "Expected a datum"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_and_nothing_is_kept(
    site, signed_in, content, more, words
):
    answer = _bring(signed_in("planner"), site, content, **more)
    assert answer.status_code == 400
    assert words.lower() in answer.text.lower() and 'role="alert"' in answer.text


def test_no_file_at_all_is_said(site, signed_in):
    planner = signed_in("planner")
    sent = {"csrf_token": csrf(page(planner, site).text)}
    answer = planner.post(f"/d/{site.toy}/plan/sites/candidates", data=sent)
    assert answer.status_code == 400 and "Choose a file of candidates first" in answer.text


def test_a_plan_is_one_click_from_a_scenario_that_serves_as_many(site, signed_in):
    planner = signed_in("planner")
    token = csrf(page(planner, site, **ASKED).text)
    sent = {**ASKED, "csrf_token": token}
    answer = planner.post(f"/d/{site.toy}/plan/sites/scenario", data=sent)
    assert answer.status_code == 303 and "/scenarios/" in answer.headers["Location"]
    told = planner.get(answer.headers["Location"]).text
    assert "pharmacy: 1 new site" in told and "New site 1" in told
    # The norm of the question goes with it, so that after it both count the same people; before
    # it the scenario counts by the norm of the district, 500 m.
    plain = re.sub(r"<[^>]+>", "", told).replace("\u202f", " ")
    assert re.search(r"500 →\s+400\s+of\s+500 people served", plain)


def test_a_plan_is_handed_out_as_three_files(site, signed_in, tmp_path):
    import geopandas as gpd

    planner, address = signed_in("planner"), f"/d/{site.toy}/plan/sites/plan."
    told = json.loads(planner.get(f"{address}geojson", query_string=ASKED).text)
    (new,) = told["features"]
    assert new["properties"]["change"] == "add" and new["properties"]["gained"] == 200.0
    assert told["plan"]["proved"] is True and told["plan"]["after"]["people_served"] == 400.0
    assert told["plan"]["synthetic"] == ["posts", "fixes"] or told["plan"]["synthetic"] == []
    file = tmp_path / "plan.gpkg"
    file.write_bytes(planner.get(f"{address}gpkg", query_string=ASKED).data)
    chosen = gpd.read_file(file, layer="chosen")
    assert len(chosen) == 1 and chosen.crs.to_epsg() == 4548
    assert gpd.read_file(file, layer="cells")["served_after"].sum() == 400.0
    book = planner.get(f"{address}xlsx", query_string=ASKED).data
    sheets = zipfile.ZipFile(io.BytesIO(book))
    assert any(b"<f>" in sheets.read(name) for name in sheets.namelist() if "sheet" in name)
    assert planner.get(f"{address}pdf", query_string=ASKED).status_code == 400
    assert planner.get(f"{address}xlsx").status_code == 400


def _ended(browser, site, shown):
    number = int(re.search(r'id="job-(\d+)"', shown).group(1))
    end = time.monotonic() + 120
    while True:
        told = browser.get(
            f"/d/{site.toy}/jobs/{number}", headers={"Accept": "application/json"}
        ).json
        if told["state"] not in ("waiting", "running"):
            return told
        assert time.monotonic() < end, told
        time.sleep(0.2)


@pytest.mark.usefixtures("large")
def test_a_large_district_is_worked_out_beside_the_page_with_the_same_answer(site, signed_in):
    planner = signed_in("planner")
    asked = {**ASKED, "norm": "260"}
    first = page(planner, site, **asked)
    assert "This is being worked out" in first.text and "siting-wire" not in first.text
    told = _ended(planner, site, first.text)
    assert told["state"] == "done" and told["kind"] == "siting_plan", told
    assert "Proved best" in told["says"] and "/plan/sites?" in told["address"]
    assert "200 → 400 of 500 people" in said(page(planner, site, **asked))


@pytest.mark.usefixtures("large")
def test_what_cannot_be_done_beside_the_page_is_said_like_on_it(site, signed_in):
    planner = signed_in("planner")
    asked = {**ASKED, "norm": "0.02"}
    told = _ended(planner, site, page(planner, site, **asked).text)
    assert told["state"] == "done" and "No candidate can serve anybody" in told["says"]
    assert "No candidate can serve anybody" in page(planner, site, **asked).text


@pytest.mark.usefixtures("large")
def test_a_stopped_plan_is_begun_again_by_a_button(site, signed_in):
    planner = signed_in("planner")
    asked = {**ASKED, "norm": "270"}
    first = page(planner, site, **asked).text
    number = int(re.search(r'id="job-(\d+)"', first).group(1))
    with site.store.owner.begin() as connection:
        order = "UPDATE jobs SET state = 'stopped', answer = NULL WHERE id = :job"
        connection.execute(text(order), {"job": number})
    stopped = page(planner, site, **asked).text
    assert "Stopped." in stopped and "Work it out again" in stopped
    sent = {**asked, "csrf_token": csrf(stopped)}
    answer = planner.post(f"/d/{site.toy}/plan/sites/again", data=sent)
    assert answer.status_code == 303
    assert _ended(planner, site, planner.get(answer.headers["Location"]).text)["state"] == "done"


def test_names_of_a_hostile_district_stay_text(site, signed_in):
    answer = signed_in("planner").get(f"/d/{site.hostile}/plan/sites", query_string=ASKED)
    assert answer.status_code == 200 and "<img src=x" not in answer.text


def test_only_planners_plan_sites(site, signed_in):
    for role in ("worker", "liaison", "admin"):
        assert page(signed_in(role), site, **ASKED).status_code == 403
