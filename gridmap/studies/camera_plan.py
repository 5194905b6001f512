"""The steps of a plan of cameras: what there is to choose from, and a choice measured exactly.

Between the two lies the choice; it may take long, and then runs beside.
"""

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np

from gridmap.cameras.ground import Ground, prepare_ground
from gridmap.cameras.seen import measure_seen
from gridmap.crs import project
from gridmap.district import District
from gridmap.plan.cameras import CameraPlan, Choices, gather_choices, write_choice
from gridmap.plan.candidates import FACADE, POLE, generate_mounts
from gridmap.plan.covering import Choice
from gridmap.plan.listed import listed_mounts
from gridmap.plan.options import Question, area_of, chosen_cells
from gridmap.plan.views import draw_options
from gridmap.progress import Progress, silent
from gridmap.schema import Finding
from gridmap.units import MIN_PUBLIC_M2

MOST_MOUNTS = 1_000
"""Mounts that are generated at most, unless told otherwise."""
_LEVEL = "plan"


@dataclass(frozen=True, eq=False)
class Planned:
    """A plan of cameras, measured before and after.

    Attributes
    ----------
    plan : CameraPlan
        The plan.
    question : Question
        What was asked.
    cells : GeoDataFrame
        cell_id, name, in_area, public_m2, seen_before_m2, seen_after_m2, gained_m2,
        share_before, share_after (empty under 100 m² of public ground), geometry.
    before, after : dict
        cameras, seen_m2, share, twice_m2 in the area; facade_residential_m and facade_125_m of all
        cameras, homes_125 (cameras that see homes at 125 px/m or more).
    findings : list of Finding
        What was left out.
    """

    plan: CameraPlan
    question: Question
    cells: gpd.GeoDataFrame
    before: dict[str, float]
    after: dict[str, float]
    findings: list[Finding]

    @property
    def status(self) -> str:
        """Say how the plan stands: ``optimal`` (proved), ``time_limit`` or ``greedy``."""
        if self.plan.choice.proved:
            return "optimal"
        return "time_limit" if self.plan.choice.stopped else "greedy"


@dataclass(frozen=True, eq=False)
class Begun:
    """A plan of which all is known but the choice.

    Attributes
    ----------
    district : District
    question : Question
        What was asked.
    choices : Choices
        What there is to choose from.
    ground : Ground
        On which it is measured.
    on : date or None
        Day on which cameras that stand count.
    findings : list of Finding
        Mounts that were left out.
    """

    district: District
    question: Question
    choices: Choices
    ground: Ground
    on: date | None
    findings: list[Finding]


def begin_plan(
    district: District,
    question: Question,
    *,
    candidates: gpd.GeoDataFrame | None = None,
    kinds: tuple[str, ...] = (POLE, FACADE),
    mount_height_m: float | None = None,
    most_mounts: int = MOST_MOUNTS,
    on: date | None = None,
    ground: Ground | None = None,
    progress: Progress = silent,
) -> Begun:
    """Gather what a plan is chosen from.

    See :func:`gridmap.studies.plan_cameras.plan_for` for the parameters and errors.
    """
    area = area_of(district, question.cells)
    progress("plan: ground", 0, 0)
    ground = prepare_ground(district) if ground is None else ground
    if candidates is None:
        mounts = generate_mounts(
            district["roads"],
            ground,
            area,
            kinds=kinds,
            mount_height_m=mount_height_m,
            most=most_mounts,
        )
    else:
        mounts = listed_mounts(project(candidates, district.crs, "candidates"), ground, area)
    choices = gather_choices(district, mounts.table, question, ground, on=on, progress=progress)
    return Begun(district, question, choices, ground, on, mounts.findings)


def finish_plan(begun: Begun, choice: Choice) -> Planned:
    """Write a choice down, and measure exactly what it changes.

    Parameters
    ----------
    begun : Begun
        From :func:`begin_plan`.
    choice : Choice
        On the problem of these choices.

    Returns
    -------
    Planned

    Examples
    --------
    >>> from gridmap.plan.greedy import choose_greedily
    >>> from gridmap.samples import toy_district
    >>> begun = begin_plan(toy_district(), Question(2, sample_m=4.0))
    >>> found = finish_plan(begun, choose_greedily(begun.choices.problem))
    >>> found.before["cameras"], found.after["cameras"]
    (2, 4)
    """
    plan = write_choice(begun.choices, choice)
    plan = dataclasses.replace(plan, findings=begun.findings + plan.findings)
    return _measured(begun.district, plan, begun.question, begun.ground, begun.on)


def _measured(
    district: District,
    plan: CameraPlan,
    question: Question,
    ground: Ground,
    on: date | None,
) -> Planned:
    chosen = chosen_cells(district, question.cells)
    standing = district["cameras"]
    standing = standing[~standing["proposed"].fillna(False).astype(bool)]
    told = [
        _seen(cameras, question, ground, on)
        for cameras in (standing.reset_index(drop=True), plan.after)
    ]
    cells = district["cells"]
    table = gpd.GeoDataFrame(
        {
            "cell_id": cells["cell_id"],
            "name": cells["name"],
            "in_area": np.isin(np.arange(len(cells)), chosen),
            "public_m2": ground.area_m2,
            "seen_before_m2": told[0][0],
            "seen_after_m2": told[1][0],
            "gained_m2": told[1][0] - told[0][0],
        },
        geometry=cells.geometry,
        crs=district.crs,
    )
    enough = ground.area_m2 >= MIN_PUBLIC_M2
    for when in ("before", "after"):
        share = table[f"seen_{when}_m2"].div(table["public_m2"]).where(enough)
        table.insert(table.columns.get_loc("geometry"), f"share_{when}", share.clip(0, 1))
    public = float(ground.area_m2[chosen].sum())
    before, after = (_totals(*one, chosen, public) for one in told)
    return Planned(plan, question, table, before, after, plan.findings)


def _seen(
    cameras: Any, question: Question, ground: Ground, on: date | None
) -> tuple[Any, Any, gpd.GeoDataFrame]:
    views = draw_options(cameras, ground, question.level, question.edition, on=on)
    seen = measure_seen(views.assign(level=_LEVEL), [_LEVEL], ground.public)
    return seen.any_m2, seen.twice_m2, views


def _totals(
    seen_m2: Any, twice_m2: Any, views: gpd.GeoDataFrame, chosen: Any, public: float
) -> dict[str, float]:
    return {
        "cameras": len(views),
        "public_m2": public,
        "seen_m2": float(seen_m2[chosen].sum()),
        "share": float(seen_m2[chosen].sum()) / public,
        "twice_m2": float(twice_m2[chosen].sum()),
        "facade_residential_m": float(views["facade_residential_m"].sum()),
        "facade_125_m": float(views["facade_125_m"].sum()),
        "homes_125": int((views["facade_125_m"] > 0).sum()),
    }
