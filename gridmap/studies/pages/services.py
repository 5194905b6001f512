"""The page of one facility type: who lives within its norm, who does not, and how far it is."""

from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gridmap import reference
from gridmap.store import reads
from gridmap.store import service_results as kept
from gridmap.studies.pages.listing import Order, list_rows, plain_column, plain_rows
from gridmap.studies.pages.service_charts import coverage_points, distance_bands, lorenz_points
from gridmap.studies.pages.service_types import site_states

MEASURES = (
    "walk_share", "walk_mean_m", "walk_p50_m", "walk_p90_m", "unserved_people", "line_share",
    "area_share",
)  # fmt: skip
"""Measures of a type that the map can show, the first by default."""
REACHED = "reached"
"""Shown in place of a measure: the ground within 5, 10 and 15 minutes, and within the norm."""
CATCHMENTS = {"catchments": "nearest", "catchments_capacity": "capacity"}
"""Shown in place of a measure: the catchments, and the kind of each."""
_STATE_ORDER = {"open": 0, "planned": 1, "closed": 2}
_LISTED = ("walk_share", "walk_mean_m", "walk_p90_m")
_WORST_QUALITY = ("poor", "estimated", "good")


def services_page(
    connection: Connection,
    district_id: int,
    order: Order,
    *,
    site_type: str = "",
    measure: str = "",
) -> dict[str, Any]:
    """Coverage of one facility type, cell by cell.

    Parameters
    ----------
    connection : Connection
        In the scope of the reader.
    district_id : int
        The district.
    order : Order
        Order and page of the table.
    site_type : str, optional
        Facility type; default the least served of those with a site.
    measure : str, optional
        One of :data:`MEASURES`, or :data:`REACHED`, for the map.

    Returns
    -------
    dict
        ``type``, ``types`` (worst served first, those without any site last), ``measure``,
        ``summary`` of the type, ``population``, ``unserved``, ``quality``, ``rule``,
        ``rows`` (a Listing, most people not served first), ``sites`` (open, planned, closed), each
        with the ``people`` and ``load`` of its catchment; ``catchments`` (their kind, where the
        map shows them) and ``people_of_sites``; ``chart`` (``coverage``, ``bands``, ``lorenz``),
        and ``shown`` and ``unit``: the values that the map colours.
    """
    summary = reads.read_summary(connection, district_id)
    types = _types(summary)
    known = [row["type"] for row in types]
    chosen = site_type if site_type in known else next(iter(known), "")
    chosen_measure = measure if measure in (*MEASURES, REACHED, *CATCHMENTS) else MEASURES[0]
    asked = {f"{chosen}.{name}" for name in (*_LISTED, chosen_measure)}
    figures = reads.read_coverage(connection, district_id, measure=sorted(asked))
    rows = _cell_rows(figures, chosen, reads.read_cells(connection, district_id))
    told = summary.get("services", {}).get(chosen)
    population = summary.get("population")
    served = told.get("population_served") if told else None
    shown = figures[figures["measure"] == f"{chosen}.{chosen_measure}"]
    shares = figures[figures["measure"] == f"{chosen}.walk_share"]
    curves = kept.read_curves(connection, district_id, chosen)
    loads = kept.read_loads(connection, district_id, chosen)
    return {
        "type": chosen,
        "types": types,
        "measure": chosen_measure,
        "measures": (*MEASURES, REACHED, *_kinds_of(loads)),
        "catchments": CATCHMENTS.get(chosen_measure, ""),
        "people_of_sites": plain_column(_loads_of(loads, chosen_measure)["people"]),
        "summary": told,
        "population": population,
        "unserved": _difference(population, served),
        "quality": next((one for one in _WORST_QUALITY if (shares["quality"] == one).any()), None),
        "rule": next(iter(shares["source"].dropna()), None),
        "rows": list_rows(rows, order, ["urgency", "status", "value"]),
        "sites": _sites(connection, district_id, chosen, _loads_of(loads, chosen_measure)),
        "chart": {
            "coverage": coverage_points(curves, population),
            "bands": distance_bands(curves, population),
            "lorenz": lorenz_points(curves),
        },
        "shown": plain_column(shown["value"]),
        "unit": next(iter(shown["unit"].dropna()), ""),
    }


def _kinds_of(loads: pd.DataFrame) -> list[str]:
    """Kinds of catchments that were stored, as the map may show them."""
    return [name for name, kind in CATCHMENTS.items() if (loads["kind"] == kind).any()]


def _difference(every: float | None, part: float | None) -> float | None:
    return None if every is None or part is None else every - part


def _types(summary: dict[str, Any]) -> list[dict[str, Any]]:
    told = summary.get("services") or {}
    rows = [
        {"type": name, "served_share": one.get("served_share"), "sites": one.get("sites", 0)}
        for name, one in told.items()
    ]
    return sorted(rows, key=lambda row: (not row["sites"], row["served_share"] or 0.0))


def _cell_rows(figures: pd.DataFrame, chosen: str, cells: pd.DataFrame) -> pd.DataFrame:
    """One row for each cell: status of the share, and the other measures beside it."""
    wide = figures.pivot_table(
        index="cell_id", columns="measure", values="value", aggfunc="first", dropna=False
    )
    wide.columns = wide.columns.str.removeprefix(f"{chosen}.")
    share = figures[figures["measure"] == f"{chosen}.walk_share"].set_index("cell_id")
    rows = share[["value", "status", "quality", "reason"]].copy()
    rows["unserved"] = share["shortfall"]
    rows["urgency"] = -rows["unserved"]
    for name, column in (("mean_m", "walk_mean_m"), ("p90_m", "walk_p90_m")):
        rows[name] = wide[column] if column in wide else float("nan")
    places = cells.set_index("cell_id").reindex(rows.index)
    rows["name"] = places["name"].fillna(rows.index.to_series())
    rows["community"] = places["community"]
    return rows.reset_index()


def _loads_of(loads: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Catchments of sites, of the kind that the map shows or else the nearest."""
    kind = CATCHMENTS.get(measure, "nearest")
    return loads[(loads["kind"] == kind) & loads["site_id"].notna()]


def _sites(
    connection: Connection, district_id: int, chosen: str, loads: pd.DataFrame
) -> list[dict[str, Any]]:
    """Sites of the type, open ones first: size against norm, and the people who share each."""
    sites = reads.read_sites(connection, district_id, chosen)
    as_of = reads.read_district(connection, district_id)["as_of"]
    norms = reference.norms().set_index("type")["floor_area_min_m2"]
    shared = loads.set_index("site_id")[["people", "load", "people_over"]]
    sites = sites.join(shared, on="site_id")
    sites = sites.assign(state=site_states(sites, as_of), floor_norm_m2=norms.get(chosen))
    order = sites["state"].map(_STATE_ORDER)
    return plain_rows(sites.assign(order=order).sort_values(["order", "name"], kind="stable"))
