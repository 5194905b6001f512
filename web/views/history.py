"""The history of the grid: editions, cells of any day, the family of a cell."""

from flask import Blueprint, render_template
from flask_babel import gettext

from gridmap.maps.colours import LegendClass
from gridmap.studies import pages
from web.database import reading
from web.mapping import draw_map
from web.shell import open_district
from web.views.parsing import day_or_today, order, told

views = Blueprint("history", __name__)
_STAYED, _BEGAN = "#b9c2c9", "#2b6cb0"


@views.get("/d/<int:district>/history")
def show(district: int) -> str:
    """Show the grid as of a day, and how it came to be so."""
    facts = open_district(district)
    day = day_or_today(told("on"), facts)
    with reading(district) as connection:
        page = pages.history_page(connection, district, order(), day, cell_id=told("cell"))
    drawn = draw_map(
        facts,
        title=gettext("Cells of that day"),
        measure=page["began"],
        window=page["day"].isoformat(),
        classes=(
            LegendClass("c0", gettext("as before"), _STAYED, low=0.0, high=0.5),
            LegendClass("c1", gettext("new with this edition"), _BEGAN, low=0.5, high=1.5),
        ),
        cells_from="history",
        selected=told("cell") or None,
    )
    return render_template("history.html", page=page, drawn=drawn)
