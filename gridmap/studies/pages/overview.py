"""The overview: four tiles, one for each dimension, and the first gaps to look at."""

from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gridmap.store import reads, totals
from gridmap.studies.pages.cameras import SHARES, required_level, share_by_level
from gridmap.studies.pages.gaps import DIMENSIONS
from gridmap.studies.pages.listing import WORST_FIRST, plain_rows

WORST = 3
"""Places named on a tile."""
FIRST_GAPS = 10
_LAYERS = {
    "staffing": {"posts", "duties"},
    "services": {"sites", "population"},
    "patrol": {"requirements", "shifts", "fixes"},
    "cameras": {"cameras"},
}
"""Layers that a figure of a dimension rests on: where one is synthetic, so is the figure."""


def overview_page(
    connection: Connection,
    district_id: int,
    synthetic: list[str] | None = None,
    *,
    patrol_in_classes: bool = False,
) -> dict[str, Any]:
    """Four dimensions at a glance.

    Parameters
    ----------
    connection : Connection
        In the scope of the reader.
    district_id : int
        The district.
    synthetic : list of str, optional
        Layers of the district that are made up.
    patrol_in_classes : bool
        Whether the reader sees patrol of a place in classes only (all but liaisons).

    Returns
    -------
    dict
        ``cells``, ``population``, ``gaps``, ``gaps_by`` dimension, ``tiles`` (each with its share
        ``low`` and bound ``high``, what it is a share ``of``, and the ``worst`` places) and
        ``worst_gaps``.
    """
    summary = reads.read_summary(connection, district_id)
    names = reads.read_cells(connection, district_id).set_index("cell_id")["name"]
    counts = {
        name: totals.count_gaps(connection, district_id, dimension=name) for name in DIMENSIONS
    }
    first = reads.read_gaps(connection, district_id, limit=FIRST_GAPS)
    seen = totals.read_shares(connection, district_id, SHARES)
    tiles = [_staffing(summary), _services(summary), _patrol(summary), _cameras(summary, seen)]
    for tile in tiles:
        tile["worst"] = _worst(connection, district_id, tile["measure"], names)
        tile["synthetic"] = bool(_LAYERS[tile["dimension"]] & set(synthetic or ()))
        if patrol_in_classes and tile["dimension"] == "patrol":
            tile["worst"] = [{**row, "unit": "class"} for row in tile["worst"]]
    return {
        "cells": summary.get("cells"),
        "population": summary.get("population"),
        "gaps": sum(counts.values()),
        "gaps_by": [{"dimension": name, "gaps": n} for name, n in counts.items() if n],
        "tiles": tiles,
        "worst_gaps": plain_rows(first.assign(name=first["cell_id"].map(names))),
    }


def _staffing(summary: dict[str, Any]) -> dict[str, Any]:
    told, cells = summary.get("staffing"), summary.get("cells")
    tile = {"dimension": "staffing", "measure": "staffing.accountable", "low": None, "high": None}
    if not told or not cells:
        return tile
    missing = told.get("cells_without_accountable", 0)
    return tile | {"low": 1 - missing / cells, "of": cells, "missing": missing}


def _services(summary: dict[str, Any]) -> dict[str, Any]:
    told = summary.get("services") or {}
    known = {name: one for name, one in told.items() if one.get("served_share") is not None}
    tile: dict[str, Any] = {"dimension": "services", "measure": "", "low": None, "high": None}
    if not known:
        return tile
    # A type without any site says little about where; it is counted beside the tile.
    placed = [name for name in known if known[name].get("sites", 1)] or list(known)
    worst = min(placed, key=lambda name: known[name]["served_share"])
    return tile | {
        "measure": f"{worst}.walk_share",
        "low": known[worst]["served_share"],
        "of": summary.get("population"),
        "norm_m": known[worst].get("norm_m"),
        "type": worst,
        "absent": len(known) - len(placed),
    }


def _patrol(summary: dict[str, Any]) -> dict[str, Any]:
    told = summary.get("patrol")
    tile = {"dimension": "patrol", "measure": "patrol.met_share", "low": None, "high": None}
    if not told or not told.get("due"):
        return tile
    return tile | {"low": told.get("rate_low"), "high": told.get("rate_high"), "of": told["due"]}


def _cameras(summary: dict[str, Any], figures: pd.DataFrame) -> dict[str, Any]:
    told, level = summary.get("cameras"), required_level(figures)
    tile = {"dimension": "cameras", "measure": "", "low": None, "high": None}
    if not told or not level:
        return tile
    return tile | {
        "measure": f"camera.share_{level}",
        "low": share_by_level(figures).get(level),
        "of": told.get("public_area_m2"),
        "level": level,
    }


def _worst(
    connection: Connection, district_id: int, measure: str, names: pd.Series
) -> list[dict[str, Any]]:
    if not measure:
        return []
    rows = reads.read_coverage(connection, district_id, measure=measure)
    rows = rows[rows["status"].isin(["missed", "partly"])]
    rows = rows.assign(order=rows["status"].map(WORST_FIRST), name=rows["cell_id"].map(names))
    chosen = rows.sort_values(["order", "shortfall"], ascending=[True, False]).head(WORST)
    return plain_rows(chosen)
