"""Unit-days in the database: which are due, what they are made of, and what came of them."""

import datetime as dt
import io
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import shapely
from sqlalchemy import Connection, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from gridmap.store import tables as t
from gridmap.store.copying import LONLAT, write_layer
from gridmap.store.ingest import cut_pauses

_LOCK = text("SELECT pg_try_advisory_xact_lock(7263, 22)")
_DUE = text("""
    SELECT p.district_id, p.unit_id, p.day, p.asked_at, 0, d.crs, d.timezone
    FROM presence_due p JOIN districts d ON d.id = p.district_id ORDER BY p.day, p.district_id""")
_MARK = text("""
    SELECT hashtextextended(string_agg(cell_id || md5(ST_AsBinary(geometry)), ',' ORDER BY cell_id),
      0) FROM cells WHERE district_id = :district""")
_SHIFTS = text("""
    SELECT s.shift_id, s.unit_id, coalesce(s.mode, 'foot') AS mode,
      extract(epoch FROM s.start)::float8 AS start,
      extract(epoch FROM least(s."end", now()))::float8 AS "end",
      ARRAY(SELECT ARRAY[extract(epoch FROM lower(p)), extract(epoch FROM upper(p))]
            FROM unnest(s.pauses) p)::float8[] AS pauses
    FROM shifts s JOIN districts d ON d.id = s.district_id
    WHERE s.district_id = :district AND (CAST(:unit AS text) IS NULL OR s.unit_id = :unit)
      AND (s.start AT TIME ZONE d.timezone)::date = :day ORDER BY s.unit_id, s.start""")
_FIXES = text("""
    SELECT f.shift_id, f.time, f.accuracy_m, ST_X(f.geometry) AS lon, ST_Y(f.geometry) AS lat,
      coalesce(f.entered_at, f.time) AS received
    FROM fixes f WHERE f.district_id = :district AND f.shift_id = ANY(:shifts)
      AND f.day BETWEEN CAST(:day AS date) - 1 AND CAST(:day AS date) + 2
    ORDER BY f.shift_id, f.time""")
TORN_SPIKES, TORN_SHARE = 5, 0.2
"""From so many spikes, and such a share of its fixes, a unit-day looks like two phones in one."""


@dataclass(frozen=True)
class DueDay:
    """A unit-day to be worked out anew, its district, and the mark of the district's cells."""

    district_id: int
    unit_id: str
    day: dt.date
    asked_at: dt.datetime
    version: int
    crs: str
    timezone: str


def take_turn(connection: Connection) -> bool:
    """Whether this transaction may work; another process may be at it."""
    return bool(connection.scalar(_LOCK))


def list_due(connection: Connection) -> list[DueDay]:
    """Unit-days that fixes came for, the oldest day first."""
    return [DueDay(*row) for row in connection.execute(_DUE)]


def mark_of_cells(connection: Connection, district_id: int) -> int:
    """Tell the number that changes with the cells in force, and with nothing else."""
    return connection.scalar(_MARK, {"district": district_id}) or 0


def clear_due(connection: Connection, due: DueDay) -> None:
    """Take a unit-day off the list, unless fixes came for it meanwhile."""
    p = t.presence_due.c
    key = (p.district_id, p.unit_id, p.day, p.asked_at)
    told = (due.district_id, due.unit_id, due.day, due.asked_at)
    same = [one == value for one, value in zip(key, told, strict=True)]
    connection.execute(delete(t.presence_due).where(*same))


def units_of_day(connection: Connection, district_id: int, day: dt.date) -> list[str]:
    """Units with a shift that began on a local day."""
    told = {"district": district_id, "unit": None, "day": day}
    return sorted({row.unit_id for row in connection.execute(_SHIFTS, told)})


def known_units(connection: Connection, due: DueDay, day: dt.date) -> set[str]:
    """Units whose day is worked out on the cells of now."""
    u = t.unit_days.c
    query = select(u.unit_id).where(
        u.district_id == due.district_id, u.day == day, u.version == due.version
    )
    return set(connection.scalars(query))


