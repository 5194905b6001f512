"""Views of 1,000 cameras between real buildings: our sweep and those that others have.

Run: .venv/bin/python scripts/bench/camera_views.py
The peer visibility-polygon needs node: `npm install visibility-polygon` in a folder named by the
environment variable BENCH_PEERS. VisiLibity and CGAL (scikit-geometry) are tried if they import.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from _row import report, timed

sys.path.insert(0, str(Path(__file__).parents[2]))

from gridmap.cameras.reach import reach_all
from gridmap.cameras.views import CHORD_DEG, Sectors, Views, aim_at, draw_views, reach, sweep
from gridmap.cameras.walls import Walls, local_edges, merge_walls
from gridmap.crs import metric_crs, project
from tests.oracles.cameras import shadow_view
from tests.oracles.cameras_plain import plain_look

SAMPLE = Path(__file__).parents[2] / "geodata" / "helsinki.gpkg"
CAMERAS, RANGE_M, SOME = 1_000, 60.0, 60
NODE = """
const vp = require('visibility-polygon'), fs = require('fs');
const scenes = JSON.parse(fs.readFileSync(process.argv[2]));
const run = () => scenes.map(s => vp.computeViewport([0, 0], s.segments, s.low, s.high));
run();
let best = 1e9, views;
for (let n = 0; n < 5; n++) {
  const start = process.hrtime.bigint();
  views = run();
  best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e9);
}
const area = p => Math.abs(p.reduce((s, a, i) => {
  const b = p[(i + 1) % p.length]; return s + a[0] * b[1] - b[0] * a[1]; }, 0)) / 2;
