"""Who answers for this place on that date: a page, and an answer to programs."""

from flask import Blueprint, Response, jsonify, render_template, request

from gridmap.errors import InputError
from gridmap.studies import pages
from web.database import reading
from web.mapping import draw_map
from web.shell import open_district
from web.views.parsing import day_or_today, told
from web.words import measure_name

views = Blueprint("answers", __name__)
_MEASURE = "staffing.accountable"


@views.get("/d/<int:district>/answers")
def show(district: int) -> str:
    """Say who answers for the place that was typed, chosen or clicked."""
    facts = open_district(district)
    on = day_or_today(told("on"), facts)
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
            day_or_today(told("on"), facts),
            cell=told("cell"),
            lonlat=_position(strict=True),
        )
    return jsonify(found)


def _position(*, strict: bool = False) -> tuple[float, float] | None:
    """Longitude and latitude of the address; what was sent is told to nobody."""
    if "lon" not in request.args and "lat" not in request.args:
        return None
    found = pages.read_position(f"{told('lon')} {told('lat')}")
    if found is None and strict:
        raise InputError("Expected lon and lat in degrees (WGS 84), such as lon=24.94&lat=60.17.")
    return found
