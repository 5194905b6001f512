"""Take fixes in: batches of the worker's page, of devices, and of trackers that speak OsmAnd's way.

Nothing here is logged, and nothing is stored that does not lie in an open shift of the sender.
"""

import datetime as dt
import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine

from gridmap.errors import InputError
from gridmap.patrol.intake import sort_out
from gridmap.store.ingest import as_device, read_duty, take_fixes
from gridmap.store.shifts import hash_token

MOST_FIXES = 1_000
"""Fixes of one batch; a phone that has more sends several."""
LONGEST_NAME = 64
_FIRST_MS = 1e11
_SHOWN_ROWS = 5


@dataclass
class Batch:
    """Fixes as they were sent, readable ones apart from those that are not.

    Attributes
    ----------
    number, phone : str
        What the sender calls the batch, and itself.
    rows : list of int
        Which row of the batch each readable fix was, from 0.
    fixes : list of tuples
        Time [s], longitude, latitude [°], accuracy [m] (NaN: not said).
    refused : dict of str to list of int
        Rows that cannot be read: ``no_zone`` (a time without a zone) or ``unreadable``.
    """

    number: str
    phone: str
    rows: list[int] = field(default_factory=list)
    fixes: list[tuple[float, float, float, float]] = field(default_factory=list)
    refused: dict[str, list[int]] = field(default_factory=dict)


def read_batch(body: Any) -> Batch:
    """Read a batch as the worker's page and devices send it.

    Parameters
    ----------
    body : dict
        ``batch`` (a number the sender makes once), ``phone`` (optional), and ``fixes``: a list of
        ``{"time", "lat", "lon", "accuracy"}``; times as ISO 8601 with zone, or as seconds or
        milliseconds since 1970.

    Raises
    ------
    InputError
        If the batch itself cannot be read; a fix that cannot is counted instead.

    Examples
    --------
    >>> read_batch({"batch": "1", "fixes": [{"time": "2026-03-02T08:00:00", "lat": 1, "lon": 2}]}
    ...     ).refused
    {'no_zone': [0]}
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("fixes"), list):
        raise InputError(
            'Expected JSON such as {"batch": "…", "fixes": […]}; found something else.'
        )
    number, phone = body.get("batch"), body.get("phone") or ""
    if not isinstance(number, str) or not 0 < len(number) <= LONGEST_NAME:
        raise InputError(f"Expected 'batch' as a text of 1 to {LONGEST_NAME} letters, made once.")
    if not isinstance(phone, str) or len(phone) > LONGEST_NAME:
        raise InputError(f"Expected 'phone' as a text of at most {LONGEST_NAME} letters.")
    if len(body["fixes"]) > MOST_FIXES:
        raise InputError(
            f"Expected at most {MOST_FIXES} fixes in a batch, found {len(body['fixes'])}. Send "
            "several batches."
        )
    batch = Batch(_without_nul(number), _without_nul(phone))
    for row, one in enumerate(body["fixes"]):
        _add_fix(batch, row, one if isinstance(one, Mapping) else {})
    return batch


def read_osmand(told: Mapping[str, Any]) -> Batch:
    """Read one fix as OsmAnd and Traccar's clients send it in an address or a form.

    Parameters
    ----------
    told : mapping
        ``lat``, ``lon``, ``timestamp``, ``accuracy`` or ``hdop``; what else comes is not looked
        at. A client that sends JSON (``location.coords``) is understood as well.

    Examples
    --------
    >>> read_osmand({"lat": "60.1", "lon": "24.9", "timestamp": "1772420400"}).fixes[0][:3]
    (1772420400.0, 24.9, 60.1)
    """
    location = told.get("location")
    if isinstance(location, Mapping) and isinstance(location.get("coords"), Mapping):
        coords = location["coords"]
        told = {
            "timestamp": location.get("timestamp"), "lat": coords.get("latitude"),
            "lon": coords.get("longitude"), "accuracy": coords.get("accuracy"),
        }  # fmt: skip
    one = {
        "time": told.get("timestamp"), "lat": told.get("lat"), "lon": told.get("lon"),
        "accuracy": told.get("accuracy"),
    }  # fmt: skip
    # The protocol has no number of its own: one device reports one fix for one moment.
    batch = Batch(f"osmand {str(one['time'])[:40]}", "")
    _add_fix(batch, 0, one)
    return batch


def take_from_device(engine: Engine, token: str, batch: Batch) -> dict[str, Any]:
    """Take a batch of a device; the answer comes after the commit.

    Raises
    ------
    ScopeError
        If the token is not known or was taken back.
    """
    with as_device(engine, hash_token(token)) as connection:
        return take_batch(connection, batch)


def take_batch(
    connection: Connection, batch: Batch, district_id: int | None = None
) -> dict[str, Any]:
    """Take a batch in the scope of its sender; to be answered once the transaction has committed.

    Returns
    -------
    dict
        ``taken``, ``duplicate``, ``refused`` (counts by reason), ``again``, and ``rows``: the
        first rows of each reason, from 1.
    """
    duty = read_duty(connection, district_id)
    given = np.array(batch.fixes, dtype=np.float64).reshape(-1, 4)
    seconds, lon, lat, accuracy = given.T
    told = sort_out(seconds, lon, lat, accuracy, duty.spans, duty.bounds, time.time())
    refused = {name: list(rows) for name, rows in batch.refused.items()}
    refused |= {name: [batch.rows[row] for row in rows] for name, rows in told.refused.items()}
    twice = refused.pop("duplicate", [])
    kept = [_plain(batch.fixes[row]) for row in told.kept]
    counts = {name: len(rows) for name, rows in refused.items()}
    answer = take_fixes(connection, batch.number, batch.phone, kept, counts)
    rows = {name: [row + 1 for row in found[:_SHOWN_ROWS]] for name, found in refused.items()}
    more = 0 if answer["again"] else len(twice)
    return answer | {"duplicate": answer["duplicate"] + more, "rows": rows}


def read_time(told: Any) -> float | None:
    """Seconds since 1970 of a time; None of one without a zone.

    Raises
    ------
    ValueError
        If it is no time.

    Examples
    --------
    >>> read_time("2026-03-02T08:00:00+08:00"), read_time(1772409600000), read_time("1772409600")
    (1772409600.0, 1772409600.0, 1772409600.0)
    >>> read_time("2026-03-02 08:00:00") is None
    True
    """
    if isinstance(told, str):
        try:
            told = float(told)
        except ValueError:
            moment = dt.datetime.fromisoformat(told.strip())
            return moment.timestamp() if moment.tzinfo else None
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told):
        raise ValueError
    seconds = told / 1000.0 if abs(told) >= _FIRST_MS else float(told)
    if abs(seconds) >= _FIRST_MS:
        raise ValueError
    return seconds


def _add_fix(batch: Batch, row: int, one: Mapping[str, Any]) -> None:
    try:
        seconds = read_time(one.get("time"))
        place = (float(one["lon"]), float(one["lat"]))
        said = one.get("accuracy")
        accuracy = math.nan if said in (None, "") else float(said)
    except (KeyError, TypeError, ValueError, OverflowError):
        batch.refused.setdefault("unreadable", []).append(row)
        return
    if seconds is None:
        batch.refused.setdefault("no_zone", []).append(row)
        return
    batch.rows.append(row)
    batch.fixes.append((seconds, *place, accuracy))


def _plain(fix: Iterable[float]) -> tuple[float, float, float, float | None]:
    seconds, lon, lat, accuracy = fix
    return seconds, lon, lat, None if math.isnan(accuracy) else accuracy


def _without_nul(text: str) -> str:
    return text.replace("\0", "")
