"""Catchments, loads of sites and Lorenz curves in the folder of a result."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from gridmap.io.results import read_result_layers, read_table, write_geopackage, write_table
from gridmap.services.fairness import KINDS, no_fairness

CATCHMENTS_FILE = "catchments.gpkg"
"""Layers ``nearest`` and ``capacity``, one polygon for each site of each type."""
TABLE_FILES: Mapping[str, str] = {"site_loads": "site_loads.parquet", "lorenz": "lorenz.parquet"}
"""Tables by name, and their file; ``site_loads.csv`` and ``lorenz.csv`` stand beside them."""
_CSV_DECIMALS = 3


def fairness_of(measured: Mapping[str, Any], crs: Any) -> dict[str, Any]:
    """Parts of a cover that the services dimension measured; empty where it did not.

    Examples
    --------
    >>> [len(part) for part in fairness_of({}, None).values()]
    [0, 0, 0]
    """
    found = measured["services"].fairness if "services" in measured else no_fairness(crs)
    return {
        "catchments": found.catchments,
        "site_loads": found.site_loads,
        "lorenz": found.lorenz,
    }


def write_fairness(cover: Any, folder: Path, mark: str) -> None:
    """Write catchments and tables into a folder of results."""
    kinds = cover.catchments["kind"]
    layers = {
        kind: cover.catchments[kinds == kind].drop(columns="kind")
        for kind in KINDS
        if kind == KINDS[0] or (kinds == kind).any()
    }
    write_geopackage(layers, folder / CATCHMENTS_FILE, mark)
    for name, file in TABLE_FILES.items():
        table = getattr(cover, name)
        write_table(table, folder / file, mark)
        decimals = _CSV_DECIMALS if name == "site_loads" else 6
        write_table(table.round(decimals), (folder / file).with_suffix(".csv"), mark)


def read_fairness(folder: Path, crs: Any) -> dict[str, Any]:
    """Read back what :func:`write_fairness` wrote; empty from a folder without it."""
    none = fairness_of({}, crs)
    tables = {
        name: read_table(folder / file) if (folder / file).exists() else none[name]
        for name, file in TABLE_FILES.items()
    }
    if not (folder / CATCHMENTS_FILE).exists():
        return none | tables
    layers = read_result_layers(folder / CATCHMENTS_FILE)
    parts = [layer.assign(kind=kind) for kind, layer in layers.items() if len(layer)]
    columns = list(none["catchments"])
    whole = pd.concat(parts, ignore_index=True)[columns] if parts else none["catchments"]
    return tables | {"catchments": gpd.GeoDataFrame(whole, geometry="geometry", crs=crs)}
