"""The overview."""

from flask import Blueprint, render_template, url_for

from gridmap.studies import pages
from web.auth import current_role
from web.database import reading
from web.permissions import PATROL_FIGURES, may_open
from web.shell import open_district

views = Blueprint("overview", __name__)


@views.get("/d/<int:district>/overview")
def show(district: int) -> str:
    """Four tiles and the first gaps."""
    told, role = open_district(district), current_role()
    with reading(district) as connection:
        page = pages.overview_page(
            connection, district, told["synthetic"], patrol_in_classes=role not in PATROL_FIGURES
        )
    addresses = {
        tile["dimension"]: url_for(f"{tile['dimension']}.show", district=district)
        for tile in page["tiles"]
        if may_open(role, f"{tile['dimension']}.show")
    }
    return render_template("overview.html", page=page, addresses=addresses)
