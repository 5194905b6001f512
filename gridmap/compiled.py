"""Loops compiled by numba where it is installed (extra ``fast``), and run as plain Python else."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def compiled(loop: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Compile a loop over arrays, or hand it back as it is where numba is not installed.

    Importing a module with compiled loops imports numba, which takes half a second: import such a
    module where it is used. The machine code is kept on disk beside the module.

    Parameters
    ----------
    loop : function
        Of numbers and arrays; it may call other compiled loops of its own module.

    Returns
    -------
    function
        With the same answers, bit by bit: no fast mathematics.

    Examples
    --------
    >>> @compiled
    ... def add_up(count):
    ...     total = 0
    ...     for n in range(count):
    ...         total += n
    ...     return total
    >>> add_up(5)
    10
    """
    try:
        import numba
    except ImportError:
        return loop
    try:
        return numba.njit(cache=True, error_model="numpy")(loop)
    except RuntimeError:
        # Neither the module's folder nor the user's cache can be written, or there is no file.
        return numba.njit(error_model="numpy")(loop)
