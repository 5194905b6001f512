"""The cell sheet, the details beside the map, and the list of a worker's own cells."""

import datetime as dt
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gridmap.store import reads
from gridmap.studies.pages.camera_windows import windows_together
from gridmap.studies.pages.listing import plain, plain_rows, worst_status
from gridmap.studies.pages.service_sheet import serving_of

DIMENSIONS = ("staffing", "services", "patrol", "cameras", "standards")
MEASURE_OF_TILE = {
    "staffing": "staffing.accountable",
    "services": ".walk_share",
    "patrol": "patrol.met_share",
    "cameras": "camera.share_",
    "standards": "met",
}
"""Measure, or part of its name, that stands for a dimension; the worst row where several fit."""
SHOWN_GAPS = 3
"""Gaps named on a card; the sheet lists all."""


def cell_page(
    connection: Connection,
    district_id: int,
    cell_id: str,
    on: dt.date,
    *,
    patrol_in_classes: bool = False,
) -> dict[str, Any]:
    """All about one cell.

    Parameters
    ----------
    connection : Connection
        In the scope of the reader.
    district_id : int
        The district.
    cell_id : str
        The cell.
    on : date
        Day on which duties and requirements hold.
    patrol_in_classes : bool
        Whether the reader sees patrol in classes only (all but liaisons and workers).

    Returns
    -------
    dict
        ``cell``, ``tiles`` (one for each dimension), ``posts``, ``due``, ``gaps``, ``sites``,
        ``serving`` (what serves the cell, by facility type),
        ``neighbours``, ``figures`` (all rows of the coverage table) and ``together`` (due windows
        by name, by person and camera; for who sees patrol in figures).

    Raises
    ------
    ScopeError
        If there is no such cell in scope.
    """
    told = reads.read_cell(connection, district_id, cell_id, on)
    figures = _in_classes(told["coverage"], patrol_in_classes)
    requirements = reads.read_requirements(connection, district_id, cell_id)
    return {
        "cell": {name: plain(value) for name, value in told["cell"].items()},
        "tiles": _tiles(figures),
        "posts": plain_rows(told["duties"]),
        "due": _due(requirements, [cell_id], on)[cell_id],
        "gaps": plain_rows(told["gaps"]),
        "sites": plain_rows(told["sites"]),
        "serving": serving_of(connection, district_id, cell_id, figures),
        "neighbours": plain_rows(told["neighbours"]),
        "figures": plain_rows(figures),
        "together": [] if patrol_in_classes else windows_together(told["coverage"]),
    }


def cell_details(
    connection: Connection, district_id: int, cell_id: str, *, patrol_in_classes: bool = False
) -> dict[str, Any]:
    """Read what the panel beside the map says: the cell and one figure for each dimension."""
    told = reads.read_cell(connection, district_id, cell_id)
    figures = _in_classes(told["coverage"], patrol_in_classes)
    tiles = [_tile(figures, name) for name in DIMENSIONS]
    return {
        "cell": {name: plain(value) for name, value in told["cell"].items()},
        "tiles": [tile for tile in tiles if tile["measure"]],
    }


def _in_classes(figures: pd.DataFrame, asked: bool) -> pd.DataFrame:
    """Mark figures of patrol to be written as classes, without the reason that tells them."""
    if not asked:
        return figures
    patrol = figures["dimension"] == "patrol"
    return figures.assign(
        unit=figures["unit"].mask(patrol, "class"), reason=figures["reason"].mask(patrol, None)
    )


