import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from gridmap.samples import TOY_CRS, line, toy_district
from gridmap.synthesis.patrols import SPEED_MPS, Unit, name_units, walk_shifts
from gridmap.synthesis.streets import link_streets, usable

MONDAY = pd.Timestamp("2026-03-02", tz="Asia/Shanghai")


def _streets(*lines, highway="residential"):
    bare = gpd.GeoDataFrame(geometry=list(lines), crs=TOY_CRS)
    return bare.assign(highway=highway, walkable=True)


def test_the_shortest_path_follows_the_bends_of_the_street():
    roads = _streets(
        line((0, 0), (30, 0), (30, 40)), line((30, 40), (100, 40)), line((0, 0), (0, 500))
    )
    streets = link_streets(roads)
    ends = {
        tuple(place): n for n, place in enumerate(np.round(streets.nodes - streets.nodes.min(0)))
    }
    path = streets.path(ends[0, 0], ends[100, 40]) - streets.nodes.min(0)
    assert np.unique(path, axis=0).tolist() == [[0, 0], [30, 0], [30, 40], [100, 40]]


def test_of_two_parallel_streets_the_shorter_is_taken():
    roads = _streets(line((0, 0), (50, 50), (100, 0)), line((0, 0), (100, 0)))
    streets = link_streets(roads)
    assert streets.weights.sum() == pytest.approx(200)


def test_streets_that_lead_nowhere_near_are_left_out():
    roads = _streets(line((0, 0), (10, 0)), line((10, 0), (20, 0)), line((0, 900), (10, 900)))
    assert len(link_streets(roads).nodes) == 3


def test_cars_do_not_use_footpaths_and_bikes_no_steps():
    roads = pd.concat(
        [_streets(line((0, 0), (9, 0)), highway=kind) for kind in ("footway", "steps", "primary")]
    )
    assert usable(roads, "car")["highway"].tolist() == ["primary"]
    assert usable(roads, "bike")["highway"].tolist() == ["footway", "primary"]
    assert len(usable(roads, "foot")) == 3


def _walk(seed, units=None):
    toy = toy_district()
    beats = list(toy.communities.geometry)
    blocks = [(x, y) for x in range(0, 400, 100) for y in range(0, 400, 100)]
    roads = _streets(
        *(line((x, y), (x + 100, y)) for x, y in blocks),
        *(line((x, y), (x, y + 100)) for x, y in blocks),
    )
    chosen = units or name_units(3)
    return walk_shifts(roads, beats, chosen, [MONDAY], np.random.default_rng(seed))


def test_every_fix_lies_inside_its_shift_in_order():
    shifts, fixes = _walk(1)
    joined = fixes.merge(shifts, on="shift_id")
    assert (joined["time"] >= joined["start"]).all()
    assert (joined["time"] < joined["end"]).all()
    for _, track in fixes.groupby("shift_id"):
        assert track["time"].is_monotonic_increasing
        assert track["time"].is_unique


@pytest.mark.parametrize("mode", ["foot", "bike", "car"])
def test_no_unit_is_faster_than_its_mode_allows(mode):
    most_mps = {"foot": 4.0, "bike": 12.0, "car": 42.0}[mode]
    _, fixes = _walk(2, [Unit("U1", mode, 10, 8)])
    step_m = fixes.geometry.distance(fixes.geometry.shift()).iloc[1:]
    step_s = fixes["time"].diff().dt.total_seconds().iloc[1:]
    assert (step_m / step_s).max() < most_mps
    assert (step_m / step_s).median() < 1.3 * SPEED_MPS[mode]


def test_signals_are_lost_now_and_then_so_that_time_stays_unknown():
    _, fixes = _walk(3, [Unit(f"U{n}", "foot", 15, 8) for n in range(12)])
    step_s = fixes.groupby("shift_id")["time"].diff().dt.total_seconds()
    assert (step_s == 15).mean() > 0.95
    assert step_s.max() >= 150


def test_units_stand_still_part_of_the_time():
    _, fixes = _walk(4, [Unit("U1", "foot", 10, 8)])
    step_m = fixes.geometry.distance(fixes.geometry.shift()).iloc[1:]
    assert 0.1 < (step_m < 4).mean() < 0.95
