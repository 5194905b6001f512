import json
from pathlib import Path

import pytest

from gridmap.cli import main
from gridmap.io.districts import read_district, write_district
from gridmap.samples import toy_district

SHARED = Path(__file__).parents[3] / "../shared/data"


@pytest.fixture
def toy_file(tmp_path):
    write_district(toy_district(), tmp_path / "toy.gpkg")
    return tmp_path / "toy.gpkg"


def test_divide_writes_a_district_with_new_cells_and_says_what_it_did(toy_file, tmp_path, capsys):
    out = tmp_path / "new.gpkg"
    assert (
        main(["divide", str(toy_file), "--method", "square", "--size-m", "100", "-o", str(out)])
        == 0
    )
    cells = read_district(out)["cells"]
    assert len(cells) == 16
    assert cells["population"].sum() == 500
    told = capsys.readouterr()
    assert "16 cells (square-100) in 2 communities" in told.out
    assert "replace the 4 cells" in told.out
    assert "duties" in told.err


@pytest.mark.parametrize("options", [["hexagon", "--size-m", "150"], ["h3", "--resolution", "10"]])
def test_hexagons_and_h3_are_laid_the_same_way(toy_file, tmp_path, options):
    out = tmp_path / "folder"
    assert main(["divide", str(toy_file), "--method", *options, "-o", str(out)]) == 0
    assert read_district(out)["cells"].area.sum() == pytest.approx(160_000)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--method", "triangles"], "There are: streets, square, hexagon, h3"),
        (["--method", "streets", "--households", "-1"], "positive number of households"),
        (["--method", "streets", "--weight", "love"], "households, population, sites"),
        (["--method", "streets", "--weight", "events"], "the district has none"),
        (["--method", "square", "--size-m", "-1"], "positive number of metres"),
        (["--method", "square", "--households", "400"], "found 0 households"),
        (["--method", "hexagon", "--resolution", "9"], "not --resolution"),
    ],
)
def test_a_division_that_cannot_be_leaves_the_output_as_it_was(
    toy_file, tmp_path, capsys, options, told
):
    out = tmp_path / "old.gpkg"
    out.write_bytes(toy_file.read_bytes())
    before = out.read_bytes()
    assert main(["divide", str(toy_file), *options, "-o", str(out)]) == 2
    assert told in capsys.readouterr().err
    assert out.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.gpkg", "toy.gpkg"]


def test_a_district_that_is_not_there_is_a_clear_error(tmp_path, capsys):
    assert main(["divide", str(tmp_path / "no.gpkg"), "--method", "h3", "-o", "x.gpkg"]) == 2
    assert "no.gpkg" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["nanjing_xinjiekou", "helsinki_centre"])
def test_real_districts_are_divided_without_a_gap(name, tmp_path, capsys):
    if not (SHARED / f"{name}.gpkg").exists():
        pytest.skip("the shared districts are not beside the project")
    out = tmp_path / "out.gpkg"
    source = str(SHARED / f"{name}.gpkg")
    assert main(["divide", source, "--method", "square", "--size-m", "250", "-o", str(out)]) == 0
    district = read_district(out)
    ground = district.communities.area.sum()
    assert district["cells"].area.sum() == pytest.approx(ground, abs=1)
    assert "tile" not in capsys.readouterr().err


def test_a_division_along_streets_leaves_a_quality_report_beside_the_output(
    toy_file, tmp_path, capsys
):
    out = tmp_path / "new.gpkg"
    told = ["divide", str(toy_file), "--method", "streets", "--households", "40", "-o", str(out)]
    assert main(told) == 0
    said = capsys.readouterr().out
    assert "Households: people of the layer population ÷ 2.62" in said
    assert "contiguous 100 %" in said
    report = json.loads((tmp_path / "new.quality.json").read_text(encoding="utf-8"))
    assert report["band"] == [30, 50]
    assert report["totals"]["contiguous_share"] == 1
    assert len(report["cells"]) == report["totals"]["cells"] == len(read_district(out)["cells"])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "new.gpkg",
        "new.quality.json",
        "toy.gpkg",
    ]
