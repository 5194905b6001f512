"""What a map shows, told in plain frozen values: no geometry and no row of the district."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gridmap.errors import InputError
from gridmap.maps.colours import LegendClass

LAYER_NAMES = (
    "base",
    "service_areas",
    "catchments",
    "cells",
    "views",
    "blind_spots",
    "communities",
    "gaps",
    "unserved",
    "sites",
    "cameras",
)
"""Layers a map can draw, from the ground up."""

_LOCAL_TEMPLATE = re.compile(r"^/(?!/)[A-Za-z0-9_\-./?=&%~:@,+]*$")
_BASE_TILES = re.compile(r"^https?://[A-Za-z0-9.\-:{}]+/[A-Za-z0-9_\-./?=&%~:@,+{}]*$")


@dataclass(frozen=True)
class TileSource:
    """One layer of vector tiles.

    Attributes
    ----------
    name : str
        One of :data:`LAYER_NAMES`; it chooses the style, and is the name inside the tile (a base
        tile holds ``landuse``, ``water``, ``buildings`` and ``roads``).
    url : str
        Address template on this server with ``{z}``, ``{x}`` and ``{y}``; names inside it are
        percent-encoded.
    label : str
        What the layer switch calls it; default the word of the language.
    shown : bool
        Whether it is drawn when the map opens.
    """

    name: str
    url: str
    label: str = ""
    shown: bool = True

    def __post_init__(self) -> None:
        """Refuse an unknown layer and an address that is not a plain local template."""
        if self.name not in LAYER_NAMES:
            raise InputError(
                f"Unknown map layer '{self.name}'. A map draws: {', '.join(LAYER_NAMES)}."
            )
        require_local(self.url, ("{z}", "{x}", "{y}"))


@dataclass(frozen=True)
class MapView:
    """Everything a map page needs to know; made by a view, drawn by ``draw_tiles_map``.

    Attributes
    ----------
    bounds : tuple of float
        West, south, east, north [°], longitude and latitude.
    layers : tuple of TileSource
        Layers of vector tiles; drawn in the order of :data:`LAYER_NAMES`.
    classes : tuple of LegendClass
        The legend, from ``colours.status_classes`` or ``colours.value_classes``.
    title : str
        What the colours mean, e.g. the name of the measure.
    note : str
        One line that explains the measure.
    unit : str
        Unit of the values; ``share`` is shown as per cent.
    colour_by : {"status", "value", "rank"}
        Whether cells are coloured by status or by value, or gaps by their rank.
    cell_url : str
        Address template of one cell's details with ``{cell_id}``; without it the panel shows
        what the tile knows.
    language : {"zh_Hans", "zh_Hant", "en"}
        Language of the map's own words.
    labels : mapping of str to str
        Words that replace the map's own.
    attribution : str
        Sources to name, as plain text (``© OpenStreetMap contributors``).
    synthetic : bool
        Whether anything shown is made up; the map then says so.
    base_tiles : str, optional
        Address template of a raster base map from the settings; default the district's own.
    selected : str, optional
        Cell that is selected when the map opens (the address may say otherwise).
    extent : tuple of float, optional
        West, south, east, north [°] of all there is to draw; no tile far beyond it is asked for.
    key : str
        Makes the names in the page unique where it holds more than one map.
    """

    bounds: tuple[float, float, float, float]
    layers: tuple[TileSource, ...]
    classes: tuple[LegendClass, ...]
    title: str = ""
    note: str = ""
    unit: str = ""
    colour_by: Literal["status", "value", "rank"] = "status"
    cell_url: str = ""
    language: str = "zh_Hans"
    labels: Mapping[str, str] = field(default_factory=dict)
    attribution: str = ""
    synthetic: bool = False
    base_tiles: str | None = None
    selected: str | None = None
    extent: tuple[float, float, float, float] | None = None
    key: str = "1"

    def __post_init__(self) -> None:
        """Refuse bounds and addresses that cannot be drawn."""
        west, south, east, north = self.bounds
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise InputError(
                f"A map needs bounds as west, south, east, north in degrees; found {self.bounds}."
            )
        if not re.fullmatch(r"[A-Za-z0-9]+", self.key):
            raise InputError(f"A map's key is letters and digits; found {self.key!r}.")
        if self.cell_url:
            require_local(self.cell_url, ("{cell_id}",))
        if self.base_tiles and not _BASE_TILES.fullmatch(self.base_tiles):
            raise InputError(
                "A base map needs an address like https://tiles.example/{z}/{x}/{y}.png; found "
                f"{self.base_tiles!r}. Correct it in the settings."
            )


def require_local(url: str, places: tuple[str, ...]) -> None:
    """Refuse an address template that is not local, or lacks one of its places.

    folium writes addresses between quotation marks of a script, so nothing may end them.

    Raises
    ------
    InputError
        Says what the template must look like.

    Examples
    --------
    >>> require_local("/tiles/1/cells/{z}/{x}/{y}.mvt?measure=a.b", ("{z}", "{x}", "{y}"))
    >>> require_local("https://elsewhere.example/{z}/{x}/{y}", ("{z}", "{x}", "{y}"))
    Traceback (most recent call last):
    ...
    gridmap.errors.InputError: A map asks this server only; expected a template such as ...
    """
    plain = url
    for place in places:
        plain = plain.replace(place, "0", 1)
    if any(place not in url for place in places) or not _LOCAL_TEMPLATE.fullmatch(plain):
        raise InputError(
            "A map asks this server only; expected a template such as "
            f"/…/{'/'.join(places)} with percent-encoded names, found {url!r}."
        )
