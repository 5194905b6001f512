"""Staffing, for planners: cells, rules, load, absences, and a suggested assignment."""

import datetime as dt
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as Answer

from gridmap.errors import InputError
from gridmap.studies import pages
from web.database import own_scope, reading
from web.mapping import draw_map
from web.shell import open_district
from web.views.answers import read_day
from web.views.parsing import order, sent, told
from web.words import measure_name

views = Blueprint("staffing", __name__)
_MEASURE = "staffing.accountable"
REASONS = ("leave", "training", "secondment", "vacant", "other")
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@views.get("/d/<int:district>/staffing")
def show(district: int) -> str:
    """Which cells have an accountable post of their own, and what stands behind it."""
    facts = open_district(district)
    on = _day_shown(facts)
    with reading(district) as connection:
        page = pages.staffing_page(
            connection, district, order(), on=on, tab=told("tab"), by=told("by"), role=told("role")
        )
    drawn = None
    if page["tab"] in ("cells", "suggestion"):
        drawn = draw_map(
            facts, title=measure_name(_MEASURE), measure=_MEASURE, selected=told("cell") or None
        )
    return render_template("staffing.html", page=page, drawn=drawn, reasons=REASONS)


@views.get("/d/<int:district>/staffing/roster.xlsx")
def export(district: int) -> Response:
    """Workbook of posts, duties and absences: empty to fill in, or with what there is."""
    open_district(district)
    filled = told("filled") == "yes"
    with reading(district) as connection:
        content = pages.write_roster_template(connection, district, filled=filled)
    name = "roster.xlsx" if filled else "roster-template.xlsx"
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(content, mimetype=_WORKBOOK, headers=headers)


@views.post("/d/<int:district>/staffing/absences")
def add_absence(district: int) -> Answer:
    """Enter an absence of a post."""
    facts = open_district(district)
    if sent("reason") not in ("", *REASONS):
        raise InputError(f"Unknown kind of absence; expected one of {', '.join(REASONS)}.")
    back = sent("to")
    with reading(district) as connection:
        pages.enter_absence(
            connection,
            own_scope(district),
            district,
            sent("post_id"),
            (_needed("from"), read_day(back, facts) if back else None),
            stand_in=sent("stand_in"),
            reason=sent("reason"),
        )
    flash(gettext("Saved. The absence of post %(name)s counts at once.", name=sent("post_id")))
    return _back(district, "absences")


@views.post("/d/<int:district>/staffing/absences/end")
def end_absence(district: int) -> Answer:
    """End an absence on the day the post is back."""
    open_district(district)
    with reading(district) as connection:
        pages.finish_absence(
            connection, own_scope(district), district, sent("absence_id"), _needed("to")
        )
    flash(gettext("Saved. The absence has ended."))
    return _back(district, "absences")


@views.post("/d/<int:district>/staffing/apply")
def apply(district: int) -> Answer:
    """Write the suggested duties from a day on."""
    facts = open_district(district)
    with reading(district) as connection:
        changed = pages.apply_suggestion(
            connection,
            own_scope(district),
            district,
            read_day(sent("on"), facts),
            _needed("start"),
            by=sent("by"),
            role=sent("role"),
            seen=sent("seen"),
        )
    flash(
        gettext(
            "Saved. %(count)s cells change hands; the duties of before end on that day.",
            count=changed,
        )
    )
    return _back(district, "suggestion")


def _needed(name: str) -> dt.date:
    """Day of a form that must be there."""
    text = sent(name)
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"Expected a day such as 2026-03-02, found '{text}'.") from error


def _day_shown(facts: dict[str, Any]) -> dt.date:
    """Day the page is about: as the address says, else that of the figures."""
    asked = told("on")
    return read_day(asked, facts) if asked or not facts["as_of"] else facts["as_of"]


def _back(district: int, tab: str) -> Answer:
    return redirect(url_for("staffing.show", district=district, tab=tab, on=sent("on") or None))
