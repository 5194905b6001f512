"""Presence kept up to date: fixes that came, late ones too, change their own unit-day alone."""

import datetime as dt
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import pandas as pd
from pyproj import CRS
from sqlalchemy import Connection, Engine

from gridmap.crs import project
from gridmap.patrol.dwell import CellGrid, Dwell, cell_grid
from gridmap.patrol.late import UnitDay, put_together, work_out_unit_day
from gridmap.store import unit_days as store
from gridmap.studies.database import owning

_PARTS = ("runs", "stays", "unknown")
_MOVED = ("start_s", "end_s")


@dataclass(frozen=True)
class Refreshed:
    """What one pass did: unit-days worked out, and local days whose presence was written anew."""

    unit_days: int
    days: int


@dataclass(frozen=True, eq=False)
class _Ground:
    """Cells of a district as the engine needs them."""

    grid: CellGrid
    cells: pd.DataFrame


def refresh_presence(database: str | None = None, most: int = 10_000) -> Refreshed:
    """Work out the unit-days that fixes came for, and write the presence of their days.

    Parameters
    ----------
    database : str, optional
        Address; default ``GRIDMAP_DATABASE``, else the private database.
    most : int
        Unit-days of one pass; what is left waits for the next.

    Notes
    -----
    A unit-day is worked out from its own fixes alone; those of other units are only put together
    with it. The list of what is due is shortened in the transaction that writes the presence.
    """
    with owning(database) as engine:
        return refresh(engine, most)


def refresh(engine: Engine, most: int = 10_000) -> Refreshed:
    """Do one pass on an engine of the owner; see :func:`refresh_presence`."""
    with engine.connect() as connection:
        due = store.list_due(connection)[:most]
    by_day: dict[tuple[int, dt.date], list[store.DueDay]] = {}
    for one in due:
        by_day.setdefault((one.district_id, one.day), []).append(one)
    done = 0
    for group in by_day.values():
        with engine.begin() as connection:
            if not store.take_turn(connection):
                return Refreshed(done, 0)
            done += _refresh_day(connection, group)
    return Refreshed(done, len(by_day))


def _refresh_day(connection: Connection, group: list[store.DueDay]) -> int:
    mark = store.mark_of_cells(connection, group[0].district_id)
    first = replace(group[0], version=mark)
    ground = _ground(connection, first)
    asked = {one.unit_id for one in group}
    done = 0
    # A shift of the evening before reaches into the day, and one of the day into the next.
    for day in (first.day - _ONE, first.day, first.day + _ONE):
        known = store.known_units(connection, first, day)
        for unit in store.units_of_day(connection, first.district_id, day):
            if unit not in known or (day == first.day and unit in asked):
                _work_out(connection, first, unit, day, ground)
                done += 1
    for day in (first.day, first.day + _ONE):
        _write_day(connection, first, day, ground)
    for one in group:
        store.clear_due(connection, one)
    return done


_ONE = dt.timedelta(days=1)


def _work_out(
    connection: Connection, due: store.DueDay, unit: str, day: dt.date, ground: _Ground
) -> None:
    shifts, fixes = store.read_unit_day(connection, due.district_id, unit, day)
    metric = project(fixes, CRS(due.crs), "fixes")
    found = work_out_unit_day(shifts, metric, ground.grid, _midnight(day, due.timezone))
    parts = {name: getattr(found.dwell, name) for name in _PARTS}
    store.write_unit_day(connection, due, unit, day, found.on_duty_s, dict(found.account), parts)


def _write_day(connection: Connection, due: store.DueDay, day: dt.date, ground: _Ground) -> None:
    # Told from the midnight before: slots are counted from the origin on.
    origin, begin, end = (_midnight(one, due.timezone) for one in (day - _ONE, day, day + _ONE))
    days = [
        UnitDay(f"{unit} {began}", origin, on_duty_s, _moved(parts, began, origin, due), account)
        for began in (day - _ONE, day)
        for unit, on_duty_s, account, parts in store.read_unit_days(
            connection, due.district_id, began
        )
    ]
    slots = put_together(days, ground.cells["cell_id"]).slots
    if len(slots):
        slots = slots[(slots["slot_start"] >= begin) & (slots["slot_start"] < end)]
        community = ground.cells.set_index("cell_id")["community_code"]
        slots = slots.assign(community_code=slots["cell_id"].map(community))
    store.replace_presence(connection, due.district_id, begin, end, slots)


def _moved(
    parts: dict[str, pd.DataFrame], began: dt.date, origin: pd.Timestamp, due: store.DueDay
) -> Dwell:
    """Tell runs, stays and unknown times from another midnight."""
    by_s = (_midnight(began, due.timezone) - origin).total_seconds()
    moved = {}
    for name, one in parts.items():
        changed = {column: one[column] + by_s for column in _MOVED if column in one}
        moved[name] = one.assign(**changed)
    return Dwell(**moved)


def _midnight(day: dt.date, timezone: str) -> pd.Timestamp:
    local = dt.datetime.combine(day, dt.time(), ZoneInfo(timezone))
    return pd.Timestamp(local).tz_convert("UTC")


_KEPT: dict[tuple[str, int, int], _Ground] = {}
_MOST_GROUNDS = 8


def _ground(connection: Connection, due: store.DueDay) -> _Ground:
    """Cells of the district, kept while its version stays: laying them out costs most."""
    key = (str(connection.engine.url), due.district_id, due.version)
    if key not in _KEPT:
        while len(_KEPT) >= _MOST_GROUNDS:
            del _KEPT[next(iter(_KEPT))]
        shapes = project(store.read_cell_shapes(connection, due.district_id), CRS(due.crs), "cells")
        cells = pd.DataFrame(shapes.drop(columns="geometry"))
        _KEPT[key] = _Ground(cell_grid(shapes.geometry.to_numpy()), cells)
    return _KEPT[key]
