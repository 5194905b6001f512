"""Static files: each address carries the edition of all files, so browsers keep what they have."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, current_app, request

KEPT_S = 31_536_000
"""How long [s] a browser may keep a file whose address names its edition: a year."""


def keep_statics(app: Flask) -> None:
    """Let browsers keep static files that were asked for in the present edition."""
    app.after_request(_keep)


def with_edition(address: str) -> str:
    """Address of a static file with the edition.

    Parameters
    ----------
    address : str
        Local address without a query, e.g. ``/static/js/map.js``.
    """
    return f"{address}?v={edition(str(current_app.static_folder))}"


@cache
def edition(folder: str) -> str:
    """Short fingerprint of the static files by name, size and time; read once by each worker."""
    told = hashlib.sha256()
    for path in sorted(Path(folder).rglob("*")):
        state = path.stat()
        told.update(f"{path.relative_to(folder)} {state.st_size} {state.st_mtime_ns}\n".encode())
    return told.hexdigest()[:10]


def _keep(response: Response) -> Response:
    asked = request.args.get("v")
    if request.endpoint == "static" and asked == edition(str(current_app.static_folder)):
        response.headers["Cache-Control"] = f"public, max-age={KEPT_S}, immutable"
    return response
