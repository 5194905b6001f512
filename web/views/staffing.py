"""Staffing, for planners: cells, rules, load, absences, and a suggested assignment."""

import datetime as dt
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from flask_security import current_user
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response as Answer

from gridmap.errors import FileFormatError, InputError, PersonalDataError
from gridmap.studies import pages
from web import roster_words
from web.database import own_scope, reading
from web.mapping import draw_map
from web.shell import open_district
from web.views.downloads import hand_out
from web.views.parsing import day_or_today, order, read_day, sent, told
from web.words import measure_name

views = Blueprint("staffing", __name__)
_MEASURE = "staffing.accountable"
REASONS = ("leave", "training", "secondment", "vacant", "other")
_SEALED_S = 3600
"""How long rows that were looked at may be applied [s]."""


@views.get("/d/<int:district>/staffing")
def show(district: int) -> str:
    """Which cells have an accountable post of their own, and what stands behind it."""
    return _page(district)


def _page(district: int, **more: Any) -> str:
    facts = open_district(district)
    on = _day_shown(facts)
    with reading(district) as connection:
        page = pages.staffing_page(
            connection,
            district,
            order(),
            on=on,
            tab="import" if more else told("tab"),
            by=told("by"),
            role=told("role"),
        )
    drawn = None
    if page["tab"] in ("cells", "suggestion"):
        drawn = draw_map(
            facts, title=measure_name(_MEASURE), measure=_MEASURE, selected=told("cell") or None
        )
    return render_template(
        "staffing.html",
        page=page,
        drawn=drawn,
        reasons=REASONS,
        may_import=own_scope(district).is_whole,
        **more,
    )


@views.get("/d/<int:district>/staffing/roster.xlsx")
def export(district: int) -> Response:
    """Workbook of posts, duties and absences: empty to fill in, or with what there is."""
    open_district(district)
    filled = told("filled") == "yes"
    with reading(district) as connection:
        content = pages.write_roster_template(connection, district, filled=filled)
    return hand_out(content, "roster.xlsx" if filled else "roster-template.xlsx")


@views.post("/d/<int:district>/staffing/absences")
def add_absence(district: int) -> Answer:
    """Enter an absence of a post."""
    open_district(district)
    if sent("reason") not in ("", *REASONS):
        raise InputError(f"Unknown kind of absence; expected one of {', '.join(REASONS)}.")
    back = sent("to")
    with reading(district) as connection:
        pages.enter_absence(
            connection,
            own_scope(district),
            district,
            sent("post_id"),
            (read_day(sent("from")), read_day(back) if back else None),
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
            connection, own_scope(district), district, sent("absence_id"), read_day(sent("to"))
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
            day_or_today(sent("on"), facts),
            read_day(sent("start")),
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


@views.post("/d/<int:district>/staffing/roster")
def look_at_roster(district: int) -> str | tuple[str, int]:
    """Say row by row what a workbook would do, and what is wrong with it; nothing is written."""
    open_district(district)
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page(district, wrong=gettext("Choose a workbook (.xlsx) first.")), 400
    try:
        with reading(district) as connection:
            look = pages.look_at_roster(
                connection, own_scope(district), district, file.read(), file.filename
            )
    except (InputError, FileFormatError, PersonalDataError) as error:
        return _page(district, wrong=str(error)), 422
    sealed = _seal().dumps([district, current_user.id, look.pop("rows")])
    page = _page(district, workbook=look, sealed=sealed, words=roster_words)
    return (page, 422) if look["errors"] else page


@views.post("/d/<int:district>/staffing/roster/apply")
def bring_in_roster(district: int) -> Answer:
    """Write the rows of a workbook that was looked at."""
    open_district(district)
    try:
        meant, who, rows = _seal().loads(sent("sealed"), max_age=_SEALED_S)
    except BadSignature as error:
        raise InputError(
            "This workbook was looked at more than an hour ago, or elsewhere; nothing was written. "
            "Upload it again."
        ) from error
    if (meant, who) != (district, current_user.id):
        raise InputError("This workbook was looked at for another district. Upload it again.")
    with reading(district) as connection:
        counts = pages.bring_in_roster(connection, own_scope(district), district, rows)
    flash(
        gettext(
            "Imported: %(posts)s posts, %(duties)s duties, %(absences)s absences. Who answers "
            "follows at once, figures with the next coverage.",
            **{name: counts.get(name, 0) for name in ("posts", "duties", "absences")},
        )
    )
    return _back(district, "load")


def _seal() -> URLSafeTimedSerializer:
    """Sign rows that go to the browser and come back: nothing of a workbook is kept here."""
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="gridmap.roster")


def _day_shown(facts: dict[str, Any]) -> dt.date:
    """Day the page is about: as the address says, else that of the figures."""
    asked = told("on")
    return facts["as_of"] if facts["as_of"] and not asked else day_or_today(asked, facts)


def _back(district: int, tab: str) -> Answer:
    return redirect(url_for("staffing.show", district=district, tab=tab, on=sent("on") or None))
