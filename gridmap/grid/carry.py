"""What belongs to old cells is carried to the new ones: measures, duties, requirements."""

from typing import Any

import numpy as np
import pandas as pd

from gridmap import schema
from gridmap.errors import InputError
from gridmap.grid.lineage import heirs
from gridmap.rows import TOLERANCE, judge
from gridmap.schema import Finding

ADDING_UNITS = ("people", "households", "m²", "s", "min", "visits", "sites")
"""Units of counts, which add up; everything else is a share, a mean or a distance."""
BASES = ("area", "population", "measure")
"""What the figures of a cell that came apart are divided by."""
_OF_PEOPLE = "services"
"""Dimension whose figures go with the people, where a figure goes by what it measures."""
_KEY = ["new_cell_id", "dimension", "measure", "window"]


def carry_measures(coverage: pd.DataFrame, lineage: pd.DataFrame, by: str = "area") -> pd.DataFrame:
    """Coverage table of an old grid, carried to the new one.

    Parameters
    ----------
    coverage : DataFrame
        Coverage table of the old cells.
    lineage : DataFrame
        Lineage from these cells to the new ones.
    by : {"area", "population", "measure"}
        How the figures of a cell that came apart are divided; by ``measure``, those of services
        by population and all others by area. A cell whose people are not known is divided by area.

    Returns
    -------
    DataFrame
        Coverage table of the new cells. Rows of unchanged cells and of new codes stay as they
        are; all others are ``estimated`` (``poor`` where one of them was) and say from how many
        cells they were carried. Staffing of changed cells is left out: who answers is known from
        the duties (:func:`carry_duties`) and measured anew, not estimated.

    Raises
    ------
    InputError
        If ``by`` is neither.

    Notes
    -----
    With s the share of the old cell that went over and w its weight: counts Σ s·value; shares and
    means Σ s·w·value ÷ Σ s·w, with the shared area in place of s·w where a weight is unknown.
    Weight and shortfall are sums. The status is judged anew; what was unknown for one cell with
    any weight is unknown for the whole (MEASURES.md 1, stable).

    Examples
    --------
    >>> import datetime as dt
    >>> from gridmap.coverage import gather
    >>> from gridmap.grid.edits import merge_cells
    >>> from gridmap.rows import coverage_rows
    >>> from gridmap.samples import toy_district
    >>> cells = toy_district()["cells"]
    >>> rows = coverage_rows(["nw", "sw"], "pharmacy.walk_share", value=[1.0, 0.4], required=1.0,
    ...     status=["met", "partly"], weight=[200.0, 100.0], unit="share")
    >>> edit = merge_cells(cells, ["nw", "sw"], dt.date(2026, 7, 1))
    >>> found = carry_measures(gather({"services": rows}, cells), edit.lineage)
    >>> found[["value", "status", "weight", "quality", "reason"]].values.tolist()
    [[0.8, 'partly', 300.0, 'estimated', 'carried from 2 cells by area']]
    """
    if by not in BASES:
        raise InputError(f"Figures are carried by one of {', '.join(BASES)}, found '{by}'.")
    changed = lineage[lineage["kind"] != "same"]
    version = lineage["grid_version"].iloc[0] if len(lineage) else None
    coded = changed[changed["kind"] == "recode"]
    renamed = dict(zip(coded["old_cell_id"], coded["new_cell_id"], strict=True))
    moved = changed[changed["kind"] != "recode"]
    touched = coverage["cell_id"].isin(moved["old_cell_id"])
    still = coverage[~touched].assign(grid_version=version or coverage["grid_version"])
    still["cell_id"] = still["cell_id"].map(lambda one: renamed.get(one, one)).astype("str")
    parts = coverage[touched & (coverage["dimension"] != "staffing")].merge(
        _shares(moved), left_on="cell_id", right_on="old_cell_id"
    )
    if len(parts):
        still = pd.concat([still, _carried(parts, by).assign(grid_version=version)])
    order = ["dimension", "measure", "window", "cell_id"]
    columns = list(schema.layer("coverage").columns)
    return still[columns].sort_values(order, ignore_index=True)


