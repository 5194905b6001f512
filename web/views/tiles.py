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
_recorded: dict[tuple[int | None, int, str], float] = {}


@views.get("/tiles/<int:district>/<layer>/<int:z>/<int:x>/<int:y>.pbf")
def show(district: int, layer: str, z: int, x: int, y: int) -> Response:
    """Draw one tile, or say that the browser's copy is still right."""
    if not may_fetch(current_role() or "", layer):
        abort(403)
    scope = own_scope(district)
    if layer in audit.RESTRICTED:
        _record_once(scope, district, layer)
    with scoped(reader(), scope) as connection:
        tile = pages.draw_tile(
            connection,
            scope,
            district,
            layer,
            (z, x, y),
            measure=told("measure"),
            window=told("window"),
            status=told("status"),
            known=request.if_none_match.as_set(),
        )
    answer = Response(tile.content or b"", mimetype="application/vnd.mapbox-vector-tile")
    answer.status_code = 304 if tile.content is None else 200
    answer.set_etag(tile.etag)
    answer.headers["Cache-Control"] = f"private, max-age={KEPT_S}, must-revalidate"
    answer.headers["Vary"] = "Cookie"
    return answer


def _record_once(scope: Scope, district: int, layer: str) -> None:
    """Record one entry for a sitting, not one for each tile of a moving map."""
    key = (getattr(current_user, "id", None), district, layer)
    now = time.monotonic()
    if now - _recorded.get(key, -_RECORDED_EVERY_S) < _RECORDED_EVERY_S:
        return
    audit.record(reader(), scope, "read", district_id=district, layer=layer)
    _recorded[key] = now
