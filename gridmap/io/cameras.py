"""Cameras from files: catalogues of GB/T 28181 and tables to fill in, read row by row."""

import re
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd
import xlsxwriter

from gridmap import schema
from gridmap.cameras.presets import read_presets
from gridmap.crs import WGS84
from gridmap.errors import InputError
from gridmap.io.catalogues import cameras_of, field_columns, is_directory, read_catalogue_xml
from gridmap.io.files import kind_of, replacing
from gridmap.io.personal import refuse_personal
from gridmap.io.roster_template import EXAMPLE_MARK, LANGUAGES, expected
from gridmap.io.rosters import RowError
from gridmap.io.tables import read_csv, read_xlsx

FORMATS = ("28181", "table")
"""What a file of cameras may be."""
PLACE = ("lon", "lat")
"""Columns of a table that say where a camera is [°]."""
_PLACE_NAMES = {
    "lon": ("lng", "long", "longitude", "经度", "經度"),
    "lat": ("latitude", "纬度", "緯度"),
}
_EXAMPLE = {
    "camera_id": "EXAMPLE-1", "lon": "118.7791", "lat": "32.0413", "kind": "fixed",
    "heading_deg": "225", "mount_height_m": "4.5", "model": "4mp_2.8_1/2.7", "zone": "public",
    "status": "working", "operator": "street office", "purpose": "traffic", "sign": "yes",
    "in_use_on": "2026-01-01",
}  # fmt: skip
_SECRET_HEADINGS = re.compile(
    r"(?:pass|pwd|密码|密碼|口令|login|user|用户名|用戶名|账号|帐号|帳號|rtsp|url|stream|"
    r"ip.?addr|^ip$|ip地址|^port$|端口|埠|mac)",
    re.IGNORECASE,
)
_SECRET_VALUES = re.compile(
    r"(?:rtsp|rtmp|https?|sip)s?://|\b(?:\d{1,3}\.){3}\d{1,3}\b", re.IGNORECASE
)


class ReadCameras(NamedTuple):
    """What a file of cameras brings.

    Attributes
    ----------
    cameras : GeoDataFrame
        Good rows, as degrees of whatever datum the file has.
    errors : list of RowError
        Everything that is wrong, in the order of the rows.
    read : int
        Rows that hold anything, examples left out.
    dropped : Counter
        What was dropped on purpose, by reason: secrets, directories, rows without a position.
    """

    cameras: gpd.GeoDataFrame
    errors: list[RowError]
    read: int
    dropped: Counter[str]


def read_cameras(path: str | Path, form: str = "table") -> ReadCameras:
    """Read cameras row by row, collecting every error instead of stopping at the first.

    Parameters
    ----------
    path : path
        CSV or XLSX; of a catalogue also XML.
    form : {"28181", "table"}
        Catalogue of GB/T 28181, or the table of :func:`write_camera_template`.

    Raises
    ------
    FileFormatError
        If the file is damaged or of another kind.
    InputError
        If it has no column of identifiers, or no rows.
    PersonalDataError
        If a column looks like personal data.

    Notes
    -----
    Addresses of devices, passwords and accounts are never kept: their columns and values are
    dropped before anything else is looked at, and counted. Names of cameras are not kept either.
    """
    if form not in FORMATS:
        raise InputError(f"Expected a format among {', '.join(FORMATS)}; found '{form}'.")
    place = Path(path)
    if form == "28181" and place.suffix.lower() == ".xml":
        frame = read_catalogue_xml(place)
    else:
        kind = kind_of(place)
        if kind not in {"csv", "xlsx"}:
            raise InputError(
                f"Expected CSV or XLSX{', or XML' if form == '28181' else ''}; found "
                f"'{place.suffix}'. Use gridmap import layer for files of maps."
            )
        frame = read_csv(place) if kind == "csv" else read_xlsx(place, "cameras")
    dropped: Counter[str] = Counter()
    frame = drop_secrets(frame, dropped)
    refuse_personal(frame, "cameras", place.name)
    frame = frame.assign(row=range(2, len(frame) + 2))
    return _of_catalogue(frame, dropped) if form == "28181" else _of_table(frame, dropped)


def drop_secrets(frame: pd.DataFrame, dropped: Counter[str]) -> pd.DataFrame:
    """Table without addresses, passwords and accounts of devices; how many is counted.

    Examples
    --------
    >>> told = Counter()
    >>> rows = pd.DataFrame({"camera_id": ["a"], "Password": ["x"], "purpose": ["rtsp://u:p@h/1"]})
    >>> drop_secrets(rows, told).values.tolist(), told["addresses and passwords"]
    ([['a', None]], 2)
    """
    secret = [name for name in frame.columns if _SECRET_HEADINGS.search(str(name))]
    count = int(frame[secret].notna().sum().sum())
    kept = frame.drop(columns=secret).astype(object)
    for name in kept.columns:
        found = kept[name].astype("str").str.contains(_SECRET_VALUES) & kept[name].notna()
        count += int(found.sum())
        kept[name] = kept[name].where(~found & kept[name].notna(), None)
    if count:
        dropped["addresses and passwords"] += count
    return kept


