import numpy as np
import pytest

from gridmap.errors import InputError
from gridmap.services.inequality import gini, lorenz_curve, thinned_curve


def test_the_curve_counts_people_and_not_places():
    curve = lorenz_curve(np.array([4.0, 1.0]), np.array([10.0, 30.0]))
    # 30 of 40 people have 30 of 70
    assert curve.to_numpy() == pytest.approx(np.array([[0, 0], [0.75, 3 / 7], [1, 1]]))


def test_one_person_in_four_with_everything_is_a_gini_of_three_quarters():
    assert gini(np.array([0.0, 8.0]), np.array([3.0, 1.0])) == pytest.approx(0.75)


def test_splitting_a_place_changes_nothing():
    whole = gini(np.array([1.0, 2.0]), np.array([6.0, 4.0]))
    assert gini(np.array([1.0, 2.0, 1.0]), np.array([2.0, 4.0, 4.0])) == pytest.approx(whole)


def test_one_place_alone_is_even():
    assert gini(np.array([3.0]), np.array([50.0])) == 0.0


def test_places_unknown_or_empty_are_left_out():
    known = gini(np.array([1.0, 3.0]), np.array([5.0, 5.0]))
    assert gini(np.array([1.0, np.nan, 3.0, 99.0]), np.array([5.0, 7.0, 5.0, 0.0])) == known


@pytest.mark.parametrize(
    ("values", "people"), [([], []), ([0.0, 0.0], [3, 4]), ([1.0], [0.0]), ([np.nan], [5.0])]
)
def test_where_there_is_nothing_to_share_there_is_no_gini_and_no_curve(values, people):
    assert gini(np.array(values), np.array(people)) is None
    assert lorenz_curve(np.array(values), np.array(people)).empty
    assert thinned_curve(lorenz_curve(np.array(values), np.array(people))).empty


def test_negative_or_unknown_people_are_refused():
    with pytest.raises(InputError, match="row 1"):
        gini(np.array([1.0, 1.0]), np.array([np.nan, 1.0]))
    with pytest.raises(InputError, match="values of the places"):
        gini(np.array([-1.0, 1.0]), np.array([1.0, 1.0]))
    with pytest.raises(InputError, match="found 1 and 2"):
        gini(np.array([1.0]), np.array([1.0, 1.0]))


def test_a_thinned_curve_lies_on_the_whole_one():
    curve = lorenz_curve(np.array([1.0, 2.0, 5.0]), np.array([10.0, 20.0, 10.0]))
    thin = thinned_curve(curve, 4)
    assert thin.to_numpy() == pytest.approx(
        np.array([[0, 0], [0.25, 0.1], [0.5, 0.3], [0.75, 0.5], [1, 1]])
    )
