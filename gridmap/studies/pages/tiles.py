"""One vector tile for a reader, with the mark by which a browser may keep it."""

from collections.abc import Collection
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
    layer: str,
    place: tuple[int, int, int],
    *,
    measure: str = "",
    window: str = "",
    status: str = "",
    known: Collection[str] = (),
) -> Tile:
    """Tile of a layer in the scope of a reader.

    Parameters
    ----------
    connection : Connection
        In the scope of the reader.
    scope : Scope
        The scope itself; equal scopes share a mark.
    district_id : int
        The district.
    layer : str
        One of the layers of :mod:`gridmap.store.tiles`.
    place : tuple of int
        Zoom, column and row.
    measure, window : str, optional
        What colours the cells, or what another layer is narrowed to.
    status : str, optional
        Status that gaps are narrowed to.
    known : collection of str, optional
        Marks the browser sent; an equal one saves the drawing.

    Raises
    ------
    InputError
        If there is no such layer or place.
    """
    asked: dict[str, Any] = {
        "measure": measure or None,
        "window": window,
        "status": status or None,
    }
    etag = tiles.tile_etag(connection, scope, district_id, layer, *place, **asked)
    if etag in known:
        return Tile(etag, None)
    return Tile(etag, tiles.render_tile(connection, district_id, layer, *place, **asked))
