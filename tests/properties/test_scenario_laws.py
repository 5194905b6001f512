"""Laws of what-if: a scenario is the recomputation, and undoing gives the bits of before."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from gridmap.errors import InputError
from gridmap.plan.scenario_changes import Change, edit_norms, edit_sites
from gridmap.plan.scenario_compare import cell_figures, compare_outcomes
from gridmap.plan.whatif import LEFT_OUT, apply, open_base
from gridmap.samples import EAST0, NORTH0, TOY_CRS, toy_district
from gridmap.schema import conform
from gridmap.services import measure_services

TOY = toy_district()
DAY = date(2026, 3, 2)
NORMS = pd.DataFrame({"type": ["pharmacy", "library"], "norm_m": [150.0, 300.0]})
KINDS = ["pharmacy", "library"]

spots = st.tuples(st.integers(1, 39), st.integers(1, 39)).map(
    lambda at: (10.0 * at[0], 10.0 * at[1])
)
ids = st.sampled_from([f"s{n}" for n in range(4)] + ["n0", "n1"])
kinds = st.sampled_from(KINDS)


def frame(places, **columns):
    shapes = [affinity.translate(shapely.Point(place), EAST0, NORTH0) for place in places]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=TOY_CRS)


@st.composite
def towns(draw):
    """The toy with random streets on a lattice, homes, and up to four sites."""
    lattice = [
        ((x, y), other) for x in range(5) for y in range(5) for other in ((x + 1, y), (x, y + 1))
        if max(other) < 5
    ]  # fmt: skip
    kept = draw(st.lists(st.sampled_from(lattice), min_size=4, max_size=30, unique=True))
    lines = [
        affinity.translate(shapely.LineString(100.0 * np.array(pair)), EAST0, NORTH0)
        for pair in kept
    ]
    roads = gpd.GeoDataFrame({"highway": ["residential"] * len(lines)}, geometry=lines, crs=TOY_CRS)
    homes = draw(st.lists(st.tuples(spots, st.integers(0, 40)), min_size=1, max_size=9))
    stands = draw(st.lists(st.tuples(spots, kinds, st.booleans()), max_size=4))
    sites = frame(
        [place for place, _, _ in stands],
        site_id=[f"s{n}" for n in range(len(stands))],
        type=[kind for _, kind, _ in stands],
        proposed=[planned for _, _, planned in stands],
    )
    people = frame([at for at, _ in homes], population=[float(count) for _, count in homes])
    return TOY.with_layers(
        roads=conform(roads, "roads"),
        sites=conform(sites, "sites"),
        population=conform(people, "population"),
    )


@st.composite
def changes(draw):
    op = draw(
        st.sampled_from(["add", "move", "move", "close", "reopen", "resize", "retype", "norm"])
    )
    x, y = draw(spots)
    return Change(
        op,
        draw(ids),
        draw(kinds),
        x=x + EAST0,
        y=y + NORTH0,
        capacity=draw(st.sampled_from([None, 100.0])),
        norm_m=draw(st.sampled_from([100.0, 200.0, 450.0])),
    )


def those_that_fit(base, told):
    """Changes that can be done one after the other, the others left out."""
    done = []
    for change in told:
        try:
            apply(base, [*done, change])
        except InputError:
            continue
        done.append(change)
    return done


def sorted_rows(rows):
    return rows.sort_values(["measure", "cell_id"], ignore_index=True)


def recomputed(base, outcome):
    sites = edit_sites(base.register, outcome.plan)
    district = base.district.with_layers(sites=sites)
    rows = measure_services(district, edit_norms(NORMS, outcome.plan), DAY).rows
    left = tuple(f".{name}" for name in LEFT_OUT)
    return sorted_rows(rows[~rows["measure"].str.endswith(left)])


@settings(max_examples=20, deadline=None)
@given(towns(), st.lists(changes(), max_size=6))
def test_a_scenario_has_the_table_of_a_full_recomputation(town, told):
    base = open_base(town, NORMS, DAY)
    outcome = apply(base, those_that_fit(base, told))
    mine, whole = sorted_rows(outcome.rows()), recomputed(base, outcome)
    pd.testing.assert_frame_equal(mine, whole, rtol=0, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(towns(), st.lists(changes(), max_size=5), changes())
def test_undoing_the_last_change_gives_the_bits_of_before(town, told, last):
    base = open_base(town, NORMS, DAY)
    done = those_that_fit(base, told)
    before = apply(base, done).rows()
    those_that_fit(base, [*done, last])
    pd.testing.assert_frame_equal(apply(base, done).rows(), before, check_exact=True)
    untouched = apply(open_base(town, NORMS, DAY), []).rows()
    pd.testing.assert_frame_equal(apply(base, []).rows(), untouched, check_exact=True)


@settings(max_examples=15, deadline=None)
@given(towns(), st.lists(changes(), max_size=6))
def test_repaired_labels_are_those_of_labelling_anew(town, told):
    base = open_base(town, NORMS, DAY)
    outcome = apply(base, those_that_fit(base, told))
    sites = edit_sites(base.register, outcome.plan)
    anew = apply(open_base(town.with_layers(sites=sites), NORMS, DAY), [])
    for kind in KINDS:
        mine, whole = outcome.ground(kind), anew.ground(kind)
        for name in ("node_m", "walk_m", "line_m"):
            assert np.array_equal(getattr(mine, name), getattr(whole, name)), name
        mine_names = [outcome.place(rank).site_id for rank in mine.stands.rank]
        whole_names = [anew.place(rank).site_id for rank in whole.stands.rank]
        assert sorted(mine_names) == sorted(whole_names)


@settings(max_examples=15, deadline=None)
@given(towns(), st.lists(changes(), max_size=5))
def test_people_gained_and_lost_are_what_the_table_of_cells_says(town, told):
    base = open_base(town, NORMS, DAY)
    start, end = apply(base, []), apply(base, those_that_fit(base, told))
    found = compare_outcomes(start, end)
    for row in found.types.to_dict("records"):
        step = row["served_after"] - row["served_before"]
        assert step == pytest.approx(row["gained"] - row["lost"])
        mine = found.cells[found.cells["type"] == row["type"]]
        fewer = (mine["unserved_before"] - mine["unserved_after"]).sum()
        assert step == pytest.approx(fewer)
        shares = end.table(row["type"])
        shares = shares[shares["measure"] == f"{row['type']}.walk_share"]
        figures = cell_figures(end, row["type"])
        np.testing.assert_allclose(figures.share, shares["value"], atol=1e-12)
        assert figures.is_gap.tolist() == shares["status"].isin(["partly", "missed"]).tolist()


@settings(max_examples=15, deadline=None)
@given(towns(), st.lists(changes(), max_size=4), spots, kinds)
def test_one_more_site_never_makes_a_walk_longer(town, told, spot, kind):
    base = open_base(town, NORMS, DAY)
    done = those_that_fit(base, told)
    more = Change("add", "new", kind, x=spot[0] + EAST0, y=spot[1] + NORTH0)
    before, after = apply(base, done), apply(base, [*done, more])
    assert (after.ground(kind).walk_m <= before.ground(kind).walk_m).all()
    assert (after.ground(kind).line_m <= before.ground(kind).line_m).all()
