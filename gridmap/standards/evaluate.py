"""Every rule for every unit it judges: the table of results, and what is doubtful about it."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import pandas as pd

from gridmap.errors import name_ids
from gridmap.reference import site_types
from gridmap.schema import Finding
from gridmap.standards.facts import MAP_MAY_NOT_KNOW, Facts, counted_fact
from gridmap.standards.figures import Interval, known_number
from gridmap.standards.kinds import Judgement, Part, is_monotone, judge_unit, named_facts
from gridmap.standards.rules import Rule

COLUMNS = (
    "rule", "kind", "scope", "level", "unit_id", "unit_name", "value", "value_high", "required",
    "required_high", "shortfall", "shortfall_high", "unit", "status", "quality", "reason", "detail",
    "source", "confidence",
)  # fmt: skip
"""Columns of the results; the columns ``_high`` are the upper ends of intervals."""
ABOUT_FIGURES = ("sum", "percent")
"""Kinds that judge figures, not places: no gap of the ground follows from them."""
_NUMBERS = [one for one in COLUMNS if one.startswith(("value", "required", "shortfall"))]


def evaluate_rules(rules: Sequence[Rule], facts: Facts) -> pd.DataFrame:
    """Judge every unit by every active rule.

    Parameters
    ----------
    rules : sequence of Rule
        From :func:`gridmap.standards.rules.read_rules`.
    facts : Facts
        From :func:`gridmap.standards.facts.gather_facts`.

    Returns
    -------
    DataFrame
        One row for each rule and unit in the columns :data:`COLUMNS`. ``detail`` tells the parts
        of rules with several conditions, as ``office_m2 90 of 100; service_m2 154 of 200``.

    Examples
    --------
    >>> from gridmap.standards.rules import rules_of_rows
    >>> rule = {"id": "rooms", "kind": "threshold", "scope": "community", "fact": "rooms",
    ...     "parameters": "at_least=6", "unit": "rooms", "text_en": "six rooms", "source": "us"}
    >>> table = pd.DataFrame({"rooms": [6, 4, None]}, index=list("abc"))
    >>> found = evaluate_rules(rules_of_rows([rule]), Facts.of_table("community", table))
    >>> found[["unit_id", "status", "shortfall"]].values.tolist()
    [['a', 'met', 0.0], ['b', 'partly', 2.0], ['c', 'unknown', nan]]
    """
    rows = [row for rule in rules if rule.active for row in _rows_of_rule(rule, facts)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    text = [one for one in COLUMNS if one not in _NUMBERS]
    return frame.astype(dict.fromkeys(_NUMBERS, "float64") | dict.fromkeys(text, "str"))


def find_doubts(rules: Sequence[Rule], facts: Facts, results: pd.DataFrame) -> list[Finding]:
    """Find what a reader must know: facts nobody has, rules with steps, figures that disagree."""
    active = [rule for rule in rules if rule.active]
    findings = [one for rule in active for one in _unknown_facts(rule, facts)]
    findings += [_step(rule) for rule in active if rule.kind == "reserve" and not is_monotone(rule)]
    findings += [one for rule in active for one in _without_units(rule, facts)]
    wrong = results[results["kind"].isin(ABOUT_FIGURES) & results["status"].isin(_DOUBTFUL)]
    findings += [
        Finding(
            "figures_do_not_agree",
            "warning",
            "standards",
            tuple(part["unit_id"]),
            f"by rule '{rule}' figures contradict each other: {part['reason'].iloc[0]}",
            "Correct the figures at their source.",
        )
        for rule, part in wrong.groupby("rule")
    ]
    return findings


_DOUBTFUL = ("partly", "missed")


def _rows_of_rule(rule: Rule, facts: Facts) -> Iterator[dict[str, Any]]:
    names = named_facts(rule)
    absent = {name: counted_fact(name, facts) for name in names if not facts.knows(name)}
    for level in rule.levels:
        table = facts.tables.get(level)
        if table is None:
            continue
        known = {name: _exact_column(table, name, absent) for name in names}
        quality, reason = _quality(names, facts, absent)
        for number, unit_id in enumerate(table.index):
            asked = {name: column[number] for name, column in known.items()}
            found = judge_unit(rule, level, asked.get)
            yield _row(rule, level, unit_id, facts.names[level].get(unit_id), found) | {
                "quality": quality,
                "reason": "; ".join(filter(None, (found.reason, reason))),
            }


def _exact_column(
    table: pd.DataFrame, name: str, absent: Mapping[str, bool]
) -> list[Fraction | None]:
    if name in table:
        return [known_number(value) for value in table[name].tolist()]
    return [Fraction(0) if absent.get(name) else None] * len(table)


def _quality(names: Sequence[str], facts: Facts, absent: Mapping[str, bool]) -> tuple[str, str]:
    if any(found and name.startswith("sites.") for name, found in absent.items()):
        return "poor", MAP_MAY_NOT_KNOW
    return next((facts.doubts[name] for name in names if name in facts.doubts), ("good", ""))


def _row(
    rule: Rule, level: str, unit_id: str, name: str | None, found: Judgement
) -> dict[str, Any]:
    value, required = _ends(found.value), _ends(found.required)
    shortfall = _ends(found.shortfall)
    return {
        "rule": rule.id,
        "kind": rule.kind,
        "scope": rule.scope,
        "level": level,
        "unit_id": unit_id,
        "unit_name": name or unit_id,
        "value": value[0],
        "value_high": value[1],
        "required": required[0],
        "required_high": required[1],
        "shortfall": shortfall[0],
        "shortfall_high": shortfall[1],
        "unit": rule.unit,
        "status": found.status,
        "detail": "; ".join(map(_tell, found.parts)),
        "source": rule.source,
        "confidence": rule.confidence,
    }


def _ends(interval: Interval | None) -> tuple[float, float]:
    if interval is None:
        return float("nan"), float("nan")
    return float(interval.low), float(interval.high)


def _tell(part: Part) -> str:
    have = "?" if part.value is None else f"{float(part.value):g}"
    if part.sign == ">" and part.required == 0:
        return f"{part.name} {have}"
    if part.sign == ">=":
        return f"{part.name} {have} of {float(part.required):g}"
    return f"{part.name} {have} ({part.sign} {float(part.required):g})"


def _unknown_facts(rule: Rule, facts: Facts) -> Iterator[Finding]:
    missing = [
        name
        for name in named_facts(rule)
        if not facts.knows(name) and not counted_fact(name, facts)
    ]
    if missing:
        yield Finding(
            "unknown_fact",
            "warning",
            "standards",
            (rule.id,),
            f"rule '{rule.id}' asks for {', '.join(missing)}, which nobody has counted here, so it "
            f"stays unknown; the facts there are: {name_ids(facts.available(), 40)}",
            "Add it as a column of the layer premises, or correct the name in the rule.",
        )
    odd = [
        name.removeprefix("sites.")
        for name in named_facts(rule)
        if name.startswith("sites.") and not facts.knows(name)
    ]
    if strange := [one for one in odd if one not in set(site_types()["type"])]:
        yield Finding(
            "unknown_site_type",
            "warning",
            "standards",
            (rule.id,),
            f"rule '{rule.id}' counts sites of the type {', '.join(strange)}, which neither the "
            "table of site types nor this district knows; it counts none of them",
            "Correct the type, or import sites of it.",
        )


def _step(rule: Rule) -> Finding:
    named = rule.parameters.named
    below, least, above = (
        rule.parameters.number(one) or Fraction(0)
        for one in ("below", "below_percent", "above_percent")
    )
    return Finding(
        "rule_not_monotone",
        "warning",
        "standards",
        (rule.id,),
        f"rule '{rule.id}' asks less of a larger estate: at {named['below']} m² the area falls "
        f"from {float(below * least / 100):g} to {float(below * above / 100):g} m²",
        "The rule is applied as it stands; an estate at the step should be looked at by hand.",
    )


def _without_units(rule: Rule, facts: Facts) -> Iterator[Finding]:
    empty = [level for level in rule.levels if not len(facts.tables.get(level, ()))]
    if empty:
        yield Finding(
            "no_units",
            "note",
            "standards",
            (rule.id,),
            f"rule '{rule.id}' judges {', '.join(empty)}, of which the district names none",
            "Fill street_code and street_name of the layer communities."
            if "street" in empty
            else "Divide the district first.",
        )
