"""Scenarios, for planners: what if a site moved, closed or grew, or a norm changed."""

import re
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as Answer

from gridmap.errors import InputError, StaleEditionError
from gridmap.studies import pages
from web import scenario_words as words
from web.database import own_scope, reading
from web.mapping import Drawn, draw_map, legend_of, with_files
from web.shell import open_district
from web.views.downloads import hand_out
from web.views.parsing import read_count, sent, told
from web.words import measure_name

views = Blueprint("scenarios", __name__, url_prefix="/d/<int:district>/scenarios")
_SHEETS = ("css/scenario.css",)
_SCRIPTS = ("js/scenario-maps.js", "js/scenario-wire.js", "js/scenario.js")


@views.get("")
def show(district: int) -> str:
    """List the scenarios of the district that the planner sees."""
    open_district(district)
    with reading(district) as connection:
        page = pages.scenarios_page(connection, district, own_scope(district).user_id)
    return render_template("scenarios.html", page=page, words=words)


@views.post("")
def begin(district: int) -> Answer:
    """Begin a scenario, or duplicate one, and go to it."""
    with reading(district) as connection:
        number = pages.begin_scenario(
            connection, own_scope(district), district, sent("title"), read_count(sent("copy"), 0)
        )
    return redirect(url_for("scenarios.edit", district=district, scenario_id=number))


@views.get("/<int:scenario_id>")
def edit(district: int, scenario_id: int) -> str:
    """Show one scenario beside the district as it is."""
    facts = open_district(district)
    with reading(district) as connection:
        page = pages.scenario_page(
            connection, own_scope(district), district, scenario_id, told("type")
        )
    if page["stale"]:
        return render_template("scenario_stale.html", page=page, words=words)
    if not page["type"]:
        return render_template("scenario.html", page=page, drawn=None, said=None, wire={})
    said = words.say_answer(page["told"])
    return render_template(
        "scenario.html",
        page=page,
        said=said,
        drawn=_map(facts, page),
        wire=_wire(district, page, said),
    )


@views.post("/<int:scenario_id>/try")
def try_out(district: int, scenario_id: int) -> Response:
    """Answer what one more change would do; nothing is stored."""
    return _answer(district, scenario_id, keep=False)


@views.post("/<int:scenario_id>/changes")
def operate(district: int, scenario_id: int) -> Response:
    """Do, undo or redo a change that the map sent; what is refused changes nothing."""
    return _answer(district, scenario_id, keep=True)


@views.post("/<int:scenario_id>/form")
def operate_by_form(district: int, scenario_id: int) -> Answer:
    """Do a change by keyboard, without the map, and come back to the page."""
    action, kind = sent("op"), sent("kind")
    change: Any = action if action in {"undo", "redo"} else dict(request.form)
    with reading(district) as connection:
        try:
            pages.edit_scenario(
                connection, own_scope(district), district, scenario_id, change,
                revision=read_count(sent("revision"), -1), kind=kind,
            )  # fmt: skip
            flash(gettext("Kept."))
        except (InputError, StaleEditionError) as error:
            connection.rollback()
            flash(f"{gettext('Nothing was changed.')} {error}", "error")
    here = url_for("scenarios.edit", district=district, scenario_id=scenario_id, type=kind or None)
    return redirect(f"{here}#form")


@views.post("/<int:scenario_id>/settings")
def change(district: int, scenario_id: int) -> Answer:
    """Rename, share, remove or take back a scenario."""
    action = sent("do")
    known: dict[str, dict[str, Any]] = {
        "rename": {"title": sent("title")},
        "share": {"shared": True},
        "unshare": {"shared": False},
        "remove": {"state": "removed"},
        "restore": {"state": "kept"},
    }
    changed = known.get(action)
    if changed is None:
        raise InputError("Expected rename, share, unshare, remove or restore; found none.")
    with reading(district) as connection:
        title = pages.change_scenario(connection, district, scenario_id, **changed)
    said = {
        "rename": gettext("Renamed: %(title)s", title=title),
        "share": gettext("Colleagues who plan this district now see: %(title)s", title=title),
        "unshare": gettext("Only you see now: %(title)s", title=title),
        "remove": gettext("Removed: %(title)s. It can be taken back below.", title=title),
        "restore": gettext("Taken back: %(title)s", title=title),
    }
    flash(said[action])
    if action in {"remove", "restore"} or sent("from") == "list":
        return redirect(url_for("scenarios.show", district=district))
    return redirect(url_for("scenarios.edit", district=district, scenario_id=scenario_id))


