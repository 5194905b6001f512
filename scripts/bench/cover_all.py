"""Coverage in all dimensions of the sample district, and of any district file, against its budget.

Run: .venv/bin/python scripts/bench/cover_all.py [DISTRICT …]
"""

import sys
from pathlib import Path

from _row import report, timed

from gridmap.io.districts import read_district
from gridmap.studies.cover import cover
from gridmap.studies.sample import make_sample

BUDGET_S = 10.0


def main() -> None:
    """Cover each district and report the seconds."""
    districts = [read_district(Path(name)) for name in sys.argv[1:]] or [make_sample()]
    for district in districts:
        seconds, result = timed(lambda one=district: cover(one), repeat=2)
        size = f"{district.name}: {len(district['cells'])} cells, {len(result.coverage)} rows"
        report("cover --dimension all", size, seconds, "budget", BUDGET_S)


if __name__ == "__main__":
    main()
