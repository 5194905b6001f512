import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from gridmap.coverage import find_gaps, gather
from gridmap.coverage.gaps import GapFacts
from gridmap.coverage.windows import window_start
from gridmap.rows import coverage_rows
from gridmap.samples import EAST, TOY_CRS, box, toy_district

CELLS = toy_district()["cells"]


def gaps_of(facts=None, **rows):
    return find_gaps(gather(rows, CELLS), CELLS, facts)


def presence(days, status, cell="nw", name="day", weight=1.0):
    values = {"met": 2.0, "partly": 1.0, "missed": 0.0, "unknown": 0.0}
    value = [values[one] for one in status]
    return coverage_rows(
        [cell] * len(days),
        "patrol.presence",
        window=[f"{name}@2026-03-{day:02}" for day in days],
        value=value,
        required=2.0,
        unit="min",
        status=status,
        shortfall=[2.0 - one for one in value],
        weight=weight,
        rule="r",
        source="s",
    )


def test_what_is_met_or_not_due_is_no_gap():
    rows = coverage_rows(["nw", "ne"], "staffing.posts", value=1.0, status=["met", "not_due"])
    assert gaps_of(staffing=rows).empty


def test_the_scores_of_a_measure_add_up_to_the_share_that_goes_short():
    rows = coverage_rows(
        CELLS["cell_id"],
        "pharmacy.walk_share",
        value=[0.5, 0.0, 1.0, 1.0],
        required=1.0,
        status=["partly", "missed", "met", "met"],
        shortfall=[100.0, 160.0, 0.0, 0.0],
        weight=CELLS["population"],
    )
    found = gaps_of(services=rows)
    assert found["score"].sum() == pytest.approx(260 / 500)
    assert found["people"].tolist() == [160.0, 100.0]
    assert found["unit"].tolist() == ["people", "people"]
    assert found["community_code"].tolist() == [EAST, "110101001001"]


def test_a_community_post_that_stands_in_counts_half_of_nobody():
    rows = coverage_rows(
        ["nw", "ne"],
        "staffing.accountable",
        value=0.0,
        required=1.0,
        status=["partly", "missed"],
        shortfall=1.0,
        weight=100.0,
    )
    found = gaps_of(staffing=rows).set_index("cell_id")["score"]
    assert found.to_dict() == {"ne": 0.5, "nw": 0.25}


def test_unknown_is_kept_apart_behind_all_known_gaps():
    found = gaps_of(patrol=presence([2, 4, 5], ["unknown", "met", "partly"]))
    assert found["status"].tolist() == ["partly", "unknown"]
    assert found["rank"].tolist() == [1.0, 2.0]


def lacking(measure, cell, weight, quality="good"):
    return coverage_rows(
        cell, measure, value=0.0, required=1.0, status="missed", weight=weight, quality=quality
    )


def order_of(*parts):
    found = gaps_of(services=pd.concat(parts))
    return (found["cell_id"] + " " + found["measure"]).tolist()


def test_what_the_map_may_not_know_comes_behind_what_is_well_founded():
    unmapped = lacking("a.walk_share", ["nw", "ne"], [100.0, 1.0], quality="poor")
    assert order_of(unmapped, lacking("b.walk_share", ["nw", "ne"], [1.0, 9.0])) == [
        "ne b.walk_share",
        "nw b.walk_share",
        "nw a.walk_share",
        "ne a.walk_share",
    ]


def test_a_cell_that_lacks_everything_does_not_fill_the_head_of_the_list():
    kinds = [lacking(f"{kind}.walk_share", ["nw", "ne"], [60.0, 40.0]) for kind in "abc"]
    assert [one[:2] for one in order_of(*kinds)] == ["nw", "ne", "nw", "ne", "nw", "ne"]


def test_each_dimension_of_a_cell_is_counted_by_itself():
    served = pd.concat([lacking(f"{kind}.walk_share", ["nw", "ne"], [60.0, 40.0]) for kind in "ab"])
    found = gaps_of(services=served, staffing=lacking("staffing.accountable", ["nw"], 1.0))
    assert found["measure"].tolist()[0] == "staffing.accountable"
    assert found["cell_id"].tolist()[:3] == ["nw", "nw", "ne"]


def test_of_two_equal_gaps_the_one_that_stands_out_comes_first():
    rare = pd.concat(
        [
            lacking("z.walk_share", ["nw"], 50.0),
            coverage_rows(["ne"], "z.walk_share", value=1.0, required=1.0, status="met", weight=50),
        ]
    )
    common = lacking("a.walk_share", ["nw", "ne"], 50.0)
    assert order_of(common, rare)[0] == "nw z.walk_share"


