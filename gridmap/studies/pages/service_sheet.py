"""What serves one cell: for every facility type the nearest sites, the share, the rule."""

from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gridmap.store import service_results as kept
from gridmap.studies.pages.listing import WORST_FIRST, plain_rows

_SUFFIX = ".walk_share"


def serving_of(
    connection: Connection, district_id: int, cell_id: str, figures: pd.DataFrame
) -> list[dict[str, Any]]:
    """Everything that serves a cell, by facility type, the worst served first.

    Parameters
    ----------
    connection : Connection
        In the scope of the reader.
    district_id : int
        The district.
    cell_id : str
        The cell.
    figures : DataFrame
        Rows of the coverage table of the cell.

    Returns
    -------
    list of dict
        ``type``; ``share`` of people within the norm with ``status``, ``quality``, ``reason``,
        ``rule`` and ``source``; ``open`` and ``planned`` sites, the one of most people first, with
        ``walk_m``, ``nearest_share``, ``norm_share``; ``from_middle`` where nobody lives here.
        Empty where nothing was stored.
    """
    sites = kept.read_cell_sites(connection, district_id, cell_id)
    shares = figures[figures["measure"].str.endswith(_SUFFIX)]
    if sites.empty:
        return []
    listed = plain_rows(sites)
    rows = [_row(one, listed) for one in plain_rows(shares)]
    return sorted(rows, key=_worst_first)


def _row(share: dict[str, Any], sites: list[dict[str, Any]]) -> dict[str, Any]:
    kind = share["measure"].removesuffix(_SUFFIX)
    own = [one for one in sites if one["type"] == kind]
    told = ("status", "quality", "reason", "rule", "source")
    return {
        "type": kind,
        "share": share["value"],
        **{name: share[name] for name in told},
        "open": [one for one in own if one["state"] == "open"],
        "planned": [one for one in own if one["state"] == "planned"],
        "from_middle": any(one["from_middle"] for one in own),
    }


def _worst_first(row: dict[str, Any]) -> tuple[int, float, str]:
    return (WORST_FIRST.get(row["status"], 9), row["share"] or 0.0, row["type"])
