"""Person and camera together: which public ground nobody sees, window by window."""

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.coverage.gaps import GapFacts
from gridmap.coverage.windows import SPAN, runs_of_windows, window_start
from gridmap.errors import InputError
from gridmap.rows import TOLERANCE, judge

STATUSES = ("covered", "partly", "uncovered", "unknown")
"""What public ground is in a window: by a person or a camera, in part, by neither, not known."""
PRESENCE, SHARE, PUBLIC = "patrol.presence", "camera.share_", "camera.public_m2"
COLUMNS = (
    "cell_id", "window", "status", "patrol", "cameras", "presence_share", "seen_share",
    "public_m2", "unseen_m2", "weight", "score", "rank",
)  # fmt: skip
"""Columns of the table."""
LAYER_COLUMNS = (
    "cell_id", "window", "windows", "status", "patrol", "area_m2", "weight", "score", "rank",
)  # fmt: skip
"""Columns of the layer, beside its geometry."""
_KEY = ["cell_id", "window"]


def combine_presence(
    coverage: pd.DataFrame, blind_spots: pd.DataFrame | None = None, level: str | None = None
) -> pd.DataFrame:
    """Cover by a person and by cameras together, for each cell and due window.

    Parameters
    ----------
    coverage : DataFrame
        The coverage table with rows of patrol and of cameras, of one district or of some cells.
    blind_spots : DataFrame, optional
        Pieces of unseen ground with ``cell_id``, ``area_m2`` and ``weight``: their mean weight is
        that of the cell's unseen ground; default 1.
    level : str, optional
        Level at which cameras count; default the one that is required of them.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, by rank: status (one of :data:`STATUSES`), patrol and cameras (status of
        each alone), presence_share (minutes there ÷ asked, empty where unknown), seen_share,
        public_m2, unseen_m2 (public ground that no camera sees), weight (of a square metre),
        score and rank (1 lacks most; empty where covered or unknown).

    Raises
    ------
    InputError
        If the level is not in the table.

    Notes
    -----
    Covered: the window's patrol is met, or cameras see all public ground. Uncovered: patrol is
    missed and cameras see none of it. Partly: anything between, known on both sides. Unknown stays
    unknown: where patrol is unknown, what cameras leave open is; a missed patrol says nothing
    where cameras are unknown. score = unseen_m2 × weight × (1 − presence_share). Cameras are
    those of the day of the study in every window; cells without 100 m² of public ground are left
    out (MEASURES.md 4 and 5).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> from gridmap.studies.cover import cover
    >>> from datetime import datetime
    >>> found = cover(toy_district(), ["patrol", "cameras"], at=datetime(2026, 3, 2, 12))
    >>> combine_presence(found.coverage)[["cell_id", "status", "patrol"]].values.tolist()
    [['se', 'unknown', 'unknown'], ['sw', 'unknown', 'unknown'],
     ['ne', 'covered', 'met'], ['nw', 'covered', 'met']]
    """
    patrol = coverage[(coverage["measure"] == PRESENCE) & (coverage["status"] != "not_due")]
    share = _share_rows(coverage, level)
    if patrol.empty or share.empty:
        return _ordered(pd.DataFrame(columns=list(COLUMNS)))
    table = _facts(patrol, share, coverage)
    weight = _weights(blind_spots)
    table["weight"] = weight.reindex(table["cell_id"]).fillna(1.0).to_numpy()
    table["status"] = _status(table)
    open_m2 = table["unseen_m2"] * (1.0 - table["presence_share"])
    short = table["status"].isin(["partly", "uncovered"])
    table["score"] = (open_m2 * table["weight"]).where(short)
    return _ordered(table)


