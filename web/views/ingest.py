"""Fixes from devices, known by a token; nothing of them is logged, and nothing said before commit.

Trackers that speak OsmAnd's way (Traccar's clients among them) report one fix in an address, a
form, or as JSON; programs send batches with ``Authorization: Bearer TOKEN``.
"""

from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirect

from gridmap.errors import InputError, ScopeError
from gridmap.store.audit import record
from gridmap.studies import ingest, pages
from web.database import own_scope, reader, reading
from web.shell import open_district
from web.views.parsing import read_count, sent

views = Blueprint("ingest", __name__)
_LONGEST_TOKEN = 100


@views.route("/ingest/osmand", methods=["GET", "POST"])
def osmand() -> Response:
    """Take one fix of a tracker."""
    told: dict[str, Any] = {**request.args, **request.form}
    if request.is_json and isinstance(body := request.get_json(silent=True), dict):
        told |= body
    token = told.get("id") or told.get("deviceid") or told.get("device_id") or ""
    return jsonify(ingest.take_from_device(reader(), _token(token), ingest.read_osmand(told)))


@views.post("/ingest/fixes")
def batch() -> Response:
    """Take a batch of a device."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise ScopeError("Expected a token: Authorization: Bearer TOKEN.")
    told = ingest.read_batch(request.get_json(silent=True))
    return jsonify(ingest.take_from_device(reader(), _token(token), told))


@views.get("/d/<int:district>/devices")
def devices(district: int) -> str:
    """List the devices of a district."""
    return _devices(open_district(district), "")


@views.post("/d/<int:district>/devices")
def issue(district: int) -> str:
    """Issue a token; the answer is the only page that ever shows it."""
    facts, scope = open_district(district), own_scope(district)
    with reading(district) as connection:
        token = pages.issue_device(connection, scope, district, sent("unit"), sent("label"))
    record(reader(), scope, "issue_token", district_id=district, unit=sent("unit")[:80])
    return _devices(facts, token)


@views.post("/d/<int:district>/devices/revoke")
def revoke(district: int) -> Redirect:
    """Take a token back."""
    number = read_count(sent("device"), -1)
    with reading(district) as connection:
        pages.revoke_device(connection, district, number)
    record(reader(), own_scope(district), "revoke_token", district_id=district, device=number)
    flash(gettext("The token was taken back. Its device is refused from now on."))
    return redirect(url_for("ingest.devices", district=district), 303)


def _devices(facts: dict[str, Any], token: str) -> str:
    with reading(facts["id"]) as connection:
        page = pages.devices_page(connection, facts["id"], facts["timezone"])
    address = url_for("ingest.osmand", _external=True)
    return render_template("devices.html", page=page, token=token, address=address)


def _token(told: Any) -> str:
    if not isinstance(told, str) or not 0 < len(told) <= _LONGEST_TOKEN:
        raise InputError("Expected the token of the device; found none. Ask a liaison for one.")
    return told
