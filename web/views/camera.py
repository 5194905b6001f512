"""A camera's sheet, for liaisons: what it sees, and what it would see turned, moved or changed."""

from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext

from gridmap.errors import InputError
from gridmap.store.audit import record
from gridmap.store.scope import scoped
from gridmap.studies import pages
from web.camera_words import of_trial, say_look
from web.database import own_scope, reader, reading
from web.mapping import Drawn, draw_map, with_files
from web.shell import open_district
from web.sittings import record_once
from web.views.downloads import hand_out
from web.views.parsing import sent, told, without_nul

views = Blueprint("camera", __name__, url_prefix="/d/<int:district>/cameras")
_SCRIPTS = ("js/camera-sight.js", "js/camera-trial.js")


@views.get("/<path:camera_id>")
def show(district: int, camera_id: str) -> str:
    """Show one camera with its view, its papers and a trial of other poses."""
    facts = open_district(district)
    scope = own_scope(district)
    camera_id = without_nul(camera_id)
    record(reader(), scope, "read", district_id=district, layer="cameras", camera=camera_id)
    with reading(district) as connection:
        page = pages.camera_page(
            connection, scope, district, camera_id, told("edition"), told("level")
        )
    said = say_look(page["look"])
    return render_template(
        "camera.html",
        page=page,
        said=said,
        drawn=_map(facts, page),
        wire=_wire(district, page, said),
    )


@views.post("/trial")
def try_out(district: int) -> Response:
    """Answer what a camera would see; nothing is stored."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise InputError("Expected JSON with camera_id and what is tried; found none.")
    scope = own_scope(district)
    camera = without_nul(str(body.get("camera_id", "")))[:200]
    body["camera_id"] = camera
    record_once(scope, district, "cameras", "try", camera=camera)
    try:
        with scoped(reader(), scope) as connection:
            look = pages.try_out(connection, scope, district, body)
    except InputError as error:
        return make_response(jsonify(error=str(error)), 400)
    return jsonify(look=_drawn_part(look), said=say_look(look))


@views.post("/trial.geojson")
def export(district: int) -> Response:
    """Hand out a trial as a proposed camera in a file that can be imported."""
    scope = own_scope(district)
    asked = {name: sent(name) for name in request.form if name != "csrf_token"}
    with reading(district) as connection:
        text = pages.export_trial(connection, scope, district, asked)
    record(
        reader(), scope, "export", district_id=district, layer="cameras",
        camera=asked.get("camera_id", "")[:200],
    )  # fmt: skip
    return hand_out(text, "proposed-camera.geojson")


def _map(facts: dict[str, Any], page: dict[str, Any]) -> Drawn | None:
    drawn = draw_map(
        facts,
        title=gettext("What the camera sees"),
        classes=(),
        note=gettext("An upper bound: trees and walls are not in the data."),
        layers=("base", "communities", "cameras"),
        hidden=("views", "blind_spots"),
        bounds=page["bounds"],
    )
    return drawn and with_files(drawn, ("css/camera.css",), _SCRIPTS)


def _wire(district: int, page: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """Plain values that the script of the trial starts from."""
    return {
        "trial": url_for("camera.try_out", district=district),
        "camera_id": page["camera_id"],
        "fields": page["fields"],
        "edition": page["edition"],
        "level": page["level"],
        "look": _drawn_part(page["look"]),
        "said": said,
        "models": {one["model"]: one for one in page["models"]},
        "words": of_trial(),
    }


def _drawn_part(look: dict[str, Any]) -> dict[str, Any]:
    """Keep what is drawn of a look: its figures are said in words."""
    names = ("place", "stands", "pose", "views", "reason", "blind")
    return {name: look[name] for name in names}
