"""District files: a GeoPackage, or a folder with one file for each layer."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio

from gridmap import schema
from gridmap.district import District
from gridmap.errors import CRSError, FileFormatError, InputError, name_ids
from gridmap.io.coordinates import place_table
from gridmap.io.extracts import is_poi, left_out, provenance_of, sites_of_poi
from gridmap.io.files import GEOPACKAGE_VERSION, MARKER, check_place, check_size, kind_of, replacing
from gridmap.io.personal import refuse_personal
from gridmap.io.placement import examine_crs, examine_place
from gridmap.io.tables import read_csv
from gridmap.io.vectors import (
    READERS,
    configure_gdal,
    layer_names,
    plain_geometry,
    read_geopackage,
)
from gridmap.schema import Finding

Layers = dict[str, Any]
FOLDER_KINDS = (".parquet", ".geojson", ".json", ".csv")
"""Endings of layer files in a folder, in the order in which they are preferred."""
SYNTHETIC_MARK = "SYNTHETIC layers, made up, not measured: "


def read_layers(path: str | Path) -> tuple[Layers, list[Finding]]:
    """Layers of a district file as they stand there, with findings about the file.

    Parameters
    ----------
    path : path
        GeoPackage, or folder of GeoParquet, GeoJSON or CSV files named like the layers.

    Returns
    -------
    layers : dict of str to DataFrame or GeoDataFrame
        Layers that the schema knows, each in its own CRS, not yet conformed.
    findings : list of Finding
        Unknown layers, layers without a CRS or in a wrong one, rows that were left out.

    Raises
    ------
    FileFormatError
        If the file is damaged, too large, or not what its name says.
    PersonalDataError
        If a column looks like personal data.

    Notes
    -----
    A layer ``poi`` with the OSM columns ``key`` and ``subtype`` is read as ``sites``, its types
    taken from the tag table of :mod:`gridmap.reference`.
    """
    place = check_place(path)
    found = _folder_layers(place) if place.is_dir() else _geopackage_layers(place)
    layers: Layers = {}
    findings: list[Finding] = []
    for name, frame in found:
        known, frame_findings = _recognise(name, frame, layers)
        findings += frame_findings
        if known:
            refuse_personal(frame, known, place.name)
            layers[known] = _as_layer(sites_of_poi(frame) if is_poi(name, frame) else frame, known)
    if "provenance" not in layers and len(told := provenance_of(layers)):
        layers["provenance"] = told
    findings += [one for name in layers for one in examine_crs(name, layers[name])]
    return layers, findings + list(examine_place(layers, findings))


def read_district(path: str | Path, timezone: str | None = None) -> District:
    """District of a file, or one clear error that lists every fault of level error.

    Parameters
    ----------
    path : path
        GeoPackage or folder, see :func:`read_layers`.
    timezone : str, optional
        IANA zone of the windows; default from the boundary.

    Raises
    ------
    CRSError
        If a layer declares no CRS, or one that cannot be right.
    FileFormatError, PersonalDataError
        As :func:`read_layers`.
    InputError, MissingLayerError
        If rows have faults, or there is no boundary.

    Examples
    --------
    >>> import tempfile
    >>> from gridmap.samples import toy_district
    >>> file = Path(tempfile.mkdtemp()) / "toy.gpkg"
    >>> write_district(toy_district(), file)
    >>> read_district(file).name
    'Toy district'
    """
    layers, findings = read_layers(path)
    raise_errors(findings)
    return District.of(layers, timezone)


def raise_errors(findings: list[Finding]) -> None:
    """Raise one error for all findings of level error.

    Raises
    ------
    CRSError
        If all of them are about coordinate reference systems.
    InputError
        Otherwise.
    """
    errors = [one for one in findings if one.severity == "error"]
    if errors:
        about_crs = all(one.rule in {"missing_crs", "wrong_crs"} for one in errors)
        kind = CRSError if about_crs else InputError
        raise kind("\n".join(str(one) for one in errors))


def write_district(district: District, path: str | Path) -> None:
    """Write a district as a GeoPackage (``.gpkg``) or a folder, all of it or nothing.

    Parameters
    ----------
    district : District
        What to write; empty layers are left out.
    path : path
        File ending in ``.gpkg``, or a folder, which becomes one GeoParquet or Parquet file for
        each layer and ``provenance.csv``.

    Raises
    ------
    InputError
        If the place is taken by a folder that gridmap did not write.

    Notes
    -----
    Times are text in ISO 8601 with zone (UTC), so that no program rounds or shifts them. The
    layer ``provenance`` is always written; a synthetic layer is also named in the metadata
    of the GeoPackage and the description of the layer.
    """
    place = Path(path)
    if place.suffix and place.suffix.lower() != ".gpkg":
        raise InputError(
            f"A district is written as .gpkg or as a folder, found '{place.name}'. Name the "
            "output with the ending .gpkg, or without any."
        )
    layers = {name: district[name] for name in schema.district_layers() if name in district}
    layers["provenance"] = district["provenance"]
    with replacing(place) as part:
        if place.suffix:
            _write_geopackage(layers, district, part)
        else:
            _write_folder(layers, part)


def _geopackage_layers(place: Path) -> Iterator[tuple[str, Any]]:
    if kind_of(place) != "gpkg":
        raise FileFormatError(
            f"{place.name}: a district is a GeoPackage (.gpkg) or a folder. Put a single layer "
            "into one with: gridmap import layer DISTRICT --layer NAME FILE."
        )
    for name in layer_names(place):
        yield name, read_geopackage(place, name)


def _folder_layers(place: Path) -> Iterator[tuple[str, Any]]:
    files = {
        file.stem: file
        for ending in FOLDER_KINDS[::-1]
        for file in sorted(place.glob(f"*{ending}"))
        if file.is_file()
    }
    if not files:
        raise FileFormatError(
            f"The folder '{place.name}' holds no layer; expected files such as boundary.parquet, "
            f"boundary.geojson or posts.csv (endings {', '.join(FOLDER_KINDS)})."
        )
    for name, file in files.items():
        kind = kind_of(file)
        check_size(file)
        yield name, read_csv(file) if kind == "csv" else READERS[kind](file)


def _recognise(name: str, frame: Any, taken: Mapping[str, Any]) -> tuple[str, list[Finding]]:
    """Name of the layer in the schema ('' for none), and what is to be said about it."""
    if name in schema.district_layers():
        return name, []
    if is_poi(name, frame) and "sites" not in taken:
        return "sites", list(left_out(frame))
    near = difflib.get_close_matches(name.lower(), schema.district_layers(), n=1)
    meant = f"Did you mean '{near[0]}'? " if near else ""
    known = ", ".join(schema.district_layers())
    return "", [
        Finding(
            "unknown_layer",
            "warning",
            name,
            (),
            "no layer of a district has this name; it is not read",
            f"{meant}Rename it or take it out; the layers are: {known}.",
        )
    ]


def _as_layer(frame: Any, name: str) -> Any:
    if schema.layer(name).geometry == "none":
        return pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    if not isinstance(frame, gpd.GeoDataFrame):
        return place_table(frame, name)
    return frame


def _write_geopackage(layers: Layers, district: District, part: Path) -> None:
    configure_gdal()
    synthetic = district.synthetic_layers
    mark = f"{SYNTHETIC_MARK}{name_ids(synthetic, 20)}. " if synthetic else ""
    described = {"TITLE": district.name, "NOTE": f"{mark}District file of gridmap."}
    for n, (name, frame) in enumerate(layers.items()):
        words = schema.layer(name).meaning
        options = {"DESCRIPTION": f"SYNTHETIC. {words}" if name in synthetic else words}
        pyogrio.write_dataframe(
            _writable(frame),
            part,
            layer=name,
            driver="GPKG",
            append=n > 0,
            use_arrow=True,
            promote_to_multi=False,
            geometry_type=_declared_type(frame),
            dataset_metadata=described if n == 0 else None,
            dataset_options={"VERSION": GEOPACKAGE_VERSION} if n == 0 else None,
            layer_options=options | {"SPATIAL_INDEX": "YES"}
            if isinstance(frame, gpd.GeoDataFrame)
            else options,
        )


def _declared_type(frame: Any) -> str | None:
    if not isinstance(frame, gpd.GeoDataFrame):
        return None
    kinds = set(frame.geom_type.dropna())
    return str(kinds.pop()) if len(kinds) == 1 else "Unknown"


def _write_folder(layers: Layers, part: Path) -> None:
    part.mkdir()
    (part / MARKER).touch()
    for name, frame in layers.items():
        ready = _writable(frame)
        if name == "provenance":
            ready.to_csv(part / f"{name}.csv", index=False)
        else:
            ready.to_parquet(part / f"{name}.parquet", index=False)


def _writable(frame: Any) -> Any:
    """Frame in types that every file format keeps: times as ISO text, dates as dates."""
    ready = frame.copy()
    for name in ready.columns:
        values = ready[name]
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            ready[name] = iso_times(values)
        elif pd.api.types.is_datetime64_dtype(values.dtype):
            midnight = (values.dropna() == values.dropna().dt.normalize()).all()
            day = pd.ArrowDtype(pa.date32())
            ready[name] = values.astype(day) if midnight else iso_times(values)
        elif values.dtype == object:
            ready[name] = values.map(str, na_action="ignore").astype("str")
    return plain_geometry(ready)


def iso_times(values: pd.Series) -> pd.Series:
    """Write times as text in ISO 8601, with zone (UTC) where they have one, to the microsecond.

    Examples
    --------
    >>> iso_times(pd.Series(pd.to_datetime(["2026-03-02T08:00:00.5+08:00"], utc=True))).tolist()
    ['2026-03-02T00:00:00.500000+00:00']
    """
    zoned = isinstance(values.dtype, pd.DatetimeTZDtype)
    moments = values.dt.tz_convert("UTC").dt.tz_localize(None) if zoned else values
    texts = np.datetime_as_string(moments.to_numpy(dtype="datetime64[us]"), unit="us")
    suffixed = pd.Series(texts, index=values.index, dtype="str") + ("+00:00" if zoned else "")
    return suffixed.where(values.notna())
