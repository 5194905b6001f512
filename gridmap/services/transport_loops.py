"""The transport problem as compiled loops: overfull sites pass people on along shortest ways.

Pairs of demand and site lie in compressed rows; the last site is "nobody", with room for all. What
it costs to pass people on from one site to another is the top of a skew heap for these two sites;
entries of people who have left stay in the heap until they come to its top.
"""

# ruff: noqa: PLR0917 - compiled loops take their arrays by position
import numpy as np
import numpy.typing as npt

from gridmap.compiled import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Pairs = tuple[Ints, Ints, Floats, Ints]
Members = tuple[Ints, Ints, Bools, Bools]
Heaps = tuple[npt.NDArray[np.int64], Ints, Ints, Ints, Floats, Ints, Ints]
Way = tuple[Floats, Ints]


@compiled
def pass_on(
    pairs: Pairs, first: Ints, people: Floats, room: Floats, slight: float
) -> tuple[Floats, Floats]:
    """People on every pair, and the potential of every site, the last one that of the way out.

    ``pairs`` are start by demand, site, cost, and demand of each pair; ``first`` is the pair on
    which each demand starts, its cheapest. Sites end at most ``slight`` over their room.
    """
    count, widest = len(room), 0
    flow, load = np.zeros(len(pairs[1])), np.zeros(count)
    members = starting_members(count, len(pairs[1]))
    for one in range(len(people)):
        widest = max(widest, pairs[0][one + 1] - pairs[0][one])
        if people[one] > 0:
            flow[first[one]] = people[one]
            load[pairs[1][first[one]]] += people[one]
            enlist(members, pairs[1][first[one]], first[one])
    waiting = len(people)
    heaps = empty_heaps(count, (waiting + count) * widest)
    potential, way = np.zeros(count + 1), (np.empty(count), np.empty(count, np.int64))
    for source in range(count - 1):
        while load[source] > room[source] + slight:
            need = heaps[1][0] + (waiting + count) * widest
            if need > len(heaps[2]):
                heaps = larger_heaps(heaps, 2 * need)
            free = room - load
            goal = search(source, pairs, flow, members, heaps, potential, way, free, slight)
            amount = min(-free[source], free[goal])
            amount = narrowest(heaps, flow, way[1], source, goal, amount)
            waiting += send(pairs, members, heaps, flow, way[1], source, goal, amount)
            load[source] -= amount
            load[goal] += amount
    return flow, potential


@compiled
def search(
    source: int, pairs: Pairs, flow: Floats, members: Members, heaps: Heaps, potential: Floats,
    way: Way, free: Floats, slight: float,
) -> int:  # fmt: skip
    """Find the site with room to which passing people on costs least, and set the potentials."""
    count = len(free)
    far, settled = way[0], np.zeros(count, np.bool_)
    far[:] = np.inf
    far[source] = 0.0
    least, goal = np.inf, -1
    here = nearest_open(far, settled)
    while here >= 0 and far[here] < least:
        settled[here] = True
        out = far[here] + max(potential[here] - potential[count], 0.0)
        if free[here] > slight and out < least:
            least, goal = out, here
        if not members[3][here]:
            build(here, pairs, flow, members, heaps)
        relax(here, flow, heaps, potential, way, settled)
        here = nearest_open(far, settled)
    for one in range(count):
        potential[one] += min(far[one], least)
    potential[count] += least
    return goal


@compiled
def nearest_open(far: Floats, settled: Bools) -> int:
    """Site of least distance that is not settled yet; -1 where none can be reached."""
    here, near = -1, np.inf
    for one in range(len(far)):
        if not settled[one] and far[one] < near:
            here, near = one, far[one]
    return here


@compiled
def relax(
    here: int, flow: Floats, heaps: Heaps, potential: Floats, way: Way, settled: Bools
) -> None:
    """Look from a site at all others, past the entries of people who have left it."""
    far, before = way
    root, key, leaving = heaps[0], heaps[4], heaps[5]
    for there in range(len(far)):
        top = root[here, there]
        if settled[there] or top < 0:
            continue
        while top >= 0 and flow[leaving[top]] <= 0.0:
            top = joined(heaps, heaps[2][top], heaps[3][top])
        root[here, there] = top
        if top >= 0:
            step = max(key[top] + potential[here] - potential[there], 0.0)
            if far[here] + step < far[there]:
                far[there] = far[here] + step
                before[there] = here


