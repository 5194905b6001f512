"""Size of an installed core: a fresh virtual environment with the packages of requirements.lock.

Run: .venv/bin/python scripts/bench/install_size.py      (downloads the packages; a minute or two)
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from _row import report

ROOT = Path(__file__).parents[2]
BUDGET_MB = 800


def main() -> None:
    """Install, add up the files, print against the budget."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [Path(folder) / "bin/python", "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "--require-hashes", "-r", ROOT / "requirements.lock"], check=True)
        subprocess.run([*pip, "--no-deps", "--no-build-isolation", ROOT], check=True)
        size_mb = sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file()) / 1e6
    report("installed core [MB]", "requirements.lock", size_mb, "budget", BUDGET_MB)


if __name__ == "__main__":
    main()
