"""Tracks from files: GPX, GeoJSON, CSV, GeoParquet → fixes with aware times; own tracks as GPX.

A GPX file is read as a stream and may hold neither a document type nor entities: a few hundred
bytes could otherwise unfold into gigabytes.
"""

import datetime as dt
import math
import xml.etree.ElementTree as ET  # elements; parsed by the guarded parser below
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

import geopandas as gpd
import pandas as pd

from gridmap.crs import WGS84, project
from gridmap.errors import FileFormatError, InputError, name_ids
from gridmap.io.files import check_size
from gridmap.io.tables import read_csv
from gridmap.io.vectors import read_geojson, read_parquet

MOST_POINTS = 5_000_000
"""Points of one file; a unit's fixes of a second for two months."""
DEEPEST = 32
"""Elements inside each other; GPX itself needs six."""
COLUMNS = ("time", "lon_deg", "lat_deg", "accuracy_m", "unit_id", "shift_id")
_NAMES = {
    "time": ("time", "timestamp", "datetime", "fix_time", "时间", "時間", "定位时间"),
    "lon_deg": ("lon_deg", "lon", "lng", "longitude", "x", "经度", "經度"),
    "lat_deg": ("lat_deg", "lat", "latitude", "y", "纬度", "緯度"),
    "accuracy_m": ("accuracy_m", "accuracy", "hdop_m", "精度"),
    "unit_id": ("unit_id", "unit", "device_id", "单元", "單元", "巡逻单元"),
    "shift_id": ("shift_id", "shift", "班次"),
}
_SPACE = "http://www.topografix.com/GPX/1/1"
_CHUNK_BYTES = 1 << 16


def read_tracks(path: str | Path) -> pd.DataFrame:
    """Read fixes from a file, by its ending: .gpx, .geojson, .json, .csv or .parquet.

    Parameters
    ----------
    path : path
        GPX 1.0 or 1.1 (track points); GeoJSON points with a property ``time``; CSV with
        columns for time, longitude and latitude; GeoParquet of points with a column ``time``.

    Returns
    -------
    DataFrame
        ``time`` (aware, UTC), ``lon_deg``, ``lat_deg``, ``accuracy_m``, and ``unit_id`` and
        ``shift_id`` where the file has them; the index counts rows of the file from 1.

    Raises
    ------
    FileFormatError
        If the file is none of these, or a GPX that declares a document type or entities.
    InputError
        If a time has no zone or is none; the message names the rows.
    """
    place = Path(path)
    check_size(place)
    kind = place.suffix.lower()
    if kind == ".gpx":
        frame = pd.DataFrame(list(_gpx_points(place)), columns=list(COLUMNS[:4]))
    elif kind == ".csv":
        frame = _columns(read_csv(place), place)
    elif kind in (".geojson", ".json"):
        frame = _of_points(read_geojson(place), place)
    elif kind == ".parquet":
        frame = _of_points(read_parquet(place), place)
    else:
        raise FileFormatError(
            f"Expected a track as .gpx, .geojson, .csv or .parquet, found '{place.name}'."
        )
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    frame["time"] = _aware(frame["time"], place)
    for name in ("lon_deg", "lat_deg", "accuracy_m"):
        given = frame[name] if name in frame else pd.Series(math.nan, frame.index)
        frame[name] = pd.to_numeric(given, errors="coerce").astype("float64")
    return frame


def track_gpx(track: pd.DataFrame, name: str) -> str:
    """Write a track as GPX 1.1 text, each point with its time.

    Parameters
    ----------
    track : DataFrame
        time, lon_deg, lat_deg.
    name : str
        Name of the track.

    Examples
    --------
    >>> one = pd.DataFrame({"time": [pd.Timestamp("2026-03-02T08:00Z")], "lon_deg": [24.9],
    ...     "lat_deg": [60.1]})
    >>> "<time>2026-03-02T08:00:00Z</time>" in track_gpx(one, "shift")
    True
    """
    root = ET.Element("gpx", {"xmlns": _SPACE, "version": "1.1", "creator": "gridmap"})
    element = ET.SubElement(root, "trk")
    ET.SubElement(element, "name").text = name
    segment = ET.SubElement(element, "trkseg")
    for time, lon, lat in zip(track["time"], track["lon_deg"], track["lat_deg"], strict=True):
        point = ET.SubElement(segment, "trkpt", {"lat": f"{lat:.7f}", "lon": f"{lon:.7f}"})
        moment = pd.Timestamp(time).tz_convert("UTC")
        ET.SubElement(point, "time").text = moment.isoformat().replace("+00:00", "Z")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


