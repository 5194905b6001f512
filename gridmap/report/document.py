"""Reports as DOCX: summary, one chapter per dimension with its map, tables limited and counted."""

import io
from collections import Counter
from typing import Any

from gridmap.errors import AssetError
from gridmap.report.contents import Picture, Report, Section, Sheet, cell_text
from gridmap.report.fonts import EAST_ASIAN

MOST_ROWS = 25
"""Rows of a table in a document; the rest is counted, and stands in the workbook."""
LATIN = "Arial"
_HEAD_FILL = "E8EDF3"
_RIBBON_FILL = "F6E3B4"
_WIDTH_CM = 17.0
_WIDE = {"reasons": 3.0, "reason": 2.0, "masks": 1.6, "measure": 3.0, "cell": 1.4}
_NUMBERS = ("number", "count", "index", "share")
_TAGS = {"zh_Hans": "zh-CN", "zh_Hant": "zh-TW", "en": "en-GB"}


def write_docx(report: Report) -> bytes:
    """Write a report as a document of A4 pages.

    Parameters
    ----------
    report : Report
        What it says.

    Raises
    ------
    AssetError
        If python-docx is not installed.

    Notes
    -----
    Chinese is set in a typeface of its own (``eastAsia``) and the language is declared, so that
    lines break where Chinese may break. Headings of tables repeat on every page,
    pages are numbered, and so are figures and tables, which a word processor can count anew.

    Examples
    --------
    >>> write_docx(Report("District", "en", ["All is well."], "", []))[:2]
    b'PK'
    """
    try:
        from docx import Document
    except ImportError as error:
        raise AssetError(
            "DOCX needs python-docx, which is not installed. Install the extra: "
            "pip install 'gridmap[report]'."
        ) from error
    document: Any = Document()
    _prepare(document, report)
    document.add_heading(report.title, level=0)
    if report.ribbon:
        _shade(document.add_paragraph(style="Intense Quote").add_run(report.ribbon), _RIBBON_FILL)
    for line in report.lines:
        document.add_paragraph(line, style="List Bullet")
    counts: Counter[str] = Counter()
    for section in report.sections:
        _write_section(document, section, report, counts)
    if report.notes:
        document.add_heading(report.words.get("method", "Method"), level=1)
        for note in report.notes:
            document.add_paragraph(note, style="List Bullet")
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _prepare(document: Any, report: Report) -> None:
    from docx.shared import Cm, Pt, RGBColor

    page = document.sections[0]
    page.page_width, page.page_height = Cm(21.0), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.0)
    page.top_margin = page.bottom_margin = Cm(2.0)
    for name in ("Normal", "Title", "Heading 1", "Heading 2", "Intense Quote", "Caption"):
        style = document.styles[name]
        _set_fonts(style.element.get_or_add_rPr(), report.language)
        style.font.name = LATIN
        style.font.color.rgb = RGBColor(0x22, 0x22, 0x22)
    document.styles["Normal"].font.size = Pt(10.5)
    document.styles["Title"].font.size = Pt(20)
    document.core_properties.title = report.title
    document.core_properties.author = "gridmap"
    document.core_properties.comments = report.ribbon
    _write_footer(page.footer.paragraphs[0], report)


def _write_footer(footer: Any, report: Report) -> None:
    from docx.shared import Pt

    footer.add_run(f"{report.title}  ·  {report.ribbon}" if report.ribbon else report.title)
    before, between, after = (
        report.words.get("page_of", "{page} / {pages}").replace("{pages}", "{page}").split("{page}")
    )
    footer.add_run(f"  ·  {before}")
    _add_field(footer, "PAGE", "1")
    footer.add_run(between)
    _add_field(footer, "NUMPAGES", "1")
    footer.add_run(after)
    for run in footer.runs:
        run.font.size = Pt(8)


