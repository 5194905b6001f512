"""Drafts of borders, for planners: begin, edit on the map or by keyboard, compare, publish."""

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
from web import draft_words, grid_words
from web.database import own_scope, reading
from web.mapping import Drawn, draw_map, with_files
from web.shell import open_district
from web.views.parsing import read_count, read_day, sent, told, window_of

views = Blueprint("drafts", __name__, url_prefix="/d/<int:district>/grid/drafts")
_SHEETS = ("vendor/leaflet-geoman/leaflet-geoman.css",)
_SCRIPTS = (
    "vendor/leaflet-geoman/leaflet-geoman.js",
    "js/draft-wire.js",
    "js/draft-layers.js",
    "js/draft-editor.js",
)


@views.get("")
def show(district: int) -> str:
    """Drafts of the district."""
    open_district(district)
    with reading(district) as connection:
        page = pages.drafts_page(connection, district, own_scope(district).user_id)
    return render_template("drafts.html", page=page)


@views.post("")
def begin(district: int) -> Answer:
    """Begin a draft and go to it."""
    with reading(district) as connection:
        scope = own_scope(district)
        draft_id = pages.begin_draft(connection, district, scope.user_id, sent("title"))
    return redirect(url_for("drafts.edit", district=district, draft_id=draft_id))


@views.get("/<int:draft_id>")
def edit(district: int, draft_id: int) -> Response:
    """Edit a draft, one community at a time."""
    facts = open_district(district)
    with reading(district) as connection:
        page = pages.draft_page(connection, district, draft_id, told("community"), told("cell"))
    if page["draft"].state != "open":
        return make_response(redirect(url_for("drafts.show", district=district)))
    if page["stale"]:
        return _stale(page["draft"], 200)
    drawn = _map(facts, page.get("bounds"), _SCRIPTS) if page["community"] else None
    wire = _wire(district, page)
    return make_response(
        render_template("draft.html", page=page, drawn=drawn, wire=wire, words=draft_words)
    )


@views.get("/<int:draft_id>/ground")
def ground(district: int, draft_id: int) -> Response:
    """Answer the map: cells, borders and corners of a community."""
    with reading(district) as connection:
        told_ground = pages.draft_ground(
            connection, district, draft_id, told("community"), window_of(told("window"))
        )
    return jsonify(_said(told_ground))


