import json

import pytest

from gridmap.cli import main
from gridmap.io.districts import write_district
from gridmap.samples import toy_district


@pytest.fixture
def faulty(tmp_path):
    toy = toy_district()
    duties = toy["duties"].copy()
    duties.loc[0, "post_id"] = "p9"
    write_district(toy.with_layers(duties=duties), tmp_path / "toy.gpkg")
    return str(tmp_path / "toy.gpkg")


def test_check_groups_findings_by_severity_and_exits_1_on_an_error(faulty, capsys):
    assert main(["check", faulty]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 error"
    assert "[p9]" in lines[1]
    assert lines[2] == "3 notes"
    assert any(line.endswith("(suitable_size: cell_too_small)") for line in lines)


def test_check_writes_json(faulty, capsys):
    assert main(["check", faulty, "--json"]) == 1
    findings = json.loads(capsys.readouterr().out)
    assert set(findings[0]) == {
        "rule", "principle", "severity", "layer", "ids", "found", "remedy"
    }  # fmt: skip
    assert {one["rule"]: one["principle"] for one in findings}["cell_too_small"] == "suitable_size"
    assert findings[0]["rule"] == "unknown_post"
    assert findings[0]["ids"] == ["p9"]


def test_check_exits_0_without_an_error(tmp_path, capsys):
    write_district(toy_district(), tmp_path / "toy")
    assert main(["check", str(tmp_path / "toy")]) == 0
    assert "note" in capsys.readouterr().out


def test_check_of_a_file_that_is_no_district_exits_2(tmp_path, capsys):
    assert main(["check", str(tmp_path / "none.gpkg")]) == 2
    assert "There is no file" in capsys.readouterr().err
