"""What-if questions of a page: the district opened once, and plain values in and out."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, func, select

from gridmap import reference
from gridmap.crs import WGS84, project
from gridmap.district import District
from gridmap.errors import InputError, MissingLayerError
from gridmap.plan.scenario_changes import OPERATIONS, Change, Place
from gridmap.plan.scenario_compare import Difference, cell_figures
from gridmap.plan.whatif import Base, Outcome, apply, far_legs, open_base
from gridmap.schema import conform
from gridmap.store import reads
from gridmap.store import tables as t
from gridmap.store.scenarios import name_base
from gridmap.store.scope import Scope
from gridmap.store.shapes import read_crs, read_shapes
from gridmap.studies.pages.camera_ground import lonlat_of, remember
from gridmap.studies.pages.listing import plain, plain_rows

_LAYERS = ("cells", "roads", "sites", "population", "landuse")
_DIGITS, _SHARE_DIGITS = 6, 4
MOST_CELLS, MOST_SITES = 200, 40
"""Rows of an answer; the files have all."""
_NUMBERS = ("lon", "lat", "capacity", "norm_m")
_WORDS = ("op", "site_id", "type", "name")
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "add": ("site_id", "type", "name", "lon", "lat", "capacity"),
    "move": ("site_id", "lon", "lat"),
    "close": ("site_id",),
    "reopen": ("site_id",),
    "resize": ("site_id", "capacity"),
    "retype": ("site_id", "type"),
    "norm": ("type", "norm_m"),
}
"""What is told of each change; fields beside these are left out."""


def open_district_base(connection: Connection, scope: Scope, district_id: int) -> Base:
    """District of the database to ask what-if questions of; kept while its data stays.

    Raises
    ------
    MissingLayerError
        If it has no cells, no roads, or was removed.
    """
    named = name_base(connection, district_id)
    key = ("what-if", str(connection.engine.url), district_id, named, scope.key)

    def read() -> Base:
        told = reads.read_district(connection, district_id)
        norms = norms_of(reads.read_summary(connection, district_id))
        day = told["as_of"] or dt.datetime.now(dt.UTC).date()
        return open_base(read_layers(connection, district_id, told), norms, day)

    base: Base = remember(key, read)
    return base


def norms_of(summary: Mapping[str, Any]) -> pd.DataFrame:
    """Norms by which a district was measured; without a summary, those that ship.

    Examples
    --------
    >>> norms_of({"services": {"pharmacy": {"norm_m": 123.0}}})[["type", "norm_m"]].values.tolist()
    [['pharmacy', 123.0]]
    """
    known = reference.norms()
    told = summary.get("services") or {}
    used = {kind: float(one["norm_m"]) for kind, one in told.items() if one.get("norm_m")}
    if not used:
        return known[known["norm_m"].notna()].reset_index(drop=True)
    frame = pd.DataFrame({"type": list(used), "norm_m": list(used.values())})
    beside = known.rename(columns={"norm_m": "shipped_m"})
    joined = frame.merge(beside, on="type", how="left")
    # Another distance comes from somewhere else: the source of ours would be wrong.
    other = joined["norm_m"] != joined.pop("shipped_m")
    for name in ("source", "confidence"):
        joined[name] = joined[name].astype("object").where(~other, None)
    return joined


def read_change(told: Any) -> dict[str, Any]:
    """Change as it is kept: known names only, places in longitude and latitude [°].

    Raises
    ------
    InputError
        If it is none.

    Examples
    --------
    >>> told = {"op": "move", "site_id": "s1", "lon": 116.4, "lat": 39.9, "norm_m": 1}
    >>> dict(sorted(read_change(told).items()))
    {'lat': 39.9, 'lon': 116.4, 'op': 'move', 'site_id': 's1'}
    """
    if not isinstance(told, Mapping) or told.get("op") not in OPERATIONS:
        raise InputError(f"Expected a change with op, one of {', '.join(OPERATIONS)}; found none.")
    change: dict[str, Any] = {}
    needed = {"op", *_NEEDED[str(told["op"])]}
    for name in needed.intersection(_WORDS):
        text = str(told.get(name) or "").replace("\0", "").strip()
        if text:
            change[name] = text[:120]
    for name in needed.intersection(_NUMBERS):
        value = told.get(name)
        if value is None or value == "":
            continue
        try:
            number = float(value)
        except (TypeError, ValueError) as error:
            raise InputError(f"Expected a number for {name}; found '{str(value)[:20]}'.") from error
        if not np.isfinite(number):
            raise InputError(f"Expected a number for {name}; found '{str(value)[:20]}'.")
        change[name] = number
    if not -180 <= change.get("lon", 0) <= 180 or not -90 <= change.get("lat", 0) <= 90:
        raise InputError("Expected a longitude within ±180° and a latitude within ±90°.")
    return change


def ask(base: Base, kept: Sequence[Mapping[str, Any]]) -> Outcome:
    """Apply changes as they are kept."""
    return apply(base, metric_changes(base, kept))


def metric_changes(base: Base, kept: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Put the places of kept changes into the CRS of the district."""
    placed = [row for row, one in enumerate(kept) if "lon" in one and "lat" in one]
    points = [shapely.Point(kept[row]["lon"], kept[row]["lat"]) for row in placed]
    frame = gpd.GeoDataFrame(geometry=points, crs=WGS84)
    metric = project(frame, base.district.crs, "sites").geometry if placed else []
    where = {row: (one.x, one.y) for row, one in zip(placed, metric, strict=True)}
    return [_change(one, where.get(row, (None, None))) for row, one in enumerate(kept)]


