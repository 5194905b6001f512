"""Patrol at a glance: rates with their bounds for liaisons, classes for planners."""

from flask import Blueprint, render_template, request

from gridmap.store.audit import record
from gridmap.studies import pages
from web import patrol_words
from web.auth import current_role
from web.database import own_scope, reader, reading
from web.mapping import draw_map
from web.permissions import LIAISON
from web.shell import open_district
from web.views.parsing import order, told
from web.words import measure_name

views = Blueprint("patrol", __name__)


@views.get("/d/<int:district>/patrol")
def show(district: int) -> str:
    """Which due windows were met, and what is unknown."""
    if current_role() == LIAISON:
        return _overview(district)
    facts = open_district(district)
    with reading(district) as connection:
        page = pages.patrol_page(connection, district, order())
    drawn = draw_map(
        facts,
        title=measure_name(page["measure"]),
        measure=page["measure"],
        hidden=("gaps",),
        selected=told("cell") or None,
    )
    return render_template("patrol.html", page=page, drawn=drawn)


def _overview(district: int) -> str:
    open_district(district)
    record(reader(), own_scope(district), "read", district_id=district, layer="presence")
    with reading(district) as connection:
        page = pages.patrol_overview(connection, district, told("by"))
    return render_template(
        "patrol_overview.html",
        page=page,
        words=patrol_words,
        chart=patrol_words.trend_chart(page["days"]),
        tabs=patrol_words.tabs(district, current_role(), request.endpoint),
    )
