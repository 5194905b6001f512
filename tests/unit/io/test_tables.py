import datetime as dt

import openpyxl
import pandas as pd
import pytest

from gridmap.errors import FileFormatError
from gridmap.io.tables import read_csv, read_xlsx


def save_book(path, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_text_is_read_in_each_encoding(tmp_path, encoding):
    file = tmp_path / "posts.csv"
    file.write_bytes("post_id,岗位\n001,网格长\n".encode(encoding))
    table = read_csv(file)
    assert table.to_dict("list") == {"post_id": ["001"], "岗位": ["网格长"]}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_each_delimiter_is_recognised_and_empty_values_are_empty(tmp_path, delimiter):
    file = tmp_path / "a.csv"
    file.write_text(delimiter.join("ab") + "\n" + delimiter.join(["NA", ""]) + "\n")
    table = read_csv(file)
    assert table["a"].tolist() == ["NA"]
    assert table["b"].isna().all()


def test_text_in_another_encoding_is_refused(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(b"a,b\n\xff\xff,1\n")
    with pytest.raises(FileFormatError, match="neither UTF-8 nor GB 18030"):
        read_csv(file)


def test_ragged_lines_are_refused(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("a,b\n1,2\n1,2,3\n")
    with pytest.raises(FileFormatError, match="cannot be read as CSV"):
        read_csv(file)
    file.write_text("a,b\n1,2,3\n1,2,3\n")
    with pytest.raises(FileFormatError, match="more values than there are headings"):
        read_csv(file)


def test_a_heading_that_stands_twice_is_refused(tmp_path):
    file = save_book(tmp_path / "a.xlsx", one=[["a", "a"], [1, 2]])
    with pytest.raises(FileFormatError, match="'a' stands twice"):
        read_xlsx(file)


def test_the_sheet_named_like_the_layer_is_read(tmp_path):
    file = save_book(tmp_path / "a.xlsx", notes=[["x"], [1]], posts=[["post_id"], ["p1"]])
    assert read_xlsx(file, "posts").columns.tolist() == ["post_id"]
    assert read_xlsx(file, "cells").columns.tolist() == ["x"]


def test_values_of_a_workbook_become_the_text_a_reader_sees(tmp_path):
    day, moment = pd.Timestamp(2026, 3, 2), pd.Timestamp(2026, 3, 2, 8, 30)
    row = [7, 7.5, True, day.to_pydatetime(), moment.to_pydatetime(), dt.time(8), None]
    file = save_book(tmp_path / "a.xlsx", one=[list("abcdefg"), row, [None] * 7])
    table = read_xlsx(file)
    assert len(table) == 1
    assert table.iloc[0, :6].tolist() == [
        "7",
        "7.5",
        "True",
        "2026-03-02",
        "2026-03-02T08:30:00",
        "08:00:00",
    ]
    assert table["g"].isna().all()


def test_a_truncated_workbook_is_refused(tmp_path):
    file = save_book(tmp_path / "a.xlsx", one=[["a"], [1]])
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(FileFormatError, match="truncated or damaged"):
        read_xlsx(file)


def test_an_empty_workbook_is_refused(tmp_path):
    file = save_book(tmp_path / "a.xlsx", one=[], two=[])
    with pytest.raises(FileFormatError, match="every sheet is empty"):
        read_xlsx(file)
