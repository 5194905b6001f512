from collections import Counter

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

from gridmap.cli import main
from gridmap.errors import CRSError, FileFormatError, InputError, PersonalDataError
from gridmap.io.cameras import read_cameras, template_columns, write_camera_template
from gridmap.io.catalogues import code_fault, is_directory, read_catalogue_xml
from gridmap.io.districts import read_district, write_district
from gridmap.samples import toy_district
from gridmap.studies.import_cameras import import_cameras

TOY = toy_district()
GOOD = "11010100001320000001"


def place():
    """A point of the toy district, in degrees."""
    point = TOY["cameras"].to_crs(4326).geometry.iloc[0]
    return point.x, point.y


def item(**changed):
    lon, lat = place()
    told = {
        "DeviceID": GOOD, "Name": "gate", "CivilCode": "110101", "Longitude": str(lon),
        "Latitude": str(lat), "Status": "ON", "PTZType": "3", "DirectionType": "6",
    }  # fmt: skip
    return told | changed


def xml(*items, encoding="UTF-8"):
    body = "".join(
        "<Item>" + "".join(f"<{key}>{value}</{key}>" for key, value in one.items()) + "</Item>"
        for one in items
    )
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    return (
        f"{head}\n<Response><CmdType>Catalog</CmdType><DeviceList>{body}</DeviceList></Response>\n"
    )


@pytest.fixture
def town(tmp_path):
    write_district(TOY, tmp_path / "toy.gpkg")
    return tmp_path / "toy.gpkg"


def catalogue(tmp_path, *items):
    (tmp_path / "export.csv").write_text(pd.DataFrame(list(items)).to_csv(index=False))
    return tmp_path / "export.csv"


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (GOOD, ""),
        (GOOD[:-1], "20 digits"),
        (GOOD + "1", "20 digits"),
        ("1101010000132000000x", "20 digits"),
        ("", "20 digits"),
        ("99010100001320000001", "region"),
        ("11010100009990000001", "type"),
    ],
)
def test_a_code_is_checked_by_length_digits_region_and_type(code, wanted):
    assert wanted in code_fault(code)
    assert bool(code_fault(code)) == bool(wanted)


def test_regions_groups_and_recorders_are_no_cameras():
    others = ["11", "110101", "11010100", "11010100002150000001", "11010100001110000001"]
    assert all(is_directory(code) for code in others)
    assert not is_directory(GOOD)
    assert not is_directory("11010100009990000001")


def test_eight_winds_become_rough_headings_and_kinds_follow_the_type(tmp_path):
    winds = {"1": 90, "2": 270, "3": 180, "4": 0, "5": 135, "6": 45, "7": 225, "8": 315}
    codes = [f"1101010000132000000{n}" for n in winds]
    file = catalogue(
        tmp_path, *[item(DeviceID=c, DirectionType=n) for c, n in zip(codes, winds, strict=True)]
    )
    told = read_cameras(file, "28181")
    assert told.errors == []
    assert told.cameras["heading_deg"].tolist() == list(winds.values())
    assert set(told.cameras["heading_error_deg"]) == {22.5}
    kinds = [item(DeviceID=codes[int(n)], PTZType=n) for n in "1234"]
    told = read_cameras(catalogue(tmp_path, *kinds), "28181")
    assert told.cameras["kind"].tolist() == ["ptz", "dome", "fixed", "ptz"]


def test_each_wrong_row_is_named_with_its_column(tmp_path):
    file = catalogue(
        tmp_path,
        item(),
        item(DeviceID="123"),
        item(DeviceID="11010100001320000002", DirectionType="9"),
        item(DeviceID="11010100001320000003", Status="maybe"),
        item(DeviceID="11010100001320000004", Longitude="east"),
        item(DeviceID=GOOD),
    )
    told = read_cameras(file, "28181")
    assert [(one.row, one.column) for one in told.errors] == [
        (3, "DeviceID"), (4, "DirectionType"), (5, "Status"), (6, "Longitude"), (7, "DeviceID"),
    ]  # fmt: skip
    assert told.cameras["camera_id"].tolist() == [GOOD]


def test_messages_one_after_the_other_and_in_gb2312_are_read(tmp_path):
    first, second = item(Name="东门"), item(DeviceID="11010100001310000002", Status="OFF")
    text = xml(first, encoding="GB2312") + xml(second, encoding="GB2312")
    (tmp_path / "catalogue.xml").write_bytes(text.encode("gb18030"))
    told = read_cameras(tmp_path / "catalogue.xml", "28181")
    assert told.cameras["status"].tolist() == ["working", "broken"]
    assert told.read == 2


@pytest.mark.parametrize(
    "content",
    ["<Response>", "<Response></Response>", '<!DOCTYPE a [<!ENTITY b "c">]><Response/>'],
)
def test_what_is_no_catalogue_is_refused(tmp_path, content):
    (tmp_path / "bad.xml").write_text(content)
    with pytest.raises(FileFormatError):
        read_catalogue_xml(tmp_path / "bad.xml")


