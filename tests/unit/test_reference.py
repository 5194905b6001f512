import pandas as pd
import pytest

from gridmap import reference
from gridmap.errors import FileFormatError, InputError

CONTRACT_TYPES = [
    "health_station",
    "health_centre",
    "hospital",
    "police_room",
    "police_station",
    "fire_station",
    "community_centre",
    "elder_care",
    "elder_canteen",
    "kindergarten",
    "primary_school",
    "secondary_school",
    "library",
    "pharmacy",
    "market",
    "toilet",
    "activity_ground",
    "park",
    "bus_stop",
]


def test_every_type_of_the_contract_is_in_the_table_once():
    types = reference.site_types()["type"]
    assert set(CONTRACT_TYPES) <= set(types)
    assert types.is_unique


def test_every_type_has_names_in_three_languages():
    table = reference.site_types()
    for column in ("label_zh_Hans", "label_zh_Hant", "label_en"):
        assert (table[column].str.len() > 0).all()
        assert table[column].is_unique


def test_every_norm_belongs_to_a_type_and_names_its_source():
    norms = reference.norms()
    assert set(norms["type"]) <= set(reference.site_types()["type"])
    assert norms[["source", "confidence"]].notna().all().all()
    assert set(norms["confidence"]) <= {"high", "medium", "low-medium", "low", "assumption"}


def test_a_norm_nobody_verified_never_claims_high_confidence():
    norms = reference.norms()
    unverified = norms["source"].str.contains("not verified")
    assert set(norms["confidence"][unverified]) <= {"low-medium", "assumption"}


@pytest.mark.parametrize(
    ("tags", "site_type"),
    [
        ({"amenity": "pharmacy"}, "pharmacy"),
        ({"healthcare": "pharmacy"}, "pharmacy"),
        ({"amenity": "police"}, "police_station"),
        ({"amenity": "police", "name": "新街口警务室"}, "police_room"),
        ({"amenity": "school"}, "school"),
        ({"amenity": "school", "name": "琅琊路小学"}, "primary_school"),
        ({"amenity": "school", "isced:level": "2; 3"}, "secondary_school"),
        ({"amenity": "community_centre"}, "community_centre"),
        ({"amenity": "community_centre", "community_centre:for": "senior"}, "elder_care"),
        ({"railway": "subway_entrance"}, "metro_station"),
        ({"amenity": "bench"}, None),
        ({}, None),
    ],
)
def test_tags_decide_the_type(tags, site_type):
    assert reference.type_of_tags(tags) == site_type
    frame = pd.DataFrame([tags]) if tags else pd.DataFrame(index=[0])
    found = reference.types_of_frame(frame)[0]
    assert (None if pd.isna(found) else found) == site_type


def test_a_norms_file_of_ones_own_may_have_two_columns(tmp_path):
    path = tmp_path / "norms.csv"
    path.write_text("type,norm_m\npharmacy,400\nkiosk,\n", encoding="utf-8")
    norms = reference.read_norms(path)
    assert norms["norm_m"].tolist()[0] == 400
    assert norms["norm_m"].isna().tolist() == [False, True]
    assert norms.columns.tolist() == list(reference.NORM_COLUMNS)


def test_every_fault_of_a_norms_file_is_named(tmp_path):
    path = tmp_path / "norms.csv"
    path.write_text("type,norm_m,minutes\npharmacy,-5,\npharmacy,x,\n,300,0\nlibrary,1e6,\n")
    with pytest.raises(InputError) as caught:
        reference.read_norms(path)
    text = str(caught.value)
    for part in ("given twice: pharmacy", "-5, x", "line 4", "'minutes'", "over 50 km in line 5"):
        assert part in text


def test_a_norms_file_without_its_columns_is_refused(tmp_path):
    path = tmp_path / "norms.csv"
    path.write_text("name,radius\npharmacy,400\n")
    with pytest.raises(InputError, match="missing type, norm_m, found name, radius"):
        reference.read_norms(path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x01", None])
def test_a_norms_file_that_is_no_table_is_refused(tmp_path, content):
    path = tmp_path / "norms.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FileFormatError, match="CSV"):
        reference.read_norms(path)


def test_an_unknown_reference_table_is_named_with_those_there_are():
    with pytest.raises(InputError, match=r"norms\.csv"):
        reference.reference_path("nothing.csv")
