"""The workbook of rosters to fill in: posts, duties and absences, with heads in three languages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from gridmap import schema
from gridmap.io.files import replacing

SHEETS = ("posts", "duties", "absences")
"""Sheets of a roster: layers of a district."""
EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "posts": {
        "post_id": "EXAMPLE-1",
        "role": "grid_head",
        "organisation": "street office",
        "full_time": "yes",
    },
    "duties": {
        "post_id": "EXAMPLE-1",
        "cell_id": "110101001001001",
        "accountable": "yes",
        "valid_from": "2026-01-01",
    },
    "absences": {
        "post_id": "EXAMPLE-1",
        "from": "2026-03-02",
        "to": "2026-03-09",
        "stand_in_post_id": "EXAMPLE-2",
        "reason": "leave",
    },
}
EXAMPLE_MARK = "EXAMPLE-"
"""A row whose post begins so is the example of the template, and is not read."""
LANGUAGES = ("zh_Hans", "zh_Hant", "en")
_CHOICES: Mapping[str, Sequence[str]] = {"bool": ("yes", "no")}
_LISTED = {"post_id": "posts", "stand_in_post_id": "posts", "cell_id": "places", "role": "roles"}
_PREPARED_ROWS = 2_000


def write_template(
    target: str | Path | BytesIO,
    *,
    places: Iterable[str] = (),
    posts: Iterable[str] = (),
    roles: Iterable[str] = (),
    filled: Mapping[str, pd.DataFrame] | None = None,
) -> None:
    """Write a workbook to fill in: a header in three languages, an example, lists to choose from.

    Parameters
    ----------
    target : path or BytesIO
        Where.
    places, posts, roles : iterable of str
        What the lists offer: cells and communities, posts, roles.
    filled : mapping of str to DataFrame, optional
        Layers whose rows are written below the example, to be corrected and read back.

    Notes
    -----
    Row 1 holds the names of the columns, rows 2 to 4 their labels in simplified and traditional
    Chinese and English, row 5 an example that is not read back. Posts, never persons: there is
    no column for a name or a number, and a workbook that has one is refused.
    """
    if isinstance(target, BytesIO):
        _write(target, places, posts, roles, filled or {})
        return
    with replacing(target) as beside:
        content = BytesIO()
        _write(content, places, posts, roles, filled or {})
        beside.write_bytes(content.getvalue())


def expected(column: schema.Column) -> str:
    """Say what should stand in a column.

    Examples
    --------
    >>> expected(schema.layer("posts").columns["full_time"])
    'yes or no'
    """
    if column.choices:
        return "one of " + ", ".join(column.choices)
    return {
        "number": "a number",
        "bool": "yes or no",
        "date": "a date such as 2026-03-02",
        "id": "an id of its own",
    }.get(column.type, "text")


def _write(
    target: BytesIO,
    places: Iterable[str],
    posts: Iterable[str],
    roles: Iterable[str],
    filled: Mapping[str, pd.DataFrame],
) -> None:
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    head = book.add_format({"bold": True, "bg_color": "#dde6f0", "border": 1})
    label = book.add_format({"font_color": "#555555", "text_wrap": True, "valign": "top"})
    example = book.add_format({"italic": True, "font_color": "#888888"})
    offered = {
        "posts": sorted(set(posts)),
        "places": sorted(set(places)),
        "roles": sorted(set(roles)),
    }
    ranges = {}
    pages = {name: book.add_worksheet(name) for name in SHEETS}
    lists = book.add_worksheet("lists")
    for column, (name, values) in enumerate(offered.items()):
        lists.write_string(0, column, name)
        for row, value in enumerate(values, start=1):
            lists.write_string(row, column, value)
        if values:
            letter = "ABC"[column]
            ranges[name] = f"=lists!${letter}$2:${letter}${len(values) + 1}"
    lists.hide()
    for name, page in pages.items():
        _write_sheet(page, name, (head, label, example), ranges, filled.get(name))
    book.close()


def _write_sheet(
    page: Any,
    name: str,
    formats: tuple[Any, Any, Any],
    ranges: Mapping[str, str],
    rows: pd.DataFrame | None,
) -> None:
    head, label, example = formats
    first = 2 + len(LANGUAGES)
    for number, column in enumerate(schema.layer(name).columns.values()):
        page.write_string(0, number, column.name, head)
        page.write_comment(0, number, f"{column.meaning}\n{expected(column)}")
        for row, language in enumerate(LANGUAGES, start=1):
            text = column.labels[language] + (" *" if column.required else "")
            page.write_string(row, number, text, label)
        page.write_string(first - 1, number, EXAMPLES[name].get(column.name, ""), example)
        page.set_column(number, number, 22)
        listed = _validation(column, ranges)
        if listed:
            page.data_validation(first, number, first + _PREPARED_ROWS, number, listed)
    page.freeze_panes(first, 1)
    if rows is not None:
        for row, values in enumerate(_plain_rows(rows, name), start=first):
            for number, text in enumerate(values):
                if text:
                    page.write_string(row, number, text)


def _validation(column: schema.Column, ranges: Mapping[str, str]) -> dict[str, Any] | None:
    choices = _CHOICES.get(column.type, column.choices)
    if choices:
        return {"validate": "list", "source": list(choices)}
    source = ranges.get(_LISTED.get(column.name, ""))
    # A warning, not a refusal: a new post or role is typed in freely.
    return {"validate": "list", "source": source, "error_type": "warning"} if source else None


def _plain_rows(rows: pd.DataFrame, name: str) -> Iterator[list[str]]:
    columns = [c for c in schema.layer(name).columns.values() if c.name in rows]
    told = [_plain(rows[column.name], column.type) for column in columns]
    yield from (list(one) for one in zip(*told, strict=True))


def _plain(values: pd.Series, kind: str) -> list[str]:
    if kind == "date":
        return pd.to_datetime(values).dt.strftime("%Y-%m-%d").fillna("").tolist()
    if kind == "bool":
        return ["" if pd.isna(one) else ("yes" if one else "no") for one in values]
    return ["" if pd.isna(one) else str(one) for one in values]
