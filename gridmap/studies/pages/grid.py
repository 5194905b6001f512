"""The grid page: the nine principles, what breaks them, and what every cell is like."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gridmap.grid.principles import PRINCIPLES
from gridmap.store import findings as kept
from gridmap.store import reads
from gridmap.studies.pages.listing import (
    Listing,
    Order,
    list_rows,
    plain_column,
    plain_rows,
    quiet_text,
)

MEASURES: Mapping[str, tuple[str, bool]] = {
    "households": ("households", False),
    "deviation_share": ("share", True),
    "area_m2": ("m²", True),
    "compactness": ("", False),
    "ground_share": ("share", False),
    "street_share": ("share", False),
    "crossing_m": ("m", True),
    "street_m": ("m", True),
    "sites": ("sites", True),
}
"""Figures that the map can show: unit, and whether the largest is the worst."""
_FOR_PRINCIPLE: Mapping[str, str] = {
    "suitable_size": "households",
    "balanced": "households",
    "follows_ground": "ground_share",
}
_FOR_RULE: Mapping[str, str] = {
    "cell_crossed": "crossing_m",
    "straggling_cell": "compactness",
    "cell_in_parts": "compactness",
    "households_unknown": "area_m2",
}
_LISTED = ("households", "deviation_share", "area_m2", "compactness", "ground_share", "crossing_m")
GRID_COLUMNS = (
    *("finding", "principle", "rule", "severity", "cell_id", "name", "community_code"),
    *("households", "area_m2", "compactness", "ground_share", "crossing_m", "found", "remedy"),
)
"""Columns of the exported table: one row for each finding and cell."""


def grid_page(
    connection: Connection,
    district_id: int,
    order: Order,
    *,
    measure: str = "",
    principle: str = "",
    finding: str = "",
) -> dict[str, Any]:
    """Quality of the grid of a district.

    Parameters
    ----------
    connection : Connection
        In the scope of the reader.
    district_id : int
        The district.
    order : Order
        Order and page of the table.
    measure : str, optional
        One of :data:`MEASURES`, for the map; default what the finding or principle is about.
    principle : str, optional
        Principle that the findings and the table are narrowed to.
    finding : str, optional
        Number of one finding: the map shows its cells, the table lists them, worst first.

    Returns
    -------
    dict
        ``state`` (totals, balance, band …; empty where none is kept), ``principles`` in the order
        of the standard, each with its findings, ``principle``, ``finding`` (a dict or None),
        ``measure``, ``unit``, ``measures``, ``rows`` (a Listing), ``shown`` (values the map
        colours), ``bounds`` of the cells of the finding [°] and ``selected``, the worst of them.
    """
    found = kept.read_grid_findings(connection, district_id)
    of_cells = kept.read_finding_cells(connection, district_id)
    state = kept.read_grid_state(connection, district_id)
    cells = reads.read_cells(connection, district_id)
    figures = kept.read_grid_figures(connection, district_id)
    listed = _findings(found, of_cells)
    chosen = next((one for one in listed if str(one["number"]) == finding), None)
    principle = chosen["principle"] if chosen else principle if principle in PRINCIPLES else ""
    asked = measure if measure in MEASURES else _measure_for(chosen, principle, figures)
    picked = _picked(of_cells, listed, chosen, principle)
    table = _table(figures, cells)
    shown = figures[figures["measure"] == asked]
    if chosen:
        shown = shown[shown["cell_id"].isin(picked or ())]
    return {
        "state": state,
        "known": bool(len(figures)),
        "cells": len(cells),
        "principles": _principles(listed, state, known=bool(len(figures))),
        "principle": principle,
        "finding": chosen,
        "measure": asked,
        "measures": tuple(MEASURES),
        "unit": MEASURES[asked][0],
        "shown": plain_column(shown["value"]),
        "rows": _rows(table, picked, order, asked),
        "bounds": _bounds(cells, picked) if chosen else None,
        "selected": next(iter(picked or ()), None) if chosen else None,
    }


def export_grid(
    connection: Connection, district_id: int, *, principle: str = "", finding: str = ""
) -> list[dict[str, Any]]:
    """List findings as rows to export, one for each cell, with the columns :data:`GRID_COLUMNS`."""
    found = kept.read_grid_findings(connection, district_id)
    if finding:
        found = found[found["number"].astype(str) == finding]
    if principle:
        found = found[found["principle"] == principle]
    cells = reads.read_cells(connection, district_id)
    table = _table(kept.read_grid_figures(connection, district_id), cells)
    rows = found.merge(kept.read_finding_cells(connection, district_id), on="number")
    rows = rows.merge(table.drop(columns="community_code"), on="cell_id", how="left")
    rows = rows.sort_values(["number", "place"]).rename(columns={"number": "finding"})
    plain = plain_rows(rows.reindex(columns=list(GRID_COLUMNS)))
    return [{name: quiet_text(value) for name, value in row.items()} for row in plain]


def _findings(found: pd.DataFrame, of_cells: pd.DataFrame) -> list[dict[str, Any]]:
    counts = of_cells.groupby("number").size()
    rows = plain_rows(found)
    for row in rows:
        row["count"] = int(counts.get(row["number"], 0))
        area = re.search(r"([\d.]+) m²", row["found"])
        row["area_m2"] = float(area[1]) if area else None
    return rows


def _principles(
    findings: list[dict[str, Any]], state: Mapping[str, Any], *, known: bool
) -> list[dict[str, Any]]:
    unjudged = set(state.get("unjudged", ()))
    rows = []
    for name in PRINCIPLES if known else ():
        own = [one for one in findings if one["principle"] == name]
        status = "missed" if any(one["severity"] != "note" for one in own) else "partly"
        if not own:
            status = "unknown" if name in unjudged else "met"
        rows.append({"principle": name, "findings": own, "status": status})
    return rows


def _measure_for(chosen: Mapping[str, Any] | None, principle: str, figures: pd.DataFrame) -> str:
    """Figure that a finding or principle is about; without either the first that is known."""
    asked = _FOR_PRINCIPLE.get(principle, "households")
    if chosen:
        asked = _FOR_RULE.get(chosen["rule"], asked)
    values = figures["value"][figures["measure"] == asked]
    return asked if values.notna().any() else "area_m2"


def _picked(
    of_cells: pd.DataFrame,
    findings: list[dict[str, Any]],
    chosen: Mapping[str, Any] | None,
    principle: str,
) -> list[str] | None:
    """Cells of the finding or of the principle's findings, worst first; ``None``: all."""
    if not chosen and not principle:
        return None
    numbers = [one["number"] for one in findings if one["principle"] == principle]
    wanted = of_cells["number"].isin([chosen["number"]] if chosen else numbers)
    return list(dict.fromkeys(of_cells["cell_id"][wanted].dropna()))


