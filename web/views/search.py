"""Search for a place, cell or site."""

from flask import Blueprint, Response, jsonify, render_template

from gridmap.studies import pages
from web.database import reading
from web.shell import open_district
from web.views.parsing import told

views = Blueprint("search", __name__)
_SUGGESTED = 8


@views.get("/d/<int:district>/search")
def show(district: int) -> str:
    """Places found, as a page."""
    open_district(district)
    text = told("q").strip()
    with reading(district) as connection:
        rows = pages.find_places(connection, district, text) if text else []
    return render_template("search.html", page={"text": text, "rows": rows})


@views.get("/d/<int:district>/search.json")
def suggest(district: int) -> Response:
    """Names to offer while the reader types."""
    text = told("q").strip()
    with reading(district) as connection:
        rows = pages.find_places(connection, district, text) if text else []
    return jsonify(
        [{"kind": r["kind"], "id": r["id"], "name": r["name"]} for r in rows[:_SUGGESTED]]
    )
