"""The overview of services: every facility type in one table, the least served first."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from gridmap import reference
from gridmap.maps.colours import SHARE_BREAKS
from gridmap.standards.rules import Rule, join_rules, shipped_rules
from gridmap.store import reads
from gridmap.store import service_results as kept
from gridmap.store import standards as kept_standards
from gridmap.studies.pages.listing import Order, list_rows, plain, worst_status

GOOD_SHARE = 0.9
"""A type is called well served from this share of the people on."""
_RATIO = "ratio"
_STATES = ("open", "planned", "closed")


def service_types_page(
    connection: Connection, district_id: int, order: Order, *, language: str = "en"
) -> dict[str, Any]:
    """Every facility type with its indicators.

    Parameters
    ----------
    connection : Connection
        In the scope of the reader.
    district_id : int
        The district.
    order : Order
        Order of the table; default the least served first.
    language : {"zh_Hans", "zh_Hant", "en"}
        Language of the texts of rules.

    Returns
    -------
    dict
        ``rows`` (a Listing): for each type ``served_share``, ``unserved``, ``p50_m``, ``p90_m``,
        ``norm_m``, ``open``, ``planned``, ``closed`` (sites), ``ratio`` (the rule of a ratio, met
        or not), ``floor_known``, ``floor_short``, ``floor_norm_m2``, ``capacity``, ``quality``,
        ``source``, and the classes of colour ``heat``, ``heat_p50``, ``heat_p90``;
        ``population``, ``types``, ``well_served``, ``without_site`` (counts), ``least`` (type and
        share).

    Notes
    -----
    Ratio and coverage stand side by side, because ratio rules hide gaps (MEASURES.md 3). Colours
    have the breaks of the map; a distance has the colour of norm ÷ distance.
    """
    table = kept.read_types(connection, district_id).set_index("type")
    as_of = reads.read_district(connection, district_id)["as_of"]
    table = table.join(_of_summary(reads.read_summary(connection, district_id)))
    table = table.join(_count_sites(kept.read_site_totals(connection, district_id), as_of))
    for name in (*_STATES, "floor_known", "floor_short"):
        table[name] = table[name].fillna(0).astype("int64")
    table["served_share"] = table["served"] / table["people"]
    table["unserved"] = table["people"] - table["served"]
    table["quality"] = np.select(
        [table["poor"] > 0, table["estimated"] > 0], ["poor", "estimated"], "good"
    )
    table = _coloured(table).reset_index()
    listed = list_rows(table.assign(none=table["open"] == 0), order, ["none", "served_share"])
    ratios = _ratios(connection, district_id, language)
    for row in listed.rows:
        row["ratio"] = ratios.get(row["type"])
    having = table[(table["open"] > 0) & table["served_share"].notna()]
    least = having.nsmallest(1, "served_share")
    return {
        "rows": listed,
        "types": len(table),
        "population": plain(table["people"].max()) if len(table) else None,
        "well_served": int((having["served_share"] >= GOOD_SHARE).sum()),
        "without_site": int((table["open"] == 0).sum()),
        "least": None if least.empty else {
            "type": least["type"].iloc[0], "share": float(least["served_share"].iloc[0]),
        },
    }  # fmt: skip


def site_states(sites: pd.DataFrame, as_of: dt.date | None) -> pd.Series:
    """Whether each site is open, planned or closed on a day (default today).

    Examples
    --------
    >>> sites = pd.DataFrame({"proposed": [None, True, None], "opened_on": [None, None, None],
    ...                       "closed_on": [None, None, dt.date(2026, 1, 1)]})
    >>> site_states(sites, dt.date(2026, 3, 2)).tolist()
    ['open', 'planned', 'closed']
    """
    day = pd.Timestamp(as_of or dt.datetime.now(dt.UTC).date())
    opened, closed = (pd.to_datetime(sites[name]) for name in ("opened_on", "closed_on"))
    proposed = sites["proposed"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    awaited = proposed | (opened > day).to_numpy()
    state = np.select([(closed <= day).to_numpy(), awaited], ["closed", "planned"], "open")
    return pd.Series(state, index=sites.index)


def heat_of(share: pd.Series) -> pd.Series:
    """Class of colour of a share, 0 to 5 as on the map; -1 where it is not known.

    Examples
    --------
    >>> heat_of(pd.Series([0.1, 0.95, None])).tolist()
    [0, 5, -1]
    """
    found = np.searchsorted(SHARE_BREAKS, share.to_numpy(dtype=float), side="right")
    return pd.Series(np.where(share.isna(), -1, found), index=share.index)


def _of_summary(summary: dict[str, Any]) -> pd.DataFrame:
    told = summary.get("services") or {}
    columns = {"norm_m": "norm_m", "p50_m": "distance_p50_m", "p90_m": "distance_p90_m"}
    return pd.DataFrame(
        {
            name: pd.Series({kind: one.get(key) for kind, one in told.items()}, dtype="float64")
            for name, key in columns.items()
        }
    )


def _count_sites(sites: pd.DataFrame, as_of: dt.date | None) -> pd.DataFrame:
    """Sites of each type by state, and how those that are open compare in size."""
    state = site_states(sites, as_of)
    counts = pd.crosstab(sites["type"], state).reindex(columns=list(_STATES), fill_value=0)
    norms = reference.norms().set_index("type")["floor_area_min_m2"]
    open_ones = sites[state == "open"]
    floor = open_ones["floor_area_m2"].astype("float64")
    least = open_ones["type"].map(norms)
    by_type = open_ones["type"]
    capacity = open_ones["capacity"].astype("float64").groupby(by_type)
    return counts.join(
        pd.DataFrame(
            {
                "floor_norm_m2": norms.reindex(counts.index),
                "floor_known": (floor.notna() & least.notna()).groupby(by_type).sum(),
                "floor_short": (floor < least).groupby(by_type).sum(),
                "capacity": capacity.sum(min_count=1),
            }
        )
    )


def _coloured(table: pd.DataFrame) -> pd.DataFrame:
    within = {name: table["norm_m"] / table[f"{name}_m"] for name in ("p50", "p90")}
    # At the norm or nearer is the darkest class, farther by half the middle one.
    heats = {f"heat_{name}": heat_of(one.clip(upper=1.0)) for name, one in within.items()}
    return table.assign(heat=heat_of(table["served_share"]), **heats)


def _ratios(connection: Connection, district_id: int, language: str) -> dict[str, dict[str, Any]]:
    """Rules that ask for sites of a type by a ratio: worst status over the units, with the text."""
    rules = join_rules(shipped_rules(), kept_standards.read_own_rules(connection, district_id))
    results = kept_standards.read_results(connection, district_id)
    found: dict[str, dict[str, Any]] = {}
    for rule in rules:
        units = results[results["rule"] == rule.id]
        if rule.kind == _RATIO and rule.row["fact"].startswith("sites.") and len(units):
            found[rule.row["fact"].removeprefix("sites.")] = _ratio(rule, units, language)
    return found


def _ratio(rule: Rule, units: pd.DataFrame, language: str) -> dict[str, Any]:
    statuses = units["status"].fillna("unknown").tolist()
    return {
        "rule": rule.id,
        "text": rule.text.get(language) or rule.id,
        "source": rule.source,
        "status": worst_status(statuses),
        "units": len(units),
        "met": statuses.count("met"),
    }
