"""Catchments within capacity (transport problem): ours against the same linear program in HiGHS.

Run: .venv/bin/python scripts/bench/capacity_catchments.py

The peer is scipy's linprog (HiGHS), which is there already. Both sides get the same sparse pairs of
homes and sites; the metres walked must agree to 1e-9 of them, and ours must meet its own bound.
"""

from typing import Any

import numpy as np
from _row import report, timed
from scipy import sparse
from scipy.optimize import linprog
from scipy.spatial import cKDTree

from gridmap.services.transport import Transport, allocate_within_capacity

SIZES = ((2_000, 50, 6, 1.1), (5_000, 60, 6, 0.8), (10_000, 60, 6, 1.1))
ALONE = ((40_000, 300, 8, 1.05),)
"""Sizes that the peer does not finish in a minute: homes, sites, pairs of a home, room."""
AGREE = 1e-9


def main() -> None:
    """Check that the answers agree, then print how often faster ours is."""
    allocate_within_capacity(*draw(2_000, 20, 4, 1.0))  # the compiler's time is not the answer's
    for homes, sites, near, room in SIZES:
        asked = draw(homes, sites, near, room)
        ours_s, found = timed(lambda a=asked: allocate_within_capacity(*a))
        peer_s, walked = timed(lambda a=asked, f=found: ask_peer(*a, f), repeat=1)
        apart = abs(found.allocation.person_m - walked) / walked
        fine = apart <= AGREE and found.gap <= AGREE
        same = f"{'yes' if fine else 'NO'} ({apart:.1e})"
        size = f"{homes:,} homes, {sites} sites, {homes * near:,} pairs, room {room:.0%}"
        report("catchments within capacity", size, ours_s, "HiGHS linprog", peer_s, same)
    for homes, sites, near, room in ALONE:
        asked = draw(homes, sites, near, room)
        ours_s, found = timed(lambda a=asked: allocate_within_capacity(*a), repeat=1)
        size = f"{homes:,} homes, {sites} sites, {homes * near:,} pairs, room {room:.0%}"
        report("catchments within capacity", size, ours_s, agree=f"own bound ({found.gap:.1e})")


def draw(homes: int, sites: int, near: int, room: float) -> tuple[Any, np.ndarray, np.ndarray]:
    """Walks to the nearest sites, people, and capacities that hold a share of all people."""
    rng = np.random.default_rng(0)
    spots, stands = (rng.uniform(0, 10_000, (n, 2)) for n in (homes, sites))
    people = rng.integers(1, 60, homes).astype(float)
    capacity = rng.uniform(0.3, 1.7, sites)
    capacity *= people.sum() * room / capacity.sum()
    metres, site = cKDTree(stands).query(spots, k=near)
    row = np.repeat(np.arange(homes), near)
    pairs = sparse.csr_array((metres.ravel(), (row, site.ravel())), shape=(homes, sites))
    return pairs, people, capacity


def ask_peer(walk_m: Any, people: np.ndarray, capacity: np.ndarray, found: Transport) -> float:
    """Metres walked by the linear program, in which leaving somebody out costs most."""
    pairs, homes = walk_m.tocoo(), len(people)
    out_m = 1.0 + (len(capacity) + 1) * float(walk_m.data.max())
    cost = np.concatenate([pairs.data, np.full(homes, out_m)])
    row = np.concatenate([pairs.coords[0], np.arange(homes)])
    column = np.arange(len(cost))
    of_home = sparse.csr_array((np.ones(len(cost)), (row, column)))
    of_site = sparse.csr_array(
        (np.ones(walk_m.nnz), (pairs.coords[1], column[: walk_m.nnz])),
        shape=(len(capacity), len(cost)),
    )
    best = linprog(cost, of_site, capacity, of_home, people)
    return float(best.fun) - out_m * found.allocation.unserved_people


if __name__ == "__main__":
    main()