@views.post("/<int:scenario_id>/rebase")
def rebase(district: int, scenario_id: int) -> Answer:
    """Put a scenario on the present data."""
    with reading(district) as connection:
        count = pages.rebase_scenario(connection, own_scope(district), district, scenario_id)
    said = ngettext(
        "%(count)s change holds on the present data.",
        "%(count)s changes hold on the present data.",
        count["kept"],
        count=count["kept"],
    )
    if count["dropped"]:
        said += " " + ngettext(
            "%(count)s no longer fits and was left out.",
            "%(count)s no longer fit and were left out.",
            count["dropped"],
            count=count["dropped"],
        )
    flash(said)
    return redirect(url_for("scenarios.edit", district=district, scenario_id=scenario_id))


@views.get("/compare")
def compare(district: int) -> str:
    """Lay scenarios side by side with the district as it is."""
    open_district(district)
    numbers = [read_count(one, 0) for one in request.args.getlist("with")]
    with reading(district) as connection:
        page = pages.compare_page(connection, own_scope(district), district, numbers)
    return render_template("scenario_compare.html", page=page, words=words)


@views.get("/<int:scenario_id>/export.<kind>")
def export(district: int, scenario_id: int, kind: str) -> Response:
    """Hand out a scenario as a file."""
    if kind not in {"csv", "gpkg"}:
        raise InputError("A scenario is handed out as csv or gpkg.")
    with reading(district) as connection:
        title, content = pages.export_scenario(
            connection, own_scope(district), district, scenario_id, kind
        )
    plain = re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-") or "scenario"
    text: str | bytes = content.decode() if kind == "csv" else content
    return hand_out(text, f"{plain.lower()}-{scenario_id}.{kind}")


def _answer(district: int, scenario_id: int, *, keep: bool) -> Response:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise InputError("Expected JSON with change, type and revision; found none.")
    scope, kind = own_scope(district), str(body.get("type", ""))[:64]
    revision = body.get("revision")
    try:
        with reading(district) as connection:
            if keep:
                found = pages.edit_scenario(
                    connection, scope, district, scenario_id, body.get("change"),
                    revision=revision if isinstance(revision, int) else -1, kind=kind,
                )  # fmt: skip
            else:
                found = pages.try_change(
                    connection, scope, district, scenario_id, body.get("change"), kind=kind
                )
    except InputError as error:
        return make_response(jsonify(error=str(error)), 400)
    except StaleEditionError as error:
        return make_response(jsonify(error=str(error)), 409)
    return jsonify(told=_drawn_part(found), said=words.say_answer(found))


def _drawn_part(found: dict[str, Any]) -> dict[str, Any]:
    names = ("revision", "undo", "redo", "type", "norm_m", "marks", "values", "changes")
    return {name: found[name] for name in names} | {
        "cells": [{"cell_id": one["cell_id"], "change": one["change"]} for one in found["cells"]]
    }


def _map(facts: dict[str, Any], page: dict[str, Any]) -> Drawn | None:
    measure = f"{page['type']}.walk_share"
    drawn = draw_map(
        facts,
        title=measure_name(measure),
        measure=measure,
        classes=legend_of(page["shares"].values(), "share"),
        unit="share",
        layers=("base", "cells", "communities"),
        hidden=("service_areas", "gaps"),
        picks={"service_areas": page["type"], "gaps": measure},
        selected=told("cell") or None,
    )
    return drawn and with_files(drawn, _SHEETS, _SCRIPTS)


def _wire(district: int, page: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """Plain values that the scripts start from."""
    here = {"district": district, "scenario_id": page["scenario"].id}
    return {
        "try": url_for("scenarios.try_out", **here),
        "keep": url_for("scenarios.operate", **here),
        "own": page["own"],
        "key": f"gridmap-scenario-{page['scenario'].id}",
        "type": page["type"],
        "sites": page["sites"],
        "shares": page["shares"],
        "told": _drawn_part(page["told"]),
        "said": said,
        "words": words.of_scenario(),
    }
