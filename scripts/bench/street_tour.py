"""A tour over 1,566 streets with 320 odd nodes: ours against networkx, in CPU seconds.

Run: .venv/bin/python scripts/bench/street_tour.py [--python PATH]
The peer lives in an environment of its own: python -m venv PEER; PEER/bin/pip install networkx;
then --python PEER/bin/python (default: the interpreter that runs this).
"""

import argparse
import json
import subprocess
import sys
import time

import numpy as np
from _row import report

from gridmap.plan.routes.tours import cover_streets

ROWS, COLUMNS, REMOVED = 30, 30, 174
PEER = """
import itertools, json, sys, time
import networkx as nx
told = json.load(sys.stdin)
graph = nx.Graph()
for (a, b), length in zip(told["ends"], told["length"]):
    graph.add_edge(a, b, weight=length)
began = time.process_time()
odd = [n for n, d in graph.degree() if d % 2]
far = {n: nx.single_source_dijkstra(graph, n, weight="weight") for n in odd}
pairs = nx.Graph()
for a, b in itertools.combinations(odd, 2):
    pairs.add_edge(a, b, weight=far[a][0][b])
again = nx.MultiGraph(graph)
repeated = 0.0
for a, b in nx.min_weight_matching(pairs):
    repeated += far[a][0][b]
    for pair in itertools.pairwise(far[a][1][b]):
        again.add_edge(*pair)
walk = list(nx.eulerian_circuit(again))
print(json.dumps([time.process_time() - began, repeated, len(odd)]))
"""


def main() -> None:
    """Check that both walk the same length, then print the ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", default=sys.executable)
    python = parser.parse_args().python
    xy, ends = draw()
    step = xy[ends[:, 1]] - xy[ends[:, 0]]
    length = np.hypot(*step.T)
    told = json.dumps({"ends": ends.tolist(), "length": length.tolist()})
    answer = subprocess.check_output([python, "-c", PEER], input=told, text=True)
    peer_s, peer_m, odd = json.loads(answer)
    every = np.ones(len(ends), dtype=bool)
    ours_s, tour = float("inf"), cover_streets(xy, ends, every)
    for _ in range(5):
        began = time.process_time()
        tour = cover_streets(xy, ends, every)
        ours_s = min(ours_s, time.process_time() - began)
    same = "yes" if abs(tour.repeated_m - peer_m) < 1e-3 * odd and tour.exact else "NO"
    size = f"{len(ends):,} streets, {odd} odd nodes, {tour.repeated_m:.0f} m twice"
    report("street tour", size, ours_s, "networkx matching", peer_s, same)


def draw() -> tuple[np.ndarray, np.ndarray]:
    """Blocks of uneven size, with some streets missing."""
    rng = np.random.default_rng(0)
    x, y = np.meshgrid(np.arange(COLUMNS) * 90.0, np.arange(ROWS) * 120.0)
    xy = np.column_stack([x.ravel(), y.ravel()]) + rng.uniform(-25, 25, (x.size, 2))
    node = np.arange(x.size).reshape(x.shape)
    across = np.column_stack([node[:, :-1].ravel(), node[:, 1:].ravel()])
    along = np.column_stack([node[:-1].ravel(), node[1:].ravel()])
    ends = np.vstack([across, along])
    return xy, np.delete(ends, rng.choice(len(ends), REMOVED, replace=False), axis=0)


if __name__ == "__main__":
    main()
