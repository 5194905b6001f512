"""Whether the application answers, for whoever keeps it running."""

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from web.database import reader

views = Blueprint("health", __name__)


@views.get("/healthz")
def check() -> Response:
    """Answer 200 if the database does; an error becomes a 503."""
    with reader().connect() as connection:
        connection.execute(text("SELECT 1"))
    return jsonify(status="ok")
