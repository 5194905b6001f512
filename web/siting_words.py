"""Words of the siting assistant: what is asked, what was found, and how sure that is."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext
from markupsafe import Markup, escape

from web.words import SPACE, amount, number, people, share, site_type

PLAN = lazy_gettext("Plan sites")
OBJECTIVE: Mapping[str, tuple[Any, Any]] = {
    "mclp": (
        lazy_gettext("Serve as many people as possible"),
        lazy_gettext("With so many sites, most people live within the norm (MCLP)."),
    ),
    "lscp": (
        lazy_gettext("Serve everybody with the fewest sites"),
        lazy_gettext("As few sites as will do for everybody whom a site can reach (LSCP)."),
    ),
    "p-median": (
        lazy_gettext("Make walks short for all together"),
        lazy_gettext("The walks of all people to their nearest site, added up (p-median)."),
    ),
    "p-center": (
        lazy_gettext("Make the longest walk short"),
        lazy_gettext("Whoever lives farthest walks as little as can be (p-center)."),
    ),
}
"""What is to be best, and one line that explains it."""
SOURCE: Mapping[str, Any] = {
    "blocks": lazy_gettext("in every street block"),
    "landuse": lazy_gettext("in every piece of land use"),
    "streets": lazy_gettext("at every street corner"),
    "cells": lazy_gettext("in the middle of every cell"),
    "sites": lazy_gettext("where any other site stands"),
    "list": lazy_gettext("my own list"),
}
BACKUP: Mapping[str, Any] = {
    "": lazy_gettext("not asked"),
    "then": lazy_gettext("as many people as possible, at no cost"),
    "require": lazy_gettext("only people with two sites count"),
}
DATUM: Mapping[str, Any] = {
    "": lazy_gettext("as the file says"),
    "wgs84": "WGS 84",
    "cgcs2000": "CGCS2000",
    "gcj02": lazy_gettext("GCJ-02 (Chinese web maps)"),
    "bd09": lazy_gettext("BD-09 (Baidu)"),
}
_FAULT: Mapping[str, Any] = {
    "type_missing": lazy_gettext("Choose a facility type."),
    "choice": lazy_gettext("“%(found)s” is not among the choices."),
    "norm": lazy_gettext("The norm is a walk above 0 m and up to 50 000 m; found “%(found)s”."),
    "norm_missing": lazy_gettext("No norm is known for this type: say how far people may walk."),
    "count": lazy_gettext("New sites are a whole number from 1 to 100; found “%(found)s”."),
    "count_zero": lazy_gettext("With 0 new sites there is nothing to choose. Allow at least 1."),
    "count_missing": lazy_gettext("Say how many new sites there may be, or how much to spend."),
    "budget": lazy_gettext("The budget is a number of 0 or more; found “%(found)s”."),
    "capacity": lazy_gettext("A site serves more than 0 people; found “%(found)s”."),
    "close": lazy_gettext(
        "Sites that may be replaced are a whole number from 0 to 100; found “%(found)s”."
    ),
    "apart": lazy_gettext("The distance between sites is 0 m or more; found “%(found)s”."),
    "backup_objective": lazy_gettext(
        "A second site for everybody goes with the first two aims only. Choose one of these."
    ),
    "backup_capacity": lazy_gettext(
        "A second site and a limit of people per site cannot be asked together. Leave one out."
    ),
    "list": lazy_gettext("“%(found)s” is no number of a list."),
    "list_missing": lazy_gettext("Bring your list of candidates first, below."),
    "list_gone": lazy_gettext(
        "The list of candidates is no longer there, or a colleague brought it. Bring it again."
    ),
    "busy": lazy_gettext("Too much is being worked out for you at once. Wait, or stop something."),
}
_REFUSED: Mapping[str, Any] = {
    "candidates": lazy_gettext(
        "There is no place to choose from. Take other candidates, or bring a list."
    ),
    "question": lazy_gettext("The district does not have what is asked for. Ask for less."),
    "reach": lazy_gettext(
        "No candidate can serve anybody within the norm. Allow a longer walk, or other candidates."
    ),
    "budget": lazy_gettext(
        "The budget pays for none of the candidates. Raise it, or bring cheaper ones."
    ),
    "limits": lazy_gettext(
        "No choice of sites keeps all conditions. Allow more sites or money, or fewer conditions."
    ),
    "time": lazy_gettext("Time ran out before any choice was found. Ask for less."),
}
_FINDING: Mapping[str, Any] = {
    "candidate_outside": lazy_gettext("candidates lie outside the district and are left out"),
    "candidate_out_of_reach": lazy_gettext(
        "candidates lie more than 1 km from any way and are left out"
    ),
    "candidate_far_from_way": lazy_gettext("candidates lie more than 200 m from any way"),
    "network_in_parts": lazy_gettext("parts of the walking network are not connected"),
}


def say_fault(fault: Any) -> str:
    """Say what is wrong with a question."""
    text = _FAULT.get(fault.code, _FAULT["choice"])
    return str(text) % {"found": fault.found}


def say_refused(why: str) -> str:
    """Say why a question has no answer."""
    return str(_REFUSED.get(why, _REFUSED["limits"]))


def say_finding(finding: Mapping[str, Any]) -> str:
    """Say what is doubtful about the candidates or the streets."""
    text = _FINDING.get(finding["rule"])
    return str(finding["found"]) if text is None else f"{number(finding['count'])} {text}"


def say_norm(row: Mapping[str, Any]) -> str:
    """Say where a norm comes from."""
    if not row["norm_m"]:
        return gettext("No norm is known for this type.")
    metres = amount(row["norm_m"], "m")
    if row["source"]:
        return gettext("Norm %(metres)s: %(source)s", metres=metres, source=row["source"])
    return gettext("Norm %(metres)s, as the district was measured with.", metres=metres)


def say_plan(found: Mapping[str, Any], strong: Callable[[str], Any] = str) -> Markup:
    """Headline: people served before and after."""
    before, after = found["before"], found["after"]
    text = gettext(
        "%(before)s → %(after)s of %(people)s people would live within %(norm)s on foot of: "
        "%(type)s (%(share_before)s → %(share_after)s)."
    )
    return escape(text) % {
        "before": people(before["people_served"]),
        "after": strong(people(after["people_served"])),
        "people": people(before["people"]),
        "norm": amount(found["norm_m"], "m"),
        "type": site_type(found["type"]),
        "share_before": share(before["served_share"]),
        "share_after": strong(share(after["served_share"])),
    }


def say_question(asked: Any, found: Mapping[str, Any]) -> str:
    """Say in one line what was asked."""
    parts = [site_type(asked.type), amount(asked.norm_m, "m"), str(OBJECTIVE[asked.objective][0])]
    if asked.count is not None:
        parts.append(_sites(asked.count))
    if asked.budget is not None:
        parts.append(gettext("budget %(budget)s", budget=_figure(asked.budget)))
    parts.append(f"{SOURCE[asked.source]} ({number(found['candidates'])})")
    return " · ".join(parts)


def say_value(found: Mapping[str, Any]) -> str:
    """Say what was to be best, what was reached, and what no choice can beat."""
    told, goal = found["answer"], found["objective"]
    if goal == "mclp":
        return gettext(
            "%(value)s people served; no choice of these places can serve more than %(bound)s.",
            value=people(told["value"]),
            bound=people(math.floor(told["bound"] + 1e-6)),
        )
    if goal == "lscp":
        return gettext(
            "Cost %(value)s (1 for each site where no cost is told); no choice does it for less "
            "than %(bound)s.",
            value=_figure(told["value"]),
            bound=_figure(told["bound"]),
        )
    if goal == "p-median":
        everyone = found["before"]["people"]
        return gettext(
            "%(value)s on foot on average; no choice gets below %(bound)s.",
            value=amount(told["value"] / everyone, "m"),
            bound=amount(told["bound"] / everyone, "m"),
        )
    return gettext(
        "The longest walk is %(value)s; no choice gets below %(bound)s.",
        value=amount(told["value"], "m"),
        bound=amount(told["bound"], "m"),
    )


def say_certainty(found: Mapping[str, Any]) -> str:
    """Say whether the choice is proved best; if not, how far it is from the best at most."""
    told = found["answer"]
    if told["proved"]:
        return gettext(
            "Proved best: no other choice among %(count)s places does better.",
            count=number(found["candidates"]),
        )
    # Rounded up: the choice is never called nearer to the best than it is.
    short = f"{number(math.ceil(1000 * told['short_share']) / 10, 1)}{SPACE}%"
    text = (
        gettext("Not proved best: at most %(short)s below the best possible.", short=short)
        if found["objective"] == "mclp"
        else gettext("Not proved best: at most %(short)s above the best possible.", short=short)
    )
    # The catalogue is filled from plain calls: none stands within an f-string.
    late = gettext("Time ran out.")
    return f"{text} {late}" if told["stopped"] else text


def say_beyond(found: Mapping[str, Any]) -> str:
    """Say how many people nothing can serve, whatever is chosen."""
    lost = found["beyond"]
    if not lost["people"]:
        return gettext("Some place can serve every one of the people.")
    return ngettext(
        "%(people)s people in %(count)s cell are beyond every site and every place to choose from, "
        "however many are opened.",
        "%(people)s people in %(count)s cells are beyond every site and every place to choose "
        "from, however many are opened.",
        lost["cells_in_all"],
        people=people(lost["people"]),
        count=number(lost["cells_in_all"]),
    )


def frontier_of(
    found: Mapping[str, Any], address: Callable[[int], str | None]
) -> dict[str, Any] | None:
    """Chart of people served against new sites: what chart.js draws, title, headings."""
    rows = found["frontier"]
    if len(rows) < 2:
        return None
    planned, knee = len(found["chosen"]), found["knee"]
    served, bound = gettext("people served"), gettext("no choice serves more")
    series = [
        {
            "name": served,
            "tone": "met",
            "markers": True,
            "points": [
                [
                    one["sites"],
                    round(one["people"]),
                    _sites(one["sites"]),
                    address(one["sites"]) if one["sites"] else None,
                ]
                for one in rows
            ],
        }
    ]
    if not all(one["proved"] for one in rows):
        points = [[one["sites"], math.floor(one["bound"] + 1e-6)] for one in rows]
        series.append({"name": bound, "tone": "ink-2", "dashed": True, "points": points})
    return {
        "title": gettext("People served by number of new sites"),
        "columns": [gettext("New sites"), *(one["name"] for one in series)],
        "told": {
            "kind": "line",
            "x": {"label": gettext("new sites"), "min": 0, "max": rows[-1]["sites"]},
            "y": {"label": gettext("people"), "amount": "people", "loose": True},
            "series": series,
            "marks": _marks(planned, knee, rows[-1]["sites"]),
            "text": _say_frontier(rows, planned, knee),
        },
    }


def _marks(planned: int, knee: int | None, last: int) -> list[dict[str, Any]]:
    here = gettext("this plan")
    bend = gettext("bend")
    if knee == planned:
        return [{"axis": "x", "at": planned, "label": f"{here} = {bend}", "tone": "ink"}]
    marks = [{"axis": "x", "at": planned, "label": here, "tone": "ink"}] if planned <= last else []
    if knee is not None:
        marks.append({"axis": "x", "at": knee, "label": bend, "tone": "missed"})
    return marks


def _say_frontier(rows: list[dict[str, Any]], planned: int, knee: int | None) -> str:
    last = rows[-1]
    text = gettext(
        "%(sites)s serve at most %(people)s people of all.",
        sites=_sites(last["sites"]),
        people=people(last["people"]),
    )
    if knee is not None:
        text = (
            gettext(
                "After %(knee)s each further site adds clearly fewer people.", knee=_sites(knee)
            )
            + f" {text}"
        )
    none = gettext("This plan opens none.")
    return text if planned else f"{text} {none}"


def _sites(count: int) -> str:
    return ngettext("%(count)s new site", "%(count)s new sites", count, count=number(count))


def _figure(value: float) -> str:
    return number(value, 0 if float(value).is_integer() else 1)


LEGEND: Mapping[str, Any] = {
    "kept": lazy_gettext("site that stays"),
    "chosen": lazy_gettext("new site"),
    "closed": lazy_gettext("site to close"),
    "spot": lazy_gettext("place to choose from"),
    "gained": lazy_gettext("newly served"),
    "lost": lazy_gettext("no longer served"),
    "left": lazy_gettext("still not served"),
}
"""Marks of the map."""
SHEET: Mapping[str, Any] = {
    "chosen": lazy_gettext("New sites"),
    "closed": lazy_gettext("Sites to close"),
    "cells": lazy_gettext("Cells before and after"),
    "frontier": lazy_gettext("People served by number of new sites"),
    "beyond": lazy_gettext("Beyond every place"),
}
COLUMN: Mapping[str, Any] = {
    "number": lazy_gettext("Number"),
    "place_id": lazy_gettext("Place"),
    "site_id": lazy_gettext("Site"),
    "name": lazy_gettext("Name"),
    "cell_id": lazy_gettext("Cell"),
    "cell_name": lazy_gettext("Name of the cell"),
    "community": lazy_gettext("Community"),
    "gained": lazy_gettext("Newly served"),
    "served": lazy_gettext("Served by it"),
    "walk_m": lazy_gettext("Mean walk [m]"),
    "cost": lazy_gettext("Cost"),
    "capacity": lazy_gettext("People it can serve"),
    "lon": lazy_gettext("Longitude [°]"),
    "lat": lazy_gettext("Latitude [°]"),
    "people": lazy_gettext("People"),
    "served_before": lazy_gettext("Served before"),
    "served_after": lazy_gettext("Served after"),
    "share_before": lazy_gettext("Before"),
    "share_after": lazy_gettext("After"),
    "sites": lazy_gettext("New sites"),
    "bound": lazy_gettext("No choice serves more than"),
    "share": lazy_gettext("Share of people"),
}
"""Headings of the workbook."""
