"""Reports of services and plans: figures on paper, programs that open them, faults told."""

import io
import shutil
import subprocess
import warnings
from dataclasses import replace
from datetime import date

import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
from docx import Document
from docx.oxml.ns import qn

from gridmap.cli import main
from gridmap.errors import FileFormatError, InputError
from gridmap.plan.scenario_changes import Change
from gridmap.reference import LANGUAGES
from gridmap.report.words import report_words
from gridmap.samples import toy_district
from gridmap.studies.cover import cover, read_cover, write_cover
from gridmap.studies.plan_facts import read_plan, write_difference
from gridmap.studies.plan_report import certainty, plan_report
from gridmap.studies.plan_sites import SitingQuestion, plan_sites
from gridmap.studies.report import write_report
from gridmap.studies.scenarios import run_scenario
from gridmap.studies.service_facts import facts_of_folder
from gridmap.studies.service_report import service_document, service_workbook, write_services
from gridmap.studies.siting_files import write_siting

DAY = date(2026, 3, 2)
NOON = pd.Timestamp("2026-03-02T12:00:00+08:00").to_pydatetime()
HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)")
OFFICE = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
GDAL = pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="GDAL's ogrinfo is not installed")


def made_up(district):
    told = pd.DataFrame({"layer": ["sites"], "synthetic": [True]})
    return district.with_layers(provenance=told)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    toy = made_up(toy_district())
    sites = toy["sites"].assign(capacity=[100.0, 400.0, np.nan], floor_area_m2=[50.0, 150.0, 80.0])
    toy = toy.with_layers(sites=sites)
    place = tmp_path_factory.mktemp("services") / "out"
    write_cover(cover(toy, ["services"], at=NOON), toy, place)
    return place


@pytest.fixture(scope="module")
def facts(folder):
    return facts_of_folder(read_cover(folder), folder)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    toy = made_up(toy_district())
    asked = SitingQuestion("pharmacy", "mclp", 250.0, 1, source="streets", on=DAY)
    place = tmp_path_factory.mktemp("plan") / "out"
    write_siting(plan_sites(toy, asked), toy, place, covers=False)
    return place


def column(sheet, key):
    at = [one.key for one in sheet.columns].index(key)
    return sheet.columns[at]


def sheets(report):
    return {sheet.key: sheet for section in report.sections for sheet in section.sheets}


def said(path):
    document = Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in document.paragraphs), *cells])


def read_book(content, **options):
    return openpyxl.load_workbook(io.BytesIO(content), **options)


