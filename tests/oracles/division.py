"""Slow, obvious answers about dividing blocks into cells."""

from collections.abc import Iterator
from itertools import combinations

import shapely


def hangs_together(members: set[int], pairs: list[tuple[int, int]]) -> bool:
    """Whether one can walk from any member to any other without leaving them."""
    if not members:
        return False
    reached = {min(members)}
    while True:
        more = {b for a, b in pairs if a in reached and b in members}
        more |= {a for a, b in pairs if b in reached and a in members}
        if more <= reached:
            return reached == members
        reached |= more


def halves(count: int, pairs: list[tuple[int, int]]) -> Iterator[set[int]]:
    """One side of every division of all blocks into two connected cells."""
    every = set(range(count))
    for size in range(1, count):
        for chosen in combinations(range(count), size):
            side = set(chosen)
            if 0 in side and hangs_together(side, pairs) and hangs_together(every - side, pairs):
                yield side


def least_imbalance(weight: list[float], pairs: list[tuple[int, int]]) -> float:
    """Smallest difference between the two cells of any division into two."""
    total = sum(weight)
    return min(abs(total - 2 * sum(weight[n] for n in side)) for side in halves(len(weight), pairs))


def pieces(shape) -> int:
    """Parts of a polygon that touch in more than points, found by growing from one corner on."""
    left = list(shapely.get_parts(shape))
    count = 0
    while left:
        count += 1
        ground = [left.pop()]
        while ground:
            here = ground.pop()
            beside = [one for one in left if one.intersection(here).length > 0]
            left = [one for one in left if one not in beside]
            ground += beside
    return count


def tiles(cells: list, community, tolerance_m2: float = 1.0) -> bool:
    """Whether cells fill a community without a gap, an overlap or a trespass."""
    whole = shapely.union_all(cells)
    overlap = sum(a.intersection(b).area for a, b in combinations(cells, 2))
    return overlap < tolerance_m2 and whole.symmetric_difference(community).area < tolerance_m2
