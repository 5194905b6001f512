"""A camera's sheet: what it sees, what becomes of it when it is turned or moved, and for whom."""

import json
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from gridmap.cameras.models import camera_models
from gridmap.cameras.privacy import missing_papers
from gridmap.errors import InputError
from gridmap.store import reads
from gridmap.store.scope import Scope
from gridmap.studies.camera_trial import ANY, Look, Neighbourhood, band_m2, try_camera
from gridmap.studies.pages.camera_ground import (
    lonlat_of,
    open_neighbourhood,
    place_of,
    read_camera,
)
from gridmap.studies.pages.camera_layers import terms_of
from gridmap.studies.pages.listing import plain, plain_rows

LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "heading_deg": (-720.0, 720.0),
        "hfov_deg": (0.0, 360.0),
        "tilt_deg": (-90.0, 90.0),
        "mount_height_m": (0.0, 200.0),
        "focal_mm": (0.1, 2_000.0),
        "sensor_width_mm": (0.5, 100.0),
        "pixels_wide": (1.0, 100_000.0),
        "range_m": (0.0, 3_000.0),
    }
)
"""Numbers of a trial and what they may be, in the units of their names."""
KINDS = ("fixed", "dome", "ptz", "fisheye")
PAPERS = ("operator", "purpose", "sign", "in_use_on", "filed_on", "retention_days", "status",
          "status_on", "zone", "cell_id")  # fmt: skip
MOST_ROWS = 12
_DIGITS = 7


def camera_page(  # noqa: PLR0917  as the address names them
    connection: Connection,
    scope: Scope,
    district_id: int,
    camera_id: str,
    edition: str = "",
    level: str = "",
) -> dict[str, Any]:
    """All about one camera.

    Returns
    -------
    dict
        ``camera_id``, ``fields`` (of the trial, as stored), ``papers``, ``missing`` (rules of the
        paper audit), ``look`` (as :func:`try_out` tells it), ``band_m2``, ``models``, ``edition``,
        ``level``, ``bounds`` [°].

    Raises
    ------
    ScopeError
        If there is no such camera in scope.
    InputError
        If there is no such edition.
    """
    camera = read_camera(connection, scope, district_id, camera_id)
    terms = terms_of(connection, district_id, edition)
    around = open_neighbourhood(connection, scope, district_id, camera, terms.edition)
    look = try_camera(around, camera, terms, level or ANY)
    told = _plain(connection, district_id, around, camera, look)
    stored = reads.read_cameras(connection, district_id)
    mine = stored[stored["camera_id"] == camera_id]
    broken = missing_papers(mine, terms.on)
    return {
        "camera_id": camera_id,
        "fields": _fields(camera, told["place"]),
        "papers": plain_rows(mine.reindex(columns=list(PAPERS)))[0],
        "missing": [str(name) for name in broken.columns if broken[name].iloc[0]],
        "look": told,
        "band_m2": band_m2(around, camera, terms),
        "models": plain_rows(camera_models().reset_index()),
        "edition": terms.edition,
        "level": level or ANY,
        "bounds": _bounds(told),
    }


def try_out(
    connection: Connection, scope: Scope, district_id: int, told: Mapping[str, Any]
) -> dict[str, Any]:
    """Tell what a camera would see: elsewhere, turned, with other optics; nothing is stored.

    Parameters
    ----------
    connection, scope, district_id
        As everywhere.
    told : mapping
        ``camera_id``; ``lon``, ``lat`` [°], ``kind``, ``model`` and the numbers of :data:`LIMITS`
        where they differ from what is stored (None for unknown); ``edition``, ``level``.

    Returns
    -------
    dict
        ``camera_id``, ``reason``, ``blind``, ``place`` and ``stands`` [°], ``pose``, ``views``
        (with ``shape`` as GeoJSON), ``cells``, ``streets``, ``overlap``, ``overlap_share``,
        ``privacy``, ``away_m`` (how far outside of all cells it stands), ``gain_m2``,
        ``public_m2`` (of the district).

    Raises
    ------
    InputError
        If a value is none that a camera may have; the message names it.
    ScopeError
        If there is no such camera in scope.
    """
    stored = read_camera(connection, scope, district_id, str(told.get("camera_id", "")))
    camera = change_camera(stored, told)
    terms = terms_of(connection, district_id, str(told.get("edition") or ""))
    around = open_neighbourhood(connection, scope, district_id, camera, terms.edition)
    level = str(told.get("level") or ANY)
    return _plain(connection, district_id, around, camera, try_camera(around, camera, terms, level))


