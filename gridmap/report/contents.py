"""What a report says, before it is written as DOCX, XLSX, PNG or HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_DECIMALS = {"count": 0, "number": 1, "index": 2}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    key : str
        Name in the rows.
    label : str
        Heading.
    kind : str
        ``text``, ``number``, ``count``, ``index`` (two decimals), ``share`` or ``date``.
    total : bool
        Whether a spreadsheet sums it up.
    brief : bool
        Whether it stands in a document, which has less room than a spreadsheet.
    formula : str
        How a spreadsheet works the value out, in its own words, from ``{key}`` (another column of
        the same row) and ``{sheet.key}`` (a whole column of another sheet); empty where the value
        was measured. The row holds the value as it is now.
    parts : tuple of str
        Columns of part and whole that a share is worked out of, in every row and in the totals.
    mark : str
        What a spreadsheet brings out: ``bar`` (length by value), ``above_one`` and ``above_zero``.
    wide : float
        Width in a document, in parts; 1 where nothing says otherwise.
    """

    key: str
    label: str
    kind: str = "text"
    total: bool = False
    brief: bool = True
    formula: str = ""
    parts: tuple[str, ...] = ()
    mark: str = ""
    wide: float = 0.0


@dataclass(frozen=True)
class Sheet:
    """A table: name of the sheet, columns, and all rows, worst first.

    Attributes
    ----------
    name : str
        Heading of the table and name of the sheet.
    columns, rows
        Columns, and what stands in them by key.
    key : str
        Name by which formulas of other sheets call it.
    most : int
        Rows of it in a document; the rest is counted. 0 keeps it to the spreadsheet.
    """

    name: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    key: str = ""
    most: int = 25


@dataclass(frozen=True)
class Picture:
    """A picture: what it shows in words, and the PNG."""

    caption: str
    png: bytes


@dataclass(frozen=True)
class Section:
    """A chapter: heading, sentence that answers first, pictures, tables, notes; depth from 1."""

    title: str
    sentence: str
    pictures: Sequence[Picture] = ()
    sheets: Sequence[Sheet] = ()
    notes: Sequence[str] = ()
    depth: int = 1


@dataclass(frozen=True)
class Report:
    """A whole report.

    Attributes
    ----------
    title, language : str
        Heading, and the language it is written in.
    lines : sequence of str
        Summary, one sentence a line.
    ribbon : str
        What is made up; empty where nothing is.
    sections : sequence of Section
        One for each dimension.
    notes : sequence of str
        Method and quality.
    words : mapping of str to str
        Words of the language.
    """

    title: str
    language: str
    lines: Sequence[str]
    ribbon: str
    sections: Sequence[Section]
    notes: Sequence[str] = ()
    words: Mapping[str, str] = field(default_factory=dict)


def cell_text(value: Any, column: Column) -> str:
    """Value as people read it.

    Examples
    --------
    >>> cell_text(0.5, Column("a", "A", "share")), cell_text(None, Column("a", "A"))
    ('50.0%', '–')
    """
    from gridmap.report.words import count_text, share_text

    if value is None or value == "":
        return "–"
    if column.kind == "share":
        return share_text(value)
    if column.kind in _DECIMALS:
        return count_text(value, _DECIMALS[column.kind])
    return str(value)
