"""Planning cameras, for liaisons: where to add, turn and remove, with bound and privacy."""

import json
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext

from gridmap.store.audit import record
from gridmap.studies import pages
from web import plan_words
from web.database import own_scope, reader, reading
from web.mapping import Drawn, draw_map, with_files
from web.shell import open_district
from web.views.downloads import hand_out
from web.views.parsing import order, told

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
        plan = pages.export_camera_plan(connection, scope, district, _asked())
    text = json.dumps(plan, ensure_ascii=False, default=str)
    return hand_out(text, "camera-plan.geojson")


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
