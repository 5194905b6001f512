"""The camera page: public space seen, with what is seen of homes right beside it."""

from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from gridmap.cameras.privacy import missing_papers
from gridmap.store import reads, totals
from gridmap.store.scope import Scope
from gridmap.studies.camera_trial import Terms
from gridmap.studies.pages.camera_layers import Measured, measure_live, terms_of
from gridmap.studies.pages.listing import Listing, Order, list_rows, plain_column

PREFIX, ANY = "camera.share_", "any"
_PUBLIC = "camera.public_m2"
LEVELS = (
    ANY, "monitor", "overview", "detect", "outline", "discern", "observe", "perceive",
    "characterise", "recognise", "validate", "identify", "scrutinise", "range",
)  # fmt: skip
"""Levels of both editions from the least detail to the most; ``range`` is a stated distance without
optics, ``any`` whatever a camera sees."""
SHARES = tuple(f"{PREFIX}{level}" for level in LEVELS)
TABLES = ("cells", "cameras", "spots")
"""Tables beside the map, one at a time."""
MAPS = ("views", "depth", "spots", "neither", "public")
"""What the map shows: views by level, how many see the same, what none sees, what neither a camera
sees nor a person was at, public space."""
MOST_SPOTS = 2_000


def cameras_page(  # noqa: PLR0917  one argument for each choice of the page
    connection: Connection,
    scope: Scope,
    district_id: int,
    order: Order,
    level: str = "",
    terms: Terms | None = None,
    table: str = "",
    shown: str = "",
) -> dict[str, Any]:
    """Camera coverage of public space at one level, with the privacy findings.

    Parameters
    ----------
    connection, scope, district_id
        As everywhere.
    order : Order
        Of the table that is shown.
    level : str
        Level; default the one that is required.
    terms : Terms, optional
        Edition, day and whether broken cameras count; where they differ from what was stored, all
        is measured anew.
    table : str
        One of :data:`TABLES`.
    shown : str
        One of :data:`MAPS`.

    Returns
    -------
    dict
        ``summary``, ``live`` (measured anew), ``terms``, ``level``, ``drawn_level`` (of views),
        ``levels`` with the share seen, ``share``, ``measure``, ``audit`` (rule and number of
        cameras), ``table``, ``shown``, ``rows`` (a Listing), ``values`` (of the cells, for the
        legend), ``depth`` (area seen by exactly so many) and ``facade_m``.
    """
    stored = terms_of(connection, district_id)
    terms = terms or stored
    live = measure_live(connection, scope, district_id, terms) if terms != stored else None
    every = totals.read_shares(connection, district_id, SHARES) if live is None else live.shares()
    shares = share_by_level(every)
    chosen = level if level in shares else required_level(every)
    measure = f"{PREFIX}{chosen}"
    drawn = chosen if chosen != ANY else next((one for one in shares if one != ANY), "")
    cells = _cells(connection, district_id, measure, live)
    cameras = _audited(connection, district_id, drawn, live)
    table, shown = table if table in TABLES else TABLES[0], shown if shown in MAPS else MAPS[0]
    summary = reads.read_summary(connection, district_id).get("cameras")
    if live is None and shown == "depth" and "depth_m2" not in (summary or {}):
        # Loaded by an older version, which did not keep it.
        live = measure_live(connection, scope, district_id, terms)
    summary = summary if live is None else live.measures.summary
    return {
        "summary": summary,
        "live": terms != stored,
        "terms": terms,
        "stored": stored,
        "level": chosen,
        "drawn_level": drawn,
        "levels": [{"level": name, "share": share} for name, share in shares.items()],
        "share": shares.get(chosen),
        "measure": measure,
        "table": table,
        "shown": shown,
        "rows": _table(connection, district_id, table, order, cells, cameras, live),
        "values": plain_column(cells["value"]),
        "audit": _count_rules(cameras),
        "depth": [
            {"depth": int(times), "area_m2": area}
            for times, area in ((summary or {}).get("depth_m2") or {}).items()
        ],
    }


def _table(  # noqa: PLR0917  whatever a table may show
    connection: Connection,
    district_id: int,
    table: str,
    order: Order,
    cells: pd.DataFrame,
    cameras: pd.DataFrame,
    live: Measured | None,
) -> Listing:
    if table == "cells":
        return list_rows(cells, order, ["status", "value", "name"])
    if table == "cameras":
        return list_rows(cameras, order)
    names = reads.read_cells(connection, district_id).set_index("cell_id")["name"]
    if live is None:
        spots = reads.read_blind_spots(connection, district_id, MOST_SPOTS)
    else:
        spots = live.spots_lonlat().head(MOST_SPOTS)
    called = names.reindex(spots["cell_id"]).to_numpy()
    return list_rows(spots.assign(name=called), order, ["rank"])


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


def _cells(
    connection: Connection, district_id: int, measure: str, live: Measured | None
) -> pd.DataFrame:
    if live is None:
        figures = reads.read_coverage(connection, district_id, measure=(measure, _PUBLIC))
    else:
        figures = live.measures.rows
    names = reads.read_cells(connection, district_id).set_index("cell_id")["name"]
    rows = figures[figures["measure"] == measure].set_index("cell_id")
    public = figures[figures["measure"] == _PUBLIC].set_index("cell_id")["value"]
    ground = public.reindex(rows.index)
    return rows.assign(
        public_m2=ground,
        unseen=ground * (1 - rows["value"]),
        name=names.reindex(rows.index).fillna(rows.index.to_series()),
    ).reset_index()


def _audited(
    connection: Connection, district_id: int, level: str, live: Measured | None
) -> pd.DataFrame:
    """Cameras with what they see of homes and what is missing on paper."""
    cameras = reads.read_cameras(connection, district_id)
    if live is None:
        views = reads.read_views(connection, district_id, level or None)
    else:
        every = pd.DataFrame(live.measures.views.drop(columns="geometry"))
        views = every[every["level"] == level] if level else every
    cameras = cameras[~cameras["proposed"].fillna(False).astype(bool)]
    broken = missing_papers(cameras, reads.read_district(connection, district_id)["as_of"])
    rules = np.asarray(broken.columns)
    missing = pd.Series([rules[row].tolist() for row in broken.to_numpy()], index=cameras.index)
    seen = views[["camera_id", "area_m2", "facade_residential_m"]]
    result = cameras.assign(missing=missing, missing_count=missing.str.len())
    result = result.merge(seen, on="camera_id", how="left")
    return result.sort_values("facade_residential_m", ascending=False, na_position="last")


def _count_rules(cameras: pd.DataFrame) -> list[dict[str, Any]]:
    counts = cameras["missing"].explode().value_counts()
    return [{"rule": str(rule), "count": int(count)} for rule, count in counts.items()]
