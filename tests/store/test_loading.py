"""Loading is all or nothing, replaces what was there, and says what the database refused."""

import datetime as dt

import pandas as pd
import pytest
import shapely
from sqlalchemy import func, insert, select, text, update

from gridmap import schema
from gridmap.errors import InputError, StoreError
from gridmap.samples import EAST, WEST, at, toy_district
from gridmap.store import reads
from gridmap.store import tables as t
from gridmap.store.load import (
    load_district,
    remove_district,
)
from gridmap.store.retention import drop_fixes, retain
from gridmap.store.scope import Scope, scoped
from tests.store.toy_coverage import DAY, load_toy, toy_coverage, toy_tables

pytestmark = pytest.mark.store


def count(connection, table):
    return connection.scalar(select(func.count()).select_from(table))


def picture(engine):
    with engine.connect() as connection:
        rows = {name: count(connection, table) for name, table in t.LAYERS.items()}
        district = connection.execute(select(t.districts)).mappings().one()
    return rows, district["version"], district["as_of"], district["counts"]


def test_every_layer_of_the_toy_district_arrives(owner):
    counts = {name: count(owner, table) for name, table in t.LAYERS.items()}
    expected = {
        "communities": 2, "cells": 4, "roads": 4, "buildings": 4, "walls": 0,
        "landuse": 2, "population": 4, "sites": 3, "cameras": 2, "posts": 4, "duties": 4,
        "requirements": 2, "shifts": 1,
        "fixes": 7, "premises": 0, "coverage": 20, "gaps": 4, "service_areas": 1, "views": 1,
        "blind_spots": 1, "presence": 2, "unserved": 1, "cell_sites": 2, "service_curves": 3,
        "catchments": 1, "site_loads": 2,
        "past_cells": 0, "past_communities": 0, "lineage": 0, "absences": 0, "staff_rules": 0,
        "beats": 0, "checkpoints": 0, "key_periods": 0, "patrol_zones": 0, "plans": 0,
        "scans": 0, "patrol_facts": 0, "patrol_streets": 0,
    }  # fmt: skip
    assert counts == expected


def test_values_come_back_as_they_went_in(see):
    with see("liaison") as connection:
        back = reads.read_coverage(connection, 1)
    sent = toy_coverage()[list(schema.layer("coverage").columns)]
    order = ["dimension", "measure", "window", "cell_id"]
    sent = sent.sort_values(order).reset_index(drop=True)
    for name in sent.columns:
        if schema.layer("coverage").columns[name].type == "number":
            assert back[name].astype(float).equals(sent[name].astype(float)), name
        else:
            there = sent[name].notna()
            assert back[name][there].tolist() == sent[name][there].tolist(), name


def test_areas_are_measured_in_the_metric_crs(see):
    with see("planner") as connection:
        cells = reads.read_cells(connection, 1)
    assert cells["area_m2"].tolist() == pytest.approx([40_000.0] * 4)
    assert cells["border_m"].tolist() == pytest.approx([800.0] * 4)


def test_sites_and_cameras_know_their_cell_and_community(owner):
    rows = owner.execute(select(t.sites.c.site_id, t.sites.c.cell_id, t.sites.c.community_code))
    assert {tuple(row) for row in rows} == {
        ("s1", "nw", WEST), ("s2", "se", EAST), ("s3", "ne", EAST),
    }  # fmt: skip
    assert set(owner.scalars(select(t.views.c.cell_id))) == {"sw"}


def test_a_duty_for_a_whole_community_carries_its_code(owner):
    query = select(t.duties.c.community_code).where(t.duties.c.cell_id == EAST)
    assert owner.scalars(query).all() == [EAST]


def test_loading_again_replaces_the_district_and_raises_its_version(scratch):
    first = load_toy(scratch.owner)
    rows, version, as_of, counts = picture(scratch.owner)
    assert load_toy(scratch.owner) == first
    assert picture(scratch.owner) == (rows, version + 1, as_of, counts)
    assert as_of == DAY
    assert counts["fixes"] == 7


def test_a_bad_row_in_the_last_layer_leaves_the_database_as_it_was(scratch):
    load_toy(scratch.owner)
    before = picture(scratch.owner)
    presence = pd.DataFrame({"cell_id": ["nw"], "slot_start": ["not a time"], "observed_s": [1.0]})
    changed = toy_district().with_layers(sites=schema.empty("sites", toy_district().crs))
    with pytest.raises(StoreError, match=r"Layer 'presence' cannot be loaded.*stays as it was"):
        load_district(scratch.owner, changed, **(toy_tables() | {"presence": presence}))
    assert picture(scratch.owner) == before


def test_a_first_load_that_fails_leaves_nothing(scratch):
    twice = pd.concat([toy_coverage(), toy_coverage().head(1)])
    with pytest.raises(StoreError, match="Layer 'coverage' cannot be loaded"):
        load_district(scratch.owner, toy_district(), coverage=twice)
    with scratch.owner.connect() as connection:
        assert count(connection, t.districts) == 0
        assert connection.scalar(text("SELECT to_regclass('fixes_20260302')")) is None


def test_coverage_of_another_grid_is_refused_before_the_database_is_touched(owner_engine):
    other = toy_coverage().assign(cell_id="q1")
    with pytest.raises(InputError, match=r"another grid.*found q1"):
        load_district(owner_engine, toy_district(), coverage=other)


def test_loading_within_a_transaction_can_be_undone(owner):
    before = owner.scalar(select(t.districts.c.version))
    load_district(owner, toy_district())
    assert owner.scalar(select(t.districts.c.version)) == before + 1
    assert count(owner, t.coverage) == 0


