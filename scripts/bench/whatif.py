"""A site moved, closed, added, a norm changed: what is repaired against measuring all anew.

The peer is our own measure of the changed district, for the one type that is touched; what it
answers must be the same table to 1e-9. The budget is 0.2 s for the engine's part of an answer.

Run: .venv/bin/python scripts/bench/whatif.py DISTRICT  (made by `gridmap sample make --cells 3311`)
"""

import argparse
import datetime as dt
import time
from typing import Any

import numpy as np
import pandas as pd
from _row import report, timed

from gridmap import reference
from gridmap.io.districts import read_district
from gridmap.plan.scenario_changes import Change, edit_norms, edit_sites
from gridmap.plan.scenario_compare import compare_outcomes
from gridmap.plan.whatif import Base, Outcome, apply, open_base
from gridmap.services import measure_services

DAY = dt.date(2026, 3, 2)
BUDGET_S = 0.2
AGREE = 1e-9


def main() -> None:
    """Ask one district several questions; check each answer, then time both sides."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("district")
    parser.add_argument("--type", default="pharmacy")
    told = parser.parse_args()
    district = read_district(told.district)
    norms = reference.norms()
    mine = norms[norms["type"] == told.type]
    base = open_base(district, norms, DAY)
    size = f"{len(base.cells):,} cells, {len(base.people):,} homes, {told.type}"
    nothing = apply(base, [])
    base.table(told.type)
    for name, changes in questions(base, told.type).items():
        ours_s, outcome = timed(lambda c=changes: answer(base, nothing, c), repeat=5)
        start = time.perf_counter()
        whole = recompute(base, mine, outcome)
        peer_s = time.perf_counter() - start
        same = "yes" if agree(outcome.table(told.type), whole) else "NO"
        report(f"what-if: {name}", size, ours_s, "measure_services", peer_s, same)
        report(f"what-if: {name}", size, ours_s, "budget", BUDGET_S, same)


def questions(base: Base, kind: str) -> dict[str, list[Change]]:
    """Changes of sites of a type, well inside the district."""
    sites = base.register.sites
    ids = sites["site_id"][(sites["type"] == kind) & base.register.is_open].tolist()
    spot = base.register.place(ids[3]).shape
    moves = [
        Change("move", one, x=at.x + 40.0, y=at.y)
        for one in ids[10:20]
        for at in [base.register.place(one).shape]
    ]
    return {
        "move 300 m": [Change("move", ids[3], x=spot.x + 300.0, y=spot.y)],
        "close": [Change("close", ids[3])],
        "add": [Change("add", "new", kind, x=spot.x + 500.0, y=spot.y)],
        "norm": [Change("norm", type=kind, norm_m=700.0)],
        "ten moves": moves,
    }


def answer(base: Base, nothing: Outcome, changes: list[Change]) -> Outcome:
    """What a request asks of the engine: apply, and compare with the district as it is."""
    outcome = apply(base, changes)
    compare_outcomes(nothing, outcome)
    return outcome


def recompute(base: Base, norms: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """Measure the changed district."""
    changed = base.district.with_layers(sites=edit_sites(base.register, outcome.plan))
    return measure_services(changed, edit_norms(norms, outcome.plan), DAY).rows


def agree(ours: pd.DataFrame, whole: pd.DataFrame) -> bool:
    """Whether all our rows are in the whole table, with the same figures."""
    key: Any = ["measure", "cell_id"]
    common = whole[whole["measure"].isin(ours["measure"])]
    one, other = (table.sort_values(key, ignore_index=True) for table in (ours, common))
    if len(one) != len(other) or not (one["status"] == other["status"]).all():
        return False
    names = ["value", "shortfall", "weight"]
    return bool(np.allclose(one[names], other[names], rtol=0, atol=AGREE, equal_nan=True))


if __name__ == "__main__":
    main()
