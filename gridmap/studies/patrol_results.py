"""What the patrol dimension leaves beside its rows: streets walked, and figures of its quality."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.district import District
from gridmap.io.results import read_json, read_result_layers, write_geopackage, write_json
from gridmap.patrol.beats import beat_balance, beat_loads, predictability
from gridmap.patrol.fixes import on_duty
from gridmap.reference import BARRIERS

STREETS_FILE, FACTS_FILE = "patrol_streets.gpkg", "patrol_facts.json"
BINS_S = (0, 2, 5, 10, 15, 20, 30, 60, 120, 300, 900)
"""Lower bounds [s] of the classes that intervals between fixes are counted in."""
BALANCED = ("presence_s", "visits", "street_m")
"""Loads that beats are compared by."""
_STREET_COLUMNS = ("name", "highway", "length_m", "covered_m", "covered_share", "covered")


def no_streets(crs: Any) -> gpd.GeoDataFrame:
    """No street at all, with the columns of streets."""
    return gpd.GeoDataFrame({name: [] for name in _STREET_COLUMNS}, geometry=[], crs=crs)


def patrol_of(measured: Mapping[str, Any], district: District) -> dict[str, Any]:
    """Streets and facts as the patrol dimension measured them; empty where it did not.

    Returns
    -------
    dict
        ``patrol_streets`` (GeoDataFrame: name, highway, length_m, covered_m, covered_share,
        covered) and ``patrol_facts`` (dict: ``cleaning``, ``intervals``, ``unknown``, ``beats``).

    Examples
    --------
    >>> from gridmap.patrol import measure_patrol
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> told = patrol_of({"patrol": measure_patrol(toy)}, toy)
    >>> len(told["patrol_streets"]), told["patrol_facts"]["unknown"]
    (4, [{'day': '2026-03-02', 'on_duty_s': 3600.0, 'unknown_s': 3300.0}])
    """
    if "patrol" not in measured:
        return {"patrol_streets": no_streets(district.crs), "patrol_facts": {}}
    found = measured["patrol"]
    facts = {
        "cleaning": dict(found.account),
        "intervals": _intervals(district),
        "unknown": _by_day(district, found.unknown),
        "beats": _beats(district, found),
    }
    return {"patrol_streets": _streets(district, found.streets), "patrol_facts": facts}


def stored_patrol(cover: Any) -> dict[str, pd.DataFrame]:
    """Streets and facts, as :func:`gridmap.store.load.load_district` takes them."""
    bodies = {name: json.dumps(body) for name, body in cover.patrol_facts.items()}
    facts = pd.DataFrame({"kind": list(bodies), "body": list(bodies.values())})
    return {"patrol_streets": cover.patrol_streets, "patrol_facts": facts}


def write_patrol(cover: Any, folder: Path, mark: str) -> None:
    """Write both into a folder of results."""
    write_geopackage({"patrol_streets": cover.patrol_streets}, folder / STREETS_FILE, mark)
    write_json(cover.patrol_facts, folder / FACTS_FILE)


def read_patrol(folder: Path, crs: Any) -> dict[str, Any]:
    """Read both; empty ones from a folder that was written without them."""
    if not (folder / FACTS_FILE).exists():
        return {"patrol_streets": no_streets(crs), "patrol_facts": {}}
    layers = read_result_layers(folder / STREETS_FILE)
    return {
        "patrol_streets": layers.get("patrol_streets", no_streets(crs)),
        "patrol_facts": read_json(folder / FACTS_FILE),
    }


def _streets(district: District, covered: pd.DataFrame) -> gpd.GeoDataFrame:
    roads = district["roads"].loc[covered.index, ["name", "highway", "geometry"]]
    return roads.join(covered)[[*_STREET_COLUMNS, "geometry"]].reset_index(drop=True)


def _intervals(district: District) -> list[dict[str, Any]]:
    """How long after each fix the next one of its shift came, by way of moving."""
    fixes, shifts = district["fixes"], district["shifts"]
    if fixes.empty:
        return []
    own = fixes[on_duty(fixes, shifts)].sort_values(["shift_id", "time"])
    seconds = own["time"].diff().dt.total_seconds()
    seconds = seconds[own["shift_id"].eq(own["shift_id"].shift())]
    modes = shifts.set_index("shift_id")["mode"].fillna("foot")
    rows = []
    for mode, part in seconds.groupby(own["shift_id"].map(modes).reindex(seconds.index)):
        counts, _ = np.histogram(part, [*BINS_S, np.inf])
        rows.append(
            {
                "mode": str(mode),
                "fixes": len(part),
                "median_s": float(part.median()),
                "p90_s": float(part.quantile(0.9)),
                "max_s": float(part.max()),
                "counts": counts.tolist(),
            }
        )
    return rows


def _by_day(district: District, unknown: pd.DataFrame) -> list[dict[str, Any]]:
    """Seconds on duty and of these unknown, by local day."""
    shifts = district["shifts"]
    shifts = shifts[shifts["end"] > shifts["start"]]
    if shifts.empty:
        return []
    zone = ZoneInfo(district.timezone)
    first, last = (shifts[name].dt.tz_convert(zone) for name in ("start", "end"))
    days = pd.date_range(first.min().date(), last.max().date(), freq="D").tz_localize(zone)
    rows: list[dict[str, Any]] = []
    for day in days:
        after = (day.tz_localize(None) + pd.Timedelta(days=1)).tz_localize(zone)
        told = [_seconds_on(one, day, after) for one in (shifts, unknown)]
        rows.append(
            {"day": day.date().isoformat(), "on_duty_s": told[0], "unknown_s": round(told[1], 6)}
        )
    return [row for row in rows if row["on_duty_s"]]


def _seconds_on(stretches: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> float:
    if stretches.empty:
        return 0.0
    last = stretches["end"].where(stretches["end"] < end, end)
    first = stretches["start"].where(stretches["start"] > start, start)
    return float((last - first).dt.total_seconds().clip(lower=0).sum())


def _beats(district: District, found: Any) -> dict[str, Any]:
    """Tell loads of beats and the hours of visits; communities stand in for missing beats."""
    beats, kind = district["beats"], "beat"
    if beats.empty:
        cells = district["cells"]
        beats = cells[["cell_id"]].assign(beat_id=cells["community_code"]).dropna()
        kind = "community"
    if beats.empty:
        return {}
    loads = _loads(district, found, beats)
    hours = _hours(district, found, beats)
    table = loads.join(hours.drop(columns="visits")).rename_axis("beat_id").reset_index()
    table = table.astype(object).where(table.notna(), None)
    return {
        "kind": kind,
        "rows": table.to_dict("records"),
        "balance": {name: beat_balance(loads[name]) for name in BALANCED},
    }


def _loads(district: District, found: Any, beats: pd.DataFrame) -> pd.DataFrame:
    slots = found.presence.groupby("cell_id")[["observed_s", "inferred_s"]].sum().sum(axis=1)
    roads = district["roads"]
    roads = roads[~roads["highway"].isin(BARRIERS)]
    streets = gpd.overlay(
        roads[["geometry"]], district["cells"][["cell_id", "geometry"]], keep_geom_type=True
    )
    by_cell = {
        "presence_s": slots,
        "visits": found.visits.groupby("cell_id").size(),
        "street_m": streets.geometry.length.groupby(streets["cell_id"]).sum(),
    }
    rows = {name: beat_loads(beats, one) for name, one in by_cell.items()}
    rows["cells"] = beats.groupby("beat_id")["cell_id"].nunique()
    return pd.DataFrame(rows)


def _hours(district: District, found: Any, beats: pd.DataFrame) -> pd.DataFrame:
    visits = found.visits[["cell_id", "start"]].merge(beats[["cell_id", "beat_id"]], on="cell_id")
    return predictability(visits["beat_id"], visits["start"], district.timezone)