console.log(JSON.stringify({seconds: best, areas: views.map(area)}));
"""


def main() -> None:
    """Check that the answers agree, then time each side on the same cameras."""
    walls, aims = draw_scene()
    near = local_edges(aims, walls)
    size = f"{len(aims)} cameras, {RANGE_M:.0f} m, {len(near[0]) / len(aims):.0f} local walls each"
    far = aims[:, 4]
    ours_s, views = timed(lambda: look_all(walls, near, aims), 5)
    whole_s, _ = timed(lambda: draw_views(aims, far[:, None], walls), 5)
    report("camera views, with query and homes", size, whole_s, "budget", 0.134 * len(aims) / 3e3)
    compare_shadows(walls, aims, views, ours_s, size)
    compare_rays(walls, aims, views, ours_s, size)
    compare_plain(walls, near, aims, views, ours_s, size)
    for range_m in (RANGE_M, 2 * RANGE_M):
        farther = aims.copy()
        farther[:, 4] = range_m
        compare_npm(walls, farther)
    large_district()


def draw_scene() -> tuple[Walls, np.ndarray]:
    """Real buildings, and all-round cameras at random places outside of them."""
    crs = metric_crs(gpd.read_file(SAMPLE, layer="boundary"))
    walls = merge_walls(project(gpd.read_file(SAMPLE, layer="buildings"), crs))
    return walls, place_cameras(walls, CAMERAS, RANGE_M)


def place_cameras(walls: Walls, count: int, range_m: float) -> np.ndarray:
    """Cameras at random places a little off the walls."""
    rng = np.random.default_rng(1)
    low_x, low_y, high_x, high_y = shapely.total_bounds(walls.blocks)
    spots = rng.uniform([low_x, low_y], [high_x, high_y], (4 * count, 2))
    inside, _ = walls.block_tree.query(shapely.points(spots), predicate="dwithin", distance=0.05)
    spots = np.delete(spots, np.unique(inside), axis=0)[:count]
    every = np.ones(len(spots))
    heading = rng.uniform(0, 360, len(spots))
    return aim_at(spots[:, 0], spots[:, 1], heading, 360 * every, range_m * every)


def look_all(walls: Walls, near: tuple, aims: np.ndarray) -> Views:
    """Our side: from local walls to valid polygons, areas and façades."""
    sectors: Sectors = sweep(walls.edges, walls.home, near, aims, sided=True)
    return reach(sectors, aims[:, 4])


def compare_shadows(walls: Walls, aims: np.ndarray, views: Views, ours_s: float, size: str) -> None:
    """Shadows of walls cut out of the disc, by shapely; some cameras, scaled."""
    some = np.linspace(0, len(aims) - 1, SOME).astype(int)
    around = [walls.blocks[walls.block_tree.query(shapely.Point(aims[n, :2]), predicate="dwithin",
              distance=RANGE_M)] for n in some]  # fmt: skip
    start = time.perf_counter()
    slow = [shadow_view(shapely.MultiPolygon(list(near)), tuple(aims[n, :2]), 0.0, 360.0, RANGE_M)
            for n, near in zip(some, around, strict=True)]  # fmt: skip
    peer_s = (time.perf_counter() - start) * len(aims) / SOME
    off = np.abs(shapely.area(slow) / views.area_m2[some] - 1).max()
    told = f"{'yes' if off < 1e-4 else 'NO'}: {off:.1e} at most"
    report("camera views", size, ours_s, "shapely shadow quads", peer_s, told)


def compare_rays(walls: Walls, aims: np.ndarray, views: Views, ours_s: float, size: str) -> None:
    """Rays of 1° by numpy, as most tools cast them; their areas are told, not required."""
    numbers, offsets = local_edges(aims, walls)

    def cast() -> np.ndarray:
        angle = np.radians(np.arange(360.0))
        ux, uy = np.cos(angle), np.sin(angle)
        areas = np.empty(len(aims))
        for n in range(len(aims)):
            edge = walls.edges[numbers[offsets[n] : offsets[n + 1]]] - np.tile(aims[n, :2], 2)
            way = edge[:, 2:] - edge[:, :2]
            with np.errstate(divide="ignore", invalid="ignore"):
                across = way[:, 1] * ux[:, None] - way[:, 0] * uy[:, None]
                away = (edge[:, 0] * way[:, 1] - edge[:, 1] * way[:, 0]) / across
                share = (edge[:, 0] * uy[:, None] - edge[:, 1] * ux[:, None]) / across
            hit = (away > 0) & (share >= 0) & (share <= 1)
            reach_m = np.where(hit, away, RANGE_M).min(axis=1, initial=RANGE_M)
            areas[n] = (reach_m * np.roll(reach_m, -1)).sum() * np.sin(np.radians(1)) / 2
        return areas

    peer_s, areas = timed(cast)
    off = np.abs(areas / views.area_m2 - 1)
    told = f"by nature not: median {np.median(off):.1e}, worst {off.max():.0%}"
    report("camera views", size, ours_s, "numpy rays 1°", peer_s, told)


def compare_plain(
    walls: Walls, near: tuple, aims: np.ndarray, views: Views, ours_s: float, size: str
) -> None:
    """The plain method of the first version, camera by camera."""
    numbers, offsets = near

    def plain() -> np.ndarray:
        told = np.empty(len(aims))
        for n in range(len(aims)):
            some = numbers[offsets[n] : offsets[n + 1]]
            aim = {"x_m": aims[n, 0], "y_m": aims[n, 1], "heading_deg": 0.0, "hfov_deg": 360.0}
            told[n] = plain_look(
                walls.edges[some], walls.home[some], **aim, range_m=RANGE_M
            ).area_m2
        return told

    peer_s, areas = timed(plain, 1)
    off = np.abs(areas / views.area_m2 - 1).max()
    told = f"{'yes' if off < 1e-9 else 'NO'}: {off:.1e} at most"
    report("camera views", size, ours_s, "plain numpy sweep", peer_s, told)


def compare_npm(walls: Walls, aims: np.ndarray) -> None:
    """visibility-polygon in node, on the same local walls inside a square of the range."""
    folder = os.environ.get("BENCH_PEERS", "")
    if not Path(folder, "node_modules", "visibility-polygon").is_dir():
        print("visibility-polygon is not installed: see the head of this file")
        return
    reach_m = float(aims[0, 4])
    corner = aims.copy()
    corner[:, 4] *= np.sqrt(2) * 1.0001
    near = local_edges(corner, walls)
    arcs = sweep(walls.edges, walls.home, near, aims, sided=True)
    size = f"{len(aims)} cameras, {reach_m:.0f} m, {len(near[0]) / len(aims):.0f} local walls each"
    numbers, offsets = near
    box = [[-reach_m, -reach_m], [reach_m, reach_m]]
    scenes = [
        {
            "low": box[0],
            "high": box[1],
            "segments": (walls.edges[numbers[offsets[n] : offsets[n + 1]]]
                         - np.tile(aims[n, :2], 2)).reshape(-1, 2, 2).tolist(),
        }
        for n in range(len(aims))
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as temporary:
        scene, script = Path(temporary, "scene.json"), Path(folder, "bench_views.js")
        scene.write_text(json.dumps(scenes))
        script.write_text(NODE)
        told = json.loads(subprocess.check_output(["node", script, scene], cwd=folder, text=True))
    # The peer ends at a square and not at an arc: areas compare where walls alone bound the view.
    closed = np.array([(one >= 0).all() for one in np.split(arcs.wall, arcs.ends[1:-1])])
    off = np.abs(np.array(told["areas"]) / reach(arcs, aims[:, 4]).area_m2 - 1)[closed]
    ours_s, _ = timed(lambda: rings_of(walls, near, aims), 7)
    agree = f"{'yes' if off.max() < 1e-9 else 'NO'}: {off.max():.0e}, {len(off)} walled in"
    report("camera views, rings", size, ours_s, "npm visibility-polygon", told["seconds"], agree)
    drawn_s, _ = timed(lambda: look_all(walls, near, aims), 9)
    npm, npm_s = "npm visibility-polygon", told["seconds"]
    report("camera views, polygons", size, drawn_s, npm, npm_s, agree)


def rings_of(walls: Walls, near: tuple, aims: np.ndarray) -> tuple:
    """Rings as coordinates, as the peer gives them; with areas and façades, which it has not."""
    sectors = sweep(walls.edges, walls.home, near, aims, sided=True)
    no_caps, chord = np.zeros((len(aims), 2)), np.radians(CHORD_DEG)
    return reach_all(
        sectors.ends, sectors.bounds, sectors.poles, sectors.wall, sectors.home, sectors.aims,
        aims[:, 4].copy(), no_caps, chord,
    )  # fmt: skip


def large_district() -> None:
    """10,000 cameras over 110,000 walls: the sample's buildings laid out again and again."""
    crs = metric_crs(gpd.read_file(SAMPLE, layer="boundary"))
    town = project(gpd.read_file(SAMPLE, layer="buildings"), crs)[["use", "geometry"]]
    low_x, low_y, high_x, high_y = town.total_bounds
    side = 5
    many = gpd.GeoDataFrame(
        {"use": np.tile(town["use"].astype(object), side * side)},
        geometry=np.concatenate([
            town.translate(a * (high_x - low_x + 50), b * (high_y - low_y + 50)).to_numpy()
            for a in range(side) for b in range(side)
        ]),
        crs=crs,
    )  # fmt: skip
    start = time.perf_counter()
    walls = merge_walls(many)
    merge_s = time.perf_counter() - start
    aims = place_cameras(walls, 10_000, RANGE_M)
    ours_s, _ = timed(lambda: draw_views(aims, aims[:, 4:5], walls), 1)
    size = f"10,000 cameras, {len(walls.edges):,} walls"
    report("camera views, large district", size, ours_s + merge_s, "budget", 10.0)
    print(f"of which merging footprints {merge_s:.2f} s")


if __name__ == "__main__":
    main()
