"""Services, for planners: every facility type in one table, and one of them on the map."""

from typing import Any

from flask import Blueprint, render_template

from gridmap.studies import pages
from web import service_words
from web.database import reading
from web.languages import current_language
from web.mapping import Drawn, draw_map, legend_of, with_files
from web.shell import open_district
from web.views.parsing import order, told
from web.words import measure_name

views = Blueprint("services", __name__)
_SHEETS = ("css/chart.css", "css/services.css")
_REACHED = "reached"


@views.get("/d/<int:district>/services")
def show(district: int) -> str:
    """All facility types; with ``type`` in the address who lives within the norm of that one."""
    facts = open_district(district)
    if not told("type"):
        with reading(district) as connection:
            page = pages.service_types_page(
                connection, district, order(), language=current_language()
            )
        return render_template("services.html", page=page)
    with reading(district) as connection:
        page = pages.services_page(
            connection, district, order(), site_type=told("type"), measure=told("measure")
        )
    return render_template(
        "service_type.html",
        page=page,
        drawn=_draw(facts, page),
        charts=service_words.charts_of(page),
        states=service_words.STATE,
    )


def _draw(facts: dict[str, Any], page: dict[str, Any]) -> Drawn | None:
    kind = page["type"]
    reached = page["measure"] == _REACHED
    summary = page["summary"] or {}
    measure = "" if reached else f"{kind}.{page['measure']}"
    classes = service_words.reached_classes(summary.get("norm_m"))
    drawn = draw_map(
        facts,
        title=service_words.reached_title(kind) if reached else measure_name(measure),
        measure=measure,
        classes=classes if reached else legend_of(page["shown"], page["unit"]),
        unit=page["unit"],
        layers=("base", *(["service_areas"] if reached else []), "cells", "communities", "sites"),
        hidden=("unserved", *([] if reached else ["service_areas"]), "gaps"),
        colour_by="value",
        picks={
            "service_areas": {"measure": kind, "status": "" if reached else "norm"},
            "sites": kind,
            "unserved": kind,
            "gaps": f"{kind}.walk_share",
        },
        selected=told("cell") or None,
    )
    return drawn and with_files(drawn, _SHEETS, ("js/chart.js",))
