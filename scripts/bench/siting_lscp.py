"""LSCP, 1000 points and places: dominance, then HiGHS, against spopt with CBC.

Run: .venv/bin/python scripts/bench/siting_lscp.py [--peer PEERS/bin/python] [SECONDS]
The instance of PEERS.md is not handed on; this one has its size and, with 102 m, nearly its number
of sites. The target is a proof within 30 s of CPU.
"""

import sys
import time

from _row import report
from _spopt import ask_spopt, peer_python, town

from gridmap.plan.siting import Siting, choose_sites

SIZE, NORM_M, LIMIT_S = 1000, 102.0, 120.0


def main(limit_s: float) -> None:
    """Time both sides and compare what they reach; seconds of ours are CPU seconds."""
    walks, people = town(SIZE)
    start = time.process_time()
    found = choose_sites(Siting(walks, people, "lscp", NORM_M, [False] * SIZE), limit_s)
    ours_s = time.process_time() - start
    told = "proved" if found.proved else f"at least {found.bound:.0f}, stopped"
    label = f"{SIZE} × {SIZE}, {found.value:.0f} sites, {told}"
    peer = ask_spopt(
        peer_python(sys.argv), walks, people, model="lscp", norm_m=NORM_M, limit_s=limit_s
    )
    if peer is None:
        report("siting LSCP", label, ours_s, "target", 30.0, "not compared")
        return
    better = "yes" if abs(peer["value"] - found.value) < 0.5 else f"peer {peer['value']:.0f}"
    report(
        "siting LSCP", label, ours_s,
        f"spopt + CBC ({peer['status']} {peer['value']:.0f})", peer["wall_s"], better,
    )  # fmt: skip


if __name__ == "__main__":
    numbers = [word for word in sys.argv[1:] if word.replace(".", "").isdigit()]
    main(float(numbers[0]) if numbers else LIMIT_S)
