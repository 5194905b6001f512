"""A plan of sites as a file: GeoJSON, GeoPackage, or a workbook whose formulas stay alive."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS
from sqlalchemy import Connection

from gridmap.crs import WGS84, project
from gridmap.errors import InputError
from gridmap.io.results import synthetic_mark, write_geopackage
from gridmap.report.contents import Column, Report, Section, Sheet
from gridmap.report.words import report_words
from gridmap.report.workbook import write_xlsx
from gridmap.store.shapes import read_crs, read_shapes
from gridmap.studies.siting_files import UNITS
from gridmap.studies.siting_told import Plain

_SITES = (
    "number", "place_id", "name", "cell_id", "cell_name", "community", "gained", "served",
    "walk_m", "cost", "capacity", "lon", "lat",
)  # fmt: skip
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "chosen": _SITES,
    "closed": ("site_id", "name", "lon", "lat"),
    "cells": ("cell_id", "name", "community", "people", "served_before", "served_after",
              "share_before", "share_after", "gained"),
    "frontier": ("sites", "people", "share", "bound"),
    "beyond": ("cell_id", "name", "people"),
}  # fmt: skip
_KINDS: Mapping[str, str] = {
    **dict.fromkeys(("share_before", "share_after", "share"), "share"),
    **dict.fromkeys(("number", "sites", "people", "gained", "served", "bound"), "count"),
    **dict.fromkeys(("served_before", "served_after", "capacity", "walk_m"), "count"),
    **dict.fromkeys(("cost", "lon", "lat"), "number"),
}
_FORMULAS = {"gained": "{served_after}-{served_before}"}
_PARTS = {
    "share_before": ("served_before", "people"),
    "share_after": ("served_after", "people"),
}
_TOTALS = frozenset({"people", "served_before", "served_after", "gained", "cost"})


def write_siting_answer(
    connection: Connection,
    district_id: int,
    answer: Plain,
    kind: str,
    words: Mapping[str, Any],
) -> Plain | bytes:
    """Write a plan as a file.

    Parameters
    ----------
    connection : Connection
        In the scope of the reader.
    district_id : int
    answer : dict
        From :func:`gridmap.studies.pages.siting.siting_answer`.
    kind : {"geojson", "gpkg", "xlsx"}
        What file.
    words : mapping
        ``language``, ``title``, ``lines``, ``sheets`` and ``columns`` in the reader's language.

    Returns
    -------
    dict or bytes
        Of GeoJSON its object, else the content of the file.

    Raises
    ------
    InputError
        If nothing was chosen yet, only looked at.
    """
    if not answer["answer"]:
        raise InputError("Nothing was chosen: plan first, then hand out the plan.")
    if kind == "geojson":
        return _geojson(answer)
    if kind == "xlsx":
        return _workbook(answer, words)
    crs = read_crs(connection, district_id)
    return _geopackage(answer, crs, read_shapes(connection, district_id, "cells", crs))


def _geojson(answer: Plain) -> Plain:
    told = {name: answer[name] for name in ("type", "objective", "norm_m", "before", "after")}
    told |= answer["answer"] | {"unit": UNITS[answer["objective"]]}
    told |= {"beyond_people": answer["beyond"]["people"], "synthetic": answer["synthetic"]}
    told["frontier"] = answer["frontier"]
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [one["lon"], one["lat"]]},
            "properties": {"change": change}
            | {name: value for name, value in one.items() if name not in {"lon", "lat"}},
        }
        for change, rows in (("add", answer["chosen"]), ("close", answer["closed"]))
        for one in rows
    ]
    return {"type": "FeatureCollection", "plan": told, "features": features}


def _geopackage(answer: Plain, crs: CRS, cells: gpd.GeoDataFrame) -> bytes:
    table = _table(answer["cells"], _COLUMNS["cells"])
    shapes = cells.set_index("cell_id").geometry.reindex(table["cell_id"])
    layers = {
        "chosen": _points(answer["chosen"], _SITES, crs),
        "closed": _points(answer["closed"], _COLUMNS["closed"], crs),
        "cells": gpd.GeoDataFrame(table, geometry=list(shapes), crs=crs),
        **{name: _dots(answer["homes"][name], crs) for name in ("gained", "lost", "left")},
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.gpkg"
        write_geopackage(layers, path, synthetic_mark(tuple(answer["synthetic"])))
        return path.read_bytes()


def _table(rows: Sequence[Plain], columns: Sequence[str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(columns))
    for name in columns:
        table[name] = table[name].astype("float64") if name in _KINDS else table[name].astype("str")
    return table


def _points(rows: Sequence[Plain], columns: Sequence[str], crs: CRS) -> gpd.GeoDataFrame:
    table = _table(rows, columns)
    places = gpd.points_from_xy(table["lon"], table["lat"])
    return project(gpd.GeoDataFrame(table, geometry=places, crs=WGS84), crs, "sites")


def _dots(dots: Sequence[Sequence[float]], crs: CRS) -> gpd.GeoDataFrame:
    table = pd.DataFrame(dots, columns=["lon", "lat", "people"], dtype="float64")
    places = gpd.points_from_xy(table["lon"], table["lat"])
    return project(gpd.GeoDataFrame(table[["people"]], geometry=places, crs=WGS84), crs, "homes")


def _workbook(answer: Plain, words: Mapping[str, Any]) -> bytes:
    tables = {name: answer[name] for name in ("chosen", "closed", "cells", "frontier")}
    tables["beyond"] = answer["beyond"]["cells"]
    sheets = [
        Sheet(words["sheets"][name], [_column(name, one, words) for one in _COLUMNS[name]], rows)
        for name, rows in tables.items()
    ]
    language = words["language"]
    report = Report(
        title=words["title"],
        language=language,
        lines=words["lines"],
        ribbon=synthetic_mark(tuple(answer["synthetic"])),
        sections=[Section(words["title"], "", sheets=sheets)],
        words=report_words(language),
    )
    return write_xlsx(report)


def _column(table: str, name: str, words: Mapping[str, Any]) -> Column:
    summed = name in _TOTALS and table != "frontier"
    return Column(
        name,
        words["columns"].get(name, name),
        _KINDS.get(name, "text"),
        total=summed,
        formula=_FORMULAS.get(name, "") if table == "cells" else "",
        parts=_PARTS.get(name, ()) if table == "cells" else (),
    )
