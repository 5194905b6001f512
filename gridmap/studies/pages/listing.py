"""Rows for a page: plain values, sorted, one page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

PAGE_SIZE = 50
"""Rows of a table on one page."""
WORST_FIRST: Mapping[str, int] = {"missed": 0, "partly": 1, "unknown": 2, "met": 3, "not_due": 4}
"""Order of statuses, the one to look at first."""


@dataclass(frozen=True)
class Order:
    """How a table is sorted and which page of it is asked for, as the address says."""

    sort: str = ""
    descending: bool = False
    page: int = 1
    size: int = PAGE_SIZE


@dataclass(frozen=True)
class Listing:
    """One page of rows.

    Attributes
    ----------
    rows : list of dict
        Plain values; ``None`` where there is none.
    total : int
        Rows on all pages.
    page, size : int
        Number of this page from 1, and rows on a full page.
    """

    rows: list[dict[str, Any]]
    total: int
    page: int
    size: int

    @property
    def first(self) -> int:
        """Number of the first row of the page, from 1."""
        return (self.page - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """Number of the last row of the page."""
        return (self.page - 1) * self.size + len(self.rows)


def list_rows(frame: pd.DataFrame, order: Order, otherwise: Sequence[str] = ()) -> Listing:
    """One page of a table.

    Parameters
    ----------
    frame : DataFrame
        All rows; a column ``status`` sorts from missed to not due.
    order : Order
        What the address asks for; an unknown column is as good as none.
    otherwise : sequence of str
        Columns to sort by where nothing (usable) is asked for.

    Examples
    --------
    >>> cells = pd.DataFrame({"cell_id": ["a", "b"], "status": ["met", "missed"]})
    >>> [row["cell_id"] for row in list_rows(cells, Order(), ["status"]).rows]
    ['b', 'a']
    """
    by = [order.sort] if order.sort in frame.columns else [c for c in otherwise if c in frame]
    falling = order.descending and order.sort in frame.columns
    if by:
        frame = frame.sort_values(by, ascending=not falling, key=_sort_key, kind="stable")
    total = len(frame)
    page = min(max(1, order.page), max(1, -(-total // order.size)))
    part = frame.iloc[(page - 1) * order.size : page * order.size]
    return Listing(plain_rows(part), total, page, order.size)


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dicts of plain Python values; ``None`` for anything empty.

    Examples
    --------
    >>> plain_rows(pd.DataFrame({"n": [1.0, None], "t": ["x", None]}))
    [{'n': 1.0, 't': 'x'}, {'n': None, 't': None}]
    """
    names = [str(name) for name in frame.columns]
    columns = [[plain(value) for value in frame[name].tolist()] for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def plain_column(values: pd.Series) -> list[Any]:
    """Values of a column; ``None`` where there is none.

    Examples
    --------
    >>> plain_column(pd.Series([1.5, None]))
    [1.5, None]
    """
    return [plain(value) for value in values.tolist()]


def plain(value: Any) -> Any:
    """Plain value; ``None`` for NaN, NaT and NA.

    Examples
    --------
    >>> plain(float("nan")) is None, plain("x")
    (True, 'x')
    """
    if isinstance(value, list | dict | tuple):
        return value
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, float | np.floating) and not np.isfinite(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.item() if isinstance(value, np.generic) else value


def quiet_text(value: Any) -> Any:
    """Value that a spreadsheet will not take for a formula.

    Examples
    --------
    >>> quiet_text("=1+1"), quiet_text(-1.0)
    ("'=1+1", -1.0)
    """
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value


def worst_status(statuses: Sequence[str]) -> str:
    """Status to show for several rows together.

    Examples
    --------
    >>> worst_status(["met", "missed"]), worst_status([])
    ('missed', 'not_due')
    """
    return min(statuses, key=lambda one: WORST_FIRST.get(one, 9), default="not_due")


def _sort_key(values: pd.Series) -> pd.Series:
    return values.map(WORST_FIRST).fillna(9) if values.name == "status" else values
