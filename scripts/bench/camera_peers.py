"""Views of 1,000 cameras between real buildings: our sweep, VisiLibity, CGAL with exact numbers.

Run: .venv/bin/python scripts/bench/camera_peers.py
VisiLibity needs swig and an environment of its own: `pip install --no-build-isolation visilibity`
there, and BENCH_PYTHON naming its python. CGAL needs g++ and its headers (Debian: libcgal-dev); the
peer in peers/cgal_views.cpp is built for the run.
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from _row import report, timed
from camera_views import CAMERAS, RANGE_M, draw_scene, look_all

from gridmap.cameras.views import draw_views
from gridmap.cameras.walls import Walls, local_edges

VISILIBITY = """
import json, sys, time
import visilibity as vis
scenes = json.load(open(sys.argv[1]))
def ring(points):
    return vis.Polygon([vis.Point(x, y) for x, y in points])
seconds, areas = 0.0, []
for scene in scenes:
    ground = vis.Environment([ring(one) for one in scene])
    camera = vis.Point(0.0, 0.0)
    start = time.perf_counter()
    view = vis.Visibility_Polygon(camera, ground, 1e-9)
    seconds += time.perf_counter() - start
    areas.append(abs(view.area()))
print(json.dumps({"seconds": seconds, "areas": areas}))
"""
SOURCE = Path(__file__).parent / "peers" / "cgal_views.cpp"
SAME = 1e-4


def main() -> None:
    """Check that areas agree within 0.01 %, then compare the times on the same walls."""
    walls, aims = draw_scene()
    corner = aims.copy()
    # The peers end at a square and not at an arc: in it, views that reach its corners are the same.
    corner[:, 4] *= np.sqrt(2) * 1.0001
    near = local_edges(corner, walls)
    (views,), _ = draw_views(corner, corner[:, 4:5], walls)
    squares = shapely.box(
        aims[:, 0] - RANGE_M, aims[:, 1] - RANGE_M, aims[:, 0] + RANGE_M, aims[:, 1] + RANGE_M
    )
    areas = shapely.area(shapely.intersection(views.shape, squares))
    ours_s, _ = timed(lambda: look_all(walls, near, aims), 9)
    size = f"{CAMERAS} cameras, {RANGE_M:.0f} m, {len(near[0]) / len(aims):.0f} local walls each"
    for peer, look, wanted in (
        ("VisiLibity", ask_visilibity, 10.0),
        ("CGAL exact", ask_cgal, 25.0),
    ):
        told = look(walls, near, aims, squares)
        if isinstance(told, str):
            print(f"{peer}: {told}")
            continue
        peer_s, found, some = told
        off = np.abs(found / areas[some] - 1)
        agree = (
            f"{'yes' if off.max() < SAME else 'NO'}: {off.max():.0e} at most, {len(off)} compared"
        )
        report("camera views, polygons", size, ours_s, peer, peer_s * len(aims) / len(off), agree)
        if off.max() >= SAME:
            print(f"{(off >= SAME).sum()} of {len(off)} differ, the median by {np.median(off):.0e}")
        if peer_s * len(aims) / len(off) < wanted * ours_s:
            print(f"MISSED: {wanted:.0f} times wanted")


def ask_cgal(walls: Walls, near: Any, aims: np.ndarray, _: Any) -> Any:
    """Seconds and areas of CGAL, with numbers that are exact; or why there are none."""
    if shutil.which("g++") is None:
        return "not built: g++ is not installed"
    numbers, offsets = near
    lines = [str(len(aims))]
    for n in range(len(aims)):
        edges = walls.edges[numbers[offsets[n] : offsets[n + 1]]] - np.tile(aims[n, :2], 2)
        lines.append(f"{RANGE_M!r} {len(edges)}")
        lines += [" ".join(map(repr, edge)) for edge in edges.tolist()]
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "cgal_views")
        order = ["g++", "-O2", "-std=c++17", "-o", program, SOURCE, "-lgmp", "-lmpfr"]
        built = subprocess.run(order, capture_output=True, text=True, check=False)
        if built.returncode:
            return f"not built: {built.stderr.splitlines()[0] if built.stderr else 'no reason'}"
        scene = "\n".join(lines)
        told = subprocess.run([program], input=scene, capture_output=True, text=True, check=True)
    seconds, *areas = map(float, told.stdout.split())
    some = np.flatnonzero(np.array(areas) > 0)
    return seconds * len(some) / len(aims), np.array(areas)[some], some


def ask_visilibity(walls: Walls, _: Any, aims: np.ndarray, squares: np.ndarray) -> Any:
    """Seconds and areas of VisiLibity, without the making of its environments; or why not."""
    python = os.environ.get("BENCH_PYTHON", "")
    if not python:
        return "not installed: see the head of this file"
    scenes, some = [], []
    for n, square in enumerate(squares):
        blocks = walls.blocks[walls.block_tree.query(square, predicate="intersects")]
        free = shapely.get_parts(shapely.difference(square, shapely.union_all(blocks)))
        mine = free[shapely.contains_xy(free, *aims[n, :2])]
        if len(mine) != 1:
            continue
        rings = [shapely.get_exterior_ring(mine[0]), *mine[0].interiors]
        # The outer ring runs left about, holes right about, and no corner comes twice.
        turned = [
            ring if shapely.is_ccw(ring) == (k == 0) else ring.reverse()
            for k, ring in enumerate(rings)
        ]
        away = [shapely.get_coordinates(ring)[:-1] - aims[n, :2] for ring in turned]
        scenes.append([one.tolist() for one in away])
        some.append(n)
    with tempfile.TemporaryDirectory() as folder:
        scene, script = Path(folder, "scene.json"), Path(folder, "look.py")
        scene.write_text(json.dumps(scenes))
        script.write_text(VISILIBITY)
        told = json.loads(subprocess.check_output([python, script, scene], text=True))
    return told["seconds"], np.array(told["areas"]), np.array(some)


if __name__ == "__main__":
    main()
