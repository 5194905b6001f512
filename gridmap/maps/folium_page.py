"""folium elements that render without inline styles, without foreign links and without rows."""

import json
from typing import Any, ClassVar

import branca.element
import folium
from folium.elements import JSCSSMixin
from folium.template import Template

from gridmap.maps.assets import local_url


class PageMap(folium.Map):
    """A folium map reduced to its container and its script; looks come from ``map.css``.

    The view is not set here: the scripts set it once, from the address or the bounds, so that no
    tile is asked for twice.
    """

    _template = Template(
        """
        {% macro html(this, kwargs) %}
            <div class="gridmap-map" id={{ this.get_name()|tojson }}></div>
        {% endmacro %}

        {% macro script(this, kwargs) %}
            const {{ this.get_name() }} = L.map(
                {{ this.get_name()|tojson }}, {{ this.options|tojavascript }}
            );
        {% endmacro %}
        """
    )
    default_js: ClassVar[list[tuple[str, str]]] = [("leaflet", local_url("leaflet.js"))]
    default_css: ClassVar[list[tuple[str, str]]] = [
        ("leaflet_css", local_url("leaflet.css")),
        ("map_css", local_url("map.css")),
    ]

    def __init__(self, key: str) -> None:
        super().__init__(
            tiles=None,
            prefer_canvas=True,
            zoom_control=False,
            zoom_snap=0.5,
            wheel_px_per_zoom_level=120,
        )
        # A name made from the key, not from chance: the same view renders to the same text.
        self._id = key


class StartMap(JSCSSMixin):
    """Hands a finished map and its layers to the scripts of gridmap; rendered last."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            gridmap.{{ this.entry }}({{ this._parent.get_name() }}, {
                {%- for name, element in this.layers.items() %}
                {{ name }}: {{ element.get_name() }},
                {%- endfor %}
            });
        {% endmacro %}
        """
    )

    def __init__(
        self, entry: str, layers: dict[str, folium.map.Layer], scripts: tuple[str, ...]
    ) -> None:
        super().__init__()
        self._name = "StartMap"
        self.entry = entry
        self.layers = layers
        self.default_js = [(name, local_url(name)) for name in scripts]


def render_parts(page_map: folium.Map) -> tuple[tuple[str, ...], tuple[str, ...], str, str]:
    """Stylesheets, scripts, body and script of a map, rendered apart.

    folium's page puts its script into a tag without a nonce; here every part is handed out, and
    whoever builds the page writes the tags.
    """
    figure = page_map.get_root()
    figure.render()
    header = figure.header._children.values()
    styles = tuple(one.url for one in header if isinstance(one, branca.element.CssLink))
    scripts = tuple(one.url for one in header if isinstance(one, branca.element.JavascriptLink))
    return styles, scripts, figure.html.render().strip(), _squeeze(figure.script.render())


def to_json(value: Any) -> str:
    r"""JSON that can stand inside a ``<script type="application/json">`` whatever it holds.

    Examples
    --------
    >>> to_json({"name": "</script><b>&"})
    '{"name":"\\u003c/script\\u003e\\u003cb\\u003e\\u0026"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _squeeze(script: str) -> str:
    return "\n".join(line.strip() for line in script.splitlines() if line.strip())
