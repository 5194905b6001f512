"""Dedicated ground: campus, market, park, business block, kept whole as a cell of its own."""

from collections.abc import Mapping
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

DEDICATED_M2: Mapping[str, float] = MappingProxyType(
    {
        "campus": 20_000.0,
        "university": 20_000.0,
        "college": 20_000.0,
        "school": 20_000.0,
        "hospital": 10_000.0,
        "market": 5_000.0,
        "marketplace": 5_000.0,
        "park": 20_000.0,
        "business": 20_000.0,
        "business_park": 20_000.0,
        "industrial": 20_000.0,
    }
)
"""Kinds of ground that make a dedicated cell, from which area on [m²] (assumptions)."""


LEAST_HOLE_M2 = 20_000.0
"""A hole in a campus or park smaller than this [m²] belongs to it: a building, a yard."""


def large_enough(
    landuse: gpd.GeoDataFrame, *, least_m2: float | None = None
) -> npt.NDArray[np.bool_]:
    """Whether each row is of a kind and a size that make a dedicated cell.

    The division and the check of a grid both ask here, so that a grid laid by the one passes the
    other.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> bool(large_enough(toy_district()["landuse"], least_m2=3000).any())
    True
    """
    least = landuse["kind"].map(DEDICATED_M2).astype("float64")
    if least_m2 is not None:
        least = least.where(least.isna(), least_m2)
    return np.asarray(landuse.area >= least, dtype=bool)


def take_dedicated(
    landuse: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, *, least_m2: float | None = None
) -> gpd.GeoDataFrame:
    """Ground that a division keeps whole.

    Parameters
    ----------
    landuse : GeoDataFrame
        Layer ``landuse``; kinds of :data:`DEDICATED_M2` of enough area count.
    cells : GeoDataFrame
        Cells there are; those of kind ``dedicated`` that have not ended are kept to the metre.
    least_m2 : float, optional
        Least area of ground of any kind [m²], instead of the table.

    Returns
    -------
    GeoDataFrame
        ``name``, ``told`` (a cell that somebody drew, not ground of the map) and polygons: told
        ones first, then the larger first, so that the first one has what two claim.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> take_dedicated(toy["landuse"], toy["cells"]).empty
    True
    >>> take_dedicated(toy["landuse"], toy["cells"], least_m2=3000).area.tolist()
    [3600.0]
    """
    ground = landuse[large_enough(landuse, least_m2=least_m2)]
    ground = ground.set_geometry(_without_small_holes(ground.geometry))
    drawn = cells[((cells["kind"] == "dedicated") & cells["valid_to"].isna()).to_numpy(bool)]
    both = pd.concat([_named(drawn, told=True), _named(ground, told=False)], ignore_index=True)
    corner = shapely.bounds(both.geometry.to_numpy()).reshape(-1, 4)
    size = np.round(both.area.to_numpy(), 3)
    order = np.lexsort((corner[:, 1], corner[:, 0], -size, ~both["told"].to_numpy(bool)))
    return both.iloc[order].reset_index(drop=True)


def part_names(part: npt.NDArray[np.int64], dedicated: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """Name of the dedicated ground of each cell; empty where it has none."""
    names = np.full(len(dedicated) + 1, None, dtype=object)
    names[:-1] = dedicated["name"].astype("object")
    return np.asarray(names[part], dtype=object)


def _named(rows: gpd.GeoDataFrame, *, told: bool) -> gpd.GeoDataFrame:
    name = rows["name"] if "name" in rows else pd.Series(None, index=rows.index, dtype="str")
    return gpd.GeoDataFrame(
        {"name": name.to_numpy(object), "told": np.full(len(rows), told)},
        geometry=rows.geometry.to_numpy(),
        crs=rows.crs,
    )


def _without_small_holes(ground: gpd.GeoSeries) -> gpd.GeoSeries:
    parts, row = shapely.get_parts(ground.to_numpy(), return_index=True)
    filled = []
    for part in parts:
        holes = [one for one in part.interiors if shapely.Polygon(one).area >= LEAST_HOLE_M2]
        filled.append(shapely.Polygon(part.exterior, holes))
    whole = [
        shapely.union_all(np.array(filled, dtype=object)[row == n]) for n in range(len(ground))
    ]
    return gpd.GeoSeries(whole, index=ground.index, crs=ground.crs)
