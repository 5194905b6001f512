"""Street blocks: communities cut along streets, rivers, rails and the outlines of dedicated ground.

Everything is noded together once. The faces between all lines, paths among them, are *plots*;
plots that only paths part are one *block*. A block that is too large can so be divided along its
paths, and whatever is joined, neighbours keep exactly the same corners.
"""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from gridmap.errors import InputError
from gridmap.grid.slivers import MICROMETRE, give_away
from gridmap.grid.streets import MAIN, OUTLINE, PATH

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]

SMALLEST_M2 = 1500.0
"""A block smaller than this [m²] joins a neighbour: a junction, a traffic island."""
NARROWEST_M = 15.0
"""So does one whose mean width, 2 · area ÷ perimeter, is less than this [m]: a median strip."""
ACROSS_MAIN = 0.1
"""What a metre of border along a main street or river counts when a neighbour is chosen."""
_ON_LINE_M = 1e-4


class Plots(NamedTuple):
    """The finest faces between all lines.

    Attributes
    ----------
    ground : GeoDataFrame
        Polygons with ``community_code`` and ``dedicated`` (position in the dedicated ground, -1
        elsewhere), sorted by community and place.
    borders : DataFrame
        ``one``, ``other`` (positions, one < other), ``rank`` of the line between them and
        ``length_m``: one row for each pair and rank; only inside a community.
    """

    ground: gpd.GeoDataFrame
    borders: pd.DataFrame


def lay_plots(
    communities: gpd.GeoDataFrame, lines: gpd.GeoDataFrame, dedicated: Shapes | None = None
) -> Plots:
    """Cut communities along lines.

    Parameters
    ----------
    communities : GeoDataFrame
        Communities with ``code`` in a metric CRS.
    lines : GeoDataFrame
        Lines with ``rank`` (:func:`gridmap.grid.streets.take_lines`) in the same CRS; whole ways,
        which are noded here wherever they meet or cross.
    dedicated : ndarray of polygon, optional
        Ground to be kept whole; where two overlap, the earlier one has it.

    Returns
    -------
    Plots
        The plots of a community tile it: they share their corners exactly, on a grid of 1 µm.

    Raises
    ------
    InputError
        If nothing encloses any ground.

    Notes
    -----
    Dead ends enclose nothing and drop out. Ground that two communities claim goes to the one with
    the lower code (see :func:`gridmap.grid.quality.examine_tiling` for what is said of it).

    Examples
    --------
    >>> from gridmap.grid.streets import take_lines
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> plots = lay_plots(toy.communities, take_lines(toy["roads"], toy["landuse"]))
    >>> len(plots.ground), float(plots.ground.area.sum()), len(plots.borders)
    (12, 160000.0, 14)
    """
    whole = communities.sort_values("code", ignore_index=True)
    kept = np.empty(0, dtype=object) if dedicated is None else dedicated
    faces = _faces(whole, lines, kept)
    inner = shapely.point_on_surface(faces)
    community = _first_holder(whole.geometry.to_numpy(), inner)
    order = _place_order(community, inner)
    order = order[community[order] >= 0]
    ground = gpd.GeoDataFrame(
        {
            "community_code": whole["code"].to_numpy()[community[order]],
            "dedicated": _first_holder(kept, inner[order]),
        },
        geometry=faces[order],
        crs=communities.crs,
    )
    if ground.empty:
        raise InputError(
            "The communities enclose no ground that could be divided; found "
            f"{len(communities)} of {communities.area.sum():.3g} m². Check their outlines."
        )
    return Plots(ground, _borders(ground, lines))


def join_plots(plots: Plots, across: int = PATH) -> Ints:
    """Join the plots that nothing above a rank parts: blocks, as a number for each plot.

    Examples
    --------
    >>> from gridmap.grid.streets import take_lines
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> plots = lay_plots(toy.communities, take_lines(toy["roads"], toy["landuse"]))
    >>> len(set(join_plots(plots).tolist()))
    12
    """
    same = plots.borders[plots.borders["rank"] <= across]
    kept = plots.ground["dedicated"].to_numpy()
    same = same[kept[same["one"]] == kept[same["other"]]]
    return _connected(same, len(plots.ground))


def absorb_small(
    plots: Plots, block: Ints, fixed: npt.NDArray[np.bool_], whole: npt.NDArray[np.bool_]
) -> Ints:
    """Give blocks that are too small or too narrow to a neighbour of their community.

    Parameters
    ----------
    plots : Plots
        Of :func:`lay_plots`.
    block : ndarray of int
        Block of each plot.
    fixed : ndarray of bool
        Plots whose block neither goes nor takes.
    whole : ndarray of bool
        Plots whose block may take but never goes, such as a campus.

    Returns
    -------
    ndarray of int
        Block of each plot.

    Notes
    -----
    One that is small or narrow goes, the smallest first, to the neighbour with the longest shared
    border, where a metre along a main street or river counts a tenth, so that blocks are not
    joined across one without need.
    """
    number = np.unique(block, return_inverse=True)[1]
    borders = block_borders(plots, number)
    area = np.bincount(number, plots.ground.area.to_numpy())
    around = np.bincount(number, plots.ground.length.to_numpy())
    inner = borders["length_m"].to_numpy()
    pairs = plots.borders
    own = number[pairs["one"]] == number[pairs["other"]]
    around -= 2 * np.bincount(number[pairs["one"][own]], pairs["length_m"][own], len(area))
    small = (area < SMALLEST_M2) | (2 * area < NARROWEST_M * around)
    held, stays = np.zeros((2, len(area)), dtype=bool)
    held[number[fixed]], stays[number[fixed | whole]] = True, True
    free = ~(held[borders["one"]] | held[borders["other"]])
    borders = borders.assign(length_m=np.where(borders["main"], ACROSS_MAIN, 1.0) * inner)[free]
    # A narrow block goes first however long it is, so its size is made to count as nothing.
    size = np.where(small & ~stays, area * 1e-6, area + SMALLEST_M2)
    taken = give_away(size, _by_pair(borders), SMALLEST_M2)
    return np.asarray(taken[number], dtype=np.int64)