def read_unit_day(
    connection: Connection, district_id: int, unit_id: str, day: dt.date
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Shifts of a unit that began on a local day, cut at their pauses, and every fix of them.

    Returns
    -------
    shifts : DataFrame
        Layer ``shifts``; parts of a shift that rested have names of their own.
    fixes : GeoDataFrame
        Layer ``fixes`` in longitude and latitude, with ``received``.
    """
    told = {"district": district_id, "unit": unit_id, "day": day}
    rows = connection.execute(_SHIFTS, told).all()
    parts = [
        (f"{row.shift_id}~{n}", row.shift_id, unit_id, row.mode, *span)
        for row in rows
        for n, span in enumerate(cut_pauses(row.start, row.end, row.pauses))
    ]
    shifts = pd.DataFrame(parts, columns=["shift_id", "whole", "unit_id", "mode", "start", "end"])
    for name in ("start", "end"):
        shifts[name] = pd.to_datetime(shifts[name], unit="s", utc=True)
    asked = {"district": district_id, "shifts": [row.shift_id for row in rows], "day": day}
    found = connection.execute(_FIXES, asked).all()
    names = ["shift_id", "time", "accuracy_m", "lon", "lat", "received"]
    fixes = pd.DataFrame(list(map(tuple, found)), columns=names)
    fixes["shift_id"] = _part_of(fixes, shifts)
    for name in ("time", "received"):
        fixes[name] = pd.to_datetime(fixes[name], utc=True)
    fixes["accuracy_m"] = fixes["accuracy_m"].astype("float64")
    points = gpd.points_from_xy(fixes.pop("lon"), fixes.pop("lat"))
    return shifts.drop(columns="whole"), gpd.GeoDataFrame(fixes, geometry=points, crs=LONLAT)


def read_cell_shapes(connection: Connection, district_id: int) -> gpd.GeoDataFrame:
    """Cells in force: cell_id, community_code, geometry in longitude and latitude."""
    c = t.cells.c
    rows = connection.execute(
        select(c.cell_id, c.community_code, func.ST_AsBinary(c.geometry))
        .where(c.district_id == district_id)
        .order_by(c.cell_id)
    ).all()
    frame = pd.DataFrame([(row[0], row[1]) for row in rows], columns=["cell_id", "community_code"])
    shapes = shapely.from_wkb([bytes(row[2]) for row in rows])
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=LONLAT)


def write_unit_day(  # noqa: PLR0917  one row
    connection: Connection,
    due: DueDay,
    unit_id: str,
    day: dt.date,
    on_duty_s: float,
    account: dict[str, int],
    parts: dict[str, pd.DataFrame],
) -> None:
    """Keep a unit-day in place of the one before."""
    spikes, kept = account.get("spike", 0), account.get("kept", 0)
    values: dict[str, Any] = {
        "district_id": due.district_id,
        "unit_id": unit_id,
        "day": day,
        "version": due.version,
        "on_duty_s": on_duty_s,
        "torn": spikes >= TORN_SPIKES and spikes >= TORN_SHARE * (spikes + kept),
        "account": account,
        "body": _packed(parts),
        "computed_at": func.now(),
    }
    keys = ("district_id", "day", "unit_id")
    renewed = {name: value for name, value in values.items() if name not in keys}
    connection.execute(
        upsert(t.unit_days).values(values).on_conflict_do_update(index_elements=keys, set_=renewed)
    )


def read_unit_days(
    connection: Connection, district_id: int, day: dt.date
) -> list[tuple[str, float, dict[str, int], dict[str, pd.DataFrame]]]:
    """Unit-days of a local day: unit, time on duty [s], account, and the parts that were kept."""
    u = t.unit_days.c
    rows = connection.execute(
        select(u.unit_id, u.on_duty_s, u.account, u.body)
        .where(u.district_id == district_id, u.day == day)
        .order_by(u.unit_id)
    )
    return [(row.unit_id, row.on_duty_s, row.account, _unpacked(row.body)) for row in rows]


def replace_presence(
    connection: Connection,
    district_id: int,
    begin: dt.datetime,
    end: dt.datetime,
    slots: pd.DataFrame,
) -> None:
    """Put presence of a stretch of time in place of the one before."""
    p = t.presence.c
    connection.execute(
        delete(t.presence).where(
            p.district_id == district_id, p.slot_start >= begin, p.slot_start < end
        )
    )
    if len(slots):
        write_layer(connection, "presence", slots.assign(district_id=district_id))


def _part_of(fixes: pd.DataFrame, shifts: pd.DataFrame) -> pd.Series:
    """Name of the part of its shift that each fix lies in; of the whole where in none."""
    named = fixes["shift_id"].astype("object").copy()
    for part in shifts.itertuples():
        within = fixes["shift_id"] == part.whole
        within &= (fixes["time"] >= part.start) & (fixes["time"] <= part.end)
        named[within] = part.shift_id
    return named


def _packed(parts: dict[str, pd.DataFrame]) -> bytes:
    """Tables in one Arrow stream: each is one value of a row, so that none needs a name twice."""
    inner = {
        name: [_stream(pa.Table.from_pandas(one, preserve_index=False))]
        for name, one in parts.items()
    }
    return _stream(pa.table(inner))


def _unpacked(body: bytes) -> dict[str, pd.DataFrame]:
    outer = pa.ipc.open_stream(body).read_all()
    return {
        name: pa.ipc.open_stream(outer[name][0].as_py()).read_all().to_pandas()
        for name in outer.column_names
    }


def _stream(table: pa.Table) -> bytes:
    target = io.BytesIO()
    with pa.ipc.new_stream(
        target, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")
    ) as one:
        one.write_table(table)
    return target.getvalue()
