"""Files of services over HTTP: what they hold, who gets which rows, and what is long work."""

import io
import re
import time

import openpyxl
import pyogrio
import pytest
from docx import Document

from tests.web.conftest import PASSWORD, csrf, sign_in

pytestmark = pytest.mark.store
ENGLISH = {"Accept-Language": "en"}
START = {"xlsx": b"PK", "png": b"\x89PNG", "gpkg": b"SQLite format 3", "csv": b"\xef\xbb\xbf"}


def fetch(browser, district, kind, **asked):
    address = f"/d/{district}/services/export.{kind}"
    return browser.get(address, query_string=asked, headers=ENGLISH)


def ask(browser, district, **told):
    mark = csrf(browser.get("/account", follow_redirects=True).text)
    address = f"/d/{district}/services/export"
    return browser.post(address, data={**told, "csrf_token": mark}, headers=ENGLISH)


def wait(browser, address):
    end = time.monotonic() + 120
    while (told := browser.get(address, headers={"Accept": "application/json"}).json)["state"] in (
        "waiting",
        "running",
    ):
        assert time.monotonic() < end, told
        time.sleep(0.2)
    return told


@pytest.mark.parametrize("kind", sorted(START))
@pytest.mark.parametrize("site_type", ["", "pharmacy"])
def test_each_kind_of_file_is_what_its_ending_says(site, signed_in, kind, site_type):
    answer = fetch(signed_in("planner"), site.toy, kind, type=site_type)
    assert answer.status_code == 200
    assert answer.data.startswith(START[kind])
    assert f"services-{site_type or 'all'}.{kind}" in answer.headers["Content-Disposition"]


def test_a_workbook_from_the_database_counts_the_people_on_paper(site, signed_in):
    answer = fetch(signed_in("planner"), site.toy, "xlsx", type="health_station")
    book = openpyxl.load_workbook(io.BytesIO(answer.data), data_only=True)
    row = dict(zip(*([one.value for one in line] for line in list(book["Types"])[:2]), strict=True))
    assert (row["people"], row["people within the norm"], row["people not served"]) == (
        500,
        300,
        200,
    )
    assert row["served"] == pytest.approx(0.6)
    assert any("Synthetic data" in str(one.value) for line in book.worksheets[0] for one in line)


def test_layers_from_the_database_are_marked_and_open_in_gdal(site, signed_in, tmp_path):
    path = tmp_path / "services.gpkg"
    path.write_bytes(fetch(signed_in("planner"), site.toy, "gpkg", type="pharmacy").data)
    names = {str(name) for name, _ in pyogrio.list_layers(path)}
    assert {"cells", "sites", "service_areas", "catchments"} <= names
    told = pyogrio.read_info(path, layer="cells")
    assert "SYNTHETIC" in told["layer_metadata"]["DESCRIPTION"]
    assert told["crs"] != "EPSG:4326"
    sites = pyogrio.read_dataframe(path, layer="sites")
    assert sites["people"].sum() == pytest.approx(500)
    assert set(sites.geom_type) == {"Point"}


def test_a_document_is_long_work_that_ends_in_a_file(site, signed_in):
    browser = signed_in("planner")
    begun = ask(browser, site.toy, kind="docx", type="pharmacy")
    assert begun.status_code == 303
    job = begun.headers["Location"]
    assert "/jobs/" in job
    told = wait(browser, job)
    assert told["state"] == "done", told
    page = browser.get(job, headers=ENGLISH).text
    assert "The file is ready: DOCX." in page
    answer = browser.get(told["address"], headers=ENGLISH)
    document = Document(io.BytesIO(answer.data))
    said = "\n".join(one.text for one in document.paragraphs)
    assert "100.0% of 500 people live within 500 m on foot of: pharmacy" in said
    assert "Synthetic data" in said
    again = ask(browser, site.toy, kind="docx", type="pharmacy")
    assert again.headers["Location"] == job


def test_a_small_file_is_handed_out_without_a_job(site, signed_in):
    begun = ask(signed_in("planner"), site.toy, kind="csv", type="")
    assert begun.status_code == 303
    assert begun.headers["Location"].endswith("/services/export.csv")


def test_what_is_handed_out_stands_in_the_audit_log(site, signed_in):
    fetch(signed_in("planner"), site.toy, "csv", type="pharmacy")
    log = signed_in("admin").get("/audit", headers=ENGLISH).text
    assert "services" in log
    assert "export" in log


def test_a_planner_of_one_community_gets_its_cells_and_no_figures_of_the_whole(site):
    from sqlalchemy.orm import Session

    from gridmap.store import accounts

    with Session(site.store.owner) as session:
        part = accounts.Part(site.toy, community_code="110101001001")
        accounts.add_user(session, "part", "planner", [part], password=PASSWORD)
        session.commit()
    browser = site.app.test_client()
    sign_in(browser, "part")
    answer = fetch(browser, site.toy, "xlsx", type="pharmacy")
    book = openpyxl.load_workbook(io.BytesIO(answer.data), data_only=True)
    cells = [row[2].value for row in list(book["Cells"])[1:] if row[2].value]
    assert 0 < len(cells) < 4
    row = dict(zip(*([one.value for one in line] for line in list(book["Types"])[:2]), strict=True))
    assert row["Gini of access"] is None
    summary = " ".join(str(one.value) for line in book.worksheets[0] for one in line)
    assert "Only the cells within your scope" in summary


def test_hostile_names_stay_text_in_every_file(site, signed_in):
    answer = fetch(signed_in("planner"), site.hostile, "xlsx", type="pharmacy")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    texts = [one for sheet in book for line in sheet for one in line if "alert" in str(one.value)]
    assert texts
    assert {one.data_type for one in texts} == {"s"}


@pytest.mark.parametrize(
    ("kind", "asked", "status"),
    [("exe", {}, 400), ("csv", {"type": "castle"}, 400), ("csv", {"job": "987654"}, 404)],
)
def test_what_is_not_there_is_refused(site, signed_in, kind, asked, status):
    assert fetch(signed_in("planner"), site.toy, kind, **asked).status_code == status


@pytest.mark.parametrize("path", ["services", "services?type=pharmacy"])
def test_the_pages_offer_every_kind(site, signed_in, path):
    page = signed_in("planner").get(f"/d/{site.toy}/{path}", headers=ENGLISH).text
    assert re.findall(r'name="kind" value="(\w+)"', page) == ["docx", "xlsx", "png", "gpkg", "csv"]
