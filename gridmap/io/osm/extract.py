"""From an OSM file to the layers of a district."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.crs import project
from gridmap.errors import FileFormatError
from gridmap.io.files import check_size
from gridmap.io.osm.account import Account, Tally
from gridmap.io.osm.areas import lay_areas, lay_buildings, lay_ground
from gridmap.io.osm.boundary import find_boundary
from gridmap.io.osm.cameras import lay_cameras
from gridmap.io.osm.elements import Elements, read_elements
from gridmap.io.osm.roads import split_streets
from gridmap.io.osm.sea import lay_sea
from gridmap.io.osm.sites import lay_sites
from gridmap.progress import Progress, silent

SOURCE = "OpenStreetMap"
LICENCE = "ODbL 1.0, © OpenStreetMap contributors"
_STAGES = 6


def read_osm(
    path: str | Path,
    boundary: str | Path | gpd.GeoDataFrame | None = None,
    admin_level: int | None = None,
    progress: Progress = silent,
) -> tuple[dict[str, Any], Account]:
    """Layers of a district from an OSM file, with an account of what was kept and dropped.

    Parameters
    ----------
    path : path
        OSM data as ``.osm``, ``.osm.gz``, ``.osm.bz2`` or ``.osm.pbf``; told by content.
    boundary : path or GeoDataFrame, optional
        Outline of the district in any declared CRS.
    admin_level : int, optional
        OSM level of the administrative relations that make the district, where no outline is
        given; relations of the next level inside it become communities. Without either, the
        rectangle or the convex outline of the streets of the file is the district.
    progress : callable
        Told of objects read and of layers made.

    Returns
    -------
    layers : dict of str to DataFrame
        boundary, roads, buildings, landuse, sites, cameras, provenance and, where the map has
        them, communities; geometries in the metric CRS of the boundary.
    account : Account
        What was read, kept and dropped.

    Raises
    ------
    FileFormatError
        If the file is missing, too large, damaged, or not OSM data.
    InputError
        If there is no outline to be had.

    Notes
    -----
    Roads are cut at the boundary; other features are kept whole where they touch it, sites and
    cameras where they lie in it. Rows of ``dropped`` name the rest.
    """
    path = Path(path)
    if not path.is_file():
        raise FileFormatError(f"{path} is not a file. Give an OSM extract (.osm or .osm.pbf).")
    check_size(path)
    tally = Tally()
    elements = read_elements(path, tally, progress)
    name = path.name.split(".")[0]
    outline, communities = find_boundary(elements, boundary, admin_level, name, tally)
    layers = _layers(elements, outline, tally, progress)
    if communities is not None:
        layers["communities"] = communities.reset_index(drop=True)
    kept = {layer: len(frame) for layer, frame in layers.items()}
    layers["provenance"] = _provenance(kept, elements.dated, path.name)
    return layers, tally.close(kept, elements.dated)


def _layers(
    elements: Elements, outline: gpd.GeoDataFrame, tally: Tally, progress: Progress
) -> dict[str, Any]:
    crs, ring = outline.crs, outline.geometry.union_all()
    shapely.prepare(ring)
    progress("layers", 0, _STAGES)
    areas = lay_areas(elements, crs, tally)
    progress("layers", 1, _STAGES)
    roads = project(split_streets(elements.streets, tally), crs, "roads")
    result = {"boundary": outline, "roads": _cut(roads, ring, tally)}
    progress("layers", 2, _STAGES)
    buildings = lay_buildings(areas, elements.outer_ways, tally)
    result["buildings"] = _inside(buildings, ring, "building", tally)
    progress("layers", 3, _STAGES)
    ground = [lay_ground(areas)]
    if elements.coasts:
        ground.append(lay_sea(elements.coasts, ring, crs, tally))
    every = pd.concat(ground, ignore_index=True)
    result["landuse"] = _inside(every, ring, "area of land", tally)
    progress("layers", 4, _STAGES)
    result["sites"] = _inside(lay_sites(elements, areas, tally), ring, "site", tally)
    progress("layers", 5, _STAGES)
    result["cameras"] = _inside(lay_cameras(elements, areas, tally), ring, "camera", tally)
    progress("layers", _STAGES, _STAGES)
    return result


def _inside(frame: gpd.GeoDataFrame, ring: Any, what: str, tally: Tally) -> gpd.GeoDataFrame:
    inside = shapely.intersects(ring, frame.geometry.to_numpy())
    ids = frame[next(name for name in ("site_id", "camera_id", "osm_id") if name in frame.columns)]
    tally.drop(what, "outside the boundary", ids[~inside])
    return frame[inside].reset_index(drop=True)


def _cut(roads: gpd.GeoDataFrame, ring: Any, tally: Tally) -> gpd.GeoDataFrame:
    """Roads cut at the boundary, each piece a row of its own."""
    lines = roads.geometry.to_numpy()
    touched = shapely.intersects(ring, lines)
    tally.drop("street edge", "outside the boundary", roads["osm_id"][~touched])
    within = shapely.contains_properly(ring, lines)
    crossing = touched & ~within
    cut = roads[crossing].copy()
    # A street along the boundary comes back in pieces; merged, it stays one edge.
    inside = shapely.intersection(lines[crossing], ring)
    cut["geometry"] = shapely.line_merge(inside, directed=True)
    pieces = cut.explode(index_parts=False)
    pieces = pieces[pieces.geometry.geom_type == "LineString"]
    result = pd.concat([roads[within], pieces]).sort_index(kind="stable")
    return result[result.geometry.length > 0].reset_index(drop=True)


def _provenance(kept: dict[str, int], dated: str, file_name: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "layer": list(kept),
            "source": f"{SOURCE}, {file_name}",
            "licence": LICENCE,
            "dated": dated,
            "synthetic": False,
            "note": None,
        }
    )
