"""How large a city is, where its centres lie, and which rivers and railways cut it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridmap.errors import InputError

FEWEST_CELLS, MOST_CELLS = 24, 100_000
YARDSTICK_CELLS = 3_311
"""Cells of the real district whose figures set the scale."""
YARDSTICK_M2 = 1_452e6
YARDSTICK_PEOPLE = 2_000_000
YARDSTICK_STREETS, YARDSTICK_COMMUNITIES = 28, 131
MACRO = 8
"""The lattice is cut into 8 × 8 large tiles; barriers run along their borders."""
_MACRO_LEVEL = 3
_PIXEL_M = 110.0
"""No block is smaller than a square of half to all of this side [m]."""
_WIDEST_BLOCK_M = 1_700.0
_WITH_RAILWAY = 150
_TOWNS_PER_STREET = 0.55

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Barrier:
    """A river or railway along a line of the lattice.

    Attributes
    ----------
    kind : {"river", "stream", "railway"}
        What it is.
    axis : {0, 1}
        0: from west to east, 1: from south to north.
    line, start, end : int
        The line it follows and where it begins and ends, in large tiles.
    half_width_m : float
        Half its width [m].
    """

    kind: str
    axis: int
    line: int
    start: int
    end: int
    half_width_m: float


@dataclass(frozen=True, eq=False)
class CityPlan:
    """What is decided before anything is drawn.

    Attributes
    ----------
    cells, streets, communities, people : int
        Totals that the city has exactly.
    side_m : float
        Side of a square of the city's area [m].
    depth : int
        The lattice has 2 to this power finest squares along a side.
    coarsest : int
        Level of the largest blocks, counted from 0 for the whole.
    barriers : tuple of Barrier
        Rivers and railways.
    strips : tuple of (int, int, int, int)
        Ground between barriers: first and last column, first and last row of large tiles.
    centres : ndarray, shape (n, 4)
        Centres of people: place across and up [0-1], share of all people, scale length [m].
    """

    cells: int
    streets: int
    communities: int
    people: int
    side_m: float
    depth: int
    coarsest: int
    barriers: tuple[Barrier, ...]
    strips: tuple[tuple[int, int, int, int], ...]
    centres: Floats

    @property
    def size(self) -> int:
        """Finest squares along a side."""
        return 1 << self.depth

    @property
    def pixel_m(self) -> float:
        """Side of a finest square before the lattice is bent [m]."""
        return self.side_m / self.size

    @property
    def area_m2(self) -> float:
        """Area of the city [m²]."""
        return self.side_m**2


def draw_plan(cells: int, rng: np.random.Generator) -> CityPlan:
    """Decide size, centres and barriers of a city.

    Parameters
    ----------
    cells : int
        Cells it will have, 24 to 100,000.
    rng : Generator
        Source of chance.

    Raises
    ------
    InputError
        If the number of cells is out of range.

    Notes
    -----
    Area, people, streets and communities are in proportion to a real district of 3,311 cells on
    1,452 km² with two million people in 28 streets and towns and 131 communities.

    Examples
    --------
    >>> plan = draw_plan(3311, np.random.default_rng(0))
    >>> plan.streets, plan.communities, plan.people, round(plan.area_m2 / 1e6)
    (28, 131, 2000000, 1452)
    """
    if not FEWEST_CELLS <= cells <= MOST_CELLS:
        raise InputError(
            f"A synthetic city has {FEWEST_CELLS} to {MOST_CELLS:,} cells; found {cells} cells."
        )
    share = cells / YARDSTICK_CELLS
    side_m = float(np.sqrt(YARDSTICK_M2 * share))
    barriers, strips = _cuts(cells, side_m)
    return CityPlan(
        cells=cells,
        streets=max(len(strips), round(YARDSTICK_STREETS * share)),
        communities=max(len(strips), round(YARDSTICK_COMMUNITIES * share)),
        people=round(YARDSTICK_PEOPLE * share),
        side_m=side_m,
        depth=max(_MACRO_LEVEL + 2, int(np.ceil(np.log2(side_m / _PIXEL_M)))),
        coarsest=max(_MACRO_LEVEL, int(np.ceil(np.log2(side_m / _WIDEST_BLOCK_M)))),
        barriers=barriers,
        strips=strips,
        centres=_centres(cells, share, rng),
    )


def _cuts(
    cells: int, side_m: float
) -> tuple[tuple[Barrier, ...], tuple[tuple[int, int, int, int], ...]]:
    river = Barrier("river", 1, 3, 0, MACRO, float(np.clip(side_m / 600, 14, 75)))
    if cells < _WITH_RAILWAY:
        return (river,), ((0, 3, 0, MACRO), (3, MACRO, 0, MACRO))
    stream = Barrier("stream", 0, 5, 3, MACRO, float(np.clip(side_m / 1800, 9, 26)))
    railway = Barrier("railway", 0, 2, 0, MACRO, 10.0)
    return (river, stream, railway), (
        (0, 3, 0, 2), (0, 3, 2, MACRO), (3, MACRO, 0, 2), (3, MACRO, 2, 5), (3, MACRO, 5, MACRO),
    )  # fmt: skip


def _centres(cells: int, share: float, rng: np.random.Generator) -> Floats:
    """Centres of people: cities with more than half of all, and towns around them."""
    cities = max(1, round(cells / 6_000))
    towns = max(2, round(_TOWNS_PER_STREET * YARDSTICK_STREETS * share))
    places = _spread_out(cities + towns, rng)
    city = np.arange(cities + towns) < cities
    weight = np.where(city, 0.60 / cities, 0.25 / towns) * rng.uniform(0.7, 1.4, len(city))
    weight *= 0.85 / weight.sum()
    # ∫ 2πr ρ·exp(−r/L) dr = 2πρL², so the peak density ρ fixes the scale length L.
    peak_m2 = np.where(city, 9_000 + 12_000 * min(1.0, cells / 2_000), 7_500) / 1e6
    length_m = np.sqrt(weight * YARDSTICK_PEOPLE * share / (2 * np.pi * peak_m2))
    return np.column_stack([places, weight, length_m])


def _spread_out(count: int, rng: np.random.Generator) -> Floats:
    """Places that keep their distance: the first near the middle, each next the farthest of few."""
    places = np.empty((count, 2))
    places[0] = np.array([0.49, 0.45]) + rng.uniform(-0.03, 0.03, 2)
    for n in range(1, count):
        tried = rng.uniform(0.07, 0.93, (8, 2))
        gap = ((tried[:, None] - places[None, :n]) ** 2).sum(axis=2).min(axis=1)
        places[n] = tried[gap.argmax()]
    return places
