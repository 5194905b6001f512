"""Publishing a grid in a real database: what moves, what follows, who is refused."""

import datetime as dt
import math
from dataclasses import replace

import pandas as pd
import pytest
from sqlalchemy import func, insert, select, update

from gridmap.errors import InputError, ScopeError, StaleEditionError, StoreError
from gridmap.grid.carry import carry_measures
from gridmap.grid.edits import adjust_border, merge_cells, split_cell
from gridmap.samples import WEST, box, line, toy_district
from gridmap.store import editions, reads
from gridmap.store import tables as t
from gridmap.store.load import load_district
from gridmap.store.scope import Scope, scoped
from gridmap.store.tiles import render_tile
from gridmap.studies.editions import fetch_editions
from gridmap.studies.pages.history import history_page
from gridmap.studies.pages.listing import Order
from tests.store.toy_coverage import load_toy, toy_coverage, toy_tables

pytestmark = pytest.mark.store
DAY = dt.date(2026, 7, 1)
MERGED = f"{WEST}003"


@pytest.fixture
def store(scratch):
    """A database of its own with the toy district, to be committed to."""
    load_toy(scratch.owner)
    return scratch


def planner(store, role="planner", **limits):
    return scoped(store.app, Scope(1, role, (1,), **limits))


def publish(store, edit, on=DAY, expected=1, **scope):
    with planner(store, **scope) as connection:
        return editions.publish_edition(
            connection, 1, edit.cells, edit.lineage, on, expected_version=expected, author="planner"
        )


def in_force(store):
    with planner(store) as connection:
        return editions.read_cells_on(connection, 1)


def merged(store, on=DAY):
    return merge_cells(in_force(store), ["nw", "sw"], on)


def picture(store):
    tables = ("cells", "past_cells", "lineage", "editions", "duties", "coverage", "gaps")
    with store.owner.connect() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(t.metadata.tables[name]))
            for name in tables
        } | {"number": connection.scalar(select(t.districts.c.grid_edition))}


def test_cells_come_back_in_the_metric_crs_as_they_went_in(store):
    back = in_force(store).set_index("cell_id")
    sent = toy_district()["cells"].set_index("cell_id")
    assert back.crs == sent.crs
    for cell_id in sent.index:
        assert back.geometry[cell_id].symmetric_difference(sent.geometry[cell_id]).area < 1e-3


def test_a_published_merge_puts_the_old_cells_into_the_past(store):
    edition = publish(store, merged(store))
    assert (edition.number, edition.grid_version) == (2, "2026-07-01")
    assert edition.changed == {"merged": 2, "split": 0, "adjusted": 0, "recoded": 0, "same": 2}
    with planner(store) as connection:
        now = editions.read_cells_on(connection, 1)
        before = editions.read_cells_on(connection, 1, DAY - dt.timedelta(days=1))
        on_the_day = editions.read_cells_on(connection, 1, DAY)
        log = editions.read_editions(connection, 1)
    assert sorted(now["cell_id"]) == [MERGED, "ne", "se"]
    assert sorted(before["cell_id"]) == ["ne", "nw", "se", "sw"]
    assert sorted(on_the_day["cell_id"]) == [MERGED, "ne", "se"]
    assert now.set_index("cell_id")["population"][MERGED] == 300.0
    assert log["number"].tolist() == [2, 1]
    assert log["merged"].iloc[0] == 2
    assert log["author"].iloc[0] == "planner"
    assert log["grid_version"].iloc[1] == "toy-1"


def test_the_family_of_a_cell_is_read_from_both_sides(store):
    publish(store, merged(store))
    with planner(store) as connection:
        came = editions.read_lineage(connection, 1, MERGED)
        became = editions.read_lineage(connection, 1, "sw")
    assert came[["old_cell_id", "side"]].values.tolist() == [
        ["nw", "came_from"],
        ["sw", "came_from"],
    ]
    assert became[["new_cell_id", "kind", "side"]].values.tolist() == [[MERGED, "merge", "became"]]


def test_duties_follow_and_two_accountable_posts_are_found(store):
    with store.owner.begin() as connection:
        connection.execute(update(t.duties).where(t.duties.c.cell_id == "sw").values(post_id="p2"))
    edition = publish(store, merged(store))
    assert [(one.rule, one.ids) for one in edition.findings] == [
        ("two_accountable_posts", (MERGED,))
    ]
    with planner(store) as connection:
        now = reads.read_duties(connection, 1, [MERGED], DAY)
        before = reads.read_duties(connection, 1, None, DAY - dt.timedelta(days=1))
    assert sorted(now["post_id"]) == ["p1", "p2"]
    assert now["community_code"].unique().tolist() == [WEST]
    assert {"nw", "sw"} <= set(before["cell_id"])


