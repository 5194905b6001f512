"""The grid page: principles, findings, their cells; who may read it; exports."""

import csv
import io

import openpyxl
import pytest

pytestmark = pytest.mark.store


def open_grid(site, signed_in, query="", role="planner"):
    answer = signed_in(role).get(f"/d/{site.toy}/grid{query}")
    assert answer.status_code == 200
    return answer.text


def test_the_first_line_says_how_many_cells_are_within_the_band(site, signed_in):
    page = open_grid(site, signed_in)
    assert "<strong>0</strong> of 4 cells are within 300–500 households." in page


def test_all_nine_principles_are_listed_in_order_or_with_their_findings(site, signed_in):
    page = open_grid(site, signed_in)
    assert page.count('class="principle ') == 9
    assert "4 cells have fewer than 300 households" in page
    assert "2 cells have no post of their own" in page


def test_a_finding_lists_its_own_cells_only_and_selects_the_worst(site, signed_in):
    page = open_grid(site, signed_in, "?finding=3")
    rows = page[page.index("<tbody>") : page.index("</tbody>")]
    assert 'data-cell-id="ne"' in rows
    assert 'data-cell-id="se"' in rows
    assert 'data-cell-id="nw"' not in rows
    assert '"selected": "ne"' in page or '"selected":"ne"' in page


def test_a_principle_narrows_the_table_to_its_cells(site, signed_in):
    page = open_grid(site, signed_in, "?principle=answered_for")
    assert page.count("<tr data-cell-id=") == 2


def test_without_a_filter_the_cell_farthest_from_the_target_comes_first(site, signed_in):
    page = open_grid(site, signed_in)
    places = [page.index(f'<tr data-cell-id="{one}"') for one in ("se", "sw", "ne", "nw")]
    assert places == sorted(places)


@pytest.mark.parametrize("query", ["?finding=99", "?finding=x", "?principle=no", "?measure=no"])
def test_an_address_nobody_made_opens_the_whole_grid(site, signed_in, query):
    assert open_grid(site, signed_in, query).count("<tr data-cell-id=") == 4


@pytest.mark.parametrize("role", ["liaison", "admin"])
def test_staff_may_read_the_grid(site, signed_in, role):
    assert "4 cells have fewer" in open_grid(site, signed_in, role=role)


def test_a_worker_may_not(site, signed_in):
    assert signed_in("worker").get(f"/d/{site.toy}/grid").status_code == 403
    assert signed_in("worker").get(f"/d/{site.toy}/grid.csv").status_code == 403


def test_the_csv_has_a_row_for_each_finding_and_cell(site, signed_in):
    answer = signed_in("planner").get(f"/d/{site.toy}/grid.csv?finding=3")
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [row["cell_id"] for row in rows] == ["ne", "se"]
    assert {row["principle"] for row in rows} == {"answered_for"}
    assert {row["synthetic_layers"] for row in rows} == {"posts; fixes"}


def test_the_xlsx_holds_the_same_rows(site, signed_in):
    answer = signed_in("planner").get(f"/d/{site.toy}/grid.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data))["grid"]
    assert [cell.value for cell in sheet[1]][:4] == ["finding", "principle", "rule", "severity"]
    assert sheet.max_row == 1 + 4 + 4 + 2


def test_another_kind_of_file_does_not_exist(site, signed_in):
    assert signed_in("planner").get(f"/d/{site.toy}/grid.pdf").status_code == 404


def test_a_hostile_name_stays_text(site, signed_in):
    page = signed_in("planner").get(f"/d/{site.hostile}/grid").text
    assert "<img src=x" not in page


def test_the_page_speaks_the_language_of_its_reader(site, signed_in):
    page = (
        signed_in("planner").get(f"/d/{site.toy}/grid", headers={"Accept-Language": "zh-CN"}).text
    )
    assert "无缝拼接" in page
    assert "个网格" in page
