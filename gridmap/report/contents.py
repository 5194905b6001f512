"""What a report says, before it is written as DOCX, XLSX, PNG or HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


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
        ``text``, ``number``, ``count``, ``share`` or ``date``.
    total : bool
        Whether a spreadsheet sums it up.
    brief : bool
        Whether it stands in a document, which has less room than a spreadsheet.
    """

    key: str
    label: str
    kind: str = "text"
    total: bool = False
    brief: bool = True


@dataclass(frozen=True)
class Sheet:
    """A table: name of the sheet, columns, and all rows, worst first."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Picture:
    """A picture: what it shows in words, and the PNG."""

    caption: str
    png: bytes


@dataclass(frozen=True)
class Section:
    """A chapter: heading, sentence that answers first, pictures, tables, notes."""

    title: str
    sentence: str
    pictures: Sequence[Picture] = ()
    sheets: Sequence[Sheet] = ()
    notes: Sequence[str] = ()


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
    if column.kind in ("number", "count"):
        return count_text(value, 0 if column.kind == "count" else 1)
    return str(value)
