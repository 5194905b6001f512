"""Connected parts of a graph with loads as even as can be, with a bound on how even they can be."""

import heapq
import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from gridmap.plan import solver
from gridmap.plan.exact import PartChoice

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
EXACT_NODES = 40
"""A graph of at most so many nodes goes to the exact solver."""
STARTS = 12
"""Starts of the heuristic on a small graph; a large one gets fewer."""
_RESPLIT_NODES = 8
_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Parts:
    """A graph split into parts.

    Attributes
    ----------
    part : ndarray of int, shape (n,)
        Part of each node, from 0.
    value : float
        Largest load of a part.
    bound : float
        No split into as many connected parts has a smaller largest load.
    exact : bool
        Whether the exact model was asked; it may have run out of time.
    connected : bool
        Whether every part hangs together.
    """

    part: Ints
    value: float
    bound: float
    exact: bool
    connected: bool

    @property
    def gap(self) -> float:
        """Gap between value and bound, relative to the value [0-1]."""
        return solver.relative_gap(self.value, self.bound)

    @property
    def proved(self) -> bool:
        """Whether the split is proved to be the most even."""
        return self.connected and self.gap <= solver.PROVED_GAP


def split_evenly(
    load: npt.ArrayLike,
    pairs: npt.ArrayLike,
    count: int,
    *,
    time_limit_s: float = 10.0,
    seed: int = 0,
) -> Parts:
    """Split a graph into connected parts whose largest load is as small as can be.

    Parameters
    ----------
    load : array-like, shape (n,)
        Load of each node, 0 or more.
    pairs : array-like of int, shape (m, 2)
        Nodes that touch.
    count : int
        Number of parts, 1 to n; each gets at least one node.
    time_limit_s : float
        Seconds [s] the exact solver may take; 0 leaves it out.
    seed : int
        Of the starts of the heuristic.

    Returns
    -------
    Parts
        ``connected`` is False where the graph has more components than parts.

    Notes
    -----
    Neighbouring parts of least load are merged until ``count`` are left, from several starts;
    then nodes move, change places, or two parts are split anew, as long as Σ load² falls. Bound:
    :func:`least_largest`; a graph of up to :data:`EXACT_NODES` nodes that misses it goes to the
    exact model (choose connected sets that cover each node once), unless it has over
    :data:`gridmap.plan.exact.MOST_SETS` of them. Where time runs out the answer is the best
    found, with the bound proved so far; it may then differ between machines.

    Examples
    --------
    A row of six nodes: 3 1 1 | 2 2 1 is as even as three and three can be.

    >>> row = [(n, n + 1) for n in range(5)]
    >>> found = split_evenly([3, 1, 1, 2, 2, 1], row, 2)
    >>> found.part.tolist(), found.value, found.bound, found.proved
    ([0, 0, 0, 1, 1, 1], 5.0, 5.0, True)
    """
    weights = np.asarray(load, dtype=float)
    edges = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    joined = _bridged(len(weights), edges, count)
    graph = _Graph(weights, joined)
    part = _best_start(graph, count, seed)
    value, bound = _largest(weights, part), least_largest(weights, count)
    small = len(weights) <= EXACT_NODES and len(joined) == len(edges) and time_limit_s > 0
    exact = bool(small and value > bound * (1 + _TINY))
    if exact:
        part, bound, exact = _made_exact(graph, count, part, bound, time_limit_s)
        value = _largest(weights, part)
    part = _renumbered(part)
    return Parts(part, value, min(bound, value), exact, _all_connected(len(weights), edges, part))


