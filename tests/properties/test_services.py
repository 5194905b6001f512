"""Laws of the services dimension, on random little towns."""

from datetime import date
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from gridmap.district import District
from gridmap.samples import EAST0, NORTH0, TOY_CRS, toy_district
from gridmap.services import measure_services
from gridmap.services.access import line_distances, node_distances, snap, walk_distances
from gridmap.services.network import lay_network
from tests.oracles.services import walks

TOY = toy_district()
DAY = date(2026, 3, 2)
NORMS = pd.DataFrame({"type": ["pharmacy", "library"], "norm_m": [150.0, 300.0]})

corners = st.tuples(st.integers(0, 4), st.integers(0, 4))
ways = st.lists(
    st.lists(corners, min_size=2, max_size=5, unique=True), min_size=1, max_size=7, unique_by=str
)
inside = st.one_of(st.floats(1, 199), st.floats(201, 399))  # off the common borders of cells
places = st.tuples(inside, inside)


def frame(shapes, **columns):
    moved = [affinity.translate(shape, EAST0, NORTH0) for shape in shapes]
    return gpd.GeoDataFrame(columns, geometry=moved, crs=TOY_CRS)


def roads_of(drawn, levels):
    lines = [shapely.LineString([(100.0 * x, 100.0 * y) for x, y in way]) for way in drawn]
    layer = [float(level) for level in levels[: len(lines)]]
    return frame(lines, highway=["residential"] * len(lines), layer=layer)


@st.composite
def towns(draw):
    """District of the toy's size with random streets, people and sites."""
    drawn = draw(ways)
    levels = draw(st.lists(st.integers(0, 1), min_size=7, max_size=7))
    homes = draw(st.lists(st.tuples(places, st.integers(0, 50)), min_size=1, max_size=8))
    stands = draw(st.lists(st.tuples(places, st.sampled_from(["pharmacy", "library"])), max_size=5))
    sites = frame(
        [shapely.Point(place) for place, _ in stands],
        site_id=[f"s{n}" for n in range(len(stands))],
        type=[kind for _, kind in stands],
    )
    people = frame(
        [shapely.Point(place) for place, _ in homes],
        population=[float(count) for _, count in homes],
    )
    return {
        "boundary": TOY["boundary"],
        "cells": TOY["cells"],
        "roads": roads_of(drawn, levels),
        "population": people,
        "sites": sites,
    }


def measure(layers):
    return measure_services(District.of(layers, "Asia/Shanghai"), NORMS, DAY)


def figures(measured):
    """Rows in an order of their own, without what is only told."""
    rows = measured.rows.sort_values(["measure", "cell_id"])
    return rows[["cell_id", "measure", "status"]].to_numpy().tolist(), rows[
        ["value", "shortfall", "weight"]
    ].to_numpy(dtype=float)


def assert_same(one, two, places=1e-6):
    words, numbers = figures(one)
    other_words, other_numbers = figures(two)
    assert words == other_words
    np.testing.assert_allclose(numbers, other_numbers, rtol=places, atol=places)


def far_from_a_threshold(measured):
    """Nobody lives within a millimetre of a norm, where rounding may decide."""
    means = measured.rows[measured.rows["measure"].str.contains("walk_")]
    values = means["value"].to_numpy(dtype=float)
    return all(np.nanmin(np.abs(values - norm), initial=1) > 1e-3 for norm in NORMS["norm_m"])


