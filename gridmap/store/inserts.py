"""Many rows in one statement: triggers and policies ask once, not once a row."""

from typing import Any

import pandas as pd
from sqlalchemy import Connection, Table, bindparam, column, func, insert, select
from sqlalchemy.dialects.postgresql import JSONB


def rows_of(table: Table, frame: pd.DataFrame) -> Any:
    """Rows of a frame as something to select from, in the types of a table's columns.

    Dates may be days of pandas; what is empty is null.
    """
    names = [str(name) for name in frame.columns]
    body = bindparam(None, _plain(frame), type_=JSONB)
    kinds = [column(name, table.c[name].type) for name in names]
    rows = func.jsonb_to_recordset(body).table_valued(*kinds, name="told")
    return rows.render_derived(with_types=True)


def insert_rows(connection: Connection, table: Table, frame: pd.DataFrame) -> None:
    """Insert the rows of a frame; its columns are columns of the table."""
    rows = rows_of(table, frame)
    names = [str(name) for name in frame.columns]
    chosen: list[Any] = [rows.c[name] for name in names]
    query = select(*chosen)
    connection.execute(insert(table).inline().from_select(names, query, include_defaults=False))


def _plain(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    ready = frame.copy(deep=False)
    for name in frame.columns:
        if pd.api.types.is_datetime64_any_dtype(frame[name]):
            ready[name] = frame[name].dt.strftime("%Y-%m-%d")
    return ready.astype("object").where(frame.notna(), None).to_dict("records")
