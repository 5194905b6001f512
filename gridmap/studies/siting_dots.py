"""Places of a plan of sites as dots of a map: few enough to be drawn, with all their people."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.crs import WGS84, project

Plain = dict[str, Any]
MOST_DOTS = 4_000
"""Places of homes, and candidates, told one by one; more are put together by squares."""
DIGITS = 6
"""Decimals of longitude and latitude: a tenth of a metre."""
_FIRST_SQUARE_M = 50.0


def tell_spots(candidates: gpd.GeoDataFrame) -> Plain:
    """Tell the places of candidates, every so many of them where there are very many."""
    step = -(-len(candidates) // MOST_DOTS) if len(candidates) else 1
    places = lonlat(candidates.geometry.iloc[::step])
    xy = shapely.get_coordinates(places).round(DIGITS)
    return {"spots": xy.tolist(), "spots_step": step}


def tell_homes(homes: gpd.GeoDataFrame) -> Plain:
    """Tell homes newly served, no longer served and still not served, as dots with people."""
    new = (homes["served_after"] - homes["served_before"]).round(6)
    left = (homes["people"] - homes["served_after"]).round(6)
    return {
        "gained": tell_dots(homes, new.clip(lower=0)),
        "lost": tell_dots(homes, (-new).clip(lower=0)),
        "left": tell_dots(homes, left.clip(lower=0)),
    }


def tell_dots(homes: gpd.GeoDataFrame, people: pd.Series) -> list[list[float]]:
    """Tell longitude, latitude and people of places, by squares where there are many.

    Examples
    --------
    >>> from pyproj import CRS
    >>> spots = gpd.points_from_xy([117.0, 117.001], [40.0, 40.0], crs=4326)
    >>> homes = project(gpd.GeoDataFrame(geometry=spots), CRS.from_epsg(4548), "homes")
    >>> tell_dots(homes, pd.Series([0.0, 7.0]))
    [[117.001, 40.0, 7.0]]
    """
    shown = (people > 0).to_numpy(dtype=bool)
    xy = shapely.get_coordinates(np.asarray(homes.geometry[shown], dtype=object))
    count = people.to_numpy(dtype=float)[shown]
    size = _FIRST_SQUARE_M
    while len(xy) > MOST_DOTS:
        _, group = np.unique(np.floor(xy / size), axis=0, return_inverse=True)
        total = np.bincount(group.ravel(), weights=count)
        xy = np.column_stack(
            [np.bincount(group.ravel(), weights=count * one) / total for one in xy.T]
        )
        count, size = total, 2 * size
    if not len(xy):
        return []
    places = lonlat(gpd.GeoSeries(shapely.points(xy), crs=homes.crs))
    return np.column_stack([shapely.get_coordinates(places).round(DIGITS), count.round(1)]).tolist()


def lonlat(shapes: gpd.GeoSeries) -> Any:
    """Shapes in longitude and latitude [°]."""
    frame = gpd.GeoDataFrame(geometry=shapes)
    return np.asarray(project(frame, WGS84, "candidates").geometry, dtype=object)
