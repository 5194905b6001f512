"""Editions of the grid: publish a new one, and read the grid and its lineage as of any date.

The number of the edition in force (:func:`current_edition`) is what an editor begins from and hands back
when publishing: whoever publishes against a number that has moved on is refused, nothing is lost.
Everything runs on a connection in the scope of the reader (:func:`gridmap.store.scope.scoped`);
only a planner of the whole district may publish.
"""

import datetime as dt
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection

from gridmap.schema import Finding


@dataclass(frozen=True)
class Edition:
    """An edition that was published.

    Attributes
    ----------
    number : int
        Number of the edition now in force; what the next editor begins from.
    grid_version : str
        Name of the version, as cells and coverage carry it.
    changed : mapping of str to int
        Cells by kind of lineage: merge, split, adjust, recode, same.
    findings : list of Finding
        What somebody has to look at: cells with two accountable posts, carried figures.
    """

    number: int
    grid_version: str
    changed: dict[str, int]
    findings: list[Finding]


def current_edition(connection: Connection, district_id: int) -> int:
    """Number of the edition of the grid in force.

    Raises
    ------
    ScopeError
        If the district is not in scope.
    """
    raise NotImplementedError


def publish_edition(
    connection: Connection,
    district_id: int,
    cells: gpd.GeoDataFrame,
    lineage: pd.DataFrame,
    on: dt.date,
    *,
    expected_version: int,
    author: str,
    grid_version: str | None = None,
) -> Edition:
    """Put a new grid in force from a day on, all or nothing (one savepoint of the caller's transaction).

    Parameters
    ----------
    connection : Connection
        In the scope of a planner of the whole district.
    district_id : int
    cells : GeoDataFrame
        The whole new set of cells, changed and unchanged, in any declared CRS, with the columns of
        layer ``cells`` (``cell_id`` and ``community_code`` at least).
    lineage : DataFrame
        From :func:`gridmap.grid.lineage.trace_lineage` (or the pure edits of that module) between
        :func:`read_cells_on` of the edition in force and ``cells``; columns of layer ``lineage``.
    on : date
        First day of the new grid: not before the edition in force began, not after today.
    expected_version : int
        :func:`current_edition` when editing began.
    author : str
        Role or post that publishes ("planner"); never a person.
    grid_version : str, optional
        Name of the new version; default the day, with a counter where that is taken.

    Raises
    ------
    StaleEditionError
        If the edition in force is no longer the expected one (HTTP 409). Nothing is changed.
    ScopeError
        If the scope is not that of a planner of the whole district.
    InputError
        If ``on`` lies before the edition in force or after today, the cells do not carry what is
        needed, two cells share an identifier or code, a code was used before, or lineage and
        cells do not belong together. Nothing is changed.
    """
    raise NotImplementedError


def read_editions(connection: Connection, district_id: int) -> pd.DataFrame:
    """Editions, newest first: number, grid_version, on, author, merged, split, adjusted, recoded, same.

    ``on`` is empty for the grid as it was loaded first.
    """
    raise NotImplementedError


def read_cells_on(
    connection: Connection, district_id: int, day: dt.date | None = None
) -> gpd.GeoDataFrame:
    """Cells in scope that are (or were) in force on a day, in the district's metric CRS, by cell_id.

    Parameters
    ----------
    connection : Connection
    district_id : int
    day : date, optional
        Default: the edition in force.
    """
    raise NotImplementedError


def read_lineage(connection: Connection, district_id: int, cell_id: str) -> pd.DataFrame:
    """Lineage rows in which a cell is old or new, oldest first, with ``side`` came_from or became."""
    raise NotImplementedError
