"""Questions of siting drawn by hand, and those that cannot be asked."""

import numpy as np
import pytest
from scipy import sparse

from gridmap.errors import InputError, StoppedError
from gridmap.plan.siting import Siting, choose_sites, draw_frontier
from gridmap.plan.siting.medians import choose_medians, lay_medians
from gridmap.plan.siting.problem import stored
from gridmap.progress import silent

LINE = np.abs(np.arange(0, 600, 100.0)[:, None] - np.arange(0, 600, 100.0)[None])
"""Six points and six places, 100 m from one to the next."""
ONES = np.ones(6)
NEW = [False] * 6


def ask(objective, **limits):
    given = {"walks": LINE, "people": ONES, "norm_m": 100.0, "existing": NEW} | limits
    walks, people = given.pop("walks"), given.pop("people")
    return Siting(walks, people, objective, given.pop("norm_m"), given.pop("existing"), **given)


def test_two_sites_serve_a_street_of_six_within_one_step():
    found = choose_sites(ask("lscp"))
    assert found.open.tolist() == [1, 4]
    assert (found.value, found.bound, found.gap, found.proved) == (2.0, 2.0, 0.0, True)


def test_one_site_serves_three_of_six():
    found = choose_sites(ask("mclp", count=1))
    assert found.value == 3.0 and found.proved


def test_two_medians_of_a_street_walk_400_m_in_all():
    found = choose_sites(ask("p-median", count=2))
    assert found.value == 400.0 and found.proved


def test_the_least_radius_of_one_site_on_a_street_is_300_m():
    found = choose_sites(ask("p-center", count=1))
    assert found.value == 300.0 and found.bound == 300.0


def test_an_existing_site_counts_and_stays():
    existing = [True, *[False] * 5]
    found = choose_sites(ask("mclp", count=1, existing=existing))
    assert 0 in found.open and found.value == 5.0


def test_an_existing_site_may_be_closed_and_replaced():
    existing = [True, *[False] * 5]
    found = choose_sites(ask("mclp", count=0, existing=existing, closable=1))
    assert found.value == 3.0 and 0 not in found.open


def test_sites_keep_their_distance():
    apart = [(1, 4), (1, 3), (2, 4)]
    found = choose_sites(ask("lscp", apart=apart))
    assert found.value == 3.0


def test_a_site_too_near_to_one_that_stays_is_not_opened():
    existing = [True, *[False] * 5]
    found = choose_sites(ask("mclp", count=1, existing=existing, apart=[(0, 4), (0, 3)]))
    assert not {3, 4} & set(found.open.tolist())


def test_capacity_limits_who_is_served_and_people_may_be_split():
    found = choose_sites(ask("mclp", count=2, people=10 * ONES, capacity=15.0))
    assert found.value == pytest.approx(30.0) and found.proved


def test_a_budget_buys_two_cheap_sites_instead_of_a_dear_one():
    cost = [1.0, 5.0, 1, 1, 5, 1]
    found = choose_sites(ask("mclp", budget=2.0, cost=cost))
    assert found.value == 5.0
    assert sum(cost[p] for p in found.open) <= 2.0


def test_backup_covers_everyone_twice_where_two_places_can():
    found = choose_sites(ask("lscp", backup="require"))
    assert found.twice == 6.0 and found.proved


def test_backup_as_a_second_wish_does_not_cost_the_first():
    once = choose_sites(ask("mclp", count=3))
    then = choose_sites(ask("mclp", count=3, backup="then"))
    assert then.value == once.value == 6.0 and then.twice >= once.twice


def test_people_whom_nothing_can_serve_are_known_before_solving():
    walks = np.where(LINE > 100, np.inf, LINE)
    asked = Siting(walks[:, :3], ONES, "lscp", 100, NEW[:3])
    assert asked.reachable.tolist() == [True] * 4 + [False] * 2
    assert choose_sites(asked).value == 2.0


def test_the_least_of_two_entries_for_one_pair_counts():
    pairs = ([0, 0, 1], [0, 0, 0])
    walks = stored(sparse.coo_array(([80.0, 30.0, 0.0], pairs), shape=(2, 1)))
    assert walks.data.tolist() == [30.0, 0.0]


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"people": [1, np.nan, 1, 1, 1, 1]}, "people are numbers of 0 or more; found nan"),
        ({"people": [1, -2.0, 1, 1, 1, 1]}, "found -2.0 at points 1"),
        ({"walks": np.where(LINE == 0, np.nan, LINE)}, "0 m or more; found nan"),
        ({"walks": -LINE}, "0 m or more; found -100"),
        ({"capacity": 0.0}, "capacities are above 0"),
        ({"count": 7}, "new sites are 0 to 6"),
        ({"count": None}, "needs a number of new sites or a budget"),
        ({"norm_m": 0.0}, "the norm is a distance above 0 m"),
        ({"norm_m": np.nan}, "the norm is a distance above 0 m"),
        ({"budget": -1.0}, "the budget is 0 or more"),
        ({"cost": np.nan}, "costs are numbers"),
        ({"closable": 1}, "1 cannot be closed"),
        ({"backup": "thrice"}, "backup is one of"),
        ({"backup": "then", "capacity": 5.0}, "cannot be asked together"),
        ({"apart": [(0, 9)]}, "places that there are not"),
        ({"people": [1.0]}, "1 numbers of people"),
    ],
)
def test_what_cannot_be_asked_is_said(limits, told):
    with pytest.raises(InputError, match=told):
        ask("mclp", **({"count": 1} | limits))


