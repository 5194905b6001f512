"""OR-Library p-median (pmed1-40) and p-center: value, bound and proof against the known optima.

Run: .venv/bin/python scripts/bench/siting_orlib.py FOLDER [SECONDS] [--center]
FOLDER holds pmed1.txt … pmed40.txt, pmedopt.txt and kcenteropt.txt (OR-Library, J. E. Beasley). A
repeated edge takes its last value. There is no foreign side: the optima are those of the library.
"""

import sys
import time
from pathlib import Path

import numpy as np
from _row import report
from scipy.sparse import csgraph

from gridmap.plan.siting import Siting, choose_sites

SECONDS = 60.0


def read_instance(path: Path) -> tuple[np.ndarray, int]:
    """Shortest distances between all nodes, and the number of sites."""
    numbers = np.array(path.read_text(encoding="ascii").split(), dtype=np.int64)
    nodes, edges, sites = numbers[:3].tolist()
    graph = np.zeros((nodes, nodes))
    for one, other, length in numbers[3 : 3 + 3 * edges].reshape(-1, 3):
        graph[one - 1, other - 1] = graph[other - 1, one - 1] = length
    return csgraph.floyd_warshall(graph, directed=False), sites


def read_optima(path: Path) -> dict[str, float]:
    """Known optimum of each instance."""
    rows = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    return {row[0]: float(row[1]) for row in rows if len(row) == 2 and row[0][-1].isdigit()}


def main(folder: Path, seconds: float, *, center: bool) -> None:
    """Print one line for each instance, and the count of optima and proofs."""
    optima = read_optima(folder / ("kcenteropt.txt" if center else "pmedopt.txt"))
    objective = "p-center" if center else "p-median"
    reached = proved = 0
    worst, began = 0.0, time.process_time()
    print("instance  nodes  sites     value   optimum     bound  off     proved  cpu_s  wall_s")
    for number in range(1, 41):
        name = f"pmed{number}"
        walks, sites = read_instance(folder / f"{name}.txt")
        nodes = len(walks)
        asked = Siting(walks, np.ones(nodes), objective, 1.0, [False] * nodes, count=sites)
        start = time.process_time()
        found = choose_sites(asked, seconds)
        spent = time.process_time() - start
        off = found.value / optima[name] - 1
        reached += abs(off) < 1e-9
        proved += found.proved
        worst = max(worst, off)
        print(
            f"{name:8}  {nodes:5}  {sites:5}  {found.value:8.0f}  {optima[name]:8.0f}  "
            f"{found.bound:8.1f}  {off:6.3%}  {'yes' if found.proved else 'no':6}  {spent:5.1f}  "
            f"{found.seconds:6.1f}",
            flush=True,
        )
    report(
        f"OR-Library {objective}",
        f"40 instances: {reached} optimal, {proved} proved, worst {worst:.3%} off; "
        f"at most {seconds:g} s each",
        time.process_time() - began,
        "known optima",
        agree="yes" if reached == 40 else f"{reached} of 40",
    )


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--center"]
    place = Path(words[0]) if words else Path("orlib")
    if not (place / "pmedopt.txt").is_file():
        print(f"The OR-Library files are not in '{place}': nothing to measure. Name their folder.")
    else:
        main(place, float(words[1]) if len(words) > 1 else SECONDS, center="--center" in sys.argv)
