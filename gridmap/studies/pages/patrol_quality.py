"""How far figures of patrol can be trusted, streets that were walked, and how beats compare."""

from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gridmap.store import patrol, reads
from gridmap.studies.pages.listing import Order, list_rows
from gridmap.studies.patrol_results import BINS_S

STEPS = ("off_shift", "out_of_range", "clock", "duplicate", "spike")
"""Steps of cleaning, in their order."""
STREETS_BY = ("name", "highway")


def quality_page(connection: Connection, district_id: int) -> dict[str, Any]:
    """Intervals between fixes, unknown duty time, and what cleaning removed at each step.

    Returns
    -------
    dict
        ``given`` and ``kept`` fixes, ``steps`` (name, removed, share of the given), ``intervals``
        by way of moving, ``bins`` (lower bounds [s]), ``days`` (day, on_duty_s, unknown_s,
        unknown_share), ``unknown_share`` and ``quality`` (counts of windows by quality).
    """
    facts = patrol.read_facts(connection, district_id)
    account = facts.get("cleaning") or {}
    given = account.get("given", 0)
    days = [
        {**one, "unknown_share": one["unknown_s"] / one["on_duty_s"]}
        for one in facts.get("unknown") or []
    ]
    duty = sum(one["on_duty_s"] for one in days)
    counts = patrol.count_windows(connection, district_id)
    good, every = (int(counts[name].sum()) for name in ("good", "rows"))
    named = [*STEPS, *(name for name in account if name not in {*STEPS, "given", "kept"})]
    return {
        "given": given,
        "kept": account.get("kept", 0),
        "steps": [
            {"name": name, "removed": account[name], "share": account[name] / given}
            for name in named
            if name in account and given
        ],
        "intervals": facts.get("intervals") or [],
        "bins": list(BINS_S),
        "days": days,
        "on_duty_s": duty,
        "unknown_share": sum(one["unknown_s"] for one in days) / duty if duty else None,
        "windows": every,
        "good": good,
    }


def beats_page(connection: Connection, district_id: int, order: Order) -> dict[str, Any]:
    """Balance of beats and the hours of their visits; of places, never of persons.

    Returns
    -------
    dict
        ``kind`` (``beat``, or ``community`` standing in; empty where nothing is told), ``balance``
        by load, and ``rows`` (a Listing).
    """
    facts = patrol.read_facts(connection, district_id).get("beats") or {}
    rows = pd.DataFrame(facts.get("rows") or [])
    if rows.empty:
        return {"kind": "", "balance": {}, "rows": list_rows(rows, order)}
    places = reads.read_communities(connection, district_id).set_index("code")["name"]
    named = rows["beat_id"].map(places) if facts["kind"] == "community" else rows["beat_id"]
    rows = rows.assign(
        name=named.fillna(rows["beat_id"]),
        per_street=rows["presence_s"] / rows["street_m"].where(rows["street_m"] > 0),
    )
    listed = list_rows(rows, order, ["per_street", "name"])
    return {"kind": facts["kind"], "balance": facts["balance"], "rows": listed}


def streets_page(
    connection: Connection, district_id: int, order: Order, by: str = ""
) -> dict[str, Any]:
    """Streets by name or kind: how much of each was walked, and which never.

    Returns
    -------
    dict
        Totals ``length_m``, ``covered_m``, ``never_m``, ``full_m``, ``covered_share``, ``pieces``;
        ``by`` as used, and ``rows`` (a Listing).
    """
    totals = patrol.sum_streets(connection, district_id)
    chosen: Any = by if by in STREETS_BY else "name"
    rows = patrol.list_streets(connection, district_id, chosen)
    length = totals["length_m"]
    # The longest of those least walked first.
    rows = rows.assign(open_m=rows["length_m"] - rows["covered_m"])
    order = order if order.sort else Order("open_m", True, order.page, order.size)
    return {
        **totals,
        "covered_share": totals["covered_m"] / length if length else None,
        "never": int((rows["covered_m"] <= 0).sum()),
        "by": chosen,
        "rows": list_rows(rows, order, ["label"]),
    }
