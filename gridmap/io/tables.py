"""Tables from CSV and XLSX: every value as the text that stands there."""

import csv
import datetime as dt
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from gridmap.errors import FileFormatError

ENCODINGS = ("utf-8-sig", "gb18030")
"""Encodings of CSV files, in the order in which they are tried."""
_DELIMITERS = ",;\t|"
WORKBOOK_FAULTS = (
    zipfile.BadZipFile,
    KeyError,
    OSError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    SyntaxError,
)


def read_csv(path: Path) -> pd.DataFrame:
    """Read the table of a CSV file, all values as text, so that codes keep their zeros.

    Parameters
    ----------
    path : Path
        File with one line of headings. Comma, semicolon, tab and bar are recognised.

    Raises
    ------
    FileFormatError
        If the text is in another encoding, or the lines do not fit the headings.
    """
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as stream:
        delimiter = max(_DELIMITERS, key=stream.readline().count)
    try:
        table = pd.read_csv(
            path,
            sep=delimiter,
            encoding=encoding,
            dtype="str",
            keep_default_na=False,
            na_values=[""],
            quoting=csv.QUOTE_MINIMAL,
        )
    except (ValueError, csv.Error) as error:
        raise FileFormatError(
            f"{path.name} cannot be read as CSV: {error}. Expected one line of headings and as "
            "many values in each line."
        ) from error
    if not isinstance(table.index, pd.RangeIndex):
        raise FileFormatError(
            f"{path.name}: the lines have more values than there are headings. Quote values "
            "that contain the delimiter."
        )
    return _with_clean_headings(table, path)


def read_xlsx(path: Path, sheet: str | None = None) -> pd.DataFrame:
    """Read the table of a workbook: the sheet of that name, else the first sheet that is not empty.

    Parameters
    ----------
    path : Path
        Workbook; its formulas count with the values last saved.
    sheet : str, optional
        Name of the sheet to prefer.

    Raises
    ------
    FileFormatError
        If the workbook is truncated or damaged, or holds no table.
    """
    try:
        with warnings.catch_warnings():
            # Slow to import, and most districts come without workbooks.
            import openpyxl

            # openpyxl warns about styles and extensions, which carry no values.
            warnings.simplefilter("ignore", UserWarning)
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            try:
                rows = _first_rows(book, sheet)
            finally:
                book.close()
    except WORKBOOK_FAULTS as error:
        raise FileFormatError(
            f"{path.name} is truncated or damaged: the workbook cannot be opened. Save it again "
            "as .xlsx."
        ) from error
    if not rows:
        raise FileFormatError(f"{path.name} holds no table: every sheet is empty.")
    width = max((n + 1 for n, value in enumerate(rows[0]) if value is not None), default=0)
    headings = ["" if value is None else str(value) for value in rows[0][:width]]
    body = [_texts(row, width) for row in rows[1:]]
    table = pd.DataFrame(body, columns=headings, dtype="str")
    return _with_clean_headings(table.dropna(how="all").reset_index(drop=True), path)


def _encoding(path: Path) -> str:
    for encoding in ENCODINGS:
        try:
            with path.open(encoding=encoding, newline="") as stream:
                for _ in iter(lambda: stream.read(1 << 20), ""):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise FileFormatError(
        f"{path.name}: the text is neither UTF-8 nor GB 18030. Save it as CSV (UTF-8)."
    )


def _first_rows(book: Any, sheet: str | None) -> list[Sequence[Any]]:
    names = sorted(book.sheetnames, key=lambda name: name != sheet)
    for name in names:
        page = book[name]
        if not hasattr(page, "iter_rows"):
            continue
        page.reset_dimensions()
        rows = [row for row in page.iter_rows(values_only=True) if _filled(row)]
        if rows:
            return rows
    return []


def _filled(row: Iterable[Any]) -> bool:
    return any(value is not None and str(value).strip() for value in row)


def _texts(row: Sequence[Any], width: int) -> list[str | None]:
    padded = [*row[:width], *[None] * (width - len(row))]
    return [cell_text(value) for value in padded]


def cell_text(value: Any) -> str | None:
    """Text of a cell of a workbook as it stands there; None where it is empty.

    Examples
    --------
    >>> cell_text(dt.datetime(2026, 3, 2)), cell_text(7.0), cell_text("")
    ('2026-03-02', '7', None)
    """
    if value is None or value == "":
        return None
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _with_clean_headings(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    table.columns = pd.Index([str(name).strip() for name in table.columns])
    unnamed = [name for name in table.columns if not name or name.startswith("Unnamed: ")]
    table = table.drop(columns=[name for name in unnamed if table[name].isna().all()])
    if doubled := table.columns[table.columns.duplicated()].tolist():
        raise FileFormatError(
            f"{path.name}: the heading '{doubled[0]}' stands twice. Give each column its own name."
        )
    return table
