"""Catchments and fair access of every facility type, as ``gridmap cover`` writes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.errors import InputError, name_ids
from gridmap.rows import coverage_rows
from gridmap.schema import Finding
from gridmap.services.catchment_ground import CatchmentGround, draw_catchments
from gridmap.services.catchments import Allocation, load_columns
from gridmap.services.decay import decay_source
from gridmap.services.demand import UNKNOWN_POPULATION
from gridmap.services.distribution import weighted_means
from gridmap.services.inequality import gini, lorenz_curve, thinned_curve
from gridmap.services.network import FloatArray
from gridmap.services.reach import Reach
from gridmap.services.shared_type import (
    LEAST_ROOM_SHARE,
    MOST_PAIRS,
    SUPPLIES,
    Homes,
    SharedType,
    Sharing,
    people_inside,
    share_types,
)
from gridmap.services.sheet import NO_SITE, NOBODY

PER_PEOPLE = 1000.0
"""Access is told for so many people, so that small figures can be read."""
KINDS = ("nearest", "capacity")
"""Kinds of catchments: to the nearest site; within the capacity of sites."""
LOAD_COLUMNS = (
    "type", "kind", "site_id", "site_name", "people", "walk_mean_m", "walk_p90_m", "walk_max_m",
    "capacity", "load", "people_over",
)  # fmt: skip
"""Columns of the loads of sites."""


_ROW_COLUMNS: Mapping[str, type] = {"value": float} | dict.fromkeys(
    ("measure", "unit", "quality", "about", "rule", "source"), object
)
Words = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Fairness:
    """Whose site is which, how full sites are, and how fairly they are within reach.

    Attributes
    ----------
    rows : DataFrame
        Coverage rows ``TYPE.access_e2sfca`` (``access_3sfca``, ``access_2sfca`` by those
        methods) and, where capacities are known, ``TYPE.catchment_load``; never judged.
    summary : dict
        For each type ``supply`` (capacity, floor_area or sites), ``access_method`` and
        ``access_decay``, ``access_group`` (whose people alone ask for its sites; empty where
        everybody does), ``access_per_1000`` (mean over
        people), ``gini`` (over people, by cells), ``overloaded_sites`` and ``people_over`` (of
        nearest catchments; None without capacities), ``people_without_place`` (of catchments
        within capacity; None where they were not made).
    catchments : GeoDataFrame
        ``type``, ``kind`` (one of :data:`KINDS`), ``site_id`` (empty for nobody), ``people``,
        ``area_m2``, geometry; those of one type and kind tile the ground of the cells.
    site_loads : DataFrame
        :data:`LOAD_COLUMNS`; in each type and kind one row per site, and one with an empty
        ``site_id`` for people with nobody: together all people of the cells.
    lorenz : DataFrame
        ``type``, ``people_share``, ``value_share`` in steps of 1 % of the people.
    findings : list of Finding
        What was left out.
    """

    rows: pd.DataFrame
    summary: Mapping[str, Mapping[str, Any]]
    catchments: gpd.GeoDataFrame
    site_loads: pd.DataFrame
    lorenz: pd.DataFrame
    findings: Sequence[Finding]


def measure_fairness(
    reach: Reach, cells: Any, crs: Any, sharing: Sharing | None = None, population: Any = None
) -> Fairness:
    """Measure catchments and fair access of all types.

    Parameters
    ----------
    reach : Reach
        Walks of the district.
    cells : GeoDataFrame
        Layer ``cells``.
    crs : CRS
        Of the district.
    sharing : Sharing, optional
        How supply is shared out; default E2SFCA with the zones ``stepped``.
    population : GeoDataFrame, optional
        Layer ``population``; where the norm of a type is for a group that it counts, catchments,
        loads and access are of the people of the group.

    Returns
    -------
    Fairness

    Raises
    ------
    InputError
        If the capacity or floor area of a site is negative.

    Notes
    -----
    The people of the cells are shared out, nobody from outside: Σ over sites and nobody = people of
    the cells. What a site offers is its capacity where that is known of every site of the type,
    else its floor area, else 1. Within capacity is
    only asked for where the sites have places for :data:`LEAST_ROOM_SHARE` of the people that can
    reach one: where a type is meant for few (places of a kindergarten), nearly everybody would be
    with nobody (MEASURES.md 3).

    Examples
    --------
    >>> import pandas as pd
    >>> from gridmap.samples import TOY_CRS, toy_district
    >>> from gridmap.services.demand import place_people
    >>> from gridmap.services.network import lay_network
    >>> from gridmap.services.reach import measure_reach
    >>> toy = toy_district()
    >>> norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0]})
    >>> reach = measure_reach(lay_network(toy["roads"]), place_people(toy), toy["sites"], norms)
    >>> found = measure_fairness(reach, toy["cells"], TOY_CRS)
    >>> found.site_loads[["site_id", "people", "walk_max_m"]].iloc[:2].values.tolist()
    [['s1', 300.0, 300.0], ['s3', 200.0, 200.0]]
    """
    _check_sites(reach.sites)
    types = share_types(reach, sharing, population)
    homes = people_inside(reach)
    points = np.asarray(reach.demand.points.geometry, dtype=object)[homes.row]
    ground = CatchmentGround(points, cells.geometry)
    drawn = [part for one in types if len(one.sites) for part in _draw(one, ground, crs)]
    return Fairness(
        rows=_rows(types, homes, reach, cells),
        summary={one.name: _summarise(one, len(cells)) for one in types},
        catchments=_stacked(drawn, crs),
        site_loads=_loads(types),
        lorenz=_curves(types, len(cells)),
        findings=list(_findings(types)),
    )


def no_fairness(crs: Any) -> Fairness:
    """Nothing found, in the same columns.

    Examples
    --------
    >>> none = no_fairness(None)
    >>> len(none.catchments), len(none.site_loads), len(none.lorenz)
    (0, 0, 0)
    """
    return Fairness(coverage_rows([], []), {}, _stacked([], crs), _loads([]), _curves([], 0), [])


def _check_sites(sites: Any) -> None:
    for column in ("capacity", "floor_area_m2"):
        wrong = sites["site_id"][(sites[column] < 0).fillna(value=False)]
        if len(wrong):
            raise InputError(
                f"Layer 'sites' expects '{column}' of 0 or more, or empty where it is not known; "
                f"found negative values in {name_ids(wrong)}. Correct them."
            )


def _draw(one: SharedType, ground: CatchmentGround, crs: Any) -> list[gpd.GeoDataFrame]:
    names = one.sites["site_id"].to_numpy(dtype=object)
    parts = []
    for kind, allocation in one.allocations.items():
        people = _people_of(allocation, len(names))
        drawn = draw_catchments(ground, allocation.main_site(one.homes.size), names, people, crs)
        drawn.insert(0, "type", one.name)
        drawn.insert(1, "kind", kind)
        parts.append(drawn)
    return parts


def _people_of(allocation: Allocation, count: int) -> FloatArray:
    """People of each site, and last of nobody."""
    place = np.where(allocation.served, allocation.site, count)
    summed = np.bincount(place, weights=allocation.people, minlength=count + 1)
    return np.asarray(summed, dtype=np.float64)


def _stacked(parts: list[gpd.GeoDataFrame], crs: Any) -> gpd.GeoDataFrame:
    if not parts:
        columns = ["type", "kind", "site_id", "people", "area_m2"]
        none = {name: pd.Series(dtype="str") for name in columns[:3]}
        none |= {name: pd.Series(dtype="float64") for name in columns[3:]}
        return gpd.GeoDataFrame(none, geometry=[], crs=crs)
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=crs)


def _loads(types: Sequence[SharedType]) -> pd.DataFrame:
    parts = [_loads_of(one, kind) for one in types for kind in one.allocations]
    words = {"type", "kind", "site_id", "site_name"}
    return pd.DataFrame(
        {
            name: pd.array(np.concatenate([part[name] for part in parts]), dtype="str")
            if name in words
            else np.concatenate([np.empty(0), *(part[name] for part in parts)])
            for name in LOAD_COLUMNS
        }
        if parts
        else {name: pd.Series(dtype="str" if name in words else "float64") for name in LOAD_COLUMNS}
    )


def _loads_of(one: SharedType, kind: str) -> dict[str, npt.NDArray[Any]]:
    """Columns of the loads of one type and kind, people with nobody in the last row."""
    allocation = one.allocations[kind]
    loads = load_columns(allocation, one.capacity)
    last = dict.fromkeys(loads, np.nan) | {"people": allocation.unserved_people}
    rows = len(one.sites) + 1
    return {
        "type": np.full(rows, one.name, dtype=object),
        "kind": np.full(rows, kind, dtype=object),
        "site_id": np.array([*one.sites["site_id"], None], dtype=object),
        "site_name": np.array([*one.sites["name"], None], dtype=object),
        **{name: np.append(column, last[name]) for name, column in loads.items()},
    }


def _curves(types: Sequence[SharedType], cells: int) -> pd.DataFrame:
    curves = [
        thinned_curve(lorenz_curve(one.cell_access(cells), one.homes.by_cell(cells)))
        for one in types
    ]
    names = np.repeat(np.array([one.name for one in types], dtype=object), [*map(len, curves)])
    shares = {
        name: np.concatenate([np.empty(0), *(curve[name].to_numpy() for curve in curves)])
        for name in ("people_share", "value_share")
    }
    return pd.DataFrame({"type": pd.array(names, dtype="str"), **shares})


def _summarise(one: SharedType, cells: int) -> dict[str, Any]:
    homes, access = one.homes, one.cell_access(cells)
    total = homes.people.sum()
    over = np.maximum(_people_of(one.nearest, len(one.sites))[:-1] - one.capacity, 0.0)
    known = bool(np.isfinite(one.capacity).any())
    shared = (one.access.access * homes.people).sum()
    return {
        "supply": one.supply[0],
        "access_method": one.sharing.method,
        "access_decay": one.sharing.decay_name,
        "access_group": one.group,
        "access_per_1000": float(shared / total * PER_PEOPLE) if total else None,
        "gini": gini(access, homes.by_cell(cells)),
        "overloaded_sites": int((over > 0).sum()) if known else None,
        "people_over": float(np.nansum(over)) if known else None,
        "people_without_place": one.within.allocation.unserved_people if one.within else None,
    }


def _rows(types: Sequence[SharedType], homes: Homes, reach: Reach, cells: Any) -> pd.DataFrame:
    lived, known = homes.by_cell(len(cells)), reach.demand.known
    told = np.where(~known, UNKNOWN_POPULATION, np.where(lived > 0, "", NOBODY)).astype(object)
    measures = [_access_columns(one, len(cells)) for one in types]
    measures += [_load_columns(one, len(cells)) for one in types if np.isfinite(one.capacity).any()]
    if not measures:
        return coverage_rows([], [])
    shape = len(measures), len(cells)
    whole: dict[str, Any] = {
        name: np.stack([np.broadcast_to(np.asarray(one[name], dtype=kind), shape[1:])
                        for one in measures])
        for name, kind in _ROW_COLUMNS.items()
    }  # fmt: skip
    whole["reason"] = _joined(told, whole.pop("about"))
    whole["weight"] = np.broadcast_to(np.where(known, lived, np.nan), shape)
    whole["quality"][:, ~known] = "poor"
    return coverage_rows(
        np.tile(cells["cell_id"].to_numpy(dtype=object), shape[0]),
        whole.pop("measure").ravel(),
        **{name: column.ravel() for name, column in whole.items()},
    )


def _access_columns(one: SharedType, cells: int) -> dict[str, Any]:
    absent = not len(one.sites)
    who = f"the people of {one.group}" if one.group else "all people"
    about = NO_SITE if absent else f"shared among {who} in reach; supply: {_told_supply(one)}"
    return {
        "measure": f"{one.name}.access_{one.sharing.method}",
        "value": one.cell_access(cells) * PER_PEOPLE,
        "unit": f"{SUPPLIES[one.supply[0]][1]} per {PER_PEOPLE:,.0f} people",
        "quality": "poor" if absent else "estimated",
        "about": about,
        "rule": _told_decay(one),
        "source": decay_source(one.sharing.decay_name),
    }


def _load_columns(one: SharedType, cells: int) -> dict[str, Any]:
    near, loads = one.nearest, load_columns(one.nearest, one.capacity)["load"]
    own = np.where(near.served, np.append(loads, np.nan)[near.site], np.nan)
    value = weighted_means(own, near.people, one.homes.cell[near.demand], cells)
    who = f"only the people of {one.group}" if one.group else "of any age"
    return {
        "measure": f"{one.name}.catchment_load",
        "value": value,
        "unit": "people per place",
        "quality": "estimated",
        "about": f"all people of its catchment over the capacity of the nearest site, {who}",
        "rule": None,
        "source": None,
    }


def _joined(told: Words, about: Words) -> Words:
    """Reasons of all measures and cells: what is known of the cell, then of the measure."""
    return np.where(told == "", about, np.where(told == "", "", told + "; ") + about)


def _told_supply(one: SharedType) -> str:
    name, _ = one.supply
    known = int(np.isfinite(one.capacity).sum())
    return {
        "capacity": "capacity of the sites",
        "floor_area": f"floor area, as the capacity is known of {known} of {len(one.sites)} sites",
        "sites": f"1 for each site, as the capacity is known of {known} of {len(one.sites)}",
    }[name]


def _told_decay(one: SharedType) -> str:
    zones = zip(one.decay.upto_m, one.decay.weight, strict=True)
    steps = ", ".join(f"{weight:g} to {edge:g} m" for edge, weight in zones)
    if one.decay.bandwidth_m is not None:
        steps = f"a bell of {one.decay.bandwidth_m:g} m to {one.decay.limit_m:g} m"
    how = {"walk": "on foot", "bike": "by bicycle", "drive": "by car"}[one.reach.mode]
    steps_of = {"3sfca": "three-step"}.get(one.sharing.method, "two-step")
    return f"{one.name}: {steps_of} floating catchment {how}, weight {steps}"


def _findings(types: Sequence[SharedType]) -> Sequence[Finding]:
    short = [
        one.name
        for one in types
        if len(one.sites) and np.isfinite(one.capacity).all() and one.within is None
    ]
    if not short:
        return []
    return [
        Finding(
            "catchments_within_capacity_left_out",
            "note",
            "sites",
            tuple(short),
            f"expected places for at least {LEAST_ROOM_SHARE:.0%} of the people who can reach a "
            f"site (and at most {MOST_PAIRS:,} pairs of homes and sites), found fewer places for "
            f"{name_ids(short)}; only catchments of the nearest site were made",
            "Nothing, where a type is meant for some ages only; else correct the capacities.",
        )
    ]
