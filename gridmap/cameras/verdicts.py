"""Verdicts of the privacy audit: refused, mask first, look on site, papers missing, in order."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from gridmap.cameras.privacy import Reason

VERDICTS = ("refused", "mask", "unknown", "papers", "in_order")
"""What may be said of a camera, the worst first."""
MOST_MASKED_SHARE = 0.5
"""A camera of which masks would cover more than this part of the field is to be moved or turned."""
LEAST_PUBLIC_SHARE = 0.1
"""A camera of public space that sees less public ground than this is to be looked at on site."""
PAPER_CODES = (
    "no_sign", "not_filed", "filed_late", "no_retention", "long_retention", "no_purpose",
    "never_reviewed", "review_old",
)  # fmt: skip
"""Reasons that are about papers."""
_VERDICT_OF: Mapping[str, str] = {
    "prohibited_purpose": "refused",
    "prohibited_inside": "refused",
    "mask_too_wide": "refused",
    "homes_125": "mask",
    "homes": "mask",
    "homes_maybe": "mask",
    "prohibited_view": "mask",
    "prohibited_unknown": "unknown",
    "hardly_public": "unknown",
    "view_unknown": "unknown",
    **dict.fromkeys(PAPER_CODES, "papers"),
}
"""The verdict that each reason asks for; those that are not here are told only."""


def judge_camera(row: Mapping[Any, Any]) -> tuple[str, list[Reason]]:
    """Verdict on one camera, with all reasons, the weightiest first.

    Parameters
    ----------
    row : mapping
        What :func:`gridmap.cameras.audit.audit_privacy` knows of it.

    Notes
    -----
    The verdict is the worst that any reason asks for; the limits of masks (half of the field) and
    of public ground (a tenth) are planning values of ours.

    Examples
    --------
    >>> row = dict.fromkeys(["facade_m", "facade_most_m", "facade_125_m", "private_m2"], 0.0)
    >>> row |= {"zone": "public", "blind": "", "homes_125": False, "masked_share": 0.0,
    ...         "outside_public_share": 0.3, "removal": False, "prohibited": [], "papers": []}
    >>> judge_camera(row)
    ('in_order', [])
    """
    reasons = [*row["prohibited"], *_of_view(row), *row["papers"], *_removal(row)]
    asked = [_VERDICT_OF[one["code"]] for one in reasons if one["code"] in _VERDICT_OF]
    verdict = min(asked, key=VERDICTS.index, default="in_order")
    order = list(_VERDICT_OF)
    reasons.sort(key=lambda one: order.index(one["code"]) if one["code"] in order else len(order))
    return verdict, reasons


def rank_cameras(table: pd.DataFrame) -> pd.DataFrame:
    """Order cameras by verdict, then by façade at 125 px/m, façade seen, and private ground.

    Examples
    --------
    >>> told = pd.DataFrame({"camera_id": ["a", "b"], "verdict": ["papers", "mask"],
    ...                      "facade_125_m": 0.0, "facade_most_m": 0.0, "private_m2": 0.0})
    >>> rank_cameras(told)[["camera_id", "rank"]].values.tolist()
    [['b', 1], ['a', 2]]
    """
    keys = pd.DataFrame(
        {
            "verdict": table["verdict"].map(VERDICTS.index),
            **{
                name: -pd.to_numeric(table[name]).fillna(0.0)
                for name in ("facade_125_m", "facade_most_m", "private_m2")
            },
            "camera_id": table["camera_id"].astype(str),
        }
    )
    ordered = table.loc[keys.sort_values(keys.columns.tolist()).index].reset_index(drop=True)
    ordered["rank"] = range(1, len(ordered) + 1)
    return ordered


def summarise(audit: pd.DataFrame) -> dict[str, Any]:
    """Totals of an audit.

    Returns
    -------
    dict
        audited, homes_125 (cameras that see homes at 125 px/m or more), homes_125_unknown, homes
        (that see any), facade_m, facade_most_m [m], private_m2, removal, verdicts (count by
        verdict), reasons (count by code).

    Examples
    --------
    >>> from gridmap.cameras.audit import audit_privacy
    >>> from gridmap.samples import toy_district
    >>> told = summarise(audit_privacy(toy_district()))
    >>> told["audited"], told["homes"], told["homes_125_unknown"], told["verdicts"]["mask"]
    (2, 0, 0, 0)
    """
    verdicts = audit["verdict"].value_counts()
    return {
        "audited": len(audit),
        "homes_125": sum(one is True for one in audit["homes_125"]),
        "homes_125_unknown": sum(one is None for one in audit["homes_125"]),
        "homes": int((audit["facade_most_m"] > 0).sum()),
        "facade_m": float(audit["facade_m"].sum()),
        "facade_most_m": float(audit["facade_most_m"].sum()),
        "private_m2": float(audit["private_m2"].sum()),
        "removal": int(audit["removal"].sum()),
        "verdicts": {name: int(verdicts.get(name, 0)) for name in VERDICTS},
        "reasons": count_reasons(audit["reasons"]),
    }


def count_reasons(reasons: Iterable[list[Reason]]) -> dict[str, int]:
    """Cameras by reason, the most frequent first.

    Examples
    --------
    >>> count_reasons([[{"code": "no_sign"}], [{"code": "no_sign"}, {"code": "homes"}]])
    {'no_sign': 2, 'homes': 1}
    """
    codes = [code for some in reasons for code in sorted({one["code"] for one in some})]
    return {str(code): int(n) for code, n in pd.Series(codes, dtype="str").value_counts().items()}


def by_group(audit: pd.DataFrame, column: str) -> pd.DataFrame:
    """Totals of an audit for each operator or cell, the worst first.

    Parameters
    ----------
    audit : DataFrame
        From :func:`gridmap.cameras.audit.audit_privacy`.
    column : {"operator", "cell_id"}
        What to group by; empty where it is not known.

    Returns
    -------
    DataFrame
        The column, cameras, homes_125, homes_125_unknown, one column for each verdict,
        facade_m, facade_most_m, private_m2, no_sign, not_filed.

    Examples
    --------
    >>> from gridmap.cameras.audit import audit_privacy
    >>> from gridmap.samples import toy_district
    >>> by_group(audit_privacy(toy_district()), "cell_id")["cameras"].tolist()
    [1, 1]
    """
    told = []
    for name, some in audit.groupby(audit[column].astype(object).fillna(""), sort=True):
        totals = summarise(some)
        reasons = totals["reasons"]
        told.append(
            {
                column: name,
                "cameras": totals["audited"],
                **{key: totals[key] for key in ("homes_125", "homes_125_unknown")},
                **totals["verdicts"],
                **{key: totals[key] for key in ("facade_m", "facade_most_m", "private_m2")},
                **{code: reasons.get(code, 0) for code in ("no_sign", "not_filed")},
            }
        )
    columns = [column, "cameras", *VERDICTS[:2], "facade_most_m"]
    table = pd.DataFrame(told, columns=list(told[0]) if told else columns)
    return table.sort_values(
        [*VERDICTS[:2], "facade_most_m"], ascending=False, kind="stable", ignore_index=True
    )


def _of_view(row: Mapping[Any, Any]) -> list[Reason]:
    if row["blind"]:
        indoors = row["blind"] == "indoor"
        return [] if indoors else [{"code": "view_unknown", "why": row["blind"]}]
    found = _of_homes(row)
    outside = row["outside_public_share"]
    if row["zone"] != "private" and outside > 1 - LEAST_PUBLIC_SHARE:
        found.append({"code": "hardly_public", "share": round(outside, 4)})
    if row["private_m2"] > 0:
        found.append({"code": "private_ground", "m2": round(row["private_m2"], 1)})
    return found


def _of_homes(row: Mapping[Any, Any]) -> list[Reason]:
    if not row["facade_most_m"] > 0:
        return []
    sure, most = round(row["facade_m"], 2), round(row["facade_most_m"], 2)
    found: list[Reason] = [
        {"code": "homes", "m": sure, "most_m": most}
        if row["facade_m"] > 0
        else {"code": "homes_maybe", "most_m": most}
    ]
    if row["homes_125"]:
        found.append({"code": "homes_125", "m": round(row["facade_125_m"], 2)})
    elif row["homes_125"] is None:
        found.append({"code": "density_unknown"})
    # Nobody is refused for homes that may not be in sight at all.
    if row["facade_m"] > 0 and row["masked_share"] > MOST_MASKED_SHARE:
        found.append({"code": "mask_too_wide", "share": round(row["masked_share"], 4)})
    return found


def _removal(row: Mapping[Any, Any]) -> list[Reason]:
    if not row["removal"]:
        return []
    told = {"share": round(row["overlap_share"], 4), "with": row["overlaps"]}
    return [{"code": "removal", **told}]
