"""All grid checks on a district of 3,311 cells: at most 10 seconds.

The district is a town of streets on a grid of 131 communities, with main roads, a river, land use,
households, posts and duties; cells are the squares between streets. Or give a district file:

    python scripts/bench/grid_checks.py [DISTRICT]

There is no peer that answers all nine principles; the row compares with the budget.
"""

import datetime as dt
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from _row import report, timed

from gridmap.district import District
from gridmap.io.districts import read_district
from gridmap.studies.check import check_layers, examine_district_grid

CELLS, COMMUNITIES, BUDGET_S = 3_311, 131, 10.0
SIDE_M, DAY = 150.0, dt.date(2026, 3, 2)
EAST0, NORTH0, CRS = 500_000.0, 3_500_000.0, 4549
ORIGIN = np.array([EAST0, NORTH0])


def make_town(cells: int = CELLS, communities: int = COMMUNITIES, seed: int = 0) -> District:
    """Rows of square blocks; every community is a run of blocks of one band."""
    rng = np.random.default_rng(seed)
    columns = int(np.ceil(np.sqrt(cells)))
    place = np.arange(cells)
    row, column = place // columns, place % columns
    squares = _ragged(row, column)
    owner = place * communities // cells
    code = np.array([f"3201010{n // 12:02d}{n % 12:03d}" for n in range(communities)])
    grid = gpd.GeoDataFrame(
        {
            "cell_id": [f"c{n:05d}" for n in place],
            "community_code": code[owner],
            "code": [f"{code[o]}{n:03d}" for o, n in zip(owner, _count(owner), strict=True)],
            "kind": np.where(rng.random(cells) < 0.03, "dedicated", "basic"),
            "households": rng.normal(400, 80, cells).round().clip(0),
            "valid_from": "2025-01-01",
        },
        geometry=squares,
        crs=CRS,
    )
    ground = grid[["community_code", "geometry"]].dissolve("community_code").reset_index()
    ground = ground.rename(columns={"community_code": "code"}).assign(name=lambda f: f["code"])
    side = columns * SIDE_M
    return District.of(
        {
            "boundary": gpd.GeoDataFrame(
                {"name": ["Bench"]}, geometry=[grid.union_all().envelope], crs=CRS
            ),
            "communities": ground,
            "cells": grid,
            "roads": _streets(columns, side),
            "landuse": _ground(rng, side),
            "posts": pd.DataFrame({"post_id": [f"p{n}" for n in place], "role": "grid_head"}),
            "duties": pd.DataFrame(
                {
                    "post_id": [f"p{n}" for n in place],
                    "cell_id": grid["cell_id"],
                    "accountable": rng.random(cells) < 0.97,
                }
            ),
            "sites": _sites(rng, side),
        },
        timezone="Asia/Shanghai",
    )


def _ragged(row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Squares whose sides have eight vertices each, shared with the neighbour."""
    west, south = EAST0 + column * SIDE_M, NORTH0 + row * SIDE_M
    boxes = shapely.box(west, south, west + SIDE_M, south + SIDE_M)
    return shapely.segmentize(boxes, SIDE_M / 8)


def _count(owner: np.ndarray) -> np.ndarray:
    return pd.Series(owner).groupby(owner).cumcount().to_numpy() + 1


def _streets(columns: int, side: float) -> gpd.GeoDataFrame:
    """Streets on every line of blocks, a main road on every tenth, one off the lines."""
    lines, kinds = [], []
    for n in range(columns + 1):
        kind = "primary" if n % 10 == 0 else "residential"
        at = n * SIDE_M
        for one in (((0, at), (side, at)), ((at, 0), (at, side))):
            lines.append(shapely.LineString(np.array(one) + ORIGIN))
            kinds.append(kind)
    lines.append(shapely.LineString([(EAST0, NORTH0), (EAST0 + side, NORTH0 + side)]))
    kinds.append("secondary")
    parts = shapely.segmentize(np.array(lines), 40.0)
    return gpd.GeoDataFrame({"highway": kinds}, geometry=parts, crs=CRS)


def _ground(rng: np.random.Generator, side: float) -> gpd.GeoDataFrame:
    spot = rng.uniform(0, side, (500, 2)) + ORIGIN
    parks = shapely.buffer(shapely.points(spot), rng.uniform(20, 120, 500))
    bends = np.linspace(0, side, 400)
    river = shapely.LineString(
        np.column_stack([EAST0 + bends, NORTH0 + side / 3 + 500 * np.sin(bends / 1500)])
    ).buffer(30)
    kinds = [*rng.choice(["park", "school", "residential", "commercial"], 500), "water"]
    return gpd.GeoDataFrame({"kind": kinds}, geometry=[*parks, river], crs=CRS)


def _sites(rng: np.random.Generator, side: float) -> gpd.GeoDataFrame:
    spot = rng.uniform(0, side, (2000, 2)) + ORIGIN
    return gpd.GeoDataFrame(
        {"site_id": [f"s{n}" for n in range(2000)], "type": "pharmacy"},
        geometry=shapely.points(spot),
        crs=CRS,
    )


def main() -> None:
    district = read_district(Path(sys.argv[1])) if len(sys.argv) > 1 else make_town()
    size = f"{len(district['cells'])} cells, {len(district.communities)} communities"
    seconds, state = timed(lambda: examine_district_grid(district, DAY), repeat=2)
    for one in state.findings:
        print(f"  {one.rule}: {len(one.ids)}")
    report("grid_checks", size, seconds, "budget", BUDGET_S)
    seconds, _ = timed(lambda: check_layers(district, DAY), repeat=2)
    report("check_district", size, seconds, "budget", BUDGET_S)


if __name__ == "__main__":
    main()