def test_figures_of_a_type_are_those_on_paper(facts):
    one = facts.types.loc["health_station"]
    assert (one["people"], one["served"], one["unserved"], one["sites"]) == (500, 300, 200, 1)
    assert one["share"] == pytest.approx(0.6)
    assert facts.types.index[-1] in facts.types.index[facts.types["sites"] == 0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_document_says_figure_denominator_day_and_quality_in_each_language(
    folder, tmp_path, language
):
    path = tmp_path / "told.docx"
    write_report(folder, path, "docx", language=language, only="health_station")
    text, words = said(path), report_words(language)
    assert "60.0%" in text
    assert "500" in text
    assert {"en": "2 March 2026"}.get(language, "2026年3月2日") in text
    assert words["sv_quality"].split("{")[0].strip() in text
    assert words["synthetic"].split("{")[0].strip() in text
    assert words["sv_note_share"] in text
    assert "{" not in text


def test_pages_are_numbered_and_headings_of_tables_repeat(folder, tmp_path):
    path = tmp_path / "told.docx"
    write_report(folder, path, "docx", part="services")
    document = Document(str(path))
    footer = document.sections[0].footer._element.xml
    assert 'w:instr="PAGE"' in footer
    assert 'w:instr="NUMPAGES"' in footer
    assert document.tables
    for table in document.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    captions = [one.text for one in document.paragraphs if one.style.name == "Caption"]
    assert any("SEQ table" in one._p.xml for one in document.paragraphs)
    assert len([one for one in captions if one.startswith(("图", "表"))]) >= len(document.tables)
    descriptions = [one._inline.docPr.get("descr") for one in document.inline_shapes]
    assert all(descriptions)


def test_every_type_with_a_site_has_its_chapter_and_the_others_are_named(facts):
    report = service_document(facts, "en")
    titles = [one.title.lower() for one in report.sections]
    for kind in facts.types.index[facts.types["sites"] > 0]:
        assert kind.replace("_", " ") in titles
    absent = next(line for line in report.lines if "without any open site" in line)
    assert f"({(facts.types['sites'] == 0).sum()})" in absent


def test_a_ratio_that_is_met_does_not_hide_the_people_not_served(facts):
    told = replace(facts, ratios={"health_station": ("health_station_ratio", "met")})
    notes = [note for one in service_document(told, "en").sections for note in one.notes]
    assert any("is met, and yet 200 people are not served" in note for note in notes)


def test_overload_is_told_with_the_people_it_concerns(facts):
    report = service_document(facts, "en")
    row = next(r for r in sheets(service_workbook(facts, "en"))["sites"].rows if r["capacity"])
    assert row["people_over"] == max(0, row["nearest_people"] - row["capacity"])
    assert any("people nearest to them than places" in n for s in report.sections for n in s.notes)


def test_shares_shortfalls_and_totals_are_formulas(facts):
    book = read_book(write_services(facts, "xlsx", "en"))
    types = book["Types"]
    heads = {one.value: one.column_letter for one in types[1]}
    for name in ("people", "served", "people not served", "sites", "people over capacity"):
        assert str(types[f"{heads[name]}2"].value).startswith("=")
    assert types.freeze_panes == "B2"
    assert types.auto_filter.ref
    assert types.conditional_formatting
    totals = [one.value for one in book["Cells"][book["Cells"].max_row] if one.value]
    assert any("SUBTOTAL" in str(one) for one in totals)
    assert book["Norms and sources"].max_row > 1
    assert "SUMIFS" in " ".join(str(one.value) for one in book["Columns"]["C"])


@OFFICE
@pytest.mark.parametrize("which", ["services", "plan"])
def test_libreoffice_works_out_every_formula_as_it_was_written(facts, plan, tmp_path, which):
    content = (
        write_services(facts, "xlsx", "zh_Hans")
        if which == "services"
        else (write_report(plan, tmp_path / "p.xlsx", "xlsx"), (tmp_path / "p.xlsx").read_bytes())[
            1
        ]
    )
    source = tmp_path / "bare.xlsx"
    # Written again, the formulas have lost the values that were kept with them.
    read_book(content).save(source)
    home = f"-env:UserInstallation=file://{tmp_path}/office"
    asked = ["soffice", home, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
    asked += ["--outdir", str(tmp_path / "new"), str(source)]
    subprocess.run(asked, check=True, capture_output=True, timeout=180)
    formulas, kept = read_book(content), read_book(content, data_only=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        new = openpyxl.load_workbook(tmp_path / "new" / "bare.xlsx", data_only=True)
    count = 0
    for sheet in formulas:
        for line in sheet:
            for cell in line:
                if cell.data_type != "f":
                    continue
                count += 1
                before = kept[sheet.title][cell.coordinate].value or 0
                after = new[sheet.title][cell.coordinate].value or 0
                assert after == pytest.approx(before), f"{sheet.title}!{cell.coordinate}"
    assert count > 5


@OFFICE
def test_libreoffice_opens_the_documents(folder, plan, tmp_path):
    write_report(folder, tmp_path / "a.docx", "docx", only="pharmacy")
    write_report(plan, tmp_path / "b.docx", "docx")
    home = f"-env:UserInstallation=file://{tmp_path}/office"
    asked = ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    asked += [str(tmp_path / "a.docx"), str(tmp_path / "b.docx")]
    subprocess.run(asked, check=True, capture_output=True, timeout=180)
    assert all((tmp_path / name).read_bytes().startswith(b"%PDF") for name in ("a.pdf", "b.pdf"))


@GDAL
def test_gdal_opens_the_layers_and_finds_them_marked(folder, tmp_path):
    path = tmp_path / "told.gpkg"
    write_report(folder, path, "gpkg")
    told = subprocess.run(
        ["ogrinfo", "-al", "-so", str(path)], check=True, capture_output=True, text=True
    ).stdout
    for name in ("cells", "sites", "catchments", "service_areas", "unserved", "gaps"):
        assert f"Layer name: {name}" in told
    assert "SYNTHETIC" in told
    sites = pyogrio.read_dataframe(path, layer="sites")
    assert not sites.geometry.is_empty.any()
    assert sites.geometry.notna().all()


def test_text_that_looks_like_a_formula_stays_text(facts):
    cells = facts.cells.assign(name=list(HOSTILE), community=list(HOSTILE))
    sites = facts.sites.assign(site_name="=cmd|' /C calc'!A0", site_id="@" + facts.sites["site_id"])
    book = read_book(write_services(replace(facts, cells=cells, sites=sites), "xlsx", "en"))
    found = [
        one for sheet in book for line in sheet for one in line
        if str(one.value).startswith(("=cmd", *HOSTILE, "@s"))
    ]  # fmt: skip
    assert {one.data_type for one in found} == {"s"}
    assert {str(one.value) for one in found} >= set(HOSTILE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_map_of_one_type_is_a_picture(folder, tmp_path, language):
    path = tmp_path / "told.png"
    assert write_report(folder, path, "png", language=language, only="pharmacy") == []
    assert path.read_bytes().startswith(b"\x89PNG")


def test_people_of_unknown_number_are_said_to_be_unknown(tmp_path):
    toy = toy_district()
    nobody = toy["cells"].assign(population=np.nan, households=np.nan)
    none = toy["population"].iloc[:0]
    bare = toy.with_layers(cells=nobody, population=none)
    write_cover(cover(bare, ["services"], at=NOON), bare, tmp_path / "out")
    write_report(tmp_path / "out", tmp_path / "a.docx", "docx", language="en", only="pharmacy")
    assert "population unknown, so the share served cannot be told" in said(tmp_path / "a.docx")
    write_report(tmp_path / "out", tmp_path / "a.xlsx", "xlsx", part="services")


def test_a_plan_says_before_after_and_that_it_is_proved(plan, tmp_path):
    write_report(plan, tmp_path / "told.docx", "docx", language="en")
    text = said(tmp_path / "told.docx")
    assert "from 40.0% to 80.0% of 500 (+200)" in text
    assert "Proved: of" in text
    assert "crossing-2" in text
    assert len(Document(str(tmp_path / "told.docx")).inline_shapes) == 3


def test_an_answer_that_is_not_proved_shows_bound_gap_and_limit():
    told = {
        "proved": False, "value": 900.0, "bound": 1000.0, "gap": 0.1, "stopped": True,
        "question": {"time_limit_s": 60.0}, "candidates": 5,
    }  # fmt: skip
    text = " ".join(certainty(told, "en"))
    assert "Not proved" in text
    assert "(gap 10.00%)" in text
    assert "limit of 60 s" in text


@pytest.mark.parametrize("way", ["its own words", "against"])
def test_a_scenario_tells_who_loses(folder, tmp_path, way):
    toy = made_up(toy_district())
    tried = run_scenario(toy, [Change("close", "s1")], on=DAY)
    write_cover(tried.cover, tried.district, tmp_path / "out")
    write_cover(cover(toy, ["services"], at=NOON), toy, tmp_path / "base")
    if way == "against":
        told = read_plan(tmp_path / "out", tmp_path / "base")
    else:
        write_difference(tried.difference.types, tried.difference.cells, tmp_path / "out")
        told = read_plan(tmp_path / "out")
    row = told.types.set_index("type").loc["pharmacy"]
    assert (row["served_before"], row["served_after"], row["lost"]) == (500, 0, 500)
    worse = next(
        one for one in sheets(plan_report(told, "en", pictures=False)).items() if one[0] == "worse"
    )
    assert sum(one["gained"] for one in worse[1].rows) == pytest.approx(-500)


def test_a_folder_without_services_says_how_to_measure_them(tmp_path):
    toy = toy_district()
    write_cover(cover(toy, ["staffing"], at=NOON), toy, tmp_path / "out")
    with pytest.raises(InputError, match="gridmap cover DISTRICT --dimension services"):
        write_report(tmp_path / "out", tmp_path / "a.docx", "docx", part="services")
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["--type", "castle"], "There is no type 'castle'"),
        (["--part", "plan"], "holds no plan"),
        (["--part", "all", "--type", "pharmacy"], "narrows a report of services only"),
        (["--against", "nowhere"], "is no result of gridmap cover"),
    ],
)
def test_what_cannot_be_reported_is_one_message_and_nothing_is_written(
    folder, tmp_path, capsys, asked, message
):
    to = tmp_path / "told.docx"
    assert main(["report", str(folder), "--format", "docx", "-o", str(to), *asked]) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_refused_before_any_work(folder, tmp_path):
    (tmp_path / "file").write_text("no folder")
    for place in (tmp_path, tmp_path / "file" / "a.xlsx"):
        with pytest.raises(InputError):
            write_report(folder, place, "xlsx", part="services")
    assert (tmp_path / "file").read_text() == "no folder"


def test_a_plan_with_a_file_missing_says_so(plan, tmp_path):
    broken = tmp_path / "plan"
    shutil.copytree(plan, broken)
    (broken / "plan.gpkg").unlink()
    with pytest.raises(FileFormatError, match=r"plan\.gpkg"):
        write_report(broken, tmp_path / "a.docx", "docx")
    (broken / "plan.json").write_text("{}")
    shutil.copy(plan / "plan.gpkg", broken)
    with pytest.raises(FileFormatError, match="missing: type, before"):
        write_report(broken, tmp_path / "a.docx", "docx")


def test_an_older_folder_without_sites_is_reported_without_their_places(folder, tmp_path):
    older = tmp_path / "older"
    shutil.copytree(folder, older)
    (older / "service_sites.gpkg").unlink()
    write_report(older, tmp_path / "told.html", "html", part="services", language="en")
    assert "60.0% of 500 people" in (tmp_path / "told.html").read_text().replace("\u2009", " ")
    write_report(older, tmp_path / "told.gpkg", "gpkg")
    assert "sites" in {str(name) for name, _ in pyogrio.list_layers(tmp_path / "told.gpkg")}