def least_largest(load: npt.ArrayLike, count: int) -> float:
    """Bound under which the largest of ``count`` loads cannot fall, contiguous or not.

    Notes
    -----
    At least the mean (rounded up where all loads are whole), the largest node, and, since of the
    j·count + 1 heaviest nodes some part holds j + 1, the sum of the j + 1 lightest of these.

    Examples
    --------
    >>> least_largest([4, 4, 4], 2), least_largest([1, 1, 1], 2), least_largest([9, 1], 2)
    (8.0, 2.0, 9.0)
    """
    falling = np.sort(np.asarray(load, dtype=float))[::-1]
    total = float(falling.sum())
    mean = total / count
    if np.all(falling == np.rint(falling)):
        mean = float(np.ceil(mean - _TINY))
    sums = [
        float(falling[j * count - j : j * count + 1].sum())
        for j in range(1, (len(falling) - 1) // count + 1)
    ]
    return max([mean, float(falling[0]), *sums])


class _Graph:
    """Loads and neighbours, and the moves that make parts more even."""

    def __init__(self, load: Floats, pairs: Ints) -> None:
        self.load = load.tolist()
        self.near: list[set[int]] = [set() for _ in self.load]
        for one, other in pairs.tolist():
            self.near[one].add(other)
            self.near[other].add(one)

    def merged(self, count: int, noise: Floats) -> Ints:
        """Merge neighbouring parts, the lightest together first, until ``count`` are left."""
        weight = [max(w, _TINY) * f for w, f in zip(self.load, noise.tolist(), strict=True)]
        near = [set(one) for one in self.near]
        members: list[list[int]] = [[n] for n in range(len(weight))]
        alive, heap = len(weight), []
        age = [0] * len(weight)
        for one in range(len(weight)):
            heap += [(weight[one] + weight[two], one, two, 0, 0) for two in near[one] if one < two]
        heapq.heapify(heap)
        while alive > count:
            _, one, two, age_one, age_two = heapq.heappop(heap)
            if age[one] != age_one or age[two] != age_two or not members[one] or not members[two]:
                continue
            members[one] += members[two]
            members[two] = []
            weight[one] += weight[two]
            age[one] += 1
            alive -= 1
            for other in near[two]:
                near[other].discard(two)
                if other != one:
                    near[other].add(one)
                    near[one].add(other)
            near[one].discard(two)
            near[one].discard(one)
            for other in near[one]:
                first, second = min(one, other), max(one, other)
                entry = (weight[one] + weight[other], first, second, age[first], age[second])
                heapq.heappush(heap, entry)
        part = np.empty(len(weight), dtype=np.int64)
        for number, nodes in enumerate(filter(None, members)):
            part[nodes] = number
        return part

    def improved(self, start: Ints, count: int) -> Ints:
        """Move nodes between neighbouring parts as long as Σ load² falls."""
        part = start.tolist()
        groups: list[set[int]] = [set() for _ in range(count)]
        for node, number in enumerate(part):
            groups[number].add(node)
        sums = [sum(self.load[n] for n in group) for group in groups]
        waiting = sorted(range(count), key=lambda p: -sums[p])
        while waiting:
            number = waiting.pop(0)
            changed = self._relieve(number, part, groups, sums)
            for one in changed:
                touched = {part[n] for node in groups[one] for n in self.near[node]} | {one}
                waiting += [p for p in sorted(touched, key=lambda p: -sums[p]) if p not in waiting]
        return np.array(part, dtype=np.int64)

    def _relieve(
        self, one: int, part: list[int], groups: list[set[int]], sums: list[float]
    ) -> list[int]:
        """Find a better split of a part and one of its neighbours; the two changed, or nothing."""
        around = {part[n] for node in groups[one] for n in self.near[node]} - {one}
        for two in sorted(around, key=lambda p: (sums[p], p)):
            better = self._better_pair(groups[one], groups[two], sums[one], sums[two])
            if better is None:
                continue
            for number, nodes in zip((one, two), better, strict=True):
                groups[number] = nodes
                sums[number] = sum(self.load[n] for n in nodes)
                for node in nodes:
                    part[node] = number
            return [one, two]
        return []

    def _better_pair(
        self, one: set[int], two: set[int], sum_one: float, sum_two: float
    ) -> tuple[set[int], set[int]] | None:
        limit = abs(sum_one - sum_two)
        best, chosen = limit * (1 - _TINY) - _TINY, None
        if len(one) + len(two) <= _RESPLIT_NODES:
            splits: Iterable[tuple[set[int], set[int]]] = self._splits(one | two)
        else:
            splits = self._exchanges(one, two)
        total = sum_one + sum_two
        for left, right in splits:
            apart = abs(total - 2 * sum(self.load[n] for n in left))
            if apart < best and self._hangs(left) and self._hangs(right):
                best, chosen = apart, (left, right)
        return chosen

    def _splits(self, nodes: set[int]) -> Iterable[tuple[set[int], set[int]]]:
        first, *rest = sorted(nodes)
        for bits in range(1 << len(rest)):
            left = {first, *(node for n, node in enumerate(rest) if bits >> n & 1)}
            if len(left) < len(nodes):
                yield left, nodes - left

    def _exchanges(self, one: set[int], two: set[int]) -> Iterable[tuple[set[int], set[int]]]:
        """Yield what one node that moves, or two that change places, make of two parts."""
        out = [n for n in sorted(one) if self.near[n] & two]
        back = [n for n in sorted(two) if self.near[n] & one]
        for node in out if len(one) > 1 else []:
            yield one - {node}, two | {node}
        for node in back if len(two) > 1 else []:
            yield one | {node}, two - {node}
        for node in out:
            for other in back:
                yield (one - {node}) | {other}, (two - {other}) | {node}

    def _hangs(self, nodes: set[int]) -> bool:
        start = next(iter(nodes))
        seen, front = {start}, [start]
        while front:
            new = (self.near[front.pop()] & nodes) - seen
            seen |= new
            front += new
        return len(seen) == len(nodes)


def _best_start(graph: _Graph, count: int, seed: int) -> Ints:
    """Try several starts; the split with the smallest largest load, then the smallest Σ load²."""
    size = len(graph.load)
    rng = np.random.default_rng(seed)
    weights = np.array(graph.load)
    found: list[tuple[float, float, Ints]] = []
    for start in range(STARTS if size <= 200 else 2):
        noise = np.ones(size) if start == 0 else rng.uniform(0.6, 1.6, size)
        part = graph.improved(graph.merged(count, noise), count)
        sums = np.bincount(part, weights, count)
        found.append((float(sums.max()), float((sums**2).sum()), part))
    return min(found, key=lambda one: one[:2])[2]


def _made_exact(
    graph: _Graph, count: int, part: Ints, bound: float, time_limit_s: float
) -> tuple[Ints, float, bool]:
    """Look for a better split than ``part``: the best, the bound proved, whether it was exact."""
    load = np.array(graph.load)
    value = _largest(load, part)
    model = PartChoice(graph.load, graph.near, count, value)
    if not model.known:
        return part, bound, False
    better, proved = model.least(bound, value, time_limit_s)
    return (part if better is None else better), max(bound, proved), True


def _bridged(size: int, pairs: Ints, count: int) -> Ints:
    """Pairs with bridges between components, where there are more of them than parts."""
    components, label = _components(size, pairs)
    if components <= count:
        return pairs
    first = [int(np.flatnonzero(label == one)[0]) for one in range(components)]
    bridges = np.array(list(itertools.pairwise(first)), dtype=np.int64)
    return np.concatenate([pairs, bridges.reshape(-1, 2)])


def _components(size: int, pairs: Ints) -> tuple[int, Ints]:
    ones = np.ones(len(pairs))
    matrix = sparse.coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    number, label = connected_components(matrix, directed=False)
    return int(number), np.asarray(label, dtype=np.int64)


def _all_connected(size: int, pairs: Ints, part: Ints) -> bool:
    inside = pairs[part[pairs[:, 0]] == part[pairs[:, 1]]]
    return _components(size, inside)[0] == int(part.max()) + 1


def _largest(load: Floats, part: Ints) -> float:
    return float(np.bincount(part, load).max())


def _renumbered(part: Ints) -> Ints:
    """Parts numbered in the order of their first nodes."""
    _, first, back = np.unique(part, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[back].astype(np.int64)