def write_camera_template(target: str | Path | BytesIO) -> None:
    """Write a table to fill in, as XLSX or, by the ending of the path, as CSV.

    Parameters
    ----------
    target : path or BytesIO
        Where; BytesIO gets a workbook.

    Notes
    -----
    Row 1 holds the names of the columns, rows 2 to 4 their labels in simplified and traditional
    Chinese and English, row 5 an example that is not read back.
    """
    if isinstance(target, BytesIO):
        _write_workbook(target)
        return
    with replacing(target) as beside:
        if Path(target).suffix.lower() == ".csv":
            lines = [template_columns(), *_labels(), _example()]
            text = "\r\n".join(",".join(_csv_field(one) for one in line) for line in lines)
            beside.write_text(text + "\r\n", encoding="utf-8-sig", newline="")
            return
        content = BytesIO()
        _write_workbook(content)
        beside.write_bytes(content.getvalue())


def template_columns() -> list[str]:
    """Columns of the template.

    Examples
    --------
    >>> template_columns()[:4]
    ['camera_id', 'lon', 'lat', 'kind']
    """
    names = [name for name in schema.layer("cameras").columns if name != "proposed"]
    return [names[0], *PLACE, *names[1:]]


def _of_catalogue(frame: pd.DataFrame, dropped: Counter[str]) -> ReadCameras:
    catalogue = field_columns(frame).assign(row=frame["row"])
    if catalogue["DeviceID"].isna().all():
        raise InputError(
            "Expected a column DeviceID (设备编码) with codes of 20 digits; found "
            f"{', '.join(map(str, frame.columns.drop('row')))}. Is it a catalogue of GB/T 28181?"
        )
    read = len(catalogue)
    other = catalogue["DeviceID"].map(is_directory).astype(bool)
    if other.any():
        dropped["regions, groups and devices that are no cameras"] += int(other.sum())
    rows, errors = cameras_of(catalogue[~other].reset_index(drop=True))
    # Platforms write 0, 0 where no position was entered.
    nowhere = rows["lon"].isna() | rows["lat"].isna() | ((rows["lon"] == 0) & (rows["lat"] == 0))
    known_bad = {one.row for one in errors}
    nowhere &= ~rows["row"].isin(known_bad)
    if nowhere.any():
        dropped["cameras without a position"] += int(nowhere.sum())
    return _placed(rows[~nowhere], errors, read, dropped)


def _of_table(frame: pd.DataFrame, dropped: Counter[str]) -> ReadCameras:
    frame = _with_names(frame)
    if "camera_id" not in frame:
        raise InputError(
            f"Expected a column camera_id; found {', '.join(map(str, frame.columns.drop('row')))}. "
            "Take the template: gridmap import cameras --template FILE"
        )
    labels = [line[0] for line in _labels()]
    first = frame["camera_id"].astype("str")
    frame = frame[~first.isin(labels) & ~first.str.startswith(EXAMPLE_MARK, na=False)]
    frame = _bearings(frame.reset_index(drop=True))
    rows, errors = _cast(frame)
    return _placed(rows, sorted(errors, key=lambda one: one.row), len(frame), dropped)


def _with_names(frame: pd.DataFrame) -> pd.DataFrame:
    columns = schema.layer("cameras").columns.values()
    known = {alias.lower(): c.name for c in columns for alias in c.aliases}
    known |= {text.lower(): c.name for c in columns for text in c.labels.values()}
    known |= {alias: name for name, aliases in _PLACE_NAMES.items() for alias in aliases}
    there = {str(name) for name in frame.columns}
    told = {
        name: known[str(name).removesuffix(" *").strip().lower()]
        for name in frame.columns
        if str(name) not in schema.layer("cameras").columns
        and str(name).removesuffix(" *").strip().lower() in known
    }
    taken = [new for new in told.values() if new in there or list(told.values()).count(new) > 1]
    if taken:
        raise InputError(
            f"Two columns of the file mean '{taken[0]}'. Leave one of them out, or name it "
            "something else."
        )
    return frame.rename(columns=told)


