"""Whether cells tile their communities: no gaps, no overlaps, nothing across a border."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.errors import name_ids
from gridmap.schema import Finding
from gridmap.units import TILING_TOLERANCE_M2

BESIDE_M = 0.01
"""A cell this near [m] to a gap lies beside it."""


def measure_tiling(cells: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Gap, overlap and trespass of the cells of every community.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells with ``cell_id`` and ``community_code`` in a metric CRS.
    communities : GeoDataFrame
        Communities with ``code`` in the same CRS.

    Returns
    -------
    DataFrame
        On index ``community_code``: ``cells`` (count), ``gap_m2`` (ground of the community in none
        of its cells), ``overlap_m2`` (Σ over pairs of cells of the community), ``outside_m2``
        (ground of its cells outside it), ``overlapping`` and ``trespassing`` (tuples of cell ids).

    Notes
    -----
    gap = community − Σ cell ∩ community + overlaps; only where cells overlap, the gap is taken
    from the union of the cells of that one community (MEASURES.md 1: seamless, belongs).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> measure_tiling(toy["cells"], toy.communities)[["gap_m2", "overlap_m2"]].values.tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """
    ground = communities.set_index("code").geometry
    inside = _inside_own(cells, ground)
    table = pd.DataFrame(index=pd.Index(ground.index, name="community_code"))
    by_community = cells["community_code"].to_numpy()
    table["cells"] = cells.groupby("community_code").size().reindex(table.index, fill_value=0)
    table["gap_m2"] = ground.area - inside.groupby(by_community).sum().reindex(
        table.index, fill_value=0.0
    )
    overlaps = _overlaps(cells)
    table["overlap_m2"] = (
        overlaps.groupby("community_code")["area_m2"].sum().reindex(table.index, fill_value=0.0)
    )
    for code in table.index[table["overlap_m2"] > 0]:
        union = cells.geometry[by_community == code].union_all()
        table.loc[code, "gap_m2"] = ground[code].difference(union).area
    table["gap_m2"] = table["gap_m2"].clip(lower=0.0)
    outside_m2 = (cells.area - inside).clip(lower=0.0)
    table["outside_m2"] = outside_m2.groupby(by_community).sum().reindex(table.index, fill_value=0)
    table["overlapping"] = _ids(
        overlaps.melt("community_code", ["one", "other"], value_name="cell_id"), table.index
    )
    table["trespassing"] = _ids(cells[outside_m2 > TILING_TOLERANCE_M2], table.index)
    return table


def examine_tiling(cells: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> list[Finding]:
    """Find cells that do not tile their communities.

    Parameters
    ----------
    cells, communities : GeoDataFrame
        As for :func:`measure_tiling`.

    Returns
    -------
    list of Finding
        ``tiling_gap`` (ids: the cells beside the gap), ``tiling_overlap``,
        ``cell_outside_community``, ``community_without_cells`` (ids: communities) and
        ``unknown_community``; areas up to :data:`gridmap.units.TILING_TOLERANCE_M2` per community
        are let pass.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> found = examine_tiling(toy["cells"].iloc[1:], toy.communities)
    >>> [(one.rule, one.ids) for one in found]
    [('tiling_gap', ('sw',))]
    """
    table = measure_tiling(cells, communities)
    stray = cells[~cells["community_code"].isin(communities["code"])]
    bare = table[table["cells"] == 0]
    gap, overlap, outside = (
        table[(table[name] > TILING_TOLERANCE_M2) & (table["cells"] > 0)]
        for name in ("gap_m2", "overlap_m2", "outside_m2")
    )
    told = [
        _finding(
            "tiling_gap",
            _beside_gaps(cells, communities, gap.index),
            gap["gap_m2"],
            "seamless: {} m² of ground lie in no cell, in {}",
        ),
        _finding(
            "tiling_overlap",
            overlap["overlapping"].explode(),
            overlap["overlap_m2"],
            "seamless: {} m² of ground lie in two cells, in {}",
        ),
        _finding(
            "cell_outside_community",
            outside["trespassing"].explode().dropna(),
            outside["outside_m2"],
            "belongs: {} m² of cells lie outside their community, in cells of {}",
        ),
    ]
    if len(bare):
        told.append(_without_cells(bare.index, len(table)))
    if len(stray):
        told.append(
            Finding(
                "unknown_community",
                "error",
                "cells",
                tuple(stray["cell_id"]),
                "belongs: these cells name a community that the layer 'communities' does not have",
                "Correct community_code, or add the community.",
            )
        )
    return [one for one in told if one is not None]


def _finding(rule: str, ids: pd.Series | pd.Index, area_m2: pd.Series, what: str) -> Finding | None:
    if area_m2.empty:
        return None
    return Finding(
        rule,
        "warning",
        "cells",
        tuple(dict.fromkeys(ids.astype(str))),
        what.format(f"{area_m2.sum():.1f}", name_ids(area_m2.sort_values().index[::-1])),
        "Correct the borders, or lay the cells anew with gridmap divide.",
    )


def _without_cells(codes: pd.Index, communities: int) -> Finding:
    return Finding(
        "community_without_cells",
        "warning",
        "communities",
        tuple(codes.astype(str)),
        f"belongs: {len(codes)} of {communities} communities have no cell",
        "Divide them with gridmap divide, or correct community_code of their cells.",
    )


def _beside_gaps(
    cells: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, codes: pd.Index
) -> pd.Series:
    """Cells of these communities that lie beside ground in no cell."""
    ground = communities.set_index("code").geometry
    beside = [cells["cell_id"].iloc[:0]]
    for code in codes:
        own = cells[cells["community_code"] == code]
        hole = ground[code].difference(own.union_all())
        near = shapely.dwithin(own.geometry.to_numpy(), hole, BESIDE_M)
        beside.append(own["cell_id"][near])
    return pd.concat(beside)


def _inside_own(cells: gpd.GeoDataFrame, ground: gpd.GeoSeries) -> pd.Series:
    """Area [m²] of each cell inside its own community; 0 where the community is unknown."""
    own = ground.reindex(cells["community_code"]).to_numpy()
    shapes = cells.geometry.to_numpy()
    area_m2 = shapely.area(shapely.intersection(shapes, own))
    return pd.Series(np.nan_to_num(area_m2), index=cells.index)


def _overlaps(cells: gpd.GeoDataFrame) -> pd.DataFrame:
    """Pairs of cells of one community that share ground."""
    shapes, community = cells.geometry.to_numpy(), cells["community_code"].to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pair = (one < other) & (community[one] == community[other])
    one, other = one[pair], other[pair]
    touching = shapely.touches(shapes[one], shapes[other])
    one, other = one[~touching], other[~touching]
    area_m2 = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    names = cells["cell_id"].to_numpy()
    table = pd.DataFrame(
        {
            "community_code": community[one],
            "one": names[one],
            "other": names[other],
            "area_m2": area_m2,
        }
    )
    return table[area_m2 > 0]


def _ids(rows: pd.DataFrame, communities: pd.Index) -> pd.Series:
    named = {
        code: tuple(dict.fromkeys(ids)) for code, ids in rows.groupby("community_code")["cell_id"]
    }
    return pd.Series([named.get(code, ()) for code in communities], index=communities, dtype=object)
