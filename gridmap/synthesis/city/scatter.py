"""Chance that hangs on a place, not on an order: the same numbers in, the same chance out."""

import numpy as np
import numpy.typing as npt

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)


def scatter(seed: int, *numbers: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Even chance in [0, 1) of whole numbers.

    Notes
    -----
    The finaliser of the generator SplitMix64 (Steele, Lea, Flood 2014), chained over the numbers.

    Examples
    --------
    >>> bool((scatter(1, [3, 4], 5) == scatter(1, [3, 4], [5, 5])).all())
    True
    """
    state = np.asarray(np.uint64(seed & 0xFFFFFFFF))
    with np.errstate(over="ignore"):
        for one in numbers:
            state = _mix(state ^ (np.asarray(one).astype(np.int64).astype(np.uint64) * _GOLDEN))
    return np.asarray((state >> np.uint64(11)).astype(np.float64) / 2.0**53)


def _mix(state: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    mixed = state + _GOLDEN
    for shift, factor in _MIX:
        mixed = (mixed ^ (mixed >> shift)) * factor
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def ranges(
    start: npt.NDArray[np.int64], count: npt.NDArray[np.int64], step: npt.ArrayLike = 1
) -> npt.NDArray[np.int64]:
    """Join runs of numbers one after the other.

    Examples
    --------
    >>> ranges(np.array([10, 5]), np.array([2, 3]), np.array([1, -1])).tolist()
    [10, 11, 5, 4, 3]
    """
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    steps = np.broadcast_to(np.asarray(step, dtype=np.int64), count.shape)
    return np.asarray(np.repeat(start, count) + offset * np.repeat(steps, count))


def whole_shares(weights: npt.NDArray[np.float64], total: int) -> npt.NDArray[np.int64]:
    """Whole numbers in proportion to weights that sum to a total, by largest remainder.

    Examples
    --------
    >>> whole_shares(np.array([1.0, 1.0, 2.0]), 5).tolist()
    [1, 1, 3]
    """
    exact = weights / weights.sum() * total
    whole = np.floor(exact).astype(np.int64)
    rest = np.argsort(whole - exact, kind="stable")[: total - int(whole.sum())]
    whole[rest] += 1
    return whole
