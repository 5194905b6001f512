import json

import pytest

from gridmap.cli import main
from gridmap.io.districts import write_district
from gridmap.samples import toy_district

MARCH = ["--at", "2026-03-02T12:00"]


@pytest.fixture
def toy_file(tmp_path):
    write_district(toy_district(), tmp_path / "toy.gpkg")
    return str(tmp_path / "toy.gpkg")


def test_cover_writes_the_folder_and_tells_the_main_figures(toy_file, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["cover", toy_file, "--dimension", "all", *MARCH, "-o", str(out)]) == 0
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert summary["staffing"] == {"posts": 4, "cells_without_accountable": 0, "vacant": 2}
    assert summary["services"]["pharmacy"]["served_share"] == 1.0
    assert summary["patrol"]["due"] == 4
    assert summary["cameras"]["cameras"] == 2
    told = capsys.readouterr().out
    assert "4 posts; cells lack 2 accountable posts of their own" in told
    assert "pharmacy: 100.0% of people within 500 m, 1 sites" in told
    assert "4 windows due: 2 met" in told


def test_dimensions_are_joined_by_commas_or_repeated(toy_file, tmp_path):
    command = ["cover", toy_file, *MARCH]
    one, other = tmp_path / "one", tmp_path / "other"
    assert main([*command, "--dimension", "staffing,patrol", "-o", str(one)]) == 0
    repeated = ["--dimension", "patrol", "--dimension", "staffing"]
    assert main([*command, *repeated, "-o", str(other)]) == 0
    assert (one / "coverage.csv").read_bytes() == (other / "coverage.csv").read_bytes()


def test_own_norms_replace_those_that_ship(toy_file, tmp_path):
    norms = tmp_path / "norms.csv"
    norms.write_text("type,norm_m\nhealth_station,700\n")
    out = tmp_path / "out"
    options = ["--dimension", "services", "--norms", str(norms)]
    assert main(["cover", toy_file, *options, *MARCH, "-o", str(out)]) == 0
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert list(summary["services"]) == ["health_station"]
    assert summary["services"]["health_station"]["served_share"] == 1.0


def test_the_days_of_patrol_can_be_chosen(toy_file, tmp_path):
    out = tmp_path / "out"
    days = ["--from", "2026-03-02", "--to", "2026-03-03"]
    assert main(["cover", toy_file, "--dimension", "patrol", *days, "-o", str(out)]) == 0
    assert json.loads((out / "summary.json").read_text("utf-8"))["patrol"]["due"] == 9


def test_without_cells_cover_says_to_divide_first(tmp_path, capsys):
    toy = toy_district()
    write_district(toy.with_layers(cells=toy["cells"].iloc[:0]), tmp_path / "bare.gpkg")
    out = tmp_path / "out"
    command = ["cover", str(tmp_path / "bare.gpkg"), "--dimension", "all", "-o", str(out)]
    assert main(command) == 2
    assert "Divide the district first: gridmap divide" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--dimension", "traffic"], "Unknown dimension 'traffic'"),
        (["--dimension", "staffing", "--at", "noon"], "--at expects a time"),
        (["--dimension", "patrol", "--from", "2.3.2026"], "--from expects a day"),
        (["--dimension", "patrol", "--to", "tomorrow"], "--to expects a day"),
        (["--dimension", "staffing", "--timezone", "Nowhere"], "Unknown time zone"),
        (["--dimension", "services", "--norms", "no.csv"], "no.csv"),
    ],
)
def test_a_question_that_cannot_be_leaves_the_folder_as_it_was(
    toy_file, tmp_path, capsys, options, told
):
    out = tmp_path / "out"
    assert main(["cover", toy_file, "--dimension", "staffing", *MARCH, "-o", str(out)]) == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert main(["cover", toy_file, *options, "-o", str(out)]) == 2
    assert told in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_compare_tells_who_lost_the_post_between_two_dates(toy_file, tmp_path, capsys):
    for name, moment in (("a", "2025-06-01"), ("b", "2026-03-02")):
        options = ["--dimension", "staffing", "--at", moment, "-o", str(tmp_path / name)]
        assert main(["cover", toy_file, *options]) == 0
    capsys.readouterr()
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    assert "Gaps: 1 before, 2 after." in capsys.readouterr().out
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["measures"][0]
    assert (told["measure"], told["worse"], told["people_worse"]) == (
        "staffing.accountable",
        1,
        160.0,
    )


def test_compare_needs_two_results(tmp_path, capsys):
    assert main(["compare", str(tmp_path), str(tmp_path / "none")]) == 2
    assert "no result of gridmap cover" in capsys.readouterr().err
