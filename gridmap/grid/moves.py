"""Loops that improve a grouping of blocks into cells: moves, swaps, and dividing pairs anew.

Import this module where it is used: it imports numba where that is installed. Sums are taken in
one order and lots come from a generator of its own, so that the answers are the same without it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gridmap.compiled import compiled

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

STIFFNESS = 1.0e6
"""What the cube of a relative excess costs, where the mean border of a cell costs 1."""
LEAST_GAIN = 1e-9
MOST_SWEEPS = 8
EARLY_ROUNDS, LATE_SLACKS, LATE_TRIES = 4, 2.0, 8
"""After the early rounds only cells off by more than so many slacks are divided anew, by so many
times as many trees."""


class State(NamedTuple):
    """A grouping while it is improved; the arrays are changed in place.

    Attributes
    ----------
    indptr, indices, cost : ndarray
        Neighbours of each block, and what a cut between the two costs.
    weight : ndarray
        Weight of each block.
    label, load : ndarray
        Cell of each block; weight of each cell.
    first, after, before : ndarray
        Blocks of every cell as linked lists: the first of each cell, the next and the previous.
    seen, stack : ndarray
        Room for searches; the last of ``seen`` counts them.
    place, room, under : ndarray
        Room for dividing a pair; ``place`` is -1 outside it.
    lots : ndarray
        State of the generator.
    aim : ndarray
        Weight wanted, and the relative deviation that costs nothing.
    """

    indptr: Ints
    indices: Ints
    cost: Floats
    weight: Floats
    label: Ints
    load: Floats
    first: Ints
    after: Ints
    before: Ints
    seen: Ints
    stack: Ints
    place: Ints
    room: Ints
    under: Floats
    lots: Ints
    aim: Floats


def improve(
    indptr: Ints,
    indices: Ints,
    cost: Floats,
    weight: Floats,
    label: Ints,
    *,
    parts: int,
    target: float,
    slack: float,
    rounds: int,
    tries: int,
    seed: int,
) -> Floats:
    """Improve ``label`` in place; every cell stays connected.

    Parameters
    ----------
    indptr, indices, cost : ndarray
        Neighbours as compressed rows; what a cut between two blocks costs.
    weight : ndarray
        Weight of each block.
    label : ndarray of int
        Cell of each block, each connected; a cell without blocks gets some.
    parts : int
        Number of cells.
    target : float
        Weight wanted for each cell.
    slack : float
        Relative deviation that costs nothing [0-1].
    rounds, tries : int
        Most rounds; random trees for each pair and round.
    seed : int
        Seed of the lots.

    Returns
    -------
    ndarray
        Weight of each cell.

    Notes
    -----
    Lowers Σ STIFFNESS · max(0, |w − target| ÷ target − slack)³ + Σ cost of what is cut.

    Examples
    --------
    >>> indptr, indices = np.array([0, 1, 3, 5, 6]), np.array([1, 0, 2, 1, 3, 2])
    >>> label = np.array([0, 1, 1, 1])
    >>> improve(
    ...     indptr, indices, np.full(6, 0.1), np.ones(4), label,
    ...     parts=2, target=2.0, slack=0.01, rounds=5, tries=4, seed=0,
    ... ).tolist()
    [2.0, 2.0]
    >>> label.tolist()
    [0, 0, 1, 1]
    """
    count = len(label)
    first, after, before = (np.full(size, -1, np.int64) for size in (parts, count, count))
    state = State(
        indptr=indptr,
        indices=indices,
        cost=cost.astype(np.float64),
        weight=weight.astype(np.float64),
        label=label,
        load=np.zeros(parts),
        first=first,
        after=after,
        before=before,
        seen=np.zeros(max(count, parts) + 1, np.int64),
        stack=np.zeros(max(count, parts) + 1, np.int64),
        place=np.full(count, -1, np.int64),
        room=np.zeros((7, len(indices) + count + 1), np.int64),
        under=np.zeros(count),
        lots=np.array([seed * 7919 + 12345], np.int64),
        aim=np.array([target, slack]),
    )
    _run(state, rounds, tries)
    return state.load


@compiled
def _run(state: State, rounds: int, tries: int) -> None:
    _begin(state, tries)
    active = np.ones(len(state.load), np.int64)
    for turn in range(rounds):
        for _ in range(MOST_SWEEPS):
            if _move_blocks(state) + _swap_blocks(state) == 0:
                break
        active = _split_pairs(state, active, turn >= EARLY_ROUNDS, tries)
        if turn > 2 and active.sum() == 0:
            break


@compiled
def _begin(state: State, tries: int) -> None:
    """List the blocks of every cell, and give the cells without a block some."""
    for vertex in range(len(state.label) - 1, -1, -1):
        state.load[state.label[vertex]] += state.weight[vertex]
        _put(state, vertex, state.label[vertex])
    for empty in range(len(state.load)):
        if state.first[empty] < 0:
            _split_pair(state, _heaviest(state), empty, tries)


@compiled
def _split_pairs(state: State, active: Ints, late: bool, tries: int) -> Ints:
    """Divide the pairs of cells that changed, later those far off only; which ones changed."""
    changed = np.zeros(len(active), np.int64)
    aim = state.aim
    trees = LATE_TRIES * tries if late else tries
    for one in range(len(active)):
        if late:
            active[one] = abs(state.load[one] - aim[0]) > LATE_SLACKS * aim[1] * aim[0]
        if active[one] == 0:
            continue
        near = _neighbours_of(state, one)
        for n in range(near):
            other = state.stack[n]
            # Of two active cells the first one has already tried.
            if (active[other] == 0 or other > one) and _split_pair(state, one, other, trees):
                changed[one], changed[other] = 1, 1
    return changed


@compiled
def _draw(lots: Ints, below: int) -> int:
    """Draw a number from 0 to below - 1: upper bits of a linear congruence of 36."""
    lots[0] = (lots[0] * 25214903 + 11) & 0xFFFFFFFFF
    return (lots[0] >> 8) % below


@compiled
def _excess(aim: Floats, load: float) -> float:
    over = abs(load - aim[0]) / aim[0] - aim[1]
    return STIFFNESS * over * over * over if over > 0 else 0.0


@compiled
def _put(state: State, vertex: int, part: int) -> None:
    head = state.first[part]
    state.after[vertex] = head
    state.before[vertex] = -1
    if head >= 0:
        state.before[head] = vertex
    state.first[part] = vertex
    state.label[vertex] = part


@compiled
def _take(state: State, vertex: int) -> None:
    behind, ahead = state.before[vertex], state.after[vertex]
    if behind >= 0:
        state.after[behind] = ahead
    else:
        state.first[state.label[vertex]] = ahead
    if ahead >= 0:
        state.before[ahead] = behind


@compiled
def _heaviest(state: State) -> int:
    """Cell with the largest load among those of several blocks."""
    found, most = 0, -1.0
    for part in range(len(state.load)):
        head = state.first[part]
        if head >= 0 and state.after[head] >= 0 and state.load[part] > most:
            found, most = part, state.load[part]
    return found


@compiled
def _neighbours_of(state: State, part: int) -> int:
    """Write the cells beside a cell into ``stack``; how many there are."""
    state.seen[-1] += 1
    stamp, near = state.seen[-1], 0
    member = state.first[part]
    while member >= 0:
        for edge in range(state.indptr[member], state.indptr[member + 1]):
            other = state.label[state.indices[edge]]
            if other != part and state.seen[other] != stamp:
                state.seen[other] = stamp
                state.stack[near] = other
                near += 1
        member = state.after[member]
    return near


@compiled
def _stays_whole(state: State, part: int, leaving: int, joining: int) -> bool:
    """Whether a cell stays connected without one of its blocks and with one of another cell."""
    wanted, start = 0, joining
    member = state.first[part]
    while member >= 0:
        if member != leaving:
            wanted += 1
            start = member if start < 0 else start
        member = state.after[member]
    wanted += 1 if joining >= 0 else 0
    if wanted == 0:
        return False
    state.seen[-1] += 1
    stamp = state.seen[-1]
    state.seen[start] = stamp
    state.stack[0] = start
    depth, reached = 1, 1
    while depth:
        depth -= 1
        here = state.stack[depth]
        for edge in range(state.indptr[here], state.indptr[here + 1]):
            other = state.indices[edge]
            inside = (state.label[other] == part and other != leaving) or other == joining
            if inside and state.seen[other] != stamp:
                state.seen[other] = stamp
                state.stack[depth] = other
                depth += 1
                reached += 1
    return reached == wanted


@compiled
def _ties(state: State, vertex: int, one: int, other: int) -> float:
    """Sum what leaving one cell for another adds to the cut."""
    total = 0.0
    for edge in range(state.indptr[vertex], state.indptr[vertex + 1]):
        beside = state.label[state.indices[edge]]
        if beside == one:
            total += state.cost[edge]
        elif beside == other:
            total -= state.cost[edge]
    return total


@compiled
def _eased(state: State, one: int, other: int, shift: float) -> float:
    """Weigh what two cells gain in balance when a weight goes from one to the other."""
    here, there = state.load[one], state.load[other]
    before = _excess(state.aim, here) + _excess(state.aim, there)
    return before - _excess(state.aim, here - shift) - _excess(state.aim, there + shift)


@compiled
def _move_blocks(state: State) -> int:
    """Move single blocks to a neighbouring cell where that costs less; counts the moves."""
    moved = 0
    for vertex in range(len(state.label)):
        for edge in range(state.indptr[vertex], state.indptr[vertex + 1]):
            one, other = state.label[vertex], state.label[state.indices[edge]]
            if one == other:
                continue
            shift = state.weight[vertex]
            gain = _eased(state, one, other, shift) - _ties(state, vertex, one, other)
            if gain > LEAST_GAIN and _stays_whole(state, one, vertex, -1):
                _take(state, vertex)
                _put(state, vertex, other)
                state.load[one] -= shift
                state.load[other] += shift
                moved += 1
    return moved


@compiled
def _swap_blocks(state: State) -> int:
    """Swap neighbouring blocks of two cells where that costs less; counts the swaps."""
    swapped = 0
    for vertex in range(len(state.label)):
        for edge in range(state.indptr[vertex], state.indptr[vertex + 1]):
            mate = state.indices[edge]
            one, other = state.label[vertex], state.label[mate]
            if one == other:
                continue
            shift = state.weight[vertex] - state.weight[mate]
            gain = _eased(state, one, other, shift)
            if gain <= LEAST_GAIN:
                continue
            gain -= _ties(state, vertex, one, other) + _ties(state, mate, other, one)
            gain -= 2 * state.cost[edge]
            if gain <= LEAST_GAIN or not _stays_whole(state, one, vertex, mate):
                continue
            if _stays_whole(state, other, mate, vertex):
                _take(state, vertex)
                _take(state, mate)
                _put(state, vertex, other)
                _put(state, mate, one)
                state.load[one] -= shift
                state.load[other] += shift
                swapped += 1
    return swapped


@compiled
def _split_pair(state: State, one: int, other: int, tries: int) -> bool:
    """Divide two neighbouring cells anew: the best cut of some random trees, if it is better."""
    side, best_side, order = state.room[3], state.room[4], state.room[1]
    under, aim = state.under, state.aim
    count = _lay_out(state, one, other)
    total = state.load[one] + state.load[other]
    best = _excess(state.aim, state.load[one]) + _excess(state.aim, state.load[other])
    best += _cut_of(state, count)
    was, best_load = best, 0.0
    for _ in range(tries):
        if _grow_tree(state, count) < count:
            break
        for turn in range(1, count):
            load = under[order[turn]]
            value = _excess(aim, load) + _excess(aim, total - load)
            if value >= best - LEAST_GAIN:
                continue
            _mark_under(state, count, turn)
            value += _cut_of(state, count)
            if value < best - LEAST_GAIN:
                best, best_load = value, load
                best_side[:count] = side[:count]
    better = best < was - LEAST_GAIN
    if better:
        state.load[one], state.load[other] = total - best_load, best_load
    _settle(state, count, one, other, better)
    return better


@compiled
def _lay_out(state: State, one: int, other: int) -> int:
    """List the blocks of two cells; ``side`` is 1 for those of the other one."""
    count = 0
    for side in range(2):
        member = state.first[one if side == 0 else other]
        while member >= 0:
            state.room[0, count], state.place[member] = member, count
            state.room[3, count] = side
            count += 1
            member = state.after[member]
    return count


@compiled
def _settle(state: State, count: int, one: int, other: int, better: bool) -> None:
    """Give the blocks to their new sides, and clear the room."""
    for n in range(count):
        vertex = state.room[0, n]
        state.place[vertex] = -1
        part = other if state.room[4, n] == 1 else one
        if better and state.label[vertex] != part:
            _take(state, vertex)
            _put(state, vertex, part)


@compiled
def _grow_tree(state: State, count: int) -> int:
    """Grow a random tree over a pair and sum the weight under each block; how many it reached."""
    nodes, order, parent = state.room[0], state.room[1], state.room[2]
    reach, come = state.room[5], state.room[6]
    indptr, indices, place, lots = state.indptr, state.indices, state.place, state.lots
    weight, under = state.weight, state.under
    for n in range(count):
        parent[n] = -2
        under[n] = weight[nodes[n]]
    reach[0], come[0] = _draw(state.lots, count), -1
    waiting, reached = 1, 0
    while waiting:
        pick = _draw(lots, waiting)
        here, source = reach[pick], come[pick]
        waiting -= 1
        reach[pick], come[pick] = reach[waiting], come[waiting]
        if parent[here] != -2:
            continue
        parent[here] = source
        order[reached] = here
        reached += 1
        vertex = nodes[here]
        for edge in range(indptr[vertex], indptr[vertex + 1]):
            beside = place[indices[edge]]
            if beside >= 0 and parent[beside] == -2:
                reach[waiting], come[waiting] = beside, here
                waiting += 1
    for turn in range(reached - 1, 0, -1):
        under[parent[order[turn]]] += under[order[turn]]
    return reached


@compiled
def _mark_under(state: State, count: int, turn: int) -> None:
    """Set ``side`` to 1 for the branch of the tree that begins at this turn, else 0."""
    order, parent, side = state.room[1], state.room[2], state.room[3]
    for n in range(turn):
        side[order[n]] = 0
    side[order[turn]] = 1
    for n in range(turn + 1, count):
        side[order[n]] = side[parent[order[n]]]


@compiled
def _cut_of(state: State, count: int) -> float:
    """Cost of the border between the two sides of a pair."""
    nodes, side = state.room[0], state.room[3]
    indptr, indices, place, cost = state.indptr, state.indices, state.place, state.cost
    total = 0.0
    for n in range(count):
        if side[n] == 1:
            for edge in range(indptr[nodes[n]], indptr[nodes[n] + 1]):
                beside = place[indices[edge]]
                if beside >= 0 and side[beside] == 0:
                    total += cost[edge]
    return total