def _table(figures: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """One row for each cell with a column for each figure, and the status of its size."""
    wide = figures.pivot_table(
        index="cell_id", columns="measure", values="value", aggfunc="first", dropna=False
    ).reindex(columns=list(MEASURES))
    own = cells.set_index("cell_id")[["name", "community", "community_code", "kind"]]
    table = wide.join(own, how="inner")
    table["name"] = table["name"].fillna(table.index.to_series())
    size = figures[figures["measure"] == "households"].set_index("cell_id")["status"]
    table["status"] = size.reindex(table.index)
    return table.reset_index()


def _rows(table: pd.DataFrame, picked: list[str] | None, order: Order, measure: str) -> Listing:
    """Rows of the table, worst first: by the finding, else by the figure that is shown."""
    if picked is not None:
        place = pd.Series(range(len(picked)), index=picked, dtype="int64")
        table = table[table["cell_id"].isin(picked)]
        return list_rows(table.assign(place=table["cell_id"].map(place)), order, ["place"])
    if measure == "households":
        return list_rows(table.assign(worst=-table["deviation_share"]), order, ["worst", "name"])
    sign = -1 if MEASURES[measure][1] else 1
    return list_rows(table.assign(worst=sign * table[measure]), order, ["worst", "name"])


def _bounds(cells: pd.DataFrame, picked: list[str] | None) -> tuple[float, ...] | None:
    own = cells[cells["cell_id"].isin(picked or ())]
    if own.empty:
        return None
    low, high = own[["west", "south"]].min(), own[["east", "north"]].max()
    return (*map(float, low), *map(float, high))
