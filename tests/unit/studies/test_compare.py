from datetime import UTC, datetime
from types import SimpleNamespace

import pandas as pd
import pytest

from gridmap.coverage import gather
from gridmap.errors import InputError
from gridmap.rows import coverage_rows
from gridmap.samples import toy_district
from gridmap.studies.compare import compare, tell_comparison
from gridmap.studies.cover import cover

TOY = toy_district()
CELLS = TOY["cells"]


def result(rows, cells=CELLS, dimension="services"):
    return SimpleNamespace(
        coverage=gather({dimension: rows}, cells), cells=cells, summary={"gaps": 0}
    )


def served(shares, status=None):
    people = CELLS["population"]
    share = pd.Series(shares, dtype=float)
    return coverage_rows(
        CELLS["cell_id"],
        "pharmacy.walk_share",
        value=share,
        required=1.0,
        status=status or ["met" if one == 1 else "partly" for one in shares],
        shortfall=(1 - share) * people,
        weight=people,
    )


def test_people_of_services_are_those_newly_served_and_no_longer_served():
    found = compare(result(served([0.5, 1, 0.5, 1])), result(served([0.75, 0.5, 0.5, 1])))
    row = found.measures.iloc[0]
    assert (row["better"], row["people_better"]) == (1, 50.0)
    assert (row["worse"], row["people_worse"]) == (1, 80.0)
    assert row["unchanged"] == 2


def test_unknown_is_never_turned_into_better_or_worse():
    status = ["unknown", "met", "met", "unknown"]
    found = compare(
        result(served([1, 1, 1, 1], status)),
        result(served([1, 1, 1, 1], ["met"] * 3 + ["unknown"])),
    )
    row = found.measures.iloc[0]
    assert (row["better"], row["worse"], row["not_comparable"], row["unchanged"]) == (0, 0, 1, 3)


def test_a_code_that_stands_for_other_ground_is_not_compared():
    moved = CELLS.copy()
    moved.loc[0, "geometry"] = CELLS.geometry[0].buffer(-20)
    found = compare(result(served([0, 1, 1, 1])), result(served([1, 1, 1, 1]), moved))
    assert found.cells_reshaped == ("nw",)
    assert found.measures.iloc[0][["better", "unchanged"]].tolist() == [0, 3]
    assert "1 cells stand for other ground" in tell_comparison(found)


def test_two_divisions_without_a_common_cell_are_refused():
    moved = CELLS.set_geometry(CELLS.translate(10_000, 0))
    with pytest.raises(InputError, match="no cell in common.*4 codes that stand in both"):
        compare(result(served([1] * 4)), result(served([1] * 4), moved))


def test_cells_of_one_grid_only_are_named():
    fewer = CELLS.iloc[:3]
    found = compare(result(served([1] * 4)), result(served([1] * 4).iloc[:3], fewer))
    assert found.cells_only_before == ("se",)
    assert found.cells_only_after == ()
    assert found.measures.iloc[0]["only_before"] == 1


def test_turning_a_comparison_round_swaps_better_and_worse():
    one, other = result(served([0.5, 1, 0.2, 1])), result(served([1, 0.5, 0.3, 1]))
    there, back = compare(one, other).measures, compare(other, one).measures
    assert there["better"].tolist() == back["worse"].tolist()
    assert there["people_better"].tolist() == back["people_worse"].tolist()


def test_a_result_compared_with_itself_is_unchanged():
    same = cover(TOY, at=datetime(2026, 3, 2, 4, tzinfo=UTC))
    found = compare(same, same)
    assert found.measures[["better", "worse", "not_comparable"]].to_numpy().sum() == 0


def test_the_people_of_a_cell_count_once_over_its_windows():
    def patrolled(minutes):
        return coverage_rows(
            ["nw", "nw"],
            "patrol.presence",
            window=["day@2026-03-02", "day@2026-03-03"],
            value=minutes,
            required=2.0,
            status="met" if minutes >= 2 else "missed",
            shortfall=max(0.0, 2.0 - minutes),
        )

    found = compare(
        result(patrolled(0), dimension="patrol"), result(patrolled(2), dimension="patrol")
    )
    row = found.measures.iloc[0]
    assert (row["better"], row["people_better"]) == (2, 200.0)


def test_people_nobody_counted_are_unknown_and_not_zero():
    cells = CELLS.assign(population=None)
    rows = [
        coverage_rows(
            ["nw"], "staffing.accountable", value=v, required=1.0, status=s, shortfall=1 - v
        )
        for v, s in ((0.0, "missed"), (1.0, "met"))
    ]
    found = compare(*(result(one, cells, "staffing") for one in rows))
    assert pd.isna(found.measures["people_better"].iloc[0])
    assert found.told()["measures"][0]["people_better"] is None
    assert "unknown" in tell_comparison(found)


@pytest.mark.parametrize(
    "language_free", ["better", "worse", "unchanged", "Gaps: 0 before, 0 after."]
)
def test_the_table_for_the_terminal_has_its_columns(language_free):
    assert language_free in tell_comparison(
        compare(result(served([1] * 4)), result(served([1] * 4)))
    )


def test_cameras_of_a_range_alone_compare_with_those_that_state_optics_too():
    optics = {"focal_mm": 2.8, "sensor_width_mm": 5.37, "pixels_wide": 2688.0, "range_m": None}
    fresh = TOY["cameras"].iloc[[0]].assign(camera_id="cam9", heading_deg=225.0, **optics)
    more = pd.concat([TOY["cameras"], fresh], ignore_index=True)
    states = (TOY, TOY.with_layers(cameras=more))
    before, after = (cover(one, ["cameras"], at=datetime(2026, 3, 2, tzinfo=UTC)) for one in states)
    assert set(before.coverage["measure"]) & set(after.coverage["measure"]) >= {
        "camera.share_range"
    }
    (row,) = compare(before, after).measures.to_dict("records")
    assert row["measure"] == "camera.share_any"
    assert (row["better"], row["worse"]) == (1, 0)
    assert (row["only_before"], row["only_after"]) == (0, 0)
