"""Time in cells by our exact engine against the ways that cut or join in other tools.

Run: PYTHONPATH=. python scripts/bench/patrol_peers.py [--python PATH] [--only NAME ...]
Peers live in an environment of their own: python -m venv PEER; PEER/bin/pip install geopandas
movingpandas pymeos duckdb duckdb-extension-spatial (the last two of one version); then --python
PEER/bin/python. PostGIS is a throwaway server as the tests make it. A peer that cannot run is
said and left out. Every side counts CPU seconds: of its process, for PostGIS of its backend.

Answers are compared first: seconds by cell. duckdb and PostGIS give the time between two fixes to
the cell of the first; the overlay shares it by length, as ecoscope does, and so loses all standing
time (here 7 % of the fixes stand); movingpandas and PyMEOS cut each track by each cell, on the
first shift only, and their seconds are scaled to all fixes.
"""

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import shapely

FIXES = 1_000_000
STANDING = 15
SMALL = 2_880
START = np.datetime64("2026-03-02T00:00:00", "us")
SQL = """WITH j AS (SELECT p.unit, p.t, g.cell FROM p JOIN g ON ST_Intersects(g.shape, p.place)),
w AS (SELECT *, lead(t) OVER u - t AS dt FROM j WINDOW u AS (PARTITION BY unit ORDER BY t))
SELECT cell, sum(dt) AS dwell, max(t) AS last FROM w GROUP BY cell"""
TARGETS = {
    ("duckdb", "squares"): 3, ("duckdb", "polygons"): 3,
    ("postgis", "squares"): 50, ("postgis", "polygons"): 50,
    ("overlay", "squares"): 50, ("overlay", "polygons"): 10,
    ("movingpandas", "squares"): 1000, ("pymeos", "squares"): 200,
}  # fmt: skip


