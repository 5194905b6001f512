"""The privacy audit as a report: sentence, tables of cameras, operators and cells."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from gridmap.cameras.prohibited import prohibited_places
from gridmap.cameras.verdicts import by_group, summarise
from gridmap.report.contents import Column, Report, Section, Sheet
from gridmap.report.words import report_words, say_masks, say_reason

_CAMERA_COLUMNS = (
    ("camera_id", "text", False, True), ("rank", "count", False, False),
    ("verdict", "text", False, True), ("reasons", "text", False, True),
    ("masks", "text", False, True), ("facade_m", "number", True, True),
    ("facade_most_m", "number", True, True), ("facade_125_m", "number", True, True),
    ("homes_125", "text", False, False), ("nearest_home_m", "number", False, False),
    ("densest_px_per_m", "number", False, False), ("private_m2", "number", True, False),
    ("outside_public_share", "share", False, False), ("masked_share", "share", False, False),
    ("overlap_share", "share", False, False), ("removal", "text", False, False),
    ("operator", "text", False, True), ("kind", "text", False, False),
    ("cell", "text", False, False), ("in_use_on", "date", False, False),
    ("filed_on", "date", False, False), ("reviewed_on", "date", False, False),
)  # fmt: skip
_GROUP_COLUMNS = (
    ("cameras", "cameras_count", "count"), ("homes_125", "homes_125", "count"),
    ("homes_125_unknown", "homes_125_unknown", "count"), ("refused", "verdict.refused", "count"),
    ("mask", "verdict.mask", "count"), ("unknown", "verdict.unknown", "count"),
    ("papers", "verdict.papers", "count"), ("in_order", "verdict.in_order", "count"),
    ("facade_m", "facade_m", "number"), ("facade_most_m", "facade_most_m", "number"),
    ("private_m2", "private_m2", "number"), ("no_sign", "no_sign", "count"),
    ("not_filed", "not_filed", "count"),
)  # fmt: skip
_DATES = ("in_use_on", "filed_on", "reviewed_on")


def privacy_sentence(audit: pd.DataFrame, language: str) -> str:
    """Say the first thing about an audit, with what is unknown.

    Examples
    --------
    >>> from gridmap.cameras.audit import audit_privacy
    >>> from gridmap.samples import toy_district
    >>> privacy_sentence(audit_privacy(toy_district()), "en")
    '0 of 2 cameras see homes at 125 px/m or more · 2 lack a sign · 2 not filed · 0 refused'
    """
    known, told = report_words(language), summarise(audit)
    text = known["say_privacy"].format(
        audited=told["audited"],
        homes_125=told["homes_125"],
        no_sign=told["reasons"].get("no_sign", 0),
        not_filed=told["reasons"].get("not_filed", 0),
        refused=told["verdicts"]["refused"],
    )
    unknown = told["homes_125_unknown"]
    more = known["say_privacy_unknown"].format(count=unknown)
    join = " " if language == "en" else "。"
    return f"{text}{'.' if language == 'en' else ''}{join}{more}" if unknown else text


def place_names(language: str) -> dict[str, str]:
    """Names of prohibited places.

    Examples
    --------
    >>> place_names("zh_Hans")["toilet"]
    '卫生间'
    """
    return {str(key): str(one) for key, one in prohibited_places()[f"label_{language}"].items()}


def reason_lines(reasons: list[dict[str, Any]], language: str) -> list[str]:
    """Say every reason of a camera in words.

    Examples
    --------
    >>> reason_lines([{"code": "prohibited_view", "place": "toilet"}], "en")
    ['a prohibited place is in view: toilets']
    """
    places = place_names(language)
    return [say_reason(one, language, places) for one in reasons]


def privacy_sheets(
    audit: pd.DataFrame, language: str, cell_names: Mapping[str, str]
) -> list[Sheet]:
    """Tables of an audit: every camera, operators, cells; the worst first."""
    known = report_words(language)
    cameras = [
        Column(key, known["cell" if key == "cell" else key], kind, total, brief)
        for key, kind, total, brief in _CAMERA_COLUMNS
    ]
    rows = [_camera_row(one, language, cell_names) for one in audit.to_dict("records")]
    groups = [_group_sheet(audit, column, known, cell_names) for column in ("operator", "cell_id")]
    return [Sheet(known["privacy"], cameras, rows), *groups]


def privacy_report(
    audit: pd.DataFrame,
    *,
    district: str,
    day: date | None,
    ribbon: str,
    language: str,
    cell_names: Mapping[str, str],
) -> Report:
    """Report on the privacy audit alone, as the page exports it.

    Parameters
    ----------
    audit : DataFrame
        From :func:`gridmap.cameras.audit.audit_privacy` or the database.
    district, ribbon : str
        Name of the district; what is made up.
    day : date, optional
        Day it holds for.
    language : str
        Language of the report.
    cell_names : mapping of str to str
        Names of the cells.
    """
    known = report_words(language)
    sentence = privacy_sentence(audit, language)
    section = Section(
        known["privacy"], sentence, sheets=privacy_sheets(audit, language, cell_names)
    )
    return Report(
        title=known["privacy_title"].format(district=district),
        language=language,
        lines=[known["as_of"].format(day=day.isoformat())] if day else [],
        ribbon=ribbon,
        sections=[section],
        notes=[known[name] for name in ("note_homes", "note_ptz", "note_rules", "note_unknown")],
        words=known,
    )


def _camera_row(
    row: Mapping[Any, Any], language: str, cell_names: Mapping[str, str]
) -> dict[str, Any]:
    known = report_words(language)
    told = {key: _plain(row.get(key)) for key, *_ in _CAMERA_COLUMNS}
    homes = row["homes_125"]
    return told | {
        "verdict": known[f"verdict.{row['verdict']}"],
        "reasons": "; ".join(reason_lines(row["reasons"], language)),
        "masks": say_masks(row["masks"], language),
        "homes_125": known["unknown"] if homes is None else known["yes" if homes else "no"],
        "removal": known["yes" if row["removal"] else "no"],
        "cell": _plain(cell_names.get(row["cell_id"], row["cell_id"])),
        **{name: _day(row[name]) for name in _DATES},
    }


def _group_sheet(
    audit: pd.DataFrame, column: str, known: Mapping[str, str], cell_names: Mapping[str, str]
) -> Sheet:
    name, word = ("privacy_cells", "cell") if column == "cell_id" else ("privacy_operators", column)
    columns = [Column(column, known[word])]
    columns += [
        Column(key, known[label], kind, total=True, brief=key != "in_order")
        for key, label, kind in _GROUP_COLUMNS
    ]
    rows = [
        {str(key): _plain(one) for key, one in row.items()}
        | {column: cell_names.get(row[column], row[column]) or known["unknown"]}
        for row in by_group(audit, column).to_dict("records")
    ]
    return Sheet(known[name], columns, rows)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, list | dict):
        return None
    return None if pd.isna(value) else value


def _day(value: Any) -> date | None:
    return None if pd.isna(value) else pd.Timestamp(value).date()
