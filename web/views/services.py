"""Services, for planners: every facility type in one table, and one of them on the map."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template

from gridmap.maps.colours import LegendClass
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
_ROWS = 25
"""Rows of the table of cells: with its charts the page stays light."""
_GROUND = ("service_areas", "catchments")


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
            connection,
            district,
            replace(order(), size=_ROWS),
            site_type=told("type"),
            measure=told("measure"),
        )
    return render_template(
        "service_type.html",
        page=page,
        drawn=_draw(facts, page),
        charts=service_words.charts_of(page),
        states=service_words.STATE,
        catchment_words=service_words.CATCHMENTS,
    )


def _draw(facts: dict[str, Any], page: dict[str, Any]) -> Drawn | None:
    kind, shown = page["type"], page["measure"]
    ground = _ground(page)
    measure = "" if ground else f"{kind}.{shown}"
    drawn = draw_map(
        facts,
        title=service_words.ground_title(shown, kind) if ground else measure_name(measure),
        measure=measure,
        classes=_classes(page),
        unit=page["unit"],
        layers=("base", *filter(None, [ground]), "cells", "communities", "sites"),
        hidden=("unserved", *(name for name in _GROUND if name != ground), "gaps"),
        picks={
            "service_areas": {"measure": kind, "status": "" if shown == _REACHED else "norm"},
            "catchments": {"measure": kind, "status": page["catchments"] or "nearest"},
            "sites": kind,
            "unserved": kind,
            "gaps": f"{kind}.walk_share",
        },
        selected=told("cell") or None,
    )
    return drawn and with_files(drawn, _SHEETS, ("js/chart.js",))


def _ground(page: dict[str, Any]) -> str:
    """Layer that is coloured in place of the cells; empty for none."""
    if page["measure"] == _REACHED:
        return "service_areas"
    return "catchments" if page["catchments"] else ""


def _classes(page: dict[str, Any]) -> tuple[LegendClass, ...]:
    if page["measure"] == _REACHED:
        return service_words.reached_classes((page["summary"] or {}).get("norm_m"))
    if page["catchments"]:
        # Legends count cells; here each figure is a catchment.
        return tuple(
            replace(one, cells=None) for one in legend_of(page["people_of_sites"], "people")
        )
    return legend_of(page["shown"], page["unit"])
