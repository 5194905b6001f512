"""Distances of demand points to the sites near them, against all pairs and by hand."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.samples import EAST0, NORTH0, TOY_CRS, at
from gridmap.services import matrix
from gridmap.services.access import node_distances, snap, walk_distances
from gridmap.services.matrix import nearest_sites, site_distances
from gridmap.services.network import lay_network
from tests.oracles.services import all_pairs

SHARED = Path(__file__).parents[3] / "../shared/data"


def roads_of(lines):
    moved = [shapely.LineString([(x + EAST0, y + NORTH0) for x, y in line]) for line in lines]
    return gpd.GeoDataFrame({"highway": ["residential"] * len(lines)}, geometry=moved, crs=TOY_CRS)


def town_of(seed, side=6, homes=60, shops=15):
    """Streets of a town with holes in them, and where homes and shops meet them."""
    rng = np.random.default_rng(seed)
    across = [
        [(100 * x, 100 * y), (100 * x + 100, 100 * y)] for x in range(side) for y in range(side)
    ]
    up = [[(100 * x, 100 * y), (100 * x, 100 * y + 100)] for x in range(side) for y in range(side)]
    lines = [line for line in across + up if rng.random() < 0.75]
    network = lay_network(roads_of(lines))
    spots = [
        [at(*place) for place in rng.uniform(0, 100 * side, (number, 2)).round(1)]
        for number in (homes, shops)
    ]
    return network, spots[0], spots[1]


def by_all_pairs(network, homes, shops):
    """Distances by way of all pairs of nodes, every home and shop one after the other."""
    far = all_pairs(len(network.xy), network.ends.tolist(), network.length_m.tolist())
    result = np.full((len(homes), len(shops)), np.inf)
    for home in snaps_of(network, homes):
        for shop in snaps_of(network, shops):
            ways = [abs(home[2] - shop[2])] if home[1] == shop[1] else []
            ways += [
                to_one + far[one][two] + to_two
                for one, to_one in ends_of(network, home)
                for two, to_two in ends_of(network, shop)
            ]
            whole = home[3] + min(ways) + shop[3]
            result[home[0], shop[0]] = min(result[home[0], shop[0]], whole)
    return result


def snaps_of(network, spots):
    met = snap(network, spots)
    return list(zip(met.subject, met.edge, met.start_m, met.access_m, strict=True))


def ends_of(network, spot):
    length = network.length_m[spot[1]]
    return zip(network.ends[spot[1]], (spot[2], length - spot[2]), strict=True)


def dense(found):
    """Matrix with inf where nothing is stored, a stored zero staying zero."""
    full = np.full(found.shape, np.inf)
    rows, columns = found.tocoo().coords
    full[rows, columns] = found.tocoo().data
    return full


@pytest.fixture(params=["compiled", "scipy"])
def way(request, monkeypatch):
    """Both ways to search: as compiled loops and by scipy in small batches."""
    if request.param == "compiled":
        pytest.importorskip("numba")
    monkeypatch.setattr(matrix, "_worth_compiling", lambda *_: request.param == "compiled")
    monkeypatch.setattr(matrix, "_ROOM", 600)
    return request.param


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("limit_m", [150.0, 400.0, np.inf])
def test_distances_are_those_of_all_pairs(way, seed, limit_m):
    network, homes, shops = town_of(seed)
    expected = by_all_pairs(network, homes, shops)
    expected[expected > limit_m] = np.inf
    found = site_distances(
        network, snap(network, homes), len(homes), snap(network, shops), len(shops), limit_m
    )
    np.testing.assert_allclose(dense(found), expected, atol=1e-6)
    assert found.nnz == np.isfinite(expected).sum()
    assert found.has_sorted_indices


@pytest.mark.parametrize("k", [1, 3, 20])
def test_nearest_sites_are_the_first_of_all_distances(way, k):
    network, homes, shops = town_of(9)
    met, stood = snap(network, homes), snap(network, shops)
    full = dense(site_distances(network, met, len(homes), stood, len(shops), np.inf))
    site, metres = nearest_sites(network, met, len(homes), stood, len(shops), k)
    order = np.argsort(full, axis=1, kind="stable")[:, :k]
    expected = np.take_along_axis(full, order, axis=1)
    wide = np.full((len(homes), k), np.inf)
    wide[:, : expected.shape[1]] = expected
    np.testing.assert_array_equal(metres, wide)
    real = np.isfinite(expected)
    np.testing.assert_array_equal(site[:, : order.shape[1]][real], order[real])
    assert (site[np.isinf(metres)] == -1).all()


def test_both_ways_agree_bit_by_bit(monkeypatch):
    pytest.importorskip("numba")
    network, homes, shops = town_of(3, side=9, homes=300, shops=40)
    met, stood = snap(network, homes), snap(network, shops)
    answers = []
    for compiled in (True, False):
        monkeypatch.setattr(matrix, "_worth_compiling", lambda *_, one=compiled: one)
        found = site_distances(network, met, 300, stood, 40, 500.0)
        near = nearest_sites(network, met, 300, stood, 40, 5, limit_m=700.0)
        answers.append((found.indptr, found.indices, found.data, *near))
    for one, other in zip(*answers, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_home_at_its_site_is_stored_as_zero(way):
    network = lay_network(roads_of([[(0, 0), (400, 0)]]))
    met, stood = snap(network, [at(100, 0)]), snap(network, [at(100, 0), at(350, 0)])
    found = site_distances(network, met, 1, stood, 2, 200.0)
    assert (found.nnz, found.data.tolist()) == (1, [0.0])


def test_sites_that_are_equally_near_come_by_position(way):
    network = lay_network(roads_of([[(0, 0), (400, 0)], [(200, 0), (200, 300)]]))
    met, stood = (
        snap(network, [at(200, 100)]),
        snap(network, [at(300, 0), at(100, 0), at(200, 300)]),
    )
    site, metres = nearest_sites(network, met, 1, stood, 3, 2)
    assert (site.tolist(), metres.tolist()) == ([[0, 1]], [[200.0, 200.0]])


def test_a_park_is_reached_at_its_edge(way):
    network = lay_network(roads_of([[(0, 0), (400, 0)]]))
    park = shapely.box(EAST0 + 200, NORTH0 - 50, EAST0 + 300, NORTH0 + 50)
    met, stood = snap(network, [at(50, 10), at(250, 0), at(400, 0)]), snap(network, [park])
    found = site_distances(network, met, 3, stood, 1, 1000.0)
    assert found.toarray().ravel().tolist() == [160.0, 0.0, 100.0]


def test_nobody_and_no_site_give_empty_answers(way):
    network = lay_network(roads_of([[(0, 0), (400, 0)]]))
    met, none = snap(network, [at(50, 10)]), snap(network, [])
    assert site_distances(network, met, 1, none, 0, 100.0).shape == (1, 0)
    assert site_distances(network, none, 0, met, 1, 100.0).shape == (0, 1)
    site, metres = nearest_sites(network, met, 1, none, 0, 2)
    assert site.tolist() == [[-1, -1]] and np.isinf(metres).all()
    empty = lay_network(roads_of([])[:0])
    met = snap(empty, [at(0, 0)])
    assert site_distances(empty, met, 1, met, 1, 100.0).nnz == 0


@pytest.mark.parametrize("name", ["helsinki_centre", "nanjing_xinjiekou"])
def test_on_real_streets_the_nearest_are_those_of_the_search_for_types(name):
    path = SHARED / f"{name}.gpkg"
    if not path.exists():
        pytest.skip(f"the shared folder has no {path.name}")
    roads = gpd.read_file(path, layer="roads")
    roads = roads.to_crs(roads.estimate_utm_crs())
    network = lay_network(roads)
    rng = np.random.default_rng(0)
    places = network.xy[rng.integers(len(network.xy), size=340)] + rng.normal(0, 20, (340, 2))
    homes, shops = (snap(network, shapely.points(part)) for part in (places[:300], places[300:]))
    expected = walk_distances(network, homes, 300, [shops], node_distances(network, [shops]))[0]
    site, metres = nearest_sites(network, homes, 300, shops, 40, 4)
    np.testing.assert_allclose(metres[:, 0], expected, rtol=0, atol=1e-9)
    found = dense(site_distances(network, homes, 300, shops, 40, 1500.0))
    for column in range(4):
        near = np.flatnonzero(metres[:, column] <= 1500)
        np.testing.assert_array_equal(found[near, site[near, column]], metres[near, column])
    assert (np.isfinite(found).sum(axis=1) >= np.isfinite(metres).sum(axis=1) - 4).all()
