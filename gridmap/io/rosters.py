"""Rosters: posts, duties and absences of a workbook, read row by row with every error."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from gridmap import schema
from gridmap.errors import FileFormatError, InputError
from gridmap.io.files import check_place, kind_of
from gridmap.io.personal import refuse_personal
from gridmap.io.roster_template import EXAMPLE_MARK, SHEETS, expected
from gridmap.io.tables import WORKBOOK_FAULTS, cell_text

KEYS: Mapping[str, tuple[str, ...]] = {
    "posts": ("post_id",),
    "duties": ("post_id", "cell_id", "valid_from"),
    "absences": ("post_id", "from"),
}
"""What makes a row of each sheet the same row: an import replaces the row with its key."""
LARGEST_ROWS = 500_000


@dataclass(frozen=True)
class RowError:
    """One thing that is wrong in one cell of a workbook.

    Attributes
    ----------
    sheet, row, column : str, int, str
        Where it stands; rows are counted as the spreadsheet counts them.
    expected, found : str
        What should stand there, and what does.
    """

    sheet: str
    row: int
    column: str
    expected: str
    found: str

    def __str__(self) -> str:
        """One line for terminals."""
        return (
            f"{self.sheet} row {self.row}, column {self.column}: expected {self.expected}, "
            f"found {self.found or 'nothing'}"
        )


@dataclass(frozen=True, eq=False)
class Roster:
    """What a workbook brings.

    Attributes
    ----------
    layers : dict of str to DataFrame
        Good rows of each sheet, in the columns of the schema.
    errors : list of RowError
        Everything that is wrong, in the order of the rows.
    read : int
        Rows that hold anything, examples left out.
    """

    layers: dict[str, pd.DataFrame]
    errors: list[RowError] = field(default_factory=list)
    read: int = 0

    @property
    def bad_rows(self) -> int:
        """Rows with at least one error."""
        return len({(one.sheet, one.row) for one in self.errors})


def read_roster(
    path: str | Path,
    *,
    known_posts: Iterable[str] = (),
    known_places: Iterable[str] | None = None,
    size_limit: int | None = None,
) -> Roster:
    """Read a workbook row by row, collecting every error instead of stopping at the first.

    Parameters
    ----------
    path : path
        An XLSX file with sheets :data:`SHEETS`, any of which may be absent.
    known_posts : iterable of str
        Posts the district has already.
    known_places : iterable of str, optional
        Cells, communities, streets and the district itself; None checks none of them.
    size_limit : int, optional
        Largest file [bytes].

    Returns
    -------
    Roster
        Good rows by layer, and what is wrong with the others.

    Raises
    ------
    FileFormatError
        If the file is no XLSX, encrypted, truncated, too large, or has none of the sheets.
    PersonalDataError
        If a column looks like personal data; nothing is read then.
    """
    place = check_place(path)
    if kind_of(place, size_limit) != "xlsx":
        raise FileFormatError(f"Expected a workbook (.xlsx), found {place.name}.")
    sheets = _read_sheets(place)
    if not sheets:
        raise FileFormatError(
            f"{place.name} has none of the sheets {', '.join(SHEETS)}. Start from the template: "
            "gridmap staff template FILE."
        )
    for name, frame in sheets.items():
        refuse_personal(frame.drop(columns="row"), name, place.name)
    layers: dict[str, pd.DataFrame] = {}
    errors: list[RowError] = []
    for name, frame in sheets.items():
        layers[name], found = _examine(name, frame)
        errors += found
    posts = {*known_posts, *_faultless_posts(layers, errors)}
    errors += _strangers(layers, posts, None if known_places is None else set(known_places))
    bad = {(one.sheet, one.row) for one in errors}
    order = {name: n for n, name in enumerate(SHEETS)}
    errors.sort(key=lambda one: (order[one.sheet], one.row))
    good = {name: _good_rows(name, frame, bad) for name, frame in layers.items()}
    return Roster(good, errors, sum(len(frame) for frame in sheets.values()))


def merge_rows(there: pd.DataFrame, new: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Rows of a layer with those of a roster: a row with the same key is replaced.

    Examples
    --------
    >>> old = pd.DataFrame({"post_id": ["a", "b"], "role": ["medic", "police"]})
    >>> new = pd.DataFrame({"post_id": ["b", "c"], "role": ["guard", "guard"]})
    >>> merge_rows(old, new, "posts").values.tolist()
    [['a', 'medic'], ['b', 'guard'], ['c', 'guard']]
    """
    keys = list(KEYS[layer])
    both = pd.concat([there, new], ignore_index=True)
    return (
        both[~both.duplicated(keys, keep="last")]
        .sort_values(keys[0], kind="stable")
        .reset_index(drop=True)
    )


def require_faultless(roster: Roster, *, shown: int = 50) -> None:
    """Raise one error that lists what is wrong, row by row.

    Raises
    ------
    InputError
        If there is any error.
    """
    if not roster.errors:
        return
    lines = [str(one) for one in roster.errors[:shown]]
    if len(roster.errors) > shown:
        lines.append(f"and {len(roster.errors) - shown} more")
    raise InputError(
        f"{roster.bad_rows} of {roster.read} rows have errors; nothing was imported.\n"
        + "\n".join(lines)
        + "\nCorrect them, or leave these rows out with --skip-bad-rows."
    )


def _read_sheets(place: Path) -> dict[str, pd.DataFrame]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            import openpyxl

            book = openpyxl.load_workbook(place, read_only=True, data_only=True)
            try:
                return {
                    name: _read_sheet(book[name], name)
                    for name in SHEETS
                    if name in book.sheetnames
                }
            finally:
                book.close()
    except WORKBOOK_FAULTS as error:
        raise FileFormatError(
            f"{place.name} is truncated or damaged: the workbook cannot be opened. Save it again "
            "as .xlsx."
        ) from error


