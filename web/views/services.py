"""Services, for planners."""

from flask import Blueprint, render_template

from gridmap.studies import pages
from web.database import reading
from web.mapping import draw_map, legend_of
from web.shell import open_district
from web.views.parsing import order, told
from web.words import measure_name

views = Blueprint("services", __name__)


@views.get("/d/<int:district>/services")
def show(district: int) -> str:
    """Who lives within the norm of a facility type, and who does not."""
    facts = open_district(district)
    with reading(district) as connection:
        page = pages.services_page(
            connection, district, order(), site_type=told("type"), measure=told("measure")
        )
    measure = f"{page['type']}.{page['measure']}"
    drawn = draw_map(
        facts,
        title=measure_name(measure),
        measure=measure,
        classes=legend_of(page["shown"], page["unit"]),
        unit=page["unit"],
        layers=("base", "cells", "communities", "sites"),
        hidden=("service_areas", "gaps"),
        picks={
            "service_areas": page["type"],
            "sites": page["type"],
            "gaps": f"{page['type']}.walk_share",
        },
        selected=told("cell") or None,
    )
    return render_template("services.html", page=page, drawn=drawn)
