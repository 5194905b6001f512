"""Whether the application answers, for whoever keeps it running."""

from flask import Blueprint, Response, jsonify

from web.database import answers

views = Blueprint("health", __name__)


@views.get("/healthz")
def check() -> Response:
    """Answer 200 if the database does; an error becomes a 503."""
    answers()
    return jsonify(status="ok")
