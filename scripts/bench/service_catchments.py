"""All streets within 2 km of 200 sites: ours against pandana's nodes_in_range.

Both sides give every pair of site and node within the limit, with its distance. Run as
service_nearest.py: .venv/bin/python scripts/bench/service_catchments.py DISTRICT --peers PYTHON
"""

import numpy as np
from _row import report
from service_nearest import agree, arguments, ask_peers, cpu_timed, main_part, stand_on_nodes

from gridmap.io.districts import read_district
from gridmap.services.matrix import site_distances
from gridmap.services.network import lay_network

SITES = 200
LIMIT_M = 2000.0


def main() -> None:
    """Check that the pairs agree, then time both sides on the same input."""
    told = arguments(__doc__ or "")
    network = main_part(lay_network(read_district(told.district)["roads"]))
    sites = np.random.default_rng(0).choice(len(network.xy), SITES, replace=False)
    stood, nodes = stand_on_nodes(network, sites), stand_on_nodes(network)
    count = len(network.xy)
    ours_s, ours = cpu_timed(
        lambda: site_distances(network, nodes, count, stood, SITES, LIMIT_M), repeat=5
    )
    peers = ask_peers(told.peers, "range", network, sites=sites, limit=np.array(LIMIT_M))
    pairs = ours.tocoo()
    inside = pairs.data < LIMIT_M - 0.02
    key = pairs.coords[1][inside].astype(np.int64) * count + pairs.coords[0][inside]
    order = np.argsort(key)
    theirs = peers["metres"] < LIMIT_M - 0.02
    other = peers["site"][theirs] * count + peers["node"][theirs]
    least = np.lexsort((peers["metres"][theirs], other))
    first = least[np.flatnonzero(np.diff(other[least], prepend=-1))]
    mine, its = pairs.data[inside][order], peers["metres"][theirs][first]
    both, here, there = np.intersect1d(
        key[order], other[first], assume_unique=True, return_indices=True
    )
    # a pair that only one side has must lie at the limit, by what pandana cuts off its edges
    alone = np.concatenate([np.delete(mine, here), np.delete(its, there)])
    odd = int((alone < LIMIT_M - 0.07).sum())
    same = f"NO: {odd} of {len(both)} pairs differ" if odd else agree(mine[here], its[there])
    size = f"{count:,} nodes, {SITES} sites, {LIMIT_M:g} m, {ours.nnz:,} pairs"
    report("2 km catchments", size, ours_s, "pandana nodes_in_range", float(peers["range_s"]), same)


if __name__ == "__main__":
    main()
