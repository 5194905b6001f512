"""Vector tiles, each in the scope of its reader."""

from flask import Blueprint, Response, abort, request

from gridmap.store import audit
from gridmap.store.scope import scoped
from gridmap.studies import pages
from web.auth import current_role
from web.database import own_scope, reader
from web.permissions import may_fetch
from web.sittings import record_once
from web.views.parsing import told

views = Blueprint("tiles", __name__)
KEPT_S = 60
"""A browser may use its own copy for this long [s] before it asks again."""
_NARROWING = ("measure", "window", "status")


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
        record_once(scope, district, name)
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
