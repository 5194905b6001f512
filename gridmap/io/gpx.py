"""Routes as GPX, for phones and navigators, and as GeoJSON."""

import xml.etree.ElementTree as ET  # written, never parsed
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import geopandas as gpd
import pyogrio

from gridmap.crs import project

_SPACE = "http://www.topografix.com/GPX/1/1"
_DECIMALS = 7


@dataclass(frozen=True)
class GpxPoint:
    """A stop of a route.

    Attributes
    ----------
    lon_deg, lat_deg : float
        Place in WGS 84 [°].
    name, note : str
        What a navigator shows.
    time : datetime, optional
        When the stop begins, with zone.
    """

    lon_deg: float
    lat_deg: float
    name: str
    note: str = ""
    time: datetime | None = None


@dataclass(frozen=True)
class GpxRoute:
    """One route: its line in WGS 84 [°] and its stops."""

    name: str
    lonlat_deg: Sequence[tuple[float, float]]
    stops: Sequence[GpxPoint] = ()
    note: str = ""


def write_gpx(routes: Sequence[GpxRoute], path: Path, note: str = "") -> None:
    """Write routes as GPX 1.1: stops as waypoints, lines as tracks.

    Parameters
    ----------
    routes : sequence of GpxRoute
        In order.
    path : Path
        File to make.
    note : str
        What a reader must know, in the description of the file.

    Notes
    -----
    Lines are tracks and not routes, because navigators compute routes anew between their points.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "r.gpx"
    ...     write_gpx([GpxRoute("unit 1", [(24.9, 60.1), (24.95, 60.1)])], file)
    ...     file.read_text(encoding="utf-8").count("<trkpt")
    2
    """
    root = ET.Element("gpx", {"xmlns": _SPACE, "version": "1.1", "creator": "gridmap"})
    if note:
        ET.SubElement(ET.SubElement(root, "metadata"), "desc").text = note
    for route in routes:
        for stop in route.stops:
            _waypoint(root, stop)
    for route in routes:
        track = ET.SubElement(root, "trk")
        ET.SubElement(track, "name").text = route.name
        if route.note:
            ET.SubElement(track, "desc").text = route.note
        segment = ET.SubElement(track, "trkseg")
        for lon, lat in route.lonlat_deg:
            ET.SubElement(segment, "trkpt", _place(lon, lat))
    ET.indent(root)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def write_geojson(frame: gpd.GeoDataFrame, path: Path, note: str = "") -> None:
    """Write one layer as GeoJSON (RFC 7946: WGS 84, seven decimals).

    Parameters
    ----------
    frame : GeoDataFrame
        With a declared CRS.
    path : Path
        File to make.
    note : str
        What a reader must know.
    """
    options = {"RFC7946": "YES", "COORDINATE_PRECISION": str(_DECIMALS)}
    if note:
        options["DESCRIPTION"] = note
    plain = project(frame, gpd.GeoSeries(crs=4326).crs, path.stem)
    pyogrio.write_dataframe(plain, path, driver="GeoJSON", layer=path.stem, layer_options=options)


def _waypoint(root: ET.Element, stop: GpxPoint) -> None:
    point = ET.SubElement(root, "wpt", _place(stop.lon_deg, stop.lat_deg))
    if stop.time is not None:
        ET.SubElement(point, "time").text = stop.time.isoformat().replace("+00:00", "Z")
    ET.SubElement(point, "name").text = stop.name
    if stop.note:
        ET.SubElement(point, "desc").text = stop.note


def _place(lon_deg: float, lat_deg: float) -> dict[str, str]:
    return {"lat": f"{lat_deg:.{_DECIMALS}f}", "lon": f"{lon_deg:.{_DECIMALS}f}"}
