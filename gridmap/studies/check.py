"""Check a district file: what is wrong or doubtful in it, with ids and remedies."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import schema
from gridmap.checks import check_district, open_rows
from gridmap.district import District
from gridmap.grid.quality import examine_tiling
from gridmap.io.districts import read_layers
from gridmap.schema import Finding

_SEVERITIES = ("error", "warning", "note")
_SHAPES = {"polygon": (3, 6), "line": (1, 5), "point": (0,), "any": (0, 3, 6)}
"""Geometry types of shapely that a layer of the schema may hold."""


def check_file(path: str | Path, on: dt.date | None = None) -> list[Finding]:
    """All findings about a district file, errors first.

    Parameters
    ----------
    path : path
        District file; read as far as it can be read.
    on : date, optional
        Day on which cells are asked for their accountable post; default today.

    Returns
    -------
    list of Finding
        About the file, about single layers, and across layers. Rows with an error in themselves
        are left out before layers are compared, so one fault does not hide another.

    Raises
    ------
    FileFormatError
        If the file cannot be read at all.
    PersonalDataError
        If a column looks like personal data.

    Examples
    --------
    >>> import tempfile
    >>> from gridmap.io.districts import write_district
    >>> from gridmap.samples import toy_district
    >>> file = Path(tempfile.mkdtemp()) / "toy.gpkg"
    >>> write_district(toy_district(), file)
    >>> [one.rule for one in check_file(file, dt.date(2026, 3, 2))]
    ['no_accountable_post']
    """
    layers, findings = read_layers(path)
    misplaced = {one.layer for one in findings if one.severity == "error"}
    sound: dict[str, Any] = {}
    for name, frame in layers.items():
        conformed, faults = schema.examine(frame, name)
        findings += faults
        if name not in misplaced and not _structural(faults):
            sound[name] = _sound_rows(conformed, name)
    if "boundary" not in layers:
        findings.append(_no_boundary(layers))
    elif "boundary" in sound and len(sound["boundary"]):
        findings += check_layers(District.of(sound), on)
    return sorted(findings, key=lambda one: _SEVERITIES.index(one.severity))


def check_layers(district: District, on: dt.date | None = None) -> list[Finding]:
    """Find faults across the layers of a district, those about the tiling of its cells included.

    Parameters
    ----------
    district : District
        District to look at.
    on : date, optional
        Day on which cells are asked for their accountable post; default today.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> [one.rule for one in check_layers(toy_district(), dt.date(2026, 3, 2))]
    ['no_accountable_post']
    """
    findings = check_district(district, on)
    told = {(one.rule, one.layer) for one in findings}
    cells = district["cells"]
    if "cells" in district and ("duplicate_code", "communities") not in told:
        tiling = examine_tiling(cells[open_rows(cells)], district.communities)
        findings += [one for one in tiling if (one.rule, one.layer) not in told]
    return sorted(findings, key=lambda one: _SEVERITIES.index(one.severity))


def _structural(faults: list[Finding]) -> bool:
    return any(one.rule in {"missing_column", "missing_geometry"} for one in faults)


def _sound_rows(frame: Any, name: str) -> Any:
    spec = schema.layer(name)
    keep = frame[list(spec.required)].notna().all(axis=1).to_numpy(dtype=bool, copy=True)
    if spec.id_column:
        keep &= ~frame[spec.id_column].duplicated().to_numpy(dtype=bool)
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = np.asarray(frame.geometry, dtype=object)
        keep &= ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        keep &= np.isin(shapely.get_type_id(shapes), _SHAPES[spec.geometry])
        keep &= shapely.is_valid(shapes)
    return frame[keep]


def _no_boundary(layers: Mapping[str, pd.DataFrame]) -> Finding:
    return Finding(
        "missing_layer",
        "error",
        "boundary",
        (),
        f"a district needs a boundary; found {', '.join(layers) or 'no layer'}",
        "Add it: gridmap import layer DISTRICT --layer boundary FILE.",
    )
