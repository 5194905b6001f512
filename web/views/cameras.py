"""Cameras, for liaisons; what is seen of homes stands beside what is seen of public space."""

from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, url_for
from flask_babel import gettext

from gridmap.errors import InputError
from gridmap.store.audit import record
from gridmap.studies import pages
from web import camera_words
from web.database import own_scope, reader, reading
from web.mapping import Drawn, draw_map, legend_of, with_files
from web.shell import open_district
from web.sittings import record_once
from web.views.parsing import order, read_day, told, window_of
from web.words import measure_name

views = Blueprint("cameras", __name__)
_SHEETS, _SCRIPTS = ("css/camera.css",), ("js/camera-layers.js",)
NEITHER = "neither"
_FROM_TILES = {"views": "views", "spots": "blind_spots"}
"""Layers that are stored, and so come as tiles unless all is measured anew."""


@views.get("/d/<int:district>/cameras")
def show(district: int) -> str:
    """Public space seen at a level, with the privacy findings."""
    facts = open_district(district)
    scope = own_scope(district)
    record(reader(), scope, "read", district_id=district, layer="cameras")
    with reading(district) as connection:
        page = pages.cameras_page(
            connection,
            scope,
            district,
            order(),
            told("level"),
            _terms(connection, district),
            told("table"),
            told("show"),
        )
        periods = pages.period_names(connection, district) if page["shown"] == NEITHER else []
    overlaid = page["live"] or page["shown"] not in _FROM_TILES
    return render_template(
        "cameras.html",
        page=page,
        periods=periods,
        period=told("period"),
        steps=camera_words.STEP,
        drawn=_map(facts, page),
        wire=_wire(district, page) if overlaid else None,
    )


@views.get("/d/<int:district>/cameras/shapes")
def shapes(district: int) -> Response:
    """Shapes of a layer in a part of the map, measured on the terms of the page."""
    window = window_of(told("window"))
    if window is None:
        raise InputError("Expected a window as west,south,east,north in degrees; found none.")
    scope = own_scope(district)
    record_once(scope, district, "views")
    layer, level = told("layer"), told("level")
    with reading(district) as connection:
        draw = partial(pages.neither_shapes, connection, district, period=level)
        found = pages.shapes_page(
            connection,
            scope,
            district,
            _terms(connection, district),
            layer,
            level,
            window,
            draw if layer == NEITHER else None,
        )
    return jsonify(found)


def _terms(connection: Any, district: int) -> Any:
    return pages.terms_of(
        connection,
        district,
        told("edition"),
        read_day(told("on")) if told("on") else None,
        working_only=told("broken") != "1",
    )


def _map(facts: dict[str, Any], page: dict[str, Any]) -> Drawn | None:
    # Cells are coloured by what is stored, and under layers that have no colours of their own.
    stored = not page["live"]
    coloured = stored and page["shown"] in _FROM_TILES
    chosen = _FROM_TILES[page["shown"]] if coloured else ""
    others = (one for one in _FROM_TILES.values() if stored and one != chosen)
    drawn = draw_map(
        facts,
        title=measure_name(page["measure"]) if coloured else _title(page["shown"]),
        measure=page["measure"] if coloured else "",
        classes=legend_of(page["values"], "share") if coloured else (),
        unit="share",
        note=gettext("An upper bound: trees and walls are not in the data."),
        layers=("base", *(("cells", chosen) if coloured else ()), "communities", "cameras"),
        hidden=tuple(others),
        picks={"views": page["drawn_level"]},
        selected=told("cell") or None,
    )
    return drawn and with_files(drawn, _SHEETS, _SCRIPTS)


def _title(shown: str) -> str:
    names = {
        "views": gettext("Views by level"),
        "depth": gettext("How many see the same ground"),
        "spots": gettext("Blind spots"),
        NEITHER: gettext("Neither camera nor person"),
        "public": gettext("Public space"),
    }
    return names[shown]


def _told_apart(level: str, shown: str) -> str:
    """Tell what is drawn apart: views by their level, ground without anybody by the key period."""
    return level if shown == "views" else told("period") if shown == NEITHER else ""


def _wire(district: int, page: dict[str, Any]) -> dict[str, Any]:
    """Plain values that the script of the layers starts from."""
    terms = page["terms"]
    asked = {
        "layer": page["shown"],
        "level": _told_apart(page["drawn_level"], page["shown"]),
        "edition": terms.edition,
        "on": str(terms.on or ""),
        "broken": "" if terms.working_only else "1",
    }
    return {
        "shapes": url_for("cameras.shapes", district=district),
        "asked": {name: value for name, value in asked.items() if value},
        "words": {
            "working": gettext("Measuring …"),
            "failed": gettext("The layer could not be loaded. Move the map to try again."),
            "many": gettext("Too many shapes here. Come closer to see them."),
        },
    }
