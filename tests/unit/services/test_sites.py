from datetime import date

import geopandas as gpd
import pytest

from gridmap import schema
from gridmap.samples import TOY_CRS, at
from gridmap.services.sites import open_sites


@pytest.mark.parametrize(
    ("columns", "counts"),
    [
        ({}, True),
        ({"proposed": True}, False),
        ({"proposed": False}, True),
        ({"opened_on": "2026-03-02"}, True),
        ({"opened_on": "2026-03-03"}, False),
        ({"closed_on": "2026-03-02"}, False),
        ({"closed_on": "2026-03-03"}, True),
        ({"opened_on": "2020-01-01", "closed_on": "2025-01-01"}, False),
    ],
)
def test_only_sites_open_on_the_date_count(columns, counts):
    given = {"site_id": "s", "type": "library"} | columns
    frame = gpd.GeoDataFrame({k: [v] for k, v in given.items()}, geometry=[at(0, 0)], crs=TOY_CRS)
    sites = schema.conform(frame, "sites")
    assert (len(open_sites(sites, date(2026, 3, 2))) == 1) is counts
