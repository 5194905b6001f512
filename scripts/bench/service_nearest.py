"""Nearest site on foot on a real walking network: ours against networkx and pandana.

The streets are those of a district file with the layer ``roads``; 100 sites and 20,000 people
stand on nodes, so that all sides are asked the same. networkx and pandana run in an environment of
their own, as pandana needs other versions: python -m venv PEERS && PEERS/bin/pip install networkx
pandana. Run: .venv/bin/python scripts/bench/service_nearest.py DISTRICT --peers PEERS/bin/python
Seconds are those of the processor, on one core; a larger city is made by gridmap sample make.
"""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _row import report

from gridmap.io.districts import read_district
from gridmap.services.access import Snaps, node_distances
from gridmap.services.matrix import nearest_sites, site_distances
from gridmap.services.network import WalkNetwork, lay_network

SITES = 100
PEOPLE = 20_000
PEER = Path(__file__).with_name("_service_peers.py")


def main() -> None:
    """Check that the answers agree, then time all sides on the same input."""
    told = arguments(__doc__ or "")
    network = main_part(lay_network(read_district(told.district)["roads"]))
    rng = np.random.default_rng(0)
    # pandana finds the node of a site by its place, so sites stand where there is one node only
    _, where, nodes = np.unique(network.xy, axis=0, return_index=True, return_counts=True)
    sites = rng.choice(where[nodes == 1], SITES, replace=False)
    people = rng.choice(len(network.xy), PEOPLE)
    stood, met = (stand_on_nodes(network, one) for one in (sites, people))
    ours_s, ours = cpu_timed(lambda: node_distances(network, [stood])[0][people], 9)
    nearest_sites(network, met, PEOPLE, stood, SITES, 1)  # compile first
    labels_s, (which, labelled) = cpu_timed(
        lambda: nearest_sites(network, met, PEOPLE, stood, SITES, 1), 9
    )
    if not np.array_equal(which[:, 0], first_nearest(network, met, stood)):
        raise SystemExit("the nearest site of some people is another one than by all distances")
    peers = ask_peers(told.peers, "nearest", network, sites=sites, people=people)
    size = f"{len(network.xy):,} nodes, {SITES} sites, {PEOPLE:,} people"
    for name in ("networkx", "pandana_query", "pandana_build_query"):
        seconds = float(peers[f"{name}_s"])
        report("nearest site", size, ours_s, name, seconds, agree(ours, peers[name]))
        same = agree(labelled[:, 0], peers[name])
        report("nearest site and which", size, labels_s, name, seconds, same)


def first_nearest(network: WalkNetwork, met: Snaps, stood: Snaps) -> Any:
    """Nearest site by the distances to all sites, the first of those equally near."""
    everyone = site_distances(network, met, PEOPLE, stood, SITES, np.inf).toarray()
    return everyone.argmin(axis=1)


def cpu_timed(work: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """Least CPU seconds of some runs, and what the last run answered."""
    best, answer = float("inf"), None
    for _ in range(repeat):
        start = time.process_time()
        answer = work()
        best = min(best, time.process_time() - start)
    return best, answer


def arguments(told: str) -> argparse.Namespace:
    """Read the district and the environment of the peers."""
    parser = argparse.ArgumentParser(description=told)
    parser.add_argument("district", type=Path)
    parser.add_argument("--peers", required=True, help="python with networkx and pandana")
    return parser.parse_args()


def main_part(network: WalkNetwork) -> WalkNetwork:
    """Largest connected part, which alone every side can search."""
    kept = network.component[network.ends[:, 0]] == 0
    used = np.unique(network.ends[kept])
    number = np.full(len(network.xy), -1)
    number[used] = np.arange(len(used))
    parts = np.zeros(len(used), dtype=np.int64)
    return WalkNetwork(network.xy[used], number[network.ends[kept]], network.road[kept], parts)


def ask_peers(python: str, task: str, network: WalkNetwork, **places: Any) -> Any:
    """Answers and seconds of the peers, from a process of their own."""
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder) / "given.npz", Path(folder) / "answer.npz"
        streets = {"xy": network.xy, "ends": network.ends, "length_m": network.length_m}
        np.savez(given, **streets, **places)
        one_core = os.environ | {"OMP_NUM_THREADS": "1"}
        subprocess.run([python, PEER, task, given, answer], check=True, env=one_core)
        return dict(np.load(answer))


def agree(ours: Any, theirs: Any) -> str:
    """Whether distances are the same to 5 cm: pandana cuts every edge down to a millimetre."""
    return "yes" if np.allclose(ours, theirs, rtol=0, atol=0.05) else "NO"


def stand_on_nodes(network: WalkNetwork, nodes: Any = None) -> Snaps:
    """Stand on every node, or on some, at the end of one edge that meets there."""
    edge = np.empty(len(network.xy), dtype=np.int64)
    along = np.empty(len(network.xy))
    for side in (1, 0):
        node = network.ends[:, side]
        edge[node], along[node] = np.arange(len(node)), network.length_m * side
    chosen = np.arange(len(network.xy)) if nodes is None else nodes
    edge, along = edge[chosen], along[chosen]
    return Snaps(np.arange(len(chosen)), edge, along, along, np.zeros(len(chosen)))


if __name__ == "__main__":
    main()
