"""A map of vector tiles: its parts, its size, and what may not get into it."""

import json
import re
import threading
from dataclasses import replace

import folium
import pytest

from gridmap.errors import InputError
from gridmap.maps.colours import status_classes, value_classes
from gridmap.maps.folium_page import to_json
from gridmap.maps.pages import MapParts, draw_tiles_map
from gridmap.maps.view import LAYER_NAMES, MapView, TileSource
from gridmap.maps.words import measure_words, page_words, words
from gridmap.reference import LANGUAGES

HOSTILE = "</script><script>alert(1)</script>${alert(2)}`'\"\u2028\u2029<!--&\\"


def view_of(**changes: object) -> MapView:
    sources = tuple(
        TileSource(name, f"/tiles/7/{name}/{{z}}/{{x}}/{{y}}.pbf?measure=pharmacy.walk_share")
        for name in LAYER_NAMES
    )
    plain = MapView(
        bounds=(24.9, 60.1, 25.0, 60.2),
        layers=sources,
        classes=status_classes(["met"] * 3300),
        cell_url="/cells/7/{cell_id}.json",
        language="en",
    )
    return replace(plain, **changes)


def facts_of(parts: MapParts) -> dict[str, object]:
    text = re.search(r'<script type="application/json" id="map_1_view">(.*)</script>', parts.body)
    assert text is not None
    return json.loads(text.group(1))


def test_a_map_of_all_layers_is_small_whatever_the_number_of_cells() -> None:
    parts = draw_tiles_map(view_of())
    assert len((parts.body + parts.script).encode()) < 15_000


def test_every_address_is_on_this_server() -> None:
    parts = draw_tiles_map(view_of())
    assert all(one.startswith("/static/") for one in parts.styles + parts.scripts)
    assert "//" not in parts.script.replace("https://", "")
    assert "http" not in parts.script + parts.body


def test_the_body_has_no_inline_style_and_no_script_that_runs() -> None:
    body = draw_tiles_map(view_of()).body
    assert "style=" not in body
    assert "<style" not in body
    assert re.findall(r"<script[^>]*>", body) == [
        '<script type="application/json" id="map_1_view">'
    ]


def test_layers_are_drawn_from_the_ground_up_whatever_their_order() -> None:
    backwards = view_of(layers=view_of().layers[::-1])
    assert [one["name"] for one in facts_of(draw_tiles_map(backwards))["layers"]] == list(
        LAYER_NAMES
    )


@pytest.mark.parametrize("place", ["title", "note", "unit", "attribution", "selected"])
def test_text_from_the_district_stays_text(place: str) -> None:
    parts = draw_tiles_map(view_of(**{place: HOSTILE}))
    assert facts_of(parts)[place] == HOSTILE
    assert "alert" not in parts.script
    assert parts.body.count("</script>") == 1
    assert "\u2028" not in parts.body


def test_hostile_labels_of_layers_and_classes_stay_text() -> None:
    sources = tuple(replace(one, label=HOSTILE) for one in view_of().layers)
    classes = tuple(replace(one, label=HOSTILE) for one in value_classes([1.0, 2.0]))
    parts = draw_tiles_map(view_of(layers=sources, classes=classes, labels={"met": HOSTILE}))
    told = facts_of(parts)
    assert {one["label"] for one in told["layers"]} == {HOSTILE}
    assert told["words"]["met"] == HOSTILE
    assert "alert" not in parts.script


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/{z}/{x}/{y}.pbf",
        "//elsewhere.example/{z}/{x}/{y}.pbf",
        "/tiles/{z}/{x}.pbf",
        "/tiles/{z}/{x}/{y}.pbf?m='+alert(1)+'",
        "/tiles/{z}/{x}/{y}.pbf?m=`${alert(1)}`",
        "/tiles/{z}/{x}/{y}.pbf?m={token}",
        "/tiles/{z}/{x}/{y}.pbf\n",
        "javascript:/{z}/{x}/{y}",
    ],
)
def test_a_tile_address_that_could_leave_its_quotes_or_this_server_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="this server only"):
        TileSource("cells", url)


def test_unknown_layers_bad_bounds_keys_and_base_maps_are_refused() -> None:
    with pytest.raises(InputError, match="Unknown map layer"):
        TileSource("tracks", "/{z}/{x}/{y}")
    with pytest.raises(InputError, match="degrees"):
        view_of(bounds=(60.1, 124.9, 60.2, 125.0))
    with pytest.raises(InputError, match="key"):
        view_of(key="a b")
    with pytest.raises(InputError, match="settings"):
        view_of(base_tiles="javascript:alert(1)//{z}/{x}/{y}")


def test_an_external_base_map_comes_from_the_settings_only_and_first() -> None:
    parts = draw_tiles_map(view_of(base_tiles="https://tiles.example/{z}/{x}/{y}.png"))
    assert facts_of(parts)["layers"][0]["name"] == "base_tiles"
    assert '"https://tiles.example/{z}/{x}/{y}.png"' in parts.script


def test_the_same_view_is_drawn_to_the_same_text() -> None:
    assert draw_tiles_map(view_of()) == draw_tiles_map(view_of())


def test_two_maps_on_one_page_share_no_name() -> None:
    one, other = (draw_tiles_map(view_of(key=key)).script for key in ("a", "b"))
    names = [set(re.findall(r"(?:const|var) (\w+)", text)) - {"draw"} for text in (one, other)]
    assert not names[0] & names[1]


def test_maps_drawn_in_threads_do_not_mix_and_do_not_change_folium() -> None:
    before = list(folium.Map.default_js)
    expected = draw_tiles_map(view_of())
    found: list[MapParts] = []
    threads = [
        threading.Thread(target=lambda: found.append(draw_tiles_map(view_of()))) for _ in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == [expected] * 8
    assert folium.Map.default_js == before


def test_json_that_no_page_can_misread_is_still_the_same_json() -> None:
    text = to_json({"name": HOSTILE})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"name": HOSTILE}


def test_all_three_languages_have_every_word() -> None:
    for language in LANGUAGES:
        assert all(words(language).values())
        assert set(page_words(language)) <= set(words("en"))
    with pytest.raises(InputError, match="zh_Hans"):
        words("fr")


def test_measures_are_named_in_the_language_of_the_reader() -> None:
    assert measure_words("pharmacy.walk_share", "zh_Hans", {"pharmacy": "药店"}) == (
        "药店：步行标准距离内人口占比"
    )
