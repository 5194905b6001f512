"""Editions of the grid: publish a new one, and read the grid and its lineage as of any date.

The number of the edition in force (:func:`current_edition`) is what an editor begins from and hands
back when publishing: whoever publishes against a number that has moved on is refused, nothing is
lost. Everything runs on a connection in the scope of the reader
(:func:`gridmap.store.scope.scoped`); only a planner of the whole district may publish.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from sqlalchemy import Connection, Table, and_, delete, func, insert, or_, select, text, update
from sqlalchemy.exc import DBAPIError

from gridmap import schema
from gridmap.crs import project
from gridmap.errors import ScopeError, StaleEditionError, StoreError
from gridmap.grid.carry import carry_duties
from gridmap.grid.editions import next_version
from gridmap.schema import Finding
from gridmap.store import grid_marks, reads
from gridmap.store import tables as t
from gridmap.store.copying import LONLAT, write_layer
from gridmap.store.edition_checks import check_codes, check_days, check_lineage

_CARRY = text("SELECT gridmap_carry_edition(:district, :version)")


@dataclass(frozen=True)
class Edition:
    """An edition that was published.

    Attributes
    ----------
    number : int
        Number of the edition now in force; what the next editor begins from.
    grid_version : str
        Name of the version, as cells and coverage carry it.
    changed : dict of str to int
        Old cells by what became of them: merged, split, adjusted, recoded, same.
    findings : list of Finding
        What somebody has to look at: cells for which two posts would answer.
    """

    number: int
    grid_version: str
    changed: dict[str, int]
    findings: list[Finding]


def current_edition(connection: Connection, district_id: int) -> int:
    """Read the number of the edition of the grid in force.

    Raises
    ------
    ScopeError
        If the district is not in scope.
    """
    return int(reads.read_district(connection, district_id)["grid_edition"])


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
    """Put a new grid in force from a day on, all or nothing: one savepoint of the transaction.

    Duties follow their cells; coverage, gaps and presence of changed cells are carried and say so;
    sites and cameras are placed anew; scopes of users follow as duties do.

    Parameters
    ----------
    connection : Connection
        In the scope of a planner of the whole district.
    district_id : int
    cells : GeoDataFrame
        The whole new set of cells, changed and unchanged, in any declared CRS, with the columns of
        layer ``cells`` (``cell_id`` and ``community_code`` at least).
    lineage : DataFrame
        From :func:`gridmap.grid.lineage.trace_lineage` (or the edits of :mod:`gridmap.grid.edits`)
        between :func:`read_cells_on` of the edition in force and ``cells``.
    on : date
        First day of the new grid: not before the edition in force began, not after today.
    expected_version : int
        :func:`current_edition` when editing began.
    author : str
        Role or post that publishes ("planner"); never a person.
    grid_version : str, optional
        Name of the new version; default the day, numbered where that is taken.

    Raises
    ------
    StaleEditionError
        If the edition in force is no longer the expected one (HTTP 409).
    ScopeError
        If the scope is not that of a planner of the whole district.
    InputError
        If ``on`` lies before the edition in force or after today, two cells share an identifier or
        code, a code was used before, or lineage and cells do not belong together.
    StoreError
        If the database refuses a row. Whatever is raised, nothing is changed.
    """
    facts = reads.read_district(connection, district_id)
    with connection.begin_nested():
        number = _take_turn(connection, district_id, expected_version)
        crs = CRS.from_user_input(facts["crs"])
        old = read_cells_on(connection, district_id)
        new = project(schema.conform(cells, "cells"), crs, "cells")
        lineage = schema.conform(lineage, "lineage")
        check_days(old, on, facts["timezone"])
        check_codes(connection, district_id, old, new)
        check_lineage(old, new, lineage)
        version = grid_version or _next_version(connection, district_id, old, on)
        told = lineage.assign(on=pd.Timestamp(on), grid_version=version)
        try:
            _replace_cells(connection, district_id, new, told)
            _log(connection, district_id, told, number, author)
            findings = _move_duties(connection, district_id, new, told)
            connection.execute(_CARRY, {"district": district_id, "version": version})
        except DBAPIError as error:
            raise StoreError(
                "The new grid cannot be stored, and the old one stays in force: "
                f"{str(error.orig).strip().splitlines()[0]}. Check the district and publish again."
            ) from error
    return Edition(number, version, grid_marks.count_changes(told), findings)


def read_editions(connection: Connection, district_id: int) -> pd.DataFrame:
    """Read the log of editions, newest first.

    Returns
    -------
    DataFrame
        number, grid_version, valid_from, author, published_at and the numbers of old cells
        merged, split, adjusted, recoded, same. The grid that was there first ends the list,
        without author and numbers.
    """
    e, history = t.editions.c, t.lineage.c
    columns = [e.number, e.grid_version, e.valid_from, e.author, e.published_at, e.counts]
    log = reads.read_frame(
        connection,
        select(*columns)
        .where(e.district_id == district_id)
        .order_by(e.number.desc(), e.gid.desc()),
    )
    rows = [{**row, **(row.pop("counts") or {})} for row in log.to_dict("records")]
    first = rows[-1]["number"] - 1 if rows else current_edition(connection, district_id)
    began: list[Any] = [history.old_version]
    version = connection.scalar(
        select(*began).where(history.district_id == district_id).order_by(history.gid).limit(1)
    )
    if version is None:
        c = t.cells.c
        version = connection.scalar(
            select(func.min(c.grid_version)).where(c.district_id == district_id)
        )
    rows.append({"number": first, "grid_version": version})
    names = ["number", "grid_version", "valid_from", "author", "published_at"]
    return pd.DataFrame(rows, columns=[*names, *grid_marks.CHANGES.values()])


def read_cells_on(
    connection: Connection, district_id: int, day: dt.date | None = None
) -> gpd.GeoDataFrame:
    """Read the cells in scope that are (or were) in force on a day.

    Parameters
    ----------
    connection : Connection
    district_id : int
    day : date, optional
        Default: the edition in force.

    Returns
    -------
    GeoDataFrame
        Columns of layer ``cells`` in the metric CRS of the district, by cell_id; empty before the
        first day of the grid.
    """
    crs = CRS.from_user_input(reads.read_district(connection, district_id)["crs"])
    found = [_cells_of(connection, t.cells, district_id, day)]
    if day is not None:
        found.append(_cells_of(connection, t.past_cells, district_id, day))
    table = pd.concat([one for one in found if len(one)] or found[:1], ignore_index=True)
    shapes = shapely.from_wkb(table.pop("geometry").to_numpy())
    frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=LONLAT))
    ready: gpd.GeoDataFrame = project(schema.conform(frame, "cells"), crs, "cells")
    return ready.sort_values("cell_id", ignore_index=True)


def read_grid_layers(connection: Connection, district_id: int) -> dict[str, Any]:
    """Read what publishing changes, as layers of a district: cells, past cells, lineage, duties."""
    crs = CRS.from_user_input(reads.read_district(connection, district_id)["crs"])
    d = t.duties.c
    duties = [d[name] for name in schema.layer("duties").columns]
    past = _cells_of(connection, t.past_cells, district_id, None)
    shapes = gpd.GeoSeries(shapely.from_wkb(past.pop("geometry").to_numpy()), crs=LONLAT)
    return {
        "cells": read_cells_on(connection, district_id),
        "past_cells": project(gpd.GeoDataFrame(past, geometry=shapes), crs, "past_cells"),
        "lineage": read_lineage(connection, district_id),
        "duties": reads.read_frame(
            connection, select(*duties).where(d.district_id == district_id).order_by(d.gid)
        ),
    }


def read_lineage(
    connection: Connection, district_id: int, cell_id: str | None = None
) -> pd.DataFrame:
    """Read lineage in scope, oldest first.

    Parameters
    ----------
    connection : Connection
    district_id : int
    cell_id : str, optional
        Only rows in which this cell is the old or the new one, without those in which nothing
        happened.

    Returns
    -------
    DataFrame
        Columns of layer ``lineage``; with a cell also ``side``: ``came_from`` or ``became``.
        Where a cell kept its name, its row is there once for either side.
    """
    c = t.lineage.c
    query = select(*(c[name] for name in schema.layer("lineage").columns)).where(
        c.district_id == district_id
    )
    if cell_id is None:
        return reads.read_frame(connection, query.order_by(c.gid))
    query = query.where(or_(c.old_cell_id == cell_id, c.new_cell_id == cell_id), c.kind != "same")
    rows = reads.read_frame(connection, query.order_by(c.gid))
    sides = [
        rows[rows["new_cell_id"] == cell_id].assign(side="came_from"),
        rows[rows["old_cell_id"] == cell_id].assign(side="became"),
    ]
    return pd.concat(sides, ignore_index=True)


def _take_turn(connection: Connection, district_id: int, expected: int) -> int:
    """Count the edition up if it is the expected one: whoever comes second finds another."""
    d = t.districts.c
    number = connection.scalar(
        update(t.districts)
        .where(d.id == district_id, d.grid_edition == expected)
        .values(grid_edition=d.grid_edition + 1)
        .returning(d.grid_edition)
    )
    if number is not None:
        return int(number)
    present = current_edition(connection, district_id)
    if present != expected:
        raise StaleEditionError(
            f"The grid has moved on: editing began from edition {expected}, in force is edition "
            f"{present}. Nothing was changed. Look at the grid in force and do the edit again."
        )
    raise ScopeError("Only a planner of the whole district may publish a grid.")


def _next_version(connection: Connection, district_id: int, old: pd.DataFrame, on: dt.date) -> str:
    e = t.editions.c
    taken = connection.scalars(select(e.grid_version).where(e.district_id == district_id))
    return next_version(old, on, taken)


def _replace_cells(
    connection: Connection, district_id: int, new: gpd.GeoDataFrame, lineage: pd.DataFrame
) -> None:
    changed = lineage[lineage["kind"] != "same"]
    on, version = lineage["on"].iloc[0].date(), lineage["grid_version"].iloc[0]
    c = t.cells.c
    ended = and_(
        c.district_id == district_id, c.cell_id.in_(changed["old_cell_id"].unique().tolist())
    )
    kept = [one.name for one in t.past_cells.c if one.name not in ("gid", "drawn", "valid_to")]
    last: list[Any] = [c[name] for name in kept]
    connection.execute(
        insert(t.past_cells).from_select(
            [*kept, "valid_to"],
            select(*last, func.cast(on, t.past_cells.c.valid_to.type)).where(ended),
        )
    )
    connection.execute(delete(t.cells).where(ended))
    connection.execute(
        update(t.cells).where(c.district_id == district_id).values(grid_version=version)
    )
    fresh = new[new["cell_id"].isin(changed["new_cell_id"])]
    fresh = fresh.assign(
        area_m2=fresh.area,
        border_m=fresh.length,
        grid_version=version,
        valid_from=pd.Timestamp(on),
        valid_to=pd.NaT,
    )
    counts = changed.groupby("new_cell_id")[["households", "population"]].sum(min_count=1)
    for name in counts:
        told = counts[name].reindex(fresh["cell_id"]).to_numpy()
        fresh[name] = np.where(fresh[name].isna(), told, fresh[name])
    if len(fresh):
        write_layer(
            connection, "cells", project(fresh, LONLAT, "cells").assign(district_id=district_id)
        )
    where = new.set_index("cell_id")["community_code"]
    rows = lineage.assign(
        district_id=district_id,
        community_code=where.reindex(lineage["new_cell_id"]).to_numpy(),
    )
    write_layer(connection, "lineage", rows)


def _log(
    connection: Connection, district_id: int, lineage: pd.DataFrame, number: int, author: str
) -> None:
    connection.execute(
        insert(t.editions).values(
            district_id=district_id,
            number=number,
            grid_version=lineage["grid_version"].iloc[0],
            valid_from=lineage["on"].iloc[0].date(),
            author=author,
            counts=grid_marks.count_changes(lineage),
        )
    )


def _move_duties(
    connection: Connection, district_id: int, new: pd.DataFrame, lineage: pd.DataFrame
) -> list[Finding]:
    changed = lineage[lineage["kind"] != "same"]
    touched = set(changed["old_cell_id"]) | set(changed["new_cell_id"])
    d = t.duties.c
    names = list(schema.layer("duties").columns)
    mine = and_(d.district_id == district_id, d.cell_id.in_(sorted(touched)))
    rows = reads.read_frame(connection, select(*(d[name] for name in names)).where(mine))
    if rows.empty:
        return []
    carried, findings = carry_duties(schema.conform(rows, "duties"), lineage)
    where = pd.concat(
        [
            read_communities_of(connection, district_id),
            new.set_index("cell_id")["community_code"],
        ]
    )
    where = where[~where.index.duplicated(keep="last")]
    connection.execute(delete(t.duties).where(mine))
    placed = carried.assign(
        district_id=district_id, community_code=where.reindex(carried["cell_id"]).to_numpy()
    )
    write_layer(connection, "duties", placed)
    return findings


def read_communities_of(connection: Connection, district_id: int) -> pd.Series:
    """Community of every cell of the past in scope, by cell_id."""
    p = t.past_cells.c
    rows = reads.read_frame(
        connection,
        select(p.cell_id, p.community_code).where(p.district_id == district_id).order_by(p.gid),
    )
    return rows.drop_duplicates("cell_id", keep="last").set_index("cell_id")["community_code"]


def _cells_of(
    connection: Connection, table: Table, district_id: int, day: dt.date | None
) -> pd.DataFrame:
    c = table.c
    names = list(schema.layer("cells").columns)
    query = select(
        *(c[name] for name in names), func.ST_AsBinary(c.geometry).label("geometry")
    ).where(c.district_id == district_id)
    if day is not None:
        query = query.where(
            or_(c.valid_from.is_(None), c.valid_from <= day),
            or_(c.valid_to.is_(None), c.valid_to > day),
        )
    return reads.read_frame(connection, query)
