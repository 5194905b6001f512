"""A plan of sites as plain values: what a page shows, a job keeps and a file is made of."""

import time
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.district import District
from gridmap.errors import InputError, MissingLayerError
from gridmap.plan.siting import Answer
from gridmap.plan.siting.places import propose_places
from gridmap.plan.siting.problem import MCLP
from gridmap.progress import Progress, silent
from gridmap.schema import Finding
from gridmap.studies.plan_sites import SitingPlan, plan_sites
from gridmap.studies.siting_dots import DIGITS, lonlat, tell_dots, tell_homes, tell_spots
from gridmap.studies.siting_files import status_of
from gridmap.studies.siting_ground import (
    Ground,
    Laid,
    SitingQuestion,
    lay_ground,
    take_places,
    tell_unreachable,
    unreachable_people,
)

Plain = dict[str, Any]
MOST_CELLS_NAMED = 20
_WARNED = "plan: told before choosing"
_WHERE = {"plan: people and streets": "candidates", "plan: distances": "question", _WARNED: "reach"}
"""What went wrong, by the stage it happened in; later it is a limit that cannot be kept."""


def work_out_siting(
    district: District,
    question: SitingQuestion,
    candidates: gpd.GeoDataFrame | None = None,
    *,
    ground: Ground | None = None,
    look: bool = False,
    progress: Progress = silent,
) -> Plain:
    """Plan sites and tell it in plain values; a question that cannot be answered is told, too.

    Parameters
    ----------
    district : District
        What is planned for.
    question : SitingQuestion
        What is wanted.
    candidates : GeoDataFrame, optional
        Places to choose from; default made from ``question.source``.
    ground : Ground, optional
        From :func:`gridmap.studies.siting_ground.lay_ground`.
    look : bool
        Only tell of candidates and of people beyond them; nothing is chosen.
    progress : callable
        Told of each stage.

    Returns
    -------
    dict
        :func:`tell_plan`, or ``refused`` with ``why`` (``candidates``, ``question``, ``reach``,
        ``budget``, ``limits`` or ``time``) and ``detail`` (the message).

    Examples
    --------
    >>> from datetime import date
    >>> from gridmap.samples import toy_district
    >>> asked = SitingQuestion("pharmacy", "mclp", 250.0, 1, source="streets", on=date(2026, 3, 2))
    >>> told = work_out_siting(toy_district(), asked)
    >>> told["after"]["people_served"], [one["gained"] for one in told["chosen"]]
    (400.0, [200.0])
    >>> short = SitingQuestion("pharmacy", "mclp", -1.0, 1, on=date(2026, 3, 2))
    >>> work_out_siting(toy_district(), short)["refused"]["why"]
    'candidates'
    """
    began, stage = time.monotonic(), [""]

    def follow(name: str, done: int, total: int) -> None:
        stage[0] = name
        progress(name, done, total)

    try:
        follow("plan: people and streets", 0, 0)
        ground = lay_ground(district, question.on) if ground is None else ground
        if look:
            told = _look(district, question, candidates, ground, follow)
        else:
            plan = plan_sites(
                district, question, candidates=candidates, ground=ground,
                warn=lambda _: follow(_WARNED, 0, 0), progress=follow,
            )  # fmt: skip
            if (refused := _too_dear(plan)) is not None:
                return {"refused": refused}
            told = tell_plan(plan, district, ground)
    except (InputError, MissingLayerError) as error:
        why = _WHERE.get(stage[0], "limits")
        late = str(error).startswith("Time ran out")
        return {"refused": {"why": "time" if late else why, "detail": str(error)}}
    return told | {"seconds": round(time.monotonic() - began, 2)}


def make_candidates(
    district: District, ground: Ground, source: str, kinds: tuple[str, ...] = ()
) -> gpd.GeoDataFrame:
    """Candidates of a source, to be made once for several questions.

    Raises
    ------
    InputError, MissingLayerError
        If there are none.
    """
    return propose_places(district, source, ground.network, kinds).table


