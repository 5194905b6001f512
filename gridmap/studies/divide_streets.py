"""Divide a district along its streets: what ``gridmap divide --method streets`` asks for."""

from collections.abc import Sequence
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap import schema
from gridmap.district import District
from gridmap.errors import InputError
from gridmap.grid.blocks import (
    SMALLEST_M2,
    Plots,
    absorb_small,
    block_borders,
    dissolve,
    join_plots,
    lay_plots,
)
from gridmap.grid.codes import SERIAL_DIGITS, code_cells, number_cells, rows_of
from gridmap.grid.dedicated import part_names, take_dedicated
from gridmap.grid.partition import group_blocks
from gridmap.grid.streets import MAIN, OUTLINE, PATH, RIVER, STREET, close_ends, take_lines
from gridmap.progress import Progress, silent
from gridmap.schema import Finding
from gridmap.studies.plot_weights import HOUSEHOLD_SIZE, PlotWeights, weigh_plots
from gridmap.units import TILING_TOLERANCE_M2

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

TARGET_HOUSEHOLDS = 400.0
TOO_LARGE = "block_too_large"
"""Rule of the finding that lists the cells of blocks over the band."""
BAND_SHARE = 0.25
"""A cell may be off the target by this share; a block over it is too large."""
CUT_COST = {OUTLINE: 1.0, PATH: 1.0, STREET: 0.5, MAIN: 0.1, RIVER: 0.05}
"""What a metre of border costs between two cells, by the rank of the line there."""


class StreetCells(NamedTuple):
    """Cells along streets.

    Attributes
    ----------
    cells : GeoDataFrame
        Cells with the columns of the schema, sorted by ``cell_id``.
    findings : list of Finding
        What a planner should look at.
    source : str
        Where the households come from.
    """

    cells: gpd.GeoDataFrame
    findings: list[Finding]
    source: str


def divide_along_streets(
    district: District,
    households: float = TARGET_HOUSEHOLDS,
    *,
    weights: Sequence[str] = ("households",),
    seed: int = 0,
    household_size: float = HOUSEHOLD_SIZE,
    dedicated_m2: float | None = None,
    events: gpd.GeoDataFrame | None = None,
    serial_digits: int = SERIAL_DIGITS,
    progress: Progress = silent,
) -> StreetCells:
    """Group street blocks into cells of a target number of households.

    Parameters
    ----------
    district : District
        With ``roads``; reads ``communities``, ``landuse``, ``population``, ``buildings``,
        ``sites`` and dedicated ``cells``.
    households : float
        Households wanted in a cell.
    weights : sequence of str
        What the cells are balanced by (:data:`gridmap.studies.plot_weights.WEIGHTS`).
    seed : int
        The same seed gives the same cells, whatever the order of the rows.
    household_size : float
        People in a household, where only people are known.
    dedicated_m2 : float, optional
        Least area of a campus, market, park or business block that is a cell of its own [m²].
    events : GeoDataFrame, optional
        Points, for the weight ``events``.
    serial_digits : int
        Digits of the serial in the cell codes.
    progress : callable
        Told of the stages.

    Raises
    ------
    MissingLayerError
        If the district has no roads, or a weight has no source.
    InputError
        If the target is not positive, a count is negative, or nothing can be divided.

    Notes
    -----
    Streets, rivers, rails, community borders and outlines of dedicated ground are noded together;
    dead ends drop out, slivers join a neighbour, blocks over the target + 25 % are divided along
    their paths where they have some. Blocks are then grouped inside each community
    (:func:`gridmap.grid.partition.group_blocks`), a metre of cut costing least along rivers and
    main streets (MEASURES.md 1, automatic division).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> made = divide_along_streets(toy_district(), households=20)
    >>> float(made.cells.households.sum().round(3)), made.source[:35]
    (190.84, 'people of the layer population ÷ 2.')
    """
    if not (np.isfinite(households) and households > 0):
        raise InputError(f"Cells need a positive number of households, found {households:g}.")
    district.needs("roads")
    progress("street blocks", 0, 1)
    communities = district.communities.sort_values("code", ignore_index=True)
    lines = close_ends(take_lines(district["roads"], district["landuse"]), communities)
    kept = take_dedicated(district["landuse"], district["cells"], least_m2=dedicated_m2)
    plots = lay_plots(communities, lines, kept.geometry.to_numpy())
    progress("street blocks", 1, 1)
    weighed = weigh_plots(
        district, plots, weights, households, household_size=household_size, events=events
    )
    block = _blocks(plots, weighed.balanced, kept, households)
    label, large = _group(plots, block, weighed.balanced, households, seed=seed, progress=progress)
    label, islets = _join_islets(plots, label)
    made = _cells(plots, label, weighed, kept)
    cells, name = _coded(made, communities, f"streets-{households:g}", serial_digits)
    findings = [
        *_overlaps(communities),
        *_without_streets(plots, communities),
        *_too_large(label, large, weighed.balanced, name, households),
        *_small_communities(cells, households),
        *_islets(islets, name),
    ]
    return StreetCells(cells, findings, weighed.source)


