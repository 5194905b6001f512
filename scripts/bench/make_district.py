"""Synthetic cities of some sizes: seconds and peak memory of each, made in a process of its own.

Run: .venv/bin/python scripts/bench/make_district.py [CELLS …]    (24 500 3311 unless told)
"""

import multiprocessing
import sys
import time

from _row import report

from gridmap.studies.sample_city import make_city

BUDGET_S = 60.0
"""For 3,311 cells; sizes above are given as much for every 3,311 cells."""


def main() -> None:
    """Make a city of each size."""
    for cells in [int(one) for one in sys.argv[1:]] or [24, 500, 3_311]:
        # The peak of memory is kept for a whole process, so each size gets one.
        context = multiprocessing.get_context("spawn")
        one = context.Process(target=make, args=(cells,))
        one.start()
        one.join()
        if one.exitcode:
            sys.exit(f"{cells} cells failed")


def make(cells: int) -> None:
    """Make one city, check its size and report."""
    start = time.perf_counter()
    city = make_city(cells)
    seconds = time.perf_counter() - start
    agree = "yes" if len(city["cells"]) == cells else "no"
    budget = BUDGET_S * max(1.0, cells / 3_311)
    report("sample make --cells", f"{cells} cells", seconds, "budget", budget, agree)


if __name__ == "__main__":
    main()
