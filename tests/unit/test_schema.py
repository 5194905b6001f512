"""The schema is the single source for columns; its faults name ids and remedies."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridmap import schema
from gridmap.errors import InputError, MissingLayerError


def cells(**columns: object) -> gpd.GeoDataFrame:
    base = {"cell_id": ["a", "b"], "community_code": ["1", "1"]} | columns
    shapes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    return gpd.GeoDataFrame(base, geometry=base.pop("geometry", shapes), crs=4548)


def rules(frame: pd.DataFrame, name: str) -> list[str]:
    return [one.rule for one in schema.examine(frame, name)[1]]


def test_every_layer_of_the_contract_is_there() -> None:
    expected = {
        "boundary", "communities", "cells", "roads", "buildings", "landuse", "population", "sites",
        "cameras", "posts", "duties", "requirements", "shifts", "fixes", "premises",
    }  # fmt: skip
    assert expected <= set(schema.district_layers())


@pytest.mark.parametrize("name", list(schema.layers()))
def test_every_column_has_a_label_in_three_languages_and_a_meaning(name: str) -> None:
    spec = schema.layer(name)
    for column in spec.columns.values():
        assert all(column.labels.values()), column.name
        assert column.meaning.endswith("."), column.name
    assert all(spec.labels.values())


def test_an_unknown_layer_names_the_known_ones() -> None:
    with pytest.raises(MissingLayerError, match="Unknown layer 'cell'.*cells"):
        schema.layer("cell")


def test_a_good_layer_has_no_findings() -> None:
    assert rules(cells(), "cells") == []


def test_all_faults_of_a_layer_are_collected_before_raising() -> None:
    bad = cells(cell_id=["a", "a"], community_code=[None, "1"], households=["many", 3])
    with pytest.raises(InputError) as caught:
        schema.conform(bad, "cells")
    text = str(caught.value)
    assert "must be unique" in text
    assert "expects a finite number, found 'many'" in text
    assert "'community_code' is empty in 1 rows" in text


def test_a_missing_column_says_what_was_found_and_how_to_rename() -> None:
    with pytest.raises(InputError, match="'post_id' is not there.*number.*--rename YOURS=post_id"):
        schema.conform(pd.DataFrame({"number": [1], "role": ["x"]}), "posts")


@pytest.mark.parametrize(
    ("shape", "rule"),
    [
        (None, "null_geometry"),
        (shapely.Polygon(), "null_geometry"),
        (shapely.Point(0, 0), "wrong_geometry"),
        (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "invalid_geometry"),
    ],
)
def test_doubtful_geometry_is_found_with_its_id(shape: object, rule: str) -> None:
    frame = cells(geometry=[shapely.box(0, 0, 1, 1), shape])
    [finding] = schema.examine(frame, "cells")[1]
    assert (finding.rule, finding.ids, finding.severity) == (rule, ("b",), "error")
    assert finding.remedy


def test_a_time_without_zone_is_refused() -> None:
    shifts = pd.DataFrame(
        {
            "shift_id": ["s"],
            "unit_id": ["u"],
            "start": ["2026-03-02T08:00:00"],
            "end": ["2026-03-02T09:00:00Z"],
        }
    )
    with pytest.raises(InputError, match="a time with zone"):
        schema.conform(shifts, "shifts")


def test_times_with_zones_become_utc() -> None:
    shifts = pd.DataFrame(
        {
            "shift_id": ["s"],
            "unit_id": ["u"],
            "start": ["2026-03-02T08:00:00+08:00"],
            "end": ["2026-03-02T09:00:00Z"],
        }
    )
    ready = schema.conform(shifts, "shifts")
    assert ready.start[0] == pd.Timestamp("2026-03-02T00:00:00Z")


def test_unknown_columns_are_kept_and_aliases_renamed() -> None:
    land = gpd.GeoDataFrame(
        {"landuse": ["park"], "colour": ["green"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4548
    )
    ready = schema.conform(land, "landuse")
    assert ready.kind.tolist() == ["park"]
    assert ready.colour.tolist() == ["green"]


def test_an_odd_choice_is_a_warning_and_does_not_stop() -> None:
    [finding] = schema.examine(cells(kind=["basic", "odd"]), "cells")[1]
    assert (finding.rule, finding.severity, finding.ids) == ("unknown_choice", "warning", ("b",))


@pytest.mark.parametrize("word", ["yes", "TRUE", "1", "是", True, 1.0])
def test_many_words_mean_yes(word: object) -> None:
    frame = pd.DataFrame({"post_id": ["a"], "role": ["x"], "full_time": [word]})
    assert schema.conform(frame, "posts").full_time[0]


def test_numbers_read_as_ids_lose_their_decimal_point() -> None:
    frame = pd.DataFrame({"post_id": [110101.0, 7.0], "role": ["x", "y"]})
    assert schema.conform(frame, "posts").post_id.tolist() == ["110101", "7"]


@given(st.lists(st.one_of(st.none(), st.text(max_size=5), st.integers(), st.floats()), max_size=8))
def test_any_values_are_read_or_reported_never_crash(values: list[object]) -> None:
    for kind in ("number", "bool", "date", "datetime", "time", "text"):
        column = schema.Column("x", kind, "", False, (), (), {}, "")
        cast, bad = schema.cast_column(pd.Series(values, dtype=object), column)
        assert len(cast) == len(bad) == len(values)
        assert not (cast.notna() & bad).any()
