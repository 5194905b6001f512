"""Edits of borders as plain values: read with care, written down, and done again.

An operation is a mapping with ``op`` and what that operation needs, coordinates in metres of the
district's metric CRS:

========== ==========================================  ============================================
op          needs                                       does
========== ==========================================  ============================================
move        ``at`` [x, y], ``to`` [x, y]                 moves a corner for all cells that have it
insert      ``at``, ``to``                               puts a corner on a border and moves it
delete      ``at``                                       deletes a corner within a border
shift       ``at``, ``by`` [east, north]                 moves a whole border
merge       ``cells`` [id, id, …]                        merges into the first
split       ``cell``, ``line`` [[x, y], …], ``new``      splits; the smaller part is ``new``
========== ==========================================  ============================================

``new`` and the ``to`` of an insertion may be left out. Any may name its ``community``, which says
whose border slides where borders of two communities end at one corner.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from gridmap.errors import InputError
from gridmap.grid import reshape
from gridmap.grid.topology import Topology

MOST_CORNERS = 500
"""Corners a dividing line may have."""
MOST_MERGED = 50
"""Cells merged at once."""
LONGEST_ID = 64
FARTHEST_M = 1e8
"""Coordinates beyond this [m] are no place on earth."""
_FIELDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "move": (frozenset({"at", "to"}), frozenset({"community"})),
    "insert": (frozenset({"at"}), frozenset({"to", "community"})),
    "delete": (frozenset({"at"}), frozenset({"community"})),
    "shift": (frozenset({"at", "by"}), frozenset({"community"})),
    "merge": (frozenset({"cells"}), frozenset({"community"})),
    "split": (frozenset({"cell", "line"}), frozenset({"new", "community"})),
}
Operation = dict[str, Any]


def read_operation(told: Any) -> Operation:
    """Operation from what somebody sent: exactly the fields it needs, checked.

    Parameters
    ----------
    told : object
        What JSON became.

    Raises
    ------
    InputError
        If it is no operation: says which field is wrong, what was expected and what was found.

    Examples
    --------
    >>> read_operation({"op": "delete", "at": [500000, 4400000.00049]})
    {'op': 'delete', 'at': [500000.0, 4400000.0]}
    >>> read_operation({"op": "delete", "at": [float("nan"), 0]})
    Traceback (most recent call last):
    ...
    gridmap.errors.InputError: Expected 'at' of delete to be two finite numbers in metres; ...
    """
    if not isinstance(told, Mapping) or told.get("op") not in _FIELDS:
        raise InputError(f"Expected an operation with 'op' one of {', '.join(_FIELDS)}.")
    kind = told["op"]
    needed, allowed = _FIELDS[kind]
    names = {name for name, value in told.items() if value is not None} - {"op"}
    if missing := needed - names:
        raise InputError(f"Operation {kind} lacks {', '.join(sorted(missing))}.")
    if foreign := names - needed - allowed:
        raise InputError(f"Operation {kind} knows no {str(sorted(foreign)[0])[:LONGEST_ID]!r}.")
    return {"op": kind} | {
        name: _READERS[name](told[name], f"'{name}' of {kind}")
        for name in (*sorted(needed), *sorted(allowed & names))
    }


def apply_operation(tiling: Topology, operation: Operation) -> Operation:
    """Do an operation within :meth:`~gridmap.grid.topology.Topology.edit`.

    Parameters
    ----------
    tiling : Topology
        What is changed.
    operation : dict
        From :func:`read_operation`.

    Returns
    -------
    dict
        The operation, complete: done again on the same cells it gives the very same result.

    Raises
    ------
    InputError
        If it cannot be done.
    """
    kind = operation["op"]
    given: dict[str, Any] = {
        name: tuple(value) if name in {"at", "to", "by"} else value
        for name, value in operation.items()
        if name != "op" and (name != "community" or kind == "move")
    }
    if kind == "split":
        new = given.get("new") or free_id(tiling, given["cell"])
        reshape.split_cell(tiling, given["cell"], given["line"], new)
        return {**operation, "new": new}
    _DONE[kind](tiling, **given)
    return operation


def free_id(tiling: Topology, cell: str) -> str:
    """Id for a part split off a cell: the first of ``cell-2``, ``cell-3`` … that is free."""
    number = 2
    while f"{cell}-{number}" in tiling.cells:
        number += 1
    return f"{cell}-{number}"


_DONE: Mapping[str, Any] = {
    "move": reshape.move_vertex,
    "insert": reshape.insert_vertex,
    "delete": reshape.delete_vertex,
    "shift": reshape.move_arc,
    "merge": reshape.merge_cells,
}


def _place(value: Any, name: str) -> list[float]:
    ok = (
        isinstance(value, Sequence)
        and len(value) == 2
        and all(isinstance(n, int | float) and not isinstance(n, bool) for n in value)
        and all(math.isfinite(n) and abs(n) < FARTHEST_M for n in value)
    )
    if not ok:
        raise InputError(
            f"Expected {name} to be two finite numbers in metres; found {str(value)[:60]}."
        )
    return [round(float(n), 3) for n in value]


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID or "\0" in value:
        raise InputError(
            f"Expected {name} to be an id of 1 to {LONGEST_ID} characters; found {str(value)[:60]}."
        )
    return value


def _ids(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not 2 <= len(value) <= MOST_MERGED:
        raise InputError(f"Expected {name} to be a list of 2 to {MOST_MERGED} cell ids.")
    return [_text(one, name) for one in value]


def _line(value: Any, name: str) -> list[list[float]]:
    if not isinstance(value, list) or not 2 <= len(value) <= MOST_CORNERS:
        raise InputError(f"Expected {name} to be a list of 2 to {MOST_CORNERS} places.")
    line = [_place(one, name) for one in value]
    if line[0] == line[-1] and len(line) == 2:
        raise InputError(f"Expected {name} to be a line; its two places are the same.")
    return line


_READERS: Mapping[str, Any] = {
    "at": _place,
    "to": _place,
    "by": _place,
    "community": _text,
    "cell": _text,
    "new": _text,
    "cells": _ids,
    "line": _line,
}
