"""Vector tiles, each in the scope of its reader."""

import time

from flask import Blueprint, Response, abort, request
from flask_security import current_user

from gridmap.store import audit
from gridmap.store.scope import Scope, scoped
from gridmap.studies import pages
from web.auth import current_role
from web.database import own_scope, reader
from web.permissions import may_fetch
from web.views.parsing import told

views = Blueprint("tiles", __name__)
KEPT_S = 60
"""A browser may use its own copy for this long [s] before it asks again."""
_RECORDED_EVERY_S = 3600
_NARROWING = ("measure", "window", "status")
_recorded: dict[tuple[int | None, int, str], float] = {}


@views.get("/tiles/<int:district>/<layers>/<int:z>/<int:x>/<int:y>.pbf")
def show(district: int, layers: str, z: int, x: int, y: int) -> Response:
    """Draw one tile, or say that the browser's copy is still right.

    Layers that lie on top of each other come in one answer: ``communities,views?views.measure=…``.
    """
    names = dict.fromkeys(layers.split(","))
    if not all(may_fetch(current_role() or "", name) for name in names):
        abort(403)
    scope = own_scope(district)
    for name in names.keys() & set(audit.RESTRICTED):
        _record_once(scope, district, name)
    asked = {name: {key: _narrowed(name, key) for key in _NARROWING} for name in names}
    with scoped(reader(), scope) as connection:
        tile = pages.draw_tile(
            connection, scope, district, asked, (z, x, y), known=request.if_none_match.as_set()
        )
    answer = Response(tile.content or b"", mimetype="application/vnd.mapbox-vector-tile")
    answer.status_code = 304 if tile.content is None else 200
    answer.set_etag(tile.etag)
    answer.headers["Cache-Control"] = f"private, max-age={KEPT_S}, must-revalidate"
    answer.headers["Vary"] = "Cookie"
    return answer


def _narrowed(layer: str, key: str) -> str:
    """Tell what the address narrows a layer to, by its own name first."""
    return told(f"{layer}.{key}") or told(key)


def _record_once(scope: Scope, district: int, layer: str) -> None:
    """Record one entry for a sitting, not one for each tile of a moving map."""
    key = (getattr(current_user, "id", None), district, layer)
    now = time.monotonic()
    if now - _recorded.get(key, -_RECORDED_EVERY_S) < _RECORDED_EVERY_S:
        return
    audit.record(reader(), scope, "read", district_id=district, layer=layer)
    _recorded[key] = now
