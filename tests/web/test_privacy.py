"""The privacy page: for liaisons only, with reasons, masks, exports, and an entry for each read."""

import io
import re

import openpyxl
import pytest
from docx import Document
from sqlalchemy import text

pytestmark = pytest.mark.store


def page(site, browser, query=""):
    answer = browser.get(f"/d/{site.toy}/privacy{query}")
    assert answer.status_code == 200
    return answer.text


def test_the_first_line_says_how_many_cameras_see_homes_and_lack_papers(site, signed_in):
    told = page(site, signed_in("liaison"))
    assert "0 of 2 cameras see homes at 125 px/m or more" in told
    assert "2 lack a sign" in told


@pytest.mark.parametrize("role", ["worker", "planner", "admin"])
@pytest.mark.parametrize("rest", ["", "/export.csv", "/export.docx", "/export.xlsx"])
def test_nobody_but_a_liaison_opens_it(site, signed_in, role, rest):
    answer = signed_in(role).get(f"/d/{site.toy}/privacy{rest}")
    assert answer.status_code == 403
    assert "cam1" not in answer.text


@pytest.mark.parametrize("role", ["worker", "planner", "admin"])
def test_the_database_refuses_a_second_time(site, signed_in, role, monkeypatch):
    monkeypatch.setattr("web.auth.may_open", lambda *_: True)
    told = page(site, signed_in(role))
    assert "cam1" not in told
    assert "No privacy audit was loaded" in told


def test_a_check_narrows_the_table_and_stays_in_the_address(site, signed_in):
    told = page(site, signed_in("liaison"), "?check=sign&verdict=papers")
    assert re.search(r'<option value="sign" selected>', told)
    assert "export.xlsx?check=sign" in told
    assert "camera=cam1" in told
    assert "No camera matches" in page(site, signed_in("liaison"), "?verdict=refused&check=sign")


def test_one_camera_tells_its_reasons_in_place_with_dates_left_out_where_unknown(site, signed_in):
    told = page(site, signed_in("liaison"), "?camera=cam1")
    assert 'id="camera-name">cam1' in told
    assert "no sign, or nothing is said about one" in told
    assert "There is no camera nowhere" in page(site, signed_in("liaison"), "?camera=nowhere")


def test_exports_are_read_by_others_and_say_what_is_made_up(site, signed_in):
    browser = signed_in("liaison")
    book = openpyxl.load_workbook(
        io.BytesIO(browser.get(f"/d/{site.toy}/privacy/export.xlsx").data)
    )
    assert [row[0] for row in book.worksheets[1].iter_rows(1, 3, values_only=True)][1:] == [
        "cam1", "cam2",
    ]  # fmt: skip
    document = Document(io.BytesIO(browser.get(f"/d/{site.toy}/privacy/export.docx").data))
    said = "\n".join(one.text for one in document.paragraphs)
    assert "Synthetic data" in said
    rows = browser.get(f"/d/{site.toy}/privacy/export.csv?check=sign").data.decode("utf-8-sig")
    assert rows.count("Synthetic data") == 2
    assert browser.get(f"/d/{site.toy}/privacy/export.pdf").status_code == 404


def test_reads_and_exports_stand_in_the_audit_log(site, signed_in):
    browser = signed_in("liaison")
    browser.get(f"/d/{site.toy}/privacy?camera=cam2")
    browser.get(f"/d/{site.toy}/privacy/export.csv")
    with site.store.owner.connect() as connection:
        told = connection.execute(
            text("SELECT action, detail FROM audit_log WHERE layer = 'privacy' ORDER BY id DESC")
        ).all()
    assert [one.action for one in told[:2]] == ["export", "read"]
    assert told[1].detail["camera"] == "cam2"
