"""Laws of patrol that hold for any walk."""

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from gridmap.patrol import measure_patrol
from tests.oracles.patrol import patrolled
from tests.oracles.patrol_compared import assert_engine_equals_plain

GRID = {
    f"c{i}{j}": shapely.box(100 * i, 100 * j, 100 * i + 100, 100 * j + 100)
    for i in range(3)
    for j in range(3)
}
RULES = pd.DataFrame(
    {
        "cell_id": ["*", "c11"],
        "window": ["early", "late"],
        "start": ["00:00", "00:20"],
        "end": ["00:20", "00:40"],
        "minutes": [2.0, None],
        "visits": [1.0, 2.0],
    }
)
steps = st.tuples(
    st.integers(5, 150), st.floats(-80, 80).map(lambda v: round(v, 3)),
    st.floats(-80, 80).map(lambda v: round(v, 3)),
)  # fmt: skip
ambles = st.tuples(st.integers(20, 48), *[st.integers(-50, 50).map(float)] * 2)
walks = st.lists(steps, min_size=2, max_size=25)
additions = st.lists(st.tuples(st.floats(0, 1), st.floats(0.05, 0.95)), min_size=1, max_size=6)
quick = settings(max_examples=12, deadline=None)


def track_of(walk):
    moves = np.array([(x, y) for _, x, y in walk])
    times = np.cumsum([seconds for seconds, *_ in walk]).astype(float)
    places = moves.cumsum(axis=0) + np.array([150.3, 149.7])
    return [(t, x, y) for t, (x, y) in zip(times.tolist(), places.tolist(), strict=True)]


def measured(cells, tracks, mode="foot"):
    end = max(track[-1][0] for track in tracks) + 60.0
    shifts = {f"s{n}": (f"u{n}", 0.0, end, mode) for n in range(len(tracks))}
    fixes = {f"s{n}": track for n, track in enumerate(tracks)}
    return patrolled(cells, shifts, fixes, RULES)


def measured_twice(walk, more):
    """The same way walked twice: as it is, and with further fixes on it."""
    track = track_of(walk)
    fuller = list(track)
    for place, share in more:
        (t0, x0, y0), (t1, x1, y1) = track[(n := int(place * (len(track) - 2)))], track[n + 1]
        moment = round(t0 + share * (t1 - t0), 6)
        part = (moment - t0) / (t1 - t0)
        fuller.append((moment, x0 + part * (x1 - x0), y0 + part * (y1 - y0)))
    # In order of time: the shift ends with the last fix, and must end at the same moment.
    districts = [measured(GRID, [sorted(fixes)]) for fixes in (track, fuller)]
    pd.testing.assert_frame_equal(*(district["shifts"] for district in districts))
    return tuple(measure_patrol(district) for district in districts)


def met_then(few, many, *statuses):
    """Windows that were met with few fixes, and are something else with many."""
    was, now = (one.rows[one.rows["measure"] == "patrol.presence"] for one in (few, many))
    turned = (was["status"] == "met").to_numpy() & now["status"].isin(statuses).to_numpy()
    return now.loc[turned, ["cell_id", "window", "status", "reason"]].to_dict("records")


def dwell(patrol):
    rows = patrol.rows[patrol.rows["measure"] == "patrol.dwell_s"]
    return dict(zip(rows["cell_id"], rows["value"], strict=True))


@quick
@given(st.lists(walks, min_size=1, max_size=3), st.sampled_from(["foot", "bike", "car"]))
def test_time_on_duty_is_conserved(several, mode):
    told = measure_patrol(measured(GRID, [track_of(walk) for walk in several], mode)).summary
    spent = told["dwell_s"] + told["outside_s"] + told["unknown_s"]
    assert abs(spent - told["on_duty_s"]) < 1e-6
    assert told["due"] == sum(told[name] for name in ("met", "partly", "missed", "unknown"))


