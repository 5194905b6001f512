"""Tables of a report of services: with all rows and formulas for a workbook, short for a page."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from gridmap.maps.words import words as map_words
from gridmap.report.contents import Column, Sheet
from gridmap.report.words import report_words
from gridmap.studies.service_facts import ServiceFacts
from gridmap.studies.vocabulary import rule_label, type_label

Spec = tuple[str, str, dict[str, Any]]
_OF = "SUMIFS({{cells.{0}}},{{cells.type}},{{type}})"
_MEAN = (
    "IFERROR(SUMPRODUCT(({cells.type}={type})*{cells.people}*{cells.mean_m})"
    '/SUMPRODUCT(({cells.type}={type})*{cells.people}*ISNUMBER({cells.mean_m})),"")'
)
_COUNT = 'COUNTIFS({{sites.type}},{{type}},{{sites.{0}}},"{1}")'
_TYPES: Sequence[Spec] = (
    ("type", "text", {"wide": 1.7}),
    ("people", "count", {"formula": _OF.format("people"), "brief": False}),
    ("served_people", "count", {"formula": _OF.format("served_people"), "brief": False}),
    ("unserved", "count", {"formula": "{people}-{served_people}"}),
    ("share", "share", {"parts": ("served_people", "people"), "mark": "bar"}),
    ("norm_m", "count", {}),
    ("mean_m", "count", {"formula": _MEAN, "brief": False}),
    ("p50_m", "count", {}),
    ("p90_m", "count", {}),
    ("cells_short", "count",
     {"formula": 'COUNTIFS({cells.type},{type},{cells.unserved},">0")', "brief": False}),
    ("sites", "count", {"formula": _COUNT.format("site_id", "?*")}),
    ("capacity", "count",
     {"formula": "SUMIFS({sites.capacity},{sites.type},{type})", "brief": False}),
    ("load", "number",
     {"formula": 'IF({capacity}>0,{people}/{capacity},"")', "mark": "above_one", "brief": False}),
    ("overloaded", "count", {"formula": _COUNT.format("load", ">1")}),
    ("people_over", "count",
     {"formula": "SUMIFS({sites.people_over},{sites.type},{type})", "brief": False}),
    ("floor_count", "count", {"formula": _COUNT.format("floor_short", ">0")}),
    ("required", "count", {"brief": False}),
    ("site_short", "count",
     {"formula": 'IF({required}="","",MAX(0,{required}-{sites}))', "mark": "above_zero",
      "brief": False}),
    ("gini", "index", {}),
    ("ratio", "text", {"wide": 1.6}),
    ("quality", "text", {"brief": False}),
    ("source", "text", {"brief": False}),
)  # fmt: skip
_CELLS: Sequence[Spec] = (
    ("type", "text", {"brief": False}),
    ("cell", "text", {"wide": 1.6}),
    ("cell_id", "text", {"brief": False}),
    ("community", "text", {"brief": False}),
    ("people", "count", {"total": True}),
    ("served_people", "count", {"total": True, "brief": False}),
    ("unserved", "count", {"total": True, "formula": "{people}-{served_people}"}),
    ("share", "share", {"total": True, "parts": ("served_people", "people"), "mark": "bar"}),
    ("mean_m", "count", {}),
    ("p90_m", "count", {}),
    ("status", "text", {}),
    ("quality", "text", {}),
    ("reason", "text", {"brief": False}),
)
_SITES: Sequence[Spec] = (
    ("type", "text", {"brief": False}),
    ("site", "text", {"wide": 2.2}),
    ("site_id", "text", {"brief": False}),
    ("nearest_people", "count", {"total": True}),
    ("mean_m", "count", {}),
    ("p90_m", "count", {}),
    ("capacity", "count", {"total": True}),
    ("load", "number",
     {"formula": 'IF(N({capacity})>0,{nearest_people}/{capacity},"")', "mark": "above_one"}),
    ("people_over", "count",
     {"total": True, "formula": 'IF(N({capacity})>0,MAX(0,{nearest_people}-{capacity}),0)',
      "mark": "above_zero"}),
    ("within_people", "count", {"total": True, "brief": False}),
    ("floor_area", "count", {}),
    ("floor_norm", "count", {"brief": False}),
    ("floor_short", "count",
     {"formula": 'IF(AND(N({floor_area})>0,N({floor_norm})>0),MAX(0,{floor_norm}-{floor_area}),0)',
      "mark": "above_zero"}),
)  # fmt: skip
_GAPS: Sequence[Spec] = (
    ("rank", "count", {"wide": 0.6}),
    ("type", "text", {}),
    ("cell", "text", {"wide": 1.4}),
    ("cell_id", "text", {"brief": False}),
    ("people", "count", {}),
    ("share", "share", {"mark": "bar"}),
    ("status", "text", {}),
    ("quality", "text", {}),
    ("source", "text", {"brief": False}),
)
_NORMS: Sequence[Spec] = (
    ("type", "text", {}), ("norm_m", "count", {}), ("floor_norm", "count", {}),
    ("required", "count", {}), ("source", "text", {"wide": 5.0}),
)  # fmt: skip
_FINDINGS: Sequence[Spec] = (
    ("rule", "text", {"wide": 1.5}), ("severity", "text", {"wide": 0.7}),
    ("layer", "text", {"wide": 0.8}), ("count", "count", {"wide": 0.5}),
    ("found", "text", {"wide": 3.5}), ("remedy", "text", {"wide": 2.5}),
)  # fmt: skip
_PLAIN = ("rank", "cell", "quality", "reason", "status", "rule")
_OTHER_WORDS = {"cell_id": "code", "severity": "sv_severity", "layer": "sv_layer"}


def columns_of(specs: Sequence[Spec], language: str) -> list[Column]:
    """Columns with headings in a language."""
    known = report_words(language)
    return [Column(key, known[_word(key)], kind, **more) for key, kind, more in specs]


def type_sheet(facts: ServiceFacts, language: str) -> Sheet:
    """Every type with its indicators; ratio rules stand beside coverage."""
    known = report_words(language)
    rows = [type_row(facts, str(kind), language) for kind in facts.types.index]
    return Sheet(known["sv_types_sheet"], columns_of(_TYPES, language), rows, "types")


def cell_sheet(facts: ServiceFacts, language: str, kind: str = "") -> Sheet:
    """Cells where people live or their number is not known, most people not served first."""
    known = report_words(language)
    rows = facts.figures[facts.figures["people"].ne(0)]
    if kind:
        rows = rows[(rows["type"] == kind) & (rows["unserved"] > 0)]
    cells = facts.cells.set_index("cell_id")
    told = _said(rows, language).assign(
        cell=_names(facts, rows),
        community=cells["community"].reindex(rows["cell_id"]).to_numpy(),
        served_people=rows["served"],
    )
    name = known["sv_worst"].format(type=type_label(kind, language)) if kind else ""
    return Sheet(
        name or known["sv_cells_sheet"],
        columns_of(_CELLS, language),
        _rows(told, _CELLS),
        "cells",
        most=10,
    )


def site_sheet(facts: ServiceFacts, language: str, kind: str = "") -> Sheet:
    """Sites with the people nearest to them, those fullest first."""
    known = report_words(language)
    rows = facts.sites[facts.sites["type"] == kind] if kind else facts.sites
    near = rows[rows["kind"] == "nearest"]
    within = rows[rows["kind"] == "capacity"].set_index(["type", "site_id"])["people"]
    keys = pd.MultiIndex.from_frame(near[["type", "site_id"]])
    floor = near["type"].map(facts.types["floor_norm_m2"]).astype(float)
    told = pd.DataFrame(near.drop(columns="geometry")).assign(
        type=[type_label(one, language) for one in near["type"]],
        site=near["site_name"].fillna(near["site_id"]).fillna(known["sv_nobody"]),
        nearest_people=near["people"],
        mean_m=near["walk_mean_m"],
        p90_m=near["walk_p90_m"],
        within_people=within.reindex(keys).to_numpy() if len(within) else None,
        floor_area=near["floor_area_m2"],
        floor_norm=floor.where(near["site_id"].notna()),
        floor_short=(floor - near["floor_area_m2"]).clip(lower=0).fillna(0),
        people_over=near["people_over"].fillna(0),
    )
    order = told.assign(by=-told["load"].fillna(0), then=-told["people"])
    told = order.sort_values(["type", "by", "then"], kind="stable")
    name = known["sv_sites_of"].format(type=type_label(kind, language)) if kind else ""
    return Sheet(
        name or known["sv_sites_sheet"],
        columns_of(_SITES, language),
        _rows(told, _SITES),
        "sites",
        most=12,
    )


def gap_sheet(facts: ServiceFacts, language: str) -> Sheet:
    """Gaps of services by rank."""
    gaps = pd.DataFrame(facts.gaps.drop(columns="geometry"))
    told = _said(gaps, language).assign(cell=_names(facts, gaps), share=gaps["value"])
    name = report_words(language)["sv_gap_list"]
    return Sheet(name, columns_of(_GAPS, language), _rows(told, _GAPS), "gaps")


def norm_sheet(facts: ServiceFacts, language: str) -> Sheet:
    """Norms by which was judged, with source and confidence."""
    types = facts.types.reset_index()
    told = types.assign(
        type=[type_label(one, language) for one in types["type"]],
        floor_norm=types["floor_norm_m2"],
        required=types["sites_required"],
    )
    name = report_words(language)["sv_norms_sheet"]
    return Sheet(name, columns_of(_NORMS, language), _rows(told, _NORMS), "norms", most=40)


def finding_sheet(facts: ServiceFacts, language: str) -> Sheet:
    """List what was doubtful about the data."""
    known = report_words(language)
    rows = [
        {
            "rule": one.rule, "severity": one.severity, "layer": one.layer,
            "count": len(one.ids), "found": one.found, "remedy": one.remedy,
        }
        for one in sorted(facts.findings, key=lambda one: one.severity != "warning")
    ]  # fmt: skip
    return Sheet(known["sv_findings"], columns_of(_FINDINGS, language), rows, "findings", most=15)


def column_sheet(sheets: Sequence[Sheet], language: str) -> Sheet:
    """List the columns of a workbook, and whether each was measured or is worked out."""
    known = report_words(language)
    columns = [Column(key, known[f"sv_{key}"]) for key in ("sheet", "column", "formula")]
    rows = [
        {
            "sheet": sheet.name,
            "column": one.label,
            "formula": _told_formula(one, sheet, sheets) or known["sv_measured"],
        }
        for sheet in sheets
        for one in sheet.columns
    ]
    return Sheet(known["sv_columns_sheet"], columns, rows, most=0)


def _told_formula(column: Column, sheet: Sheet, sheets: Sequence[Sheet]) -> str:
    """Tell a formula by the headings of its columns; it is shown as text, not run."""
    names = {f"{one.key}.{part.key}": f"[{one.name} · {part.label}]"
             for one in sheets for part in one.columns}  # fmt: skip
    names |= {part.key: f"[{part.label}]" for part in sheet.columns}
    template = column.formula or " ÷ ".join(f"{{{part}}}" for part in column.parts)
    return re.sub(r"\{([\w.]+)\}", lambda found: names[found[1]], template)


def ratio_text(facts: ServiceFacts, kind: str, language: str) -> str:
    """How a rule of a ratio about a type stands; empty where there is none."""
    known, statuses = report_words(language), map_words(language)
    if kind in facts.ratios:
        rule, status = facts.ratios[kind]
        return known["sv_ratio_met"].format(met=statuses[status], rule=rule_label(rule, language))
    row: Any = facts.types.loc[kind]
    met = row["ratio_met"]
    if met is None or pd.isna(met):
        return ""
    needed = f"{known['sv_required']} {row['sites_required']:g}"
    return known["sv_ratio_met"].format(met=statuses["met" if met else "missed"], rule=needed)


def quality_of(row: Mapping[str, Any]) -> str:
    """Worst quality of the cells of a type.

    Examples
    --------
    >>> quality_of({"good": 3, "estimated": 1, "poor": 0})
    'estimated'
    """
    return next((one for one in ("poor", "estimated") if row[one] > 0), "good")


def type_row(facts: ServiceFacts, kind: str, language: str) -> dict[str, Any]:
    """Figures of one type, as its row of the table of types has them."""
    one: Any = facts.types.loc[kind]
    rows = facts.figures[(facts.figures["type"] == kind) & (facts.figures["people"] > 0)]
    near = facts.sites[(facts.sites["type"] == kind) & (facts.sites["kind"] == "nearest")]
    reached = rows[rows["mean_m"].notna()]
    weight = float(reached["people"].sum())
    floor = near["floor_area_m2"] < one["floor_norm_m2"]
    required, capacity = _number(one["sites_required"]), _number(one["capacity"])
    people = _number(one["people"]) or 0.0
    return {
        "type": type_label(kind, language),
        "people": people,
        "served_people": _number(one["served"]) or 0.0,
        "unserved": _number(one["unserved"]) or 0.0,
        "share": _number(one["share"]),
        "norm_m": _number(one["norm_m"]),
        "mean_m": float((reached["people"] * reached["mean_m"]).sum()) / weight if weight else None,
        "p50_m": _number(one["distance_p50_m"]),
        "p90_m": _number(one["distance_p90_m"]),
        "cells_short": int(one["cells_short"]),
        "sites": int(one["sites"]),
        "capacity": capacity or 0.0,
        "load": people / capacity if capacity else None,
        "overloaded": int((near["load"] > 1).sum()),
        "people_over": float(near["people_over"].fillna(0).sum()),
        "floor_count": int(floor.sum()),
        "floor_known": bool(near["floor_area_m2"].notna().any() and one["floor_norm_m2"] > 0),
        "required": required,
        "site_short": None if required is None else max(0.0, required - one["sites"]),
        "gini": _number(one["gini"]),
        "ratio": ratio_text(facts, kind, language),
        "quality": map_words(language)[quality_of(one)],
        "source": one["source"],
    }


def _said(rows: pd.DataFrame, language: str) -> pd.DataFrame:
    known = map_words(language)
    return rows.assign(
        type=[type_label(one, language) for one in rows["type"]],
        status=[known.get(one, one) for one in rows["status"]],
        quality=[known.get(one, one) for one in rows["quality"]],
    )


def _names(facts: ServiceFacts, rows: pd.DataFrame) -> list[str]:
    cells = facts.cells
    named = cells["name"].where(cells["name"].notna(), cells["cell_id"])
    known = dict(zip(cells["cell_id"], named, strict=True))
    return [str(known.get(one, one)) for one in rows["cell_id"]]


def _rows(frame: pd.DataFrame, specs: Sequence[Spec]) -> list[dict[str, Any]]:
    kept = frame[[key for key, *_ in specs]].astype(object)
    return [
        {str(key): one for key, one in row.items()}
        for row in kept.where(kept.notna(), None).to_dict("records")
    ]


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _word(key: str) -> str:
    if key in _OTHER_WORDS:
        return _OTHER_WORDS[key]
    return key if key in _PLAIN else f"sv_{key}"
