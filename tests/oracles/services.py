"""Slow and obvious answers for the services dimension: pure Python, one step at a time."""

import heapq
import math
from collections import defaultdict
from itertools import pairwise

INFINITE = math.inf


def walks(ways, levels, homes, sites):
    """Shortest walk from each home to the nearest site over whole ways.

    ``ways`` are lists of (x, y); two of them meet at a common vertex if either ends there or both
    have the same level. Homes and sites walk straight to the nearest segment; where that belongs
    to a fragment (under 1 km and not the longest part), also to the nearest of the rest in 200 m.
    """
    nodes = _name_nodes(ways, levels)
    segments = [
        (nodes[w, i], nodes[w, i + 1], way[i], way[i + 1])
        for w, way in enumerate(ways)
        for i in range(len(way) - 1)
        if nodes[w, i] != nodes[w, i + 1]
    ]
    # one home at a time: nobody changes streets through somebody else's home
    main = _main_segments(segments)
    return [_walk(segments, main, home, sites) for home in homes]


def _main_segments(segments):
    part = {}
    for number, (a, b, *_) in enumerate(segments):
        joined = {n for n in part if {a, b} & set(segments[n][:2])}
        old = {part[n] for n in joined}
        part[number] = number
        part.update(dict.fromkeys([n for n in part if part[n] in old], number))
    # two ways on the same ground are one street
    streets = {
        (part[n], frozenset((a, b))): math.dist(*way) for n, (a, b, *way) in enumerate(segments)
    }
    length = defaultdict(float)
    for (one, *_), metres in streets.items():
        length[one] += metres
    enough = min(1000.0, max(length.values(), default=0.0) - 1e-3)
    return {n for n in part if length[part[n]] >= enough}


def _walk(segments, main, home, sites):
    links = defaultdict(list)
    stops = defaultdict(list)
    points = {("home", 0): home} | {("site", n): site for n, site in enumerate(sites)}
    for name, point in points.items():
        for segment, along, leg in _legs(segments, main, point):
            place = (*name, segment)
            stops[segment].append((along, place))
            _link(links, name, place, leg)
    for number, (a, b, start, stop) in enumerate(segments):
        chain = [(0.0, a), *sorted(stops[number]), (math.dist(start, stop), b)]
        for (before, one), (after, two) in pairwise(chain):
            _link(links, one, two, after - before)
    far = _search(links, [name for name in points if name[0] == "site"])
    return far.get(("home", 0), INFINITE)


def weighted_quantile(values, counts, share):
    """Everyone stands in a row by value; the first one who closes the share is asked."""
    row = sorted(value for value, count in zip(values, counts, strict=True) for _ in range(count))
    if not row:
        return math.nan
    return row[max(math.ceil(share * len(row) - 1e-9), 1) - 1]


def _name_nodes(ways, levels):
    spots = [(w, i) for w, way in enumerate(ways) for i in range(len(way))]
    name = {spot: spot for spot in spots}

    def root(spot):
        while name[spot] != spot:
            spot = name[spot]
        return spot

    for one in spots:
        for two in spots:
            if ways[one[0]][one[1]] != ways[two[0]][two[1]]:
                continue
            ends = any(i in (0, len(ways[w]) - 1) for w, i in (one, two))
            if ends or levels[one[0]] == levels[two[0]]:
                name[root(one)] = root(two)
    return {spot: root(spot) for spot in spots}


def _legs(segments, main, point):
    nearest = _nearest(segments, point, range(len(segments)))
    if {number for number, _, _ in nearest} & main:
        return nearest
    return nearest + [one for one in _nearest(segments, point, main) if one[2] <= 200.0]


def _nearest(segments, point, numbers):
    found = []
    for number in numbers:
        start, stop = segments[number][2:]
        length = math.dist(start, stop)
        share = sum((p - a) * (b - a) for p, a, b in zip(point, start, stop, strict=True))
        along = min(max(share / length, 0.0), length)
        foot = [a + (b - a) * along / length for a, b in zip(start, stop, strict=True)]
        found.append((number, along, math.dist(point, foot)))
    least = min((leg for _, _, leg in found), default=INFINITE)
    return [one for one in found if one[2] <= least + 1e-3]


def _link(links, one, two, length):
    links[one].append((two, length))
    links[two].append((one, length))


def _search(links, sources):
    far = dict.fromkeys(sources, 0.0)
    queue = [(0.0, str(source), source) for source in sources]
    heapq.heapify(queue)
    while queue:
        gone, _, here = heapq.heappop(queue)
        if gone > far[here]:
            continue
        for there, length in links[here]:
            if gone + length < far.get(there, INFINITE):
                far[there] = gone + length
                heapq.heappush(queue, (far[there], str(there), there))
    return far


def all_pairs(count, ends, lengths):
    """Shortest way between every two nodes, after Floyd and Warshall."""
    far = [[0.0 if a == b else INFINITE for b in range(count)] for a in range(count)]
    for (a, b), length in zip(ends, lengths, strict=True):
        far[a][b] = far[b][a] = min(far[a][b], length)
    for middle in range(count):
        for a in range(count):
            for b in range(count):
                far[a][b] = min(far[a][b], far[a][middle] + far[middle][b])
    return far
