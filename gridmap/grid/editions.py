"""Editions of a grid: a new grid from a day on, the cells that ended, the lineage between.

Every edit (:mod:`gridmap.grid.edits`, :mod:`gridmap.grid.numbering`,
:mod:`gridmap.grid.communities`) is pure and ends here. Nothing that was given is changed.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.errors import InputError, name_ids
from gridmap.grid.lineage import COUNTS, trace_lineage


@dataclass(frozen=True, eq=False)
class GridEdit:
    """A new edition of a grid.

    Attributes
    ----------
    cells : GeoDataFrame
        All cells in force from the day on, unchanged ones included.
    past : GeoDataFrame
        Cells that ended with the day, with ``valid_to``; layer ``past_cells``.
    lineage : DataFrame
        Layer ``lineage`` between the two.
    """

    cells: gpd.GeoDataFrame
    past: gpd.GeoDataFrame
    lineage: pd.DataFrame


def make_edition(
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    on: dt.date,
    *,
    weights: gpd.GeoDataFrame | None = None,
    grid_version: str | None = None,
    moved: bool = False,
) -> GridEdit:
    """Make an edition of two grids: dates, versions, counts and lineage.

    Parameters
    ----------
    old, new : GeoDataFrame
        All cells before and after.
    on : date
        First day of the new grid.
    weights : GeoDataFrame, optional
        As for :func:`gridmap.grid.lineage.trace_lineage`.
    grid_version : str, optional
        Name of the new version; default the day, numbered where it is taken.
    moved : bool
        Whether cells may change their community: only where communities were merged.

    Raises
    ------
    InputError
        If the day lies before the grid in force, the two do not cover the same ground, or ground
        would go to another community.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> cells = toy_district()["cells"]
    >>> edit = make_edition(cells, cells, dt.date(2026, 7, 1))
    >>> len(edit.past), edit.cells.grid_version.unique().tolist()
    (0, ['2026-07-01'])
    """
    check_day(old, on)
    version = grid_version or next_version(old, on)
    new = new.reset_index(drop=True)
    lineage = trace_lineage(old, new, on, weights, grid_version=version)
    if not moved:
        _check_communities(old, new, lineage)
    changed = new["cell_id"].isin(lineage["new_cell_id"][lineage["kind"] != "same"])
    begins = pd.Series(pd.Timestamp(on).as_unit("us"), index=new.index)
    known = new["valid_from"] if "valid_from" in new else pd.Series(pd.NaT, index=new.index)
    fresh = new.assign(
        grid_version=version,
        valid_from=known.mask(changed, begins).astype("datetime64[us]"),
        valid_to=pd.Series(pd.NaT, index=new.index, dtype="datetime64[us]"),
    )
    sums = lineage.groupby("new_cell_id")[list(COUNTS)].sum(min_count=1)
    for name in COUNTS:
        counted = sums[name].reindex(fresh["cell_id"]).to_numpy()
        kept = fresh[name] if name in fresh else pd.Series(np.nan, index=fresh.index)
        fresh[name] = kept.where(~changed, counted).astype("float64")
    ended = old["cell_id"].isin(lineage["old_cell_id"][lineage["kind"] != "same"])
    past = old[ended].assign(valid_to=pd.Timestamp(on).as_unit("us")).reset_index(drop=True)
    return GridEdit(fresh, past, lineage)


def next_version(cells: pd.DataFrame, on: dt.date, taken: Iterable[str] = ()) -> str:
    """Name of the next version of a grid: its first day, numbered where that is taken.

    Examples
    --------
    >>> cells = pd.DataFrame({"grid_version": ["2026-07-01"]})
    >>> next_version(cells, dt.date(2026, 7, 1)), next_version(cells, dt.date(2026, 8, 1))
    ('2026-07-01-2', '2026-08-01')
    """
    used = {str(one) for one in cells.get("grid_version", pd.Series(dtype="str")).dropna()}
    used |= set(taken)
    number = 1
    while (name := on.isoformat() + (f"-{number}" if number > 1 else "")) in used:
        number += 1
    return name


def check_known(asked: Iterable[str], known: pd.Series, what: str) -> None:
    """Raise one error that names those that are not known."""
    there = set(known)
    if strange := [one for one in asked if one not in there]:
        raise InputError(
            f"No {what} in force is called {name_ids(strange)}; there are "
            f"{name_ids(known.unique())}. Look the names up in the layer, or on the map."
        )


def check_day(old: pd.DataFrame, on: dt.date) -> None:
    """Raise an error if a day lies before the first day of the grid in force."""
    began = old["valid_from"].max() if "valid_from" in old else pd.NaT
    if pd.notna(began) and pd.Timestamp(on) < began:
        raise InputError(
            f"The grid in force began on {began.date()}; a new one cannot begin before it, on "
            f"{on}. Choose a later day."
        )


def _check_communities(old: pd.DataFrame, new: pd.DataFrame, lineage: pd.DataFrame) -> None:
    was = old.set_index("cell_id")["community_code"].reindex(lineage["old_cell_id"]).to_numpy()
    now = new.set_index("cell_id")["community_code"].reindex(lineage["new_cell_id"]).to_numpy()
    if (astray := was != now).any():
        raise InputError(
            f"Ground of cells {name_ids(lineage['old_cell_id'][astray].unique())} would go to "
            f"another community ({name_ids(np.unique(now[astray]))}). Merge the communities first, "
            "or draw the border inside the community."
        )
