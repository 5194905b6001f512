"""Reports: what ``gridmap report`` and the export of the privacy page ask for."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pandas as pd

from gridmap.errors import InputError
from gridmap.io.files import check_output, replacing
from gridmap.maps.words import words as map_words
from gridmap.progress import Progress, silent
from gridmap.report.contents import Column, Report, Section, Sheet
from gridmap.report.document import write_docx
from gridmap.report.fonts import can_write
from gridmap.report.page import write_html
from gridmap.report.words import count_text, report_words, share_text
from gridmap.report.workbook import write_xlsx
from gridmap.studies.cover import Cover, read_cover
from gridmap.studies.measuring import DIMENSIONS
from gridmap.studies.plan_facts import PLAN_FILE, SCENARIO_FILE, read_plan
from gridmap.studies.plan_report import write_plan
from gridmap.studies.privacy_report import privacy_sentence, privacy_sheets
from gridmap.studies.report_maps import draw_dimension, draw_privacy, name_measure
from gridmap.studies.service_export import write_service_layers
from gridmap.studies.service_facts import facts_of_folder
from gridmap.studies.service_report import write_services
from gridmap.studies.vocabulary import layer_label, type_label

Format = Literal["docx", "xlsx", "png", "html", "gpkg"]
FORMATS: tuple[Format, ...] = ("docx", "xlsx", "png", "html", "gpkg")
"""What a report can be written as."""
PARTS = ("all", "services", "plan")
"""What a report can be about: all dimensions, services in full, or a plan against what is."""
_WORST = {"missed": 0, "partly": 1, "unknown": 2, "met": 3, "not_due": 4}
_ROW_COLUMNS = (
    ("cell", "cell", "text", True), ("cell_id", "code", "text", False),
    ("measure", "measure", "text", True), ("window", "window", "text", False),
    ("value", "value", "number", True), ("required", "required", "number", True),
    ("unit", "unit", "text", True), ("status", "status", "text", True),
    ("shortfall", "shortfall", "number", True), ("weight", "weight", "number", False),
    ("quality", "quality", "text", True), ("reason", "reason", "text", False),
    ("rule", "rule", "text", False), ("source", "source", "text", False),
)  # fmt: skip
_GAP_COLUMNS = (
    ("rank", "rank", "count"), ("dimension", "dimension", "text"), ("measure", "measure", "text"),
    ("cell", "cell", "text"), ("window", "window", "text"), ("value", "value", "number"),
    ("required", "required", "number"), ("unit", "unit", "text"),
    ("shortfall", "shortfall", "number"), ("people", "people", "count"),
    ("status", "status", "text"), ("quality", "quality", "text"),
)  # fmt: skip


def write_report(
    folder: str | Path,
    to: str | Path,
    form: Format,
    *,
    language: str = "zh_Hans",
    part: str = "",
    only: str = "",
    against: str | Path | None = None,
    progress: Progress = silent,
) -> list[str]:
    """Write a report on a folder that ``gridmap cover`` or ``gridmap plan`` wrote.

    Parameters
    ----------
    folder : path
        The folder.
    to : path
        File to make; it takes its place only when it is whole.
    form : {"docx", "xlsx", "png", "html", "gpkg"}
        Kind of file; a PNG is one map. A GeoPackage holds the layers of services.
    language : {"zh_Hans", "zh_Hant", "en"}
        Language of the report.
    part : {"", "all", "services", "plan"}
        What it is about; by default the plan of a folder that holds one, else all dimensions, and
        services where a type is named or a GeoPackage is asked for.
    only : str
        A type of site, of which alone services tell.
    against : path, optional
        Folder of results from before, which a scenario is compared with.
    progress : callable
        Told of each dimension.

    Returns
    -------
    list of str
        What a reader should know (no Chinese font on this machine).

    Raises
    ------
    FileFormatError
        If the folder is not such a result.
    InputError
        If the format, the part, the type or the language is unknown, the folder does not hold
        what is asked for, or the place cannot be written.
    AssetError
        If the extra ``report`` is needed and not installed.
    """
    if form not in FORMATS:
        raise InputError(f"Unknown format '{form}'. There are: {', '.join(FORMATS)}.")
    report_words(language)
    check_output(to)
    if Path(to).is_dir():
        raise InputError(f"{to} is a folder; expected the name of a file. Add a file name.")
    about = _part_of(Path(folder), form, part, only, against)
    if about == "plan":
        told = _write_plan(Path(folder), against, form, language)
    elif about == "services":
        told = _write_services(Path(folder), form, language, only, progress)
    else:
        told = _write(read_cover(folder), form, language, progress)
    with replacing(to) as file:
        file.write_bytes(told)
    if form != "xlsx" and not can_write("网格", language) and language != "en":
        return [
            "No font with Chinese characters was found on this machine, so the maps show boxes in "
            "their place. Install one (the package fonts-noto-cjk) and write the report again."
        ]
    return []


def _part_of(folder: Path, form: str, part: str, only: str, against: Any) -> str:
    if part and part not in PARTS:
        raise InputError(f"Unknown part '{part}'. There are: {', '.join(PARTS)}.")
    planned = any((folder / name).exists() for name in (PLAN_FILE, SCENARIO_FILE))
    layers = only or form == "gpkg"
    about = part or ("plan" if against or (planned and not layers) else "")
    about = about or ("services" if layers else "all")
    if about != "services" and form == "gpkg":
        raise InputError(
            f"A GeoPackage is written of services, not of '{about}'. Add: --part services"
        )
    if about == "plan" and not planned and not against:
        raise InputError(
            f"'{folder}' holds no plan: expected '{PLAN_FILE}' of gridmap plan sites or "
            f"'{SCENARIO_FILE}' of gridmap plan scenario in it. Name the folder of a plan, or one "
            "to compare with: --against FOLDER"
        )
    if only and about != "services":
        raise InputError("A type narrows a report of services only. Add: --part services")
    return about


def _write_services(
    folder: Path, form: Format, language: str, only: str, progress: Progress
) -> bytes:
    cover = read_cover(folder)
    facts = facts_of_folder(cover, folder, only)
    if form == "gpkg":
        return write_service_layers(facts)
    return write_services(facts, form, language, ribbon(cover.synthetic, language), progress)


def _write_plan(folder: Path, against: Any, form: Format, language: str) -> bytes:
    plan = read_plan(folder, against)
    return write_plan(plan, form, language, ribbon(plan.synthetic, language))


def _write(cover: Cover, form: Format, language: str, progress: Progress) -> bytes:
    if form == "png":
        dimension = next(name for name in DIMENSIONS if name in cover.summary)
        return draw_dimension(cover, dimension, _day(cover), language).png
    report = make_report(cover, language, pictures=form != "xlsx", progress=progress)
    if form == "docx":
        return write_docx(report)
    return write_xlsx(report) if form == "xlsx" else write_html(report).encode()


def make_report(
    cover: Cover, language: str, *, pictures: bool = True, progress: Progress = silent
) -> Report:
    """Say what a cover found, dimension by dimension.

    Parameters
    ----------
    cover : Cover
        From :func:`gridmap.studies.cover.cover` or read back.
    language : str
        Language of the report.
    pictures : bool
        Whether to draw a map of each dimension.
    progress : callable
        Told of each dimension.

    Examples
    --------
    >>> from datetime import datetime
    >>> from gridmap.samples import toy_district
    >>> from gridmap.studies.cover import cover
    >>> told = cover(toy_district(), ["staffing"], at=datetime(2026, 3, 2, 12))
    >>> make_report(told, "en", pictures=False).sections[0].sentence
    '4 posts · 0 cells that nobody answers for · 2 accountable posts vacant'
    """
    known = report_words(language)
    told = [name for name in DIMENSIONS if name in cover.summary]
    sections = []
    for done, name in enumerate(told):
        progress(f"report: {name}", done, len(told))
        sections.append(_section(cover, name, language, pictures=pictures))
        if name == "cameras":
            sections.append(_privacy_section(cover, language, pictures=pictures))
    sections.append(_gap_section(cover, language))
    return Report(
        title=known["title"].format(district=cover.summary["district"]),
        language=language,
        lines=_summary_lines(cover, sections, known),
        ribbon=ribbon(cover.synthetic, language),
        sections=sections,
        notes=_notes(cover, told, known),
        words=known,
    )


def ribbon(synthetic: Sequence[str], language: str) -> str:
    """Sentence that says which layers are made up; empty where none is.

    Examples
    --------
    >>> ribbon(["shifts"], "en"), ribbon([], "en")
    ('Synthetic data: these layers are made up, not measured: shifts', '')
    """
    if not synthetic:
        return ""
    comma = ", " if language == "en" else "、"
    names = comma.join(layer_label(name, language) for name in synthetic)
    return report_words(language)["synthetic"].format(layers=names)


def _summary_lines(cover: Cover, sections: list[Section], known: Mapping[str, str]) -> list[str]:
    told = cover.summary
    colon = ": " if known is report_words("en") else "："
    people = count_text(told["population"]) if told["population"] else known["unknown"]
    return [
        known["as_of"].format(day=_day(cover).isoformat()),
        known["cells_of"].format(cells=told["cells"], crs=told["crs"], people=people),
        *(f"{one.title}{colon}{one.sentence}" for one in sections),
    ]


def _day(cover: Cover) -> date:
    return cover.at.astimezone(ZoneInfo(cover.summary["timezone"])).date()


def _section(cover: Cover, dimension: str, language: str, *, pictures: bool) -> Section:
    known = report_words(language)
    return Section(
        title=known[dimension],
        sentence=_SAY[dimension](cover.summary[dimension], language),
        pictures=[draw_dimension(cover, dimension, _day(cover), language)] if pictures else [],
        sheets=[Sheet(known[dimension], _columns(language), _rows(cover, dimension, language))],
        notes=[known["note_bound"]] if dimension == "cameras" else [],
    )


def _columns(language: str) -> list[Column]:
    known = report_words(language)
    return [Column(key, known[word], kind, brief=brief) for key, word, kind, brief in _ROW_COLUMNS]


def _rows(cover: Cover, dimension: str, language: str) -> list[dict[str, Any]]:
    """Rows of the coverage table of a dimension, the worst and weightiest first."""
    known = map_words(language)
    rows = cover.coverage[cover.coverage["dimension"] == dimension]
    order = pd.DataFrame(
        {
            "status": rows["status"].map(_WORST).fillna(9),
            "weight": -(rows["shortfall"].fillna(0) * rows["weight"].fillna(1)),
            "measure": rows["measure"],
            "cell_id": rows["cell_id"],
        }
    )
    rows = rows.loc[order.sort_values(order.columns.tolist()).index]
    names = _cell_names(cover)
    told = rows.assign(
        cell=[names.get(one, one) for one in rows["cell_id"]],
        measure=[name_measure(one, language) for one in rows["measure"]],
        status=[known.get(one, one) for one in rows["status"]],
        quality=[known.get(one, one) for one in rows["quality"]],
    )
    return _plain(told[[key for key, *_ in _ROW_COLUMNS]])


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    values = frame.astype(object).where(frame.notna(), None)
    return [{str(key): one for key, one in row.items()} for row in values.to_dict("records")]


def _cell_names(cover: Cover) -> dict[str, str]:
    cells = cover.cells
    names = cells["name"].where(cells["name"].notna(), cells["cell_id"])
    return dict(zip(cells["cell_id"], names, strict=True))


def _privacy_section(cover: Cover, language: str, *, pictures: bool) -> Section:
    known = report_words(language)
    if cover.privacy.empty:
        return Section(known["privacy"], known["note_older"])
    return Section(
        title=known["privacy"],
        sentence=privacy_sentence(cover.privacy, language),
        pictures=[draw_privacy(cover, _day(cover), language)] if pictures else [],
        sheets=privacy_sheets(cover.privacy, language, _cell_names(cover)),
        notes=[known[name] for name in ("note_homes", "note_ptz", "note_rules")],
    )


def _gap_section(cover: Cover, language: str) -> Section:
    known = report_words(language)
    names, statuses = _cell_names(cover), map_words(language)
    gaps = pd.DataFrame(cover.gaps.drop(columns="geometry")).sort_values("rank")
    told = gaps.assign(
        cell=[names.get(one, one) for one in gaps["cell_id"]],
        measure=[name_measure(one, language) for one in gaps["measure"]],
        dimension=[known.get(one, one) for one in gaps["dimension"]],
        status=[statuses.get(one, one) for one in gaps["status"]],
        quality=[statuses.get(one, one) for one in gaps["quality"]],
    )
    return Section(
        title=known["gaps"],
        sentence=known["gaps_of"].format(
            gaps=cover.summary["gaps"], unknown=cover.summary["gaps_unknown"]
        ),
        sheets=[
            Sheet(
                known["gaps"],
                [Column(key, known[word], kind) for key, word, kind in _GAP_COLUMNS],
                _plain(told[[key for key, *_ in _GAP_COLUMNS]]),
            )
        ],
    )


def _notes(cover: Cover, told: Sequence[str], known: Mapping[str, str]) -> list[str]:
    quality = cover.coverage["quality"].value_counts()
    counts = {name: int(quality.get(name, 0)) for name in ("good", "estimated", "poor")}
    left_out = [known.get(one, one) for one in cover.summary.get("left_out", ())]
    return [
        known["note_quality"].format(**counts),
        known["note_unknown"],
        *([known["note_people"]] if "services" in told else []),
        *([known["note_left_out"].format(names=", ".join(left_out))] if left_out else []),
    ]


def _say_staffing(told: Mapping[str, Any], language: str) -> str:
    return report_words(language)["say_staffing"].format(
        posts=told["posts"], without=told["cells_without_accountable"], vacant=told["vacant"]
    )


def _say_services(told: Mapping[str, Any], language: str) -> str:
    known = report_words(language)
    served = {name: one for name, one in told.items() if one["served_share"] is not None}
    if not served:
        return known["none"]
    # Of kinds without any site the least served is no news; of the others it is.
    some = {name: one for name, one in served.items() if one["sites"]} or served
    worst = min(some, key=lambda name: some[name]["served_share"])
    return known["say_services"].format(
        types=len(told),
        worst=type_label(worst, language),
        share=share_text(some[worst]["served_share"]),
    )


def _say_patrol(told: Mapping[str, Any], language: str) -> str:
    shares = {name: share_text(told[f"rate_{name}"]) for name in ("low", "high")}
    return report_words(language)["say_patrol"].format(**{**told, **shares})


def _say_cameras(told: Mapping[str, Any], language: str) -> str:
    levels = map_words(language)
    shares = ", ".join(
        f"{levels.get(level, level)} {share_text(one)}" for level, one in told["seen_share"].items()
    )
    return report_words(language)["say_cameras"].format(
        counted=told["counted"],
        cameras=told["cameras"],
        area=f"{count_text(told['public_area_m2'])} m²",
        shares=shares,
    )


def _say_standards(told: Mapping[str, Any], language: str) -> str:
    totals = {name: sum(one[name] for one in told.values()) for name in ("units", "met", "unknown")}
    return report_words(language)["say_standards"].format(rules=len(told), **totals)


_SAY: Mapping[str, Callable[[Mapping[str, Any], str], str]] = {
    "staffing": _say_staffing,
    "services": _say_services,
    "patrol": _say_patrol,
    "cameras": _say_cameras,
    "standards": _say_standards,
}