def tell_types(outcome: Outcome) -> list[dict[str, Any]]:
    """Types that can be asked: norm, sites and whether the scenario touches them."""
    register, touched = outcome.base.register, set(outcome.touched)
    kind = register.sites["type"].astype(str)[register.is_open].value_counts()
    return [
        {"type": one, "norm_m": norm, "sites": int(kind.get(one, 0)), "touched": one in touched}
        for one, norm in outcome.norm_m.items()
    ]


def tell_sites(outcome: Outcome, kind: str, *, touched: bool = False) -> list[dict[str, Any]]:
    """Sites of a type as the map shows them, those that do not serve included.

    Parameters
    ----------
    outcome : Outcome
    kind : str
        Facility type.
    touched : bool
        Only those that a change names.

    Returns
    -------
    list of dict
        ``site_id``, ``name``, ``lon``, ``lat``, ``capacity``, ``state`` (kept, added, moved,
        closed, opened, changed, waiting), and ``from`` (lon and lat before it moved).
    """
    register = outcome.base.register
    rows = np.flatnonzero((register.sites["type"] == kind).to_numpy(dtype=bool))
    known = [register.place(str(one)) for one in register.sites["site_id"].iloc[rows]]
    places = {one.site_id: one for one in known if one is not None}
    named = {
        place.site_id: place
        for place in outcome.plan.places.values()
        if place.type == kind or place.site_id in places
    }
    places = named if touched else places | named
    every = list(places.values())
    shapes = [_middle(one) for one in every]
    before = [register.place(one.site_id) for one in every]
    origin = [_middle(one) for one in before if one is not None]
    spots = lonlat_of([*shapes, *origin], outcome.base.district.crs)
    origins = iter(spots[len(shapes) :])
    told = []
    for place, old, spot in zip(every, before, spots, strict=False):
        state = site_state(place, old, kind)
        start = next(origins) if old is not None else None
        one: dict[str, Any] = {"site_id": place.site_id, "name": place.name, "state": state}
        one |= {"capacity": place.capacity}
        one |= {"lon": round(spot.x, _DIGITS), "lat": round(spot.y, _DIGITS)}
        if start is not None and state == "moved":
            one["from"] = [round(start.x, _DIGITS), round(start.y, _DIGITS)]
        told.append(one)
    return told


def site_state(place: Place, before: Place | None, kind: str) -> str:
    """Tell what became of a site, for one type.

    Examples
    --------
    >>> spot = shapely.Point(0, 0)
    >>> one = Place("s1", "pharmacy", "", spot, None, True, 0)
    >>> site_state(one, one, "pharmacy"), site_state(one, None, "pharmacy")
    ('kept', 'added')
    """
    if before is None:
        return "added" if place.is_open and place.type == kind else "closed"
    if place.type != kind:
        return "closed"
    if place.is_open != before.is_open:
        return "opened" if place.is_open else "closed"
    if not place.is_open:
        return "waiting"
    if place.shape != before.shape:
        return "moved"
    return "kept" if place == before else "changed"


def tell_shares(base: Base, kind: str) -> dict[str, float | None]:
    """Tell the share served of every cell as the district is."""
    share = cell_figures(apply(base, []), kind).share.round(_SHARE_DIGITS)
    ids = base.cells["cell_id"].astype(str)
    return {one: plain(value) for one, value in zip(ids, share.tolist(), strict=True)}


