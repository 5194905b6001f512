"""Where people live, and the blocks: a quadtree that is fine where many live."""

from dataclasses import dataclass

import numpy as np

from gridmap.synthesis.city.plan import MACRO, CityPlan, Floats, Ints

FULLEST_BLOCK = 0.4
"""A block with more than this share of a cell's people is quartered."""
_COUNTRYSIDE_SHARE = 0.15


@dataclass(frozen=True, eq=False)
class Blocks:
    """Squares of the lattice that tile the city, in the order of one unbroken walk per strip.

    Attributes
    ----------
    i, j, width : ndarray of int
        South-west corner and side, in finest squares.
    load : ndarray
        People, in cells of mean population.
    strip : ndarray of int
        Ground between barriers that the block lies in.
    """

    i: Ints
    j: Ints
    width: Ints
    load: Floats
    strip: Ints

    def __len__(self) -> int:
        """How many blocks."""
        return len(self.i)


def lay_blocks(plan: CityPlan, rng: np.random.Generator) -> Blocks:
    """Blocks of a city, ordered so that any run of them inside a strip is one piece of ground.

    Notes
    -----
    The walk is Hilbert's curve in every large tile, the tiles strung together row by row; blocks
    that follow each other share a part of a side, so runs are connected.

    Examples
    --------
    >>> from gridmap.synthesis.city.plan import draw_plan
    >>> plan = draw_plan(24, np.random.default_rng(0))
    >>> blocks = lay_blocks(plan, np.random.default_rng(0))
    >>> int((blocks.width**2).sum()) == plan.size**2, float(round(blocks.load.sum(), 6))
    (True, 24.0)
    """
    i, j, width, load = _quarter(people_field(plan, rng), plan)
    strip, rank = _walk(plan, i, j)
    order = np.lexsort([rank, strip])
    return Blocks(i[order], j[order], width[order], load[order], strip[order])


def people_field(plan: CityPlan, rng: np.random.Generator) -> Floats:
    """People of every finest square, in cells of mean population; sums to the number of cells."""
    size = plan.size
    field = np.zeros((size, size))
    for x, y, share, length_m in plan.centres:
        _add_centre(field, x * size, y * size, share, length_m / plan.pixel_m)
    field *= np.exp(0.45 * _waves(size, 9.0, rng))
    countryside = np.exp(0.8 * _waves(size, 7.0, rng))
    field /= field.sum() / (1 - _COUNTRYSIDE_SHARE)
    field += countryside * (_COUNTRYSIDE_SHARE / countryside.sum())
    return np.asarray(field * plan.cells)


def _add_centre(field: Floats, x: float, y: float, share: float, length: float) -> None:
    """Add people that thin out with distance, over a window of ten scale lengths."""
    reach = 10 * length + 2
    low_i, low_j = (max(0, int(one - reach)) for one in (x, y))
    window = field[low_i : int(x + reach) + 1, low_j : int(y + reach) + 1]
    di = np.arange(low_i, low_i + window.shape[0])[:, None] + 0.5 - x
    dj = np.arange(low_j, low_j + window.shape[1])[None, :] + 0.5 - y
    shape = np.exp(-np.hypot(di, dj) / length)
    window += shape * (share / shape.sum())


def _waves(size: int, count: float, rng: np.random.Generator) -> Floats:
    """Smooth random ground of mean 0 and deviation about 1, up to ``count`` waves along a side."""
    at = (np.arange(size) + 0.5) / size * 2 * np.pi
    ground = np.zeros((size, size))
    for _ in range(8):
        across, up = rng.uniform(-count, count, 2)
        phase = rng.uniform(0, 2 * np.pi)
        ground += np.cos(across * at[:, None] + up * at[None, :] + phase)
    return ground / 2.0


def _quarter(field: Floats, plan: CityPlan) -> tuple[Ints, Ints, Ints, Floats]:
    sums = [field]
    while len(sums[-1]) > 1 << plan.coarsest:
        half = len(sums[-1]) // 2
        sums.append(sums[-1].reshape(half, 2, half, 2).sum(axis=(1, 3)))
    i, j = (grid.ravel() for grid in np.indices(sums[-1].shape))
    done = []
    for power in range(len(sums) - 1, -1, -1):
        load = sums[power][i, j]
        full = (load > FULLEST_BLOCK) & (power > 0)
        width = 1 << power
        done.append([i[~full] * width, j[~full] * width, np.full((~full).sum(), width),
                     load[~full]])  # fmt: skip
        i, j = (
            (2 * one[full, None] + np.array(step)).ravel()
            for one, step in ((i, [0, 1, 0, 1]), (j, [0, 0, 1, 1]))
        )
    columns = [np.concatenate(one) for one in zip(*done, strict=True)]
    return columns[0], columns[1], columns[2], columns[3]


def _walk(plan: CityPlan, i: Ints, j: Ints) -> tuple[Ints, Ints]:
    """Strip of every block, and its place on the walk through the strip."""
    tile = plan.size // MACRO
    column, row = i // tile, j // tile
    strip, rank = np.zeros(len(i), np.int64), np.zeros(len(i), np.int64)
    for number, (west, east, south, north) in enumerate(plan.strips):
        own = (column >= west) & (column < east) & (row >= south) & (row < north)
        strip[own] = number
        place, turn = _snake(column[own] - west, row[own] - south, east - west)
        inner = _hilbert(*_turned(i[own] % tile, j[own] % tile, turn, tile), tile)
        rank[own] = place * tile**2 + inner
    return strip, rank


def _snake(column: Ints, row: Ints, columns: int) -> tuple[Ints, Ints]:
    """Place of a tile on the way through its strip, and how the curve is turned in it.

    Turn 0 leads from south-west to south-east, 1 from south-west to north-west, 2 from north-east
    to north-west: rows are walked eastwards along the south, then westwards along the north.
    """
    eastward = row % 2 == 0
    place = row * columns + np.where(eastward, column, columns - 1 - column)
    last = column == columns - 1
    return place, np.where(last, 1, np.where(eastward, 0, 2))


def _turned(i: Ints, j: Ints, turn: Ints, tile: int) -> tuple[Ints, Ints]:
    return (
        np.select([turn == 0, turn == 1], [i, j], tile - 1 - i),
        np.select([turn == 0, turn == 1], [j, i], tile - 1 - j),
    )


def _hilbert(i: Ints, j: Ints, size: int) -> Ints:
    """Place of squares on Hilbert's curve from the south-west to the south-east corner."""
    x, y, place = i.copy(), j.copy(), np.zeros(len(i), np.int64)
    half = size // 2
    while half:
        right, upper = (x & half) > 0, (y & half) > 0
        place += half * half * ((3 * right) ^ upper)
        flip = ~upper & right
        x, y = np.where(flip, size - 1 - x, x), np.where(flip, size - 1 - y, y)
        x, y = np.where(upper, x, y), np.where(upper, y, x)
        half //= 2
    return place
