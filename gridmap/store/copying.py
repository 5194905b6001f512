"""Copying rows into the table of a layer, by way of a temporary one.

PostgreSQL copies into no table under row-level security: rows travel by COPY into a temporary
table and from there into place.
"""

import datetime as dt
import io
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import shapely
from psycopg import Cursor, sql
from psycopg import Error as DriverError
from pyproj import CRS
from sqlalchemy import Connection

from gridmap.errors import StoreError
from gridmap.store import tables as t

LONLAT = CRS.from_epsg(4326)
"""What geometry is kept in."""


def write_layer(connection: Connection, name: str, frame: pd.DataFrame) -> None:
    """Copy rows into the table of a layer, those columns that both have.

    Raises
    ------
    StoreError
        If the database refuses a row; the message names the layer.
    """
    table = t.LAYERS[name]
    written = [c.name for c in table.c if c.name in frame.columns and not c.computed]
    columns = sql.SQL(", ").join(map(sql.Identifier, written))
    into, staged = sql.Identifier(name), sql.Identifier(f"staged_{name}")
    cursor = open_cursor(connection)
    try:
        if name == "fixes":
            _make_partitions(cursor, frame["day"].unique())
        cursor.execute(
            sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
                staged, columns, into
            )
        )
        with cursor.copy(sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(staged)) as copy:
            copy.write(_as_csv(frame[written]))
        cursor.execute(
            sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(into, columns, columns, staged)
        )
        cursor.execute(sql.SQL("DROP TABLE {}").format(staged))
    except (DriverError, pa.ArrowException) as error:
        raise StoreError(tell_refusal(name, error)) from error


def _as_csv(frame: pd.DataFrame) -> bytes:
    """Rows as COPY reads them: text quoted, so that an empty text is not taken for no value."""
    flat = pd.DataFrame(frame).copy(deep=False)
    if "geometry" in flat:
        shapes = shapely.set_srid(frame["geometry"].to_numpy(), 4326)
        flat["geometry"] = shapely.to_wkb(shapes, hex=True, include_srid=True)
    target = io.BytesIO()
    # In one piece: of an empty piece before others the writer makes zero bytes.
    pa.csv.write_csv(
        pa.Table.from_pandas(flat, preserve_index=False).combine_chunks(),
        target,
        pa.csv.WriteOptions(include_header=False),
    )
    return target.getvalue()


def _make_partitions(cursor: Cursor[Any], days: Any) -> None:
    for day in sorted(dt.date.fromisoformat(one) for one in days):
        cursor.execute(
            sql.SQL(
                "CREATE TABLE IF NOT EXISTS {} PARTITION OF fixes FOR VALUES FROM ({}) TO ({})"
            ).format(
                sql.Identifier(partition_of(day)),
                sql.Literal(day.isoformat()),
                sql.Literal((day + dt.timedelta(days=1)).isoformat()),
            )
        )


def partition_of(day: dt.date) -> str:
    """Name the partition of raw fixes of a day."""
    return f"fixes_{day:%Y%m%d}"


def open_cursor(connection: Connection) -> Cursor[Any]:
    """Open a cursor of the driver within the transaction of a connection."""
    session: Any = connection.connection.driver_connection
    cursor: Cursor[Any] = session.cursor()
    return cursor


def tell_refusal(layer: str, error: BaseException) -> str:
    """Say in one sentence that the database refused a layer, and what to do."""
    return (
        f"Layer '{layer}' cannot be loaded, and the database stays as it was: "
        f"{str(error).strip().splitlines()[0]}. gridmap check DISTRICT names the rows to correct."
    )
