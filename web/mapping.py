"""The map on a page: which layers, which legend, and the parts the template puts in place."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from flask import current_app, url_for
from markupsafe import Markup, escape

from gridmap.maps.assets import VENDORED
from gridmap.maps.colours import LegendClass, status_classes, value_classes
from gridmap.maps.pages import draw_tiles_map
from gridmap.maps.view import MapView, TileSource
from web.auth import current_role
from web.languages import current_language
from web.permissions import may_fetch
from web.security import page_nonce
from web.shell import installed
from web.statics import with_edition

_NEEDED = ("leaflet.js", "vectorgrid.js", "map-tiles.js")


@dataclass(frozen=True)
class Drawn:
    """A map in three parts: stylesheets for the head, the body, and scripts for the foot."""

    head: Markup
    body: Markup
    foot: Markup


def draw_map(
    district: dict[str, Any],
    *,
    title: str,
    measure: str = "",
    window: str = "",
    classes: tuple[LegendClass, ...] | None = None,
    unit: str = "",
    note: str = "",
    layers: Sequence[str] = ("base", "cells", "communities"),
    hidden: Sequence[str] = (),
    bounds: Sequence[float] | None = None,
    colour_by: Literal["value", "rank"] = "value",
    picks: Mapping[str, str | Mapping[str, str]] | None = None,
    selected: str | None = None,
    cells_from: Literal["cells", "grid", "history", "patrol"] = "cells",
) -> Drawn | None:
    """Map of a district, or ``None`` where its browser files are not installed.

    Parameters
    ----------
    district : dict
        Facts as :func:`gridmap.studies.pages.read_district` gives them.
    title : str
        What the colours mean.
    measure, window : str, optional
        What colours the cells.
    classes : tuple of LegendClass, optional
        Legend; default the statuses.
    unit, note : str, optional
        Unit of the values, and one line that explains them.
    layers, hidden : sequence of str
        Layers drawn at once, and those the reader may switch on.
    bounds : sequence of float, optional
        West, south, east, north [°]; default the district.
    colour_by : {"value", "rank"}
        What the given legend is about: values of cells or ranks of gaps.
    picks : mapping of str to str or mapping, optional
        What a layer is narrowed to: a facility type for service areas, a level for views, a
        dimension and a status for gaps.
    selected : str, optional
        Cell selected when the map opens.
    cells_from : {"cells", "grid", "history", "patrol"}
        Whether cells are coloured by a measure of coverage, by a figure of the grid, by whether
        they began on the day ``measure`` (those in force on the day ``window``), or by what became
        of their due windows.
    """
    if len(installed(tuple(VENDORED[name] for name in _NEEDED))) < len(_NEEDED):
        return None
    language = current_language()
    role = current_role() or ""
    asked = {
        name: {"measure": pick} if isinstance(pick, str) else pick
        for name, pick in (picks or {}).items()
    }
    asked["cells"] = {**asked.get("cells", {}), "measure": measure, "window": window}
    tiles = {"cells": cells_from}
    legend = status_classes(language=language) if classes is None else classes
    west, south, east, north = bounds or district["bounds"]
    parts = draw_tiles_map(
        MapView(
            bounds=(west, south, east, north),
            layers=tuple(
                _source(
                    district["id"],
                    name,
                    asked.get(name, {}),
                    shown=name not in hidden,
                    tiles=tiles.get(name, name),
                )
                for name in (*layers, *hidden)
                if may_fetch(role, tiles.get(name, name))
            ),
            classes=legend,
            title=title,
            note=note,
            unit=unit,
            colour_by="status" if classes is None else colour_by,
            # Cells of another day may be gone: there are no details to ask for.
            cell_url="" if cells_from == "history" else _cell_address(district["id"]),
            language=language,
            attribution=_attribution(district),
            synthetic=bool(district["synthetic"]),
            base_tiles=current_app.extensions["gridmap.settings"].base_tiles,
            selected=selected,
            extent=tuple(district["bounds"]),
        )
    )
    return Drawn(
        head=Markup("\n").join(_sheet(address) for address in parts.styles),
        body=Markup(parts.body),  # noqa: S704  made by gridmap.maps, which escapes what it is told
        foot=Markup("\n").join([*map(_script, parts.scripts), _start(parts.script)]),
    )


def with_files(drawn: Drawn, sheets: Sequence[str], scripts: Sequence[str]) -> Drawn:
    """Map with stylesheets and scripts of its page; the scripts run before the map is started.

    Parameters
    ----------
    drawn : Drawn
        From :func:`draw_map`.
    sheets, scripts : sequence of str
        Static files by their path; those that are not installed are left out.
    """
    styles = [_sheet(url_for("static", filename=name)) for name in installed(tuple(sheets))]
    extra = [_script(url_for("static", filename=name)) for name in installed(tuple(scripts))]
    return Drawn(
        head=Markup("\n").join([drawn.head, *styles]),
        body=drawn.body,
        foot=Markup("\n").join([drawn.foot, *extra]),
    )


def legend_of(values: Iterable[float | None], unit: str) -> tuple[LegendClass, ...]:
    """Legend for values of a unit."""
    return value_classes(values, unit=unit, language=current_language())


def _source(
    district_id: int, name: str, asked: Mapping[str, str], *, shown: bool, tiles: str
) -> TileSource:
    """Address of a layer; ``tiles`` is what the server calls the tiles it is drawn from."""
    place: dict[str, Any] = {"district": district_id, "layers": tiles, "z": 0, "x": 0, "y": 0}
    told: dict[str, Any] = {key: value for key, value in asked.items() if value}
    address = url_for("tiles.show", **place, **told)
    template = address.replace("/0/0/0.pbf", "/{z}/{x}/{y}.pbf", 1)
    return TileSource(name, template, shown=shown)


def _cell_address(district_id: int) -> str:
    address = url_for("cells.details", district=district_id, cell_id="CELL")
    return address.replace("CELL", "{cell_id}", 1)


def _attribution(district: dict[str, Any]) -> str:
    told = [one for one in district.get("provenance") or [] if one.get("source")]
    sources = {_credit(str(one["source"])) for one in told if not one.get("synthetic")}
    return " · ".join(sorted(sources))


def _credit(source: str) -> str:
    """Name a source; OpenStreetMap in the words that its licence asks for."""
    return "© OpenStreetMap contributors (ODbL)" if "OpenStreetMap" in source else source


def _sheet(address: str) -> Markup:
    return Markup('<link rel="stylesheet" href="{}">').format(with_edition(address))


def _script(address: str) -> Markup:
    return Markup('<script nonce="{}" src="{}" defer></script>').format(
        page_nonce(), with_edition(address)
    )


def _start(script: str) -> Markup:
    # A script cannot be escaped as markup is; gridmap.maps writes no text of the district into it.
    text = Markup(script)  # noqa: S704
    return Markup('<script nonce="{}">{}</script>').format(escape(page_nonce()), text)
