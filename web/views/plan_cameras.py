"""Planning cameras, for liaisons: where to add, turn and remove, with bound and privacy."""

import json
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as Answer

from gridmap.store.audit import record
from gridmap.studies import pages
from web import job_words, plan_words
from web.database import own_scope, reader, reading
from web.mapping import Drawn, draw_map, with_files
from web.shell import open_district
from web.views.downloads import hand_out
from web.views.parsing import LONGEST_TEXT, order, sent, told

views = Blueprint("plan_cameras", __name__)
_FIELDS = (
    "count", "area", "level", "model", "mounts", "price", "max_facade", "no_homes", "reaim",
    "remove",
)  # fmt: skip
_SHEETS = ("css/plan.css",)
_SCRIPTS = ("js/plan-cameras.js",)


@views.get("/d/<int:district>/plan/cameras")
def show(district: int) -> str:
    """Offer the choices, and answer with a plan once a number is given."""
    facts = open_district(district)
    scope = own_scope(district)
    record(reader(), scope, "read", district_id=district, layer="cameras")
    with reading(district) as connection:
        page = pages.camera_plan_page(connection, scope, district, order(), _asked())
    found = page["found"]
    return render_template(
        "plan_cameras.html",
        page=page,
        words=plan_words,
        job_words=job_words,
        drawn=_map(facts, found) if found else None,
        wire=_wire(found) if found else None,
        query={name: request.args[name] for name in _FIELDS if name in request.args},
    )


@views.get("/d/<int:district>/plan/cameras.geojson")
def export(district: int) -> Response:
    """Plan as a file, with the exact place and azimuth of every camera."""
    open_district(district)
    scope = own_scope(district)
    record(reader(), scope, "export", district_id=district, layer="cameras")
    with reading(district) as connection:
        asked = {**_asked(), "job": told("job")}
        plan = pages.export_camera_plan(connection, scope, district, asked)
    text = json.dumps(plan, ensure_ascii=False, default=str)
    return hand_out(text, "camera-plan.geojson")


@views.post("/d/<int:district>/plan/cameras/proof")
def prove(district: int) -> Answer:
    """Prove a plan beside the page, again where that was stopped."""
    asked = {name: sent(name)[:LONGEST_TEXT] for name in _FIELDS}
    with reading(district) as connection:
        pages.prove_again(connection, own_scope(district), district, asked)
    kept: dict[str, Any] = {name: text for name, text in asked.items() if text}
    return redirect(url_for("plan_cameras.show", district=district, **kept), 303)


def _asked() -> dict[str, str]:
    return {name: told(name).strip() for name in _FIELDS}


def _map(facts: dict[str, Any], found: dict[str, Any]) -> Drawn | None:
    drawn = draw_map(
        facts,
        title=gettext("Plan"),
        classes=(),
        layers=("base", "communities", "cameras"),
        hidden=("views",),
        bounds=found["bounds"],
    )
    return drawn and with_files(drawn, _SHEETS, _SCRIPTS)


def _wire(found: dict[str, Any]) -> dict[str, Any]:
    """Plain values that the script of the map starts from."""
    return {
        "shapes": found["shapes"],
        "places": found["places"],
        "words": {name: str(text) for name, text in plan_words.CHANGE.items()},
    }
