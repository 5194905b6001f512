"""Reports are read back by the programs that people open them with."""

import io
import shutil
import subprocess
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest
from docx import Document
from docx.oxml.ns import qn

from gridmap.cli import main
from gridmap.errors import AssetError, FileFormatError, InputError
from gridmap.reference import LANGUAGES
from gridmap.report.contents import Column, Report, Section, Sheet
from gridmap.report.document import MOST_ROWS, write_docx
from gridmap.report.page import write_html
from gridmap.report.text import write_csv
from gridmap.report.words import mask_begin, mask_end, report_words
from gridmap.report.workbook import write_xlsx
from gridmap.samples import toy_district
from gridmap.studies.cover import cover, write_cover
from gridmap.studies.report import FORMATS, write_report

NOON = pd.Timestamp("2026-03-02T12:00:00+08:00").to_pydatetime()
HOSTILE = "=HYPERLINK(1)"
COLUMNS = [Column("a", "A"), Column("n", "N", "number", total=True)]


def report(rows, language="zh_Hans", ribbon=""):
    words = report_words(language)
    section = Section("章", "一句。", sheets=[Sheet("表/1", COLUMNS, rows)])
    return Report("区", language, ["摘要"], ribbon, [section], ["方法"], words)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    toy = toy_district()
    made_up = toy.with_layers(provenance=pd.DataFrame({"layer": ["posts"], "synthetic": [True]}))
    place = tmp_path_factory.mktemp("report") / "out"
    write_cover(cover(made_up, ["staffing", "cameras"], at=NOON), made_up, place)
    return place


@pytest.mark.parametrize("form", [one for one in FORMATS if one != "gpkg"])
def test_every_format_is_written_whole_and_nothing_else_is_left(folder, tmp_path, form):
    path = tmp_path / f"told.{form}"
    assert main(["report", str(folder), "--format", form, "-o", str(path)]) == 0
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    start = {"docx": b"PK", "xlsx": b"PK", "png": b"\x89PNG", "html": b"<!doctype html>"}[form]
    assert path.read_bytes().startswith(start)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_document_says_what_is_made_up_and_sets_chinese_in_its_own_typeface(
    folder, tmp_path, language
):
    path = tmp_path / "told.docx"
    write_report(folder, path, "docx", language=language)
    document = Document(str(path))
    said = "\n".join(one.text for one in document.paragraphs)
    words = report_words(language)
    assert words["synthetic"].split("{")[0].strip() in said
    assert words["privacy"] in said
    assert len(document.inline_shapes) == 3
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")).startswith("Noto Sans CJK")


def test_a_workbook_has_a_sheet_for_each_dimension_with_filters_and_live_totals(folder, tmp_path):
    path = tmp_path / "told.xlsx"
    write_report(folder, path, "xlsx", language="en")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[:4] == ["Summary", "Staffing", "Cameras", "Privacy audit"]
    privacy = book["Privacy audit"]
    assert privacy.freeze_panes == "B2"
    assert privacy.auto_filter.ref.startswith("A1:")
    formulas = [one.value for row in privacy for one in row if one.data_type == "f"]
    assert formulas
    assert all(one.startswith("=SUBTOTAL(109,") for one in formulas)


def test_totals_keep_the_value_they_have_now():
    book = openpyxl.load_workbook(
        io.BytesIO(write_xlsx(report([{"a": "x", "n": 2.0}, {"a": "y", "n": 3.5}]))), data_only=True
    )
    assert [one.value for one in book.worksheets[1][4]] == [report_words("zh_Hans")["total"], 5.5]


@pytest.mark.parametrize("text", [HOSTILE, "+1", "-1", "@x"])
def test_nothing_from_data_becomes_a_formula(text):
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx(report([{"a": text, "n": 1.0}]))))
    cell = book.worksheets[1]["A2"]
    assert (cell.value, cell.data_type) == (text, "s")
    assert f"'{text}" in write_csv(Sheet("s", COLUMNS, [{"a": text, "n": 1.0}])).decode()


def test_a_page_holds_no_address_and_no_markup_from_data():
    page = write_html(report([{"a": "<script>", "n": 1.0}], ribbon="<b>"))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page


def test_a_long_table_is_cut_and_the_rest_counted():
    rows = [{"a": str(n), "n": float(n)} for n in range(MOST_ROWS + 7)]
    document = Document(io.BytesIO(write_docx(report(rows))))
    assert len(document.tables[0].rows) == MOST_ROWS + 1
    assert any("7" in one.text and "XLSX" in one.text for one in document.paragraphs)


def test_without_the_extra_one_error_names_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "docx", None)
    with pytest.raises(AssetError, match=r"gridmap\[report\]"):
        write_docx(report([]))


def test_a_folder_that_is_no_result_and_a_place_that_is_a_folder_are_refused(folder, tmp_path):
    with pytest.raises(FileFormatError):
        write_report(tmp_path, tmp_path / "a.docx", "docx")
    with pytest.raises(InputError):
        write_report(folder, tmp_path, "docx")
    assert list(tmp_path.iterdir()) == []


def test_an_older_folder_without_an_audit_says_so(folder, tmp_path):
    older = tmp_path / "older"
    shutil.copytree(folder, older)
    (older / "privacy.parquet").unlink()
    write_report(older, tmp_path / "told.html", "html", language="en")
    assert "run gridmap cover again" in (tmp_path / "told.html").read_text()


@pytest.mark.parametrize("deg", [0.04, 12.34, 99.96, 359.99])
def test_rounding_never_uncovers_what_a_mask_covers(deg):
    assert float(mask_begin(deg)) <= deg
    assert float(mask_end(deg)) >= deg or mask_end(deg) == "360.0"


def test_all_words_are_there_in_all_languages():
    for language in LANGUAGES:
        assert all(report_words(language).values())


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("form", ["docx", "xlsx"])
def test_libreoffice_opens_it(folder, tmp_path, form):
    path = tmp_path / f"told.{form}"
    write_report(folder, path, form)
    home = f"-env:UserInstallation=file://{tmp_path}/office"
    asked = ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*asked, str(path)], check=True, capture_output=True, timeout=120)
    assert (tmp_path / "told.pdf").read_bytes().startswith(b"%PDF")


def test_a_ribbon_stands_in_every_sheet():
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx(replace(report([]), ribbon="虚构"))))
    assert all(
        any(one.value == "虚构" for row in sheet for one in row) for sheet in book.worksheets
    )


def test_a_camera_outside_every_cell_is_a_row_with_an_empty_cell(tmp_path):
    from shapely.affinity import translate

    toy = toy_district()
    cameras = toy["cameras"].copy()
    cameras.geometry = [translate(cameras.geometry.iloc[0], 50_000), *cameras.geometry.iloc[1:]]
    away = toy.with_layers(cameras=cameras)
    write_cover(cover(away, ["cameras"], at=NOON), away, tmp_path / "out")
    path = tmp_path / "told.xlsx"
    write_report(tmp_path / "out", path, "xlsx", language="en")
    page = openpyxl.load_workbook(path)["Privacy audit"]
    shown = {row[0].value: [one.value for one in row] for row in page.iter_rows(min_row=2)}
    assert "nan" not in map(str, shown["cam1"])
