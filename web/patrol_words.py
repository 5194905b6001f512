"""Words of the pages of patrol: their tabs, charts, states of gaps, and steps of cleaning."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext, lazy_gettext

from web.permissions import may_open
from web.words import amount, day, share, window_name

TABS: Mapping[str, Any] = {
    "patrol.show": lazy_gettext("Overview"),
    "patrol_map.show": lazy_gettext("Map over time"),
    "patrol_gaps.show": lazy_gettext("Gaps to act on"),
    "patrol_ground.streets": lazy_gettext("Streets"),
    "patrol_routes.show": lazy_gettext("Routes"),
    "patrol_ground.beats": lazy_gettext("Beats"),
    "patrol_ground.quality": lazy_gettext("Data quality"),
    "patrol_live.show": lazy_gettext("On duty now"),
}
"""Pages of patrol, in their order."""
BY: Mapping[str, Any] = {
    "period": lazy_gettext("Key period"),
    "day": lazy_gettext("Day"),
    "community": lazy_gettext("Community"),
    "street": lazy_gettext("Street"),
    "beat": lazy_gettext("Beat"),
}
STATE: Mapping[str, Any] = {
    "open": lazy_gettext("to act on"),
    "assigned": lazy_gettext("assigned"),
    "accepted": lazy_gettext("accepted"),
    "disputed": lazy_gettext("disputed"),
}
"""What a gap is since the last action on it."""
DID: Mapping[str, Any] = {
    "assign": lazy_gettext("Assigned"),
    "accept": lazy_gettext("Accepted"),
    "dispute": lazy_gettext("Disputed"),
    "reopen": lazy_gettext("Opened again"),
    "undo": lazy_gettext("Taken back"),
}
"""What an action did."""
ACTION: Mapping[str, Any] = {
    "assign": lazy_gettext("Assign"),
    "accept": lazy_gettext("Accept, with a reason"),
    "dispute": lazy_gettext("Dispute, with a reason"),
    "reopen": lazy_gettext("Open again"),
}
TARGET: Mapping[str, Any] = {
    "beat": lazy_gettext("Beat"),
    "post": lazy_gettext("Post"),
    "shift": lazy_gettext("Shift"),
}
STEP: Mapping[str, tuple[Any, Any]] = {
    "off_shift": (
        lazy_gettext("Outside a shift"),
        lazy_gettext("Nobody is followed off duty: these are never stored."),
    ),
    "out_of_range": (
        lazy_gettext("Impossible place or accuracy"),
        lazy_gettext("A position of (0, 0), beyond the Earth, or good to kilometres only."),
    ),
    "clock": (
        lazy_gettext("Wrong clock"),
        lazy_gettext("The time of the phone lies in the future or long ago."),
    ),
    "duplicate": (
        lazy_gettext("Sent twice"),
        lazy_gettext("Of fixes of one unit at one moment the most accurate is kept."),
    ),
    "spike": (
        lazy_gettext("Jump and back"),
        lazy_gettext("A place that nobody could have reached and left in that time."),
    ),
}
"""Steps of cleaning: name, and why."""
MODE: Mapping[str, Any] = {
    "foot": lazy_gettext("on foot"),
    "bike": lazy_gettext("by bicycle"),
    "car": lazy_gettext("by car"),
}
LOAD: Mapping[str, Any] = {
    "presence_s": lazy_gettext("Presence"),
    "visits": lazy_gettext("Visits"),
    "street_m": lazy_gettext("Street length"),
}


_MOST_BARS = 14
"""Days that are drawn as bars; more as a line."""


def tabs(district: int, role: str | None, here: str | None) -> list[dict[str, Any]]:
    """Pages of patrol that a role may open."""
    return [
        {
            "address": url_for(endpoint, district=district),
            "text": text,
            "here": endpoint == here,
        }
        for endpoint, text in TABS.items()
        if may_open(role, endpoint)
    ]


def moment_name(moment: str) -> str:
    """Name a moment of the slider: one window, a whole day, or a period on all days."""
    if moment.startswith("@"):
        return gettext("%(day)s, whole day", day=window_name(moment).lstrip(" ·,"))
    if moment.endswith("@"):
        return gettext("%(period)s, all days", period=window_name(moment[:-1]))
    return window_name(moment)


def trend_chart(days: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Draw the rate by day with both bounds; nothing to draw where less than two days are told."""
    if len(days) < 2:
        return None
    first, last = days[0], days[-1]
    text = gettext(
        "From %(first)s – %(first_high)s on the first day to %(last)s – %(last_high)s on the last.",
        first=share(first["low"]),
        first_high=share(first["high"]),
        last=share(last["low"]),
        last_high=share(last["high"]),
    )
    drawn = _bars(days) if len(days) <= _MOST_BARS else _lines(days)
    return {
        "title": gettext("Windows met, by day"),
        "columns": [gettext("Day"), *(one["name"] for one in drawn["series"])],
        "told": {
            **drawn,
            "text": text,
            "y": {"label": gettext("Windows met"), "format": "share", "min": 0, "max": 1},
        },
    }


