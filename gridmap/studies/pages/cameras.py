"""The camera page: public space seen, with what is seen of homes right beside it."""

from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gridmap.store import reads
from gridmap.studies.pages.listing import Order, list_rows, plain_column, plain_rows

LEVELS = ("monitor", "detect", "observe", "recognise", "identify", "range")
"""Levels from the least detail to the most; ``range`` is a stated distance without optics."""
FILING_DAYS = 30
"""A camera is filed within this many days [d] of its first day in use."""
MOST_RETENTION_DAYS = 30
SHOWN_CAMERAS = 50


def cameras_page(
    connection: Connection, district_id: int, order: Order, *, level: str = ""
) -> dict[str, Any]:
    """Camera coverage of public space at one level, with the privacy findings.

    Returns
    -------
    dict
        ``summary``, ``level``, ``levels`` with the share seen, ``share``, ``measure``, ``rows``
        (cells, a Listing), ``audit`` (rule and number of cameras) and ``cameras`` (a Listing,
        most façade of homes first).
    """
    told = reads.read_summary(connection, district_id).get("cameras")
    shares = (told or {}).get("seen_share") or {}
    chosen = level if level in shares else choose_level(told)
    measure = f"camera.share_{chosen}"
    rows = _rows(connection, district_id, measure)
    cameras = _audited(connection, district_id, chosen)
    return {
        "summary": told,
        "level": chosen,
        "levels": [{"level": name, "share": shares[name]} for name in _ordered(shares)],
        "share": shares.get(chosen),
        "measure": measure,
        "rows": list_rows(rows, order, ["status", "value", "name"]),
        "shown": plain_column(rows["value"]),
        "audit": _count_rules(cameras),
        "cameras": list_rows(cameras, Order(size=SHOWN_CAMERAS)),
    }


def choose_level(told: dict[str, Any] | None) -> str:
    """Least demanding level that was computed; the one a share is required at.

    Examples
    --------
    >>> choose_level({"seen_share": {"observe": 0.1, "detect": 0.3}}), choose_level(None)
    ('detect', '')
    """
    shares = (told or {}).get("seen_share") or {}
    return next(iter(_ordered(shares)), "")


def _ordered(shares: dict[str, Any]) -> list[str]:
    return sorted(shares, key=lambda name: LEVELS.index(name) if name in LEVELS else len(LEVELS))


def _rows(connection: Connection, district_id: int, measure: str) -> pd.DataFrame:
    figures = reads.read_coverage(connection, district_id, dimension="cameras")
    rows = figures[figures["measure"] == measure].set_index("cell_id")
    public = figures[figures["measure"] == "camera.public_m2"].set_index("cell_id")["value"]
    names = reads.read_cells(connection, district_id).set_index("cell_id")["name"]
    return rows.assign(
        public_m2=public.reindex(rows.index),
        unseen=rows["shortfall"],
        name=names.reindex(rows.index).fillna(rows.index.to_series()),
    ).reset_index()


def _audited(connection: Connection, district_id: int, level: str) -> pd.DataFrame:
    """Cameras with what they see of homes and what is missing on paper."""
    cameras = reads.read_cameras(connection, district_id)
    views = reads.read_views(connection, district_id, level or None)
    cameras = cameras[~cameras["proposed"].fillna(False).astype(bool)]
    missing = pd.Series(
        [_missing(row) for row in plain_rows(cameras)], index=cameras.index, dtype=object
    )
    seen = views[["camera_id", "area_m2", "facade_residential_m"]]
    result = cameras.assign(missing=missing).merge(seen, on="camera_id", how="left")
    return result.sort_values("facade_residential_m", ascending=False, na_position="last")


def _missing(camera: dict[str, Any]) -> list[str]:
    """Rules of the paper audit that a camera does not keep."""
    filed, used = camera["filed_on"], camera["in_use_on"]
    days = camera["retention_days"]
    rules = {
        "sign": camera["sign"] is not True,
        "filing": filed is None,
        "late_filing": None not in (filed, used) and (filed - used).days > FILING_DAYS,
        "retention": days is None,
        "long_retention": days is not None and days > MOST_RETENTION_DAYS,
        "purpose": not camera["purpose"],
    }
    return [rule for rule, broken in rules.items() if broken]


def _count_rules(cameras: pd.DataFrame) -> list[dict[str, Any]]:
    counts = cameras["missing"].explode().value_counts()
    return [{"rule": str(rule), "count": int(count)} for rule, count in counts.items()]
