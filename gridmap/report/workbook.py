"""Reports as XLSX: a summary and one sheet per table, with totals that are formulas."""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from gridmap.report.contents import Column, Report, Sheet

_HEADING_ROWS = 1
_LONGEST_NAME = 31
_NOT_IN_NAMES = "[]:*?/\\"
_WIDEST, _NARROWEST = 60, 9
_FORMATS = {"share": "0.0%", "number": "#,##0.0##", "count": "#,##0", "date": "yyyy-mm-dd"}


def write_xlsx(report: Report) -> bytes:
    """Write a report as a workbook.

    Parameters
    ----------
    report : Report
        What it says; every row of every table is written.

    Notes
    -----
    Headings stay in sight and carry filters; totals below are formulas over what the filters show
    (SUBTOTAL). Text from data stays text: nothing that begins with ``=``, ``+``, ``-`` or ``@``
    becomes a formula or a link.

    Examples
    --------
    >>> write_xlsx(Report("District", "en", ["All is well."], "", []))[:2]
    b'PK'
    """
    import xlsxwriter

    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"title": report.title, "comments": report.ribbon})
        formats = {kind: book.add_format({"num_format": one}) for kind, one in _FORMATS.items()}
        formats["bold"] = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        formats["ribbon"] = book.add_format({"bold": True, "bg_color": "#F6E3B4"})
        names: set[str] = set()
        _write_summary(
            book.add_worksheet(_name(report.words.get("summary", "summary"), names)),
            report,
            formats,
        )
        for section in report.sections:
            for sheet in section.sheets:
                _write_sheet(book.add_worksheet(_name(sheet.name, names)), sheet, report, formats)
    return file.getvalue()


def _write_summary(sheet: Any, report: Report, formats: Mapping[str, Any]) -> None:
    sheet.set_column(0, 0, 110)
    lines: list[tuple[str, Any]] = [(report.title, formats["bold"])]
    lines += [(report.ribbon, formats["ribbon"])] if report.ribbon else []
    lines += [(line, None) for line in report.lines]
    for section in report.sections:
        lines += [("", None), (section.title, formats["bold"]), (section.sentence, None)]
        lines += [(note, None) for note in section.notes]
    lines += [("", None), (report.words.get("method", ""), formats["bold"])]
    lines += [(note, None) for note in report.notes]
    for row, (text, look) in enumerate(lines):
        sheet.write_string(row, 0, text, look)


def _write_sheet(sheet: Any, table: Sheet, report: Report, formats: Mapping[str, Any]) -> None:
    for at, column in enumerate(table.columns):
        sheet.write_string(0, at, column.label, formats["bold"])
        sheet.set_column(at, at, _width(column, table.rows))
    for row, told in enumerate(table.rows, _HEADING_ROWS):
        for at, column in enumerate(table.columns):
            _write(sheet, row, at, told.get(column.key), formats.get(column.kind))
    last = max(len(table.rows), 1)
    sheet.freeze_panes(_HEADING_ROWS, 1)
    sheet.autofilter(0, 0, last, len(table.columns) - 1)
    _write_totals(sheet, table, last + 1, report, formats)
    if report.ribbon:
        sheet.write_string(last + 3, 0, report.ribbon, formats["ribbon"])


def _write_totals(
    sheet: Any, table: Sheet, row: int, report: Report, formats: Mapping[str, Any]
) -> None:
    from xlsxwriter.utility import xl_range

    summed = [(at, one) for at, one in enumerate(table.columns) if one.total]
    if not summed or not table.rows:
        return
    if not table.columns[0].total:
        sheet.write_string(row, 0, report.words.get("total", "total"), formats["bold"])
    for at, column in summed:
        now = sum(one.get(column.key) or 0 for one in table.rows)
        where = xl_range(_HEADING_ROWS, at, len(table.rows), at)
        sheet.write_formula(row, at, f"=SUBTOTAL(109,{where})", formats.get(column.kind), now)


def _write(sheet: Any, row: int, at: int, value: Any, look: Any) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, at, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, at, value, look)
    elif isinstance(value, date):
        sheet.write_datetime(row, at, value, look)
    elif value not in (None, ""):
        sheet.write_string(row, at, str(value))


def _width(column: Column, rows: Sequence[Mapping[str, Any]]) -> int:
    texts = [column.label, *(str(row.get(column.key) or "") for row in rows[:500])]
    # A Chinese character is as wide as two Latin ones.
    longest = max(sum(1 if one.isascii() else 2 for one in text) for text in texts)
    return max(_NARROWEST, min(_WIDEST, longest + 2))


def _name(wanted: str, taken: set[str]) -> str:
    """Name of a sheet: short enough, without what a spreadsheet forbids, and no two alike."""
    plain = "".join("-" if one in _NOT_IN_NAMES else one for one in wanted)[:_LONGEST_NAME]
    name, number = plain, 2
    while name.lower() in taken:
        name = f"{plain[: _LONGEST_NAME - 4]} ({number})"
        number += 1
    taken.add(name.lower())
    return name
