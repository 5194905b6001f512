"""The standards page: every rule, the units short of it, and the district's own rules."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gridmap.report.standards import write_standards
from gridmap.standards.evaluate import ABOUT_FIGURES
from gridmap.standards.limits import KINDS
from gridmap.standards.rules import (
    COLUMNS,
    CONFIDENCES,
    SCOPES,
    Fault,
    Rule,
    check_rule,
    join_rules,
    rules_of_bytes,
    rules_of_rows,
    shipped_rules,
    write_rules,
)
from gridmap.store import reads
from gridmap.store import standards as kept
from gridmap.studies.pages.listing import Order, list_rows, plain_rows, quiet_text

RULE_FIELDS = COLUMNS
"""Fields of the form of a rule."""
RULE_CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": tuple(KINDS),
    "scope": SCOPES,
    "confidence": CONFIDENCES,
    "active": ("yes", "no"),
}
"""Fields that are chosen, with what there is to choose."""
_COUNTED = ("met", "partly", "missed", "unknown")
_NOT_DUE = "not_due"


def standards_page(
    connection: Connection,
    district_id: int,
    order: Order,
    *,
    rule: str = "",
    level: str = "",
    status: str = "",
    language: str = "en",
) -> dict[str, Any]:
    """Every rule with its counts, and the units of one of them, worst first.

    Parameters
    ----------
    connection : Connection
        In the scope of the reader.
    district_id : int
        The district.
    order : Order
        Order and page of the table of units.
    rule, level : str, optional
        Rule whose units are listed, and the level of a rule that judges several; default the one
        of which the largest share of units falls short.
    status : str, optional
        Status the units are narrowed to.
    language : {"zh_Hans", "zh_Hant", "en"}
        Language of the texts of rules.

    Returns
    -------
    dict
        ``rules`` (worst first), ``chosen`` (one of them or None), ``measure`` (empty where the
        rule judges no places), ``rows`` (a Listing), ``own`` (rules of one's own as rows of the
        form) and ``facts`` (names of the facts there are).
    """
    results = kept.read_results(connection, district_id)
    own = kept.read_own_rules(connection, district_id)
    texts = _texts(connection, district_id, own, language)
    rules = _rules(results, texts, {one.id for one in own})
    chosen = _chosen(rules, rule, level)
    units = _units(results, chosen, status)
    cells = reads.read_cells(connection, district_id)
    units["cell_id"] = _first_cells(units, cells)
    # The most missing first: sorting rises.
    units["least"] = -units["shortfall"].fillna(-1.0)
    return {
        "rules": rules,
        "chosen": chosen,
        "status": status,
        "measure": _measure(chosen),
        "rows": list_rows(units, order, ["status", "least", "unit_name"]),
        "own": [dict(one.row) | {"active": "yes" if one.active else "no"} for one in own],
        "facts": kept.read_stored_facts(connection, district_id).available(),
    }


def rule_form(connection: Connection, district_id: int, rule_id: str) -> dict[str, str]:
    """Row of a rule to edit: one's own, else the shipped one as a start; empty for a new one."""
    every = join_rules(shipped_rules(), kept.read_own_rules(connection, district_id))
    found = next((one for one in every if one.id == rule_id), None)
    if found is None:
        return dict.fromkeys(COLUMNS, "") | {"active": "yes"}
    return dict(found.row) | {"active": "yes" if found.active else "no"}


def check_own_rule(row: Mapping[str, str]) -> list[Fault]:
    """Find what is wrong in the form of a rule, field by field."""
    return check_rule(row)


def save_own_rule(connection: Connection, district_id: int, row: Mapping[str, str]) -> None:
    """Add or change a rule of one's own, and judge the district by it.

    Raises
    ------
    InputError
        If anything in the row is wrong.
    ScopeError
        If the reader may not.
    """
    kept.save_own_rules(connection, district_id, rules_of_rows([row]))


def upload_own_rules(connection: Connection, district_id: int, content: bytes, name: str) -> int:
    """Add the rules of a CSV file; their number.

    Raises
    ------
    InputError, FileFormatError
        If anything in it is wrong: nothing is changed then.
    """
    rules = rules_of_bytes(content, name)
    kept.save_own_rules(connection, district_id, rules)
    return len(rules)


