"""The gap page: what is not covered, first things first."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gridmap.store import reads, totals
from gridmap.studies.pages.listing import Listing, Order, list_rows, plain_rows, quiet_text

GAP_COLUMNS = (
    *("rank", "dimension", "measure", "cell_id", "community_code", "window", "status", "value"),
    *("required", "shortfall", "unit", "people", "since", "quality", "rule", "source"),
)
"""Columns of the exported table."""
_WHOLE = ("rank", "people")
DIMENSIONS = ("staffing", "services", "patrol", "cameras", "standards")
STATUSES = ("missed", "partly", "unknown")


def gaps_page(
    connection: Connection,
    district_id: int,
    order: Order,
    *,
    dimension: str = "",
    status: str = "",
) -> dict[str, Any]:
    """Gaps in scope, filtered and ranked.

    Returns
    -------
    dict
        ``dimension`` and ``status`` as used, ``dimensions`` there are, ``counts`` of each,
        ``ranks`` (classes) of what the map draws, and ``rows`` (a Listing).
    """
    counts = {
        name: totals.count_gaps(connection, district_id, dimension=name) for name in DIMENSIONS
    }
    chosen = dimension if counts.get(dimension) else ""
    status = status if status in STATUSES else ""
    return {
        "dimension": chosen,
        "status": status,
        "dimensions": [name for name, count in counts.items() if count],
        "counts": [{"dimension": name, "gaps": n} for name, n in counts.items() if n],
        "ranks": totals.read_rank_classes(
            connection, district_id, dimension=chosen or None, status=status or None
        ),
        "rows": _listed(connection, district_id, order, dimension=chosen, status=status),
    }


def export_gaps(
    connection: Connection, district_id: int, *, dimension: str = "", status: str = ""
) -> Iterator[dict[str, Any]]:
    """Gaps in scope as rows to export; a cell that a spreadsheet would run is made plain text.

    Yields
    ------
    dict
        One gap, with the columns :data:`GAP_COLUMNS`.
    """
    found = reads.read_gaps(
        connection, district_id, dimension=dimension or None, status=status or None, limit=None
    )
    table = found.reindex(columns=list(GAP_COLUMNS))
    whole = {name: table[name].astype(float).round().astype("Int64") for name in _WHOLE}
    for row in plain_rows(table.assign(**whole)):
        yield {name: quiet_text(value) for name, value in row.items()}


def _listed(
    connection: Connection, district_id: int, order: Order, *, dimension: str, status: str
) -> Listing:
    """One page: by rank the database cuts it, by another column all gaps are sorted here."""
    filters: dict[str, Any] = {"dimension": dimension or None, "status": status or None}
    names = reads.read_cells(connection, district_id).set_index("cell_id")["name"]
    if order.sort not in ("", "rank") or order.descending:
        every = reads.read_gaps(connection, district_id, limit=None, **filters)
        return list_rows(_named(every, names), order, ["rank"])
    total = totals.count_gaps(connection, district_id, **filters)
    page = min(max(1, order.page), max(1, -(-total // order.size)))
    part = reads.read_gaps(
        connection, district_id, limit=order.size, offset=(page - 1) * order.size, **filters
    )
    return Listing(plain_rows(_named(part, names)), total, page, order.size)


def _named(gaps: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    return gaps.assign(cell_name=gaps["cell_id"].map(names).fillna(gaps["cell_id"]))