@pytest.mark.parametrize("change", ["merge", "split", "adjust"])
def test_the_database_carries_coverage_as_the_function_does(store, change):
    cells = in_force(store)
    edit = {
        "merge": lambda: merge_cells(cells, ["nw", "sw"], DAY),
        "split": lambda: split_cell(cells, "nw", DAY, line=line((50, 0), (50, 400))),
        "adjust": lambda: adjust_border(cells, "nw", "sw", box(0, 200, 200, 250), DAY),
    }[change]()
    publish(store, edit)
    expected = carry_measures(toy_coverage(), edit.lineage, by="measure")
    expected = expected[expected["dimension"] != "staffing"]
    with planner(store, role="liaison") as connection:
        found = reads.read_coverage(connection, 1)
    found = found[found["dimension"] != "staffing"]
    key = ["dimension", "measure", "window", "cell_id"]
    found, expected = (one.sort_values(key, ignore_index=True) for one in (found, expected))
    assert found[key].values.tolist() == expected[key].values.tolist()
    for name in ("value", "required", "shortfall", "weight"):
        pd.testing.assert_series_equal(
            found[name].astype(float), expected[name].astype(float), check_exact=False, rtol=1e-6
        )
    for name in ("status", "quality"):
        assert found[name].tolist() == expected[name].tolist(), name
    carried = expected["reason"].fillna("").str.startswith("carried")
    assert carried.any()
    assert found["reason"][carried].tolist() == expected["reason"][carried].tolist()


def test_services_follow_the_people_and_all_else_the_area(store):
    edit = split_cell(in_force(store), "nw", DAY, line=line((50, 0), (50, 400)))
    parts = edit.lineage["old_cell_id"] == "nw"
    west = parts & (edit.lineage["area_share"] < 0.5)
    total = edit.lineage.loc[parts, "population"].sum()
    told = edit.lineage.assign(
        population=edit.lineage["population"].mask(parts, 0.0).mask(west, total)
    )
    publish(store, replace(edit, lineage=told))
    expected = carry_measures(toy_coverage(), told, by="measure")
    with planner(store, role="liaison") as connection:
        found = reads.read_coverage(connection, 1)
    key = ["dimension", "measure", "window", "cell_id"]
    found, expected = (
        one[one["dimension"] != "staffing"].sort_values(key, ignore_index=True)
        for one in (found, expected)
    )
    assert found["weight"].tolist() == pytest.approx(expected["weight"].tolist(), nan_ok=True)
    assert found["reason"].fillna("").tolist() == expected["reason"].fillna("").tolist()
    (new,) = told.loc[west, "new_cell_id"]
    mine = found[(found["cell_id"] == new) & (found["measure"] == "pharmacy.walk_share")]
    assert mine["weight"].tolist() == pytest.approx([total])
    assert mine["reason"].tolist() == ["carried from 1 cells by population"]


def test_staffing_of_new_cells_is_counted_from_the_duties(store):
    publish(store, merged(store))
    with planner(store) as connection:
        rows = reads.read_coverage(connection, 1, cell_id=MERGED, dimension="staffing")
    one = rows[rows["measure"] == "staffing.accountable"].iloc[0]
    assert (one["value"], one["status"], one["quality"]) == (1.0, "met", "good")


def test_gaps_and_places_name_cells_in_force_only(store):
    publish(store, merged(store))
    with store.owner.connect() as connection:
        known = set(connection.scalars(select(t.cells.c.cell_id)))
        for table in (t.gaps, t.sites, t.cameras, t.views, t.blind_spots, t.presence, t.coverage):
            named = set(connection.scalars(select(table.c.cell_id))) - {None}
            assert named <= known, table.name
        ranks = sorted(connection.scalars(select(t.gaps.c.rank)))
    assert ranks == [float(n + 1) for n in range(len(ranks))]


def test_presence_is_conserved_by_a_split(store):
    def seconds():
        with store.owner.connect() as connection:
            return connection.scalar(select(func.sum(t.presence.c.observed_s)))

    before = seconds()
    publish(store, split_cell(in_force(store), "nw", DAY, line=line((50, 0), (50, 400))))
    assert seconds() == pytest.approx(before)


