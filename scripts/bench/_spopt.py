"""The other side of the siting benchmarks: spopt with CBC, in an interpreter of its own.

Install it anywhere: python3 -m venv PEERS && PEERS/bin/pip install spopt==0.7.0, and name
PEERS/bin/python with --peer.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

SIDE = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np, pulp
from spopt.locate import LSCP, MCLP, PMedian
told = json.loads(sys.argv[1])
put = np.load(told["file"])
walks, people = put["walks"], put["people"]
start, clock = time.process_time(), time.perf_counter()
if told["model"] == "mclp":
    model = MCLP.from_cost_matrix(walks, people, told["norm_m"], p_facilities=told["count"])
elif told["model"] == "lscp":
    model = LSCP.from_cost_matrix(walks, told["norm_m"])
else:
    model = PMedian.from_cost_matrix(walks, people, p_facilities=told["count"])
built = time.perf_counter() - clock
model = model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=told["limit_s"], threads=1))
wall = time.perf_counter() - clock
value = float(pulp.value(model.problem.objective))
print(json.dumps({"value": value, "wall_s": wall, "built_s": built,
                  "status": pulp.LpStatus[model.problem.status]}))
"""


def peer_python(words: list[str]) -> str:
    """Interpreter named with --peer, or this one."""
    return words[words.index("--peer") + 1] if "--peer" in words else sys.executable


def ask_spopt(python: str, walks: np.ndarray, people: np.ndarray, **told: object) -> dict | None:
    """Value, seconds and status of spopt; None where it is not installed or had to be ended."""
    words = [python, "-c", "import spopt"]
    there = shutil.which(python) is not None
    if not there or subprocess.run(words, capture_output=True, check=False).returncode:
        print("spopt is not installed: name an interpreter that has it with --peer (see _spopt.py)")
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "input.npz"
        np.savez(file, walks=walks, people=people)
        words = [python, "-c", SIDE, json.dumps(told | {"file": str(file)})]
        limit = 2 * float(str(told["limit_s"])) + 120
        try:
            ran = subprocess.run(words, capture_output=True, text=True, check=True, timeout=limit)
        except subprocess.TimeoutExpired:
            print(f"spopt did not end within {limit:g} s")
            return None
    return json.loads(ran.stdout.strip().splitlines()[-1])


def town(size: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Points and places by chance in a square of 1 km, people at each point."""
    random = np.random.default_rng(seed)
    homes, spots = random.random((size, 2)) * 1000, random.random((size, 2)) * 1000
    walks = np.hypot(*(homes[:, None] - spots[None]).transpose(2, 0, 1))
    return walks, random.integers(1, 100, size).astype(float)
