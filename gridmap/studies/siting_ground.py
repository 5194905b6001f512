"""The ground of a plan of sites: people, streets, sites and candidates, laid out as numbers."""

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gridmap.crs import project
from gridmap.district import District
from gridmap.errors import InputError, name_ids
from gridmap.plan.siting import Siting
from gridmap.plan.siting.places import Places, left_out, listed_places, propose_places
from gridmap.plan.siting.problem import LSCP, MCLP
from gridmap.progress import Progress
from gridmap.schema import Finding
from gridmap.services.access import Snaps, node_distances, snap, walk_distances
from gridmap.services.demand import Demand, place_people
from gridmap.services.findings import access_legs
from gridmap.services.matrix import site_distances
from gridmap.services.network import WalkNetwork, lay_network
from gridmap.services.sites import open_sites
from gridmap.units import SNAP_FINDING_M

OUT_OF_REACH_M = 1000.0
"""A candidate farther than this [m] from any street is left out: no one walks there."""


@dataclass(frozen=True)
class SitingQuestion:
    """What is wanted.

    Attributes
    ----------
    type : str
        Type of site.
    objective : str
        ``lscp`` (fewest sites for everybody), ``mclp`` (most people), ``p-median`` (least
        walking) or ``p-center`` (least farthest walk).
    norm_m : float
        Longest walk that counts as served [m].
    count : int, optional
        New sites at most.
    budget : float, optional
        Cost of new sites at most; a candidate without a cost costs 1.
    source : str
        Where candidates come from, unless a list is given
        (:data:`gridmap.plan.siting.places.SOURCES`).
    kinds : tuple of str
        Kinds of land use, or types of sites, for candidates; default all.
    capacity : float, optional
        People a new site can serve where its candidate does not say; with it, existing sites serve
        as many as their column ``capacity`` says (without one there: no limit).
    close : int
        Existing sites that may be closed and replaced.
    apart_m : float
        Straight distance that new sites keep from each other and from existing ones [m].
    backup : str
        ``then`` (as many people as possible covered twice, too), ``require`` or empty.
    time_limit_s : float
        Seconds [s] for the choice, and again for the frontier.
    on : date, optional
        Day whose open sites count; default today.
    frontier : int, optional
        Numbers of new sites in the frontier; default as many as are planned, at most
        :data:`FRONTIER_MOST`; 0 for none.
    """

    type: str
    objective: str
    norm_m: float
    count: int | None = None
    budget: float | None = None
    source: str = "blocks"
    kinds: tuple[str, ...] = ()
    capacity: float | None = None
    close: int = 0
    apart_m: float = 0.0
    backup: str = ""
    time_limit_s: float = 60.0
    on: date | None = None
    frontier: int | None = None


@dataclass(frozen=True, eq=False)
class Ground:
    """People, streets and sites of a district on a day, and where they meet.

    Lay it once with :func:`lay_ground` to ask several questions of one district.
    """

    demand: Demand
    network: WalkNetwork
    sites: gpd.GeoDataFrame
    homes: Snaps
    on: date


def lay_ground(district: District, on: date | None = None) -> Ground:
    """Place people, lay streets and take the sites that are open on a day.

    Raises
    ------
    MissingLayerError
        If there are no cells or roads.
    InputError
        If nobody lives in the cells, or a population is negative.
    """
    district.needs("cells", "roads")
    day = on or district.today()
    demand = place_people(district)
    if not demand.people[demand.cell >= 0].sum() > 0:
        raise InputError(
            "Nobody lives in the cells, as far as the district knows: add the layer 'population', "
            "or fill the column 'population' of the cells."
        )
    network = lay_network(district["roads"])
    homes = snap(network, np.asarray(demand.points.geometry, dtype=object))
    return Ground(demand, network, open_sites(district["sites"], day), homes, day)


@dataclass(frozen=True, eq=False)
class Laid:
    """A question as numbers: places are the open sites of the type, then the candidates."""

    ground: Ground
    rows: Any
    standing: Any
    sites: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    problem: Siting
    findings: list[Finding]

    @classmethod
    def of(
        cls, question: SitingQuestion, ground: Ground, places: Places, progress: Progress
    ) -> "Laid":
        """Measure the walks between people and places, and write the limits as numbers."""
        progress("plan: distances", 0, 0)
        sites = ground.sites[ground.sites["type"] == question.type].reset_index(drop=True)
        table, findings = _within_streets(places, ground)
        shapes = np.concatenate([_shapes(sites), _shapes(table)])
        met = snap(ground.network, shapes)
        demand = ground.demand
        rows = np.flatnonzero((demand.cell >= 0) & (demand.people > 0))
        covering = question.objective in {LSCP, MCLP}
        reach_m = question.norm_m if covering else np.inf
        walks = site_distances(
            ground.network, ground.homes, len(demand.points), met, len(shapes), reach_m + 1.0
        )
        existing = np.arange(len(shapes)) < len(sites)
        problem = Siting(
            walks[rows],
            demand.people[rows],
            question.objective,
            question.norm_m,
            existing,
            count=question.count,
            closable=question.close,
            cost=np.concatenate([np.ones(len(sites)), table["cost"].fillna(1.0)]),
            budget=np.inf if question.budget is None else question.budget,
            capacity=_capacities(question, sites, table),
            apart=_too_near(shapes, question.apart_m),
            backup=question.backup,
        )
        return cls(ground, rows, np.flatnonzero(existing), sites, table, problem, findings)

    def covering(self) -> Siting:
        """Ask of the same places how many people live within the norm."""
        return dataclasses.replace(self.problem, objective=MCLP, count=0, backup="", closable=0)


