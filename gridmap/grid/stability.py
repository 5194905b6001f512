"""Whether a grid is stable: dates of validity, and versions that do not stand on each other."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.grid.examine import cells_finding
from gridmap.schema import Finding
from gridmap.units import TILING_TOLERANCE_M2

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
