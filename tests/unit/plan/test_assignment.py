from datetime import date

import pandas as pd
import pytest

from gridmap.cli import main
from gridmap.errors import InputError
from gridmap.io.districts import read_district, write_district
from gridmap.plan.assignment import suggest_posts
from gridmap.samples import EAST, WEST, toy_district
from gridmap.studies.assignment import new_duties, suggest_assignment
from gridmap.studies.staffing import answers_at

TOY = toy_district()
CELLS = TOY["cells"]
HOUSEHOLDS = CELLS.set_index("cell_id")["households"]
DAY = date(2026, 3, 2)


def suggest(posts, now=None, load=HOUSEHOLDS, **options):
    homes = pd.Series(posts, dtype="str")
    return suggest_posts(CELLS, load, homes, pd.Series(now or {}, dtype="str"), **options)


def test_two_posts_of_the_west_and_one_of_the_east():
    found = suggest({"a": WEST, "b": WEST, "c": EAST}, {"sw": "a", "nw": "b"})
    assert found.cells["post_id"].to_dict() == {"nw": "b", "ne": "c", "sw": "a", "se": "c"}
    assert found.communities["value"].to_dict() == {WEST: 80.0, EAST: 80.0}
    assert (found.value, found.bound, found.gap, found.proved) == (80.0, 80.0, 0.0, True)
    assert found.changed == 2


def test_a_post_keeps_the_cells_it_has_where_it_can():
    found = suggest({"z": WEST, "a": WEST}, {"nw": "z", "sw": "a"})
    assert found.cells["post_id"].dropna().to_dict() == {"nw": "z", "sw": "a"}
    assert found.changed == 0


def test_a_free_post_goes_where_the_load_is_largest():
    found = suggest({"a": WEST, "b": EAST, "free": None}, {"nw": "a", "ne": "b"})
    assert found.posts.loc["free", "community_code"] == WEST
    assert found.posts["load"].to_dict() == {"a": 80.0, "b": 80.0, "free": 40.0}


def test_a_community_without_a_post_comes_first_and_is_a_finding_if_none_is_free():
    found = suggest({"a": WEST})
    assert [one.rule for one in found.findings] == ["community_without_post"]
    assert found.findings[0].ids == (EAST,)
    assert found.cells["post_id"].isna().to_dict() == {
        "nw": False, "ne": True, "sw": False, "se": True,
    }  # fmt: skip
    assert suggest({"a": WEST, "free": None}).findings == []


def test_more_posts_than_cells_leave_some_free():
    found = suggest(dict.fromkeys("abc", WEST), {"nw": "c"})
    assert set(found.posts.index) == {"a", "c"}


def test_an_unknown_load_counts_as_the_mean_and_is_told():
    found = suggest({"a": WEST, "b": EAST}, load=HOUSEHOLDS.drop("nw"))
    assert [one.rule for one in found.findings] == ["unknown_load"]
    assert found.cells.loc["nw", "load"] == pytest.approx((64 + 40 + 16) / 3)


def test_balance_is_told_before_and_after():
    found = suggest({"a": WEST, "b": WEST, "c": EAST}, {"nw": "a", "sw": "a", "ne": "c", "se": "c"})
    assert found.balance.loc["before", ["sum", "max_to_mean"]].tolist() == [200.0, 1.2]
    assert found.balance.loc["after", "max_to_mean"] == pytest.approx(80 / (200 / 3))


def test_cells_apart_are_told():
    far = CELLS[CELLS["cell_id"].isin(["nw", "sw"])].copy()
    far.geometry = [far.geometry.iloc[0], far.geometry.iloc[1].buffer(-50)]
    found = suggest_posts(far, HOUSEHOLDS, pd.Series({"a": WEST}), pd.Series(dtype="str"))
    assert [one.rule for one in found.findings] == ["cells_apart"]
    assert not found.posts.loc["a", "together"]


def test_new_duties_end_the_old_ones_and_keep_the_past():
    found = suggest_assignment(TOY, date(2025, 6, 1))
    after = new_duties(TOY["duties"], found, date(2025, 7, 1))
    assert len(after) == 5
    assert after.iloc[:4].equals(TOY["duties"])
    moved = TOY.with_layers(duties=after)
    assert answers_at(moved, date(2025, 7, 1), cell="se").post["post_id"] == "p2"
    assert answers_at(moved, date(2025, 6, 30), cell="se").post["post_id"] == "p3"


def test_a_duty_that_gives_way_ends_on_the_first_day_of_the_new():
    duties = TOY["duties"].assign(post_id=["p1", "p1", "p1", "p3"])
    posts = TOY["posts"].assign(role=["grid_head", "grid_head", "community_head", "medic"])
    ready = TOY.with_layers(duties=duties, posts=posts)
    found = suggest_assignment(ready, date(2025, 6, 1))
    after = new_duties(ready["duties"], found, date(2025, 7, 1))
    ended = after[after["valid_to"] == pd.Timestamp(2025, 7, 1)]
    assert set(ended["cell_id"]) == set(found.cells.index[found.cells["changed"]]) & {
        "ne",
        "nw",
        "sw",
    }
    assert (after["valid_from"] == pd.Timestamp(2025, 7, 1)).sum() == found.changed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"role": "wizard"}, "No post has the role 'wizard'; there are: community_head"),
        ({"by": "mood"}, "no figures in 'mood'"),
    ],
)
def test_an_unknown_role_or_load_is_one_clear_error(options, said):
    with pytest.raises(InputError, match=said):
        suggest_assignment(TOY, date(2025, 6, 1), **options)


@pytest.fixture
def district(tmp_path):
    write_district(TOY, tmp_path / "toy.gpkg")
    return tmp_path / "toy.gpkg"


def test_the_command_suggests_and_writes_duties_and_a_district(tmp_path, district, capsys):
    out, duties = tmp_path / "after.gpkg", tmp_path / "duties.csv"
    arguments = ["staff", "suggest", str(district), "--on", "2025-06-01", "-o", str(out)]
    assert main([*arguments, "--duties", str(duties)]) == 0
    said = capsys.readouterr().out
    assert "largest load of a post 120, no less than 120: optimal" in said
    assert "1 of 4 cells would get another post" in said
    assert pd.read_csv(duties)["post_id"].tolist() == ["p1", "p2", "p1", "p2"]
    assert len(read_district(out)["duties"]) == 5


def test_the_command_says_who_answers_for_a_cell_and_for_a_position(district, capsys):
    told = ["staff", "answers", str(district), "--on", "2026-03-02"]
    assert main([*told, "--cell", "North-west"]) == 0
    assert capsys.readouterr().out.startswith("p1 (grid_head) answers on 2026-03-02, level cell")
    assert main([*told, "--lon", "0", "--lat", "0"]) == 2
    assert "No cell of the district lies at this position" in capsys.readouterr().err
    assert main(told) == 2


def test_the_command_reads_a_roster_and_lists_each_error(tmp_path, district, capsys):
    import openpyxl

    place = tmp_path / "roster.xlsx"
    assert main(["staff", "template", str(place), "--district", str(district)]) == 0
    made = openpyxl.load_workbook(place)
    made["posts"].append(["p9", None])
    made["posts"].append(["p8", "guard"])
    made.save(place)
    assert main(["staff", "import", str(district), str(place)]) == 2
    assert "posts row 6, column role: expected text, found nothing" in capsys.readouterr().err
    assert main(["staff", "import", str(district), str(place), "--skip-bad-rows"]) == 0
    told = capsys.readouterr()
    assert "posts: 1 rows read, 5 rows now" in told.out
    assert "left out: posts row 6" in told.err
