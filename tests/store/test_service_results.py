"""What the database keeps of services beside coverage, read in the scope of the reader."""

import pytest
from sqlalchemy import select, text

from gridmap.samples import toy_district
from gridmap.store import service_results as kept
from gridmap.store import tables as t
from gridmap.store.load import load_district
from gridmap.store.tiles import render_tile
from tests.store.test_tiles import tile_at
from tests.store.toy_coverage import toy_tables

pytestmark = pytest.mark.store


def test_the_sites_of_a_cell_come_back_and_those_of_others_do_not(see):
    with see("planner") as connection:
        found = kept.read_cell_sites(connection, 1, "se")
    assert found[["site_id", "walk_m", "norm_share"]].values.tolist() == [["s1", 400.0, 0.0]]
    with see("worker", cells=("nw",)) as connection:
        assert kept.read_cell_sites(connection, 1, "se").empty
        assert len(kept.read_cell_sites(connection, 1, "nw")) == 1


def test_curves_come_back_in_rising_order(see):
    with see("planner") as connection:
        assert kept.read_curves(connection, 1, "pharmacy")["x"].tolist() == [0.0, 300.0, 400.0]
        assert kept.read_curves(connection, 1, "library").empty


def test_loads_come_back_with_nobody_last(see):
    with see("planner") as connection:
        loads = kept.read_loads(connection, 1, "pharmacy")
    assert loads["people_over"].tolist()[0] == 100.0
    assert loads["site_id"].isna().tolist() == [False, True]


def test_totals_of_types_count_the_cells_in_scope_only(see):
    with see("planner") as connection:
        whole = kept.read_types(connection, 1).set_index("type").loc["pharmacy"]
    with see("planner", (1,), None, ("nw",)) as connection:
        part = kept.read_types(connection, 1).set_index("type").loc["pharmacy"]
    assert (whole["cells"], part["cells"]) == (4, 1)


@pytest.mark.parametrize("role", ["worker", "liaison", "admin"])
def test_where_people_live_who_are_not_served_is_for_planners(see, role):
    with see(role) as connection:
        assert connection.execute(select(t.unserved)).all() == []
    with see("planner") as connection:
        assert len(connection.execute(select(t.unserved)).all()) == 1


@pytest.mark.parametrize("layer", ["unserved", "catchments", "service_areas"])
def test_layers_of_services_are_narrowed_to_a_type(see, layer):
    with see("planner") as connection:
        mine = render_tile(connection, 1, layer, *tile_at(15), measure="pharmacy")
        other = render_tile(connection, 1, layer, *tile_at(15), measure="library")
    assert mine
    assert not other


def test_ground_within_reach_is_narrowed_to_minutes(see):
    with see("planner") as connection:
        tiles = [
            render_tile(
                connection, 1, "service_areas", *tile_at(15), measure="pharmacy", status=one
            )
            for one in ("5", "10", "norm")
        ]
    assert [bool(one) for one in tiles] == [True, False, False]


def test_a_second_load_replaces_what_was_kept(scratch):
    for _ in range(2):
        load_district(scratch.owner, toy_district(), **toy_tables())
    with scratch.owner.connect() as connection:
        for table, rows in {"cell_sites": 2, "service_curves": 3, "site_loads": 2}.items():
            count = text(f"SELECT count(*) FROM {table}")
            assert connection.scalar(count) == rows
