"""Standards judged slowly: plain arithmetic on plain numbers, one unit at a time."""

import math


def threshold(value, at_least):
    """Status and shortfall of one value that should be at least so much."""
    if value is None:
        return "unknown", None
    missing = max(0, at_least - value)
    return ("met" if not missing else "partly" if value > 0 else "missed"), missing


def stations(served, low, high):
    """Fewest and most sites asked for where one serves from low to high: by counting up."""
    fewest = next(n for n in range(served + 1) if n * high >= served)
    most = next(n for n in range(served + 1) if n * low >= served)
    return fewest, most


def reserved(area, below, small_percent, large_percent):
    """Area to be reserved in an estate."""
    percent = small_percent if area < below else large_percent
    return area * percent / 100


def half_day_end(minute):
    """Minute of the day by which what was reported in a minute is due."""
    return 720 if minute < 720 else 1440


def community_sum(cells, fact, unknown=math.nan):
    """Sum of a fact over cells; unknown if one of them is."""
    values = [cell[fact] for cell in cells]
    return unknown if any(value is None for value in values) else sum(values)
