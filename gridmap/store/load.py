"""Loading a district: one transaction, all or nothing, replacing what was there before."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from psycopg import sql
from sqlalchemy import Connection, Engine, delete, func, insert, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError

from gridmap.crs import project
from gridmap.district import District
from gridmap.errors import InputError, StoreError, name_ids
from gridmap.grid.join import assign_points
from gridmap.patrol.fixes import on_duty
from gridmap.progress import Progress, silent
from gridmap.store import tables as t
from gridmap.store.copying import (
    LONLAT,
    open_cursor,
    tell_refusal,
    write_layer,
)
from gridmap.store.findings import GridRows, write_grid
from gridmap.store.grid_marks import log_loaded, mark_grid, raise_number, refuse_loss
from gridmap.store.privacy import write_privacy
from gridmap.store.standards import StandardsRows, write_standards

_DIMENSIONS = ("staffing", "services", "patrol", "cameras", "standards")
_LOCK = text("SELECT pg_advisory_xact_lock(7263, 2), set_config('app.loading', 'on', true)")
# What devices sent outlives a load; its presence is to be worked out on the cells of this one.
_WORK_OUT_AGAIN = text("""
    INSERT INTO presence_due (district_id, unit_id, day)
    SELECT DISTINCT s.district_id, s.unit_id, (s.start AT TIME ZONE d.timezone)::date
    FROM shifts s JOIN districts d ON d.id = s.district_id
    WHERE s.district_id = :district AND s.entered_at IS NOT NULL
    ON CONFLICT (district_id, day, unit_id) DO UPDATE SET asked_at = clock_timestamp()""")


def load_district(
    bind: Engine | Connection,
    district: District,
    *,
    coverage: pd.DataFrame | None = None,
    gaps: gpd.GeoDataFrame | None = None,
    summary: Mapping[str, Any] | None = None,
    service_areas: gpd.GeoDataFrame | None = None,
    views: gpd.GeoDataFrame | None = None,
    blind_spots: gpd.GeoDataFrame | None = None,
    presence: pd.DataFrame | None = None,
    unserved: gpd.GeoDataFrame | None = None,
    cell_sites: pd.DataFrame | None = None,
    service_curves: pd.DataFrame | None = None,
    catchments: gpd.GeoDataFrame | None = None,
    site_loads: pd.DataFrame | None = None,
    patrol_streets: gpd.GeoDataFrame | None = None,
    patrol_facts: pd.DataFrame | None = None,
    privacy: pd.DataFrame | None = None,
    grid: GridRows | None = None,
    standards: StandardsRows | None = None,
    at: dt.date | None = None,
    discard_editions: bool = False,
    progress: Progress = silent,
) -> int:
    """Load a district with its coverage; an older version of the same district is replaced.

    Two districts are the same if they have the same code, or without a code the same name. Fixes
    outside the shift they name are left out, and gaps of cameras are drawn as their cells.

    Parameters
    ----------
    bind : Engine or Connection
        Of the owner (:func:`gridmap.store.engines.open_owner_engine`). On a connection the load
        is one savepoint of the caller's transaction.
    district : District
    coverage, gaps, summary, service_areas, views, blind_spots, presence, privacy : optional
    unserved, cell_sites, service_curves, catchments, site_loads : optional
    patrol_streets, patrol_facts : optional
        What ``cover`` made; what is left out is empty afterwards.
    grid : GridRows, optional
        What the grid is like (:func:`gridmap.studies.grid_rows.grid_rows`).
    standards : StandardsRows, optional
        What the units are worth by the rules; rules of the district's own are judged anew.
    at : date, optional
        Day (or time) the coverage was computed for; of several editions of the grid the one in
        force on it (default today) is loaded as cells, those before it as past cells.
    discard_editions : bool
        Whether grids that were published in the database, and that the district does not have,
        may be lost.
    progress : callable
        Called with each layer.

    Returns
    -------
    int
        Number of the district; it stays the same when the district is loaded again.

    Raises
    ------
    InputError
        If the coverage names cells the district does not have, or published grids would be lost.
    StoreError
        If the database refuses a row; the message names the layer. Nothing is changed then.
    """
    district = _of_the_day(district, at)
    frames = _gather(
        district,
        {
            "coverage": coverage,
            "gaps": gaps,
            "service_areas": service_areas,
            "views": views,
            "blind_spots": blind_spots,
            "presence": presence,
            "unserved": unserved,
            "cell_sites": cell_sites,
            "service_curves": service_curves,
            "catchments": catchments,
            "site_loads": site_loads,
            "patrol_streets": patrol_streets,
            "patrol_facts": patrol_facts,
        },
    )
    with _transaction(bind) as connection:
        connection.execute(_LOCK)
        district_id = _write_district(connection, district, frames, at)
        _write_summary(connection, district_id, summary or {})
        write_grid(connection, district_id, grid)
        if not discard_editions:
            refuse_loss(connection, district_id, district["lineage"])
        before = mark_grid(connection, district_id)
        for table in reversed(t.LAYERS.values()):
            # Absences entered on a page are in no file: they outlive a load.
            loaded = [table.c.entered_at.is_(None)] if "entered_at" in table.c else []
            connection.execute(delete(table).where(table.c.district_id == district_id, *loaded))
        for done, (name, frame) in enumerate(frames.items()):
            progress("loading", done, len(frames))
            write_layer(connection, name, frame.assign(district_id=district_id))
        if before not in ("", mark_grid(connection, district_id)):
            raise_number(connection, district_id)
        log_loaded(connection, district_id, district["lineage"])
        write_privacy(connection, district_id, privacy)
        write_standards(connection, district_id, standards)
        connection.execute(_WORK_OUT_AGAIN, {"district": district_id})
        open_cursor(connection).execute(
            sql.SQL("ANALYZE {}").format(sql.SQL(", ").join(map(sql.Identifier, t.LAYERS)))
        )
        connection.execute(text("SELECT set_config('app.loading', '', true)"))
    progress("loading", len(frames), len(frames))
    return district_id


def remove_district(connection: Connection, district_id: int) -> None:
    """Remove a district with all its layers and the scopes that name it."""
    connection.execute(_LOCK)
    connection.execute(delete(t.districts).where(t.districts.c.id == district_id))


@contextmanager
def _transaction(bind: Engine | Connection) -> Iterator[Connection]:
    try:
        if isinstance(bind, Engine):
            with bind.begin() as connection:
                yield connection
        else:
            with bind.begin_nested():
                yield bind
    except DBAPIError as error:
        raise StoreError(tell_refusal("district", error.orig or error)) from error


def _gather(
    district: District, computed: Mapping[str, pd.DataFrame | None]
) -> dict[str, pd.DataFrame]:
    """All frames in the order of loading, in longitude and latitude, with cell and community."""
    cells = district["cells"]
    belongs = pd.Series(
        cells["community_code"].to_numpy(), index=cells["cell_id"].to_numpy(), dtype="str"
    )
    frames: dict[str, pd.DataFrame] = {}
    for name in t.LAYERS:
        given = computed.get(name)
        if name not in computed:
            given = district.communities if name == "communities" else district[name]
        if given is None or given.empty:
            continue
        _check_cells(name, given, belongs)
        if name in ("fixes", "scans"):
            given = given[on_duty(given, district["shifts"])]
        if name == "gaps":
            given = _hide_blind_spots(given, cells)
        frames[name] = _place(name, given, cells, belongs, frames)
    return {name: project(frame, LONLAT, name) for name, frame in frames.items()}


def _of_the_day(district: District, at: dt.date | None) -> District:
    """District with the grid in force as cells, and what came before it as past cells."""
    day = _local_day(at, district.timezone) or district.today()
    present = district.on(day)
    if present is district:
        return district
    lineage = district["lineage"]
    earlier: dict[str, Any] = {"lineage": lineage[lineage["on"] <= pd.Timestamp(day)]}
    for name in ("cells", "communities"):
        every = pd.concat([district[f"past_{name}"], district[name]], ignore_index=True)
        earlier[f"past_{name}"] = every[every["valid_to"] <= pd.Timestamp(day)]
    return present.with_layers(**earlier)


def _hide_blind_spots(gaps: Any, cells: gpd.GeoDataFrame) -> Any:
    """Gaps of cameras drawn as their cells: every role reads gaps, and arcs betray a pose.

    The blind spots themselves are a layer of their own, for liaisons (PRIVACY.md 5).
    """
    ground = project(cells, gaps.crs, "cells").set_index("cell_id").geometry
    whole = ground.reindex(gaps["cell_id"]).to_numpy()
    seen = (gaps["dimension"] == "cameras").to_numpy()
    return gaps.assign(geometry=np.where(seen, whole, gaps.geometry.to_numpy()))


def _check_cells(name: str, frame: pd.DataFrame, belongs: pd.Series) -> None:
    if name not in ("coverage", "presence", "cell_sites", "unserved"):
        return
    strange = ~frame["cell_id"].isin(belongs.index)
    if strange.any():
        raise InputError(
            f"The {name} table was computed for another grid: expected cells of this district, "
            f"found {name_ids(frame['cell_id'][strange].unique())}. Compute it again with gridmap "
            "cover for this very district file."
        )


def _place(
    name: str,
    frame: Any,
    cells: gpd.GeoDataFrame,
    belongs: pd.Series,
    before: Mapping[str, pd.DataFrame],
) -> Any:
    """Frame with the columns that row-level security and the cell sheet need."""
    frame = frame.reset_index(drop=True)
    if name == "lineage":
        return frame.assign(community_code=frame["new_cell_id"].map(belongs))
    if name in ("cells", "past_cells"):
        return frame.assign(area_m2=frame.geometry.area, border_m=frame.geometry.length)
    if name == "fixes":
        return frame.assign(day=frame["time"].dt.strftime("%Y-%m-%d"))
    if name in ("coverage", "gaps"):
        frame = frame.assign(window=frame["window"].fillna("") if "window" in frame else "")
    if name in ("sites", "cameras", "checkpoints", "patrol_streets") and len(cells):
        frame = frame.assign(cell_id=assign_points(frame.representative_point(), cells).to_numpy())
    if name == "views":
        cell_of: dict[Any, Any] = {}
        if "cameras" in before:
            cell_of = before["cameras"].set_index("camera_id")["cell_id"].to_dict()
        frame = frame.assign(cell_id=frame["camera_id"].map(cell_of))
    if "cell_id" not in frame or name == "gaps":
        return frame
    # A duty may name a whole community in place of a cell.
    whole = frame["cell_id"].where(frame["cell_id"].isin(belongs.to_numpy()))
    return frame.assign(community_code=frame["cell_id"].map(belongs).fillna(whole))


def _write_district(
    connection: Connection,
    district: District,
    frames: Mapping[str, pd.DataFrame],
    at: dt.date | None,
) -> int:
    boundary = project(district["boundary"], LONLAT, "boundary")
    code = boundary["code"].iloc[0]
    told = district["provenance"].astype(object)
    values: dict[str, Any] = {
        "key": district.name if pd.isna(code) else str(code),
        "name": district.name,
        "code": None if pd.isna(code) else str(code),
        "crs": f"EPSG:{district.crs.to_epsg()}",
        "timezone": district.timezone,
        "bounds": [float(one) for one in boundary.total_bounds],
        "as_of": _local_day(at, district.timezone),
        "counts": {name: len(frame) for name, frame in frames.items()},
        "provenance": told.where(told.notna(), None).to_dict("records"),
        "synthetic": list(district.synthetic_layers),
        "geometry": shapely.to_wkb(
            shapely.set_srid(boundary.geometry.union_all(), 4326), hex=True, include_srid=True
        ),
    }
    statement = upsert(t.districts).values(values)
    renewed: dict[str, Any] = {name: statement.excluded[name] for name in values if name != "key"}
    renewed |= {"version": t.districts.c.version + 1, "loaded_at": func.now()}
    return connection.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_=renewed).returning(
            t.districts.c.id
        )
    ).scalar_one()


def _write_summary(connection: Connection, district_id: int, summary: Mapping[str, Any]) -> None:
    connection.execute(delete(t.summaries).where(t.summaries.c.district_id == district_id))
    general = {name: value for name, value in summary.items() if name not in _DIMENSIONS}
    parts = {"": general} if general else {}
    parts |= {name: summary[name] for name in _DIMENSIONS if name in summary}
    for dimension, body in parts.items():
        connection.execute(
            insert(t.summaries).values(district_id=district_id, dimension=dimension, body=body)
        )


def _local_day(at: dt.date | None, timezone: str) -> dt.date | None:
    if isinstance(at, dt.datetime):
        moment = pd.Timestamp(at)
        return (moment.tz_convert(timezone) if moment.tzinfo else moment).date()
    return at
