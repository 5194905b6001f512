"""A tile of 3,300 cells at zoom 14 under row-level security, in the database, against its budget;
and the seconds to load that district.

Run: .venv/bin/python scripts/bench/tile.py [CELLS [KM2]]

Without KM2 the cells crowd the 1.7 km² of the sample, over a thousand in one tile: the hard case.
With it, boundary, communities and cells are spread over that area (a real district: 3300 1452).
"""

import math
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from _row import report, timed
from sqlalchemy import Connection

from gridmap.district import District
from gridmap.rows import coverage_rows, judge
from gridmap.store import cluster, server, upkeep
from gridmap.store.engines import open_engine, open_owner_engine
from gridmap.store.load import load_district
from gridmap.store.scope import Scope, scoped
from gridmap.store.tiles import _JOIN_AT_ONCE, _pixels, _queries
from gridmap.studies.sample import make_sample

TILE_BUDGET_S, LOAD_BUDGET_S = 0.010, 5.0
ZOOM, MEASURES, MOST_TILES = 14, 40, 20


def main() -> None:
    """Load a large sample into a throwaway server and time its tiles."""
    district = make_sample(int(sys.argv[1]) if len(sys.argv) > 1 else 3300)
    if len(sys.argv) > 2:
        district = spread(district, float(sys.argv[2]))
    coverage = make_coverage(district)
    folder = Path(tempfile.mkdtemp(prefix="gm"))
    folder.chmod(0o711)
    made = server.Server(folder / "server", server.find_server().user, throwaway=True)
    try:
        server.start(made)
        cluster.make_database(made)
        upkeep.migrate(_url(made, "superuser"))
        _time(made, district, coverage)
    finally:
        server.stop(made, "immediate")
        shutil.rmtree(folder)


def spread(district: District, area_km2: float) -> District:
    """District of the same cells on more ground; layers of the real map are left out."""
    factor = math.sqrt(area_km2 * 1e6 / district.outline.area)
    centre = district.outline.centroid
    grown = {name: district[name] for name in ("boundary", "communities", "cells")}
    for layer in grown.values():
        layer["geometry"] = layer.geometry.scale(factor, factor, origin=centre)
    return District.of(grown, district.timezone)


def make_coverage(district: District) -> pd.DataFrame:
    """Coverage of many measures with random values: only its size matters here."""
    cells, chance = district["cells"], np.random.default_rng(0)
    parts = []
    for n in range(MEASURES):
        value = chance.random(len(cells)).round(3)
        rows = coverage_rows(
            cells["cell_id"], f"type{n}.walk_share", value=value, required=1.0, weight=1.0,
            status=judge(value, 1.0), window="", unit="share",
        )  # fmt: skip
        parts.append(rows.assign(dimension="services", grid_version="bench"))
    return pd.concat(parts, ignore_index=True)


def _time(made: server.Server, district: District, coverage: pd.DataFrame) -> None:
    owner, app = open_owner_engine(_url(made, "gridmap_owner")), open_engine(_url(made))
    size = f"{len(district['cells'])} cells"
    seconds, number = timed(lambda: load_district(owner, district, coverage=coverage), repeat=2)
    report("db load", f"{size}, {len(coverage)} rows", seconds, "budget", LOAD_BUDGET_S)
    cells = tuple(district["cells"]["cell_id"].head(20))
    for scope in (
        Scope(1, "planner", (number,)),
        Scope(1, "liaison", (number,)),
        Scope(1, "worker", (number,), cell_ids=cells),
    ):
        for layer in ("cells", "base"):
            with scoped(app, scope) as connection:
                listed = _tiles(connection)
                every = [
                    _seconds(connection, number, layer, *one)
                    for one in listed[:: len(listed) // MOST_TILES + 1]
                ]
            worst = f"{size}, z{ZOOM} {layer}, {scope.role}, worst of {len(every)} tiles"
            report("tile in the database", worst, max(every), "budget", TILE_BUDGET_S)
    owner.dispose()
    app.dispose()


def _tiles(connection: Connection) -> list[tuple[int, int]]:
    west, south, east, north = connection.exec_driver_sql(
        "SELECT bounds FROM districts"
    ).scalar_one()
    (x0, y0), (x1, y1) = _tile(west, north), _tile(east, south)
    return [(x, y) for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)]


def _tile(lon: float, lat: float) -> tuple[int, int]:
    n = 2**ZOOM
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n
    return int((lon + 180) / 360 * n), int(y)


def _seconds(connection: Connection, number: int, layer: str, x: int, y: int) -> float:
    """Seconds the database works on a tile, planning included: the median of nine runs."""
    told = {"measure": "type1.walk_share", "window": "", "status": None}
    values = {"d": number, "z": ZOOM, "x": x, "y": y, **_pixels(ZOOM, x, y), **told}
    connection.execute(_JOIN_AT_ONCE)
    runs = []
    for _ in range(9):
        total = 0.0
        for query in _queries(layer, ZOOM):
            explain = type(query)(f"EXPLAIN (ANALYZE, TIMING off, FORMAT json) {query.text}")
            told = connection.execute(explain, values).scalar_one()[0]
            total += told["Planning Time"] + told["Execution Time"]
        runs.append(total / 1000)
    return statistics.median(runs)


def _url(made: server.Server, role: str = "gridmap_app") -> str:
    return cluster.address(made, role).render_as_string(hide_password=False)


if __name__ == "__main__":
    main()
