import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.coverage import gather
from gridmap.coverage.combine import (
    combine_presence,
    patrol_gap,
    rank_blind_spots,
    uncovered_both,
)
from gridmap.coverage.gaps import GapFacts
from gridmap.errors import InputError
from gridmap.rows import coverage_rows, judge
from gridmap.samples import toy_district

CELLS = toy_district()["cells"]
ALL = CELLS["cell_id"].tolist()


def table(patrol, share, *, public=1000.0, minutes=30.0):
    """One window for each cell: (status, minutes there), and the share that cameras see."""
    status, there = zip(*patrol, strict=True)
    share = np.asarray(share, dtype=float)
    rows = coverage_rows(
        ALL, "patrol.presence", window="day@2026-03-02", value=np.array(there, dtype=float),
        required=minutes, status=list(status),
    )  # fmt: skip
    seen = coverage_rows(
        ALL, "camera.share_range", value=share, required=np.where(np.isnan(share), np.nan, 1.0),
        status=judge(share, np.where(np.isnan(share), np.nan, 1.0)),
    )  # fmt: skip
    ground = coverage_rows(ALL, "camera.public_m2", value=public)
    return gather({"patrol": rows, "cameras": pd.concat([seen, ground])}, CELLS)


def by_cell(combined):
    return combined.set_index("cell_id")


def test_uncovered_is_missed_by_patrol_and_seen_by_no_camera():
    patrol = [("missed", 0), ("missed", 0), ("met", 30), ("missed", 0)]
    told = by_cell(combine_presence(table(patrol, [0.0, 0.4, 0.0, 1.0])))
    assert told["status"].reindex(ALL).tolist() == ["uncovered", "partly", "covered", "covered"]
    assert told["unseen_m2"].reindex(ALL).tolist() == [1000.0, 600.0, 1000.0, 0.0]
    assert told["score"].reindex(ALL).fillna(-1).tolist() == [1000.0, 600.0, -1, -1]


def test_half_the_minutes_leave_half_of_what_cameras_leave():
    patrol = [("partly", 15), ("missed", 0), ("met", 30), ("met", 30)]
    told = by_cell(combine_presence(table(patrol, [0.5, 0.5, 0.5, 0.5])))
    assert told.loc[ALL[0], "score"] == 250.0
    assert told.loc[ALL[1], "score"] == 500.0
    assert told.loc[ALL[1], "rank"] == 1.0


def test_unknown_patrol_is_never_turned_into_missed_nor_met():
    patrol = [("unknown", 0), ("unknown", 0), ("missed", 0), ("met", 30)]
    told = by_cell(combine_presence(table(patrol, [0.0, 1.0, 0.2, 0.0])))
    assert told["status"].reindex(ALL).tolist() == ["unknown", "covered", "partly", "covered"]
    assert np.isnan(told.loc[ALL[0], ["score", "rank"]].astype(float)).all()
    assert np.isnan(told.loc[ALL[0], "presence_share"])


def test_enough_minutes_but_too_few_visits_are_half_a_presence():
    patrol = [("partly", 40), ("met", 30), ("met", 30), ("met", 30)]
    assert by_cell(combine_presence(table(patrol, [0.0] * 4))).loc[ALL[0], "presence_share"] == 0.5


def test_cells_with_too_little_public_ground_are_left_out():
    patrol = [("missed", 0)] * 4
    told = combine_presence(table(patrol, [np.nan, 0.0, 0.0, 0.0]))
    assert sorted(told["cell_id"]) == sorted(ALL[1:])


def test_heavier_ground_ranks_first():
    spots = pd.DataFrame({"cell_id": ALL[:2], "area_m2": 100.0, "weight": [1.0, 3.0]})
    told = combine_presence(table([("missed", 0)] * 4, [0.0, 0.4, 0.0, 0.0]), spots)
    assert told["cell_id"].iloc[0] == ALL[1]
    assert told["score"].iloc[0] == pytest.approx(1800.0)


def test_the_order_of_rows_decides_nothing():
    rows = table([("missed", 0)] * 4, [0.0, 0.0, 0.5, 0.5])
    mixed = rows.sample(frac=1.0, random_state=3)
    pd.testing.assert_frame_equal(combine_presence(rows), combine_presence(mixed))


def test_another_level_may_be_asked_for_and_an_unknown_one_is_refused():
    rows = table([("missed", 0)] * 4, [0.0] * 4)
    assert len(combine_presence(rows, level="range")) == 4
    with pytest.raises(InputError, match="range"):
        combine_presence(rows, level="detect")


@pytest.mark.parametrize("dimension", ["patrol", "cameras"])
def test_without_one_of_the_two_there_is_nothing_to_join(dimension):
    rows = table([("missed", 0)] * 4, [0.0] * 4)
    told = combine_presence(rows[rows["dimension"] != dimension])
    assert told.empty
    assert "status" in told


def test_windows_that_follow_each_other_are_one_piece_of_the_layer():
    days = ["2026-03-02", "2026-03-03", "2026-03-05"]
    combined = pd.DataFrame(
        {
            "cell_id": "nw",
            "window": [f"day@{day}" for day in days],
            "status": ["uncovered", "uncovered", "unknown"],
            "patrol": ["missed", "missed", "unknown"],
            "unseen_m2": 90.0,
            "weight": 1.0,
            "score": [90.0, 90.0, np.nan],
        }
    )
    ground = gpd.GeoDataFrame(
        {"cell_id": ["nw", "nw", "se"]},
        geometry=[shapely.box(0, 0, 5, 9), shapely.box(6, 0, 11, 9), shapely.box(20, 0, 30, 9)],
        crs=4548,
    )
    layer = uncovered_both(combined, ground, GapFacts("Asia/Shanghai"))
    assert layer[["window", "windows"]].values.tolist() == [
        ["day@2026-03-02/day@2026-03-03", 2],
        ["day@2026-03-05", 1],
    ]
    assert layer["status"].tolist() == ["uncovered", "unknown"]
    assert np.isnan(layer["rank"].iloc[1])
    assert layer.geometry.area.tolist() == [90.0, 90.0]
    assert layer.crs == ground.crs


def test_a_cell_whose_patrol_is_missing_moves_its_blind_spots_up():
    spots = gpd.GeoDataFrame(
        {"cell_id": ["a", "b", "c"], "area_m2": [100.0, 90.0, 80.0], "weight": 1.0},
        geometry=[shapely.box(0, 0, 1, 1)] * 3,
    )
    combined = pd.DataFrame({"cell_id": ["a", "b", "c"], "presence_share": [1.0, 0.0, np.nan]})
    ranked = rank_blind_spots(spots, patrol_gap(combined))
    assert ranked["cell_id"].tolist() == ["b", "a", "c"]
    assert ranked["patrol_gap"].isna().tolist() == [False, False, True]
