"""Layers with geometry from GeoPackage, GeoJSON, zipped Shapefile and GeoParquet.

Files are opened by these four readers only, after :func:`gridmap.io.files.kind_of` has looked at
their first bytes; GDAL gets local paths and no network.
"""

import json
import re
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
from pyogrio.errors import (
    CRSError as DeclaredCRSError,
)
from pyogrio.errors import (
    DataLayerError,
    DataSourceError,
    FeatureError,
    FieldError,
    GeometryError,
)

from gridmap.errors import FileFormatError
from gridmap.io.files import Kind, size_limit

_GDAL_FAULTS = (
    DataLayerError,
    DataSourceError,
    DeclaredCRSError,
    FeatureError,
    FieldError,
    GeometryError,
    OSError,
    RuntimeError,
    ValueError,
)
_GDAL_OPTIONS = {
    # Without this GDAL may leave an .aux.xml beside a file that it only reads.
    "GDAL_PAM_ENABLED": "NO",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "CPL_VSIL_CURL_USE_HEAD": "NO",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "OGR_SQLITE_LOAD_EXTENSIONS": None,
    "OGR_GEOJSON_MAX_OBJ_SIZE": "200",
    # Outputs are flushed once, before the rename that gives them their place.
    "OGR_SQLITE_SYNCHRONOUS": "OFF",
}
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_GEOJSON_TYPE = re.compile(rb'"type"\s*:\s*"(FeatureCollection|Feature)"')
_HEAD_BYTES = 65_536
_STYLE_TABLES = frozenset({"layer_styles", "qgis_projects"})


def layer_names(path: Path) -> list[str]:
    """Names of the layers of a GeoPackage, those of map programs left out.

    Raises
    ------
    FileFormatError
        If the file is damaged.
    """
    with _reading(path):
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
    return [name for name in names if name not in _STYLE_TABLES]


def read_geopackage(path: Path, layer: str) -> Any:
    """Read one layer of a GeoPackage; a table without geometry comes as a plain DataFrame."""
    # The mark in its header has already told that no other driver takes the file.
    return _read_with_gdal(path, "GPKG", layer=layer)


def read_geojson(path: Path) -> Any:
    """Read the features of a GeoJSON file, in the CRS it declares (WGS 84 by RFC 7946)."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if not _GEOJSON_TYPE.search(head) or b"gdal_streamed_alg" in head:
        raise FileFormatError(
            f"{path.name} is no GeoJSON: expected a FeatureCollection. Export it again as GeoJSON."
        )
    if path.stat().st_size <= _HEAD_BYTES:
        _check_json(path, head)
    return _read_with_gdal(path, "GeoJSON")


def read_shapefile(path: Path) -> Any:
    """Read the Shapefile inside a zip archive; its text in UTF-8, GB 18030 or as its .cpg says."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
        shape = _unpack_shapefile(path, archive, Path(folder))
        declared = shape.with_suffix(".cpg").exists()
        encoding = None if declared else _dbf_encoding(shape.with_suffix(".dbf"))
        return _read_with_gdal(shape, "ESRI Shapefile", name=path.name, encoding=encoding)


def read_parquet(path: Path) -> Any:
    """Read a GeoParquet file, or a plain table where it has no geometry."""
    try:
        described = pq.ParquetFile(path)
        unpacked = sum(
            described.metadata.row_group(n).total_byte_size
            for n in range(described.metadata.num_row_groups)
        )
        if unpacked > 2 * size_limit():
            raise FileFormatError(f"{path.name} would unpack to {unpacked:,} bytes. Split it.")
        if b"geo" in (described.schema_arrow.metadata or {}):
            return plain_geometry(gpd.read_parquet(path))
        return pd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"{path.name} cannot be read as Parquet: {error}") from error


def plain_geometry(frame: Any) -> Any:
    """Frame whose active geometry column is called ``geometry``; tables stay as they are."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name == "geometry":
        return frame
    if "geometry" in frame.columns:
        frame = frame.rename(columns={"geometry": "geometry_text"})
    return frame.rename_geometry("geometry")


READERS: Mapping[Kind, Callable[[Path], Any]] = {
    "geojson": read_geojson,
    "shapefile": read_shapefile,
    "parquet": read_parquet,
}
"""Readers of files that hold one layer."""


def configure_gdal() -> None:
    """Keep GDAL off the network and from writing beside the files it reads."""
    pyogrio.set_gdal_config_options(_GDAL_OPTIONS)


def _read_with_gdal(
    path: Path,
    driver: str,
    layer: str | None = None,
    name: str | None = None,
    encoding: str | None = None,
) -> Any:
    with _reading(path, name):
        found = driver if layer else pyogrio.read_info(path, encoding=encoding)["driver"]
        if found != driver:
            raise FileFormatError(
                f"{name or path.name} is read as {found}, expected {driver}. Export it again."
            )
        frame = pyogrio.read_dataframe(
            path, layer=layer, encoding=encoding, force_2d=True, on_invalid="ignore"
        )
    return plain_geometry(frame)


@contextmanager
def _reading(path: Path, name: str | None = None) -> Iterator[None]:
    """Turn the faults of GDAL into errors that name the file."""
    configure_gdal()
    try:
        with warnings.catch_warnings():
            # GDAL warns about details (dialects, field widths) that change no row we read.
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.simplefilter("ignore", UserWarning)
            yield
    except FileFormatError:
        raise
    except _GDAL_FAULTS as error:
        reason = str(error).replace(str(path), name or path.name)
        raise FileFormatError(
            f"{name or path.name} is damaged or cannot be read: {reason}. Export it again."
        ) from error


def _check_json(path: Path, text: bytes) -> None:
    try:
        json.loads(text)
    except ValueError as error:
        raise FileFormatError(
            f"{path.name} is truncated or damaged ({error}). Export it again."
        ) from error


def _unpack_shapefile(path: Path, archive: zipfile.ZipFile, folder: Path) -> Path:
    shapes = [
        name
        for name in archive.namelist()
        if name.lower().endswith(".shp") and not Path(name).name.startswith("._")
    ]
    if len(shapes) != 1:
        raise FileFormatError(
            f"{path.name}: expected one Shapefile (.shp with .shx, .dbf and .prj) inside, found "
            f"{len(shapes)}. Pack one layer per archive."
        )
    stem = shapes[0][:-4]
    members = {name.lower(): name for name in archive.namelist()}
    try:
        for ending in _SHAPEFILE_PARTS:
            if member := members.get((stem + ending).lower()):
                # Own names, so that no path inside the archive can lead elsewhere.
                (folder / f"layer{ending}").write_bytes(archive.read(member))
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise FileFormatError(f"{path.name} is damaged: {error}. Pack it again.") from error
    if missing := [e for e in (".shx", ".dbf") if not (folder / f"layer{e}").exists()]:
        raise FileFormatError(
            f"{path.name}: the Shapefile lacks its {' and '.join(missing)}. Pack all its parts."
        )
    return folder / "layer.shp"


def _dbf_encoding(table: Path) -> str:
    content = table.read_bytes()
    header = int.from_bytes(content[8:10], "little")
    try:
        content[header:].decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"
