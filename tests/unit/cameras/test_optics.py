"""Optics: field of view, density and range, both editions of the standard."""

import numpy as np
import pytest

from gridmap.cameras.optics import field_of_view, level_range, levels, pixel_density
from gridmap.errors import InputError


def test_a_four_megapixel_camera_reaches_56_22_11_and_6_metres():
    dori = levels().query("level != 'monitor'")["pixels_per_m"].to_numpy()
    told = level_range(2688, 2.8, 5.37, dori)
    assert told.round(1).tolist() == [56.1, 22.4, 11.2, 5.6]


def test_the_density_at_the_range_of_a_level_is_that_level():
    far = level_range(2560, 4.0, 5.37, 62.5)
    assert pixel_density(2560, field_of_view(5.37, 4.0), far) == pytest.approx(62.5)


def test_a_sensor_as_wide_as_twice_the_focal_length_sees_90_degrees():
    assert field_of_view(6.0, 3.0) == pytest.approx(90.0)


def test_the_levels_of_2025_are_seven():
    assert levels("2025")["pixels_per_m"].tolist() == [20, 40, 80, 125, 250, 500, 1500]


@pytest.mark.parametrize("edition", ["2014", "2025"])
def test_levels_rise_and_have_labels_in_three_languages(edition):
    table = levels(edition)
    assert np.all(np.diff(table["pixels_per_m"]) > 0)
    labels = table[["label_zh_Hans", "label_zh_Hant", "label_en"]]
    assert labels.map(bool).all().all()


def test_an_unknown_edition_says_which_there_are():
    with pytest.raises(InputError, match="2014, 2025"):
        levels("1999")