def test_a_district_without_communities_or_cells_loads(scratch):
    bare = {"boundary": toy_district()["boundary"], "sites": toy_district()["sites"]}
    number = load_district(scratch.owner, type(toy_district()).of(bare))
    with scoped(scratch.app, Scope(None, "planner", (number,))) as connection:
        assert len(reads.read_communities(connection, number)) == 1
        assert len(reads.read_sites(connection, number)) == 3
        assert reads.read_cells(connection, number).empty


def test_fixes_fall_into_the_partition_of_their_day(scratch):
    toy = toy_district()
    fixes = toy["fixes"]
    day = pd.Timedelta(days=1)
    later = fixes.assign(time=fixes["time"] + day, shift_id="next")
    shifts = toy["shifts"]
    following = shifts.assign(start=shifts["start"] + day, end=shifts["end"] + day, shift_id="next")
    both = {"shifts": pd.concat([shifts, following]), "fixes": pd.concat([fixes, later])}
    load_district(scratch.owner, toy.with_layers(**both))
    with scratch.owner.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM fixes_20260302")) == 7
        assert connection.scalar(text("SELECT count(*) FROM fixes_20260303")) == 7
        (gone,) = drop_fixes(connection, dt.date(2026, 3, 3))
        assert (gone.partition, gone.fixes, gone.shifts) == ("fixes_20260302", 7, 1)
        assert count(connection, t.fixes) == 7


def test_a_fix_outside_its_shift_is_never_stored(scratch):
    toy = toy_district()
    early = toy["fixes"].iloc[:1].assign(time=toy["shifts"]["start"].iloc[0] - pd.Timedelta("1s"))
    stray = toy["fixes"].iloc[:1].assign(shift_id="nobody's")
    load_district(scratch.owner, toy.with_layers(fixes=pd.concat([toy["fixes"], early, stray])))
    with scratch.owner.connect() as connection:
        assert set(connection.scalars(select(t.fixes.c.shift_id))) == set(toy["fixes"]["shift_id"])
        assert count(connection, t.fixes) == 7


def test_raw_fixes_are_forgotten_after_two_weeks(scratch):
    load_toy(scratch.owner)
    assert retain(scratch.owner, today=dt.date(2026, 3, 16)) == []
    (gone,) = retain(scratch.owner, today=dt.date(2026, 3, 17))
    assert gone.partition == "fixes_20260302"
    with scratch.owner.connect() as connection:
        assert count(connection, t.fixes) == 0
        assert count(connection, t.presence) == 2


def test_a_gap_of_cameras_is_drawn_as_its_cell_for_its_shape_betrays_the_camera(see):
    with see("planner") as connection:
        gap = reads.read_gaps(connection, 1, dimension="cameras").iloc[0]
        cell = reads.read_cells(connection, 1).set_index("cell_id").loc[gap["cell_id"]]
    sides = ["west", "south", "east", "north"]
    assert gap[sides].tolist() == pytest.approx(cell[sides].tolist(), abs=1e-9)


def test_a_fix_on_a_day_without_partition_is_refused(owner):
    row = {"district_id": 1, "day": dt.date(1999, 1, 1), "shift_id": "h1", "time": "1999-01-01"}
    with pytest.raises(Exception, match="no partition of relation"):
        owner.execute(insert(t.fixes).values(row))


def test_an_edit_raises_the_version_of_its_district_once(owner):
    before = owner.scalar(select(t.districts.c.version))
    owner.execute(update(t.cells).values(name="renamed"))
    assert owner.scalar(select(t.districts.c.version)) == before + 1
    owner.execute(t.gaps.delete().where(t.gaps.c.gap_id == "g1"))
    assert owner.scalar(select(t.districts.c.version)) == before + 2


def test_removing_a_district_removes_all_of_it(owner):
    remove_district(owner, 1)
    assert {count(owner, table) for table in t.metadata.tables.values()} == {0, 4}


def test_awkward_words_survive_the_way_into_the_database(owner):
    words = ['quote " here', "comma, and\nnewline", "\\N", "网格 ‘一’", "a\tb"]
    toy = toy_district()
    sites = (
        toy["sites"]
        .iloc[[0] * len(words)]
        .assign(site_id=[str(n) for n in range(len(words))], name=words)
    )
    load_district(owner, toy.with_layers(sites=sites))
    back = owner.execute(select(t.sites.c.name).order_by(t.sites.c.gid)).scalars().all()
    assert back == words


def test_an_empty_text_is_not_a_missing_value(owner):
    windows = owner.scalars(select(t.coverage.c.window).where(t.coverage.c.dimension == "staffing"))
    assert set(windows) == {""}


def test_a_missing_value_stays_missing(owner):
    row = owner.execute(select(t.sites.c.capacity, t.sites.c.opened_on).limit(1)).one()
    assert tuple(row) == (None, None)


def test_geometry_is_longitude_and_latitude_and_drawn_in_web_mercator(owner):
    query = select(
        func.ST_SRID(t.sites.c.geometry),
        func.ST_X(t.sites.c.geometry),
        func.ST_SRID(t.sites.c.drawn),
    ).where(t.sites.c.site_id == "s1")
    srid, x, drawn = owner.execute(query).one()
    assert (srid, drawn) == (4326, 3857)
    assert x == pytest.approx(117.0, abs=0.01)
    assert shapely.get_x(at(100, 300)) == 500_100.0
