"""Judge a district by rules: shipped ones, those of a file, and facts only other studies know."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from gridmap.district import District
from gridmap.errors import MissingLayerError
from gridmap.progress import Progress, silent
from gridmap.schema import Finding
from gridmap.services.demand import place_people
from gridmap.services.network import lay_network
from gridmap.services.reach import AT_THE_NORM_M, measure_reach
from gridmap.services.sites import open_sites
from gridmap.standards import (
    Rule,
    StandardsMeasures,
    join_rules,
    measure_standards,
    read_rules,
    shipped_rules,
)
from gridmap.standards.kinds import walk_fact
from gridmap.studies.people import count_people


def rules_of(path: str | Path | None) -> tuple[Rule, ...]:
    """Shipped rules, with those of a file added or put in their place.

    Parameters
    ----------
    path : path, optional
        Rules file; without one the shipped rules alone.

    Raises
    ------
    FileFormatError, InputError
        If the file cannot be read, or holds rules that cannot be used.
    """
    return join_rules(shipped_rules(), read_rules(path) if path else ())


def judge_standards(
    district: District,
    rules: Sequence[Rule],
    on: date,
    *,
    progress: Progress = silent,
) -> StandardsMeasures:
    """Judge a district by rules, with walks and households measured where rules ask for them.

    Parameters
    ----------
    district : District
        Needs ``cells``.
    rules : sequence of Rule
        Those that are active are judged.
    on : date
        Local day.
    progress : Progress
        Told of each stage.

    Returns
    -------
    StandardsMeasures

    Raises
    ------
    MissingLayerError
        Without cells, or if not one rule can be judged.

    Notes
    -----
    A rule of kind ``within`` counts people whose walk to the nearest open site is at most its
    norm, on the walking network (MEASURES.md 3); without roads it stays unknown, with a note.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> from gridmap.standards import rules_of_rows
    >>> rule = {"id": "near", "kind": "within", "scope": "cell", "fact": "sites.pharmacy",
    ...     "parameters": "norm_m=300", "unit": "people", "text_en": "near", "source": "us"}
    >>> found = judge_standards(toy_district(), rules_of_rows([rule]), date(2026, 3, 2))
    >>> found.results[["unit_id", "value", "required", "status"]].values.tolist()[2:]
    [['sw', 100.0, 100.0, 'met'], ['se', 0.0, 40.0, 'missed']]
    """
    district.needs("cells")
    district = _with_households(district)
    walking = [rule for rule in rules if rule.active and rule.kind == "within"]
    further = None
    notes: list[Finding] = []
    if walking:
        progress("standards", 0, 0)
        try:
            further = _walks(district, walking, on)
        except MissingLayerError as error:
            notes.append(_not_walked(walking, error))
    found = measure_standards(district, rules, on, further=further)
    found.findings.extend(notes)
    return found


def _with_households(district: District) -> District:
    cells = district["cells"]
    counted = district["population"]["households"].notna().any()
    if cells["households"].notna().any() or not counted:
        return district
    return district.with_layers(cells=cells.assign(households=count_people(district)["households"]))


def _walks(district: District, rules: Sequence[Rule], on: date) -> pd.DataFrame:
    """People of each cell near enough to a site of the type of each rule, and all its people."""
    district.needs("roads")
    types = sorted({_site_type(rule) for rule in rules})
    norms = pd.DataFrame({"type": types, "norm_m": 1.0})
    reach = measure_reach(
        lay_network(district["roads"]),
        place_people(district),
        open_sites(district["sites"], on),
        norms,
    )
    cells = district["cells"]
    people, cell = reach.demand.people, reach.demand.cell
    inside = cell >= 0
    table = {}
    for rule in rules:
        norm_m = float(rule.parameters.number("norm_m") or 0)
        near = reach.walk_m[types.index(_site_type(rule))] <= norm_m + AT_THE_NORM_M
        table[walk_fact(rule)] = _sum_by(cell, people * near, inside, len(cells))
    table["walk.people"] = _sum_by(cell, people, inside, len(cells))
    frame = pd.DataFrame(table, index=pd.Index(cells["cell_id"].to_numpy(), name="cell_id"))
    frame.loc[~np.asarray(reach.demand.known)] = np.nan
    return frame


def _sum_by(cell: np.ndarray, people: np.ndarray, inside: np.ndarray, count: int) -> np.ndarray:
    return np.bincount(cell[inside], weights=people[inside], minlength=count)


def _site_type(rule: Rule) -> str:
    return rule.facts[0][0].removeprefix("sites.")


def _not_walked(rules: Sequence[Rule], error: MissingLayerError) -> Finding:
    return Finding(
        "walks_not_measured",
        "note",
        "standards",
        tuple(rule.id for rule in rules),
        f"rules about walking distance stay unknown: {error}",
        "",
    )