class _Points:
    """Track points of a GPX as the parser meets them; refuses what no GPX needs."""

    def __init__(self, path: Path) -> None:
        self.path, self.found, self.deep, self.count = path, [], 0, 0  # type: ignore[var-annotated]
        self.point: list[Any] | None = None
        self.text: list[str] | None = None

    def refuse(self, *_: Any) -> None:
        raise FileFormatError(
            f"{self.path.name} declares a document type or entities, which no GPX needs and which "
            "can unfold into gigabytes. It is not read. Export the track again as plain GPX."
        )

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        self.deep += 1
        if self.deep > DEEPEST:
            raise FileFormatError(
                f"{self.path.name} has elements inside each other deeper than {DEEPEST}; "
                "expected a GPX."
            )
        name = tag.rpartition(":")[2]
        if self.deep == 1 and name != "gpx":
            raise FileFormatError(f"Expected GPX in {self.path.name}, found <{name[:30]}>.")
        if name == "trkpt":
            self._room()
            self.point = [None, attributes.get("lon"), attributes.get("lat"), None]
        elif self.point is not None and name in ("time", "accuracy"):
            self.text = []

    def say(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)

    def end(self, tag: str) -> None:
        self.deep -= 1
        name = tag.rpartition(":")[2]
        if self.point is None:
            return
        if self.text is not None and name in ("time", "accuracy"):
            self.point[0 if name == "time" else 3] = "".join(self.text).strip()[:64]
            self.text = None
        elif name == "trkpt":
            self.found.append(tuple(self.point))
            self.point = None

    def _room(self) -> None:
        self.count += 1
        if self.count > MOST_POINTS:
            raise FileFormatError(
                f"{self.path.name} has more than {MOST_POINTS:,} points. Split it by day."
            )


def _gpx_points(path: Path) -> Iterator[tuple[Any, ...]]:
    points = _Points(path)
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = points.refuse
    parser.EntityDeclHandler = points.refuse
    parser.StartElementHandler = points.begin
    parser.EndElementHandler = points.end
    parser.CharacterDataHandler = points.say
    parser.buffer_text = True
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                parser.Parse(chunk, False)
                yield from points.found
                points.found.clear()
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise FileFormatError(
            f"{path.name} is damaged or no XML ({error}). Export the track again."
        ) from error
    yield from points.found


def _columns(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Columns by any of their usual headings, under our names."""
    known = {str(name).strip().lower(): name for name in table.columns}
    found: dict[str, Any] = {}
    for name, headings in _NAMES.items():
        match = next((known[one] for one in headings if one in known), None)
        if match is not None:
            found[name] = table[match]
    if missing := [name for name in COLUMNS[:3] if name not in found]:
        raise FileFormatError(
            f"{path.name}: expected columns for time, longitude and latitude; found none for "
            f"{', '.join(missing)} among {name_ids(map(str, table.columns))}. Write one line of "
            "headings such as time,lon,lat,accuracy,unit."
        )
    return pd.DataFrame(found)


def _of_points(frame: Any, path: Path) -> pd.DataFrame:
    shapes = gpd.GeoSeries(frame.geometry)
    if shapes.isna().any() or not (shapes.geom_type == "Point").all():
        kinds = sorted({str(one) for one in shapes.geom_type.unique()})
        raise FileFormatError(
            f"{path.name}: expected points, one a fix, found {', '.join(kinds)}. A line has no "
            "times; export points."
        )
    lonlat = project(shapes, WGS84, "fixes") if shapes.crs else shapes
    plain = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return _columns(plain.assign(lon_deg=lonlat.x, lat_deg=lonlat.y), path)


def _aware(times: pd.Series, path: Path) -> pd.Series:
    """Tell times in UTC; those without a zone are refused by their rows, never guessed."""
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        return times.dt.tz_convert("UTC")
    read = [_moment(one) for one in times]
    wrong = [row for row, one in zip(times.index, read, strict=True) if one is None]
    if wrong:
        raise InputError(
            f"{path.name}: expected times with a zone such as 2026-03-02T08:00:00+08:00, found "
            f"{len(wrong)} without one or unreadable, in rows {name_ids(map(str, wrong))}. Say "
            "which zone the recorder used; it is not guessed."
        )
    return pd.Series(pd.to_datetime(pd.Index(read, dtype="object"), utc=True), times.index)


def _moment(told: Any) -> dt.datetime | None:
    if isinstance(told, str):
        try:
            told = dt.datetime.fromisoformat(told.strip())
        except ValueError:
            return None
    if not isinstance(told, dt.datetime) or pd.isna(told) or told.tzinfo is None:
        return None
    return told
