"""The words of a map in three languages, from ``words.csv``."""

from collections.abc import Mapping

from gridmap.reference import read_words

_IN_THE_PAGE = (
    *("met", "partly", "missed", "unknown", "not_due", "good", "estimated", "poor"),
    *("status", "value", "required", "shortfall", "quality", "reason", "people", "since"),
    *("window", "cell", "community", "no_value", "estimated_note", "cells_count", "legend"),
    *("layers", "details", "open_sheet", "close", "zoom_in", "zoom_out", "whole", "map"),
    *("map_hint", "loading", "not_loaded", "details_failed", "type", "kind", "rank"),
    *("dimension", "capacity", "synthetic", "staffing", "services", "patrol", "cameras"),
)
"""What the scripts of a tiles map say; an offline map carries all words."""


def words(language: str) -> Mapping[str, str]:
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
    >>> words("zh_Hans")["missed"], words("en")["missed"]
    ('未达标', 'missed')
    """
    return read_words("gridmap.maps", language)


def page_words(language: str) -> dict[str, str]:
    """Words that the scripts of a tiles map say, in one language.

    Examples
    --------
    >>> page_words("en")["close"]
    'Close'
    """
    known = words(language)
    return {key: known[key] for key in _IN_THE_PAGE}


def measure_words(measure: str, language: str, site_types: Mapping[str, str]) -> str:
    """Name of a measure for a reader.

    Parameters
    ----------
    measure : str
        Name of the measure, e.g. ``pharmacy.walk_share``.
    language : str
        Language of the reader.
    site_types : mapping of str to str
        Facility types and their names in that language.

    Examples
    --------
    >>> measure_words("pharmacy.walk_share", "en", {"pharmacy": "Pharmacy"})
    'Pharmacy: share of people within the norm on foot'
    >>> measure_words("camera.share_detect", "en", {})
    'Share of public space seen: detect'
    >>> measure_words("clinic.queue_min", "en", {})
    'clinic.queue_min'
    """
    known = words(language)
    if measure in known:
        return _begin(known[measure])
    subject, _, figure = measure.partition(".")
    if subject == "camera" and figure.startswith("share_"):
        level = figure.removeprefix("share_")
        return _begin(f"{known['camera.share']}{_colon(language)}{known.get(level, level)}")
    if figure in known:
        return _begin(f"{site_types.get(subject, subject)}{_colon(language)}{known[figure]}")
    return measure


def _begin(text: str) -> str:
    return text[:1].upper() + text[1:]


def _colon(language: str) -> str:
    return ": " if language == "en" else "："
