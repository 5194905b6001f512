"""Districts a reader may open, and places found by name or code."""

from typing import Any

from sqlalchemy import Connection

from gridmap.store import reads
from gridmap.store.search import search
from gridmap.studies.pages.listing import plain, plain_rows

MOST_FOUND = 50


def list_districts(connection: Connection) -> list[dict[str, Any]]:
    """Districts in scope: id and name."""
    return plain_rows(reads.list_districts(connection))


def read_district(connection: Connection, district_id: int) -> dict[str, Any]:
    """Facts about a district: name, bounds, date, synthetic layers, sources.

    Raises
    ------
    ScopeError
        If there is no such district in scope.
    """
    told = reads.read_district(connection, district_id)
    return {name: plain(value) for name, value in told.items()}


def find_places(connection: Connection, district_id: int, text: str) -> list[dict[str, Any]]:
    """Cells, communities, sites and streets whose name or code holds a text."""
    return plain_rows(search(connection, district_id, text, limit=MOST_FOUND))
