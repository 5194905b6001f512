"""Who belongs together: blocks to cells, cells to communities, communities to streets and towns."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridmap.synthesis.city.blocks import Blocks
from gridmap.synthesis.city.plan import CityPlan, Floats, Ints
from gridmap.synthesis.city.scatter import whole_shares

_SUPERBLOCK_M = 1_300.0
_SNAP = 0.3
"""A cut between cells moves to a main street if that costs less than this share of a cell."""


@dataclass(frozen=True, eq=False)
class Division:
    """Numbers, from 0, of what each smaller unit belongs to.

    Attributes
    ----------
    cell : ndarray of int
        Cell of each block.
    community : ndarray of int
        Community of each cell.
    street : ndarray of int
        Street or town of each community.
    """

    cell: Ints
    community: Ints
    street: Ints


def divide(plan: CityPlan, blocks: Blocks, load: Floats) -> Division:
    """Divide blocks among exactly as many cells, communities and streets as the plan has.

    Parameters
    ----------
    plan : CityPlan
        The totals.
    blocks : Blocks
        In the order of the walk.
    load : ndarray
        What each block weighs, for balance.

    Notes
    -----
    Runs of the walk are connected, so a cell is a run of blocks of about equal load, a community
    a run of cells, a street a run of communities; none crosses a barrier. Cuts between cells move
    to borders of superblocks, where main streets run, if the balance bears it.

    Examples
    --------
    >>> from gridmap.synthesis.city.plan import draw_plan
    >>> from gridmap.synthesis.city.blocks import lay_blocks
    >>> plan = draw_plan(100, np.random.default_rng(0))
    >>> blocks = lay_blocks(plan, np.random.default_rng(0))
    >>> found = divide(plan, blocks, blocks.load)
    >>> len(np.unique(found.cell)), len(found.community), len(found.street)
    (100, 100, 4)
    """
    size = np.bincount(blocks.strip, minlength=len(plan.strips))
    weight = np.bincount(blocks.strip, load, minlength=len(plan.strips))
    cells = _at_least_one(weight, plan.cells)
    communities = _at_least_one(cells.astype(float), plan.communities)
    streets = _at_least_one(communities.astype(float), plan.streets)
    ends = np.cumsum(size)
    runs = []
    for number, end in enumerate(ends):
        own = slice(end - size[number], end)
        border = _superblock_borders(plan, blocks, own)
        runs.append(_cut(load[own], int(cells[number]), border))
    return Division(
        _in_turn(runs, cells),
        _in_turn([_even(int(n), int(k)) for n, k in zip(cells, communities, strict=True)],
                 communities),
        _in_turn([_even(int(n), int(k)) for n, k in zip(communities, streets, strict=True)],
                 streets),
    )  # fmt: skip


def _at_least_one(weight: Floats | Ints, total: int) -> Ints:
    return 1 + whole_shares(np.maximum(weight - weight.sum() / total, 1e-9), total - len(weight))


def _in_turn(runs: list[Ints], counts: Ints) -> Ints:
    return np.concatenate([run + before for run, before in
                           zip(runs, np.cumsum(counts) - counts, strict=True)])  # fmt: skip


def _even(members: int, groups: int) -> Ints:
    return np.arange(members, dtype=np.int64) * groups // members


def _superblock_borders(plan: CityPlan, blocks: Blocks, own: slice) -> npt.NDArray[np.bool_]:
    """Whether a block is the first of its superblock."""
    side = plan.size
    while side > 1 and side * plan.pixel_m > _SUPERBLOCK_M:
        side //= 2
    number = (blocks.j[own] // side) * plan.size + blocks.i[own] // side
    return np.r_[True, np.diff(number) != 0]


def _cut(load: Floats, cells: int, border: npt.NDArray[np.bool_]) -> Ints:
    """Cell of each block of a strip: all cells used, none skipped."""
    load = load + load.sum() * 1e-9
    begin = (np.cumsum(load) - load) / load.sum() * cells
    middle = begin + load / load.sum() * cells / 2
    near = border & (np.abs(begin - np.round(begin)) < _SNAP)
    goal, place = np.unique(np.round(begin[near]), return_index=True)
    anchors = begin[near][place]
    inner = (goal > 0) & (goal < cells)
    position = np.interp(middle, np.r_[0, anchors[inner], cells], np.r_[0, goal[inner], cells])
    cell = np.minimum(np.floor(position).astype(np.int64), cells - 1)
    step = np.arange(len(cell))
    # Each block opens at most one cell, and enough blocks are left for all cells to come.
    cell = step + np.minimum.accumulate(np.r_[0, cell[1:]] - step)
    return np.maximum(cell, cells - len(cell) + step)
