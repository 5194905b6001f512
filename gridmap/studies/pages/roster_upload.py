"""A roster from a workbook: looked at row by row first, then brought into the database."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gridmap import schema
from gridmap.checks import accountable_together
from gridmap.district import District
from gridmap.errors import InputError, ScopeError
from gridmap.io.rosters import KEYS, Roster, merge_rows, read_roster
from gridmap.store import rosters
from gridmap.store.audit import add_entry
from gridmap.store.scope import Scope
from gridmap.studies.pages.staffing import read_roster_district
from gridmap.studies.rosters import places_of

LARGEST_WORKBOOK = 8 << 20
"""Largest workbook [bytes] that is looked at on a page."""
SHOWN_ERRORS = 500
"""Errors that are listed; all are counted."""

Plain = dict[str, dict[str, list[Any]]]
"""Rows of a roster as plain values: layer, column, values."""


def look_at_roster(
    connection: Connection, scope: Scope, district_id: int, content: bytes, name: str
) -> dict[str, Any]:
    """Read a workbook against the district and say what it would do; nothing is written.

    Parameters
    ----------
    connection : Connection
    scope : Scope
        Of a planner of the whole district.
    district_id : int
    content : bytes
        The workbook.
    name : str
        Name of the file, for messages.

    Returns
    -------
    dict
        ``read`` and ``bad_rows``; ``errors`` (sheet, row, column, expected, found), at most
        :data:`SHOWN_ERRORS` of ``error_count``; ``sheets`` (rows new, changed, same of each);
        ``doubles``, cells for which two posts would answer; ``rows``, the good rows as plain
        values, to be handed to :func:`bring_in_roster`.

    Raises
    ------
    ScopeError
        If the reader plans for a part of the district only.
    FileFormatError
        If the file is no workbook, too large, or has none of the sheets.
    PersonalDataError
        If a column looks like personal data; nothing of it is kept.
    """
    _refuse_parts(scope)
    district = read_roster_district(connection, district_id)
    roster = _read(district, content, name)
    fresh = {one: _changes(district[one], rows, one) for one, rows in roster.layers.items()}
    return {
        "name": name,
        "read": roster.read,
        "bad_rows": roster.bad_rows,
        "error_count": len(roster.errors),
        "errors": [vars(one) for one in roster.errors[:SHOWN_ERRORS]],
        "sheets": [{"sheet": one, **told} for one, (told, _) in fresh.items()],
        "changes": sum(told["new"] + told["changed"] for told, _ in fresh.values()),
        "doubles": _doubles(district, roster.layers),
        "rows": {one: _to_plain(rows) for one, (_, rows) in fresh.items() if len(rows)},
    }


def bring_in_roster(
    connection: Connection, scope: Scope, district_id: int, rows: Plain
) -> dict[str, int]:
    """Write the rows that were looked at; their number by layer.

    Raises
    ------
    InputError
        If a post or place that the rows name is no longer there: nothing is written then.
    ScopeError
        If the reader may not.
    """
    _refuse_parts(scope)
    layers = {name: schema.conform(pd.DataFrame(told), name) for name, told in rows.items()}
    _refuse_strangers(read_roster_district(connection, district_id), layers)
    rosters.write_roster(connection, district_id, layers, KEYS)
    counts = {name: len(frame) for name, frame in layers.items()}
    told: dict[str, Any] = counts
    add_entry(connection, scope, "import_roster", district_id=district_id, **told)
    return counts


def _refuse_parts(scope: Scope) -> None:
    if not scope.is_whole:
        raise ScopeError("Only a planner of the whole district may import a roster.")


def _read(district: District, content: bytes, name: str) -> Roster:
    with tempfile.TemporaryDirectory() as folder:
        # The name comes from outside: only how it ends is kept.
        place = Path(folder) / f"roster{Path(name).suffix.lower()[:8]}"
        place.write_bytes(content)
        return read_roster(
            place,
            known_posts=district["posts"]["post_id"],
            known_places=places_of(district),
            size_limit=LARGEST_WORKBOOK,
        )


def _changes(there: pd.DataFrame, rows: pd.DataFrame, name: str) -> tuple[Any, pd.DataFrame]:
    """Numbers of new, changed and same rows, and the rows that would change something."""
    names = list(schema.layer(name).columns)
    keys = list(KEYS[name])
    rows = rows[~rows.duplicated(keys, keep="last")]
    told, old = _as_text(rows[names]), _as_text(there[names])
    same = pd.MultiIndex.from_frame(told).isin(pd.MultiIndex.from_frame(old))
    known = pd.MultiIndex.from_frame(told[keys]).isin(pd.MultiIndex.from_frame(old[keys]))
    counts = {
        "new": int((~known).sum()),
        "changed": int((known & ~same).sum()),
        "same": int(same.sum()),
    }
    return counts, rows[~same]


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Values as text, so that empty equals empty whatever the type of the column."""
    return frame.apply(lambda column: column.astype("string").fillna(""))


def _doubles(district: District, layers: Mapping[str, pd.DataFrame]) -> list[str]:
    """Cells that two posts would answer for, and that only one answers for today."""
    if "duties" not in layers:
        return []
    cells, now = district["cells"], district["duties"]
    merged = merge_rows(now, layers["duties"], "duties")
    before = set(accountable_together(now, cells))
    return [one for one in accountable_together(merged, cells) if one not in before]


def _to_plain(rows: pd.DataFrame) -> dict[str, list[Any]]:
    plain: dict[str, list[Any]] = {}
    for name in rows.columns:
        values = rows[name]
        if pd.api.types.is_datetime64_any_dtype(values):
            values = values.dt.strftime("%Y-%m-%d")
        plain[str(name)] = values.astype("object").where(values.notna(), None).tolist()
    return plain


def _refuse_strangers(district: District, layers: Mapping[str, pd.DataFrame]) -> None:
    posts = set(district["posts"]["post_id"])
    if "posts" in layers:
        posts |= set(layers["posts"]["post_id"])
    asked: list[tuple[str, str, set[str]]] = [
        ("duties", "post_id", posts),
        ("duties", "cell_id", set(places_of(district))),
        ("absences", "post_id", posts),
        ("absences", "stand_in_post_id", posts),
    ]
    for name, column, known in asked:
        if name in layers and not layers[name][column].dropna().isin(list(known)).all():
            raise InputError(
                "Posts or cells have changed since the workbook was looked at; nothing was "
                "written. Look at it again."
            )
