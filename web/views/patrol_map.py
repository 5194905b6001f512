"""Patrol over time, for liaisons: the map of one window after another."""

from typing import Any
from urllib.parse import quote

from flask import Blueprint, render_template, request, url_for

from gridmap.store.audit import record
from gridmap.studies import pages
from web import patrol_words
from web.auth import current_role
from web.database import own_scope, reader, reading
from web.mapping import draw_map, with_files
from web.shell import open_district
from web.views.parsing import order, told
from web.words import share

views = Blueprint("patrol_map", __name__)
_SHEETS = ("css/patrol.css",)
_SCRIPTS = ("js/patrol-slider.js",)


@views.get("/d/<int:district>/patrol/map")
def show(district: int) -> str:
    """Cells by what became of their windows at one moment, with a slider over all of them."""
    facts = open_district(district)
    record(reader(), own_scope(district), "read", district_id=district, layer="presence")
    with reading(district) as connection:
        page = pages.windows_page(connection, district, order(), told("window"))
    drawn = draw_map(
        facts,
        title=patrol_words.moment_name(page["moment"]) if page["moment"] else "",
        window=page["moment"],
        hidden=("gaps",),
        picks={"gaps": "patrol"},
        cells_from="patrol",
        selected=told("cell") or None,
    )
    return render_template(
        "patrol_map.html",
        page=page,
        words=patrol_words,
        drawn=drawn and with_files(drawn, _SHEETS, _SCRIPTS),
        wire=_wire(district, page),
        tabs=patrol_words.tabs(district, current_role(), request.endpoint),
    )


def _wire(district: int, page: dict[str, Any]) -> dict[str, Any]:
    """Plain values that the slider starts from."""
    tiles = url_for("tiles.show", district=district, layers="patrol", z=0, x=0, y=0)
    return {
        "tiles": tiles.replace("/0/0/0.pbf", "/{z}/{x}/{y}.pbf", 1),
        "moments": [
            {
                "window": one["window"],
                "asked": quote(one["window"]),
                "name": patrol_words.moment_name(one["window"]),
                "rate": f"{share(one['low'])} – {share(one['high'])}",
            }
            for one in page["moments"]
        ],
        "place": page["place"],
    }