def carry_duties(duties: pd.DataFrame, lineage: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Duties that follow their cells: ended with the day, begun anew for the new cells.

    Parameters
    ----------
    duties : DataFrame
        Layer ``duties``.
    lineage : DataFrame
        Lineage of one edition.

    Returns
    -------
    duties : DataFrame
        Past duties keep their cell; open ones end with the day and go on for the heirs
        (:func:`gridmap.grid.lineage.heirs`).
    findings : list of Finding
        ``two_accountable_posts``: new cells for which more than one post would answer.

    Examples
    --------
    >>> import datetime as dt
    >>> from gridmap.grid.edits import merge_cells
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> edit = merge_cells(toy["cells"], ["nw", "sw"], dt.date(2026, 7, 1))
    >>> carried, findings = carry_duties(toy["duties"], edit.lineage)
    >>> carried.iloc[-1][["post_id", "cell_id"]].tolist(), findings
    (['p1', '110101001001003'], [])
    """
    gone = _passed_on(lineage)
    if gone.empty or duties.empty:
        return duties, []
    on = lineage["on"].iloc[0]
    ended = set(lineage["old_cell_id"]) - set(lineage["new_cell_id"])
    # The heir may be a cell that was there before; a cell that stays keeps its own duties.
    open_ = duties["valid_to"].isna() | (duties["valid_to"] > on)
    leaving = open_ & duties["cell_id"].isin(ended)
    begins = duties["valid_from"].where(duties["valid_from"] > on, on)
    follow = open_ & duties["cell_id"].isin(gone["old_cell_id"])
    fresh = _for_heirs(duties.assign(valid_from=begins)[follow], gone)
    fresh = fresh.drop_duplicates(["post_id", "cell_id", "valid_from"])
    kept = duties[~(leaving & (duties["valid_from"] >= on))].copy()
    kept.loc[kept.index.isin(duties.index[leaving]), "valid_to"] = on
    table = schema.conform(pd.concat([kept, fresh], ignore_index=True), "duties")
    return table, _doubled(table, set(gone["new_cell_id"]), on)


def carry_requirements(requirements: pd.DataFrame, lineage: pd.DataFrame) -> pd.DataFrame:
    """Repeat the requirements of changed cells for their heirs.

    Requirements have no dates: rows of the old cells stay for the days when those were in force.

    Examples
    --------
    >>> import datetime as dt
    >>> from gridmap.grid.edits import merge_cells
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> edit = merge_cells(toy["cells"], ["nw", "sw"], dt.date(2026, 7, 1))
    >>> carry_requirements(toy["requirements"], edit.lineage).cell_id.tolist()
    ['*', 'nw', '110101001001003']
    """
    fresh = _for_heirs(requirements, _passed_on(lineage)).drop_duplicates()
    return pd.concat([requirements, fresh], ignore_index=True)


def _passed_on(lineage: pd.DataFrame) -> pd.DataFrame:
    """Rows in which a cell hands what cannot be divided to a cell of another name."""
    gone = lineage[(lineage["kind"] != "same") & heirs(lineage)]
    return gone[gone["old_cell_id"] != gone["new_cell_id"]]


def _for_heirs(rows: pd.DataFrame, gone: pd.DataFrame) -> pd.DataFrame:
    """Rows of the old cells, repeated for each heir."""
    pairs = gone[["old_cell_id", "new_cell_id"]]
    found = rows.merge(pairs, left_on="cell_id", right_on="old_cell_id")
    return found.assign(cell_id=found["new_cell_id"])[list(rows.columns)]


def _shares(moved: pd.DataFrame) -> pd.DataFrame:
    people = moved["population"].groupby(moved["old_cell_id"])
    total = people.transform("sum").where(people.transform("count") == people.transform("size"))
    people_share = moved["population"] / total.where(total > 0)
    columns = moved[["old_cell_id", "new_cell_id", "area_m2", "area_share"]]
    return columns.assign(people_share=people_share)


def _divided(parts: pd.DataFrame, by: str) -> pd.DataFrame:
    """Share of each row that goes over, and whether it goes by people."""
    asked = (parts["dimension"] == _OF_PEOPLE) if by == "measure" else by == "population"
    by_people = asked & parts["people_share"].notna()
    share = parts["people_share"].where(by_people, parts["area_share"])
    return parts.assign(share=share, by_people=by_people)


def _carried(parts: pd.DataFrame, by: str) -> pd.DataFrame:
    parts = _divided(parts.assign(window=parts["window"].fillna("")), by)
    adds = parts["unit"].isin(ADDING_UNITS)
    weighed = parts["weight"] * parts["share"]
    group = [parts[name] for name in _KEY]
    weighable = parts["weight"].notna().groupby(group).transform("all") & (
        weighed.groupby(group).transform("sum") > 0
    )
    mass = weighed.where(weighable, parts["area_m2"]).where(~adds, parts["share"])
    heavy = mass > 0
    parts = parts.assign(
        adds=adds,
        mass=mass,
        blind=parts["value"].isna() & heavy,
        doubtful=(parts["status"] == "unknown") & heavy,
        other_demand=parts["status"].isin(["partly", "missed"])
        & (parts["value"] >= parts["required"] - TOLERANCE),
        poor=parts["quality"] == "poor",
        value_mass=parts["value"] * mass,
        required_mass=parts["required"] * mass,
        asked_mass=mass.where(parts["required"].notna()),
        shortfall=parts["shortfall"] * parts["share"],
        weight=weighed,
    )
    found = parts.groupby(_KEY, as_index=False).agg(
        cells=("mass", "size"),
        by_people=("by_people", "all"),
        **{name: (name, "first") for name in ("unit", "adds", "rule", "source")},
        **{name: (name, "any") for name in ("blind", "doubtful", "other_demand", "poor")},
        **{name: (name, _sum) for name in ("value_mass", "required_mass", "shortfall", "weight")},
        **{name: (name, "sum") for name in ("mass", "asked_mass")},
        low=("required", "min"),
        high=("required", "max"),
    )
    return _judged(found)


def _judged(found: pd.DataFrame) -> pd.DataFrame:
    adds = found["adds"]
    value = found["value_mass"] / found["mass"].where(found["mass"] > 0).where(~adds, 1.0)
    value = value.mask(found["blind"])
    asked = found["required_mass"] / found["asked_mass"].where(found["asked_mass"] > 0)
    asked = asked.mask(found["low"] == found["high"], found["low"])
    required = found["required_mass"].where(adds, asked)
    status = pd.Series(judge(value, required), index=found.index)
    status = status.mask((status != "not_due") & found["doubtful"], "unknown")
    status = status.mask((status == "met") & found["other_demand"], "partly")
    return found.rename(columns={"new_cell_id": "cell_id"}).assign(
        value=value,
        required=required,
        status=status,
        quality=np.where(found["poor"], "poor", "estimated"),
        reason="carried from "
        + found["cells"].astype("str")
        + " cells by "
        + np.where(found["by_people"], "population", "area"),
    )


def _sum(values: pd.Series) -> Any:
    return values.sum(min_count=1)


def _doubled(duties: pd.DataFrame, cell_ids: set[str], on: pd.Timestamp) -> list[Finding]:
    answers = duties[duties["accountable"].fillna(False) & duties["cell_id"].isin(cell_ids)]
    answers = answers[answers["valid_to"].isna() | (answers["valid_to"] > on)]
    posts = answers.groupby("cell_id")["post_id"].nunique()
    doubled = posts.index[posts > 1]
    if doubled.empty:
        return []
    return [
        Finding(
            "two_accountable_posts",
            "warning",
            "duties",
            tuple(doubled),
            f"one post answers for a cell; from {on.date()} on, several would for "
            f"{len(doubled)} new cells",
            "Choose one post for each and end the duties of the others.",
        )
    ]