@settings(max_examples=30, deadline=None)
@given(
    ways,
    st.lists(st.integers(0, 1), min_size=7, max_size=7),
    st.lists(places, min_size=1, max_size=5),
    st.lists(places, max_size=3),
)
def test_walks_are_those_of_the_slow_oracle(drawn, levels, homes, stands):
    roads = roads_of(drawn, levels)
    network = lay_network(roads)
    spots, shops = (
        [shapely.Point(x + EAST0, y + NORTH0) for x, y in points] for points in (homes, stands)
    )
    sites = [snap(network, shops)]
    found = walk_distances(
        network, snap(network, spots), len(spots), sites, node_distances(network, sites)
    )
    lines = [[tuple(corner) for corner in line.coords] for line in roads.geometry]
    expected = walks(
        lines,
        levels,
        [(p.x, p.y) for p in spots],
        [(p.x, p.y) for p in shops],
    )
    np.testing.assert_allclose(found[0], expected, atol=2e-3)
    assert (found[0] >= line_distances(np.array(shops, dtype=object), spots) - 1e-6).all()


@settings(max_examples=10, deadline=None)
@given(towns())
def test_served_and_not_served_are_everyone(layers):
    measured = measure(layers)
    everyone = layers["population"]["population"].sum()
    assert measured.population == pytest.approx(everyone)
    rows = measured.rows
    for kind, told in measured.summary.items():
        lacking = measured.unserved["people"][measured.unserved["type"] == kind].sum()
        assert told["population_served"] + lacking == pytest.approx(everyone)
        judged = rows[rows["measure"] == f"{kind}.walk_share"]
        listed = rows[rows["measure"] == f"{kind}.unserved_people"]["value"].sum()
        assert judged["shortfall"].sum() == pytest.approx(lacking)
        assert listed == pytest.approx(lacking)
        within = judged["value"].dropna()
        assert ((within >= 0) & (within <= 1)).all()


@settings(max_examples=10, deadline=None)
@given(towns(), places, st.sampled_from(["pharmacy", "library"]))
def test_one_more_site_never_lowers_coverage(layers, place, kind):
    before = measure(layers)
    extra = frame([shapely.Point(place)], site_id=["more"], type=[kind])
    after = measure(layers | {"sites": pd.concat([layers["sites"], extra])})
    for name in ("walk_share", "line_share", "area_share"):
        pairs = [
            one.rows[one.rows["measure"] == f"{kind}.{name}"]["value"].to_numpy(dtype=float)
            for one in (before, after)
        ]
        assert (np.nan_to_num(pairs[1]) >= np.nan_to_num(pairs[0]) - 1e-9).all()
    assert after.summary[kind]["population_served"] >= before.summary[kind]["population_served"]


@settings(max_examples=10, deadline=None)
@given(towns(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(layers, random):
    shuffled = {}
    for name, rows in layers.items():
        order = list(range(len(rows)))
        random.shuffle(order)
        shuffled[name] = rows.iloc[order]
    assert_same(measure(layers), measure(shuffled))


@settings(max_examples=10, deadline=None)
@given(
    towns(), st.floats(-500, 500), st.floats(-500, 500), st.floats(-180, 180, allow_subnormal=False)
)
def test_moving_or_turning_the_town_does_not_matter(layers, east, north, angle_deg):
    centre = (EAST0 + 200, NORTH0 + 200)

    def turn(rows):
        turned = rows.geometry.rotate(angle_deg, origin=centre).translate(east, north)
        return rows.set_geometry(turned)

    before = measure(layers)
    if not far_from_a_threshold(before):
        return
    after = measure({name: turn(rows) for name, rows in layers.items()})
    # round ends of strips are polygons of 16 corners and do not turn along
    keep = ~before.rows["measure"].str.endswith("area_share")
    people = before.rows[keep], after.rows[keep]
    numbers = [rows["value"].to_numpy(dtype=float) for rows in people]
    np.testing.assert_allclose(numbers[0], numbers[1], rtol=1e-5, atol=3e-3)


@settings(max_examples=10, deadline=None)
@given(towns())
def test_service_areas_grow_with_the_minutes(layers):
    areas = measure(layers).service_areas
    for _, of_type in areas.groupby("type"):
        grown = of_type.sort_values("limit_m").geometry.to_numpy()
        for smaller, larger in pairwise(grown):
            assert smaller.difference(larger).area < 1e-6
