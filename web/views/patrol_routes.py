"""Routes of patrols, for liaisons: asked for as long work, shown on a map, handed out as files."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from gridmap.store.audit import record
from gridmap.studies import pages
from web import job_words, patrol_words
from web.auth import current_role
from web.database import own_scope, reader, reading
from web.mapping import draw_map, with_files
from web.shell import open_district
from web.views.downloads import hand_out
from web.views.parsing import LONGEST_TEXT, read_count, sent, told

views = Blueprint("patrol_routes", __name__)
_FIELDS = ("kind", "units", "minutes", "begin", "on", "mode", "start", "community")
_SHEETS = ("css/patrol.css",)
_SCRIPTS = ("js/patrol-routes.js",)


@views.get("/d/<int:district>/patrol/routes")
def show(district: int) -> str:
    """Offer the choices; with a job, how far it is and what it found."""
    facts = open_district(district)
    scope = own_scope(district)
    record(reader(), scope, "read", district_id=district, layer="presence")
    asked = {name: told(name) for name in (*_FIELDS, "job")}
    with reading(district) as connection:
        page = pages.routes_page(connection, district, asked)
    found = page["found"]
    drawn = None
    if found and found["routes"]:
        drawn = draw_map(facts, title="", classes=(), layers=("base", "communities"))
        drawn = drawn and with_files(drawn, _SHEETS, _SCRIPTS)
    return render_template(
        "patrol_routes.html",
        page=page,
        words=patrol_words,
        job_words=job_words,
        drawn=drawn,
        wire=_wire(found) if found else None,
        tabs=patrol_words.tabs(district, current_role(), request.endpoint),
    )


@views.post("/d/<int:district>/patrol/routes")
def plan(district: int) -> Answer:
    """Begin to plan, and go to the page that tells of it."""
    asked = {name: sent(name)[:LONGEST_TEXT] for name in _FIELDS}
    with reading(district) as connection:
        job = pages.begin_routes(connection, own_scope(district), district, asked)
    return redirect(job_words.address_of(job), 303)


@views.get("/d/<int:district>/patrol/routes.<any(gpx, geojson):form>")
def export(district: int, form: str) -> Response:
    """Routes of a plan as a file for phones or for other maps."""
    scope = own_scope(district)
    record(reader(), scope, "export", district_id=district, layer="presence")
    with reading(district) as connection:
        text = pages.route_file(connection, district, read_count(told("job"), 0), form)
    return hand_out(text, f"routes.{form}")


def _wire(found: dict[str, Any]) -> dict[str, Any]:
    """Plain values that the map starts from."""
    return {
        "routes": [{"unit": one["unit"], "line": one["line"]} for one in found["routes"]],
        "stops": [
            {
                "unit": one["unit"],
                "order": one["order"],
                "name": one.get("cell_name", ""),
                "place": one["place"][0],
            }
            for one in found["stops"]
        ],
    }
