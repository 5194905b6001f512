"""Windows of patrol over time: the moments of the slider, and the strip of one cell."""

from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gridmap.store import patrol, reads
from gridmap.studies.pages.listing import Order, list_rows, plain_rows
from gridmap.studies.pages.patrol_overview import count_statuses

_FIRST = "00:00"
_STATUS_RANK = {"missed": 0, "partly": 1, "unknown": 2, "met": 3}


def windows_page(
    connection: Connection, district_id: int, order: Order, moment: str = ""
) -> dict[str, Any]:
    """Every moment the map can show, the one chosen, and its cells.

    Parameters
    ----------
    connection : Connection
        In the scope of a liaison.
    district_id : int
    order : Order
        Order and page of the table.
    moment : str, optional
        ``name@day``, ``@day`` or ``name@``; another is as good as the last occurrence.

    Returns
    -------
    dict
        ``moments`` in the order of time: window, name, day, start, end and counts each;
        ``moment`` (as used), ``place`` of it among the moments (None for a day or a period),
        ``days`` and ``periods`` there are, the counts of the moment, and ``rows`` (a Listing).
    """
    counts = patrol.count_windows(connection, district_id)
    moments = _moments(counts, _hours(connection, district_id))
    names = [one["window"] for one in moments]
    days = sorted({one["day"] for one in moments})
    periods = sorted({one["name"] for one in moments})
    known = {*names, *(f"@{day}" for day in days), *(f"{name}@" for name in periods)}
    chosen = moment if moment in known else (names[-1] if names else "")
    shown = counts[_in_moment(counts["window"], chosen)]
    return {
        "moments": moments,
        "moment": chosen,
        "place": names.index(chosen) if chosen in names else None,
        "days": days,
        "periods": periods,
        **count_statuses(shown),
        "rows": list_rows(
            _cells(connection, district_id, chosen), order, ["status", "value", "name"]
        ),
    }


def cell_strip(connection: Connection, district_id: int, cell_id: str) -> dict[str, Any]:
    """History of one cell: what became of every window of every day.

    Returns
    -------
    dict
        ``days``, ``periods`` (name, start, end, and ``marks``: one for each day, None where
        nothing was due, else status, value [min], required [min], quality and reason), and counts
        ``due``, ``met`` … with their bounds.
    """
    rows = patrol.read_cell_windows(connection, district_id, cell_id)
    rows = rows.join(rows["window"].str.partition("@").set_axis(["name", "_", "day"], axis=1))
    hours = _hours(connection, district_id)
    days = sorted(rows["day"].unique())
    marks = {(row["name"], row["day"]): row for row in plain_rows(rows)}
    names = sorted(rows["name"].unique(), key=lambda name: (hours.get(name, (_FIRST, ""))[0], name))
    return {
        "days": days,
        "periods": [
            {
                "name": name,
                "hours": hours.get(name),
                "marks": [marks.get((name, day)) for day in days],
            }
            for name in names
        ],
        **count_statuses(rows.assign(rows=1)),
    }


def _hours(connection: Connection, district_id: int) -> dict[str, tuple[str, str]]:
    """Local start and end of each window by name, where a requirement tells them."""
    asked = reads.read_requirements(connection, district_id).drop_duplicates("window")
    return {
        str(row["window"]): (row["start"] or _FIRST, row["end"] or "24:00")
        for row in asked.to_dict("records")
    }


def _moments(counts: pd.DataFrame, hours: dict[str, tuple[str, str]]) -> list[dict[str, Any]]:
    rows = []
    for window, part in counts.groupby("window"):
        name, _, day = str(window).partition("@")
        told = {"window": str(window), "name": name, "day": day, "hours": hours.get(name)}
        rows.append({**told, **count_statuses(part)})
    return sorted(
        rows, key=lambda row: (row["day"], (row["hours"] or (_FIRST, ""))[0], row["name"])
    )


def _in_moment(windows: pd.Series, moment: str) -> pd.Series:
    if moment.startswith("@"):
        return windows.str.endswith(moment)
    return windows.str.startswith(moment) if moment.endswith("@") else windows == moment


def _cells(connection: Connection, district_id: int, moment: str) -> pd.DataFrame:
    """Cells of a moment; of several windows the worst one, and how many were met."""
    exact = moment if moment and not (moment.startswith("@") or moment.endswith("@")) else None
    rows = reads.read_coverage(connection, district_id, measure=patrol.PRESENCE, window=exact)
    rows = rows[_in_moment(rows["window"], moment)]
    names = reads.read_cells(connection, district_id).set_index("cell_id")["name"]
    rows = rows.assign(
        name=rows["cell_id"].map(names).fillna(rows["cell_id"]),
        worst=rows["status"].map(_STATUS_RANK),
        met=(rows["status"] == "met").astype(int),
    )
    totals = rows.groupby("cell_id").agg(due=("met", "size"), met=("met", "sum"))
    first = rows.sort_values("worst", kind="stable").drop_duplicates("cell_id")
    return first.drop(columns=["met", "worst"]).join(totals, on="cell_id")
