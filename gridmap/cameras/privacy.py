"""Findings about cameras: what keeps them from counting, and which papers are missing."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from gridmap.cameras.poses import REASONS
from gridmap.schema import Finding

FILING_DAYS = 30
"""Days after going into use within which a camera must be filed."""

MOST_CREDIBLE_DAYS = 3_650
"""Days beyond which a stated retention is taken for a slip of the pen: ten years."""
MOST_RETENTION_DAYS = 30
"""Days beyond which keeping recordings is pointed out."""

REVIEW_DAYS = 365
"""Days after which it is asked again whether a camera is needed; a planning value of ours."""

Reason = dict[str, Any]
"""Why a camera is judged as it is: ``code``, ``since`` where it has a day, and figures."""

_REMEDIES = {
    "proposed": "Nothing to do; it counts once it is built.",
    "not_working": "Set status to working once it works.",
    "not_yet_in_use": "Nothing to do; it counts from its date.",
    "indoor": "Nothing to do; indoor cameras are listed, not counted.",
    "no_range": "Fill in focal_mm, sensor_width_mm and pixels_wide, or range_m.",
    "no_heading": "Fill in heading_deg (0 is north), or set kind to dome or fisheye.",
    "wrong_field": "Give hfov_deg a value above 0 and up to 360.",
    "inside_building": "Move it to the wall it hangs on, or set zone to indoor.",
    "private": "Nothing to do; it is looked at for privacy only.",
}
_SILENT = ("proposed", "not_working", "not_yet_in_use", "indoor", "private")
"""Reasons that are as they should be: notes rather than warnings."""


def building_findings(buildings: pd.DataFrame) -> list[Finding]:
    """Say so where the use of buildings is unknown, since homes among them are not counted.

    Examples
    --------
    >>> building_findings(pd.DataFrame({"use": ["house", None]}))[0].ids
    ('row 2',)
    """
    unknown = np.flatnonzero(buildings["use"].isna())
    if not len(unknown):
        return []
    return [
        Finding(
            "unknown_use",
            "note",
            "buildings",
            tuple(f"row {row + 1}" for row in unknown),
            "the use of buildings is unknown; façades of homes seen are a lower bound",
            "Fill in the column use.",
        )
    ]


def camera_findings(
    cameras: pd.DataFrame, poses: pd.DataFrame, on: date | None = None
) -> list[Finding]:
    """List what keeps cameras from counting, what was assumed, and which papers are missing.

    Parameters
    ----------
    cameras : DataFrame
        Layer ``cameras``.
    poses : DataFrame
        From :func:`gridmap.cameras.poses.pose_cameras`.
    on : date, optional
        Day on which filing is checked; default: every filing is due.

    Returns
    -------
    list of Finding
        One per rule, with the ids of the cameras.

    Notes
    -----
    Papers are asked for of cameras that stand: a sign, filing within 30 days of going into use, a
    retention time, a purpose (PRIVACY.md 5, rules of 2025-04-01). An empty field counts as missing.

    Examples
    --------
    >>> from gridmap.cameras import measure_cameras
    >>> from gridmap.samples import toy_district
    >>> [one.rule for one in measure_cameras(toy_district()).findings]
    ['assumed_sight', 'no_sign', 'not_filed', 'no_retention', 'no_purpose']
    """
    told = [
        _finding(reason, cameras[poses["reason"] == reason], f"the camera {text}")
        for reason, text in REASONS.items()
    ]
    told += [
        _finding(rule, cameras[mask], text, remedy)
        for rule, mask, text, remedy in _assumptions(poses) + _papers(cameras, poses, on)
    ]
    return [one for one in told if one.ids]


def _assumptions(poses: pd.DataFrame) -> list[tuple[str, Any, str, str]]:
    drawn = poses["reason"].isin(["", "private"])
    return [
        (
            "snapped_to_wall",
            drawn & (poses["snapped_m"] > 0),
            "the camera stood on or inside a footprint and was moved to its wall",
            "Check its position.",
        ),
        (
            "assumed_sight",
            drawn & ~poses["optics"],
            "no optics are known; the stated range is taken as seen",
            "Fill in focal_mm, sensor_width_mm and pixels_wide.",
        ),
        (
            "assumed_field",
            drawn & poses["assumed_hfov"],
            "no field of view is known; 90° is assumed",
            "Fill in hfov_deg or the optics.",
        ),
    ]


def missing_papers(cameras: pd.DataFrame, on: date | None = None) -> pd.DataFrame:
    """Mark the rules of the paper audit that each camera does not keep.

    Parameters
    ----------
    cameras : DataFrame
        Layer ``cameras``, or its rows as the database gives them.
    on : date, optional
        Day on which filing is checked; default: every filing is due.

    Returns
    -------
    DataFrame of bool
        On the index of the cameras, one column for each rule: ``sign``, ``filing`` (not filed
        although it is due), ``late_filing``, ``retention`` (none is stated, or one that cannot
        be), ``long_retention``, ``purpose``.

    Notes
    -----
    A camera is due to be filed :data:`FILING_DAYS` after going into use; where that day is not
    known it is due at once (PRIVACY.md 5). An empty field counts as missing.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> missing_papers(toy_district()["cameras"]).iloc[0].to_dict()
    {'sign': True, 'filing': True, 'late_filing': False, 'retention': True,
     'long_retention': False, 'purpose': True}
    """
    used, filed = (pd.to_datetime(cameras[name]) for name in ("in_use_on", "filed_on"))
    due = used + pd.Timedelta(days=FILING_DAYS)
    pending = (due >= pd.Timestamp(on)) if on else pd.Series(False, index=cameras.index)
    kept_days = pd.to_numeric(cameras["retention_days"])
    credible = kept_days.between(0, MOST_CREDIBLE_DAYS)
    return pd.DataFrame(
        {
            "sign": ~cameras["sign"].fillna(False).astype(bool),
            "filing": filed.isna() & ~pending,
            "late_filing": filed > due,
            "retention": ~credible,
            "long_retention": credible & (kept_days > MOST_RETENTION_DAYS),
            "purpose": cameras["purpose"].isna(),
        }
    )


def _papers(
    cameras: pd.DataFrame, poses: pd.DataFrame, on: date | None
) -> list[tuple[str, Any, str, str]]:
    stands = ~poses["reason"].isin(["proposed", "not_yet_in_use"])
    stands &= ~cameras["status"].isin(["planned", "removed"])
    missing = missing_papers(cameras, on).mul(stands, axis=0)
    return [
        (
            "no_sign",
            missing["sign"],
            "no sign tells people of the camera, or nothing is said about one",
            "Put up a sign and set sign to yes.",
        ),
        (
            "not_filed",
            missing["filing"] | missing["late_filing"],
            f"not filed within {FILING_DAYS} days of going into use",
            "File it and fill in filed_on.",
        ),
        (
            "no_retention",
            missing["retention"],
            f"no retention time from 0 to {MOST_CREDIBLE_DAYS} days is stated",
            "Fill in retention_days.",
        ),
        (
            "long_retention",
            missing["long_retention"],
            f"recordings are kept for more than {MOST_RETENTION_DAYS} days",
            "Shorten the retention, or note the rule that asks for more.",
        ),
        (
            "no_purpose",
            missing["purpose"],
            "no purpose is stated",
            "Fill in purpose, or remove the camera.",
        ),
    ]


def _finding(rule: str, rows: pd.DataFrame, found: str, remedy: str | None = None) -> Finding:
    return Finding(
        rule,
        "note" if rule in _SILENT else "warning",
        "cameras",
        tuple(rows["camera_id"]),
        found,
        remedy or _REMEDIES[rule],
    )


def paper_reasons(cameras: pd.DataFrame, on: date | None = None) -> list[list[Reason]]:
    """Tell what each camera lacks on paper, and since when.

    Parameters
    ----------
    cameras : DataFrame
        Layer ``cameras``; the column ``reviewed_on`` may be absent.
    on : date, optional
        Day on which dates are looked at; default: every filing is due, and no review is old.

    Returns
    -------
    list of list of dict
        For each camera its reasons: ``code`` (no_sign, not_filed, filed_late, no_retention,
        long_retention, no_purpose, never_reviewed, review_old), ``since`` (ISO date, None where it
        is not known) and figures. Cameras that do not stand yet, or no more, need no papers.

    Notes
    -----
    Signs, retention and purpose are due from the day of use, filing :data:`FILING_DAYS` later, a
    review :data:`REVIEW_DAYS` after the last (PRIVACY.md 5; the interval of reviews is ours).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> cameras = toy_district()["cameras"].assign(in_use_on=pd.Timestamp("2026-01-10"))
    >>> [(one["code"], one["since"]) for one in paper_reasons(cameras, date(2026, 3, 2))[0]][:2]
    [('no_sign', '2026-01-10'), ('not_filed', '2026-02-09')]
    """
    missing = missing_papers(cameras, on)
    standing = _standing(cameras, on)
    dates = {
        name: pd.to_datetime(cameras[name]) if name in cameras else _no_dates(cameras)
        for name in ("in_use_on", "filed_on", "reviewed_on")
    }
    told = []
    kept_days = cameras["retention_days"]
    for row in cameras.index:
        used, filed, reviewed = (dates[name][row] for name in dates)
        found = _lacking(missing.loc[row], used, filed, kept_days[row])
        told.append([*found, *_review(used, reviewed, on)] if standing[row] else [])
    return told


def _standing(cameras: pd.DataFrame, on: date | None) -> pd.Series:
    stands = ~cameras["proposed"].fillna(False).astype(bool)
    stands &= ~cameras["status"].isin(["planned", "removed"])
    later = pd.to_datetime(cameras["in_use_on"]) > pd.Timestamp(on) if on else False
    return stands & ~pd.Series(later, index=cameras.index)


def _no_dates(cameras: pd.DataFrame) -> pd.Series:
    return pd.Series(pd.NaT, index=cameras.index, dtype="datetime64[s]")


def _lacking(missing: pd.Series, used: Any, filed: Any, kept_days: Any) -> list[Reason]:
    due = used + pd.Timedelta(days=FILING_DAYS)
    found: list[Reason] = []
    if missing["sign"]:
        found.append(_reason("no_sign", used))
    if missing["filing"]:
        found.append(_reason("not_filed", due))
    if missing["late_filing"]:
        found.append(_reason("filed_late", due, days=int((filed - due).days)))
    if missing["retention"]:
        found.append(_reason("no_retention", used))
    if missing["long_retention"]:
        found.append(_reason("long_retention", used, days=float(kept_days)))
    if missing["purpose"]:
        found.append(_reason("no_purpose", used))
    return found


def _review(used: Any, reviewed: Any, on: date | None) -> list[Reason]:
    if pd.isna(reviewed):
        return [_reason("never_reviewed", used)]
    due = reviewed + pd.Timedelta(days=REVIEW_DAYS)
    return [_reason("review_old", due)] if on and due < pd.Timestamp(on) else []


def _reason(code: str, since: Any, **figures: Any) -> Reason:
    return {"code": code, "since": None if pd.isna(since) else since.date().isoformat(), **figures}
