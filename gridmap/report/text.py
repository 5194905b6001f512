"""One table of a report as CSV that spreadsheets open, with nothing they would run."""

import csv
import io

from gridmap.report.contents import Sheet

_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(sheet: Sheet, ribbon: str = "") -> bytes:
    r"""Write a table as CSV in UTF-8 with a byte order mark, which spreadsheets ask for.

    Parameters
    ----------
    sheet : Sheet
        The table; all its columns are written.
    ribbon : str
        What is made up, said in a last column of every row.

    Examples
    --------
    >>> from gridmap.report.contents import Column
    >>> rows = [{"a": "=1+1", "b": -2.0}]
    >>> write_csv(Sheet("s", [Column("a", "A"), Column("b", "B", "number")], rows)).decode()
    "\ufeffA,B\r\n'=1+1,-2.0\r\n"
    """
    file = io.StringIO()
    writer = csv.writer(file)
    mark = [ribbon] if ribbon else []
    writer.writerow([*(one.label for one in sheet.columns), *(["synthetic"] if ribbon else [])])
    for row in sheet.rows:
        writer.writerow([*(_quiet(row.get(one.key)) for one in sheet.columns), *mark])
    return ("\ufeff" + file.getvalue()).encode()


def _quiet(value: object) -> object:
    if isinstance(value, str) and value[:1] in _RUN_BY_SPREADSHEETS:
        return f"'{value}"
    return value
