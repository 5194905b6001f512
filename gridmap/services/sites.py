"""Which service sites count on a date."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from gridmap.services.network import BoolArray


def open_sites(sites: Any, on: date) -> Any:
    """Sites that serve people on a date.

    Parameters
    ----------
    sites : GeoDataFrame
        Layer ``sites``.
    on : date
        The date asked about.

    Returns
    -------
    GeoDataFrame
        Rows that are not only proposed, opened on or before the date and not yet closed.

    Notes
    -----
    ``closed_on`` is the first day on which the site is closed; an empty date is no limit.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> open_sites(toy_district()["sites"], date(2026, 3, 2)).site_id.tolist()
    ['s1', 's2']
    """
    day = pd.Timestamp(on)
    planned = sites["proposed"].astype("boolean").fillna(value=False)
    closed = sites["closed_on"].notna() & (sites["closed_on"] <= day)
    awaited = sites["opened_on"].notna() & (sites["opened_on"] > day)
    return sites[~planned.to_numpy(dtype=bool) & ~closed & ~awaited]


def planned_sites(sites: Any, on: date) -> Any:
    """Sites that do not serve yet on a date: only proposed, or opening later.

    Parameters
    ----------
    sites : GeoDataFrame
        Layer ``sites``.
    on : date
        The date asked about.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> planned_sites(toy_district()["sites"], date(2026, 3, 2)).site_id.tolist()
    ['s3']
    """
    day = pd.Timestamp(on)
    proposed = sites["proposed"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    closed = sites["closed_on"].notna() & (sites["closed_on"] <= day)
    awaited = sites["opened_on"].notna() & (sites["opened_on"] > day)
    return sites[(proposed | awaited) & ~closed]


def mask_types(sites: Any, types: Sequence[str]) -> list[BoolArray]:
    """Which rows of the sites are of each type.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> [mask.tolist() for mask in mask_types(toy_district()["sites"], ["pharmacy"])]
    [[True, False, True]]
    """
    kind = np.asarray(sites["type"], dtype=object)
    return [np.asarray(kind == one, dtype=bool) for one in types]
