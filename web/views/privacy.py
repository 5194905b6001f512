"""The privacy audit of cameras, for liaisons."""

from typing import Any

from flask import Blueprint, Response, abort, render_template
from flask_babel import gettext

from gridmap.store.audit import record
from gridmap.studies import pages
from web.database import own_scope, reader, reading
from web.languages import current_language
from web.mapping import Drawn, draw_map, with_files
from web.shell import open_district
from web.views.downloads import hand_out
from web.views.parsing import order, told
from web.words import layer_name

views = Blueprint("privacy", __name__)


@views.get("/d/<int:district>/privacy")
def show(district: int) -> str:
    """Show which cameras see homes, what they lack, and one camera's reasons in place."""
    facts = open_district(district)
    camera = told("camera")
    about = {"camera": camera} if camera else {}
    record(reader(), own_scope(district), "read", district_id=district, layer="privacy", **about)
    with reading(district) as connection:
        page = pages.privacy_page(
            connection,
            district,
            order(),
            **_narrowed(),
            camera=camera,
            language=current_language(),
        )
    drawn = _map(facts) if page["audited"] else None
    return render_template(
        "privacy.html",
        page=page,
        drawn=drawn,
        wire={"marks": page["marks"], "chosen": page["picked"]["camera"]},
        kinds=pages.EXPORT_KINDS,
    )


@views.get("/d/<int:district>/privacy/export.<kind>")
def export(district: int, kind: str) -> Response:
    """Hand out the audit as narrowed on the page."""
    if kind not in pages.EXPORT_KINDS:
        abort(404)
    facts = open_district(district)
    layers = gettext(", ").join(map(layer_name, facts["synthetic"]))
    ribbon = f"{gettext('Synthetic data')}: {layers}" if layers else ""
    with reading(district) as connection:
        file = pages.export_privacy(
            connection,
            district,
            kind,
            ribbon=ribbon,
            language=current_language(),
            **_narrowed(),
        )
    scope = own_scope(district)
    record(reader(), scope, "export", district_id=district, layer="privacy", kind=kind)
    return hand_out(file, f"privacy.{kind}")


def _narrowed() -> dict[str, str]:
    return {name: told(name) for name in ("check", "operator", "verdict")}


def _map(facts: dict[str, Any]) -> Drawn | None:
    drawn = draw_map(
        facts,
        title=gettext("Cameras by verdict"),
        classes=(),
        note=gettext("Homes are where the use of buildings is known; façades are a lower bound."),
        layers=("base", "communities"),
        hidden=("views",),
    )
    return drawn and with_files(drawn, (), ("js/privacy-map.js",))
