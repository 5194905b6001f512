"""Tiles hold what the scope allows, with the values of the measure asked for."""

import math

import pytest
from sqlalchemy import text, update

from gridmap.errors import InputError
from gridmap.store import tables as t
from gridmap.store.scope import Scope
from gridmap.store.tiles import _WHOLE, LAYERS, _pixels, render_tile, tile_etag

pytestmark = pytest.mark.store
LON, LAT = 117.00233, 39.73585
"""Middle of the toy district."""
_FIELDS = {2: "length", 5: "fixed32", 1: "fixed64", 0: "varint"}


def tile_at(z):
    n = 2**z
    y = (1 - math.asinh(math.tan(math.radians(LAT))) / math.pi) / 2 * n
    return z, int((LON + 180) / 360 * n), int(y)


def messages(raw):
    """Fields of a protocol buffer message: (number, value)."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = raw[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(raw):
        key = varint()
        kind = _FIELDS[key & 7]
        if kind == "varint":
            yield key >> 3, varint()
            continue
        size = varint() if kind == "length" else {"fixed32": 4, "fixed64": 8}[kind]
        yield key >> 3, raw[at : at + size]
        at += size


def value_of(raw):
    import struct

    number, value = next(messages(raw))
    if number == 1:
        return value.decode()
    if number == 3:
        return struct.unpack("<d", value)[0]
    if number == 2:
        return struct.unpack("<f", value)[0]
    return bool(value) if number == 7 else value


def decode(tile):
    """Layers of a vector tile: name → list of properties, with the id of each feature."""
    layers = {}
    for _, layer in messages(tile):
        fields = list(messages(layer))
        keys = [value.decode() for number, value in fields if number == 3]
        values = [value_of(value) for number, value in fields if number == 4]
        name = next(value.decode() for number, value in fields if number == 1)
        features = []
        for number, feature in fields:
            if number != 2:
                continue
            parts = dict(messages(feature))
            tags = list(varints(parts.get(2, b"")))
            shown = {keys[k]: values[v] for k, v in zip(tags[::2], tags[1::2], strict=True)}
            features.append({"id": parts.get(1)} | shown)
        layers[name] = features
    return layers


def varints(raw):
    value = shift = 0
    for byte in raw:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


def test_cells_carry_the_measure_asked_for(see):
    with see("planner") as connection:
        tile = render_tile(connection, 1, "cells", *tile_at(14), measure="pharmacy.walk_share")
    cells = {one["cell_id"]: one for one in decode(tile)["cells"]}
    assert {name: one["value"] for name, one in cells.items()} == {
        "nw": 1.0, "ne": 0.5, "sw": 1.0, "se": 0.0,
    }  # fmt: skip
    assert cells["se"]["status"] == "missed"
    assert cells["nw"]["community"] == "West"
    assert len({one["id"] for one in cells.values()}) == 4


def test_a_shape_inside_its_tile_is_moved_to_the_pixels_that_clipping_gives(owner):
    clipped = "ST_AsMVTGeom(s.drawn, ST_TileEnvelope(:z, :x, :y), 4096, 32)"
    moved = _WHOLE.replace("{clipped}", "NULL")
    query = text(f"""
        SELECT ST_HausdorffDistance({moved}, {clipped}),
               ST_IsPolygonCCW({moved}) = ST_IsPolygonCCW({clipped})
        FROM cells s WHERE s.drawn @ ST_TileEnvelope(:z, :x, :y)""")
    for z in (12, 14):
        place = dict(zip("zxy", tile_at(z), strict=True))
        found = owner.execute(query, {**place, **_pixels(z, *tile_at(z)[1:])}).all()
        assert found
        assert all(apart <= 1 and same_turn for apart, same_turn in found)


def test_cells_without_a_measure_are_outlines(see):
    with see("planner") as connection:
        tile = render_tile(connection, 1, "cells", *tile_at(15))
    assert all("value" not in one for one in decode(tile)["cells"])


def test_far_out_cells_are_their_communities(see):
    with see("planner") as connection:
        tile = render_tile(connection, 1, "cells", *tile_at(11), measure="pharmacy.walk_share")
    west, east = sorted(decode(tile)["cells"], key=lambda one: one["name"], reverse=True)
    assert (west["name"], west["value"], west["status"], west["cells"]) == ("West", 1.0, "met", 2)
    # (160 people × 0.5 + 40 people × 0) ÷ 200 people
    assert (east["name"], east["value"], east["status"]) == ("East", pytest.approx(0.4), "partly")


def test_a_worker_gets_own_cells_near_and_far(see):
    with see("worker", cells=("nw",)) as connection:
        near = render_tile(connection, 1, "cells", *tile_at(14))
        far = render_tile(connection, 1, "cells", *tile_at(11))
    assert [one["cell_id"] for one in decode(near)["cells"]] == ["nw"]
    assert [one["name"] for one in decode(far)["cells"]] == ["West"]


def test_a_window_of_patrol_is_drawn_for_a_liaison_only(see):
    asked = {"measure": "patrol.presence", "window": "day@2026-03-02"}
    for role, shown in (("liaison", 4), ("planner", 0), ("admin", 0)):
        with see(role) as connection:
            tile = render_tile(connection, 1, "cells", *tile_at(14), **asked)
        assert sum("value" in one for one in decode(tile)["cells"]) == shown


@pytest.mark.parametrize("layer", ["cameras", "views", "blind_spots"])
def test_camera_layers_are_empty_but_for_liaisons(see, layer):
    for role in ("worker", "planner", "admin"):
        with see(role, cells=("nw", "sw")) as connection:
            assert render_tile(connection, 1, layer, *tile_at(14)) == b""
    with see("liaison") as connection:
        assert decode(render_tile(connection, 1, layer, *tile_at(14)))[layer]


def test_the_base_map_shows_more_the_nearer_it_is(see):
    with see("planner") as connection:
        names = {
            z: set(decode(render_tile(connection, 1, "base", *tile_at(z)))) for z in (11, 13, 14)
        }
    assert names == {
        11: {"landuse"}, 13: {"landuse", "roads"}, 14: {"landuse", "roads", "buildings"},
    }  # fmt: skip


def test_of_gaps_with_one_outline_the_first_by_rank_is_drawn(owner):
    kept = "district_id, dimension, measure, status, quality, cell_id, geometry"
    owner.execute(
        text(
            f"INSERT INTO gaps (gap_id, rank, {kept}) "
            f"SELECT gap_id || ' again', rank + shift, {kept} FROM gaps, (VALUES (100)) AS v(shift)"
        )
    )
    drawn = decode(render_tile(owner, 1, "gaps", *tile_at(14)))["gaps"]
    assert sorted(one["gap_id"] for one in drawn) == ["g1", "g2", "g3", "g4"]


def test_a_tile_elsewhere_is_empty(see):
    with see("liaison") as connection:
        assert {render_tile(connection, 1, layer, 14, 0, 0) for layer in LAYERS} == {b""}


@pytest.mark.parametrize("tile", [(14, -1, 0), (14, 0, 2**14), (23, 0, 0), (-1, 0, 0)])
def test_a_tile_that_does_not_exist_is_refused(see, tile):
    with see("planner") as connection, pytest.raises(InputError, match="There is no tile"):
        render_tile(connection, 1, "cells", *tile)


def test_an_unknown_layer_is_refused(see):
    with (
        see("planner") as connection,
        pytest.raises(InputError, match="Unknown tile layer 'fixes'"),
    ):
        render_tile(connection, 1, "fixes", 14, 0, 0)


def test_the_mark_of_a_tile_changes_with_scope_and_version_and_not_otherwise(owner):
    planner, other = Scope(1, "planner", (1,)), Scope(2, "planner", (1,))
    asked = (1, "cells", *tile_at(14))
    first = tile_etag(owner, planner, *asked)
    assert tile_etag(owner, other, *asked) == first
    assert tile_etag(owner, Scope(1, "liaison", (1,)), *asked) != first
    assert tile_etag(owner, planner, *asked, measure="x") != first
    owner.execute(update(t.cells).values(name="new"))
    assert tile_etag(owner, planner, *asked) != first


def test_the_spatial_index_is_used_under_row_level_security(see):
    query = (
        "EXPLAIN SELECT count(*) FROM roads WHERE district_id = 1 "
        "AND drawn && ST_TileEnvelope(16, 1, 1)"
    )
    with see("planner") as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("SET LOCAL enable_indexscan = on"))
        plan = "\n".join(connection.scalars(text(query)))
    assert "ix_roads_drawn" in plan


def test_the_grid_of_a_day_needs_a_day_and_is_todays_without_one(see):
    with see("planner") as connection:
        today = decode(render_tile(connection, 1, "history", *tile_at(14)))["cells"]
        assert sorted(one["cell_id"] for one in today) == ["ne", "nw", "se", "sw"]
        with pytest.raises(InputError, match="Expected a day such as"):
            render_tile(connection, 1, "history", *tile_at(14), window="yesterday")
