"""Areas of the map: buildings with their parts merged in, and ground by kind."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridmap.crs import WGS84, project
from gridmap.io.osm.account import Tally
from gridmap.io.osm.elements import Elements
from gridmap.io.osm.tags import (
    kind_of_ground,
    metres_of,
    name_of,
    number_of,
    use_of_building,
)

_PART_INSIDE_SHARE = 0.5
_POLYGONS = ("Polygon", "MultiPolygon")


def lay_areas(elements: Elements, crs: CRS, tally: Tally) -> gpd.GeoDataFrame:
    """All areas of the file in the metric CRS, valid, with their tags.

    Parameters
    ----------
    elements : Elements
        What the file holds.
    crs : CRS
        Metric CRS of the district.
    tally : Tally
        Told of areas that had to be repaired, and of those that vanish.

    Returns
    -------
    GeoDataFrame
        Columns ``osm_id`` and ``tags``.
    """
    shapes = unwrap(shapely.from_wkb([one.wkb for one in elements.areas]))
    frame = gpd.GeoDataFrame(
        {
            "osm_id": [one.osm_id for one in elements.areas],
            "tags": pd.Series([one.tags for one in elements.areas], dtype=object),
        },
        geometry=shapes,
        crs=WGS84,
    )
    frame = project(frame, crs, "areas")
    broken = ~frame.geometry.is_valid.to_numpy()
    tally.drop("area", "outline was invalid and was repaired", frame["osm_id"][broken])
    repaired = [keep_polygons(one) for one in shapely.make_valid(frame.geometry[broken].values)]
    frame.loc[broken, "geometry"] = gpd.GeoSeries(repaired, index=frame.index[broken], crs=crs)
    kept = frame.geometry.area.to_numpy() > 0
    tally.drop("area", "outline has no area", frame["osm_id"][~kept])
    return frame[kept].reset_index(drop=True)


def keep_polygons(shape: Any) -> Any:
    """Only the polygons of a geometry; empty if it has none.

    Examples
    --------
    >>> import shapely
    >>> mixed = shapely.from_wkt("GEOMETRYCOLLECTION(POINT(0 0), POLYGON((0 0, 1 0, 1 1, 0 0)))")
    >>> keep_polygons(mixed).geom_type
    'Polygon'
    """
    if shape.geom_type in _POLYGONS:
        return shape
    parts = [one for one in shapely.get_parts(shape) if one.geom_type in _POLYGONS]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def unwrap(shapes: Any) -> Any:
    """Single polygons out of multipolygons of one part.

    Examples
    --------
    >>> import shapely
    >>> [one.geom_type for one in unwrap([shapely.MultiPolygon([shapely.box(0, 0, 1, 1)])])]
    ['Polygon']
    """
    every = np.asarray(shapes, dtype=object)
    lone = shapely.get_num_geometries(every) == 1
    return np.where(lone, shapely.get_geometry(every, 0), every)


def lay_buildings(areas: gpd.GeoDataFrame, outer_ways: set[str], tally: Tally) -> gpd.GeoDataFrame:
    """Lay each building once: parts merged into their outline, courtyards open.

    Parameters
    ----------
    areas : GeoDataFrame
        All areas, from :func:`lay_areas`.
    outer_ways : set of str
        Ways that are the outline of a building relation, which counts instead.
    tally : Tally
        Told of parts and outlines that were merged, and of numbers nobody can read.

    Returns
    -------
    GeoDataFrame
        Columns ``osm_id``, ``name``, ``use``, ``levels``, ``height_m``.

    Notes
    -----
    A part lies inside an outline if more than half of its area does; it is then dropped, so floor
    area is not doubled. Where the outline has no levels it takes the area-weighted mean of its
    parts, and where it has no height their greatest.
    """
    has = _tagged(areas, "building")
    part = _tagged(areas, "building:part") & ~has
    twice = has & areas["osm_id"].isin(outer_ways).to_numpy()
    tally.drop("building", "outline of a relation that counts instead", areas["osm_id"][twice])
    outlines = _described(areas[has & ~twice], tally)
    return _merge_parts(outlines, _described(areas[part], tally), tally)


def lay_ground(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Ground by kind (park, square, parking, water, residential …).

    Returns
    -------
    GeoDataFrame
        Columns ``osm_id``, ``kind``, ``name``.
    """
    kinds = pd.Series([kind_of_ground(tags) for tags in areas["tags"]], dtype="str")
    ground = areas[kinds.notna().to_numpy()]
    return gpd.GeoDataFrame(
        {
            "osm_id": ground["osm_id"],
            "kind": kinds[kinds.notna()],
            "name": [name_of(tags) for tags in ground["tags"]],
        },
        geometry=ground.geometry,
        crs=areas.crs,
    ).reset_index(drop=True)


def _tagged(areas: gpd.GeoDataFrame, key: str) -> np.ndarray:
    return np.array([tags.get(key, "no") != "no" for tags in areas["tags"]], dtype=bool)


def _described(areas: gpd.GeoDataFrame, tally: Tally) -> gpd.GeoDataFrame:
    levels = [number_of(tags.get("building:levels")) for tags in areas["tags"]]
    heights = [metres_of(tags.get("height")) for tags in areas["tags"]]
    for key, values in (("building:levels", levels), ("height", heights)):
        told = [key in tags for tags in areas["tags"]]
        bad = [t and v is None for t, v in zip(told, values, strict=True)]
        tally.drop(f"{key} value", "not readable, left empty", areas["osm_id"][bad])
    return gpd.GeoDataFrame(
        {
            "osm_id": areas["osm_id"].to_numpy(),
            "name": [name_of(tags) for tags in areas["tags"]],
            "use": [use_of_building(tags) for tags in areas["tags"]],
            "levels": pd.Series(levels, dtype="float64"),
            "height_m": pd.Series(heights, dtype="float64"),
        },
        geometry=areas.geometry.to_numpy(),
        crs=areas.crs,
    )


def _merge_parts(
    outlines: gpd.GeoDataFrame, parts: gpd.GeoDataFrame, tally: Tally
) -> gpd.GeoDataFrame:
    owner = _owner_of_parts(outlines, parts)
    inside = owner >= 0
    tally.drop("building part", "merged into its outline", parts["osm_id"][inside])
    merged = parts[inside].assign(owner=owner[inside], area=parts.geometry[inside].area)
    levels = merged.dropna(subset="levels")
    weighted = (levels["levels"] * levels["area"]).groupby(levels["owner"]).sum()
    mean = weighted / levels["area"].groupby(levels["owner"]).sum()
    result = outlines.assign(
        levels=outlines["levels"].fillna(mean.round(1)),
        height_m=outlines["height_m"].fillna(merged.groupby("owner")["height_m"].max()),
    )
    return pd.concat([result, parts[~inside]], ignore_index=True)


def _owner_of_parts(outlines: gpd.GeoDataFrame, parts: gpd.GeoDataFrame) -> np.ndarray:
    """Row of the outline that holds most of each part; -1 where none holds half of it."""
    owner = np.full(len(parts), -1)
    if outlines.empty or parts.empty:
        return owner
    shapes, whole = parts.geometry.to_numpy(), outlines.geometry.to_numpy()
    part, outline = shapely.STRtree(whole).query(shapes, predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[part], whole[outline]))
    share = shared / shapely.area(shapes[part])
    order = np.argsort(share, kind="stable")
    held = share[order] > _PART_INSIDE_SHARE
    owner[part[order][held]] = outline[order][held]
    return owner