def tell_plan(plan: SitingPlan, district: District, ground: Ground) -> Plain:
    """Tell a plan in plain values, places in longitude and latitude [°].

    Parameters
    ----------
    plan : SitingPlan
        From :func:`gridmap.studies.plan_sites.plan_sites`.
    district : District
        What it was planned for.
    ground : Ground
        What it was planned on.

    Returns
    -------
    dict
        ``answer`` (value, bound, gap, short_share: how far from the best at most, proved, …),
        ``chosen`` (most people gained first), ``closed``, ``kept``, ``spots`` (candidates that
        were not chosen), ``homes`` (newly served, no longer served and still unserved people by
        place), ``cells``, ``frontier``, ``knee``, ``before``, ``after``, ``beyond`` (people whom
        nothing can serve), ``findings``, ``bounds``.
    """
    answer, other = plan.answer, plan.candidates[~plan.candidates["chosen"]]
    sites = ground.sites[ground.sites["type"] == plan.question.type]
    kept = sites[~sites["site_id"].isin(plan.closed["site_id"])]
    return _common(plan.question, district, plan.unreachable, plan.findings) | {
        "answer": _answer(answer),
        "candidates": len(plan.candidates),
        "chosen": _chosen(plan, district),
        "closed": _sites(plan.closed),
        "kept": _sites(kept),
        **tell_spots(other),
        "homes": tell_homes(plan.homes),
        "cells": _cells(plan.cells, district),
        "frontier": _plain_rows(plan.frontier),
        "limited": plan.question.capacity is not None or bool(plan.candidates["capacity"].any()),
        "knee": find_knee(plan.frontier["people"].to_numpy(dtype=float)),
        "before": plan.before,
        "after": plan.after,
    }


def find_knee(people: Any) -> int | None:
    """Find the number of sites after which each further one adds clearly less.

    Parameters
    ----------
    people : ndarray
        People served by 0, 1, 2 … new sites.

    Returns
    -------
    int or None
        The point of the curve farthest above the straight line between its ends; None where the
        curve does not bend.

    Notes
    -----
    Both axes are scaled to 0-1 first (Satopää et al. 2011, "Kneedle").

    Examples
    --------
    >>> find_knee(np.array([0.0, 40, 80, 85, 88])), find_knee(np.array([0.0, 10, 20]))
    (2, None)
    """
    if len(people) < 3 or people[-1] <= people[0]:
        return None
    along = np.linspace(0, 1, len(people))
    above = (people - people[0]) / (people[-1] - people[0]) - along
    best = int(np.argmax(above))
    # A curve that is nearly straight has no knee.
    return best if above[best] > 0.05 else None


def short_share(answer: Answer) -> float:
    """How far a choice is from the best one at most, as a share of the best [0-1].

    Examples
    --------
    >>> some = Answer("mclp", np.arange(1), 90.0, 100.0, False, True, 1.0, "exact")
    >>> short_share(some)
    0.1
    """
    if answer.proved:
        return 0.0
    away = answer.bound - answer.value if answer.objective == MCLP else answer.value - answer.bound
    return float(max(away, 0.0) / answer.bound) if answer.bound > 0 else 1.0


def _too_dear(plan: SitingPlan) -> Plain | None:
    """Say so where the budget pays for no candidate at all."""
    budget, cheapest = plan.question.budget, plan.candidates["cost"].fillna(1.0).min()
    if budget is None or plan.chosen.shape[0] or not cheapest > budget:
        return None
    detail = (
        f"Expected a budget of at least {cheapest:g}, what the cheapest of "
        f"{len(plan.candidates)} candidates costs; found {budget:g}. A candidate without a cost "
        "counts 1. Raise the budget, or bring cheaper candidates."
    )
    return {"why": "budget", "detail": detail}


def _look(
    district: District,
    question: SitingQuestion,
    candidates: gpd.GeoDataFrame | None,
    ground: Ground,
    progress: Progress,
) -> Plain:
    places = take_places(district, question, ground, candidates)
    laid = Laid.of(question, ground, places, progress)
    lost = unreachable_people(district, laid)
    return _common(question, district, lost, [*laid.findings, *tell_unreachable(lost)]) | {
        "answer": None,
        "candidates": len(laid.places),
        "people": float(laid.problem.people.sum()),
        "chosen": [],
        "closed": [],
        "kept": _sites(laid.sites),
        **tell_spots(laid.places),
        "homes": {"left": tell_dots(lost, lost["people"]), "gained": [], "lost": []},
        "cells": [],
        "frontier": [],
    }


def _common(
    question: SitingQuestion,
    district: District,
    unreachable: gpd.GeoDataFrame,
    findings: list[Finding],
) -> Plain:
    whole = lonlat(gpd.GeoSeries([shapely.box(*district["cells"].total_bounds)], crs=district.crs))
    return {
        "type": question.type,
        "objective": question.objective,
        "norm_m": question.norm_m,
        "beyond": _beyond(unreachable, district),
        "findings": [
            {"rule": one.rule, "count": len(one.ids), "ids": list(one.ids[:20]), "found": one.found}
            for one in findings
            if one.rule != "people_beyond_candidates"
        ],
        "bounds": [float(one) for one in shapely.bounds(whole[0])],
        "synthetic": list(district.synthetic_layers),
    }


