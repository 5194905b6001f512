"""Dots of a plan of sites on a map."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from gridmap.studies.siting_dots import MOST_DOTS, tell_dots, tell_homes, tell_spots


def scattered(count):
    rng = np.random.default_rng(3)
    xy = rng.uniform((500_000, 4_400_000), (520_000, 4_420_000), (count, 2))
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=4548)


def test_many_homes_are_put_together_and_keep_all_their_people():
    homes = scattered(3 * MOST_DOTS)
    people = pd.Series(np.arange(len(homes), dtype=float))
    dots = np.array(tell_dots(homes, people))
    assert len(dots) <= MOST_DOTS
    assert dots[:, 2].sum() == pytest.approx(people.sum(), rel=1e-6)


def test_homes_without_people_have_no_dot():
    homes = scattered(3)
    assert len(tell_dots(homes, pd.Series([0.0, 2.0, 0.0]))) == 1
    assert tell_dots(homes, pd.Series([0.0, 0.0, 0.0])) == []


def test_served_before_and_after_part_into_gained_lost_and_left():
    homes = scattered(3).assign(
        people=[5.0, 6.0, 7.0], served_before=[0.0, 6.0, 0.0], served_after=[5.0, 0.0, 0.0]
    )
    told = tell_homes(homes)
    people = {name: [one[2] for one in dots] for name, dots in told.items()}
    assert people == {"gained": [5.0], "lost": [6.0], "left": [6.0, 7.0]}


def test_of_very_many_candidates_one_in_several_is_drawn_and_that_is_said():
    told = tell_spots(scattered(2 * MOST_DOTS + 1))
    assert told["spots_step"] == 3
    assert len(told["spots"]) <= MOST_DOTS
    assert tell_spots(scattered(2))["spots_step"] == 1
