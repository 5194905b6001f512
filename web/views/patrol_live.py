"""Units on duty now, for liaisons in scope: every sitting is recorded."""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from flask_babel import gettext, ngettext

from gridmap.studies import pages
from web import patrol_words
from web.auth import current_role
from web.database import own_scope, reading
from web.mapping import draw_map, with_files
from web.shell import open_district
from web.sittings import record_once
from web.words import amount

views = Blueprint("patrol_live", __name__)
_SHEETS = ("css/patrol.css",)
_SCRIPTS = ("js/patrol-live.js",)
_LAYER = "last_positions"


@views.get("/d/<int:district>/patrol/live")
def show(district: int) -> str:
    """Units on the map, kept up to date while the page is looked at."""
    facts = open_district(district)
    record_once(own_scope(district), district, _LAYER)
    with reading(district) as connection:
        page = pages.live_page(connection, district)
    drawn = draw_map(facts, title="", classes=(), layers=("base", "communities"))
    return render_template(
        "patrol_live.html",
        page=page,
        told=_told(district, page),
        drawn=drawn and with_files(drawn, _SHEETS, _SCRIPTS),
        wire={"address": url_for("patrol_live.units", district=district)},
        tabs=patrol_words.tabs(district, current_role(), request.endpoint),
    )


@views.get("/d/<int:district>/patrol/live.json")
def units(district: int) -> Response:
    """Tell where units are now, in words that are ready to be read."""
    record_once(own_scope(district), district, _LAYER)
    with reading(district) as connection:
        page = pages.live_page(connection, district)
    answer = jsonify(_told(district, page))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _told(district: int, page: dict[str, Any]) -> dict[str, Any]:
    count = len(page["units"])
    sentence = ngettext("%(count)s unit is on duty.", "%(count)s units are on duty.", count,
                        count=count)  # fmt: skip
    return {
        "sentence": sentence if count else gettext("No unit is on duty."),
        "units": [_unit(district, one) for one in page["units"]],
    }


def _unit(district: int, one: dict[str, Any]) -> dict[str, Any]:
    cell = url_for("cells.show", district=district, cell_id=one["cell_id"])
    return {
        "lon": one["lon"],
        "lat": one["lat"],
        "stale": one["stale"],
        "accuracy_m": one["accuracy_m"],
        "cell": one["cell_name"] or gettext("outside the grid"),
        "address": cell if one["cell_id"] else "",
        "mode": str(patrol_words.MODE.get(one["mode"], one["mode"])),
        "seen": gettext("%(time)s ago", time=patrol_words.seconds(one["seen_s"])),
        "accuracy": amount(one["accuracy_m"], "m"),
    }
