"""The staffing page: which cells have an accountable post of their own."""

from typing import Any

from sqlalchemy import Connection

from gridmap.store import reads
from gridmap.studies.pages.listing import Order, list_rows

MEASURE, _POSTS = "staffing.accountable", "staffing.posts"


def staffing_page(connection: Connection, district_id: int, order: Order) -> dict[str, Any]:
    """Accountable posts, cell by cell.

    Returns
    -------
    dict
        ``summary``, ``own`` (cells with one accountable post of their own), ``cells`` and
        ``rows`` (a Listing).
    """
    summary = reads.read_summary(connection, district_id)
    figures = reads.read_coverage(connection, district_id, measure=(MEASURE, _POSTS))
    rows = figures[figures["measure"] == MEASURE].set_index("cell_id")
    posts = figures[figures["measure"] == _POSTS].set_index("cell_id")["value"]
    cells = reads.read_cells(connection, district_id).set_index("cell_id")["name"]
    rows = rows.assign(
        posts=posts.reindex(rows.index),
        name=cells.reindex(rows.index).fillna(rows.index.to_series()),
    ).reset_index()
    return {
        "summary": summary.get("staffing"),
        "own": int((rows["status"] == "met").sum()),
        "cells": len(rows),
        "rows": list_rows(rows, order, ["status", "name"]),
    }
