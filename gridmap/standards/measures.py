"""The standards dimension: coverage rows, summary, results of all units, findings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from gridmap.district import District
from gridmap.errors import MissingLayerError
from gridmap.rows import coverage_rows
from gridmap.schema import Finding
from gridmap.standards.deadlines import WorkingCalendar
from gridmap.standards.evaluate import ABOUT_FIGURES, evaluate_rules, find_doubts
from gridmap.standards.facts import Facts, gather_facts
from gridmap.standards.kinds import named_facts
from gridmap.standards.reports import count_in_time
from gridmap.standards.rules import Rule

_COUNTED = ("met", "partly", "missed", "unknown")


@dataclass(frozen=True, eq=False)
class StandardsMeasures:
    """What a district is worth by its rules.

    Attributes
    ----------
    rows : DataFrame
        Coverage rows, one for each rule and cell.
    summary : dict
        For each rule ``units``, ``met``, ``partly``, ``missed``, ``unknown``, ``short`` (units
        known to fall short), ``shortfall`` (Σ of the low ends), ``shortfall_high``, ``unit``.
    results : DataFrame
        One row for each rule and unit (:func:`gridmap.standards.evaluate.evaluate_rules`).
    facts : Facts
        What was known of the units.
    units : DataFrame
        ``measure``, ``cell_id``, ``unit_id`` and ``leads`` (the one cell of a unit that stands for
        it in the gap register), for rules whose units are larger than a cell.
    findings : list of Finding
        What a reader must know.
    """

    rows: pd.DataFrame
    summary: dict[str, dict[str, Any]]
    results: pd.DataFrame
    facts: Facts
    units: pd.DataFrame
    findings: list[Finding]


def measure_standards(
    district: District,
    rules: Sequence[Rule],
    on: date,
    *,
    further: pd.DataFrame | None = None,
    reports: pd.DataFrame | None = None,
    calendar: WorkingCalendar | None = None,
) -> StandardsMeasures:
    """Judge the cells, communities, streets and the district by rules.

    Parameters
    ----------
    district : District
        Needs ``cells``; what else is read says :func:`gridmap.standards.facts.gather_facts`.
    rules : sequence of Rule
        Those that are active are evaluated.
    on : date
        Local day.
    further : DataFrame, optional
        Facts that other studies found for cells, on ``cell_id``, such as people within a walking
        distance; they are added up for larger units.
    reports : DataFrame, optional
        ``cell_id``, ``reported``, ``settled`` (aware times) and ``urgent``, for rules of kind
        deadline (:func:`gridmap.standards.reports.count_in_time`).
    calendar : WorkingCalendar, optional
        Working days and hours of those rules.

    Returns
    -------
    StandardsMeasures

    Raises
    ------
    MissingLayerError
        Without cells, or if not one rule can be judged for want of facts.

    Notes
    -----
    A unit above the cell passes its value, requirement and status to each of its cells, with the
    reason naming the unit. Its shortfall and its weight are shared out among the cells by their
    people (evenly where these are unknown or none), so that sums over cells are sums over units.
    The gap register joins the rows of a unit again (:attr:`StandardsMeasures.units`). Rules about
    figures (sum, percent), and rules for which no unit has the facts, have results and findings,
    and no rows (MEASURES.md 6).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> from gridmap.standards.rules import rules_of_rows
    >>> rule = {"id": "pharmacies", "kind": "threshold", "scope": "community",
    ...     "fact": "sites.pharmacy", "parameters": "at_least=1", "unit": "sites",
    ...     "text_en": "a pharmacy in every community", "source": "us"}
    >>> found = measure_standards(toy_district(), rules_of_rows([rule]), date(2026, 3, 2))
    >>> found.summary["pharmacies"]["units"], found.summary["pharmacies"]["met"]
    (2, 1)
    >>> found.rows[["cell_id", "status", "shortfall"]].values.tolist()
    [['nw', 'met', 0.0], ['sw', 'met', 0.0], ['ne', 'missed', 0.8], ['se', 'missed', 0.2]]
    """
    district.needs("cells")
    active = [rule for rule in rules if rule.active]
    facts = gather_facts(district, on)
    for more in (further, _in_time(district, active, on, reports, calendar)):
        facts = facts if more is None else facts.with_facts(facts.add_up(more))
    results = evaluate_rules(active, facts)
    _check_anything_known(active, facts, results)
    rows, units = spread_to_cells(active, results, facts)
    return StandardsMeasures(
        rows=rows,
        summary=summarise(active, results),
        results=results,
        facts=facts,
        units=units,
        findings=find_doubts(active, facts, results),
    )


def _in_time(
    district: District,
    rules: Sequence[Rule],
    on: date,
    reports: pd.DataFrame | None,
    calendar: WorkingCalendar | None,
) -> pd.DataFrame | None:
    asked = [rule for rule in rules if rule.kind == "deadline"]
    if reports is None or not asked:
        return None
    zone = ZoneInfo(district.timezone)
    until = datetime.combine(on, time(0), zone) + timedelta(days=1)
    counted = [count_in_time(reports, rule, until, calendar) for rule in asked]
    return pd.concat(counted, axis=1).reindex(district["cells"]["cell_id"], fill_value=0.0)


def summarise(rules: Sequence[Rule], results: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Totals of each rule, over the units it asks something of.

    Examples
    --------
    >>> summarise([], evaluate_rules([], Facts.of_table("community", pd.DataFrame())))
    {}
    """
    by_rule = dict(tuple(results.groupby("rule")))
    return {
        rule.id: _totals(rule, by_rule.get(rule.id, results.iloc[:0]))
        for rule in rules
        if rule.active
    }


