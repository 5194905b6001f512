"""MCLP, 500 and 1000 points and places: one sparse matrix into HiGHS against spopt with CBC.

Run: .venv/bin/python scripts/bench/siting_mclp.py [--peer PEERS/bin/python] (see _spopt.py)
Both sides start from the same matrix of distances and end with the chosen sites.
"""

import sys

from _row import report, timed
from _spopt import ask_spopt, peer_python, town

from gridmap.plan.siting import Siting, choose_sites

LIMIT_S = 300.0


def main() -> None:
    """Time both sides and compare what they reach."""
    for size, count, norm_m in ((500, 15, 100.0), (1000, 20, 100.0)):
        walks, people = town(size)
        ours_s, found = timed(
            lambda w=walks, p=people, n=norm_m, c=count: choose_sites(
                Siting(w, p, "mclp", n, [False] * len(w), count=c), LIMIT_S
            )
        )
        peer = ask_spopt(
            peer_python(sys.argv), walks, people,
            model="mclp", norm_m=norm_m, count=count, limit_s=LIMIT_S,
        )  # fmt: skip
        told = "proved" if found.proved else f"gap {found.gap:.2%}"
        label = f"{size} × {size}, {count} sites, {found.value:.0f} people, {told}"
        if peer is None:
            report("siting MCLP", label, ours_s, agree="not compared")
            continue
        same = abs(peer["value"] - found.value) < 0.5
        report(
            "siting MCLP", label, ours_s,
            f"spopt + CBC (build {peer['built_s']:.1f} s, {peer['status']} {peer['value']:.0f})",
            peer["wall_s"], "yes" if same else "no",
        )  # fmt: skip


if __name__ == "__main__":
    main()
