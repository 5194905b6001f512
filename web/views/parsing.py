"""What an address says, read carefully."""

from flask import request

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
    text = told("page")
    page = int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 1
    return Order(told("sort"), told("order") == "desc", min(max(1, page), _LAST_PAGE))


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
