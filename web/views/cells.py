"""The cell sheet, and the details beside a map."""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, url_for

from gridmap.studies import pages
from web.auth import current_role
from web.database import reading
from web.mapping import draw_map
from web.permissions import LIAISON, PATROL_FIGURES
from web.reasons import say_reason
from web.shell import open_district
from web.words import amount, column_label, measure_name, people

views = Blueprint("cells", __name__)
_MEASURE = "staffing.accountable"


@views.get("/d/<int:district>/cells/<cell_id>")
def show(district: int, cell_id: str) -> str:
    """All about one cell, on one page."""
    facts = open_district(district)
    with reading(district) as connection:
        page = pages.cell_page(
            connection, district, cell_id, facts["as_of"], patrol_in_classes=_in_classes()
        )
        strip = None
        if current_role() == LIAISON:
            strip = pages.cell_strip(connection, district, cell_id)
    cell = page["cell"]
    drawn = draw_map(
        facts,
        title=measure_name(_MEASURE),
        measure=_MEASURE,
        layers=("base", "cells", "communities", "sites", "cameras"),
        bounds=[cell[name] for name in ("west", "south", "east", "north")],
    )
    return render_template("cell.html", page=page, drawn=drawn, strip=strip)


@views.get("/d/<int:district>/cells/<cell_id>/details")
def details(district: int, cell_id: str) -> Response:
    """Answer the panel beside a map: texts ready to read."""
    with reading(district) as connection:
        told = pages.cell_details(connection, district, cell_id, patrol_in_classes=_in_classes())
    cell = told["cell"]
    return jsonify(
        name=cell["name"] or cell_id,
        href=url_for("cells.show", district=district, cell_id=cell_id),
        facts=[
            {"label": text, "value": value}
            for text, value in _facts(cell)
            if value not in (None, "")
        ],
        measures=[_measure(tile) for tile in told["tiles"]],
        bounds=[cell[name] for name in ("west", "south", "east", "north")],
    )


def _in_classes() -> bool:
    return current_role() not in PATROL_FIGURES


def _facts(cell: dict[str, Any]) -> list[tuple[str, Any]]:
    label = column_label
    return [
        (label("code", "cells"), cell["code"]),
        (label("*", "communities"), cell["community"]),
        (label("population", "cells"), people(cell["population"])),
        (label("households", "cells"), people(cell["households"])),
    ]


def _measure(tile: dict[str, Any]) -> dict[str, Any]:
    return {
        "label": measure_name(tile["measure"]),
        "value": amount(tile["value"], tile["unit"]),
        "required": amount(tile["required"], tile["unit"]) if tile["required"] else None,
        "status": tile["status"],
        "quality": tile["quality"],
        "reason": say_reason(tile["reason"]) or None,
    }