def test_a_scope_that_names_a_cell_follows_it(store):
    with store.owner.begin() as connection:
        user = connection.scalar(
            insert(t.users).values(username="w", fs_uniquifier="w").returning(t.users.c.id)
        )
        connection.execute(insert(t.user_scopes).values(user_id=user, district_id=1, cell_id="sw"))
    publish(store, merged(store))
    with store.owner.connect() as connection:
        seen = connection.scalars(
            select(t.user_scopes.c.cell_id).where(t.user_scopes.c.user_id == user)
        )
        assert list(seen) == [MERGED]


def test_the_second_of_two_editors_is_refused_and_nothing_is_lost(store):
    mine, theirs = (
        merged(store),
        split_cell(in_force(store), "ne", DAY, line=line((300, 200), (300, 400))),
    )
    publish(store, mine)
    before = picture(store)
    with pytest.raises(StaleEditionError, match="from edition 1, in force is edition 2"):
        publish(store, theirs)
    assert picture(store) == before


@pytest.mark.parametrize("role", ["liaison", "admin", "worker"])
def test_only_planners_publish(store, role):
    edit, before = merged(store), picture(store)
    with pytest.raises(ScopeError):
        publish(store, edit, role=role)
    assert picture(store) == before


def test_a_planner_of_one_community_does_not_publish(store):
    edit, before = merged(store), picture(store)
    with pytest.raises(ScopeError):
        publish(store, edit, community_codes=(WEST,))
    assert picture(store) == before


def test_another_district_is_out_of_reach(store):
    edit = merged(store)
    with planner(store) as connection, pytest.raises(ScopeError):
        editions.publish_edition(
            connection, 2, edit.cells, edit.lineage, DAY, expected_version=1, author="planner"
        )


def test_a_day_before_the_grid_in_force_or_after_today_is_refused(store):
    publish(store, merged(store))
    before = picture(store)
    split = split_cell(in_force(store), "ne", DAY, line=line((300, 200), (300, 400)))
    with pytest.raises(InputError, match="began on 2026-07-01"):
        publish(store, split, on=dt.date(2026, 6, 1), expected=2)
    with pytest.raises(InputError, match="Keep the draft"):
        publish(store, split, on=dt.date(2199, 1, 1), expected=2)
    assert picture(store) == before


def test_a_code_of_the_past_is_refused_by_name(store):
    publish(store, merged(store))
    again = split_cell(
        in_force(store), MERGED, DAY, parts=[box(0, 200, 200, 400), box(0, 0, 200, 200)]
    )
    names = {again.cells["cell_id"].iloc[-1]: "nw"}
    cells = again.cells.replace({"cell_id": names})
    lineage = again.lineage.replace({"new_cell_id": names})
    before = picture(store)
    with planner(store) as connection, pytest.raises(InputError, match="codes nw were used before"):
        editions.publish_edition(
            connection, 1, cells, lineage, DAY, expected_version=2, author="planner"
        )
    assert picture(store) == before


def test_lineage_of_other_cells_is_refused(store):
    edit = merged(store)
    with planner(store) as connection, pytest.raises(InputError, match="do not belong together"):
        editions.publish_edition(
            connection, 1, edit.cells, edit.lineage.iloc[1:], DAY,
            expected_version=1, author="planner",
        )  # fmt: skip
    assert picture(store)["number"] == 1


def test_two_editions_on_one_day_are_told_apart(store):
    publish(store, merged(store))
    split = split_cell(in_force(store), MERGED, DAY, line=line((0, 100), (200, 100)))
    edition = publish(store, split, expected=2)
    assert edition.grid_version == "2026-07-01-2"
    with planner(store) as connection:
        assert len(editions.read_cells_on(connection, 1, DAY)) == 4
        assert editions.read_editions(connection, 1)["number"].tolist() == [3, 2, 1]


def test_a_worker_sees_what_own_cells_came_from_and_no_more(store):
    publish(store, merged(store))
    with planner(store, role="worker", cell_ids=(MERGED,)) as connection:
        past = editions.read_cells_on(connection, 1, DAY - dt.timedelta(days=1))
        family = editions.read_lineage(connection, 1)
    assert sorted(past["cell_id"]) == ["nw", "sw"]
    assert set(family["new_cell_id"]) == {MERGED}


