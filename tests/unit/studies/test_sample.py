import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from gridmap import schema
from gridmap.errors import InputError
from gridmap.studies.sample import PEOPLE, lay_about, make_sample, read_real

MADE = {
    "communities", "population", "cells", "posts", "duties", "requirements", "shifts", "fixes",
    "sites", "cameras",
}  # fmt: skip


@pytest.fixture(scope="module")
def sample():
    return make_sample(seed=0)


def test_the_same_seed_makes_the_same_district(sample):
    again = make_sample(seed=0)
    for name in sample.layers:
        assert_frame_equal(pd.DataFrame(sample[name]), pd.DataFrame(again[name]))


def test_another_seed_makes_another_district_on_the_same_map(sample):
    other = make_sample(seed=1)
    assert not other["fixes"].geometry.iloc[:50].equals(sample["fixes"].geometry.iloc[:50])
    for name in ("boundary", "roads", "buildings", "landuse"):
        assert_frame_equal(pd.DataFrame(sample[name]), pd.DataFrame(other[name]))


def test_everything_made_up_is_marked_synthetic_and_says_how(sample):
    assert set(sample.synthetic_layers) == MADE
    told = sample["provenance"].set_index("layer")
    assert set(told.index) == set(sample.layers) - {"provenance"}
    assert told.loc[list(MADE), "note"].notna().all()
    assert "mixed" in told.loc["cameras", "note"]
    assert "OpenStreetMap" in told.loc["cameras", "source"]


def test_real_positions_stay_where_the_map_has_them(sample):
    real = read_real()
    assert len(sample["cameras"]) == 221
    assert sample["cameras"].geometry.equals(real["cameras"].geometry)
    own = sample["sites"][~sample["sites"]["synthetic"].astype(bool)]
    assert own.geometry.reset_index(drop=True).equals(real["sites"].geometry)


def test_people_and_cells_sum_to_the_stated_total(sample):
    assert sample["population"]["population"].sum() == PEOPLE
    assert sample["cells"]["population"].sum() == pytest.approx(PEOPLE)


def test_communities_and_cells_tile_the_district(sample):
    outline = sample.outline
    for name in ("communities", "cells"):
        shapes = sample[name].geometry
        assert shapes.area.sum() == pytest.approx(outline.area, abs=0.5)
        assert shapes.union_all().symmetric_difference(outline).area < 0.5


@pytest.mark.parametrize("cells", [20, 80, 300])
def test_about_as_many_cells_are_laid_as_were_asked_for(sample, cells):
    assert len(lay_about(sample.communities, cells)) == pytest.approx(cells, rel=0.2)


def test_every_fix_lies_inside_its_shift(sample):
    fixes = sample["fixes"].merge(sample["shifts"], on="shift_id", how="left")
    assert fixes["start"].notna().all()
    assert ((fixes["time"] >= fixes["start"]) & (fixes["time"] <= fixes["end"])).all()


def test_no_fix_is_faster_than_its_mode_allows(sample):
    fixes = sample["fixes"].merge(sample["shifts"][["shift_id", "mode"]], on="shift_id")
    step_m = fixes.geometry.distance(fixes.geometry.shift())
    step_s = fixes.groupby("shift_id")["time"].diff().dt.total_seconds()
    most = fixes["mode"].map({"foot": 4.0, "bike": 12.0, "car": 42.0})
    assert not (step_m / step_s > most).any()


def test_patrols_keep_to_the_streets(sample):
    near = sample["roads"].geometry.union_all().buffer(15)
    share = sample["fixes"].geometry.iloc[::50].within(near).mean()
    assert share > 0.99


def test_shifts_begin_on_the_base_monday_in_local_time(sample):
    first = sample["shifts"]["start"].min().tz_convert(sample.timezone)
    assert first.strftime("%Y-%m-%d %A") == "2026-03-02 Monday"


def test_every_layer_conforms_without_a_finding_of_level_error(sample):
    for name, frame in sample.layers.items():
        _, findings = schema.examine(frame, name)
        assert [one for one in findings if one.severity == "error"] == []


def test_cameras_have_something_missing_to_find(sample):
    cameras = sample["cameras"]
    assert cameras["filed_on"].isna().mean() == pytest.approx(0.2, abs=0.1)
    assert cameras["sign"].isna().any()
    assert (cameras["sign"] == False).any()  # noqa: E712 - a nullable boolean
    assert cameras["heading_deg"].notna().mean() > 0.9
    assert not np.isinf(cameras["hfov_deg"]).any()


@pytest.mark.parametrize(("cells", "seed"), [(0, 0), (10**6, 0), (80, -1)])
def test_a_sample_nobody_can_make_is_refused(cells, seed):
    with pytest.raises(InputError, match=r"8 to 20,000 cells"):
        make_sample(cells, seed)
