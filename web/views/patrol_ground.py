"""Streets walked, how far the figures can be trusted, and how beats compare: for liaisons."""

from flask import Blueprint, render_template, request, url_for

from gridmap.store.audit import record
from gridmap.studies import pages
from web import patrol_words
from web.auth import current_role
from web.database import own_scope, reader, reading
from web.mapping import draw_map, with_files
from web.shell import open_district
from web.views.parsing import order, told

views = Blueprint("patrol_ground", __name__)
_SHEETS = ("css/patrol.css",)
_SCRIPTS = ("js/patrol-streets.js",)


@views.get("/d/<int:district>/patrol/streets")
def streets(district: int) -> str:
    """How much of each street was walked, and which never."""
    facts = open_district(district)
    record(reader(), own_scope(district), "read", district_id=district, layer="presence")
    with reading(district) as connection:
        page = pages.streets_page(connection, district, order(), told("by"))
    drawn = draw_map(facts, title="", classes=(), layers=("base", "communities"))
    tiles = url_for("tiles.show", district=district, layers="streets", z=0, x=0, y=0)
    return render_template(
        "patrol_streets.html",
        page=page,
        drawn=drawn and with_files(drawn, _SHEETS, _SCRIPTS),
        wire={"tiles": tiles.replace("/0/0/0.pbf", "/{z}/{x}/{y}.pbf", 1)},
        tabs=patrol_words.tabs(district, current_role(), request.endpoint),
    )


@views.get("/d/<int:district>/patrol/quality")
def quality(district: int) -> str:
    """Intervals between fixes, unknown duty time, and what cleaning removed."""
    open_district(district)
    with reading(district) as connection:
        page = pages.quality_page(connection, district)
    return render_template(
        "patrol_quality.html",
        page=page,
        words=patrol_words,
        chart=patrol_words.interval_chart(page["intervals"], page["bins"]),
        tabs=patrol_words.tabs(district, current_role(), request.endpoint),
    )


@views.get("/d/<int:district>/patrol/beats")
def beats(district: int) -> str:
    """Balance of beats, and how well the hours of their visits can be foretold."""
    open_district(district)
    record(reader(), own_scope(district), "read", district_id=district, layer="presence")
    with reading(district) as connection:
        page = pages.beats_page(connection, district, order())
    return render_template(
        "patrol_beats.html",
        page=page,
        words=patrol_words,
        tabs=patrol_words.tabs(district, current_role(), request.endpoint),
    )
