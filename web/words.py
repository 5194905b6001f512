"""How figures, units and the terms of the domain are written for a reader."""

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import wraps
from typing import Any

from flask import Flask
from flask_babel import format_date, gettext, lazy_gettext, ngettext
from jinja2 import pass_context

from gridmap.coverage.windows import SPAN
from gridmap.studies import vocabulary
from web.languages import current_language
from web.measure_words import MEASURE
from web.reasons import say_reason, say_rule

SPACE = "\u202f"
"""Narrow no-break space between thousands and before a unit."""
ABSENT = "–"

STATUS: Mapping[str, Any] = {
    "met": lazy_gettext("met"),
    "partly": lazy_gettext("partly met"),
    "missed": lazy_gettext("missed"),
    "unknown": lazy_gettext("unknown"),
    "not_due": lazy_gettext("not due"),
}
QUALITY: Mapping[str, Any] = {
    "good": lazy_gettext("good"),
    "estimated": lazy_gettext("estimated"),
    "poor": lazy_gettext("poor"),
}
DIMENSION: Mapping[str, Any] = {
    "staffing": lazy_gettext("Staffing"),
    "services": lazy_gettext("Services"),
    "patrol": lazy_gettext("Patrol"),
    "cameras": lazy_gettext("Cameras"),
    "standards": lazy_gettext("Standards"),
}
ROLE: Mapping[str, Any] = {
    "worker": lazy_gettext("Grid worker"),
    "planner": lazy_gettext("Planner"),
    "liaison": lazy_gettext("Liaison"),
    "admin": lazy_gettext("Administrator"),
}
LEVEL: Mapping[str, Any] = {
    "any": lazy_gettext("any"),
    "detect": lazy_gettext("detect"),
    "observe": lazy_gettext("observe"),
    "recognise": lazy_gettext("recognise"),
    "identify": lazy_gettext("identify"),
    "monitor": lazy_gettext("monitor"),
    "overview": lazy_gettext("overview"),
    "outline": lazy_gettext("outline"),
    "discern": lazy_gettext("discern"),
    "perceive": lazy_gettext("perceive"),
    "characterise": lazy_gettext("characterise"),
    "validate": lazy_gettext("validate"),
    "scrutinise": lazy_gettext("scrutinise"),
    "range": lazy_gettext("stated range"),
}
UNIT: Mapping[str, Any] = {"min": lazy_gettext("min"), "h": lazy_gettext("h")}
COUNTED: Mapping[str, Callable[[int], str]] = {
    "people": lambda count: ngettext("person", "people", count),
    "posts": lambda count: ngettext("post", "posts", count),
    "households": lambda count: ngettext("household", "households", count),
    "visits": lambda count: ngettext("visit", "visits", count),
    "cells": lambda count: ngettext("cell", "cells", count),
    "sites": lambda count: ngettext("site", "sites", count),
    "functions": lambda count: ngettext("function", "functions", count),
    "conditions": lambda count: ngettext("condition", "conditions", count),
    "reports": lambda count: ngettext("report", "reports", count),
}
"""What is counted, so that one of it is not written as many."""
CAMERA_KIND: Mapping[str, Any] = {
    "fixed": lazy_gettext("fixed"),
    "dome": lazy_gettext("dome"),
    "ptz": lazy_gettext("pan, tilt, zoom"),
    "fisheye": lazy_gettext("fisheye"),
}
CELL_KIND: Mapping[str, Any] = {
    "basic": lazy_gettext("basic cell"),
    "dedicated": lazy_gettext("dedicated cell"),
}
AUDIT: Mapping[str, Any] = {
    "sign": lazy_gettext("no sign recorded"),
    "filing": lazy_gettext("no filing recorded"),
    "late_filing": lazy_gettext("filed later than 30 days after first use"),
    "retention": lazy_gettext("no retention time recorded"),
    "long_retention": lazy_gettext("kept longer than 30 days"),
    "purpose": lazy_gettext("no purpose recorded"),
}
NOT_COUNTED: Mapping[str, Any] = {
    "proposed": lazy_gettext("only proposed"),
    "not_working": lazy_gettext("planned, broken or removed"),
    "not_yet_in_use": lazy_gettext("goes into use later"),
    "indoor": lazy_gettext("stands indoors"),
    "no_range": lazy_gettext("neither optics nor a range are known"),
    "no_heading": lazy_gettext("its heading is not known"),
    "wrong_field": lazy_gettext("its field of view is 0° or less"),
    "inside_building": lazy_gettext("stands more than 2 m inside a building"),
    "private": lazy_gettext("stands on private ground; looked at for privacy only"),
}
"""Why a camera is not counted; the keys of :data:`gridmap.cameras.poses.REASONS`."""
ACTION: Mapping[str, Any] = {
    "read": lazy_gettext("read"),
    "export": lazy_gettext("exported"),
    "sign_in": lazy_gettext("signed in"),
    "sign_out_everywhere": lazy_gettext("signed out everywhere"),
    "change_password": lazy_gettext("changed the own password"),
    "add_user": lazy_gettext("added a user"),
    "set_password": lazy_gettext("gave a user a new password"),
    "change_user": lazy_gettext("changed a user"),
    "add_absence": lazy_gettext("entered an absence"),
    "end_absence": lazy_gettext("ended an absence"),
    "import_roster": lazy_gettext("imported a roster"),
    "apply_duties": lazy_gettext("applied suggested duties"),
    "try": lazy_gettext("tried another pose"),
    "act_on_gaps": lazy_gettext("acted on gaps"),
}
"""What an entry of the audit log says was done."""
LAYER: Mapping[str, Any] = {
    "presence": lazy_gettext("presence"),
    "last_positions": lazy_gettext("units on duty"),
    "views": lazy_gettext("camera views"),
    "blind_spots": lazy_gettext("blind spots"),
    "privacy": lazy_gettext("privacy audit"),
}
"""Layers that are computed, and so are in no district file."""
WINDOW: Mapping[str, Any] = {
    "day": lazy_gettext("day"),
    "morning": lazy_gettext("morning"),
    "evening": lazy_gettext("evening"),
    "night": lazy_gettext("night"),
    "weekend": lazy_gettext("weekend"),
    "weekend_day": lazy_gettext("weekend, by day"),
}
"""Names of windows that are common; others stay as the district calls them."""
ABSENCE: Mapping[str, Any] = {
    "leave": lazy_gettext("leave"),
    "training": lazy_gettext("training"),
    "secondment": lazy_gettext("secondment"),
    "vacant": lazy_gettext("the post has no holder"),
    "other": lazy_gettext("other"),
}
"""Kinds of absence; never a diagnosis."""
POST_ROLE: Mapping[str, Any] = {
    "grid_head": lazy_gettext("grid head"),
    "community_head": lazy_gettext("community head"),
    "grid_worker": lazy_gettext("grid worker"),
    "grid_member": lazy_gettext("grid member"),
    "volunteer_lead": lazy_gettext("volunteer lead"),
    "fire_warden": lazy_gettext("fire warden"),
    "sanitation": lazy_gettext("sanitation post"),
    "maintenance": lazy_gettext("maintenance post"),
    "medic": lazy_gettext("medic"),
    "police": lazy_gettext("police officer"),
    "police_officer": lazy_gettext("police officer"),
    "guard": lazy_gettext("guard"),
    "cleaner": lazy_gettext("cleaner"),
    "coordinator": lazy_gettext("coordinator"),
    "volunteer": lazy_gettext("volunteer"),
    "social_worker": lazy_gettext("social worker"),
    "firefighter": lazy_gettext("firefighter"),
    "patrol": lazy_gettext("patrol officer"),
}