def _blocks(plots: Plots, weight: Floats, kept: gpd.GeoDataFrame, target: float) -> Ints:
    """Block of each plot: small ones absorbed, those over the band opened along their paths."""
    ground = plots.ground["dedicated"].to_numpy()
    whole = ground >= 0
    told = np.append(kept["told"].to_numpy(bool), False)[ground]
    block = absorb_small(plots, _dedicated_whole(plots, join_plots(plots)), told, whole)
    held = np.zeros(block.max() + 1, dtype=bool)
    held[block[whole]] = True
    large = (np.bincount(block, weight) > target * (1 + BAND_SHARE)) & ~held
    opened = large[block]
    finest = np.where(opened, block.max() + 1 + np.arange(len(block)), block)
    return absorb_small(plots, finest, ~opened, ~opened)


def _dedicated_whole(plots: Plots, block: Ints) -> Ints:
    """Join what streets part inside dedicated ground, as long as it hangs together."""
    kept = plots.ground["dedicated"].to_numpy()
    whole = join_plots(plots, across=RIVER)
    return np.where(kept >= 0, block.max() + 1 + whole, block)


def _group(
    plots: Plots, block: Ints, weight: Floats, target: float, *, seed: int, progress: Progress
) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Cell of each plot, and whether the plot lies in a block that is too large."""
    number = np.unique(block, return_inverse=True)[1].astype(np.int64)
    kept = np.zeros(number.max() + 1, dtype=bool)
    kept[number[plots.ground["dedicated"].to_numpy() >= 0]] = True
    load = np.bincount(number, weight)
    borders = block_borders(plots, number)
    borders["cost"] = borders["length_m"] * borders["rank"].map(CUT_COST)
    free = ~(kept[borders["one"]] | kept[borders["other"]])
    pairs = borders[free].groupby(["one", "other"])["cost"].sum().reset_index()
    place = np.cumsum(~kept) - 1
    pairs[["one", "other"]] = place[pairs[["one", "other"]].to_numpy()]
    cell = np.zeros(len(kept), dtype=np.int64)
    if (~kept).any():
        cell[~kept] = group_blocks(load[~kept], pairs, target, seed=seed, progress=progress).label
    cell[kept] = cell.max() + 1 + np.arange(kept.sum())
    large = ~kept & (load > target * (1 + BAND_SHARE))
    return np.unique(cell[number], return_inverse=True)[1].astype(np.int64), large[number]


def _join_islets(plots: Plots, label: Ints) -> tuple[Ints, Ints]:
    """Give specks that hang on no ordinary cell to the nearest one; where they went."""
    area = np.bincount(label, plots.ground.area.to_numpy())
    count = np.bincount(label)
    kept = np.zeros(len(area), dtype=bool)
    kept[label[plots.ground["dedicated"].to_numpy() >= 0]] = True
    community, shapes = plots.ground["community_code"].to_numpy(), plots.ground.geometry.to_numpy()
    small = (area < SMALLEST_M2) & ~kept & (count > 0)
    result, takers = label.copy(), []
    for speck in np.flatnonzero(small):
        mine = np.flatnonzero(label == speck)
        others = np.flatnonzero((community == community[mine[0]]) & ~small[label] & ~kept[label])
        if len(others):
            away = shapely.distance(shapely.union_all(shapes[mine]), shapes[others])
            result[mine] = label[others[away.argmin()]]
            takers.append(mine[0])
    number = np.unique(result, return_inverse=True)[1].astype(np.int64)
    return number, number[np.asarray(takers, dtype=np.int64)]


def _cells(
    plots: Plots, label: Ints, weighed: PlotWeights, kept: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    first = np.unique(label, return_index=True)[1]
    part = np.full(len(first), -1, dtype=np.int64)
    np.maximum.at(part, label, plots.ground["dedicated"].to_numpy())
    sums = weighed.people.groupby(label).sum(min_count=1)
    return gpd.GeoDataFrame(
        {
            "community_code": plots.ground["community_code"].to_numpy()[first],
            "kind": np.where(part >= 0, "dedicated", "basic"),
            "own_name": part_names(part, kept),
            "households": sums["households"].to_numpy(float),
            "population": sums["population"].to_numpy(float),
        },
        geometry=dissolve(plots.ground.geometry.to_numpy(), label),
        crs=plots.ground.crs,
    )


def _coded(
    made: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, version: str, digits: int
) -> tuple[gpd.GeoDataFrame, npt.NDArray[np.object_]]:
    """Cells with codes and names, in their order; and the id of each label."""
    serial = number_cells(made, rows_of(made))
    codes = code_cells(made["community_code"], serial, digits)
    names = made["community_code"].map(communities.set_index("code")["name"]).astype("str")
    numbered = names + " " + pd.Series(serial).astype("str")
    own = made["own_name"]
    cells = made.drop(columns="own_name").assign(
        **codes, name=numbered.where(own.isna(), own), grid_version=version
    )
    ordered = cells.sort_values("cell_id", ignore_index=True)
    return schema.conform(ordered, "cells"), codes["cell_id"].to_numpy(object)


def _overlaps(communities: gpd.GeoDataFrame) -> list[Finding]:
    shapes, codes = communities.geometry.to_numpy(), communities["code"].to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    both_m2 = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    shared = both_m2 > TILING_TOLERANCE_M2
    if not shared.any():
        return []
    pairs = tuple(
        f"{codes[a]} and {codes[b]}" for a, b in zip(one[shared], other[shared], strict=True)
    )
    return [
        Finding(
            "communities_overlap",
            "error",
            "communities",
            pairs,
            f"communities claim {both_m2[shared].sum():,.0f} m² twice; cells of the lower code "
            "have it",
            "Correct the borders of these communities and divide again.",
        )
    ]


def _without_streets(plots: Plots, communities: gpd.GeoDataFrame) -> list[Finding]:
    inner = plots.borders[plots.borders["rank"] >= STREET]
    divided = plots.ground["community_code"].to_numpy()[inner["one"]]
    bare = communities["code"][~communities["code"].isin(divided)]
    if bare.empty:
        return []
    return [
        Finding(
            "no_streets",
            "warning",
            "communities",
            tuple(bare),
            "no street divides these communities: each is one block",
            "Import more roads, or divide them by hand or with --method square.",
        )
    ]


def _too_large(
    label: Ints,
    large: npt.NDArray[np.bool_],
    weight: Floats,
    name: npt.NDArray[np.object_],
    target: float,
) -> list[Finding]:
    cells = np.unique(label[large])
    if not len(cells):
        return []
    load = np.bincount(label, weight)[cells]
    return [
        Finding(
            TOO_LARGE,
            "warning",
            "cells",
            tuple(sorted(name[cells])),
            f"{len(cells)} blocks alone hold more than {target * (1 + BAND_SHARE):g} households "
            f"(up to {load.max():,.0f}) and no path divides them",
            "Divide these cells by hand, or import the paths inside them.",
        )
    ]


def _small_communities(cells: gpd.GeoDataFrame, target: float) -> list[Finding]:
    basic = cells[(cells["kind"] != "dedicated").to_numpy(bool)]
    of = basic.groupby("community_code")["households"].agg(["size", "sum"])
    empty = of.index[(of["sum"] == 0) & basic["households"].notna().any()]
    small = of.index[(of["size"] == 1) & (of["sum"] > 0) & (of["sum"] < target)]
    found = []
    if len(empty):
        found.append(
            Finding(
                "no_households",
                "warning",
                "communities",
                tuple(empty),
                "nobody lives in these communities: there is nothing to balance",
                "Check the population layer, or balance by --weight street_m.",
            )
        )
    if len(small):
        found.append(
            Finding(
                "target_over_community",
                "note",
                "communities",
                tuple(small),
                f"fewer than {target:g} households live here: each community is one cell",
                "Nothing to do, or divide with fewer --households.",
            )
        )
    return found


def _islets(islets: Ints, name: npt.NDArray[np.object_]) -> list[Finding]:
    if not len(islets):
        return []
    return [
        Finding(
            "islet_joined",
            "note",
            "cells",
            tuple(sorted(set(name[islets]))),
            f"{len(islets)} specks under {SMALLEST_M2:,.0f} m² hang on no cell and went to the "
            "nearest one, which is now in parts",
            "Check the outline of the community there.",
        )
    ]