def _read_sheet(page: Any, name: str) -> pd.DataFrame:
    """Rows of a sheet with their numbers; any of the four lines of headings may be the head."""
    page.reset_dimensions()
    known = _headings(name)
    head: list[str] | None = None
    rows: list[list[str | None]] = []
    for number, values in enumerate(page.iter_rows(values_only=True), start=1):
        texts = [cell_text(value) for value in values]
        filled = [text for text in texts if text is not None and text.strip()]
        if not filled:
            continue
        labels = [known.get(text.strip().removesuffix(" *").strip()) for text in filled]
        if sum(one is not None for one in labels) * 2 > len(filled):
            head = head or [
                known.get((text or "").strip().removesuffix(" *").strip(), (text or "").strip())
                for text in texts
            ]
        elif head is None:
            head = [(text or "").strip() for text in texts]
        else:
            padded = [*texts[: len(head)], *[None] * (len(head) - len(texts))]
            rows.append([str(number), *padded])
        if len(rows) > LARGEST_ROWS:
            raise ValueError("too many rows")
    names = [one or f"column {n + 1}" for n, one in enumerate(head or [])]
    frame = pd.DataFrame(rows, columns=["row", *_apart(names)], dtype="str")
    frame = frame.assign(row=frame["row"].astype(int)).dropna(axis=1, how="all")
    if "post_id" in frame:
        frame = frame[~frame["post_id"].str.startswith(EXAMPLE_MARK, na=False)]
    return frame.assign(row=frame["row"]).reset_index(drop=True)


def _apart(names: list[str]) -> list[str]:
    return [f"{one} {n}" if one in names[:n] else one for n, one in enumerate(names)]


def _headings(name: str) -> dict[str, str]:
    columns = schema.layer(name).columns.values()
    told = {alias: c.name for c in columns for alias in c.aliases}
    told |= {text: c.name for c in columns for text in c.labels.values()}
    return told | {c.name: c.name for c in columns}


def _examine(name: str, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[RowError]]:
    """Rows in the types of the schema, with what could not be read."""
    spec = schema.layer(name)
    errors: list[RowError] = []
    ready = pd.DataFrame({"row": frame["row"]})
    for column in spec.columns.values():
        told = (
            frame[column.name]
            if column.name in frame
            else pd.Series(index=frame.index, dtype="str")
        )
        told = told.str.strip().replace("", None) if told.notna().any() else told
        values, bad = schema.cast_column(told, column)
        wrong = bad | (values.isna() & column.required)
        if column.choices:
            wrong |= values.notna() & ~values.isin(column.choices)
        if name == "posts" and column.type == "id":
            wrong |= values.notna() & values.duplicated()
        errors += [
            RowError(name, int(frame["row"][n]), column.name, expected(column), _quoted(told[n]))
            for n in frame.index[wrong]
        ]
        ready[column.name] = values
    return ready, errors + _crossed(name, ready)


def _crossed(name: str, ready: pd.DataFrame) -> list[RowError]:
    ends = {"duties": ("valid_from", "valid_to"), "absences": ("from", "to")}.get(name)
    if ends is None:
        return []
    start, end = ends
    crossed = ready[ready[end].notna() & (ready[end] <= ready[start])]
    return [
        RowError(name, int(row), end, f"a day after {start} ({begin.date()})", str(last.date()))
        for row, begin, last in zip(crossed["row"], crossed[start], crossed[end], strict=True)
    ]


def _strangers(
    layers: Mapping[str, pd.DataFrame], posts: set[str], places: set[str] | None
) -> Iterator[RowError]:
    """Rows that name a post or a place that is not there."""
    asked = [
        ("duties", "post_id", posts, "a post of the sheet posts or of the district"),
        ("absences", "post_id", posts, "a post of the sheet posts or of the district"),
        ("absences", "stand_in_post_id", posts, "a post of the sheet posts or of the district"),
        ("duties", "cell_id", places, "a cell, community, street or the district, by its code"),
    ]
    for name, column, known, wanted in asked:
        if known is None or name not in layers:
            continue
        frame = layers[name]
        strange = frame[frame[column].notna() & ~frame[column].isin(list(known))]
        for row, found in zip(strange["row"], strange[column], strict=True):
            yield RowError(name, int(row), column, wanted, _quoted(found))
    absences = layers.get("absences")
    if absences is not None:
        own = absences[
            absences["post_id"].notna() & (absences["post_id"] == absences["stand_in_post_id"])
        ]
        for row, found in zip(own["row"], own["post_id"], strict=True):
            yield RowError("absences", int(row), "stand_in_post_id", "another post", _quoted(found))


def _faultless_posts(layers: Mapping[str, pd.DataFrame], errors: Sequence[RowError]) -> list[str]:
    if "posts" not in layers:
        return []
    bad = {(one.sheet, one.row) for one in errors}
    return [str(one) for one in _good_rows("posts", layers["posts"], bad)["post_id"]]


def _good_rows(name: str, frame: pd.DataFrame, bad: set[tuple[str, int]]) -> pd.DataFrame:
    faulty = frame["row"].map(lambda row: (name, int(row)) in bad).astype(bool)
    return frame[~faulty].drop(columns="row").reset_index(drop=True)


def _quoted(value: Any) -> str:
    return "" if value is None or pd.isna(value) else f"'{str(value)[:60]}'"
