"""Dwell, visits and last seen of unsorted fixes: our engine against what users write today.

Run: PYTHONPATH=. python scripts/bench/patrol_presence.py [fixes] [squares|polygons] [numpy]
Peers (extra ``bench``): geopandas, duckdb with its spatial extension, polars. A peer that is not
there is said and left out; ``numpy`` leaves our compiled loops out. Peers give the time between
two fixes to the cell of the first; ours cuts it at the border, so what must agree is the time in
all, and all but the few seconds around borders.
"""

import importlib
import resource
import sys
import time
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
import shapely
from _row import report
from patrol_walks import COLUMNS, SIDE_M, cleaned, crooked_cells, square_cells, walk_of

from gridmap.patrol import order
from gridmap.patrol.dwell import cell_grid, split_tracks
from gridmap.patrol.visits import find_visits

PLAIN = "numpy" in sys.argv
TARGETS = {
    "geopandas": (4.0 if PLAIN else 6.0, 2.5),
    "duckdb": (3.0, 3.0),
    "polars": (1.0 if PLAIN else 1.4, 0.0),
}


def main() -> None:
    """Time each side in a process of its own, so that peaks of memory do not mix."""
    fixes = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000
    form = sys.argv[2] if len(sys.argv) > 2 else "squares"
    ours = alone(ours_of, fixes, form)
    print(f"ours: {ours}")
    sides = {"geopandas": geopandas_of, "duckdb": duckdb_of, "polars": polars_of}
    for name, work in sides.items():
        if name == "polars" and form != "squares":
            continue
        try:
            peer = alone(work, fixes, form)
        except Exception as problem:  # a peer that cannot run is said, not hidden
            print(f"{name}: not run ({problem})")
            continue
        told = agreement(ours["answer"], peer["answer"])
        size = f"{fixes:,} fixes, 3,306 {form}"
        task = "patrol presence" + (", without numba" if PLAIN else "")
        report(task, size, ours["cpu_s"], name, peer["cpu_s"], told)
        judge(name, form, ours, peer)


def judge(name: str, form: str, ours: dict[str, Any], peer: dict[str, Any]) -> None:
    """Print whether the target was kept."""
    target = TARGETS[name][form != "squares"]
    ratio, memory = peer["cpu_s"] / ours["cpu_s"], ours["extra_mb"] / max(peer["extra_mb"], 1)
    word = "kept" if ratio >= target else "MISSED"
    print(
        f"  {name}: {ratio:.2f} times (target {target}: {word}); memory above the input "
        f"{ours['extra_mb']:.0f} MB, {memory:.0%} of the peer's {peer['extra_mb']:.0f} MB"
    )


