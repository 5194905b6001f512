"""The worker's own shift: open, rest, close; the own track; what is due next; a word against it."""

import datetime as dt
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Connection

from gridmap.errors import InputError
from gridmap.io.tracks import track_gpx
from gridmap.store import shifts
from gridmap.store.scope import Scope
from gridmap.studies.ingest import read_batch, take_batch
from gridmap.studies.pages.cells import my_cells_page

_SHOWN_DUE = 5


def shift_page(
    connection: Connection, district_id: int, timezone: str, shift_id: str = ""
) -> dict[str, Any]:
    """Gather what a worker sees of own shifts.

    Parameters
    ----------
    connection : Connection
        In the scope of the worker.
    district_id : int
        The district.
    timezone : str
        IANA zone of the district, in which times are told.
    shift_id : str, optional
        The shift whose track is shown; default the open one, else the latest.

    Returns
    -------
    dict
        ``open`` (an OwnShift or None), ``shifts``, ``shown`` (the shift of the track), ``due``
        (what is due next in own cells), ``disputes`` by shift.
    """
    zone = ZoneInfo(timezone)
    own = [_in_zone(one, zone) for one in shifts.list_shifts(connection, district_id)]
    going = [one for one in own if one.state in shifts.GOING]
    chosen = [one for one in own if one.shift_id == shift_id]
    disputes = shifts.list_disputes(connection, district_id)
    return {
        "open": going[0] if going else None,
        "shifts": own,
        "shown": next(iter(chosen or own), None),
        "due": _due_next(connection, district_id, dt.datetime.now(zone).date()),
        "disputes": disputes.groupby("shift_id")["text"].agg(list).to_dict(),
        "longest_h": shifts.LONGEST_SHIFT_H,
        "modes": shifts.MODES,
    }


def change_shift(
    connection: Connection, scope: Scope, district_id: int, verb: str, mode: str = "foot"
) -> None:
    """Open, pause, resume or close the own shift, or let another phone report for it.

    Raises
    ------
    InputError
        If there is no such thing to do, or the shift is not in the state for it.
    """
    if verb == "open" and scope.user_id is not None:
        shifts.open_shift(connection, district_id, scope.user_id, mode)
        return
    change = _VERBS.get(verb)
    if change is None:
        raise InputError(f"Expected one of open, {', '.join(_VERBS)}; found '{verb[:20]}'.")
    change(connection, district_id)


_VERBS = {
    "pause": shifts.pause_shift,
    "resume": shifts.resume_shift,
    "close": shifts.close_shift,
    "take_over": shifts.take_over,
}


def send_fixes(connection: Connection, district_id: int, body: Any) -> dict[str, Any]:
    """Take a batch of the worker's page; to be answered once the transaction has committed."""
    return take_batch(connection, read_batch(body), district_id)


def own_track(connection: Connection, district_id: int, shift_id: str) -> list[list[Any]]:
    """Own track as rows of seconds since 1970, longitude, latitude [°] and accuracy [m]."""
    track = shifts.read_track(connection, district_id, shift_id)
    seconds = [one.timestamp() for one in track["time"]]
    accuracy = track["accuracy_m"].astype(object).where(track["accuracy_m"].notna(), None)
    rows = zip(seconds, track["lon_deg"], track["lat_deg"], accuracy, strict=True)
    return [list(row) for row in rows]


def export_track(connection: Connection, district_id: int, shift_id: str) -> str:
    """Own track of a shift as GPX.

    Raises
    ------
    InputError
        If nothing is kept of it.
    """
    track = shifts.read_track(connection, district_id, shift_id)
    if track.empty:
        raise InputError(
            "Nothing is kept of this shift: no fix came, or its time of two weeks is over."
        )
    return track_gpx(track, shift_id)


def dispute_shift(
    connection: Connection, scope: Scope, district_id: int, shift_id: str, words: str
) -> None:
    """Say something against what was recorded of an own shift."""
    if scope.user_id is not None:
        shifts.dispute(connection, district_id, scope.user_id, shift_id, words)


def devices_page(connection: Connection, district_id: int, timezone: str) -> dict[str, Any]:
    """Devices of a district and the units that may have one."""
    listed = shifts.list_devices(connection, district_id)
    for name in ("issued_at", "revoked_at"):
        listed[name] = pd.to_datetime(listed[name], utc=True).dt.tz_convert(timezone)
    rows = listed.astype(object).where(listed.notna(), None)
    return {"devices": rows.to_dict("records"), "units": shifts.list_units(connection, district_id)}


def issue_device(
    connection: Connection, scope: Scope, district_id: int, unit_id: str, label: str
) -> str:
    """Issue a token; it is shown once and kept as a hash."""
    if scope.user_id is None:
        raise InputError("Only an account issues tokens.")
    return shifts.issue_device(connection, district_id, scope.user_id, unit_id, label)


def revoke_device(connection: Connection, district_id: int, number: int) -> None:
    """Take a token back at once."""
    shifts.revoke_device(connection, district_id, number)


def _in_zone(shift: shifts.OwnShift, zone: ZoneInfo) -> shifts.OwnShift:
    return replace(shift, start=shift.start.astimezone(zone), end=shift.end.astimezone(zone))


def _due_next(connection: Connection, district_id: int, today: dt.date) -> list[dict[str, Any]]:
    cards = my_cells_page(connection, district_id, today)["cells"]
    due = [
        {**one, "cell_id": card["cell_id"], "name": card["name"] or card["cell_id"]}
        for card in cards
        for one in card["due"]
    ]
    return sorted(due, key=lambda one: (str(one["start"]), one["name"]))[:_SHOWN_DUE]


def list_disputes(connection: Connection, district_id: int) -> list[dict[str, Any]]:
    """Disputes of workers, for a liaison of the whole district, the latest first."""
    frame: pd.DataFrame = shifts.list_disputes(connection, district_id)
    return [{str(name): one for name, one in row.items()} for row in frame.to_dict("records")]
