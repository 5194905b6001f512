"""One vector tile for a reader, with the mark by which a browser may keep it."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from gridmap.store import tiles
from gridmap.store.scope import Scope


@dataclass(frozen=True)
class Tile:
    """A tile: its content, or ``None`` where the browser's own copy is still right."""

    etag: str
    content: bytes | None


def draw_tile(
    connection: Connection,
    scope: Scope,
    district_id: int,
    layers: Mapping[str, Mapping[str, str]],
    place: tuple[int, int, int],
    *,
    known: Collection[str] = (),
) -> Tile:
    """Tile of some layers in the scope of a reader.

    Parameters
    ----------
    connection : Connection
        In the scope of the reader.
    scope : Scope
        The scope itself; equal scopes share a mark.
    district_id : int
        The district.
    layers : mapping of str to mapping
        Layers of :mod:`gridmap.store.tiles`, and what each is narrowed to: ``measure``,
        ``window``, ``status``; empty or left out means all. Tiles of layers put one after the
        other are a tile of them all.
    place : tuple of int
        Zoom, column and row.
    known : collection of str, optional
        Marks the browser sent; an equal one saves the drawing.

    Raises
    ------
    InputError
        If there is no such layer or place.
    """
    asked = {name: _narrowing(told) for name, told in layers.items()}
    marks = [
        tiles.tile_etag(connection, scope, district_id, name, *place, **told)
        for name, told in asked.items()
    ]
    etag = hashlib.sha256("".join(marks).encode()).hexdigest()[:32]
    if etag in known:
        return Tile(etag, None)
    parts = [
        tiles.render_tile(connection, district_id, name, *place, **told)
        for name, told in asked.items()
    ]
    return Tile(etag, b"".join(parts))


def _narrowing(told: Mapping[str, str]) -> dict[str, Any]:
    return {
        "measure": told.get("measure") or None,
        "window": told.get("window") or "",
        "status": told.get("status") or None,
    }