def _bearings(frame: pd.DataFrame) -> pd.DataFrame:
    """Headings that are words, ranges or lists, put where they belong; others stay as they are."""
    if "heading_deg" not in frame:
        return frame
    for name in ("presets", "hfov_deg"):
        frame = frame if name in frame else frame.assign(**{name: None})
    words = (
        frame["heading_deg"].notna() & pd.to_numeric(frame["heading_deg"], errors="coerce").isna()
    )
    for n in frame.index[words]:
        try:
            told = read_presets(str(frame.loc[n, "heading_deg"]))
        except InputError:
            continue
        if len(told) > 1:
            frame.loc[n, "presets"] = frame.loc[n, "presets"] or frame.loc[n, "heading_deg"]
            frame.loc[n, "heading_deg"] = None
            continue
        frame.loc[n, "heading_deg"] = str(told[0].heading_deg)
        if told[0].hfov_deg > 0 and pd.isna(frame.loc[n, "hfov_deg"]):
            frame.loc[n, "hfov_deg"] = str(told[0].hfov_deg)
    return frame


def _cast(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[RowError]]:
    """Rows in the types of the schema, with what could not be read."""
    rows, errors = pd.DataFrame({"row": frame["row"]}), []
    for column in schema.layer("cameras").columns.values():
        told = frame[column.name] if column.name in frame else pd.Series(None, index=frame.index)
        told = told.astype("str").str.strip().replace("", None)
        values, bad = schema.cast_column(told, column)
        wrong = bad | (values.isna() & column.required)
        if column.choices:
            wrong |= values.notna() & ~values.isin(column.choices)
        if column.type == "id":
            wrong |= values.notna() & values.duplicated()
        errors += _row_errors(frame, wrong, column.name, expected(column), told)
        rows[column.name] = values
    for name, most in zip(PLACE, (180.0, 90.0), strict=True):
        told = frame[name] if name in frame else pd.Series(None, index=frame.index)
        rows[name] = pd.to_numeric(told, errors="coerce")
        wrong = ~(rows[name].abs() <= most)
        errors += _row_errors(frame, wrong, name, "degrees such as 118.7791", told)
    return rows, errors + _presets_faults(frame, rows)


def _presets_faults(frame: pd.DataFrame, rows: pd.DataFrame) -> list[RowError]:
    told = []
    for n in rows.index[rows["presets"].notna()]:
        try:
            read_presets(str(rows.loc[n, "presets"]))
        except InputError:
            told.append(n)
    wrong = pd.Series(rows.index.isin(told), index=rows.index)
    return _row_errors(
        frame, wrong, "presets", "bearings such as 0;90 or N;338-23", rows["presets"]
    )


def _row_errors(
    frame: pd.DataFrame, wrong: pd.Series, column: str, wanted: str, told: pd.Series
) -> list[RowError]:
    return [
        RowError(
            "cameras", int(frame["row"][n]), column, wanted,
            "" if pd.isna(told[n]) else f"'{str(told[n])[:60]}'",
        )
        for n in frame.index[wrong]
    ]  # fmt: skip


def _placed(
    rows: pd.DataFrame, errors: list[RowError], read: int, dropped: Counter[str]
) -> ReadCameras:
    good = rows[~rows["row"].isin({one.row for one in errors})].reset_index(drop=True)
    points = gpd.points_from_xy(good["lon"], good["lat"])
    frame = gpd.GeoDataFrame(good.drop(columns=["row", *PLACE]), geometry=points, crs=WGS84).dropna(
        axis=1, how="all"
    )
    return ReadCameras(frame, errors, read, dropped)


def _labels() -> list[list[str]]:
    columns = schema.layer("cameras").columns
    places = {"lon": ("经度", "經度", "longitude"), "lat": ("纬度", "緯度", "latitude")}
    return [
        [
            places[name][n] if name in places else columns[name].labels[language]
            for name in template_columns()
        ]
        for n, language in enumerate(LANGUAGES)
    ]


def _example() -> list[str]:
    return [_EXAMPLE.get(name, "") for name in template_columns()]


def _csv_field(text: str) -> str:
    return f'"{text}"' if any(one in text for one in ',"\n') else text


def _write_workbook(target: BytesIO) -> None:
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    head = book.add_format({"bold": True, "bg_color": "#dde6f0", "border": 1})
    label = book.add_format({"font_color": "#555555", "text_wrap": True, "valign": "top"})
    example = book.add_format({"italic": True, "font_color": "#888888"})
    page = book.add_worksheet("cameras")
    names = template_columns()
    styles = [head, label, label, label, example]
    for row, (line, style) in enumerate(zip([names, *_labels(), _example()], styles, strict=True)):
        for column, text in enumerate(line):
            page.write_string(row, column, text, style)
    columns: Any = schema.layer("cameras").columns
    for number, name in enumerate(names):
        choices = ("yes", "no") if name in columns and columns[name].type == "bool" else ()
        choices = columns[name].choices if name in columns and columns[name].choices else choices
        if choices:
            rule = {"validate": "list", "source": list(choices)}
            page.data_validation(5, number, 2_000, number, rule)
    page.freeze_panes(4, 1)
    page.set_column(0, len(names) - 1, 16)
    book.close()
