"""Lineage: which cell became which, with how much ground and how many people.

A row says that an old and a new cell share ground. Everything else follows from the rows: what a
change was called, what is carried from old cells to new ones, and what two changes make together.
"""

import datetime as dt
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap import schema
from gridmap.errors import CRSError, InputError, name_ids
from gridmap.units import TILING_TOLERANCE_M2

KINDS = ("same", "merge", "split", "adjust", "recode")
"""What happened to a cell."""
SLIVER_M2 = 0.01
"""Shared ground [m²] up to which two cells only touch: the noise of drawn borders."""
SLIVER_SHARE = 1e-6
"""Likewise, as a share of the smaller of the two."""
COUNTS = ("households", "population")
FloatArray = npt.NDArray[np.float64]


def trace_lineage(
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    on: dt.date,
    weights: gpd.GeoDataFrame | None = None,
    *,
    grid_version: str | None = None,
) -> pd.DataFrame:
    """Lineage between two grids that cover the same ground, from their overlay.

    Parameters
    ----------
    old, new : GeoDataFrame
        All cells before and after, in one metric CRS, with ``cell_id``; ``code``, ``households``,
        ``population`` and ``grid_version`` where known.
    on : date
        First day of the new grid.
    weights : GeoDataFrame, optional
        Where people live, with ``households`` or ``population``: how the counts of an old cell
        spread over its ground. Without it, or where none lies in an old cell, they spread evenly.
    grid_version : str, optional
        Name of the new version; default that of the new cells.

    Returns
    -------
    DataFrame
        Layer ``lineage``, ordered by old and new cell.

    Raises
    ------
    CRSError
        If the two are not in the same metric CRS.
    InputError
        If an identifier occurs twice, or a cell covers ground that the other grid does not; the
        message names the cells and the area.

    Notes
    -----
    area_share = shared area ÷ area of the old cell; counts carried = count of the old cell ×
    share of its people there. Kinds (MEASURES.md 1, stable): one old cell, one new one on the same
    ground is *same*, or *recode* where identifier or code differ; whole old cells that became one
    are a *merge*; an old cell that became whole new ones is a *split*; everything else *adjust*.

    Examples
    --------
    >>> from gridmap.samples import box, toy_district
    >>> old = toy_district()["cells"]
    >>> new = old[old.cell_id != "sw"].copy()
    >>> new.loc[new.cell_id == "nw", "geometry"] = box(0, 0, 200, 400)
    >>> found = trace_lineage(old, new, dt.date(2026, 7, 1))
    >>> found[["old_cell_id", "new_cell_id", "kind", "area_m2", "population"]].values.tolist()[1:3]
    [['nw', 'nw', 'merge', 40000.0, 200.0], ['se', 'se', 'same', 40000.0, 40.0]]
    """
    _check_frames(old, new)
    one, other, area_m2 = _overlay(old.geometry.to_numpy(), new.geometry.to_numpy())
    _check_ground(old, new, one, other, area_m2)
    table = pd.DataFrame(
        {
            "old_cell_id": old["cell_id"].to_numpy()[one],
            "new_cell_id": new["cell_id"].to_numpy()[other],
            "on": pd.Timestamp(on).as_unit("us"),
            "old_version": _version(old),
            "grid_version": grid_version or _version(new),
            "area_m2": area_m2,
            "area_share": area_m2 / old.area.to_numpy()[one],
        }
    )
    table["kind"] = _kinds(table, _code(old)[one] == _code(new)[other])
    for name in COUNTS:
        share = _people_shares(old, new, table.assign(one=one, other=other), weights, name)
        counts = _column(old, name)[one]
        table[name] = counts * share
    table = table.sort_values(["old_cell_id", "new_cell_id"], ignore_index=True)
    return _conformed(table)