def spread_to_cells(
    rules: Sequence[Rule], results: pd.DataFrame, facts: Facts
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Coverage rows of all rules, and which cells make up which unit.

    Returns
    -------
    tuple of DataFrame
        Rows as :func:`gridmap.rows.coverage_rows` makes them; units as in
        :class:`StandardsMeasures`.
    """
    cited = {rule.id: rule.cited for rule in rules}
    # A rule that nobody has the facts for is a finding, not a gap of every place.
    judged = results["rule"][results["status"] != "unknown"].unique()
    placed = results[~results["kind"].isin(ABOUT_FIGURES) & results["rule"].isin(judged)]
    parts = [
        found.merge(_cells_of(facts, str(level)), on="unit_id")
        for level, found in placed.groupby("level", sort=False)
    ]
    whole = pd.concat(parts, ignore_index=True) if parts else _no_cells(placed)
    point = whole["value"] == whole["value_high"]
    # A tier rule judges a cell's community, street and district: each is a measure of its own.
    measure = whole["rule"] + "." + _prefix(whole) + "met"
    rows = coverage_rows(
        whole["cell_id"],
        measure,
        value=whole["value"].where(point),
        required=whole["required"].where(whole["status"] != "not_due"),
        unit=whole["unit"],
        status=whole["status"],
        shortfall=(whole["shortfall"] * whole["part"]).mask(whole["status"] == "unknown"),
        weight=whole["people"],
        quality=whole["quality"],
        reason=_reasons(whole),
        rule=whole["rule"],
        source=whole["rule"].map(cited),
    )
    units = whole.assign(measure=measure)[["measure", "cell_id", "unit_id", "leads"]]
    return rows, units[(whole["level"] != "cell").to_numpy()].reset_index(drop=True)


def _prefix(whole: pd.DataFrame) -> pd.Series:
    return (whole["level"] + "_").where(whole["scope"] == "tiers", "")


def _cells_of(facts: Facts, level: str) -> pd.DataFrame:
    """Cells of each unit of a level: share of its people, and which cell stands for it."""
    people = facts.people.to_numpy(dtype=float)
    table = pd.DataFrame(
        {
            "unit_id": facts.parents[level].to_numpy(dtype=object),
            "cell_id": facts.parents.index.to_numpy(dtype=object),
            "people": people,
        }
    ).dropna(subset="unit_id")
    by_unit = table["unit_id"]
    counted = table["people"].fillna(0.0).clip(lower=0.0)
    total = counted.groupby(by_unit).transform("sum")
    complete = table["people"].notna().groupby(by_unit).transform("all") & (total > 0)
    even = 1.0 / by_unit.groupby(by_unit).transform("size")
    table["part"] = np.where(complete, counted / total.where(total > 0), even)
    most = table.assign(less=-table["part"]).sort_values(["less", "cell_id"])
    table["leads"] = table.index.isin(most.drop_duplicates("unit_id").index)
    return table


def _no_cells(placed: pd.DataFrame) -> pd.DataFrame:
    columns = {"cell_id": "str", "people": "float64", "part": "float64", "leads": "bool"}
    return placed.iloc[:0].assign(**{name: pd.Series(dtype=kind) for name, kind in columns.items()})


def _reasons(whole: pd.DataFrame) -> pd.Series:
    above = "judged for the " + whole["level"] + " " + whole["unit_name"].str.replace(";", ",")
    told = above.where(whole["level"] != "cell", "")
    both = (told != "") & (whole["reason"] != "")
    return told + np.where(both, "; ", "") + whole["reason"]


def _totals(rule: Rule, results: pd.DataFrame) -> dict[str, Any]:
    status = results["status"].value_counts()
    counts = {name: int(status.get(name, 0)) for name in _COUNTED}
    short = results[results["status"].isin(("partly", "missed"))]
    return {
        "units": sum(counts.values()),
        **counts,
        "short": len(short),
        "shortfall": float(short["shortfall"].sum()),
        "shortfall_high": float(short["shortfall_high"].sum()),
        "unit": rule.unit,
        "text": dict(rule.text),
        "kind": rule.kind,
        "scope": rule.scope,
        "source": rule.source,
        "confidence": rule.confidence,
    }


def _check_anything_known(rules: Sequence[Rule], facts: Facts, results: pd.DataFrame) -> None:
    if not rules or (results["status"] != "unknown").any():
        return
    asked = sorted({name for rule in rules for name in named_facts(rule)})
    raise MissingLayerError(
        f"Not one of {len(rules)} rules can be judged: they ask for {', '.join(asked)}; the facts "
        f"there are: {', '.join(facts.available())}. Add what is missing with: gridmap import "
        "layer DISTRICT --layer premises FILE, or give other rules with --rules."
    )
