"""Windows of patrol in tiles and sums, by moment and role; layers of patrol and who sees them."""

import json

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from gridmap.samples import TOY_CRS, toy_district
from gridmap.store import patrol
from gridmap.store import tables as t
from gridmap.store.load import load_district
from gridmap.store.scope import Scope, scoped
from gridmap.store.tiles import render_tile
from tests.conftest import _database
from tests.store.test_tiles import decode, tile_at
from tests.store.toy_coverage import at, toy_tables

pytestmark = pytest.mark.store
WINDOW = "day@2026-03-02"


@pytest.fixture(scope="module")
def made(server):
    with _database(server) as own:
        _load(own.owner)
        yield own


@pytest.fixture
def look(made):
    """Open a connection that sees what a role sees of a district with layers of patrol."""

    def open_scoped(role, cells=None):
        return scoped(made.app, Scope(1, role, (1,), None, cells))

    return open_scoped


def _load(owner_engine):
    """The toy district with the layers of patrol that files may have."""
    toy = toy_district()
    hour = pd.Timestamp("2026-03-02T00:30:00Z")
    scans = {"checkpoint_id": "c1", "shift_id": toy["shifts"].shift_id[0], "time": hour}
    off = hour + pd.Timedelta(days=9)
    layers = {
        "key_periods": pd.DataFrame({"window": ["day"], "calendar": ["cn"], "days": ["workday"]}),
        "patrol_zones": pd.DataFrame({"cell_id": ["*", "nw"], "place_class": ["market", "school"]}),
        "beats": pd.DataFrame(
            {"beat_id": ["north", "north", "all"], "cell_id": ["nw", "ne", "nw"]}
        ),
        "plans": gpd.GeoDataFrame(
            {"plan_id": ["p"], "unit_id": ["u1"], "start": [hour], "end": [off]},
            geometry=[LineString([at(0, 300), at(400, 300)])], crs=TOY_CRS,
        ),
        "checkpoints": gpd.GeoDataFrame(
            {"checkpoint_id": ["c1"], "name": ["Gate"]}, geometry=[at(100, 300)], crs=TOY_CRS
        ),
        "scans": gpd.GeoDataFrame(
            {**scans, "time": [hour, off]}, geometry=[at(100, 300)] * 2, crs=TOY_CRS
        ),
    }  # fmt: skip
    streets = gpd.GeoDataFrame(
        {
            "name": ["Main", "Main", None], "highway": "residential",
            "length_m": [200.0, 100.0, 50.0], "covered_m": [200.0, 0.0, 25.0],
            "covered_share": [1.0, 0.0, 0.5], "covered": [True, False, False],
        },
        geometry=[LineString([at(0, y), at(200, y)]) for y in (300, 250, 50)], crs=TOY_CRS,
    )  # fmt: skip
    facts = {"cleaning": {"given": 9, "kept": 7}, "beats": {"kind": "beat", "rows": []}}
    kinds = pd.DataFrame({"kind": list(facts), "body": [json.dumps(one) for one in facts.values()]})
    load_district(
        owner_engine, toy.with_layers(**layers), **toy_tables(), patrol_streets=streets,
        patrol_facts=kinds,
    )  # fmt: skip


def rows_of(connection, name):
    return connection.scalar(select(func.count()).select_from(t.metadata.tables[name]))


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("liaison", {"key_periods": 1, "patrol_zones": 2, "beats": 3, "plans": 1,
                     "checkpoints": 1, "patrol_streets": 3, "patrol_facts": 2}),
        ("worker", {"key_periods": 1, "patrol_zones": 2, "checkpoints": 1}),
        ("planner", {}),
        ("admin", {}),
    ],
)  # fmt: skip
def test_when_and_where_patrols_come_is_for_the_field_and_for_liaisons(look, role, seen):
    names = ("key_periods", "patrol_zones", "beats", "plans", "checkpoints", "patrol_streets",
             "patrol_facts")  # fmt: skip
    with look(role, cells=("nw",) if role == "worker" else None) as connection:
        found = {name: rows_of(connection, name) for name in names}
    assert found == dict.fromkeys(names, 0) | seen