def main() -> None:
    """Time ours once for each form of cells, then every peer on the same fixes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--side", nargs=3, help="run one peer: name, input, output")
    asked = parser.parse_args()
    if asked.side:
        run_side(*asked.side)
        return
    for form in ("squares", "polygons"):
        names = [n for n, f in TARGETS if f == form and (not asked.only or n in asked.only)]
        if names:
            compare(form, names, asked.python)


def compare(form: str, names: list[str], python: str) -> None:
    """Print a row for each peer on one form of cells."""
    from _row import report

    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "given.npz"
        ours_s, ours, standing = prepare(form, given)
        for name in names:
            told = Path(folder) / f"{name}.npz"
            here = sys.executable if name == "postgis" else python
            command = [here, __file__, "--side", name, str(given), str(told)]
            ran = subprocess.run(command, check=False, capture_output=True, text=True)
            if ran.returncode:
                print(f"{name}: not run ({ran.stderr.strip().splitlines()[-1:]})")
                continue
            answer = np.load(told)
            size = f"{FIXES:,} fixes, 3,306 {form}"
            peer_s, small = float(answer["cpu_s"]), int(answer["fixes"])
            if small < FIXES:
                size += f" (peer: {small} fixes, scaled)"
                peer_s *= FIXES / small
            agree = agreement(name, answer["dwell"], ours[small], standing)
            report("patrol split", size, ours_s, name, peer_s, agree)
            target = TARGETS[name, form]
            word = "kept" if peer_s / ours_s >= target else "MISSED"
            print(f"  {name}, {form}: {peer_s / ours_s:.1f} times, target {target}: {word}")


def prepare(form: str, given: Path) -> tuple[float, dict[int, Any], float]:
    """Write the input; time ours; seconds by cell for all fixes and for the few."""
    from patrol_walks import crooked_cells, square_cells, walk_of

    from gridmap.patrol.fixes import RawFixes

    shifts, raw = walk_of(FIXES)
    order = np.lexsort((raw.time_us, raw.shift))
    shift, time_us, x, y = (a[order] for a in (raw.shift, raw.time_us, raw.x_m, raw.y_m))
    still = np.flatnonzero((np.arange(FIXES) % STANDING == 1) & (shift == np.r_[-1, shift[:-1]]))
    x[still], y[still] = x[still - 1], y[still - 1]
    cells = square_cells() if form == "squares" else crooked_cells()
    np.savez(given, shift=shift, t=time_us / 1e6, x=x, y=y, cells=shapely.to_wkb(cells))
    mixed = np.random.default_rng(3).permutation(FIXES)
    every = RawFixes(*(a[mixed] for a in (shift, time_us, x, y, np.full(FIXES, 5.0))))
    few = RawFixes(*(a[:SMALL] for a in (shift, time_us, x, y, np.full(FIXES, 5.0))))
    ours_s, answers = np.inf, {SMALL: dwell_of(shifts, few, cells)}
    for _ in range(4):
        start = time.process_time()
        answers[FIXES] = dwell_of(shifts, every, cells)
        ours_s = min(ours_s, time.process_time() - start)
    interval = np.diff(time_us)[still - 1] / 1e6
    return ours_s, answers, float(interval.sum())


def dwell_of(shifts: Any, raw: Any, cells: Any) -> Any:
    """Clean, split exactly, sum by cell."""
    from patrol_walks import cleaned

    from gridmap.patrol.dwell import cell_grid, split_tracks

    runs = split_tracks(cleaned(shifts, raw), cell_grid(cells, len(raw.shift))).runs
    cell, seconds = runs["cell"].to_numpy(), (runs["end_s"] - runs["start_s"]).to_numpy()
    return np.bincount(cell[cell >= 0], seconds[cell >= 0], minlength=len(cells))


def agreement(name: str, theirs: Any, ours: Any, standing: float) -> str:
    """Say whether the answers agree, and what the peer loses."""
    apart = np.abs(ours - theirs).sum()
    if name in {"duckdb", "postgis"}:
        # They do not cut: only the seconds around borders may lie in another cell.
        same = abs(ours.sum() - theirs.sum()) < 1e-3 and apart < 0.05 * ours.sum()
        return "yes" if same else f"NO ({apart / ours.sum():.1%} apart)"
    if name == "overlay":
        # What it loses must be the standing time, and nothing else may differ.
        lost = ours.sum() - theirs.sum()
        same = abs(lost - standing) < 1e-3 * standing and apart < 1.001 * standing
        lost_share = f"peer loses {lost / ours.sum():.1%}"
        return f"yes, {lost_share}" if same else f"NO, {lost_share}"
    return "yes" if apart < 1e-3 * ours.sum() else f"NO ({apart / ours.sum():.2%} apart)"


def run_side(name: str, given: str, told: str) -> None:
    """Run one peer in this process and write its answer."""
    held = np.load(given, allow_pickle=True)
    columns = {key: held[key] for key in ("shift", "t", "x", "y")}
    cells = shapely.from_wkb(held["cells"])
    fixes, cpu_s, dwell = globals()[f"{name}_of"](columns, cells)
    np.savez(told, fixes=fixes, cpu_s=cpu_s, dwell=dwell)


def duckdb_of(fixes: dict[str, Any], cells: Any) -> tuple[int, float, Any]:
    """Join in duckdb's spatial extension, with windows, on one thread."""
    duckdb, pd = (importlib.import_module(name) for name in ("duckdb", "pandas"))
    base = duckdb.connect()
    base.execute("SET threads = 1")
    try:
        base.execute("LOAD spatial")
    except duckdb.Error:
        importlib.import_module("duckdb_extensions").import_extension("spatial")
        base.execute("LOAD spatial")
    grid = pd.DataFrame({"cell": np.arange(len(cells)), "wkb": shapely.to_wkb(cells)})
    given = pd.DataFrame(fixes).sample(frac=1, random_state=0)
    best = np.inf
    for _ in range(3):
        start = time.process_time()
        base.execute("CREATE OR REPLACE TABLE g AS SELECT cell, ST_GeomFromWKB(wkb) AS shape "
                     "FROM grid")  # fmt: skip
        base.execute("CREATE OR REPLACE TABLE p AS SELECT shift AS unit, t, ST_Point(x, y) "
                     "AS place FROM given")  # fmt: skip
        table = base.execute(SQL).df()
        best = min(best, time.process_time() - start)
    assert len(grid) and len(given)
    return len(given), best, by_cell(table["cell"], table["dwell"], len(cells))


def postgis_of(fixes: dict[str, Any], cells: Any) -> tuple[int, float, Any]:
    """Join in PostGIS with windows; the tables and their index are there already."""
    psycopg = importlib.import_module("psycopg")
    from gridmap.store import server as servers

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        made = servers.Server(Path(folder) / "s", servers.find_server().user, throwaway=True)
        servers.start(made)
        try:
            with psycopg.connect(servers.conninfo(made, "superuser", "postgres")) as base:
                return _in_postgis(base, fixes, cells)
        finally:
            servers.stop(made)


