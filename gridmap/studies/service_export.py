"""Layers of services as a GeoPackage, for those who draw their own maps of them."""

import tempfile
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gridmap.io.results import synthetic_mark, write_geopackage
from gridmap.studies.service_facts import ServiceFacts

CELL_MEASURES = ("people", "served", "unserved", "share", "mean_m", "p90_m", "status", "quality")
"""Columns of the layers of cells, beside what they are called."""


def service_layers(facts: ServiceFacts) -> dict[str, gpd.GeoDataFrame]:
    """Layers of a GeoPackage of services.

    Parameters
    ----------
    facts : ServiceFacts
        What was measured.

    Returns
    -------
    dict of str to GeoDataFrame
        ``cells`` (one row for each type and cell, with its measures), ``sites`` (with the load of
        the catchment), ``catchments``, ``service_areas``, ``unserved`` and ``gaps``; of these the
        last four only where they are known.
    """
    cells = facts.cells[["cell_id", "name", "community", "geometry"]]
    measured = facts.figures[["type", "cell_id", *CELL_MEASURES, "rule", "source"]]
    joined = gpd.GeoDataFrame(
        measured.merge(cells, on="cell_id"), geometry="geometry", crs=facts.cells.crs
    )
    layers = {"cells": joined, "sites": _sites(facts)}
    others = {**facts.layers, "gaps": facts.gaps.drop(columns="type", errors="ignore")}
    return layers | {name: frame for name, frame in others.items() if len(frame)}


def write_service_layers(facts: ServiceFacts) -> bytes:
    """Write the layers of services as one GeoPackage, marked where something is made up."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "services.gpkg"
        write_geopackage(service_layers(facts), path, synthetic_mark(facts.synthetic))
        return path.read_bytes()


def _sites(facts: ServiceFacts) -> gpd.GeoDataFrame:
    """Open sites as points, with the people of their catchments; people with nobody are no site."""
    mine = facts.sites[facts.sites["site_id"].notna()].reset_index(drop=True)
    known = mine.geometry.notna()
    if known.any():
        mine.loc[known, "geometry"] = mine.geometry[known].representative_point()
    return gpd.GeoDataFrame(pd.DataFrame(mine), geometry="geometry", crs=facts.cells.crs)