def change_camera(camera: gpd.GeoDataFrame, told: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """One row of the layer ``cameras`` with what a trial says of it.

    Notes
    -----
    A camera with presets that is turned loses them: it looks where it is turned to.

    Raises
    ------
    InputError
        If a value is none that a camera may have.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> one = toy_district()["cameras"].iloc[[0]]
    >>> change_camera(one, {"heading_deg": 370.0, "range_m": None})["heading_deg"].tolist()
    [10.0]
    >>> change_camera(one, {"hfov_deg": 400})
    Traceback (most recent call last):
    ...
    gridmap.errors.InputError: Expected hfov_deg from 0 to 360, or nothing; found 400. ...
    """
    changed: dict[str, Any] = {name: _number(name, told[name]) for name in LIMITS if name in told}
    if not np.isnan(changed.get("heading_deg", np.nan)):
        changed["heading_deg"] %= 360.0
    if "presets" in camera and "heading_deg" in changed:
        same = changed["heading_deg"] == camera["heading_deg"].iloc[0]
        if not same and not np.isnan(changed["heading_deg"]):
            changed["presets"] = None
    for name, known in (("kind", KINDS), ("model", tuple(camera_models().index))):
        if name in told:
            changed[name] = _one_of(name, told[name], known)
    result = camera.assign(**changed)
    if told.get("lon") is not None or told.get("lat") is not None:
        place = place_of(_degrees("lon", told, 180.0), _degrees("lat", told, 85.0), camera.crs)
        result = result.set_geometry(gpd.GeoSeries([place], index=result.index, crs=camera.crs))
    return result


def export_trial(
    connection: Connection, scope: Scope, district_id: int, told: Mapping[str, Any]
) -> str:
    """GeoJSON of a trial as a proposed camera, ready to be imported as layer ``cameras``.

    Raises
    ------
    InputError, ScopeError
        As :func:`try_out`.
    """
    stored = read_camera(connection, scope, district_id, str(told.get("camera_id", "")))
    camera = change_camera(stored, told)
    place = lonlat_of(camera.geometry, camera.crs)[0]
    row = plain_rows(pd.DataFrame(camera.drop(columns="geometry")))[0]
    row |= {"camera_id": f"{row['camera_id']}-trial", "proposed": True, "status": "planned"}
    for name in ("status_on", "in_use_on", "filed_on"):
        row.pop(name, None)
    kept = {name: value for name, value in row.items() if value is not None}
    feature = {"type": "Feature", "properties": kept, "geometry": _geojson(place)}
    return json.dumps(
        {"type": "FeatureCollection", "features": [feature]}, ensure_ascii=False, default=str
    )


def _fields(camera: gpd.GeoDataFrame, place: list[float]) -> dict[str, Any]:
    row = camera.iloc[0]
    known = {name: plain(row.get(name)) for name in (*LIMITS, "kind", "model", "presets")}
    return {**known, "lon": place[0], "lat": place[1]}


def _number(name: str, value: Any) -> float:
    if value is None or value == "":
        return float("nan")
    low, high = LIMITS[name]
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not low <= number <= high:
        raise InputError(
            f"Expected {name} from {low:g} to {high:g}, or nothing; found {str(value)[:20]}. "
            "Correct it, or leave it empty where it is not known."
        )
    return number


def _degrees(name: str, told: Mapping[str, Any], most: float) -> float:
    try:
        number = float(told.get(name))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = float("nan")
    if not math.isfinite(number) or abs(number) > most:
        raise InputError(
            f"Expected {name} in degrees from {-most:g} to {most:g}; found "
            f"{str(told.get(name))[:20]}. Put the camera on the map again."
        )
    return number


def _one_of(name: str, value: Any, known: tuple[str, ...]) -> str | None:
    if value in (None, ""):
        return None
    if value not in known:
        raise InputError(
            f"Expected {name} among {', '.join(known)}, or nothing; found '{str(value)[:40]}'. "
            "Use one of these."
        )
    return str(value)


def _plain(
    connection: Connection,
    district_id: int,
    around: Neighbourhood,
    camera: gpd.GeoDataFrame,
    look: Look,
) -> dict[str, Any]:
    crs = around.district.crs
    stands = shapely.Point(look.pose["x_m"], look.pose["y_m"])
    shapes = lonlat_of([camera.geometry.iloc[0], stands, *look.views.geometry], crs)
    views = plain_rows(pd.DataFrame(look.views.drop(columns="geometry")))
    names = around.district["cells"].set_index("cell_id")["name"]
    cells = look.cells.assign(
        name=names.reindex(look.cells["cell_id"]).fillna(look.cells["cell_id"].set_axis(
            look.cells["cell_id"])).to_numpy()
    )  # fmt: skip
    pose = {
        name: plain(look.pose[name])
        for name in ("heading_deg", "hfov_deg", "near_m", "snapped_m", "wall_m", "assumed_hfov",
                     "optics", "kind")
    }  # fmt: skip
    cameras = reads.read_summary(connection, district_id).get("cameras") or {}
    return {
        "camera_id": str(camera["camera_id"].iloc[0]),
        "reason": look.reason,
        "blind": look.blind,
        "place": _rounded(shapes[0]),
        "stands": _rounded(shapes[1]),
        "pose": pose,
        "views": [
            {**row, "shape": _geojson(shape)} for row, shape in zip(views, shapes[2:], strict=True)
        ],
        "cells": plain_rows(cells),
        "streets": plain_rows(look.streets.head(MOST_ROWS)),
        "overlap": plain_rows(look.overlap.head(MOST_ROWS)),
        "overlap_share": look.overlap_share,
        "away_m": _away_m(around, camera.geometry.iloc[0]),
        "privacy": {name: plain(value) for name, value in look.privacy.items()},
        "gain_m2": float((look.cells["after_m2"] - look.cells["before_m2"]).sum()),
        "public_m2": cameras.get("public_area_m2"),
    }


def _away_m(around: Neighbourhood, place: shapely.Point) -> float:
    """How far a camera stands outside of all cells [m]; 0 inside of one."""
    cells = np.asarray(around.district["cells"].geometry, dtype=object)
    ground = cells if len(cells) else around.district["boundary"].geometry.to_numpy()
    return float(shapely.distance(ground, place).min())


def _rounded(point: Any) -> list[float]:
    return [round(point.x, _DIGITS), round(point.y, _DIGITS)]


def _geojson(shape: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    return found


def _bounds(told: Mapping[str, Any]) -> list[float]:
    """West, south, east, north [°] of the widest view, and of the camera."""
    shapes: list[shapely.Geometry] = [shapely.Point(told["place"])]
    shapes += [shapely.from_geojson(json.dumps(one["shape"])) for one in told["views"][:1]]
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
    across = 0.0004
    return [west - across, south - across / 2, east + across, north + across / 2]
