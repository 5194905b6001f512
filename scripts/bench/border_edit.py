#!/usr/bin/env python3
"""Border edits in a draft of a whole district: opened once, then each edit done and rechecked.

    scripts/bench/border_edit.py [--cells 3311] [--edits 300]

The answer is checked first: after all edits the area and the households are those of the start,
and undoing them gives back the very same outlines. The target is 100 ms
for 95 % of edits at 3,311 cells; the longest is printed too, whatever else the machine did then.
"""

import argparse
import sys
import time

import geopandas as gpd
import numpy as np
import shapely
from _row import report

from gridmap.errors import InputError
from gridmap.grid.draft import Draft

SIDE_M = 220.0
ORIGIN = np.array([500_000.0, 4_400_000.0])
PER_COMMUNITY = 5
TARGET_S = 0.1
"""Longest an edit may take [s] at 3,311 cells."""


def main() -> int:
    """Print the times; 1 if the target was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=3311)
    parser.add_argument("--edits", type=int, default=300)
    asked = parser.parse_args()
    cells, homes = lay(asked.cells, np.random.default_rng(1))
    begun = time.perf_counter()
    draft = Draft(cells, homes)
    opened_s = time.perf_counter() - begun
    times, kinds = edit(draft, asked.edits, np.random.default_rng(2))
    check(draft, cells)
    middle, p95, most = np.quantile(times, [0.5, 0.95, 1.0])
    print(f"{len(cells)} cells, {len(homes)} homes, opened once in {opened_s:.2f} s")
    print(f"{len(times)} edits ({kinds}): median {1e3 * middle:.1f} ms, p95 {1e3 * p95:.1f} ms, ")
    print(f"  longest {1e3 * most:.1f} ms, rechecks included; target {1e3 * TARGET_S:.0f} ms")
    report("border_edit", f"{len(cells)} cells", float(p95), "budget", TARGET_S)
    return int(p95 > TARGET_S)


def lay(count: int, lots: np.random.Generator) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Lay a wavy tiling with 16 corners a cell, communities of 5 × 5 cells, 30 homes a cell."""
    columns = int(np.ceil(np.sqrt(count)))

    def bend(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        along = np.stack([x, y], axis=1)
        return along + 25 * np.stack([np.sin(y / 90), np.cos(x / 70)], axis=1)

    row, column = np.divmod(np.arange(count), columns)
    step = np.linspace(0, 1, 5)[:-1]
    ring = np.concatenate([
        np.stack([step, 0 * step], 1), np.stack([0 * step + 1, step], 1),
        np.stack([1 - step, 0 * step + 1], 1), np.stack([0 * step, 1 - step], 1),
    ])  # fmt: skip
    corners = (np.stack([column, row], 1)[:, None] + ring) * SIDE_M
    flat = corners.reshape(-1, 2)
    places = bend(flat[:, 0], flat[:, 1]).reshape(count, len(ring), 2) + ORIGIN
    across = columns // PER_COMMUNITY + 1
    community = row // PER_COMMUNITY * across + column // PER_COMMUNITY
    frame = {
        "cell_id": [f"c{n:05d}" for n in range(count)],
        "community_code": [f"{n:012d}" for n in community],
        "code": None, "name": None, "kind": "basic",
        "households": 400.0, "population": 1000.0,
    }  # fmt: skip
    cells = gpd.GeoDataFrame(frame, geometry=list(shapely.polygons(places)), crs=4548)
    spots = lots.uniform(0, columns * SIDE_M, (count * 30, 2)) + ORIGIN
    homes = gpd.GeoDataFrame(
        {"households": 13.0, "population": 33.0}, index=range(len(spots)),
        geometry=list(shapely.points(spots)), crs=4548,
    )  # fmt: skip
    return cells, homes


def edit(draft: Draft, count: int, lots: np.random.Generator) -> tuple[np.ndarray, str]:
    """Move corners, bend borders, merge and split at random; seconds of each that was done."""
    times: list[float] = []
    done: dict[str, int] = {}
    arcs = draft.tiling.arcs()
    while len(times) < count:
        arc = arcs[int(lots.integers(len(arcs)))]
        kind = str(
            lots.choice(
                ["move", "insert", "shift", "merge", "split"], p=[0.4, 0.3, 0.2, 0.05, 0.05]
            )
        )
        if any(cell not in draft.tiling.cells for cell in arc.cells):
            continue
        line = [draft.tiling.xy[v] for v in arc.vertices]
        by = lots.uniform(-15, 15, 2)
        middle = np.mean(line[:2], axis=0)
        west, south, east, north = draft.tiling.shapes[arc.cells[0]].bounds
        upright = [[(west + east) / 2, south - 9], [(west + east) / 2, north + 9]]
        told = {
            "move": {"at": line[1], "to": (np.array(line[1]) + by).tolist()},
            "insert": {"at": middle.tolist(), "to": (middle + by).tolist()},
            "shift": {"at": middle.tolist(), "by": by.tolist()},
            "merge": {"cells": list(arc.cells)},
            "split": {"cell": arc.cells[0], "line": upright},
        }[kind]  # fmt: skip
        begun = time.perf_counter()
        try:
            draft.apply({"op": kind, **told})
        except InputError:
            continue
        times.append(time.perf_counter() - begun)
        done[kind] = done.get(kind, 0) + 1
    return np.array(times), ", ".join(f"{n} {kind}" for kind, n in sorted(done.items()))


def check(draft: Draft, cells: gpd.GeoDataFrame) -> None:
    """Area and households are conserved, nothing overlaps, and undo gives back the very same."""
    now = draft.cells()
    assert abs(now.area.sum() - cells.area.sum()) < 1e-3
    assert abs(shapely.union_all(now.geometry.to_numpy()).area - cells.area.sum()) < 1e-3
    counted = sum(one.households or 0.0 for one in draft.figures().values())
    while draft.operations:
        draft.undo()
    before = sum(one.households or 0.0 for one in draft.figures().values())
    assert abs(counted - before) < 1e-6
    assert all(
        one is draft.tiling.shapes[c]
        for c, one in zip(cells.cell_id, draft.base.geometry, strict=True)
    )


if __name__ == "__main__":
    sys.exit(main())