@views.post("/<int:draft_id>/operations")
def operate(district: int, draft_id: int) -> Response:
    """Do, undo or redo an operation the map sent; what is refused changes nothing."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("revision"), int):
        raise InputError("Expected JSON with revision, community and operation; found none.")
    try:
        with reading(district) as connection:
            answer = pages.edit_draft(
                connection,
                district,
                draft_id,
                body.get("operation"),
                community=str(body.get("community", ""))[:64],
                revision=body["revision"],
                window=window_of(str(body.get("window") or "")),
            )
    except InputError as error:
        return _refused(gettext("This edit cannot be done. Nothing was changed."), error, 400)
    except StaleEditionError as error:
        return _refused(
            gettext("The draft was changed elsewhere. Nothing of yours was written; reload it."),
            error,
            409,
        )
    return jsonify(_said(answer))


@views.post("/<int:draft_id>/table")
def operate_by_form(district: int, draft_id: int) -> Answer:
    """Do an operation by keyboard, without the map, and come back to the page."""
    community = sent("community")
    with reading(district) as connection:
        try:
            answer = pages.edit_draft(
                connection,
                district,
                draft_id,
                _from_form(),
                community=community,
                revision=read_count(sent("revision"), -1),
            )
            community = answer["community"]
            flash(gettext("Done. Changed: %(cells)s", cells=", ".join(answer["touched"])))
        except (InputError, StaleEditionError) as error:
            connection.rollback()
            flash(f"{gettext('Nothing was changed.')} {error}", "error")
    here = url_for("drafts.edit", district=district, draft_id=draft_id, community=community)
    return redirect(f"{here}#keyboard")


@views.get("/<int:draft_id>/difference")
def difference(district: int, draft_id: int) -> Response:
    """Show what would change, on the map and in a table, before it is published."""
    facts = open_district(district)
    with reading(district) as connection:
        page = pages.difference_page(connection, district, draft_id)
    if page["draft"].state != "open":
        return make_response(redirect(url_for("drafts.show", district=district)))
    if page["stale"]:
        return _stale(page["draft"], 200)
    drawn = None
    if page["rows"]:
        drawn = _map(facts, page["bounds"], ("js/draft-difference.js",))
    return make_response(
        render_template(
            "draft_difference.html",
            page=page,
            drawn=drawn,
            wire={"outlines": page["outlines"], "words": draft_words.of_difference()},
            problems=[_problem(one) for one in page["problems"]],
            words=draft_words,
        )
    )


@views.post("/<int:draft_id>/publish")
def publish(district: int, draft_id: int) -> Answer:
    """Put the drafted grid in force."""
    open_district(district)
    try:
        with reading(district) as connection:
            edition = pages.publish_draft(
                connection,
                own_scope(district),
                district,
                draft_id,
                revision=read_count(sent("revision"), -1),
                on=read_day(sent("on")),
            )
    except StaleEditionError as error:
        with reading(district) as connection:
            page = pages.draft_page(connection, district, draft_id)
        if page["stale"]:
            return _stale(page["draft"], 409)
        raise error
    flash(gettext("Published. Grid %(version)s is in force.", version=edition.grid_version))
    for finding in edition.findings:
        told = {"rule": finding.rule, "count": len(finding.ids), "area_m2": None}
        flash(f"{grid_words.say_finding(told, None)}. {grid_words.REMEDY[finding.rule]}")
    return redirect(url_for("drafts.show", district=district))


@views.post("/<int:draft_id>/discard")
def discard(district: int, draft_id: int) -> Answer:
    """Close a draft without publishing it."""
    with reading(district) as connection:
        title = pages.discard_draft(connection, district, draft_id)
    flash(gettext("Discarded: %(title)s. The grid in force is as it was.", title=title))
    return redirect(url_for("drafts.show", district=district))


@views.post("/<int:draft_id>/rebase")
def rebase(district: int, draft_id: int) -> Answer:
    """Replay a draft on the grid now in force."""
    with reading(district) as connection:
        count = pages.rebase_draft(connection, district, draft_id)
    said = ngettext(
        "%(count)s edit was done again on the present grid.",
        "%(count)s edits were done again on the present grid.",
        count["kept"],
        count=count["kept"],
    )
    if count["dropped"]:
        said += " " + ngettext(
            "%(count)s edit no longer fits and was left out.",
            "%(count)s edits no longer fit and were left out.",
            count["dropped"],
            count=count["dropped"],
        )
    flash(said)
    return redirect(url_for("drafts.edit", district=district, draft_id=draft_id))


def _map(facts: dict[str, Any], bounds: Any, scripts: tuple[str, ...]) -> Drawn | None:
    drawn = draw_map(
        facts,
        title=gettext("Borders of the draft"),
        classes=(),
        layers=("base", "communities"),
        bounds=bounds,
    )
    return drawn and with_files(drawn, _SHEETS, scripts)


def _wire(district: int, page: dict[str, Any]) -> dict[str, Any]:
    """Plain values the scripts of the editor start from."""
    here = {"district": district, "draft_id": page["draft"].id}
    return {
        "ground": url_for("drafts.ground", **here),
        "operations": url_for("drafts.operate", **here),
        "difference": url_for("drafts.difference", **here),
        "page": url_for("drafts.edit", **here),
        "community": page["community"],
        "revision": page["draft"].revision,
        "windowed": page.get("windowed", False),
        "words": draft_words.of_editor(),
    }


def _said(answer: dict[str, Any]) -> dict[str, Any]:
    """Answer with its problems in words."""
    names = {
        one["properties"]["cell_id"]: one["properties"]["name"]
        for one in answer["cells"]["features"]
    }
    problems = [
        {"cell_id": one["cell_id"], "name": names.get(one["cell_id"], one["cell_id"]),
         "text": _problem(one)}
        for one in answer["problems"]
    ]  # fmt: skip
    count = answer["undo"]
    return {
        **answer,
        "problems": problems,
        "balance": draft_words.say_balance(answer["balance"]),
        "count_text": ngettext(
            "%(count)s edit in this draft.", "%(count)s edits in this draft.", count, count=count
        ),
    }


def _problem(one: Any) -> str:
    return draft_words.say_problem(one if isinstance(one, dict) else one._asdict())


def _refused(text: str, error: Exception, status: int) -> Response:
    return make_response(jsonify(error=text, detail=str(error), status=status), status)


def _stale(draft: Any, status: int) -> Response:
    return make_response(render_template("draft_stale.html", draft=draft), status)


def _from_form() -> Any:
    action = sent("action")
    if action in ("undo", "redo"):
        return action
    if action == "merge":
        return {"op": "merge", "cells": sent("pair").split("|")[:2]}
    if action == "between":
        try:
            metres = float(sent("metres"))
        except ValueError:
            metres = 0.0
        cells = sent("pair").split("|")[:2]
        return {"op": "between", "cells": cells, "metres": metres}
    return {"op": "halve", "cell": sent("cell"), "along": sent("along")}
