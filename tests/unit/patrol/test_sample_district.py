"""The sample of Helsinki: walks along real streets, in squares and in cells of any form."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.patrol import measure_patrol
from gridmap.studies.sample import make_sample
from tests.oracles.patrol_compared import assert_engine_equals_plain

SHIFTS = 6
SITES = 60


@pytest.fixture(scope="module")
def sample():
    whole = make_sample(seed=0)
    shifts = whole["shifts"].iloc[:: max(len(whole["shifts"]) // SHIFTS, 1)].reset_index(drop=True)
    mine = whole["fixes"]["shift_id"].isin(shifts["shift_id"])
    fixes = whole["fixes"][mine].reset_index(drop=True)
    assert len(fixes) > 500
    return whole.with_layers(shifts=shifts, fixes=fixes)


def test_the_engine_equals_the_plain_method_on_the_squares_of_the_sample(sample):
    assert_engine_equals_plain(sample)


def test_the_engine_equals_the_plain_method_on_cells_of_any_form(sample):
    rng = np.random.default_rng(0)
    x0, y0, x1, y1 = sample.outline.bounds
    points = shapely.MultiPoint(rng.uniform((x0, y0), (x1, y1), (SITES, 2)))
    ground = shapely.voronoi_polygons(points, extend_to=sample.outline).geoms
    # Cut by the outline of the district, so that cells at its border are not convex.
    parts = shapely.intersection(list(ground), sample.outline)
    cells = gpd.GeoDataFrame(
        {"cell_id": [f"v{n:02}" for n in range(len(parts))], "community_code": "1"},
        geometry=parts,
        crs=sample.crs,
    )
    assert_engine_equals_plain(sample.with_layers(cells=cells))


def test_every_second_of_duty_in_the_sample_is_told(sample):
    told = measure_patrol(sample).summary
    spent = told["dwell_s"] + told["outside_s"] + told["unknown_s"]
    assert spent == pytest.approx(told["on_duty_s"], abs=1e-6)
    assert told["dwell_s"] > 0.5 * told["on_duty_s"]
