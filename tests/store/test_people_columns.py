"""Counts of groups, totals of communities and blocked ways travel into the database."""

import datetime as dt

import pandas as pd
import pytest
from sqlalchemy import select

from gridmap.samples import toy_district
from gridmap.store import tables as t
from gridmap.store.load import load_district

pytestmark = pytest.mark.store


def test_groups_totals_and_blocked_ways_are_stored(scratch):
    toy = toy_district()
    sent = toy.with_layers(
        population=toy["population"].assign(population_0_6=[20.0, 0.0, None, 4.0]),
        communities=toy["communities"].assign(population=[300.0, None], households=[120.0, 80.0]),
        roads=toy["roads"].assign(blocked=pd.array([True, False, None, None], dtype="boolean")),
    )
    load_district(scratch.owner, sent, at=dt.datetime(2026, 3, 2, tzinfo=dt.UTC))
    with scratch.owner.connect() as connection:
        people, places, ways = t.population.c, t.communities.c, t.roads.c
        children = connection.scalars(select(people.population_0_6).order_by(people.gid)).all()
        assert children == [20.0, 0.0, None, 4.0]
        totals = select(places.population, places.households).order_by(places.gid)
        assert connection.execute(totals).all() == [(300.0, 120.0), (None, 80.0)]
        assert connection.scalars(select(ways.blocked).order_by(ways.gid)).all() == [
            True, False, None, None,
        ]  # fmt: skip
