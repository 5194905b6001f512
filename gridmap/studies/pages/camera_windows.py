"""A cell by key period: what cameras see of it, when a person was there, and when neither was."""

from typing import Any

import numpy as np
import pandas as pd

from gridmap.coverage.combine import combine_presence
from gridmap.studies.pages.listing import plain_rows


def windows_together(coverage: pd.DataFrame) -> list[dict[str, Any]]:
    """Sum up the due windows of one cell by their name.

    Parameters
    ----------
    coverage : DataFrame
        Rows of the coverage table of one cell, of patrol and of cameras.

    Returns
    -------
    list of dict
        window (name), due (windows due), seen_share (of public space, by cameras), met (windows
        with a person as required), neither (missed and not seen at all), partly (less than both
        would give) and unknown; empty where one of the two is not known of the cell.

    Examples
    --------
    >>> rows = pd.DataFrame({"cell_id": "a", "measure": ["patrol.presence"] * 2
    ...     + ["camera.share_any", "camera.public_m2"], "window": ["day@2026-03-02",
    ...     "day@2026-03-03", "", ""], "value": [30.0, 0.0, 0.0, 500.0],
    ...     "required": [30.0, 30.0, 1.0, None], "status": ["met", "missed", "missed", None]})
    >>> [(one["window"], one["due"], one["met"], one["neither"]) for one in windows_together(rows)]
    [('day', 2, 1, 1)]
    """
    table = combine_presence(coverage.assign(window=coverage["window"].fillna("")))
    if table.empty:
        return []
    told = pd.DataFrame(
        {
            "window": table["window"].str.partition("@")[0],
            "due": 1,
            "seen_share": table["seen_share"],
            "met": (table["patrol"] == "met").astype(int),
            "neither": (table["status"] == "uncovered").astype(int),
            "partly": (table["status"] == "partly").astype(int),
            "unknown": (table["status"] == "unknown").astype(int),
        }
    )
    counts = ["due", "met", "neither", "partly", "unknown"]
    grouped = told.groupby("window", sort=True)
    summed = grouped[counts].sum().join(grouped["seen_share"].first()).reset_index()
    worst = np.lexsort((summed["window"], -summed["neither"] / summed["due"]))
    return plain_rows(summed.iloc[worst])
