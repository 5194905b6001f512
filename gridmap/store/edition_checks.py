"""What is looked at before a grid is put in force in the database."""

import datetime as dt
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection, select

from gridmap.errors import InputError, name_ids
from gridmap.grid.editions import check_day
from gridmap.store import reads
from gridmap.store import tables as t
from gridmap.units import TILING_TOLERANCE_M2


def check_days(old: pd.DataFrame, on: dt.date, timezone: str) -> None:
    """Refuse a first day before the grid in force or after today.

    Raises
    ------
    InputError
        Says what was expected and what was found.
    """
    check_day(old, on)
    today = dt.datetime.now(ZoneInfo(timezone)).date()
    if on > today:
        raise InputError(
            f"A grid is published on its first day or later, found {on}, today is {today}. Keep "
            "the draft until then."
        )


def check_codes(
    connection: Connection, district_id: int, old: pd.DataFrame, new: pd.DataFrame
) -> None:
    """Refuse codes that are given twice or were used before.

    Raises
    ------
    InputError
        Says what was expected and what was found.
    """
    codes = new["code"].dropna()
    if (twice := codes[codes.duplicated()]).size:
        raise InputError(f"Each cell has its own code; given twice: {name_ids(twice.unique())}.")
    p = t.past_cells.c
    gone = reads.read_frame(
        connection, select(p.cell_id, p.code).where(p.district_id == district_id)
    )
    before = set(gone["cell_id"]) | set(gone["code"].dropna())
    known = set(old["cell_id"]) | set(old["code"].dropna())
    given = (set(new["cell_id"]) | set(codes)) - known
    if used := sorted(given & before):
        raise InputError(
            f"The codes {name_ids(used)} were used before; a code is never given twice. Choose "
            "others for the new cells."
        )


def check_lineage(old: pd.DataFrame, new: gpd.GeoDataFrame, lineage: pd.DataFrame) -> None:
    """Refuse lineage that is not between these two grids.

    Raises
    ------
    InputError
        Says what was expected and what was found.
    """
    for side, cells in (("old", old), ("new", new)):
        told = lineage.groupby(f"{side}_cell_id")["area_m2"].sum()
        ids = set(cells["cell_id"]) ^ set(told.index)
        area_m2 = gpd.GeoDataFrame(cells).set_index("cell_id").area
        off = (area_m2 - told.reindex(area_m2.index)).abs() > TILING_TOLERANCE_M2
        ids |= set(area_m2.index[off])
        if ids:
            raise InputError(
                f"Lineage and {side} cells do not belong together; they differ in "
                f"{name_ids(sorted(ids))}. Trace the lineage between the grid in force and the "
                "cells to publish."
            )
