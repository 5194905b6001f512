"""Standards: every rule and the units short of it; planners keep rules of their own."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as Answer

from gridmap.errors import FileFormatError, InputError
from gridmap.store.audit import record
from gridmap.studies import pages
from web import standards_words
from web.auth import current_role
from web.database import own_scope, reader, reading
from web.languages import current_language
from web.mapping import draw_map
from web.permissions import may_open
from web.shell import open_district
from web.views.downloads import hand_out
from web.views.parsing import order, sent, told
from web.words import day

views = Blueprint("standards", __name__)


@views.get("/d/<int:district>/standards")
def show(district: int) -> str:
    """Show every rule, and the units of one of them, worst first."""
    form = None
    if "edit" in request.args and _may_edit(district):
        with reading(district) as connection:
            form = pages.rule_form(connection, district, told("edit"))
    return _page(district, form=form)


@views.get("/d/<int:district>/standards.xlsx")
def export(district: int) -> Response:
    """Hand out the results of all rules as a workbook."""
    facts = open_district(district)
    synthetic = "; ".join(facts["synthetic"])
    note = f"{facts['name']} · {day(facts['as_of'])}"
    note += f" · {gettext('made up')}: {synthetic}" if synthetic else ""
    with reading(district) as connection:
        book = pages.export_standards(
            connection,
            district,
            standards_words.headings(),
            language=current_language(),
            note=note,
        )
    record(reader(), own_scope(district), "export", district_id=district, layer="coverage")
    return hand_out(book, "standards.xlsx")


@views.get("/d/<int:district>/standards/rules.csv")
def export_rules(district: int) -> Response:
    """Hand out the rules of the district's own."""
    open_district(district)
    with reading(district) as connection:
        text = pages.export_own_rules(connection, district)
    return hand_out(text, "rules.csv")


@views.post("/d/<int:district>/standards/rules")
def save_rule(district: int) -> Answer | tuple[str, int]:
    """Add or change a rule of one's own, or say field by field what is wrong with it."""
    row = {name: sent(name) for name in pages.RULE_FIELDS}
    faults = pages.check_own_rule(row)
    if faults:
        return _page(district, form=row, faults=faults), 400
    with reading(district) as connection:
        pages.save_own_rule(connection, district, row)
    flash(gettext("Saved. The district was judged by the rule %(name)s.", name=row["id"]))
    return redirect(url_for("standards.show", district=district, rule=row["id"]))


@views.post("/d/<int:district>/standards/rules/remove")
def remove_rule(district: int) -> Answer:
    """Remove a rule of one's own."""
    with reading(district) as connection:
        pages.remove_own_rule(connection, district, sent("id"))
    flash(gettext("Removed. The rule %(name)s no longer holds here.", name=sent("id")))
    return redirect(url_for("standards.show", district=district))


@views.post("/d/<int:district>/standards/rules/upload")
def upload_rules(district: int) -> Answer | tuple[str, int]:
    """Add the rules of a CSV file, all of them or none."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page(district, wrong=gettext("Choose a CSV file of rules first.")), 400
    try:
        with reading(district) as connection:
            count = pages.upload_own_rules(connection, district, file.read(), file.filename)
    except (InputError, FileFormatError) as error:
        return _page(district, wrong=str(error)), 400
    flash(ngettext("%(count)s rule was added.", "%(count)s rules were added.", count, count=count))
    return redirect(url_for("standards.show", district=district))


def _may_edit(district: int) -> bool:
    return may_open(current_role(), "standards.save_rule") and own_scope(district).is_whole


def _page(district: int, **more: Any) -> str:
    facts = open_district(district)
    with reading(district) as connection:
        page = pages.standards_page(
            connection,
            district,
            order(),
            rule=told("rule"),
            level=told("level"),
            status=told("status"),
            language=current_language(),
        )
    chosen = page["chosen"]
    drawn = draw_map(
        facts,
        title=chosen["text"] if chosen else gettext("Standards"),
        measure=page["measure"],
        layers=("base", "cells", "communities"),
        hidden=("sites",),
        selected=told("cell") or None,
    )
    return render_template(
        "standards.html",
        page=page,
        drawn=drawn,
        words=standards_words,
        may_edit=_may_edit(district),
        choices=pages.RULE_CHOICES,
        fields=pages.RULE_FIELDS,
        **more,
    )
