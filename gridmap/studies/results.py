"""The folder of a result: which table goes into which file, and back."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap import schema
from gridmap.district import District
from gridmap.errors import AssetError
from gridmap.io.files import replacing
from gridmap.io.results import (
    read_json,
    read_result_layers,
    read_table,
    synthetic_mark,
    write_geopackage,
    write_json,
    write_table,
)
from gridmap.maps.offline import draw_offline_map
from gridmap.schema import Finding
from gridmap.standards import NO_FACTS, evaluate_rules, write_facts
from gridmap.studies.camera_cover import TABLES, no_ground, read_shares, write_shares
from gridmap.studies.fair_results import read_fairness, write_fairness
from gridmap.studies.patrol_results import read_patrol, write_patrol
from gridmap.studies.privacy import FILE as PRIVACY_FILE
from gridmap.studies.privacy import read_privacy, write_privacy
from gridmap.studies.service_results import SITES_FILE, read_serving, write_serving

OPTIONAL_LAYERS: Mapping[str, tuple[str, str]] = {
    "service_areas": ("services", "service_areas.gpkg"),
    "views": ("cameras", "views.gpkg"),
}
"""Extra layers: the dimension they come with, and their file."""
RESTS_ON: Mapping[str, frozenset[str]] = {
    "staffing": frozenset({"cells", "communities", "population", "posts", "duties"}),
    "services": frozenset({"cells", "communities", "population", "buildings", "roads", "sites"}),
    "patrol": frozenset({"cells", "communities", "requirements", "shifts", "fixes"}),
    "cameras": frozenset({"cells", "communities", "buildings", "landuse", "roads", "cameras"}),
    "standards": frozenset(
        {"cells", "communities", "population", "sites", "posts", "duties", "premises", "buildings"}
    ),
}
"""Layers from which the rows of a dimension are computed."""
OTHER_LAYERS = ("unserved", "blind_spots", "uncovered_both")
"""Layers of ``gaps.gpkg`` beside the gap register."""
_CSV_DECIMALS = 6
BASE_LAYERS = ("roads", "landuse", "buildings", "communities", "sites", "cameras")
"""Layers of the district that the map draws under and over the cells."""


def write_folder(cover: Any, district: District, folder: str | Path) -> list[Finding]:
    """Write a cover into a folder, all of it or nothing; tells what could not be drawn."""
    mark = synthetic_mark(cover.synthetic)
    page, told = _draw(cover, district)
    with replacing(folder) as part:
        part.mkdir()
        write_table(cover.coverage, part / "coverage.parquet", mark)
        write_table(_for_spreadsheets(cover), part / "coverage.csv")
        write_geopackage({"cells": cover.cells}, part / "cells.gpkg", mark)
        write_geopackage(_gap_layers(cover), part / "gaps.gpkg", mark)
        for name, (dimension, file) in OPTIONAL_LAYERS.items():
            if dimension in cover.summary:
                write_geopackage({name: getattr(cover, name)}, part / file, mark)
        if "services" in cover.summary:
            write_serving(cover, part, mark)
            write_fairness(cover, part, mark)
            write_geopackage({"sites": district["sites"]}, part / SITES_FILE, mark)
        if "patrol" in cover.summary:
            write_table(cover.presence, part / "presence.parquet", mark)
            write_patrol(cover, part, mark)
        if "cameras" in cover.summary:
            write_privacy(cover.privacy, part / PRIVACY_FILE, mark)
            write_shares({name: getattr(cover, name) for name in TABLES}, part)
        if "standards" in cover.summary:
            write_table(cover.standards, part / "standards.parquet", mark)
            write_table(cover.standards_facts, part / "standards_facts.parquet", mark)
        write_json(cover.summary, part / "summary.json")
        write_json([dataclasses.asdict(one) for one in cover.findings], part / "findings.json")
        (part / "README.txt").write_text(_readme(cover, mark), encoding="utf-8")
        if page:
            (part / "map.html").write_text(page, encoding="utf-8")
    return told


def read_folder(folder: str | Path) -> dict[str, Any]:
    """Read the parts of a cover by name.

    Raises
    ------
    FileFormatError
        If the folder is not such a result, or a file in it is damaged.
    """
    place = Path(folder)
    summary = read_json(place / "summary.json")
    cells = read_result_layers(place / "cells.gpkg")["cells"]
    gap_layers = read_result_layers(place / "gaps.gpkg")
    none = gpd.GeoDataFrame(geometry=[], crs=cells.crs)
    extra = {
        name: read_result_layers(place / file)[name] if dimension in summary else none
        for name, (dimension, file) in OPTIONAL_LAYERS.items()
    }
    return {
        "coverage": read_table(place / "coverage.parquet"),
        "gaps": _gaps_from(gap_layers, cells.crs),
        "summary": summary,
        "cells": cells,
        "blind_spots": gap_layers.get("blind_spots", none),
        "unserved": gap_layers.get("unserved", none),
        "uncovered_both": gap_layers.get("uncovered_both", no_ground(cells.crs)),
        **read_shares(place),
        **read_serving(place),
        **read_fairness(place, cells.crs),
        "presence": _presence_from(place, summary),
        **read_patrol(place, cells.crs),
        "privacy": read_privacy(place / PRIVACY_FILE),
        "standards": _standards_from(place, "standards", summary, evaluate_rules((), NO_FACTS)),
        "standards_facts": _standards_from(
            place, "standards_facts", summary, write_facts(NO_FACTS)
        ),
        "findings": [
            Finding(**{**one, "ids": tuple(one["ids"])})
            for one in read_json(place / "findings.json")
        ],
        "at": datetime.fromisoformat(summary["at"]),
        "synthetic": tuple(summary["synthetic"]),
        **extra,
    }


def _for_spreadsheets(cover: Any) -> pd.DataFrame:
    """Coverage table with a last column that marks rows resting on made-up layers with ``yes``."""
    table = cover.coverage.round(_CSV_DECIMALS)
    if not cover.synthetic:
        return table
    made_up = [name for name, layers in RESTS_ON.items() if layers & set(cover.synthetic)]
    return table.assign(synthetic=np.where(table["dimension"].isin(made_up), "yes", "no"))


def _draw(cover: Any, district: District) -> tuple[str, list[Finding]]:
    """Page of the map; empty, with a finding, where the browser files are not installed."""
    base = {name: district[name] for name in BASE_LAYERS if name in district}
    extra = {"views": cover.views, "service_areas": cover.service_areas}
    extra["blind_spots"] = cover.blind_spots
    base |= {name: frame for name, frame in extra.items() if len(frame)}
    try:
        page = draw_offline_map(
            name=district.name,
            cells=district["cells"],
            coverage=cover.coverage,
            gaps=cover.gaps,
            summary=cover.summary,
            base=base,
            at=cover.at.astimezone(ZoneInfo(district.timezone)).date(),
            synthetic=cover.synthetic,
            attribution=_attribution(district),
        )
    except AssetError as error:
        told = Finding("map_not_drawn", "warning", "map.html", (), f"not written: {error}", "")
        return "", [told]
    return page, []


def _attribution(district: District) -> str:
    licences = district["provenance"]["licence"].dropna().str.split("; ").explode()
    return "; ".join(licences.str.strip().unique())


def _gap_layers(cover: Any) -> dict[str, gpd.GeoDataFrame]:
    measured = schema.layer("gaps").columns["dimension"].choices
    layers = {
        name: cover.gaps[cover.gaps["dimension"] == name]
        for name in measured
        if name in cover.summary
    }
    if "services" in cover.summary:
        layers["unserved"] = cover.unserved
    if "cameras" in cover.summary:
        layers["blind_spots"] = cover.blind_spots
    if "presence_and_cameras" in cover.summary:
        layers["uncovered_both"] = cover.uncovered_both
    return layers


def _gaps_from(layers: Mapping[str, Any], crs: Any) -> gpd.GeoDataFrame:
    parts = [frame for name, frame in layers.items() if name not in OTHER_LAYERS]
    filled = [frame for frame in parts if len(frame)]
    if not filled:
        return schema.empty("gaps", crs)
    every = pd.concat(filled, ignore_index=True).sort_values("rank", ignore_index=True)
    return schema.conform(every, "gaps")


def _presence_from(place: Path, summary: Mapping[str, Any]) -> pd.DataFrame:
    if "patrol" in summary:
        return read_table(place / "presence.parquet")
    return pd.DataFrame(columns=["cell_id", "slot_start", "observed_s", "inferred_s", "visits"])


def _standards_from(
    place: Path, name: str, summary: Mapping[str, Any], none: pd.DataFrame
) -> pd.DataFrame:
    return read_table(place / f"{name}.parquet") if "standards" in summary else none


def _readme(cover: Any, mark: str) -> str:
    told = cover.summary
    lines = [
        f"Coverage of {told['district']}, {told['cells']} cells, as of {told['at']}",
        "",
        "coverage.parquet, coverage.csv   the coverage table: one row per cell, measure, window",
        "cells.gpkg                       cells with one column per main measure",
        "gaps.gpkg                        the gap register, one layer per dimension",
        "camera_streets.csv               seen of every street; camera_communities.csv likewise",
        "cell_sites.parquet               sites nearest to the people of each cell, with the walk",
        "service_curves.parquet           people by distance to the nearest site, for each type",
        "service_sites.gpkg               the sites that services were measured from",
        "catchments.gpkg                  whose ground is whose site: nearest, within capacity",
        "site_loads.csv, lorenz.csv       people, walks and overload of sites; evenness of access",
        "privacy.parquet                  privacy of cameras: verdict, homes seen, masks, papers",
        "standards.parquet                every rule and unit: value, required, shortfall, source",
        "summary.json, findings.json      totals; what was doubtful or left out",
        "map.html                         map that opens without a network",
        "",
        f"Numbers in coverage.csv are rounded to {_CSV_DECIMALS} decimals.",
        "staffing.vacant counts the accountable posts that cells lack of their own; a post of the",
        "community may stand in for them.",
    ]
    if mark:
        about = (
            "Figures that rest on these layers describe no real operations; their rows in "
            "coverage.csv say yes in the column synthetic."
        )
        lines = [f"{mark}.", about, "", *lines]
    return "\n".join(lines) + "\n"
