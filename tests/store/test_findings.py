"""What is kept about a grid: who reads which cells of it, and who may write it anew."""

import datetime as dt
import math
import struct

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gridmap.samples import EAST, WEST, toy_district
from gridmap.store import findings as kept
from gridmap.store.load import load_district
from gridmap.store.reads import read_district
from gridmap.store.scope import Scope, scoped
from gridmap.store.tiles import render_tile
from gridmap.studies.grid_rows import grid_rows, renew_grid

pytestmark = pytest.mark.store
DAY = dt.date(2026, 3, 2)


@pytest.fixture
def loaded(scratch):
    rows = grid_rows(toy_district(), DAY)
    return scratch, load_district(scratch.owner, toy_district(), grid=rows)


def scope_of(role, number, **limits):
    return Scope(1, role, (number,), **limits)


def test_a_planner_reads_totals_findings_and_figures(loaded):
    made, number = loaded
    with scoped(made.app, scope_of("planner", number)) as connection:
        state = kept.read_grid_state(connection, number)
        found = kept.read_grid_findings(connection, number)
        figures = kept.read_grid_figures(connection, number)
    assert state["totals"]["cells"] == 4
    assert found["rule"].tolist() == ["cell_too_small", "no_valid_from", "community_answers"]
    shares = figures[figures["measure"] == "ground_share"]["value"]
    assert shares.tolist() == [0.75] * 4


def test_a_community_planner_reads_own_cells_only_and_no_totals(loaded):
    made, number = loaded
    mine = scope_of("planner", number, community_codes=(WEST,))
    with scoped(made.app, mine) as connection:
        cells = kept.read_finding_cells(connection, number)
        assert set(cells["cell_id"]) == {"nw", "sw"}
        assert set(kept.read_grid_figures(connection, number)["community_code"]) == {WEST}
        # Only cells of the other community are answered for by its post: not their finding.
        assert "community_answers" not in set(kept.read_grid_findings(connection, number)["rule"])
        assert kept.read_grid_state(connection, number) == {}


@pytest.mark.parametrize("role", ["worker", ""])
def test_others_read_nothing(loaded, role):
    made, number = loaded
    with scoped(made.app, scope_of(role or "worker", number if role else 0)) as connection:
        assert kept.read_grid_findings(connection, number).empty
        assert kept.read_grid_figures(connection, number).empty


def test_a_planner_of_the_whole_district_writes_it_anew_and_tiles_grow_old(loaded):
    made, number = loaded
    rows = grid_rows(toy_district(), dt.date(2024, 1, 1))
    asked = text("SELECT version FROM districts WHERE id = :d")
    with scoped(made.app, scope_of("planner", number)) as connection:
        before = connection.scalar(asked, {"d": number})
        kept.write_grid(connection, number, rows)
        assert connection.scalar(asked, {"d": number}) > before
        assert "nobody_answers" in set(kept.read_grid_findings(connection, number)["rule"])


def test_looking_again_at_an_unchanged_grid_keeps_what_was_found(loaded):
    made, number = loaded
    with scoped(made.app, scope_of("planner", number)) as connection:
        before = kept.read_grid_figures(connection, number)
        found = kept.read_grid_findings(connection, number)
        renew_grid(connection, number, "Asia/Shanghai", DAY)
        assert kept.read_grid_findings(connection, number)["found"].equals(found["found"])
        after = kept.read_grid_figures(connection, number)
    assert after[["measure", "cell_id", "status"]].equals(before[["measure", "cell_id", "status"]])
    assert after["value"].tolist() == pytest.approx(before["value"].tolist(), rel=1e-6, nan_ok=True)


@pytest.mark.parametrize(
    ("role", "limits"), [("liaison", {}), ("admin", {}), ("planner", {"community_codes": (EAST,)})]
)
def test_nobody_else_writes_it(loaded, role, limits):
    made, number = loaded
    rows = grid_rows(toy_district(), DAY)
    with pytest.raises(DBAPIError, match="row-level security"):  # noqa: SIM117
        with scoped(made.app, scope_of(role, number, **limits)) as connection:
            kept.write_grid(connection, number, rows)


def test_loading_again_without_figures_keeps_none(loaded):
    made, number = loaded
    assert load_district(made.owner, toy_district()) == number
    with made.owner.connect() as connection:
        assert kept.read_grid_figures(connection, number).empty
        assert kept.read_grid_state(connection, number) == {}


@pytest.mark.parametrize("zoom", [11, 15])
def test_a_tile_of_a_finding_carries_the_figures_of_its_cells_alone(loaded, zoom):
    made, number = loaded
    with made.owner.connect() as connection:
        west, south, east, north = read_district(connection, number)["bounds"]
        place = tile_at((west + east) / 2, (south + north) / 2, zoom)
        told = {
            one: render_tile(connection, number, "grid", *place, measure="area_m2", status=one)
            for one in (None, "3", "99")
        }
    figure = struct.pack("<d", 40_000)
    assert [figure in found for found in told.values()] == [True, True, False]
    assert told[None] != told["3"]


def tile_at(lon, lat, zoom):
    across = (lon + 180) / 360
    down = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return zoom, int(across * 2**zoom), int(down * 2**zoom)