def _add_field(paragraph: Any, code: str, now: str) -> None:
    """Add a figure that a word processor works out, with what it is until then."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run = paragraph.add_run(now)
    field.append(run._r)
    paragraph._p.append(field)


def _add_caption(document: Any, kind: str, number: int, text: str, report: Report) -> Any:
    caption = document.add_paragraph(style="Caption")
    word = report.words.get(kind, kind)
    caption.add_run(f"{word} ")
    _add_field(caption, f"SEQ {kind} \\* ARABIC", str(number))
    caption.add_run(f"  {text}")
    return caption


def _set_fonts(properties: Any, language: str) -> None:
    from docx.oxml.ns import qn

    fonts = properties.get_or_add_rFonts()
    for name in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(name), None)
    fonts.set(qn("w:eastAsia"), EAST_ASIAN[language])
    told = properties.find(qn("w:lang"))
    if told is None:
        told = properties.makeelement(qn("w:lang"), {})
        properties.append(told)
    told.set(qn("w:val"), "en-GB")
    told.set(qn("w:eastAsia"), _TAGS[language] if language != "en" else "zh-CN")


def _write_section(document: Any, section: Section, report: Report, counts: Counter[str]) -> None:
    document.add_heading(section.title, level=section.depth)
    document.add_paragraph(section.sentence)
    for picture in section.pictures:
        counts["figure"] += 1
        _write_picture(document, picture, counts["figure"], report)
    for sheet in section.sheets:
        if sheet.most:
            counts["table"] += 1
            _write_table(document, sheet, counts["table"], report)
    for note in section.notes:
        document.add_paragraph(note)


def _write_picture(document: Any, picture: Picture, number: int, report: Report) -> None:
    from docx.shared import Cm

    shape = document.add_picture(io.BytesIO(picture.png), width=Cm(_WIDTH_CM))
    # Who cannot see the picture hears its caption.
    shape._inline.docPr.set("descr", picture.caption)
    document.paragraphs[-1].paragraph_format.keep_with_next = True
    _add_caption(document, "figure", number, picture.caption, report)


def _write_table(document: Any, sheet: Sheet, number: int, report: Report) -> None:
    from docx.shared import Cm

    columns = [one for one in sheet.columns if one.brief]
    rows = sheet.rows[: min(sheet.most, MOST_ROWS)]
    caption = _add_caption(document, "table", number, sheet.name, report)
    caption.paragraph_format.keep_with_next = True
    if not rows:
        document.add_paragraph(report.words.get("none", "–"))
        return
    table = document.add_table(rows=1, cols=len(columns), style="Table Grid")
    table.autofit = False
    parts = [one.wide or _WIDE.get(one.key, 1.0) for one in columns]
    widths = [Cm(_WIDTH_CM * part / sum(parts)) for part in parts]
    for place, width in zip(table.columns, widths, strict=True):
        place.width = width
    for cell, column, width in zip(table.rows[0].cells, columns, widths, strict=True):
        _fill(cell, column.label, width, bold=True)
        _shade_cell(cell, _HEAD_FILL)
    _keep(table.rows[0], "w:cantSplit", "w:tblHeader")
    for row in rows:
        line = table.add_row()
        _keep(line, "w:cantSplit")
        for cell, column, width in zip(line.cells, columns, widths, strict=True):
            text = cell_text(row.get(column.key), column)
            _fill(cell, text, width, right=column.kind in _NUMBERS)
    rest = len(sheet.rows) - len(rows)
    text = report.words["rest"].format(count=rest) if rest else ""
    document.add_paragraph(text, style="Caption" if rest else None)


def _fill(cell: Any, text: str, width: Any, *, bold: bool = False, right: bool = False) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    cell.width = width
    paragraph = cell.paragraphs[0]
    # A figure is not broken between its thousands.
    run = paragraph.add_run(text.replace("\u2009", "\u202f"))
    run.font.size, run.bold = Pt(8.5), bold
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _keep(row: Any, *names: str) -> None:
    from docx.oxml import OxmlElement

    for name in names:
        row._tr.get_or_add_trPr().append(OxmlElement(name))


def _shade_cell(cell: Any, fill: str) -> None:
    cell._tc.get_or_add_tcPr().append(_shading(fill))


def _shade(run: Any, fill: str) -> None:
    run._r.get_or_add_rPr().append(_shading(fill))


def _shading(fill: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shading = OxmlElement("w:shd")
    for name, value in (("w:val", "clear"), ("w:color", "auto"), ("w:fill", fill)):
        shading.set(qn(name), value)
    return shading
