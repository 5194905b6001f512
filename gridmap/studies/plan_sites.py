"""Plan sites for a district: what ``gridmap plan sites`` and the siting assistant ask for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.district import District
from gridmap.plan.siting import Answer, Siting, choose_sites, draw_frontier
from gridmap.plan.siting.answers import served_times, shares
from gridmap.plan.siting.choose import never
from gridmap.plan.siting.problem import MCLP
from gridmap.progress import Progress, silent
from gridmap.schema import Finding
from gridmap.services.network import network_findings
from gridmap.studies.siting_ground import (
    Ground,
    Laid,
    SitingQuestion,
    lay_ground,
    take_places,
    tell_unreachable,
    unreachable_people,
    walks_to,
)

__all__ = [
    "Ground",
    "SitingPlan",
    "SitingQuestion",
    "lay_ground",
    "plan_sites",
]

FRONTIER_MOST = 30
"""Numbers of new sites in the frontier at most."""
Cancelled = Callable[[], bool]


@dataclass(frozen=True, eq=False)
class SitingPlan:
    """A plan of sites.

    Attributes
    ----------
    question : SitingQuestion
        What was asked.
    answer : Answer
        Value, bound, gap, whether it is proved, and whether time ran out.
    chosen : GeoDataFrame
        New sites: ``place_id``, ``origin``, ``name``, ``cost``, ``capacity``, ``people`` (within
        the norm), ``people_gained`` (of them not served before), points.
    closed : GeoDataFrame
        Existing sites to close.
    candidates : GeoDataFrame
        All candidates, with ``chosen`` and ``people`` within the norm of each.
    unreachable : GeoDataFrame
        People whom no candidate and no site can serve: ``people``, ``cell_id``, ``nearest_m`` (walk
        to the nearest place that could be open), points.
    homes : GeoDataFrame
        Every place where people live: ``people``, ``cell_id``, ``served_before`` and
        ``served_after`` (people), ``site`` (row of ``chosen`` that is the nearest open place; -1
        if that is an existing site, or none is near), ``walk_m`` to it, points.
    cells : GeoDataFrame
        ``cell_id``, ``name``, ``people``, ``served_before``, ``served_after``, ``share_before``,
        ``share_after``, ``gained``.
    frontier : DataFrame
        See :func:`gridmap.plan.siting.draw_frontier`.
    before, after : dict
        ``sites``, ``people_served``, ``served_share``, ``distance_mean_m``, ``distance_max_m`` of
        those who can walk to a site.
    findings : list of Finding
        What was left out, and what is doubtful.
    """

    question: SitingQuestion
    answer: Answer
    chosen: gpd.GeoDataFrame
    closed: gpd.GeoDataFrame
    candidates: gpd.GeoDataFrame
    unreachable: gpd.GeoDataFrame
    homes: gpd.GeoDataFrame
    cells: gpd.GeoDataFrame
    frontier: pd.DataFrame
    before: dict[str, float | None]
    after: dict[str, float | None]
    findings: list[Finding]


def plan_sites(
    district: District,
    question: SitingQuestion,
    *,
    candidates: gpd.GeoDataFrame | None = None,
    ground: Ground | None = None,
    warn: Callable[[list[Finding]], None] | None = None,
    progress: Progress = silent,
    cancelled: Cancelled = never,
) -> SitingPlan:
    """Plan sites, and measure what the plan changes.

    Parameters
    ----------
    district : District
        With cells and roads; population, sites and landuse where it has them.
    question : SitingQuestion
        What is wanted.
    candidates : GeoDataFrame, optional
        Places to choose from (:func:`gridmap.io.uploads.read_candidates`); default made from
        ``question.source``.
    ground : Ground, optional
        From :func:`lay_ground`.
    warn : function, optional
        Told of all findings before anything is chosen: also whom no candidate can serve.
    progress : Progress
        Told of each stage.
    cancelled : function
        Asked while work goes on.

    Returns
    -------
    SitingPlan

    Raises
    ------
    InputError
        If the question cannot be asked, nothing can be done within its limits, or the candidates
        cannot be used. The message says what to change.
    StoppedError
        If it was cancelled.

    Notes
    -----
    People are where :func:`gridmap.services.demand.place_people` puts them, walks those of
    coverage (MEASURES.md 3 and 7). Existing sites of the type count and stay, unless ``close``
    says how many may go.

    Examples
    --------
    >>> from datetime import date
    >>> from gridmap.samples import toy_district
    >>> asked = SitingQuestion("pharmacy", "mclp", 250.0, 1, source="streets", on=date(2026, 3, 2))
    >>> plan = plan_sites(toy_district(), asked)
    >>> plan.before["people_served"], plan.after["people_served"], plan.answer.proved
    (200.0, 400.0, True)
    """
    progress("plan: people and streets", 0, 0)
    ground = lay_ground(district, question.on) if ground is None else ground
    places = take_places(district, question, ground, candidates)
    laid = Laid.of(question, ground, places, progress)
    problem = laid.problem
    unreachable = unreachable_people(district, laid)
    found = [*laid.findings, *network_findings(ground.network), *tell_unreachable(unreachable)]
    if warn:
        warn(found)
    answer = choose_sites(problem, question.time_limit_s, progress=progress, cancelled=cancelled)
    table = _frontier(question, problem, answer, progress, cancelled)
    homes = _homes(district, laid, answer)
    return SitingPlan(
        question=question,
        answer=answer,
        frontier=table,
        unreachable=unreachable,
        homes=homes,
        cells=_cells(district, homes),
        before=_figures(laid, laid.standing),
        after=_figures(laid, answer.open),
        findings=found,
        **_layers(laid, answer),
    )


def _frontier(
    question: SitingQuestion,
    problem: Siting,
    answer: Answer,
    progress: Progress,
    cancelled: Cancelled,
) -> pd.DataFrame:
    planned = int((~problem.existing[answer.open]).sum())
    if question.frontier == 0:
        return draw_frontier(problem, -1)
    most = max(planned, question.count or 0) if question.frontier is None else question.frontier
    known = answer if question.objective == MCLP and question.count is not None else None
    if known is not None and most != question.count:
        known = None
    return draw_frontier(
        problem,
        min(most, FRONTIER_MOST),
        question.time_limit_s,
        known=known if most <= FRONTIER_MOST else None,
        progress=progress,
        cancelled=cancelled,
    )


def _layers(laid: Laid, answer: Answer) -> dict[str, gpd.GeoDataFrame]:
    problem, known = laid.problem, len(laid.sites)
    people = np.asarray(problem.covers.T @ problem.people)
    lacking = np.where(served_times(problem, laid.standing) == 0, problem.people, 0.0)
    table = laid.places.copy()
    opened = np.zeros(problem.size[1], dtype=bool)
    opened[answer.open] = True
    table.insert(5, "chosen", opened[known:])
    table.insert(6, "people", people[known:])
    table.insert(7, "people_gained", np.asarray(problem.covers.T @ lacking)[known:])
    return {
        "candidates": table,
        "chosen": table[table["chosen"]].drop(columns="chosen").reset_index(drop=True),
        "closed": laid.sites[~opened[:known]].reset_index(drop=True),
    }


def _homes(district: District, laid: Laid, answer: Answer) -> gpd.GeoDataFrame:
    demand, asked, people = laid.ground.demand, laid.covering(), laid.problem.people
    nearest, walk_m = _nearest_open(laid, answer.open)
    known = len(laid.sites)
    names = district["cells"]["cell_id"].to_numpy(dtype=object)
    return gpd.GeoDataFrame(
        {
            "people": people,
            "cell_id": names[demand.cell[laid.rows]],
            "served_before": shares(asked, laid.standing) * people,
            "served_after": shares(asked, answer.open) * people,
            "site": np.where(nearest >= known, nearest - known, -1),
            "walk_m": walk_m,
        },
        geometry=np.asarray(demand.points.geometry, dtype=object)[laid.rows],
        crs=district.crs,
    ).assign(site=lambda homes: _rank(homes["site"], answer.open[answer.open >= known] - known))


def _nearest_open(laid: Laid, opened: Any) -> tuple[Any, Any]:
    """Nearest open place of every home and the walk there; -1 and NaN where none is near."""
    walks = laid.problem.distance_m[:, opened]
    rows = np.repeat(np.arange(walks.shape[0]), np.diff(walks.indptr))
    order = np.lexsort((walks.indices, walks.data, rows))
    first = order[np.unique(rows[order], return_index=True)[1]]
    nearest, walk_m = np.full(walks.shape[0], -1), np.full(walks.shape[0], np.nan)
    nearest[rows[first]] = opened[walks.indices[first]]
    walk_m[rows[first]] = walks.data[first]
    return nearest, walk_m


def _rank(candidate: pd.Series, chosen: Any) -> Any:
    """Row among the chosen of a row among the candidates; -1 stays."""
    found = np.searchsorted(chosen, candidate)
    return np.where(candidate < 0, -1, found)


def _cells(district: District, homes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    cells = district["cells"]
    cell = pd.Index(cells["cell_id"]).get_indexer(homes["cell_id"])
    sums = [
        np.bincount(cell, weights=homes[name], minlength=len(cells))
        for name in ("people", "served_before", "served_after")
    ]
    table = gpd.GeoDataFrame(
        {
            "cell_id": cells["cell_id"],
            "name": cells["name"],
            "people": sums[0],
            "served_before": sums[1],
            "served_after": sums[2],
            "gained": sums[2] - sums[1],
        },
        geometry=cells.geometry,
        crs=district.crs,
    )
    lived = table["people"].where(table["people"] > 0)
    for when in ("before", "after"):
        share = (table[f"served_{when}"] / lived).clip(0, 1)
        table.insert(table.columns.get_loc("geometry"), f"share_{when}", share)
    return table


def _figures(laid: Laid, opened: Any) -> dict[str, float | None]:
    """People served by open places within the norm, and their walks to the nearest."""
    people = laid.problem.people
    served = float(shares(laid.covering(), opened) @ people)
    told: dict[str, float | None] = {
        "sites": len(opened),
        "people": float(people.sum()),
        "people_served": served,
        "served_share": served / float(people.sum()),
    }
    if len(opened):
        walks = walks_to(laid, opened)
        near = np.isfinite(walks)
        if near.any():
            told["distance_mean_m"] = float(walks[near] @ people[near] / people[near].sum())
            told["distance_max_m"] = float(walks[near].max())
    return told
