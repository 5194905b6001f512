"""Edit the grid of a district file: a new edition with all that belongs to its cells."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gridmap.district import District
from gridmap.errors import InputError
from gridmap.grid.carry import carry_duties, carry_requirements
from gridmap.grid.code_rules import CodeRule, code_rules, read_code_rules
from gridmap.grid.communities import CommunityEdit, merge_communities
from gridmap.grid.editions import GridEdit
from gridmap.grid.edits import adjust_border, merge_cells, split_cell
from gridmap.grid.numbering import Numbering, recode_cells
from gridmap.grid.quality import examine_tiling
from gridmap.schema import Finding

EDITS: dict[str, Any] = {
    "merge": merge_cells,
    "split": split_cell,
    "adjust": adjust_border,
    "recode": recode_cells,
}
"""Edits of cells by name."""


@dataclass(frozen=True, eq=False)
class NewEdition:
    """A district with a new edition of its grid.

    Attributes
    ----------
    district : District
        With the new cells, those of the past and the lineage.
    lineage : DataFrame
        Lineage of this edition alone.
    findings : list of Finding
        Cells that do not tile, and cells for which two posts would answer.
    """

    district: District
    lineage: pd.DataFrame
    findings: list[Finding]


def edit_cells(
    district: District, kind: str, on: dt.date, numbering: Numbering | None = None, **asked: Any
) -> NewEdition:
    """Edit the cells of a district from a day on.

    Parameters
    ----------
    district : District
        With cells.
    kind : {"merge", "split", "adjust", "recode"}
        Which edit.
    on : date
        First day of the new grid.
    numbering : Numbering, optional
        Rule of codes, and whether those of the past may be given again.
    **asked
        Arguments of the edit, see :mod:`gridmap.grid.edits` and
        :func:`gridmap.grid.numbering.recode_cells`.

    Raises
    ------
    MissingLayerError
        If the district has no cells.
    InputError
        If the edit cannot be done; the message says why. The district is never changed.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> new = edit_cells(toy_district(), "merge", dt.date(2026, 7, 1), cell_ids=["nw", "sw"])
    >>> len(new.district["cells"]), new.district["past_cells"].cell_id.tolist()
    (3, ['nw', 'sw'])
    """
    district.needs("cells")
    if kind not in EDITS:
        raise InputError(f"Unknown edit '{kind}'. There are: {', '.join(EDITS)}.")
    if kind in ("merge", "split", "adjust") and "population" in district:
        asked["weights"] = district["population"]
    if kind != "adjust":
        asked["numbering"] = name_with(district, numbering)
    edit: GridEdit = EDITS[kind](district["cells"], on=on, **asked)
    return _with_edition(district, edit)


def unite_communities(
    district: District,
    into: dict[str, str],
    on: dt.date,
    numbering: Numbering | None = None,
    names: dict[str, str] | None = None,
) -> NewEdition:
    """Merge communities of a district from a day on; their cells are coded for the new ones.

    Parameters
    ----------
    district : District
        With communities and cells.
    into : dict of str to str
        New code by old code.
    on : date
        First day.
    numbering, names
        As for :func:`gridmap.grid.communities.merge_communities`.

    Examples
    --------
    >>> from gridmap.samples import EAST, WEST, toy_district
    >>> new = unite_communities(toy_district(), {EAST: WEST}, dt.date(2026, 7, 1))
    >>> new.district["communities"].code.tolist(), new.district["past_communities"].code.tolist()
    (['110101001001'], ['110101001001', '110101001002'])
    """
    district.needs("communities", "cells")
    edit: CommunityEdit = merge_communities(
        district["cells"], district["communities"], into, on, names=names,
        numbering=name_with(district, numbering),
    )  # fmt: skip
    changed: dict[str, Any] = {
        "communities": edit.communities,
        "past_communities": _stack(district["past_communities"], edit.past_communities),
    }
    duties, premises = district["duties"], district["premises"]
    changed["duties"] = _follow_communities(duties, into, pd.Timestamp(on))
    if len(premises):
        changed["premises"] = _add_premises(premises, into)
    return _with_edition(district.with_layers(**changed), edit.grid)


def name_with(district: District, numbering: Numbering | None = None) -> Numbering:
    """Return the numbering with all that was ever given in the district as used."""
    numbering = numbering or Numbering()
    past, told = district["past_cells"], district["lineage"]
    used = set(past["cell_id"]) | set(past["code"].dropna()) | set(told["old_cell_id"])
    return Numbering(numbering.rule, numbering.used | used, numbering.reuse)


def find_rule(name: str) -> CodeRule:
    """Find a rule of codes: one that ships by its name, or the one in a file.

    Raises
    ------
    InputError
        If there is no such rule; the message lists those there are.

    Examples
    --------
    >>> find_rule("cell-20").length
    20
    """
    if name.lower().endswith(".csv"):
        rules = read_code_rules(Path(name))
        if len(rules) == 1:
            return next(iter(rules.values()))
        raise InputError(f"{name} holds {len(rules)} rules; expected one. Leave the one to use.")
    if name not in code_rules():
        raise InputError(
            f"Unknown rule of codes '{name}'. There are: {', '.join(code_rules())}; or name a CSV "
            "file."
        )
    return code_rules()[name]


def fetch_editions(district: District, database: str | None = None) -> District:
    """Take over the grids that were published in the database, with the duties that followed.

    Parameters
    ----------
    district : District
        The district as its file has it.
    database : str, optional
        Address; default the private database.

    Returns
    -------
    District
        With cells, past cells, lineage and duties of the database, everything else of the file.

    Raises
    ------
    InputError
        If the database does not hold the district.
    """
    from gridmap.store import editions as stored
    from gridmap.store.grid_marks import find_district
    from gridmap.studies.database import owning

    code = district["boundary"]["code"].iloc[0]
    with owning(database) as engine, engine.connect() as connection:
        number = find_district(connection, district.name if pd.isna(code) else str(code))
        layers = stored.read_grid_layers(connection, number)
    return district.with_layers(**layers)


def list_editions(district: District) -> pd.DataFrame:
    """List the editions that a district file tells, newest first.

    Returns
    -------
    DataFrame
        ``grid_version``, ``on`` and the numbers of old cells by change. The grid that was there
        first ends the list, without a day.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> list_editions(toy_district()).grid_version.tolist()
    ['toy-1']
    """
    lineage, cells = district["lineage"], district["cells"]
    rows: list[dict[str, Any]] = []
    first = cells["grid_version"].iloc[0] if len(cells) else None
    for number, ((on, version), step) in enumerate(
        lineage.groupby(["on", "grid_version"], sort=False)
    ):
        first = step["old_version"].iloc[0] if number == 0 else first
        counts = step.drop_duplicates(["old_cell_id", "kind"])["kind"].value_counts()
        rows.insert(0, {"grid_version": version, "on": on, **counts})
    rows.append({"grid_version": first})
    names = ["grid_version", "on", "merge", "split", "adjust", "recode", "same"]
    return pd.DataFrame(rows, columns=names)


def trace_cell(district: District, cell_id: str) -> pd.DataFrame:
    """Trace what a cell came from and became, over all editions of the file.

    Returns
    -------
    DataFrame
        Rows of ``lineage`` without those in which nothing happened, oldest first.

    Raises
    ------
    InputError
        If no cell was ever called so.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> new = edit_cells(toy_district(), "merge", dt.date(2026, 7, 1), cell_ids=["nw", "sw"])
    >>> trace_cell(new.district, "sw").new_cell_id.tolist()
    ['110101001001003', '110101001001003']
    """
    told = district["lineage"]
    every = set(told["old_cell_id"]) | set(told["new_cell_id"]) | set(district["cells"]["cell_id"])
    if cell_id not in every:
        raise InputError(
            f"No cell of '{district.name}' was ever called '{cell_id}'. See the layers cells and "
            "past_cells for the names."
        )
    family, wanted = {cell_id}, told[told["kind"] != "same"]
    while True:
        near = wanted[wanted["old_cell_id"].isin(family) | wanted["new_cell_id"].isin(family)]
        grown = family | set(near["old_cell_id"]) | set(near["new_cell_id"])
        if grown == family:
            return near.reset_index(drop=True)
        family = grown


def _with_edition(district: District, edit: GridEdit) -> NewEdition:
    duties, findings = carry_duties(district["duties"], edit.lineage)
    changed: dict[str, Any] = {
        "cells": edit.cells,
        "past_cells": _stack(district["past_cells"], edit.past),
        "lineage": _stack(district["lineage"], edit.lineage),
    }
    if "duties" in district:
        changed["duties"] = duties
    if "requirements" in district:
        changed["requirements"] = carry_requirements(district["requirements"], edit.lineage)
    edited = district.with_layers(**changed)
    tiling = examine_tiling(edited["cells"], edited.communities)
    return NewEdition(edited, edit.lineage, tiling + findings)


def _stack(before: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([before, fresh], ignore_index=True) if len(before) else fresh


def _follow_communities(
    duties: pd.DataFrame, into: dict[str, str], on: pd.Timestamp
) -> pd.DataFrame:
    """Duties for whole communities end with the day and go on for the new community."""
    moving = {old: new for old, new in into.items() if old != new}
    open_ = duties["valid_to"].isna() | (duties["valid_to"] > on)
    mine = open_ & duties["cell_id"].isin(moving)
    fresh = duties[mine].assign(
        cell_id=duties["cell_id"][mine].map(moving),
        valid_from=duties["valid_from"][mine].where(duties["valid_from"][mine] > on, on),
    )
    ended = duties.assign(valid_to=duties["valid_to"].mask(mine, on))
    return pd.concat([ended, fresh], ignore_index=True) if mine.any() else duties


def _add_premises(premises: pd.DataFrame, into: dict[str, str]) -> pd.DataFrame:
    """Premises of merged communities together; those of one community stay as they are."""
    code = premises["community_code"].map(lambda one: into.get(one, one))
    merged = code.isin(into.values())
    numbers = premises.select_dtypes("number").columns
    sums = premises[merged].groupby(code[merged])[list(numbers)].sum(min_count=1)
    return pd.concat([premises[~merged], sums.rename_axis("community_code").reset_index()])
