"""Marks of the grid in force: its number, its log, and what a reload must not lose."""

import hashlib
from typing import Any

import pandas as pd
from sqlalchemy import Connection, delete, func, insert, select, update

from gridmap.errors import InputError, name_ids
from gridmap.store import tables as t

_NOISE_DEG = 1e-7
"""Places closer than this [°], a centimetre, are one: files and databases round differently."""
CHANGES = {
    "merge": "merged",
    "split": "split",
    "adjust": "adjusted",
    "recode": "recoded",
    "same": "same",
}
"""Name of the count of old cells for each kind of change."""


def mark_grid(connection: Connection, district_id: int) -> str:
    """Fingerprint of the cells in force: equal where names and outlines are; "" without cells."""
    c = t.cells.c
    rows = connection.execute(
        select(c.cell_id, func.md5(func.ST_AsBinary(func.ST_SnapToGrid(c.geometry, _NOISE_DEG))))
        .where(c.district_id == district_id)
        .order_by(c.cell_id)
    )
    told = "\n".join(f"{one} {other}" for one, other in rows)
    return hashlib.sha256(told.encode()).hexdigest() if told else ""


def refuse_loss(connection: Connection, district_id: int, lineage: pd.DataFrame) -> None:
    """Raise an error if a load would lose grids that were published in the database.

    Raises
    ------
    InputError
        Names the versions that the file does not have.
    """
    e = t.editions.c
    there = connection.scalars(select(e.grid_version).where(e.district_id == district_id))
    lost = sorted(set(there) - set(lineage["grid_version"].dropna()))
    if lost:
        raise InputError(
            f"The database holds grids that were published since this file was written: "
            f"{name_ids(lost)}. Take them over first with gridmap grid fetch DISTRICT -o OUT and "
            "load that, or load with --discard-editions to lose them."
        )


def log_loaded(connection: Connection, district_id: int, lineage: pd.DataFrame) -> None:
    """Write the log of editions that a loaded file tells; known authors stay."""
    e = t.editions.c
    mine = e.district_id == district_id
    known = {
        row.grid_version: (row.author, row.published_at)
        for row in connection.execute(select(e.grid_version, e.author, e.published_at).where(mine))
    }
    connection.execute(delete(t.editions).where(mine))
    steps = list(lineage.groupby(["on", "grid_version"], sort=False))
    now = current_number(connection, district_id)
    for back, ((_, version), rows) in zip(range(len(steps) - 1, -1, -1), steps, strict=True):
        author, at = known.get(version, (None, None))
        values: dict[str, Any] = {"published_at": at} if at else {}
        connection.execute(
            insert(t.editions).values(
                district_id=district_id,
                number=now - back,
                grid_version=version,
                valid_from=rows["on"].iloc[0].date(),
                author=author,
                counts=count_changes(rows),
                **values,
            )
        )


def current_number(connection: Connection, district_id: int) -> int:
    """Read the number of the grid in force."""
    d = t.districts.c
    return int(connection.scalar(select(d.grid_edition).where(d.id == district_id)) or 0)


def raise_number(connection: Connection, district_id: int) -> None:
    """Count the grid in force up: whoever edits an older one will be refused."""
    d = t.districts.c
    connection.execute(
        update(t.districts).where(d.id == district_id).values(grid_edition=d.grid_edition + 1)
    )


def count_changes(lineage: pd.DataFrame) -> dict[str, int]:
    """Old cells by what became of them.

    Examples
    --------
    >>> kinds = ["merge", "merge", "split", "split"]
    >>> rows = pd.DataFrame({"old_cell_id": ["a", "b", "c", "c"], "kind": kinds})
    >>> count_changes(rows)
    {'merged': 2, 'split': 1, 'adjusted': 0, 'recoded': 0, 'same': 0}
    """
    counted = lineage.drop_duplicates(["old_cell_id", "kind"])["kind"].value_counts()
    return {name: int(counted.get(kind, 0)) for kind, name in CHANGES.items()}


def find_district(connection: Connection, key: str) -> int:
    """Find the number of a district by its code, else its name.

    Raises
    ------
    InputError
        If the database does not hold it.
    """
    number = connection.scalar(select(t.districts.c.id).where(t.districts.c.key == key))
    if number is None:
        raise InputError(f"The database holds no district '{key}'. See gridmap db list.")
    return int(number)
