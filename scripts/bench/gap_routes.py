"""Gap routes of 60 visits and 4 units in 5 s: ours against PyVRP itself and OR-Tools.

Run: .venv/bin/python scripts/bench/gap_routes.py [--python PATH]
OR-Tools lives in an environment of its own: python -m venv PEER; PEER/bin/pip install ortools;
then --python PEER/bin/python (default: the interpreter that runs this). Costs are moving time plus
prizes missed: the ratio is peer's cost ÷ ours, and more than 1 is better.
"""

import argparse
import json
import subprocess
import sys
import time

import numpy as np
import pyvrp
from _row import report

from gridmap.plan.routes.vrp import Unit, Visit, solve_routes

VISITS, UNITS, LIMIT_S = 60, 4, 5.0
SHIFT_S = 4 * 3600
PEER = """
import json, sys
from ortools.constraint_solver import pywrapcp, routing_enums_pb2 as enums
t = json.load(sys.stdin)
move, visits, units, shift = t["move"], t["visits"], t["units"], t["shift"]
manager = pywrapcp.RoutingIndexManager(len(move), units, 0)
model = pywrapcp.RoutingModel(manager)
stay = [0] + [v[2] for v in visits]
place = manager.IndexToNode
cost = model.RegisterTransitCallback(lambda a, b: move[place(a)][place(b)])
clock = model.RegisterTransitCallback(lambda a, b: move[place(a)][place(b)] + stay[place(a)])
model.SetArcCostEvaluatorOfAllVehicles(cost)
model.AddDimension(clock, shift, shift, False, "time")
times = model.GetDimensionOrDie("time")
for n, (early, late, _, prize) in enumerate(visits, 1):
    times.CumulVar(manager.NodeToIndex(n)).SetRange(early, late)
    model.AddDisjunction([manager.NodeToIndex(n)], prize)
asked = pywrapcp.DefaultRoutingSearchParameters()
asked.first_solution_strategy = enums.FirstSolutionStrategy.PATH_CHEAPEST_ARC
asked.local_search_metaheuristic = enums.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
asked.time_limit.FromMilliseconds(int(t["limit"] * 1000))
print(json.dumps(model.SolveWithParameters(asked).ObjectiveValue()))
"""


def main() -> None:
    """Solve the same town three ways, each with the same time."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", default=sys.executable)
    python = parser.parse_args().python
    move, visits = draw()
    units = [Unit(0, 0, 0, SHIFT_S)] * UNITS
    began = time.perf_counter()
    ours = solve_routes(move, units, visits, limit_s=LIMIT_S)
    spent = time.perf_counter() - began
    size = f"{VISITS} visits, {UNITS} units, {spent:.1f} s: cost"
    same = "yes" if ours.feasible else "NO"
    report("gap routes", size, ours.cost, "PyVRP itself: cost", alone(move, visits), same)
    told = {
        "move": move.tolist(),
        "visits": [[v.from_s, v.until_s, v.stay_s, v.prize_s] for v in visits],
        "units": UNITS,
        "shift": SHIFT_S,
        "limit": LIMIT_S,
    }
    answer = subprocess.check_output([python, "-c", PEER], input=json.dumps(told), text=True)
    report("gap routes", size, ours.cost, "OR-Tools guided: cost", json.loads(answer), same)


def draw() -> tuple[np.ndarray, list[Visit]]:
    """Visits spread over a town, with windows, stays and prizes of chance."""
    rng = np.random.default_rng(0)
    xy = np.vstack([[2500, 2500], rng.uniform(0, 5000, (VISITS, 2))])
    far = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) * 1.3
    move = np.rint(far / (4.8 / 3.6)).astype(np.int64)
    early = rng.integers(0, SHIFT_S - 3600, VISITS)
    stay = rng.integers(2, 8, VISITS) * 60
    prize = rng.integers(600, 3600, VISITS)
    rows = zip(range(1, VISITS + 1), early.tolist(), stay.tolist(), prize.tolist(), strict=True)
    return move, [Visit(n, e, e + 3000, s, p) for n, e, s, p in rows]


def alone(move: np.ndarray, visits: list[Visit]) -> int:
    """Ask PyVRP by its own modelling interface."""
    model = pyvrp.Model()
    places = [model.add_location(0, 0) for _ in range(len(move))]
    home = model.add_depot(places[0])
    model.add_vehicle_type(UNITS, start_depot=home, end_depot=home, tw_late=SHIFT_S)
    for v in visits:
        model.add_client(
            places[v.place],
            service_duration=v.stay_s,
            tw_early=v.from_s,
            tw_late=v.until_s,
            prize=v.prize_s,
            required=False,
        )
    for a, one in enumerate(places):
        for b, two in enumerate(places):
            model.add_edge(one, two, int(move[a, b]), int(move[a, b]))
    best = model.solve(pyvrp.stop.MaxRuntime(LIMIT_S), display=False).best
    return int(best.distance_cost() + best.uncollected_prizes())


if __name__ == "__main__":
    main()