def test_the_application_writes_no_past_and_calls_no_part_of_the_function(store):
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    for statement in (
        "DELETE FROM past_cells",
        "UPDATE lineage SET kind = 'same'",
        "UPDATE editions SET author = 'x'",
        "SELECT gridmap_carry_coverage(1, 'x')",
        "UPDATE districts SET name = 'x'",
    ):
        with pytest.raises(DBAPIError, match="permission denied"), planner(store) as connection:
            connection.execute(text(statement))
    with pytest.raises(DBAPIError, match="only a planner"), planner(store, "liaison") as connection:
        connection.execute(text("SELECT gridmap_carry_edition(1, 'x')"))


def test_loading_again_never_loses_a_published_grid_unasked(store):
    publish(store, merged(store))
    before = picture(store)
    with pytest.raises(InputError, match="published since this file was written: 2026-07-01"):
        load_district(store.owner, toy_district())
    assert picture(store) == before
    load_district(store.owner, toy_district(), discard_editions=True)
    assert picture(store)["number"] == 3


def test_a_published_grid_is_taken_over_into_the_file_and_loads_again(store):
    publish(store, merged(store))
    before = picture(store)
    taken = fetch_editions(toy_district(), store.text_url("gridmap_owner"))
    assert taken["past_cells"]["cell_id"].tolist() == ["nw", "sw"]
    assert taken["duties"]["cell_id"].tolist().count(MERGED) == 1
    tables = {name: table for name, table in toy_tables().items() if name == "summary"}
    load_district(store.owner, taken, **tables)
    after = picture(store)
    for name in ("cells", "past_cells", "lineage", "editions", "duties", "number"):
        assert after[name] == before[name], name


def test_loading_the_same_grid_again_leaves_its_number(store):
    load_toy(store.owner)
    assert picture(store)["number"] == 1


def test_a_file_with_editions_is_loaded_as_of_its_day(store):
    toy = toy_district()
    edit = merge_cells(toy["cells"], ["nw", "sw"], DAY)
    later = toy.with_layers(
        cells=edit.cells, past_cells=edit.past, lineage=edit.lineage,
        duties=toy["duties"].iloc[:0], requirements=toy["requirements"].iloc[:1],
    )  # fmt: skip
    load_district(store.owner, later, at=DAY)
    seen = picture(store)
    assert (seen["cells"], seen["past_cells"], seen["editions"], seen["number"]) == (3, 2, 1, 2)
    load_district(store.owner, later, at=DAY - dt.timedelta(days=1), discard_editions=True)
    assert picture(store)["cells"] == 4


def test_a_refused_row_leaves_the_old_grid_in_force(store):
    edit, before = merged(store), picture(store)
    with store.owner.begin() as connection:
        connection.exec_driver_sql(
            f"ALTER TABLE cells ADD CONSTRAINT odd CHECK (cell_id <> '{MERGED}')"
        )
    with pytest.raises(StoreError):
        publish(store, edit)
    assert picture(store) == before


def test_the_history_page_tells_the_cells_of_a_day_and_the_family_of_one(store):
    publish(store, merged(store))
    day = DAY - dt.timedelta(days=1)
    with planner(store) as connection:
        before = history_page(connection, 1, Order(), day, cell_id="sw")
        after = history_page(connection, 1, Order(), DAY, cell_id=MERGED)
    assert (before["count"], before["edition"]["grid_version"], before["began"]) == (4, "toy-1", "")
    assert [row["new_cell_id"] for row in before["became"]] == [MERGED]
    assert (after["count"], after["changed"], after["began"]) == (3, 1, "2026-07-01")
    assert [row["changed"] for row in after["rows"].rows] == [True, False, False]
    assert [row["area_share"] for row in after["came_from"]] == [1.0, 1.0]


@pytest.mark.parametrize(("day", "there"), [("2026-06-30", True), ("2026-07-01", False)])
def test_tiles_of_a_day_hold_the_cells_of_that_day(store, day, there):
    publish(store, merged(store))
    with planner(store) as connection:
        west, south, east, north = reads.read_district(connection, 1)["bounds"]
        x, y = tile_of((west + east) / 2, (south + north) / 2, 14)
        tile = render_tile(connection, 1, "history", 14, x, y, measure="2026-07-01", window=day)
    assert (b"\x02sw" in tile) is there
    assert (MERGED.encode() in tile) is not there


def tile_of(lon, lat, zoom):
    x = int((lon + 180) / 360 * 2**zoom)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom)
    return x, y
