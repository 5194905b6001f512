"""Lines that a division follows: streets, rivers, rails, and paths where a block is too large."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.grid.boundary import (
    MAIN_STREETS,
    RAILWAY_GROUND,
    STREETS,
    WATER,
    in_tunnel,
)
from gridmap.reference import RAILS, RIVERS

OUTLINE, PATH, STREET, MAIN, RIVER = 0, 1, 2, 3, 4
"""Ranks of lines: outline of dedicated ground, path, street, main street, river or rail."""
PATHS = frozenset({"service", "footway", "path", "steps", "track", "cycleway", "corridor", "trail"})
"""Ways inside blocks; they divide only a block that is too large."""
LEAST_WATER_M2 = 2000.0
"""A pond smaller than this [m²] divides nothing."""
REACH_M = 40.0
"""A street that ends this near [m] to a border is drawn on to it: maps are cut short of borders."""
_TOUCH_M = 1e-3


def take_lines(roads: gpd.GeoDataFrame, landuse: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Lines along which a district can be divided, with their rank.

    Parameters
    ----------
    roads : GeoDataFrame
        Layer ``roads``; ways with ``highway`` river, canal, rail, light_rail count as such. Ways
        whose column ``tunnel`` says so lie under the ground and divide nothing.
    landuse : GeoDataFrame
        Layer ``landuse``; banks of water and outlines of railway ground divide.

    Returns
    -------
    GeoDataFrame
        ``rank`` (:data:`PATH`, :data:`STREET`, :data:`MAIN` or :data:`RIVER`) and lines.

    Notes
    -----
    What counts as street and main street is that of :mod:`gridmap.grid.boundary`, so that a
    division follows what the check looks at (MEASURES.md 1).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> take_lines(toy["roads"], toy["landuse"])["rank"].tolist()
    [2, 2, 2, 2]
    """
    rank = _rank_of(roads)
    above = ~in_tunnel(roads) & (rank > OUTLINE)
    water = landuse["kind"].isin(WATER).to_numpy(bool) & (landuse.area > LEAST_WATER_M2).to_numpy()
    ground = water | landuse["kind"].isin(RAILWAY_GROUND).to_numpy(bool)
    banks = shapely.boundary(landuse.geometry.to_numpy()[ground])
    lines = np.concatenate([roads.geometry.to_numpy()[above], banks])
    ranks = np.concatenate([rank[above], np.full(len(banks), RIVER)])
    return gpd.GeoDataFrame({"rank": ranks}, geometry=lines, crs=roads.crs)


def close_ends(
    lines: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, *, reach_m: float = REACH_M
) -> gpd.GeoDataFrame:
    """Draw ends of streets on to the border of a community that they nearly reach.

    Parameters
    ----------
    lines : GeoDataFrame
        Lines with ``rank``.
    communities : GeoDataFrame
        Communities in the same CRS.
    reach_m : float
        Largest gap [m] that is closed.

    Returns
    -------
    GeoDataFrame
        The lines, and a straight stretch of the same rank for each gap.

    Notes
    -----
    Without it a map whose streets stop short of the district's edge has one block all around it.
    Only free ends are drawn on, those that no other line of at least their rank touches.

    Examples
    --------
    >>> from gridmap.samples import line, toy_district
    >>> toy = toy_district()
    >>> short = gpd.GeoDataFrame({"rank": [2]}, geometry=[line((10, 100), (150, 100))], crs=4548)
    >>> close_ends(short, toy.communities).geometry.length.tolist()
    [140.0, 10.0]
    """
    parts, source = shapely.get_parts(lines.geometry.to_numpy(), return_index=True)
    rank = lines["rank"].to_numpy()[source]
    ends = np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    own = np.tile(rank, 2)
    end, part = shapely.STRtree(parts).query(ends, predicate="dwithin", distance=_TOUCH_M)
    others = (part != end % len(parts)) & (rank[part] >= own[end])
    free = np.bincount(end[others], minlength=len(ends)) == 0
    closed = shapely.is_closed(parts)
    free &= ~np.tile(closed, 2) & ~shapely.is_missing(ends)
    borders = shapely.boundary(communities.geometry.to_numpy())
    spot, border = shapely.STRtree(borders).query_nearest(
        ends[free], max_distance=reach_m, all_matches=False
    )
    gap = shapely.shortest_line(ends[free][spot], borders[border])
    wide = shapely.length(gap) > 0
    added = gpd.GeoDataFrame({"rank": own[free][spot][wide]}, geometry=gap[wide], crs=lines.crs)
    return pd.concat([lines, added], ignore_index=True) if wide.any() else lines


def _rank_of(roads: gpd.GeoDataFrame) -> npt.NDArray[np.int64]:
    kind = roads["highway"].astype("str").str.removesuffix("_link")
    rank = np.full(len(roads), -1, dtype=np.int64)
    for value, kinds in (
        (PATH, PATHS),
        (STREET, STREETS),
        (MAIN, MAIN_STREETS),
        (RIVER, RIVERS | RAILS),
    ):
        rank[kind.isin(kinds).to_numpy(bool)] = value
    return rank
