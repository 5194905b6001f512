"""The privacy page: which cameras see homes, what they lack, what to set in them, and why."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gridmap.cameras.verdicts import VERDICTS, by_group
from gridmap.report.document import write_docx
from gridmap.report.text import write_csv
from gridmap.report.words import mask_begin, mask_end, report_words, share_text
from gridmap.report.workbook import write_xlsx
from gridmap.store import reads
from gridmap.store.privacy import read_audit_rows
from gridmap.studies.pages.listing import Order, list_rows, plain_rows
from gridmap.studies.privacy_report import (
    privacy_report,
    privacy_sentence,
    privacy_sheets,
    reason_lines,
)

CHECKS: Mapping[str, tuple[str, ...]] = {
    "homes_125": ("homes_125",),
    "homes": ("homes", "homes_maybe"),
    "density": ("density_unknown",),
    "prohibited": (
        "prohibited_inside", "prohibited_purpose", "prohibited_unknown", "prohibited_view",
    ),
    "private": ("private_ground",),
    "public": ("hardly_public",),
    "view": ("view_unknown",),
    "sign": ("no_sign",),
    "filing": ("not_filed", "filed_late"),
    "retention": ("no_retention", "long_retention"),
    "purpose": ("no_purpose",),
    "review": ("never_reviewed", "review_old"),
    "removal": ("removal",),
}  # fmt: skip
"""Checks by which the page narrows, with the reasons that each stands for."""
EXPORT_KINDS = ("csv", "xlsx", "docx")
"""What the audit can be handed out as."""
UNKNOWN_OPERATOR = "?"
_RADIUS = 42.0
_DOWN_DEG = 180.0


def privacy_page(
    connection: Connection,
    district_id: int,
    order: Order,
    *,
    check: str = "",
    operator: str = "",
    verdict: str = "",
    camera: str = "",
    language: str = "en",
) -> dict[str, Any]:
    """Read the audit of all cameras in scope, narrowed as the address says.

    Parameters
    ----------
    connection : Connection
        In the scope of a liaison.
    district_id : int
        The district.
    order : Order
        Order and page of the table.
    check, operator, verdict : str, optional
        What to narrow by; what is not known narrows nothing.
    camera : str, optional
        Camera whose reasons are shown.
    language : str
        Language of sentences and reasons.

    Returns
    -------
    dict
        ``audited`` (number of cameras), ``sentence``, ``rows`` (a Listing), ``checks``,
        ``operators`` and ``verdicts`` (choices with counts), ``chosen`` (one camera or None),
        ``marks`` (what the map draws), ``groups`` (totals by operator and by cell).
    """
    audit = read_audit_rows(connection, district_id)
    known = report_words(language)
    names = _cell_names(connection, district_id)
    told = audit.assign(
        operator=audit["operator"].fillna(UNKNOWN_OPERATOR),
        cell_name=[names.get(one, one) for one in audit["cell_id"]],
        homes_125=_truths(audit["homes_125"]),
        why=_objects(reason_lines(one, language) for one in audit["reasons"]),
        verdict_text=[known[f"verdict.{one}"] for one in audit["verdict"]],
    )
    some = narrow(told, check=check, operator=operator, verdict=verdict)
    chosen = told[told["camera_id"] == camera]
    return {
        "audited": len(told),
        "sentence": privacy_sentence(told, language) if len(told) else "",
        "rows": list_rows(some, order, ["rank"]),
        "checks": _checks(told, known),
        "operators": _choices(told["operator"]),
        "verdicts": _verdicts(told, known),
        "picked": {"check": check, "operator": operator, "verdict": verdict, "camera": camera},
        "chosen": _camera(chosen) if len(chosen) else None,
        "marks": plain_rows(some[["camera_id", "lon", "lat", "verdict", "verdict_text"]]),
        "groups": {
            name: _group(told, name, names) for name in ("operator", "cell_id") if len(told)
        },
    }


def narrow(
    audit: pd.DataFrame, *, check: str = "", operator: str = "", verdict: str = ""
) -> pd.DataFrame:
    """Rows of the audit that a check, an operator and a verdict are about.

    Examples
    --------
    >>> audit = pd.DataFrame({"camera_id": ["a", "b"], "operator": ["x", "y"],
    ...     "verdict": ["papers", "mask"], "reasons": [[{"code": "no_sign"}], []]})
    >>> narrow(audit, check="sign")["camera_id"].tolist(), len(narrow(audit, check="nothing"))
    (['a'], 2)
    """
    kept = pd.Series(True, index=audit.index)
    if check in CHECKS:
        codes = set(CHECKS[check])
        kept &= audit["reasons"].map(lambda some: any(one["code"] in codes for one in some))
    if operator:
        kept &= audit["operator"] == operator
    if verdict in VERDICTS:
        kept &= audit["verdict"] == verdict
    return audit[kept]


def export_privacy(
    connection: Connection,
    district_id: int,
    kind: str,
    *,
    ribbon: str,
    language: str,
    check: str = "",
    operator: str = "",
    verdict: str = "",
) -> bytes:
    """Write the audit as narrowed on the page.

    Parameters
    ----------
    connection : Connection
        In the scope of a liaison; the caller writes the audit log.
    district_id : int
        The district.
    kind : {"csv", "xlsx", "docx"}
        Kind of file.
    ribbon : str
        What is made up; empty where nothing is.
    language : str
        Language of the file.
    check, operator, verdict : str, optional
        What to narrow by.
    """
    facts = reads.read_district(connection, district_id)
    every = read_audit_rows(connection, district_id)
    audit = every.assign(
        operator=every["operator"].fillna(UNKNOWN_OPERATOR), homes_125=_truths(every["homes_125"])
    )
    audit = narrow(audit, check=check, operator=operator, verdict=verdict)
    names = _cell_names(connection, district_id)
    if kind == "csv":
        return write_csv(privacy_sheets(audit, language, names)[0], ribbon)
    report = privacy_report(
        audit,
        district=facts["name"],
        day=facts["as_of"],
        ribbon=ribbon,
        language=language,
        cell_names=names,
    )
    return write_xlsx(report) if kind == "xlsx" else write_docx(report)


def mask_sector(from_deg: float, to_deg: float) -> str:
    """Path of a sector in a drawing 100 wide with north on top.

    Examples
    --------
    >>> mask_sector(0.0, 90.0)
    'M50 50L50.0 8.0A42 42 0 0 1 92.0 50.0Z'
    """
    if to_deg - from_deg >= 2 * _DOWN_DEG:
        half = mask_sector(0.0, _DOWN_DEG)
        return half + mask_sector(_DOWN_DEG, 2 * _DOWN_DEG)
    (x0, y0), (x1, y1) = (
        (50 + _RADIUS * math.sin(math.radians(one)), 50 - _RADIUS * math.cos(math.radians(one)))
        for one in (from_deg, to_deg)
    )
    large = int(to_deg - from_deg > _DOWN_DEG)
    return f"M50 50L{x0:.1f} {y0:.1f}A{_RADIUS:.0f} {_RADIUS:.0f} 0 {large} 1 {x1:.1f} {y1:.1f}Z"


def _camera(rows: pd.DataFrame) -> dict[str, Any]:
    told = plain_rows(rows)[0]
    told["masks"] = [
        {
            "from": mask_begin(one["from_deg"]),
            "to": mask_end(one["to_deg"]),
            "left": None if one["left_share"] is None else share_text(one["left_share"]),
            "right": None if one["right_share"] is None else share_text(one["right_share"]),
            "sector": mask_sector(one["from_deg"], one["to_deg"]),
        }
        for one in told["masks"]
    ]
    return told


def _checks(audit: pd.DataFrame, known: Mapping[str, str]) -> list[dict[str, Any]]:
    told = []
    for name in CHECKS:
        count = len(narrow(audit, check=name))
        if count:
            told.append({"name": name, "text": known[f"check.{name}"], "count": count})
    return told


def _verdicts(audit: pd.DataFrame, known: Mapping[str, str]) -> list[dict[str, Any]]:
    count = audit["verdict"].value_counts()
    return [
        {"name": name, "text": known[f"verdict.{name}"], "count": int(count.get(name, 0))}
        for name in VERDICTS
        if count.get(name, 0)
    ]


def _choices(values: pd.Series) -> list[dict[str, Any]]:
    count = values.value_counts().sort_index()
    return [{"name": str(name), "count": int(one)} for name, one in count.items()]


def _group(audit: pd.DataFrame, column: str, names: Mapping[str, str]) -> list[dict[str, Any]]:
    rows = plain_rows(by_group(audit, column))
    return [{**row, "name": names.get(row[column], row[column])} for row in rows]


def _cell_names(connection: Connection, district_id: int) -> dict[str, str]:
    cells = reads.read_cells(connection, district_id)
    return {
        str(one): str(name) if isinstance(name, str) else str(one)
        for one, name in zip(cells["cell_id"], cells["name"], strict=True)
    }


def _objects(values: Iterable[Any]) -> pd.Series:
    return pd.Series(list(values), dtype=object)


def _truths(values: Sequence[Any] | pd.Series) -> pd.Series:
    told = [None if one is None or pd.isna(one) else bool(one) for one in values]
    index = values.index if isinstance(values, pd.Series) else None
    return pd.Series(told, index=index, dtype=object)
