"""Reports as XLSX: a summary and one sheet per table, with totals that are formulas."""

import io
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from gridmap.report.contents import Column, Report, Sheet

_HEADING_ROWS = 1
_LONGEST_NAME = 31
_NOT_IN_NAMES = "[]:*?/\\"
_WIDEST, _NARROWEST = 60, 9
_Known = Mapping[str, tuple[str, Sheet]]
_REFERENCE = re.compile(r"\{(?:(\w+)\.)?(\w+)\}")
_BAR = {
    "type": "data_bar", "bar_color": "#92C5DE", "min_type": "num",
    "max_type": "num", "min_value": 0,
}  # fmt: skip
_FORMATS = {
    "share": "0.0%",
    "number": "#,##0.0##",
    "count": "#,##0",
    "index": "0.00",
    "date": "yyyy-mm-dd",
}


def write_xlsx(report: Report) -> bytes:
    """Write a report as a workbook.

    Parameters
    ----------
    report : Report
        What it says; every row of every table is written.

    Notes
    -----
    Headings stay in sight and carry filters; totals below are formulas over what the filters show
    (SUBTOTAL), and a column with a formula is one in every row: a corrected figure carries through
    all sheets. Every formula keeps the value that it has now. Text from data stays text: nothing
    that begins with ``=``, ``+``, ``-`` or ``@`` becomes a formula or a link.

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
        formats["warn"] = book.add_format({"bg_color": "#F7D9D5", "font_color": "#7A1F12"})
        names: set[str] = set()
        _write_summary(
            book.add_worksheet(_name(report.words.get("summary", "summary"), names)),
            report,
            formats,
        )
        tables = [one for section in report.sections for one in section.sheets]
        placed = [(book.add_worksheet(_name(one.name, names)), one) for one in tables]
        known = {one.key: (sheet.get_name(), one) for sheet, one in placed if one.key}
        for sheet, table in placed:
            _write_sheet(sheet, table, report, formats, known)
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


def _write_sheet(
    sheet: Any, table: Sheet, report: Report, formats: Mapping[str, Any], known: _Known
) -> None:
    for at, column in enumerate(table.columns):
        sheet.write_string(0, at, column.label, formats["bold"])
        sheet.set_column(at, at, _width(column, table.rows))
    for row, told in enumerate(table.rows, _HEADING_ROWS):
        for at, column in enumerate(table.columns):
            look = formats.get(column.kind)
            template = _template(column)
            if template:
                formula = write_formula(template, table, row, known)
                sheet.write_formula(row, at, formula, look, _now(told.get(column.key)))
            else:
                _write(sheet, row, at, told.get(column.key), look)
    last = max(len(table.rows), 1)
    sheet.freeze_panes(_HEADING_ROWS, 1)
    sheet.autofilter(0, 0, last, len(table.columns) - 1)
    _bring_out(sheet, table, formats)
    _write_totals(sheet, table, last + 1, report, formats)
    if report.ribbon:
        sheet.write_string(last + 3, 0, report.ribbon, formats["ribbon"])


def write_formula(template: str, table: Sheet, row: int, known: _Known) -> str:
    """Write a formula for one row of a table.

    Parameters
    ----------
    template : str
        Formula with ``{key}`` for the column of the same row and ``{sheet.key}`` for a whole
        column of another sheet.
    table : Sheet
        The table that it stands in.
    row : int
        Row in the spreadsheet, from 0.
    known : mapping of str to tuple of str and Sheet
        Name and table of every sheet by its key.

    Examples
    --------
    >>> table = Sheet("Sites", [Column("people", "P"), Column("room", "R")], [{}, {}], "sites")
    >>> write_formula("{people}/{room}", table, 1, {})
    '=A2/B2'
    >>> write_formula("SUM({sites.room})", table, 1, {"sites": ("Sites", table)})
    '=SUM(Sites!$B$2:$B$3)'
    """
    from xlsxwriter.utility import quote_sheetname, xl_col_to_name, xl_range_abs, xl_rowcol_to_cell

    def place(found: re.Match[str]) -> str:
        sheet, key = found.groups()
        if sheet is None:
            return str(xl_rowcol_to_cell(row, _at(table, key)))
        name, other = known[sheet]
        at = _at(other, key)
        if not other.rows:
            # An empty column of the sheet: sums of it are 0.
            return f"{quote_sheetname(name)}!${xl_col_to_name(at)}$2:${xl_col_to_name(at)}$2"
        where = xl_range_abs(_HEADING_ROWS, at, len(other.rows), at)
        return f"{quote_sheetname(name)}!{where}"

    return "=" + _REFERENCE.sub(place, template)


def _template(column: Column) -> str:
    if not column.parts:
        return column.formula
    part, whole = column.parts
    return f'IF({{{whole}}}>0,{{{part}}}/{{{whole}}},"")'


def _at(table: Sheet, key: str) -> int:
    return [one.key for one in table.columns].index(key)


def _now(value: Any) -> Any:
    """Value that a formula keeps until it is worked out anew; nothing is an empty text."""
    return "" if value is None else value


def _bring_out(sheet: Any, table: Sheet, formats: Mapping[str, Any]) -> None:
    """Bars and warnings beside the figures; the figures stay readable without them."""
    for at, column in enumerate(table.columns):
        if not column.mark or not table.rows:
            continue
        limit = {"above_one": 1.0001, "above_zero": 0.0001}.get(column.mark)
        look = (
            _BAR | {"max_value": 1}
            if limit is None
            else {"type": "cell", "criteria": "between", "minimum": limit, "maximum": 1e15,
                  "format": formats["warn"]}
        )  # fmt: skip
        sheet.conditional_format(_HEADING_ROWS, at, len(table.rows), at, look)


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
        if column.parts:
            part, whole = (_sum(table, key) for key in column.parts)
            now: Any = part / whole if whole else ""
            formula = write_formula(_template(column), table, row, {})
        else:
            where = xl_range(_HEADING_ROWS, at, len(table.rows), at)
            now, formula = _sum(table, column.key), f"=SUBTOTAL(109,{where})"
        sheet.write_formula(row, at, formula, formats.get(column.kind), now)


def _sum(table: Sheet, key: str) -> float:
    return sum(one.get(key) or 0 for one in table.rows)


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
