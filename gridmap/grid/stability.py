"""Whether a grid is stable: dates of validity, and versions that do not stand on each other."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.grid.examine import cells_finding
from gridmap.schema import Finding
from gridmap.units import TILING_TOLERANCE_M2

CONSERVED_SHARE = 0.01
"""Share of a cell's ground that its lineage may lose to rounding."""
_FAR_OFF = pd.Timestamp("2250-01-01")


def examine_versions(cells: gpd.GeoDataFrame) -> list[Finding]:
    """Find cells that stand on the ground of another one while both are valid.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells of all times, those that have ended among them.

    Returns
    -------
    list of Finding
        ``overlapping_validity``. Pairs that are both still valid are left to the tiling
        (:func:`gridmap.grid.quality.examine_tiling`).

    Notes
    -----
    ``valid_from`` is the first day, ``valid_to`` the first day after. Of a cell that does not say
    since when it is valid only the last day is certain, so nothing more is held against it. Ground
    shared up to 1 m² is let pass (MEASURES.md 1: stable).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> now = toy_district()["cells"].assign(valid_from=pd.Timestamp("2024-01-01"))
    >>> old = now.iloc[:1].assign(
    ...     cell_id="old", valid_from=pd.NaT, valid_to=pd.Timestamp("2024-02-01")
    ... )
    >>> examine_versions(pd.concat([now, old], ignore_index=True))[0].ids
    ('nw', 'old')
    """
    closed = cells["valid_to"].notna().to_numpy()
    if not closed.any():
        return []
    end = cells["valid_to"].fillna(_FAR_OFF)
    # Since when is not known: only its last day is certain.
    begin = cells["valid_from"].fillna(end - pd.Timedelta(days=1)).to_numpy()
    end = end.to_numpy()
    shapes = cells.geometry.to_numpy()
    one, other = cells.sindex.query(shapes[closed], predicate="intersects")
    one = np.flatnonzero(closed)[one]
    once = (one < other) | ~closed[other]
    one, other = one[once & (one != other)], other[once & (one != other)]
    together = (begin[one] < end[other]) & (begin[other] < end[one])
    one, other = one[together], other[together]
    shared_m2 = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    over = shared_m2 > TILING_TOLERANCE_M2
    if not over.any():
        return []
    rows = np.unique(np.concatenate([one[over], other[over]]))
    return [
        cells_finding(
            "overlapping_validity",
            "warning",
            cells.iloc[rows],
            f"ground belongs to one cell on any day; {int(over.sum())} pairs of cells of different "
            f"times share {shared_m2[over].sum():.0f} m²",
            "End the older cell (valid_to) on the day the newer one begins (valid_from).",
        )
    ]


def examine_lineage(lineage: pd.DataFrame, known: pd.Series) -> list[Finding]:
    """Find lineage that names cells nobody knows, or loses ground on the way.

    Parameters
    ----------
    lineage : DataFrame
        Layer ``lineage``: ``old_cell_id``, ``new_cell_id``, ``on`` and ``area_share``, the share of
        the old cell's ground that the new one takes.
    known : Series of str
        Cells of all editions.

    Returns
    -------
    list of Finding
        ``lineage_unknown_cell`` and ``lineage_loses_ground``.

    Notes
    -----
    Area is conserved: on each day the shares of an old cell add up to 1, within 1 %
    (MEASURES.md 1: stable).

    Examples
    --------
    >>> told = pd.DataFrame(
    ...     {"old_cell_id": ["a", "a"], "new_cell_id": ["b", "c"], "area_share": [0.5, 0.3]}
    ... ).assign(on="2026-01-01")
    >>> [(one.rule, one.ids) for one in examine_lineage(told, pd.Series(["a", "b"]))]
    [('lineage_unknown_cell', ('c',)), ('lineage_loses_ground', ('a',))]
    """
    named = pd.concat([lineage["old_cell_id"], lineage["new_cell_id"]])
    stray = pd.DataFrame({"cell_id": named[~named.isin(known)].unique()})
    shares = lineage.groupby(["old_cell_id", "on"])["area_share"].sum(min_count=1).dropna()
    lost = shares[(shares - 1).abs() > CONSERVED_SHARE].rename("share").reset_index()
    found = []
    if len(stray):
        found.append(
            cells_finding(
                "lineage_unknown_cell",
                "warning",
                stray,
                f"the lineage names {len(stray)} cells that are in no edition of the grid",
                "Add them to the layer past_cells, or correct the lineage.",
            )
        )
    if len(lost):
        found.append(
            cells_finding(
                "lineage_loses_ground",
                "warning",
                lost.rename(columns={"old_cell_id": "cell_id"}).drop_duplicates("cell_id"),
                f"the ground of a cell goes on whole to those that follow; of {len(lost)} cells "
                f"{lost['share'].min():.1%} to {lost['share'].max():.1%} does",
                "Add the missing successors, or trace the lineage anew from both editions.",
            )
        )
    return found
