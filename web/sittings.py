"""Restricted reads that come by the hundred: one entry in the audit log for each sitting."""

import time
from typing import Any

from flask_security import current_user

from gridmap.store import audit
from gridmap.store.scope import Scope
from web.database import reader

SITTING_S = 3600
"""A sitting lasts this long [s]; what goes on after it is recorded again."""
_recorded: dict[tuple[Any, ...], float] = {}


def record_once(
    scope: Scope, district: int, layer: str, action: str = "read", **detail: Any
) -> None:
    """Record one entry for a sitting, not one for each step of a hand on the map."""
    key = (getattr(current_user, "id", None), district, layer, action, *sorted(detail.items()))
    now = time.monotonic()
    if now - _recorded.get(key, -SITTING_S) < SITTING_S:
        return
    audit.record(reader(), scope, action, district_id=district, layer=layer, **detail)
    _recorded[key] = now
