"""Words of the pages of services: charts with their sentence, classes of reached ground."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext

from gridmap.maps.colours import LegendClass
from gridmap.studies.pages.service_charts import gini_of
from web.words import SPACE, amount, number, people, share, site_type

STATE: Mapping[str, Any] = {
    "open": lazy_gettext("in service"),
    "planned": lazy_gettext("planned"),
    "closed": lazy_gettext("out of service"),
}
METHOD: Mapping[str, Any] = {
    "2sfca": lazy_gettext("access (2SFCA)"),
    "e2sfca": lazy_gettext("access (E2SFCA)"),
    "3sfca": lazy_gettext("access (3SFCA)"),
}
_MINUTES = {5: "#225ea8", 10: "#41b6c4", 15: "#c7e9b4"}
"""Colours of the map for the ground within so many minutes: nearer is darker."""
_METRES_PER_MINUTE = 80
_NORM_COLOUR = "#111111"


def reached_classes(norm_m: float | None) -> tuple[LegendClass, ...]:
    """Legend of the ground that is reached on foot within some minutes and within the norm."""
    classes = [
        LegendClass(
            f"within-{minutes}",
            gettext(
                "within %(minutes)s minutes (%(metres)s)",
                minutes=minutes,
                metres=amount(float(minutes * _METRES_PER_MINUTE), "m"),
            ),
            colour,
        )
        for minutes, colour in _MINUTES.items()
    ]
    if norm_m is not None:
        words = gettext("within the norm (%(metres)s)", metres=amount(norm_m, "m"))
        classes.append(LegendClass("norm", words, _NORM_COLOUR, "empty"))
    return tuple(classes)


CATCHMENTS: Mapping[str, Any] = {
    "catchments": lazy_gettext("catchments of the nearest site"),
    "catchments_capacity": lazy_gettext("catchments within the capacity of sites"),
}


def ground_title(shown: str, kind: str) -> str:
    """Say what the coloured ground on the map is: within reach, or whose site is which."""
    if shown in CATCHMENTS:
        return f"{site_type(kind)}: {CATCHMENTS[shown]}"
    return gettext("Ground within a walk: %(type)s", type=site_type(kind))


def charts_of(page: dict[str, Any]) -> list[dict[str, Any]]:
    """Charts of a facility type: what chart.js draws, a title, and headings of the table."""
    if not page["summary"]:
        return []
    drawn = [_coverage(page), _bands(page), *_lorenz(page)]
    return [one for one in drawn if one]


def _coverage(page: dict[str, Any]) -> dict[str, Any] | None:
    points = page["chart"]["coverage"]
    if "walk" not in points:
        return None
    told = page["summary"]
    walk, line = gettext("on foot, along ways"), gettext("straight line, for comparison")
    series = [{"name": walk, "tone": "met", "area": True, "points": points["walk"]}]
    if "line" in points:
        series.append({"name": line, "tone": "ink-2", "dashed": True, "points": points["line"]})
    return {
        "title": gettext("Who lives how near"),
        "columns": [gettext("Within"), *(one["name"] for one in series)],
        "told": {
            "kind": "line",
            "x": {"label": gettext("distance to the nearest site"), "unit": "m", "amount": "m"}
            | {"min": 0, "max": points["walk"][-1][0]},
            "y": {"label": gettext("share of people"), "format": "share", "min": 0, "max": 1},
            "series": series,
            "marks": [{"axis": "x", "at": told["norm_m"], "label": _norm(told), "tone": "missed"}],
            "text": gettext(
                "%(share)s of people live within the norm of %(norm)s on foot; half live within "
                "%(p50)s.",
                share=share(told["served_share"]),
                norm=amount(told["norm_m"], "m"),
                p50=amount(told["distance_p50_m"], "m"),
            ),
        },
    }


def _bands(page: dict[str, Any]) -> dict[str, Any] | None:
    bands = page["chart"]["bands"]
    if not bands:
        return None
    most = max(bands, key=lambda one: one["people"])
    return {
        "title": gettext("People by walking distance"),
        "columns": [gettext("Walk"), gettext("People")],
        "told": {
            "kind": "bar",
            "x": {"label": gettext("walk to the nearest site, in metres")},
            "y": {"label": gettext("people"), "amount": "people"},
            "series": [
                {
                    "name": gettext("people"),
                    "tone": "met",
                    "points": [[_band(one), round(one["people"])] for one in bands],
                }
            ],
            "marks": [],
            "text": gettext(
                "Most people, %(people)s, walk %(band)s m; %(far)s walk farther than %(end)s m or "
                "have no way.",
                people=people(most["people"]),
                band=_band(most),
                far=people(bands[-1]["people"]),
                end=number(bands[-1]["low"]),
            ),
        },
    }


def _band(one: dict[str, Any]) -> str:
    low = number(one["low"])
    return f"> {low}" if one["high"] is None else f"{low}–{number(one['high'])}"


def _lorenz(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "title": gettext("How evenly it is spread: %(what)s", what=METHOD.get(name, name)),
            "columns": [gettext("People, those with least first"), gettext("Share of access")],
            "told": {
                "kind": "lorenz",
                "x": {"label": gettext("people, those with least first"), "format": "share"},
                "y": {"label": gettext("share of access"), "format": "share"},
                "series": [{"name": str(METHOD.get(name, name)), "tone": "met", "points": points}],
                "marks": [],
                "text": gettext(
                    "Gini %(gini)s: 0 is equal for everybody, 1 is all for one.",
                    gini=f"{_gini(page, points):.2f}",
                ),
            },
        }
        for name, points in page["chart"]["lorenz"].items()
    ]


def _gini(page: dict[str, Any], points: list[list[float]]) -> float:
    told = page["summary"].get("gini")
    return gini_of(points) if told is None else float(told)


def _norm(told: dict[str, Any]) -> str:
    return gettext("norm %(metres)s", metres=amount(told["norm_m"], "m").replace(SPACE, " "))
