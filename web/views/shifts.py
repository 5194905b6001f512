"""The worker's own shift: open, rest, close, report; the own track, and a word against it."""

from typing import Any

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from flask import url_for as address_of
from flask_babel import gettext
from werkzeug import Response as Redirect

from gridmap.store.audit import record
from gridmap.studies import pages
from web.database import own_scope, reader, reading
from web.mapping import draw_map, with_files
from web.shell import open_district
from web.views.downloads import hand_out
from web.views.parsing import sent, told

views = Blueprint("shifts", __name__, url_prefix="/d/<int:district>/shift")
_ON_MAP = ("js/shift-track.js",)


@views.get("/")
def show(district: int) -> Response:
    """Own shift, what is due next, and the own track."""
    facts = open_district(district)
    with reading(district) as connection:
        page = pages.shift_page(connection, district, facts["timezone"], told("shift"))
    shown = page["shown"]
    drawn = None
    if shown is not None and shown.fixes:
        drawn = draw_map(
            facts, title=gettext("My track"), layers=("base", "cells"), hidden=("gaps",)
        )
        drawn = drawn and with_files(drawn, (), _ON_MAP)
    answer = make_response(
        render_template("shift.html", page=page, drawn=drawn, wire=_wire(district, page))
    )
    # Only here may the browser be asked where it is.
    answer.headers["Permissions-Policy"] = "geolocation=(self)"
    return answer


@views.post("/change")
def change(district: int) -> Redirect:
    """Open, pause, resume or close the own shift."""
    scope, verb = own_scope(district), sent("do")
    with reading(district) as connection:
        pages.change_shift(connection, scope, district, verb, sent("mode") or "foot")
    record(reader(), scope, f"shift_{verb}", district_id=district)
    return redirect(address_of("shifts.show", district=district), 303)


@views.post("/fixes")
def send(district: int) -> Response:
    """Take a batch of the page; what is answered is committed."""
    body = request.get_json(silent=True)
    with reading(district) as connection:
        answer = pages.send_fixes(connection, district, body)
    return jsonify(answer)


@views.get("/track")
def track(district: int) -> Response:
    """Own track, to be drawn."""
    _note(district, "read")
    with reading(district) as connection:
        return jsonify(rows=pages.own_track(connection, district, told("shift")))


@views.get("/track.gpx")
def export(district: int) -> Response:
    """Own track as a file."""
    _note(district, "export")
    with reading(district) as connection:
        text = pages.export_track(connection, district, told("shift"))
    return hand_out(text, "track.gpx")


@views.post("/dispute")
def dispute(district: int) -> Redirect:
    """Say something against what was recorded."""
    scope = own_scope(district)
    with reading(district) as connection:
        pages.dispute_shift(connection, scope, district, sent("shift"), sent("text"))
    record(reader(), scope, "shift_dispute", district_id=district)
    return redirect(address_of("shifts.show", district=district, shift=sent("shift")), 303)


def _note(district: int, action: str) -> None:
    record(reader(), own_scope(district), action, district_id=district, layer="fixes")


def _wire(district: int, page: dict[str, Any]) -> dict[str, Any]:
    """Plain values that the scripts of the page start from."""
    shown, going = page["shown"], page["open"]
    return {
        "send": address_of("shifts.send", district=district),
        "track": address_of(
            "shifts.track", district=district, shift=shown.shift_id if shown else ""
        ),
        "state": going.state if going else "none",
        "shift": going.shift_id if going else "",
        "words": {
            "insecure": gettext(
                "This page is on plain http: the browser gives no position here. Ask for the "
                "https address, or report with a tracker app and a token."
            ),
            "none": gettext("This device cannot tell where it is."),
            "denied": gettext("The browser may not tell where you are. Allow it for this page."),
            "waiting": gettext("Waiting for a position …"),
            "running": gettext(
                "Reporting; last position ±%(m)s m, %(waiting)s waiting to be sent."
            ),
            "offline": gettext("No connection; %(waiting)s positions are kept on this phone."),
            "refused": gettext("%(count)s positions were refused: %(reason)s."),
            "paused": gettext("Paused: nothing is recorded."),
            "reasons": {
                "off_shift": gettext("outside the shift"),
                "out_of_range": gettext("too uncertain"),
                "elsewhere": gettext("in another district"),
                "clock": gettext("the clock of the phone is wrong"),
                "other_phone": gettext("another phone reports for this shift"),
            },
        },
    }
