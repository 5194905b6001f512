"""Cameras: positions and optics of ``man_made=surveillance``, one row per direction."""

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.crs import WGS84, project
from gridmap.io.osm.account import Tally
from gridmap.io.osm.directions import Direction, directions_of
from gridmap.io.osm.elements import Elements, Place
from gridmap.io.osm.tags import Tags, angle_of, metres_of

_WATCHED_BY_CAMERA = frozenset({"", "camera", "webcam", "alpr", "anpr", "yes", "fixme"})
_KINDS = {
    "fixed": "fixed", "static": "fixed", "bullet": "fixed", "dome": "dome", "panning": "ptz",
    "ptz": "ptz", "fisheye": "fisheye", "360": "fisheye", "panoramic": "fisheye",
}  # fmt: skip
_ZONES = {"public": "public", "outdoor": "private", "indoor": "indoor"}
_ZONES_WATCHED = {
    "town": "public", "street": "public", "traffic": "public", "public": "public",
    "shop": "indoor", "bank": "indoor", "building": "indoor", "entrance": "private",
}  # fmt: skip
_STATUS = {"yes": "working", "no": "broken", "broken": "broken"}
_COLUMNS = {
    "camera_id": "str", "kind": "str", "heading_deg": "float64", "hfov_deg": "float64",
    "tilt_deg": "float64", "mount_height_m": "float64", "zone": "str", "status": "str",
    "operator": "str", "mount": "str",
}  # fmt: skip


def lay_cameras(elements: Elements, areas: gpd.GeoDataFrame, tally: Tally) -> gpd.GeoDataFrame:
    """Cameras as points in the metric CRS.

    Parameters
    ----------
    elements : Elements
        What the file holds; its nodes are used.
    areas : GeoDataFrame
        All areas, whose CRS is used.
    tally : Tally
        Told of guards and of tags nobody can read.

    Returns
    -------
    GeoDataFrame
        Columns of the layer ``cameras`` that OSM can fill, and ``mount``. A camera with several
        directions has one row for each, with ``-1``, ``-2`` … behind its identifier.

    Notes
    -----
    ``camera:angle`` and ``camera:tilt`` are vertical in OSM, never a field of view: the first is
    the angle from the horizontal, the second is negative below it; both become ``tilt_deg``,
    positive below the horizon. ``surveillance=outdoor`` is private ground outdoors in OSM.
    """
    rows: list[dict[str, Any]] = []
    for place in elements.places:
        if place.tags.get("man_made") != "surveillance":
            continue
        watcher = place.tags.get("surveillance:type", "")
        if any(one.strip().lower() in _WATCHED_BY_CAMERA for one in watcher.split(";")):
            rows += _rows_of(place, tally)
        else:
            tally.drop("camera", f"no camera: surveillance:type={watcher}", [place.osm_id])
    table = pd.DataFrame(rows, columns=[*_COLUMNS, "lon", "lat"]).astype(_COLUMNS)
    points = shapely.points(table[["lon", "lat"]].to_numpy(dtype=float))
    frame = gpd.GeoDataFrame(table.drop(columns=["lon", "lat"]), geometry=points, crs=WGS84)
    return project(frame, areas.crs, "cameras")


def _rows_of(camera: Place, tally: Tally) -> Iterable[dict[str, Any]]:
    tags = camera.tags
    directions = _directions(camera, tally) or [Direction(None, None)]
    common = {
        "kind": _known(camera, "camera:type", _KINDS, tally),
        "tilt_deg": _tilt(camera, tally),
        "mount_height_m": metres_of(tags.get("height") or tags.get("est_height")),
        "zone": _zone(tags),
        "status": _STATUS.get(tags.get("operational_status", "")),
        "operator": tags.get("operator"),
        "mount": tags.get("camera:mount"),
        "lon": camera.lon,
        "lat": camera.lat,
    }
    for number, direction in enumerate(directions, start=1):
        suffix = f"-{number}" if len(directions) > 1 else ""
        yield common | {
            "camera_id": camera.osm_id + suffix,
            "heading_deg": direction.heading_deg,
            "hfov_deg": direction.hfov_deg,
        }


def _directions(camera: Place, tally: Tally) -> list[Direction]:
    told = camera.tags.get("camera:direction") or camera.tags.get("direction") or ""
    found, garbage = directions_of(told)
    for one in garbage:
        tally.drop("camera direction", f"not readable: '{one}', left empty", [camera.osm_id])
    return found


def _tilt(camera: Place, tally: Tally) -> float | None:
    tags = camera.tags
    if "camera:tilt" in tags:
        tilt = angle_of(tags["camera:tilt"])
        tilt = None if tilt is None else -tilt
    elif "camera:angle" in tags:
        angle = angle_of(tags["camera:angle"])
        tilt = None if angle is None else abs(angle)
    else:
        return None
    if tilt is None or not -90 <= tilt <= 90:
        tally.drop("camera tilt", "not readable, left empty", [camera.osm_id])
        return None
    return tilt + 0.0


def _zone(tags: Tags) -> str | None:
    if tags.get("indoor") == "yes":
        return "indoor"
    return _ZONES.get(tags.get("surveillance", "")) or _ZONES_WATCHED.get(
        tags.get("surveillance:zone", "")
    )


def _known(camera: Place, key: str, words: dict[str, str], tally: Tally) -> str | None:
    told = camera.tags.get(key)
    if told is None:
        return None
    if told.lower() not in words:
        tally.drop(key, f"unknown value '{told}', left empty", [camera.osm_id])
    return words.get(told.lower())
