"""Scenarios from files: the command, what it writes, and files it cannot read."""

import pandas as pd
import pytest

from gridmap.cli import main
from gridmap.errors import InputError
from gridmap.io.districts import write_district
from gridmap.samples import at, toy_district
from gridmap.studies.scenarios import read_changes, run_scenario


@pytest.fixture
def toy_file(tmp_path):
    path = tmp_path / "toy.gpkg"
    write_district(toy_district(), path)
    return path


def write(tmp_path, text):
    path = tmp_path / "changes.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_of_changes_is_read_with_places_in_metres(tmp_path):
    spot = at(300, 100)
    path = write(
        tmp_path, f"op,site_id,x,y,norm_m,type\nmove,s1,{spot.x},{spot.y},,\nnorm,,,,500,pharmacy\n"
    )
    move, norm = read_changes(path, toy_district())
    assert (move.op, move.site_id, move.x, move.y) == ("move", "s1", spot.x, spot.y)
    assert (norm.type, norm.norm_m) == ("pharmacy", 500.0)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("site_id\ns1\n", "expected a column op"),
        ("op,where\nmove,x\n", "found op, where"),
        ("op,norm_m\nnorm,far\n", "line 2: expected a number in column norm_m, found 'far'"),
        ("op,norm_m\nnorm,inf\n", "line 2: expected a number"),
        ("", "expected a CSV file"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_with_its_line(tmp_path, content, expected):
    with pytest.raises(InputError, match=expected):
        read_changes(write(tmp_path, content), toy_district())


def test_the_whole_measure_agrees_with_the_repaired_one(tmp_path):
    path = write(tmp_path, "op,site_id\nclose,s1\n")
    toy = toy_district()
    tried = run_scenario(toy, read_changes(path, toy), on=pd.Timestamp("2026-03-02").date())
    mine = tried.outcome.table("pharmacy").set_index(["measure", "cell_id"])["value"]
    rows = tried.cover.coverage
    whole = rows[rows["dimension"] == "services"].set_index(["measure", "cell_id"])["value"]
    pd.testing.assert_series_equal(mine, whole.reindex(mine.index), rtol=0, atol=1e-9)


def test_the_command_writes_a_folder_that_compare_reads(tmp_path, toy_file, capsys):
    changes = write(tmp_path, "op,site_id\nclose,s1\n")
    day = ["--at", "2026-03-02"]
    base, out = tmp_path / "base", tmp_path / "out"
    assert main(["cover", str(toy_file), "--dimension", "services", *day, "-o", str(base)]) == 0
    assert (
        main(["plan", "scenario", str(toy_file), "--changes", str(changes), *day, "-o", str(out)])
        == 0
    )
    assert "pharmacy: 500 of 500 people served before, 0 after" in capsys.readouterr().out
    assert main(["compare", str(base), str(out)]) == 0
    assert "pharmacy.walk_share" in capsys.readouterr().out


def test_an_unknown_site_ends_the_command_with_one_message(tmp_path, toy_file, capsys):
    changes = write(tmp_path, "op,site_id\nclose,s9\n")
    out = tmp_path / "out"
    assert main(["plan", "scenario", str(toy_file), "--changes", str(changes), "-o", str(out)]) == 2
    assert "there is no site 's9'" in capsys.readouterr().err
    assert not out.exists()
