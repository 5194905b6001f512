"""Coordinate reference systems: one metric CRS for each district, taken from its boundary."""

from typing import Any

import geopandas as gpd
from pyproj import CRS
from shapely import Point
from tzfpy import get_tz

from gridmap.errors import CRSError

WGS84 = CRS.from_epsg(4326)
_CGCS2000_3_DEGREE_FIRST = (75, 4534)
"""Central meridian and EPSG code of the first CGCS2000 / 3-degree Gauss-Kruger CM zone."""


def centroid_lonlat(boundary: gpd.GeoSeries | gpd.GeoDataFrame) -> Point:
    """Centroid of a boundary as longitude and latitude [°].

    Parameters
    ----------
    boundary : GeoSeries or GeoDataFrame
        Outline of the district in any declared CRS.

    Raises
    ------
    CRSError
        If the boundary has no CRS or is empty.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> square = gpd.GeoSeries([shapely.box(116, 39, 117, 40)], crs=4326)
    >>> [round(v, 2) for v in centroid_lonlat(square).coords[0]]
    [116.5, 39.5]
    """
    if boundary.crs is None:
        raise CRSError(
            "The boundary has no coordinate reference system; expected a declared CRS such as "
            "EPSG:4326. Declare it in the file (a .prj for a Shapefile); gridmap never guesses."
        )
    outline = boundary.geometry.to_crs(WGS84).union_all()
    if outline.is_empty:
        raise CRSError("The boundary is empty; expected one polygon around the district.")
    return outline.centroid


def metric_crs(boundary: gpd.GeoSeries | gpd.GeoDataFrame) -> CRS:
    """Metric CRS of a district, from the centroid of its boundary.

    Parameters
    ----------
    boundary : GeoSeries or GeoDataFrame
        Outline of the district in any declared CRS.

    Returns
    -------
    CRS
        CGCS2000 3-degree Gauss-Kruger by central meridian in China, else UTM on WGS 84.

    Raises
    ------
    CRSError
        If the boundary has no CRS, is empty, or lies beyond the reach of UTM.

    Notes
    -----
    A district across a zone edge takes the zone of its centroid. EPSG:3857 is never measured in:
    a square of 1 km² in Beijing gains 70 % there.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> beijing = gpd.GeoSeries([shapely.box(116.3, 39.8, 116.5, 40.0)], crs=4326)
    >>> metric_crs(beijing).to_epsg()
    4548
    >>> helsinki = gpd.GeoSeries([shapely.box(24.9, 60.1, 25.0, 60.2)], crs=4326)
    >>> metric_crs(helsinki).to_epsg()
    32635
    """
    centre = centroid_lonlat(boundary)
    if _in_china(centre):
        meridian = int(3 * round(centre.x / 3))
        first_meridian, first_code = _CGCS2000_3_DEGREE_FIRST
        return CRS.from_epsg(first_code + (meridian - first_meridian) // 3)
    if not -80 <= centre.y <= 84:
        raise CRSError(
            f"The boundary lies at latitude {centre.y:.1f}°, beyond UTM (-80° to 84°). "
            "Check for swapped coordinates."
        )
    zone = int((centre.x + 180) // 6) % 60 + 1
    return CRS.from_epsg((32600 if centre.y >= 0 else 32700) + zone)


def time_zone(boundary: gpd.GeoSeries | gpd.GeoDataFrame) -> str:
    """IANA time zone at the centroid of a boundary.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> time_zone(gpd.GeoSeries([shapely.box(24.9, 60.1, 25.0, 60.2)], crs=4326))
    'Europe/Helsinki'
    """
    centre = centroid_lonlat(boundary)
    return get_tz(centre.x, centre.y) or "UTC"


def project(frame: Any, crs: CRS, layer: str = "layer") -> Any:
    """Frame in another CRS; a table without geometry is handed back as it is.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Rows with a declared CRS where they have geometry.
    crs : CRS
        CRS to project to.
    layer : str
        Name of the layer, for the error.

    Raises
    ------
    CRSError
        If the frame has geometry and no CRS.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> point = gpd.GeoDataFrame(geometry=[shapely.Point(117, 0)], crs=4326)
    >>> [round(v) for v in project(point, CRS.from_epsg(4548)).geometry[0].coords[0]]
    [500000, 0]
    """
    if not isinstance(frame, gpd.GeoDataFrame | gpd.GeoSeries):
        return frame
    if frame.crs is None:
        raise CRSError(
            f"Layer '{layer}' has no coordinate reference system; expected a declared CRS such as "
            "EPSG:4326. Declare it in the file (a .prj for a Shapefile); gridmap never guesses."
        )
    return frame if frame.crs == crs else frame.to_crs(crs)


def _in_china(place: Point) -> bool:
    return get_tz(place.x, place.y) in {
        "Asia/Shanghai",
        "Asia/Urumqi",
        "Asia/Hong_Kong",
        "Asia/Macau",
        "Asia/Taipei",
    }
