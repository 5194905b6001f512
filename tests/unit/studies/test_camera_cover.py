import json
from datetime import UTC, datetime

import pytest

from gridmap.cameras import audit, optics
from gridmap.cameras.drawing import SHAPES
from gridmap.cli import main
from gridmap.errors import InputError
from gridmap.io.districts import write_district
from gridmap.io.results import read_result_layers
from gridmap.samples import toy_district
from gridmap.studies.camera_cover import LEVELS, SIGHTS, Watch, watch_district
from gridmap.studies.cover import cover, read_cover, write_cover

TOY = toy_district()
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def broken(since=None):
    layer = TOY["cameras"].assign(status=["working", "broken"], status_on=[None, since])
    return TOY.with_layers(cameras=layer)


def counted(district, **asked):
    return cover(district, ["cameras"], at=NOON, watch=Watch(**asked)).summary["cameras"]


def test_the_words_of_the_command_are_those_of_the_engine():
    assert LEVELS == optics.EDITIONS
    assert tuple(SIGHTS) == SHAPES


def test_working_only_and_all_is_one_switch_and_the_summary_names_who_is_left_out():
    told = counted(broken())
    assert (told["counted"], told["which"]) == (1, "working")
    assert told["not_counted"] == {"not_working": ["cam2"]}
    assert counted(broken(), which="all")["counted"] == 2


def test_a_camera_that_broke_later_counts_on_the_day():
    assert counted(broken("2026-03-03"))["counted"] == 2
    assert counted(broken("2026-03-02"))["counted"] == 1


def test_rows_name_the_edition_and_where_sight_ends():
    found = cover(TOY, ["cameras"], at=NOON, watch=Watch(levels="2025", sight="plane"))
    rows = found.coverage[found.coverage["measure"].str.startswith("camera.share")]
    assert rows["reason"].str.contains("sight ends in planes").all()
    assert rows["source"].dropna().str.startswith("IEC/EN 62676-4:2025").all()
    assert set(found.camera_streets["levels"]) == {"2025"}
    assert set(found.camera_communities["sight"]) == {"plane"}


@pytest.mark.parametrize("asked", [{"which": "some"}, {"levels": "2014b"}, {"sight": "cone"}])
def test_other_words_are_refused(asked):
    with pytest.raises(InputError, match="Expected"):
        Watch(**asked)


def test_what_neither_sees_is_written_and_read_back(tmp_path):
    found = cover(TOY, at=NOON)
    assert sum(found.summary["presence_and_cameras"].values()) == 4
    assert set(found.uncovered_both["cell_id"]) == {"se", "sw"}
    assert set(found.uncovered_both["status"]) == {"unknown"}
    write_cover(found, TOY, tmp_path / "out")
    assert "uncovered_both" in read_result_layers(tmp_path / "out/gaps.gpkg")
    again = read_cover(tmp_path / "out")
    assert len(again.uncovered_both) == len(found.uncovered_both)
    assert again.camera_streets["seen_m"].sum() == pytest.approx(
        found.camera_streets["seen_m"].sum()
    )
    assert len(again.gaps) == len(found.gaps)


def test_streets_add_up_to_what_cells_have():
    found = cover(TOY, ["cameras"], at=NOON)
    whole = found.camera_communities[["street_m", "seen_street_m"]].sum()
    streets = found.camera_streets[["street_m", "seen_m"]].sum()
    assert streets.tolist() == pytest.approx(whole.tolist())


def test_the_command_takes_the_three_switches(tmp_path, capsys):
    write_district(broken(), tmp_path / "d.gpkg")
    asked = ["cover", str(tmp_path / "d.gpkg"), "--dimension", "cameras", "--cameras", "all"]
    asked += ["--levels", "2025", "--sight", "plane", "-o", str(tmp_path / "out")]
    assert main(asked) == 0
    told = capsys.readouterr().out
    assert "broken ones too" in told
    assert "levels of 2025, sight ends in planes" in told
    summary = json.loads((tmp_path / "out/summary.json").read_text())["cameras"]
    assert (summary["which"], summary["levels"], summary["sight"]) == ("all", "2025", "plane")


def test_the_audit_is_drawn_at_the_levels_of_the_edition_that_was_chosen(monkeypatch):
    asked = []
    plain = audit.audit_privacy

    def listen(*given, **more):
        asked.append(more["edition"])
        return plain(*given, **more)

    monkeypatch.setattr(audit, "audit_privacy", listen)
    for edition in ("2014", "2025"):
        watch_district(TOY, None, Watch(levels=edition))
    assert asked == ["2014", "2025"]