def add_words(app: Flask) -> None:
    """Give the templates their filters."""
    app.jinja_env.globals.update(
        audit_text=lambda rule: AUDIT.get(rule, rule),
        absence_text=absence_text,
        rule_text=rule_text,
        day_class=day_class,
    )
    filters: dict[str, Callable[..., Any]] = {
        "number": number,
        "people": people,
        "share": share,
        "amount": amount,
        "day": day,
        "moment": moment,
        "status": lambda name: STATUS.get(name, name),
        "quality": lambda name: QUALITY.get(name, name),
        "dimension": lambda name: DIMENSION.get(name, name),
        "role": lambda name: ROLE.get(name, name),
        "post_role": lambda name: POST_ROLE.get(name, name or ABSENT),
        "camera_kind": lambda name: CAMERA_KIND.get(name, name or ABSENT),
        "cell_kind": lambda name: CELL_KIND.get(name, name or ABSENT),
        "window": window_name,
        "not_counted": lambda reason: NOT_COUNTED.get(reason, reason),
        "action": lambda name: ACTION.get(name, name),
        "reason": say_reason,
        "rule": say_rule,
        "level": lambda name: LEVEL.get(name, name),
        "measure": measure_name,
        "site_type": site_type,
        "layer": layer_name,
        "column": column_label,
    }
    app.jinja_env.filters.update({name: _at_each_request(one) for name, one in filters.items()})


def _at_each_request(write: Callable[..., Any]) -> Callable[..., Any]:
    """Keep Jinja from writing a constant once, in the language of whoever came first."""

    @pass_context
    @wraps(write)
    def written(_context: object, *values: Any) -> Any:
        return write(*values)

    return written


def absence_text(kind: str | None) -> str:
    """Kind of an absence in the reader's language."""
    return str(ABSENCE.get(kind or "", kind or ABSENT))


