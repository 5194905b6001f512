"""What-if questions of drawn districts, with answers from paper, and bad input."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.errors import InputError, MissingLayerError
from gridmap.plan.scenario_changes import Change, edit_norms, edit_sites
from gridmap.plan.scenario_compare import compare_outcomes
from gridmap.plan.scenario_ground import leg_of
from gridmap.plan.scenario_loops import spread
from gridmap.plan.whatif import apply, far_legs, open_base
from gridmap.samples import TOY_CRS, at, box, toy_district
from gridmap.schema import conform

DAY = date(2026, 3, 2)
NORMS = pd.DataFrame({"type": ["pharmacy", "health_station"], "norm_m": [300.0, 300.0]})


@pytest.fixture
def base():
    return open_base(toy_district(), NORMS, DAY)


def moved(x, y, site="s1"):
    spot = at(x, y)
    return Change("move", site, x=spot.x, y=spot.y)


def added(x, y, site="new", kind="pharmacy", capacity=None):
    spot = at(x, y)
    return Change("add", site, kind, x=spot.x, y=spot.y, capacity=capacity)


def test_without_changes_nothing_differs(base):
    outcome = apply(base, [])
    assert outcome.touched == []
    assert len(compare_outcomes(outcome, outcome).types) == 0


def test_a_second_site_serves_the_cell_that_had_none(base):
    found = compare_outcomes(apply(base, []), apply(base, [added(300, 100)]))
    row = found.types.iloc[0]
    assert (row["served_before"], row["served_after"], row["gained"], row["lost"]) == (
        460.0, 500.0, 40.0, 0.0,
    )  # fmt: skip
    assert found.cells[["cell_id", "change", "gap"]].values.tolist() == [["se", "better", "closed"]]
    assert row["sites_after"] == 2


def test_people_go_to_the_nearest_site_and_loads_follow(base):
    outcome = apply(base, [added(300, 100, capacity=50.0)])
    assert outcome.loads("pharmacy").sum() == 500.0
    found = compare_outcomes(apply(base, []), outcome).sites.set_index("site_id")
    assert found.loc["new", "capacity_after"] == 50.0
    assert np.isnan(found.loc["new", "people_before"])
    assert found.loc["s1", "people_before"] == 500.0


def test_a_planned_site_can_be_opened_and_a_closed_one_opened_again(base):
    planned = base.register.sites["site_id"][~base.register.is_open].iloc[0]
    opened = apply(base, [Change("reopen", planned)])
    assert len(opened.places("pharmacy")) == 2
    back = apply(base, [Change("close", "s1"), Change("reopen", "s1")])
    assert np.array_equal(back.ground("pharmacy").walk_m, base.ground("pharmacy").walk_m)
    sites = edit_sites(base.register, opened.plan)
    assert not sites.set_index("site_id").loc[planned, "proposed"]


def test_a_norm_changes_who_is_served_and_no_walk(base):
    outcome = apply(base, [Change("norm", type="pharmacy", norm_m=100.0)])
    assert outcome.ground("pharmacy") is base.ground("pharmacy")
    assert compare_outcomes(apply(base, []), outcome).types["served_after"].tolist() == [200.0]
    assert edit_norms(NORMS, outcome.plan)["norm_m"].tolist() == [100.0, 300.0]


def test_a_retyped_site_leaves_one_type_and_comes_to_the_other(base):
    outcome = apply(base, [Change("retype", "s1", "health_station")])
    assert outcome.places("pharmacy") == []
    assert [one.site_id for one in outcome.places("health_station")] == ["s1", "s2"]


def test_a_site_without_people_near_changes_no_cell_and_has_its_columns(base):
    outcome = apply(base, [moved(100, 300)])
    assert outcome.changed_rows("pharmacy").empty
    assert list(outcome.changed_rows("pharmacy").columns) == list(base.table("pharmacy").columns)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (moved(-50, 100), "inside the district, found one outside"),
        (Change("move", "s1", x=np.nan, y=0.0), "two coordinates"),
        (Change("close", "s9"), "there is no site 's9'"),
        (Change("norm", type="pharmacy", norm_m=0.0), "above 0"),
        (Change("norm", type="pharmacy", norm_m=-1.0), "above 0"),
        (Change("norm", type="pharmacy", norm_m=float("nan")), "above 0"),
        (Change("norm", type="pharmacy", norm_m=60_000.0), "50000 m"),
        (Change("norm", type="castle", norm_m=100.0), "no norm of distance"),
        (Change("resize", "s1", capacity=0.0), "above 0"),
        (Change("resize", "s1", capacity=float("inf")), "above 0"),
        (Change("reopen", "s1"), "open already"),
        (added(100, 100, "s1"), "already"),
        (added(100, 100, ""), "identifier"),
        (added(100, 100, kind="castle"), "no norm of distance"),
        (Change("burn", "s1"), "expected one of"),
    ],
)
def test_a_change_that_cannot_be_done_is_refused_by_its_number(base, change, expected):
    with pytest.raises(InputError, match=expected):
        apply(base, [Change("resize", "s2", capacity=10.0), change])


def test_closing_twice_is_refused(base):
    with pytest.raises(InputError, match="Change 2 .close.: site 's1' is not open"):
        apply(base, [Change("close", "s1"), Change("close", "s1")])


def test_a_site_in_water_is_refused(base):
    pond = gpd.GeoDataFrame({"kind": ["water"]}, geometry=[box(140, 140, 180, 180)], crs=TOY_CRS)
    wet = open_base(toy_district().with_layers(landuse=conform(pond, "landuse")), NORMS, DAY)
    with pytest.raises(InputError, match="on land, found water"):
        apply(wet, [moved(160, 160)])
    assert apply(wet, [moved(130, 130)]).touched == ["pharmacy"]


def far_district():
    """The toy, with a cell and a border that reach 3 km east of the last street."""
    toy = toy_district()
    wide = box(0, 0, 4000, 400)
    cells = toy["cells"].copy()
    cells.loc[cells["cell_id"] == "se", "geometry"] = box(200, 0, 4000, 200)
    boundary = toy["boundary"].copy()
    boundary["geometry"] = [wide]
    return toy.with_layers(cells=cells, boundary=boundary)


def test_a_site_far_from_any_street_is_refused_and_a_near_one_is_told():
    base = open_base(far_district(), NORMS, DAY)
    with pytest.raises(InputError, match="within 1000 m, found the nearest"):
        apply(base, [moved(3400, 100)])
    outcome = apply(base, [moved(900, 100)])
    [(place, leg)] = far_legs(outcome)
    assert (place.site_id, round(leg)) == ("s1", round(leg_of(base.reach.network, at(900, 100))))
    assert 200 < leg < 1000


def test_a_district_without_streets_cannot_be_asked():
    toy = toy_district()
    bare = {name: layer for name, layer in toy.layers.items() if name != "roads"}
    from dataclasses import replace

    with pytest.raises(MissingLayerError, match="roads"):
        open_base(replace(toy, layers=bare), NORMS, DAY)


def test_outcomes_of_different_data_are_not_compared(base):
    other = open_base(toy_district(), NORMS, DAY)
    with pytest.raises(InputError, match="different ones"):
        compare_outcomes(apply(base, []), apply(other, []))


def test_the_loop_gives_the_same_without_the_compiler():
    plain = getattr(spread, "py_func", spread)
    start = np.array([0, 1, 3, 4])
    neighbour, metres = np.array([1, 0, 2, 1]), np.array([1.0, 1.0, 2.0, 2.0])
    seeds = np.array([0, 2]), np.array([5.0, 5.0]), np.array([3, 1])
    answers = []
    for loop in (spread, plain):
        node_m, node_site = np.full(3, np.inf), np.full(3, 99)
        loop(start, neighbour, metres, node_m, node_site, *seeds)
        answers.append((node_m.tolist(), node_site.tolist()))
    assert answers[0] == answers[1] == ([5.0, 6.0, 5.0], [3, 3, 1])


def test_of_sites_equally_far_the_first_is_nearest(base):
    outcome = apply(base, [added(100, 300, "twin")])
    assert (outcome.ground("pharmacy").walk_site == 0).all()
    assert shapely.equals(outcome.places("pharmacy")[1].shape, at(100, 300))
