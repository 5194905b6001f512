"""Gaps of patrol to act on, for liaisons: assign, accept, dispute, and take back."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response as Answer

from gridmap.store.audit import record
from gridmap.studies import pages
from web import patrol_words
from web.auth import current_role
from web.database import own_scope, reader, reading
from web.shell import open_district
from web.views.parsing import order, read_count, read_day, sent, told, without_nul

views = Blueprint("patrol_gaps", __name__)
_KEPT = ("state", "status", "period", "community", "sort", "order", "page")
_LONGEST_ID = 400


@views.get("/d/<int:district>/patrol/gaps")
def show(district: int) -> str:
    """List gaps with what was done about each, and the history of one."""
    open_district(district)
    asked = {name: told(name) for name in pages.PATROL_GAP_FILTERS}
    asked["gap"] = without_nul(request.args.get("gap", ""))[:_LONGEST_ID]
    record(reader(), own_scope(district), "read", district_id=district, layer="presence")
    with reading(district) as connection:
        page = pages.patrol_gaps_page(connection, district, order(), asked)
    return render_template(
        "patrol_gaps.html",
        page=page,
        words=patrol_words,
        kept={name: told(name) for name in _KEPT if told(name)},
        done=_seen(request.args.getlist("done")),
        longest=pages.LONGEST_REASON,
        tabs=patrol_words.tabs(district, current_role(), request.endpoint),
    )


@views.post("/d/<int:district>/patrol/gaps")
def act(district: int) -> Answer:
    """Do something about the chosen gaps, all of them or none."""
    seen = _seen(request.form.getlist("gap"))
    kind, _, target = sent("target").partition(":")
    action = pages.Act(
        sent("action"),
        kind if sent("action") == "assign" else "",
        _when(target) if sent("action") == "assign" else "",
        sent("reason"),
    )
    scope = own_scope(district)
    with reading(district) as connection:
        count = pages.act_on_gaps(connection, scope, district, action, seen)
    record(
        reader(), scope, "act_on_gaps", district_id=district, layer="gaps", did=action.action,
        gaps=count,
    )  # fmt: skip
    told_so = ngettext("%(did)s: %(count)s gap.", "%(did)s: %(count)s gaps.", count,
                       did=patrol_words.DID[action.action], count=count)  # fmt: skip
    flash(told_so, "success")
    kept: dict[str, Any] = {name: sent(name) for name in _KEPT if sent(name)}
    done = [] if action.action == "undo" else [f"{one}|{revision + 1}" for one, revision in seen]
    return redirect(url_for("patrol_gaps.show", district=district, **kept, done=done[:50]), 303)


def _when(target: str) -> str:
    """Target, with the day of the shift where one is told."""
    day = sent("day")[:10]
    shift = sent("target").startswith("shift:")
    return f"{target}@{read_day(day).isoformat()}" if shift and day and target else target


def _seen(marks: list[str]) -> list[tuple[str, int]]:
    """Gaps with the revision they were seen at, from ``gap|revision``."""
    found = [without_nul(one)[: _LONGEST_ID + 9].rpartition("|") for one in marks]
    return [(gap, read_count(revision, 0)) for gap, _, revision in found if gap]
