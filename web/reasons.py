"""Reasons and rules of the coverage table in the reader's language.

The measures write them as short English phrases joined by semicolons, for files and terminals.
Here each known phrase gets its sentence in three languages; an unknown one stays as it is.
"""

import re
from typing import Any

from flask_babel import lazy_gettext

from gridmap.studies import vocabulary
from web.languages import current_language

_PHRASES: list[tuple[str, Any]] = [
    (
        r"people spread over the floor area of residential buildings",
        lazy_gettext("people spread over the floor area of residential buildings"),
    ),
    (
        r"people spread over the floor area of buildings of unknown use",
        lazy_gettext("people spread over the floor area of buildings of unknown use"),
    ),
    (
        r"no home is mapped here: people placed at the middle of their square",
        lazy_gettext("no home is mapped here: people placed at the middle of their square"),
    ),
    (
        r"the population itself is an estimate",
        lazy_gettext("the population itself is an estimate"),
    ),
    (
        r"the population of this cell is not known",
        lazy_gettext("the population of this cell is not known"),
    ),
    (
        r"no site of this type in the data; the map may not know them",
        lazy_gettext("no site of this type in the data; the map may not know them"),
    ),
    (
        r"some people cannot walk to any site of this type and are left out of the distances",
        lazy_gettext("some people cannot walk to any site of this type; distances leave them out"),
    ),
    (
        r"some people live far from any mapped way",
        lazy_gettext("some people live far from any mapped way"),
    ),
    (r"no people live here", lazy_gettext("no people live here")),
    (
        r"straight line, for comparison only; nobody walks it",
        lazy_gettext("straight line, for comparison only; nobody walks it"),
    ),
    (
        r"ground beside the streets within reach, not people",
        lazy_gettext("ground beside the streets within reach, not people"),
    ),
    (r"a post of its community answers", lazy_gettext("a post of its community answers")),
    (
        r"judged for the community (?P<name>[^;]+)",
        lazy_gettext("judged for the community %(name)s"),
    ),
    (r"judged for the street (?P<name>[^;]+)", lazy_gettext("judged for the street %(name)s")),
    (r"judged for the district (?P<name>[^;]+)", lazy_gettext("judged for the district %(name)s")),
    (r"not known: (?P<facts>[^;]+)", lazy_gettext("not known: %(facts)s")),
    (r"sight ends in arcs", lazy_gettext("sight ends in arcs")),
    (r"sight ends in planes", lazy_gettext("sight ends in planes")),
    (r"more than allowed", lazy_gettext("more than allowed")),
    (r"nothing to divide by", lazy_gettext("nothing to divide by")),
    (
        r"the parts do not add up to the total",
        lazy_gettext("the parts do not add up to the total"),
    ),
    (
        r"the printed share is cut off, not rounded",
        lazy_gettext("the printed share is cut off, not rounded"),
    ),
    (
        r"the last digit of the printed share is off by one",
        lazy_gettext("the last digit of the printed share is off by one"),
    ),
    (
        r"the printed share is not part over whole",
        lazy_gettext("the printed share is not part over whole"),
    ),
    (r"the accountable post is away", lazy_gettext("the accountable post is away")),
    (r"stand-in", lazy_gettext("a stand-in answers")),
    (r"nobody answers", lazy_gettext("nobody answers")),
    (
        r"carried from (?P<count>\d+) cells by area",
        lazy_gettext("carried from %(count)s cells of an older grid by area"),
    ),
    (
        r"carried from (?P<count>\d+) cells by population",
        lazy_gettext("carried from %(count)s cells of an older grid by population"),
    ),
    (
        r"more accountable posts than required",
        lazy_gettext("more accountable posts than required"),
    ),
    (
        r"upper bound: trees and walls are not in the data",
        lazy_gettext("upper bound: trees and walls are not in the data"),
    ),
    (
        r"street widths are assumed by kind of street",
        lazy_gettext("street widths are assumed by kind of street"),
    ),
    (
        r"public space under (?P<area>\d+) m²",
        lazy_gettext("public space under %(area)s m²"),
    ),
    (
        r"(?P<have>[\d.]+) of (?P<want>[\d.]+) min present",
        lazy_gettext("%(have)s of %(want)s min present"),
    ),
    (
        r"(?P<have>\d+) of (?P<want>[\d.]+) visits",
        lazy_gettext("%(have)s of %(want)s visits"),
    ),
    (
        r"longest absence (?P<have>[\d.]+) min, at most (?P<want>[\d.]+)",
        lazy_gettext("longest absence %(have)s min, at most %(want)s"),
    ),
    (
        r"(?P<time>\d+) min of duty unknown could cover the rest",
        lazy_gettext("%(time)s min of duty unknown could cover the rest"),
    ),
    (
        r"(?P<time>\d+) min of duty unknown could not cover the rest",
        lazy_gettext("%(time)s min of duty unknown could not cover the rest"),
    ),
    (
        r"fixes every (?P<time>[\d.]+) s, good to (?P<limit>[\d.]+) s",
        lazy_gettext("fixes every %(time)s s, good up to %(limit)s s"),
    ),
    (r"no fix at all", lazy_gettext("no fix at all")),
    (r"never seen since (?P<day>[\d-]+)", lazy_gettext("never seen since %(day)s")),
    (
        r"(?P<low>\d+%) to (?P<high>\d+%) of due windows met",
        lazy_gettext("%(low)s to %(high)s of due windows met"),
    ),
    (
        r"with the planned sites, as if they were open",
        lazy_gettext("with the planned sites, as if they were open"),
    ),
    (
        r"people whose nearest site within the norm is as large as asked",
        lazy_gettext("people whose nearest site within the norm is as large as asked"),
    ),
    (
        r"sites of the community per site asked for; says nothing of who can walk there",
        lazy_gettext(
            "sites of the community per site asked for; says nothing of who can walk there"
        ),
    ),
    (
        r"of (?P<group>\w+) only",
        lazy_gettext("of the group %(group)s only"),
    ),
    (
        r"all people of its catchment over the capacity of the nearest site, of any age",
        lazy_gettext(
            "all people of its catchment over the capacity of the nearest site, of any age"
        ),
    ),
    (
        r"all people of its catchment over the capacity of the nearest site, "
        r"only the people of (?P<group>\w+)",
        lazy_gettext(
            "people of the group %(group)s of its catchment over the capacity of the nearest site"
        ),
    ),
    (
        r"shared among all people in reach",
        lazy_gettext("shared among all people in reach"),
    ),
    (
        r"shared among the people of (?P<group>\w+) in reach",
        lazy_gettext("shared among the people of the group %(group)s in reach"),
    ),
    (
        r"supply: capacity of the sites",
        lazy_gettext("supply: capacity of the sites"),
    ),
    (
        r"supply: floor area, as the capacity is known of (?P<known>\d+) of (?P<all>\d+) sites",
        lazy_gettext("supply: floor area, as the capacity is known of %(known)s of %(all)s sites"),
    ),
    (
        r"supply: 1 for each site, as the capacity is known of (?P<known>\d+) of (?P<all>\d+)",
        lazy_gettext("supply: 1 for each site, as the capacity is known of %(known)s of %(all)s"),
    ),
    (
        r"no home is mapped here: people spread over residential ground",
        lazy_gettext("no home is mapped here: people spread over residential ground"),
    ),
    (
        r"no requirement names this cell",
        lazy_gettext("no requirement names this cell"),
    ),
    (
        r"none of its windows \((?P<windows>[^;]*)\) falls on "
        r"(?P<first>[\d-]+) to (?P<last>[\d-]+)",
        lazy_gettext("none of its windows (%(windows)s) falls on %(first)s to %(last)s"),
    ),
    (
        r"none of its windows \((?P<windows>[^;]*)\) falls on (?P<first>[\d-]+)",
        lazy_gettext("none of its windows (%(windows)s) falls on %(first)s"),
    ),
]
_RULES: list[tuple[str, Any]] = [
    (
        r"(?P<type>\w+) within (?P<norm>[\d.]+) m on foot",
        lazy_gettext("%(type)s within %(norm)s m on foot"),
    ),
    (r"one accountable post per cell", lazy_gettext("one accountable post per cell")),
    (r"staff rule: (?P<role>\w+)", lazy_gettext("posts required: %(role)s")),
    (r"patrol_requirement", lazy_gettext("patrol requirement")),
    (r"camera_sight", lazy_gettext("public space in sight of a camera")),
]


def say_reason(text: str | None) -> str:
    """Reason of a row in the reader's language."""
    return _say(text, _PHRASES)


def say_rule(text: str | None) -> str:
    """Rule of a row in the reader's language."""
    if text in vocabulary.shipped_rule_ids():
        return vocabulary.rule_label(str(text), current_language())
    return _say(text, _RULES)


def _say(text: str | None, known: list[tuple[str, Any]]) -> str:
    """Translate phrase after phrase, the longest known beginning first."""
    rest = (text or "").strip()
    said = []
    while rest:
        phrase, rest = _first_phrase(rest, known)
        said.append(phrase)
    return str(lazy_gettext("; ")).join(said)


def _first_phrase(text: str, known: list[tuple[str, Any]]) -> tuple[str, str]:
    for pattern, sentence in known:
        if found := re.match(pattern + r"(?:;\s*|$)", text):
            told = found.groupdict()
            if "type" in told:
                told["type"] = vocabulary.type_label(told["type"], current_language())
            return (str(sentence) % told if told else str(sentence)), text[found.end() :]
    phrase, _, rest = text.partition(";")
    return phrase.strip(), rest.strip()