def _bars(days: list[dict[str, Any]]) -> dict[str, Any]:
    """Few days: what was met, and on top of it what may have been."""

    def bar(name: str, tone: str, values: list[float]) -> dict[str, Any]:
        points = [[day(one["name"]), value] for one, value in zip(days, values, strict=True)]
        return {"name": name, "tone": tone, "points": points}

    met = bar(gettext("met"), "met", [one["low"] for one in days])
    maybe = bar(gettext("unknown"), "unknown", [one["high"] - one["low"] for one in days])
    axis = {"label": gettext("Day")}
    return {"kind": "bar", "stacked": True, "x": axis, "series": [met, maybe]}


def _lines(days: list[dict[str, Any]]) -> dict[str, Any]:
    low = _line(gettext("unknown counts as missed"), "met", days, "low")
    high = _line(gettext("unknown counts as met"), "ink-2", days, "high")
    axis = {"label": gettext("Day"), "format": "day", "scale": "time"}
    return {"kind": "line", "x": axis, "series": [low, {**high, "dashed": True}]}


def interval_chart(intervals: list[dict[str, Any]], bins: list[int]) -> dict[str, Any] | None:
    """Draw how many fixes came how long after the one before, by way of moving."""
    if not intervals:
        return None
    names = [_bin(bins, place) for place in range(len(bins))]
    series = [
        {
            "name": str(MODE.get(one["mode"], one["mode"])),
            "tone": tone,
            "points": [[name, count] for name, count in zip(names, one["counts"], strict=True)],
        }
        for one, tone in zip(intervals, ("met", "missed", "ink-2"), strict=False)
    ]
    middle = max(intervals, key=lambda one: one["fixes"])
    return {
        "title": gettext("Time between fixes"),
        "columns": [gettext("Interval"), *(one["name"] for one in series)],
        "told": {
            "kind": "bar",
            "stacked": True,
            "text": gettext(
                "Half of the fixes %(mode)s came within %(median)s of the one before.",
                mode=MODE.get(middle["mode"], middle["mode"]),
                median=seconds(middle["median_s"]),
            ),
            "x": {"label": gettext("Interval")},
            "y": {"label": gettext("Fixes"), "format": "number"},
            "series": series,
        },
    }


def seconds(value: float | None) -> str:
    """Write a short time: seconds up to two minutes, then minutes.

    Examples
    --------
    >>> seconds(None)
    '–'
    """
    if value is None:
        return "–"
    if value >= 120:
        return amount(value, "s")
    return gettext("%(count)s s", count=f"{value:.0f}")


def clock(moment: str | datetime | None, timezone: str) -> str:
    """Write the local time of a moment.

    Examples
    --------
    >>> clock("2026-03-05T00:15:00+00:00", "Asia/Shanghai")
    '08:15'
    """
    if not moment:
        return "–"
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return found.astimezone(ZoneInfo(timezone)).strftime("%H:%M")


def _line(name: str, tone: str, days: list[dict[str, Any]], column: str) -> dict[str, Any]:
    points = [[one["name"], one[column]] for one in days]
    return {"name": name, "tone": tone, "markers": True, "points": points}


def _bin(bins: list[int], place: int) -> str:
    if place + 1 == len(bins):
        return gettext("%(low)s s and more", low=bins[place])
    return gettext("%(low)s–%(high)s s", low=bins[place], high=bins[place + 1])
