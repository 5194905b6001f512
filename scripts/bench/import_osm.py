"""Import of an OSM extract, in seconds against its budget.

Run: .venv/bin/python scripts/bench/import_osm.py FILE.osm.pbf
"""

import sys
from pathlib import Path

from _row import report, timed

from gridmap.io.osm import read_osm

BUDGET_S = 5.0


def main() -> None:
    """Read the extract three times and report the best."""
    path = Path(sys.argv[1])
    seconds, (layers, _) = timed(lambda: read_osm(path))
    rows = sum(len(frame) for frame in layers.values())
    report(
        "import osm", f"{path.stat().st_size >> 10} kB, {rows} rows", seconds, "budget", BUDGET_S
    )


if __name__ == "__main__":
    main()