def _in_postgis(base: Any, fixes: dict[str, Any], cells: Any) -> tuple[int, float, Any]:
    base.execute("CREATE EXTENSION postgis")
    base.execute("CREATE TABLE g (cell int, shape geometry)")
    base.execute("CREATE TABLE p (unit int, t float8, place geometry)")
    with base.cursor().copy("COPY g FROM STDIN") as copy:
        for n, wkb in enumerate(shapely.to_wkb(cells, hex=True)):
            copy.write_row((n, wkb))
    places = shapely.to_wkb(shapely.points(fixes["x"], fixes["y"]), hex=True)
    with base.cursor().copy("COPY p FROM STDIN") as copy:
        for row in zip(fixes["shift"].tolist(), fixes["t"].tolist(), places, strict=True):
            copy.write_row(row)
    base.execute("CREATE INDEX ON g USING gist (shape)")
    base.execute("ANALYZE")
    pid = base.info.backend_pid
    start = spent(pid)
    rows = np.array(base.execute(SQL).fetchall(), dtype=float)
    cpu_s = spent(pid) - start
    return len(places), cpu_s, by_cell(rows[:, 0], rows[:, 1], len(cells))


def spent(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / float(os.sysconf("SC_CLK_TCK"))


def overlay_of(fixes: dict[str, Any], cells: Any) -> tuple[int, float, Any]:
    """Cut every segment by the cells and share its time by length, as ecoscope does."""
    geopandas = importlib.import_module("geopandas")
    grid = geopandas.GeoDataFrame({"cell": np.arange(len(cells))}, geometry=cells)
    start = time.process_time()
    same = fixes["shift"][1:] == fixes["shift"][:-1]
    xy = np.column_stack([fixes["x"], fixes["y"]])
    lines = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1)[same])
    table = {"dt": np.diff(fixes["t"])[same], "whole": shapely.length(lines)}
    track = geopandas.GeoDataFrame(table, geometry=lines)
    parts = geopandas.overlay(track, grid, how="intersection", keep_geom_type=True)
    seconds = parts["dt"] * parts.geometry.length / parts["whole"]
    cpu_s = time.process_time() - start
    return len(xy), cpu_s, by_cell(parts["cell"], seconds.fillna(0.0), len(cells))


def movingpandas_of(fixes: dict[str, Any], cells: Any) -> tuple[int, float, Any]:
    """Clip a track by each cell that its box meets."""
    movingpandas, pd = (importlib.import_module(name) for name in ("movingpandas", "pandas"))
    x, y, t = (fixes[name][:SMALL] for name in ("x", "y", "t"))
    moments = START + (t * 1e6).astype("timedelta64[us]")
    table = pd.DataFrame({"x": x, "y": y, "t": moments, "unit": 0})
    start = time.process_time()
    track = movingpandas.Trajectory(table, 0, t="t", x="x", y="y", crs=None)
    dwell = np.zeros(len(cells))
    for n in np.flatnonzero(
        shapely.intersects(cells, shapely.box(x.min(), y.min(), x.max(), y.max()))
    ):
        for part in track.clip(cells[n]).trajectories:
            dwell[n] += part.get_duration().total_seconds()
    return len(x), time.process_time() - start, dwell


def pymeos_of(fixes: dict[str, Any], cells: Any) -> tuple[int, float, Any]:
    """Restrict a temporal point to each cell that its box meets."""
    pymeos = importlib.import_module("pymeos")
    pymeos.pymeos_initialize()
    x, y, t = (fixes[name][:SMALL] for name in ("x", "y", "t"))
    moments = np.datetime_as_string(START + (t * 1e6).astype("timedelta64[us]"), unit="s")
    start = time.process_time()
    steps = ", ".join(
        f"POINT({a!r} {b!r})@{m}+00"
        for a, b, m in zip(x.tolist(), y.tolist(), moments, strict=True)
    )
    track = pymeos.TGeomPointSeq(string=f"[{steps}]")
    dwell = np.zeros(len(cells))
    for n in np.flatnonzero(
        shapely.intersects(cells, shapely.box(x.min(), y.min(), x.max(), y.max()))
    ):
        part = track.at(cells[n])
        if part is not None:
            dwell[n] = part.duration().total_seconds()
    return len(x), time.process_time() - start, dwell


def by_cell(cell: Any, seconds: Any, cells: int) -> Any:
    """Sum seconds by cell, what is missing taken as none."""
    whole = np.asarray(cell).astype(np.int64)
    return np.bincount(whole, np.nan_to_num(np.asarray(seconds, dtype=float)), minlength=cells)


if __name__ == "__main__":
    main()
