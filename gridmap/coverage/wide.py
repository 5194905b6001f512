"""The coverage table turned sideways: one row per cell, one column per measure."""

import geopandas as gpd
import pandas as pd

from gridmap.coverage.gaps import ROLLED_UP


def measured_cells(
    cells: gpd.GeoDataFrame, coverage: pd.DataFrame, gaps: pd.DataFrame
) -> gpd.GeoDataFrame:
    """Cells with one column for each main measure, and the number of their gaps.

    Notes
    -----
    Main measures are those judged in a row without a window, ``patrol.met_share`` and the shares
    seen by cameras; their dots become underscores, as in ``pharmacy_walk_share``.
    ``gaps`` counts what is partly met or missed.

    Examples
    --------
    >>> from gridmap.coverage import find_gaps, gather
    >>> from gridmap.rows import coverage_rows
    >>> from gridmap.samples import toy_district
    >>> cells = toy_district()["cells"]
    >>> rows = coverage_rows(["nw"], "pharmacy.walk_share", value=0.5, required=1.0,
    ...     status="partly", shortfall=100.0, weight=200.0)
    >>> coverage = gather({"services": rows}, cells)
    >>> wide = measured_cells(cells, coverage, find_gaps(coverage, cells))
    >>> wide[["cell_id", "pharmacy_walk_share", "gaps"]].values.tolist()[:2]
    [['nw', 0.5, 1], ['ne', nan, 0]]
    """
    whole = coverage[coverage["window"] == ""]
    judged = whole["measure"][whole["status"] != "not_due"].unique()
    main = whole["measure"].isin([*judged, *ROLLED_UP])
    main |= whole["measure"].str.startswith("camera.share_")
    wide = whole[main].pivot_table(
        index="cell_id", columns="measure", values="value", aggfunc="first", dropna=False
    )
    wide.columns = [str(name).replace(".", "_") for name in wide.columns]
    known = gaps["cell_id"][gaps["status"] != "unknown"].value_counts()
    count = known.reindex(cells["cell_id"], fill_value=0).to_numpy()
    return cells.join(wide, on="cell_id").assign(gaps=count)
