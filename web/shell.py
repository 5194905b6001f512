"""The frame around every page: navigation, districts, look, and the map's parts."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, request, session, url_for
from flask_babel import gettext, lazy_gettext
from flask_security import current_user
from markupsafe import Markup

from gridmap.studies import pages
from web.auth import current_role
from web.database import reading
from web.permissions import may_open
from web.statics import with_edition
from web.words import layer_name

LOOKS: Mapping[str, Any] = {
    "auto": lazy_gettext("as the device"),
    "light": lazy_gettext("light"),
    "dark": lazy_gettext("dark"),
    "sun": lazy_gettext("sunlight, high contrast"),
}
NAVIGATION: Mapping[str, tuple[str, Any]] = {
    "my_cells.show": ("my_cells", lazy_gettext("My cells")),
    "shifts.show": ("patrol", lazy_gettext("My shift")),
    "my_cells.draw": ("map", lazy_gettext("Map")),
    "overview.show": ("overview", lazy_gettext("Overview")),
    "staffing.show": ("staffing", lazy_gettext("Staffing")),
    "answers.show": ("answers", lazy_gettext("Who answers")),
    "services.show": ("services", lazy_gettext("Services")),
    "siting.show": ("plan", lazy_gettext("Plan sites")),
    "scenarios.show": ("scenarios", lazy_gettext("Scenarios")),
    "patrol.show": ("patrol", lazy_gettext("Patrol")),
    "cameras.show": ("cameras", lazy_gettext("Cameras")),
    "privacy.show": ("privacy", lazy_gettext("Privacy")),
    "plan_cameras.show": ("plan", lazy_gettext("Plan cameras")),
    "gaps.show": ("gaps", lazy_gettext("Gaps")),
    "grid.show": ("grid", lazy_gettext("Grid")),
    "standards.show": ("standards", lazy_gettext("Standards")),
    "ingest.devices": ("cameras", lazy_gettext("Devices")),
    "users.show": ("users", lazy_gettext("Users")),
    "audit.show": ("audit", lazy_gettext("Audit")),
    "account.show": ("account", lazy_gettext("Account")),
}
"""Pages in the order of the navigation: icon and name."""
_NO_DISTRICT = frozenset({"users.show", "audit.show", "account.show"})
_SHEETS = ("vendor/pico/pico.min.css", "css/tokens.css", "css/app.css")
_SCRIPTS = ("vendor/htmx/htmx.min.js", "js/pages.js")


def add_shell(app: Flask) -> None:
    """Give the templates what every page needs."""
    app.context_processor(frame)
    app.jinja_env.globals.update(with_args=with_args, strong=strong, static_file=_static)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def frame() -> dict[str, Any]:
    """Names that every template may use."""
    user: Any = current_user
    look = session.get("look")
    signed_in = bool(user.is_authenticated)
    return {
        "user": user if signed_in else None,
        "look": look if look in LOOKS else "auto",
        "looks": LOOKS,
        "here": request.full_path.rstrip("?"),
        "sheets": [_static(name) for name in installed(_SHEETS)],
        "page_scripts": [_static(name) for name in installed(_SCRIPTS)],
        "district": g.get("district"),
        "districts": g.get("districts", []),
        "synthetic_names": _synthetic_names(),
        "navigation": navigation() if signed_in else [],
        "drawn": None,
    }


def open_district(district_id: int) -> dict[str, Any]:
    """Facts about the district of this request, kept for the frame of the page.

    Raises
    ------
    ScopeError
        If the district is not the reader's.
    """
    with reading(district_id) as connection:
        g.district = pages.read_district(connection, district_id)
    g.districts = list_own_districts()
    if session.get("district") != district_id:
        session["district"] = district_id
    district: dict[str, Any] = g.district
    return district


def recall_district() -> None:
    """Keep the frame of the district opened last on a page that belongs to none."""
    own = list_own_districts()
    g.districts = own
    ids = [one["id"] for one in own]
    if ids:
        last = session.get("district", 0)
        open_district(last if last in ids else ids[0])


def list_own_districts() -> list[dict[str, Any]]:
    """Districts of whoever is signed in."""
    with reading() as connection:
        return pages.list_districts(connection)


def navigation() -> list[dict[str, Any]]:
    """Pages that the reader's role may open."""
    role = current_role()
    district = g.get("district")
    items = []
    for endpoint, (icon, text) in NAVIGATION.items():
        free = endpoint in _NO_DISTRICT
        if not may_open(role, endpoint) or not (district or free):
            continue
        if endpoint == "account.show" and role != "worker":
            continue
        address = url_for(endpoint) if free else url_for(endpoint, district=district["id"])
        items.append({"address": address, "icon": icon, "text": text, "here": _is_here(endpoint)})
    return items


def _is_here(endpoint: str) -> bool:
    """Whether the page belongs to one of the navigation: pages of patrol are one subject."""
    own = str(request.endpoint)
    return own == endpoint or (endpoint == "patrol.show" and own.startswith("patrol_"))


def with_args(**changed: Any) -> str:
    """Address of this page with some arguments changed; ``None`` removes one.

    What the reader's address says is neither part of the path nor an order to ``url_for``.
    """
    asked = {name: text for name, text in request.args.items() if not name.startswith("_")}
    kept = {name: value for name, value in (asked | changed).items() if value is not None}
    return url_for(str(request.endpoint), **{**kept, **(request.view_args or {})})


def strong(text: str) -> Markup:
    """Figure that a sentence is about."""
    return Markup("<strong>{}</strong>").format(text)


def installed(names: tuple[str, ...]) -> list[str]:
    """Those static files that are there: pages stay usable without the vendored ones."""
    return [name for name in names if _is_there(str(current_app.static_folder), name)]


@cache
def _is_there(folder: str, name: str) -> bool:
    return (Path(folder) / name).is_file()


def _static(name: str) -> str:
    return with_edition(url_for("static", filename=name))


def _synthetic_names() -> str:
    district = g.get("district")
    names = district["synthetic"] if district else []
    return gettext(", ").join(map(layer_name, names))
