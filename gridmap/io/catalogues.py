"""Camera catalogues of GB/T 28181 as they are exported: XML messages or tables of their fields."""

import csv
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from gridmap.errors import FileFormatError
from gridmap.io.files import check_place, check_size
from gridmap.io.rosters import RowError

FIELDS: Mapping[str, tuple[str, ...]] = {
    "DeviceID": ("deviceid", "channelid", "设备编码", "国标编码", "通道编码", "設備編碼"),
    "CivilCode": ("civilcode", "行政区划", "行政区域", "行政區劃"),
    "Longitude": ("longitude", "lon", "lng", "经度", "經度"),
    "Latitude": ("latitude", "lat", "纬度", "緯度"),
    "Status": ("status", "状态", "设备状态", "狀態"),
    "StatusTime": ("statustime", "status_on", "状态时间", "状态日期", "狀態時間", "狀態日期"),
    "PTZType": ("ptztype", "摄像机类型", "云台类型", "攝影機類型"),
    "DirectionType": ("directiontype", "监视方位", "方位", "監視方位"),
    "RoomType": ("roomtype", "室内外", "室內外"),
    "UseType": ("usetype", "用途"),
    "Owner": ("owner", "设备归属", "归属单位", "設備歸屬"),
}  # fmt: skip
"""Fields that are read, and the headings they go by (letters of any case)."""
WIND_ERROR_DEG = 22.5
"""How far a heading told as one of eight winds may be off [°]."""
_PROVINCES = frozenset(
    map(str, [*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47)])
) | frozenset(map(str, [*range(50, 55), *range(61, 66), 71, 81, 82]))
"""First two digits of regions, by GB/T 2260."""
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*encoding=["']([\w-]+)["']""")
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_TRAP = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DIGITS = 20


@cache
def code_words(part: str) -> Mapping[str, str]:
    """Meaning of the codes of one field: a kind of the schema, a wind, a status.

    Examples
    --------
    >>> code_words("direction")["5"], code_words("type")["132"]
    ('SE', 'camera')
    """
    path = files("geodata").joinpath("reference", "gb28181_types.csv")
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return {row["code"]: row["kind"] for row in rows if row["part"] == part}


def read_catalogue_xml(path: str | Path, limit: int | None = None) -> pd.DataFrame:
    """Read the items of catalogue messages, one after the other in one file, as text.

    Parameters
    ----------
    path : path
        XML in UTF-8, GB 2312 or GB 18030, as its declaration says.
    limit : int, optional
        Largest size [bytes].

    Raises
    ------
    FileFormatError
        If it is no such XML, or defines entities of its own.
    """
    place = check_place(path)
    check_size(place, limit)
    text = _decoded(place)
    if _TRAP.search(text):
        raise FileFormatError(
            f"{place.name} defines a document type or entities, which a catalogue never does. "
            "Export it again from the platform."
        )
    try:
        root = ElementTree.fromstring(f"<all>{_DECLARATION.sub('', text)}</all>")  # noqa: S314
    except ElementTree.ParseError as error:
        raise FileFormatError(
            f"{place.name} cannot be read as XML: {error}. Expected the messages of a catalogue, "
            "with one Item for each device."
        ) from error
    rows = [
        {one.tag: (one.text or "").strip() for one in item.iter()} for item in root.iter("Item")
    ]
    if not rows:
        raise FileFormatError(
            f"{place.name} holds no element Item. Expected the catalogue of a GB/T 28181 platform."
        )
    return pd.DataFrame(rows).drop(columns=["Item", "Info"], errors="ignore").replace("", None)


def field_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of a table under the names of the catalogue's fields; others are left out.

    Examples
    --------
    >>> field_columns(pd.DataFrame({"国标编码": ["1"], "Name": ["x"]})).columns.tolist()[:2]
    ['DeviceID', 'CivilCode']
    """
    known = {alias: name for name, aliases in FIELDS.items() for alias in aliases}
    renamed = {column: known.get(str(column).strip().lower()) for column in frame.columns}
    kept = {name: frame[column] for column, name in reversed(renamed.items()) if name}
    empty = pd.Series(None, index=frame.index, dtype="str")
    return pd.DataFrame({name: kept.get(name, empty).astype("str") for name in FIELDS})


def code_fault(code: str | None) -> str:
    """Tell what is wrong with a code of 20 digits; empty where nothing is.

    Parameters
    ----------
    code : str
        Centre (8: region of GB/T 2260 and unit), industry (2), type (3), network (1), serial (6).

    Notes
    -----
    The code has no check digit; what can be checked is its length, digits, province and type.

    Examples
    --------
    >>> code_fault("34020000001320000001"), code_fault("3402000000132000001")
    ('', '20 digits')
    >>> code_fault("99020000001320000001")
    'a region of GB/T 2260 in the first digits'
    >>> code_fault("34020000009990000001")
    'a type of device in digits 11 to 13 (131 camera, 132 network camera)'
    """
    if not code or len(code) != _DIGITS or not (code.isascii() and code.isdigit()):
        return "20 digits"
    if code[:2] not in _PROVINCES:
        return "a region of GB/T 2260 in the first digits"
    if code[10:13] not in code_words("type"):
        return "a type of device in digits 11 to 13 (131 camera, 132 network camera)"
    return ""


def is_directory(code: Any) -> bool:
    """Whether a code is that of a region or of a device that is no camera.

    Examples
    --------
    >>> [is_directory(code) for code in ("340200", "34020000002000000001", "34020000001320000001")]
    [True, True, False]
    """
    text = str(code)
    if text.isascii() and text.isdigit() and len(text) in {2, 4, 6, 8}:
        return True
    return not code_fault(text) and code_words("type")[text[10:13]] != "camera"


def cameras_of(catalogue: pd.DataFrame) -> tuple[pd.DataFrame, list[RowError]]:
    """Rows of the layer ``cameras`` from the fields of a catalogue.

    Parameters
    ----------
    catalogue : DataFrame
        From :func:`field_columns`, with ``row``; directories left out.

    Returns
    -------
    DataFrame
        row, camera_id, kind, heading_deg, heading_error_deg, zone, status, status_on, operator,
        purpose, lon, lat.
    list of RowError
        What could not be read.

    Examples
    --------
    >>> item = {"DeviceID": "34020000001320000001", "Longitude": "118.7", "Latitude": "32.0",
    ...         "DirectionType": "6", "PTZType": "3", "Status": "OFF"}
    >>> rows, errors = cameras_of(field_columns(pd.DataFrame([item])).assign(row=2))
    >>> rows[["kind", "heading_deg", "status"]].values.tolist(), errors
    ([['fixed', 45.0, 'broken']], [])
    """
    from gridmap.cameras.presets import WINDS

    errors = [
        RowError("cameras", int(row), "DeviceID", fault, _quoted(code))
        for row, code in zip(catalogue["row"], catalogue["DeviceID"], strict=True)
        if (fault := code_fault(None if pd.isna(code) else code))
    ]
    twice = catalogue["DeviceID"].notna() & catalogue["DeviceID"].duplicated()
    errors += _errors(catalogue, twice, "DeviceID", "a code of its own")
    rows = pd.DataFrame({"row": catalogue["row"], "camera_id": catalogue["DeviceID"]})
    told = {}
    for name, part in (("PTZType", "ptz"), ("DirectionType", "direction"), ("RoomType", "room"),
                       ("Status", "status"), ("UseType", "use")):  # fmt: skip
        told[part], wrong = _worded(catalogue[name], part)
        known = ", ".join(code_words(part))
        errors += _errors(catalogue, wrong, name, f"one of {known}, or nothing")
    heading = told["direction"].map(WINDS).astype("float64")
    rows = rows.assign(kind=told["ptz"], heading_deg=heading)
    rows["heading_error_deg"] = np.where(heading.notna(), WIND_ERROR_DEG, np.nan)
    rows = rows.assign(zone=told["room"], status=told["status"], purpose=told["use"])
    rows["operator"] = catalogue["Owner"]
    since = pd.to_datetime(catalogue["StatusTime"], errors="coerce", format="mixed")
    errors += _errors(
        catalogue, since.isna() & catalogue["StatusTime"].notna(), "StatusTime",
        "a day such as 2026-03-02",
    )  # fmt: skip
    rows["status_on"] = since.dt.strftime("%Y-%m-%d")
    for name, column, most in (("Longitude", "lon", 180.0), ("Latitude", "lat", 90.0)):
        rows[column] = pd.to_numeric(catalogue[name], errors="coerce")
        wrong = catalogue[name].notna() & ~(rows[column].abs() <= most)
        errors += _errors(catalogue, wrong, name, "degrees such as 118.7791")
    return rows, sorted(errors, key=lambda one: one.row)


def _worded(codes: pd.Series, part: str) -> tuple[pd.Series, pd.Series]:
    words = dict(code_words(part))
    plain = codes.str.strip().str.upper()
    plain = plain.where(plain.isin(list(words)), plain.str.replace(r"\.0$", "", regex=True))
    # 0 stands for "not told" in what platforms export.
    plain = plain.mask(plain.isin(["", "0"]) & ~plain.isin(list(words)))
    return plain.map({code: word or None for code, word in words.items()}), (
        plain.notna() & ~plain.isin(list(words))
    )


def _errors(frame: pd.DataFrame, wrong: pd.Series, column: str, expected: str) -> list[RowError]:
    return [
        RowError("cameras", int(row), column, expected, _quoted(found))
        for row, found in zip(frame["row"][wrong], frame[column][wrong], strict=True)
    ]


def _quoted(value: Any) -> str:
    return "" if value is None or pd.isna(value) else f"'{str(value)[:60]}'"


def _decoded(place: Path) -> str:
    content = place.read_bytes()
    declared = _DECLARED.match(content)
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    encoding = "gb18030" if name.startswith("gb") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"{place.name} is not in {encoding}, which its first line declares ({name}). Export it "
            "again in UTF-8 or GB 18030."
        ) from error
