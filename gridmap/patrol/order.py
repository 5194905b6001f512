"""Sorting of fixes by shift and time: the cost of everything that follows."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
WORTH_SWEEPING = 250_000
"""Fixes from which loading the compiler pays; fewer are quicker in NumPy."""
_BITS = 63
_UNITS_US = (1_000_000, 1_000, 1)


def time_order(group: Numbers, time_us: Numbers) -> Numbers:
    """Rows in order of group, then time, equal ones as they came.

    Parameters
    ----------
    group : ndarray of int
        Not negative: number of the shift or unit.
    time_us : ndarray of int
        Moments [µs].

    Notes
    -----
    Group, time and row number go into one number where 63 bits hold them, so that one plain sort
    of numbers, the quickest there is, gives the order. Whole seconds or milliseconds need fewer
    bits than microseconds.

    Examples
    --------
    >>> time_order(np.array([1, 0, 1, 1]), np.array([5, 9, 3, 5])).tolist()
    [1, 2, 0, 3]
    """
    if not len(group):
        return np.empty(0, dtype=np.int64)
    since = time_us - time_us.min()
    since //= next(unit for unit in _UNITS_US if not (unit > 1 and (since % unit).any()))
    row_bits = int(len(group) - 1).bit_length()
    time_bits, group_bits = int(since.max()).bit_length(), int(group.max()).bit_length()
    if group_bits + time_bits > _BITS:
        return np.lexsort((since, group))
    key = (group << time_bits) | since
    if group_bits + time_bits + row_bits > _BITS:
        return np.argsort(key, kind="stable")
    packed = (key << row_bits) | np.arange(len(key))
    sweeps = sweeps_for(len(key))
    if sweeps is None:
        packed.sort()
    else:
        packed = sweeps.radix_sort(packed, row_bits, row_bits + time_bits + group_bits)
    return np.asarray(packed & ((1 << row_bits) - 1))


def sweeps_for(fixes: int, name: str = "gridmap.patrol.sweeps") -> Any:
    """Compiled loops where there is enough to do, else nothing.

    Parameters
    ----------
    fixes : int
        How many fixes there are.
    name : str
        Module of the loops; each has a twin in NumPy.

    Examples
    --------
    >>> sweeps_for(10) is None
    True
    """
    if fixes < WORTH_SWEEPING or find_spec("numba") is None:
        return None
    return import_module(name)
