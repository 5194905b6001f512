"""Plan 20 cameras from 1,000 mounts × 12 azimuths on the Helsinki sample: incidence, greedy, MIP.

Run: .venv/bin/python scripts/bench/plan_cameras.py
The other side is no foreign tool but our own model with one row a point, not merged, and twice
the time: it shows what merging is worth, and that both find the same optimum. A run that ends at
the time limit is called proved only if value and bound meet within 1e-6; it may still be cut off,
so the seconds are a lower bound then, which the row says.
"""

import time
from dataclasses import replace

import numpy as np
from _row import report, timed

from gridmap.cameras.ground import prepare_ground
from gridmap.plan.candidates import generate_mounts, turn_mounts
from gridmap.plan.covering import NEW, Covering, merge_pieces, value_of
from gridmap.plan.greedy import choose_greedily
from gridmap.plan.proof import choose_exactly
from gridmap.plan.views import cover_points, draw_options, sample_ground
from gridmap.studies.sample import make_sample

MOUNTS, COUNT, STEP_M, LIMIT_S = 1_000, 20, 4.0, 60.0


def main() -> None:
    """Time each step on the same views."""
    district = make_sample(seed=0)
    ground = prepare_ground(district)
    mounts = generate_mounts(district["roads"], ground, district.outline, most=MOUNTS).table
    cameras = turn_mounts(mounts)
    draw_options(cameras.iloc[:12], ground, "detect")
    draw_s, views = timed(lambda: draw_options(cameras, ground, "detect"), 1)
    points = sample_ground(ground.public, np.arange(len(ground.public)), STEP_M)
    size = f"{len(mounts)} mounts, {len(cameras)} views, {len(points)} points"
    shapes = views.geometry.to_numpy()
    cover_s, seen = timed(lambda: cover_points(shapes, points), 1)
    report("camera plan: views drawn", size, draw_s)
    report("camera plan: incidence", f"{size}, {seen.nnz} pairs", cover_s)
    place = cameras["mount_id"].loc[views.index].factorize()[0].astype(np.int64)
    one = np.ones(len(points), dtype=np.int64)
    raw = Covering(
        seen, points["area_m2"].to_numpy(), one, 0 * one, place,
        np.full(len(views), NEW), views["facade_residential_m"].to_numpy(), COUNT,
    )  # fmt: skip
    merge_s, problem = timed(lambda: merge_pieces(raw), 1)
    report("camera plan: equal points merged", f"{len(points)} → {len(problem.weight)}", merge_s)
    greedy_s, greedy = timed(lambda: choose_greedily(problem), 1)
    report(
        "camera plan: greedy", f"{COUNT} of {len(views)} views, certificate gap {greedy.gap:.1%}",
        greedy_s,
    )  # fmt: skip
    start = time.perf_counter()
    exact = choose_exactly(problem, greedy, LIMIT_S)
    exact_s = time.perf_counter() - start
    start = time.perf_counter()
    peer = choose_exactly(raw, replace(greedy, bound=np.inf), 2 * LIMIT_S)
    peer_s = time.perf_counter() - start
    told = "proved" if exact.proved else f"gap {exact.gap:.2%}"
    told += ", stopped at the time limit" if exact.stopped else ""
    same = abs(value_of(raw, exact.views) - value_of(raw, peer.views)) <= 1e-6 * exact.value
    print(f"greedy {greedy.value:.0f} m², exact {exact.value:.0f} m², bound {exact.bound:.0f} m²")
    report(
        "camera plan: exact", f"{COUNT} of {len(views)} views, {told}", exact_s,
        f"same model, points not merged ({'proved' if peer.proved else f'gap {peer.gap:.2%}'})",
        peer_s, "yes" if same else "no",
    )  # fmt: skip


if __name__ == "__main__":
    main()
