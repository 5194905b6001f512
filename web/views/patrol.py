"""Patrol: windows for liaisons, classes for planners."""

from flask import Blueprint, render_template

from gridmap.store.audit import record
from gridmap.studies import pages
from web.auth import current_role
from web.database import own_scope, reader, reading
from web.mapping import draw_map, legend_of
from web.permissions import LIAISON
from web.shell import open_district
from web.views.parsing import order, told
from web.words import measure_name

views = Blueprint("patrol", __name__)


@views.get("/d/<int:district>/patrol")
def show(district: int) -> str:
    """Which due windows were met, and what is unknown."""
    facts = open_district(district)
    liaison = current_role() == LIAISON
    if liaison:
        record(reader(), own_scope(district), "read", district_id=district, layer="presence")
    with reading(district) as connection:
        page = pages.patrol_page(
            connection, district, order(), window=told("window"), whole_days=not liaison
        )
    drawn = draw_map(
        facts,
        title=measure_name(page["measure"]),
        measure=page["measure"],
        window=page["window"],
        classes=legend_of(page["shown"], "share") if page["shown"] else None,
        hidden=("gaps",),
        selected=told("cell") or None,
    )
    return render_template("patrol.html", page=page, drawn=drawn)
