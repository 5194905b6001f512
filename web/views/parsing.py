"""What an address or a form says, read carefully."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

from gridmap.errors import InputError
from gridmap.studies.pages import Order

LONGEST_TEXT = 120
_LAST_PAGE = 1_000_000


def told(name: str) -> str:
    """Argument of the address, shortened; empty where there is none."""
    return without_nul(request.args.get(name, ""))[:LONGEST_TEXT]


def sent(name: str) -> str:
    """Field of a form without the space around it; empty where there is none."""
    return without_nul(request.form.get(name, "")).strip()


def without_nul(text: str) -> str:
    r"""Text that the database can hold: it knows no zero byte.

    Examples
    --------
    >>> without_nul("a\0b")
    'ab'
    """
    return text.replace("\0", "")


def order() -> Order:
    """How the table of the page is sorted, and which part of it is asked for."""
    page = max(1, read_count(told("page"), 1))
    return Order(told("sort"), told("order") == "desc", min(page, _LAST_PAGE))


def read_count(text: str, otherwise: int) -> int:
    """Whole number from 0 that a text holds, of seven digits at most.

    Examples
    --------
    >>> read_count("12", -1), read_count("1.5", -1), read_count("9" * 5000, -1)
    (12, -1, -1)
    """
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else otherwise


def read_day(text: str) -> dt.date:
    """Day that an address or a form names.

    Raises
    ------
    InputError
        If it is no day.

    Examples
    --------
    >>> read_day("2026-03-02")
    datetime.date(2026, 3, 2)
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"Expected a day such as 2026-03-02, found '{text[:20]}'.") from error


def day_or_today(text: str, facts: dict[str, Any]) -> dt.date:
    """Day that an address names; today in the district where it names none.

    Raises
    ------
    InputError
        If it is no day.
    """
    return read_day(text) if text else today_in(facts)


def today_in(facts: dict[str, Any]) -> dt.date:
    """Tell the day it is in a district."""
    return dt.datetime.now(ZoneInfo(facts["timezone"])).date()


def window_of(text: str) -> list[float] | None:
    """West, south, east and north [°] from an address; None where none can be read.

    Examples
    --------
    >>> window_of("24,60,25,61"), window_of("east"), window_of("25,60,24,61")
    ([24.0, 60.0, 25.0, 61.0], None, None)
    """
    try:
        found = [float(one) for one in text.split(",")]
    except ValueError:
        return None
    west, south, east, north = found if len(found) == 4 else (0.0, 0.0, 0.0, 0.0)
    return found if -180 <= west < east <= 180 and -90 <= south < north <= 90 else None
