"""My cells, for grid workers: a list first, a map when asked for."""

from typing import Any

from flask import Blueprint, render_template

from gridmap.studies import pages
from web.database import reading
from web.mapping import draw_map
from web.shell import open_district
from web.views.parsing import today_in
from web.words import measure_name

views = Blueprint("my_cells", __name__)
_MEASURE = "patrol.met_share"
"""What colours the worker's map: where the day's rounds are met."""


@views.get("/d/<int:district>/my-cells")
def show(district: int) -> str:
    """List the worker's cells, worst first."""
    return render_template("my_cells.html", page=_ask(open_district(district)))


@views.get("/d/<int:district>/my-cells/map")
def draw(district: int) -> str:
    """Draw the worker's cells and nothing else."""
    facts = open_district(district)
    page = _ask(facts)
    drawn = draw_map(
        facts,
        title=measure_name(_MEASURE),
        measure=_MEASURE,
        layers=("base", "cells"),
        hidden=("gaps", "sites"),
        bounds=page["bounds"],
    )
    return render_template("my_cells.html", page=page, drawn=drawn)


def _ask(facts: dict[str, Any]) -> dict[str, Any]:
    with reading(facts["id"]) as connection:
        return pages.my_cells_page(connection, facts["id"], today_in(facts))
