"""What a camera sees, in the words and figures of its sheet; scripts put them in as they are."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext

from web.words import ABSENT, LEVEL, NOT_COUNTED, amount, number, share

STEP: Mapping[str, Any] = {
    "always": lazy_gettext("nobody in any window that was due"),
    "most": lazy_gettext("nobody in half of them or more"),
    "some": lazy_gettext("nobody in some"),
    "partly": lazy_gettext("there, but too short"),
    "unknown": lazy_gettext("not known"),
}
"""How often nobody was at ground that no camera sees."""
_HIGHWAY_UNNAMED = "–"
_LEAST_CHANGE_M2 = 0.05
_LEAST_AWAY_M = 0.5


def say_look(look: Mapping[str, Any]) -> dict[str, Any]:
    """Write all that a sheet says of a look.

    Parameters
    ----------
    look : mapping
        From :func:`gridmap.studies.pages.try_out`.

    Returns
    -------
    dict
        ``notes`` (list of text), ``facts`` (text by name) and ``rows`` (lists of
        texts by the name of their table; the first of a row is its heading).
    """
    return {
        "notes": _notes(look),
        "facts": {**_sight(look), **_change(look), **_privacy(look)},
        "rows": {
            "views": [_view(one) for one in look["views"]],
            "cells": [_cell(one) for one in look["cells"]],
            "streets": [
                [one["name"] or one["highway"] or _HIGHWAY_UNNAMED, _metres(one["seen_m"])]
                for one in look["streets"]
            ],
            "overlap": [[one["camera_id"], share(one["share"])] for one in look["overlap"]],
        },
    }


def bearing(degrees: float | None) -> str:
    """Bearing with the wind it points to.

    Examples
    --------
    >>> bearing(359.6)[:3], bearing(None)
    ('0° ', '–')
    """
    if degrees is None:
        return ABSENT
    winds = (
        gettext("north"), gettext("north-east"), gettext("east"), gettext("south-east"),
        gettext("south"), gettext("south-west"), gettext("west"), gettext("north-west"),
    )  # fmt: skip
    whole = round(degrees) % 360
    return f"{whole}° · {winds[round(whole / 45) % 8]}"


def of_trial() -> dict[str, str]:
    """Words that the script of a trial says by itself."""
    return {
        "working": gettext("Looking …"),
        "failed": gettext("No answer from the server. What you see is the last answer."),
        "refused": gettext("This cannot be tried:"),
        "stored": gettext("As it is stored"),
        "changed": gettext("A trial; nothing is stored"),
        "camera": gettext("Camera: drag it to try another place"),
        "handle": gettext("Direction: drag it to turn the camera"),
    }


def _notes(look: Mapping[str, Any]) -> list[str]:
    notes, pose = [], look["pose"]
    if look["reason"]:
        why = NOT_COUNTED.get(look["reason"], look["reason"])
        notes.append(gettext("Not counted: %(why)s.", why=why))
    if look["blind"] and look["blind"] != look["reason"]:
        notes.append(
            gettext(
                "Nothing can be drawn: %(why)s.", why=NOT_COUNTED.get(look["blind"], look["blind"])
            )
        )
    if look["blind"] == "inside_building":
        deep = _metres(pose["wall_m"])
        notes.append(gettext("The nearest wall is %(distance)s away.", distance=deep))
    if pose["snapped_m"] and pose["snapped_m"] > 0.05:
        moved = _metres(pose["snapped_m"])
        notes.append(gettext("Moved %(distance)s to the front of its wall.", distance=moved))
    if pose["assumed_hfov"] and not look["blind"]:
        notes.append(gettext("No field of view is known; 90° is assumed."))
    if not look["blind"] and not look["views"]:
        notes.append(gettext("It sees no ground: its blind zone ends beyond its range."))
    if look["away_m"] > _LEAST_AWAY_M:
        away = amount(look["away_m"], "m")
        notes.append(
            gettext(
                "It stands %(distance)s outside of all cells: what it sees there counts for none. "
                "Drag it back, or enter another place.",
                distance=away,
            )
        )
    elif look["views"] and not look["views"][0]["public_m2"]:
        notes.append(
            gettext("Nothing that it sees is public space: it may look at water or private ground.")
        )
    if not pose["optics"] and look["views"]:
        notes.append(gettext("No optics are known; its stated range is taken as seen."))
    return notes


def _sight(look: Mapping[str, Any]) -> dict[str, str]:
    pose, widest = look["pose"], look["views"][0] if look["views"] else None
    field = pose["hfov_deg"]
    return {
        "heading": bearing(pose["heading_deg"]),
        "hfov": ABSENT if field is None else f"{number(field, 1)}°",
        "near": _metres(pose["near_m"]) if pose["near_m"] else ABSENT,
        "area": amount(widest["area_m2"], "m²") if widest else ABSENT,
        "public": share(widest["public_share"]) if widest else ABSENT,
        "overlap": share(look["overlap_share"]) if widest else ABSENT,
    }


def _change(look: Mapping[str, Any]) -> dict[str, str]:
    gain, ground = look["gain_m2"], look["public_m2"]
    told = {"gain": _signed(gain), "gain_share": ABSENT}
    if ground:
        percent = 100 * gain / ground
        sign = "+" if percent > 0 else "−" if percent < 0 else "±"
        told["gain_share"] = f"{sign}{number(abs(percent), 2)}\u202f%"
    return told


def _privacy(look: Mapping[str, Any]) -> dict[str, str]:
    told = look["privacy"]
    if not told:
        return dict.fromkeys(("facade", "facade_125", "home", "private", "masks"), ABSENT)
    certain, most = told["facade_m"], told["facade_most_m"]
    facade = _metres(certain)
    if most > certain + 0.05:
        facade = gettext(
            "%(certain)s for certain, %(most)s at most", certain=facade, most=_metres(most)
        )
    dense = told["facade_125_m"]
    return {
        "facade": facade,
        "facade_125": gettext("unknown without optics") if dense is None else _metres(dense),
        "home": _metres(told["nearest_home_m"]),
        "private": amount(told["private_m2"], "m²"),
        "masks": "; ".join(_mask(one) for one in told["masks"]) or gettext("none needed"),
    }


def _mask(one: Mapping[str, Any]) -> str:
    return f"{round(one['from_deg']) % 360}°–{round(one['to_deg']) % 360}°"


def _view(one: Mapping[str, Any]) -> list[str]:
    return [
        str(LEVEL.get(one["level"], one["level"])),
        _metres(one["range_m"]),
        amount(one["area_m2"], "m²"),
        share(one["public_share"]),
    ]


def _cell(one: Mapping[str, Any]) -> list[str]:
    gain = one["after_m2"] - one["before_m2"]
    return [one["name"], share(one["before"]), share(one["after"]), _signed(gain)]


def _metres(value: float | None) -> str:
    return ABSENT if value is None else f"{number(value, 1)}\u202fm"


def _signed(area_m2: float) -> str:
    if abs(area_m2) < _LEAST_CHANGE_M2:
        return "±0\u202fm²"
    sign = "+" if area_m2 > 0 else "−"
    return f"{sign}{number(abs(area_m2), 1 if abs(area_m2) < 10 else 0)}\u202fm²"
