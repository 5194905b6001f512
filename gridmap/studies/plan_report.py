"""Reports of plans: what changes for how many people, and how sure the answer is."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from gridmap.errors import InputError
from gridmap.report.charts import Chart, Curve, draw_charts
from gridmap.report.contents import Column, Picture, Report, Section, Sheet
from gridmap.report.document import write_docx
from gridmap.report.page import write_html
from gridmap.report.pictures import Drawing, draw_png
from gridmap.report.words import count_text, day_text, report_words, share_text
from gridmap.report.workbook import write_xlsx
from gridmap.studies.plan_facts import PlanFacts
from gridmap.studies.service_maps import classes_of
from gridmap.studies.vocabulary import type_label

_NO_CHANGE = 1e-6
Spec = tuple[str, str, str, dict[str, Any]]
_TYPES: Sequence[Spec] = (
    ("type", "sv_type", "text", {"wide": 1.5}),
    ("people", "sv_people", "count", {}),
    ("norm_before_m", "sv_norm_m", "count", {}),
    ("norm_after_m", "sv_norm_m", "count", {"brief": False}),
    ("sites_before", "sv_sites", "count", {}),
    ("sites_after", "sv_sites", "count", {}),
    ("served_before", "pl_served_before", "count", {}),
    ("served_after", "pl_served_after", "count", {}),
    ("share_before", "pl_share_before", "share", {"parts": ("served_before", "people")}),
    ("share_after", "pl_share_after", "share", {"parts": ("served_after", "people")}),
    ("gained", "pl_gained", "count", {}),
    ("lost", "pl_lost", "count", {"mark": "above_zero"}),
)
_CELLS: Sequence[Spec] = (
    ("type", "sv_type", "text", {"wide": 1.3}),
    ("name", "cell", "text", {"wide": 1.4}),
    ("cell_id", "code", "text", {"brief": False}),
    ("people", "sv_people", "count", {"total": True}),
    ("served_before", "pl_served_before", "count", {"total": True}),
    ("served_after", "pl_served_after", "count", {"total": True}),
    ("share_before", "pl_share_before", "share",
     {"total": True, "parts": ("served_before", "people"), "mark": "bar"}),
    ("share_after", "pl_share_after", "share",
     {"total": True, "parts": ("served_after", "people"), "mark": "bar"}),
    ("gained", "pl_change", "count",
     {"total": True, "formula": "{served_after}-{served_before}"}),
)  # fmt: skip
_CHOSEN: Sequence[Spec] = (
    ("place_id", "pl_place", "text", {"wide": 1.3}),
    ("name", "sv_site", "text", {}),
    ("origin", "pl_origin", "text", {}),
    ("x", "pl_x", "count", {}),
    ("y", "pl_y", "count", {}),
    ("cost", "pl_cost", "number", {"total": True}),
    ("capacity", "sv_capacity", "count", {"total": True}),
    ("people", "pl_reach", "count", {}),
    ("people_gained", "pl_gained", "count", {}),
)
_CLOSED: Sequence[Spec] = (
    ("site_id", "sv_site_id", "text", {}), ("name", "sv_site", "text", {}),
    ("capacity", "sv_capacity", "count", {}),
)  # fmt: skip
_FRONTIER: Sequence[Spec] = (
    ("sites", "pl_number", "count", {}), ("people", "pl_reach", "count", {}),
    ("share", "sv_share", "share", {}), ("bound", "pl_bound", "count", {}),
    ("gap", "pl_gap", "share", {}), ("proved", "pl_is_proved", "text", {}),
)  # fmt: skip


def write_plan(plan: PlanFacts, form: str, language: str, ribbon: str = "") -> bytes:
    """Write a report of a plan.

    Parameters
    ----------
    plan : PlanFacts
        A plan of sites, or a scenario.
    form : {"docx", "xlsx", "png", "html"}
        Kind of file; a PNG is the map after the plan.
    language : {"zh_Hans", "zh_Hant", "en"}
        Language of the report.
    ribbon : str
        What is made up.

    Raises
    ------
    AssetError
        If the extra ``report`` is needed and not installed.
    InputError
        If a map is asked for of a scenario that changes nothing.
    """
    if form == "png":
        if plan.changes.empty:
            raise InputError("The scenario changes no cell, so there is nothing to draw.")
        return _draw(plan, str(plan.changes["type"].iloc[0]), "after", language).png
    report = plan_report(plan, language, ribbon, pictures=form != "xlsx")
    if form == "xlsx":
        return write_xlsx(report)
    return write_docx(report) if form == "docx" else write_html(report).encode()


def plan_report(
    plan: PlanFacts, language: str, ribbon: str = "", *, pictures: bool = True
) -> Report:
    """Say what a plan changes, who gains, and whether a better one can exist.

    Parameters
    ----------
    plan : PlanFacts
        A plan of sites, or a scenario.
    language : str
        Language of the report.
    ribbon : str
        What is made up.
    pictures : bool
        Whether to draw maps and the frontier.
    """
    known = report_words(language)
    kinds = list(dict.fromkeys(plan.changes["type"]))
    key = "pl_title" if plan.siting else "pl_sc_title"
    names = type_label(kinds[0], language) if kinds else ""
    sections = [_before_after(plan, language, kinds if pictures else [])]
    if plan.siting is not None:
        sections += _siting_sections(plan, language, pictures=pictures)
    sections.append(_cell_section(plan, language))
    notes = ["sv_note_share", "sv_note_walk", *_siting_notes(plan)]
    return Report(
        known[key].format(district=plan.district, type=names),
        language,
        _summary(plan, language),
        ribbon,
        sections,
        [known[name] for name in notes],
        dict(known) | {"total": known["sv_total"]},
    )


def _siting_notes(plan: PlanFacts) -> list[str]:
    return ["pl_note_bound", "pl_note_candidates"] if plan.siting is not None else []


def _summary(plan: PlanFacts, language: str) -> list[str]:
    known, told = report_words(language), plan.siting
    day = [known["as_of"].format(day=day_text(plan.day, language))] if plan.day else []
    if told is None:
        totals = plan.types[["gained", "lost"]].sum()
        headline = known["pl_sc_headline"].format(
            types=len(plan.types),
            gained=count_text(totals["gained"]),
            lost=count_text(totals["lost"]),
        )
        return [headline, *day]
    before, after, norm = told["before"], told["after"], f"{told['question']['norm_m']:g}"
    headline = known["pl_headline"].format(
        added=told["added"],
        closed=len(told["closed"]),
        type=type_label(told["type"], language),
        norm=norm,
        before=share_text(before["served_share"]),
        after=share_text(after["served_share"]),
        people=count_text(before["people"]),
        gained=count_text(after["people_served"] - before["people_served"]),
    )
    lost = told.get("unreachable_people") or 0
    beyond = known["pl_unreachable"].format(people=count_text(lost), norm=norm)
    return [headline, *certainty(told, language), *([beyond] if lost > 0 else []), *day]


def certainty(told: Mapping[str, Any], language: str) -> list[str]:
    """Say whether an answer is proved, with bound and gap where it is not.

    Examples
    --------
    >>> certainty({"proved": True, "candidates": 7, "stopped": False}, "en")
    ['Proved: of 7 candidates, no other choice is better.']
    """
    known = report_words(language)
    if told["proved"]:
        return [known["pl_proved"].format(candidates=told["candidates"])]
    told_gap = {"value": count_text(told["value"]), "bound": count_text(told["bound"])}
    lines = [known["pl_not_proved"].format(**told_gap, gap=f"{told['gap']:.2%}")]
    if told["stopped"]:
        limit = told["question"]["time_limit_s"]
        lines.append(known["pl_stopped"].format(seconds=f"{limit:g}"))
    return lines


def _before_after(plan: PlanFacts, language: str, drawn: Sequence[str]) -> Section:
    known = report_words(language)
    rows = [
        one
        | {
            "type": type_label(str(one["type"]), language),
            "share_before": _share(one["served_before"], one["people"]),
            "share_after": _share(one["served_after"], one["people"]),
        }
        for one in _records(plan.types)
    ]
    columns = [
        _column(spec, known, suffix=_SIDES.get(spec[0].rsplit("_m", 1)[0].rpartition("_")[2], ""))
        for spec in _TYPES
    ]
    return Section(
        known["pl_before_after"],
        known["pl_" + plan.siting["objective"]] if plan.siting else known["pl_sc_types"],
        pictures=[
            _draw(plan, kind, when, language) for kind in drawn for when in ("before", "after")
        ],
        sheets=[Sheet(known["pl_before_after"], columns, rows, "types")],
    )


_SIDES = {"before": "pl_before", "after": "pl_after"}


def _siting_sections(plan: PlanFacts, language: str, *, pictures: bool) -> list[Section]:
    known = report_words(language)
    chosen = plan.chosen.assign(
        x=plan.chosen.geometry.x.round(1), y=plan.chosen.geometry.y.round(1)
    )
    places = [Sheet(known["pl_chosen"], _columns(_CHOSEN, known), _records(chosen), "chosen")]
    if len(plan.closed):
        rows = _records(plan.closed)
        places.append(Sheet(known["pl_closed"], _columns(_CLOSED, known), rows, "closed"))
    crs = plan.chosen.crs.to_string() if plan.chosen.crs else known["unknown"]
    sections = [Section(known["pl_chosen"], f"CRS {crs}", sheets=places)]
    if len(plan.frontier):
        picture = [_draw_frontier(plan, language)] if pictures else []
        rows = [
            one | {"proved": known["yes" if one["proved"] else "no"]}
            for one in _records(plan.frontier)
        ]
        sheet = Sheet(known["pl_frontier"], _columns(_FRONTIER, known), rows, "frontier")
        told = " ".join(certainty(plan.siting or {}, language))
        sections.append(Section(known["pl_frontier"], told, picture, [sheet]))
    return sections


def _cell_section(plan: PlanFacts, language: str) -> Section:
    known = report_words(language)
    told = plan.changes[plan.changes["gained"].abs() > _NO_CHANGE].sort_values(
        "gained", ascending=False
    )
    told = told.assign(type=[type_label(one, language) for one in told["type"]])
    rows = _records(told)
    worse = [one for one in reversed(rows) if one["gained"] < 0]
    better = [one for one in rows if one["gained"] > 0]
    columns = _columns(_CELLS, known)
    sheets = [Sheet(known["pl_gaining"], columns, better, "better")]
    if worse:
        sheets.append(Sheet(known["pl_losing"], columns, worse, "worse"))
    cells = known["pl_cells_said"].format(better=len(better), worse=len(worse))
    return Section(known["pl_cells"], cells, sheets=sheets)


def _draw(plan: PlanFacts, kind: str, when: str, language: str) -> Picture:
    known = report_words(language)
    mine = plan.changes[plan.changes["type"] == kind].set_index("cell_id")
    every = plan.cells["cell_id"].astype(str)
    shares = mine[f"share_{when}"].astype(float).reindex(every)
    title = known["pl_map" if when == "after" else "pl_map_before"].format(
        type=type_label(kind, language)
    )
    marks = {"^": plan.chosen, "X": plan.closed} if when == "after" else {"X": plan.closed}
    points = {
        mark: (layer.geometry.centroid.x.to_numpy(), layer.geometry.centroid.y.to_numpy())
        for mark, layer in marks.items()
        if len(layer)
    }
    row = plan.types[plan.types["type"] == kind].iloc[0]
    below = (
        f"{share_text(_share(row[f'served_{when}'], row['people']))} · {count_text(row['people'])}"
    )
    drawing = Drawing(
        title=title,
        day=known["as_of"].format(day=day_text(plan.day, language)) if plan.day else "",
        mark=known["synthetic_short"] if plan.synthetic else "",
        classes=classes_of(shares, "share", language),
        points=points,
        point_labels={"^": known["pl_new"], "X": known["pl_closed"]},
        below=f"{below} {known['sv_people']}",
    )
    return Picture(f"{title} · {below}", draw_png(plan.cells, drawing, language, known))


def _draw_frontier(plan: PlanFacts, language: str) -> Picture:
    known, table = report_words(language), plan.frontier
    people = float((plan.siting or {})["before"]["people"])
    points = list(zip(table["sites"].astype(float), table["share"].astype(float), strict=True))
    bounds = [
        (float(x), min(1.0, float(y) / people))
        for x, y in zip(table["sites"], table["bound"], strict=True)
        if np.isfinite(y)
    ]
    chart = Chart(
        known["pl_frontier"],
        known["pl_number"],
        known["sv_people_share"],
        [Curve(known["sv_share"], points, dots=True), Curve(known["pl_bound"], bounds)],
        whole_x=True,
    )
    mark = known["synthetic_short"] if plan.synthetic else ""
    return Picture(known["pl_frontier"], draw_charts([chart], language, mark=mark))


def _column(spec: Spec, known: Mapping[str, str], suffix: str = "") -> Column:
    key, word, kind, more = spec
    label = known[word]
    if suffix and not word.startswith("pl_"):
        label = f"{label} · {known[suffix]}"
    return Column(key, label, kind, **more)


def _columns(specs: Sequence[Spec], known: Mapping[str, str]) -> list[Column]:
    return [_column(spec, known) for spec in specs]


def _records(frame: Any) -> list[dict[str, Any]]:
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).astype(object)
    rows = plain.where(plain.notna(), None).to_dict("records")
    return [{str(key): value for key, value in row.items()} for row in rows]


def _share(part: Any, whole: Any) -> float | None:
    return float(part) / float(whole) if whole and whole > 0 else None
