"""Classes of colour: every cell in exactly one, and never colour alone."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import InputError
from gridmap.maps.colours import (
    SCHEMES,
    STATUSES,
    class_of,
    quantile_breaks,
    status_classes,
    value_classes,
)

numbers = st.lists(
    st.one_of(st.none(), st.floats(-1e6, 1e6, allow_subnormal=False)), min_size=1, max_size=60
)


@given(numbers)
def test_every_cell_is_counted_in_exactly_one_class(values: list[float | None]) -> None:
    classes = value_classes(values)
    assert sum(one.cells or 0 for one in classes) == len(values)


@given(numbers)
def test_classes_adjoin_and_are_open_at_both_ends(values: list[float | None]) -> None:
    ranges = [one for one in value_classes(values) if one.key != "unknown"]
    assert ranges[0].low is None
    assert ranges[-1].high is None
    assert all(a.high == b.low for a, b in itertools.pairwise(ranges))


def test_a_value_on_a_bound_falls_into_the_upper_class() -> None:
    assert class_of(pd.Series([0.4, 0.4 - 1e-12]), [0.4]).tolist() == [1, 0]


def test_without_any_value_there_is_one_class_and_the_absent_are_hatched() -> None:
    classes = value_classes([None, np.nan])
    assert [(one.key, one.cells) for one in classes] == [("c0", 0), ("unknown", 2)]
    assert classes[-1].pattern == "hatch"


def test_equal_values_make_one_class() -> None:
    assert quantile_breaks([7.0] * 10) == ()


def test_share_breaks_are_fixed_and_shown_as_per_cent() -> None:
    labels = [one.label for one in value_classes([0.5], unit="share")]
    assert labels == ["< 20 %", "20 – 40 %", "40 – 60 %", "60 – 80 %", "80 – 95 %", "≥ 95 %"]


def test_bounds_have_thin_space_thousands_and_their_unit() -> None:
    assert value_classes([1.0], unit="m", breaks=[1500])[1].label == "≥ 1\u202f500 m"


def test_breaks_that_fall_or_are_too_many_are_refused() -> None:
    with pytest.raises(InputError, match="must rise"):
        value_classes([1.0], breaks=[2, 1])
    with pytest.raises(InputError, match="seven"):
        value_classes([1.0], breaks=range(7))
    with pytest.raises(InputError, match="cividis"):
        value_classes([1.0], scheme="rainbow")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 7])
def test_a_scheme_darkens_all_the_way_so_it_survives_grey_printing(scheme: str, count: int) -> None:
    def brightness(colour: str) -> float:
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    found = [brightness(one) for one in SCHEMES[scheme][count]]
    assert found == sorted(found, reverse=True)
    assert min(-np.diff(found)) > 10


def test_statuses_that_have_no_colour_of_their_own_have_a_pattern() -> None:
    patterns = {one.key: one.pattern for one in status_classes()}
    assert patterns["unknown"] == "hatch"
    assert patterns["not_due"] == "empty"
    assert set(patterns) == set(STATUSES)


@pytest.mark.parametrize(
    ("language", "label"), [("zh_Hans", "未达标"), ("zh_Hant", "未達標"), ("en", "missed")]
)
def test_statuses_are_named_in_the_language_of_the_reader(language: str, label: str) -> None:
    assert label in [one.label for one in status_classes(language=language)]
