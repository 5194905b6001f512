"""What each block is used for, and how many people live in it."""

import numpy as np
import numpy.typing as npt

from gridmap.synthesis.city.blocks import Blocks
from gridmap.synthesis.city.division import Division
from gridmap.synthesis.city.plan import CityPlan, Floats
from gridmap.synthesis.city.roads import URBAN_PER_M2
from gridmap.synthesis.city.scatter import scatter, whole_shares

Words = npt.NDArray[np.object_]

USES = ("residential", "commercial", "office", "school", "industrial", "park", "square",
        "parking", "farmland", "forest")  # fmt: skip
_INNER = (0.70, 0.12, 0.06, 0.035, 0.0, 0.04, 0.015, 0.03, 0.0, 0.0)
_URBAN = (0.74, 0.06, 0.02, 0.035, 0.06, 0.05, 0.01, 0.015, 0.01, 0.0)
_RURAL = (0.0, 0.0, 0.0, 0.0, 0.03, 0.0, 0.0, 0.0, 0.80, 0.17)
_INNER_PER_M2 = 9e-3
LIVED_IN = {"residential": 1.0, "commercial": 0.12, "school": 0.0, "farmland": 1.0, "forest": 0.15}
"""Share of the people of the ground that live in blocks of a use; none in all others."""
DEDICATED = ("campus", "business", "market", "park")
_DEDICATED_SHARE = 0.045
_DEDICATED_OF = (0.30, 0.32, 0.18, 0.20)
_DEDICATED_USE = {"campus": "school", "business": "office", "market": "commercial", "park": "park"}
_DEDICATED_LIVED_IN = {"campus": 0.55, "business": 0.04, "market": 0.10, "park": 0.0}


def use_blocks(blocks: Blocks, density: Floats, seed: int) -> Words:
    """Use of every block, by how densely its ground is lived on.

    Parameters
    ----------
    blocks : Blocks
        The blocks.
    density : ndarray
        People per m² of each block.
    seed : int
        Decides by place.
    """
    draw = scatter(seed, blocks.i, blocks.j, 11)
    shares = np.where(
        (density > _INNER_PER_M2)[:, None], _INNER,
        np.where((density > URBAN_PER_M2)[:, None], _URBAN, _RURAL),
    )  # fmt: skip
    number = (draw[:, None] >= np.cumsum(shares, axis=1)[:, :-1]).sum(axis=1)
    return np.array(USES, dtype=object)[number]


def lived_in(use: Words) -> Floats:
    """Share of the people of the ground that stay, by use."""
    known, place = np.unique(use.astype(str), return_inverse=True)
    return np.array([LIVED_IN.get(one, 0.0) for one in known])[place]


def dedicate_cells(plan: CityPlan, division: Division, density: Floats, seed: int) -> Words:
    """Which cells are dedicated (campus, business, market, park); empty for basic cells."""
    block_urban = density > URBAN_PER_M2
    urban = np.bincount(division.cell, block_urban, plan.cells) >= 0.5 * np.bincount(
        division.cell, minlength=plan.cells
    )
    draw = scatter(seed, np.arange(plan.cells), 13)
    chosen = urban & (draw < _DEDICATED_SHARE)
    kind = np.searchsorted(np.cumsum(_DEDICATED_OF)[:-1], draw / _DEDICATED_SHARE, side="right")
    result = np.full(plan.cells, "", dtype=object)
    result[chosen] = np.array(DEDICATED, dtype=object)[kind[chosen]]
    return result


def settle(
    plan: CityPlan, load: Floats, use: Words, division: Division, dedicated: Words
) -> tuple[Words, npt.NDArray[np.int64]]:
    """Settle the use of every block and the people in it: whole numbers that sum to the plan's.

    Parameters
    ----------
    plan : CityPlan
        The people there are.
    load : ndarray
        What each block would hold if all its ground were lived on; 0 where nothing can be built.
    use, division, dedicated
        Use of each block, the cells, and what these are dedicated to.

    Notes
    -----
    In a dedicated cell all blocks serve its purpose, save some squares and car parks.
    """
    own = dedicated[division.cell]
    share = lived_in(use)
    use = use.copy()
    for kind in DEDICATED:
        here = own == kind
        kept = here & np.isin(use.astype(str), ["square", "parking"])
        use[here & ~kept] = _DEDICATED_USE[kind]
        share = np.where(here, np.where(kept, 0.0, _DEDICATED_LIVED_IN[kind]), share)
    return use, whole_shares(load * share, plan.people)
