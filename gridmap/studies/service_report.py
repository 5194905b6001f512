"""Reports of services: what a planner hands on, as a document, a workbook or a map."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gridmap.progress import Progress, silent
from gridmap.report.contents import Column, Picture, Report, Section, Sheet
from gridmap.report.document import write_docx
from gridmap.report.page import write_html
from gridmap.report.text import write_csv
from gridmap.report.words import count_text, day_text, report_words, share_text
from gridmap.report.workbook import write_xlsx
from gridmap.studies.service_facts import ServiceFacts
from gridmap.studies.service_maps import draw_curves, draw_overview, draw_type
from gridmap.studies.service_tables import (
    cell_sheet,
    column_sheet,
    finding_sheet,
    gap_sheet,
    norm_sheet,
    ratio_text,
    site_sheet,
    type_row,
    type_sheet,
)
from gridmap.studies.vocabulary import type_label

GOOD_SHARE = 0.9
"""A type is called well served from this share of the people on."""
_NAMED = 3
_NOTES = ("sv_note_share", "sv_note_walk", "sv_note_norm", "sv_note_ratio", "sv_note_gini")


def write_services(
    facts: ServiceFacts, form: str, language: str, ribbon: str = "", progress: Progress = silent
) -> bytes:
    """Write a report of services.

    Parameters
    ----------
    facts : ServiceFacts
        What was measured, of one type or of all.
    form : {"docx", "xlsx", "png", "html", "csv"}
        Kind of file; a PNG is the map of the type, or of all types, a CSV the table of types.
    language : {"zh_Hans", "zh_Hant", "en"}
        Language of the report.
    ribbon : str
        What is made up.
    progress : callable
        Told of each type.

    Raises
    ------
    AssetError
        If the extra ``report`` is needed and not installed.
    """
    if form == "png":
        only = facts.types.index
        drawn = draw_type(facts, only[0], language) if len(only) == 1 else None
        return (drawn or draw_overview(facts, language)).png
    if form == "csv":
        return write_csv(type_sheet(facts, language), ribbon)
    if form == "xlsx":
        return write_xlsx(service_workbook(facts, language, ribbon))
    report = service_document(facts, language, ribbon, progress)
    return write_docx(report) if form == "docx" else write_html(report).encode()


def service_document(
    facts: ServiceFacts, language: str, ribbon: str = "", progress: Progress = silent
) -> Report:
    """Say what was found about services, type by type, to be read on paper.

    Parameters
    ----------
    facts : ServiceFacts
        What was measured.
    language : str
        Language of the report.
    ribbon : str
        What is made up.
    progress : callable
        Told of each type.
    """
    report = _frame(facts, language, ribbon)
    having = [str(kind) for kind in facts.types.index[facts.types["sites"] > 0]]
    sections = [_overview(facts, language)] if len(facts.types) > 1 else []
    for done, kind in enumerate(having):
        progress("report: services", done, len(having))
        sections.append(_type_section(facts, kind, language))
    sections += [_gap_section(facts, language), *_norm_sections(facts, language)]
    return replace(report, sections=sections)


def service_workbook(facts: ServiceFacts, language: str, ribbon: str = "") -> Report:
    """Bring all rows together, with formulas across the sheets.

    Parameters
    ----------
    facts : ServiceFacts
        What was measured.
    language : str
        Language of the report.
    ribbon : str
        What is made up.
    """
    report = _frame(facts, language, ribbon)
    known = report_words(language)
    sheets = [
        make(facts, language)
        for make in (type_sheet, cell_sheet, site_sheet, gap_sheet, norm_sheet, finding_sheet)
    ]
    sheets.append(column_sheet(sheets, language))
    return replace(
        report,
        sections=[Section(known["sv_overview"], _notes_of(facts, known), sheets=sheets)],
        words=dict(known) | {"total": known["sv_total"]},
    )


def served_sentence(facts: ServiceFacts, kind: str, language: str) -> str:
    """Say who is served by one type: figure, denominator, day and quality.

    Examples
    --------
    >>> from datetime import datetime
    >>> from gridmap.samples import toy_district
    >>> from gridmap.studies.cover import cover
    >>> from gridmap.studies.service_facts import facts_of_folder
    >>> told = cover(toy_district(), ["services"], at=datetime(2026, 3, 2, 12))
    >>> facts = facts_of_folder(told, "", "health_station")
    >>> served_sentence(facts, "health_station", "en").split(" · ")[0]
    '60.0% of 500 people live within 300 m on foot of: health station'
    """
    known = report_words(language)
    one: Any = facts.types.loc[kind]
    lived = one["share"] == one["share"]
    key = "sv_served" if lived and one["sites"] else "sv_no_site" if lived else "sv_unknown"
    text = known[key].format(
        share=share_text(one["share"]),
        people=count_text(one["people"]),
        norm=count_text(one["norm_m"]),
        type=type_label(kind, language),
        unserved=count_text(one["unserved"]),
        day=day_text(facts.day, language),
    )
    return f"{text} · {known['sv_quality'].format(**{n: one[n] for n in _QUALITIES})}"


_QUALITIES = ("good", "estimated", "poor")


def _frame(facts: ServiceFacts, language: str, ribbon: str) -> Report:
    known = report_words(language)
    only = len(facts.types) == 1
    title = known["sv_title_type" if only else "sv_title"].format(
        district=facts.district, type=type_label(str(facts.types.index[0]), language)
    )
    lines = [
        *(
            [served_sentence(facts, str(facts.types.index[0]), language)]
            if only
            else _summary(facts, language)
        ),
        *_gap_line(facts, language),
        *([] if facts.whole else [known["sv_part"]]),
    ]
    notes = [*(known[name] for name in _NOTES), known["note_unknown"]]
    return Report(title, language, lines, ribbon, [], notes, known)


def _summary(facts: ServiceFacts, language: str) -> list[str]:
    known, types = report_words(language), facts.types
    comma = ", " if language == "en" else "、"
    having = types[(types["sites"] > 0) & types["share"].notna()]
    absent = types.index[types["sites"] == 0]
    lines = [known["as_of"].format(day=day_text(facts.day, language))]
    if len(having):
        worst = having["share"].idxmin()
        told = known["sv_headline"].format(
            types=len(having),
            good=int((having["share"] >= GOOD_SHARE).sum()),
            people=count_text(facts.people),
            worst=type_label(str(worst), language),
            share=share_text(having["share"].min()),
        )
        most = having.sort_values("unserved", ascending=False).head(_NAMED)
        names = [
            known["sv_one"].format(type=type_label(str(kind), language), people=count_text(people))
            for kind, people in most["unserved"].items()
        ]
        lines += [told, known["sv_most"].format(names=comma.join(names))]
    else:
        lines.append(known["sv_none"])
    if len(absent):
        names = [type_label(str(kind), language) for kind in absent]
        lines.append(known["sv_absent"].format(count=len(absent), names=comma.join(names)))
    return lines


def _gap_line(facts: ServiceFacts, language: str) -> list[str]:
    if facts.gaps.empty:
        return []
    rows = gap_sheet(facts, language).rows
    return [
        report_words(language)["sv_gaps"].format(
            count=len(rows),
            cell=rows[0]["cell"],
            type=rows[0]["type"],
            people=count_text(rows[0]["people"]),
        )
    ]


def _notes_of(facts: ServiceFacts, known: Mapping[str, str]) -> str:
    lived = facts.figures[facts.figures["people"] > 0]["cell_id"].nunique()
    return known["sv_denominator"].format(
        people=count_text(facts.people), cells=lived, all=len(facts.cells)
    )


def _overview(facts: ServiceFacts, language: str) -> Section:
    known = report_words(language)
    sheet = type_sheet(facts, language)
    return Section(
        known["sv_overview"],
        _notes_of(facts, known),
        pictures=[draw_overview(facts, language)],
        sheets=[replace(sheet, rows=[_to_read(row) for row in sheet.rows], most=40)],
    )


def _to_read(row: Mapping[str, Any]) -> dict[str, Any]:
    """Row of a type on paper: what is not known is no zero."""
    unknown = {
        "share": not row["sites"],
        "overloaded": not row["capacity"],
        "floor_count": not row["floor_known"],
    }
    return {**row, **{name: None for name, absent in unknown.items() if absent}}


def _type_section(facts: ServiceFacts, kind: str, language: str) -> Section:
    known = report_words(language)
    one: Any = facts.types.loc[kind]
    pictures = [draw_type(facts, kind, language), draw_curves(facts, kind, language)]
    notes = []
    ratio = facts.ratios.get(kind, ("", ""))
    if (ratio[1] == "met" or one["ratio_met"] is True) and one["unserved"] > 0:
        rule = ratio_text(facts, kind, language)
        people = count_text(one["unserved"])
        notes.append(known["sv_ratio_hides"].format(rule=rule, people=people))
    sites = site_sheet(facts, language, kind)
    over = [row for row in sites.rows if row["people_over"] > 0]
    if over:
        people = count_text(sum(row["people_over"] for row in over))
        notes += [known["sv_over"].format(count=len(over), people=people), known["sv_over_ages"]]
    return Section(
        type_label(kind, language)[:1].upper() + type_label(kind, language)[1:],
        served_sentence(facts, kind, language)
        if len(facts.types) > 1
        else f"{known['sv_source']}{_colon(language)}{one['source'] or known['unknown']}",
        pictures=[picture for picture in pictures if isinstance(picture, Picture)],
        sheets=[_figure_sheet(facts, kind, language), cell_sheet(facts, language, kind), sites],
        notes=notes,
        depth=2 if len(facts.types) > 1 else 1,
    )


def _figure_sheet(facts: ServiceFacts, kind: str, language: str) -> Sheet:
    """Tell the main figures of a type, each beside what it is judged by."""
    known = report_words(language)
    row = type_row(facts, kind, language)
    norm = f"{count_text(row['norm_m'])} m · {row['source'] or known['unknown']}"
    told = {
        "share": (share_text(row["share"]), norm),
        "unserved": (count_text(row["unserved"]), ""),
        "mean_m": (count_text(row["mean_m"]), ""),
        "p50_m": (count_text(row["p50_m"]), ""),
        "p90_m": (count_text(row["p90_m"]), ""),
        "sites": (count_text(row["sites"]), row["ratio"]),
        "floor_count": _floor(facts, kind, row, known),
        "load": (count_text(row["load"], 1), _capacity(row, known)),
        "people_over": (count_text(row["people_over"]) if row["capacity"] else "–", ""),
        "gini": ("–" if row["gini"] is None else f"{row['gini']:.2f}", ""),
        "quality": (row["quality"], known["sv_quality"].format(
            **{name: facts.types.loc[kind, name] for name in _QUALITIES})),
    }  # fmt: skip
    names = {"quality": "quality"}
    rows = [
        {"what": known[names.get(key, f"sv_{key}")], "figure": figure, "by": by}
        for key, (figure, by) in told.items()
    ]
    columns = [
        Column("what", known["sv_what"], wide=1.4),
        Column("figure", known["sv_figure"], wide=0.8),
        Column("by", known["sv_norm_or_rule"], wide=3.0),
    ]
    return Sheet(known["sv_figures"].format(type=type_label(kind, language)), columns, rows)


def _colon(language: str) -> str:
    return ": " if language == "en" else "："


def _floor(facts: ServiceFacts, kind: str, row: Mapping[str, Any], known: Any) -> tuple[str, str]:
    one: Any = facts.types.loc[kind]
    if not (one["floor_norm_m2"] > 0 and (one["sites_floor_known"] or 0) > 0):
        return "–", ""
    figure = f"{row['floor_count']} / {one['sites_floor_known']}"
    return figure, f"{known['sv_floor_norm']}: {count_text(one['floor_norm_m2'])}"


def _capacity(row: Mapping[str, Any], known: Mapping[str, str]) -> str:
    return f"{known['sv_capacity']}: {count_text(row['capacity'])}" if row["capacity"] else ""


def _gap_section(facts: ServiceFacts, language: str) -> Section:
    known = report_words(language)
    sentence = known["sv_gap_sentence"].format(count=len(facts.gaps))
    return Section(known["sv_gap_list"], sentence, sheets=[gap_sheet(facts, language)])


def _norm_sections(facts: ServiceFacts, language: str) -> list[Section]:
    known = report_words(language)
    norms = Section(
        known["sv_norms_sheet"], known["sv_note_norm"], sheets=[norm_sheet(facts, language)]
    )
    if not facts.findings:
        return [norms]
    warnings = sum(one.severity == "warning" for one in facts.findings)
    said = known["sv_findings_said"].format(count=len(facts.findings), warnings=warnings)
    return [norms, Section(known["sv_findings"], said, sheets=[finding_sheet(facts, language)])]
