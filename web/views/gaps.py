"""Gaps, for every role within its scope."""

from flask import Blueprint, Response, render_template
from flask_babel import gettext

from gridmap.maps.colours import rank_classes
from gridmap.store.audit import record
from gridmap.studies import pages
from web.database import own_scope, reader, reading
from web.mapping import draw_map
from web.shell import open_district
from web.views.downloads import hand_out, write_csv
from web.views.parsing import order, told
from web.words import DIMENSION

views = Blueprint("gaps", __name__)


@views.get("/d/<int:district>/gaps")
def show(district: int) -> str:
    """Ranked gaps, map and table."""
    facts = open_district(district)
    with reading(district) as connection:
        page = pages.gaps_page(
            connection, district, order(), dimension=told("dimension"), status=told("status")
        )
    drawn = draw_map(
        facts,
        title=gettext("Gaps by rank"),
        note=gettext("The darkest come first; where gaps overlap, the first is shown."),
        classes=rank_classes(page["ranks"]),
        colour_by="rank",
        picks={"gaps": {"measure": page["dimension"], "status": page["status"]}},
        layers=("base", "communities", "gaps"),
        hidden=("cells",),
        selected=told("cell") or None,
    )
    return render_template("gaps.html", page=page, drawn=drawn, known=DIMENSION)


@views.get("/d/<int:district>/gaps.csv")
def export(district: int) -> Response:
    """All gaps in scope as CSV, with the synthetic layers named in every row."""
    facts = open_district(district)
    with reading(district) as connection:
        found = pages.export_gaps(
            connection, district, dimension=told("dimension"), status=told("status")
        )
        text = write_csv(found, pages.GAP_COLUMNS, facts["synthetic"])
    record(reader(), own_scope(district), "export", district_id=district, layer="gaps")
    return hand_out(text, "gaps.csv")