def block_borders(plots: Plots, block: Ints) -> pd.DataFrame:
    """Borders between blocks: ``one``, ``other``, ``rank``, ``main`` and ``length_m``."""
    table = plots.borders.assign(
        one=block[plots.borders["one"]], other=block[plots.borders["other"]]
    )
    table = table[table["one"] != table["other"]]
    swap = (table["one"] > table["other"]).to_numpy()
    table.loc[swap, ["one", "other"]] = table.loc[swap, ["other", "one"]].to_numpy()
    summed = table.groupby(["one", "other", "rank"])["length_m"].sum().reset_index()
    return summed.assign(main=summed["rank"] >= MAIN)


def dissolve(shapes: Shapes, label: Ints) -> Shapes:
    """Join the shapes of each label; they must share their corners exactly.

    Examples
    --------
    >>> row = shapely.box([0, 1, 2], 0, [1, 2, 3], 1)
    >>> [one.area for one in dissolve(row, np.array([0, 0, 1]))]
    [2.0, 1.0]
    """
    order = np.argsort(label, kind="stable")
    starts = np.flatnonzero(np.diff(label[order], prepend=-1))
    groups = np.split(shapes[order], starts[1:])
    joined = np.empty(len(groups), dtype=object)
    for place, group in enumerate(groups):
        joined[place] = group[0] if len(group) == 1 else shapely.coverage_union_all(group)
    return joined


def _faces(communities: gpd.GeoDataFrame, lines: gpd.GeoDataFrame, kept: Shapes) -> Shapes:
    outline = communities.geometry.to_numpy()
    ways = lines.geometry.to_numpy()
    near = np.unique(shapely.STRtree(ways).query(outline, predicate="intersects")[1])
    limits = np.concatenate([shapely.boundary(outline), shapely.boundary(kept)])
    work = shapely.get_parts(np.concatenate([limits, ways[near]]))
    noded = shapely.union_all(work[~shapely.is_empty(work)], grid_size=MICROMETRE)
    found = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return np.asarray(found, dtype=object)


def _first_holder(areas: Shapes, points: Shapes) -> Ints:
    """First of the areas that holds each point; -1 where none does."""
    found = np.full(len(points), len(areas), dtype=np.int64)
    point, area = shapely.STRtree(areas).query(points, predicate="intersects")
    np.minimum.at(found, point, area)
    return np.where(found < len(areas), found, -1)


def _place_order(community: Ints, inner: Shapes) -> Ints:
    x, y = (np.round(axis(inner), 3) for axis in (shapely.get_x, shapely.get_y))
    return np.lexsort((x, -y, community))


def _borders(ground: gpd.GeoDataFrame, lines: gpd.GeoDataFrame) -> pd.DataFrame:
    xy, plot, ends = _sides(ground.geometry.to_numpy())
    order = np.lexsort((plot, ends[:, 1], ends[:, 0]))
    twin = np.flatnonzero((ends[order[1:]] == ends[order[:-1]]).all(axis=1))
    one, other = plot[order[twin]], plot[order[twin + 1]]
    community = ground["community_code"].to_numpy()
    inside = (community[one] == community[other]) & (one != other)
    side = ends[order[twin[inside]]]
    start, end = xy[side[:, 0]], xy[side[:, 1]]
    table = pd.DataFrame(
        {
            "one": np.minimum(one, other)[inside],
            "other": np.maximum(one, other)[inside],
            "rank": _ranks_at((start + end) / 2, lines),
            "length_m": np.hypot(*(end - start).T),
        }
    )
    return table.groupby(["one", "other", "rank"])["length_m"].sum().reset_index()


def _sides(shapes: Shapes) -> tuple[Floats, Ints, Ints]:
    """Corners, and for each straight side its shape and the numbers of its two ends, rising."""
    rings, row = shapely.get_rings(shapes, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    corner, number = np.unique(np.ascontiguousarray(xy).view(np.complex128), return_inverse=True)
    number = number.ravel()
    keep = ring[1:] == ring[:-1]
    ends = np.sort(np.stack([number[:-1], number[1:]], axis=1)[keep], axis=1)
    places = np.stack([corner.real, corner.imag], axis=-1).reshape(-1, 2)
    return places, row[ring[:-1][keep]].astype(np.int64), ends


def _ranks_at(middles: Floats, lines: gpd.GeoDataFrame) -> Ints:
    """Highest rank of the lines that run through each point; an outline where none does."""
    parts, source = shapely.get_parts(lines.geometry.to_numpy(), return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    keep = part[1:] == part[:-1]
    pieces = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1)[keep])
    rank_of = lines["rank"].to_numpy()[source[part[:-1][keep]]]
    point, piece = shapely.STRtree(pieces).query(
        shapely.points(middles), predicate="dwithin", distance=_ON_LINE_M
    )
    rank = np.full(len(middles), OUTLINE, dtype=np.int64)
    np.maximum.at(rank, point, rank_of[piece])
    return rank


def _by_pair(borders: pd.DataFrame) -> pd.DataFrame:
    return borders.groupby(["one", "other"])["length_m"].sum().reset_index()


def _connected(pairs: pd.DataFrame, count: int) -> Ints:
    graph = sparse.coo_array(
        (np.ones(len(pairs), dtype=np.int8), (pairs["one"], pairs["other"])), (count, count)
    )
    return np.asarray(csgraph.connected_components(graph, directed=False)[1], dtype=np.int64)
