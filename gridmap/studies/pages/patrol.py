"""The patrol page: which due windows were met, with the bounds that unknown time leaves open."""

from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gridmap.store import reads, totals
from gridmap.studies.pages.listing import Order, list_rows, plain_column

DELAY_DAYS = 7
"""Patrol is shown to planners this many days [d] later, in classes of whole days."""
PRESENCE, MET_SHARE = "patrol.presence", "patrol.met_share"
_LISTED = (MET_SHARE, "patrol.dwell_s", "patrol.freshness_h")
_COUNTED = ("met", "partly", "missed", "unknown")


def patrol_page(
    connection: Connection,
    district_id: int,
    order: Order,
    *,
    window: str = "",
    whole_days: bool = False,
) -> dict[str, Any]:
    """Patrol coverage of a district.

    Parameters
    ----------
    connection : Connection
        In the scope of the reader.
    district_id : int
        The district.
    order : Order
        Order and page of the table.
    window : str, optional
        One occurrence, ``name@date``; default all together.
    whole_days : bool
        Whether the reader sees classes only (planners); windows are then not even read.

    Returns
    -------
    dict
        Counts ``due``, ``met``, ``partly``, ``missed``, ``unknown``; bounds ``low`` and ``high``;
        ``windows``, ``window``, ``measure``, ``rows`` (a Listing) and ``shown``
        (shares to colour the cells by, where the reader may see them).
    """
    statuses = totals.count_statuses(connection, district_id, PRESENCE)
    if whole_days:
        statuses = statuses.iloc[:0]
    windows = _windows(statuses)
    chosen = window if window in {row["window"] for row in windows} else ""
    figures = reads.read_coverage(connection, district_id, measure=_LISTED, window="")
    if chosen:
        presence = reads.read_coverage(connection, district_id, measure=PRESENCE, window=chosen)
        figures = pd.concat([figures, presence]) if len(figures) else presence
    rows = _rows(figures, chosen, reads.read_cells(connection, district_id))
    if whole_days:
        # A reason tells exact shares, or names windows; classes are all that such a reader sees.
        rows = rows.assign(reason=None)
    counted = statuses if not chosen else statuses[statuses["window"] == chosen]
    counts = _counts(counted) if not whole_days else _class_counts(rows)
    return {
        **counts,
        "windows": windows,
        "window": chosen,
        "measure": PRESENCE if chosen else MET_SHARE,
        "whole_days": whole_days,
        "delay_days": DELAY_DAYS,
        "rows": list_rows(rows, order, ["status", "value", "name"]),
        "shown": None if chosen or whole_days else _known(rows),
    }


def _counts(statuses: pd.DataFrame) -> dict[str, Any]:
    found = statuses.groupby("status")["rows"].sum()
    counts: dict[str, Any] = {name: int(found.get(name, 0)) for name in _COUNTED}
    due = sum(counts.values())
    counts["due"] = due
    counts["low"] = counts["met"] / due if due else None
    counts["high"] = (counts["met"] + counts["unknown"]) / due if due else None
    return counts


def _class_counts(rows: pd.DataFrame) -> dict[str, Any]:
    """Bounds for a reader of classes: no single window stands behind them."""
    known = rows.dropna(subset="value")
    low = float(known["value"].mean()) if len(known) else None
    found = rows["status"].value_counts()
    counts: dict[str, Any] = {name: int(found.get(name, 0)) for name in _COUNTED}
    return {**counts, "due": 0, "low": low, "high": low, "cells": len(known)}


def _windows(statuses: pd.DataFrame) -> list[dict[str, Any]]:
    """Occurrences, latest first, each with its bounds."""
    rows = []
    for window, part in statuses.groupby("window"):
        name, _, day = str(window).partition("@")
        rows.append({"window": window, "name": name, "day": day, **_counts(part)})
    return sorted(rows, key=lambda row: (row["day"], row["name"]), reverse=True)


def _rows(figures: pd.DataFrame, chosen: str, cells: pd.DataFrame) -> pd.DataFrame:
    shown = PRESENCE if chosen else MET_SHARE
    rows = figures[figures["measure"] == shown].set_index("cell_id")
    for name, measure in (("dwell", "patrol.dwell_s"), ("freshness", "patrol.freshness_h")):
        values = figures[figures["measure"] == measure].set_index("cell_id")["value"]
        rows[name] = values.reindex(rows.index)
    names = cells.set_index("cell_id")["name"]
    rows["name"] = names.reindex(rows.index).fillna(rows.index.to_series())
    return rows.reset_index()


def _known(rows: pd.DataFrame) -> list[Any]:
    """Shares to colour by; the low bound of what is unknown says nothing."""
    return plain_column(rows["value"].where(rows["status"] != "unknown"))
