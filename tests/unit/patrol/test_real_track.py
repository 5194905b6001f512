"""A real vehicle track: a Liverpool bus with 1,533 fixes."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.district import District
from gridmap.patrol import measure_patrol
from tests.oracles.patrol_compared import assert_engine_equals_plain

TRACK = Path(__file__).parents[3] / "../shared/data/tracks/liverpool_bus_route14.csv"


@pytest.fixture(scope="module")
def bus():
    if not TRACK.exists():
        pytest.skip("the Liverpool bus track is not on this machine")
    raw = pd.read_csv(TRACK)
    raw["time"] = pd.to_datetime(raw["timestamp"], utc=True)
    raw["shift_id"] = raw["vehicle_id"].astype("str") + "/" + raw["time"].dt.date.astype("str")
    points = gpd.GeoSeries(gpd.points_from_xy(raw["longitude"], raw["latitude"]), crs=4326)
    shifts = raw.groupby("shift_id")["time"].agg(["min", "max"]).reset_index()
    shifts.columns = ["shift_id", "start", "end"]
    shifts["unit_id"] = shifts["shift_id"].str.split("/").str[0]
    outline = shapely.box(*points.total_bounds).buffer(0.002)
    boundary = gpd.GeoDataFrame({"name": ["Liverpool"]}, geometry=[outline], crs=4326)
    district = District.of({"boundary": boundary}, "Europe/London")
    x0, y0, x1, y1 = district.outline.bounds
    squares = [
        shapely.box(x, y, x + 200, y + 200)
        for x in np.arange(x0, x1, 200)
        for y in np.arange(y0, y1, 200)
    ]
    return district.with_layers(
        cells=gpd.GeoDataFrame(
            {"cell_id": [f"c{n:04}" for n in range(len(squares))], "community_code": "1"},
            geometry=squares,
            crs=district.crs,
        ),
        shifts=shifts.assign(mode="car"),
        fixes=gpd.GeoDataFrame(raw[["shift_id", "time"]], geometry=points),
    )


def test_the_time_of_the_bus_is_conserved(bus):
    told = measure_patrol(bus).summary
    spent = told["dwell_s"] + told["outside_s"] + told["unknown_s"]
    assert spent == pytest.approx(told["on_duty_s"], abs=1e-6)
    assert told["dwell_s"] > 0


def test_the_bus_is_cleaned_with_every_fix_accounted_for(bus):
    account = dict(measure_patrol(bus).account)
    given, kept = account.pop("given"), account.pop("kept")
    assert given == 1533
    assert kept == given - sum(account.values())


def test_the_engine_spends_the_time_of_the_bus_as_the_plain_method_does(bus):
    assert_engine_equals_plain(bus)