def remove_own_rule(connection: Connection, district_id: int, rule_id: str) -> None:
    """Remove a rule of one's own; a shipped one of the same id holds again."""
    instead = next((one for one in shipped_rules() if one.id == rule_id), None)
    kept.drop_own_rule(connection, district_id, rule_id, instead)


def export_own_rules(connection: Connection, district_id: int) -> str:
    """Rules of one's own as CSV, to be used with ``gridmap cover --rules``."""
    return write_rules(kept.read_own_rules(connection, district_id))


def export_standards(
    connection: Connection,
    district_id: int,
    words: Mapping[str, str],
    *,
    language: str = "en",
    note: str = "",
) -> bytes:
    """Write results of all rules as an XLSX workbook in the reader's language."""
    results = kept.read_results(connection, district_id)
    own = kept.read_own_rules(connection, district_id)
    texts = _texts(connection, district_id, own, language)
    told = results.assign(text=[_text(texts, one) for one in results["rule"]])
    units = [{name: quiet_text(v) for name, v in row.items()} for row in plain_rows(told)]
    return write_standards(_rules(results, texts, set()), units, words, note=note)


def _texts(
    connection: Connection, district_id: int, own: Sequence[Rule], language: str
) -> dict[str, str]:
    """Texts of rules by id: as the study told, as they ship, as the district writes its own."""
    told = reads.read_summary(connection, district_id).get("standards") or {}
    texts = {name: one["text"][language] for name, one in told.items() if "text" in one}
    return texts | {one.id: one.text[language] for one in join_rules(shipped_rules(), own)}


def _rules(results: pd.DataFrame, texts: Mapping[str, str], own: set[str]) -> list[dict[str, Any]]:
    rows = []
    for (rule, level), part in results.groupby(["rule", "level"], sort=False):
        status = part["status"].value_counts()
        counts = {name: int(status.get(name, 0)) for name in _COUNTED}
        short = part[part["status"].isin(("partly", "missed"))]
        first = part.iloc[0]
        rows.append(
            {
                "rule": rule,
                "level": level,
                "text": _text(texts, str(rule)),
                **counts,
                "units": sum(counts.values()),
                "not_due": int(status.get(_NOT_DUE, 0)),
                "short": len(short),
                "shortfall": float(short["shortfall"].sum()),
                "unit": first["unit"],
                "kind": first["kind"],
                "scope": first["scope"],
                "source": first["source"],
                "confidence": first["confidence"],
                "quality": _worst_quality(part["quality"]),
                "own": rule in own,
            }
        )
    return sorted(rows, key=_urgency)


def _urgency(row: Mapping[str, Any]) -> tuple[int, float, str]:
    judged = row["units"] - row["unknown"]
    doubtful = 1 if row["quality"] == "poor" else 0
    return (doubtful if judged else 2, -row["short"] / judged if judged else 0.0, row["rule"])


def _worst_quality(found: pd.Series) -> str:
    return next((one for one in ("poor", "estimated") if (found == one).any()), "good")


def _text(texts: Mapping[str, str], rule: str) -> str:
    return texts.get(rule) or rule.replace("_", " ")


def _chosen(rules: list[dict[str, Any]], rule: str, level: str) -> dict[str, Any] | None:
    same = [row for row in rules if row["rule"] == rule]
    at_level = [row for row in same if row["level"] == level]
    return next(iter(at_level or same or rules), None)


def _units(results: pd.DataFrame, chosen: Mapping[str, Any] | None, status: str) -> pd.DataFrame:
    if chosen is None:
        return results.iloc[:0].copy()
    at = (results["rule"] == chosen["rule"]) & (results["level"] == chosen["level"])
    found = results[at]
    return found[found["status"] == status].copy() if status in _COUNTED else found.copy()


def _first_cells(units: pd.DataFrame, cells: pd.DataFrame) -> pd.Series:
    """Cell that stands for a unit on the map: itself, or the first of its community."""
    first = cells.drop_duplicates("community_code").set_index("community_code")["cell_id"]
    own = units["unit_id"].where(units["level"] == "cell")
    return own.fillna(units["unit_id"].map(first).where(units["level"] == "community"))


def _measure(chosen: Mapping[str, Any] | None) -> str:
    if chosen is None or chosen["kind"] in ABOUT_FIGURES:
        return ""
    level = f"{chosen['level']}_" if chosen["scope"] == "tiers" else ""
    return f"{chosen['rule']}.{level}met"
