"""Rows as one sheet of an XLSX workbook: text stays text, whatever a spreadsheet makes of it."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

_WIDEST = 60
"""Widest column [characters]."""


def write_sheet(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], title: str) -> bytes:
    """Write rows as a workbook of one sheet, with a heading that stays in sight.

    Parameters
    ----------
    rows : sequence of mapping
        Plain values; ``None`` leaves a cell empty.
    columns : sequence of str
        Names in the order of the columns.
    title : str
        Name of the sheet.

    Notes
    -----
    Nothing becomes a formula or a link: a name that begins with ``=`` is written as text.

    Examples
    --------
    >>> write_sheet([{"cell_id": "=1+1", "households": 3.0}], ["cell_id", "households"], "grid")[:2]
    b'PK'
    """
    import xlsxwriter

    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet(title)
        sheet.write_row(0, 0, columns, book.add_format({"bold": True}))
        for at, row in enumerate(rows, 1):
            sheet.write_row(at, 0, [row.get(name) for name in columns])
        for at, name in enumerate(columns):
            longest = max([len(name), *(len(str(row.get(name) or "")) for row in rows)])
            sheet.set_column(at, at, min(_WIDEST, longest + 2))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(1, len(rows)), len(columns) - 1)
    return file.getvalue()
