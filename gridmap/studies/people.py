"""People of each cell, placed as the services dimension places them, so that figures agree."""

import numpy as np
import pandas as pd

from gridmap.district import District
from gridmap.services.demand import place_people


def count_people(district: District) -> pd.DataFrame:
    """Count the people and households of each cell as the district knows them.

    Parameters
    ----------
    district : District
        With ``cells`` and ``population``, or totals of ``communities``; reads ``buildings`` and
        ``landuse``.

    Returns
    -------
    DataFrame
        ``population`` and ``households`` in the order of the cells, each empty where the layer
        has no figure of it.

    Notes
    -----
    People are where :func:`gridmap.services.demand.place_people` puts them: in the homes of a
    polygon, over its area where there are none. Households go with the people of their row
    (MEASURES.md 3).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> count_people(toy_district())["population"].tolist()
    [200.0, 160.0, 100.0, 40.0]
    """
    demand = place_people(district)
    rows = district[demand.layer]
    row = demand.points["origin"].to_numpy(dtype=np.int64)
    inside = demand.cell >= 0
    counted = rows["population"].to_numpy(dtype=float)
    per_person = np.divide(
        rows["households"].to_numpy(dtype=float),
        counted,
        out=np.zeros(len(rows)),
        where=counted > 0,
    )
    households = np.nan_to_num(per_person[row] * demand.people)
    cells = len(district["cells"])
    sums = {
        name: np.bincount(demand.cell[inside], weights=weights[inside], minlength=cells)
        for name, weights in (("population", demand.people), ("households", households))
    }
    found = pd.DataFrame(sums, index=district["cells"].index)
    return found.mask(np.broadcast_to(rows[list(sums)].isna().all().to_numpy(), found.shape))