def compose_lineage(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Lineage of two editions one after the other.

    Parameters
    ----------
    first, second : DataFrame
        Layer ``lineage``; the old cells of the second are the new ones of the first.

    Returns
    -------
    DataFrame
        From the old cells of the first to the new cells of the second, on the day of the second.

    Raises
    ------
    InputError
        If the second begins with cells that the first does not end with.

    Notes
    -----
    share = Σ share of first × share of second over the cells between. This is the trace of the two
    ends wherever no cell between both came from several cells and became several; where one did,
    its ground is taken as mixed evenly.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> cells = toy_district()["cells"]
    >>> still = trace_lineage(cells, cells, dt.date(2026, 7, 1))
    >>> compose_lineage(still, still).kind.unique().tolist()
    ['same']
    """
    if strange := sorted(set(second["old_cell_id"]) - set(first["new_cell_id"])):
        raise InputError(
            "Two editions follow each other if the second begins with the cells of the first; "
            f"unknown there: {name_ids(strange)}. Compose editions in order of their days."
        )
    middle = first.merge(
        second, left_on="new_cell_id", right_on="old_cell_id", suffixes=("", "_then")
    )
    table = pd.DataFrame(
        {
            "old_cell_id": middle["old_cell_id"],
            "new_cell_id": middle["new_cell_id_then"],
            "area_m2": middle["area_m2"] * middle["area_share_then"],
            "area_share": middle["area_share"] * middle["area_share_then"],
            "changed": _recoded(middle),
        }
    )
    for name in COUNTS:
        into = second.groupby("old_cell_id")[name].transform("sum").to_numpy()
        share = pd.Series(second[name].to_numpy() / np.where(into > 0, into, np.nan))
        share = share.fillna(second["area_share"].reset_index(drop=True))
        keyed = pd.MultiIndex.from_frame(second[["old_cell_id", "new_cell_id"]])
        asked = pd.MultiIndex.from_frame(middle[["new_cell_id", "new_cell_id_then"]])
        table[name] = middle[name] * pd.Series(share.to_numpy(), keyed).reindex(asked).to_numpy()
    table = table.groupby(["old_cell_id", "new_cell_id"], as_index=False).agg(
        area_m2=("area_m2", "sum"),
        area_share=("area_share", "sum"),
        changed=("changed", "any"),
        households=("households", _sum_known),
        population=("population", _sum_known),
    )
    same_id = (table["old_cell_id"] == table["new_cell_id"]).to_numpy()
    table["kind"] = _kinds(table, same_id & ~table["changed"].to_numpy())
    table["on"] = second["on"].max()
    table["old_version"] = first["old_version"].iloc[0]
    table["grid_version"] = second["grid_version"].iloc[0]
    return _conformed(table)


def heirs(lineage: pd.DataFrame) -> pd.Series:
    """Mask of the rows whose new cell takes over what cannot be divided, such as a duty.

    Parameters
    ----------
    lineage : DataFrame
        Rows of one edition.

    Notes
    -----
    All new cells of a merge, split or new code; where a border was adjusted, the cell that kept
    its identifier, or, if none did, the one with most of the ground.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> cells = toy_district()["cells"]
    >>> bool(heirs(trace_lineage(cells, cells, dt.date(2026, 7, 1))).all())
    True
    """
    own = lineage["old_cell_id"] == lineage["new_cell_id"]
    kept = own.groupby(lineage["old_cell_id"]).transform("any")
    order = lineage.sort_values(["area_m2", "new_cell_id"], ascending=[False, True])
    most = ~order["old_cell_id"].duplicated().reindex(lineage.index)
    return (lineage["kind"] != "adjust") | own | (~kept & most)


def _recoded(middle: pd.DataFrame) -> pd.Series:
    """Mask of the paths on which a code changed; there and back to the old name is no change."""
    both = (middle["kind"] == "recode") & (middle["kind_then"] == "recode")
    back = (middle["old_cell_id"] == middle["new_cell_id_then"]) & (
        middle["old_cell_id"] != middle["new_cell_id"]
    )
    return ((middle["kind"] == "recode") | (middle["kind_then"] == "recode")) & ~(both & back)


def _check_frames(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> None:
    if old.crs != new.crs or old.crs is None or not old.crs.is_projected:
        raise CRSError(
            "Lineage is measured in one metric CRS; found "
            f"{old.crs} and {new.crs}. Project both grids to the CRS of the district first."
        )
    for which, cells in (("old", old), ("new", new)):
        twice = cells["cell_id"][cells["cell_id"].duplicated()]
        if len(twice):
            raise InputError(
                f"Cells of one grid have different identifiers; in the {which} grid several are "
                f"called {name_ids(twice.unique())}. Give each its own."
            )


def _overlay(
    old: npt.NDArray[np.object_], new: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], FloatArray]:
    """Pairs of old and new rows that share ground, and how much [m²].

    Cells with the very same outline are paired without measuring: after an edit nearly all are.
    """
    place = {shape: row for row, shape in enumerate(shapely.to_wkb(shapely.normalize(new)))}
    twin = np.array([place.get(one, -1) for one in shapely.to_wkb(shapely.normalize(old))], int)
    still = np.flatnonzero(twin >= 0)
    moved = np.flatnonzero(twin < 0)
    fresh = np.setdiff1d(np.arange(len(new)), twin[still])
    one, other = shapely.STRtree(new[fresh]).query(old[moved], predicate="intersects")
    one, other = moved[one], fresh[other]
    area_m2 = shapely.area(shapely.intersection(old[one], new[other]))
    smaller = np.minimum(shapely.area(old)[one], shapely.area(new)[other])
    real = area_m2 > np.maximum(SLIVER_M2, SLIVER_SHARE * smaller)
    return (
        np.concatenate([still, one[real]]),
        np.concatenate([twin[still], other[real]]),
        np.concatenate([shapely.area(old)[still], area_m2[real]]),
    )


def _check_ground(
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    one: npt.NDArray[np.intp],
    other: npt.NDArray[np.intp],
    area_m2: FloatArray,
) -> None:
    for which, cells, rows in (("old", old, one), ("new", new, other)):
        covered = np.bincount(rows, weights=area_m2, minlength=len(cells))
        off_m2 = cells.area.to_numpy() - covered
        wrong = np.abs(off_m2) > TILING_TOLERANCE_M2
        if wrong.any():
            lies = (
                "lie in no cell of the other grid, or in two of their own"
                if off_m2[wrong].sum() > 0
                else "lie in two cells of the other grid"
            )
            raise InputError(
                f"The old and the new grid should cover the same ground once; of the {which} cells "
                f"{name_ids(cells['cell_id'][wrong])} {abs(off_m2[wrong].sum()):.1f} m² {lies}. "
                "Correct the borders so that the new cells tile the old ground."
            )


def _kinds(table: pd.DataFrame, unchanged: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    """Kind of every row from how many rows its old and its new cell have."""
    old, new = table["old_cell_id"], table["new_cell_id"]
    successors = old.groupby(old).transform("size")
    ancestors = new.groupby(new).transform("size")
    whole_in = successors.groupby(new).transform("max") == 1
    whole_out = ancestors.groupby(old).transform("max") == 1
    single = (successors == 1) & (ancestors == 1)
    same = single & unchanged & (old == new)
    chosen = np.select(
        [same, single, whole_in & (ancestors > 1), whole_out & (successors > 1)],
        ["same", "recode", "merge", "split"],
        default="adjust",
    )
    return chosen.astype(object)


def _people_shares(
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    table: pd.DataFrame,
    weights: gpd.GeoDataFrame | None,
    name: str,
) -> FloatArray:
    """Share of the old cell's people in each row: by where they live, else by area."""
    whole = table.groupby("old_cell_id")["area_share"].transform("sum").to_numpy()
    even = table["area_share"].to_numpy() / whole
    if weights is None or weights.empty:
        return np.asarray(even)
    living = _column(weights, name)
    if np.isnan(living).all():
        living = np.nanmax([_column(weights, other) for other in COUNTS], axis=0)
    inner = weights.geometry.representative_point().to_numpy()
    was, now = _first_cell(old, inner), _first_cell(new, inner)
    width = len(new) + 1
    keys = was * width + now
    asked = table["one"].to_numpy() * width + table["other"].to_numpy()
    found, at = np.unique(asked, return_inverse=True)
    place = np.searchsorted(found, keys).clip(max=len(found) - 1)
    counted = (was >= 0) & (now >= 0) & (found[place] == keys) & (living > 0)
    here = np.bincount(place[counted], weights=living[counted], minlength=len(found))[at]
    total = np.bincount(table["one"], weights=here, minlength=len(old))[table["one"]]
    known = total > 0
    return np.where(known, np.divide(here, total, out=np.zeros_like(here), where=known), even)


def _first_cell(cells: gpd.GeoDataFrame, points: npt.NDArray[np.object_]) -> npt.NDArray[np.intp]:
    """Row of the first cell that each point lies in; -1 for none."""
    point, cell = shapely.STRtree(cells.geometry.to_numpy()).query(points, predicate="intersects")
    found = np.full(len(points), len(cells), dtype=np.intp)
    np.minimum.at(found, point, cell)
    return np.where(found == len(cells), -1, found)


def _column(frame: pd.DataFrame, name: str) -> FloatArray:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return frame[name].to_numpy(dtype=float, na_value=np.nan)


def _code(cells: pd.DataFrame) -> npt.NDArray[np.object_]:
    if "code" not in cells:
        return np.full(len(cells), "", dtype=object)
    return cells["code"].astype(object).where(cells["code"].notna(), "").to_numpy()


def _version(cells: pd.DataFrame) -> str | None:
    if "grid_version" not in cells or cells["grid_version"].isna().all():
        return None
    return str(cells["grid_version"].dropna().iloc[0])


def _sum_known(values: pd.Series) -> float:
    return float(values.sum(min_count=1))


def _conformed(table: pd.DataFrame) -> Any:
    return schema.conform(table[list(schema.layer("lineage").columns)], "lineage")
