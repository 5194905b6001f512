"""The grid against its principles: findings, map and table, one click from finding to cell."""

from flask import Blueprint, Response, abort, render_template

from gridmap.store.audit import record
from gridmap.studies import pages
from web import grid_words
from web.database import own_scope, reader, reading
from web.mapping import draw_map, legend_of
from web.shell import open_district
from web.views.downloads import SYNTHETIC, hand_out, with_synthetic, write_csv
from web.views.parsing import order, told

views = Blueprint("grid", __name__)


@views.get("/d/<int:district>/grid")
def show(district: int) -> str:
    """Show what the grid is like, principle by principle."""
    facts = open_district(district)
    with reading(district) as connection:
        page = pages.grid_page(
            connection,
            district,
            order(),
            measure=told("measure"),
            principle=told("principle"),
            finding=told("finding"),
        )
    finding = str(page["finding"]["number"]) if page["finding"] else ""
    drawn = draw_map(
        facts,
        title=str(grid_words.FIGURE[page["measure"]]),
        note=str(grid_words.FIGURE_MEANING[page["measure"]]),
        measure=page["measure"],
        classes=legend_of(page["shown"], page["unit"]),
        unit=page["unit"],
        picks={"cells": {"status": finding}},
        bounds=page["bounds"],
        selected=told("cell") or page["selected"],
        cells_from="grid",
    )
    return render_template("grid.html", page=page, drawn=drawn, words=grid_words)


@views.get("/d/<int:district>/grid.<kind>")
def export(district: int, kind: str) -> Response:
    """Hand out findings with their cells as CSV or XLSX; every row names the synthetic layers."""
    if kind not in ("csv", "xlsx"):
        abort(404)
    facts = open_district(district)
    with reading(district) as connection:
        found = pages.export_grid(
            connection, district, principle=told("principle"), finding=told("finding")
        )
    made_up = facts["synthetic"]
    body: str | bytes
    if kind == "csv":
        body = write_csv(found, pages.GRID_COLUMNS, made_up)
    else:
        columns = [*pages.GRID_COLUMNS, SYNTHETIC]
        body = pages.write_sheet(with_synthetic(found, made_up), columns, "grid")
    record(reader(), own_scope(district), "export", district_id=district, layer="cells")
    return hand_out(body, f"grid.{kind}")
