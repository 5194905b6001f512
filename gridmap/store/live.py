"""Where units on duty are now, for liaisons: an index in memory, fed from the database.

Each process keeps an R-tree for each scope that asks, and brings it up to date from the table
``last_positions`` before each answer: several processes therefore agree. Row-level security
decides what a scope gets; nothing of one scope is ever answered to another.
"""

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rtree import index
from sqlalchemy import Connection, text

_MOST_INDEXES = 64
_OVERLAP = dt.timedelta(seconds=30)
"""Transactions commit in another order than their clocks tell: changes are read again this long."""
_LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_KEY = text("SELECT md5(current_setting('app.scope', true)), current_database()")
_CHANGES = text("""
    SELECT shift_id, unit_id, mode, time, entered_at, lon_deg, lat_deg, accuracy_m, cell_id
    FROM last_positions WHERE district_id = :district AND entered_at >= :since""")
_PRESENT = text("SELECT shift_id FROM last_positions WHERE district_id = :district")


@dataclass(frozen=True)
class LiveUnit:
    """A unit on duty: its last fix.

    Attributes
    ----------
    unit_id, mode : str
        The unit, and how it moves.
    time : datetime
        When the fix was made.
    lon_deg, lat_deg : float
        Place in WGS 84 [°].
    accuracy_m : float, optional
        How certain it is [m].
    cell_id : str, optional
        The cell it lies in; None outside the grid.
    """

    unit_id: str
    mode: str
    time: dt.datetime
    lon_deg: float
    lat_deg: float
    accuracy_m: float | None
    cell_id: str | None


class LiveIndex:
    """R-tree of the units that one scope may see."""

    def __init__(self) -> None:
        self.tree = index.Index()
        self.units: dict[str, tuple[int, LiveUnit]] = {}
        self.since = _LONG_AGO
        self.lock = threading.Lock()
        self._names: dict[int, str] = {}
        self._next = 0

    def put(self, shift_id: str, unit: LiveUnit) -> None:
        """Place a unit, or move it."""
        self.drop(shift_id)
        self._next += 1
        self.tree.insert(self._next, _point(unit))
        self.units[shift_id] = (self._next, unit)
        self._names[self._next] = shift_id

    def drop(self, shift_id: str) -> None:
        """Forget a unit."""
        if shift_id in self.units:
            number, unit = self.units.pop(shift_id)
            self.tree.delete(number, _point(unit))
            del self._names[number]

    def within(self, box: Sequence[float]) -> list[LiveUnit]:
        """Units in a box (west, south, east, north [°]), by name."""
        found = [self.units[self._names[one]][1] for one in self.tree.intersection(tuple(box))]
        return sorted(found, key=lambda one: (one.unit_id, one.time))


_INDEXES: OrderedDict[tuple[Any, ...], LiveIndex] = OrderedDict()
_LOCK = threading.Lock()


def live_units(
    connection: Connection, district_id: int, box: Sequence[float] | None = None
) -> list[LiveUnit]:
    """Find the units on duty in a box.

    Parameters
    ----------
    connection : Connection
        In the scope of a liaison; for every other role the answer is empty. The caller writes the
        audit entry (layer ``last_positions``) first.
    district_id : int
        The district.
    box : sequence of float, optional
        West, south, east, north [°]; default the whole scope.

    Returns
    -------
    list of LiveUnit
        By name; units whose shift ended, rests, or never sent a fix are not among them.
    """
    key = (*connection.execute(_KEY).one(), str(connection.engine.url), district_id)
    with _LOCK:
        live = _INDEXES.setdefault(key, LiveIndex())
        _INDEXES.move_to_end(key)
        while len(_INDEXES) > _MOST_INDEXES:
            _INDEXES.popitem(last=False)
    with live.lock:
        _bring_up_to_date(connection, district_id, live)
        return live.within(box if box is not None else (-180, -90, 180, 90))


def _bring_up_to_date(connection: Connection, district_id: int, live: LiveIndex) -> None:
    told = {"district": district_id, "since": live.since}
    present = set(connection.scalars(_PRESENT, told))
    for gone in live.units.keys() - present:
        live.drop(gone)
    for row in connection.execute(_CHANGES, told):
        unit = LiveUnit(
            row.unit_id, row.mode or "foot", row.time, row.lon_deg, row.lat_deg, row.accuracy_m,
            row.cell_id,
        )  # fmt: skip
        known = live.units.get(row.shift_id)
        if row.shift_id in present and (known is None or known[1] != unit):
            live.put(row.shift_id, unit)
        live.since = max(live.since, row.entered_at - _OVERLAP)


def _point(unit: LiveUnit) -> tuple[float, float, float, float]:
    return unit.lon_deg, unit.lat_deg, unit.lon_deg, unit.lat_deg