@quick
@given(walks, st.randoms())
def test_the_order_of_rows_does_not_matter(walk, random):
    track = track_of(walk)
    cells = list(GRID.items())
    district = measured(dict(cells), [track])
    random.shuffle(track)
    random.shuffle(cells)
    fixes = district["fixes"].sample(frac=1, random_state=random.randint(0, 9999))
    shuffled = district.with_layers(cells=district["cells"].iloc[::-1], fixes=fixes)
    one, other = measure_patrol(district), measure_patrol(shuffled)
    pd.testing.assert_frame_equal(one.rows, other.rows)
    pd.testing.assert_frame_equal(one.presence, other.presence)


@quick
@given(walks, st.floats(0, 6.28), st.integers(-300, 300))
def test_moving_and_turning_the_world_changes_nothing(walk, angle, shift):
    track = track_of(walk)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    cells = {n: shapely.transform(c, lambda xy: xy @ turn.T + shift) for n, c in GRID.items()}
    moved = [(t, *(turn @ [x, y] + shift).tolist()) for t, x, y in track]
    here, there = (measure_patrol(measured(c, [t])) for c, t in ((GRID, track), (cells, moved)))
    assert dwell(there) == pytest.approx(dwell(here), abs=1e-4)


@quick
@given(walks)
def test_a_track_cut_in_two_shifts_at_a_fix_spends_the_same_time(walk):
    track = [(t, x, y) for t, x, y in track_of(walk)]
    middle, end = len(track) // 2, track[-1][0] + 60.0
    cut = track[middle][0]
    whole = patrolled(GRID, {"s": ("u", 0.0, end, "foot")}, {"s": track})
    shifts = {"s": ("u", 0.0, cut, "foot"), "t": ("v", cut, end, "foot")}
    parts = patrolled(GRID, shifts, {"s": track[: middle + 1], "t": track[middle:]})
    one, two = measure_patrol(whole), measure_patrol(parts)
    # Spikes and gap limits look beyond the cut, so the law is about walks without either.
    assume(one.account["spike"] == two.account["spike"] == 0)
    assume(max(np.diff([t for t, *_ in track])) <= 120)
    assert dwell(two) == pytest.approx(dwell(one), abs=1e-6)


@quick
@given(st.lists(walks, min_size=2, max_size=3))
def test_presence_is_at_most_dwell_and_one_more_unit_never_lowers_it(several):
    tracks = [track_of(walk) for walk in several]
    few, many = (measure_patrol(measured(GRID, some)) for some in (tracks[:-1], tracks))

    def presence(patrol):
        slots = patrol.presence
        return (slots["observed_s"] + slots["inferred_s"]).groupby(slots["cell_id"]).sum()

    assert (presence(many) <= pd.Series(dwell(many)).reindex(presence(many).index) + 1e-6).all()
    assert (presence(few) <= presence(many).reindex(presence(few).index) + 1e-6).all()


@quick
@given(walks, additions)
def test_more_fixes_on_the_way_never_turn_met_into_missed(walk, more):
    # Denser fixes lower the gap limit, so that time that was known becomes unknown: what was met
    # may then be unknown, or met in part, never missed.
    few, many = measured_twice(walk, more)
    # A fix on a way too fast to be true may make a spike of its neighbour.
    assume(few.account["spike"] == many.account["spike"] == 0)
    assert not met_then(few, many, "missed")


@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(ambles, min_size=3, max_size=25), additions)
def test_more_fixes_on_a_slow_way_make_no_more_time_unknown_and_miss_nothing_that_was_met(
    walk, more
):
    few, many = measured_twice(walk, more)
    # Ambles of at most 48 s keep the gap limit where it is, and are too slow for a spike.
    assert few.account["spike"] == many.account["spike"] == 0
    assert few.summary["unknown_s"] == pytest.approx(many.summary["unknown_s"], abs=1e-6)
    assert not met_then(few, many, "missed")


@quick
@given(st.lists(walks, min_size=1, max_size=2), st.sampled_from(["foot", "bike", "car"]))
def test_the_engine_equals_the_plain_method_for_any_walk(several, mode):
    assert_engine_equals_plain(measured(GRID, [track_of(walk) for walk in several], mode))
