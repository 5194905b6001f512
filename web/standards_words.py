"""Words of the standards page: kinds, levels, confidences, fields of a rule, headings."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext

from web.words import QUALITY, STATUS, number

LEVEL: Mapping[str, Any] = {
    "cell": lazy_gettext("cell"),
    "community": lazy_gettext("community"),
    "street": lazy_gettext("street"),
    "district": lazy_gettext("district"),
    "tiers": lazy_gettext("several levels"),
}
KIND: Mapping[str, Any] = {
    "threshold": lazy_gettext("threshold"),
    "all_of": lazy_gettext("all of several thresholds"),
    "ratio": lazy_gettext("one for so many"),
    "tier": lazy_gettext("present at every level"),
    "checklist": lazy_gettext("checklist"),
    "cadence": lazy_gettext("so often in a period"),
    "deadline": lazy_gettext("settled in time"),
    "within": lazy_gettext("within a walking distance"),
    "reserve": lazy_gettext("floor area reserved"),
    "sum": lazy_gettext("parts add up"),
    "percent": lazy_gettext("percentage is right"),
}
CONFIDENCE: Mapping[str, Any] = {
    "high": lazy_gettext("high confidence"),
    "medium": lazy_gettext("medium confidence"),
    "low-medium": lazy_gettext("not verified against the printed standard"),
    "low": lazy_gettext("low confidence"),
    "from_memory": lazy_gettext("written from memory"),
    "assumption": lazy_gettext("assumption, no norm"),
}
FIELD: Mapping[str, Any] = {
    "id": lazy_gettext("Short name"),
    "kind": lazy_gettext("Kind"),
    "scope": lazy_gettext("Judges each"),
    "fact": lazy_gettext("Fact"),
    "parameters": lazy_gettext("Parameters"),
    "unit": lazy_gettext("Unit"),
    "text_zh_Hans": lazy_gettext("Text, simplified Chinese"),
    "text_zh_Hant": lazy_gettext("Text, traditional Chinese"),
    "text_en": lazy_gettext("Text, English"),
    "source": lazy_gettext("Source"),
    "confidence": lazy_gettext("How far the source is known"),
    "active": lazy_gettext("In force"),
}
EXAMPLE: Mapping[str, str] = {
    "id": "reading_room",
    "fact": "sites.library",
    "parameters": "at_least=1",
    "unit": "sites",
}
UNIT: Mapping[str, Any] = {
    "sites": lazy_gettext("sites"),
    "functions": lazy_gettext("functions"),
    "cells": lazy_gettext("cells"),
    "people": lazy_gettext("people"),
    "households": lazy_gettext("households"),
    "conditions": lazy_gettext("conditions"),
    "reports": lazy_gettext("reports"),
}
"""Units of the shipped rules; others stay as they are written."""
ANSWER: Mapping[str, Any] = {"yes": lazy_gettext("yes"), "no": lazy_gettext("no")}
_HEADING: Mapping[str, Any] = {
    "rule": lazy_gettext("Rule"),
    "text": lazy_gettext("What is asked"),
    "level": lazy_gettext("Level"),
    "unit_id": lazy_gettext("Code"),
    "unit_name": lazy_gettext("Name"),
    "value": lazy_gettext("Value"),
    "value_high": lazy_gettext("Value, at most"),
    "required": lazy_gettext("Required"),
    "required_high": lazy_gettext("Required, at most"),
    "shortfall": lazy_gettext("Shortfall"),
    "shortfall_high": lazy_gettext("Shortfall, at most"),
    "unit": lazy_gettext("Unit"),
    "status": lazy_gettext("Status"),
    "quality": lazy_gettext("Quality"),
    "reason": lazy_gettext("Reason"),
    "detail": lazy_gettext("Parts"),
    "source": lazy_gettext("Source"),
    "confidence": lazy_gettext("Confidence"),
    "units": lazy_gettext("Judged"),
    "sheet_rules": lazy_gettext("Rules"),
    "sheet_units": lazy_gettext("Units"),
}


def headings() -> dict[str, str]:
    """Words of the workbook in the reader's language."""
    words = {**_HEADING, **STATUS, **QUALITY, **LEVEL}
    return {name: str(text) for name, text in words.items()}


def units_of(level: str, count: int) -> str:
    """Write a number of units with their name, as ``38 communities``."""
    told = number(count)
    sentences = {
        "cell": ngettext("%(told)s cell", "%(told)s cells", count, told=told),
        "community": ngettext("%(told)s community", "%(told)s communities", count, told=told),
        "street": ngettext("%(told)s street", "%(told)s streets", count, told=told),
        "district": ngettext("%(told)s district", "%(told)s districts", count, told=told),
    }
    return sentences.get(level, told)


def bounds(low: float | None, high: float | None) -> str:
    """One figure, or two where it is an interval, as ``13–19``."""
    if low is None or high is None or low == high:
        return exact(low)
    return f"{exact(low)}–{exact(high)}"


def exact(value: float | None) -> str:
    """Figure with as many digits as it needs, two at most."""
    if value is None:
        return number(None)
    whole = value == round(value)
    return number(value) if whole else number(value, 2).rstrip("0").rstrip(".")


def fault_of(faults: list[Any], column: str) -> str:
    """Say what is wrong in a field of the form; empty where nothing is."""
    return gettext("; ").join(one.text for one in faults if one.column == column)
