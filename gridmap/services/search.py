"""Searches along the ways as compiled loops: one heap, bounded searches, k labels for each node.

A graph is three arrays in compressed rows: the arcs of node ``a`` lie at ``start[a]:start[a + 1]``.
Ties are decided by the number of the site, then of the node, so that answers do not depend on the
order of the heap.
"""

# ruff: noqa: PLR0917 - compiled loops take their arrays by position
import numpy as np
import numpy.typing as npt

from gridmap.compiled import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Short = npt.NDArray[np.int32]
Graph = tuple[Ints, Ints, Floats]
Starts = tuple[Ints, Ints, Floats]
Homes = tuple[Ints, Ints, Floats, Floats]
Heap = tuple[Floats, Ints]


@compiled
def push(heap_m: Floats, heap_label: Ints, size: int, m: float, label: int) -> int:
    """Put a label on the heap, which is ordered by distance, then label; gives the new size."""
    place = size
    while place > 0:
        above = (place - 1) // 2
        if heap_m[above] < m or (heap_m[above] == m and heap_label[above] <= label):
            break
        heap_m[place], heap_label[place] = heap_m[above], heap_label[above]
        place = above
    heap_m[place], heap_label[place] = m, label
    return size + 1


@compiled
def drop_first(heap_m: Floats, heap_label: Ints, size: int) -> int:
    """Take the first label off the heap; gives the new size."""
    size -= 1
    m, label = heap_m[size], heap_label[size]
    place = 0
    while 2 * place + 1 < size:
        below = 2 * place + 1
        other = below + 1
        if other < size and (
            heap_m[other] < heap_m[below]
            or (heap_m[other] == heap_m[below] and heap_label[other] < heap_label[below])
        ):
            below = other
        if m < heap_m[below] or (m == heap_m[below] and label <= heap_label[below]):
            break
        heap_m[place], heap_label[place] = heap_m[below], heap_label[below]
        place = below
    heap_m[place], heap_label[place] = m, label
    return size


@compiled
def search_sites(
    streets: Graph, seeds: Starts, homes: Homes, beside: Starts, points: int, limit_m: float
) -> tuple[Ints, Short, Floats]:
    """Search from every site as far as a limit; give pairs in compressed columns.

    ``streets`` is the graph (start, end node, metres); ``seeds`` are the nodes where each site is
    entered (start by site, node, metres); ``homes`` the points met from each node (start by node,
    point, metres along the edge, leg); ``beside`` the points on the very edge of each site (start
    by site, point, metres).
    """
    nodes, sites = len(streets[0]) - 1, len(seeds[0]) - 1
    far, seen = np.full(nodes, np.inf), np.empty(nodes, np.int64)
    best, met = np.full(points, np.inf), np.empty(points, np.int64)
    # a node is put on the heap at most once for each arc to it, and once to start from
    room = len(streets[1]) + len(seeds[1]) + 1
    heap = np.empty(room), np.empty(room, np.int64)
    first = np.zeros(sites + 1, np.int64)
    row, value = np.empty(points + 1024, np.int32), np.empty(points + 1024)
    filled = 0
    for site in range(sites):
        found = lower(beside, site, best, met, 0, limit_m)
        visited = lower(seeds, site, far, seen, 0, limit_m)
        found = search_from(streets, homes, heap, far, seen, visited, best, met, found, limit_m)
        if filled + found > len(row):
            row, value = grown_short(row, filled + found), grown(value, filled + found)
        for n in range(found):
            row[filled + n], value[filled + n] = met[n], best[met[n]]
            best[met[n]] = np.inf
        filled += found
        first[site + 1] = filled
    return first, row[:filled], value[:filled]


@compiled
def lower(starts: Starts, site: int, far: Floats, seen: Ints, count: int, limit_m: float) -> int:
    """Note the distances from which a search starts; gives how many places have been seen."""
    start, place, metres = starts
    for n in range(start[site], start[site + 1]):
        if metres[n] <= limit_m and metres[n] < far[place[n]]:
            if far[place[n]] == np.inf:
                seen[count] = place[n]
                count += 1
            far[place[n]] = metres[n]
    return count


