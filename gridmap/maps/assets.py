"""Browser files that gridmap serves itself; a map that asks for any other address is refused.

folium pages pull from seven hosts. :func:`keep_links_local` is called once at start-up: from then
on every script and stylesheet that folium or branca links to is one of :data:`VENDORED`, or an
:class:`~gridmap.errors.AssetError` says which address was asked for.
"""

import functools
import re
import threading
from pathlib import Path
from typing import Any

import branca.element

from gridmap.errors import AssetError

STATIC = Path(__file__).resolve().parents[2] / "web" / "static"
"""Where the static files lie, beside this package in the checkout as in an installed wheel."""
STATIC_URL = "/static/"

VENDORED = {
    "leaflet.js": "vendor/leaflet/leaflet.js",
    "leaflet.css": "vendor/leaflet/leaflet.css",
    "vectorgrid.js": "vendor/leaflet.vectorgrid/vectorgrid.js",
    "geoman.js": "vendor/leaflet-geoman/leaflet-geoman.js",
    "geoman.css": "vendor/leaflet-geoman/leaflet-geoman.css",
    "map.css": "css/map.css",
    "map-offline.css": "css/map-offline.css",
    "map-styles.js": "js/map-styles.js",
    "map-controls.js": "js/map-controls.js",
    "map-panel.js": "js/map-panel.js",
    "map-place.js": "js/map-place.js",
    "map-rows.js": "js/map-rows.js",
    "map-face.js": "js/map-face.js",
    "map-tiles.js": "js/map-tiles.js",
    "map-offline.js": "js/map-offline.js",
    "map-offline-table.js": "js/map-offline-table.js",
}
"""Every file a map may load: name to path under ``web/static``."""

_PATCHING = threading.Lock()
_KNOWN_ELSEWHERE = (
    (re.compile(r"^https://[^?#]*/leaflet@1\.9\.\d+/dist/leaflet\.(js|css)$"), "leaflet.{0}"),
    (re.compile(r"^https://[^?#]*/Leaflet\.VectorGrid\.bundled(?:\.min)?\.(js)$"), "vectorgrid.js"),
)
"""Addresses that folium itself asks for and whose file is vendored."""


def vendor_path(name: str) -> Path:
    """Path of a browser file on disk.

    Parameters
    ----------
    name : str
        A name of :data:`VENDORED`.

    Raises
    ------
    AssetError
        If the name is unknown or the file is not installed.

    Examples
    --------
    >>> vendor_path("map.css").name
    'map.css'
    """
    if name not in VENDORED:
        raise AssetError(f"Unknown browser file '{name}'. A map may load: {', '.join(VENDORED)}.")
    path = STATIC / VENDORED[name]
    if not path.is_file():
        raise AssetError(
            f"The browser file '{name}' is not installed (expected {VENDORED[name]} among the "
            "static files of the web application). Run scripts/assets once; it needs npm."
        )
    return path


def local_url(name: str) -> str:
    """Address under which the web application serves a browser file.

    Examples
    --------
    >>> local_url("leaflet.js")
    '/static/vendor/leaflet/leaflet.js'
    """
    if name not in VENDORED:
        raise AssetError(f"Unknown browser file '{name}'. A map may load: {', '.join(VENDORED)}.")
    return STATIC_URL + VENDORED[name]


@functools.cache
def inline_text(name: str) -> str:
    """Text of a script or stylesheet, to be put into a page that stands alone.

    Raises
    ------
    AssetError
        If the file is not installed, or holds an end tag that would close its element early.

    Examples
    --------
    >>> "gridmap" in inline_text("map.css")
    True
    """
    text = vendor_path(name).read_text(encoding="utf-8")
    if re.search(r"</(script|style)", text, re.IGNORECASE):
        raise AssetError(f"'{name}' holds an end tag and cannot be put into a page as it is.")
    return text


def localise(url: str) -> str:
    """Local address for an address folium asks for.

    Raises
    ------
    AssetError
        If gridmap does not serve that file itself.

    Examples
    --------
    >>> localise("https://cdn.example/npm/leaflet@1.9.3/dist/leaflet.js")
    '/static/vendor/leaflet/leaflet.js'
    >>> localise("https://cdn.example/jquery.js")
    Traceback (most recent call last):
    ...
    gridmap.errors.AssetError: A map asked for https://cdn.example/jquery.js, ...
    """
    if url.startswith(STATIC_URL) and url.removeprefix(STATIC_URL) in VENDORED.values():
        return url
    for pattern, name in _KNOWN_ELSEWHERE:
        if found := pattern.match(url):
            return local_url(name.format(found.group(1)))
    raise AssetError(
        f"A map asked for {url}, which gridmap does not serve itself. Vendor the file "
        "(web/assets, scripts/assets) and name it in gridmap/maps/assets.py."
    )


def keep_links_local() -> None:
    """Make every script and stylesheet link of branca and folium local, for the whole process.

    Called at start-up; calling it again changes nothing.

    Examples
    --------
    >>> keep_links_local()
    >>> branca.element.JavascriptLink("https://cdn.example/leaflet@1.9.3/dist/leaflet.js").url
    '/static/vendor/leaflet/leaflet.js'
    """
    with _PATCHING:
        for link in (branca.element.JavascriptLink, branca.element.CssLink):
            if not hasattr(link.__init__, "localises"):
                link.__init__ = _localising(link.__init__)


def _localising(build: Any) -> Any:
    @functools.wraps(build)
    def build_local(self: Any, url: str, download: bool = False) -> None:
        build(self, localise(url), download)

    build_local.localises = True  # type: ignore[attr-defined]
    return build_local
