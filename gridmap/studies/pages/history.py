"""The history page: editions of the grid, its cells as of any date, the family of one cell."""

import datetime as dt
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gridmap.store import editions
from gridmap.studies.pages.listing import Order, list_rows, plain_rows


def history_page(
    connection: Connection,
    district_id: int,
    order: Order,
    day: dt.date,
    *,
    cell_id: str = "",
) -> dict[str, Any]:
    """Tell the editions of a grid, the cells of a day, and what a cell came from and became.

    Parameters
    ----------
    connection : Connection
        In the scope of the reader.
    district_id : int
        The district.
    order : Order
        Order and page of the table of cells.
    day : date
        Local day that is shown.
    cell_id : str, optional
        Cell whose family is told.

    Returns
    -------
    dict
        ``editions``, ``day``, ``edition`` (the one in force on it, or None), ``began`` (its first
        day, ISO 8601, or ""), ``count``, ``changed`` (cells that began with it), ``rows`` (a
        Listing), ``cell_id``, ``came_from`` and ``became``.
    """
    log = editions.read_editions(connection, district_id)
    cells = editions.read_cells_on(connection, district_id, day)
    first_days = pd.to_datetime(log["valid_from"])
    begun = log[first_days.isna() | (first_days <= pd.Timestamp(day))]
    edition = plain_rows(begun.head(1))
    began = edition[0]["valid_from"] if edition else None
    table = pd.DataFrame(cells.drop(columns="geometry")).assign(area_m2=cells.area)
    fresh = table["valid_from"] == pd.Timestamp(began) if began else pd.Series(False, table.index)
    family = editions.read_lineage(connection, district_id, cell_id) if cell_id else None
    return {
        "editions": plain_rows(log),
        "day": day,
        "edition": edition[0] if edition else None,
        "began": began.isoformat() if began else "",
        "count": len(cells),
        "changed": int(fresh.sum()),
        "rows": list_rows(table.assign(changed=fresh, old=~fresh), order, ["old", "cell_id"]),
        "cell_id": cell_id,
        "came_from": _side(family, "came_from"),
        "became": _side(family, "became"),
    }


def _side(family: pd.DataFrame | None, side: str) -> list[dict[str, Any]]:
    return [] if family is None else plain_rows(family[family["side"] == side])
