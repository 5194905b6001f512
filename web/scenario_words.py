"""What pages about scenarios say, in the reader's language."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext, ngettext

from web.words import ABSENT, amount, number, people, share, site_type

_MINUS = "\u2212"


def signed(value: float) -> str:
    """Whole number of people with its sign.

    Examples
    --------
    >>> signed(12.2), signed(-3.0), signed(0.2)
    ('+12', '−3', '±0')
    """
    whole = round(value)
    return "±0" if whole == 0 else f"{'+' if whole > 0 else _MINUS}{number(abs(whole))}"


def say_change(change: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """One change in words."""
    site = str(change.get("site_id", ""))
    name = change.get("name") or names.get(site) or site
    kind = site_type(str(change.get("type", ""))) if change.get("type") else ""
    capacity = change.get("capacity")
    texts = {
        "add": gettext("Add %(name)s (%(type)s)", name=name, type=kind),
        "move": gettext("Move %(name)s", name=name),
        "close": gettext("Close %(name)s", name=name),
        "reopen": gettext("Open %(name)s", name=name),
        "resize": gettext(
            "%(name)s: room for %(people)s people",
            name=name, people=ABSENT if capacity is None else people(capacity),
        ),
        "retype": gettext("%(name)s becomes: %(type)s", name=name, type=kind),
        "norm": gettext(
            "Norm of %(type)s: %(norm)s on foot",
            type=kind, norm=amount(change.get("norm_m"), "m"),
        ),
    }  # fmt: skip
    return texts.get(str(change.get("op")), str(change.get("op")))


def say_answer(told: Mapping[str, Any]) -> dict[str, Any]:
    """Write all that a page says of a scenario.

    Parameters
    ----------
    told : mapping
        From :func:`gridmap.studies.pages.edit_scenario`.

    Returns
    -------
    dict
        ``facts`` (text by name), ``notes``, ``changes`` (texts) and ``rows`` (lists of texts by
        the name of their table; the first of a row is its heading).
    """
    step = told["served_after"] - told["served_before"]
    names = told["names"]
    mine: Mapping[str, Any] = next(
        (one for one in told["types"] if one["type"] == told["type"]), {}
    )
    every = told["people"]
    return {
        "facts": {
            "before": people(told["served_before"]),
            "after": people(told["served_after"]),
            "step": signed(step),
            "people": people(every),
            "share_before": share(told["served_before"] / every if every else None),
            "share_after": share(told["served_after"] / every if every else None),
            "norm": amount(told["norm_m"], "m"),
            "gained": people(mine.get("gained", 0)),
            "lost": people(mine.get("lost", 0)),
            "nearer": _walkers(mine, "nearer"),
            "farther": _walkers(mine, "farther"),
            "p50": _pair(mine, "p50"),
            "p90": _pair(mine, "p90"),
            "cells_better": number(mine.get("cells_better", 0)),
            "cells_worse": number(mine.get("cells_worse", 0)),
            "gaps_closed": number(mine.get("gaps_closed", 0)),
            "gaps_opened": number(mine.get("gaps_opened", 0)),
            "undo": ngettext(
                "%(count)s change", "%(count)s changes", told["undo"], count=number(told["undo"])
            ),
        },
        "notes": _notes(told, names),
        "changes": [say_change(one, names) for one in told["changes"]],
        "rows": {
            "cells": [_cell(one) for one in told["cells"]],
            "loads": [_load(one) for one in told["loads"]],
            "types": [_type(one) for one in told["types"]],
        },
    }


def say_headline(types: Sequence[Mapping[str, Any]]) -> str:
    """Say in a line what a scenario does to each type it touches."""
    parts = [
        gettext(
            "%(type)s %(before)s → %(after)s of %(people)s (%(step)s)",
            type=site_type(one["type"]),
            before=people(one["served_before"]),
            after=people(one["served_after"]),
            people=people(one["people"]),
            step=signed(one["served_after"] - one["served_before"]),
        )
        for one in types[:3]
    ]
    return " · ".join(parts)


def of_scenario() -> dict[str, str]:
    """Words of the scripts."""
    return {
        "working": gettext("Working it out …"),
        "saved": gettext("Kept."),
        "undone": gettext("Taken back."),
        "redone": gettext("Done again."),
        "trying": gettext("Not kept yet: let go to keep it."),
        "refused": gettext("This cannot be done."),
        "failed": gettext("The server does not answer. Your change is kept on this device."),
        "again": gettext("Try again"),
        "restored": gettext("A change of yours was not kept yet. It is being sent again."),
        "read_only": gettext("This scenario belongs to a colleague. Duplicate it to change it."),
        "choose": gettext("Choose the place on the map"),
        "new_site": gettext("New site"),
        "base": gettext("As it is"),
        "scenario": gettext("Scenario"),
        "better": gettext("better"),
        "worse": gettext("worse"),
        "state_kept": gettext("as it is"),
        "state_added": gettext("added"),
        "state_moved": gettext("moved"),
        "state_closed": gettext("closed"),
        "state_opened": gettext("opened"),
        "state_changed": gettext("changed"),
        "state_waiting": gettext("not open"),
        "nothing": gettext("Nothing changed yet. Drag a site, or use the form."),
    }


def _walkers(row: Mapping[str, Any], name: str) -> str:
    count = row.get(f"{name}_people", 0)
    if not round(count):
        return people(0)
    return gettext(
        "%(people)s, by %(metres)s on the mean",
        people=people(count), metres=amount(row[f"{name}_m"], "m"),
    )  # fmt: skip


def _pair(row: Mapping[str, Any], name: str) -> str:
    if f"{name}_before_m" not in row:
        return ABSENT
    return f"{amount(row[f'{name}_before_m'], 'm')} → {amount(row[f'{name}_after_m'], 'm')}"


def _notes(told: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    notes = [
        gettext(
            "%(name)s stands %(leg)s from the nearest way. The leg is counted, yet people may not "
            "get through.",
            name=names.get(one["site_id"]) or one["site_id"], leg=amount(one["leg_m"], "m"),
        )
        for one in told["legs"]
    ]  # fmt: skip
    if told["cells_in_all"] > len(told["cells"]):
        notes.append(
            gettext(
                "The first %(shown)s of %(count)s cells; the files have all.",
                shown=number(len(told["cells"])), count=number(told["cells_in_all"]),
            )
        )  # fmt: skip
    return notes


def _cell(row: Mapping[str, Any]) -> list[str]:
    gap = {"closed": gettext("gap closed"), "opened": gettext("gap opened")}.get(row["gap"], "")
    change = gettext("better") if row["change"] == "better" else gettext("worse")
    mark = "▲" if row["change"] == "better" else "▼"
    step = row["unserved_before"] - row["unserved_after"]
    return [
        str(row["name"]),
        f"{mark} {change}" + (f" · {gap}" if gap else ""),
        signed(step),
        f"{share(row['share_before'])} → {share(row['share_after'])}",
        people(row["people"]),
        f"{amount(row['mean_before_m'], 'm')} → {amount(row['mean_after_m'], 'm')}",
    ]


def _load(row: Mapping[str, Any]) -> list[str]:
    capacity = row["capacity_after"] if row["people_after"] is not None else None
    full = capacity is not None and (row["people_after"] or 0) > capacity
    told = ABSENT if capacity is None else people(capacity)
    return [
        row["name"] or row["site_id"],
        people(row["people_before"]),
        people(row["people_after"]),
        f"{told} · {gettext('too many people')}" if full else told,
    ]


def _type(row: Mapping[str, Any]) -> list[str]:
    return [
        site_type(row["type"]),
        f"{people(row['served_before'])} → {people(row['served_after'])}",
        people(row["people"]),
        signed(row["served_after"] - row["served_before"]),
        f"{number(row['cells_better'])} / {number(row['cells_worse'])}",
        f"{number(row['gaps_closed'])} / {number(row['gaps_opened'])}",
    ]
