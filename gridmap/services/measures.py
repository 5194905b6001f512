"""The services dimension: coverage rows, summary, service areas, and who is not served."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.district import District
from gridmap.progress import Progress, silent
from gridmap.schema import Finding
from gridmap.services.areas import ReachedGround, area_shares, reached_pieces
from gridmap.services.demand import place_people
from gridmap.services.distribution import weighted_quantiles
from gridmap.services.fairness import Fairness, measure_fairness
from gridmap.services.findings import service_findings
from gridmap.services.network import FloatArray, lay_network
from gridmap.services.provision import measure_provision
from gridmap.services.reach import Reach, measure_reach
from gridmap.services.serving import coverage_curves, list_serving
from gridmap.services.shared_type import Sharing
from gridmap.services.sheet import write_rows
from gridmap.services.sites import open_sites
from gridmap.services.travel import Travel

WALK_MINUTES = (5, 10, 15)
"""Minutes for which service areas are drawn."""


@dataclass(frozen=True, eq=False)
class ServiceMeasures:
    """What the services dimension found.

    Attributes
    ----------
    rows : DataFrame
        Coverage rows, see :func:`gridmap.services.sheet.write_rows`.
    summary : dict
        For each type: ``norm_m``, ``sites``, ``population_served``, ``served_share``,
        ``cells_unserved`` (cells with people of whom nobody is served), ``distance_p50_m``,
        ``distance_p90_m``; None where a figure cannot be known. Beside them those of
        :mod:`gridmap.services.fairness` and :mod:`gridmap.services.provision`.
    service_areas : GeoDataFrame
        ``type``, ``minutes`` (empty for the area within the norm), ``limit_m``, ``area_m2``.
    unserved : GeoDataFrame
        ``type``, ``cell_id``, ``people``, geometry: where the people who are not served live.
    findings : list of Finding
        What a reader must know.
    population : float or None
        People inside the cells.
    demand : GeoDataFrame
        Where the people were placed: ``people``, ``cell_id`` (empty outside), ``reason``.
    cell_sites : DataFrame
        Sites nearest to the people of each cell (:func:`gridmap.services.serving.list_serving`).
    curves : DataFrame
        People by distance, for each type (:func:`gridmap.services.serving.coverage_curves`).
    fairness : Fairness
        Catchments, loads of sites and fair access (:mod:`gridmap.services.fairness`); its rows,
        summary and findings are among those above.
    """

    rows: pd.DataFrame
    summary: Mapping[str, Mapping[str, Any]]
    service_areas: gpd.GeoDataFrame
    unserved: gpd.GeoDataFrame
    findings: Sequence[Finding]
    population: float | None
    demand: gpd.GeoDataFrame
    cell_sites: pd.DataFrame
    curves: pd.DataFrame
    fairness: Fairness


def measure_services(
    district: District,
    norms: pd.DataFrame,
    on: date,
    progress: Progress = silent,
    travel: Travel | None = None,
    *,
    sharing: Sharing | None = None,
) -> ServiceMeasures:
    """Measure who is served on foot, by which types of site, and who is not.

    Parameters
    ----------
    district : District
        Needs ``cells`` and ``roads``; reads ``sites``, ``population`` and ``buildings``.
    norms : DataFrame
        ``type``, ``norm_m`` [m], ``source``, ``confidence``. Every type with a ``norm_m`` is
        measured, also one of which the district has no site.
    on : date
        Sites open on this date count; proposed ones never do.
    progress : Progress
        Told after each type.
    travel : Travel, optional
        How people move; default on foot, at the same speed everywhere.
    sharing : Sharing, optional
        How fair access is measured (:class:`gridmap.services.shared_type.Sharing`); default E2SFCA
        with zones.

    Returns
    -------
    ServiceMeasures

    Raises
    ------
    MissingLayerError
        Without cells or roads.
    InputError
        If a population is negative, or a norm is not positive or given twice.

    Notes
    -----
    A person is served if the walk to the nearest open site of the type, access legs included, is
    at most the norm. Sites beyond the boundary serve too where the ways lead there
    (MEASURES.md 3).

    Examples
    --------
    >>> import pandas as pd
    >>> from gridmap.samples import toy_district
    >>> norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0]})
    >>> measured = measure_services(toy_district(), norms, date(2026, 3, 2))
    >>> measured.summary["pharmacy"]["population_served"], measured.population
    (460.0, 500.0)
    >>> rows = measured.rows
    >>> rows[rows.measure == "pharmacy.walk_share"][["cell_id", "value", "status"]].values.tolist()
    [['nw', 1.0, 'met'], ['ne', 1.0, 'met'], ['sw', 1.0, 'met'], ['se', 0.0, 'missed']]
    """
    district.needs("cells", "roads")
    cells = district["cells"]
    network = lay_network(district["roads"], travel)
    sites = open_sites(district["sites"], on)
    reach = measure_reach(network, place_people(district), sites, norms, travel)
    areas, covered = _draw_areas(reach, cells, district.crs, progress)
    rows = write_rows(reach, cells, covered)
    people = district.layers.get("population")
    fairness = measure_fairness(reach, cells, district.crs, sharing, people)
    provision = measure_provision(reach, cells, district["sites"], on, people)
    parts = [_summarise(reach, rows), fairness.summary, provision.summary]
    return ServiceMeasures(
        rows=pd.concat([rows, fairness.rows, provision.rows], ignore_index=True),
        summary={
            kind: {k: v for one in parts for k, v in one[kind].items()} for kind in reach.types
        },
        service_areas=areas,
        unserved=_list_unserved(reach, cells, district.crs),
        findings=[
            *service_findings(reach, cells),
            *fairness.findings,
            *provision.findings,
        ],
        population=reach.demand.population,
        demand=_name_cells(reach, cells),
        cell_sites=list_serving(reach, cells, district["sites"], on),
        curves=coverage_curves(reach),
        fairness=fairness,
    )


def _draw_areas(
    reach: Reach, cells: Any, crs: Any, progress: Progress
) -> tuple[gpd.GeoDataFrame, FloatArray]:
    """Service areas of all types with sites, and the share of each cell within the norm."""
    shapes = np.asarray(cells.geometry, dtype=object)
    ground = ReachedGround(reach.network)
    covered = np.zeros((len(reach.types), len(cells)))
    drawn: list[tuple[str, float, float, Any]] = []
    present = [number for number, count in enumerate(reach.count) if count]
    # Joining shapes leaves Python to other threads, so types are drawn side by side.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        areas_of = pool.map(lambda number: _areas_of_type(reach, ground, number, shapes), present)
        for done, (number, (of_type, share)) in enumerate(zip(present, areas_of, strict=True)):
            covered[number] = share
            minutes = [*map(float, WALK_MINUTES), np.nan]
            kind = reach.types[number]
            drawn += [(kind, m, *one) for m, one in zip(minutes, of_type, strict=True)]
            progress("services", done + 1, len(present))
    frame = pd.DataFrame(drawn, columns=["type", "minutes", "limit_m", "geometry"])
    areas = gpd.GeoDataFrame(frame, geometry="geometry", crs=crs)
    areas.insert(3, "area_m2", shapely.area(np.asarray(areas.geometry, dtype=object)))
    return areas, covered


def _areas_of_type(
    reach: Reach, ground: ReachedGround, number: int, cells: Any
) -> tuple[list[tuple[float, Any]], FloatArray]:
    """Limit and ground for each number of minutes, last for the norm; share of cells in that."""
    limits = [60 * minutes * reach.usual_mps for minutes in WALK_MINUTES] + [reach.norm_m[number]]
    snaps, node_m = reach.type_snaps[number], reach.node_m[number]
    joined: dict[float, Any] = {}
    for limit_m in limits:
        if limit_m not in joined:
            pieces = reached_pieces(reach.network, snaps, node_m, limit_m)
            joined[limit_m] = ground.join(pieces)
    of_type = [(float(limit_m), joined[limit_m]) for limit_m in limits]
    return of_type, area_shares(joined[limits[-1]], cells)


def _summarise(reach: Reach, rows: pd.DataFrame) -> dict[str, dict[str, float | int | None]]:
    people = np.where(reach.demand.cell >= 0, reach.demand.people, 0)
    population = reach.demand.population
    missed = rows[rows["status"] == "missed"].groupby("measure").size()
    everyone = np.zeros(len(people), dtype=np.int64)
    summary: dict[str, dict[str, float | int | None]] = {}
    for number, kind in enumerate(reach.types):
        served = float(people[reach.served[number]].sum())
        middle, far = weighted_quantiles(reach.walk_m[number], people, everyone, 1, (0.5, 0.9))
        summary[kind] = {
            "norm_m": float(reach.norm_m[number]),
            "sites": reach.count[number],
            "population_served": None if population is None else served,
            "served_share": served / population if population else None,
            "cells_unserved": int(missed.get(f"{kind}.{reach.mode}_share", 0)),
            "distance_p50_m": _finite(middle[0]),
            "distance_p90_m": _finite(far[0]),
        }
    return summary


def _list_unserved(reach: Reach, cells: Any, crs: Any) -> gpd.GeoDataFrame:
    demand = reach.demand
    lacking = ~reach.served & (demand.people > 0) & (demand.cell >= 0)
    kind, point = np.nonzero(lacking)
    key = kind * len(cells) + demand.cell[point]
    order = np.argsort(key, kind="stable")
    pairs, group = np.unique(key[order], return_inverse=True)
    places = np.asarray(demand.points.geometry, dtype=object)[point[order]]
    columns = {
        "type": np.array(reach.types, dtype=object)[pairs // len(cells)],
        "cell_id": cells["cell_id"].to_numpy(dtype=object)[pairs % len(cells)],
        "people": np.bincount(group, weights=demand.people[point[order]], minlength=len(pairs)),
    }
    homes: Any = shapely.multipoints(places, indices=group) if len(pairs) else []
    return gpd.GeoDataFrame(columns, geometry=homes, crs=crs)


def _name_cells(reach: Reach, cells: Any) -> gpd.GeoDataFrame:
    names = np.array([*cells["cell_id"], None], dtype=object)
    placed = reach.demand.points.drop(columns=["cell", "origin"])
    placed.insert(1, "cell_id", pd.array(names[reach.demand.cell], dtype="str"))
    return placed


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
