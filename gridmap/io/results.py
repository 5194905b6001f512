"""The files that ``gridmap cover`` writes: tables, GeoPackages, the summary, the map."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
from pyarrow.csv import WriteOptions, write_csv

from gridmap.errors import FileFormatError
from gridmap.io.files import GEOPACKAGE_VERSION, check_place, kind_of
from gridmap.io.vectors import layer_names, read_geopackage

SYNTHETIC = "SYNTHETIC, made up, not measured: "
"""Starts the mark of every file that rests on made-up layers."""
_CSV = WriteOptions(quoting_style="needed", quoting_header="needed")


def synthetic_mark(synthetic: tuple[str, ...]) -> str:
    """Sentence that says which layers are made up; empty where none is.

    Examples
    --------
    >>> synthetic_mark(("shifts", "fixes"))
    'SYNTHETIC, made up, not measured: shifts, fixes'
    >>> synthetic_mark(())
    ''
    """
    return SYNTHETIC + ", ".join(synthetic) if synthetic else ""


def write_table(frame: pd.DataFrame, path: Path, mark: str = "") -> None:
    """Write a table as Parquet or, by the ending of the path, as CSV.

    Parameters
    ----------
    frame : DataFrame
        The table.
    path : Path
        File ending in ``.parquet`` or ``.csv``.
    mark : str
        What a reader must know; kept in the metadata of a Parquet file.
    """
    if path.suffix == ".csv":
        # Half a million rows in a second; pandas takes ten.
        write_csv(pa.Table.from_pandas(frame, preserve_index=False), path, _CSV)
        return
    marked = frame.copy(deep=False)
    marked.attrs = {"note": mark} if mark else {}
    marked.to_parquet(path, index=False)


def write_geopackage(layers: Mapping[str, gpd.GeoDataFrame], path: Path, mark: str = "") -> None:
    """Write layers into one GeoPackage, each with the mark in its description.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame
        Layers by name; an empty one is written with its columns.
    path : Path
        File to make.
    mark : str
        What a reader must know.

    Notes
    -----
    Times are text in ISO 8601 with zone (UTC), so that no program rounds or shifts them.
    """
    for number, (name, frame) in enumerate(layers.items()):
        pyogrio.write_dataframe(
            _plain(frame),
            path,
            layer=name,
            driver="GPKG",
            append=number > 0,
            dataset_options={"VERSION": GEOPACKAGE_VERSION} if number == 0 else None,
            geometry_type=_geometry_type(frame),
            DESCRIPTION=mark,
        )


def write_json(content: Any, path: Path) -> None:
    """Write JSON for people and programs: indented, UTF-8, null for what is not a number."""
    text = json.dumps(_clean(content), ensure_ascii=False, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file of a result folder.

    Raises
    ------
    FileFormatError
        If it is absent or damaged.
    """
    try:
        return json.loads(check_result(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise FileFormatError(
            f"{path.name} is damaged ({error}). Run gridmap cover again."
        ) from error


def read_table(path: Path) -> pd.DataFrame:
    """Read a Parquet table of a result folder.

    Raises
    ------
    FileFormatError
        If it is absent or damaged.
    """
    kind_of(check_result(path))
    return pd.read_parquet(path)


def read_result_layers(path: Path) -> dict[str, Any]:
    """Read all layers of a GeoPackage of a result folder.

    Raises
    ------
    FileFormatError
        If it is absent or damaged.
    """
    kind_of(check_result(path))
    return {name: read_geopackage(path, name) for name in layer_names(path)}


def check_result(path: Path) -> Path:
    """Path of a file of a result folder, or an error that says how to make it.

    Raises
    ------
    FileFormatError
        If the folder or the file is not there.
    """
    if not path.parent.is_dir() or not path.exists():
        raise FileFormatError(
            f"'{path.parent}' is no result of gridmap cover: expected '{path.name}' in it. Make "
            f"one with: gridmap cover DISTRICT --dimension all -o {path.parent}"
        )
    return check_place(path)


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    moments = frame.select_dtypes("datetimetz").columns
    text = {name: frame[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ") for name in moments}
    return frame.assign(**text)


def _geometry_type(frame: gpd.GeoDataFrame) -> str:
    kinds = frame.geom_type.dropna().unique()
    if len(kinds) == 1:
        return str(kinds[0])
    polygonal = len(kinds) > 0 and set(kinds) <= {"Polygon", "MultiPolygon"}
    return "MultiPolygon" if polygonal else "Unknown"


def _clean(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {str(key): _clean(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_clean(value) for value in content]
    if isinstance(content, np.generic):
        content = content.item()
    missing = content is pd.NA or content is pd.NaT
    number = isinstance(content, float) and not np.isfinite(content)
    return None if missing or number else content
