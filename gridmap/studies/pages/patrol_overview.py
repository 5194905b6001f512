"""The liaison's overview of patrol: the rate with its bounds, by period, day and place."""

from typing import Any, Literal

import pandas as pd
from sqlalchemy import Connection

from gridmap.store import patrol, reads

STATUSES = ("met", "partly", "missed", "unknown")
BY = ("period", "day", "community", "street", "beat")
"""What the rate can be told by."""
By = Literal["period", "day", "community", "street", "beat"]


def patrol_overview(connection: Connection, district_id: int, by: str = "") -> dict[str, Any]:
    """Tell how many due windows were met, with the bounds that unknown time leaves open.

    Parameters
    ----------
    connection : Connection
        In the scope of a liaison.
    district_id : int
    by : str, optional
        One of :data:`BY`; another is as good as ``period``.

    Returns
    -------
    dict
        Counts ``due``, ``met``, ``partly``, ``missed``, ``unknown``, bounds ``low`` and ``high``,
        ``good_share`` (windows whose fixes came often enough), ``unknown_share`` (of duty time;
        None where it is not known), ``by``, ``choices`` (those of :data:`BY` there is anything
        for), ``rows`` (a name, a count and bounds each, worst first; periods and days in their
        order) and ``days`` (as rows, by day).
    """
    counts = patrol.count_windows(connection, district_id)
    counts = counts.join(
        counts["window"].str.partition("@").set_axis(["period", "_", "day"], axis=1)
    )
    beats = patrol.list_beats(connection, district_id)
    choices = [one for one in BY if one != "beat" or beats]
    chosen: Any = by if by in choices else "period"
    rows = _rows(connection, district_id, counts, chosen)
    return {
        **count_statuses(counts),
        "good_share": counts["good"].sum() / counts["rows"].sum() if len(counts) else None,
        "unknown_share": _unknown_share(patrol.read_facts(connection, district_id)),
        "by": chosen,
        "choices": choices,
        "rows": rows if chosen in ("period", "day") else _worst_first(rows),
        "days": _grouped(counts, "day"),
    }


def count_statuses(counts: pd.DataFrame) -> dict[str, Any]:
    """Count by status, with both bounds of the rate; None where nothing was due.

    Examples
    --------
    >>> told = count_statuses(pd.DataFrame({"status": ["met", "unknown"], "rows": [1, 1]}))
    >>> told["due"], told["low"], told["high"]
    (2, 0.5, 1.0)
    """
    found = counts.groupby("status")["rows"].sum()
    told: dict[str, Any] = {name: int(found.get(name, 0)) for name in STATUSES}
    due = sum(told.values())
    told["due"] = due
    told["low"] = told["met"] / due if due else None
    told["high"] = (told["met"] + told["unknown"]) / due if due else None
    return told


def _rows(connection: Connection, district_id: int, counts: pd.DataFrame, by: By) -> Any:
    if by == "beat":
        return _grouped(patrol.count_by_beat(connection, district_id), "beat_id")
    if by in ("period", "day"):
        return _grouped(counts, by)
    places = reads.read_communities(connection, district_id).set_index("code")
    column = "name" if by == "community" else "street_name"
    names = counts["community_code"].map(places[column])
    names = names.where(names.notna() & (names != ""), counts["community_code"])
    return _grouped(counts.assign(place=names.fillna("")), "place")


def _grouped(counts: pd.DataFrame, column: str) -> list[dict[str, Any]]:
    return [{"name": str(name), **count_statuses(part)} for name, part in counts.groupby(column)]


def _worst_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["low"], row["high"], row["name"]))


def _unknown_share(facts: dict[str, Any]) -> float | None:
    days = facts.get("unknown") or []
    duty = sum(one["on_duty_s"] for one in days)
    return sum(one["unknown_s"] for one in days) / duty if duty else None
