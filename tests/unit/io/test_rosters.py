from io import BytesIO

import openpyxl
import pandas as pd
import pytest

from gridmap.errors import FileFormatError, InputError, PersonalDataError
from gridmap.io.districts import read_district, write_district
from gridmap.io.roster_template import write_template
from gridmap.io.rosters import read_roster, require_faultless
from gridmap.samples import EAST, toy_district
from gridmap.studies.rosters import import_roster, places_of, template_for

TOY = toy_district()
POSTS = TOY["posts"]["post_id"].tolist()
PLACES = places_of(TOY)


def book(path, **sheets):
    """A workbook as a person fills it in: the template's sheets with rows below the example."""
    template_for(path, TOY)
    made = openpyxl.load_workbook(path)
    for name, rows in sheets.items():
        for row in rows:
            made[name].append(row)
    made.save(path)
    return path


def read(path):
    return read_roster(path, known_posts=POSTS, known_places=PLACES)


def test_the_template_has_a_head_in_three_languages_an_example_and_lists(tmp_path):
    made = openpyxl.load_workbook(book(tmp_path / "t.xlsx"))
    assert made.sheetnames[:3] == ["posts", "duties", "absences"]
    heads = [[cell.value for cell in row] for row in made["posts"].iter_rows(max_row=5)]
    assert heads[0] == ["post_id", "role", "organisation", "full_time"]
    assert [row[0] for row in heads[1:]] == ["岗位标识 *", "崗位標識 *", "post id *", "EXAMPLE-1"]
    listed = {
        str(one.sqref): one.formula1 for one in made["duties"].data_validations.dataValidation
    }
    assert listed["A6:A2006"] == "lists!$A$2:$A$5"
    assert listed["B6:B2006"] == "lists!$B$2:$B$9"
    assert listed["C6:C2006"] == '"yes,no"'


def test_an_untouched_template_brings_no_row_and_no_error(tmp_path):
    roster = read(book(tmp_path / "t.xlsx"))
    assert (roster.read, roster.errors) == (0, [])
    assert all(frame.empty for frame in roster.layers.values())


def test_rows_are_read_in_the_types_of_the_schema(tmp_path):
    roster = read(
        book(
            tmp_path / "t.xlsx",
            posts=[["p9", "guard", "West", "no"]],
            duties=[["p9", "se", "yes", "2026-04-01", None]],
            absences=[["p1", "2026-04-01", "2026-04-08", "p9", "leave"]],
        )
    )
    assert roster.errors == []
    assert roster.layers["posts"].iloc[0].tolist() == ["p9", "guard", "West", False]
    assert roster.layers["duties"]["valid_from"][0] == pd.Timestamp(2026, 4, 1)
    assert roster.layers["absences"]["stand_in_post_id"].tolist() == ["p9"]


def test_every_error_is_told_with_row_column_expected_and_found(tmp_path):
    roster = read(
        book(
            tmp_path / "t.xlsx",
            posts=[["p9", "guard"], ["p9", "guard"], ["p8", None]],
            duties=[["p1", "nowhere", "maybe", "soon"], ["p7", "nw", "yes"]],
            absences=[["p1", "2026-04-08", "2026-04-01", "p1", "flu"]],
        )
    )
    told = [(one.sheet, one.row, one.column, one.found) for one in roster.errors]
    assert told == [
        ("posts", 7, "post_id", "'p9'"),
        ("posts", 8, "role", ""),
        ("duties", 6, "accountable", "'maybe'"),
        ("duties", 6, "valid_from", "'soon'"),
        ("duties", 6, "cell_id", "'nowhere'"),
        ("duties", 7, "post_id", "'p7'"),
        ("absences", 6, "reason", "'flu'"),
        ("absences", 6, "to", "2026-04-01"),
        ("absences", 6, "stand_in_post_id", "'p1'"),
    ]
    assert roster.bad_rows == 5
    assert str(roster.errors[2]) == (
        "duties row 6, column accountable: expected yes or no, found 'maybe'"
    )
    with pytest.raises(InputError, match="5 of 6 rows have errors; nothing was imported"):
        require_faultless(roster)


