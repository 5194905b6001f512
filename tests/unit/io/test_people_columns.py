"""Counts of groups, totals of communities and blocked ways travel through files."""

import pandas as pd
import pytest

from gridmap.io.districts import read_district, write_district
from gridmap.samples import toy_district


@pytest.mark.parametrize("form", ["toy.gpkg", "toy"])
def test_groups_totals_and_blocked_ways_come_back(tmp_path, form):
    toy = toy_district()
    sent = toy.with_layers(
        population=toy["population"].assign(
            population_0_6=[20.0, 0.0, None, 4.0], population_60_plus=[50.0, 16.0, 10.0, 8.0]
        ),
        communities=toy["communities"].assign(population=[300.0, None], households=[120.0, 80.0]),
        roads=toy["roads"].assign(blocked=pd.array([True, False, None, None], dtype="boolean")),
    )
    write_district(sent, tmp_path / form)
    back = read_district(tmp_path / form)
    assert back["population"]["population_0_6"].tolist()[:2] == [20.0, 0.0]
    assert back["population"]["population_0_6"].isna().tolist() == [False, False, True, False]
    assert back["population"]["population_60_plus"].tolist() == [50.0, 16.0, 10.0, 8.0]
    assert back["communities"]["population"].isna().tolist() == [False, True]
    assert back["communities"]["households"].tolist() == [120.0, 80.0]
    assert back["roads"]["blocked"].isna().tolist() == [False, False, True, True]
    assert back["roads"]["blocked"].tolist()[:2] == [True, False]
