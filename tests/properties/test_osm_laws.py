"""Laws of the OSM import: directions, and streets split at shared vertices."""

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridmap.io.osm.account import Tally
from gridmap.io.osm.directions import directions_of
from gridmap.io.osm.elements import Way
from gridmap.io.osm.roads import split_streets

bearings = st.integers(0, 359)
nodes = st.integers(0, 12)
ways = st.lists(st.lists(nodes, min_size=2, max_size=8), min_size=1, max_size=8)


def _street(number, refs):
    places = [(25 + (n % 4) * 1e-3, 60 + (n // 4) * 1e-3) for n in refs]
    return Way(f"w{number}", {"highway": "residential"}, refs, list(places))


@given(bearings, st.integers(1, 358))
def test_a_range_has_its_middle_as_heading_and_its_width_as_field_of_view(start, width):
    found, garbage = directions_of(f"{start}-{(start + width) % 360}")
    assert garbage == []
    turned = (found[0].heading_deg - start) % 360
    assert turned == pytest.approx(width / 2)
    assert found[0].hfov_deg == pytest.approx(width)


@given(st.lists(bearings, min_size=1, max_size=5, unique=True))
def test_a_list_has_one_direction_for_each_bearing(listed):
    found, garbage = directions_of(";".join(map(str, listed)))
    assert [one.heading_deg for one in found] == listed
    assert garbage == []


@given(st.text(max_size=12))
def test_whatever_is_written_a_bearing_lies_in_the_circle(text):
    found, _ = directions_of(text)
    assert all(one.heading_deg is None or 0 <= one.heading_deg < 360 for one in found)


@given(ways)
def test_splitting_keeps_every_metre_of_every_street(drawn):
    streets = [_street(n, refs) for n, refs in enumerate(drawn)]
    edges = split_streets(streets, Tally())
    whole = [np.hypot(*np.diff(np.array(way.places), axis=0).T).sum() for way in streets]
    length = pd.Series(shapely.length(edges.geometry.to_numpy()))
    split = length.groupby(edges["osm_id"].to_numpy()).sum()
    assert [split.get(way.osm_id, 0.0) for way in streets] == pytest.approx(whole)


@given(ways)
def test_no_edge_passes_through_a_node_that_others_use(drawn):
    streets = [_street(n, refs) for n, refs in enumerate(drawn)]
    edges = split_streets(streets, Tally())
    used = np.bincount(np.concatenate(drawn), minlength=13)
    shared = {(25 + (n % 4) * 1e-3, 60 + (n // 4) * 1e-3) for n in np.flatnonzero(used > 1)}
    for line in edges.geometry:
        assert shared.isdisjoint(line.coords[1:-1])
