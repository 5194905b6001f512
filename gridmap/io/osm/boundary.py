"""The outline of the district: from a file, from administrative relations, or from the extract."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from gridmap.crs import WGS84, metric_crs, project
from gridmap.errors import FileFormatError, InputError, name_ids
from gridmap.io.files import kind_of
from gridmap.io.osm.account import Tally
from gridmap.io.osm.elements import Elements
from gridmap.io.osm.tags import Tags, name_of
from gridmap.io.vectors import READERS, layer_names, read_geopackage

_CODE_KEYS = ("ref", "nat_ref", "ref:CN", "official_code", "admin_code", "ISO3166-2")


def find_boundary(
    elements: Elements,
    source: str | Path | gpd.GeoDataFrame | None,
    admin_level: int | None,
    name: str,
    tally: Tally,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None]:
    """Outline of the district in its metric CRS, and communities where the map has them.

    Parameters
    ----------
    elements : Elements
        What the file holds.
    source : path or GeoDataFrame, optional
        Outline to use.
    admin_level : int, optional
        Level of the administrative relations that make the district.
    name : str
        Name of the district where nothing else names it.
    tally : Tally
        Told where the outline comes from.
    """
    communities = None
    if source is not None:
        outline = source if isinstance(source, gpd.GeoDataFrame) else read_outline(Path(source))
        boundary = _one_row(outline, name)
    elif admin_level is not None:
        boundary, communities = _administrative(elements, admin_level, tally)
    else:
        boundary = _extent(elements, name, tally)
    crs = metric_crs(boundary)
    if communities is not None:
        communities = project(communities, crs, "communities")
    return project(boundary, crs, "boundary"), communities


def read_outline(path: Path) -> gpd.GeoDataFrame:
    """Outline from a file; of a GeoPackage with several layers, its layer ``boundary``.

    Parameters
    ----------
    path : path
        GeoPackage, GeoJSON, zipped Shapefile or GeoParquet.

    Raises
    ------
    FileFormatError
        If the file cannot be read as vector data.
    """
    kind = kind_of(path)
    if kind == "gpkg":
        names = layer_names(path)
        frame = read_geopackage(path, "boundary" if "boundary" in names else names[0])
    elif kind in READERS:
        frame = READERS[kind](path)
    else:
        frame = None
    if not isinstance(frame, gpd.GeoDataFrame):
        raise FileFormatError(
            f"{path.name} holds no geometry. Expected a GeoPackage, GeoJSON, zipped Shapefile or "
            "GeoParquet file with polygons around the district."
        )
    return frame


def _one_row(outline: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    shape = outline.geometry.union_all() if len(outline) else shapely.Polygon()
    if shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
        raise InputError(
            f"The boundary file should hold polygons around the district; found {len(outline)} "
            f"rows that make {'nothing' if shape.is_empty else 'a ' + shape.geom_type}."
        )
    named = outline["name"].iloc[0] if "name" in outline.columns else name
    code = outline["code"].iloc[0] if "code" in outline.columns else None
    return _boundary(shape, str(named), code, outline.crs)


def _boundary(shape: Any, name: str, code: Any, crs: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": [name], "code": [code]}, geometry=[shape], crs=crs)


def _extent(elements: Elements, name: str, tally: Tally) -> gpd.GeoDataFrame:
    if elements.box is not None:
        tally.note("boundary: the rectangle the file says it was cut by; no outline was given")
        return _boundary(shapely.box(*elements.box), name, None, WGS84)
    streets = [place for way in elements.streets for place in way.places if place is not None]
    # A single node can lie far off: a relation brings its members, wherever they are.
    places = streets or [(one.lon, one.lat) for one in elements.places]
    hull = shapely.convex_hull(shapely.MultiPoint(places)) if places else shapely.Polygon()
    if hull.geom_type != "Polygon" or hull.is_empty:
        raise InputError(
            "The file holds no streets or places to take an outline from. Give one with "
            "--boundary FILE."
        )
    told = "streets" if streets else "places"
    tally.note(f"boundary: the convex outline of all {told} in the file; no outline was given")
    return _boundary(hull, name, None, WGS84)


def _administrative(
    elements: Elements, level: int, tally: Tally
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    frame = _administrative_areas(elements)
    chosen = frame[frame["level"] == level]
    if chosen.empty:
        raise InputError(_no_level(frame, level, tally))
    outline = chosen.geometry.union_all()
    deeper = sorted({n for n in frame["level"] if n > level})
    inner = frame[frame["level"] == deeper[0]] if deeper else chosen
    inside = inner.geometry.representative_point().within(outline)
    communities = inner[inside] if inside.any() else chosen
    tally.note(f"boundary: {len(chosen)} relation(s) of administrative level {level}")
    if len(communities) > 1:
        tally.note(f"communities: {len(communities)} administrative relations inside it")
    name, code = " + ".join(chosen["name"]), chosen["code"].iloc[0] if len(chosen) == 1 else None
    return _boundary(outline, name, code, WGS84), communities.drop(columns="level")


def _administrative_areas(elements: Elements) -> gpd.GeoDataFrame:
    areas = [
        one
        for one in elements.areas
        if one.tags.get("boundary") == "administrative"
        and one.tags.get("admin_level", "").isdigit()
    ]
    return gpd.GeoDataFrame(
        {
            "code": [_code_of(one.tags) or one.osm_id for one in areas],
            "name": [name_of(one.tags) or one.osm_id for one in areas],
            "level": [int(one.tags["admin_level"]) for one in areas],
        },
        geometry=shapely.make_valid(shapely.from_wkb([one.wkb for one in areas])),
        crs=WGS84,
    )


def _code_of(tags: Tags) -> str | None:
    return next((tags[key] for key in _CODE_KEYS if tags.get(key)), None)


def _no_level(frame: gpd.GeoDataFrame, level: int, tally: Tally) -> str:
    cut = tally.close({}).dropped
    broken = [one for one in cut if one.what == f"boundary of level {level}"]
    found = (
        f"its {sum(one.count for one in broken)} boundary relations are not whole in this file "
        f"({name_ids(one_id for one in broken for one_id in one.ids)})"
        if broken
        else f"whole levels in the file: {name_ids(sorted(set(frame['level']))) or 'none'}"
    )
    return (
        f"No administrative boundary of level {level} can be made: {found}. Give an outline with "
        "--boundary FILE, or an extract that holds the whole boundary."
    )