def alone(work: Callable[..., Any], fixes: int, form: str) -> dict[str, Any]:
    """Run one side in a fresh process: CPU seconds, extra memory, answer."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, (work.__name__, fixes, form))


def measure(name: str, fixes: int, form: str) -> dict[str, Any]:
    """Best CPU seconds of three runs after one to warm up."""
    if PLAIN:
        order.WORTH_SWEEPING = sys.maxsize
    shifts, raw = walk_of(fixes)
    cells = square_cells() if form == "squares" else crooked_cells()
    before, best = peak_mb(), float("inf")
    for _ in range(4 if fixes <= 2_000_000 else 2):
        start = time.process_time()
        answer = globals()[name](shifts, raw, cells)
        best = min(best, time.process_time() - start)
    return {"cpu_s": best, "extra_mb": peak_mb() - before, "answer": answer}


def peak_mb() -> float:
    """Greatest memory so far [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def agreement(ours: dict[str, Any], peer: dict[str, Any]) -> str:
    """Say whether time in all and the last moment seen in each cell agree."""
    same_time = abs(ours["seconds"] - peer["seconds"]) < 1e-3
    mine, theirs = ours["dwell"], peer["dwell"]
    apart = float(np.abs(mine - theirs).sum() / theirs.sum())
    return "yes" if same_time and apart < 0.05 else f"NO ({apart:.1%} in other cells)"


def ours_of(shifts: pd.DataFrame, raw: Any, cells: Any) -> dict[str, Any]:
    """Clean, split exactly, count visits, and when each cell was last seen."""
    dwell = split_tracks(cleaned(shifts, raw), cell_grid(cells, len(raw.shift)))
    visits = find_visits(dwell.stays)
    inside = dwell.runs["cell"].to_numpy() >= 0
    seconds = (dwell.runs["end_s"] - dwell.runs["start_s"]).to_numpy()[inside]
    by_cell = np.bincount(dwell.runs["cell"].to_numpy()[inside], seconds, minlength=len(cells))
    last = visits.groupby("cell")["end_s"].max()
    return {"seconds": float(by_cell.sum()), "dwell": by_cell, "last": len(last)}


def geopandas_of(_shifts: pd.DataFrame, raw: Any, cells: Any) -> dict[str, Any]:
    """Join with sjoin, then group."""
    geopandas = importlib.import_module("geopandas")
    places = geopandas.points_from_xy(raw.x_m, raw.y_m)
    frame = {"unit": raw.shift, "t": raw.time_us / 1e6}
    points = geopandas.GeoDataFrame(frame, geometry=places)
    grid = geopandas.GeoDataFrame({"cell": np.arange(len(cells))}, geometry=cells)
    joined = geopandas.sjoin(points, grid, how="left", predicate="intersects")
    joined = joined[~joined.index.duplicated()].sort_values(["unit", "t"])
    joined["dt"] = joined.groupby("unit")["t"].shift(-1) - joined["t"]
    change = (joined["cell"] != joined["cell"].shift()) | (joined["unit"] != joined["unit"].shift())
    joined["visit"] = change.cumsum()
    wanted = {"dwell": ("dt", "sum"), "last": ("t", "max"), "visits": ("visit", "nunique")}
    table = joined.groupby("cell").agg(**wanted)
    return told(table["dwell"], len(table), len(cells))


def duckdb_of(_shifts: pd.DataFrame, raw: Any, cells: Any) -> dict[str, Any]:
    """Join in duckdb's spatial extension, with windows."""
    duckdb = importlib.import_module("duckdb")
    base = duckdb.connect()
    base.execute("SET threads = 1")
    base.execute("LOAD spatial")
    fixes = pd.DataFrame({"unit": raw.shift, "t": raw.time_us / 1e6, "x": raw.x_m, "y": raw.y_m})
    grid = pd.DataFrame({"cell": np.arange(len(cells)), "wkb": shapely.to_wkb(cells)})
    base.register("fixes", fixes)
    base.register("grid", grid)
    base.execute("CREATE TABLE g AS SELECT cell, ST_GeomFromWKB(wkb) AS shape FROM grid")
    base.execute("CREATE TABLE p AS SELECT *, ST_Point(x, y) AS place FROM fixes")
    table = base.execute(
        """WITH j AS (SELECT p.unit, p.t, g.cell FROM p JOIN g ON ST_Intersects(g.shape, p.place)),
        w AS (SELECT *, lead(t) OVER u - t AS dt, cell IS DISTINCT FROM lag(cell) OVER u AS fresh
              FROM j WINDOW u AS (PARTITION BY unit ORDER BY t))
        SELECT cell, sum(dt) AS dwell, max(t) AS last, count(*) FILTER (fresh) AS visits
        FROM w GROUP BY cell"""
    ).df()
    return told(table.set_index("cell")["dwell"], len(table), len(cells))


def polars_of(_shifts: pd.DataFrame, raw: Any, cells: Any) -> dict[str, Any]:
    """Number the squares by division in polars, then windows over units."""
    pl = importlib.import_module("polars")
    table = (
        pl.DataFrame({"unit": raw.shift, "t": raw.time_us / 1e6, "x": raw.x_m, "y": raw.y_m})
        .sort("unit", "t")
        .with_columns(
            cell=(pl.col("y") // SIDE_M * COLUMNS + pl.col("x") // SIDE_M).cast(pl.Int32),
            dt=pl.col("t").shift(-1).over("unit") - pl.col("t"),
        )
        .with_columns(fresh=(pl.col("cell") != pl.col("cell").shift(1).over("unit")))
        .group_by("cell")
        .agg(pl.col("dt").sum().alias("dwell"), pl.col("t").max(), pl.col("fresh").sum())
    )
    dwell = pd.Series(table["dwell"].to_numpy(), index=table["cell"].to_numpy())
    return told(dwell, len(table), len(cells))


def told(dwell: pd.Series, seen: int, cells: int) -> dict[str, Any]:
    """Answer in the common form."""
    by_cell = dwell.reindex(range(cells)).fillna(0.0).to_numpy()
    return {"seconds": float(by_cell.sum()), "dwell": by_cell, "last": seen}


if __name__ == "__main__":
    main()
