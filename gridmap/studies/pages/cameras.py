"""The camera page: public space seen, with what is seen of homes right beside it."""

from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from gridmap.cameras.privacy import missing_papers
from gridmap.store import reads, totals
from gridmap.studies.pages.listing import Order, list_rows, plain_column

PREFIX, ANY = "camera.share_", "any"
_PUBLIC = "camera.public_m2"
LEVELS = (ANY, "monitor", "detect", "observe", "recognise", "identify", "range")
"""Levels from the least detail to the most; ``range`` is a stated distance without optics, ``any``
whatever a camera sees."""
SHARES = tuple(f"{PREFIX}{level}" for level in LEVELS)
SHOWN_CAMERAS = 50


def cameras_page(
    connection: Connection, district_id: int, order: Order, *, level: str = ""
) -> dict[str, Any]:
    """Camera coverage of public space at one level, with the privacy findings.

    Returns
    -------
    dict
        ``summary``, ``level``, ``drawn_level`` (of views), ``levels`` with the share seen,
        ``share``, ``measure``, ``rows`` (cells, a Listing), ``audit`` (rule and
        number of cameras) and ``cameras`` (a Listing, most façade of homes first).
    """
    every = totals.read_shares(connection, district_id, SHARES)
    shares = share_by_level(every)
    chosen = level if level in shares else required_level(every)
    measure = f"{PREFIX}{chosen}"
    listed = (measure, _PUBLIC)
    figures = reads.read_coverage(connection, district_id, measure=listed)
    names = reads.read_cells(connection, district_id).set_index("cell_id")["name"]
    rows = _rows(figures, measure, names)
    drawn = chosen if chosen != ANY else next((one for one in shares if one != ANY), "")
    cameras = _audited(connection, district_id, drawn)
    return {
        "summary": reads.read_summary(connection, district_id).get("cameras"),
        "level": chosen,
        "drawn_level": drawn,
        "levels": [{"level": name, "share": share} for name, share in shares.items()],
        "share": shares.get(chosen),
        "measure": measure,
        "rows": list_rows(rows, order, ["status", "value", "name"]),
        "shown": plain_column(rows["value"]),
        "audit": _count_rules(cameras),
        "cameras": list_rows(cameras, Order(size=SHOWN_CAMERAS)),
    }


def share_by_level(every: pd.DataFrame) -> dict[str, float]:
    """Share of public space seen at each level, the least detail first.

    Parameters
    ----------
    every : DataFrame
        Measures of cameras as :func:`gridmap.store.reads.read_shares` gives them.

    Examples
    --------
    >>> rows = pd.DataFrame(
    ...     {
    ...         "measure": ["camera.share_detect", "camera.share_any", "camera.public_m2"],
    ...         "share": [0.1, 0.25, 9.0],
    ...     }
    ... )
    >>> share_by_level(rows)
    {'any': 0.25, 'detect': 0.1}
    """
    known = every[every["measure"].str.startswith(PREFIX)].dropna(subset="share")
    names = known["measure"].str.removeprefix(PREFIX)
    found = dict(zip(names, known["share"].astype(float), strict=True))
    return {name: found[name] for name in sorted(found, key=_detail)}


def required_level(every: pd.DataFrame) -> str:
    """Level at which a share is required; the least demanding one where none is.

    Examples
    --------
    >>> rows = pd.DataFrame(
    ...     {"measure": ["camera.share_any", "camera.share_detect"], "required": [False, True]}
    ... )
    >>> required_level(rows), required_level(rows.iloc[:0])
    ('detect', '')
    """
    rows = every[every["measure"].str.startswith(PREFIX)]
    asked = rows[rows["required"].astype(bool)]
    names = (asked if len(asked) else rows)["measure"].str.removeprefix(PREFIX)
    return min(names, key=_detail, default="")


def _detail(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def _rows(figures: pd.DataFrame, measure: str, names: pd.Series) -> pd.DataFrame:
    rows = figures[figures["measure"] == measure].set_index("cell_id")
    public = figures[figures["measure"] == _PUBLIC].set_index("cell_id")["value"]
    ground = public.reindex(rows.index)
    return rows.assign(
        public_m2=ground,
        unseen=ground * (1 - rows["value"]),
        name=names.reindex(rows.index).fillna(rows.index.to_series()),
    ).reset_index()


def _audited(connection: Connection, district_id: int, level: str) -> pd.DataFrame:
    """Cameras with what they see of homes and what is missing on paper."""
    cameras = reads.read_cameras(connection, district_id)
    views = reads.read_views(connection, district_id, level or None)
    cameras = cameras[~cameras["proposed"].fillna(False).astype(bool)]
    broken = missing_papers(cameras, reads.read_district(connection, district_id)["as_of"])
    rules = np.asarray(broken.columns)
    missing = pd.Series([rules[row].tolist() for row in broken.to_numpy()], index=cameras.index)
    seen = views[["camera_id", "area_m2", "facade_residential_m"]]
    result = cameras.assign(missing=missing).merge(seen, on="camera_id", how="left")
    return result.sort_values("facade_residential_m", ascending=False, na_position="last")


def _count_rules(cameras: pd.DataFrame) -> list[dict[str, Any]]:
    counts = cameras["missing"].explode().value_counts()
    return [{"rule": str(rule), "count": int(count)} for rule, count in counts.items()]