def tell_values(outcome: Outcome, kind: str) -> dict[str, float | None]:
    """Tell the share served of every cell that differs from the base."""
    changed = outcome.changed_cells(kind)
    share = cell_figures(outcome, kind).share
    ids = outcome.base.cells["cell_id"].to_numpy(dtype=object)
    return {str(ids[row]): plain(round(float(share[row]), _SHARE_DIGITS)) for row in changed}


def tell_difference(found: Difference, names: Mapping[str, str], kind: str) -> dict[str, Any]:
    """Figures of a difference as plain values; of cells and sites, the most changed."""
    cells = found.cells
    mine = cells[cells["type"] == kind] if len(cells) else cells
    told = plain_rows(mine.head(MOST_CELLS))
    for row in told:
        row["name"] = names.get(row["cell_id"], row["cell_id"])
    sites = found.sites[found.sites["type"] == kind] if len(found.sites) else found.sites
    size = (sites["people_after"].fillna(0) - sites["people_before"].fillna(0)).abs()
    ordered = sites.iloc[np.argsort(-size.to_numpy(dtype=float), kind="stable")]
    return {
        "types": plain_rows(found.types),
        "cells": told,
        "cells_in_all": len(mine),
        "sites": plain_rows(ordered.head(MOST_SITES)),
        "sites_in_all": len(sites),
    }


def tell_legs(outcome: Outcome) -> list[dict[str, Any]]:
    """Sites of the scenario that stand far from any way."""
    return [{"site_id": one.site_id, "leg_m": leg} for one, leg in far_legs(outcome)]


def names_of_cells(base: Base) -> dict[str, str]:
    """Name the cells that have one."""
    named = base.cells[["cell_id", "name"]].dropna()
    return dict(zip(named["cell_id"].astype(str), named["name"].astype(str), strict=True))


def names_of_sites(outcome: Outcome) -> dict[str, str]:
    """Name the sites that changes and loads tell of."""
    return {one.site_id: one.name or one.site_id for one in outcome.plan.places.values()}


def fitting(
    base: Base, kept: Iterable[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[tuple[dict[str, Any], str]]]:
    """Part changes that can be done on a base from those that cannot, with the reason."""
    done: list[dict[str, Any]] = []
    dropped: list[tuple[dict[str, Any], str]] = []
    for one in kept:
        try:
            ask(base, [*done, one])
        except InputError as error:
            dropped.append((dict(one), str(error)))
        else:
            done.append(dict(one))
    return done, dropped


def _change(kept: Mapping[str, Any], at: tuple[float | None, float | None]) -> Change:
    return Change(
        str(kept.get("op", "")),
        str(kept.get("site_id", "")),
        str(kept.get("type", "")),
        *at,
        kept.get("capacity"),
        kept.get("norm_m"),
        str(kept.get("name", "")),
    )


def _middle(place: Place) -> shapely.Point:
    if shapely.get_type_id(place.shape) == shapely.GeometryType.POINT:
        return place.shape
    point: shapely.Point = shapely.point_on_surface(place.shape)
    return point


def read_layers(connection: Connection, district_id: int, told: Mapping[str, Any]) -> District:
    """Read the layers that questions about sites need.

    Raises
    ------
    MissingLayerError
        If there are no cells or no roads.
    """
    crs = read_crs(connection, district_id)
    layers = {name: read_shapes(connection, district_id, name, crs) for name in _LAYERS}
    # Homes are only looked at where people are counted in areas.
    areal = shapely.get_dimensions(np.asarray(layers["population"].geometry, dtype=object)) == 2
    if areal.any() or layers["population"].empty:
        layers["buildings"] = read_shapes(connection, district_id, "buildings", crs)
    for name in ("cells", "roads"):
        if layers[name].empty:
            raise MissingLayerError(
                f"A scenario needs the layer '{name}'; this district has none. Load the district "
                "with it again."
            )
    outline: Any = connection.scalar(
        select(func.ST_AsBinary(t.districts.c.geometry)).where(t.districts.c.id == district_id)
    )
    border = gpd.GeoDataFrame(
        {"name": [told["name"]], "code": [told["code"]]},
        geometry=[shapely.from_wkb(bytes(outline))],
        crs=WGS84,
    )
    layers["boundary"] = conform(project(border, crs, "boundary"), "boundary")
    return District(layers, crs, told["timezone"])