def take_places(
    district: District, question: SitingQuestion, ground: Ground, candidates: Any
) -> Places:
    """Candidates of a list, or made from what the district holds.

    Raises
    ------
    InputError
        If the question holds impossible numbers, or there is no candidate.
    """
    _check_question(question)
    if candidates is not None:
        return listed_places(project(candidates, district.crs, "candidates"), district)
    found = propose_places(district, question.source, ground.network, question.kinds)
    if question.source != "sites":
        return found
    same = ground.sites["site_id"][ground.sites["type"] == question.type].astype(str)
    return Places(found.table[~found.table["place_id"].isin(same)].reset_index(drop=True), [])


def _check_question(question: SitingQuestion) -> None:
    faults = []
    if not (np.isfinite(question.norm_m) and 0 < question.norm_m <= 50_000):
        faults.append(
            f"the norm is a distance above 0 m (and at most 50 km), not {question.norm_m}"
        )
    if question.capacity is not None and not question.capacity > 0:
        faults.append(f"a capacity is above 0 people, not {question.capacity:g}")
    if not question.apart_m >= 0:
        faults.append(f"the distance between sites is 0 m or more, not {question.apart_m:g}")
    if question.count is not None and question.count < 0:
        faults.append(f"the number of new sites is 0 or more, not {question.count}")
    if faults:
        raise InputError("The plan cannot be made: " + "; ".join(faults) + ".")


def _within_streets(places: Places, ground: Ground) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Candidates that people can walk to, and findings about the others."""
    table, findings = places
    legs = access_legs(snap(ground.network, _shapes(table)), len(table))
    lost = legs > OUT_OF_REACH_M
    if lost.all():
        raise InputError(
            f"All {len(table)} candidates lie more than {OUT_OF_REACH_M:g} m from any walkable "
            f"way: {name_ids(table['place_id'])}. Add the streets, or correct their positions."
        )
    findings = list(findings)
    if lost.any():
        findings.append(
            left_out(
                "candidate_out_of_reach",
                table["place_id"][lost],
                f"the candidate lies more than {OUT_OF_REACH_M:g} m from any walkable way (the "
                f"farthest {legs[lost & np.isfinite(legs)].max(initial=0):.0f} m) and is left out",
                "Correct its position, or add the ways that lead there.",
            )
        )
    far = ~lost & (legs > SNAP_FINDING_M)
    if far.any():
        findings.append(
            left_out(
                "candidate_far_from_way",
                table["place_id"][far],
                f"the candidate lies more than {SNAP_FINDING_M:g} m from a walkable way; the rest "
                "is a straight line",
                "Check its position, or add the ways that lead there.",
            )
        )
    return table[~lost].reset_index(drop=True), findings


def _shapes(table: Any) -> Any:
    return np.asarray(table.geometry, dtype=object)


def _capacities(question: SitingQuestion, sites: Any, table: Any) -> Any:
    if question.capacity is None and not table["capacity"].notna().any():
        return None
    given = sites["capacity"].to_numpy(dtype=np.float64)
    wrong = given <= 0
    if wrong.any():
        raise InputError(
            f"Sites expect a capacity above 0 people; found 0 or less at "
            f"{name_ids(sites['site_id'][wrong])}. Correct it, or leave it empty."
        )
    own = np.inf if question.capacity is None else question.capacity
    new = table["capacity"].fillna(own).to_numpy(dtype=np.float64)
    return np.concatenate([np.where(np.isnan(given), np.inf, given), new])


def _too_near(shapes: Any, apart_m: float) -> Any:
    if not apart_m > 0:
        return ()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=apart_m)
    kept = one < other
    one, other = one[kept], other[kept]
    near = shapely.distance(shapes[one], shapes[other]) < apart_m
    return np.column_stack([one[near], other[near]])


def unreachable_people(district: District, laid: Laid) -> gpd.GeoDataFrame:
    """People whom nothing can serve: known before anything is chosen."""
    problem, demand = laid.problem, laid.ground.demand
    lost = ~problem.reachable
    rows = laid.rows[lost]
    nearest = walks_to(laid, np.flatnonzero(problem.usable))
    names = district["cells"]["cell_id"].to_numpy(dtype=object)
    return gpd.GeoDataFrame(
        {
            "people": demand.people[rows],
            "cell_id": names[demand.cell[rows]],
            "nearest_m": np.where(np.isfinite(nearest), nearest, np.nan)[lost],
        },
        geometry=_shapes(demand.points)[rows],
        crs=district.crs,
    )


def walks_to(laid: Laid, opened: Any) -> Any:
    """Walk of everybody to the nearest of some places, without limit [m]; inf without a way."""
    ground = laid.ground
    shapes = np.concatenate([_shapes(laid.sites), _shapes(laid.places)])
    met = snap(ground.network, shapes[opened])
    nodes = node_distances(ground.network, [met])
    walks = walk_distances(ground.network, ground.homes, len(ground.demand.points), [met], nodes)
    return walks[0][laid.rows]


def tell_unreachable(unreachable: gpd.GeoDataFrame) -> list[Finding]:
    """Say how many people no candidate can serve."""
    if unreachable.empty:
        return []
    return [
        Finding(
            "people_beyond_candidates",
            "warning",
            "cells",
            tuple(dict.fromkeys(unreachable["cell_id"].astype(str))),
            f"{unreachable['people'].sum():.0f} people at {len(unreachable)} places cannot be "
            "served by any candidate or site, however many are opened",
            "Add candidates near them, or allow a larger norm.",
        )
    ]
