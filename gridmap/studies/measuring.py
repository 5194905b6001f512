"""Measure each dimension of a district that is asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from gridmap.district import District
from gridmap.errors import MissingLayerError
from gridmap.progress import Progress
from gridmap.schema import Finding
from gridmap.services.shared_type import Sharing
from gridmap.services.travel import Travel
from gridmap.staffing import measure_staffing
from gridmap.standards import Rule
from gridmap.studies.beside import beside
from gridmap.studies.camera_cover import Watch, watch_district

DIMENSIONS = ("staffing", "services", "patrol", "cameras", "standards")
"""Dimensions that can be measured."""


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of a district: for when, over which days, by which norms."""

    at: datetime
    on: date
    since: date | None
    until: date | None
    norms: pd.DataFrame
    rules: Sequence[Rule]
    progress: Progress
    watch: Watch
    travel: Travel | None = None
    sharing: Sharing | None = None


def measure(
    district: District, dimensions: Sequence[str], question: Question, *, lenient: bool
) -> tuple[dict[str, Any], list[Finding]]:
    """Measure the dimensions asked for, services beside the others.

    Parameters
    ----------
    district : District
        With cells.
    dimensions : sequence of str
        Some of :data:`DIMENSIONS`.
    question : Question
        What is asked.
    lenient : bool
        Leave out dimensions whose layers are missing, with a note.

    Returns
    -------
    dict, list of Finding
        Measures by dimension; what was left out.

    Raises
    ------
    MissingLayerError
        If a layer is missing and ``lenient`` is not set.
    """
    asked = [one for one in DIMENSIONS if one in dimensions]
    measured: dict[str, Any] = {}
    left_out = []
    with beside(_BESIDE if len(asked) > 1 else None, question.progress) as run:
        ends = {name: run(name, _MEASURED_BY[name], district, question) for name in asked}
        for done, name in enumerate(sorted(asked, key=lambda one: one == _BESIDE)):
            question.progress("measuring", done, len(asked))
            try:
                measured[name] = ends[name]()
            except MissingLayerError as error:
                if not lenient:
                    raise
                left_out.append(_note(name, error))
    return {name: measured[name] for name in asked if name in measured}, left_out


def _note(dimension: str, error: MissingLayerError) -> Finding:
    return Finding(
        "dimension_left_out",
        "note",
        dimension,
        (),
        f"the dimension {dimension} was left out: {error}",
        f"Add what is missing, or ask for the others by name instead of all ({dimension} is not "
        "judged and has no gaps here).",
    )


def _staffing(district: District, question: Question) -> Any:
    return measure_staffing(district, question.on)


def _services(district: District, question: Question) -> Any:
    from gridmap.services import measure_services

    return measure_services(
        district,
        question.norms,
        on=question.on,
        progress=question.progress,
        travel=question.travel,
        sharing=question.sharing,
    )


def _patrol(district: District, question: Question) -> Any:
    from gridmap.patrol import measure_patrol

    return measure_patrol(
        district, since=question.since, until=question.until, progress=question.progress
    )


def _cameras(district: District, question: Question) -> Any:
    return watch_district(district, question.on, question.watch, question.progress)


def _standards(district: District, question: Question) -> Any:
    from gridmap.studies.standards import judge_standards

    return judge_standards(district, question.rules, question.on, progress=question.progress)


_MEASURED_BY: Mapping[str, Callable[[District, Question], Any]] = {
    "staffing": _staffing,
    "services": _services,
    "patrol": _patrol,
    "cameras": _cameras,
    "standards": _standards,
}


_BESIDE = "services"
"""Joins shapes most of its time, which leaves Python to the other dimensions meanwhile."""
