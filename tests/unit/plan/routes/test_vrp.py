"""Routes with prizes and time windows against every order of visits."""

import numpy as np
import pytest

from gridmap.errors import AssetError, InputError
from gridmap.plan.routes.vrp import FAR_S, Unit, Visit, solve_routes
from tests.oracles.routes import least_cost


def town(seed, count):
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 900, (count, 2))
    return np.hypot(*(xy[:, None] - xy[None]).T).round().astype(np.int64)


@pytest.mark.parametrize("seed", range(6))
def test_small_towns_get_the_cheapest_routes_there_are(seed):
    rng = np.random.default_rng(seed)
    move = town(seed, 6)
    units = [Unit(0, 0, 0, 3600), Unit(0, 0, 0, 2400)]
    visits = []
    for place in range(1, 6):
        early = int(rng.integers(0, 1200))
        prize = int(rng.integers(100, 1500))
        visits.append(Visit(place, early, early + 900, 120, prize, must=place == 2))
    found = solve_routes(move, units, visits, limit_s=0.4)
    assert found.feasible
    assert found.cost == least_cost(move.tolist(), units, visits)


def test_windows_and_shifts_are_kept_by_every_stop():
    move = town(7, 25)
    units = [Unit(0, 0, 0, 5000), Unit(1, 0, 600, 7000)]
    visits = [Visit(n, 100 * n, 100 * n + 1500, 60, 2000) for n in range(2, 25)]
    found = solve_routes(move, units, visits, limit_s=0.5)
    made = [stop.visit for _, stops in found.routes for stop in stops]
    assert len(made) == len(set(made))
    assert sorted([*made, *found.left_out]) == list(range(len(visits)))
    for unit, stops in found.routes:
        clock, place = units[unit].from_s, units[unit].start
        for stop in stops:
            visit = visits[stop.visit]
            assert stop.from_s >= clock + move[place, visit.place]
            assert visit.from_s <= stop.from_s <= visit.until_s
            assert stop.until_s - stop.from_s == visit.stay_s
            clock, place = stop.until_s, visit.place
        assert clock + move[place, units[unit].end] <= units[unit].until_s


def test_a_visit_not_worth_the_way_is_left_out():
    move = np.array([[0, 1000], [1000, 0]])
    visits = [Visit(1, 0, 9000, 60, 1999)]
    assert solve_routes(move, [Unit(0, 0, 0, 9000)], visits, limit_s=0.1).left_out == (0,)
    visits = [Visit(1, 0, 9000, 60, 2001)]
    assert solve_routes(move, [Unit(0, 0, 0, 9000)], visits, limit_s=0.1).left_out == ()


def test_a_place_without_a_way_is_left_out():
    move = np.array([[0, FAR_S], [FAR_S, 0]])
    found = solve_routes(move, [Unit(0, 0, 0, 9000)], [Visit(1, 0, 9000, 60, 10**6)], limit_s=0.1)
    assert found.left_out == (0,)


def test_no_units_and_windows_that_end_before_they_begin_are_refused():
    move = np.zeros((2, 2))
    with pytest.raises(InputError, match="at least one unit.*found 0"):
        solve_routes(move, [], [Visit(1, 0, 10, 1, 1)])
    with pytest.raises(InputError, match="visit 1 ends before it begins"):
        solve_routes(move, [Unit(0, 0, 0, 10)], [Visit(1, 10, 5, 1, 1)])


def test_what_progress_raises_ends_the_search():
    def cancel(_stage, _done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve_routes(town(1, 4), [Unit(0, 0, 0, 9000)], [Visit(1, 0, 9000, 60, 9)], progress=cancel)


def test_without_pyvrp_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyvrp", None)
    with pytest.raises(AssetError, match=r"pip install 'gridmap\[plan\]'"):
        solve_routes(town(1, 2), [Unit(0, 0, 0, 9)], [Visit(1, 0, 9, 1, 1)])
