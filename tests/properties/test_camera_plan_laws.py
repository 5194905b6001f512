"""Laws of choosing views: never above the bound, never below what theory promises."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from gridmap.plan.covering import KEEP, NEW, TURN, Covering, merge_pieces, value_of
from gridmap.plan.greedy import certify, choose_greedily
from gridmap.plan.proof import choose_exactly
from tests.oracles.camera_plans import allowed, best_by_trying, worth


@st.composite
def coverings(draw, *, plain=False):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    places = draw(st.integers(1, 5))
    each = 1 if plain else draw(st.integers(1, 3))
    pieces = draw(st.integers(1, 12))
    views = places * each
    seen = sparse.csr_array((rng.random((views, pieces)) < draw(st.floats(0.1, 0.7))).astype(float))
    place = np.repeat(np.arange(places), each)
    kind = np.full(views, NEW)
    need, have = np.ones(pieces, int), np.zeros(pieces, int)
    told = {}
    if not plain:
        standing = int(rng.integers(0, places))
        for one in range(standing):
            kind[place == one] = TURN
            kind[one * each] = KEEP
        need = rng.integers(1, 3, pieces)
        have = rng.integers(0, 2, pieces)
        told = {
            "removable": frozenset(range(int(rng.integers(0, standing + 1)))),
            "turns": int(rng.integers(0, 3)),
            "price_per_m": float(rng.choice([0.0, 0.3])),
            "turn_price": float(rng.choice([0.0, 0.5])),
            "most_facade_m": float(rng.choice([np.inf, 4.0, 0.0])),
        }
    return Covering(
        seen, rng.integers(1, 9, pieces).astype(float), need, have, place, kind,
        rng.integers(0, 5, views).astype(float), draw(st.integers(0, 3)), **told,
    )  # fmt: skip


@settings(deadline=None, max_examples=80)
@given(coverings())
def test_the_exact_choice_is_the_best_of_all_choices_and_keeps_every_limit(problem):
    best = best_by_trying(problem)
    found = choose_exactly(merge_pieces(problem))
    assert found.proved
    assert worth(problem, problem.seen.toarray(), found.views) == pytest.approx(best)
    assert allowed(problem, found.views)


@settings(deadline=None, max_examples=80)
@given(coverings())
def test_a_greedy_choice_keeps_every_limit_and_its_certificate_is_no_less_than_the_best(problem):
    best = best_by_trying(problem)
    found = choose_greedily(problem)
    assert allowed(problem, found.views)
    assert value_of(problem, found.views) == pytest.approx(found.value)
    assert found.value <= best + 1e-9
    assert found.bound >= best - 1e-9
    assert not found.proved or found.value == pytest.approx(best)


@settings(deadline=None, max_examples=80)
@given(coverings(), st.data())
def test_every_set_of_views_certifies_a_bound(problem, data):
    views = [
        int(data.draw(st.sampled_from(np.flatnonzero(problem.place == one).tolist())))
        for one in range(problem.places)
        if data.draw(st.booleans())
    ]
    assert certify(problem, views) >= best_by_trying(problem) - 1e-9


@settings(deadline=None, max_examples=80)
@given(coverings(plain=True))
def test_with_one_view_at_each_place_greedy_is_worth_1_minus_1_over_e_of_the_best(problem):
    found = choose_greedily(problem, time_limit_s=0.0)
    assert found.value >= (1 - 1 / np.e) * best_by_trying(problem) - 1e-9


@settings(deadline=None, max_examples=80)
@given(coverings())
def test_with_several_views_at_each_place_greedy_is_worth_half_of_the_best(problem):
    free = replace(
        problem, kind=np.full_like(problem.kind, NEW), removable=frozenset(), turns=0,
        price_per_m=0.0, turn_price=0.0, most_facade_m=np.inf,
    )  # fmt: skip
    base = value_of(free, [])
    assert choose_greedily(free).value - base >= (best_by_trying(free) - base) / 2 - 1e-9


@settings(deadline=None, max_examples=50)
@given(coverings())
def test_equal_pieces_made_one_change_no_value(problem):
    merged = merge_pieces(problem)
    constant = value_of(problem, []) - value_of(merged, [])
    for view in range(problem.seen.shape[0]):
        assert value_of(merged, [view]) + constant == pytest.approx(value_of(problem, [view]))


@settings(deadline=None, max_examples=50)
@given(coverings())
def test_one_more_camera_never_lowers_the_best(problem):
    more = replace(problem, count=problem.count + 1)
    assert choose_exactly(more).value >= choose_exactly(problem).value - 1e-9
