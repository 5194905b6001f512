"""1,000 views with union, depth and cell shares; and the union alone against union_all.

Run: .venv/bin/python scripts/bench/camera_union.py
"""

import numpy as np
import pandas as pd
import shapely
from _row import report, timed
from camera_views import SAMPLE, place_cameras

from gridmap.cameras.ground import Ground, prepare_ground
from gridmap.cameras.seen import Seen, measure_seen
from gridmap.cameras.views import draw_views
from gridmap.grid.divide import lay_squares
from gridmap.io.districts import read_district

RANGE_M, FIELD_DEG, CELL_M = 40.0, 90.0, 250.0
UNION_TARGET = 3.0
WHY_MISSED = (
    "About 300 of these views hang together, and joining them is half of the time of both sides, "
    "in the same overlay; groups that hang together, rows of one call, blocks along a curve, the "
    "pieces of the arrangement and two threads were tried and are no faster."
)


def main() -> None:
    """Check unions and depth, then time the whole and the union."""
    town = read_district(SAMPLE)
    ground = prepare_ground(town.with_layers(cells=lay_squares(town.communities, CELL_M)))
    aims = place_cameras(ground.walls, 1_000, RANGE_M)
    aims[:, 3] = np.radians(FIELD_DEG)
    size = f"1,000 cameras of {FIELD_DEG:.0f}°, {RANGE_M:.0f} m, {len(ground.cell_id)} cells"
    ours_s, seen = timed(lambda: measure_all(ground, aims))
    (views,), _ = draw_views(aims, aims[:, 4:5], ground.walls)
    total = float((seen.depth.times * seen.depth.area_m2).sum())
    off = abs(total / shapely.area(views.shape).sum() - 1)
    agree = f"{'yes' if off < 1e-6 else 'NO'}: depth adds up to {off:.0e}"
    report("views, union, depth, cell shares", size, ours_s, "budget", 1.0, agree)
    union_s, union = timed(lambda: shapely.disjoint_subset_union_all(views.shape))
    peer_s, peer = timed(lambda: shapely.union_all(views.shape))
    off = abs(union.area / peer.area - 1)
    agree = f"{'yes' if off < 1e-9 else 'NO'}: {off:.0e}"
    report("union of views", size, union_s, "union_all", peer_s, agree)
    if peer_s < UNION_TARGET * union_s:
        print(f"MISSED: {peer_s / union_s:.1f} times, {UNION_TARGET:.0f} wanted. {WHY_MISSED}")


def measure_all(ground: Ground, aims: np.ndarray) -> Seen:
    """Views, their union in each cell, depth, shares of public space and streets."""
    (views,), _ = draw_views(aims, aims[:, 4:5], ground.walls)
    table = frame_of(views.shape)
    return measure_seen(table, ["range"], ground.public, ground.streets)


def frame_of(shapes: np.ndarray) -> pd.DataFrame:
    """Views as the measure takes them."""
    names = [str(n) for n in range(len(shapes))]
    return pd.DataFrame({"camera_id": names, "level": "range", "geometry": shapes})


if __name__ == "__main__":
    main()
