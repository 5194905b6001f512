"""Suggest which post answers for which cell: what ``gridmap staff suggest`` asks for."""

from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd

from gridmap.district import District, in_force
from gridmap.errors import InputError, name_ids
from gridmap.grid.join import share_lines
from gridmap.plan.assignment import Assignment, suggest_posts
from gridmap.progress import Progress, silent
from gridmap.staffing import duties_on

LOADS = ("households", "population", "street_m", "cells", "events")
"""What can be spread evenly; any other column of numbers of the cells can, too."""


def suggest_assignment(
    district: District,
    on: date,
    *,
    role: str | None = None,
    by: str = "",
    time_limit_s: float = 20.0,
    progress: Progress = silent,
) -> Assignment:
    """Suggest one accountable post for every cell of a district, loads as even as can be.

    Parameters
    ----------
    district : District
        With ``cells``, ``posts`` and ``duties``.
    on : date
        Local day on which the duties of today are looked at.
    role : str, optional
        Role of the posts that can answer; default the one most accountable posts have.
    by : str, optional
        What is spread evenly: one of :data:`LOADS` or a column of the cells; default households,
        else population, else the number of cells.
    time_limit_s : float
        Seconds [s] for the exact model in all.
    progress : Progress
        Told of each community.

    Raises
    ------
    InputError
        If no post has the role, or the cells have no such figures.
    MissingLayerError
        If a layer is missing.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> found = suggest_assignment(toy_district(), date(2025, 6, 1))
    >>> found.cells["post_id"].to_dict(), found.value, found.bound
    ({'nw': 'p1', 'ne': 'p2', 'sw': 'p1', 'se': 'p2'}, 120.0, 120.0)
    """
    district.needs("cells", "posts", "duties")
    cells = valid_cells(district["cells"], on)
    now = duties_on(district["duties"], on)
    leading = now[now["accountable"].fillna(False) & now["cell_id"].isin(cells["cell_id"])]
    chosen = role or main_role(district["posts"], leading)
    able = district["posts"]["post_id"][district["posts"]["role"] == chosen]
    if able.empty:
        known = name_ids(sorted(district["posts"]["role"].unique()))
        raise InputError(f"No post has the role '{chosen}'; there are: {known}. Name one of these.")
    mine = leading[leading["post_id"].isin(able)]
    homes = home_of_posts(able, now, cells)
    answering = mine.groupby("cell_id")["post_id"].min()
    load = load_of_cells(district, cells, by)
    return suggest_posts(
        cells, load, homes, answering, time_limit_s=time_limit_s, progress=progress
    )


def main_role(posts: pd.DataFrame, leading: pd.DataFrame) -> str:
    """Role of most posts that are accountable for cells.

    Raises
    ------
    InputError
        If nobody is accountable for any cell.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> main_role(toy["posts"], toy["duties"])
    'grid_head'
    """
    roles = leading["post_id"].drop_duplicates().map(posts.set_index("post_id")["role"])
    if roles.dropna().empty:
        raise InputError(
            "No post is accountable for a cell on this day, so the role to assign is not known. "
            "Name it with --role ROLE."
        )
    return str(roles.value_counts().index[0])


def valid_cells(cells: gpd.GeoDataFrame, on: date) -> gpd.GeoDataFrame:
    """Cells that are valid on a day; all of them where none says so.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> len(valid_cells(toy_district()["cells"], date(2026, 3, 2)))
    4
    """
    valid = cells[in_force(cells, on)]
    if valid.empty:
        valid = cells[cells["valid_to"].isna() | (cells["valid_to"] > pd.Timestamp(on))]
    return valid.reset_index(drop=True)


def load_of_cells(district: District, cells: gpd.GeoDataFrame, by: str = "") -> pd.Series:
    """Load of each cell by ``cell_id``, see :func:`suggest_assignment`.

    Raises
    ------
    InputError
        If the cells have no such figures.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> load_of_cells(toy, toy["cells"], "street_m").tolist()
    [400.0, 400.0, 400.0, 400.0]
    """
    if by == "street_m":
        return street_lengths(district, cells)
    facts: Any = cells.set_index("cell_id")
    if by == "cells":
        return pd.Series(1.0, index=facts.index)
    wanted = [by] if by else ["households", "population"]
    for name in wanted:
        values = pd.to_numeric(facts[name], errors="coerce") if name in facts else pd.Series()
        if values.notna().any() and values.sum() > 0:
            return values.astype(float)
    if not by:
        return pd.Series(1.0, index=facts.index)
    raise InputError(
        f"The cells have no figures in '{by}'. Expected one of {', '.join(LOADS)}, or a column of "
        "numbers of the layer cells; found "
        f"{name_ids([one for one in facts.columns if one != 'geometry'], 20)}."
    )


