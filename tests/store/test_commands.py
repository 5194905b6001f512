"""gridmap db and gridmap user, from the command line to the database and back."""

import io

import pytest
from sqlalchemy import func, select

from gridmap.cli import main
from gridmap.io.districts import write_district
from gridmap.samples import toy_district
from gridmap.store import tables as t

pytestmark = pytest.mark.store


@pytest.fixture
def address(scratch, monkeypatch):
    monkeypatch.setenv("GRIDMAP_DATABASE", scratch.text_url("superuser"))
    return scratch


@pytest.fixture
def loaded(address, tmp_path, capsys):
    write_district(toy_district(), tmp_path / "toy.gpkg")
    assert main(["db", "load", str(tmp_path / "toy.gpkg")]) == 0
    assert capsys.readouterr().out == "District 'Toy district' is loaded (number 1).\n"
    return address


def test_users_are_added_listed_and_given_passwords(loaded, capsys, monkeypatch):
    assert main(["user", "add", "Wang", "--role", "worker", "--district", "110101",
                 "--post", "p1"]) == 0  # fmt: skip
    assert "Password (shown once): " in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough one\n"))
    assert main(["user", "passwd", "wang", "--password-stdin"]) == 0
    assert capsys.readouterr().out == "The password of wang is changed.\n"
    assert main(["user", "add", "root", "--role", "admin"]) == 0
    capsys.readouterr()
    assert main(["user", "list"]) == 0
    assert capsys.readouterr().out == "root\tadmin\t\nwang\tworker\tToy district: p1\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--role", "planner"], "sees a district"),
        (["--role", "planner", "--district", "Atlantis"], "No district 'Atlantis'"),
        (["--role", "worker", "--district", "110101"], "own cells only"),
    ],
)
def test_an_account_that_cannot_be_exits_with_2_and_adds_nothing(loaded, capsys, arguments, told):
    assert main(["user", "add", "wang", *arguments]) == 2
    assert told in capsys.readouterr().err
    with loaded.owner.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(t.users)) == 0


def test_a_backup_brings_everything_back_but_tracks_past_their_time(loaded, tmp_path, capsys):
    backup = str(tmp_path / "all.dump")
    main(["user", "add", "wang", "--role", "planner", "--district", "110101"])
    assert main(["db", "backup", backup]) == 0
    with loaded.owner.begin() as connection:
        connection.execute(t.districts.delete())
        connection.execute(t.users.delete())
    assert main(["db", "restore", backup]) == 0
    with loaded.owner.connect() as connection:
        for table, rows in (
            (t.cells, 4),
            (t.shifts, 1),
            (t.fixes, 0),
            (t.users, 1),
            (t.user_scopes, 1),
        ):
            assert connection.scalar(select(func.count()).select_from(table)) == rows
    with loaded.app.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(t.cells)) == 0


def test_a_restore_that_fails_leaves_the_database_as_it_was(loaded, tmp_path, capsys, monkeypatch):
    from gridmap.store import backup as module

    main(["db", "backup", str(tmp_path / "all.dump")])
    monkeypatch.setattr(module, "_CLEAR", module._CLEAR + "SELECT 1/0;")
    assert main(["db", "restore", str(tmp_path / "all.dump")]) == 2
    assert "division by zero" in capsys.readouterr().err
    with loaded.owner.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(t.cells)) == 4


@pytest.mark.parametrize("content", [None, b"", b"PGDMP broken", b"PK\x03\x04"])
def test_a_file_that_is_no_backup_is_refused(loaded, tmp_path, capsys, content):
    file = tmp_path / "x.dump"
    if content is not None:
        file.write_bytes(content)
    assert main(["db", "restore", str(file)]) == 2
    assert "backup" in capsys.readouterr().err
    with loaded.owner.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(t.cells)) == 4


def test_a_district_is_listed_and_removed_only_by_those_who_are_sure(loaded, capsys):
    assert main(["db", "list"]) == 0
    assert capsys.readouterr().out == "1\t110101\tToy district\tno coverage\n"
    assert main(["db", "remove", "Toy district"]) == 2
    assert "add --yes" in capsys.readouterr().err
    assert main(["db", "remove", "Atlantis", "--yes"]) == 2
    assert "No district 'Atlantis'" in capsys.readouterr().err
    assert main(["db", "remove", "110101", "--yes"]) == 0
    assert capsys.readouterr().out == "District 'Toy district' is removed.\n"
    assert main(["db", "list"]) == 0
    assert capsys.readouterr().out == ""


def test_migrate_says_so(address, capsys):
    assert main(["db", "migrate"]) == 0
    assert capsys.readouterr().out == "The database is at the newest revision.\n"


def test_a_database_that_is_not_there_is_one_clear_line(capsys, tmp_path):
    address = f"postgresql://nobody@/gridmap?host={tmp_path}"
    assert main(["user", "list", "--database", address]) == 2
    told = capsys.readouterr().err
    assert told.startswith("gridmap: The database cannot be reached")


def test_a_district_that_cannot_be_read_leaves_the_database_alone(loaded, tmp_path, capsys):
    bad = tmp_path / "bad.gpkg"
    bad.write_text("not a GeoPackage")
    assert main(["db", "load", str(bad)]) == 2
    with loaded.owner.connect() as connection:
        assert connection.scalar(select(t.districts.c.version)) == 1


def test_services_by_bicycle_are_not_shown_as_walks(loaded, tmp_path, capsys):
    toy = str(tmp_path / "toy.gpkg")
    by_bike = ["cover", toy, "--dimension", "services", "--mode", "bike", "-o", str(tmp_path / "b")]
    assert main(by_bike) == 0
    assert main(["db", "load", toy, "--cover", str(tmp_path / "b")]) == 2
    assert "found them by bicycle" in capsys.readouterr().err
    with loaded.owner.connect() as connection:
        assert connection.scalar(select(t.districts.c.version)) == 1