def test_addresses_and_passwords_are_dropped_and_counted(tmp_path, town):
    file = catalogue(
        tmp_path,
        item(
            Password="hunter2", LoginName="admin", IPAddress="10.0.0.9", Port="554",
            StreamURL="rtsp://a:b@h/1", Owner="rtsp://admin:hunter2@10.0.0.9/1",
        ),
    )  # fmt: skip
    told = read_cameras(file, "28181")
    assert told.dropped == Counter({"addresses and passwords": 6})
    import_cameras(town, file, form="28181", datum="wgs84")
    stored = town.read_bytes()
    assert b"hunter2" not in stored
    assert b"10.0.0.9" not in stored
    assert b"rtsp" not in stored


def test_a_column_of_persons_is_refused(tmp_path):
    with pytest.raises(PersonalDataError):
        read_cameras(catalogue(tmp_path, item(负责人姓名="x")), "28181")


def test_a_catalogue_needs_its_datum_and_is_moved_to_wgs84(tmp_path, town):
    with pytest.raises(CRSError, match="--datum"):
        import_cameras(town, catalogue(tmp_path, item()), form="28181")
    account = import_cameras(town, catalogue(tmp_path, item()), form="28181", datum="gcj02")
    kept = gpd.read_file(town, layer="cameras").to_crs(TOY.crs)
    moved = kept.geometry.iloc[0].distance(TOY["cameras"].geometry.iloc[0])
    assert 300 < moved < 900
    assert any("eight winds" in note for note in account.notes)
    note = read_district(town)["provenance"].set_index("layer").loc["cameras", "note"]
    assert "eight winds" in note


def test_rows_with_faults_stop_the_import_or_are_left_out_and_counted(tmp_path, town):
    with pytest.raises(InputError, match="row 3, column DeviceID"):
        import_cameras(
            town, catalogue(tmp_path, item(), item(DeviceID="123")), form="28181", datum="wgs84"
        )
    assert len(read_district(town)["cameras"]) == 2
    file = catalogue(tmp_path, item(), item(DeviceID="12"), item(DeviceID="1101"), item())
    account = import_cameras(town, file, form="28181", datum="wgs84", skip_bad_rows=True)
    assert account.kept == {"cameras": 1}
    assert account.count("entry", "no cameras") == 2
    assert account.count("row", "errors") == 1


def test_cameras_without_a_position_are_dropped_and_counted(tmp_path):
    file = catalogue(tmp_path, item(), item(DeviceID=GOOD[:-1] + "2", Longitude="0", Latitude="0"))
    assert read_cameras(file, "28181").dropped == Counter({"cameras without a position": 1})


@pytest.mark.parametrize("name", ["cameras.xlsx", "cameras.csv"])
def test_the_template_is_read_back_without_its_labels_and_example(tmp_path, name):
    file = tmp_path / name
    write_camera_template(file)
    assert read_cameras(file).read == 0
    lon, lat = place()
    row = {"camera_id": "c1", "lon": str(lon), "lat": str(lat), "heading_deg": "N", "sign": "yes"}
    line = [row.get(column, "") for column in template_columns()]
    if name.endswith("csv"):
        with file.open("a", encoding="utf-8") as stream:
            stream.write(",".join(line) + "\r\n")
    else:
        book = openpyxl.load_workbook(file)
        book["cameras"].append(line)
        book.save(file)
    told = read_cameras(file)
    assert told.errors == []
    assert told.cameras[["camera_id", "heading_deg", "sign"]].values.tolist() == [["c1", 0.0, True]]


@pytest.mark.parametrize(
    ("text", "heading", "field", "presets"),
    [
        ("0", 0.0, None, None),
        ("360", 360.0, None, None),
        ("725", 725.0, None, None),
        ("N", 0.0, None, None),
        ("西南", 225.0, None, None),
        ("338-23", 0.5, 45.0, None),
        ("90;270", None, None, "90;270"),
    ],
)
def test_bearings_of_a_table_are_read_as_people_write_them(tmp_path, text, heading, field, presets):
    file = tmp_path / "t.csv"
    lon, lat = place()
    file.write_text(f"camera_id,经度,纬度,heading_deg\nc1,{lon},{lat},{text}\n", encoding="utf-8")
    told = read_cameras(file)
    assert told.errors == []
    row = told.cameras.iloc[0]
    assert [row.get("heading_deg"), row.get("hfov_deg"), row.get("presets")] == [
        heading, field, presets,
    ]  # fmt: skip


def test_what_cannot_be_read_in_a_table_is_named_by_row_and_column(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text(
        "camera_id,lon,lat,heading_deg,kind,presets,in_use_on\n"
        "c1,117,39.6,sideways,fixed,,\nc2,117,39.6,0,tank,,\nc2,217,39.6,0,fixed,here,soon\n"
    )
    found = {(one.row, one.column) for one in read_cameras(file).errors}
    assert found == {
        (2, "heading_deg"), (3, "kind"), (4, "camera_id"), (4, "lon"), (4, "presets"),
        (4, "in_use_on"),
    }  # fmt: skip


def test_the_command_imports_a_catalogue_and_writes_the_template(tmp_path, town, capsys):
    file = catalogue(tmp_path, item(), item(DeviceID="11010100002150000001"))
    asked = ["import", "cameras", str(town), str(file), "--format", "28181", "--datum", "wgs84"]
    assert main(asked) == 0
    told = capsys.readouterr().out
    assert "kept     1 cameras" in told
    assert "no cameras" in told
    assert main(["import", "cameras", "--template", str(tmp_path / "t.xlsx")]) == 0
    assert (tmp_path / "t.xlsx").exists()
    assert main(["import", "cameras"]) != 0
