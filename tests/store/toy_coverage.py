"""Coverage of the toy district, written by hand, for tests that only read it back."""

import datetime as dt

import geopandas as gpd
import pandas as pd
from shapely import MultiPoint
from sqlalchemy import Engine

from gridmap.rows import coverage_rows
from gridmap.samples import TOY_CRS, at, box, toy_district
from gridmap.store.load import load_district

CELLS = ["nw", "ne", "sw", "se"]
DAY = dt.date(2026, 3, 2)


def toy_coverage() -> pd.DataFrame:
    """Four dimensions for four cells."""
    parts = {
        "staffing": coverage_rows(
            CELLS, "staffing.accountable", value=[1, 0, 1, 0], required=1, unit="posts",
            status=["met", "partly", "met", "partly"], window="",
        ),
        "services": coverage_rows(
            CELLS, "pharmacy.walk_share", value=[1.0, 0.5, 1.0, 0.0], required=1.0, unit="share",
            status=["met", "partly", "met", "missed"], weight=[200, 160, 100, 40],
            shortfall=[0, 80, 0, 40], window="",
        ),
        "patrol": pd.concat(
            [
                coverage_rows(
                    CELLS, "patrol.presence", value=[2.5, 2.5, 0, 0], required=2.0, unit="min",
                    status=["met", "met", "missed", "missed"], window="day@2026-03-02",
                ),
                coverage_rows(
                    CELLS, "patrol.met_share", value=[1, 1, 0, 0], required=1.0, unit="share",
                    status=["met", "met", "missed", "missed"], window="",
                ),
            ]
        ),
        "cameras": coverage_rows(
            CELLS, "camera.share_range", value=[0.1, 0.2, 0.3, None], required=1.0, unit="share",
            status=["partly", "partly", "partly", "unknown"], weight=[4000.0] * 4, window="",
        ),
    }  # fmt: skip
    frames = [frame.assign(dimension=name, grid_version="toy-1") for name, frame in parts.items()]
    return pd.concat(frames, ignore_index=True)


def toy_gaps() -> gpd.GeoDataFrame:
    """One gap in each dimension."""
    return gpd.GeoDataFrame(
        {
            "gap_id": ["g1", "g2", "g3", "g4"],
            "rank": [1.0, 2.0, 3.0, 4.0],
            "dimension": ["services", "patrol", "staffing", "cameras"],
            "measure": ["pharmacy.walk_share", "patrol.presence", "staffing.accountable",
                        "camera.share_range"],
            "cell_id": ["se", "sw", "ne", "nw"],
            "community_code": ["110101001002", "110101001001", "110101001002", "110101001001"],
            "window": ["", "day@2026-03-02", "", ""],
            "status": ["missed", "missed", "partly", "partly"],
            "people": [40.0, 100.0, 160.0, None],
            "quality": ["good"] * 4,
        },
        geometry=[box(200, 0, 400, 200), box(0, 0, 200, 200), box(200, 200, 400, 400),
                  box(0, 200, 50, 250)],
        crs=TOY_CRS,
    )  # fmt: skip


def toy_tables() -> dict:
    """All that cover would make, as arguments of load_district."""
    views = gpd.GeoDataFrame(
        {"camera_id": ["cam1"], "level": ["range"], "area_m2": [1963.5], "facade_m": [0.0],
         "facade_residential_m": [0.0]},
        geometry=[at(100, 100).buffer(25)], crs=TOY_CRS,
    )  # fmt: skip
    blind = gpd.GeoDataFrame(
        {"cell_id": ["nw"], "area_m2": [40.0], "rank": [1.0]},
        geometry=[box(10, 296, 20, 300)], crs=TOY_CRS,
    )  # fmt: skip
    areas = gpd.GeoDataFrame(
        {"type": ["pharmacy"], "minutes": [5.0]}, geometry=[at(100, 300).buffer(100)], crs=TOY_CRS
    )
    presence = pd.DataFrame(
        {
            "cell_id": ["nw", "ne"],
            "slot_start": pd.to_datetime(["2026-03-02T00:00:00Z"] * 2),
            "observed_s": [150.0, 150.0],
            "inferred_s": [0.0, 0.0],
            "visits": [1, 1],
        }
    )
    unserved = gpd.GeoDataFrame(
        {"type": ["pharmacy"], "cell_id": ["se"], "people": [40.0]},
        geometry=[MultiPoint([at(380, 20)])], crs=TOY_CRS,
    )  # fmt: skip
    cell_sites = pd.DataFrame(
        {
            "cell_id": ["nw", "se"], "type": "pharmacy", "state": "open", "place": 1,
            "site_id": "s1", "site_name": "Pharmacy", "walk_m": [100.0, 400.0],
            "least_m": [100.0, 400.0], "nearest_share": 1.0, "norm_share": [1.0, 0.0],
            "from_middle": False,
        }
    )  # fmt: skip
    catchments = gpd.GeoDataFrame(
        {"type": ["pharmacy"], "kind": ["nearest"], "site_id": ["s1"], "people": [500.0]},
        geometry=[box(0, 0, 400, 400)], crs=TOY_CRS,
    )  # fmt: skip
    loads = pd.DataFrame(
        {
            "type": "pharmacy", "kind": "nearest", "site_id": ["s1", None], "people": [500.0, 0.0],
            "walk_mean_m": [221.6, None], "capacity": [400.0, None], "load": [1.25, None],
            "people_over": [100.0, None],
        }
    )  # fmt: skip
    curves = pd.DataFrame(
        {"type": "pharmacy", "curve": "walk", "x": [0.0, 300.0, 400.0], "y": [0.0, 460.0, 500.0]}
    )
    return {
        "catchments": catchments, "site_loads": loads, "unserved": unserved,
        "cell_sites": cell_sites, "service_curves": curves,
        "coverage": toy_coverage(), "gaps": toy_gaps(), "service_areas": areas, "views": views,
        "blind_spots": blind, "presence": presence, "at": DAY,
        "summary": {
            "district": "Toy district", "cells": 4, "gaps": 4, "population": 500.0,
            "services": {"pharmacy": {"served_share": 0.76}}, "staffing": {"posts": 4},
            "patrol": {"due": 5, "met": 2}, "cameras": {"cameras": 2},
        },
    }  # fmt: skip


def load_toy(engine: Engine) -> int:
    """Load the toy district with its coverage."""
    return load_district(engine, toy_district(), **toy_tables())