@compiled
def narrowest(
    heaps: Heaps, flow: Floats, before: Ints, source: int, goal: int, amount: float
) -> float:
    """Tell how many people can go along all arcs from source to goal."""
    here = goal
    while here != source:
        amount = min(amount, flow[heaps[5][heaps[0][before[here], here]]])
        here = before[here]
    return amount


@compiled
def send(
    pairs: Pairs, members: Members, heaps: Heaps, flow: Floats, before: Ints, source: int,
    goal: int, amount: float,
) -> int:  # fmt: skip
    """Move people along all arcs; gives how many pairs were put on lists."""
    listed, here = 0, goal
    while here != source:
        entry = heaps[0][before[here], here]
        leaving, coming = heaps[5][entry], heaps[6][entry]
        flow[leaving] -= amount
        joining = flow[coming] <= 0.0
        flow[coming] += amount
        if joining and members[3][here]:
            offer(here, coming, pairs, heaps)
        elif joining:
            listed += enlist(members, here, coming)
        here = before[here]
    return listed


@compiled
def build(here: int, pairs: Pairs, flow: Floats, members: Members, heaps: Heaps) -> None:
    """Make the heaps of a site from the list of its people."""
    members[3][here] = True
    pair = members[0][here]
    while pair >= 0:
        if flow[pair] > 0.0:
            offer(here, pair, pairs, heaps)
        pair = members[1][pair]


@compiled
def offer(here: int, pair: int, pairs: Pairs, heaps: Heaps) -> None:
    """Enter where the people of a pair could go from its site, and for how much more."""
    start, site, cost, demand = pairs
    root, filled, left, right, key, leaving, coming = heaps
    for other in range(start[demand[pair]], start[demand[pair] + 1]):
        if other != pair:
            entry = filled[0]
            filled[0] += 1
            left[entry], right[entry] = -1, -1
            key[entry] = cost[other] - cost[pair]
            leaving[entry], coming[entry] = pair, other
            root[here, site[other]] = joined(heaps, root[here, site[other]], entry)


@compiled
def joined(heaps: Heaps, one: int, two: int) -> int:
    """Join two skew heaps; gives the top of both."""
    left, right, key = heaps[2], heaps[3], heaps[4]
    if one < 0 or two < 0:
        return max(one, two)
    if key[two] < key[one]:
        one, two = two, one
    top = one
    while right[one] >= 0:
        rest = right[one]
        if key[two] < key[rest]:
            rest, two = two, rest
        right[one] = left[one]
        left[one] = rest
        one = rest
    right[one] = left[one]
    left[one] = two
    return top


@compiled
def starting_members(count: int, pairs: int) -> Members:
    """Make the lists of pairs of each site: first, next, whether listed; and whether in heaps."""
    first, after = np.full(count, -1), np.full(pairs, -1)
    return first, after, np.zeros(pairs, np.bool_), np.zeros(count, np.bool_)


@compiled
def enlist(members: Members, here: int, pair: int) -> int:
    """Put a pair on the list of its site, once; gives how many were put there."""
    if members[2][pair]:
        return 0
    members[2][pair] = True
    members[1][pair] = members[0][here]
    members[0][here] = pair
    return 1


@compiled
def empty_heaps(count: int, size: int) -> Heaps:
    """Tops, number of entries, and of each entry: left, right, key, pair left, pair entered."""
    whole = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size)
    pairs = np.empty(size, np.int64), np.empty(size, np.int64)
    return (
        np.full((count, count), -1), np.zeros(1, np.int64), whole[0], whole[1], whole[2],
        pairs[0], pairs[1],
    )  # fmt: skip


@compiled
def larger_heaps(heaps: Heaps, size: int) -> Heaps:
    """Give the same heaps with room for more entries."""
    root, filled, left, right, key, leaving, coming = heaps
    more, used = empty_heaps(1, size), filled[0]
    more[2][:used], more[3][:used], more[4][:used] = left[:used], right[:used], key[:used]
    more[5][:used], more[6][:used] = leaving[:used], coming[:used]
    return root, filled, more[2], more[3], more[4], more[5], more[6]
