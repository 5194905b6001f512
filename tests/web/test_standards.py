"""The standards page: rules, units, own rules, and who may write them."""

import io
import re

import openpyxl
import pytest

from tests.web.conftest import csrf

pytestmark = pytest.mark.store

ROW = {
    "id": "reading_room",
    "kind": "threshold",
    "scope": "community",
    "fact": "sites.pharmacy",
    "parameters": "at_least=1",
    "unit": "sites",
    "text_en": "a pharmacy in every community",
    "source": "our own plan",
    "confidence": "assumption",
    "active": "yes",
}


@pytest.fixture
def planner(site, signed_in):
    """A planner, after whom no rule of the toy's own is left."""
    browser = signed_in("planner")
    yield browser
    for name in re.findall(r'name="id" value="([^"]+)"><button', page(site, browser)):
        send(site, browser, "rules/remove", {"id": name})


def address(site, rest=""):
    return f"/d/{site.toy}/standards{rest}"


def page(site, browser, query=""):
    return browser.get(address(site, query), headers={"Accept-Language": "en"}).text


def send(site, browser, what, told, **more):
    token = csrf(browser.get("/account", follow_redirects=True).text)
    return browser.post(address(site, f"/{what}"), data={"csrf_token": token, **told}, **more)


def test_the_first_line_says_how_many_meet_and_how_much_is_missing(site, signed_in):
    text = page(site, signed_in("liaison"), "?rule=police_room&level=community")
    sentence = re.sub(r"<[^>]+>", "", re.search(r'class="sentence">(.*?)</p>', text, re.S)[1])
    assert sentence == (
        "0 of 2 communities meet: a police room in every community · 2 short by 2 sites in total"
    )
    assert "survey report 002" in text


def test_a_rule_lists_its_units_with_the_cell_that_stands_for_them(site, signed_in):
    text = page(site, signed_in("planner"), "?rule=police_room&level=community")
    assert re.findall(r'data-cell-id="(\w+)"', text.split('id="twin"')[1]) == ["ne", "nw"]
    assert "West" in text


def test_the_units_can_be_narrowed_to_a_status(site, signed_in):
    text = page(site, signed_in("planner"), "?rule=police_room&level=community&status=met")
    assert "No unit is in this state." in text


def test_an_own_rule_is_judged_at_once_and_colours_the_cells(site, planner):
    assert send(site, planner, "rules", ROW).status_code == 302
    text = page(site, planner, "?rule=reading_room")
    assert "a pharmacy in every community" in text
    assert "1</strong> of 2 communities meet" in text
    with site.store.owner.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT cell_id, status FROM coverage WHERE measure = 'reading_room.met' "
            f"AND district_id = {site.toy} ORDER BY cell_id"
        ).all()
    assert found == [("ne", "missed"), ("nw", "met"), ("se", "missed"), ("sw", "met")]
    assert send(site, planner, "rules/remove", {"id": "reading_room"}).status_code == 302
    page(site, planner)  # shows the note that it was removed, once
    assert 'data-rule="reading_room"' not in page(site, planner)


def test_a_wrong_rule_is_not_saved_and_every_field_says_why(site, planner):
    wrong = ROW | {"parameters": "at_least=6; at_most=2", "source": "", "id": "Bad Name"}
    answer = send(site, planner, "rules", wrong)
    assert answer.status_code == 400
    assert "at_least (6) is above at_most (2)" in answer.text
    assert 'aria-describedby="fault-source"' in answer.text
    assert 'value="Bad Name"' in answer.text
    assert "Bad Name" not in page(site, planner)


def test_a_file_of_rules_comes_in_whole_or_not_at_all(site, planner):
    head = "id,kind,scope,fact,parameters,text_en,source\n"
    good = head + "a1,threshold,community,cells,at_least=1,one cell,us\n"
    both = good + "a1,threshold,community,cells,at_least=1,one cell,us\n"
    for content, status in ((both, 400), (good, 302)):
        file = (io.BytesIO(content.encode()), "rules.csv")
        answer = send(
            site, planner, "rules/upload", {"file": file}, content_type="multipart/form-data"
        )
        assert answer.status_code == status
        assert ("is the same as in line 2" in answer.text) == (status == 400)
        assert ("a1" in planner.get(address(site, "/rules.csv")).text) == (status == 302)


def test_a_shipped_rule_put_aside_by_an_own_one_comes_back(site, planner):
    own = ROW | {"id": "police_room", "fact": "cells", "text_en": "a cell in every community"}
    assert send(site, planner, "rules", own).status_code == 302
    assert "2</strong> of 2 communities meet" in page(site, planner, "?rule=police_room")
    send(site, planner, "rules/remove", {"id": "police_room"})
    assert "0</strong> of 2 communities meet" in page(site, planner, "?rule=police_room")


@pytest.mark.parametrize("role", ["liaison", "admin"])
def test_others_read_but_do_not_write(site, signed_in, role):
    browser = signed_in(role)
    assert "/standards/rules" not in page(site, browser)
    assert send(site, browser, "rules", ROW).status_code == 403


def test_the_database_refuses_rules_of_whoever_is_no_planner(site, signed_in, monkeypatch):
    browser = signed_in("liaison")
    monkeypatch.setattr("web.auth.may_open", lambda *_: True)
    assert send(site, browser, "rules", ROW).status_code >= 400
    with site.store.owner.connect() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM standards_rules").scalar_one()
    assert count == 0


def test_the_workbook_holds_the_units_and_formulas_that_live(site, signed_in):
    answer = signed_in("planner").get(address(site, ".xlsx"))
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    rules, units = book.worksheets
    assert units.freeze_panes == "A2"
    assert units.auto_filter.ref
    column = [cell.value for cell in units[1]].index("Shortfall") + 1
    formulas = [units.cell(row, column).value for row in range(2, units.max_row + 1)]
    assert any(str(one).startswith("=MAX(0,") for one in formulas)
    assert str(rules.cell(2, 5).value).startswith("=COUNTIFS(")


@pytest.mark.parametrize("where", ["", "?rule=nothing&level=%00&status=odd", "?edit=police_room"])
def test_odd_addresses_show_the_page(site, signed_in, where):
    assert signed_in("planner").get(address(site, where)).status_code == 200


def test_hostile_names_stay_text(site, signed_in):
    text = signed_in("planner").get(f"/d/{site.hostile}/standards").text
    assert "<img src=x" not in text
