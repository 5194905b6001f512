"""The patrol page of readers who see classes: which cells had their windows met, a week late."""

from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gridmap.store import reads
from gridmap.studies.pages.listing import Order, list_rows

DELAY_DAYS = 7
"""Patrol is shown to planners this many days [d] later, in classes of whole days."""
MET_SHARE = "patrol.met_share"
_COUNTED = ("met", "partly", "missed", "unknown")


def patrol_page(connection: Connection, district_id: int, order: Order) -> dict[str, Any]:
    """Patrol coverage of a district in classes: no window, no figure of a place, no reason.

    Parameters
    ----------
    connection : Connection
        In the scope of the reader.
    district_id : int
        The district.
    order : Order
        Order and page of the table.

    Returns
    -------
    dict
        Cells with a figure (``cells``), those ``met``, ``partly``, ``missed``, ``unknown``,
        ``delay_days``, ``measure`` and ``rows`` (a Listing).
    """
    figures = reads.read_coverage(connection, district_id, measure=MET_SHARE, window="")
    names = reads.read_cells(connection, district_id).set_index("cell_id")["name"]
    # A reason tells exact shares, or names windows.
    rows = figures.assign(
        name=figures["cell_id"].map(names).fillna(figures["cell_id"]), reason=None
    )
    return {
        **_counts(rows),
        "delay_days": DELAY_DAYS,
        "measure": MET_SHARE,
        "rows": list_rows(rows, order, ["status", "value", "name"]),
    }


def _counts(rows: pd.DataFrame) -> dict[str, Any]:
    found = rows["status"].value_counts()
    counts: dict[str, Any] = {name: int(found.get(name, 0)) for name in _COUNTED}
    return {**counts, "cells": sum(counts.values())}
