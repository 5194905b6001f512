import numpy as np
import pandas as pd
import pytest

from gridmap.errors import PersonalDataError
from gridmap.io.personal import personal_heading, personal_values, refuse_personal

WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]


def identity_number(serial):
    body = f"11010519491231{serial:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


@pytest.mark.parametrize(
    "heading",
    [
        "身份证",
        "身份證號碼",
        "证件号码",
        "户籍地址",
        "戶籍",
        "户主",
        "姓名",
        "居民姓名",
        "手机号",
        "聯絡電話 電話",
        "信访人",
        "重点人员类别",
        "民族",
        "宗教信仰",
        "病史",
        "残疾类型",
        "殘疾",
        "id_card",
        "IDCard",
        "id card no",
        "ssn",
        "Phone",
        "contact_phone",
        "mobile",
        "resident_id",
        "birthDate",
        "date of birth",
    ],
)
def test_headings_that_tell_of_persons_are_recognised(heading):
    assert personal_heading(heading)


@pytest.mark.parametrize(
    "heading",
    [
        "name",
        "name_en",
        "户数",
        "人口",
        "户籍人口",
        "残疾人数",
        "病床数",
        "birth_rate",
        "residential",
        "residents",
        "mobility",
        "telephoto_mm",
        "resident_population",
        "网格编码",
        "网格员岗位",
        "cell_id",
    ],
)
def test_headings_that_tell_of_places_and_counts_pass(heading):
    assert not personal_heading(heading)


def test_a_count_of_identity_numbers_is_still_personal():
    assert personal_heading("身份证数")
    assert personal_heading("phone_number")


def test_the_religion_of_a_place_is_no_personal_data():
    assert not personal_heading("religion", "sites")
    assert personal_heading("religion", "population")


def test_identity_numbers_are_found_by_date_and_check_character():
    numbers = pd.Series([identity_number(n) for n in range(3)] + ["a place"] * 97)
    assert personal_values(numbers) == "identity numbers"
    wrong = numbers.str.replace(r"\d{3}.$", "0000", regex=True)
    assert personal_values(wrong) is None


def test_identity_numbers_inside_a_remark_are_found():
    remark = pd.Series([f"ask for {identity_number(7)}, ground floor"])
    assert personal_values(remark) == "identity numbers"


def test_identity_numbers_of_the_old_form_are_found_but_not_in_columns_of_codes():
    old = pd.Series(["110105491231002", "320102680730315"])
    assert personal_values(old) == "identity numbers of the old form"
    assert personal_values(old, codes=True) is None


@pytest.mark.parametrize("values", [["13800138000"], ["+86 138-0013-8000"], [13800138000]])
def test_mobile_numbers_are_found(values):
    assert personal_values(pd.Series(values)) == "mobile phone numbers"


def test_mobile_numbers_stored_as_decimals_are_found():
    assert personal_values(pd.Series([13800138000.0, np.nan])) == "mobile phone numbers"


@pytest.mark.parametrize(
    "values",
    [
        ["110101001001"],
        ["11010100100113800138"],
        [118.78, 32.04],
        ["POINT (118.7813800138000 32.04)"],
        ["2026-03-02T08:00:00.123456+08:00"],
        [True, False],
        [None, None],
        [12_345_678_901_234],
    ],
)
def test_community_codes_camera_codes_coordinates_and_times_are_no_personal_data(values):
    assert personal_values(pd.Series(values)) is None


def test_cell_codes_pass_in_a_column_of_codes():
    cells = pd.DataFrame({"cell_id": ["a"], "code": ["110101001001001"], "网格编码": ["1"]})
    cells["网格编码"] = ["110101001001001"]
    refuse_personal(cells, "cells")


def test_numbers_of_osm_objects_are_no_phone_numbers():
    refuse_personal(pd.DataFrame({"osm_id": [13_123_456_789]}), "sites")


def test_the_error_names_the_column_and_why_but_never_a_value(caplog):
    table = pd.DataFrame({"site_id": ["a"], "remark": [identity_number(5)], "户主": ["Zhang"]})
    with pytest.raises(PersonalDataError) as caught:
        refuse_personal(table, "sites", "list.csv")
    text = str(caught.value)
    assert "'remark'" in text
    assert "'户主'" in text
    assert "list.csv" in text
    assert identity_number(5) not in text
    assert "Zhang" not in text
    assert not caplog.records


def test_columns_of_the_schema_are_known_by_their_names():
    refuse_personal(pd.DataFrame({"name": ["Library"], "population": [3]}), "cells")