def test_all_faults_are_told_at_once():
    with pytest.raises(InputError, match=r"people .*; costs .*; new sites"):
        ask("mclp", people=-ONES, cost=-1.0, count=9)


@pytest.mark.parametrize(
    ("objective", "limits", "told"),
    [
        ("lscp", {"count": 1}, "2 new sites costing 2 would do"),
        ("lscp", {"budget": 1.0}, "2 new sites costing 2 would do"),
        ("lscp", {"capacity": 0.5}, "6 people, places for 3 in all"),
        ("p-center", {"count": 0}, "No allowed choice of sites reaches all 6 points"),
        ("mclp", {"count": 1, "people": 0 * ONES}, "Nobody lives at any point"),
        ("mclp", {"budget": 0.0}, "No place can serve anybody within 100 m"),
    ],
)
def test_an_infeasible_question_says_what_stands_in_the_way(objective, limits, told):
    with pytest.raises(InputError, match=told):
        choose_sites(ask(objective, **limits))


def test_a_time_limit_that_is_none_is_refused():
    with pytest.raises(InputError, match="above 0"):
        choose_sites(ask("lscp"), 0)


def city(size, seed=1):
    random = np.random.default_rng(seed)
    homes, spots = random.random((size, 2)) * 1000, random.random((size, 2)) * 1000
    walks = np.hypot(*(homes[:, None] - spots[None]).transpose(2, 0, 1))
    return walks, random.integers(1, 100, size).astype(float)


def test_a_solver_stopped_at_its_limit_says_so_with_its_gap():
    walks, people = city(600)
    found = choose_sites(Siting(walks, people, "lscp", 100.0, [False] * 600), 0.05)
    assert found.stopped and not found.proved
    assert 0 < found.bound < found.value and found.gap > 0


def test_a_stopped_median_keeps_its_choice_and_its_bound():
    walks, people = city(300)
    asked = Siting(walks, people, "p-median", 100.0, [False] * 300, count=8)
    found = choose_medians(asked, 1e-3, silent, lambda: False)
    assert len(found.open) == 8 and found.stopped and not found.proved
    assert found.bound <= found.value


def test_work_can_be_cancelled_while_the_solver_runs():
    walks, people = city(600)
    asked = Siting(walks, people, "lscp", 100.0, [False] * 600)
    with pytest.raises(StoppedError, match="stopped before it was done"):
        choose_sites(asked, 3.0, cancelled=lambda: True)


def test_loops_give_the_same_with_and_without_the_compiler():
    pytest.importorskip("numba")
    from gridmap.compiled import _without_compiler
    from gridmap.plan.siting import median_loops

    walks, people = city(40)
    laid = lay_medians(Siting(walks, people, "p-median", 1.0, [False] * 40, count=5))
    answers = []
    for module in (median_loops, _without_compiler(median_loops.__name__)):
        opened = laid.existing.copy()
        cost = module.interchange(
            *laid.by_place, *laid.by_point, laid.worst, opened, laid.existing, 0, 5
        )
        bound = module.bound_by_prices(
            *laid.by_place, laid.worst, laid.usable, laid.existing, 0, 5,
            0.5 * laid.worst, cost, 0.0, 60, 5,
        )  # fmt: skip
        answers.append((cost, opened.tolist(), bound[0], bound[1].tolist(), bound[3].tolist()))
    assert answers[0] == answers[1]


def test_the_frontier_never_falls_and_ends_with_everyone():
    table = draw_frontier(ask("lscp"), 4)
    assert table["people"].tolist() == [0, 3, 6, 6, 6]
    assert table["proved"].all() and (table["bound"] >= table["people"]).all()


def test_the_frontier_need_not_be_concave():
    # A dear site serves four, two that are cheap only together serve six: backup makes pairs.
    walks = np.full((4, 4), np.inf)
    walks[:2, :2] = walks[2:, 2:] = 1.0
    asked = Siting(walks, [1, 1, 5, 5], "mclp", 10.0, [False] * 4, count=4, backup="require")
    table = draw_frontier(asked, 4)
    assert table["people"].tolist() == [0, 0, 10, 10, 12]