def test_a_duty_of_a_post_whose_row_is_faulty_is_an_error_too(tmp_path):
    roster = read(book(tmp_path / "t.xlsx", posts=[["p9", None]], duties=[["p9", "nw", "yes"]]))
    assert [(one.sheet, one.column) for one in roster.errors] == [
        ("posts", "role"),
        ("duties", "post_id"),
    ]


@pytest.mark.parametrize("language", [2, 3, 4])
def test_a_head_in_any_one_language_is_enough(tmp_path, language):
    path = book(tmp_path / "t.xlsx", posts=[["p9", "guard", "West", "no"]])
    made = openpyxl.load_workbook(path)
    for row in (5, 4, 3, 2, 1):
        if row != language:
            made["posts"].delete_rows(row)
    made.save(path)
    roster = read(path)
    assert roster.errors == []
    assert roster.layers["posts"]["post_id"].tolist() == ["p9"]


def test_a_column_of_names_or_phones_is_refused_and_nothing_is_read(tmp_path):
    path = book(tmp_path / "t.xlsx", posts=[["p9", "guard"]])
    made = openpyxl.load_workbook(path)
    made["posts"].cell(1, 5, "手机号")
    made["posts"].cell(6, 5, "13812345678")
    made.save(path)
    with pytest.raises(PersonalDataError, match="手机号") as refused:
        read(path)
    assert "13812345678" not in str(refused.value)


def test_text_that_begins_like_a_formula_stays_text(tmp_path):
    posts = TOY["posts"].assign(organisation="=1+1")
    target = tmp_path / "t.xlsx"
    write_template(target, filled={"posts": posts})
    assert openpyxl.load_workbook(target)["posts"]["C6"].data_type == "s"
    assert set(read_roster(target).layers["posts"]["organisation"]) == {"=1+1"}


def test_a_filled_template_comes_back_as_it_was(tmp_path):
    template_for(tmp_path / "t.xlsx", TOY, filled=True)
    roster = read(tmp_path / "t.xlsx")
    assert roster.errors == []
    for name in ("posts", "duties"):
        pd.testing.assert_frame_equal(roster.layers[name], TOY[name])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04 cut", "truncated or damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "encrypted|old"),
        (b"", "empty"),
    ],
)
def test_a_file_that_is_no_workbook_is_one_clear_error(tmp_path, content, said):
    place = tmp_path / "t.xlsx"
    place.write_bytes(content)
    with pytest.raises(FileFormatError, match=said):
        read(place)


def test_a_workbook_with_other_sheets_is_told_of_the_template(tmp_path):
    made = openpyxl.Workbook()
    made.save(tmp_path / "t.xlsx")
    with pytest.raises(FileFormatError, match="gridmap staff template"):
        read(tmp_path / "t.xlsx")


@pytest.fixture
def district(tmp_path):
    write_district(TOY, tmp_path / "toy.gpkg")
    return tmp_path / "toy.gpkg"


def test_an_import_adds_rows_and_replaces_those_with_the_same_key(tmp_path, district):
    file = book(
        tmp_path / "t.xlsx",
        posts=[["p9", "guard", "West", "no"], ["p4", "nurse", "Clinic", "yes"]],
        duties=[["p1", "nw", "yes", "2025-01-01", "2026-04-01"], ["p9", EAST, "no", None, None]],
    )
    account = import_roster(district, file)
    assert account.rows == {"posts": (2, 5), "duties": (2, 5)}
    after = read_district(district)
    assert after["posts"].set_index("post_id")["role"]["p4"] == "nurse"
    ended = after["duties"].query("post_id == 'p1' and cell_id == 'nw'")
    assert ended["valid_to"].tolist() == [pd.Timestamp(2026, 4, 1)]


def test_one_bad_row_stops_the_import_unless_it_may_be_left_out(tmp_path, district):
    before = district.read_bytes()
    file = book(tmp_path / "t.xlsx", posts=[["p9", "guard"], ["p8", None]])
    with pytest.raises(InputError, match="posts row 7, column role"):
        import_roster(district, file)
    assert district.read_bytes() == before
    account = import_roster(district, file, skip_bad_rows=True)
    assert [str(one.row) for one in account.errors] == ["7"]
    assert "p9" in read_district(district)["posts"]["post_id"].tolist()


def test_a_template_can_be_written_into_memory():
    target = BytesIO()
    write_template(target)
    assert openpyxl.load_workbook(target).sheetnames[0] == "posts"
