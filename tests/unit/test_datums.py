import numpy as np
import pytest
import shapely

from gridmap.datums import from_wgs84, shapes_to_wgs84, to_wgs84
from gridmap.errors import CRSError

TIANANMEN_WGS84 = (116.391243, 39.907333)
TIANANMEN_GCJ02 = (116.397484, 39.908737)


def test_a_known_place_moves_by_the_published_offset():
    lon, lat = from_wgs84(*TIANANMEN_WGS84, "gcj02")
    assert (lon[0], lat[0]) == pytest.approx(TIANANMEN_GCJ02, abs=2e-5)


def test_bd09_is_the_published_turn_of_gcj02():
    # With sin and cos of the waves at most 1, BD-09 lies at 0.0065°, 0.006° within the wave height.
    gcj, bd = (np.hstack(from_wgs84(*TIANANMEN_WGS84, datum)) for datum in ("gcj02", "bd09"))
    assert bd - gcj == pytest.approx([0.0065, 0.006], abs=4e-4)


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000"])
def test_cgcs2000_counts_as_wgs84(datum):
    assert to_wgs84([118.78], [32.04], datum)[0][0] == 118.78


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_outside_the_formula_s_rectangle_nothing_moves(datum):
    lon, lat = to_wgs84([24.94, -73.98], [60.17, 40.75], datum)
    assert lon.tolist() == [24.94, -73.98]
    assert lat.tolist() == [60.17, 40.75]


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_missing_positions_stay_missing_beside_good_ones(datum):
    lon, lat = to_wgs84([np.nan, 118.78], [32.0, 32.04], datum)
    assert np.isnan(lon[0])
    assert lat[0] == 32.0
    assert 118.76 < lon[1] < 118.78


def test_no_positions_give_no_positions():
    assert to_wgs84([], [], "bd09")[0].tolist() == []


def test_the_input_is_not_changed():
    lon = np.array([118.78])
    to_wgs84(lon, np.array([32.04]), "gcj02")
    assert lon[0] == 118.78


def test_every_vertex_of_a_shape_moves():
    square = shapely.box(118.78, 32.04, 118.79, 32.05)
    moved = shapes_to_wgs84([square, None], "gcj02")
    lon, lat = to_wgs84(*shapely.get_coordinates(square).T, "gcj02")
    assert shapely.get_coordinates(moved[0]) == pytest.approx(np.column_stack([lon, lat]))
    assert moved[1] is None


def test_an_unknown_datum_is_refused():
    with pytest.raises(CRSError, match="Unknown datum 'mars'"):
        to_wgs84([1], [1], "mars")


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_the_forward_formula_agrees_with_an_independent_package(datum):
    prcoords = pytest.importorskip("prcoords", reason="the oracle package prcoords is absent")
    oracle = {"gcj02": prcoords.wgs_gcj, "bd09": prcoords.wgs_bd}[datum]
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(74, 134, 200), rng.uniform(18, 53, 200)
    expected = [oracle(prcoords.Coords(y, x)) for x, y in zip(lon, lat, strict=True)]
    x, y = from_wgs84(lon, lat, datum)
    assert x == pytest.approx([one.lon for one in expected], abs=1e-10)
    assert y == pytest.approx([one.lat for one in expected], abs=1e-10)
