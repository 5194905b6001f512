"""p-median, 1000 × 1000, 20 sites: interchange with a Lagrangian bound, in 5 s.

Run: .venv/bin/python scripts/bench/siting_pmedian.py [--peer PEERS/bin/python]
The other side is spopt with CBC, ended after 240 s; without --peer it is left out.
"""

import sys
import time

from _row import report
from _spopt import ask_spopt, peer_python, town

from gridmap.plan.siting import Siting, choose_sites

SIZE, SITES, BUDGET_S, GAP = 1000, 20, 5.0, 0.005


def main() -> None:
    """Time our side within its budget, and the peer where one is named."""
    walks, people = town(SIZE)
    small_walks, small_people = town(200)
    choose_sites(Siting(small_walks, small_people, "p-median", 1, [False] * 200, count=9), 1)
    start = time.perf_counter()
    found = choose_sites(
        Siting(walks, people, "p-median", 1, [False] * SIZE, count=SITES), BUDGET_S
    )
    ours_s = time.perf_counter() - start
    label = f"{SIZE} × {SIZE}, {SITES} sites, {found.value:.0f} person-m, gap {found.gap:.3%}"
    agree = "gap kept" if found.gap <= GAP else "gap missed"
    peer = None
    if "--peer" in sys.argv:
        peer = ask_spopt(
            peer_python(sys.argv), walks, people, model="p-median", count=SITES, limit_s=60.0
        )
    told = "spopt + CBC: no answer or not asked" if peer is None else f"spopt {peer['value']:.0f}"
    report("siting p-median", label, ours_s, told, 0.0 if peer is None else peer["wall_s"], agree)


if __name__ == "__main__":
    main()
