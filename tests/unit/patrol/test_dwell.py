"""The engine against the plain method: same time in the same cells, whatever the form of cells."""

import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.patrol import dwell as engine
from gridmap.patrol.dwell import cell_grid, split_tracks
from gridmap.patrol.fixes import clean_fixes
from gridmap.patrol.lattices import Hexagons, Rectangles, hexagons_of, rectangles_of
from gridmap.patrol.lookups import lookup_of
from gridmap.patrol.presence import presence_of, slot_matrix
from gridmap.patrol.rasters import Raster, raster_of
from gridmap.samples import toy_district
from tests.oracles.patrol import patrolled
from tests.oracles.patrol_compared import assert_engine_equals_plain
from tests.oracles.patrol_plain import cells_of_points

SIDE = 100.0


def squares(count=4):
    return {
        f"c{i}{j}": shapely.box(SIDE * i, SIDE * j, SIDE * i + SIDE, SIDE * j + SIDE)
        for i in range(count)
        for j in range(count)
    }


def hexagons(count=4, radius=60.0, turn=0.0):
    angle = np.radians(np.arange(0, 360, 60) + 30 + turn)
    corner = radius * np.column_stack([np.cos(angle), np.sin(angle)])
    a, b = np.radians([turn, turn + 60])
    step = radius * np.sqrt(3) * np.array([[np.cos(a), np.sin(a)], [np.cos(b), np.sin(b)]])
    return {
        f"h{q}{r}": shapely.Polygon(corner + q * step[0] + r * step[1])
        for q in range(count)
        for r in range(count)
    }


def crooked():
    bay = shapely.box(0, 0, 200, 200) - shapely.box(80, 60, 120, 200)
    hole = shapely.box(200, 0, 400, 200) - shapely.box(260, 60, 320, 140)
    far = shapely.MultiPolygon([shapely.box(0, 220, 90, 400), shapely.box(140, 230, 220, 380)])
    return {"bay": bay, "hole": hole, "far": far, "in": shapely.box(260, 60, 320, 140)}


def wandering(cells, seed, mode="bike", count=120, spread=45.0):
    rng = np.random.default_rng(seed)
    shifts, fixes = {}, {}
    for n in range(3):
        times = np.cumsum(rng.choice([1, 5, 10, 31, 90, 200], count))
        walk = rng.normal(0, spread, (count, 2)).cumsum(axis=0) % 420.0
        on_corners = rng.random(count) < 0.2
        walk[on_corners] = np.rint(walk[on_corners] / SIDE) * SIDE
        walk[1::7] = walk[::7][: len(walk[1::7])]
        shifts[f"s{n}"] = (f"u{n % 2}", 0.0, float(times[-1] + 50), mode)
        fixes[f"s{n}"] = [(float(t), *xy) for t, xy in zip(times, walk.tolist(), strict=True)]
    return patrolled(cells, shifts, fixes)


FORMS = {"squares": squares(), "hexagons": hexagons(), "turned": hexagons(turn=17.0)}
FORMS |= {"crooked": crooked(), "sparse": dict(list(squares().items())[::2])}


@pytest.mark.parametrize("form", list(FORMS))
@pytest.mark.parametrize("mode", ["foot", "car"])
def test_the_engine_equals_the_plain_method_on_wanderings(form, mode):
    for seed in range(3):
        assert_engine_equals_plain(wandering(FORMS[form], seed, mode))


def test_the_engine_equals_the_plain_method_on_the_toy():
    assert_engine_equals_plain(toy_district())


@pytest.mark.parametrize("form", ["squares", "hexagons"])
def test_a_raster_gives_what_arithmetic_gives(form):
    district = wandering(FORMS[form], 5)
    cells = district["cells"].sort_values("cell_id").geometry.to_numpy()
    assert_engine_equals_plain(district, raster_of(cells))


@pytest.mark.parametrize(
    ("form", "kind"), [("squares", Rectangles), ("turned", Hexagons), ("crooked", Raster)]
)
def test_each_grid_is_looked_up_by_its_own_arithmetic(form, kind):
    assert isinstance(lookup_of(np.array(list(FORMS[form].values()))), kind)


@pytest.mark.parametrize("form", list(FORMS))
def test_points_on_corners_and_borders_go_to_the_first_of_their_cells(form):
    cells = np.array(list(FORMS[form].values()))
    corners = shapely.get_coordinates(cells)
    middles = (corners[1:] + corners[:-1]) / 2
    x, y = np.vstack([corners, middles, middles + 1e-7, corners - 1e-7]).T
    expected = cells_of_points(x, y, cells)
    assert (lookup_of(cells).locate(x, y) == expected).all()
    assert (raster_of(cells).locate(x, y) == expected).all()


def test_of_overlapping_rectangles_the_first_has_the_ground():
    cells = np.array([shapely.box(0, 0, 10, 10), shapely.box(5, 0, 15, 10)])
    found = rectangles_of(cells).locate(np.array([7.0, 10.0, 12.0]), np.full(3, 5.0))
    assert found.tolist() == [0, 0, 1]


def test_hexagons_that_do_not_fit_a_honeycomb_are_none():
    one, two = list(hexagons(2).values())[:2]
    moved = shapely.transform(two, lambda xy: xy + 3.0)
    assert hexagons_of(np.array([one, moved])) is None
    assert hexagons_of(np.array([one, one])) is None


def test_batches_change_nothing(monkeypatch):
    district = wandering(FORMS["crooked"], 2)
    grid = cell_grid(district["cells"].geometry.to_numpy())
    tracks = clean_fixes(district["shifts"], district["fixes"])
    whole = split_tracks(tracks, grid)
    monkeypatch.setattr(engine, "BATCH", 50)
    parts = split_tracks(tracks, grid)
    for one, other in ((whole.runs, parts.runs), (whole.stays, parts.stays)):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_no_fix_gives_no_run_and_everything_unknown():
    district = patrolled(squares(), {"s": ("u", 0.0, 600.0, "foot")}, {})
    grid = cell_grid(district["cells"].geometry.to_numpy())
    told = split_tracks(clean_fixes(district["shifts"], district["fixes"]), grid)
    assert told.runs.empty
    assert (told.unknown["end_s"] - told.unknown["start_s"]).tolist() == [600.0]


def test_the_matrix_of_quarter_hours_holds_the_presence():
    district = wandering(squares(), 1)
    cells = district["cells"].geometry.to_numpy()
    runs = split_tracks(clean_fixes(district["shifts"], district["fixes"]), cell_grid(cells)).runs
    presence = presence_of(runs)
    matrix = slot_matrix(presence, len(cells))
    told = np.bincount(presence.key, presence.end - presence.start, minlength=len(cells))
    assert matrix.sum(axis=1) == pytest.approx(told, abs=1e-6)
    assert matrix.data.max() <= 900.0
