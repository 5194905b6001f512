"""Who answers for a place on a date, as a page and as an answer to programs."""

import datetime as dt
from typing import Any

from sqlalchemy import Connection

from gridmap.errors import InputError, MissingLayerError
from gridmap.staffing import Answer, who_answers
from gridmap.store import rosters
from gridmap.store.search import search
from gridmap.studies.pages.listing import plain, plain_rows

MOST_OFFERED = 12


def answers_page(
    connection: Connection,
    district: dict[str, Any],
    on: dt.date,
    *,
    cell: str = "",
    lonlat: tuple[float, float] | None = None,
    text: str = "",
) -> dict[str, Any]:
    """Who answers for a cell, a position or a place found by its name.

    Parameters
    ----------
    connection : Connection
        In the scope of the reader.
    district : dict
        Facts as :func:`gridmap.studies.pages.read_district` gives them.
    on : date
        Local day.
    cell : str, optional
        Cell by id, code or name.
    lonlat : tuple of float, optional
        Longitude and latitude [°] instead.
    text : str, optional
        What the reader typed instead: a cell, a place, or ``lon, lat``.

    Returns
    -------
    dict
        ``on``, ``text``, ``cell`` (or None), ``answer`` (:func:`tell_answer`, or None) and
        ``offered`` (places to choose from).
    """
    number = district["id"]
    lonlat = lonlat or read_position(text)
    found: dict[str, Any] | None = None
    if lonlat:
        cell = rosters.find_cell(connection, number, *lonlat) or ""
    if cell or text:
        found = rosters.name_cell(connection, number, cell or text)
    offered = []
    if found is None and text and not lonlat:
        offered = [
            _offer(row) for row in plain_rows(search(connection, number, text, MOST_OFFERED))
        ]
    answer = None if found is None else _ask(connection, district, found, on)
    return {
        "on": on,
        "text": text or (found or {}).get("name") or cell,
        "asked": bool(cell or text or lonlat),
        "cell": found,
        "answer": answer and tell_answer(answer),
        "offered": offered,
    }


def answer_place(
    connection: Connection,
    district: dict[str, Any],
    on: dt.date,
    *,
    cell: str = "",
    lonlat: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """Who answers for a cell or a position, as plain values.

    Raises
    ------
    InputError
        If neither or both are given.
    MissingLayerError
        If the reader sees no such cell.
    """
    if bool(cell) == (lonlat is not None):
        raise InputError("Name one place: cell=…, or lon=… and lat=… in degrees (WGS 84).")
    page = answers_page(connection, district, on, cell=cell, lonlat=lonlat)
    if page["cell"] is None:
        raise MissingLayerError("No cell that you may see lies there or is called so.")
    return {"on": on.isoformat(), "cell": page["cell"], **_dated(page["answer"])}


def tell_answer(answer: Answer) -> dict[str, Any]:
    """Answer as plain values: ``level``, ``post`` and all ``levels`` with their posts."""
    level = answer.answering_level
    return {
        "level": level.level if level else None,
        "post": dict(answer.post) if answer.post else None,
        "instead_of": level.accountable["post_id"]
        if level and level.accountable and level.accountable["away"]
        else None,
        "levels": [
            {
                "level": one.level,
                "place_id": one.place_id,
                "name": one.name,
                "answers": level is one,
                "posts": [dict(post) for post in one.posts],
            }
            for one in answer.levels
        ],
    }


def read_position(text: str) -> tuple[float, float] | None:
    """Longitude and latitude that a text holds, separated by a comma or a space.

    Examples
    --------
    >>> read_position("24.94, 60.17"), read_position("Cell 7"), read_position("200, 10")
    ((24.94, 60.17), None, None)
    """
    parts = text.replace(",", " ").replace("，", " ").split()
    try:
        lon, lat = (float(one) for one in parts)
    except ValueError:
        return None
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None


def _ask(
    connection: Connection, district: dict[str, Any], cell: dict[str, Any], on: dt.date
) -> Answer:
    number = district["id"]
    levels = [
        ("cell", cell["cell_id"], cell["name"] or cell["cell_id"]),
        ("community", cell["community_code"], cell["community"] or cell["community_code"]),
        ("street", cell["street_code"], cell["street_name"] or cell["street_code"]),
        ("district", district["code"] or district["name"], district["name"]),
    ]
    known = [level for level in levels if level[1]]
    duties = rosters.read_layer(
        connection, number, "duties", cell_id=[place for _, place, _ in known]
    )
    absences = rosters.read_layer(connection, number, "absences")
    asked = {*duties["post_id"], *absences["stand_in_post_id"].dropna()}
    posts = rosters.read_layer(connection, number, "posts", post_id=sorted(asked))
    return who_answers(known, duties, posts, absences, on)


def _offer(row: dict[str, Any]) -> dict[str, Any]:
    place = {"kind": row["kind"], "id": row["id"], "name": row["name"], "cell": "", "lonlat": None}
    if row["kind"] == "cell":
        return place | {"cell": row["id"]}
    middle = ((row["west"] + row["east"]) / 2, (row["south"] + row["north"]) / 2)
    return place | {"lonlat": tuple(round(plain(one), 6) for one in middle)}


def _dated(told: Any) -> Any:
    """Write every day as text."""
    if isinstance(told, dict):
        return {name: _dated(value) for name, value in told.items()}
    if isinstance(told, list):
        return [_dated(value) for value in told]
    return told.isoformat() if isinstance(told, dt.date) else told
