"""Blocks grouped into cells of 400 households: ours against gerrychain.

The blocks are cells of a Voronoi diagram of shaken places, their households drawn from a gamma
distribution (mean 50, two thirds of it the deviation). Both sides must give connected cells and
as many as the households ask for; gerrychain gets the tolerance of a quarter that its recursive
trees need, and what they reach is printed. Times are processor seconds.

Run: .venv/bin/python scripts/bench/divide_blocks.py [--python PATH]
The peer lives in an environment of its own: python -m venv PEER; PEER/bin/pip install gerrychain;
then --python PEER/bin/python (default: the interpreter that runs this).
"""

import argparse
import json
import subprocess
import sys
import time

import numpy as np

TARGET = 400
LIMIT_S = 150

PEER = """
import json, random, sys, time
import networkx as nx
from functools import partial
from gerrychain import Graph
from gerrychain.tree import recursive_tree_part, bipartition_tree
told = json.load(sys.stdin)
graph = nx.Graph()
for n, households in enumerate(told["weight"]):
    graph.add_node(n, households=households)
graph.add_edges_from(told["pairs"])
random.seed(0)
start = time.process_time()
graph = Graph.from_networkx(graph)
cells = told["cells"]
label = recursive_tree_part(
    graph, range(cells), sum(told["weight"]) / cells, "households", 0.25,
    method=partial(bipartition_tree, max_attempts=100_000),
)
seconds = time.process_time() - start
print(json.dumps({"seconds": seconds, "label": [label[n] for n in range(len(told["weight"]))]}))
"""


def main() -> None:
    """Time both sides on the same blocks, and check that both answers are divisions."""
    from _row import report

    from gridmap.grid.partition import group_blocks

    parser = argparse.ArgumentParser()
    parser.add_argument("--python", default=sys.executable)
    python = parser.parse_args().python
    for count in (2_000, 10_000):
        weight, borders = draw(count)
        group_blocks(weight[:50], borders[(borders < 50)[["one", "other"]].all(axis=1)], TARGET)
        ours_s, ours = best_of(lambda w=weight, b=borders: group_blocks(w, b, TARGET))
        cells = round(weight.sum() / TARGET)
        tell("gridmap", weight, borders, ours.label, ours.oversized)
        peer_s, label = ask_peer(python, weight, borders, cells)
        if label is not None:
            tell("gerrychain", weight, borders, label, ours.oversized)
        agree = is_connected(borders, ours.label) and ours.label.max() + 1 == cells
        name = "gerrychain" if label is not None else f"gerrychain (killed at {LIMIT_S} s)"
        size = f"{count:,} blocks, {cells:,} cells"
        report("balanced division", size, ours_s, name, peer_s, "yes" if agree else "NO")


def best_of(work, repeat: int = 5):
    """Least processor seconds of some runs (both sides use one thread), and the answer."""
    least, answer = float("inf"), None
    for _ in range(repeat):
        start = time.process_time()
        answer = work()
        least = min(least, time.process_time() - start)
    return least, answer


def draw(count: int):
    """Households of the blocks, and the borders they share."""
    import pandas as pd
    from scipy.spatial import Voronoi

    lots = np.random.default_rng(0)
    side = int(np.ceil(np.sqrt(count)))
    lattice = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)[:count]
    diagram = Voronoi(lattice + lots.uniform(-0.4, 0.4, (count, 2)))
    ends = np.array(diagram.ridge_vertices)
    whole = (ends >= 0).all(axis=1)
    length = np.linalg.norm(np.subtract(*diagram.vertices[ends[whole].T]), axis=1)
    pairs = np.sort(diagram.ridge_points[whole], axis=1)
    frame = pd.DataFrame(pairs, columns=["one", "other"]).assign(cost=np.clip(length, 0.02, 3.0))
    return np.round(lots.gamma(2.0, 25.0, count)), frame


def ask_peer(python: str, weight, borders, cells: int):
    """Seconds and answer of gerrychain in its own environment; None where it was killed."""
    told = {
        "weight": weight.tolist(),
        "pairs": borders[["one", "other"]].to_numpy().tolist(),
        "cells": cells,
    }
    try:
        done = subprocess.run(
            [python, "-c", PEER],
            input=json.dumps(told),
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return float(LIMIT_S), None
    if done.returncode:
        sys.exit(f"gerrychain does not run there:\n{done.stderr[-800:]}")
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer["seconds"], np.unique(answer["label"], return_inverse=True)[1]


def tell(name: str, weight, borders, label, oversized) -> None:
    """How far from the target the cells are, apart from those of one block that is too large."""
    load = np.bincount(label, weight)
    ordinary = np.ones(len(load), dtype=bool)
    ordinary[label[oversized]] = False
    off = np.abs(load[ordinary] / TARGET - 1)
    joined = "connected" if is_connected(borders, label) else "NOT CONNECTED"
    print(
        f"{name}: {len(load)} cells, {joined}; off by {np.quantile(off, 0.95):.1%} (p95), "
        f"{off.max():.1%} at most; {len(oversized)} blocks are too large alone"
    )


def is_connected(borders, label) -> bool:
    """Whether every cell hangs together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    one, other = borders["one"].to_numpy(), borders["other"].to_numpy()
    same = label[one] == label[other]
    graph = coo_array((same[same], (one[same], other[same])), (len(label), len(label)))
    return connected_components(graph, directed=False)[0] == label.max() + 1


if __name__ == "__main__":
    start = time.perf_counter()
    main()
    print(f"{time.perf_counter() - start:.0f} s in all")
