"""Late data recomputes one unit's day, and the totals are as if it had come in time."""

import numpy as np
import pandas as pd
import pytest

from gridmap.errors import InputError
from gridmap.patrol import measure_patrol
from gridmap.patrol.dwell import cell_grid
from gridmap.patrol.late import put_together, work_out_unit_day
from tests.oracles.patrol import patrolled
from tests.unit.patrol.test_dwell import crooked, squares

CELLS = squares()


def district(seed=0, cells=CELLS):
    rng = np.random.default_rng(seed)
    shifts, fixes = {}, {}
    for n in range(4):
        times = 100.0 * n + np.cumsum(rng.choice([5, 10, 30, 150], 80))
        walk = rng.normal(200, 30, 2) + rng.normal(0, 40, (80, 2)).cumsum(axis=0) % 300
        shifts[f"s{n}"] = (f"u{n}", 0.0, float(times[-1] + 40), "bike")
        fixes[f"s{n}"] = [(float(t), *xy) for t, xy in zip(times, walk.tolist(), strict=True)]
    return patrolled(cells, shifts, fixes)


def day_of(patrolled_by, unit, grid, fixes=None):
    shifts = patrolled_by["shifts"]
    mine = shifts[shifts["unit_id"] == unit]
    given = patrolled_by["fixes"] if fixes is None else fixes
    given = given[given["shift_id"].isin(mine["shift_id"])]
    return work_out_unit_day(mine, given, grid, shifts["start"].min().floor("D"))


def ready(one):
    ordered = one["cells"].sort_values("cell_id", ignore_index=True)
    return cell_grid(ordered.geometry.to_numpy()), ordered["cell_id"].tolist()


@pytest.mark.parametrize("cells", [CELLS, crooked()])
def test_the_days_of_units_together_are_what_measuring_all_at_once_gives(cells):
    one = district(1, cells)
    grid, ids = ready(one)
    together = put_together([day_of(one, f"u{n}", grid) for n in (2, 0, 3, 1)], ids)
    whole = measure_patrol(one)
    pd.testing.assert_frame_equal(together.slots, whole.presence, rtol=0, atol=1e-6)
    columns = ["cell", "start_s", "end_s", "least_s"]
    pd.testing.assert_frame_equal(together.visits[columns], whole.visits[columns])
    assert together.on_duty_s == whole.summary["on_duty_s"]


def test_a_fix_that_comes_late_changes_its_unit_only_and_gives_what_it_would_have_given():
    one = district(2)
    grid, ids = ready(one)
    fixes = one["fixes"]
    late = fixes[(fixes["shift_id"] == "s1")].iloc[20:50].index
    first = {f"u{n}": day_of(one, f"u{n}", grid, fixes.drop(late)) for n in range(4)}
    stored = pd.concat([fixes.drop(late), fixes.loc[late[::-1]], fixes.loc[late[:5]]])
    after = first | {"u1": day_of(one, "u1", grid, stored)}
    told, in_time = (
        put_together(after.values(), ids),
        put_together([day_of(one, f"u{n}", grid) for n in range(4)], ids),
    )
    before = put_together(first.values(), ids)
    pd.testing.assert_frame_equal(told.slots, in_time.slots, check_exact=True)
    pd.testing.assert_frame_equal(told.dwell.runs, in_time.dwell.runs, check_exact=True)
    assert not before.slots.equals(told.slots)
    assert after["u1"].account["duplicate"] == 5


def test_the_order_of_units_and_of_fixes_does_not_matter():
    one = district(3)
    grid, ids = ready(one)
    mixed = one["fixes"].sample(frac=1, random_state=1)
    names = ["u0", "u1", "u2", "u3"]
    there = put_together([day_of(one, name, grid) for name in names], ids)
    back = put_together([day_of(one, name, grid, mixed) for name in reversed(names)], ids)
    pd.testing.assert_frame_equal(there.slots, back.slots, check_exact=True)
    pd.testing.assert_frame_equal(there.visits, back.visits, check_exact=True)


def test_time_of_a_unit_day_is_conserved():
    one = district(4)
    grid, _ = ready(one)
    for n in range(4):
        day = day_of(one, f"u{n}", grid)
        tables = (day.dwell.runs, day.dwell.unknown)
        spent = sum(float((t["end_s"] - t["start_s"]).sum()) for t in tables)
        assert spent == pytest.approx(day.on_duty_s, abs=1e-6)


def test_no_unit_gives_empty_tables():
    none = put_together([], ["a"])
    assert none.slots.empty
    assert none.visits.empty


def test_a_unit_twice_and_shifts_of_two_units_are_refused_by_name():
    one = district(5)
    grid, ids = ready(one)
    day = day_of(one, "u0", grid)
    with pytest.raises(InputError, match="each unit once.*u0"):
        put_together([day, day], ids)
    with pytest.raises(InputError, match="shifts of one unit, found 4"):
        work_out_unit_day(one["shifts"], one["fixes"], grid, day.origin)
