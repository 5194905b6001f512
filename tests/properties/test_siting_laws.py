"""Laws of siting, for any ground."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.plan.siting import Siting, choose_sites, draw_frontier
from gridmap.plan.siting.answers import value_of
from gridmap.plan.siting.greedy import choose_greedily


@st.composite
def grounds(draw):
    """Walks (some impossible), people and which places stand."""
    points, places = draw(st.integers(2, 12)), draw(st.integers(2, 9))
    seed = draw(st.integers(0, 2**31))
    random = np.random.default_rng(seed)
    walks = random.integers(1, 100, (points, places)).astype(float)
    walks[random.random(walks.shape) < 0.2] = np.inf
    walks[0, 0] = 1.0
    people = random.integers(1, 50, points).astype(float)
    existing = random.random(places) < 0.2
    existing[0] = False
    return walks, people, existing


def asked(ground, objective, norm_m=50.0, **limits):
    walks, people, existing = ground
    return Siting(walks, people, objective, norm_m, existing, **limits)


@given(grounds(), st.sampled_from(["mclp", "p-median"]))
@settings(max_examples=40, deadline=None)
def test_one_more_site_never_worsens(ground, objective):
    sign = -1 if objective == "mclp" else 1
    values = [
        sign * choose_sites(asked(ground, objective, count=count)).value
        for count in range(int((~ground[2]).sum()) + 1)
    ]
    assert all(later <= sooner + 1e-6 for sooner, later in pairwise(values))


@given(grounds(), st.integers(1, 3), st.floats(5, 60), st.floats(0, 40))
@settings(max_examples=40, deadline=None)
def test_a_larger_norm_never_serves_fewer(ground, count, norm_m, more_m):
    count = min(count, int((~ground[2]).sum()))
    near = asked(ground, "mclp", norm_m, count=count)
    far = replace(near, norm_m=norm_m + more_m)
    served = [choose_sites(one).value if one.reachable.any() else 0.0 for one in (near, far)]
    assert served[1] >= served[0] - 1e-6


@given(grounds(), st.sampled_from(["mclp", "p-median"]), st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_the_exact_choice_is_never_worse_than_one_in_steps(ground, objective, count):
    problem = asked(ground, objective, count=min(count, int((~ground[2]).sum())))
    best, steps = choose_sites(problem), value_of(problem, choose_greedily(problem))
    assert best.value >= steps - 1e-6 if objective == "mclp" else best.value <= steps + 1e-6
    assert best.proved


@given(grounds())
@settings(max_examples=30, deadline=None)
def test_the_frontier_rises_to_what_the_fewest_sites_serve(ground):
    problem = asked(ground, "lscp")
    fewest = choose_sites(problem)
    table = draw_frontier(problem, int(fewest.value))
    assert (np.diff(table["people"]) >= 0).all() and table["proved"].all()
    everyone = problem.people[problem.reachable].sum()
    assert np.isclose(table["people"].iloc[-1], everyone)
    assert fewest.value == 0 or table["people"].iloc[-2] < everyone - 1e-6


@given(grounds(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_places_and_points_does_not_matter(ground, random):
    walks, people, existing = ground
    rows, columns = list(range(len(people))), list(range(len(existing)))
    random.shuffle(rows)
    random.shuffle(columns)
    turned = walks[np.ix_(rows, columns)], people[rows], existing[columns]
    for objective in ("mclp", "p-median"):
        one, other = (choose_sites(asked(g, objective, count=1)) for g in (ground, turned))
        assert np.isclose(one.value, other.value)
