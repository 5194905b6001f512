"""Fair access (2SFCA, E2SFCA, 3SFCA) of many places and sites, against PySAL access.

The peer lives in an environment of its own, because it brings what gridmap does not need:

    python3 -m venv PLACE && PLACE/bin/pip install access==1.1.10
    .venv/bin/python scripts/bench/fair_access.py PLACE/bin/python

Both sides get the same pairs of places and sites within the limit, ours as a sparse matrix, the
peer's as the table its class reads; making these is not timed. The answers must agree to 1e-9.
"""

import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from _row import report, timed
from scipy import sparse
from scipy.spatial import cKDTree

from gridmap.services.decay import Decay, known_decay
from gridmap.services.fair_access import share_supply

LIMIT_M = 1_200.0
SIZES = ((3_311, 500), (40_000, 2_000))
WAYS = (("2SFCA", "even", "e2sfca"), ("E2SFCA, zones", "stepped", "e2sfca"),
        ("E2SFCA, bell", "gaussian", "e2sfca"), ("3SFCA", "stepped", "3sfca"))  # fmt: skip
AGREE = 1e-9

PEER = textwrap.dedent("""
    import sys, time, warnings
    import numpy as np, pandas as pd
    warnings.simplefilter("ignore")
    from access import weights
    from access.fca import three_stage_fca, two_stage_fca
    told = np.load(sys.argv[1])
    cost = pd.DataFrame({"origin": told["row"], "dest": told["column"], "cost": told["metres"]})
    homes = pd.DataFrame({"geoid": np.arange(len(told["people"])), "demand": told["people"]})
    sites = pd.DataFrame({"geoid": np.arange(len(told["supply"])), "supply": told["supply"]})
    homes, sites = homes.set_index("geoid"), sites.set_index("geoid")
    limit, width = float(told["limit"]), float(told["width"])
    steps = dict(zip(told["upto"].tolist(), told["weight"].tolist()))
    weigh = weights.gaussian(width) if width else weights.step_fn(steps)
    work = three_stage_fca if sys.argv[3] == "3sfca" else two_stage_fca
    best = float("inf")
    for _ in range(int(sys.argv[4])):
        fresh = cost.copy()
        start = time.perf_counter()
        found = work(homes, sites, fresh, limit, demand_index=True, supply_index=True,
                     weight_fn=weigh)
        best = min(best, time.perf_counter() - start)
    access = found.reindex(homes.index).fillna(0).to_numpy()
    np.savez(sys.argv[2], access=access, seconds=best)
""")


def main() -> None:
    """Check that the answers agree, then print how often faster ours is."""
    if len(sys.argv) < 2:
        sys.exit("Name the Python in which the peer is installed; see the first lines of this file")
    for places, count in SIZES:
        walk_m, people, supply = draw(places, count)
        for title, name, method in WAYS:
            decay = known_decay(name, LIMIT_M)
            ours_s, found = timed(
                lambda m=walk_m, p=people, s=supply, d=decay, w=method: share_supply(m, p, s, d, w)
            )
            peer_s, expected = ask_peer(walk_m, people, supply, decay, method)
            apart = np.abs(found.access - expected).max() / expected.max()
            same = f"yes ({apart:.1e})" if apart <= AGREE else f"NO ({apart:.1e})"
            size = f"{title}: {places:,} places, {count:,} sites, {walk_m.nnz:,} pairs"
            report("fair access", size, ours_s, "PySAL access 1.1.10", peer_s, same)


def draw(places: int, count: int) -> tuple[Any, np.ndarray, np.ndarray]:
    """Places and sites of a square town, as dense as a real one: walks, people, capacities."""
    rng = np.random.default_rng(0)
    side_m = 120.0 * np.sqrt(places)
    homes, stands = (cKDTree(rng.uniform(0, side_m, (n, 2))) for n in (places, count))
    walk_m = sparse.csr_array(
        homes.sparse_distance_matrix(stands, LIMIT_M, output_type="coo_matrix")
    )
    return walk_m, rng.integers(0, 400, places).astype(float), rng.integers(20, 300, count) * 1.0


def ask_peer(
    walk_m: Any, people: np.ndarray, supply: np.ndarray, decay: Decay, method: str
) -> tuple[float, np.ndarray]:
    """Best seconds and answer of the peer, in a process of its own."""
    pairs = walk_m.tocoo()
    with tempfile.TemporaryDirectory() as folder:
        asked, told = Path(folder, "asked.npz"), Path(folder, "told.npz")
        np.savez(
            asked, row=pairs.coords[0], column=pairs.coords[1], metres=pairs.data, people=people,
            supply=supply, limit=decay.limit_m, width=decay.bandwidth_m or 0.0,
            upto=decay.upto_m, weight=decay.weight,
        )  # fmt: skip
        subprocess.run(
            [sys.argv[1], "-c", PEER, asked, told, method, "3"],
            check=True, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        found = np.load(told)
        return float(found["seconds"]), found["access"]


if __name__ == "__main__":
    main()
