"""Draw a map that opens from disk with no network: one HTML file with everything inside."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import geopandas as gpd
import jinja2
import pandas as pd

from gridmap import schema
from gridmap.maps.assets import VENDORED, inline_text, keep_links_local
from gridmap.maps.folium_page import PageMap, StartMap, render_parts, to_json
from gridmap.maps.offline_shapes import features, lonlat_bounds, street_features
from gridmap.maps.offline_tables import gap_table, measure_tables, site_type_names
from gridmap.maps.words import words
from gridmap.reference import LANGUAGES

STYLES = ("leaflet.css", "map.css", "map-offline.css")
SCRIPTS = (
    "map-styles.js",
    "map-place.js",
    "map-panel.js",
    "map-controls.js",
    "map-rows.js",
    "map-face.js",
    "map-offline-table.js",
    "map-offline.js",
)
_LIGHT_M = {"landuse": 2.0, "buildings": 1.0, "service_areas": 5.0, "views": 1.0}
"""How far [m] the lines of a layer may move to keep the file light."""
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "communities": ("code", "name"),
    "landuse": ("kind",),
    "buildings": (),
    "sites": ("site_id", "type", "name", "capacity", "proposed"),
    "cameras": ("camera_id", "kind", "status"),
    "views": ("camera_id", "level", "area_m2"),
    "service_areas": ("type", "minutes"),
    "blind_spots": ("cell_id", "area_m2", "rank"),
}
_ON_TOP = ("service_areas", "views", "blind_spots", "communities", "sites", "cameras")
"""Layers of the switch beside cells and gaps, from the ground up."""
_SHOWN_FIRST = frozenset({"roads", "landuse", "cells", "communities"})
_MANY_SHAPES = 6_000
"""Buildings are left out of a larger district, so that the file opens quickly."""
_MANY_CORNERS = 1_000_000
"""Of service areas with more, only those within the norm are drawn, not those within minutes."""


def draw_offline_map(
    *,
    name: str,
    cells: gpd.GeoDataFrame,
    coverage: pd.DataFrame,
    gaps: gpd.GeoDataFrame,
    summary: Mapping[str, Any],
    base: Mapping[str, gpd.GeoDataFrame],
    at: object,
    synthetic: Sequence[str] = (),
    attribution: str = "",
    language: str | None = None,
) -> str:
    """Draw coverage as one HTML file that opens from disk and asks no network.

    Parameters
    ----------
    name : str
        Name of the district.
    cells : GeoDataFrame
        Layer ``cells`` in the metric CRS of the district.
    coverage : DataFrame
        The coverage table; rows of single windows are left out.
    gaps : GeoDataFrame
        The gap register with geometry in the CRS of the cells.
    summary : mapping
        The summary (``summary.json``); its figures are in the headlines.
    base : mapping of str to GeoDataFrame
        Layers by name, all optional: ``roads``, ``landuse``, ``buildings``, ``communities``,
        ``sites``, ``cameras``, ``views``, ``service_areas``, ``blind_spots``.
    at : date, datetime or str
        As of when; shown in every headline.
    synthetic : sequence of str
        Names of layers that are made up; the page then carries a ribbon.
    attribution : str
        Sources and licences to name, plain text.
    language : {"zh_Hans", "zh_Hant", "en"}, optional
        Language the page opens in; default that of the reader's browser. All three are inside.
        Language in which the page opens; the reader can switch to the others.

    Returns
    -------
    str
        The page, to be written as UTF-8.

    Raises
    ------
    AssetError
        If the browser files are not installed; the message says what to run.
    InputError
        If the language is none of the three.

    Notes
    -----
    Names from the data are put into the page as JSON and reach the reader as text nodes only. The
    page carries a content security policy that names its own scripts by hash and forbids every
    request, so that nothing else runs and nothing is fetched.

    Examples
    --------
    >>> from gridmap.maps.offline_shapes import features
    >>> from gridmap.rows import coverage_rows
    >>> from gridmap.samples import toy_district
    >>> from gridmap import schema
    >>> toy = toy_district()
    >>> rows = coverage_rows(["nw", "ne"], "staffing.posts", value=1.0, unit="posts")
    >>> page = draw_offline_map(
    ...     name=toy.name, cells=toy["cells"], coverage=rows.assign(dimension="staffing"),
    ...     gaps=schema.empty("gaps", toy.crs), summary={}, base={"roads": toy["roads"]},
    ...     at="2026-03-02", language="en",
    ... )
    >>> page.startswith("<!doctype html>"), "https:" in page.split("<style>")[0]
    (True, False)
    """
    keep_links_local()
    first = language or LANGUAGES[0]
    known = words(first)
    page_map = PageMap("offline")
    StartMap("startOffline", {}, SCRIPTS).add_to(page_map)
    _, script_urls, body, script = render_parts(page_map)
    told = {
        "name": name,
        "at": str(at),
        "synthetic": {one: _layer_names(synthetic, one) for one in LANGUAGES},
        "attribution": attribution,
        "language": language,
        "languages": {one: dict(words(one)) for one in LANGUAGES},
        "types": {one: site_type_names(one) for one in LANGUAGES},
        "bounds": lonlat_bounds([cells]),
        "cells": _cell_features(cells, base),
        "measures": measure_tables(cells, coverage, summary, str(at)),
        "gaps": gap_table(gaps, cells),
        "gaps_total": int((gaps["status"] != "unknown").sum()),
        "layers": _layers(base),
        "shown": sorted(_SHOWN_FIRST),
    }
    scripts = [_inline(url) for url in script_urls] + [script]
    styles = [inline_text(one).replace("\r\n", "\n") for one in STYLES]
    return _page().render(
        language=first.replace("_", "-"),
        name=name,
        words=known,
        policy=_policy(scripts, styles),
        styles=styles,
        scripts=scripts,
        body=body,
        told=to_json(told),
    )


def _layer_names(layers: Sequence[str], language: str) -> list[str]:
    return [schema.label(one, language=language) for one in layers if one in schema.layers()]


def _cell_features(
    cells: gpd.GeoDataFrame, base: Mapping[str, gpd.GeoDataFrame]
) -> list[dict[str, Any]]:
    columns = ["cell_id", "code", "name", "community_code", "kind", "households", "population"]
    listed = cells
    if "communities" in base and len(base["communities"]):
        names = base["communities"].drop_duplicates("code").set_index("code")["name"]
        listed = cells.assign(community=cells["community_code"].map(names))
    return features(listed, [*columns, "community"])


def _layers(base: Mapping[str, gpd.GeoDataFrame]) -> dict[str, list[dict[str, Any]]]:
    """Features of every layer there is, ground first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for layer in ("landuse", "buildings"):
        if layer in base and len(base[layer]) <= _MANY_SHAPES:
            found[layer] = features(base[layer], _COLUMNS[layer], _LIGHT_M[layer])
    if "roads" in base:
        found["roads"] = street_features(base["roads"])
    for layer in _ON_TOP:
        if layer in base:
            shown = _few_corners(base[layer])
            found[layer] = features(shown, _COLUMNS[layer], _LIGHT_M.get(layer, 0.0))
    return {layer: listed for layer, listed in found.items() if listed}


def _few_corners(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Layer as it is, or where it would be too heavy without ground within minutes."""
    many = "minutes" in frame and frame.geometry.count_coordinates().sum() > _MANY_CORNERS
    return frame[frame["minutes"].isna()] if many else frame


def _inline(url: str) -> str:
    """Text of the script behind a local address."""
    name = next(name for name, path in VENDORED.items() if url.endswith(path))
    return inline_text(name).replace("\r\n", "\n")


def _policy(scripts: list[str], styles: list[str]) -> str:
    """Content security policy that allows exactly these scripts and styles, and no request."""
    told = [
        "default-src 'none'",
        f"script-src {' '.join(_hash(one) for one in scripts)}",
        f"style-src {' '.join(_hash(one) for one in styles)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join(told)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _page() -> jinja2.Template:
    text = files("gridmap.maps").joinpath("offline.html").read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=True).from_string(text)
