"""What is wrong with a row of a roster, in the reader's language."""

import re

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

_EXPECTED: dict[str, LazyString] = {
    "a number": lazy_gettext("a number"),
    "yes or no": lazy_gettext("yes or no"),
    "a date such as 2026-03-02": lazy_gettext("a date such as 2026-03-02"),
    "an id of its own": lazy_gettext("an id that no other row has"),
    "text": lazy_gettext("a text"),
    "another post": lazy_gettext("another post"),
    "a post of the sheet posts or of the district": lazy_gettext(
        "a post of the sheet posts or of the district"
    ),
    "a cell, community, street or the district, by its code": lazy_gettext(
        "a cell, community, street or the district, by its code"
    ),
}
_ONE_OF = re.compile(r"one of (.+)")
_DAY_AFTER = re.compile(r"a day after \w+ \((.+)\)")


def say_expected(text: str) -> str:
    """Say what should stand in a cell of the workbook; unknown texts stay as they are."""
    if known := _EXPECTED.get(text):
        return str(known)
    if found := _ONE_OF.fullmatch(text):
        return gettext("one of %(choices)s", choices=found[1])
    if found := _DAY_AFTER.fullmatch(text):
        return gettext("a day after %(day)s", day=found[1])
    return text
