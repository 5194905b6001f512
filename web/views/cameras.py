"""Cameras, for liaisons; what is seen of homes stands beside what is seen of public space."""

from flask import Blueprint, render_template
from flask_babel import gettext

from gridmap.store.audit import record
from gridmap.studies import pages
from web.database import own_scope, reader, reading
from web.mapping import draw_map, legend_of
from web.shell import open_district
from web.views.parsing import order, told
from web.words import measure_name

views = Blueprint("cameras", __name__)


@views.get("/d/<int:district>/cameras")
def show(district: int) -> str:
    """Public space seen at a level, with the privacy findings."""
    facts = open_district(district)
    record(reader(), own_scope(district), "read", district_id=district, layer="cameras")
    with reading(district) as connection:
        page = pages.cameras_page(connection, district, order(), level=told("level"))
    drawn = draw_map(
        facts,
        title=measure_name(page["measure"]),
        measure=page["measure"],
        classes=legend_of(page["shown"], "share"),
        unit="share",
        note=gettext("An upper bound: trees and walls are not in the data."),
        layers=("base", "cells", "views", "communities", "cameras"),
        hidden=("blind_spots",),
        picks={"views": page["drawn_level"]},
        selected=told("cell") or None,
    )
    return render_template("cameras.html", page=page, drawn=drawn)
