"""Corners, sides and outlines of blocks: every corner is shared by all that meet there."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gridmap.synthesis.city.bend import Bend
from gridmap.synthesis.city.blocks import Blocks
from gridmap.synthesis.city.plan import MACRO, CityPlan, Floats, Ints
from gridmap.synthesis.city.scatter import ranges, scatter

_LONGEST_STRAIGHT = 4
"""Sides longer than this many finest squares get corners in between, so that they can bend."""
_CROSSING_JITTER = 0.09
"""How far a crossing is moved at random, as a share of the smallest block around it."""

Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Mesh:
    """Blocks with their corners and sides.

    Attributes
    ----------
    node_i, node_j : ndarray of int
        Corners on the lattice, sorted from south to north, then west to east.
    xy : ndarray, shape (n, 2)
        The same in metres.
    ring, first : ndarray of int
        Corners around each block, anticlockwise from the south-west, and where each block begins.
    tail, head : ndarray of int
        Ends of each side, in the order of ``node_i``.
    one, other : ndarray of int
        Blocks on its two sides; ``other`` is -1 at the border of the city.
    """

    node_i: Ints
    node_j: Ints
    xy: Floats
    ring: Ints
    first: Ints
    tail: Ints
    head: Ints
    one: Ints
    other: Ints

    @property
    def upright(self) -> npt.NDArray[np.bool_]:
        """Whether each side runs from south to north."""
        return np.asarray(self.node_i[self.tail] == self.node_i[self.head])

    def outlines(self) -> Shapes:
        """Blocks as polygons."""
        owner = np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))
        return np.asarray(
            shapely.polygons(shapely.linearrings(self.xy[self.ring], indices=owner)), dtype=object
        )

    def corners(self, blocks: Blocks) -> Floats:
        """Corners of blocks in metres, shape (n, 4, 2), anticlockwise from the south-west."""
        i, j, w = blocks.i, blocks.j, blocks.width
        across, up = np.array([0, 1, 1, 0]), np.array([0, 0, 1, 1])
        key = (j[:, None] + w[:, None] * up) * _stride(self) + i[:, None] + w[:, None] * across
        return np.asarray(self.xy[np.searchsorted(self.node_j * _stride(self) + self.node_i, key)])


def _stride(mesh: Mesh) -> int:
    return int(mesh.node_i.max()) + 1


def weave(plan: CityPlan, blocks: Blocks, bend: Bend, seed: int) -> Mesh:
    """Mesh of blocks, scaled so that the city has exactly its area.

    Notes
    -----
    Whoever meets at a corner shares its coordinates bit for bit, so blocks, and whatever is put
    together from them, tile the city without gap or overlap.
    """
    stride = plan.size + 1
    keys = _node_keys(blocks, stride)
    node_j, node_i = np.divmod(keys, stride)
    ring, first = _rings(blocks, keys, node_i, node_j, stride)
    xy = np.column_stack(bend(node_i.astype(np.float64), node_j.astype(np.float64)))
    xy += _jitter(plan, blocks, keys, seed)
    sides = _sides(ring, first)
    xy = _scaled(xy, sides, plan.area_m2)
    return Mesh(node_i, node_j, xy, ring, first, *sides)


def _node_keys(blocks: Blocks, stride: int) -> Ints:
    """Corners of all blocks, and corners in between on long sides; sorted."""
    i, j, w = blocks.i, blocks.j, blocks.width
    keys = [(j + b * w) * stride + i + a * w for a in (0, 1) for b in (0, 1)]
    steps = w // _LONGEST_STRAIGHT - 1
    long = steps > 0
    count, i, j, w = steps[long], i[long], j[long], w[long]
    along = ranges(np.ones(len(count), np.int64), count) * _LONGEST_STRAIGHT
    i, j, w = (np.repeat(one, count) for one in (i, j, w))
    for far in (0, 1):
        keys += [(j + far * w) * stride + i + along, (j + along) * stride + i + far * w]
    return np.unique(np.concatenate(keys))


def _rings(
    blocks: Blocks, keys: Ints, node_i: Ints, node_j: Ints, stride: int
) -> tuple[Ints, Ints]:
    """Corners around every block: along the south, up the east, back along the north, down."""
    upright = np.lexsort([node_j, node_i])
    columns = (node_i * stride + node_j)[upright]
    i, j, w = blocks.i, blocks.j, blocks.width
    lying = [np.searchsorted(keys, (j + up * w) * stride + i + across * w)
             for across, up in ((0, 0), (1, 0), (0, 1), (1, 1))]  # fmt: skip
    standing = [np.searchsorted(columns, (i + across * w) * stride + j + up * w)
                for across, up in ((1, 0), (1, 1), (0, 0), (0, 1))]  # fmt: skip
    start = np.column_stack([lying[0], standing[0], lying[3], standing[3]])
    count = np.column_stack([lying[1] - lying[0], standing[1] - standing[0],
                             lying[3] - lying[2], standing[3] - standing[2]])  # fmt: skip
    step = np.broadcast_to([1, 1, -1, -1], start.shape)
    flat = ranges(start.ravel(), count.ravel(), step.ravel())
    vertical = np.repeat(np.broadcast_to([False, True, False, True], start.shape).ravel(),
                         count.ravel())  # fmt: skip
    ring = np.where(vertical, upright[flat], flat)
    return ring, np.concatenate([[0], np.cumsum(count.sum(axis=1))])


def _sides(ring: Ints, first: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Sides between neighbouring corners with the blocks on both of their sides."""
    following = np.arange(1, len(ring) + 1)
    following[first[1:] - 1] = first[:-1]
    owner = np.repeat(np.arange(len(first) - 1), np.diff(first))
    tail, head = np.minimum(ring, ring[following]), np.maximum(ring, ring[following])
    order = np.lexsort([owner, head, tail])
    tail, head, owner = tail[order], head[order], owner[order]
    new = np.r_[True, (np.diff(tail) != 0) | (np.diff(head) != 0)]
    place = np.flatnonzero(new)
    paired = np.r_[~new[1:], False][place]
    other = np.where(paired, owner[np.minimum(place + 1, len(owner) - 1)], -1)
    return tail[place], head[place], owner[place], other


