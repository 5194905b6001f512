"""Every model and combination of limits against trying every set of places."""

import numpy as np
import pytest

from gridmap.errors import InputError
from gridmap.plan.siting import OBJECTIVES, Siting, choose_sites
from tests.oracles.siting import best_choice


def draw(seed):
    """A small question by chance: points and places on a plane, some pairs without a way."""
    random = np.random.default_rng(seed)
    points, places = int(random.integers(3, 11)), int(random.integers(2, 9))
    homes, spots = random.integers(0, 100, (points, 2)), random.integers(0, 100, (places, 2))
    walks = np.hypot(*(homes[:, None] - spots[None]).transpose(2, 0, 1)).round(0)
    walks[random.random(walks.shape) < random.choice([0.0, 0.2, 0.5])] = np.inf
    people = random.integers(0, 30, points).astype(float)
    people[0] = max(people[0], 1)
    existing = random.random(places) < 0.25
    lengths = np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1))
    return random, walks, people, existing, lengths


def limits_by_chance(random, objective, existing, lengths):
    new = int((~existing).sum())
    limits = {}
    if objective != "lscp" or random.random() < 0.4:
        limits["count"] = int(random.integers(0, min(4, new) + 1))
    if random.random() < 0.3 and existing.any():
        limits["closable"] = int(random.integers(1, existing.sum() + 1))
    if random.random() < 0.4:
        limits["cost"] = random.integers(1, 6, len(existing)).astype(float)
        if random.random() < 0.7:
            limits["budget"] = float(random.integers(2, 14))
            if random.random() < 0.3:
                limits.pop("count", None)
    if random.random() < 0.35:
        limits["capacity"] = random.integers(5, 90, len(existing)).astype(float)
    if random.random() < 0.35:
        limits["apart"] = np.argwhere(np.triu(lengths < 25, 1))
    if objective in {"lscp", "mclp"} and "capacity" not in limits and random.random() < 0.4:
        limits["backup"] = str(random.choice(["then", "require"]))
    return limits


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("seed", range(60))
def test_the_best_choice_is_as_good_as_trying_every_one(objective, seed):
    random, walks, people, existing, lengths = draw(1000 * OBJECTIVES.index(objective) + seed)
    norm_m = float(random.choice([20, 40, 60]))
    limits = limits_by_chance(random, objective, existing, lengths)
    best, sets = best_choice(
        walks.tolist(), people.tolist(), objective, norm_m, existing.tolist(),
        **{k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in limits.items()},
    )  # fmt: skip
    asked = Siting(walks, people, objective, norm_m, existing, **limits)
    if not asked.reachable.any() or best is None:
        with pytest.raises(InputError):
            choose_sites(asked, 20)
        return
    found = choose_sites(asked, 20)
    assert found.value == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert found.proved
    assert found.bound == pytest.approx(best, rel=1e-6, abs=1e-6)
    if limits.get("backup") == "then":
        twice = [
            sum(
                people[i]
                for i in range(len(people))
                if sum(walks[i, p] <= norm_m for p in opened) >= 2
            )
            for opened in sets
        ]
        assert found.twice == pytest.approx(max(twice))