def test_neighbouring_missed_windows_are_one_gap():
    found = gaps_of(patrol=presence([2, 3, 4, 5, 6], ["missed"] * 2 + ["met"] + ["missed"] * 2))
    assert found["window"].tolist() == [
        "day@2026-03-02/day@2026-03-03",
        "day@2026-03-05/day@2026-03-06",
    ]
    assert found["shortfall"].tolist() == [4.0, 4.0]
    assert found["required"].tolist() == [4.0, 4.0]


def test_a_weekend_between_two_windows_does_not_part_them():
    assert len(gaps_of(patrol=presence([6, 9], ["missed"] * 2))) == 1


def test_windows_of_two_cells_or_two_statuses_stay_two_gaps():
    two_cells = pd.concat([presence([2], ["missed"]), presence([3], ["missed"], cell="sw")])
    assert len(gaps_of(patrol=two_cells)) == 2
    assert len(gaps_of(patrol=presence([2, 3], ["missed", "partly"]))) == 2


def test_a_patrol_gap_dates_from_the_local_start_of_its_first_window():
    facts = GapFacts("Asia/Shanghai", {"day": "08:00"})
    found = gaps_of(facts, patrol=presence([3, 2], ["missed"] * 2))
    assert found["since"].tolist() == [pd.Timestamp("2026-03-02T00:00Z")]


def test_windows_of_one_day_follow_each_other_by_their_start():
    rows = pd.concat(
        [
            presence([2], ["missed"], name="night"),
            presence([2], ["met"], name="afternoon"),
            presence([2], ["missed"], name="early"),
        ]
    )
    starts = {"early": "06:00", "afternoon": "13:00", "night": "22:00"}
    assert len(gaps_of(GapFacts("UTC", starts), patrol=rows)) == 2
    starts["afternoon"] = "23:00"
    assert len(gaps_of(GapFacts("UTC", starts), patrol=rows)) == 1


def test_dates_and_shapes_that_are_known_come_into_the_register():
    rows = coverage_rows(
        ["nw", "ne"], "x.walk_share", value=0.0, required=1.0, status="missed", weight=1.0
    )
    known = pd.DataFrame(
        {
            "measure": ["x.walk_share"],
            "cell_id": ["ne"],
            "since": [pd.Timestamp("2026-01-01T00:00Z")],
        }
    )
    shapes = gpd.GeoDataFrame(
        known[["measure", "cell_id"]], geometry=[box(200, 200, 250, 250)], crs=TOY_CRS
    )
    found = gaps_of(GapFacts(since=known, shapes=shapes), services=rows).set_index("cell_id")
    assert found.loc["ne", "since"] == pd.Timestamp("2026-01-01T00:00Z")
    assert pd.isna(found.loc["nw", "since"])
    assert found.area.to_dict() == {"ne": 2_500.0, "nw": 40_000.0}


def test_sums_of_other_measures_are_not_listed_again():
    rows = coverage_rows(["nw"], "patrol.met_share", value=0.0, required=1.0, status="missed")
    assert gaps_of(patrol=rows).empty


def test_a_missing_weight_takes_the_mean_of_its_measure():
    rows = coverage_rows(
        ["nw", "ne", "sw"],
        "x.walk_share",
        value=0.0,
        required=1.0,
        status="missed",
        weight=[10.0, 30.0, np.nan],
    )
    found = gaps_of(services=rows).set_index("cell_id")["score"]
    assert found.to_dict() == pytest.approx({"nw": 1 / 6, "ne": 1 / 2, "sw": 1 / 3})


def test_without_any_weight_all_rows_weigh_the_same():
    rows = coverage_rows(["nw", "ne"], "x", value=0.0, required=1.0, status="missed", weight=0.0)
    assert gaps_of(services=rows)["score"].tolist() == [0.5, 0.5]


def test_the_order_of_rows_does_not_matter():
    rows = presence([2, 3, 5], ["missed", "partly", "unknown"])
    turned = gaps_of(patrol=rows.iloc[::-1])
    pd.testing.assert_frame_equal(gaps_of(patrol=rows), turned)


def test_gap_ids_are_unique_and_the_same_in_the_next_run():
    rows = pd.concat([presence([2, 4], ["missed", "unknown"]), presence([2], ["missed"], "sw")])
    first, second = gaps_of(patrol=rows), gaps_of(patrol=rows)
    assert first["gap_id"].is_unique
    assert first["gap_id"].tolist() == second["gap_id"].tolist()


def test_a_window_in_the_skipped_hour_starts_when_the_clock_goes_on():
    found = window_start(pd.Series(["n@2026-03-29"]), "Europe/Helsinki", {"n": "03:30"})
    assert found.tolist() == [pd.Timestamp("2026-03-29T01:00Z")]


def test_a_window_in_the_repeated_hour_starts_at_the_first_of_the_two():
    found = window_start(pd.Series(["n@2026-10-25"]), "Europe/Helsinki", {"n": "03:30"})
    assert found.tolist() == [pd.Timestamp("2026-10-25T00:30Z")]
