"""Cleaning of fixes, in its order, with its account."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.crs import WGS84, project
from gridmap.errors import InputError
from gridmap.patrol import measure_patrol
from gridmap.patrol.fixes import clean_fixes
from gridmap.patrol.segments import gap_limits, join_segments, unknown_time
from gridmap.patrol.spikes import drop_spikes, reach_m
from gridmap.samples import EAST0, NORTH0
from tests.oracles.patrol import MONDAY, patrolled

CELL = {"a": shapely.box(0, 0, 100, 100)}
SHIFT = {"s": ("u", 0.0, 1000.0, "foot")}


def tracks_of(fixes, shifts=SHIFT, **kwargs):
    district = patrolled(CELL, shifts, fixes)
    return clean_fixes(district["shifts"], district["fixes"], **kwargs)


def test_a_fix_outside_its_shift_is_refused():
    tracks = tracks_of({"s": [(-1, 0, 0), (0, 1, 1), (1000, 2, 2), (1001, 3, 3)]})
    assert tracks.account["off_shift"] == 2
    assert tracks.account["kept"] == 2


def test_a_fix_of_a_shift_that_ends_before_it_begins_is_off_shift():
    tracks = tracks_of({"s": [(5, 0, 0)]}, {"s": ("u", 10.0, 0.0, "foot")})
    assert tracks.account == {
        "given": 1, "off_shift": 1, "out_of_range": 0, "clock": 0, "duplicate": 0, "spike": 0,
        "kept": 0,
    }  # fmt: skip


def test_null_island_and_hopeless_accuracy_are_no_positions():
    district = patrolled(CELL, SHIFT, {"s": [(n, 0, 0) for n in range(4)]})
    fixes = district["fixes"]
    nowhere = project(pd_points(0, 0), district.crs).iloc[0]
    fixes.loc[0, "geometry"] = nowhere
    fixes.loc[1, "accuracy_m"] = 5000.0
    fixes.loc[2, "accuracy_m"] = -1.0
    assert clean_fixes(district["shifts"], fixes).account["out_of_range"] == 3


def pd_points(lon, lat):
    import geopandas as gpd

    return gpd.GeoSeries([shapely.Point(lon, lat)], crs=WGS84)


def test_a_clock_ahead_of_now_is_put_aside():
    now = datetime.fromisoformat("2026-03-02T00:05:00+08:00")
    tracks = tracks_of({"s": [(100, 0, 0), (359, 0, 0), (361, 0, 0)]}, now=now)
    assert tracks.account["clock"] == 1


def test_a_clock_that_disagrees_with_the_receiver_is_put_aside():
    district = patrolled(CELL, SHIFT, {"s": [(100, 0, 0), (200, 0, 0), (300, 0, 0)]})
    fixes = district["fixes"]
    late = pd.Series(pd.to_timedelta(["1s", "-5min", "4D"]))
    fixes["received"] = fixes["time"] + late
    assert clean_fixes(district["shifts"], fixes).account["clock"] == 2


def test_of_two_fixes_at_one_moment_the_more_accurate_stays():
    district = patrolled(CELL, SHIFT, {"s": [(5, 0, 0), (5, 9, 0), (5, 4, 0)]})
    fixes = district["fixes"]
    fixes["accuracy_m"] = [np.nan, 3.0, 8.0]
    tracks = clean_fixes(district["shifts"], fixes)
    assert tracks.account["duplicate"] == 2
    assert (tracks.fixes["x_m"] - EAST0).tolist() == [9.0]


def test_a_unit_with_two_phones_counts_a_moment_once():
    shifts = {"s": ("u", 0.0, 100.0, "foot"), "t": ("u", 50.0, 150.0, "foot")}
    tracks = tracks_of({"s": [(60, 0, 0)], "t": [(60, 5, 5)]}, shifts)
    assert tracks.account["duplicate"] == 1


def test_fixes_out_of_order_are_sorted():
    tracks = tracks_of({"s": [(30, 3, 0), (10, 1, 0), (20, 2, 0)]})
    assert tracks.fixes["time_s"].diff().dropna().tolist() == [10.0, 10.0]


def test_a_lone_spike_goes_and_its_neighbours_stay():
    tracks = tracks_of({"s": [(0, 0, 0), (10, 10, 0), (20, 5000, 0), (30, 30, 0)]})
    assert tracks.account["spike"] == 1
    assert (tracks.fixes["x_m"] - EAST0).tolist() == [0.0, 10.0, 30.0]


def test_a_jump_that_stays_is_no_spike():
    tracks = tracks_of({"s": [(0, 0, 0), (10, 10, 0), (20, 5000, 0), (30, 5010, 0)]})
    assert tracks.account["spike"] == 0


def test_of_a_zigzag_every_other_fix_goes():
    x, feet = np.array([0, 9000.0, 0, 9000, 0]), np.array([[4.0], [8.0]])
    kept = drop_spikes(np.zeros(5, dtype=int), 10.0 * np.arange(5), x, np.zeros(5), feet)
    assert kept.tolist() == [True, False, True, False, True]


@pytest.mark.parametrize(
    ("mode", "seconds", "metres"),
    [("foot", 5.0, 40.0), ("foot", 30.0, 160.0), ("bike", 10.0, 120.0), ("car", 10.0, 420.0)],
)
def test_reach_follows_the_mode(mode, seconds, metres):
    assert reach_m(np.array([seconds]), pd.Series([mode])).tolist() == [metres]


def test_an_unknown_mode_walks():
    district = patrolled(CELL, SHIFT, {"s": [(0, 0, 0)]})
    shifts = district["shifts"].assign(mode=[None])
    assert clean_fixes(shifts, district["fixes"]).shifts["mode"].tolist() == ["foot"]


@pytest.mark.parametrize(
    ("interval", "limit"), [(10, 120.0), (60, 150.0), (100, 250.0), (200, 300)]
)
def test_the_gap_limit_follows_the_interval_of_the_unit(interval, limit):
    tracks = tracks_of({"s": [(interval * n, n, 0) for n in range(5)]})
    assert gap_limits(tracks).tolist() == [limit]


def test_time_without_fixes_too_fast_or_too_far_apart_is_unknown():
    fixes = {"s": [(100, 0, 0), (110, 5, 0), (120, 900, 0), (500, 900, 0), (510, 905, 0)]}
    tracks = tracks_of(fixes)
    unknown = unknown_time(tracks, join_segments(tracks))
    stretches = sorted(zip(unknown["start_s"], unknown["end_s"], strict=True))
    start = (MONDAY.tz_convert("UTC") - tracks.origin).total_seconds()
    told = [(a - start, b - start) for a, b in stretches]
    assert told == [(0, 100), (110, 120), (120, 500), (510, 1000)]


def test_a_shift_without_a_fix_is_unknown_as_a_whole():
    tracks = tracks_of({})
    unknown = unknown_time(tracks, join_segments(tracks))
    assert (unknown["end_s"] - unknown["start_s"]).tolist() == [1000.0]
    assert tracks.account["given"] == 0
    assert NORTH0 > 0


def test_times_without_a_zone_are_refused_with_their_rows():
    district = patrolled(CELL, SHIFT, {"s": [(5, 0, 0), (6, 1, 0)]})
    fixes = district["fixes"]
    fixes["time"] = fixes["time"].dt.tz_localize(None)
    with pytest.raises(InputError, match="with a zone, found 2 without one in column time"):
        clean_fixes(district["shifts"], fixes)


def test_a_fix_without_a_time_is_off_shift():
    district = patrolled(CELL, SHIFT, {"s": [(5, 0, 0), (6, 1, 0)]})
    fixes = district["fixes"]
    fixes.loc[0, "time"] = pd.NaT
    assert clean_fixes(district["shifts"], fixes).account["off_shift"] == 1


def test_two_phones_with_one_identifier_are_said():
    track = [(10.0 * n, 3000.0 if n % 2 else 50.0, 50.0) for n in range(40)]
    patrol = measure_patrol(patrolled(CELL, SHIFT, {"s": track}))
    assert patrol.account["spike"] == 19
    finding = next(one for one in patrol.findings if one.rule == "two_phones")
    assert finding.ids == ("s",)


def test_a_shift_never_closed_is_left_out_and_its_fixes_are_off_shift():
    district = patrolled(CELL, SHIFT, {"s": [(5, 0, 0)]})
    shifts = district["shifts"]
    open_ = shifts.assign(shift_id="open", end=shifts["end"].where(shifts["end"].isna()))
    fixes = pd.concat([district["fixes"], district["fixes"].assign(shift_id="open")])
    tracks = clean_fixes(pd.concat([shifts, open_], ignore_index=True), fixes)
    assert tracks.shifts["shift_id"].tolist() == ["s"]
    assert tracks.account["off_shift"] == 1