@compiled
def search_from(
    streets: Graph,
    homes: Homes,
    heap: Heap,
    far: Floats,
    seen: Ints,
    visited: int,
    best: Floats,
    met: Ints,
    found: int,
    limit_m: float,
) -> int:
    """Search from the nodes seen so far and forget them; gives how many points have been met."""
    start, end, metres = streets
    heap_m, heap_node = heap
    size = 0
    for n in range(visited):
        size = push(heap_m, heap_node, size, far[seen[n]], seen[n])
    while size > 0:
        gone, node = heap_m[0], heap_node[0]
        size = drop_first(heap_m, heap_node, size)
        if gone > far[node]:
            continue
        found = meet(homes, node, gone, best, met, found, limit_m)
        for n in range(start[node], start[node + 1]):
            there, other = gone + metres[n], end[n]
            if there <= limit_m and there < far[other]:
                if far[other] == np.inf:
                    seen[visited] = other
                    visited += 1
                far[other] = there
                size = push(heap_m, heap_node, size, there, other)
    for n in range(visited):
        far[seen[n]] = np.inf
    return found


@compiled
def meet(
    homes: Homes, node: int, gone: float, best: Floats, met: Ints, found: int, limit_m: float
) -> int:
    """Note the points met from a node; gives how many have been met."""
    start, point, along, leg = homes
    for n in range(start[node], start[node + 1]):
        whole = gone + along[n] + leg[n]
        if whole <= limit_m and whole < best[point[n]]:
            if best[point[n]] == np.inf:
                met[found] = point[n]
                found += 1
            best[point[n]] = whole
    return found


@compiled
def grown(values: Floats, size: int) -> Floats:
    """Copy of an array with twice the room that is needed."""
    wider = np.empty(2 * size)
    wider[: len(values)] = values
    return wider


@compiled
def grown_short(values: Short, size: int) -> Short:
    """Copy of an array of short numbers with twice the room that is needed."""
    wider = np.empty(2 * size, np.int32)
    wider[: len(values)] = values
    return wider


@compiled
def insert(sites: Ints, metres: Floats, count: int, site: int, m: float) -> int:
    """Put a site into a short list ordered by distance, then number; gives its new length.

    A site that is already in keeps its lesser distance; the farthest drops off a full list.
    """
    for n in range(count):
        if sites[n] == site:
            if m >= metres[n]:
                return count
            count -= 1
            for later in range(n, count):
                sites[later], metres[later] = sites[later + 1], metres[later + 1]
            break
    place = count
    while place > 0 and (
        metres[place - 1] > m or (metres[place - 1] == m and sites[place - 1] > site)
    ):
        place -= 1
    if place >= len(sites):
        return count
    for later in range(min(count, len(sites) - 1), place, -1):
        sites[later], metres[later] = sites[later - 1], metres[later - 1]
    sites[place], metres[place] = site, m
    return min(count + 1, len(sites))


@compiled
def search_nearest(
    streets: Graph, seeds: Starts, homes: Homes, beside: Starts, most: int, limit_m: float
) -> tuple[Ints, Floats]:
    """Find the nearest sites of every point: each node keeps labels of its ``most`` nearest.

    As :func:`search_sites`, but ``homes`` (node, metres along, leg) and ``beside`` (site, metres)
    start by point.
    """
    labels = label_nodes(streets, seeds, most, limit_m)
    points = len(homes[0]) - 1
    near, far = np.full((points, most), -1, np.int64), np.full((points, most), np.inf)
    for point in range(points):
        choose(labels, homes, beside, point, near[point], far[point], limit_m)
    return near, far


@compiled
def label_nodes(
    streets: Graph, seeds: Starts, most: int, limit_m: float
) -> tuple[Ints, Floats, Ints]:
    """Sites and distances of the nearest sites of every node, and how many each node has."""
    start, end, metres = streets
    nodes = len(start) - 1
    sites, far = np.full((nodes, most), -1, np.int64), np.full((nodes, most), np.inf)
    count = np.zeros(nodes, np.int64)
    heap, size = seed_heap(seeds, nodes, limit_m)
    while size > 0:
        gone, site, node = heap[0][0], heap[1][0] // nodes, heap[1][0] % nodes
        size = drop_first(heap[0], heap[1], size)
        if not is_new(sites[node], count[node], site):
            continue
        sites[node, count[node]], far[node, count[node]] = site, gone
        count[node] += 1
        if size + start[node + 1] - start[node] > len(heap[0]):
            room = size + start[node + 1] - start[node]
            heap = grown(heap[0], room), grown_whole(heap[1], room)
        for n in range(start[node], start[node + 1]):
            there, other = gone + metres[n], end[n]
            if there <= limit_m and is_new(sites[other], count[other], site):
                size = push(heap[0], heap[1], size, there, site * nodes + other)
    return sites, far, count


