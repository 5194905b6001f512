"""The siting assistant, for planners: where the next sites should go, with bound and gap."""

import json
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as Answer

from gridmap.errors import CRSError, FileFormatError, InputError, PersonalDataError
from gridmap.studies import pages
from web import job_words
from web import siting_words as words
from web.database import own_scope, reading
from web.languages import current_language
from web.mapping import Drawn, draw_map, with_files
from web.shell import open_district
from web.views.downloads import hand_out
from web.views.parsing import order, sent, told
from web.words import number, site_type

views = Blueprint("siting", __name__, url_prefix="/d/<int:district>/plan/sites")
_SHEETS = ("css/plan.css", "css/siting.css", "css/chart.css")
_SCRIPTS = ("js/chart.js", "js/siting.js")
_LEGEND = ("kept", "chosen", "closed", "spot", "gained", "lost", "left")


@views.get("")
def show(district: int) -> str:
    """Offer the choices, and answer with a plan once something is asked."""
    return _page(district)


@views.post("/again")
def again(district: int) -> Answer:
    """Work a plan out beside the page, again where that was stopped."""
    asked = _sent_question()
    with reading(district) as connection:
        pages.plan_sites_again(connection, own_scope(district), district, asked)
    return _back(district, asked)


@views.post("/candidates")
def bring(district: int) -> Answer | tuple[str, int]:
    """Bring a list of candidates, and come back with it chosen."""
    asked, file = _sent_question(), request.files.get("file")
    if file is None or not file.filename:
        return _page(district, asked, gettext("Choose a file of candidates first.")), 400
    try:
        with reading(district) as connection:
            number_of_list = pages.keep_candidate_list(
                connection, own_scope(district), district, file.read(), file.filename,
                sent("crs")[:40], sent("datum"),
            )  # fmt: skip
    except (InputError, FileFormatError, CRSError, PersonalDataError) as error:
        return _page(district, asked, str(error)), 400
    return _back(district, asked | {"source": "list", "list": str(number_of_list)})


@views.post("/scenario")
def try_out(district: int) -> Answer:
    """Begin a scenario in which the plan is carried out, and go to it."""
    facts, asked = open_district(district), _sent_question()
    with reading(district) as connection:
        scope = own_scope(district)
        answer = pages.siting_answer(connection, scope, district, asked)
        count = len(answer["chosen"])
        title = ngettext(
            "%(type)s: %(count)s new site",
            "%(type)s: %(count)s new sites",
            count,
            type=site_type(answer["type"]),
            count=number(count),
        )
        scenario = pages.try_siting_as_scenario(
            connection, scope, district, asked, title[:80],
            lambda one: gettext("New site %(number)s", number=one),
        )  # fmt: skip
    return redirect(
        url_for("scenarios.edit", district=facts["id"], scenario_id=scenario, type=answer["type"]),
        303,
    )


@views.get("/plan.<kind>")
def export(district: int, kind: str) -> Response:
    """Hand out a plan as a file."""
    open_district(district)
    if kind not in {"geojson", "gpkg", "xlsx"}:
        raise InputError("A plan of sites is handed out as geojson, gpkg or xlsx.")
    with reading(district) as connection:
        answer = pages.siting_answer(connection, own_scope(district), district, _asked())
        content = pages.write_siting_answer(connection, district, answer, kind, _labels(answer))
    file = json.dumps(content, ensure_ascii=False) if isinstance(content, dict) else content
    return hand_out(file, f"sites-plan-{answer['type']}.{kind}")


def _asked() -> dict[str, str]:
    return {name: told(name).strip() for name in pages.SITING_FIELDS}


def _sent_question() -> dict[str, str]:
    asked = {name: sent(name)[:120] for name in pages.SITING_FIELDS}
    return {name: text for name, text in asked.items() if text}


def _back(district: int, asked: dict[str, str]) -> Answer:
    kept: dict[str, Any] = asked
    return redirect(url_for("siting.show", district=district, **kept), 303)


def _page(district: int, asked: dict[str, str] | None = None, wrong: str = "") -> str:
    facts = open_district(district)
    question = _asked() if asked is None else asked
    with reading(district) as connection:
        page = pages.siting_page(connection, own_scope(district), district, order(), question)
    query = {name: text for name, text in question.items() if text}
    found = page["found"]
    drawn = _map(facts, found) if found else None
    chart = words.frontier_of(found, _asks(district, query)) if found else None
    return render_template(
        "siting.html",
        page=page,
        words=words,
        job_words=job_words,
        wrong=wrong,
        drawn=drawn,
        chart=chart,
        wire=_wire(found) if drawn and found else None,
        query=query,
    )


def _asks(district: int, query: dict[str, str]) -> Any:
    """Address that asks for another number of sites."""
    goal = query.get("objective", "")
    kept = {name: text for name, text in query.items() if name not in {"count", "look"}}
    # Fewer sites than everybody needs cannot serve everybody: then most people are asked for.
    kept["objective"] = "mclp" if goal == "lscp" else goal

    def address(count: int) -> str:
        more: dict[str, Any] = kept
        return url_for("siting.show", district=district, count=count, **more)

    return address


def _map(facts: dict[str, Any], found: dict[str, Any]) -> Drawn | None:
    drawn = draw_map(
        facts,
        title=gettext("Plan sites"),
        classes=(),
        layers=("base", "communities"),
        hidden=("cells",),
        bounds=found["bounds"],
    )
    return drawn and with_files(drawn, _SHEETS, _SCRIPTS)


def _wire(found: dict[str, Any]) -> dict[str, Any]:
    """Plain values that the script of the map starts from."""
    legend = {name: str(words.LEGEND[name]) for name in _LEGEND}
    if found["spots_step"] > 1:
        drawn = gettext("one in %(step)s drawn", step=number(found["spots_step"]))
        legend["spot"] += f" ({drawn})"
    return {
        **{name: found[name] for name in ("kept", "closed", "spots", "homes")},
        "chosen": [
            {name: one[name] for name in ("number", "lon", "lat", "gained")}
            for one in found["chosen"]
        ],
        "words": legend,
    }


def _labels(answer: dict[str, Any]) -> dict[str, Any]:
    """Words of the workbook, in the reader's language."""
    told_lines = [words.say_beyond(answer)]
    if answer["answer"]:
        sure = [words.say_value(answer), words.say_certainty(answer)]
        told_lines = [words.say_plan(answer).unescape(), *sure, *told_lines]
    return {
        "language": current_language(),
        "title": f"{words.PLAN}: {site_type(answer['type'])}",
        "lines": told_lines,
        "sheets": {name: str(text) for name, text in words.SHEET.items()},
        "columns": {name: str(text) for name, text in words.COLUMN.items()},
    }
