"""The folder of a plan of sites: layers, figures, the frontier, and coverage to compare with."""

import dataclasses
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap import schema
from gridmap.district import District
from gridmap.io.files import replacing
from gridmap.io.results import synthetic_mark, write_geopackage, write_json, write_table
from gridmap.plan.siting import Answer
from gridmap.progress import Progress, silent
from gridmap.schema import Finding
from gridmap.studies.cover import cover, write_cover
from gridmap.studies.plan_sites import SitingPlan

UNITS = {
    "lscp": "cost of sites (1 each where candidates have no cost)",
    "mclp": "people served",
    "p-median": "person-metres walked",
    "p-center": "metres of the farthest walk",
}
"""What value and bound of each objective count."""
_DECIMALS = 6


def tell_siting(plan: SitingPlan, district: District) -> dict[str, Any]:
    """Contents of ``plan.json``."""
    answer, unreachable = plan.answer, plan.unreachable
    return {
        "district": district.name,
        "crs": district.crs.to_string(),
        "type": plan.question.type,
        "objective": answer.objective,
        "status": status_of(answer),
        "value": answer.value,
        "bound": answer.bound,
        "unit": UNITS[answer.objective],
        "gap": answer.gap,
        "proved": answer.proved,
        "stopped": answer.stopped,
        "method": answer.method,
        "seconds": round(answer.seconds, 3),
        "added": len(plan.chosen),
        "closed": plan.closed["site_id"].astype(str).tolist(),
        "candidates": len(plan.candidates),
        "unreachable_people": float(unreachable["people"].sum()),
        "covered_twice": answer.twice,
        "before": plan.before,
        "after": plan.after,
        "frontier": plan.frontier.to_dict("records"),
        "question": dataclasses.asdict(
            dataclasses.replace(plan.question, on=None, kinds=tuple(plan.question.kinds))
        )
        | {"on": plan.question.on.isoformat() if plan.question.on else None},
        "findings": [dataclasses.asdict(one) for one in plan.findings],
        "synthetic": list(district.synthetic_layers),
    }


def status_of(answer: Answer) -> str:
    """Say how an answer stands: ``optimal`` (proved), ``time_limit`` or ``bounded``.

    Examples
    --------
    >>> import numpy as np
    >>> status_of(Answer("mclp", np.arange(1), 9.0, 10.0, False, True, 1.0, "exact"))
    'time_limit'
    """
    if answer.proved:
        return "optimal"
    return "time_limit" if answer.stopped else "bounded"


def with_plan(plan: SitingPlan, district: District, on: date) -> District:
    """District in which the new sites are open and the closed ones are not.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> from gridmap.studies.plan_sites import SitingQuestion, plan_sites
    >>> day = date(2026, 3, 2)
    >>> asked = SitingQuestion("pharmacy", "mclp", 250.0, 1, source="streets", on=day)
    >>> toy = toy_district()
    >>> after = with_plan(plan_sites(toy, asked), toy, day)
    >>> after["sites"]["site_id"].tolist()
    ['s1', 's2', 's3', 'plan-crossing-2']
    """
    sites = district["sites"].copy()
    gone = sites["site_id"].isin(plan.closed["site_id"])
    sites.loc[gone, "closed_on"] = pd.Timestamp(on)
    new = gpd.GeoDataFrame(
        {
            "site_id": "plan-" + plan.chosen["place_id"].astype(str),
            "type": plan.question.type,
            "name": plan.chosen["name"],
            "capacity": plan.chosen["capacity"],
            "proposed": False,
        },
        geometry=plan.chosen.geometry,
        crs=district.crs,
    )
    if new.empty:
        return district.with_layers(sites=sites)
    both = pd.concat([sites, schema.conform(new, "sites")], ignore_index=True)
    return district.with_layers(sites=gpd.GeoDataFrame(both, crs=district.crs))


def write_siting(
    plan: SitingPlan,
    district: District,
    folder: str | Path,
    *,
    covers: bool = True,
    progress: Progress = silent,
) -> list[Finding]:
    """Write a plan into a folder, all of it or nothing.

    Parameters
    ----------
    plan : SitingPlan
        From :func:`gridmap.studies.plan_sites.plan_sites`.
    district : District
        What was planned for.
    folder : path
        Where; a folder that gridmap did not write is never replaced.
    covers : bool
        Whether to write the coverage of services after the plan (and before it, into ``before``),
        with a map, so that ``gridmap compare`` can tell them apart.
    progress : Progress
        Told of each stage.

    Returns
    -------
    list of Finding
        What could not be written.

    Raises
    ------
    InputError
        If the place is taken by something else.
    """
    mark = synthetic_mark(district.synthetic_layers)
    told: list[Finding] = []
    with replacing(folder) as part:
        if covers:
            told = _write_covers(plan, district, part, progress)
        else:
            part.mkdir()
        layers = {
            "chosen": plan.chosen,
            "candidates": plan.candidates,
            "closed": plan.closed,
            "unreachable": plan.unreachable,
            "served": plan.cells,
        }
        write_geopackage(layers, part / "plan.gpkg", mark)
        write_json(tell_siting(plan, district), part / "plan.json")
        write_table(plan.frontier.round(_DECIMALS), part / "frontier.csv")
        table = pd.DataFrame(plan.cells.drop(columns="geometry"))
        write_table(table.round(_DECIMALS), part / "served.csv")
    return told


def _write_covers(
    plan: SitingPlan, district: District, part: Path, progress: Progress
) -> list[Finding]:
    day = plan.question.on or district.today()
    at = datetime.combine(day, time(12), ZoneInfo(district.timezone))
    norms = pd.DataFrame(
        {
            "type": [plan.question.type],
            "norm_m": [float(plan.question.norm_m)],
            "minutes": [np.nan],
            "floor_area_min_m2": [np.nan],
            "people_per_site": [np.nan],
            "source": ["the question of the plan"],
            "confidence": ["assumption"],
        }
    )
    told = []
    # The folder itself is the coverage after, so that it compares with any other result.
    for state, place in ((with_plan(plan, district, day), part), (district, part / "before")):
        progress(f"plan: coverage {'before' if place != part else 'after'}", 0, 0)
        told += write_cover(cover(state, ["services"], norms=norms, at=at), state, place)
    return told