def my_cells_page(connection: Connection, district_id: int, today: dt.date) -> dict[str, Any]:
    """List the cells of a worker, worst first: what is due, what is overdue, who else answers.

    Returns
    -------
    dict
        ``today``, ``due`` and ``overdue`` (counts) and ``cells`` (one card each)
        and the ``bounds`` of them [°].
    """
    cells = reads.read_cells(connection, district_id)
    gaps = reads.read_gaps(connection, district_id, limit=None)
    due = _due(reads.read_requirements(connection, district_id), list(cells["cell_id"]), today)
    posts = _posts(reads.read_duties(connection, district_id, list(cells["cell_id"]), today), cells)
    cards = [
        _card(row, gaps[gaps["cell_id"] == row["cell_id"]], due, posts) for row in plain_rows(cells)
    ]
    cards.sort(key=lambda card: (-card["overdue"], -card["score"], str(card["name"])))
    return {
        "today": today,
        "due": sum(len(card["due"]) for card in cards),
        "overdue": sum(card["overdue"] for card in cards),
        "cells": cards,
        "bounds": _bounds(cells),
    }


def _bounds(cells: pd.DataFrame) -> list[float] | None:
    """West, south, east, north [°] of all cells."""
    if cells.empty:
        return None
    low, high = cells[["west", "south"]].min(), cells[["east", "north"]].max()
    return [*low.astype(float).tolist(), *high.astype(float).tolist()]


def _card(
    cell: dict[str, Any],
    gaps: pd.DataFrame,
    due: dict[str, list[dict[str, Any]]],
    posts: dict[str, list[dict[str, Any]]],
) -> dict[str, Any]:
    cell_id = cell["cell_id"]
    missed = gaps[(gaps["dimension"] == "patrol") & (gaps["status"] == "missed")]
    shown = gaps.drop_duplicates("measure").head(SHOWN_GAPS)
    return {
        "cell_id": cell_id,
        "name": cell.get("name"),
        "code": cell.get("code"),
        "community": cell.get("community") or cell.get("community_code"),
        "worst": worst_status(list(gaps["status"])) if len(gaps) else "met",
        "overdue": len(missed),
        "score": float(gaps["score"].fillna(0).sum()),
        "due": due.get(cell_id, []),
        "gaps": plain_rows(shown),
        "more": max(0, gaps["measure"].nunique() - len(shown)),
        "roles": list(dict.fromkeys(post["role"] for post in posts.get(cell_id, []))),
    }


def _tiles(figures: pd.DataFrame) -> list[dict[str, Any]]:
    """One for each dimension; no tile says that a cell was judged by no standard."""
    tiles = [_tile(figures, name) for name in DIMENSIONS]
    return [one for one in tiles if one["measure"] or one["dimension"] != "standards"]


def _tile(figures: pd.DataFrame, dimension: str) -> dict[str, Any]:
    part = figures[figures["dimension"] == dimension]
    fitting = part[part["measure"].str.contains(MEASURE_OF_TILE[dimension], regex=False)]
    judged = fitting[fitting["status"] != "not_due"]
    chosen = judged if len(judged) else fitting
    if chosen.empty:
        return {"dimension": dimension, "measure": None, "status": "not_due"}
    worst = worst_status(list(chosen["status"]))
    rows = plain_rows(chosen[chosen["status"] == worst].sort_values("value").head(1))
    return {**rows[0], "dimension": dimension}


def _posts(duties: pd.DataFrame, cells: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Find the posts that answer for each cell: its own, then those of its whole community."""
    rows = plain_rows(duties)
    found: dict[str, list[dict[str, Any]]] = {}
    for cell_id, community in zip(cells["cell_id"], cells["community_code"], strict=True):
        own = [row for row in rows if row["cell_id"] == cell_id]
        found[cell_id] = own + [row for row in rows if row["cell_id"] == community]
    return found


def _due(
    requirements: pd.DataFrame, cell_ids: list[str], on: dt.date
) -> dict[str, list[dict[str, Any]]]:
    """Find what is due on a day in each cell, with what is due in every cell (``*``)."""
    weekday = str(on.isoweekday())
    rows = [
        row for row in plain_rows(requirements) if weekday in str(row.get("weekdays") or "1234567")
    ]
    return {
        one: sorted(
            (row for row in rows if row["cell_id"] in (one, "*")), key=lambda row: row["end"] or ""
        )
        for one in cell_ids
    }
