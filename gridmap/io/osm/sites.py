"""Service sites by the tag table, from nodes and areas, each place once."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import reference
from gridmap.crs import WGS84, project
from gridmap.io.osm.account import Tally
from gridmap.io.osm.elements import Elements
from gridmap.io.osm.tags import name_of, number_of

_SAME_PLACE_M = 10.0
_CLOSED = ("no", "private")


def lay_sites(elements: Elements, areas: gpd.GeoDataFrame, tally: Tally) -> gpd.GeoDataFrame:
    """Service sites as points; an area is one point inside it.

    Parameters
    ----------
    elements : Elements
        What the file holds; its nodes are used.
    areas : GeoDataFrame
        All areas in the metric CRS, from :func:`gridmap.io.osm.areas.lay_areas`.
    tally : Tally
        Told of private places and of places mapped twice.

    Returns
    -------
    GeoDataFrame
        Columns ``site_id``, ``type``, ``name``, ``capacity``.

    Notes
    -----
    A node within 10 m of an area of the same type is the same place if either has no name or the
    names are equal; so is an area that overlaps another one. Two nodes are never merged: bus stops
    face each other under one name.
    """
    crs = areas.crs
    nodes = gpd.GeoDataFrame(
        {
            "osm_id": [one.osm_id for one in elements.places],
            "tags": pd.Series([one.tags for one in elements.places], dtype=object),
        },
        geometry=shapely.points(
            [(one.lon, one.lat) for one in elements.places] or np.empty((0, 2))
        ),
        crs=WGS84,
    )
    rows = pd.concat([_typed(areas), _typed(project(nodes, crs, "nodes"))], ignore_index=True)
    closed = np.array([tags.get("access") in _CLOSED for tags in rows["tags"]], dtype=bool)
    tally.drop("site", "private: access=private or access=no", rows["osm_id"][closed])
    rows = _once(rows[~closed].reset_index(drop=True), tally)
    return gpd.GeoDataFrame(
        {
            "site_id": rows["osm_id"],
            "type": rows["type"],
            "name": rows["name"],
            "capacity": [number_of(tags.get("capacity")) for tags in rows["tags"]],
        },
        geometry=shapely.point_on_surface(rows.geometry.to_numpy()),
        crs=crs,
    ).astype({"capacity": "float64"})


def _typed(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    types = [reference.type_of_tags(tags) for tags in places["tags"]]
    names = [name_of(tags) for tags in places["tags"]]
    typed = places.assign(type=pd.array(types, dtype="str"), name=pd.array(names, dtype="str"))
    return typed[typed["type"].notna()]


def _once(rows: gpd.GeoDataFrame, tally: Tally) -> gpd.GeoDataFrame:
    shapes = rows.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, "dwithin", distance=_SAME_PLACE_M)
    type_, name = rows["type"].to_numpy(), rows["name"].fillna("").to_numpy(dtype=object)
    area = shapely.get_dimensions(shapes) == 2
    same = (type_[left] == type_[right]) & (left < right) & area[left]
    same &= (name[left] == name[right]) | (name[left] == "") | (name[right] == "")
    left, right = left[same], right[same]
    # Two areas are one place only where they overlap: pitches lie side by side.
    shared = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    smaller = np.minimum(shapely.area(shapes[left]), shapely.area(shapes[right]))
    one = ~area[right] | (shared > smaller / 2)
    left, right = left[one], right[one]
    again = np.unique(right)
    tally.drop("site", "the same place mapped twice (node and area)", rows["osm_id"].iloc[again])
    unnamed = name[left] == ""
    rows.loc[left[unnamed], "name"] = rows["name"].to_numpy()[right[unnamed]]
    return rows.drop(index=again).reset_index(drop=True)