def _answer(answer: Answer) -> Plain:
    return {
        "value": answer.value,
        "bound": answer.bound,
        "gap": answer.gap,
        "short_share": short_share(answer),
        "proved": answer.proved,
        "stopped": answer.stopped,
        "status": status_of(answer),
        "method": answer.method,
        "twice": answer.twice,
        "seconds": round(answer.seconds, 2),
    }


def _beyond(unreachable: gpd.GeoDataFrame, district: District) -> Plain:
    by_cell = unreachable.groupby("cell_id")["people"].sum().sort_values(ascending=False)
    names = _names(district)
    first = by_cell.head(MOST_CELLS_NAMED)
    return {
        "people": float(unreachable["people"].sum()),
        "places": len(unreachable),
        "cells_in_all": len(by_cell),
        "cells": [
            {"cell_id": str(one), "name": names.get(str(one)), "people": float(count)}
            for one, count in first.items()
        ],
    }


def _chosen(plan: SitingPlan, district: District) -> list[Plain]:
    """Tell the new sites, the one that gains most people first, each with where it stands."""
    table = plan.chosen.reset_index(drop=True)
    if table.empty:
        return []
    homes = plan.homes[plan.homes["site"] >= 0]
    near = homes[homes["served_after"] > 0]
    new = homes["served_after"] - homes["served_before"]
    gained = new.groupby(homes["site"]).sum().reindex(table.index, fill_value=0.0)
    walked = (near["walk_m"] * near["served_after"]).groupby(near["site"]).sum()
    served = near.groupby("site")["served_after"].sum().reindex(table.index, fill_value=0.0)
    places = lonlat(table.geometry)
    facts = pd.DataFrame(
        {
            "place_id": table["place_id"].astype(str),
            "origin": table["origin"].astype(str),
            "name": table["name"].where(~table["name"].isin(["None", "nan", ""]), None),
            "cost": table["cost"],
            "capacity": table["capacity"],
            "people": table["people"],
            "served": served,
            "gained": gained,
            "walk_m": (walked / served).reindex(table.index),
            "lon": shapely.get_x(places).round(DIGITS),
            "lat": shapely.get_y(places).round(DIGITS),
            **_stands_in(table, district),
        }
    ).sort_values("gained", ascending=False, kind="stable", ignore_index=True)
    facts.insert(0, "number", facts.index + 1)
    return _plain_rows(facts)


def _stands_in(table: gpd.GeoDataFrame, district: District) -> dict[str, Any]:
    """Cell and community of places: their name without an address."""
    cells, communities = district["cells"], district.communities
    row = shapely.STRtree(np.asarray(cells.geometry)).nearest(np.asarray(table.geometry))
    code = cells["community_code"].astype(str).to_numpy(dtype=object)[row]
    known = dict(zip(communities["code"].astype(str), communities["name"], strict=True))
    ids, names = (cells[one].to_numpy(dtype=object)[row] for one in ("cell_id", "name"))
    return {
        "cell_id": ids,
        "cell_name": names,
        "community": [known.get(one) for one in code],
    }


def _sites(sites: gpd.GeoDataFrame) -> list[Plain]:
    if sites.empty:
        return []
    middles = shapely.point_on_surface(np.asarray(sites.geometry, dtype=object))
    places = lonlat(gpd.GeoSeries(middles, crs=sites.crs))
    facts = pd.DataFrame(
        {
            "site_id": sites["site_id"].astype(str).to_numpy(dtype=object),
            "name": sites["name"].to_numpy(dtype=object),
            "lon": shapely.get_x(places).round(DIGITS),
            "lat": shapely.get_y(places).round(DIGITS),
        }
    )
    return _plain_rows(facts)


def _cells(cells: gpd.GeoDataFrame, district: District) -> list[Plain]:
    code = district["cells"]["community_code"].astype(str)
    communities = district.communities
    known = dict(zip(communities["code"].astype(str), communities["name"], strict=True))
    table = pd.DataFrame(cells.drop(columns="geometry")).round(4)
    table["community"] = code.map(known).to_numpy(dtype=object)
    return _plain_rows(table[table["people"] > 0])


def _names(district: District) -> dict[str, str]:
    cells = district["cells"]
    named = cells[["cell_id", "name"]].dropna()
    return dict(zip(named["cell_id"].astype(str), named["name"].astype(str), strict=True))


def _plain_rows(frame: pd.DataFrame) -> list[Plain]:
    """Rows as plain values; None for anything empty."""
    clean = frame.astype(object).where(frame.notna(), None)
    return [
        {
            str(name): value.item() if isinstance(value, np.generic) else value
            for name, value in row.items()
        }
        for row in clean.to_dict("records")
    ]