def test_a_liaison_of_one_cell_compares_no_beats_and_sees_own_streets_only(look):
    with look("liaison", cells=("nw",)) as connection:
        assert set(patrol.read_facts(connection, 1)) == {"cleaning"}
        assert patrol.sum_streets(connection, 1)["length_m"] == 300.0
        assert rows_of(connection, "plans") == 0
        assert patrol.list_beats(connection, 1) == ["all", "north"]


def test_scans_are_out_of_reach_and_none_off_duty_is_kept(made, look):
    with made.owner.connect() as connection:
        assert rows_of(connection, "scans") == 1
    with look("liaison") as connection, pytest.raises(DBAPIError, match="permission denied"):
        rows_of(connection, "scans")


def test_a_cell_in_two_beats_counts_in_both(look):
    with look("liaison") as connection:
        told = patrol.count_by_beat(connection, 1)
    assert told.groupby("beat_id")["rows"].sum().to_dict() == {"all": 1, "north": 2}


def test_streets_are_summed_by_name_with_the_share_of_their_length(look):
    with look("liaison") as connection:
        told = patrol.list_streets(connection, 1).set_index("label")
        totals = patrol.sum_streets(connection, 1)
    assert told["covered_share"].to_dict() == pytest.approx({"Main": 2 / 3, "": 0.5})
    assert told["untouched"].to_dict() == {"Main": 1, "": 0}
    assert (totals["length_m"], totals["covered_m"], totals["never_m"]) == (350.0, 225.0, 100.0)


def tile(connection, layer="patrol", window=""):
    return render_tile(connection, 1, layer, *tile_at(14), window=window)


def statuses(connection, window):
    cells = decode(tile(connection, window=window))["cells"]
    return {one["cell_id"]: one["status"] for one in cells}


@pytest.mark.parametrize("window", [WINDOW, "@2026-03-02", "day@", ""])
def test_tiles_tell_what_became_of_a_window_a_day_a_period_or_all(see, window):
    with see("liaison") as connection:
        told = statuses(connection, window)
    with see("liaison") as connection:
        rows = patrol.count_windows(connection, 1)
    assert set(told) == {"nw", "ne", "sw", "se"}
    assert sorted(told.values()) == sorted(
        one for row in rows.itertuples() for one in [row.status] * row.rows
    )


def test_a_moment_without_windows_is_not_due_anywhere(see):
    with see("liaison") as connection:
        assert set(statuses(connection, "night@2026-03-02").values()) == {"not_due"}


@pytest.mark.parametrize(
    ("both", "becomes"),
    [
        (("met", "met"), "met"),
        (("met", "unknown"), "unknown"),
        (("met", "missed"), "partly"),
        (("unknown", "missed"), "unknown"),
        (("partly", "unknown"), "partly"),
        (("missed", "missed"), "missed"),
    ],
)
def test_of_several_windows_unknown_is_never_turned_into_met_or_missed(owner, both, becomes):
    columns = "district_id, cell_id, grid_version, dimension, measure, quality"
    change = text(
        "UPDATE coverage SET status = :s WHERE measure = 'patrol.presence' AND cell_id = 'nw'"
    )
    again = text(
        f'INSERT INTO coverage ({columns}, "window", status) '
        f"SELECT {columns}, 'night@2026-03-02', :s FROM coverage "
        "WHERE measure = 'patrol.presence' AND cell_id = 'nw'"
    )
    owner.execute(change, {"s": both[0]})
    owner.execute(again, {"s": both[1]})
    told = json.dumps({"role": "liaison", "district_ids": [1]})
    owner.execute(text("SELECT set_config('app.scope', :told, true)"), {"told": told})
    assert statuses(owner, "@2026-03-02")["nw"] == becomes


@pytest.mark.parametrize("role", ["planner", "admin"])
@pytest.mark.parametrize("window", [WINDOW, "@2026-03-02", "day@", ""])
def test_nobody_but_a_liaison_learns_of_a_window_from_tiles(see, role, window):
    with see(role) as connection:
        assert set(statuses(connection, window).values()) == {"not_due"}
        assert not tile(connection, "streets")


def test_from_afar_communities_tell_of_their_cells(see):
    with see("liaison") as connection:
        told = decode(render_tile(connection, 1, "patrol", *tile_at(10), window=WINDOW))
    assert len(told["cells"]) == 2
    assert {one["status"] for one in told["cells"]} <= {"met", "partly", "missed", "unknown"}
