"""Who answers for this place on that date: a page, and an answer to programs."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, render_template, request

from gridmap.errors import InputError
from gridmap.studies import pages
from web.database import reading
from web.mapping import draw_map
from web.shell import open_district
from web.views.parsing import told
from web.words import measure_name

views = Blueprint("answers", __name__)
_MEASURE = "staffing.accountable"


@views.get("/d/<int:district>/answers")
def show(district: int) -> str:
    """Say who answers for the place that was typed, chosen or clicked."""
    facts = open_district(district)
    on = read_day(told("on"), facts)
    with reading(district) as connection:
        page = pages.answers_page(
            connection,
            facts,
            on,
            cell=told("cell"),
            lonlat=_position(),
            text=told("q").strip(),
        )
    drawn = draw_map(
        facts,
        title=measure_name(_MEASURE),
        measure=_MEASURE,
        selected=page["cell"]["cell_id"] if page["cell"] else None,
    )
    return render_template("answers.html", page=page, drawn=drawn)


@views.get("/api/d/<int:district>/answers")
def tell(district: int) -> Response:
    """Answer ``?cell=`` or ``?lon=&lat=``, and ``&on=``, as JSON in the scope of the reader."""
    facts = open_district(district)
    with reading(district) as connection:
        found = pages.answer_place(
            connection,
            facts,
            read_day(told("on"), facts),
            cell=told("cell"),
            lonlat=_position(strict=True),
        )
    return jsonify(found)


def read_day(text: str, facts: dict[str, Any]) -> dt.date:
    """Day that an address names; default today in the district.

    Raises
    ------
    InputError
        If it is no day.
    """
    if not text:
        return dt.datetime.now(ZoneInfo(facts["timezone"])).date()
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"Expected a day such as 2026-03-02, found '{text}'.") from error


def _position(*, strict: bool = False) -> tuple[float, float] | None:
    """Longitude and latitude of the address; what was sent is told to nobody."""
    if "lon" not in request.args and "lat" not in request.args:
        return None
    found = pages.read_position(f"{told('lon')} {told('lat')}")
    if found is None and strict:
        raise InputError("Expected lon and lat in degrees (WGS 84), such as lon=24.94&lat=60.17.")
    return found
