"""What every benchmark shares: time both sides, check that they agree, write one row."""

import csv
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROWS = Path(__file__).with_name("rows.csv")
COLUMNS = ("task", "size", "ours_s", "peer", "peer_s", "ratio", "peak_mb", "agree")


def timed(work: Callable[[], Any], repeat: int = 3) -> tuple[float, Any]:
    """Best seconds of some runs, and what the last run answered."""
    best, answer = float("inf"), None
    for _ in range(repeat):
        start = time.perf_counter()
        answer = work()
        best = min(best, time.perf_counter() - start)
    return best, answer


def report(
    task: str, size: str, ours_s: float, peer: str = "", peer_s: float = 0.0, agree: str = "yes"
) -> None:
    """Print a row and add it to rows.csv; without a peer, ``peer_s`` is the budget to keep."""
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ratio = peer_s / ours_s if ours_s else 0.0
    row = (
        task,
        size,
        f"{ours_s:.4g}",
        peer,
        f"{peer_s:.4g}",
        f"{ratio:.2f}",
        f"{peak_mb:.0f}",
        agree,
    )
    print("  ".join(f"{name}={value}" for name, value in zip(COLUMNS, row, strict=True)))
    fresh = not ROWS.exists()
    with ROWS.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(COLUMNS)
        writer.writerow(row)