def uncovered_both(
    combined: pd.DataFrame,
    blind_spots: gpd.GeoDataFrame,
    facts: GapFacts | None = None,
) -> gpd.GeoDataFrame:
    """Ground that neither a person nor a camera covers, as a layer.

    Parameters
    ----------
    combined : DataFrame
        From :func:`combine_presence`.
    blind_spots : GeoDataFrame
        Pieces of unseen ground with ``cell_id``.
    facts : GapFacts, optional
        Time zone and starts of windows, which tell in what order windows follow each other.

    Returns
    -------
    GeoDataFrame
        :data:`LAYER_COLUMNS` and geometry (the unseen ground of the cell), by rank: one row for
        each run of neighbouring windows of a cell that are alike. Unknown ones follow, without
        rank. Cells whose unseen ground is all in pieces under 4 m² have none to draw.

    Examples
    --------
    >>> table = pd.DataFrame({"cell_id": "nw", "window": ["a@2026-03-02", "a@2026-03-03"],
    ...     "status": "uncovered", "patrol": "missed", "unseen_m2": 90.0, "weight": 1.0,
    ...     "score": 90.0})
    >>> ground = gpd.GeoDataFrame({"cell_id": ["nw"]}, geometry=[shapely.box(0, 0, 9, 10)])
    >>> layer = uncovered_both(table, ground)
    >>> layer[["window", "windows", "area_m2", "score", "rank"]].values.tolist()
    [['a@2026-03-02/a@2026-03-03', 2, 90.0, 180.0, 1.0]]
    """
    facts = facts or GapFacts()
    rows = combined.reset_index(drop=True)
    start = window_start(rows["window"], facts.timezone, facts.window_starts)
    rows = rows.assign(start=start, measure="", run=0)
    if len(rows):
        rows["run"] = runs_of_windows(rows, start)
    layer = _runs(rows[rows["status"] != "covered"])
    ground = _ground(blind_spots)
    layer = layer[layer["cell_id"].isin(ground.index)].reset_index(drop=True)
    shapes = ground.reindex(layer["cell_id"]).to_numpy()
    return gpd.GeoDataFrame(
        layer[list(LAYER_COLUMNS)], geometry=shapes, crs=getattr(blind_spots, "crs", None)
    )


def patrol_gap(combined: pd.DataFrame) -> pd.Series:
    """Share of what was due of patrol that is known to be missing, by cell.

    Returns
    -------
    Series
        On cell_id; a cell of whose windows none is known is not there.

    Examples
    --------
    >>> table = pd.DataFrame({"cell_id": ["a", "a", "b"], "presence_share": [0.5, 0.0, np.nan]})
    >>> patrol_gap(table).to_dict()
    {'a': 0.75}
    """
    known = combined.dropna(subset=["presence_share"])
    return 1.0 - known.groupby("cell_id")["presence_share"].mean()


def rank_blind_spots(blind_spots: gpd.GeoDataFrame, gap: pd.Series) -> gpd.GeoDataFrame:
    """Rank unseen ground by area × weight × (1 + gap of patrol).

    Parameters
    ----------
    blind_spots : GeoDataFrame
        cell_id, area_m2, weight.
    gap : Series
        From :func:`patrol_gap`.

    Returns
    -------
    GeoDataFrame
        By rank, with ``patrol_gap``; where nothing is known of patrol it is empty and adds
        nothing.

    Examples
    --------
    >>> spots = pd.DataFrame({"cell_id": ["a", "b"], "area_m2": [90.0, 60.0], "weight": 1.0})
    >>> rank_blind_spots(spots, pd.Series({"b": 1.0}))[["cell_id", "rank"]].values.tolist()
    [['b', 1.0], ['a', 2.0]]
    """
    known = gap.reindex(blind_spots["cell_id"]).to_numpy(dtype=np.float64)
    spots = blind_spots.assign(patrol_gap=known)
    heavy = spots["area_m2"] * spots["weight"] * (1.0 + spots["patrol_gap"].fillna(0.0))
    # The order of rows must decide nothing, nor the last digits of an area.
    order = spots.assign(heavy=-heavy.round(6)).sort_values(
        ["heavy", "cell_id"], kind="stable", ignore_index=True
    )
    order["rank"] = np.arange(1.0, len(order) + 1)
    return order.drop(columns="heavy")


def _share_rows(coverage: pd.DataFrame, level: str | None) -> pd.DataFrame:
    shares = coverage[coverage["measure"].str.startswith(SHARE)]
    if level is None:
        return shares[shares["required"].notna()]
    found = shares[shares["measure"] == SHARE + level]
    if found.empty and len(shares):
        known = ", ".join(shares["measure"].str.removeprefix(SHARE).unique())
        raise InputError(f"Expected a level among {known}; found '{level}'. Use one of these.")
    return found


