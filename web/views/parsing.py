"""What an address says, read carefully."""

from flask import request

from gridmap.studies.pages import Order

LONGEST_TEXT = 120
_LAST_PAGE = 1_000_000


def told(name: str) -> str:
    """Argument of the address, shortened; empty where there is none."""
    return request.args.get(name, "")[:LONGEST_TEXT]


def order() -> Order:
    """How the table of the page is sorted, and which part of it is asked for."""
    text = told("page")
    page = int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 1
    return Order(told("sort"), told("order") == "desc", min(max(1, page), _LAST_PAGE))
