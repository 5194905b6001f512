"""The exact model of even parts: choose connected sets that together hold each node once."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from gridmap.plan import solver

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MOST_SETS = 150_000
"""Connected sets of nodes up to which the exact model is laid."""
_TINY = 1e-9


class PartChoice:
    """Exact model: of all connected sets of nodes choose ``count`` that cover each node once.

    For a limit T on the largest load only sets with total − (count − 1)·T ≤ load ≤ T can be
    chosen. The least T for which a choice exists is found by halving.
    """

    def __init__(
        self, load: Sequence[float], near: Sequence[set[int]], count: int, most: float
    ) -> None:
        self.count, self.size = count, len(load)
        self.total = float(sum(load))
        sets = connected_sets(load, near, most, self.size - count + 1)
        self.known = sets is not None
        found = sets or []
        self.masks = [mask for mask, _ in found]
        self.loads = np.array([load for _, load in found], dtype=float)

    def least(self, bound: float, value: float, time_limit_s: float) -> tuple[Ints | None, float]:
        """Best split under ``value``, if there is one, and the bound proved."""
        ends = time.monotonic() + time_limit_s
        limits = np.unique(self.loads[self.loads < value * (1 - _TINY)])
        limits = limits[limits >= bound * (1 - _TINY)]
        low, high, best = 0, len(limits), None
        while low < high:
            middle = (low + high) // 2
            left_s = ends - time.monotonic()
            if left_s <= 0:
                break
            found = self._choose(float(limits[middle]), left_s)
            if found.x is not None:
                best, high = self._parts(found.x, float(limits[middle])), middle
            elif found.infeasible:
                low = middle + 1
            else:
                break
        proved = float(limits[low]) if low < len(limits) else value
        return best, proved

    def _usable(self, limit: float) -> Ints:
        least = self.total - (self.count - 1) * limit
        slack = _TINY * max(self.total, 1.0)
        fits = (self.loads <= limit + slack) & (self.loads >= least - slack)
        return np.flatnonzero(fits).astype(np.int64)

    def _choose(self, limit: float, time_limit_s: float) -> solver.Solution:
        usable = self._usable(limit)
        if not len(usable):
            return solver.Solution(None, np.inf, -np.inf, infeasible=True)
        node, column = _members([self.masks[n] for n in usable], self.size)
        rows = sparse.coo_array((np.ones(len(node)), (node, column)), (self.size, len(usable)))
        every: Any = sparse.vstack([rows, sparse.csr_array(np.ones((1, len(usable))))])
        asked = np.append(np.ones(self.size), self.count)
        cost = np.zeros(len(usable))
        return solver.solve(
            cost, every.tocsc(), asked, asked, integer=True, time_limit_s=time_limit_s
        )

    def _parts(self, x: Floats, limit: float) -> Ints:
        usable = self._usable(limit)
        chosen = [self.masks[n] for n in usable[x > 0.5]]
        node, number = _members(chosen, self.size)
        part = np.empty(self.size, dtype=np.int64)
        part[node] = number
        return part


def connected_sets(
    load: Sequence[float], near: Sequence[set[int]], most: float, largest: int
) -> list[tuple[int, float]] | None:
    """All connected sets of nodes up to a load and a size, as bits; None if there are too many.

    Examples
    --------
    >>> [bin(mask) for mask, _ in connected_sets([1, 1, 1], [{1}, {0, 2}, {1}], 2.0, 3)]
    ['0b1', '0b11', '0b10', '0b110', '0b100']
    """
    around = [sum(1 << n for n in one) for one in near]
    slack = _TINY * max(most, 1.0)
    found: list[tuple[int, float]] = []
    for first in range(len(load)):
        below = (1 << (first + 1)) - 1
        waiting = [(1 << first, load[first], around[first] & ~below, below, 1)]
        while waiting:
            mask, weight, frontier, banned, size = waiting.pop()
            if weight > most + slack:
                continue
            found.append((mask, weight))
            if len(found) > MOST_SETS:
                return None
            while frontier and size < largest:
                bit = frontier & -frontier
                node = bit.bit_length() - 1
                frontier ^= bit
                banned |= bit
                new = (frontier | around[node]) & ~banned
                waiting.append((mask | bit, weight + load[node], new, banned, size + 1))
    return found


def _members(masks: list[int], size: int) -> tuple[Ints, Ints]:
    """Nodes of sets given as bits, and the number of the set of each."""
    pairs = [(node, n) for n, mask in enumerate(masks) for node in range(size) if mask >> node & 1]
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]
