"""Results of standards as an XLSX workbook: one sheet of rules, one of units, formulas alive."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

UNIT_COLUMNS = (
    "rule", "text", "level", "unit_id", "unit_name", "value", "value_high", "required",
    "required_high", "shortfall", "shortfall_high", "unit", "status", "quality", "reason", "detail",
    "source", "confidence",
)  # fmt: skip
"""Columns of the sheet of units."""
RULE_COLUMNS = (
    "rule", "text", "level", "units", "met", "partly", "missed", "unknown", "shortfall", "unit",
    "source", "confidence",
)  # fmt: skip
"""Columns of the sheet of rules."""
_STATUSES = ("met", "partly", "missed", "unknown")
_WIDTHS = {"text": 46, "source": 46, "reason": 34, "detail": 40, "unit_name": 24, "rule": 26}
_FIRST_ROW = 1


def write_standards(
    rules: Sequence[Mapping[str, Any]],
    units: Sequence[Mapping[str, Any]],
    words: Mapping[str, str],
    *,
    note: str = "",
) -> bytes:
    """Write a workbook of the results of standards.

    Parameters
    ----------
    rules : sequence of mapping
        One for each rule and level in the columns :data:`RULE_COLUMNS`.
    units : sequence of mapping
        One for each rule and unit in the columns :data:`UNIT_COLUMNS`; numbers or ``None``.
    words : mapping of str to str
        Headings by column, names of statuses and levels, and of the sheets (``sheet_rules``,
        ``sheet_units``), in the reader's language; what is not there stays as it is.
    note : str
        What a reader must know of all rows (district, day, what is synthetic).

    Notes
    -----
    Counts and totals of a rule are formulas over the sheet of units, and a shortfall that is plain
    required less value is one as well, so that a corrected value carries through; each keeps the
    value it has now. Text stays text: nothing from data becomes a formula or a link.

    Examples
    --------
    >>> write_standards([], [], {})[:2]
    b'PK'
    """
    import xlsxwriter

    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        first = book.add_worksheet(words.get("sheet_rules", "rules"))
        second = book.add_worksheet(words.get("sheet_units", "units"))
        _head(book, second, UNIT_COLUMNS, len(units), words)
        for at, row in enumerate(units, _FIRST_ROW):
            _write_unit(second, at, row, words)
        _head(book, first, RULE_COLUMNS, len(rules), words)
        for at, row in enumerate(rules, _FIRST_ROW):
            _write_rule(first, at, row, words, (second.get_name(), len(units)))
        if note:
            first.write_string(len(rules) + 2, 0, note)
    return file.getvalue()


def _head(
    book: Any, sheet: Any, columns: Sequence[str], rows: int, words: Mapping[str, str]
) -> None:
    sheet.write_row(0, 0, [words.get(one, one) for one in columns], book.add_format({"bold": True}))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, rows), len(columns) - 1)
    for at, name in enumerate(columns):
        sheet.set_column(at, at, _WIDTHS.get(name, 13))


def _write_unit(sheet: Any, at: int, row: Mapping[str, Any], words: Mapping[str, str]) -> None:
    for place, name in enumerate(UNIT_COLUMNS):
        _write(sheet, at, place, _said(name, row.get(name), words))
    value, required = row.get("value"), row.get("required")
    plain = value == row.get("value_high") and required == row.get("required_high")
    missing = row.get("shortfall")
    if value is None or required is None:
        return
    if plain and missing == max(0, required - value):
        have, want = (_cell(at, UNIT_COLUMNS, name) for name in ("value", "required"))
        place = UNIT_COLUMNS.index("shortfall")
        sheet.write_formula(at, place, f"=MAX(0,{want}-{have})", None, missing)


def _write_rule(
    sheet: Any,
    at: int,
    row: Mapping[str, Any],
    words: Mapping[str, str],
    source: tuple[str, int],
) -> None:
    for place, name in enumerate(RULE_COLUMNS):
        _write(sheet, at, place, _said(name, row.get(name), words))
    rule, level = (_cell(at, RULE_COLUMNS, name) for name in ("rule", "level"))
    here = f"{_range(source, 'rule')},{rule},{_range(source, 'level')},{level}"
    status = _range(source, "status")
    for name in _STATUSES:
        said = words.get(name, name).replace('"', '""')
        formula = f'=COUNTIFS({here},{status},"{said}")'
        sheet.write_formula(at, RULE_COLUMNS.index(name), formula, None, row.get(name) or 0)
    first, last = (_cell(at, RULE_COLUMNS, _STATUSES[one]) for one in (0, -1))
    total = RULE_COLUMNS.index("units")
    sheet.write_formula(at, total, f"=SUM({first}:{last})", None, row.get("units") or 0)
    missing = f'=SUMIFS({_range(source, "shortfall")},{here},{status},"<>{{}}")'
    formula = missing.format(words.get("unknown", "unknown").replace('"', '""'))
    sheet.write_formula(
        at, RULE_COLUMNS.index("shortfall"), formula, None, row.get("shortfall") or 0
    )


def _said(column: str, value: Any, words: Mapping[str, str]) -> Any:
    return words.get(str(value), value) if column in ("status", "level", "quality") else value


def _write(sheet: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif value:
        sheet.write_string(row, column, str(value))


def _cell(row: int, columns: Sequence[str], name: str) -> str:
    return f"{_letter(columns.index(name))}{row + 1}"


def _range(source: tuple[str, int], name: str) -> str:
    sheet, rows = source
    letter = _letter(UNIT_COLUMNS.index(name))
    named = sheet.replace("'", "''")
    return f"'{named}'!${letter}$2:${letter}${max(2, rows + 1)}"


def _letter(column: int) -> str:
    return chr(ord("A") + column)
