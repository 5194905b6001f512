"""Files that bring one layer: read as they are, placed, moved to WGS 84, repaired."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError as UnknownCRSError

from gridmap import schema
from gridmap.crs import WGS84, project
from gridmap.datums import Datum, shapes_to_wgs84
from gridmap.errors import CRSError, FileFormatError, InputError, MissingLayerError, name_ids
from gridmap.io.coordinates import looks_swapped, place_table, swapped_error
from gridmap.io.files import kind_of
from gridmap.io.personal import refuse_personal
from gridmap.io.placement import row_names
from gridmap.io.tables import read_csv, read_xlsx
from gridmap.io.vectors import READERS, layer_names, read_geopackage

_DEGREES = (CRS.from_epsg(4326), CRS.from_epsg(4490), CRS.from_string("OGC:CRS84"))
"""CRS whose degrees a Chinese datum may hide behind."""
_DIMENSION = {"polygon": 2, "line": 1, "point": 0}


def read_upload(path: str | Path, layer: str, source_layer: str | None = None) -> Any:
    """Read the one layer a file brings, refusing personal data.

    Parameters
    ----------
    path : path
        GeoPackage, GeoJSON, zipped Shapefile, GeoParquet, CSV or XLSX.
    layer : str
        Layer it is meant for; also the sheet or layer preferred in a file with several.
    source_layer : str, optional
        Layer or sheet of the file to take instead.

    Raises
    ------
    FileFormatError
        If the file is damaged, too large, or not what its name says.
    MissingLayerError
        If the file holds several layers and none has that name.
    PersonalDataError
        If a column looks like personal data.
    """
    kind, place = kind_of(path), Path(path)
    if kind == "gpkg":
        frame = read_geopackage(place, _choose(place, source_layer or layer))
    elif kind == "csv":
        frame = read_csv(place)
    elif kind == "xlsx":
        frame = read_xlsx(place, source_layer or layer)
    else:
        frame = READERS[kind](place)
    refuse_personal(frame, layer, place.name)
    return frame


def rename_columns(frame: Any, renames: dict[str, str], source: str = "the file") -> Any:
    """Rename columns of an upload.

    Raises
    ------
    InputError
        If a column is not there, or the new name is taken.

    Examples
    --------
    >>> rename_columns(pd.DataFrame({"编号": ["a"]}), {"编号": "site_id"}).columns.tolist()
    ['site_id']
    """
    there = [str(name) for name in frame.columns if name != "geometry"]
    if missing := [old for old in renames if old not in there]:
        raise InputError(
            f"--rename: {source} has no column {name_ids(missing)}; found {', '.join(there)}."
        )
    renamed = frame.rename(columns=renames)
    if renamed.columns.has_duplicates:
        doubled = renamed.columns[renamed.columns.duplicated()]
        raise InputError(
            f"--rename: two columns of {source} would be called {name_ids(doubled)}. Rename the "
            "other one, too."
        )
    return renamed


def place_upload(frame: Any, layer: str, crs: str | None = None, datum: Datum | None = None) -> Any:
    """Give an upload its geometry and CRS, in WGS 84 where a Chinese datum is named.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        What :func:`read_upload` gave.
    layer : str
        Layer it is meant for; one without geometry stays a table.
    crs : str, optional
        CRS of coordinates that declare none, e.g. ``EPSG:4490``.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09"}, optional
        Datum of degrees.

    Raises
    ------
    CRSError
        If no CRS is known, two contradict each other, or a datum is named for metres.
    InputError
        If a table has no columns that say where its rows lie.
    """
    if schema.layer(layer).geometry == "none":
        return pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    told = _told_crs(crs, datum)
    if not isinstance(frame, gpd.GeoDataFrame):
        frame = _placed(frame, layer, told)
    elif frame.crs is None and told is not None:
        frame = frame.set_crs(told)
    elif crs is not None and frame.crs != told:
        raise CRSError(
            f"The file declares {frame.crs.name}, but --crs says {told.name if told else crs}. "
            "Leave --crs away, or correct the file."
        )
    return frame if datum is None else _moved(frame, layer, datum)


def read_candidates(
    file: str | Path, layer: str, *, crs: str | None = None, datum: Datum | None = None
) -> gpd.GeoDataFrame:
    """Read places to choose from: GeoPackage, GeoJSON, CSV, XLSX with coordinates, ….

    Raises
    ------
    CRSError, FileFormatError, InputError
        If the file cannot be read, or does not say where its places lie.
    """
    return place_upload(read_upload(file, layer), layer, crs, datum)


def repair(frame: Any, layer: str) -> tuple[Any, list[str]]:
    """Make invalid geometry valid, keeping parts of the layer's own dimension.

    Parameters
    ----------
    frame : GeoDataFrame
        Rows of an upload.
    layer : str
        Layer they are meant for.

    Returns
    -------
    frame : GeoDataFrame
        Copy with repaired rows; one of which nothing is left has empty geometry.
    repaired : list of str
        Ids of the repaired rows.

    Examples
    --------
    >>> bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> fixed, ids = repair(gpd.GeoDataFrame(geometry=[bow], crs=4548), "landuse")
    >>> fixed.geometry[0].geom_type, float(fixed.area[0]), ids
    ('MultiPolygon', 2.0, ['row 1'])
    """
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame, []
    shapes = np.array(frame.geometry, dtype=object)
    single = (shapely.get_type_id(shapes) == 4) & (shapely.get_num_geometries(shapes) == 1)
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    broken = ~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)
    kind = schema.layer(layer).geometry
    shapes[broken] = [
        _parts(shape, _DIMENSION.get(kind, 2)) for shape in shapely.make_valid(shapes[broken])
    ]
    return frame.set_geometry(shapes, crs=frame.crs), row_names(layer, frame)[broken].tolist()


def refuse_swapped(frame: Any, layer: str, boundary: Any) -> None:
    """Refuse geometry that fits the district only with its two coordinates exchanged.

    Raises
    ------
    InputError
        If it does; the message says so.
    """
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty or frame.crs is None:
        return
    shapes = np.asarray(frame.geometry, dtype=object)
    centres = shapely.centroid(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))])
    x, y = shapely.get_x(centres), shapely.get_y(centres)
    beyond = (np.abs(y) > 90).any() or (np.abs(x) > 180).any()
    if frame.crs.is_geographic and beyond:
        if (np.abs(x) <= 90).all() and (np.abs(y) <= 180).all():
            raise swapped_error(layer)
        return
    if boundary is not None:
        area = project(boundary.geometry, frame.crs).union_all()
        if looks_swapped(gpd.GeoSeries(centres), area):
            raise swapped_error(layer)


def _choose(place: Path, wanted: str) -> str:
    names = layer_names(place)
    if wanted in names or len(names) == 1:
        return wanted if wanted in names else names[0]
    if not names:
        raise FileFormatError(f"{place.name} holds no layer.")
    raise MissingLayerError(
        f"{place.name} holds several layers ({', '.join(names)}), none called '{wanted}'. Say "
        "which with --from-layer NAME."
    )


def _told_crs(crs: str | None, datum: Datum | None) -> CRS | None:
    if crs is None:
        return WGS84 if datum else None
    try:
        return CRS.from_user_input(int(crs) if crs.isdecimal() else crs)
    except UnknownCRSError as error:
        raise CRSError(f"--crs expects a code such as EPSG:4490, found '{crs}'.") from error


def _placed(table: pd.DataFrame, layer: str, crs: CRS | None) -> gpd.GeoDataFrame:
    placed = place_table(table, layer, crs)
    if not isinstance(placed, gpd.GeoDataFrame):
        raise InputError(
            f"Layer '{layer}': expected columns lon and lat, x and y, or wkt, which say where each "
            f"row lies; found {name_ids(table.columns, 20) or 'no column'}. Add or rename them; "
            "the first line that is not empty must hold the headings."
        )
    return placed


def _moved(frame: gpd.GeoDataFrame, layer: str, datum: Datum) -> gpd.GeoDataFrame:
    if frame.crs not in _DEGREES:
        raise CRSError(
            f"Layer '{layer}': --datum {datum} moves degrees of WGS 84 or CGCS2000, found "
            f"{frame.crs.name}. Leave --datum away, or export the file in degrees."
        )
    if datum in ("wgs84", "cgcs2000"):
        return frame
    return frame.set_geometry(shapes_to_wgs84(frame.geometry, datum), crs=WGS84)


def _parts(shape: Any, dimension: int) -> Any:
    """Parts of a geometry that have a dimension, as one geometry."""
    parts: npt.NDArray[np.object_] = shapely.get_parts(shapely.get_parts(shape))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == dimension])
