"""The nine principles of unit-grid division, measured: what each cell is like, and the whole grid.

CJ/T 213 and GB/T 30428.1 ask that unit grids be seamless, belong to one community, be of suitable
size, balanced, follow the ground, be stable and answered for; dedicated cells are kept whole and
codes are unique (MEASURES.md 1). What breaks one becomes a finding (:mod:`gridmap.grid.examine`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.grid.balance import measure_balance
from gridmap.grid.boundary import (
    MAIN_STREETS,
    RAILWAY_GROUND,
    STREETS,
    WATER,
    Shapes,
    length_along,
    metres_inside,
    take_streets,
    water_through,
)
from gridmap.grid.join import assign_points, share_lines
from gridmap.reference import RAILS, RIVERS

PRINCIPLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "seamless": ("tiling_gap", "tiling_overlap"),
        "belongs": ("cell_outside_community", "unknown_community", "community_without_cells"),
        "suitable_size": ("cell_too_large", "cell_too_small", "households_unknown", "no_household"),
        "balanced": ("unbalanced_cells",),
        "follows_ground": ("cell_crossed", "border_off_ground", "cell_in_parts", "straggling_cell"),
        "stable": (
            "no_valid_from",
            "ends_before_it_begins",
            "overlapping_validity",
            "lineage_loses_ground",
            "lineage_unknown_cell",
        ),
        "answered_for": ("nobody_answers", "community_answers", "two_accountable_posts"),
        "dedicated_whole": ("dedicated_cell_cut", "campus_in_many_cells"),
        "codes": (
            "no_cell_code",
            "odd_cell_code",
            "duplicate_code",
            "code_of_another_community",
        ),
    }
)
"""The nine principles in the order of the standard, and the rules whose findings break them."""

HOUSEHOLD_BAND = (300.0, 500.0)
"""Households of a basic cell [households]: the national guide value for urban communities."""
CROSSING_M = 50.0
"""Metres of main street, river or rail in its interior [m] from which on a cell is crossed."""
CELL_FIGURES = (
    "households",
    "area_m2",
    "border_m",
    "compactness",
    "deviation_share",
    "ground_m",
    "ground_share",
    "street_share",
    "crossing_m",
    "parts",
    "sites",
    "events",
    "street_m",
)
"""Columns of :attr:`GridQuality.cells`."""


@dataclass(frozen=True, eq=False)
class GridQuality:
    """What a grid is like.

    Attributes
    ----------
    cells : DataFrame
        On the index of the cells: ``cell_id``, ``community_code``, ``dedicated`` and the columns
        of :data:`CELL_FIGURES`. ``in_band`` is yes, no or empty (dedicated, households unknown).
    balance : DataFrame
        Of :func:`gridmap.grid.balance.measure_balance` for households, area, sites, events and
        street metres of the basic cells.
    totals : mapping of str to float
        ``cells``, ``dedicated``, ``judged`` (basic cells with known households), ``in_band``,
        ``in_band_share``, ``deviation_p95_share``, ``deviation_max_share``,
        ``compactness_mean``, ``ground_share``, ``street_share`` (of all borders by length),
        ``crossed`` (cells, by :data:`CROSSING_M` or more) and ``in_parts`` (cells),
        ``contiguous_share``.
    band : tuple of float
        Least and most households of a basic cell.
    target : float
        Households from which deviations are counted.
    """

    cells: pd.DataFrame
    balance: pd.DataFrame
    totals: Mapping[str, float]
    band: tuple[float, float]
    target: float


def describe_grid(
    cells: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    landuse: gpd.GeoDataFrame,
    *,
    band: tuple[float, float] = HOUSEHOLD_BAND,
    target: float | None = None,
    sites: gpd.GeoDataFrame | None = None,
    events: gpd.GeoDataFrame | None = None,
) -> GridQuality:
    """Measure a grid against the principles of its division.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells valid together, with ``cell_id``, ``community_code``, ``kind`` and ``households``.
    communities, roads, landuse : GeoDataFrame
        Layers of the district in the same metric CRS; roads and land use may be empty.
    band : tuple of float
        Least and most households of a basic cell [households].
    target : float, optional
        Households to count deviations from; default the middle of the band.
    sites, events : GeoDataFrame, optional
        Places to be counted in each cell.

    Returns
    -------
    GridQuality
        Figures of each cell, balance of the loads, totals.

    Notes
    -----
    Compactness is Polsby–Popper, 4π·A ÷ P²: 1 for a circle, π/4 for a square, whatever its size.
    Deviation is |households − target| ÷ target. A border follows the ground where it runs within
    10 m along a public street, rail or river, through water or railway ground, or along the border
    of a community. A crossing is what a main street, river or rail runs more than 20 m inside a
    cell, or water that divides it (MEASURES.md 1).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> quality = describe_grid(
    ...     toy["cells"], toy.communities, toy["roads"], toy["landuse"], band=(30, 70)
    ... )
    >>> quality.cells[["households", "in_band", "ground_share"]].values.tolist()
    [[80.0, False, 0.75], [64.0, True, 0.75], [40.0, True, 0.75], [16.0, False, 0.75]]
    >>> round(quality.totals["in_band_share"], 2), round(quality.totals["compactness_mean"], 3)
    (0.5, 0.785)
    """
    middle = float(np.mean(band)) if target is None else float(target)
    table = pd.concat(
        [
            _of_shape(cells),
            _of_size(cells, band, middle),
            _of_ground(cells, communities, roads, landuse),
            _of_load(cells, roads, sites, events),
        ],
        axis=1,
    )
    basic = table[~table["dedicated"]]
    loads = basic[["households", "area_m2", "sites", "events", "street_m"]]
    return GridQuality(table, measure_balance(loads), _totals(table), band, middle)


def compactness(shapes: gpd.GeoSeries) -> pd.Series:
    """Polsby–Popper compactness of polygons, 4π·A ÷ P².

    Examples
    --------
    >>> square, strip = shapely.box(0, 0, 100, 100), shapely.box(0, 0, 10, 1000)
    >>> compactness(gpd.GeoSeries([square, strip])).round(3).tolist()
    [0.785, 0.031]
    """
    return pd.Series(4 * np.pi * shapes.area / shapes.length**2, index=shapes.index)


def count_parts(shapes: gpd.GeoSeries) -> pd.Series:
    """Parts of each polygon that do not share a line; 1 is contiguous.

    Examples
    --------
    >>> by_corner = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2)])
    >>> count_parts(gpd.GeoSeries([shapely.box(0, 0, 1, 1), by_corner])).tolist()
    [1, 2]
    """
    parts = pd.Series(shapely.get_num_geometries(shapes.to_numpy()), index=shapes.index)
    several = (parts > 1).to_numpy()
    whole = [shapely.unary_union([one]) for one in shapes.to_numpy()[several]]
    parts[several] = shapely.get_num_geometries(np.array(whole, dtype=object))
    return parts


def _of_shape(cells: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cell_id": cells["cell_id"],
            "community_code": cells["community_code"],
            "dedicated": (cells["kind"] == "dedicated").fillna(False).astype(bool),
            "area_m2": cells.area,
            "border_m": cells.length,
            "compactness": compactness(cells.geometry),
            "parts": count_parts(cells.geometry),
        }
    )


def _of_size(cells: gpd.GeoDataFrame, band: tuple[float, float], target: float) -> pd.DataFrame:
    households = cells["households"].astype("float64")
    judged = households.notna() & (cells["kind"] != "dedicated").fillna(True).astype(bool)
    within = households.between(*band).astype("boolean").where(judged)
    deviation = ((households - target).abs() / target).where(judged)
    return pd.DataFrame({"households": households, "in_band": within, "deviation_share": deviation})


def _of_ground(
    cells: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    landuse: gpd.GeoDataFrame,
) -> pd.DataFrame:
    if roads.empty:
        # Without streets nothing is known of the ground: unknown, not none.
        names = ("ground_m", "ground_share", "street_share", "crossing_m")
        return pd.DataFrame(np.nan, index=cells.index, columns=list(names))
    water = ground_of(landuse, WATER)
    fixed = np.concatenate([water, ground_of(landuse, RAILWAY_GROUND)])
    streets = take_streets(roads, STREETS)
    limits = shapely.boundary(np.concatenate([fixed, communities.geometry.to_numpy()]))
    lines = np.concatenate([streets, take_streets(roads, RIVERS | RAILS), limits])
    ground_m = length_along(cells, lines, fixed)
    barriers = take_streets(roads, MAIN_STREETS | RIVERS | RAILS, links=False)
    return pd.DataFrame(
        {
            "ground_m": ground_m,
            "ground_share": ground_m / cells.length,
            "street_share": length_along(cells, streets) / cells.length,
            "crossing_m": metres_inside(cells, barriers) + water_through(cells, water),
        }
    )


def _of_load(
    cells: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame | None,
    events: gpd.GeoDataFrame | None,
) -> pd.DataFrame:
    kind = roads["highway"].astype("str").str.removesuffix("_link")
    streets = roads[kind.isin(STREETS).to_numpy()]
    by_cell = share_lines(streets, cells).groupby("cell_id")["length_m"].sum()
    street_m = cells["cell_id"].map(by_cell).fillna(0.0).astype("float64")
    return pd.DataFrame(
        {
            "sites": _count(sites, cells),
            "events": _count(events, cells),
            "street_m": street_m if len(roads) else np.nan,
        },
        index=cells.index,
    )


def _count(places: gpd.GeoDataFrame | None, cells: gpd.GeoDataFrame) -> pd.Series | float:
    if places is None or places.empty:
        return np.nan
    spots = places.set_geometry(places.geometry.representative_point())
    found = assign_points(spots, cells).value_counts()
    return cells["cell_id"].map(found).fillna(0.0).astype("float64")


def ground_of(landuse: gpd.GeoDataFrame, kinds: frozenset[str]) -> Shapes:
    """Polygons of ground of these kinds."""
    chosen = landuse.geometry[landuse["kind"].isin(kinds).to_numpy()]
    return np.asarray(chosen.to_numpy(), dtype=object)


def _totals(table: pd.DataFrame) -> Mapping[str, float]:
    judged = table["in_band"].dropna().astype(bool)
    deviation = table["deviation_share"].dropna()
    border_m = table["border_m"].sum()
    totals = {
        "cells": len(table),
        "dedicated": int(table["dedicated"].sum()),
        "judged": len(judged),
        "in_band": int(judged.sum()),
        "in_band_share": float(judged.mean()) if len(judged) else np.nan,
        "deviation_p95_share": float(deviation.quantile(0.95)) if len(deviation) else np.nan,
        "deviation_max_share": float(deviation.max()) if len(deviation) else np.nan,
        "compactness_mean": float(table["compactness"].mean()),
        "ground_share": _of_border(table["ground_m"], border_m),
        "street_share": _of_border(table["street_share"] * table["border_m"], border_m),
        "crossed": int((table["crossing_m"] >= CROSSING_M).sum()),
        "in_parts": int((table["parts"] > 1).sum()),
        "contiguous_share": float((table["parts"] == 1).mean()) if len(table) else np.nan,
    }
    return MappingProxyType(totals)


def _of_border(along_m: pd.Series, border_m: float) -> float:
    return float(along_m.sum(min_count=1) / border_m) if border_m else np.nan
