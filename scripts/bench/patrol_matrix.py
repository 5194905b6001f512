"""Cells by quarter hours from clean fixes: exact split, union over units, sparse matrix.

Run: PYTHONPATH=. python scripts/bench/patrol_matrix.py [fixes] [numpy]
No peer has this question: the row keeps the budget of 1 s (CPU seconds, best of four) for 10 M
fixes, and the seconds of the matrix are checked against the dwell of all runs. ``numpy`` leaves
our compiled loops out.
"""

import sys
import time

import numpy as np
from _row import report
from patrol_walks import cleaned, square_cells, walk_of

from gridmap.patrol import order
from gridmap.patrol.dwell import cell_grid, split_tracks
from gridmap.patrol.intervals import Spans
from gridmap.patrol.presence import presence_of, slot_matrix

BUDGET_S = 1.0


def main() -> None:
    """Time the matrix of presence, then check it and the matrix of dwell."""
    fixes = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10_000_000
    plain = "numpy" in sys.argv
    if plain:
        order.WORTH_SWEEPING = sys.maxsize
    cells = square_cells()
    grid = cell_grid(cells, fixes)
    tracks = cleaned(*walk_of(fixes))
    best = np.inf
    for _ in range(4):
        start = time.process_time()
        runs = split_tracks(tracks, grid).runs
        split = time.process_time() - start
        presence = presence_of(runs)
        matrix = slot_matrix(presence, len(cells))
        best = min(best, time.process_time() - start)
        print(f"split {split:.3f} s, union and matrix {time.process_time() - start - split:.3f} s")
    dwell = slot_matrix(Spans(*(runs[n].to_numpy() for n in ("cell", "start_s", "end_s"))), 3_306)
    seconds = float((runs["end_s"] - runs["start_s"]).sum())
    same = abs(dwell.sum() - seconds) < 1e-9 * seconds
    same &= abs(matrix.sum() - float((presence.end - presence.start).sum())) < 1e-9 * seconds
    same &= bool((matrix.toarray() <= np.minimum(dwell.toarray(), 900.0) + 1e-6).all())
    size = f"{fixes:,} fixes, {matrix.shape[0]:,} cells x {matrix.shape[1]} quarter hours"
    task = "patrol cell x 15-min matrix" + (", without numba" if plain else "")
    report(task, size, best, "budget", BUDGET_S, "yes" if same else "NO")
    print("kept" if best <= BUDGET_S else "MISSED")


if __name__ == "__main__":
    main()