def rule_text(rule: Mapping[str, Any]) -> str:
    """Rule of staffing in words: how many of which role, for what."""
    role = str(rule["role"])
    if role.startswith("site:"):
        who = site_type(role.removeprefix("site:"))
    else:
        who = gettext("posts of any role") if role == "*" else str(POST_ROLE.get(role, role))
    low, high = rule["minimum"], rule["maximum"]
    if low == high:
        count = number(low)
    elif high is None:
        count = gettext("at least %(low)s", low=number(low))
    else:
        count = gettext("%(low)s to %(high)s", low=number(low), high=number(high))
    scopes = {
        "cell": gettext("each cell"),
        "community": gettext("each community"),
        "district": gettext("the district"),
    }
    return gettext(
        "%(scope)s: %(count)s × %(who)s", scope=scopes[rule["scope"]], count=count, who=who
    )


def number(value: Any, digits: int = 0) -> str:
    r"""Figure with thin-space thousands, or a dash where there is none.

    Examples
    --------
    >>> number(106910.4), number(None), number(-0.04, 1)
    ('106\u202f910', '–', '0.0')
    """
    if not _is_figure(value):
        return ABSENT
    rounded = round(float(value), digits) + 0.0
    return f"{rounded:,.{digits}f}".replace(",", SPACE)


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def people(value: Any) -> str:
    """Write a number of people, an integer."""
    return number(value)


def share(value: Any) -> str:
    r"""Share as per cent with one decimal.

    Examples
    --------
    >>> share(0.7841), share(float("nan"))
    ('78.4\u202f%', '–')
    """
    if not _is_figure(value):
        return ABSENT
    return f"{number(100 * value, 1)}{SPACE}%"


def amount(value: Any, unit: str | None = None) -> str:
    r"""Value with its unit in the units of display.

    Examples
    --------
    >>> amount(0.5, "share"), amount(1234.4, "m")
    ('50.0\u202f%', '1\u202f234\u202fm')
    """
    if not _is_figure(value):
        return ABSENT
    if unit in ("share", "class"):
        return share(value) if unit == "share" else day_class(value)
    if unit == "s":
        return amount(value / 60, "min")
    if unit and unit in UNIT:
        return f"{number(value, 0 if value == round(value) else 1)}{SPACE}{UNIT[unit]}"
    if unit and unit in COUNTED:
        return f"{number(value)}{SPACE}{COUNTED[unit](round(value))}"
    return f"{number(value)}{SPACE}{unit}" if unit else number(value)


def day_class(value: Any) -> str:
    """Class of a share of windows met, for readers who see classes only.

    The bounds are those a legend can carry: none, under half, half and more, all.
    """
    if not _is_figure(value):
        return str(STATUS["unknown"])
    classes = [
        (0.0, lazy_gettext("none met")),
        (0.5, lazy_gettext("under half met")),
        (1.0, lazy_gettext("half and more met")),
    ]
    if value >= 1:
        return gettext("all met")
    return str(next(text for high, text in classes if value <= high and (value < high or not high)))


def day(value: date | datetime | str | None) -> str:
    """Date in the reader's language."""
    if not value:
        return ABSENT
    found = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    pattern = "d MMMM y" if current_language() == "en" else "long"
    return str(format_date(found, pattern, rebase=False))


def moment(value: datetime | str | None) -> str:
    """Date and time to the minute, as given (already in the zone of the district)."""
    if not value:
        return ABSENT
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{found:%Y-%m-%d %H:%M}"


def site_type(code: str) -> str:
    """Name of a facility type in the reader's language."""
    return vocabulary.type_label(code, current_language())


def measure_name(name: str) -> str:
    """Name of a measure in the reader's language."""
    if name in MEASURE:
        return str(MEASURE[name])
    subject, _, verb = name.partition(".")
    if subject == "staffing" and verb.startswith("role."):
        role = verb.removeprefix("role.")
        return gettext("posts: %(role)s", role=POST_ROLE.get(role, role))
    if subject == "camera":
        level = verb.removeprefix("share_")
        return gettext("public space seen, level %(level)s", level=LEVEL.get(level, level))
    if verb in ("met", "community_met", "street_met", "district_met"):
        return vocabulary.rule_label(subject, current_language())
    if verb in MEASURE:
        return gettext("%(type)s: %(measure)s", type=site_type(subject), measure=MEASURE[verb])
    return name


def window_name(window: str | None) -> str:
    """Name of a window, with its day where it is one occurrence; the ends of a run of windows.

    Examples
    --------
    >>> window_name("market@2026-03-02"), window_name("spring_fair")
    ('2026-03-02 market', 'spring fair')
    >>> window_name("market@2026-03-02/fair@2026-03-04")
    '2026-03-02 market – 2026-03-04 fair'
    """
    if window and SPAN in window:
        return " – ".join(map(window_name, window.split(SPAN)))
    name, _, on = (window or "").partition("@")
    said = str(WINDOW.get(name) or name.replace("_", " "))
    return f"{on} {said}" if on else said


def layer_name(name: str) -> str:
    """Name of a layer in the reader's language."""
    return str(LAYER.get(name) or vocabulary.layer_label(name, current_language()))


def column_label(name: str, layer: str = "coverage") -> str:
    """Heading of a column of a layer in the reader's language."""
    return vocabulary.column_label(layer, name, current_language())
