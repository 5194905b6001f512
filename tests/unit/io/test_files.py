import zipfile
from pathlib import Path

import pytest

from gridmap.errors import FileFormatError, InputError
from gridmap.io.files import MARKER, check_output, check_size, kind_of, replacing, size_limit


def left_in(folder):
    return sorted(one.name for one in folder.iterdir())


def test_a_file_takes_its_place_only_when_the_block_succeeds(tmp_path):
    place = tmp_path / "out.csv"
    place.write_text("old")
    with pytest.raises(RuntimeError), replacing(place) as part:
        part.write_text("half")
        raise RuntimeError
    assert place.read_text() == "old"
    assert left_in(tmp_path) == ["out.csv"]
    with replacing(place) as part:
        part.write_text("new")
        assert place.read_text() == "old"
    assert place.read_text() == "new"
    assert left_in(tmp_path) == ["out.csv"]


def test_a_part_keeps_the_ending_that_writers_look_at(tmp_path):
    with replacing(tmp_path / "a.gpkg") as part:
        assert part.suffix == ".gpkg"
        part.touch()


def test_side_files_of_a_failed_write_are_removed_too(tmp_path):
    with pytest.raises(RuntimeError), replacing(tmp_path / "a.gpkg") as part:
        part.with_name(part.name + "-journal").touch()
        raise RuntimeError
    assert left_in(tmp_path) == []


def test_a_folder_of_ours_is_replaced_whole(tmp_path):
    place = tmp_path / "cover"
    for name in ("first", "second"):
        with replacing(place) as part:
            part.mkdir()
            (part / name).touch()
    assert left_in(place) == [MARKER, "second"]
    assert left_in(tmp_path) == ["cover"]


def test_a_failed_folder_leaves_the_old_one(tmp_path):
    place = tmp_path / "cover"
    with replacing(place) as part:
        part.mkdir()
        (part / "old").touch()
    with pytest.raises(RuntimeError), replacing(place) as part:
        part.mkdir()
        (part / "new").touch()
        raise RuntimeError
    assert left_in(place) == [MARKER, "old"]
    assert left_in(tmp_path) == ["cover"]


def test_a_folder_that_is_not_ours_is_never_replaced(tmp_path):
    place = tmp_path / "photos"
    place.mkdir()
    (place / "holiday.jpg").touch()
    with pytest.raises(InputError, match="did not write"), replacing(place) as part:
        part.mkdir()
    assert left_in(place) == ["holiday.jpg"]


def test_an_empty_folder_may_be_filled(tmp_path):
    place = tmp_path / "new"
    place.mkdir()
    with replacing(place) as part:
        part.mkdir()
    assert left_in(place) == [MARKER]


def test_a_file_does_not_replace_a_folder_nor_a_folder_a_file(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="found a folder"), replacing(tmp_path / "folder") as part:
        part.touch()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="found a file"), replacing(tmp_path / "file") as part:
        part.mkdir()
    assert left_in(tmp_path) == ["file", "folder"]


def test_missing_parent_folders_are_made(tmp_path):
    with replacing(tmp_path / "a" / "b" / "c.txt") as part:
        part.touch()
    assert (tmp_path / "a" / "b" / "c.txt").exists()


def test_an_upload_of_10_gb_is_refused_by_its_size_before_it_is_read(tmp_path):
    big = tmp_path / "big.gpkg"
    with big.open("wb") as stream:
        stream.truncate(10 * 1024**3)
    with pytest.raises(FileFormatError, match=r"too large: at most 2,048 MiB.*found 10,240 MiB"):
        kind_of(big)


def test_the_size_limit_comes_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("GRIDMAP_MAX_UPLOAD_BYTES", "10")
    assert size_limit() == 10
    small = tmp_path / "a.csv"
    small.write_text("01234567890")
    with pytest.raises(FileFormatError, match="too large"):
        check_size(small)
    monkeypatch.setenv("GRIDMAP_MAX_UPLOAD_BYTES", "much")
    with pytest.raises(InputError, match="whole number of bytes"):
        size_limit()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.gpkg", b"not a database" * 9, "not a GeoPackage.*no SQLite database"),
        ("a.gpkg", b"SQLite format 3\x00" + bytes(200), "without the GeoPackage mark"),
        ("a.xlsx", bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600), "encrypted, or an old .xls"),
        ("a.xlsx", b"PK\x03\x04" + bytes(100), "truncated or damaged"),
        ("a.xlsx", b"cell_id;name", "not a workbook"),
        ("a.zip", b"PK\x03\x04" + bytes(100), "truncated or damaged"),
        ("a.parquet", b"cell_id;name", "not a Parquet file"),
        ("a.parquet", b"PAR1" + bytes(100), "truncated: its end is missing"),
        ("a.geojson", b"<kml>", "not a GeoJSON file"),
        ("a.csv", b"PK\x03\x04", "not a CSV file"),
        ("a.csv", b"", "is empty"),
        ("a.shp", b"\x00\x00\x27\x0a", "into one .zip"),
        ("a.xls", b"\x00", "Save the workbook as .xlsx"),
        ("a", b"\x00", "no ending"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileFormatError, match=message):
        kind_of(tmp_path / name)


def test_a_folder_where_a_file_is_due_is_refused(tmp_path):
    (tmp_path / "a.gpkg").mkdir()
    with pytest.raises(FileFormatError, match="found the folder"):
        kind_of(tmp_path / "a.gpkg")


@pytest.mark.parametrize(
    "path", ["/vsicurl/host/a.gpkg", "/VSIZIP/a.zip", "sftp://host/a.gpkg", "a/vsimem/b.gpkg"]
)
def test_addresses_and_virtual_paths_are_refused(path):
    with pytest.raises(FileFormatError, match="on this machine"):
        kind_of(path)


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(FileFormatError, match=r"no file .*a\.gpkg"):
        kind_of(tmp_path / "a.gpkg")


def test_an_archive_that_unpacks_without_end_is_refused(tmp_path):
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.shp", bytes(80 * 1024**2))
    with pytest.raises(FileFormatError, match="would unpack to 80 MiB"):
        kind_of(bomb)


def test_an_archive_with_a_password_is_refused(tmp_path):
    locked = tmp_path / "locked.zip"
    with zipfile.ZipFile(locked, "w") as archive:
        archive.writestr("a.shp", b"shape")
    content = bytearray(locked.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    locked.write_bytes(content)
    with pytest.raises(FileFormatError, match="without a password"):
        kind_of(locked)


def test_a_place_that_cannot_be_written_to_is_refused_before_and_while_writing(tmp_path):
    (tmp_path / "file").touch()
    for attempt in (check_output, lambda place: replacing(place).__enter__()):
        with pytest.raises(InputError, match="Nothing can be written into"):
            attempt(tmp_path / "file/deeper/out.gpkg")


def test_what_the_system_refuses_while_a_place_is_made_is_told(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(InputError, match="Permission denied"), replacing(tmp_path / "out.gpkg"):
        pass


def test_a_file_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("a")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(FileFormatError, match="cannot be read"):
        kind_of(tmp_path / "a.csv")
