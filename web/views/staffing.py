"""Staffing, for planners."""

from flask import Blueprint, render_template

from gridmap.studies import pages
from web.database import reading
from web.mapping import draw_map
from web.shell import open_district
from web.views.parsing import order, told
from web.words import measure_name

views = Blueprint("staffing", __name__)
_MEASURE = "staffing.accountable"


@views.get("/d/<int:district>/staffing")
def show(district: int) -> str:
    """Which cells have an accountable post of their own."""
    facts = open_district(district)
    with reading(district) as connection:
        page = pages.staffing_page(connection, district, order())
    drawn = draw_map(
        facts, title=measure_name(_MEASURE), measure=_MEASURE, selected=told("cell") or None
    )
    return render_template("staffing.html", page=page, drawn=drawn)