def street_lengths(district: District, cells: gpd.GeoDataFrame | None = None) -> pd.Series:
    """Length of street in each cell [m] by ``cell_id``; 0 where there is none.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> float(street_lengths(toy_district()).sum())
    1600.0
    """
    ground = district["cells"] if cells is None else cells
    parts = share_lines(district["roads"], ground)
    return parts.groupby("cell_id")["length_m"].sum().reindex(ground["cell_id"], fill_value=0.0)


def new_duties(duties: pd.DataFrame, assignment: Assignment, start: date) -> pd.DataFrame:
    """Duties after a suggestion is applied from a day on; nothing of the past is lost.

    Parameters
    ----------
    duties : DataFrame
        Layer ``duties`` as it is.
    assignment : Assignment
        The suggestion.
    start : date
        First day of the new duties; those that give way end on it.

    Notes
    -----
    For each cell that changes, open accountable duties of the assigned posts for it end on the
    day (a duty that would begin later is left out), and one new duty begins. Duties of other
    posts, and those that are not accountable, stay as they are.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> found = suggest_assignment(toy, date(2025, 6, 1))
    >>> after = new_duties(toy["duties"], found, date(2025, 7, 1))
    >>> after.iloc[-1][["post_id", "cell_id"]].tolist(), len(after)
    (['p2', 'se'], 5)
    """
    day = pd.Timestamp(start)
    moved = assignment.cells[assignment.cells["changed"]]
    able = {*assignment.posts.index, *moved["before"].dropna()}
    touched = (
        duties["cell_id"].isin(moved.index)
        & duties["accountable"].fillna(False)
        & duties["post_id"].isin(list(able))
    )
    runs = duties["valid_to"].isna() | (duties["valid_to"] > day)
    later = touched & runs & (duties["valid_from"] >= day)
    kept = duties[~later].copy()
    kept.loc[(touched & runs)[~later], "valid_to"] = day.as_unit("us")
    fresh = pd.DataFrame(
        {
            "post_id": moved["post_id"].to_numpy(),
            "cell_id": moved.index.to_numpy(),
            "accountable": True,
            "valid_from": day,
            "valid_to": pd.NaT,
        }
    )
    fresh = fresh.astype({name: kept[name].dtype for name in fresh})
    return pd.concat([kept, fresh], ignore_index=True)


def duties_of(assignment: Assignment, start: date | None = None) -> pd.DataFrame:
    """Duties of a suggestion as a table to hand on: one row for each cell.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> duties_of(suggest_assignment(toy_district(), date(2025, 6, 1))).columns.tolist()
    ['post_id', 'cell_id', 'accountable', 'valid_from', 'valid_to', 'post_before', 'load']
    """
    cells = assignment.cells.dropna(subset="post_id")
    return pd.DataFrame(
        {
            "post_id": cells["post_id"].to_numpy(),
            "cell_id": cells.index.to_numpy(),
            "accountable": True,
            "valid_from": None if start is None else start.isoformat(),
            "valid_to": None,
            "post_before": cells["before"].to_numpy(),
            "load": cells["load"].to_numpy(),
        }
    )


def home_of_posts(able: pd.Series, now: pd.DataFrame, cells: gpd.GeoDataFrame) -> pd.Series:
    """Community in which each post has most of its duties; empty for a post without any.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> home_of_posts(toy["posts"]["post_id"], toy["duties"], toy["cells"]).tolist()
    ['110101001001', '110101001002', '110101001002', nan]
    """
    belongs = cells.set_index("cell_id")["community_code"]
    codes = set(belongs)
    place = (
        now["cell_id"]
        .map(belongs)
        .where(now["cell_id"].isin(belongs.index), now["cell_id"].where(now["cell_id"].isin(codes)))
    )
    held = now.assign(place=place).dropna(subset="place")
    most = held.groupby(["post_id", "place"]).size().rename("count").reset_index()
    most = most.sort_values(["post_id", "count", "place"], ascending=[True, False, True])
    home = most.drop_duplicates("post_id").set_index("post_id")["place"]
    return home.reindex(able.to_numpy())
