import pytest

from gridmap.cli import main
from gridmap.io.districts import read_district, write_district
from gridmap.samples import toy_district


@pytest.fixture
def toy(tmp_path):
    file = tmp_path / "toy.gpkg"
    write_district(toy_district(), file)
    return file


def test_import_layer_prints_what_was_read_and_kept(toy, tmp_path, capsys):
    (tmp_path / "p.csv").write_text("编号,role\np1,medic\n")
    told = ["import", "layer", str(toy), "--layer", "posts", str(tmp_path / "p.csv")]
    assert main([*told, "--rename", "编号=post_id", "--licence", "CC0"]) == 0
    printed = capsys.readouterr().out
    assert printed == f"read     1 rows\nkept     1 posts\nnext     gridmap check {toy}\n"
    assert read_district(toy)["posts"]["post_id"].tolist() == ["p1"]


def test_bad_input_is_one_message_on_standard_error_and_exit_2(toy, tmp_path, capsys):
    (tmp_path / "p.csv").write_text("post_id,role,手机\np1,medic,1\n")
    told = ["import", "layer", str(toy), "--layer", "posts", str(tmp_path / "p.csv")]
    assert main(told) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("gridmap: Layer 'posts' of p.csv: column '手机'")


def test_an_unknown_layer_is_refused_with_the_names_there_are(toy, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["import", "layer", str(toy), "--layer", "cels", "a.csv"])
    assert "cells" in capsys.readouterr().err


def test_a_rename_has_two_sides(toy, tmp_path, capsys):
    told = ["import", "layer", str(toy), "--layer", "posts", "p.csv", "--rename", "post_id"]
    assert main(told) == 2
    assert "expects OLD=NEW, found post_id" in capsys.readouterr().err
