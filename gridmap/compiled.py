"""Loops compiled by numba where it is installed (extra ``fast``), and run as plain Python else."""

import sys
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

Given = ParamSpec("Given")
Answer = TypeVar("Answer")
WORTH_COMPILING = 20_000
"""Steps of a loop from which loading the compiler (over a second, the first time more) pays."""
_plain: ContextVar[bool] = ContextVar("plain", default=False)


def compiled(loop: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Compile a loop over arrays, or hand it back as it is where numba is not installed.

    Importing a module with compiled loops imports numba, which takes half a second: ask for such a
    module by :func:`loops`, or import it where it is used. The machine code is kept on disk beside
    the module.

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
    if _plain.get():
        return loop
    try:
        import numba
    except ImportError:
        return loop
    try:
        return numba.njit(cache=True, error_model="numpy")(loop)
    except RuntimeError:
        # Neither the module's folder nor the user's cache can be written, or there is no file.
        return numba.njit(error_model="numpy")(loop)


def loops(name: str, steps: int) -> Any:
    """Give a module of loops: compiled where there is much to do, else the same as plain Python.

    Parameters
    ----------
    name : str
        Module whose functions are :func:`compiled` and which imports no other such module.
        Where it is loaded it is used, however little there is to do.
    steps : int
        How often its loops run, about.

    Returns
    -------
    module
        Answers are the same either way, bit by bit.
    """
    loaded = name in sys.modules
    return import_module(name) if loaded or steps >= WORTH_COMPILING else _without_compiler(name)


@cache
def _without_compiler(name: str) -> ModuleType:
    """Second copy of a module, made as if numba were not installed."""
    spec = find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(name)
    module = module_from_spec(spec)
    token = _plain.set(True)
    try:
        spec.loader.exec_module(module)
    finally:
        _plain.reset(token)
    return module