def _jitter(plan: CityPlan, blocks: Blocks, keys: Ints, seed: int) -> Floats:
    """Move crossings of four blocks a little, barriers excepted."""
    stride, tile = plan.size + 1, plan.size // MACRO
    node_j, node_i = np.divmod(keys, stride)
    count, least = np.zeros(len(keys), np.int64), np.full(len(keys), plan.size)
    for a in (0, 1):
        for b in (0, 1):
            at = np.searchsorted(
                keys, (blocks.j + b * blocks.width) * stride + blocks.i + a * blocks.width
            )
            np.add.at(count, at, 1)
            np.minimum.at(least, at, blocks.width)
    free = (count == 4) & (node_i % tile != 0) & (node_j % tile != 0)
    reach_m = np.where(free, _CROSSING_JITTER * least * plan.pixel_m, 0.0)
    shift = [scatter(seed, keys, salt) * 2 - 1 for salt in (1, 2)]
    return np.column_stack(shift) * reach_m[:, None]


def _scaled(xy: Floats, sides: tuple[Ints, Ints, Ints, Ints], area_m2: float) -> Floats:
    """Corners scaled to the wanted area and rounded to millimetres."""
    tail, head, _, other = sides
    rim = other < 0
    a, b = xy[tail[rim]], xy[head[rim]]
    # Rim sides are stored from lower to higher corner; the sign of their own block turns them.
    cross = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    ring = np.abs(cross).sum() / 2
    return np.round(xy * np.sqrt(area_m2 / ring), 3)
