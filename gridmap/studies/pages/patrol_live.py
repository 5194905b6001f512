"""Units on duty now, for liaisons: where the last fix was made, never who made it."""

import datetime as dt
from typing import Any

from sqlalchemy import Connection

from gridmap.store import reads
from gridmap.store.live import live_units

STALE_S = 300.0
"""Seconds [s] without a fix after which nobody knows where a unit is."""
_DIGITS = 6


def live_page(connection: Connection, district_id: int) -> dict[str, Any]:
    """Units on duty in scope, the one seen last first.

    Returns
    -------
    dict
        ``at`` (when it was asked), ``units`` (lon, lat, mode, seen_s, accuracy_m, cell_id,
        cell_name, stale), and how many are ``stale``.
    """
    now = dt.datetime.now(dt.UTC)
    names = reads.read_cells(connection, district_id).set_index("cell_id")["name"].to_dict()
    units: list[dict[str, Any]] = [
        {
            "lon": round(one.lon_deg, _DIGITS),
            "lat": round(one.lat_deg, _DIGITS),
            "mode": one.mode,
            "seen_s": max(0.0, (now - one.time).total_seconds()),
            "accuracy_m": one.accuracy_m,
            "cell_id": one.cell_id or "",
            "cell_name": names.get(one.cell_id) or one.cell_id or "",
        }
        for one in live_units(connection, district_id)
    ]
    for one in units:
        one["stale"] = one["seen_s"] > STALE_S
    units.sort(key=lambda one: one["seen_s"])
    return {"at": now, "units": units, "stale": sum(one["stale"] for one in units)}