def _facts(patrol: pd.DataFrame, share: pd.DataFrame, coverage: pd.DataFrame) -> pd.DataFrame:
    """State what is known of each due window: of patrol, of cameras, and the ground."""
    public = coverage[coverage["measure"] == PUBLIC].set_index("cell_id")["value"]
    seen = share.set_index("cell_id")["value"]
    # An empty share is one of a cell with less public ground than is judged.
    rows = patrol[patrol["cell_id"].isin(share["cell_id"][share["value"].notna()])]
    table = rows[_KEY].assign(patrol=rows["status"]).reset_index(drop=True)
    table["presence_share"] = _presence_share(rows)
    table["seen_share"] = seen.reindex(table["cell_id"]).to_numpy()
    table["cameras"] = judge(table["seen_share"], 1.0)
    table["public_m2"] = public.reindex(table["cell_id"]).to_numpy()
    table["unseen_m2"] = table["public_m2"] * (1.0 - table["seen_share"])
    return table


def _presence_share(rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Minutes there ÷ minutes asked; a window that asks for visits only goes by its status."""
    value, asked = (rows[name].to_numpy(dtype=np.float64) for name in ("value", "required"))
    part = np.divide(value, asked, out=np.full(len(rows), 0.5), where=asked > 0)
    status = rows["status"].to_numpy(dtype=object)
    # Minutes as asked, but too few visits: something is missing, and no more is known of how much.
    part = np.where(part >= 1.0 - TOLERANCE, 0.5, np.clip(part, 0.0, 1.0))
    told = [status == "met", status == "missed", status == "unknown"]
    return np.select(told, [1.0, 0.0, np.nan], default=part)


def _status(table: pd.DataFrame) -> npt.NDArray[Any]:
    person, camera = table["patrol"], table["cameras"]
    covered = (person == "met") | (camera == "met")
    unknown = (person == "unknown") | (camera == "unknown")
    neither = (person == "missed") & (camera == "missed")
    return np.select([covered, unknown, neither], ["covered", "unknown", "uncovered"], "partly")


def _weights(blind_spots: pd.DataFrame | None) -> pd.Series:
    """Mean weight of a square metre of unseen ground, by cell."""
    if blind_spots is None or not len(blind_spots) or "weight" not in blind_spots:
        return pd.Series(dtype="float64")
    spots = pd.DataFrame(blind_spots[["cell_id", "area_m2", "weight"]])
    spots["heavy"] = spots["area_m2"] * spots["weight"]
    total = spots.groupby("cell_id")[["heavy", "area_m2"]].sum()
    return total["heavy"] / total["area_m2"]


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    numbers = list(COLUMNS[5:])
    table = table.reindex(columns=list(COLUMNS))
    table[numbers] = table[numbers].astype("float64")
    # Uncovered and partly by score, then what is unknown, then what is covered.
    place = table["status"].map({"uncovered": 0, "partly": 0, "unknown": 1, "covered": 2})
    keyed = table.assign(place=place, most=-table["score"].round(6))
    ordered = keyed.sort_values(["place", "most", *_KEY], ignore_index=True)
    ranked = ordered["score"].notna()
    ordered["rank"] = ranked.cumsum().where(ranked).astype("float64")
    return ordered[list(COLUMNS)]


def _runs(rows: pd.DataFrame) -> pd.DataFrame:
    ordered = rows.sort_values(["run", "start"], kind="stable")
    grouped = ordered.groupby("run", sort=True)
    runs = ordered.drop_duplicates("run").set_index("run")
    last = grouped["window"].last()
    runs["window"] = runs["window"].where(last == runs["window"], runs["window"] + SPAN + last)
    runs["windows"] = grouped.size()
    runs["score"] = grouped["score"].sum(min_count=1)
    runs["area_m2"] = runs["unseen_m2"]
    keyed = runs.assign(most=-runs["score"].round(6), last=runs["score"].isna())
    keyed = keyed.sort_values(["last", "most", *_KEY], ignore_index=True)
    ranked = keyed["score"].notna()
    return keyed.assign(rank=ranked.cumsum().where(ranked).astype("float64"))


def _ground(blind_spots: gpd.GeoDataFrame) -> pd.Series:
    """Unseen ground of each cell as one shape."""
    if not len(blind_spots):
        return pd.Series(dtype="object")
    ordered = blind_spots.sort_values("cell_id", kind="stable")
    names, row = np.unique(ordered["cell_id"].to_numpy(dtype=str), return_inverse=True)
    parts, at = shapely.get_parts(np.asarray(ordered.geometry, dtype=object), return_index=True)
    return pd.Series(shapely.multipolygons(parts, indices=row[at]), index=names, dtype="object")
