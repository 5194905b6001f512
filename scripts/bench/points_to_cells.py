"""A million points to their cells: our join against geopandas sjoin and a loop over an rtree.

Run: .venv/bin/python scripts/bench/points_to_cells.py
"""

import time

import geopandas as gpd
import numpy as np
import pandas as pd
import rtree
import shapely
from _row import report, timed

from gridmap.grid.join import assign_points
from gridmap.samples import TOY_CRS

POINTS = 1_000_000
LOOP_POINTS = 20_000
SIDE_M = 200.0
TURN = np.array([[np.cos(0.3), np.sin(0.3)], [-np.sin(0.3), np.cos(0.3)]])


def main() -> None:
    """Check that the answers agree, then time both sides on the same input."""
    for count, corner_m in ((3_311, SIDE_M), (3_311, 5.0), (100_000, SIDE_M)):
        cells, points = draw(count, corner_m)
        corners = int(cells.geometry.count_coordinates().iloc[0]) - 1
        size = f"{POINTS:,} points, {count:,} cells of {corners} corners"
        ours_s, ours = timed(lambda c=cells, p=points: assign_points(p, c))
        peer_s, peer = timed(lambda c=cells, p=points: join_with_sjoin(p, c))
        same = "yes" if ours.equals(peer) else "NO"
        report("points to cells", size, ours_s, "geopandas sjoin", peer_s, same)
    compare_with_loop(*draw(3_311, SIDE_M))


def draw(count: int, corner_m: float) -> tuple[gpd.GeoDataFrame, gpd.GeoSeries]:
    """Square cells, cornered every so many metres and then turned; points over and beyond them."""
    side = int(np.ceil(np.sqrt(count)))
    place = np.arange(count)
    x, y = place % side * SIDE_M, place // side * SIDE_M
    squares = shapely.segmentize(shapely.box(x, y, x + SIDE_M, y + SIDE_M), corner_m)
    if corner_m < SIDE_M:
        # Real cells are no upright rectangles, which our side decides without asking geometry.
        squares = shapely.transform(squares, lambda xy: xy @ TURN)
    names = pd.Series(place).astype("str")
    cells = gpd.GeoDataFrame({"cell_id": names}, geometry=squares, crs=TOY_CRS)
    spots = np.random.default_rng(0).uniform(-SIDE_M, (side + 1) * SIDE_M, (POINTS, 2))
    return cells, gpd.GeoSeries(shapely.points(spots), crs=TOY_CRS)


def join_with_sjoin(points: gpd.GeoSeries, cells: gpd.GeoDataFrame) -> pd.Series:
    """What a user of geopandas would write."""
    frame = gpd.GeoDataFrame(geometry=points)
    return gpd.sjoin(frame, cells, how="left", predicate="intersects")["cell_id"]


def compare_with_loop(cells: gpd.GeoDataFrame, points: gpd.GeoSeries) -> None:
    """Ask an rtree point by point, for a share of the points, and scale up."""
    some = points.iloc[:LOOP_POINTS]
    shapes = cells.geometry.to_numpy()
    index = rtree.index.Index((n, shape.bounds, None) for n, shape in enumerate(shapes))
    start = time.perf_counter()
    found = [
        min(
            (n for n in index.intersection(p.bounds) if shapes[n].intersects(p)),
            default=-1,
        )
        for p in some
    ]
    loop_s = (time.perf_counter() - start) * POINTS / LOOP_POINTS
    ours_s, ours = timed(lambda: assign_points(points, cells))
    expected = cells["cell_id"].reindex(found).to_numpy()
    same = "yes" if pd.Series(expected).equals(pd.Series(ours.iloc[:LOOP_POINTS])) else "NO"
    size = f"{POINTS:,} points (loop: {LOOP_POINTS:,}, scaled), {len(cells):,} cells"
    report("points to cells", size, ours_s, "rtree loop", loop_s, same)


if __name__ == "__main__":
    main()
