"""Where routes start: sites, coordinates, or the posts of the police."""

from collections.abc import Sequence

import geopandas as gpd
import shapely

from gridmap.crs import project
from gridmap.district import District
from gridmap.errors import InputError

BASES = ("police_room", "police_station")
"""Types of sites that units start from, unless told otherwise."""
_WGS84 = gpd.GeoSeries(crs=4326).crs


def start_points(district: District, starts: Sequence[str], units: int) -> list[shapely.Point]:
    """Where each unit starts: the places named, in turn; else police rooms and stations.

    Raises
    ------
    InputError
        If a place is neither the id of a site nor ``lon,lat``.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> len(start_points(toy_district(), (), 3))
    3
    """
    points = [point_of(district, text) for text in starts] or _bases(district)
    return [points[n % len(points)] for n in range(units)]


def point_of(district: District, text: str) -> shapely.Point:
    """Read one place: the id of a site, or ``lon,lat`` in degrees.

    Raises
    ------
    InputError
        If it is neither.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> point_of(toy, toy["sites"].site_id[0]).geom_type
    'Point'
    """
    sites = district["sites"]
    own = sites[sites["site_id"] == text]
    if len(own):
        return own.geometry.iloc[0].centroid
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(
            f"A start is the id of a site or lon,lat in degrees; found '{text}', which is neither."
        ) from error
    where = gpd.GeoSeries([shapely.Point(lon, lat)], crs=_WGS84)
    return project(where, district.crs).iloc[0]


def _bases(district: District) -> list[shapely.Point]:
    sites = district["sites"]
    own = sites[sites["type"].isin(BASES)]
    if len(own):
        return list(own.geometry.centroid)
    return [shapely.point_on_surface(district.outline)]