@compiled
def seed_heap(seeds: Starts, nodes: int, limit_m: float) -> tuple[Heap, int]:
    """Heap of all nodes where a site is entered, and its size."""
    start, place, metres = seeds
    heap = np.empty(len(place) + 1024), np.empty(len(place) + 1024, np.int64)
    size = 0
    for site in range(len(start) - 1):
        for n in range(start[site], start[site + 1]):
            if metres[n] <= limit_m:
                size = push(heap[0], heap[1], size, metres[n], site * nodes + place[n])
    return heap, size


@compiled
def is_new(sites: Ints, count: int, site: int) -> bool:
    """Whether a node has room for a label of this site."""
    if count == len(sites):
        return False
    return not np.any(sites[:count] == site)


@compiled
def choose(
    labels: tuple[Ints, Floats, Ints],
    homes: Homes,
    beside: Starts,
    point: int,
    near: Ints,
    far: Floats,
    limit_m: float,
) -> None:
    """Choose the nearest sites of one point from the labels of the nodes it walks to."""
    sites, node_m, labelled = labels
    start, node, along, leg = homes
    first, site, metres = beside
    count = 0
    for n in range(first[point], first[point + 1]):
        if metres[n] <= limit_m:
            count = insert(near, far, count, site[n], metres[n])
    for n in range(start[point], start[point + 1]):
        for place in range(labelled[node[n]]):
            whole = node_m[node[n], place] + along[n] + leg[n]
            if whole <= limit_m:
                count = insert(near, far, count, sites[node[n], place], whole)


@compiled
def grown_whole(values: Ints, size: int) -> Ints:
    """Copy of an array of whole numbers with twice the room that is needed."""
    wider = np.empty(2 * size, np.int64)
    wider[: len(values)] = values
    return wider


@compiled
def search_one(
    streets: Graph,
    seeds: tuple[Ints, Ints, Floats],
    homes: tuple[Ints, Ints, Floats, Floats],
    beside: tuple[Ints, Ints, Floats],
    near: Ints,
    far: Floats,
    limit_m: float,
) -> None:
    """Note the nearest site of every point and its distance.

    As :func:`search_nearest` for one site, from lists in any order: ``seeds`` and ``beside`` are
    sites, nodes or points, and metres; ``homes`` nodes, points, metres along the edge and leg.
    """
    node_site, node_m = label_once(streets, seeds, limit_m)
    site, point, metres = beside
    for n in range(len(site)):
        who, m = point[n], metres[n]
        if m <= limit_m and (m < far[who] or (m == far[who] and site[n] < near[who])):
            far[who], near[who] = m, site[n]
    node, point, along, leg = homes
    for n in range(len(node)):
        who, m = point[n], node_m[node[n]] + along[n] + leg[n]
        if m < far[who] and m <= limit_m:
            far[who], near[who] = m, node_site[node[n]]
        elif m == far[who] and 0 <= node_site[node[n]] < near[who]:
            near[who] = node_site[node[n]]


@compiled
def label_once(
    streets: Graph, seeds: tuple[Ints, Ints, Floats], limit_m: float
) -> tuple[Ints, Floats]:
    """Nearest site of every node and its distance; -1 and inf beyond the limit.

    A node to which a site as near as before comes first is put on the heap again, so that its
    neighbours hear of it.
    """
    start, end, metres = streets
    nodes = len(start) - 1
    site, far = np.full(nodes, -1, np.int64), np.full(nodes, np.inf)
    heap_m, heap_node, size = np.empty(nodes + 64), np.empty(nodes + 64, np.int64), 0
    seed_site, seed_node, seed_m = seeds
    for n in range(len(seed_site)):
        whose, node, m = seed_site[n], seed_node[n], seed_m[n]
        if comes_first(m, whose, far[node], site[node], limit_m):
            site[node], far[node] = whose, m
    for node in range(nodes):
        if site[node] >= 0:
            size = push(heap_m, heap_node, size, far[node], node)
    while size > 0:
        gone, node = heap_m[0], heap_node[0]
        size = drop_first(heap_m, heap_node, size)
        if gone > far[node]:
            continue
        whose = site[node]
        if size + start[node + 1] - start[node] > len(heap_m):
            room = size + start[node + 1] - start[node]
            heap_m, heap_node = grown(heap_m, room), grown_whole(heap_node, room)
        for n in range(start[node], start[node + 1]):
            m, other = gone + metres[n], end[n]
            if comes_first(m, whose, far[other], site[other], limit_m):
                site[other], far[other] = whose, m
                size = push(heap_m, heap_node, size, m, other)
    return site, far


@compiled
def comes_first(m: float, site: int, least_m: float, first: int, limit_m: float) -> bool:
    """Whether a site is within the limit and nearer than another, or as near and comes first."""
    return m <= limit_m and (m < least_m or (m == least_m and site < first))
