"""The words of reports in three languages, from ``words.csv``, and what is said with them."""

from collections.abc import Mapping, Sequence
from datetime import date
from math import ceil
from typing import Any

from gridmap.reference import read_words

_SHARES = ("share",)
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def report_words(language: str) -> Mapping[str, str]:
    """All words of one language by key.

    Parameters
    ----------
    language : {"zh_Hans", "zh_Hant", "en"}
        Language of the reader.

    Raises
    ------
    InputError
        If the language is none of the three.

    Examples
    --------
    >>> report_words("zh_Hans")["verdict.refused"], report_words("en")["verdict.refused"]
    ('不予通过', 'refused')
    """
    return read_words("gridmap.report", language)


def say_reason(
    reason: Mapping[str, Any], language: str, places: Mapping[str, str] | None = None
) -> str:
    """Say in words why a camera is judged as it is.

    Parameters
    ----------
    reason : mapping
        ``code``, ``since`` (ISO date) where it has one, and figures.
    language : str
        Language of the reader.
    places : mapping of str to str, optional
        Names of prohibited places.

    Examples
    --------
    >>> say_reason({"code": "not_filed", "since": "2026-02-09"}, "en")
    'not filed within 30 days of going into use (since 2026-02-09)'
    >>> say_reason({"code": "mask_too_wide", "share": 0.7636}, "zh_Hans")
    '遮蔽将占视场的 76.4%，应移位或转向'
    """
    known = report_words(language)
    code = str(reason["code"])
    if code == "homes" and reason.get("most_m", 0) > reason["m"]:
        code = "homes_up_to"
    told = {name: _said(name, value, known, places or {}) for name, value in reason.items()}
    text = known[f"reason.{code}"].format(**told)
    since = reason.get("since")
    return known["since_day"].format(text=text, day=since) if since else text


def say_masks(masks: Sequence[Mapping[str, Any]], language: str) -> str:
    """Masks as numbers to type in, whole tenths of degrees.

    Examples
    --------
    >>> say_masks([{"from_deg": 329.0, "to_deg": 371.04}], "en")
    '329.0°–11.1°'
    """
    line = report_words(language)["mask_line"]
    return "; ".join(
        line.format(from_deg=mask_begin(one["from_deg"]), to_deg=mask_end(one["to_deg"]))
        for one in masks
    )


def mask_begin(bearing_deg: float) -> str:
    """Begin of a mask, rounded outwards so that rounding uncovers nothing [°].

    Examples
    --------
    >>> mask_begin(274.19), mask_begin(0.0)
    ('274.1', '0.0')
    """
    return f"{int(bearing_deg * 10 + 1e-6) / 10:.1f}"


def mask_end(bearing_deg: float) -> str:
    """End of a mask, rounded outwards; beyond north it begins again at 0, all round stays 360 [°].

    Examples
    --------
    >>> mask_end(370.91), mask_end(360.0)
    ('11.0', '360.0')
    """
    tenths = ceil(bearing_deg * 10 - 1e-6)
    return f"{(tenths - 3600 if tenths > 3600 else tenths) / 10:.1f}"


def share_text(share: float | None) -> str:
    """Share as people read it; a dash where there is none.

    Examples
    --------
    >>> share_text(0.784), share_text(None)
    ('78.4%', '–')
    """
    return "–" if share is None or share != share else f"{share:.1%}"  # noqa: PLR0124


def count_text(value: float | None, decimals: int = 0) -> str:
    """Figure with thin spaces between thousands; a dash where there is none.

    Examples
    --------
    >>> count_text(106910.0), count_text(None), count_text(1234.56, 1)
    ('106\u2009910', '–', '1\u2009234.6')
    """
    if value is None or value != value:  # noqa: PLR0124
        return "–"
    return f"{value:,.{decimals}f}".replace(",", "\u2009")


def _said(name: str, value: Any, known: Mapping[str, str], places: Mapping[str, str]) -> Any:
    if name in _SHARES:
        return share_text(value)
    if name == "place":
        return places.get(value, value)
    if name == "why":
        return known.get(f"why.{value}", value)
    if name == "with":
        return ", ".join(str(one["camera_id"]) for one in value) or known["none"]
    return f"{value:g}" if isinstance(value, float) else value


def day_text(day: date, language: str) -> str:
    """Day as people write it.

    Examples
    --------
    >>> day_text(date(2026, 3, 2), "en"), day_text(date(2026, 3, 2), "zh_Hans")
    ('2 March 2026', '2026年3月2日')
    """
    if language == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"
