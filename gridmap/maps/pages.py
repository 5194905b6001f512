"""Draw a map of vector tiles as a folium page whose parts are handed out apart."""

from dataclasses import asdict, dataclass
from typing import Any

import folium
from folium.plugins import VectorGridProtobuf

from gridmap.maps.assets import keep_links_local
from gridmap.maps.folium_page import PageMap, StartMap, render_parts, to_json
from gridmap.maps.view import LAYER_NAMES, MapView, TileSource
from gridmap.maps.words import page_words, words

SCRIPTS = (
    "map-styles.js",
    "map-place.js",
    "map-panel.js",
    "map-controls.js",
    "map-rows.js",
    "map-face.js",
    "map-tiles.js",
)


@dataclass(frozen=True)
class MapParts:
    """A map to be put into a page.

    Attributes
    ----------
    styles : tuple of str
        Addresses of stylesheets, in order, for the head.
    scripts : tuple of str
        Addresses of scripts, in order; each tag needs the nonce, ``defer`` is welcome.
    body : str
        The container and its facts as JSON; put it where the map shall be. It has no inline
        style, no inline script and no row of the district.
    script : str
        The starting script: goes into one tag of its own with the nonce, anywhere after the
        body; it waits for deferred scripts.
    """

    styles: tuple[str, ...]
    scripts: tuple[str, ...]
    body: str
    script: str


def draw_tiles_map(view: MapView) -> MapParts:
    """Draw a map of vector tiles.

    Parameters
    ----------
    view : MapView
        What to show.

    Returns
    -------
    MapParts
        Stylesheets, scripts, body and starting script.

    Notes
    -----
    The scripts listen and speak on ``document``:

    - ``gridmap:select`` {cell_id, lonlat?, bounds?}: select a cell (send it, or listen to it);
    - ``gridmap:hover`` {cell_id or null}: highlight a cell;
    - ``gridmap:go`` {lonlat, zoom?} or {bounds}: move the map (a search result sends it);
    - ``gridmap:ready``: everything shown is drawn; also a performance mark of that name.

    Any element with ``data-cell-id`` (a row of the table twin) is linked with its cell both ways:
    pointing at it highlights the cell, a click selects it; the row of the selected cell gets
    ``aria-current="true"``. ``data-lonlat="24.94,60.17"`` on it says where to move. A link or form
    with ``data-keep-place`` keeps the place of the map in its address.

    The details of a cell come from ``cell_url`` as JSON: ``{"name", "href", "facts": [{"label",
    "value"}], "measures": [{"label", "value", "required", "status", "quality", "reason"}],
    "bounds": [west, south, east, north]}``; texts are ready to read, every key may be absent.

    Examples
    --------
    >>> from gridmap.maps.colours import status_classes
    >>> cells = TileSource("cells", "/tiles/1/cells/{z}/{x}/{y}.mvt?measure=staffing.posts")
    >>> parts = draw_tiles_map(
    ...     MapView((24.9, 60.1, 25.0, 60.2), (cells,), status_classes(), language="en")
    ... )
    >>> parts.scripts[0], len(parts.body) < 15_000
    ('/static/vendor/leaflet/leaflet.js', True)
    """
    keep_links_local()
    page_map = PageMap(view.key)
    layers: dict[str, folium.map.Layer] = {}
    if view.base_tiles:
        layers["base_tiles"] = folium.TileLayer(view.base_tiles, attr=" ", show=False)
    ordered = sorted(view.layers, key=lambda one: LAYER_NAMES.index(one.name))
    for source in ordered:
        layers[source.name] = _vector_layer(page_map, source)
    for name, layer in layers.items():
        layer._id = f"{view.key}_{name}"
        layer.add_to(page_map)
    StartMap("startTiles", layers, SCRIPTS).add_to(page_map)
    styles, scripts, body, script = render_parts(page_map)
    facts = to_json(_facts(view, ordered))
    json_id = f"{page_map.get_name()}_view"
    body = f'{body}\n<script type="application/json" id="{json_id}">{facts}</script>'
    return MapParts(styles, scripts, body, _when_parsed(script))


def _vector_layer(page_map: PageMap, source: TileSource) -> VectorGridProtobuf:
    """Vector tiles whose options come from our own script.

    folium would bake a style function into the page and camelise the names in its options.
    """
    options = f'gridmap.layerOptions("{page_map.get_name()}", "{source.name}")'
    return VectorGridProtobuf(source.url, source.name, options=options, show=False)


def _facts(view: MapView, ordered: list[TileSource]) -> dict[str, Any]:
    """Name, as plain values, all that the scripts need to know."""
    known = words(view.language)
    named = [
        {"name": one.name, "label": one.label or known[one.name], "shown": one.shown}
        for one in ordered
    ]
    if view.base_tiles:
        named.insert(0, {"name": "base_tiles", "label": known["base_tiles"], "shown": True})
    return {
        "bounds": view.bounds,
        "extent": view.extent,
        "layers": named,
        "classes": [asdict(one) for one in view.classes],
        "title": view.title,
        "note": view.note,
        "unit": view.unit,
        "colourBy": view.colour_by,
        "cellUrl": view.cell_url,
        "attribution": view.attribution,
        "synthetic": view.synthetic,
        "selected": view.selected,
        "language": view.language.replace("_", "-"),
        "words": {**page_words(view.language), **view.labels},
    }


def _when_parsed(script: str) -> str:
    """Run after deferred scripts, and at once in a part that is swapped in later."""
    return (
        f"(() => {{\nconst draw = () => {{\n{script}\n}};\n"
        'if (document.readyState === "complete" || window.gridmap?.startTiles) draw();\n'
        'else document.addEventListener("DOMContentLoaded", draw, { once: true });\n})();'
    )
